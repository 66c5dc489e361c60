/** Public checks of lab 03 with the kernel: packets that are too long for the link, both ways. */
import { dropsText } from "../../../tools/harness/drops.ts";
import type { InterfaceConfig } from "../../../stack/host_config.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, LiveStation, Trial } from "../../../tools/harness/suite.ts";

/** An interface with this MTU; its address is the one that a live station gives it. */
export function withMtu(mtu: number): InterfaceConfig[] {
  return [{ mtu } as InterfaceConfig];
}

/** The kernel pings once with so many bytes of data, and must get all of them back. */
export async function expectPing(t: Trial, station: LiveStation, size: number, df?: boolean): Promise<void> {
  const [echo] = await station.kernel.ping({ to: station.address, size, df });
  if (echo?.replied === false) {
    t.ok(false, `a reply to the kernel's ping with ${amount(size)} of data`, echo.error ?? `nothing${dropsText(await station.counters())}`);
  }
  t.fields(echo, { replied: true, dataEqual: true, size }, `the kernel's ping with ${amount(size)} of data`);
}

/** What the kernel counted while `work` went on: "Ip.ReasmOKs" and the like. */
export async function countedBy(station: LiveStation, work: () => Promise<void>): Promise<(name: string) => number> {
  const before = await station.kernel.snmp();
  await work();
  const after = await station.kernel.snmp();
  return (name) => {
    const [group, counter] = name.split(".") as [string, string];
    return (after[group]?.[counter] ?? 0) - (before[group]?.[counter] ?? 0);
  };
}

export const liveFragments: Readonly<Record<string, CheckSpec>> = {
  "ping-4000": {
    title: "the kernel pings you with 4,000 bytes, in fragments",
    kind: "live",
    weight: 2,
    twin: "reassembly/ping",
    covers: ["791-2", "791-3", "IP-6", "ICMP-6"],
    look: ["createReassembly", "planFragments", "makeEchoReply"],
    why:
      "The kernel cuts its request in three, and joins your reply by its own rules: its counters show whether your fragments are good (RFC 791 §3.2). A request that you " +
      "join wrongly has a wrong checksum.",
    hints: [
      "Do reassembly/ping and fragments/on-the-wire pass? They are the same on the virtual wire.",
      "Look into the capture with Wireshark: does it join your fragments, and what does it say about the checksum?",
      "ReasmFails in the kernel's counters: pieces overlap, or leave a hole, or the last one is missing.",
    ],
    run: async (t) => {
      const station = await t.live();
      const counted = await countedBy(station, async () => {
        await expectPing(t, station, 4000);
        await expectPing(t, station, t.random.int(3000, 5000));
      });
      station.expectSeen("from kernel", { ipv4: { fragmentOffset: 0, moreFragments: true } }, "a request in fragments");
      station.expectSeen("from stack", { ipv4: { fragmentOffset: 1480, moreFragments: true }, dataLength: 1480 }, "a reply in fragments");
      t.equal([counted("Ip.ReasmOKs"), counted("Ip.ReasmFails")], [2, 0], "packets that the kernel joined, and those it could not");
      t.equal(counted("Icmp.InCsumErrors"), 0, "ICMP messages whose checksum the kernel found wrong");
    },
  },
  "ping-around-mtu": {
    title: "pings that just fit, and those a byte longer, are answered",
    kind: "live",
    twin: "fragments/boundaries",
    covers: ["791-2", "791-3", "IP-11"],
    look: ["planFragments", "createReassembly"],
    why:
      "1,472 bytes of data fill a packet of 1,500 exactly; one byte more makes a second fragment of 1 byte, which Ethernet pads to 46 (RFC 791 §3.2, RFC 894). What is joined wrongly has a wrong checksum.",
    hints: [
      "Which size is the first to fail?",
      "8 bytes of ICMP header and 20 of IP come to the data.",
      "The second fragment of 1,473 bytes is 1 byte long: its payload ends at header.end, wherever the frame ends.",
    ],
    run: async (t) => {
      const station = await t.live();
      const counted = await countedBy(station, async () => {
        for (const size of [1471, 1472, 1473, 1480, 2951, 2952, 2953]) await expectPing(t, station, size);
        await expectPing(t, station, 1472, true);
      });
      t.equal([counted("Ip.ReasmOKs"), counted("Ip.ReasmFails")], [5, 0], "packets that the kernel joined, and those it could not");
    },
  },
  "mtu-576": {
    title: "over TUN with an MTU of 576, nothing that you send is longer",
    kind: "live",
    twin: "fragments/on-the-wire",
    covers: ["791-2", "791-3", "IP-6"],
    look: ["planFragments", "createReassembly"],
    why: "The MTU belongs to the link, not to Ethernet: 576 is what every host must be able to take in one piece (RFC 791 §3.1). " +
      "What is joined wrongly has a wrong checksum; what is cut wrongly the kernel does not join.",
    hints: [
      "How long are your fragments in the capture?",
      "552 bytes of payload each, and a header of 20: 572. 556 would fit, but is no multiple of 8.",
      "planFragments is given the MTU; no other number belongs in it.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun", interfaces: withMtu(576) });
      await expectPing(t, station, t.random.int(1500, 2500));
      const longest = Math.max(...station.frames.filter((frame) => frame.direction === "from stack").map((frame) => frame.bytes.length));
      // A last piece may use up to 4 bytes more than the others, which end at a multiple of 8.
      t.oneOf(longest, [572, 573, 574, 575, 576], "the length of your longest packet");
    },
  },
  "our-long-ping": {
    title: "you ping the kernel with 3,000 bytes, and hear it answer",
    kind: "live",
    twin: "reassembly/ping",
    covers: ["ICMP-6", "791-2"],
    look: ["planFragments", "createReassembly", "writeIcmp", "parseIcmp"],
    why:
      "Your request goes out in fragments and the kernel's answer comes in fragments; identifier and sequence number tell that the two belong together (RFC 791 §3.2, RFC 792).",
    hints: [
      "Did a request leave, and was it answered? Look at the ladder above.",
      "No answer: the kernel could not join your fragments. An answer, but no event: reassembly, or parseIcmp.",
      "`rest` is identifier × 65,536 + sequence number, both ways.",
    ],
    run: async (t) => {
      const station = await t.live();
      // The long one comes second: by then ARP is done, and its fragments need not wait in a short queue.
      for (const size of [31, 3000]) {
        const [id, seq] = [t.random.int(1, 65535), t.random.int(1, 65535)];
        await station.ping(station.kernelAddress, { id, seq, size });
        await station.settle();
        const [event] = await station.events();
        t.fields(event, { kind: "echo reply", from: station.kernelAddress, id, seq }, `what the host tells the layer above, ${size} bytes`);
        t.equal(event?.data?.length, size, "the length of the data that came back");
      }
    },
  },
};

/** Hidden checks of lab 03 with the kernel: ICMP over TUN, errors that the kernel sends, and errors about options. */
import { countedBy, expectPing } from "../../../labs/03-ip/checks/live_fragments.ts";
import { ethernet, icmpEcho, ipv4 } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const liveIcmp: Readonly<Record<string, CheckSpec>> = {
  "tun-echo-and-refusal": {
    title: "over TUN, without Ethernet, the same pings and refusals work",
    kind: "live",
    twin: "icmp/ping",
    covers: ["ICMP-6", "ICMP-5"],
    look: ["makeEchoReply", "writeIcmpError"],
    why:
      "IP does not know what carries it. A frame over TUN begins with the IP header, so an offset that counts on 14 bytes before it is wrong here (RFC 1122 §3.1).",
    hints: [
      "Do you count on where a packet begins in its buffer?",
      "Every offset is relative to frame.start, or is header.payload or header.end.",
      "Search your code for the numbers 14 and 34.",
    ],
    run: async (t) => {
      const station = await t.live({ kind: "tun" });
      for (const size of [0, t.random.int(1, 1472)]) await expectPing(t, station, size);
      const result = await station.kernel.udpProbe({ to: station.address, port: t.random.int(1, 65535) });
      t.fields(result.icmp, { type: 3, code: 3, from: station.address }, "the ICMP error that the kernel received");
    },
  },
  "kernel-refuses": {
    title: "the layer above hears when the kernel refuses a packet",
    kind: "live",
    twin: "icmp/error-for-us",
    covers: ["ICMP-4", "ICMP-9"],
    look: ["parseIcmp"],
    why: "The kernel answers a protocol it does not know as your stack does; its error must be read as well as its echo (RFC 1122 §3.2.2).",
    hints: [
      "Did the kernel answer? Look at the ladder above.",
      "parseIcmp must read errors too: type 3, code 2, and the quote behind the 8 bytes.",
      "The host reads the quoted protocol number at message.payload + 9.",
    ],
    run: async (t) => {
      const station = await t.live();
      await station.output(station.kernelAddress, 253, t.random.bytes(24));
      await station.settle();
      const event = (await station.events()).find((each) => each.kind === "icmp error");
      t.fields(event, { from: station.kernelAddress, type: 3, code: 2, protocol: 253 }, "what the host tells the layer above");
    },
  },
  "bad-option": {
    title: "the kernel accepts your parameter problem, and counts it",
    kind: "live",
    twin: "errors/parameter-problem",
    covers: ["ICMP-2", "ICMP-5"],
    look: ["writeIcmpError", "findBadOption"],
    why: "The kernel verifies the error's checksum and looks for the quoted header; only then does it count a parameter problem (RFC 792).",
    hints: [
      "Does errors/parameter-problem pass?",
      "InCsumErrors in the kernel's counters: the checksum of your error is wrong.",
      "Write `rest` whole: the pointer is its first byte, the other three are zero.",
    ],
    run: async (t) => {
      const station = await t.live();
      await expectPing(t, station, 8);
      const options = Uint8Array.of(7, t.random.pick([0, 1, 41]), 4, 0);
      const packet = ipv4(
        { source: station.kernelAddress, destination: station.address, options },
        icmpEcho({ id: 77 }, t.random.bytes(16)),
      );
      const frame = ethernet({ source: station.kernelMac, destination: station.mac }, packet);
      const counted = await countedBy(station, async () => {
        await station.kernel.sendFrame({ device: station.device, bytes: frame });
        await station.settle();
      });
      station.expectSeen("from stack", { icmp: { type: 12, code: 0, pointer: 21 } }, "a parameter problem that points at byte 21");
      t.equal(counted("Icmp.InParmProbs"), 1, "parameter problems that the kernel counted");
    },
  },
};

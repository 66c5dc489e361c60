/** Hidden live checks of the header and of addresses. */
import { complaints, expectNoComplaints, expectReplies } from "../../../labs/03-ip/checks/live_ip.ts";
import { ethernet, icmpEcho, ipv4, type Ipv4Fields } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const liveIp: Readonly<Record<string, CheckSpec>> = {
  "damaged-headers": {
    title: "damaged packets are dropped, pings between them answered",
    kind: "live",
    weight: 2,
    covers: ["IP-1", "IP-2", "791-1"],
    look: ["parseIpv4"],
    twin: "header/dropped-silently",
    why:
      "A program on the kernel's side sends what no kernel would. Each is dropped under its own name, nobody is told (RFC 1122 §3.2.1.2), and what comes behind it is treated as if nothing had been.",
    hints: [
      "Which counter is wrong, or which ping was not answered?",
      "Each reject is one of the contract's strings.",
      "Does state remain from the packet before?",
    ],
    run: async (t) => {
      const station = await t.live();
      const bad: [reason: string, fields: Ipv4Fields][] = [
        ["bad version", { version: 6 }],
        ["bad header length", { headerLength: 16 }],
        ["bad total length", { totalLength: 1400 }],
        ["bad header checksum", { headerChecksum: 0x4321 }],
        ["bad fragment", { moreFragments: true }],
      ];
      for (const [reason, fields] of t.random.shuffle(bad)) {
        const packet = ipv4({ source: station.kernelAddress, destination: station.address, ...fields }, icmpEcho({}, t.random.bytes(21)));
        const frame = ethernet({ destination: station.mac, source: station.kernelMac }, packet);
        await station.kernel.sendFrame({ device: station.device, bytes: frame });
        await expectReplies(
          t,
          station,
          await station.kernel.ping({ to: station.address, size: t.random.int(0, 200) }),
          `the ping after a packet with a ${reason}`,
        );
        await t.counter(station, `ip: ${reason}`, 1);
      }
    },
  },

  "link-broadcast": {
    title: "a ping to you in a frame to everybody is dropped",
    kind: "live",
    covers: ["IP-14", "LNK-3"],
    look: ["admit"],
    twin: "addresses/link-broadcasts",
    why:
      "The same ping, once in a frame to you and once in a frame to ff:ff:ff:ff:ff:ff. Only the first may be answered (RFC 1122 §3.3.6), and only the link layer knows the difference.",
    hints: [
      "What does your admit do with `arrival.linkBroadcast`?",
      '"link broadcast for one host".',
      "It is looked at when the destination is one host's address.",
    ],
    run: async (t) => {
      const station = await t.live();
      await expectReplies(t, station, await station.kernel.ping({ to: station.address }), "a first ping");
      const before = station.frames.length;
      const packet = ipv4({ source: station.kernelAddress, destination: station.address }, icmpEcho({ id: 8 }, t.random.bytes(40)));
      const frame = ethernet({ destination: "ff:ff:ff:ff:ff:ff", source: station.kernelMac }, packet);
      await station.kernel.sendFrame({ device: station.device, bytes: frame });
      await station.settle();
      const sent = station.frames.slice(before).filter((each) => each.direction === "from stack");
      t.equal(sent.length, 0, "packets that your stack sent after it");
      await t.counter(station, "ip: link broadcast for one host", 1);
    },
  },

  "burst": {
    title: "many pings at once, of many sizes, are all answered rightly",
    kind: "live",
    weight: 2,
    covers: ["1071-1", "791-1"],
    look: ["parseIpv4", "writeIpv4", "internetChecksum"],
    twin: "icmp/ping",
    why:
      "Frames are used again and again. With several on their way at once, whatever was kept of one packet (a length, an offset, a rest of a longer one) shows up in another.",
    hints: [
      "Do single pings pass? Then something is kept between packets.",
      "Do you keep anything in a variable outside of the function?",
      "Every field of a header is written each time: the buffer held another packet before.",
    ],
    run: async (t) => {
      const station = await t.live();
      const before = await complaints(station);
      const sizes = Array.from({ length: 10 }, () => t.random.int(0, 1472));
      const pings = sizes.map((size, index) =>
        station.kernel.ping({ to: station.address, size, count: 2, recordRoute: index % 4 === 0 && size < 1400 })
      );
      for (const [index, echoes] of (await Promise.all(pings)).entries()) {
        await expectReplies(t, station, echoes, `a ping with ${amount(sizes[index] ?? 0)}`);
      }
      await expectNoComplaints(t, station, before);
    },
  },
};

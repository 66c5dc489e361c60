/** Hidden checks of lab 03 with the kernel: the longest packets, and the narrowest link. */
import { countedBy, expectPing, withMtu } from "../../../labs/03-ip/checks/live_fragments.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const liveFragments: Readonly<Record<string, CheckSpec>> = {
  "ping-65507": {
    title: "the kernel pings you with the most data there is",
    kind: "live",
    twin: "reassembly/largest",
    covers: ["791-4", "IP-6", "791-2"],
    look: ["createReassembly", "planFragments"],
    why:
      "45 fragments each way; the last one ends at byte 65,515 of the payload, and header and payload at the limit of the length field (RFC 791 §3.1).",
    hints: [
      'Does the request arrive whole? The counter "ip: reassembled" tells.',
      '"ip: bad fragment" means that your limit is too low: offset + length may be 65,535.',
      "Does the reply leave in 45 pieces? The last has offset 65,120.",
    ],
    run: async (t) => {
      const station = await t.live();
      const counted = await countedBy(station, () => expectPing(t, station, 65_507));
      t.equal(counted("Ip.FragCreates"), 45, "fragments that the kernel made of its request");
      t.equal([counted("Ip.ReasmOKs"), counted("Ip.ReasmFails")], [1, 0], "packets that the kernel joined, and those it could not");
    },
  },
  "mtu-68": {
    title: "pings cross a link with the smallest MTU there is",
    kind: "live",
    twin: "fragments/smallest-mtu",
    covers: ["791-2", "791-3", "1191"],
    look: ["planFragments", "createReassembly"],
    why: "48 bytes of payload in each packet: a ping of 1,000 bytes is 21 fragments, each way (RFC 791 §3.2).",
    hints: [
      "Does fragments/smallest-mtu pass?",
      "48 = 68 − 20, which happens to be a multiple of 8.",
      "41 bytes of data fit into one packet with the ICMP header; 41 + 8 = 49 do not.",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ interfaces: withMtu(68) });
      for (const size of [40, 41, 1000]) await expectPing(t, station, size);
      const longest = Math.max(...station.frames.filter((frame) => frame.direction === "from stack").map((frame) => frame.bytes.length));
      t.ok(longest <= 82, "no frame longer than 82 bytes, header included", `one of ${longest} bytes`);
    },
  },
};

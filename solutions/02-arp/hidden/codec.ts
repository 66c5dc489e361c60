/** Hidden checks of the codec: several faults at once, bytes without any sense, and both directions together. */
import type { ArpPacket } from "../../../stack/contract/arp.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { arp, type ArpFields } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { anyPacket } from "../../../labs/02-arp/checks/codec.ts";
import { bytesText, hex, usedFrame } from "../../../labs/02-arp/checks/samples.ts";

/** What each reject means, written down once more and in another way: the first that is true is the answer. */
const FAULTS: readonly (readonly [reject: string, isTrue: (bytes: Uint8Array) => boolean])[] = [
  ["truncated", (bytes) => bytes.length < 28],
  ["bad hardware type", (bytes) => bytes[0] !== 0 || bytes[1] !== 1],
  ["bad protocol type", (bytes) => bytes[2] !== 8 || bytes[3] !== 0],
  ["bad address length", (bytes) => bytes[4] !== 6 || bytes[5] !== 4],
  ["bad operation", (bytes) => bytes[6] !== 0 || bytes[7] !== 1 && bytes[7] !== 2],
  ["group sender", (bytes) => (bytes[8] ?? 0) % 2 === 1],
];

export const codec: Readonly<Record<string, CheckSpec>> = {
  "reject-order": {
    title: "of several faults the first in the contract's order is named",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "A fault makes everything behind it meaningless: with another hardware type, nobody knows what the lengths should be. So " +
      'the order of RFC 826 "Packet Reception" is the order of the checks, and a counter tells the *first* thing that was wrong.',
    hints: [
      "Which of the packet's faults did you name, and which comes first in ArpReject?",
      "The order: truncated, hardware type, protocol type, lengths, operation, group sender.",
      "One `if … return` after the other, in that order.",
    ],
    run: async (t) => {
      const wrong: readonly (readonly [reject: string, fields: ArpFields])[] = [
        ["bad hardware type", { hardwareType: 6 }],
        ["bad protocol type", { protocolType: 0x86dd }],
        ["bad address length", { hardwareLength: 8 }],
        ["bad operation", { operation: 9 }],
        ["group sender", { senderMac: 0x0100_5e00_0001 }],
      ];
      const pairs = wrong.flatMap((first, i) => wrong.slice(i + 1).map((second) => [first, second]));
      const some = Array.from({ length: 10 }, () => wrong.filter(() => t.random.chance(0.6)));
      for (const present of t.random.shuffle([...pairs, ...some])) {
        const packet = arp({ ...anyPacket(t), ...Object.assign({}, ...present.map(([, fields]) => fields)) });
        const cut = present.length !== 2 && t.random.chance(0.5) ? packet.subarray(0, t.random.int(0, 27)) : packet;
        const expected = cut.length < 28 ? "truncated" : present[0]?.[0];
        const answer = await t.arp.parseArp(usedFrame(t.random, cut));
        const faults = present.map(([reject]) => reject).join(", ") || "nothing wrong";
        t.equal(typeof answer === "string" ? answer : undefined, expected, `the answer to ${bytesText(cut.length)} with: ${faults}`);
      }
    },
  },

  "garbage": {
    title: "random and all-ones packets of any length never throw",
    kind: "table",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "Anybody on the link can send anything. A parser that throws stops the stack for everyone: a bad packet is a value, not " +
      "an exception.",
    hints: [
      "At which length does it throw?",
      "No byte behind `frame.end` may be read: the frame may lie at the very end of its buffer.",
      "The length check comes first, and it is the only one that is needed: 28 bytes hold all that is read.",
    ],
    run: async (t) => {
      const packets = Array.from({ length: 600 }, (_, i) => {
        const bytes = i < 64 ? new Uint8Array(i).fill(0xff) : t.random.bytes(t.random.int(0, 60));
        if (i >= 64) bytes.set(arp(anyPacket(t)).subarray(0, Math.min(bytes.length, t.random.int(0, 10))));
        return bytes;
      });
      const frames = packets.map((packet) => usedFrame(t.random, packet, 0));
      const answers = await t.many("arp", "parseArp", frames.map((frame) => [frame]));
      for (const [i, packet] of packets.entries()) {
        const what = `the answer to ${hex(packet.subarray(0, 12))}${packet.length > 12 ? " …" : ""}, ${packet.length} bytes`;
        t.equal(answers[i]?.threw, undefined, `what parseArp throws for ${bytesText(packet.length)}`);
        const expected = FAULTS.find(([, isTrue]) => isTrue(packet))?.[0] ?? "a packet";
        t.equal(typeof answers[i]?.value === "string" ? answers[i]?.value : "a packet", expected, what);
      }
    },
  },

  "round-trip": {
    title: "what writeArp writes, parseArp reads",
    kind: "table",
    covers: ["826-1"],
    look: ["writeArp", "parseArp"],
    why: "Two halves of one format. Written into a buffer that is full of other bytes, and read back, every field must be what it " +
      "was, whatever its highest bit.",
    hints: [
      "Which field comes back changed?",
      "Compare its offset in both functions.",
      "The picture at the top of arp.ts holds for both.",
    ],
    run: async (t) => {
      for (let i = 0; i < 16; i++) {
        const packet: ArpPacket = {
          ...anyPacket(t),
          ...(i < 4 ? { targetMac: 0xffff_ffff_ffff, targetIp: 0xffff_ffff } as Partial<ArpPacket> : {}),
        };
        const frame = new Frame(96, 64);
        frame.bytes.set(t.random.bytes(96));
        await t.arp.writeArp(frame, packet);
        t.equal(frame.length, 28, "the length of the packet");
        t.fields(await t.arp.parseArp(frame), { ...packet }, `packet ${i + 1}, written and read again`);
      }
    },
  },
};

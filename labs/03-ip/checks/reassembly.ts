/** Public checks of lab 03: fragments are joined again (`createReassembly`). Time and bounds are in `reassembly_limits.ts`. */
import { fragmentPacket, icmpEcho, ipv4, KERNEL_IP, STACK_IP } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { createTable, expectWaiting, fragmentOf, framed, insertAll, sameBytes, waits } from "./received.ts";

/** All orders of a few things. */
export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

const LOOK = ["createReassembly"] as const;

export const joining: Readonly<Record<string, CheckSpec>> = {
  "in-order": {
    title: "three fragments that come in order make the packet whole",
    kind: "table",
    covers: ["791-2", "IP-6"],
    look: LOOK,
    why:
      "The receiver puts the fragments' bytes side by side; when the last hole is filled the packet is whole, and not before (RFC 791 §3.2).",
    hints: [
      "Where in the frame does the byte with offset 1480 belong?",
      "Copy the bytes between header.payload and header.end to frame.headroom + header.fragmentOffset of a frame from acquire().",
      "When whole: set frame.start to frame.headroom and frame.end to the start plus the packet's length, and return the frame.",
    ],
    run: async (t) => {
      for (let run = 0; run < 3; run++) {
        const data = t.random.bytes(t.random.int(2961, 4440));
        const packet = ipv4({ identification: t.random.int(0, 65535), protocol: 253 }, data);
        const table = await createTable(t);
        await insertAll(t, table, fragmentPacket(packet, [1480, 2960]), data, "in order");
      }
    },
  },
  "padding": {
    title: "a fragment's payload ends at header.end, not at frame.end",
    kind: "table",
    covers: ["791-1", "894-1", "815"],
    look: LOOK,
    why:
      "Ethernet fills a short fragment up to 46 bytes (RFC 894), and what it is filled with belongs to no packet. Whoever copies up to the frame's end makes a last fragment of 3 bytes into one of 26.",
    hints: [
      "Where does the fragment's payload end?",
      "At header.end. The frame may hold more than the packet.",
      "Its length is header.end − header.payload; frame.end plays no part.",
    ],
    run: async (t) => {
      const data = t.random.bytes(16 + t.random.int(1, 7));
      const fragments = fragmentPacket(ipv4({ protocol: 253, identification: t.random.int(0, 65535) }, data), [8, 16]);
      for (const order of permutations([0, 1, 2])) {
        const table = await createTable(t);
        let result: Uint8Array | string = "";
        for (const index of order) {
          const fragment = fragments[index] as Uint8Array;
          result = await table.insert(fragment, 0, t.random.bytes(46 - fragment.length));
        }
        sameBytes(t, result, data, `the packet whose fragments came padded, in the order ${order.join(" ")}`);
      }
    },
  },
  "finished-forgotten": {
    title: "a packet that is whole leaves the table",
    kind: "table",
    covers: ["815", "IP-7"],
    look: LOOK,
    why:
      "What is whole is the caller's, and no longer unfinished. Left in the table it would be counted, time out and be reported as never completed; and the next packet with its identification would be joined to it (RFC 791 §3.2).",
    hints: [
      "Do size() and nextDeadline() still count a packet that you have returned?",
      "A late copy of one of its fragments begins a new packet, and waits.",
      "Take the packet out of your array before you return its frame.",
    ],
    run: async (t) => {
      const data = t.random.bytes(t.random.int(65, 96));
      const fragments = fragmentPacket(ipv4({ protocol: 253, identification: t.random.int(0, 65535) }, data), [32, 64]);
      const table = await createTable(t);
      await insertAll(t, table, fragments, data, "the first time");
      t.equal(await table.reassembly.size(), 0, "size() when the packet is whole");
      t.equal(await table.reassembly.nextDeadline(), Infinity, "nextDeadline() when the packet is whole");
      await insertAll(t, table, t.random.shuffle(fragments), data, "the same fragments again");
    },
  },
  "every-order": {
    title: "four fragments make the same packet in all 24 orders",
    kind: "table",
    weight: 2,
    covers: ["791-2", "815", "IP-6"],
    look: LOOK,
    why: "Packets overtake each other. The list of holes does not care in which order it is filled (RFC 815).",
    hints: [
      "Which order fails? Try to fill in the list of holes for it on paper.",
      "A fragment can fall into the middle of a hole: then one hole becomes two.",
      "The hole goes; what is left of it before the fragment comes back as a hole, and so does what is left behind it. After the *last* fragment nothing is left behind.",
    ],
    run: async (t) => {
      const data = t.random.bytes(t.random.int(1300, 1600));
      const fragments = fragmentPacket(ipv4({ identification: t.random.int(0, 65535), protocol: 253 }, data), [8, 640, 1208]);
      for (const order of permutations([0, 1, 2, 3])) {
        const table = await createTable(t);
        await insertAll(t, table, order.map((index) => fragments[index] as Uint8Array), data, `order ${order.join(" ")}`);
      }
    },
  },
  "incomplete": {
    title: "nothing is delivered while any fragment is missing",
    kind: "table",
    covers: ["815", "IP-6"],
    look: LOOK,
    why:
      "Without the last fragment nobody knows how long the packet is; counting bytes is not enough, because duplicates count too (RFC 815).",
    hints: [
      "How do you know that a packet is whole?",
      "A new packet is one hole from 0 to infinity. Only the fragment without the more-fragments flag takes infinity away.",
      "Whole means: no hole is left. Don't count bytes or fragments.",
    ],
    run: async (t) => {
      const data = t.random.bytes(400);
      const fragments = fragmentPacket(ipv4({ protocol: 253, identification: 3 }, data), [80, 160, 240]);
      for (const missing of [0, 1, 2, 3]) {
        const table = await createTable(t);
        const others = t.random.shuffle(fragments.toSpliced(missing, 1));
        for (const fragment of [...others, ...others]) {
          await expectWaiting(t, await table.insert(fragment), `insert, while fragment ${missing + 1} of 4 is missing`);
        }
        sameBytes(t, await table.insert(fragments[missing] as Uint8Array), data, `the packet once fragment ${missing + 1} of 4 has come`);
      }
    },
  },
  "duplicates": {
    title: "a fragment that comes twice does no harm",
    kind: "table",
    covers: ["815"],
    look: LOOK,
    why: "Networks duplicate packets. A second copy of a fragment fills no hole and says nothing new (RFC 815).",
    hints: [
      "What does your list of holes look like after the same fragment twice?",
      "A fragment that lies in no hole changes nothing.",
      "Step over every hole that the fragment does not touch: the hole ends at or before the fragment's first byte, or begins at or behind its end.",
    ],
    run: async (t) => {
      const data = t.random.bytes(t.random.int(193, 256));
      const [a, b, c] = fragmentPacket(ipv4({ protocol: 253, identification: 4 }, data), [64, 192]) as [Uint8Array, Uint8Array, Uint8Array];
      for (const order of [[a, a, b, b, c], [c, c, c, b, a], [b, c, b, c, b, a], [a, c, a, c, b]]) {
        await insertAll(t, await createTable(t), order, data, "with duplicates");
      }
    },
  },
  "overlap-equal": {
    title: "fragments that overlap, and agree, make the packet whole",
    kind: "table",
    covers: ["815"],
    look: LOOK,
    why:
      "Two routers may have cut the same packet at different places. Of a fragment that reaches into known ground, only the rest is new (RFC 815).",
    hints: [
      "Fragment 0–64 came, now 32–96 comes. Which bytes are new?",
      "For each hole take the part of the fragment that lies *in* it: from the greater of the two beginnings to the smaller of the two ends.",
      "The byte at offset x of the packet is the byte at header.payload + x − header.fragmentOffset of the fragment's frame.",
    ],
    run: async (t) => {
      const data = t.random.bytes(123);
      const piece = (from: number, to: number): Uint8Array => fragmentOf(data, from, to, to < data.length, { identification: 5 });
      const orders = [
        [piece(0, 64), piece(32, 96), piece(80, 123)],
        [piece(80, 123), piece(32, 96), piece(0, 64)],
        [piece(40, 56), piece(96, 112), piece(0, 104), piece(104, 123)],
        [piece(0, 8), piece(16, 24), piece(32, 40), piece(48, 56), piece(0, 123)],
      ];
      for (const order of orders) await insertAll(t, await createTable(t), order, data, "overlapping");
    },
  },
  "overlap-different": {
    title: "where fragments disagree, the bytes that came first stay",
    kind: "table",
    weight: 2,
    covers: ["815"],
    look: LOOK,
    why:
      "An overlap with other bytes is no accident: it is used to overwrite what a firewall has already seen and let through. The first bytes stay, or nothing is delivered; never the last (RFC 1858, RFC 3128).",
    hints: [
      "Do you copy the whole fragment, or only what is new in it?",
      "Copy only into holes. What lies outside of every hole came before and stays.",
      "Inside the loop over the holes, copy from max(hole's begin, fragment's begin) to min(hole's end, fragment's end).",
    ],
    run: async (t) => {
      const a = t.random.bytes(96);
      const b = a.map((byte) => byte ^ 0xff);
      const mix = (from: number, to: number): Uint8Array => a.map((byte, at) => at >= from && at < to ? byte : b[at] as number);
      const first = (from: number, to: number): Uint8Array => fragmentOf(a, from, to, to < 96, { identification: 6 });
      const second = (from: number, to: number): Uint8Array => fragmentOf(b, from, to, to < 96, { identification: 6 });
      const cases: [name: string, fragments: Uint8Array[], whole: Uint8Array][] = [
        ["the second reaches into the first from behind", [first(0, 48), second(40, 96)], mix(0, 48)],
        ["the second reaches into the first from the front", [first(40, 96), second(0, 56)], mix(40, 96)],
        ["the second covers the first", [first(32, 48), second(0, 96)], mix(32, 48)],
        ["the second lies inside the first", [first(0, 64), second(8, 16), second(64, 96)], mix(0, 64)],
      ];
      for (const [name, fragments, whole] of cases) {
        const table = await createTable(t);
        let result: Uint8Array | string = "";
        for (const fragment of fragments) result = await table.insert(fragment);
        // Whoever gives up a packet with contradictory bytes is right too.
        if (typeof result !== "string") sameBytes(t, result, whole, `the packet when ${name}`);
        else t.oneOf(result, ["waiting", "fragment contradicts"], `insert when ${name}`);
        sameBytes(t, await (await createTable(t)).insert(fragmentOf(a, 0, 96, false)), a, "a packet without contradictions");
      }
    },
  },
  "keys": {
    title: "fragments of different packets are never mixed",
    kind: "table",
    covers: ["791-5"],
    look: LOOK,
    why:
      "Source, destination, protocol and identification together name a packet. Another host may well use the same identification at the same time (RFC 791 §3.2).",
    hints: [
      "Which of the four fields does your comparison leave out?",
      "Two fragments belong together only when all four are equal.",
      "The key is (source, destination, protocol, identification); a number made of two of them must leave room for each.",
    ],
    run: async (t) => {
      const identification = t.random.int(0, 65534);
      const others = [
        { identification: identification + 1 },
        { identification, source: "10.44.0.3" },
        { identification, destination: "10.44.0.9" },
        { identification, protocol: 254 },
      ];
      for (const other of others) {
        const apart = Object.keys(other).at(-1);
        const [data, otherData] = [t.random.bytes(40), t.random.bytes(40)];
        const [a, b] = fragmentPacket(ipv4({ protocol: 253, identification }, data), [24]) as [Uint8Array, Uint8Array];
        const [c, d] = fragmentPacket(ipv4({ protocol: 253, ...other }, otherData), [24]) as [Uint8Array, Uint8Array];
        const table = await createTable(t);
        for (const fragment of [a, d]) {
          waits(t, await table.insert(fragment), `insert of one fragment each of two packets of different ${apart}`);
        }
        sameBytes(t, await table.insert(c), otherData, "the packet that is whole first");
        sameBytes(t, await table.insert(b), data, "the packet that is whole second");
      }
    },
  },
  "two-ends": {
    title: "a fragment that moves the packet's end is thrown away",
    kind: "table",
    covers: ["815", "791-2"],
    look: LOOK,
    why:
      "Two last fragments with different ends, or bytes behind the end: one of them lies. If the length could change, half-filled buffers would be delivered (RFC 791 §3.2).",
    hints: [
      "Which fragments say something about the packet's end?",
      "A last fragment ends where the packet ends. Any other must not reach further; and a last one must not end before what has already come.",
      "Keep the length once it is known, and the highest end seen; compare both before a fragment changes anything.",
    ],
    run: async (t) => {
      const data = t.random.bytes(96);
      const piece = (from: number, to: number, more: boolean): Uint8Array => fragmentOf(data, from, to, more, { identification: 8 });
      const cases: [Uint8Array, Uint8Array][] = [
        [piece(32, 64, false), piece(32, 56, false)],
        [piece(32, 64, false), piece(64, 96, false)],
        [piece(32, 64, false), piece(64, 88, true)],
        [piece(64, 96, true), piece(32, 64, false)],
      ];
      for (const [honest, liar] of cases) {
        const table = await createTable(t);
        await expectWaiting(t, await table.insert(honest), "insert of the fragment that came first");
        t.equal(await table.insert(liar), "fragment contradicts", "insert of the fragment that disagrees");
      }
      const table = await createTable(t);
      await table.insert(piece(32, 64, false));
      await table.insert(piece(64, 96, false));
      const result = await table.insert(piece(0, 32, true));
      if (typeof result !== "string") sameBytes(t, result, data.subarray(0, 64), "the packet that comes out in spite of the liar");
      const whole = await (await createTable(t)).insert(piece(0, 64, false));
      sameBytes(t, whole, data.subarray(0, 64), "a packet without contradictions");
    },
  },
  "tiny": {
    title: "fifty fragments of 8 bytes, last one first, make a packet",
    kind: "table",
    covers: ["815", "791-3"],
    look: LOOK,
    why:
      "8 bytes are the smallest fragment there is. Nothing forbids a sender to use them, and the table must neither lose count nor slow down (RFC 791 §3.2).",
    hints: [
      "How many holes can there be at once?",
      "Every second fragment makes one more hole; a fixed small number of them does not do.",
      "Keep the holes in an array or a linked list that grows as needed.",
    ],
    run: async (t) => {
      const data = t.random.bytes(t.random.int(393, 400));
      const fragments = fragmentPacket(ipv4({ protocol: 253, identification: 9 }, data), Array.from({ length: 49 }, (_, at) => at * 8 + 8));
      const odd = fragments.filter((_, index) => index % 2 === 1).reverse();
      const even = fragments.filter((_, index) => index % 2 === 0).reverse();
      await insertAll(t, await createTable(t), [...odd, ...even], data, "tiny fragments");
    },
  },
  "ping": {
    title: "a ping in fragments is answered, whatever their order",
    kind: "scenario",
    covers: ["791-2", "IP-6", "ICMP-6"],
    look: ["createReassembly", "planFragments", "makeEchoReply"],
    why:
      "The whole way: fragments come in, the message is checked as one (what was joined wrongly has a wrong checksum) and answered, and the answer is cut again " +
      "(RFC 791 §3.2, RFC 792).",
    hints: [
      "Do the checks of reassembly and fragments pass? If not, start there.",
      'The counters say how far the packet came: "ip: reassembled", "icmp: received", "icmp: bad icmp checksum".',
      "The checksum of the message covers all of its bytes, so a whole that is joined wrongly is a bad checksum.",
    ],
    run: async (t) => {
      const station = await t.host();
      for (const seq of [1, 2, 3]) {
        const data = t.random.bytes(t.random.int(1500, 2660));
        const id = t.random.int(1, 65535);
        const packet = ipv4({ identification: t.random.int(0, 65535) }, icmpEcho({ id, seq }, data));
        for (const fragment of t.random.shuffle(fragmentPacket(packet, [496, 1200]))) await station.send(framed(fragment));
        const reply = icmpEcho({ reply: true, id, seq }, data);
        const addresses = { source: STACK_IP, destination: KERNEL_IP };
        const head = reply.subarray(8, 1480);
        await station.expect(
          { ipv4: { ...addresses, fragmentOffset: 0, moreFragments: true }, icmp: { type: 0, identifier: id, sequence: seq }, data: head },
          `the first 1,480 bytes of the reply to ${data.length} bytes of data`,
        );
        await station.expect(
          { ipv4: { ...addresses, fragmentOffset: 1480, moreFragments: false }, data: reply.subarray(1480) },
          "the rest of the reply",
        );
      }
    },
  },
};

/** Public checks of lab 06: text is put in order (`createReceiveBuffer`). Windows are in `windows.ts`, blocks in `sack.ts`. */
import { join } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { BYTES, receiveBench } from "./receive_bench.ts";
import { expectBytes, framed, orders } from "./stream.ts";

const INSERT = ["createReceiveBuffer.insert"] as const;
const INSERT_READ = ["createReceiveBuffer.insert", "createReceiveBuffer.read"] as const;

export const receiving: Readonly<Record<string, CheckSpec>> = {
  "in-order": {
    title: "text that comes in order can be read at once",
    kind: "table",
    covers: ["SM-11"],
    look: INSERT_READ,
    why:
      "Most segments begin just where the last one ended. Their bytes can be read as soon as they are here (RFC 9293 §3.10.7.4, step 7).",
    hints: [
      "Which offset moves when a segment comes that begins at `next`?",
      "The text lies at `at` in `frame.bytes`, and goes to `offset` in the ring. `next` moves behind it.",
      "`#ring.reserve(#start, to)`, `#ring.putFrame(from, frame, at, count)`, and return by how much `next` moved.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t);
      const truth = t.random.bytes(5000);
      let at = 0;
      for (const length of t.random.shuffle([1, 60, 300, 1448, 1460])) {
        await bench.expectInsert(at, truth.subarray(at, at + length), length);
        at += length;
        t.equal(await bench.buffer.readable(), at, `readable() after ${amount(at)}`);
      }
      await t.about(BYTES, () => bench.expectRead(truth.subarray(0, at), 0));
    },
  },
  "read": {
    title: "read copies what is asked for, and goes on from there",
    kind: "table",
    covers: ["SHLD-14"],
    look: ["createReceiveBuffer.read", "createReceiveBuffer.insert"],
    why:
      "The application reads as much as it likes, however the bytes came: three segments may be one read, and one segment three reads (RFC 9293 §3.9.1.3).",
    hints: [
      "What is left after 3 of 8 bytes are read?",
      "Two bounds for how much is copied: `count`, and what is readable. `start` moves behind what was read.",
      "`#ring.get(#start, target, at, taken)`. It is 0, and no error, when nothing is there.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t, 3000);
      const truth = t.random.bytes(3000);
      await bench.insert(0, truth.subarray(0, 1200));
      await bench.insert(1200, truth.subarray(1200, 2500));
      let start = 0;
      for (const count of [1, t.random.int(2, 63), t.random.int(64, 800), t.random.int(800, 1300), 0, 3000]) {
        const expected = truth.subarray(start, Math.min(2500, start + count));
        const got = await bench.read(count);
        const what = `a read of ${amount(count)}, when ${2500 - start} are there`;
        t.equal(got.length, expected.length, `how much comes from ${what}`);
        await t.about(BYTES, () => expectBytes(t, got, expected, what, start));
        start += expected.length;
        t.equal(await bench.buffer.readable(), 2500 - start, "readable() after it");
      }
      t.equal((await bench.read(100)).length, 0, "how much is read when nothing is there");
    },
  },
  "beyond-a-gap": {
    title: "text beyond a gap is kept, and not shown before its time",
    kind: "table",
    weight: 2,
    covers: ["SHLD-31"],
    look: INSERT,
    why:
      "When one segment is lost, those behind it still arrive. Thrown away, they would all have to come again (RFC 2525 §2.5). Shown, the application would " +
      "read them in the wrong place (RFC 9293 §3.10.7.4, SHLD-31).",
    hints: [
      "What does insert return for a segment that does not begin at `next`?",
      "Put the bytes in their place, and remember from where to where they lie: a block. `next` does not move.",
      "When the gap is filled, `next` moves to the end of the block that the new bytes now reach, not to the end of the new bytes.",
    ],
    run: async (t) => {
      const [first, gap, second] = [t.random.int(1, 900), t.random.int(1, 900), t.random.int(1, 900)];
      const truth = t.random.bytes(first + gap + second);
      const bench = await receiveBench(t);
      await bench.expectInsert(0, truth.subarray(0, first), first);
      await bench.expectInsert(first + gap, truth.subarray(first + gap), 0);
      t.equal(await bench.buffer.readable(), first, "readable() while there is a gap");
      await bench.expectInsert(first, truth.subarray(first, first + gap), gap + second, "which closes the gap");
      await bench.expectRead(truth, 0, "all that came, read after the gap was closed");
    },
  },
  "all-orders": {
    title: "five segments make the same text in all 120 orders",
    kind: "table",
    weight: 3,
    covers: ["SHLD-31"],
    look: INSERT,
    why:
      "Packets overtake each other, in every way that there is. Whatever the order, the application reads one text (RFC 9293 §3.10.7.4, SHLD-31).",
    hints: [
      "Which order is the first that fails? Draw its blocks on paper.",
      "A segment may touch nothing, one block at its front, one at its back, or one on each side, which it joins.",
      "Keep the blocks sorted. Take all that the segment touches out, and put one back: from the least `from` to the greatest `to`.",
    ],
    run: async (t: Trial) => {
      const lengths = t.random.shuffle([1, t.random.int(2, 20), 64, t.random.int(70, 200), 300]);
      const edges = lengths.reduce((all, length) => [...all, (all.at(-1) as number) + length], [0]);
      const truth = t.random.bytes(edges.at(-1) as number);
      const segments = edges.slice(0, 5).map((from, index) => ({ from, text: truth.subarray(from, edges[index + 1]) }));
      for (const order of orders(segments)) {
        const bench = await receiveBench(t, truth.length);
        const inserts = order.map(({ from, text }) => {
          const { frame, at } = framed(t.random, text);
          return [from, frame, at, text.length] as const;
        });
        const outcomes = await t.manyOn(bench.buffer, "insert", inserts);
        const told = order.map(({ from, text }) => `${from}–${from + text.length}`).join(", ");
        const threw = outcomes.find((outcome) => outcome.threw !== undefined)?.threw;
        t.ok(threw === undefined, `insert to take segments in the order ${told}`, `${threw}`);
        expectBytes(t, await bench.read(truth.length + 1), truth, `the text whose segments came in the order ${told}`);
      }
    },
  },
  "duplicates": {
    title: "what comes twice moves nothing",
    kind: "table",
    covers: ["SM-11", "2883"],
    look: INSERT,
    why:
      "A segment comes again when its acknowledgment was lost. Its bytes may have been read long ago; they must not appear a second time (RFC 9293 §3.4).",
    hints: [
      "What is left of a segment that lies before `next` as a whole?",
      "Cut off what lies before `next`. Nothing is left: return 0.",
      "from = max(offset, next); if from ≥ offset + count, there is nothing new.",
    ],
    run: async (t) => {
      const truth = t.random.bytes(3000);
      const bench = await receiveBench(t);
      await bench.expectInsert(0, truth.subarray(0, 1000), 1000);
      await bench.expectInsert(2000, truth.subarray(2000), 0);
      for (const [from, to] of [[0, 1000], [0, 1], [500, 1000], [2000, 3000], [2400, 2401]] as const) {
        await bench.expectInsert(from, truth.subarray(from, to), 0, "for the second time");
      }
      const first = await bench.read(600);
      await t.about(BYTES, () => expectBytes(t, first, truth.subarray(0, 600), "a read of 600 bytes"));
      await bench.expectInsert(100, truth.subarray(100, 900), 0, "of which 600 are read already");
      await bench.expectInsert(1000, truth.subarray(1000, 2000), 2000);
      await bench.expectRead(truth.subarray(600), 600);
    },
  },
  "overlaps": {
    title: "segments that overlap make the text whole",
    kind: "table",
    weight: 2,
    covers: ["SM-11", "SHLD-31"],
    look: INSERT,
    why:
      "What goes again may be cut in other places than the first time: after a smaller segment size, or because more was written (RFC 9293 §3.10.7.4). So " +
      "segments overlap, in every way.",
    hints: [
      "Bytes 100 to 200 are here. Segment 50 to 150 comes: what of it is new? And of 150 to 250? Of 50 to 250?",
      "New is what falls into the gaps between blocks. There may be several such parts in one segment.",
      "Walk over the blocks that the segment touches, with an offset `missing`: copy from `missing` up to the block's `from`, then `missing` is its `to`. In the end copy the rest.",
    ],
    run: async (t) => {
      const truth = t.random.bytes(2000);
      const stories: [number, number][][] = [
        [[400, 800], [600, 1200], [0, 500]],
        [[400, 800], [200, 600], [0, 300]],
        [[400, 800], [1000, 1400], [600, 1100], [300, 1600], [0, 400]],
        [[100, 200], [300, 400], [500, 600], [50, 650], [0, 60]],
        [[100, 200], [300, 400], [500, 600], [0, 700]],
        [[100, 200], [0, 150], [150, 700]],
        [[0, 300], [100, 500], [400, 900], [0, 1200]],
        [[500, 501], [502, 503], [499, 504], [0, 505]],
      ];
      for (const story of stories) {
        const bench = await receiveBench(t, 2000);
        for (const [from, to] of story) await bench.insert(from, truth.subarray(from, to));
        const end = Math.max(...story.map(([, to]) => to));
        const told = story.map(([from, to]) => `${from}–${to}`).join(", ");
        t.equal(await bench.buffer.next(), end, `next() after segments ${told}`);
        await bench.expectRead(truth.subarray(0, end), 0, `the text of segments ${told}`);
      }
    },
  },
  "first-bytes-stay": {
    title: "where segments disagree, the bytes that came first stay",
    kind: "table",
    weight: 2,
    covers: ["SM-11"],
    look: INSERT,
    why:
      "An honest sender repeats the same bytes. Others show a harmless text to the firewall and put another one over it: what was received once must " +
      "never change, before it is read as little as after it.",
    hints: [
      "Do you copy the whole segment, or only what is new in it?",
      "Bytes that lie in a block, or before `next`, are known. Only what falls between is copied.",
      "No single `putFrame` of the whole segment: one for each part that was missing.",
    ],
    run: async (t) => {
      const first = t.random.bytes(1000);
      const second = first.map((byte) => byte ^ 0xff);
      const mixed = (from: number, to: number): Uint8Array => join(second.subarray(0, from), first.subarray(from, to), second.subarray(to));
      const [from, to] = [t.random.int(200, 400), t.random.int(600, 800)];
      for (const [a, b] of [[0, 1000], [0, to], [from - 50, 1000], [from, 1000], [from - 1, to + 1]] as const) {
        const bench = await receiveBench(t, 1000);
        await bench.insert(from, first.subarray(from, to));
        await bench.insert(a, second.subarray(a, b));
        await bench.insert(0, second);
        await bench.expectRead(
          mixed(from, to),
          0,
          `the text, after ${from}–${to} came first, other bytes for ${a}–${b}, and then for 0–1000`,
        );
      }
      const bench = await receiveBench(t, 1000);
      await bench.insert(0, first.subarray(0, to));
      await bench.insert(from, second.subarray(from));
      await bench.expectRead(mixed(0, to), 0, `the text, after 0–${to} came first, and then other bytes for ${from}–1000`);
    },
  },
  "beyond-the-edge": {
    title: "what lies beyond the window's edge is cut off",
    kind: "table",
    covers: ["SM-11", "7323-2.4"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.edge"],
    why: "The window is a promise for so many bytes, and the memory for them is all there is. A peer that sends more has sent it in vain " +
      "(RFC 9293 §3.10.7.4).",
    hints: [
      "Where does the part of a segment end that may be taken?",
      "At `edge()`: what was read, and the capacity on top. The rest of the segment is not taken, the beginning is.",
      "to = min(offset + count, edge). Nothing is left when from ≥ to.",
    ],
    run: async (t) => {
      const capacity = t.random.int(500, 1500);
      const truth = t.random.bytes(4000);
      const bench = await receiveBench(t, capacity);
      t.equal(await bench.buffer.edge(), capacity, `edge() of an empty buffer of ${capacity}`);
      await bench.expectInsert(capacity, truth.subarray(capacity, capacity + 100), 0, "all of it beyond the edge");
      await bench.expectInsert(capacity - 10, truth.subarray(capacity - 10, capacity + 100), 0);
      await bench.expectInsert(0, truth.subarray(0, capacity - 10), capacity, "10 bytes before the edge");
      await bench.expectInsert(capacity, truth.subarray(capacity, capacity + 50), 0, "when the buffer is full");
      const read = t.random.int(20, 200);
      expectBytes(t, await bench.read(read), truth.subarray(0, read), `a read of ${amount(read)}`);
      await bench.expectInsert(capacity, truth.subarray(capacity, capacity + 400), read, `when ${amount(read)} were read`);
      await bench.expectRead(truth.subarray(read, capacity + read), read);
    },
  },
};

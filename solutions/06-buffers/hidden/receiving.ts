/** Hidden checks of lab 06: text is put in order. */
import { receiveBench } from "../../../labs/06-buffers/checks/receive_bench.ts";
import { expectBytes } from "../../../labs/06-buffers/checks/stream.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

const INSERT = ["createReceiveBuffer.insert"] as const;

export const receiving: Readonly<Record<string, CheckSpec>> = {
  "read-with-a-gap": {
    title: "what lies beyond a gap outlives a read of all before it",
    kind: "table",
    covers: ["SHLD-31"],
    look: ["createReceiveBuffer.read"],
    why:
      "A buffer in which nothing can be read is not empty when there are blocks beyond the gap. Whoever gives its memory back then, loses them, or reads " +
      "somebody else's bytes in their place.",
    hints: [
      "When do you call `#ring.release()`?",
      "Only when nothing at all is held: all is read, *and* there is no block.",
      "`start === next` is one half of the condition; `#blocks.length === 0` is the other.",
    ],
    run: async (t) => {
      const truth = t.random.bytes(3000);
      const bench = await receiveBench(t, 3000);
      await bench.insert(0, truth.subarray(0, 800));
      await bench.insert(1500, truth.subarray(1500, 2300));
      await bench.expectRead(truth.subarray(0, 800), 0);
      // Another buffer takes what memory there is in stock.
      const other = await receiveBench(t, 3000);
      await other.insert(0, t.random.bytes(3000));
      await bench.expectInsert(800, truth.subarray(800, 1500), 1500, "which closes the gap");
      await bench.expectRead(truth.subarray(800, 2300), 800);
    },
  },
  "many-blocks": {
    title: "64 blocks are kept; what would make one more is dropped",
    kind: "table",
    weight: 2,
    covers: ["SHLD-31", "SM-11"],
    look: INSERT,
    why:
      "A peer who sends every other byte makes one block with each, and you walk over all of them with the next. A bound makes that cheap. What joins a " +
      "block, or closes the gap, makes none more, and is welcome.",
    hints: [
      "How many blocks are there after the segment: one more, as many, or fewer?",
      "Only a segment that touches no block, and does not begin at `next`, makes one more.",
      "Find the first block that the segment touches. There is none: with a gap in front of it, and 64 blocks, return 0 before anything is copied.",
    ],
    run: async (t) => {
      const truth = t.random.bytes(1000);
      const bench = await receiveBench(t, 1000);
      const insert = (from: number, to: number, moved: number, what: string): Promise<void> =>
        bench.expectInsert(from, truth.subarray(from, to), moved, what);
      const blocks = Array.from({ length: 64 }, (_, i) => [6 * i + 6, 6 * i + 8] as const);
      for (const [from, to] of t.random.shuffle(blocks)) await insert(from, to, 0, "one of 64 blocks");
      t.equal((await bench.buffer.beyond(100)).length / 2, 64, "how many blocks there are");
      for (const from of [t.random.int(2, 4), 6 * t.random.int(2, 62) + 4, 900]) {
        await insert(from, from + 1, 0, "a 65th block");
        t.equal((await bench.buffer.beyond(100)).length / 2, 64, "how many blocks there are, when a 65th was tried");
      }
      const place = 6 * t.random.int(3, 30);
      await insert(place + 2, place + 6, 0, "which joins two blocks");
      t.equal((await bench.buffer.beyond(100)).length / 2, 63, "how many blocks there are, when two were joined");
      await insert(900, 901, 0, "a 64th block again");
      await insert(0, 6, 8, "the next bytes in order, which make no block");
      for (const [from] of blocks) {
        if (from > 6) await bench.insert(from - 4, truth.subarray(from - 4, from));
      }
      await bench.expectRead(truth.subarray(0, 6 * 64 + 2), 0);
    },
  },
  "flood": {
    title: "a peer that does not care fills the buffer, and no more",
    kind: "table",
    covers: ["SM-11"],
    look: INSERT,
    why: "A reader that never reads, and a peer that never stops: what is held must stay within the capacity, and be right.",
    hints: [
      "How much is readable after a hundred segments?",
      "The edge does not move while nobody reads.",
      "A RangeError from `#ring.reserve` says that you asked for more than the capacity: cut the segment first.",
    ],
    run: async (t) => {
      const capacity = t.random.int(3000, 9000);
      const truth = t.random.bytes(50_000);
      const bench = await receiveBench(t, capacity);
      for (let at = 0; at + 1000 <= truth.length; at += 1000) await bench.insert(at, truth.subarray(at, at + 1000));
      t.equal([await bench.buffer.readable(), await bench.buffer.edge()], [capacity, capacity], "readable() and edge() after 50,000 bytes");
      await bench.expectRead(truth.subarray(0, capacity), 0);
    },
  },
  "round-and-round": {
    title: "a long stream goes round a small buffer unharmed",
    kind: "table",
    weight: 2,
    covers: ["SHLD-31"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.read"],
    why: "A connection may carry gigabytes through a buffer of some kilobytes. Offsets never wrap, the places in the ring do.",
    hints: [
      "Does it fail when the buffer is full, when it was empty, or when a segment lies across the ring's end?",
      "`reserve` wants all that must be kept: from `start`, not from `next`.",
      "`#ring.reserve(#start, to)`, each time; it costs nothing when the room is there.",
    ],
    run: async (t) => {
      const capacity = t.random.int(5000, 8000);
      const truth = t.random.bytes(60_000);
      const bench = await receiveBench(t, capacity);
      let [start, next] = [0, 0];
      while (start < truth.length) {
        const to = Math.min(truth.length, start + capacity, next + t.random.int(1, 1460));
        const hole = t.random.chance(0.5) ? Math.floor((next + to) / 2) : next;
        if (hole > next) await bench.insert(hole, truth.subarray(hole, to));
        await bench.insert(next, truth.subarray(next, to));
        next = to;
        const count = t.random.chance(0.2) ? next - start : t.random.int(0, Math.max(0, next - start));
        if (count === 0) continue;
        expectBytes(
          t,
          await bench.read(count),
          truth.subarray(start, start + count),
          `a read when ${start} bytes were read already`,
          start,
        );
        start += count;
      }
    },
  },
};

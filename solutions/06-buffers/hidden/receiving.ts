/** Hidden checks of lab 06: text is put in order. */
import { receiveBench } from "../../../labs/06-buffers/checks/receive_bench.ts";
import { expectBytes } from "../../../labs/06-buffers/checks/stream.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

const INSERT = ["createReceiveBuffer.insert"] as const;

export const receiving: Readonly<Record<string, CheckSpec>> = {
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
  "neighbours": {
    title: "two buffers share nothing",
    kind: "table",
    covers: ["SHLD-31"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.read"],
    why:
      "A host has a receive buffer for each of its connections, and memory that one of them gives back is the next one's. What one connection hears must never be read in another.",
    hints: [
      "Does anything of yours stand at the top of the file that belongs into the object?",
      "The list of blocks, and the count of segments, are each buffer's own.",
      "If the bytes are another buffer's: `release` came while something was held.",
    ],
    run: async (t) => {
      const truths = [t.random.bytes(3000), t.random.bytes(3000), t.random.bytes(3000)];
      const benches = [await receiveBench(t, 3000), await receiveBench(t, 3000), await receiveBench(t, 3000)];
      for (const [index, bench] of benches.entries()) {
        const truth = truths[index] as Uint8Array;
        await bench.expectInsert(0, truth.subarray(0, 500), 500);
        await bench.expectInsert(1000 + 100 * index, truth.subarray(1000 + 100 * index, 2000), 0);
        await bench.expectRead(truth.subarray(0, 500), 0, `the first 500 bytes of number ${index + 1} of three`);
      }
      for (const [index, bench] of benches.entries()) {
        const truth = truths[index] as Uint8Array;
        await bench.expectBeyond(4, [1000 + 100 * index, 2000], `of number ${index + 1} of three`);
        await bench.expectInsert(500, truth.subarray(500, 1500), 1500, `number ${index + 1} of three`);
        await bench.expectRead(truth.subarray(500, 2000), 500, `the rest of number ${index + 1} of three`);
      }
    },
  },
  "block-storm": {
    title: "crumbs in any order never make more than 64 blocks",
    kind: "table",
    weight: 2,
    covers: ["SHLD-31", "SM-11"],
    look: INSERT,
    why:
      "Two hundred crumbs are strewn over the window, and most of them find the list full. Whatever was dropped comes again in the end, and the text must be whole: nothing that was " +
      "dropped may be taken for kept.",
    hints: [
      "How many blocks does beyond(Infinity) tell after each crumb?",
      "64 at most. And what the list does not hold is missing, even if its bytes were copied.",
      "Decide first whether the segment is dropped; only then reserve, copy and join.",
    ],
    run: async (t: Trial) => {
      const truth = t.random.bytes(3000);
      const bench = await receiveBench(t, 3000);
      for (let i = 0; i < 200; i++) {
        const from = t.random.int(1, 2990);
        await bench.insert(from, truth.subarray(from, from + t.random.int(1, 5)));
        if (i % 20 !== 19) continue;
        const count = (await bench.buffer.beyond(Infinity)).length / 2;
        t.ok(count <= 64, `64 blocks at most, after ${i + 1} crumbs`, `${count}`);
      }
      for (let at = 0; at < 3000; at += 500) await bench.insert(at, truth.subarray(at, at + 500));
      await bench.expectRead(truth, 0, "the text, after all of it came again");
    },
  },
};

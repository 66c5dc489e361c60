/** Hidden checks of lab 06: text is put in order. */
import { receiveBench } from "../../../labs/06-buffers/checks/receive_bench.ts";
import { expectBytes } from "../../../labs/06-buffers/checks/stream.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

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
};

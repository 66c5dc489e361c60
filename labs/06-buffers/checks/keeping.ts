/** Public checks of lab 06: what lies beyond a gap is kept, as long as it must be, and no more of it than there may be. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { BYTES, receiveBench } from "./receive_bench.ts";

const INSERT = ["createReceiveBuffer.insert"] as const;

/** Where 64 blocks of two bytes begin. */
const PLACES = Array.from({ length: 64 }, (_, i) => 6 * i + 6);

export const keeping: Readonly<Record<string, CheckSpec>> = {
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
      await t.about(BYTES, () => bench.expectRead(truth.subarray(0, 800), 0));
      // Another buffer takes what memory there is in stock.
      const other = await receiveBench(t, 3000);
      await other.insert(0, t.random.bytes(3000));
      await bench.expectInsert(800, truth.subarray(800, 1500), 1500, "which closes the gap");
      await bench.expectRead(truth.subarray(800, 2300), 800);
    },
  },
  "memory": {
    title: "a buffer that holds nothing takes no memory",
    kind: "table",
    covers: ["SM-11"],
    look: ["createReceiveBuffer.read"],
    why:
      "A host may have ten thousand connections open, of which nearly all are silent. Each that kept its memory would keep some kilobytes for nothing; what an empty ring gives " +
      "back, the next one takes.",
    hints: [
      "After which of the methods can the buffer be empty?",
      "After `read`: when all is read, and no block lies beyond a gap.",
      "Behind the copy: `if (this.#start === this.#next && this.#blocks.length === 0) this.#ring.release()`.",
    ],
    run: async (t: Trial) => {
      const before = await t.ringMemory();
      const truth = t.random.bytes(2000);
      const bench = await receiveBench(t, 3000);
      await bench.insert(500, truth.subarray(500, 1000));
      await bench.insert(0, truth.subarray(0, 500));
      await bench.read(t.random.int(1, 900));
      await bench.read(1000);
      const kept = await t.ringMemory() - before;
      t.ok(kept <= 0, "no memory in the ring when all that came is read", amount(kept));
      await bench.expectInsert(1000, truth.subarray(1000), 1000, "into a buffer that was empty again");
      await t.about(BYTES, () => bench.expectRead(truth.subarray(1000), 1000));
    },
  },
  "many-blocks": {
    title: "64 blocks are kept; what would make one more is dropped",
    kind: "table",
    weight: 2,
    covers: ["SHLD-31", "SM-11"],
    look: INSERT,
    why:
      "A peer that sends every other byte makes one block with each segment, and you walk over all of them with the next: work and memory that it costs the peer nothing to " +
      "ask for. A bound makes both small. What is dropped comes again, as if it had been lost.",
    hints: [
      "How many blocks are there after the segment: one more, as many, or fewer?",
      "Only a segment that touches no block, and does not begin at `next`, makes one more.",
      "Find the first block that the segment touches. There is none: with a gap in front of it, and 64 blocks, return 0 before anything is copied.",
    ],
    run: async (t) => {
      const truth = t.random.bytes(1000);
      const bench = await receiveBench(t, 1000);
      for (const from of t.random.shuffle(PLACES)) await bench.insert(from, truth.subarray(from, from + 2));
      t.equal((await bench.buffer.beyond(100)).length / 2, 64, "how many blocks there are, of 64 that came");
      for (const from of [t.random.int(2, 4), 6 * t.random.int(2, 62) + 4, 900]) {
        await bench.insert(from, truth.subarray(from, from + 1));
        t.equal((await bench.buffer.beyond(100)).length / 2, 64, `how many blocks there are, when ${from} to ${from + 1} came as a 65th`);
      }
    },
  },
  "full-list": {
    title: "with 64 blocks, what makes none more is still welcome",
    kind: "table",
    covers: ["SHLD-31"],
    look: INSERT,
    why:
      "The bound is about blocks, not about segments. Bytes that join a block, or come in order, are what makes the list shorter: whoever drops them too keeps a full list " +
      "for ever, and the connection stands still.",
    hints: [
      "With 64 blocks a segment comes that fills the gap between two of them. How many are there then?",
      "63. And what begins at `next` makes no block at all.",
      "Drop only if three things are true: no block is touched, the segment begins beyond `next`, and there are 64.",
    ],
    run: async (t) => {
      const truth = t.random.bytes(1000);
      const bench = await receiveBench(t, 1000);
      const blocks = async (count: number, what: string): Promise<void> => {
        t.equal((await bench.buffer.beyond(100)).length / 2, count, `how many blocks there are, ${what}`);
      };
      for (const from of t.random.shuffle(PLACES)) await bench.insert(from, truth.subarray(from, from + 2));
      await blocks(64, "of 64 that came");
      await bench.expectInsert(0, truth.subarray(0, 3), 3, "with 64 blocks, text in order");
      const longer = 6 * t.random.int(40, 60);
      await bench.insert(longer + 2, truth.subarray(longer + 2, longer + 3));
      await bench.expectBeyond(1, [longer, longer + 3], "after a byte came that makes a block longer, with 64 blocks");
      const place = 6 * t.random.int(3, 30);
      await bench.insert(place + 2, truth.subarray(place + 2, place + 6));
      await blocks(63, `when ${place + 2} to ${place + 6} joined two of 64`);
      await bench.insert(900, truth.subarray(900, 901));
      await bench.expectInsert(3, truth.subarray(3, 6), 5, "with 64 blocks, text that closes the first gap");
      for (const from of PLACES) {
        if (from > 6) await bench.insert(from - 4, truth.subarray(from - 4, from));
      }
      await t.about(BYTES, () => bench.expectRead(truth.subarray(0, 6 * 64 + 2), 0));
    },
  },
  "large-offsets": {
    title: "offsets beyond 2³² are numbers like others",
    kind: "table",
    covers: ["SM-11"],
    look: INSERT,
    why:
      "A connection may carry more than four gibibytes, and offsets never wrap. Bit operators cut numbers to 32 bits: what lies far beyond the edge then looks like what is " +
      "missing.",
    hints: [
      "What is `4294967296 | 0`?",
      "0. Bit operators know 32 bits, and offsets have 53.",
      "`Math.max`, `Math.min`, `+` and `−` are enough in all of this file.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t, 2000);
      const [known, far] = [t.random.int(100, 500), t.random.bytes(100)];
      const truth = t.random.bytes(known);
      await bench.expectInsert(0, truth, known);
      for (const offset of [2 ** 31, 2 ** 32, 2 ** 32 + known, 2 ** 32 + known + 10]) {
        await bench.expectInsert(offset, far, 0, "far beyond the edge");
        await bench.expectBeyond(4, [], `after bytes at ${offset} came, far beyond the edge`);
      }
      t.equal(await bench.buffer.readable(), known, "readable() in the end");
    },
  },
};

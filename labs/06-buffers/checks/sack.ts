/** Public checks of lab 06: what is told about bytes beyond a gap (`beyond`), for selective acknowledgments. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { BYTES, receiveBench } from "./receive_bench.ts";

const LOOK = ["createReceiveBuffer.beyond"] as const;

export const sack: Readonly<Record<string, CheckSpec>> = {
  "no-gap": {
    title: "without a gap there is nothing to tell",
    kind: "table",
    covers: ["2018-4a"],
    look: LOOK,
    why:
      "An acknowledgment that covers all says enough. Blocks are told only when something that came cannot be acknowledged in the ordinary way " +
      "(RFC 2018 §4).",
    hints: [
      "Is what can be read at once a block?",
      "Blocks lie beyond a gap. What begins at `next` is in none, and a block that the gap's closing reaches is none any more.",
      "When `next` moves over a block, take it out of the list.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t);
      const truth = t.random.bytes(3000);
      await bench.expectBeyond(4, [], "of an empty buffer");
      await bench.insert(0, truth.subarray(0, 1000));
      await bench.expectBeyond(4, [], "after text in order");
      const from = t.random.int(1100, 1900);
      await bench.insert(from, truth.subarray(from, 2500));
      await bench.expectBeyond(4, [from, 2500], `after ${from} to 2500 came, where 1000 is missing`);
      await bench.insert(1000, truth.subarray(1000, from));
      await bench.expectBeyond(4, [], "after the gap was closed");
    },
  },
  "latest-first": {
    title: "the first block is the one that the last segment fell into",
    kind: "table",
    weight: 2,
    covers: ["2018-4b", "2018-4c"],
    look: LOOK,
    why:
      "The sender learns at once what has just arrived; the blocks behind it repeat what may have been lost with earlier acknowledgments " +
      "(RFC 2018 §4).",
    hints: [
      "In which order did the segments come? That is not the order of their offsets.",
      "Each block remembers when a segment last fell into it; the latest comes first.",
      "Count the segments, note the count in the block, and sort by it, the greatest first.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t);
      const blocks = t.random.shuffle([[1000, 1400], [2000, 2100], [3000, 3700], [4000, 4001]] as const);
      const told: number[] = [];
      for (const [from, to] of blocks) {
        await bench.insert(from, t.random.bytes(to - from));
        told.unshift(from, to);
        await bench.expectBeyond(4, told, `after ${from} to ${to} came`);
      }
    },
  },
  "nothing-new": {
    title: "a duplicate beyond the gap brings its block to the front",
    kind: "table",
    covers: ["2018-4b", "2883"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.beyond"],
    why:
      "“The first block must contain the segment that triggered this acknowledgment”, also when all of it was here before: by that the sender sees that its " +
      "segment arrived twice (RFC 2018 §4, RFC 2883 §4).",
    hints: [
      "A segment that lies inside a block comes again. What is the first block then?",
      "It changes no byte, and it has touched its block.",
      "Take the block out and put it back with a new count, even if its bounds stay.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t);
      for (const from of [1000, 2000, 3000, 4000]) await bench.insert(from, t.random.bytes(500));
      await bench.expectBeyond(3, [4000, 4500, 3000, 3500, 2000, 2500], "after four blocks");
      const inside = t.random.int(1000, 1400);
      await bench.insert(inside, t.random.bytes(t.random.int(1, 100)));
      await bench.expectBeyond(3, [1000, 1500, 4000, 4500, 3000, 3500], `after bytes at ${inside} came for the second time`);
      await bench.insert(3000, t.random.bytes(500));
      await bench.expectBeyond(4, [3000, 3500, 1000, 1500, 4000, 4500, 2000, 2500], "after 3000 to 3500 came for the second time");
      await bench.insert(0, t.random.bytes(500));
      await bench.expectBeyond(4, [3000, 3500, 1000, 1500, 4000, 4500, 2000, 2500], "after text in order, which is in no block");
    },
  },
  "joined": {
    title: "segments that touch are one block",
    kind: "table",
    covers: ["2018-4b"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.beyond"],
    why:
      "There is room for three or four blocks in a header. A block is all that lies together: the bytes just before it and just behind it are missing " +
      "(RFC 2018 §3).",
    hints: [
      "100 to 200 is a block. 200 to 300 comes: how many are there?",
      "A segment touches a block also when it begins just where that ends, or ends just where it begins.",
      "Compare with `<=`: a block with `from <= to` of the segment and `to >= from` of it is touched.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t);
      const truth = t.random.bytes(3000);
      const insert = async (from: number, to: number, blocks: readonly number[]): Promise<void> => {
        await bench.insert(from, truth.subarray(from, to));
        await bench.expectBeyond(4, blocks, `after ${from} to ${to} came`);
      };
      await insert(1000, 1200, [1000, 1200]);
      await insert(1400, 1600, [1400, 1600, 1000, 1200]);
      await insert(1600, 1700, [1400, 1700, 1000, 1200]);
      await insert(900, 1000, [900, 1200, 1400, 1700]);
      await insert(1200, 1400, [900, 1700]);
      await insert(800, 1800, [800, 1800]);
      await bench.insert(0, truth.subarray(0, 800));
      await t.about(BYTES, () => bench.expectRead(truth.subarray(0, 1800), 0));
    },
  },
  "as-many-as-fit": {
    title: "no more blocks are told than there is room for",
    kind: "table",
    covers: ["2018-4c"],
    look: LOOK,
    why:
      "Options have 40 bytes in all: four blocks without timestamps, three with them, one fewer when a duplicate is reported (RFC 2018 §3, RFC 2883).",
    hints: [
      "What does the argument of `beyond` count: blocks, or offsets?",
      "Blocks: two offsets each. When there are more, the ones touched longest ago are left out.",
      "Sort, `slice(0, count)`, then write `from` and `to` of each in a row.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t);
      const blocks = t.random.shuffle(Array.from({ length: 7 }, (_, i) => [500 * i + 500, 500 * i + t.random.int(501, 900)] as const));
      for (const [from, to] of blocks) await bench.insert(from, t.random.bytes(to - from));
      const told = [...blocks].reverse();
      for (const count of [4, 3, 2, 1, 0, 20, Infinity]) {
        await bench.expectBeyond(count, told.slice(0, count).flat(), `of a buffer with 7 blocks`);
      }
    },
  },
};

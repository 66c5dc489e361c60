/** Hidden checks of lab 06: what is told about bytes beyond a gap. */
import { ReceiveModel } from "../../../labs/06-buffers/checks/models.ts";
import { receiveBench } from "../../../labs/06-buffers/checks/receive_bench.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

const LOOK = ["createReceiveBuffer.beyond", "createReceiveBuffer.insert"] as const;

export const sack: Readonly<Record<string, CheckSpec>> = {
  "rfc-2018": {
    title: "the three cases of RFC 2018 §4",
    kind: "table",
    covers: ["2018-4a", "2018-4b", "2018-4c"],
    look: LOOK,
    why:
      "RFC 2018 §4 works three examples with eight segments of 500 bytes: some are lost, and the blocks of every acknowledgment are listed. There is no better " +
      "specification.",
    hints: [
      "Read §4 of the RFC beside the case that fails. Its numbers begin at 5000, ours at 0.",
      "Case 2: one block, which grows. Case 3: every second segment, and then two of the missing ones, late.",
      "In case 3 the late 4th segment joins two blocks into one: what is joined comes first. The 2nd then closes the gap.",
    ],
    run: async (t) => {
      const cases: [number[], number[][]][] = [
        [[1, 2, 3, 4], [[], [], [], []]],
        [[2, 3, 4, 5, 6, 7, 8], [1000, 1500, 2000, 2500, 3000, 3500, 4000].map((to) => [500, to])],
        [[1, 3, 5, 7, 4, 2], [
          [],
          [1000, 1500],
          [2000, 2500, 1000, 1500],
          [3000, 3500, 2000, 2500, 1000, 1500],
          [1000, 2500, 3000, 3500],
          [3000, 3500],
        ]],
      ];
      for (const [index, [numbers, blocks]] of cases.entries()) {
        const bench = await receiveBench(t);
        for (const [i, number] of numbers.entries()) {
          await bench.insert((number - 1) * 500, t.random.bytes(500));
          await bench.expectBeyond(3, blocks[i] as number[], `in case ${index + 1}, after segments ${numbers.slice(0, i + 1).join(", ")}`);
        }
      }
    },
  },
  "any-order": {
    title: "whatever comes, the block touched last is told first",
    kind: "table",
    covers: ["2018-4b", "2018-4c"],
    look: LOOK,
    why:
      "Segments begin new blocks, make old ones longer at either end, join them, or bring nothing new. Each of these touches a block, and that one comes first (RFC 2018 §4).",
    hints: [
      "Which block did the last segment fall into? Is it the first one told?",
      "A block that was made longer, or joined, has been touched as much as a new one.",
      "Every segment beyond the gap that is not dropped ends with one block put back, with a new count.",
    ],
    run: async (t) => {
      const bench = await receiveBench(t, 3000);
      const model = new ReceiveModel(3000);
      const truth = t.random.bytes(3000);
      for (let i = 0; i < 60; i++) {
        const from = 50 * t.random.int(1, 55);
        const to = from + 50 * t.random.int(1, 3);
        await bench.insert(from, truth.subarray(from, to));
        model.insert(from, truth.subarray(from, to));
        await bench.expectBeyond(4, model.beyond(4), `after ${from} to ${Math.min(to, 3000)} came, segment number ${i + 1}`);
      }
    },
  },
};

/** Hidden checks of lab 06: what the send buffer holds. */
import { sendBench } from "../../../labs/06-buffers/checks/send_bench.ts";
import { expectBytes } from "../../../labs/06-buffers/checks/stream.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const sending: Readonly<Record<string, CheckSpec>> = {
  "round-and-round": {
    title: "a long stream goes round a small buffer unharmed",
    kind: "table",
    weight: 2,
    covers: ["2018-8"],
    look: ["createSendBuffer.write", "createSendBuffer.acknowledge", "createSendBuffer.copyInto"],
    why:
      "A connection may carry gigabytes through a buffer of some kilobytes. Offsets never wrap, the places in the ring do, and the buffer is full and " +
      "empty many times.",
    hints: [
      "Does it fail when the buffer is full, when it was empty, or when a piece lies across the ring's end?",
      "`reserve` wants all that must be kept: from `start`, not from `end`. `release` is only for a buffer that is empty.",
      "Compare the length you give to `reserve` with the capacity: `#end + taken − #start` is the most that it can be.",
    ],
    run: async (t) => {
      const capacity = t.random.int(5000, 8000);
      const bench = await sendBench(t, capacity);
      const { buffer } = bench;
      // Small writes, sent at once and not acknowledged: what is held grows far beyond what is written at a time.
      while (bench.written.length < capacity - 500) {
        await bench.write(t.random.int(100, 500));
        await buffer.sent(bench.written.length);
      }
      await bench.expectText(0, bench.written.length, "everything in flight, after small writes that were sent at once");
      let [start, next] = [0, bench.written.length];
      for (let round = 0; round < 60; round++) {
        await bench.write(t.random.int(1, capacity));
        const end = bench.written.length;
        next = t.random.int(next, end);
        await buffer.sent(next);
        const length = Math.min(1460, end - start);
        expectBytes(
          t,
          await bench.copied(start, length),
          bench.written.subarray(start, start + length),
          `round ${round + 1}: the oldest bytes`,
          start,
        );
        start = round % 7 === 6 ? next : t.random.int(start, next);
        await buffer.acknowledge(start);
        if (round % 10 === 9) await bench.expectMarks({ start, next, end }, `after ${round + 1} rounds of write, send and acknowledge`);
      }
    },
  },
};

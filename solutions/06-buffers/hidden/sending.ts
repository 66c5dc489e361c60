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
  "neighbours": {
    title: "two buffers share nothing",
    kind: "table",
    covers: ["2018-8"],
    look: ["createSendBuffer.write", "createSendBuffer.acknowledge"],
    why:
      "A host has a send buffer for each of its connections, and memory that one of them gives back is the next one's. What one connection does must never be seen in another.",
    hints: [
      "Does anything of yours stand at the top of the file that belongs into the object?",
      "Only constants and functions may stand there.",
      "If the bytes are another buffer's: `release` came while something was held.",
    ],
    run: async (t) => {
      const benches = [await sendBench(t, 4000), await sendBench(t, 6000), await sendBench(t, 4000)];
      const marks = benches.map(() => ({ start: 0, next: 0, end: 0 }));
      for (let step = 0; step < 40; step++) {
        const index = t.random.int(0, 2);
        const [bench, mark] = [benches[index], marks[index]];
        if (bench === undefined || mark === undefined) continue;
        mark.end += await bench.write(t.random.int(0, 1500));
        await bench.buffer.sent(mark.next = t.random.int(mark.next, mark.end));
        await bench.buffer.acknowledge(mark.start = t.random.chance(0.5) ? mark.next : t.random.int(mark.start, mark.next));
      }
      for (const [index, bench] of benches.entries()) {
        const { start, next, end } = marks[index] ?? { start: 0, next: 0, end: 0 };
        await bench.expectMarks({ start, next, end }, `number ${index + 1} of three`);
        if (end > start) await bench.expectText(start, end - start, `what number ${index + 1} of three holds`);
      }
    },
  },
};

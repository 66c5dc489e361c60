/** Hidden checks of createDatagramQueue. */
import { OVERHEAD, queueBench, type Sample } from "../../../labs/09-datagrams/checks/queue_bench.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const queue: Readonly<Record<string, CheckSpec>> = {
  "long-life": {
    title: "after many pushes and reads the books still agree",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramQueue.push", "createDatagramQueue.read"],
    why: "A byte that is not given back with each read closes the queue after an hour; one that is given back twice opens it to everybody.",
    hints: [
      "What does each method do to the number of bytes that are taken?",
      "`push` adds the length and 28, `read` takes off the same, a look does nothing.",
      "By the datagram's length, whatever was copied.",
    ],
    run: async (t) => {
      const capacity = t.random.int(300, 500);
      const bench = await queueBench(t, capacity);
      const waiting: Sample[] = [];
      for (let step = 0; step < 120; step++) {
        const next = bench.sample(t.random.int(0, 120));
        const taken = waiting.reduce((sum, { bytes }) => sum + bytes.length + OVERHEAD, 0);
        const [first] = waiting;
        if (first !== undefined && t.random.int(0, 5) < 2) {
          const peek = t.random.int(0, 2) === 0;
          await bench.expectRead(first, { peek, most: t.random.pick([0, 1, 20, 65_535]) });
          if (!peek) waiting.shift();
        } else {
          const fits = waiting.length === 0 || taken + next.bytes.length + OVERHEAD <= capacity;
          await bench.expectPush(next, fits, `where ${taken} of ${capacity} are taken`);
          if (fits) waiting.push(next);
        }
        await bench.expectWaiting(waiting.length, waiting[0]?.bytes.length ?? 0, "then");
      }
    },
  },

  "no-room-at-all": {
    title: "a read of no bytes takes a datagram all the same",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read"],
    why: "That is how a program throws one away unread: 0 bytes are copied, its length is told, and the next read gives the next one.",
    hints: [
      "What does `read` do when `count` is 0?",
      "What it always does: as much as fits, which is nothing, and the datagram is gone.",
      "No special case for 0.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 10_000);
      const samples = [20, 5, 9].map((size) => bench.sample(size));
      for (const sample of samples) await bench.expectPush(sample, true, "into a queue with room");
      await bench.expectRead(samples[0] as Sample, { most: 0, peek: true });
      await bench.expectRead(samples[0] as Sample, { most: 0 });
      await bench.expectRead(samples[1] as Sample);
      await bench.expectRead(samples[2] as Sample, { most: 0 });
      await bench.expectEmpty("when all were read");
    },
  },

  "last-byte": {
    title: "the last byte of the capacity is used",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.push"],
    why: "A bound is a number, and not “about”: just as much as the capacity fits, one byte more does not.",
    hints: [
      "`<` or `<=`?",
      "It fits when taken + length + 28 is at most the capacity.",
      "The 28 belong to this datagram, too, not only to those that wait.",
    ],
    run: async (t) => {
      for (let i = 0; i < 6; i++) {
        const [first, second] = [t.random.int(0, 50), t.random.int(1, 50)];
        const bench = await queueBench(t, first + second + 2 * OVERHEAD);
        await bench.expectPush(bench.sample(first), true, "into an empty queue");
        await bench.expectPush(bench.sample(second + 1), false, `where ${second + OVERHEAD} are free`);
        await bench.expectPush(bench.sample(second), true, `where ${second + OVERHEAD} are free`);
        await bench.expectPush(bench.sample(0), false, "where none is free");
      }
    },
  },
};

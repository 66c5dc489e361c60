/** Checks of createDatagramQueue: whole datagrams, in their order, and what becomes of those that find no room. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { OVERHEAD, queueBench, type Sample } from "./queue_bench.ts";

export const queue: Readonly<Record<string, CheckSpec>> = {
  "whole": {
    title: "each read gives one datagram, with its sender",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read", "createDatagramQueue.push"],
    why:
      "This is what tells datagrams from a stream: what was sent in one call arrives in one read, however small, and is never joined with " +
      "the next. And whoever answers needs the sender, and the address that he had written to (RFC 1122 §4.1.3.5).",
    hints: [
      "What do you keep for each datagram?",
      "Its bytes, who sent it, and to which address. A list of such records, not one buffer of bytes.",
      "`read` takes the first record and copies its bytes, and nothing of the next one, even if there is room.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 10_000);
      await bench.expectEmpty("when nothing has come");
      const samples = [5, 1, t.random.int(2, 99)].map((size) => bench.sample(size));
      for (const sample of samples) await bench.expectPush(sample, true, "into a queue with room");
      for (const sample of samples) await bench.expectRead(sample);
      await bench.expectEmpty("when all were read");
    },
  },

  "cut": {
    title: "what does not fit into a read is lost",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read"],
    why: "A read with too little room takes the beginning, and the rest is gone: the next read gives the next datagram. A stream would " +
      "go on where it stopped. `length` tells the program what it has missed.",
    hints: [
      "What becomes of the rest, when `count` is smaller than the datagram?",
      "It is dropped with the datagram. `count` in the result is what was copied, `length` the whole.",
      "Copy `Math.min(count, bytes.length)` bytes, then take the whole record out.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 10_000);
      const samples = [40, 40, t.random.int(20, 90)].map((size) => bench.sample(size));
      for (const sample of samples) await bench.expectPush(sample, true, "into a queue with room");
      await bench.expectRead(samples[0] as Sample, { most: t.random.int(1, 39) });
      await bench.expectRead(samples[1] as Sample, { most: 40 });
      await bench.expectRead(samples[2] as Sample, { most: 4 });
      await bench.expectEmpty("when all were read, if only in part");
    },
  },

  "into-the-middle": {
    title: "a read writes where it is told to, and only there",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read"],
    why: "A program reads into the middle of its buffer, behind what it has already. A byte too far overwrites what is not the datagram's.",
    hints: [
      "What are `at` and `count` for?",
      "The first byte goes to `target[at]`; `count` are the most that may be written.",
      "`target[at + i] = bytes[i]`, for i below the smaller of both.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 10_000);
      for (const [size, most] of [[t.random.int(9, 60), 100], [t.random.int(9, 60), 5], [0, 9]] as const) {
        const sample = bench.sample(size);
        await bench.expectPush(sample, true, "into an empty queue");
        await bench.expectRead(sample, { at: t.random.int(1, 30), most });
      }
    },
  },

  "in-order": {
    title: "the oldest comes first",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read", "createDatagramQueue.push"],
    why: "UDP promises no order, but what came in order should not be mixed up by the last queue on its way.",
    hints: [
      "From which end do you take?",
      "Where `push` puts at the end, `read` takes from the front.",
      "`shift`, not `pop`.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 10_000);
      const samples = Array.from({ length: 8 }, () => bench.sample(t.random.int(1, 30)));
      for (const sample of samples.slice(0, 5)) await bench.expectPush(sample, true, "into a queue with room");
      for (const sample of samples.slice(0, 2)) await bench.expectRead(sample);
      for (const sample of samples.slice(5)) await bench.expectPush(sample, true, "into a queue with room");
      for (const sample of samples.slice(2)) await bench.expectRead(sample);
    },
  },

  "peek": {
    title: "peek looks, and leaves the datagram where it is",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read"],
    why:
      "MSG_PEEK lets a program see who wrote, or how long it is, before it makes room for it. Even a look at 4 bytes must leave all of it.",
    hints: [
      "What does `read` change when `peek` is true?",
      "Nothing in the queue: neither its datagrams nor the room that they take.",
      "Copy in both cases, remove in one.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 2 * (20 + OVERHEAD) + 9);
      const [first, second] = [bench.sample(20), bench.sample(20)];
      await bench.expectPush(first, true, "into an empty queue");
      await bench.expectPush(second, true, `where ${20 + OVERHEAD + 9} bytes are free`);
      await bench.expectRead(first, { peek: true, most: 4 });
      await bench.expectRead(first, { peek: true });
      await bench.expectWaiting(2, 20, "after two looks");
      await bench.expectPush(bench.sample(0), false, "where 9 bytes are free, looks or no looks");
      await bench.expectRead(first);
      await bench.expectRead(second, { peek: true });
      await bench.expectRead(second);
    },
  },

  "waiting": {
    title: "size and nextLength tell what waits",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.size", "createDatagramQueue.nextLength", "createDatagramQueue.read"],
    why:
      "A selector asks whether there is something to read (lab 10), FIONREAD how long the next datagram is: one datagram's length, not all " +
      "that waits. And 0 bytes may be a datagram, or none: `size` tells.",
    hints: [
      "Whose bytes does `nextLength` count?",
      "Those of the oldest, which the next `read` will give.",
      "0 when there is none; `?.` and `??` say that in one line.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 10_000);
      await bench.expectWaiting(0, 0, "when nothing has come");
      const samples = [t.random.int(50, 90), t.random.int(1, 49), 0].map((size) => bench.sample(size));
      for (const [index, sample] of samples.entries()) {
        await bench.expectPush(sample, true, "into a queue with room");
        await bench.expectWaiting(index + 1, samples[0]?.bytes.length ?? 0, `after ${index + 1} came`);
      }
      for (const [index, sample] of samples.entries()) {
        await t.about({ look: ["createDatagramQueue.read"] }, () => bench.expectRead(sample));
        await bench.expectWaiting(2 - index, samples[index + 1]?.bytes.length ?? 0, `after ${index + 1} were read`);
      }
    },
  },

  "full": {
    title: "what finds no room is lost, and the rest stays",
    kind: "table",
    weight: 2,
    covers: ["UDP-5"],
    look: ["createDatagramQueue.push"],
    why:
      "A program that does not read must not fill its host's memory. UDP has no window to hold a sender back with, so what is too much is " +
      "dropped: the *new* one, whole. Each takes its bytes and 28 more, for the headers that came with it.",
    hints: [
      "What do you compare with `capacity`?",
      "What is taken so far, and this datagram's bytes, and 28. Just as much as the capacity still fits.",
      "`taken + length + 28 > capacity`: false, and nothing changes. `read` gives back as much.",
    ],
    run: async (t) => {
      const count = t.random.int(2, 5), size = t.random.int(10, 99);
      const bench = await queueBench(t, count * (size + OVERHEAD));
      const samples = Array.from({ length: count }, () => bench.sample(size));
      for (const [index, sample] of samples.entries()) {
        if (index === count - 1) await bench.expectPush(bench.sample(size + 1), false, `where ${size + OVERHEAD} bytes are free`);
        await bench.expectPush(sample, true, `where ${(count - index) * (size + OVERHEAD)} bytes are free`);
      }
      await bench.expectPush(bench.sample(1), false, "into a full queue");
      await bench.expectWaiting(count, size, "in a full queue");
      for (const sample of samples) await bench.expectRead(sample);
    },
  },

  "room-again": {
    title: "reading gives the room back",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read", "createDatagramQueue.push"],
    why: "The queue is full for a moment, not for ever. A datagram that was read only in part gives back all that it took.",
    hints: [
      "What does `read` do to the number of bytes that are taken?",
      "It goes down by what `push` had added: the whole datagram's bytes, and 28.",
      "By the datagram's length, not by what was copied.",
    ],
    run: async (t) => {
      const size = t.random.int(30, 99);
      const bench = await queueBench(t, 2 * (size + OVERHEAD) + 9);
      let waiting = [bench.sample(size), bench.sample(size)];
      await bench.expectPush(waiting[0] as Sample, true, "into an empty queue");
      await bench.expectPush(waiting[1] as Sample, true, `where ${size + OVERHEAD + 9} bytes are free`);
      for (let turn = 0; turn < 5; turn++) {
        const next = bench.sample(size);
        await bench.expectPush(next, false, "where 9 bytes are free");
        const most = turn % 2 === 0 ? 3 : size;
        await bench.expectRead(waiting[0] as Sample, { most });
        await bench.expectPush(next, true, `after one of ${size} was read${most < size ? `, ${most} bytes of it` : ""}`);
        waiting = [...waiting.slice(1), next];
      }
    },
  },

  "empty-ones": {
    title: "datagrams without a byte count, too",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.read", "createDatagramQueue.push"],
    why:
      "An empty datagram is one: its read gives 0 bytes and a sender, not “nothing there”. And whoever sends a million of them must not fill the " +
      "memory with their records; that is what the 28 bytes are for.",
    hints: [
      "How do you tell an empty datagram from none?",
      "`read` returns undefined only when the list is empty.",
      "Each takes 28 bytes of the capacity, its payload of 0 included.",
    ],
    run: async (t) => {
      const count = t.random.int(3, 9);
      const bench = await queueBench(t, count * OVERHEAD + t.random.int(0, OVERHEAD - 1));
      const samples = Array.from({ length: count }, () => bench.sample(0));
      await t.about({ look: ["createDatagramQueue.push"] }, async () => {
        for (const sample of samples) await bench.expectPush(sample, true, "into a queue with room");
        await bench.expectPush(bench.sample(0), false, `into a queue with ${count} empty ones, which are ${count * OVERHEAD} bytes`);
      });
      for (const sample of samples) await bench.expectRead(sample);
      await bench.expectEmpty("when all were read");
    },
  },

  "longer-than-all": {
    title: "an empty queue takes any datagram",
    kind: "table",
    covers: ["UDP-5"],
    look: ["createDatagramQueue.push"],
    why:
      "Otherwise a datagram longer than the capacity could never be received, however patient its sender. It is one too many only where " +
      "somebody waits already.",
    hints: [
      "What if a single datagram is longer than `capacity`?",
      "It is taken when nobody else waits.",
      "The comparison with `capacity` is only made when the list is not empty.",
    ],
    run: async (t) => {
      const capacity = t.random.int(1, 200);
      const bench = await queueBench(t, capacity);
      const long = bench.sample(capacity + t.random.int(1, 500));
      await bench.expectPush(long, true, `into an empty queue of ${capacity}`);
      await bench.expectPush(bench.sample(0), false, "behind one that is longer than the capacity");
      await bench.expectRead(long);
      await bench.expectPush(bench.sample(capacity), true, "into a queue that is empty again");
    },
  },
};

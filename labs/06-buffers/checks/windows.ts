/** Public checks of lab 06: how much the peer may send, and when it is told (`edge`, `announce`). */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { receiveBench } from "./receive_bench.ts";

const LOOK = ["createReceiveBuffer.announce"] as const;

export const windows: Readonly<Record<string, CheckSpec>> = {
  "edge": {
    title: "the edge moves when the application reads, and only then",
    kind: "table",
    covers: ["SHLD-14"],
    look: ["createReceiveBuffer.edge"],
    why:
      "This is flow control: a slow reader slows down a fast sender. What arrives takes room that was promised before, so it moves no edge " +
      "(RFC 9293 §3.8.6).",
    hints: [
      "What does a segment that arrives do to the edge? And one beyond a gap?",
      "Nothing. What is promised lies between `start` and the edge, whether it has come or not.",
      "edge = `start` + capacity.",
    ],
    run: async (t) => {
      const capacity = t.random.int(2000, 5000);
      const bench = await receiveBench(t, capacity);
      t.equal(await bench.buffer.edge(), capacity, `edge() of an empty buffer of ${capacity}`);
      await bench.insert(0, t.random.bytes(700));
      await bench.insert(900, t.random.bytes(300));
      t.equal(await bench.buffer.edge(), capacity, "edge() after 700 bytes came, and 300 beyond a gap");
      const count = t.random.int(1, 700);
      await bench.read(count);
      t.equal(await bench.buffer.edge(), capacity + count, `edge() after ${amount(count)} of them were read`);
    },
  },
  "strides": {
    title: "the window opens by a whole segment or more, or not at all",
    kind: "table",
    weight: 2,
    covers: ["MUST-39"],
    look: LOOK,
    why:
      "A window that opens byte by byte is filled byte by byte: the receiver's half of the silly-window syndrome. The edge that is announced waits until " +
      "it can move by a full segment (RFC 9293 §3.8.6.2.2, MUST-39).",
    hints: [
      "The edge announced last was 5000, it could be 5001, and a segment has 1460 bytes. What is announced?",
      "5000, until it could be 6460. Then the whole of what there is: 6460, not one segment's worth of a larger opening.",
      "`edge − announced >= mss` (for a buffer that is large enough): the edge; otherwise `announced`, as it was.",
    ],
    run: async (t) => {
      const capacity = t.random.int(4000, 8000);
      const mss = t.random.pick([536, 1448, 1460]);
      const bench = await receiveBench(t, capacity);
      await bench.insert(0, t.random.bytes(capacity));
      const rows: [read: number, moves: boolean][] = [[1, false], [mss - 2, false], [1, true], [mss + t.random.int(1, 500), true]];
      let [start, announced] = [0, capacity];
      for (const [count, moves] of rows) {
        await bench.read(count);
        start += count;
        const expected = moves ? start + capacity : announced;
        const what = `announce(${announced}, ${mss}), when the edge could be ${start + capacity}`;
        t.equal(await bench.buffer.announce(announced, mss), expected, what);
        announced = expected;
      }
    },
  },
  "small-buffer": {
    title: "a small buffer opens its window by half of itself",
    kind: "table",
    covers: ["MUST-39"],
    look: LOOK,
    why: "A buffer of 1000 bytes never has room for 1460 more. For it half of the buffer is a stride: the smaller of the two counts " +
      "(RFC 9293 §3.8.6.2.2).",
    hints: [
      "What if the whole buffer is smaller than two segments?",
      "The stride is the smaller of a segment and half of the capacity.",
      "`Math.min(capacity / 2, mss)`. Half of an odd capacity may be rounded down, or not at all.",
    ],
    run: async (t) => {
      const capacity = 2 * t.random.int(100, 700);
      for (const mss of [1460, 9000]) {
        const bench = await receiveBench(t, capacity);
        await bench.insert(0, t.random.bytes(capacity));
        await bench.read(capacity / 2 - 1);
        const what = (edge: number): string => `announce(${capacity}, ${mss}), when the edge could be ${edge}, of a buffer of ${capacity}`;
        t.equal(await bench.buffer.announce(capacity, mss), capacity, what(capacity * 1.5 - 1));
        await bench.read(1);
        t.equal(await bench.buffer.announce(capacity, mss), capacity * 1.5, what(capacity * 1.5));
      }
    },
  },
  "never-back": {
    title: "an edge that was announced is never taken back",
    kind: "table",
    covers: ["SHLD-14", "7323-2.4"],
    look: LOOK,
    why: "The peer may have sent up to the edge before it hears that this was meant otherwise; then its bytes would be lost by our fault " +
      "(RFC 9293 §3.8.6, SHLD-14).",
    hints: [
      "What do you return when the edge you could announce is no greater than `announced`?",
      "`announced`, whatever it is.",
      "The condition for a new edge is that it lies a stride *further on*; a difference of 0 or less is none.",
    ],
    run: async (t) => {
      const capacity = t.random.int(3000, 9000);
      const bench = await receiveBench(t, capacity);
      t.equal(await bench.buffer.announce(0, 1460), capacity, `announce(0, 1460), when the edge is ${capacity}`);
      for (const announced of [capacity, capacity + 1, capacity + t.random.int(2, 5000)]) {
        const what = `announce(${announced}, 1460), when the edge is ${capacity}`;
        t.equal(await bench.buffer.announce(announced, 1460), announced, what);
      }
      await bench.insert(0, t.random.bytes(2000));
      t.equal(
        await bench.buffer.announce(capacity, 1460),
        capacity,
        `announce(${capacity}, 1460), after 2000 bytes came and were not read`,
      );
    },
  },
};

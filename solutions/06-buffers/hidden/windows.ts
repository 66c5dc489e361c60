/** Hidden checks of lab 06: windows over the whole life of a connection. */
import { receiveBench } from "../../../labs/06-buffers/checks/receive_bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const windows: Readonly<Record<string, CheckSpec>> = {
  "slow-reader": {
    title: "however slowly one reads, the window opens in strides",
    kind: "table",
    weight: 2,
    covers: ["MUST-39", "SHLD-14"],
    look: ["createReceiveBuffer.announce", "createReceiveBuffer.edge"],
    why:
      "Over a whole connection: each step of the edge is a stride or more, what is announced is really there, and in the end an empty buffer has a " +
      "window (RFC 9293 §3.8.6.2.2).",
    hints: [
      "Which step is too small, or which edge too far?",
      "An edge beyond `edge()` promises memory that there is not.",
      "announce has two answers only: `announced`, and `edge()`.",
    ],
    run: async (t: Trial) => {
      for (let run = 0; run < 3; run++) {
        const capacity = 2 * t.random.int(250, 3000);
        const mss = t.random.pick([536, 1460]);
        const stride = Math.min(mss, capacity / 2);
        const bench = await receiveBench(t, capacity);
        let [announced, next, start] = [capacity, 0, 0];
        for (let step = 0; step < 45; step++) {
          const count = Math.min(announced - next, t.random.int(0, mss));
          if (count > 0) await bench.insert(next, t.random.bytes(count));
          next += count;
          const read = Math.min(next - start, t.random.int(0, t.random.chance(0.6) ? 60 : 1500));
          if (read > 0) await bench.read(read);
          start += read;
          const edge = await bench.buffer.announce(announced, mss);
          const what = `announce(${announced}, ${mss}), of a buffer of ${capacity} of which ${start} are read`;
          const legal = start + capacity - announced >= stride ? start + capacity : announced;
          t.ok(edge === legal, `${legal} from ${what}`, `${edge}`);
          announced = edge;
        }
      }
    },
  },
  "odd-capacity": {
    title: "half of an odd capacity is a stride, rounded or not",
    kind: "table",
    covers: ["MUST-39", "SHLD-14"],
    look: ["createReceiveBuffer.announce"],
    why: "RFC 9293 §3.8.6.2.2 speaks of a fraction of the buffer, and of no rounding. A byte more or less is the same to everybody.",
    hints: [
      "What is half of 1001?",
      "500.5, or 500: the window opens with the 501st byte at the latest, and not before the 500th.",
      "`Math.min(capacity / 2, mss)`.",
    ],
    run: async (t: Trial) => {
      const capacity = 2 * t.random.int(100, 700) + 1;
      const bench = await receiveBench(t, capacity);
      await bench.insert(0, t.random.bytes(capacity));
      const half = (capacity - 1) / 2;
      await bench.read(half - 1);
      t.equal(
        await bench.buffer.announce(capacity, 1460),
        capacity,
        `announce(${capacity}, 1460), when ${half - 1} of ${capacity} are read`,
      );
      await bench.read(2);
      const edge = capacity + half + 1;
      t.equal(await bench.buffer.announce(capacity, 1460), edge, `announce(${capacity}, 1460), when ${half + 1} of ${capacity} are read`);
    },
  },
};

/** Hidden checks of createAcceptQueue. */
import { names, queueBench } from "../../../labs/07-accept/checks/bench.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const queue: Readonly<Record<string, CheckSpec>> = {
  "backlog-one": {
    title: "a backlog of one works",
    kind: "table",
    covers: ["LA-7", "LA-8"],
    look: ["createAcceptQueue.admits", "createAcceptQueue.established"],
    why: "The smallest server: one client in the door, one in the hall. Bounds that are off by one show here at once.",
    hints: [
      "How many may be half-open, and how many may wait?",
      "One and one.",
      "`admits` needs room in both.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 1);
      await bench.expectAdmits(true, "with nobody there");
      await bench.halfOpen("a");
      await bench.expectAdmits(false, "with one half-open");
      await bench.expectEstablished("a", true, "with nobody who waits");
      await bench.expectAdmits(false, "with one who waits");
      await bench.expectAccept("a");
      await bench.expectAdmits(true, "after it was accepted");
      await bench.halfOpen("b");
      await bench.queue.drop("b");
      await bench.expectAdmits(true, "after one was dropped");
      await bench.fill("c");
      await bench.expectAccept("c");
    },
  },

  "kept": {
    title: "who was turned away stays half-open, and keeps its place",
    kind: "table",
    covers: ["LA-8", "LA-7"],
    look: ["createAcceptQueue.established", "createAcceptQueue.drop"],
    why: "`established` may say no many times, once for each ACK that the peer sends again. The connection can be dropped meanwhile, " +
      "and it counts as half-open all the time.",
    hints: [
      "Is the connection in exactly one queue after a no?",
      "In the half-open one. Not in both, and not in none.",
      "First ask for room, then move.",
    ],
    run: async (t) => {
      const bench = await queueBench(t, 2);
      await bench.halfOpen("c", "d");
      await bench.expectEstablished("c", true, "with room for two");
      await bench.fill("e");
      for (let i = 0; i < 3; i++) await bench.expectEstablished("d", false, "with a full accept queue");
      await bench.expectCounts(1, 2, "after three attempts");
      t.equal([...await bench.queue.all()].toSorted(), ["c", "d", "e"], "all(), in whatever order");
      await bench.queue.drop("d");
      await bench.expectCounts(0, 2, "when it was dropped");
      await bench.expectAccept("c");
      await bench.expectEstablished("d", false, "for one that was dropped");
      await bench.expectAccept("e");
      await bench.expectAccept(undefined);
    },
  },

  "flood": {
    title: "both bounds hold in a flood",
    kind: "table",
    weight: 2,
    covers: ["LA-7", "LA-8", "LA-10"],
    look: ["createAcceptQueue.admits", "createAcceptQueue.established", "createAcceptQueue.drop"],
    why: "SYNs, ACKs, RSTs and accepts in any order, hundreds of them: at every moment each queue holds what it should, and never " +
      "more than the backlog (RFC 4987).",
    hints: [
      "Which call is the last in the ladder?",
      "Compare the counts before and after it.",
      "Every connection is in one queue, or in none.",
    ],
    run: async (t) => {
      const backlog = t.random.int(2, 5);
      const bench = await queueBench(t, backlog);
      const [opening, waiting]: [string[], string[]] = [[], []];
      for (const name of names(150)) {
        const room = opening.length < backlog && waiting.length < backlog;
        await bench.expectAdmits(room, `with ${opening.length} half-open and ${waiting.length} waiting`);
        if (room) {
          await bench.halfOpen(name);
          opening.push(name);
        }
        const chosen = opening.length > 0 ? t.random.pick(opening) : undefined;
        if (chosen !== undefined && t.random.chance(0.6)) {
          const fits = waiting.length < backlog;
          await bench.expectEstablished(chosen, fits, `with ${waiting.length} waiting`);
          if (fits) waiting.push(...opening.splice(opening.indexOf(chosen), 1));
        } else if (chosen !== undefined && t.random.chance(0.3)) {
          await bench.queue.drop(chosen);
          opening.splice(opening.indexOf(chosen), 1);
        }
        if (t.random.chance(0.4)) await bench.expectAccept(waiting.shift());
      }
      await bench.expectCounts(opening.length, waiting.length, "at the end");
    },
  },
};

/** Hidden checks of lab 06: what goes out next. */
import { expectPieces, OPEN, type Situation } from "../../../labs/06-buffers/checks/send_bench.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

const LOOK = ["createSendBuffer.pieceToSend"] as const;

export const pieces: Readonly<Record<string, CheckSpec>> = {
  "silly-all-the-same": {
    title: "neither noDelay nor closing makes a silly window wise",
    kind: "table",
    covers: ["MUST-38", "MUST-17"],
    look: LOOK,
    why:
      "Nagle waits for acknowledgments, silly-window avoidance waits for room. They are two rules: who switches the first off still keeps to the second " +
      "(RFC 9293 §3.8.6.2.1, §3.7.4).",
    hints: [
      "In which of the two rules does `noDelay` occur?",
      "When more waits than the window lets through, crumbs stay, whatever `noDelay` says.",
      "Two separate `if`s: the first about Nagle, with `noDelay` and `closing`; the second about what is left behind, without them.",
    ],
    run: async (t) => {
      const next = t.random.int(10, 2000);
      const marks = { start: t.random.int(0, next), next, end: next + t.random.int(2000, 4000) };
      const limits = { ...OPEN, edge: next + t.random.int(1, 1459) };
      await expectPieces(t, [
        { ...marks, limits: { ...limits, noDelay: true }, length: 0 },
        { ...marks, limits: { ...limits, closing: true }, length: 0 },
        { ...marks, limits: { ...limits, noDelay: true, closing: true }, length: 0 },
        { ...marks, limits: { ...limits, edge: next + 1460 }, length: 1460 },
      ]);
    },
  },
  "override": {
    title: "with maxWindow 0 whatever may go goes",
    kind: "table",
    covers: ["MUST-60", "MUST-38"],
    look: LOOK,
    why:
      "If sender and receiver both wait for the other, nothing ever moves. After a while the engine asks once more with a largest window of 0, " +
      "and then any crumb is worth a packet (RFC 9293 §3.8.6.2.1, step 4). The zero-window probe of one byte goes the same way.",
    hints: [
      "What is half of 0?",
      "This needs no line of its own: everything is at least half of 0.",
      "If you divide by `maxWindow`, or ask whether it is 0, don't: compare `length * 2` with it.",
    ],
    run: async (t) => {
      const next = t.random.int(1, 2000);
      const marks = { start: next, next, end: next + 4000 };
      const room = t.random.int(2, 1459);
      await expectPieces(t, [
        { ...marks, limits: { ...OPEN, edge: next + room, maxWindow: 0 }, length: room },
        { ...marks, limits: { ...OPEN, edge: next + 1, maxWindow: 0 }, length: 1 },
        { ...marks, start: next - 1, limits: { ...OPEN, edge: next + room, maxWindow: 0 }, length: 0 },
      ]);
    },
  },
  "random-situations": {
    title: "in any situation, what RFC 9293 §3.8.6.2.1 says",
    kind: "table",
    weight: 2,
    covers: ["MUST-38", "SHLD-7", "MUST-61"],
    look: LOOK,
    why: "The rules are few, their combinations many. RFC 9293 §3.8.6.2.1 lists the cases in which a piece goes; in all others it waits.",
    hints: [
      "Take the first situation that fails, and go through your lines with its numbers.",
      "D waits, U is usable, E is in flight. A full segment: min(D, U) ≥ MSS. Else, if E is 0 or Nagle does not count: all of D if D ≤ U, or min(D, U) if that is half the largest window.",
      "The order of the questions matters only in that a full segment is asked for first.",
    ],
    run: async (t) => {
      const situations = Array.from({ length: 80 }, (): Situation => {
        const mss = t.random.pick([1, 100, 536, 1460]);
        const start = t.random.int(0, 500);
        const next = start + t.random.pick([0, 0, t.random.int(1, 1000)]);
        const waiting = t.random.int(0, t.random.pick([3, 600, 3000]));
        const usable = t.random.int(-600, t.random.pick([3, 600, 3000]));
        const limits = {
          edge: next + usable,
          mss,
          maxWindow: t.random.pick([0, 300, 3000, 65_535]),
          noDelay: t.random.chance(0.3),
          closing: t.random.chance(0.2),
        };
        const most = Math.min(waiting, usable);
        const free = next === start || limits.noDelay || limits.closing;
        const goes = most >= mss || free && (waiting <= usable || most >= limits.maxWindow / 2);
        return { start, next, end: next + waiting, limits, length: most > 0 && goes ? Math.min(most, mss) : 0 };
      });
      await expectPieces(t, situations);
    },
  },
};

/** Public checks of lab 06: what goes out next, and whether it is worth a packet (`pieceToSend`). */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectPiece, expectPieces, OPEN, standing } from "./send_bench.ts";

const LOOK = ["createSendBuffer.pieceToSend"] as const;

const STILL_SILLY = {
  why:
    "Nagle's algorithm waits for acknowledgments, silly-window avoidance waits for room: two rules. `noDelay` and `closing` switch off the first, and have no say in the " +
    "second (RFC 9293 §3.7.4, §3.8.6.2.1).",
  look: LOOK,
};

export const pieces: Readonly<Record<string, CheckSpec>> = {
  "full-segments": {
    title: "a long text goes out in full segments, one by one",
    kind: "table",
    covers: ["SHLD-28"],
    look: LOOK,
    why:
      "Each packet costs the same work however long it is, so text that fills segments goes in full ones (RFC 9293 §3.8.6.2.1, SHLD-28).",
    hints: [
      "Where does the second piece begin?",
      "A piece begins at `next`. It is no longer than the MSS, and no longer than what is there.",
      "length = the smallest of `end − next`, `edge − next` and `mss`.",
    ],
    run: async (t) => {
      const mss = t.random.pick([536, 1220, 1448, 1460]);
      const full = t.random.int(3, 5);
      const { buffer } = await standing(t, { start: 0, next: 0, end: full * mss + t.random.int(1, mss - 1) });
      for (let i = 0; i < full; i++) {
        const piece = await buffer.pieceToSend({ ...OPEN, mss });
        await expectPiece(
          t,
          piece,
          { from: i * mss, length: mss, push: false },
          `pieceToSend, MSS ${mss}, after ${i} full segments were sent`,
        );
        await buffer.sent((i + 1) * mss);
      }
    },
  },
  "small-piece": {
    title: "less than a segment goes at once when nothing is on its way",
    kind: "table",
    covers: ["MUST-60"],
    look: LOOK,
    why:
      "Nobody may wait for a text to grow that is complete: a question of 20 bytes must go, or its answer never comes (RFC 9293 §3.9.1.2, MUST-60).",
    hints: [
      "What is in flight when all that was sent is acknowledged?",
      "Nagle's algorithm waits for acknowledgments that are on their way. When none is, it has nothing to wait for.",
      "In flight is `next − start`. When that is 0 and all that there is fits, the piece goes, however short.",
    ],
    run: async (t) => {
      const at = t.random.int(1, 3000);
      const length = t.random.int(2, 1459);
      await expectPieces(t, [
        { start: 0, next: 0, end: length, limits: OPEN, length },
        { start: 0, next: 0, end: 1, limits: OPEN, length: 1 },
        { start: at, next: at, end: at + length, limits: { ...OPEN, edge: at + OPEN.edge }, length },
        { start: at, next: at, end: at, limits: { ...OPEN, edge: at + OPEN.edge }, length: 0 },
      ]);
    },
  },
  "push": {
    title: "the piece with the last byte says push, and no other",
    kind: "table",
    covers: ["MUST-61", "SHLD-27"],
    look: LOOK,
    why:
      "PSH tells the receiver that no more of this text is coming for now, so that it need not wait for that. Without a push of the application's, the " +
      "last segment of what is buffered carries it (RFC 9293 §3.9.1.2, MUST-61).",
    hints: [
      "Which piece is the last? How do you know it?",
      "`push` is about the end of what was written, not about the piece's length: a full segment can be the last.",
      "push = `next + length === end`.",
    ],
    run: async (t) => {
      const extra = t.random.int(1, 1459);
      await expectPieces(t, [
        { start: 0, next: 0, end: 1460 + extra, limits: OPEN, length: 1460 },
        { start: 1460, next: 1460, end: 1460 + extra, limits: OPEN, length: extra },
        { start: 0, next: 0, end: 1460, limits: OPEN, length: 1460 },
        { start: 0, next: 1460, end: 2920, limits: OPEN, length: 1460 },
      ]);
    },
  },
  "nagle": {
    title: "crumbs gather while something is in flight (Nagle)",
    kind: "table",
    weight: 2,
    covers: ["SHLD-7"],
    look: LOOK,
    why:
      "A byte of text in a packet of its own costs 40 bytes of headers. So less than a full segment waits as long as something is unacknowledged, " +
      "and what is written meanwhile goes with it (RFC 9293 §3.7.4).",
    hints: [
      "What is in flight: what was sent, or what was sent and is not acknowledged?",
      "Two questions: is the piece shorter than the MSS? Is `start` less than `next`? When both are answered with yes, it waits.",
      "Full segments never wait for this; so ask about Nagle only when `length < mss`.",
    ],
    run: async (t) => {
      const sent = t.random.int(1, 3000);
      const acknowledged = t.random.int(0, sent - 1);
      const waiting = t.random.int(1, 1459);
      await expectPieces(t, [
        { start: 0, next: sent, end: sent + waiting, limits: OPEN, length: 0 },
        { start: acknowledged, next: sent, end: sent + waiting, limits: OPEN, length: 0 },
        { start: sent - 1, next: sent, end: sent + 1, limits: OPEN, length: 0 },
        { start: sent, next: sent, end: sent + waiting, limits: OPEN, length: waiting },
        { start: acknowledged, next: sent, end: sent + 1460 + waiting, limits: OPEN, length: 1460 },
      ]);
    },
  },
  "nagle-off": {
    title: "with noDelay, or when closing, crumbs go at once",
    kind: "table",
    covers: ["MUST-17"],
    look: LOOK,
    why:
      "Who moves a mouse across the world cannot wait for a round trip, so an application can switch Nagle's algorithm off (MUST-17). And when it has " +
      "closed, nothing more will come that the rest could wait for.",
    hints: [
      "Which members of `limits` have you not looked at?",
      "Nagle's question has two ways out: `noDelay` and `closing`.",
      "The piece waits if something is in flight *and* Nagle is on *and* we are not closing.",
    ],
    run: async (t) => {
      const sent = t.random.int(1, 3000);
      const waiting = t.random.int(1, 1459);
      const marks = { start: t.random.int(0, sent - 1), next: sent, end: sent + waiting };
      await expectPieces(t, [
        { ...marks, limits: { ...OPEN, noDelay: true }, length: waiting },
        { ...marks, limits: { ...OPEN, closing: true }, length: waiting },
        { ...marks, limits: { ...OPEN, closing: true, noDelay: true }, length: waiting },
      ]);
    },
  },
  "window": {
    title: "nothing goes beyond the edge of the peer's window",
    kind: "table",
    covers: ["MUST-38", "MUST-1"],
    look: LOOK,
    why:
      "The window is a promise of room. What lies beyond its edge the peer may throw away, and most do (RFC 9293 §3.8.6). A window may be larger than " +
      "32,767: it has no sign (MUST-1).",
    hints: [
      "`edge` is an offset. How much may still go when `next` is 1000 and `edge` 2460?",
      "`edge − next`; 0 means that the window is closed.",
      "No piece when the length comes out as 0. And `edge` may be anything up to 2³⁰ beyond `next`: no bit operators.",
    ],
    run: async (t) => {
      const next = t.random.int(1, 2000);
      const marks = { start: next, next, end: next + 5000 };
      await expectPieces(t, [
        { ...marks, limits: { ...OPEN, edge: next }, length: 0 },
        { ...marks, limits: { ...OPEN, edge: next + 1460 }, length: 1460 },
        { ...marks, limits: { ...OPEN, edge: next + 0x8000 }, length: 1460 },
        { ...marks, limits: { ...OPEN, edge: next + 2 ** 30, maxWindow: 2 ** 30 }, length: 1460 },
        { start: 0, next, end: next + 5000, limits: { ...OPEN, edge: next }, length: 0 },
      ]);
    },
  },
  "silly-window": {
    title: "a window that opened by a crumb is not answered by one",
    kind: "table",
    weight: 2,
    covers: ["MUST-38"],
    look: LOOK,
    why:
      "A crumb sent makes a crumb of room, which brings a crumb: the silly-window syndrome, in which a long transfer crawls along in small packets for " +
      "ever. Whoever waits for room for a whole segment ends it (RFC 9293 §3.8.6.2.1, MUST-38).",
    hints: [
      "5000 bytes wait, and the window has room for 400. The largest window ever was 65,535. Is it worth a packet?",
      "Less than a segment goes only if it is *everything* that waits, or at least half of the largest window that there ever was.",
      "When `length < mss`, and the piece does not reach `end`, and `length` is less than `maxWindow / 2`: none.",
    ],
    run: async (t) => {
      const next = t.random.int(1, 2000);
      const marks = { start: next, next, end: next + t.random.int(3000, 6000) };
      const room = t.random.int(2, 1458);
      await expectPieces(t, [
        { ...marks, limits: { ...OPEN, edge: next + 1 }, length: 0 },
        { ...marks, limits: { ...OPEN, edge: next + room }, length: 0 },
        { ...marks, limits: { ...OPEN, edge: next + 1459 }, length: 0 },
        { ...marks, limits: { ...OPEN, edge: next + 1460 }, length: 1460 },
        { start: next, next, end: next + room, limits: { ...OPEN, edge: next + room - 1 }, length: 0 },
        { start: next, next, end: next + room, limits: { ...OPEN, edge: next + room }, length: room },
      ]);
      const limits = { ...OPEN, edge: next + room };
      await t.about(STILL_SILLY, () =>
        expectPieces(t, [
          { ...marks, limits: { ...limits, noDelay: true }, length: 0 },
          { ...marks, limits: { ...limits, closing: true }, length: 0 },
        ]));
    },
  },
  "small-windows": {
    title: "a peer with little memory gets half of its window at once",
    kind: "table",
    covers: ["MUST-38"],
    look: LOOK,
    why:
      "A peer whose whole buffer is smaller than a segment never has room for one. Half of the largest window that it ever announced is a fair " +
      "amount for it (RFC 9293 §3.8.6.2.1, step 3).",
    hints: [
      "The largest window ever was 1000 bytes, and 500 are free. Will there ever be room for 1460?",
      "`maxWindow` is what you compare with, not the window now.",
      "The third way to go: `length >= maxWindow / 2`, with exactly half counting. Nagle comes before it.",
    ],
    run: async (t) => {
      const maxWindow = 2 * t.random.int(200, 700);
      const half = maxWindow / 2;
      const limits = { ...OPEN, maxWindow };
      const marks = { start: 100, next: 100, end: 5000 };
      await expectPieces(t, [
        { ...marks, limits: { ...limits, edge: 100 + half - 1 }, length: 0 },
        { ...marks, limits: { ...limits, edge: 100 + half }, length: half },
        { ...marks, limits: { ...limits, edge: 100 + maxWindow }, length: maxWindow },
        { start: 99, next: 100, end: 5000, limits: { ...limits, edge: 100 + maxWindow - 1 }, length: 0 },
        { start: 99, next: 100, end: 5000, limits: { ...limits, edge: 100 + half, noDelay: true }, length: half },
      ]);
    },
  },
  "large-offsets": {
    title: "an edge beyond 2³¹ is a number like others",
    kind: "table",
    covers: ["MUST-38", "MUST-1"],
    look: LOOK,
    why:
      "A connection may carry more than four gibibytes, and offsets never wrap. Bit operators cut numbers to 32 bits: what lies far to the right then looks like something " +
      "far to the left.",
    hints: [
      "What is `2147483648 | 0`?",
      "−2147483648. Bit operators know 32 bits and a sign, and offsets have 53 bits.",
      "`Math.min` and `−` are enough.",
    ],
    run: async (t) => {
      const next = t.random.int(1, 2000);
      const marks = { start: next, next, end: next + 5000 };
      await expectPieces(t, [2 ** 31, 2 ** 32, 2 ** 32 + next].map((edge) => ({ ...marks, limits: { ...OPEN, edge }, length: 1460 })));
    },
  },
  "shrunken-window": {
    title: "a window that was taken back sends nothing new",
    kind: "table",
    covers: ["MUST-34", "SHLD-15"],
    look: LOOK,
    why:
      "A peer may take back what it had granted. Then `edge` lies before `next`, and the usable window is negative: that is none, and no fault " +
      "(RFC 9293 §3.8.6, MUST-34).",
    hints: [
      "What is `edge − next` when the edge lies 500 bytes before `next`?",
      "A length below zero is no length. It must not find its way into a piece.",
      "`if (length <= 0) return undefined`: less than or equal, not only equal.",
    ],
    run: async (t) => {
      const next = t.random.int(2000, 4000);
      const back = t.random.int(1, 1900);
      const marks = { start: next - 1900, next, end: next + t.random.int(1, 3000) };
      const limits = { ...OPEN, edge: next - back };
      await expectPieces(t, [
        { ...marks, limits, length: 0 },
        { ...marks, limits: { ...limits, noDelay: true, closing: true }, length: 0 },
        { ...marks, limits: { ...limits, maxWindow: 0, noDelay: true }, length: 0 },
        { ...marks, start: next, limits: { ...limits, edge: next - 65_535, maxWindow: 0 }, length: 0 },
        { ...marks, end: next + 2000, limits: { ...limits, edge: next + 1460 }, length: 1460 },
      ]);
    },
  },
};

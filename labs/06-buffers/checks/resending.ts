/** Public checks of lab 06: what goes out again (`pieceToResend`). */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectPiece, standing } from "./send_bench.ts";

const LOOK = ["createSendBuffer.pieceToResend"] as const;

export const resending: Readonly<Record<string, CheckSpec>> = {
  "oldest-first": {
    title: "what goes again begins with the oldest byte in flight",
    kind: "table",
    covers: ["6298-5.4", "SHLD-16"],
    look: LOOK,
    why:
      "The receiver waits for the first byte that is missing; what lies behind it, it may well have. So the earliest segment goes again, and " +
      "nothing that is acknowledged (RFC 6298 §5.4).",
    hints: [
      "From 0, when 700 bytes are acknowledged: where does the piece begin?",
      "At the greater of `from` and `start`.",
      "The length is the smaller of `next` − that offset, and `mss`.",
    ],
    run: async (t) => {
      const start = t.random.int(1, 2000);
      const next = start + t.random.int(1500, 3000);
      const { buffer } = await standing(t, { start, next, end: next + 500 });
      for (const from of [0, t.random.int(0, start), start]) {
        const piece = await buffer.pieceToResend(from, 1460);
        await expectPiece(
          t,
          piece,
          { from: start, length: 1460, push: false },
          `pieceToResend(${from}, 1460), when ${start} to ${next} are in flight`,
        );
      }
    },
  },
  "further-on": {
    title: "the next old piece can be had by its offset",
    kind: "table",
    covers: ["6298-5.4"],
    look: LOOK,
    why:
      "When acknowledgments come again after a timeout, the engine sends what was in flight again, piece by piece; it asks with the end of the last one.",
    hints: [
      "Which of the two is greater now, `from` or `start`?",
      "`from` counts when it lies beyond `start`. Pieces need not begin where they did the first time.",
      "The same `Math.max(from, start)` does both.",
    ],
    run: async (t) => {
      const start = t.random.int(1, 500);
      const mss = t.random.pick([536, 1448, 1460]);
      const next = start + 2 * mss + t.random.int(100, 400);
      const { buffer } = await standing(t, { start, next, end: next + 900 });
      let from = start;
      for (const length of [mss, mss, next - start - 2 * mss]) {
        const piece = await buffer.pieceToResend(from, mss);
        await expectPiece(
          t,
          piece,
          { from, length, push: false },
          `pieceToResend(${from}, ${mss}), when ${start} to ${next} are in flight`,
        );
        from += length;
      }
    },
  },
  "only-what-was-sent": {
    title: "nothing goes again that never went",
    kind: "table",
    covers: ["6298-5.4", "SHLD-15"],
    look: LOOK,
    why:
      "Bytes that are written and not sent wait for window and for Nagle. A retransmission that takes some of them along sends beyond what the peer " +
      "allows (RFC 9293 §3.8.6, SHLD-15).",
    hints: [
      "Where does the piece end at the latest?",
      "At `next`, not at `end`.",
      "length = min(`next` − first, mss). Only for `push` does `end` matter.",
    ],
    run: async (t) => {
      const start = t.random.int(1, 900);
      const inFlight = t.random.int(1, 1400);
      const next = start + inFlight;
      const { buffer } = await standing(t, { start, next, end: next + t.random.int(2000, 4000) });
      const piece = await buffer.pieceToResend(0, 1460);
      await expectPiece(
        t,
        piece,
        { from: start, length: inFlight, push: false },
        `pieceToResend(0, 1460), when ${start} to ${next} are in flight`,
      );
    },
  },
  "large-offsets": {
    title: "offsets beyond 2³² are numbers like others",
    kind: "table",
    covers: ["SHLD-16"],
    look: LOOK,
    why:
      "A connection may carry more than four gibibytes, and offsets never wrap. Bit operators cut numbers to 32 bits: far beyond what was sent then looks like bytes in " +
      "flight.",
    hints: [
      "What is `4294967396 | 0`?",
      "100. Bit operators know 32 bits, and offsets have 53.",
      "`Math.max`, `Math.min`, `+` and `−` are enough in all of this file.",
    ],
    run: async (t) => {
      const start = t.random.int(1, 900);
      const next = start + t.random.int(500, 1400);
      const { buffer } = await standing(t, { start, next, end: next + 500 });
      await expectPiece(
        t,
        await buffer.pieceToResend(start, 100),
        { from: start, length: 100, push: false },
        `pieceToResend(${start}, 100)`,
      );
      for (const from of [2 ** 31 + start, 2 ** 32 + start + 1, 2 ** 32 + next - 1]) {
        const what = `pieceToResend(${from}, 1460), when ${start} to ${next} are in flight`;
        await expectPiece(t, await buffer.pieceToResend(from, 1460), undefined, what);
      }
    },
  },
  "nothing-in-flight": {
    title: "when all is acknowledged, nothing goes again",
    kind: "table",
    covers: ["6298-5.2"],
    look: LOOK,
    why:
      "A segment of no bytes would be sent for nothing, or for ever. When nothing is left to resend the engine must be told so: undefined.",
    hints: [
      "What is the length when `start` equals `next`? And when `from` lies beyond `next`?",
      "0, and less than 0. Neither is a piece.",
      "Return undefined unless the length is above 0.",
    ],
    run: async (t) => {
      const start = t.random.int(1, 900);
      const next = start + t.random.int(10, 900);
      for (const marks of [{ start: 0, next: 0, end: 0 }, { start: 0, next: 0, end: 500 }, { start: next, next, end: next + 500 }]) {
        const { buffer } = await standing(t, marks);
        await expectPiece(t, await buffer.pieceToResend(0, 1460), undefined, "pieceToResend(0, 1460), when nothing is in flight");
      }
      const { buffer } = await standing(t, { start, next, end: next + 500 });
      const first = { from: start, length: next - start, push: false };
      await expectPiece(t, await buffer.pieceToResend(0, 1460), first, `pieceToResend(0, 1460), when ${start} to ${next} are in flight`);
      for (const from of [next, next + 1, next + 5000]) {
        const what = `pieceToResend(${from}, 1460), when ${start} to ${next} are in flight`;
        await expectPiece(t, await buffer.pieceToResend(from, 1460), undefined, what);
      }
    },
  },
};

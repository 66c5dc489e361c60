/** Hidden checks of lab 06: what goes out again. */
import { expectPiece, standing } from "../../../labs/06-buffers/checks/send_bench.ts";
import { expectBytes } from "../../../labs/06-buffers/checks/stream.ts";
import { join } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

const LOOK = ["createSendBuffer.pieceToResend", "createSendBuffer.copyInto"] as const;

export const resending: Readonly<Record<string, CheckSpec>> = {
  "push-again": {
    title: "the last byte says push each time that it goes",
    kind: "table",
    covers: ["MUST-61"],
    look: LOOK,
    why:
      "The receiver sees only the segment that arrives. When that is the second one, it must say what the first one said (RFC 9293 §3.9.1.2, MUST-61).",
    hints: [
      "What does `push` mean for an old piece?",
      "The same as for a new one: its last byte is the last that was written, *now*.",
      "push = first + length === `end`; not `next`.",
    ],
    run: async (t) => {
      const end = t.random.int(200, 1400);
      const all = await standing(t, { start: 0, next: end, end });
      const text = `pieceToResend(0, 1460), when 0 to ${end} are in flight`;
      await expectPiece(
        t,
        await all.buffer.pieceToResend(0, 1460),
        { from: 0, length: end, push: true },
        `${text} and nothing more was written`,
      );
      await all.write(10);
      await expectPiece(
        t,
        await all.buffer.pieceToResend(0, 1460),
        { from: 0, length: end, push: false },
        `${text} and 10 more were written`,
      );
      const half = await all.buffer.pieceToResend(0, 100);
      await expectPiece(t, half, { from: 0, length: 100, push: false }, `pieceToResend(0, 100), when 0 to ${end} are in flight`);
    },
  },
  "narrower": {
    title: "old text goes again in smaller pieces when the path asks",
    kind: "table",
    covers: ["1191", "6298-5.4"],
    look: LOOK,
    why:
      "A router may say that the way has become narrower (“fragmentation needed”). The same bytes then go in smaller segments: the buffer holds bytes, " +
      "and not the segments that they once were in (RFC 1191 §6.4).",
    hints: [
      "Do you keep the lengths of segments anywhere?",
      "Only offsets. `mss` is a new one each time.",
      "Walk from `start` to `next` in steps of the new `mss`; every byte must come once, as it was written.",
    ],
    run: async (t) => {
      const start = t.random.int(1, 300);
      const next = start + 2920;
      const bench = await standing(t, { start, next, end: next + 100 });
      const mss = t.random.int(256, 700);
      const parts: Uint8Array[] = [];
      for (let from = start; from < next;) {
        const piece = await bench.buffer.pieceToResend(from, mss);
        const length = Math.min(mss, next - from);
        await expectPiece(
          t,
          piece,
          { from, length, push: false },
          `pieceToResend(${from}, ${mss}), when ${start} to ${next} are in flight`,
        );
        parts.push(await bench.copied(from, length));
        from += length;
      }
      expectBytes(t, join(...parts), bench.written.subarray(start, next), "all that was in flight", start);
    },
  },
};

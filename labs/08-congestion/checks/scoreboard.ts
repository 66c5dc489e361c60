/** Public checks of lab 08: the scoreboard (RFC 6675 §4). */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { sizes } from "./bench.ts";
import { type Block, boardWith, rangesText } from "./scoreboard_bench.ts";

const PIPE =
  "What may go is cwnd less what is on its way. FlightSize counts what the peer holds already, and what is lost: neither is on its way";
/** What the peer holds, in segments, where several cases are about the same. */
const BLOCKS: readonly Block[] = [[1, 4], [5, 7]];
const NEXT = ["createScoreboard.nextSegment", "createScoreboard.isLost"] as const;
const FIRST = "If scoreboard/lost fails, too, mend that first";

export const scoreboard: Readonly<Record<string, CheckSpec>> = {
  "acknowledged": {
    title: "what is acknowledged is forgotten, and never news",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.acknowledged", "createScoreboard.update", "createScoreboard.isSacked"],
    why: "Blocks below the acknowledgment are of no use any more; a late segment may repeat them (RFC 6675 §4, Update).",
    hints: [
      "The blocks are 1000 to 3000 and 5000 to 6000, and everything before 2000 is acknowledged. What is left?",
      "2000 to 3000 and 5000 to 6000.",
      "Remove blocks that end at `una` or before; let the first that is left begin at `una` at the earliest.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const board = await t.congestion.createScoreboard(smss);
      await board.acknowledged(smss);
      for (const [from, to] of [[1, 3], [5, 6]] as const) await board.update(segments(from), segments(to));
      await board.acknowledged(segments(2));
      const sacked = [];
      for (const at of [1, 2, 3, 4, 5]) sacked.push(await board.isSacked(segments(at)));
      t.equal(sacked, [false, true, false, false, true], "whether segments 1–5 are SACKed, when everything before 2 is acknowledged");
      const news = await board.update(segments(1), segments(4));
      await t.about(
        { look: ["createScoreboard.update"] },
        () => t.equal(news, smss, "new bytes in a block of segments 1–3 then: 1 is acknowledged, and 2 was known"),
      );
    },
  },
  "news": {
    title: "a block counts for what was not known before",
    kind: "table",
    covers: ["6675-4", "5681-3.2b"],
    look: ["createScoreboard.update"],
    why: "A peer repeats its blocks, and extends them. Only what is new says that something has arrived (RFC 6675 §2).",
    hints: [
      "Two blocks overlap: what is news of the second?",
      "The bytes of it that no earlier block had, and that are not acknowledged.",
      "Keep blocks sorted and apart; a new one swallows all that it touches, and what these had is not news.",
    ],
    run: async (t: Trial) => {
      const first = 10 * t.random.int(0, 500);
      const steps: readonly (readonly [from: number, to: number, news: number, what: string])[] = [
        [1000, 2000, 1000, "the first block"],
        [1000, 2000, 0, "the same block again"],
        [3000, 4000, 1000, "one apart from it"],
        [2000, 2400, 400, "one that begins where the first ends"],
        [800, 1200, 200, "one that begins before the first, and ends in it"],
        [3500, 4600, 600, "one that begins in the second, and ends behind it"],
        [1500, 3300, 600, "one that covers the gap between them"],
        [500, 5000, 700, "one that covers all of them"],
        [700, 4900, 0, "one that lies inside what is known"],
      ];
      const board = await t.congestion.createScoreboard(1000);
      for (const [from, to, news, what] of steps) {
        const got = await board.update(first + from, first + to);
        t.equal(got, news, `new bytes in ${first + from} to ${first + to}: ${what}`);
      }
    },
  },
  "sacked": {
    title: "a block holds its first byte, and not the one at its end",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.isSacked", "createScoreboard.update"],
    why:
      "The right edge of a SACK block is the byte behind the last one that the peer holds (RFC 2018 §3). One byte too much is one that never goes again.",
    hints: [
      "The blocks are 1000 to 2000 and 3000 to 3001. Which bytes are held?",
      "1000 and 1999, and 3000; neither 2000 nor 3001.",
      "A block holds `offset` if `from <= offset && offset < to`.",
    ],
    run: async (t: Trial) => {
      const [from, to] = [t.random.int(1000, 2000), t.random.int(3000, 4000)];
      const board = await t.congestion.createScoreboard(1000);
      await board.update(from, to);
      await board.update(to + 500, to + 501);
      const cases = [[0, false], [from - 1, false], [from, true], [to - 1, true], [to, false], [to + 499, false], [
        to + 500,
        true,
      ]] as const;
      for (const [at, sacked] of [...cases, [to + 501, false] as const]) {
        t.equal(await board.isSacked(at), sacked, `whether byte ${at} is SACKed by ${from} to ${to} and ${to + 500} to ${to + 501}`);
      }
    },
  },
  "lost": {
    title: "IsLost: three blocks above, or more than two segments",
    kind: "table",
    weight: 2,
    covers: ["6675-4"],
    look: ["createScoreboard.isLost"],
    why:
      "It is the rule of three duplicates, told by what has arrived: three separate blocks, or more bytes than two segments hold, lie above the gap (RFC 6675 §4, IsLost).",
    hints: [
      "What must lie above a byte, so that it is lost?",
      "DupThresh (3) blocks, or more than (DupThresh − 1) · SMSS bytes: exactly 2 SMSS are not enough.",
      "Walk over the blocks from the top down to the byte, and count blocks and bytes.",
    ],
    run: async (t: Trial) => {
      const { smss } = sizes(t);
      const cases: readonly (readonly [lost: boolean, at: number, ...blocks: Block[]])[] = [
        [false, 0],
        [false, 0, [1, 3]],
        [true, 0, [1, 3.25]],
        [true, 0, [1, 4]],
        [false, 4, [1, 4], [5, 7]],
        [true, 4, [1, 4], [5, 10]],
        [true, 0, [1, 2], [3, 5]],
        [false, 0, [1, 1.25], [2, 2.25]],
        [true, 0, [1, 1.25], [2, 2.25], [3, 3.25]],
        [false, 2, [0, 1.5], [3, 4], [5, 6]],
        [true, 2, [0, 1.5], [3, 4], [5, 6.25]],
        [false, 9, [0, 4], [5, 8]],
      ];
      for (const [lost, at, ...blocks] of cases) {
        const board = await boardWith(t, smss, ...blocks);
        t.equal(await board.isLost(at * smss), lost, `whether segment ${at} is lost with these SACKed: ${rangesText(blocks)}`);
      }
      const una = t.random.int(1000, 90_000);
      const later = await t.congestion.createScoreboard(smss);
      await later.acknowledged(una);
      await later.update(una + smss, una + 3 * smss);
      t.equal(await later.isLost(una), false, `whether byte ${una} is lost when una is there, and two segments above it are SACKed`);
      await later.update(una + 3 * smss, una + 3 * smss + 1);
      t.equal(await later.isLost(una), true, `whether byte ${una} is lost when one byte more is SACKed`);
    },
  },
  "pipe": {
    title: "SetPipe: neither what is held nor what is lost",
    kind: "table",
    weight: 2,
    covers: ["6675-4"],
    look: ["createScoreboard.pipe"],
    why: `${PIPE} (RFC 6675 §4, SetPipe).`,
    hints: [
      "Of ten segments 1–3 and 5–6 are held. Which are on their way?",
      "0 is lost (five segments above it), 4 is not (only two), 7–9 are not: four segments.",
      "For each hole: its length if it is not lost. All bytes of a hole have the same above them.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const cases: readonly (readonly [pipe: number, ...blocks: Block[]])[] = [
        [10],
        [4, [1, 4], [5, 7]],
        [2, [4, 8]],
        [8, [4, 6]],
        [0, [1, 10]],
        [6, [1, 2], [3, 4], [5, 6]],
      ];
      for (const [pipe, ...blocks] of cases) {
        const board = await boardWith(t, smss, ...blocks);
        t.equal(
          await board.pipe(0, segments(10)),
          segments(pipe),
          `pipe in bytes, of ten segments of ${smss} with these SACKed: ${rangesText(blocks)}`,
        );
      }
    },
  },
  "pipe-again": {
    title: "SetPipe: what was sent again is on its way",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.pipe"],
    why: `${PIPE}. A retransmission is; and of what was not lost, but sent again, there may be two (RFC 6675 §4, SetPipe, b).`,
    hints: [
      "What is before `highRxt` and not SACKed?",
      "It was sent again: it counts once for that; and once more if it is not lost.",
      "For each hole, also add the part of it that lies before highRxt.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const board = await boardWith(t, smss, ...BLOCKS);
      for (const [highRxt, pipe] of [[0, 4], [0.5, 4.5], [1, 5], [4, 5], [4.5, 5.5], [5, 6]] as const) {
        t.equal(
          await board.pipe(highRxt * smss, segments(10)),
          segments(pipe),
          `pipe with highRxt at segment ${highRxt}, when ${rangesText(BLOCKS)} are SACKed`,
        );
      }
    },
  },
  "next-rules": {
    title: "NextSeg: lost, new, perhaps lost, and the rescue",
    kind: "table",
    weight: 3,
    covers: ["6675-4"],
    look: NEXT,
    why:
      "First what is surely missing, because nothing behind it can be read. Then something new: it keeps the acknowledgments coming. Before nothing goes at all, what may be missing, too; and last the tail, of which nothing will ever be heard (RFC 6675 §4, NextSeg). " +
      `${FIRST}.`,
    hints: [
      "In which order does NextSeg look, and what does each of the four rules find?",
      "The lowest hole from highRxt on, below the highest SACKed byte: by rule 1 if it is lost, by rule 3 if not. Between them, by rule 2, `unsent` bytes at highData. In the end, if `mayRescue`, the last bytes that are not SACKed.",
      "Find the first byte from max(highRxt, una) on that is not SACKed; ask isLost; then `unsent > 0`; then it again; then the highest hole.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const board = await boardWith(t, smss, ...BLOCKS);
      const high = segments(10);
      const cases: readonly (readonly [highRxt: number, unsent: number, mayRescue: boolean, from: number, rule: number])[] = [
        [0, 9, true, 0, 1],
        [1, 9, true, 10, 2],
        [1, 0, true, 4, 3],
        [5, 0, true, 9, 4],
        [0, 0, false, 0, 1],
      ];
      for (const [highRxt, unsent, mayRescue, from, rule] of cases) {
        const found = await board.nextSegment(segments(highRxt), high, segments(unsent), mayRescue);
        const asked = `highRxt at segment ${highRxt}, ${unsent} segments unsent, mayRescue ${mayRescue}`;
        const when = `nextSegment with ${asked}, when ${rangesText(BLOCKS)} are SACKed, SMSS ${smss}`;
        t.fields(found, { from: segments(from), length: smss, rule }, when);
      }
      t.equal(await board.nextSegment(segments(5), high, 0, false), undefined, "nextSegment when there is nothing more to do");
    },
  },
  "next-length": {
    title: "NextSeg: one segment at most, and within its hole",
    kind: "table",
    covers: ["6675-4"],
    look: NEXT,
    why: `What the peer holds need not go again, and one segment holds SMSS bytes (RFC 6675 §4). ${FIRST}.`,
    hints: [
      "A hole of one and a half segments is lost. What goes first, what next?",
      "A whole segment, and then half a one: up to where the SACKed block begins.",
      "The lesser of one SMSS and what is left of the hole; for rule 2, of one SMSS and what is unsent.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const board = await boardWith(t, smss, [1.5, 5]);
      const high = segments(5);
      t.fields(await board.nextSegment(0, high, 0, true), { from: 0, length: smss, rule: 1 }, "nextSegment in a hole of 1.5 segments");
      t.fields(
        await board.nextSegment(smss, high, 0, true),
        { from: smss, length: smss / 2, rule: 1 },
        "nextSegment in the second half of it",
      );
      const unsent = t.random.int(1, smss - 1);
      t.fields(
        await board.nextSegment(segments(1.5), high, unsent, true),
        { from: high, length: unsent, rule: 2 },
        `nextSegment with ${unsent} unsent bytes`,
      );
      const tail = await board.nextSegment(segments(1.5), segments(6.5), 0, true);
      t.fields(tail, { from: segments(5.5), length: smss, rule: 4 }, "the rescue of a tail of 1.5 segments: its end");
      t.equal(await board.nextSegment(segments(1.5), high, 0, true), undefined, "nextSegment when all that is missing was sent again");
    },
  },
  "timed-out": {
    title: "after a timeout all of it is lost, and told anew",
    kind: "table",
    covers: ["6675-5.1", "2018-5"],
    look: ["createScoreboard.timedOut", "createScoreboard.isLost", "createScoreboard.pipe", "createScoreboard.nextSegment"],
    why:
      "The peer may have thrown away what it held: it is allowed to, and then nothing but the timer would ever notice (RFC 2018 §8). What it tells of from now on counts.",
    hints: [
      "After timedOut(highData): what is lost, and what is SACKed?",
      "Every byte before highData is lost, and none is SACKed until the peer tells of it again.",
      "Remember highData; isLost is true before it. pipe and nextSegment must heed that, though nothing above is SACKed.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const board = await boardWith(t, smss, [2, 5]);
      await board.timedOut(segments(8));
      t.equal(
        [await board.isLost(0), await board.isLost(segments(8) - 1), await board.isLost(segments(8))],
        [true, true, false],
        "isLost of the first byte, the last in flight, and the one behind",
      );
      t.equal(await board.pipe(0, segments(8)), 0, "pipe: nothing is on its way");
      t.equal(await board.pipe(smss, segments(10)), segments(3), "pipe when one segment went again, and two new ones");
      t.fields(
        await board.nextSegment(smss, segments(8), segments(5), false),
        { from: smss, length: smss, rule: 1 },
        "nextSegment after the first went again",
      );
      await board.update(segments(1), segments(4));
      t.fields(
        await board.nextSegment(smss, segments(8), segments(5), false),
        { from: segments(4), length: smss, rule: 1 },
        "nextSegment when the peer tells of segments 1–3 again",
      );
    },
  },
};

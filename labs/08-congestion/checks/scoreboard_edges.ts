/** Public checks of lab 08: the scoreboard where blocks touch, and where offsets lie in or before them. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { sizes } from "./bench.ts";
import { boardWith, rangesText } from "./scoreboard_bench.ts";

const NEXT = ["createScoreboard.nextSegment", "createScoreboard.isLost"] as const;
const LOST = ["createScoreboard.isLost"] as const;

export const scoreboardEdges: Readonly<Record<string, CheckSpec>> = {
  "joined": {
    title: "blocks that touch are one, on either side",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.update", "createScoreboard.isLost"],
    why:
      "Three blocks above a gap are a loss, because each was sent apart from the others. Pieces of what arrived side by side are one block, in whatever order the peer tells of them (RFC 6675 §4, IsLost: discontiguous).",
    hints: [
      "The blocks 1200 to 1300 and 1100 to 1200: how many are they?",
      "One, 1100 to 1300. A new block may touch an old one with its beginning, with its end, or with both.",
      "Two blocks touch as soon as one ends where the other begins: equal counts.",
    ],
    run: async (t: Trial) => {
      const { smss } = sizes(t);
      const upwards = [[1, 1.25], [1.25, 1.5], [1.5, 1.75]] as const;
      const orders = [
        ["upwards", upwards],
        ["downwards", upwards.toReversed()],
        ["the middle last", [upwards[0], upwards[2], upwards[1]]],
      ] as const;
      for (const [order, blocks] of orders) {
        const board = await boardWith(t, smss, ...blocks);
        const when = `when three quarters of segment 1 of ${smss} bytes are told of in three pieces, ${order}`;
        t.equal(await board.isLost(0), false, `whether segment 0 is lost ${when}`);
      }
      const apart = await boardWith(t, smss, [1, 1.25], [1.5, 1.75], [2, 2.25]);
      t.equal(await apart.isLost(0), true, "whether segment 0 is lost with three pieces apart from each other");
    },
  },
  "lost-inside": {
    title: "IsLost: bytes above count, the byte itself does not",
    kind: "table",
    covers: ["6675-4"],
    look: LOST,
    why:
      "More than two segments' worth of bytes must lie *above* a byte. Of a block that it lies in itself, that is what comes after it (RFC 6675 §4, IsLost).",
    hints: [
      "Byte 0 lies in a block 0 to 201. How many bytes of it are above byte 0?",
      "200. With segments of 100 bytes that is not more than two segments.",
      "Of the block that holds the byte, count from the byte after it on.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const from = t.random.int(0, 5000);
      const board = await t.congestion.createScoreboard(smss);
      await board.acknowledged(from);
      await board.update(from, from + segments(3));
      for (const [above, lost] of [[segments(3) - 1, true], [segments(2) + 1, true], [segments(2), false], [1, false]] as const) {
        const at = from + segments(3) - 1 - above;
        const when = `in a block of ${segments(3)} bytes from ${from} on, with ${above} bytes above it`;
        t.equal(await board.isLost(at), lost, `whether byte ${at} is lost: ${when}, SMSS ${smss}`);
      }
    },
  },
  "next-from": {
    title: "NextSeg: highRxt inside a block, and before una",
    kind: "table",
    covers: ["6675-4"],
    look: NEXT,
    why:
      "highRxt stands where the last retransmission ended. Blocks may have grown over that since, and una may have passed it (RFC 6675 §4). If scoreboard/lost fails, too, mend that first.",
    hints: [
      "Segments 2 and 3 are SACKed, and highRxt is at segment 3. Where is the lowest hole from there on?",
      "Behind the block, at segment 4. And where highRxt lies before una, nothing before una is looked at.",
      "Begin at highRxt or una, whichever is more; if a block holds that byte, begin where the block ends.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const blocks = [[2, 4], [6, 10]] as const;
      const board = await boardWith(t, smss, ...blocks);
      const held = `when ${rangesText(blocks)} are SACKed, SMSS ${smss}`;
      for (const [highRxt, from] of [[0, 0], [2, 4], [3, 4], [4, 4]] as const) {
        const next = await board.nextSegment(segments(highRxt), segments(10), 0, false);
        t.fields(next, { from: segments(from), length: smss, rule: 1 }, `nextSegment with highRxt at segment ${highRxt}, ${held}`);
      }
      await board.acknowledged(segments(5));
      const next = await board.nextSegment(segments(1), segments(10), 0, false);
      t.fields(next, { from: segments(5), length: smss, rule: 1 }, `nextSegment with highRxt at segment 1 and una at 5, ${held}`);
    },
  },
  "pipe-behind": {
    title: "SetPipe: highRxt before una adds nothing",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.pipe"],
    why: "What was sent again and is acknowledged has arrived. It is not on its way, and takes nothing off what is (RFC 6675 §4, SetPipe).",
    hints: [
      "una is at segment 4, highRxt at 2, and eight segments were sent. What is on its way?",
      "Segments 4 to 7, if none of them is SACKed or lost.",
      "What a hole has below highRxt may be nothing, but never less than nothing.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const una = t.random.int(3, 20);
      const board = await boardWith(t, smss, [una + 1, una + 2]);
      await board.acknowledged(segments(una));
      for (const behind of [1, 2, 3]) {
        const pipe = await board.pipe(segments(una - behind), segments(una + 4));
        const when = `una at segment ${una}, highRxt at ${una - behind}, segment ${una + 1} SACKed, ${una + 4} sent`;
        t.equal(pipe, segments(3), `pipe in bytes, of segments of ${smss}: ${when}`);
      }
    },
  },
  "timed-out-pipe": {
    title: "after a timeout, blocks told anew take nothing off pipe",
    kind: "table",
    covers: ["6675-5.1", "6675-4"],
    look: ["createScoreboard.pipe", "createScoreboard.timedOut"],
    why: "Of what the timer gave up nothing is on its way, except what was sent again: with blocks between it or without (RFC 6675 §5.1).",
    hints: [
      "The timer fired with eight segments in flight, and the peer tells again that it holds 2 and 3. What is pipe?",
      "0. And 1 when segment 0 has gone again.",
      "A hole that ends below what timedOut was told adds nothing by (a): nothing, and not less than nothing.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const board = await boardWith(t, smss, [2, 5]);
      await board.timedOut(segments(8));
      const blocks = [[2, 4], [5, 6]] as const;
      for (const [from, to] of blocks) await board.update(segments(from), segments(to));
      for (const [highRxt, sent, pipe] of [[0, 8, 0], [1, 8, 1], [2, 10, 4], [5, 10, 5], [8, 8, 5]] as const) {
        const when = `after a timeout with 8 in flight, ${rangesText(blocks)} told anew, highRxt at ${highRxt}, ${sent} sent`;
        t.equal(await board.pipe(segments(highRxt), segments(sent)), segments(pipe), `pipe in bytes, SMSS ${smss}: ${when}`);
      }
    },
  },
};

/** Hidden checks of lab 08: the scoreboard, beside a model that counts single bytes, and at its edges. */
import { sizes } from "../../../labs/08-congestion/checks/bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { ByteByByte } from "./byte_by_byte.ts";

export const scoreboard: Readonly<Record<string, CheckSpec>> = {
  "random-news": {
    title: "what is news agrees with a count of single bytes",
    kind: "table",
    covers: ["6675-4", "5681-3.2b"],
    look: ["createScoreboard.update", "createScoreboard.isSacked"],
    why: "Blocks come in any order, touch, overlap and swallow each other. Each byte is news once (RFC 6675 §2).",
    hints: [
      "Which of the blocks is the first whose news are counted wrongly, and which earlier ones does it touch?",
      "A new block may touch several old ones, on both sides, and fill what lies between.",
      "Its length, less what each old block has in common with it.",
    ],
    run: async (t: Trial) => {
      const board = await t.congestion.createScoreboard(1000);
      const model = new ByteByByte(1000);
      const told: string[] = [];
      for (let i = 0; i < 12; i++) {
        const from = t.random.int(0, 60) * 10;
        const to = from + t.random.int(1, 20) * 10;
        told.push(`${from} to ${to}`);
        t.equal(await board.update(from, to), model.update(from, to), `new bytes in the last of the blocks ${told.join(", ")}`);
      }
      for (let i = 0; i < 12; i++) {
        const at = t.random.int(0, 800);
        t.equal(await board.isSacked(at), model.isSacked(at), `whether byte ${at} is SACKed by ${told.join(", ")}`);
      }
    },
  },
  "random": {
    title: "the scoreboard agrees with RFC 6675, byte by byte",
    kind: "table",
    weight: 3,
    covers: ["6675-4"],
    look: [
      "createScoreboard.pipe",
      "createScoreboard.isLost",
      "createScoreboard.nextSegment",
      "createScoreboard.update",
      "createScoreboard.acknowledged",
    ],
    why: "The RFC walks over bytes; whoever walks over blocks must come to the same (RFC 6675 §4).",
    hints: [
      "Which step of the story goes wrong first?",
      "Compare with RFC 6675's own words for that function: for each octet between HighACK and HighData …",
      "Ends of blocks, holes before the first block, holes behind the last one.",
    ],
    run: async (t: Trial) => {
      for (let story = 0; story < 6; story++) {
        const board = await t.congestion.createScoreboard(10);
        const model = new ByteByByte(10);
        let [una, highRxt] = [0, 0];
        const told: string[] = [];
        for (let step = 0; step < 10; step++) {
          const from = t.random.int(Math.min(una, 110), 110);
          const to = Math.min(120, from + t.random.int(1, 25));
          if (t.random.int(0, 3) > 0) {
            told.push(`SACK ${from} to ${to}`);
            model.update(from, to);
            await board.update(from, to);
          } else {
            do una = Math.min(120, una + t.random.int(0, 15)); while (model.isSacked(una)); // 120 never is: it was not sent
            highRxt = Math.max(highRxt, Math.min(120, una + t.random.int(0, 30)));
            told.push(`una ${una}, highRxt ${highRxt}`);
            model.acknowledged(una);
            await board.acknowledged(una);
          }
          const what = `SMSS 10, 120 bytes sent: ${told.join("; ")}`;
          t.equal(await board.pipe(highRxt, 120), model.pipe(highRxt, 120), `pipe (${what})`);
          const next = await board.nextSegment(highRxt, 120, 0, false);
          t.equal(next?.rule === 1 ? next.from : "nothing", model.lost(highRxt, 120), `what rule 1 finds (${what})`);
        }
      }
    },
  },
  "tail": {
    title: "NextSeg: the rescue of a short tail, and of everything",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.nextSegment"],
    why:
      "Above the last segments nothing can arrive that would tell of their loss. One of them, the last, is sent for that (RFC 6675 §4, NextSeg, 4).",
    hints: [
      "Which bytes are the last that are not SACKed?",
      "Those before highData, one SMSS at most, and not into the block below. Where nothing is SACKed at all the hole begins at una.",
      "`from: Math.max(end of the last block or una, highData - smss)`, unless all of it lies before highRxt.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const short = await t.congestion.createScoreboard(smss);
      await short.update(segments(1), segments(9.5));
      const tail = await short.nextSegment(segments(1), segments(10), 0, true);
      t.fields(tail, { from: segments(9.5), length: smss / 2, rule: 4 }, "the rescue of half a segment behind a block");
      t.equal(await short.nextSegment(segments(10), segments(10), 0, true), undefined, "the same when it was sent again");
      const empty = await t.congestion.createScoreboard(smss);
      await empty.acknowledged(segments(2));
      const last = await empty.nextSegment(segments(2), segments(7), 0, true);
      t.fields(last, { from: segments(6), length: smss, rule: 4 }, "the rescue where nothing is SACKed, from segment 2 to 7");
      t.equal(await empty.nextSegment(segments(2), segments(7), 0, false), undefined, "the same without mayRescue");
    },
  },
  "from-inside": {
    title: "NextSeg: highRxt inside a block, or before una",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.nextSegment"],
    why: "Blocks grow and una moves while highRxt stands where the last retransmission ended (RFC 6675 §4).",
    hints: [
      "highRxt lies inside a block. Where does the next hole begin?",
      "Where that block ends. And if highRxt lies before una, look from una on.",
      "Begin at `Math.max(highRxt, una)`; if a block holds that, begin at its end.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const board = await t.congestion.createScoreboard(smss);
      for (const [from, to] of [[2, 4], [5, 6], [7, 12]] as const) await board.update(segments(from), segments(to));
      for (const [highRxt, from] of [[0, 0], [1.5, 1.5], [2, 4], [3, 4], [4, 4], [5.5, 6], [6, 6]] as const) {
        const next = await board.nextSegment(segments(highRxt), segments(12), 0, false);
        const length = highRxt === 1.5 ? smss / 2 : smss;
        t.fields(next, { from: segments(from), length, rule: 1 }, `nextSegment with highRxt at segment ${highRxt} of ${smss}`);
      }
      t.equal(await board.nextSegment(segments(9), segments(12), 0, false), undefined, "nextSegment with highRxt in the last block");
      await board.acknowledged(segments(4.5));
      const next = await board.nextSegment(segments(1), segments(12), 0, false);
      t.fields(next, { from: segments(4.5), length: smss / 2, rule: 1 }, "nextSegment when una has passed highRxt, in a hole");
    },
  },
  "lost-to-a-byte": {
    title: "IsLost: two segments above, to a byte",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.isLost"],
    why: "More than (DupThresh − 1) · SMSS bytes: the one byte more is what tells the third segment from the second (RFC 6675 §4).",
    hints: [
      "Of a block of four segments: above which of its bytes are more than two segments?",
      "Above byte n of 4 · SMSS lie 4 · SMSS − n − 1.",
      "Count a block from `Math.max(from, offset + 1)` on, and compare with `>`.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const inside = await t.congestion.createScoreboard(smss);
      await inside.update(0, segments(4));
      for (const [at, lost] of [[0, true], [segments(2) - 2, true], [segments(2) - 1, false], [segments(4), false]] as const) {
        t.equal(await inside.isLost(at), lost, `whether byte ${at} of a block of ${segments(4)} bytes is lost, SMSS ${smss}`);
      }
      for (const [extra, lost] of [[-1, false], [0, false], [1, true]] as const) {
        const board = await t.congestion.createScoreboard(smss);
        await board.update(segments(3), segments(4));
        await board.update(segments(6), segments(7) + extra);
        t.equal(await board.isLost(segments(1)), lost, `whether a byte is lost with ${segments(2) + extra} bytes in two blocks above it`);
      }
    },
  },
  "timed-out-and-on": {
    title: "after a timeout, what is sent later is lost by the rules",
    kind: "table",
    covers: ["6675-5.1", "6675-4"],
    look: ["createScoreboard.timedOut", "createScoreboard.pipe", "createScoreboard.isLost"],
    why:
      "The timer speaks of what was in flight. What goes out afterwards is on its way until the peer's blocks say otherwise (RFC 6675 §5.1).",
    hints: [
      "The timer fired with 4 segments in flight, 8 were sent since. Which are lost?",
      "0 to 3; of 4 to 7 only what has three blocks or two segments' worth above it.",
      "In pipe, of a hole that is not lost by its blocks only the part from `lostBelow` on counts.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const board = await t.congestion.createScoreboard(smss);
      await board.timedOut(segments(4));
      await board.update(segments(6), segments(7));
      t.equal(
        [await board.isLost(segments(4) - 1), await board.isLost(segments(4))],
        [true, false],
        "isLost on both sides of the timeout's highData",
      );
      for (const [highRxt, pipe] of [[0, 3], [1, 4], [4, 7]] as const) {
        t.equal(
          await board.pipe(segments(highRxt), segments(8)),
          segments(pipe),
          `pipe with highRxt at segment ${highRxt}, up to segment 8`,
        );
      }
      await board.update(segments(7), segments(9));
      t.equal(await board.isLost(segments(5)), true, "whether segment 5 is lost when three above it are SACKed");
      await board.acknowledged(segments(5));
      t.equal(await board.pipe(segments(4), segments(10)), smss, "pipe then, when everything before 5 is acknowledged: segment 9");
    },
  },
  "two-boards": {
    title: "two connections have two scoreboards",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.update", "createScoreboard.isSacked", "createScoreboard.nextSegment"],
    why: "A host has many connections. What one peer holds says nothing of another's (RFC 6675 §3).",
    hints: [
      "Where do you keep the blocks?",
      "In the object that createScoreboard made, not in the module.",
      "Private fields: each `new` has its own.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const [one, other] = [await t.congestion.createScoreboard(smss), await t.congestion.createScoreboard(2 * smss)];
      await one.update(segments(1), segments(4));
      t.equal(await other.isSacked(segments(1)), false, "whether the other one holds what the first was told");
      t.equal(await other.update(segments(2), segments(6)), segments(4), "news for the other one");
      const found = [await one.nextSegment(0, segments(8), 0, false), await other.nextSegment(0, segments(8), 0, false)];
      t.fields(found[0], { from: 0, length: smss, rule: 1 }, "nextSegment of the first");
      t.fields(found[1], { from: 0, length: segments(2), rule: 3 }, "nextSegment of the other, whose segments are twice as long");
    },
  },
  "far-out": {
    title: "a stream of many gigabytes has a scoreboard, too",
    kind: "table",
    covers: ["6675-4"],
    look: ["createScoreboard.update", "createScoreboard.pipe", "createScoreboard.nextSegment"],
    why: "Offsets do not wrap as sequence numbers do: after four gibibytes they just go on.",
    hints: [
      "Do you use bit operators on offsets?",
      "`|`, `>>>` and `&` cut numbers to 32 bits.",
      "Math.min, Math.max and plain arithmetic are exact up to 2⁵³.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const una = 2 ** 32 * t.random.int(1, 9) - segments(3);
      const board = await t.congestion.createScoreboard(smss);
      await board.acknowledged(una);
      t.equal(
        await board.update(una + segments(2), una + segments(6)),
        segments(4),
        `new bytes in a block of four segments from ${una + segments(2)} on`,
      );
      t.equal(await board.pipe(una, una + segments(8)), segments(2), "pipe: two lost, four held, two on their way");
      const next = await board.nextSegment(una + smss, una + segments(8), 0, false);
      t.fields(next, { from: una + smss, length: smss, rule: 1 }, "nextSegment when the first segment went again");
    },
  },
};

/** Hidden checks of lab 08: the scoreboard, beside a model that counts single bytes, and at its edges. */
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
    look: ["createScoreboard.pipe", "createScoreboard.nextSegment", "createScoreboard.update", "createScoreboard.acknowledged"],
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
          const from = t.random.int(una, 110);
          const to = Math.min(120, from + t.random.int(1, 25));
          if (t.random.int(0, 3) > 0) {
            told.push(`SACK ${from} to ${to}`);
            model.update(from, to);
            await board.update(from, to);
          } else {
            do una = Math.min(119, una + t.random.int(0, 15)); while (model.isSacked(una));
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
};

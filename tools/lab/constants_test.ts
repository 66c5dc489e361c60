/**
 * A check that a constant passes gives points away: to whoever writes `return` and a word everywhere. So a body that knows
 * nothing, in place of everything that is not written yet, passes no check at all.
 */
import { assertEquals } from "@std/assert";
import { finished } from "../../labs/manifest.ts";
import { stubsDoing } from "../redteam/attack.ts";
import { loadChecks, ROOT, runLab, selectOrigins } from "./run.ts";

/** The word, or number, that is right most often. */
const WORDS: Readonly<Record<number, string>> = {
  1: '"undefined type"',
  2: "true",
  3: '"deliver"',
  4: '"drop"',
  5: '"continue"',
  6: "true",
  7: "1",
  8: '"wait"',
  9: '"refused"',
  10: '"EAGAIN"',
  11: '"bad request line"',
};

for (const lab of finished) {
  Deno.test(`lab ${lab.number}: no check is passed by a constant, or by giving back an argument`, async () => {
    const checks = await loadChecks(lab, true);
    for (const body of ["undefined", "args[0]", WORDS[lab.number] ?? "true"]) {
      const texts = await stubsDoing(lab.number, `const todo = (_name: string, ...args: any[]): any => { void args; return ${body}; };`);
      const replaced = new Map(Object.entries(texts).map(([file, text]) => [`labs/${lab.folder}/${file}`, text]));
      const others = new Set(finished.map(({ number }) => number).filter((number) => number !== lab.number));
      const selection = { root: ROOT, origins: selectOrigins(lab.number, { reference: others }), replaced };
      // A host that is told to send one piece for ever never comes back: such bodies meet the tables only.
      const met = body === "undefined" ? checks : checks.filter(({ kind }) => kind === "table");
      const { results } = await runLab({ lab, checks: met, selection, seed: 1, virtual: true, driver: "ffi", inspect: false });
      const wrong = results.filter(({ verdict }) => verdict.outcome !== "failed" && verdict.outcome !== "skipped");
      assertEquals(wrong.map(({ check, verdict }) => `${check.id}: ${verdict.outcome}`), [], `where everything returns ${body}`);
    }
  });
}

/**
 * `deno task redteam`: the corpus of hostile submissions, graded for real. Prints a table; ends with status 1 when one of them got what it
 * should not get. Words choose attacks by parts of their names.
 *
 *     deno task redteam
 *     deno task redteam flood forged
 */
import { paint } from "../lab/text.ts";
import { corpus } from "./corpus.ts";
import { type Fate, tryAttacks } from "./runner.ts";

/** "forged-lines-thrown   result lines in logs …   0   0   ✔" */
function row({ attack, earned, took, complaints }: Fate): string {
  const right = complaints.length === 0;
  const columns = [
    attack.name.padEnd(34),
    `${attack.earns}`.padStart(8),
    `${earned}`.padStart(6),
    `${(took / 1000).toFixed(1)} s`.padStart(7),
    right ? paint("green", "✔") : paint("red", "✘"),
    attack.tries,
  ];
  return [columns.join("  "), ...complaints.map((each) => paint("red", `    ${each}`))].join("\n");
}

/** Runs the command and returns its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  const chosen = corpus.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (chosen.length === 0) {
    console.error(`There is no attack "${words.join(" ")}".`);
    return 2;
  }
  const { fates, complaints } = await tryAttacks(chosen);
  console.log(`${"attack".padEnd(34)}  expected  earned     time     what it tried`);
  for (const fate of fates) console.log(row(fate));
  for (const each of complaints) console.log(paint("red", `✘ ${each}`));
  const right = fates.filter((fate) => fate.complaints.length === 0).length;
  console.log(
    `\n${right} of ${fates.length} attacks got what they deserve${
      complaints.length === 0 ? "" : ", and the grading as a whole did not stand"
    }`,
  );
  return right === fates.length && complaints.length === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

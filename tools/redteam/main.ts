/**
 * `deno task redteam`: the corpus of hostile submissions, graded for real. Prints a table; ends with status 1 when one of them got what it
 * should not get. Words choose attacks by parts of their names.
 *
 *     deno task redteam
 *     deno task redteam flood forged
 */
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { paint } from "../lab/text.ts";
import { corpus } from "./corpus.ts";
import { type Fate, tryAttacks } from "./runner.ts";

/** "forged-lines-thrown   result lines in logs …   0   0   ✔" */
function row({ attack, earns, earned, took, complaints }: Fate): string {
  const right = complaints.length === 0;
  const columns = [
    attack.name.padEnd(34),
    `${earns}`.padStart(8),
    `${earned}`.padStart(6),
    `${(took / 1000).toFixed(1)} s`.padStart(7),
    right ? paint("green", "✔") : paint("red", "✘"),
    attack.tries,
  ];
  return [columns.join("  "), ...complaints.map((each) => paint("red", `    ${each}`))].join("\n");
}

/** Runs the command and returns its exit status. */
export async function main(words: readonly string[]): Promise<number> {
  const obstacle = await whyNoLiveWire();
  const named = corpus.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  const chosen = named.filter(({ live }) => !live || obstacle === undefined);
  if (named.length === 0) {
    console.error(`There is no attack "${words.join(" ")}".`);
    return 2;
  }
  if (chosen.length < named.length) console.log(`${named.length - chosen.length} attacks on live checks left out: ${obstacle}\n`);
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

/**
 * `deno task mutants`: the test of the tests. Every mutant is a solution with one known fault; the check that it names must
 * fail on it. Prints one line a mutant and ends with status 1 when one survives.
 *
 *     deno task mutants           all labs
 *     deno task mutants 3         one lab
 *     deno task mutants 3 NAME    one mutant, with what its check said
 */
import { findLab, finished, type Lab, labs } from "../labs/manifest.ts";
import type { ModuleName } from "../stack/contract/modules.ts";
import type { Mutant } from "./harness/mutant.ts";
import type { Check } from "./harness/suite.ts";
import type { CheckResult } from "./harness/trial.ts";
import type { Selection } from "./harness/workspace.ts";
import { failureText } from "./lab/failure_report.ts";
import { loadChecks, ROOT, runLab } from "./lab/run.ts";

/** What became of a mutant. */
export type Fate =
  | { readonly fate: "caught"; readonly result: CheckResult }
  /** The check that it names let it pass, or could not be run. */
  | { readonly fate: "survived" | "skipped"; readonly why: string }
  /** The mutant cannot be made: its text is not in the solution, or its check does not exist. */
  | { readonly fate: "broken"; readonly why: string };

/** The mutants of a lab. */
export async function loadMutants(lab: Lab): Promise<readonly Mutant[]> {
  const module = await import(`../solutions/${lab.folder}/mutants/mutants.ts`) as { default: readonly Mutant[] };
  return module.default;
}

/** Makes the mutant and runs the check that it names. */
export async function tryMutant(lab: Lab, mutant: Mutant, checks: readonly Check[], seed: number): Promise<Fate> {
  const check = checks.find((each) => each.id === mutant.caughtBy);
  if (check === undefined) return { fate: "broken", why: `there is no check ${mutant.caughtBy}` };
  const path = `solutions/${lab.folder}/${mutant.file}`;
  const text = await Deno.readTextFile(`${ROOT}/${path}`);
  const count = text.split(mutant.replace).length - 1;
  if (count !== 1) return { fate: "broken", why: `its text occurs ${count} times in ${path}` };
  const origins = Object.fromEntries(labs.map((each) => [each.module, "reference"])) as Record<ModuleName, "reference">;
  const replaced = new Map([[path, text.replace(mutant.replace, () => mutant.by)]]);
  const selection: Selection = { root: ROOT, origins, replaced };
  const { results } = await runLab({ lab, selection, checks: [check], seed, virtual: false, driver: "ffi", inspect: false });
  const result = results[0] as CheckResult;
  switch (result.verdict.outcome) {
    case "failed":
      return { fate: "caught", result };
    case "skipped":
      return { fate: "skipped", why: result.verdict.reason };
    case "broken":
      return { fate: "broken", why: result.verdict.error };
    default:
      return { fate: "survived", why: `${mutant.caughtBy}: ${result.verdict.outcome}` };
  }
}

/** Does `work` for every item, for so many at a time as there are processors; gives the results in the order of the items. */
async function* sideBySide<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly [Item, Result]> {
  const most = navigator.hardwareConcurrency;
  const begun: Promise<Result>[] = [];
  for (const [index, item] of items.entries()) {
    while (begun.length < Math.min(items.length, index + most)) begun.push(work(items[begun.length] as Item));
    yield [item, await (begun[index] as Promise<Result>)];
  }
}

async function main(words: readonly string[]): Promise<number> {
  const only = words[0] === undefined ? undefined : findLab(Number(words[0]));
  if (words[0] !== undefined && only === undefined) {
    console.error(`There is no lab ${words[0]}: there are ${labs[0]?.number} to ${labs.at(-1)?.number}.`);
    return 2;
  }
  let caught = 0;
  let lost = 0;
  for (const lab of only === undefined ? finished : [only]) {
    const checks = await loadChecks(lab, true);
    const mutants = (await loadMutants(lab)).filter((mutant) => words[1] === undefined || mutant.name === words[1]);
    for await (const [mutant, fate] of sideBySide(mutants, (mutant) => tryMutant(lab, mutant, checks, 1))) {
      if (fate.fate === "caught") caught++;
      else lost++;
      const said = fate.fate === "caught" ? `caught by ${mutant.caughtBy}` : `${fate.fate.toUpperCase()}: ${fate.why}`;
      console.log(`${fate.fate === "caught" ? "✔" : "✘"} ${lab.folder.slice(0, 2)} ${mutant.name.padEnd(30)} ${said}`);
      if (words[1] !== undefined && fate.fate === "caught") {
        console.log(`\n${mutant.fault}\n\n${failureText(fate.result, { lab, seed: 1, capture: undefined, blame: undefined })}`);
      }
    }
  }
  console.log(`\n${caught} of ${caught + lost} mutants caught`);
  return lost === 0 && caught > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

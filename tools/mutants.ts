/**
 * `deno task mutants`: the test of the tests. Every mutant is a solution with one known fault; the check that it names must
 * fail on it, in its own lab. Ends with status 1 when one survives, or is caught by other checks only.
 *
 *     deno task mutants            all labs: each mutant against the check that it names
 *     deno task mutants --matrix   each against its whole suite, public and hidden: who else catches it
 *     deno task mutants 3          one lab
 *     deno task mutants 3 NAME     one mutant, with what its check said
 */
import { parseArgs } from "@std/cli/parse-args";
import { findLab, finished, type Lab, labs } from "../labs/manifest.ts";
import { failureText } from "./lab/failure_report.ts";
import { loadOptional } from "./lab/optional.ts";
import { loadChecks } from "./lab/run.ts";
import { UsageError } from "./lab/usage_error.ts";
import { type Fate, loadMutants, tryMutant, type Width } from "./mutants/fate.ts";
import { fateLine, labLine, matrixOf } from "./mutants/kill_matrix.ts";

const HELP = `deno task mutants [LAB [NAME]]: solutions with one known fault, and the checks that must fail on them

  --matrix     run the whole suite of the lab, live checks left out, and name
               all checks that fail
  --live       with --matrix: live checks too
  --seed N     the inputs of the checks (default 1)
  --json       one JSON object in place of the lines
  --help       this

Exit status: 0 each was caught by the check that it names, 1 one was not, 2 the
command was wrong.`;

interface Options {
  readonly labs: readonly Lab[];
  readonly name: string | undefined;
  readonly width: Width;
  readonly seed: number;
  readonly json: boolean;
}

/** Reads the words. Throws a UsageError. */
export function readOptions(words: readonly string[]): Options | "help" {
  const args = parseArgs([...words], {
    boolean: ["matrix", "live", "json", "help"],
    string: ["seed"],
    unknown: (word: string, key?: string) => {
      if (key !== undefined) throw new UsageError(`There is no option ${word}. --help names them all.`);
    },
  }) as unknown as { _: (string | number)[]; matrix: boolean; live: boolean; json: boolean; help: boolean; seed?: string };
  if (args.help) return "help";
  const [number, name] = args._.map(String);
  const lab = number === undefined ? undefined : findLab(Number(number));
  if (number !== undefined && lab === undefined) {
    throw new UsageError(`There is no lab ${number}: there are ${labs[0]?.number} to ${labs.at(-1)?.number}.`);
  }
  if (args.live && !args.matrix) throw new UsageError("--live goes with --matrix.");
  const seed = Number(args.seed ?? 1);
  if (!Number.isInteger(seed) || seed < 0) throw new UsageError(`"${args.seed}" is no seed: a whole number.`);
  const width: Width = args.live ? "all" : args.matrix ? "virtual" : "named";
  return { labs: lab === undefined ? finished : [lab], name, width, seed, json: args.json };
}

/** Does `work` for every item, for so many at a time as there are processors; gives the results in the order of the items. */
async function* sideBySide<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): AsyncGenerator<Result> {
  const most = navigator.hardwareConcurrency;
  const begun: Promise<Result>[] = [];
  for (const index of items.keys()) {
    while (begun.length < Math.min(items.length, index + most)) begun.push(work(items[begun.length] as Item));
    yield await (begun[index] as Promise<Result>);
  }
}

async function run({ labs, name, width, seed, json }: Options): Promise<boolean> {
  const say = (text: string): void => json ? undefined : console.log(text);
  const matrix: unknown[] = [];
  const all: Fate[] = [];
  const began = performance.now();
  for (const lab of labs) {
    const checks = [...await loadChecks(lab, true), ...await loadOptional(lab)];
    const mutants = (await loadMutants(lab)).filter((mutant) => name === undefined || mutant.name === name);
    const fates: Fate[] = [];
    for await (const fate of sideBySide(mutants, (mutant) => tryMutant(lab, mutant, checks, { width, seed }))) {
      fates.push(fate);
      say(fateLine(lab, fate));
      const story = fate.kills.find(({ check }) => check === fate.named);
      if (name === undefined || story === undefined) continue;
      say(`\n${fate.mutant.fault}\n\n${failureText(story, { lab, seed, capture: undefined, blame: undefined })}`);
    }
    if (width !== "named") say(`${labLine(lab, fates)}\n`);
    matrix.push(matrixOf(lab, fates));
    all.push(...fates);
  }
  const caught = all.filter(({ outcome }) => outcome === "caught").length;
  const report = { version: 1, seed, checks: width, caught, of: all.length, labs: matrix };
  if (json) console.log(JSON.stringify(report, undefined, 2));
  say(`\n${caught} of ${all.length} mutants caught in ${Math.round((performance.now() - began) / 1000)} s`);
  return caught === all.length && caught > 0;
}

if (import.meta.main) {
  try {
    const options = readOptions(Deno.args);
    if (options === "help") console.log(HELP);
    else Deno.exit(await run(options) ? 0 : 1);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}

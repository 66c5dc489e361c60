/**
 * Makes a mutant, runs checks against it, and says what became of it. A mutant is caught when the check that it names fails. That another
 * check fails instead, or one of a later lab, is not enough: then the student whose fault it is hears of it too late, or in the wrong words.
 */
import { type Lab, labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import type { Mutant } from "../harness/mutant.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import type { Selection } from "../harness/workspace.ts";
import { isLoadError, loadChecks, ROOT, runLab } from "../lab/run.ts";

/** Which checks a mutant is run against: the one that it names, all of its lab on the virtual wire (and the named one), or all. */
export type Width = "named" | "virtual" | "all";

/**
 * "caught": by the check that it names. "caught elsewhere": only by other checks of its lab; "caught later": only by a later lab.
 * "skipped": the check that it names could not be run. "broken": the mutant cannot be made, or a check is at fault itself.
 */
export type Outcome = "caught" | "caught elsewhere" | "caught later" | "survived" | "skipped" | "broken";

/** What became of a mutant. */
export interface Fate {
  readonly mutant: Mutant;
  readonly outcome: Outcome;
  /** The check that it names. */
  readonly named: Check | undefined;
  /** The checks of its lab that failed. */
  readonly kills: readonly CheckResult[];
  /** What went wrong, when it was not caught. */
  readonly why?: string;
}

/** How mutants are tried. */
export interface TryOptions {
  readonly width: Width;
  readonly seed: number;
}

/** The mutants of a lab. */
export async function loadMutants(lab: Lab): Promise<readonly Mutant[]> {
  const module = await import(`../../solutions/${lab.folder}/mutants/mutants.ts`) as { default: readonly Mutant[] };
  return module.default;
}

/** The reference with the mutant's fault in it. Throws a RangeError when its text is not exactly once in the solution. */
export async function selectMutant(lab: Lab, mutant: Mutant): Promise<Selection> {
  const path = `solutions/${lab.folder}/${mutant.file}`;
  const text = await Deno.readTextFile(`${ROOT}/${path}`);
  const count = text.split(mutant.replace).length - 1;
  if (count !== 1) throw new RangeError(`its text occurs ${count} times in ${path}`);
  const origins = Object.fromEntries(labs.map((each) => [each.module, "reference"])) as Record<ModuleName, "reference">;
  return { root: ROOT, origins, replaced: new Map([[path, text.replace(mutant.replace, () => mutant.by)]]) };
}

/** Every mutant of a lab. */
export async function selectAll(lab: Lab): Promise<readonly Selection[]> {
  return await Promise.all((await loadMutants(lab)).map((mutant) => selectMutant(lab, mutant)));
}

/** Makes the mutant and runs checks of its lab; `checks` are all of them. */
export async function tryMutant(lab: Lab, mutant: Mutant, checks: readonly Check[], options: TryOptions): Promise<Fate> {
  const named = checks.find((check) => check.id === mutant.caughtBy);
  const broken = (why: string): Fate => ({ mutant, outcome: "broken", named, kills: [], why });
  if (named === undefined) return broken(`there is no check ${mutant.caughtBy}`);
  const chosen = checks.filter((check) =>
    check === named || options.width === "all" || options.width === "virtual" && check.kind !== "live"
  );
  let selection: Selection;
  let results: readonly CheckResult[];
  try {
    selection = await selectMutant(lab, mutant);
    results = await runOn(lab, selection, chosen, options.seed);
  } catch (error) {
    if (isLoadError(error) || error instanceof RangeError) return broken(error.message);
    throw error;
  }
  const kills = results.filter(({ verdict }) => verdict.outcome === "failed");
  for (const { check, verdict } of results) {
    if (verdict.outcome === "broken") return { ...broken(`${check.id} is at fault itself: ${verdict.error.split("\n")[0]}`), kills };
  }
  if (kills.some(({ check }) => check === named)) return { mutant, outcome: "caught", named, kills };
  const verdict = results.find(({ check }) => check === named)?.verdict;
  if (verdict?.outcome === "skipped") return { mutant, outcome: "skipped", named, kills, why: verdict.reason };
  const lets = `${named.id} ${verdict?.outcome}`;
  if (kills.length > 0) return { mutant, outcome: "caught elsewhere", named, kills, why: lets };
  const later = options.width === "named" ? undefined : await killLater(lab, selection, options.seed);
  if (later === undefined) return { mutant, outcome: "survived", named, kills, why: lets };
  return { mutant, outcome: "caught later", named, kills, why: `${lets}, lab ${later.check.lab} fails in ${later.check.id}` };
}

/** The first check of a later lab that fails. */
async function killLater(lab: Lab, selection: Selection, seed: number): Promise<CheckResult | undefined> {
  for (const later of labs.filter(({ number }) => number > lab.number)) {
    const checks = (await loadChecks(later, true)).filter(({ kind }) => kind !== "live");
    const kill = (await runOn(later, selection, checks, seed)).find(({ verdict }) => verdict.outcome === "failed");
    if (kill !== undefined) return kill;
  }
  return undefined;
}

async function runOn(lab: Lab, selection: Selection, checks: readonly Check[], seed: number): Promise<readonly CheckResult[]> {
  return (await runLab({ lab, selection, checks, seed, virtual: false, driver: "ffi", inspect: false })).results;
}

/** A student's seven labs for tests: the solutions, with known faults planted in them. */
import { findLab, type Lab, labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { isFailure } from "../lab/failure_report.ts";
import type { CheckResult } from "../harness/trial.ts";
import type { Mutant } from "../harness/mutant.ts";
import type { Origin, Selection } from "../harness/workspace.ts";
import { loadChecks, ROOT, runLab } from "../lab/run.ts";

/** A selection in which all labs are the student's. `faults` name mutants: "3 odd-byte-dropped". */
export async function plant(...faults: readonly string[]): Promise<Selection & { readonly submission: ReadonlyMap<string, string> }> {
  const submission = new Map<string, string>();
  for (const { folder, files } of labs) {
    for (const file of files) submission.set(`labs/${folder}/${file}`, await Deno.readTextFile(`${ROOT}/solutions/${folder}/${file}`));
  }
  for (const fault of faults) {
    const [number, name] = fault.split(" ");
    const { folder } = findLab(Number(number)) as Lab;
    const { default: mutants } = await import(`../../solutions/${folder}/mutants/mutants.ts`) as { default: readonly Mutant[] };
    const mutant = mutants.find((each) => each.name === name);
    if (mutant === undefined) throw new TypeError(`Lab ${number} has no mutant ${name}`);
    const path = `labs/${folder}/${mutant.file}`;
    submission.set(path, (submission.get(path) as string).replace(mutant.replace, () => mutant.by));
  }
  const origins = Object.fromEntries(labs.map(({ module }) => [module, "yours"])) as Record<ModuleName, Origin>;
  return { root: ROOT, origins, submission };
}

/** Runs these checks of a lab, and gives those that failed. */
export async function failuresOf(number: number, selection: Selection, ids: readonly string[]): Promise<CheckResult[]> {
  const lab = findLab(number) as Lab;
  const checks = (await loadChecks(lab, true)).filter(({ id }) => ids.includes(id));
  const { results } = await runLab({ lab, selection, checks, seed: 1, virtual: true, driver: "ffi", inspect: false });
  return results.filter(isFailure);
}

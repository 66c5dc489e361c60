/**
 * A check that was changed in the middle of a term, graded in both versions. Who passed it as it was must not lose points because it
 * has become stricter while they worked: until the day that the check names (`CheckSpec.was`), the better of the two versions counts.
 *
 * Rules: what is in force is settled once for a whole grading, by one day, and stands in its results: two gradings with the same
 * checks in force give the same bytes, on whatever days they were made. The earlier version runs only where the present one was not
 * passed, with the same seed, and is shown with the present one's title, Why and hints.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import type { RunResult } from "../lab/run.ts";

/** The earlier versions in force: the check's name ("03-ip checksum/odd-length"), and the last day on which it counts. */
export type InForce = Readonly<Record<string, string>>;

/** A check's name among those of all labs. */
export function nameOf(lab: Pick<Lab, "folder">, check: Pick<Check, "id">): string {
  return `${lab.folder} ${check.id}`;
}

/** Which earlier versions of a lab's checks count on a day. */
export function inForceOn(day: string, lab: Pick<Lab, "folder">, checks: readonly Check[]): InForce {
  return Object.fromEntries(
    checks.flatMap((check) => check.was !== undefined && day <= check.was.until ? [[nameOf(lab, check), check.was.until]] : []),
  );
}

/** The check as it was. Under the same id, so that it draws the same inputs as when it was the only one. */
export function earlier(check: Check): Check {
  if (check.was === undefined) throw new TypeError(`${check.id} has no earlier version`);
  return { ...check, run: check.was.run, version: check.was.version, was: undefined };
}

/** The better result of each check: what did not pass runs again as it was, where that is in force, and counts when it passes then. */
export async function better(
  results: readonly CheckResult[],
  counts: (check: Check) => boolean,
  run: (checks: readonly Check[]) => Promise<RunResult>,
): Promise<readonly CheckResult[]> {
  const again = results.filter(({ check, verdict }) => verdict.outcome !== "passed" && counts(check)).map(({ check }) => earlier(check));
  if (again.length === 0) return results;
  const passed = (await run(again)).results.filter(({ verdict }) => verdict.outcome === "passed");
  const second = new Map(passed.map((result) => [result.check.id, result]));
  return results.map((result) => second.get(result.check.id) ?? result);
}

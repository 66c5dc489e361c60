/**
 * With `--my-checks`: what the checks that a student wrote are worth (`labs/05-states/my_checks.ts`). They are data by the time they come
 * here (`../lab/my_checks/read.ts`); the student learns how many wrong solutions they catch, and nothing of those.
 */
import type { Lab } from "../../labs/manifest.ts";
import { rightCode, wrongSolutions } from "../lab/my_checks/command.ts";
import { judge } from "../lab/my_checks/judge.ts";
import { MyChecksError, pathOfMine, readMine } from "../lab/my_checks/read.ts";
import { toChecks } from "../lab/my_checks/steps.ts";
import type { MyChecks } from "./result.ts";
import type { Submission } from "./submission.ts";

/** Judges the student's own checks of a lab; undefined when there are none. `limit` in milliseconds. */
export async function gradeMyChecks(lab: Lab, submission: Submission, seed: number, limit: number): Promise<MyChecks | undefined> {
  const text = submission.files.get(pathOfMine(lab));
  if (text === undefined) return undefined;
  try {
    const checks = toChecks(lab, await readMine(lab, text));
    const { right, killed, of, cut } = await judge(lab, checks, { right: rightCode(lab), faults: await wrongSolutions(lab), seed, limit });
    return { checks: checks.length, right, killed: killed ?? 0, of: of ?? 0, ...(cut ? { cut } : {}) };
  } catch (error) {
    if (!(error instanceof MyChecksError)) throw error;
    return { checks: 0, right: 0, killed: 0, of: 0, problem: error.message };
  }
}

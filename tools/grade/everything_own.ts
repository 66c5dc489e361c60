/**
 * Grading with `--mine`: a lab runs on the other labs of the same submission, as it does for the student, and each failure says in
 * which of them it sits. A lab that was not begun comes from the reference, or nothing above it could be graded.
 *
 * A fault in lab 03 may cost points in all labs here: that is why it is not the rule.
 */
import { findLab, type Lab, labs } from "../../labs/manifest.ts";
import type { CheckResult } from "../harness/trial.ts";
import type { Selection } from "../harness/workspace.ts";
import { type Blame, Blamer } from "../lab/blame.ts";
import { isFailure } from "../lab/failure_report.ts";
import { ROOT, selectOrigins } from "../lab/run.ts";
import type { GradedCheck } from "./result.ts";
import type { Submission } from "./submission.ts";

/** Milliseconds for one failure. No failure needs as many: what is found out shall not depend on the machine. */
const LIMIT = 60_000;

/** The lab's files: the submission's, and the stub as shipped for one that is missing. Undefined when nothing was begun. */
export async function withStubs(lab: Lab, submission: Submission): Promise<ReadonlyMap<string, string> | undefined> {
  const files = new Map<string, string>();
  let begun = false;
  for (const file of lab.files) {
    const path = `labs/${lab.folder}/${file}`;
    const stub = await Deno.readTextFile(`${ROOT}/${path}`);
    const text = submission.files.get(path) ?? stub;
    if (text !== stub) begun = true;
    files.set(path, text);
  }
  return begun ? files : undefined;
}

/** The code that a lab is graded with; undefined when it was not begun. `mine`: on the submission's other labs. */
export async function selectionFor(lab: Lab, submission: Submission, mine: boolean): Promise<Selection | undefined> {
  const own = await withStubs(lab, submission);
  if (own === undefined) return undefined;
  const origins = selectOrigins(lab.number, {});
  const files = new Map(own);
  for (const other of mine ? labs : []) {
    const theirs = other === lab ? undefined : await withStubs(other, submission);
    if (theirs === undefined) continue;
    origins[other.module] = "yours";
    for (const [path, text] of theirs) files.set(path, text);
  }
  return { root: ROOT, origins, lab: lab.number, submission: files };
}

/** In which labs the failures sit, by the check's id. Live checks are left out: they are not the same each time. */
export async function blameAll(results: readonly CheckResult[], selection: Selection, deadline: number): Promise<Map<string, Blame>> {
  const blames = new Map<string, Blame>();
  const kernel = (): Promise<string> => Promise.resolve("blame is found on the virtual wire");
  const blamer = new Blamer({ selection, standIn: () => "reference", kernel, limit: LIMIT });
  try {
    for (const failure of results.filter(isFailure).filter(({ check }) => check.kind !== "live")) {
      if (performance.now() > deadline) break;
      const blame = await blamer.blame(failure);
      if (blame !== undefined) blames.set(failure.check.id, blame);
    }
  } finally {
    blamer.close();
  }
  return blames;
}

/** What the result keeps of a blame. */
export function keptBlame(blame: Blame | undefined): Pick<GradedCheck, "blame"> {
  if (blame === undefined) return {};
  const folders = (numbers: readonly number[]): string[] => numbers.map((number) => (findLab(number) as Lab).folder);
  const { sits, together } = blame;
  return { blame: { sits: folders(sits), ...(together.length === 0 ? {} : { together: folders(together) }) } };
}

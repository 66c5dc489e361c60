/**
 * What a student's own checks are worth. A check counts when right code passes it, with several seeds; then the wrong solutions are run,
 * each against those that count, until one fails. Only numbers leave this file: which wrong solutions there are stays unknown.
 */
import type { Lab } from "../../../labs/manifest.ts";
import { Subject } from "../../harness/subject.ts";
import type { Check } from "../../harness/suite.ts";
import { type CheckResult, runCheck } from "../../harness/trial.ts";
import type { Selection } from "../../harness/workspace.ts";
import { isLoadError, seedOf } from "../run.ts";

/** What they came to. */
export interface Judgement {
  readonly checks: number;
  /** Checks that right code passes. */
  readonly right: number;
  /** For each of the others, what came of it. */
  readonly wrong: readonly CheckResult[];
  /** Wrong solutions that they catch, of how many; undefined where there are none. */
  readonly killed: number | undefined;
  readonly of: number | undefined;
  /** The time was over before all wrong solutions were tried; those that were not count as not caught. */
  readonly cut: boolean;
}

/** Against what they are run. */
export interface JudgeMeans {
  /** Right code. */
  readonly right: Selection;
  /** Wrong solutions; undefined where there are none. */
  readonly faults: readonly Selection[] | undefined;
  readonly seed: number;
  /** Milliseconds for all of it. */
  readonly limit: number;
}

/** A check that passes once may have guessed. */
const SEEDS = 3;
const WORKERS = 2;

/** Judges a student's own checks of a lab. Throws a WorkspaceError or SubjectDied when right code cannot be loaded. */
export async function judge(lab: Lab, checks: readonly Check[], { right, faults, seed, limit }: JudgeMeans): Promise<Judgement> {
  const end = performance.now() + limit;
  const wrong = new Map<string, CheckResult>();
  await inSubject(lab, right, async (run) => {
    for (let each = seed; each < seed + SEEDS; each++) {
      for (const check of checks.filter(({ id }) => !wrong.has(id))) {
        const result = await run(check, each);
        if (result.verdict.outcome !== "passed") wrong.set(check.id, result);
      }
    }
  });
  const counting = checks.filter(({ id }) => !wrong.has(id));
  let killed = 0, cut = false;
  const waiting = counting.length === 0 ? [] : [...faults ?? []];
  const work = async (): Promise<void> => {
    for (let fault = waiting.pop(); fault !== undefined; fault = waiting.pop()) {
      if (performance.now() > end) cut = true;
      else if (await kills(lab, counting, fault, seed)) killed++;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return {
    checks: checks.length,
    right: counting.length,
    wrong: [...wrong.values()],
    killed: faults === undefined ? undefined : killed,
    of: faults?.length,
    cut,
  };
}

/** Whether one of the checks fails. A check that is itself at fault, or was never called for, kills nothing. */
async function kills(lab: Lab, checks: readonly Check[], fault: Selection, seed: number): Promise<boolean> {
  let killed = false;
  try {
    await inSubject(lab, fault, async (run) => {
      for (const check of checks) {
        killed = (await run(check, seed)).verdict.outcome === "failed";
        if (killed) return;
      }
    });
  } catch (error) {
    if (!isLoadError(error)) throw error;
  }
  return killed;
}

type Run = (check: Check, seed: number) => Promise<CheckResult>;

async function inSubject(lab: Lab, selection: Selection, work: (run: Run) => Promise<void>): Promise<void> {
  const subject = new Subject({ lab: lab.number, ...selection });
  const kernel = (): Promise<string> => Promise.resolve("a student's own checks have no kernel");
  try {
    await subject.start();
    await work((check, seed) => runCheck(check, seedOf(seed, check.id), { subject, kernel }));
  } finally {
    subject.close();
  }
}

/**
 * A student's own regression checks: failures that `--save-failure` kept in `labs/06-buffers/regressions/`. Each run of the lab runs
 * them again, as the group "mine". They are worth no points, and grading does not look at them.
 */
import { findLab, type Lab } from "../../labs/manifest.ts";
import { Subject } from "../harness/subject.ts";
import type { Check } from "../harness/suite.ts";
import { Transcript } from "../harness/transcript.ts";
import { type CheckResult, runCheck, type TrialMeans, type Verdict } from "../harness/trial.ts";
import type { Selection } from "../harness/workspace.ts";
import { difference, play } from "./replay.ts";
import { type KeptRun, readRun, RunFileError, type Story } from "./run_file.ts";
import { loadOptional } from "./optional.ts";
import { loadChecks, ROOT } from "./run.ts";

/** The group's name. */
export const MINE = "mine";

/** A regression check: its name, its file as the student types it, and what is in it. */
export interface Regression {
  /** "mine/wire-text". */
  readonly id: string;
  readonly path: string;
  readonly run: KeptRun;
}

/** Where those of a lab are: "labs/06-buffers/regressions". */
export function regressionFolder(lab: Lab): string {
  return `labs/${lab.folder}/regressions`;
}

/** Those of a lab, by name. Throws a RunFileError for a file that is none. */
export async function loadRegressions(lab: Lab): Promise<Regression[]> {
  const folder = regressionFolder(lab);
  const names: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(`${ROOT}/${folder}`)) if (isFile && name.endsWith(".json")) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await Promise.all(names.sort().map((name) => loadRegression(`${folder}/${name}`, `${ROOT}/${folder}/${name}`)));
}

/** The one in a file. `path`: what messages call it. Throws a RunFileError. */
export async function loadRegression(path: string, file = path): Promise<Regression> {
  try {
    const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, "");
    return { id: `${MINE}/${name}`, path, run: readRun(await Deno.readTextFile(file)) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new RunFileError(`There is no file ${path}.`);
    if (error instanceof RunFileError) throw new RunFileError(`${path} is no failure that was kept: ${error.message}.`);
    throw error;
  }
}

/** Where somebody follows a run, and may end it. */
export interface Following {
  /** Called as soon as one has its verdict. */
  readonly done?: (result: CheckResult) => void;
  /** Ends the run at once: what it returns means nothing then. */
  readonly signal?: AbortSignal;
}

/** Runs them, one after the other, with this code. Throws a WorkspaceError or SubjectDied when it cannot be loaded. */
export async function runRegressions(
  all: readonly Regression[],
  selection: Selection,
  kernel: TrialMeans["kernel"],
  { done, signal }: Following = {},
): Promise<CheckResult[]> {
  if (all.length === 0) return [];
  const { lab: _, ...whole } = selection; // what shows in lab 06 needs all labs, wherever it sits
  const subject = new Subject(whole);
  const end = (): void => subject.close();
  signal?.addEventListener("abort", end);
  try {
    await subject.start();
    const results: CheckResult[] = [];
    for (const each of all) {
      const result = await runRegression(each, { subject, kernel });
      if (signal?.aborted) return results;
      results.push(result);
      done?.(result);
    }
    return results;
  } finally {
    signal?.removeEventListener("abort", end);
    subject.close();
  }
}

async function runRegression(regression: Regression, means: TrialMeans): Promise<CheckResult> {
  const { run } = regression;
  const began = performance.now();
  const found = run.story === undefined ? await runAgain(run, means) : await playStory(run.story, means.subject);
  return { ...found, check: checkOf(regression), seed: run.seed, milliseconds: performance.now() - began };
}

async function playStory(
  { stimuli, wire, expected, from = 0 }: Story,
  subject: Subject,
): Promise<Pick<CheckResult, "verdict" | "transcript">> {
  const { seen, transcript } = await play(subject, stimuli, wire);
  const wrong = difference(expected, seen, transcript, from);
  if (wrong === undefined) return { verdict: { outcome: "passed" }, transcript };
  return { verdict: { outcome: "failed", expected: wrong.expected, got: wrong.got, mismatches: [], complaints: [] }, transcript };
}

/** Runs the check itself with its seed. */
async function runAgain({ check, seed }: KeptRun, means: TrialMeans): Promise<Pick<CheckResult, "verdict" | "transcript">> {
  const lab = findLab(check.lab) as Lab;
  const known = [...await loadChecks(lab, false), ...await loadOptional(lab)].find(({ id }) => id === check.id);
  if (known !== undefined) return await runCheck(known, seed, means);
  const verdict: Verdict = { outcome: "skipped", reason: `lab ${check.lab} has no check ${check.id} any more` };
  return { verdict, transcript: new Transcript() };
}

/** What a regression check is to a report. */
export function checkOf({ id, run: { check } }: Regression): Check {
  const { lab, title, why, look } = check;
  return {
    id,
    group: MINE,
    lab,
    version: 1,
    title: `${check.id}: ${title}`,
    why,
    look,
    kind: "scenario",
    visibility: "public",
    weight: 0,
    covers: [],
    hints: ["", "", ""],
    run: () => Promise.reject(new TypeError("A regression check is played, not run")),
  };
}

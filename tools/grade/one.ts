/**
 * Grades one submission, in a process of its own: whatever it does to the grader, it does to this process only. The command
 * `deno task grade` (see `../grade.ts`) writes a `Job` to standard input, as a line, and finds in the job's folder, when this
 * process ends well, everything there is to know of the submission.
 *
 * Each lab is graded on the reference's other labs, so that a fault in lab 01 costs points once (`--mine`: see
 * `everything_own.ts`). Verdicts come from
 * the harness alone (`../lab/run.ts#runLab`); the student's code runs in processes without any permission.
 */
import { findLab, handoutAnchor, type Lab } from "../../labs/manifest.ts";
import { CheckFailed } from "../harness/failure.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import type { Blame } from "../lab/blame.ts";
import { blameText } from "../lab/blame_text.ts";
import { failureText, isFailure } from "../lab/failure_report.ts";
import { isLoadError, Lane, type Lanes, LiveWire, loadChecks, runLab, type RunResult, selectOrigins } from "../lab/run.ts";
import { blameAll, keptBlame, selectionFor } from "./everything_own.ts";
import { type Evidence, STUDENT, writeEvidence } from "./formats/evidence.ts";
import { identityFrom } from "./formats/classroom50.ts";
import { plainBlock } from "./formats/plain.ts";
import { writeFormats } from "./formats/write.ts";
import { hashOfFiles, hashOfText } from "./hashes.ts";
import { gradeMyChecks } from "./my_checks.ts";
import type { Policy } from "./policy.ts";
import { FORMAT, type GradedCheck, type GradedLab, type LabStatus, type Result, type Timing } from "./result.ts";
import { addUp, shareOut, tally } from "./score.ts";
import { readSubmission } from "./sources/read.ts";
import { type Submission, SubmissionError } from "./submission.ts";
import { better, nameOf } from "./versions.ts";

/** What `deno task grade` asks of this process. */
export interface Job {
  /** The submission's name, and where it lies. */
  readonly name: string;
  readonly source: string;
  /** An empty folder for what comes out. */
  readonly to: string;
  readonly labs: readonly number[];
  readonly grader: Result["grader"];
  /** What the student may see. `grader` has its hash. */
  readonly policy: Policy;
  /** Milliseconds that the checks may take together. */
  readonly limit: number;
  /** A result.json of before. When it came of the same files and the same grader, nothing is graded again. */
  readonly previous?: string;
}

/** Exit status: the machine has no live wire, and the job wants one. */
export const NO_WIRE = 3;
/** Exit status: the previous result stands. */
export const UNCHANGED = 4;

/** Characters of the transcripts of a lab: several times what they have when everything fails. */
const LONGEST_TRANSCRIPT = 2_000_000;

const UNSEEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

class NoWire extends Error {}

interface LabRun {
  readonly graded: GradedLab;
  readonly results: readonly CheckResult[];
  /** With `--mine`: in which labs the failures sit. */
  readonly blames: ReadonlyMap<string, Blame>;
  /** Milliseconds: of the lab, and of each check. */
  readonly took: number;
  readonly checks: ReadonlyMap<string, number>;
}

/**
 * Grades, and writes `result.json`, `timing.json`, `transcripts/`, `captures/` and what the student may see, `student/`, to the
 * job's folder. Returns undefined, and writes
 * nothing, when the previous result stands.
 */
export async function gradeOne(job: Job): Promise<Result | undefined> {
  const began = performance.now();
  let submission: Submission = { files: new Map(), ignored: [] };
  let problem: string | undefined;
  try {
    submission = await readSubmission(job.source);
  } catch (error) {
    if (!(error instanceof SubmissionError)) throw error;
    problem = error.message;
  }
  const hash = await hashOfFiles(submission.files);
  if (job.previous !== undefined && await stands(job.previous, job, hash, problem)) return undefined;
  const evidence = new Map<string, Evidence>();
  const wire = new LiveWire("ffi");
  const means = { wire, lanes: { still: new Lane(), live: new Lane() }, deadline: began + job.limit };
  const runs = new Array<LabRun>(job.labs.length);
  const left = [...job.labs.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, number] = next;
      const run = await gradeLab(findLab(number) as Lab, submission, job, means);
      await writeTranscript(job, run);
      const shown = await writeEvidence(job.to, findLab(number) as Lab, run.results, job.grader.seed, job.policy);
      for (const [key, each] of shown) evidence.set(key, each);
      runs[index] = { ...run, results: [] }; // the transcripts of a lab are not kept in memory while others run
    }
  };
  try {
    await Promise.all([work(), work()]); // while the live checks of one wait for the kernel, the others of the next one run
  } finally {
    wire.close();
  }
  const labs = runs.map((run) => run.graded);
  const result: Result = {
    format: FORMAT,
    submission: {
      name: job.name,
      hash,
      files: Object.fromEntries(await Promise.all([...submission.files].map(async ([path, text]) => [path, await hashOfText(text)]))),
      ignored: submission.ignored,
      ...(problem === undefined ? {} : { problem }),
    },
    grader: job.grader,
    labs,
    public: addUp(labs.map((lab) => lab.public)),
    hidden: addUp(labs.map((lab) => lab.hidden)),
    total: addUp(labs.map((lab) => lab.total)),
  };
  const timing = timingOf(runs, performance.now() - began);
  await Deno.mkdir(`${job.to}/${STUDENT}`, { recursive: true });
  for (const [name, text] of writeFormats(result, timing, job.policy, evidence, identityFrom((name) => Deno.env.get(name), result))) {
    await Deno.writeTextFile(`${job.to}/${name}`, text);
  }
  await writeJson(`${job.to}/timing.json`, timing);
  await writeJson(`${job.to}/result.json`, result);
  return result;
}

/** Whether the result of before came of the same files, labs and grader. */
async function stands(path: string, job: Job, hash: string, problem: string | undefined): Promise<boolean> {
  try {
    const { format, submission, grader, labs } = JSON.parse(await Deno.readTextFile(path)) as Result;
    const same = format === FORMAT && submission.hash === hash && submission.problem === problem;
    return same && JSON.stringify(grader) === JSON.stringify(job.grader) && labs.map(({ lab }) => lab).join() === job.labs.join();
  } catch {
    return false; // none, or half of one
  }
}

interface Means {
  readonly wire: LiveWire;
  readonly lanes: Lanes;
  readonly deadline: number;
}

async function gradeLab(lab: Lab, submission: Submission, job: Job, { wire, lanes, deadline }: Means): Promise<LabRun> {
  const began = performance.now();
  const all = await loadChecks(lab, true);
  const checks = job.grader.wire === "live" ? all : all.filter((check) => check.kind !== "live");
  const chosen = await selectionFor(lab, submission, job.grader.mine ?? false);
  const selection = chosen && { ...chosen, sandbox: "full" as const };
  let blames: ReadonlyMap<string, Blame> = new Map();
  let results: readonly CheckResult[] = [];
  let status: LabStatus = "graded", reason: string | undefined;
  if (selection === undefined) status = "not begun";
  else {
    const run = (some: readonly Check[]): Promise<RunResult> =>
      runLab({
        lab,
        selection,
        checks: some.map((check) => inTime(check, deadline, () => status = "cut short")),
        seed: job.grader.seed,
        virtual: job.grader.wire === "virtual",
        driver: "ffi",
        inspect: false,
        wire,
        lanes,
      });
    try {
      const first = await run(checks);
      if (first.noWire !== undefined) throw new NoWire(first.noWire.message);
      results = await better(await again(first.results, run), (check) => hasEarlier(job, lab, check), run);
      if (job.grader.mine) blames = await blameAll(results, selection, deadline);
    } catch (error) {
      if (!isLoadError(error)) throw error;
      status = "not loaded";
      reason = error.message;
    }
  }
  const left = Math.max(0, deadline - performance.now());
  const own = job.grader.myChecks ? await gradeMyChecks(lab, submission, job.grader.seed, left) : undefined;
  const shares = shareOut(lab.points, checks.map((check) => check.weight ?? 1));
  const graded = checks.map((check, index) => {
    const of = { ...gradedCheck(lab, check, results[index], shares[index] as number), ...keptBlame(blames.get(check.id)) };
    return hasEarlier(job, lab, check) ? { ...of, version: results[index]?.check.version ?? check.version } : of;
  });
  const of = (visibility: string): GradedCheck[] => graded.filter((check) => check.visibility === visibility);
  return {
    graded: {
      lab: lab.number,
      folder: lab.folder,
      name: lab.name,
      status,
      ...(reason === undefined ? {} : { reason }),
      origins: selection?.origins ?? selectOrigins(lab.number, {}),
      public: tally(of("public")),
      hidden: tally(of("hidden")),
      total: tally(graded),
      checks: graded,
      ...(own === undefined ? {} : { myChecks: own }),
    },
    results,
    blames,
    took: performance.now() - began,
    checks: new Map(results.map((result) => [result.check.id, result.milliseconds])),
  };
}

/**
 * Runs the live checks that failed once more, and takes what came of them then. The kernel's clocks don't wait for a busy
 * machine: a right answer may come too late for it once; a wrong one is wrong again.
 */
async function again(
  results: readonly CheckResult[],
  run: (checks: readonly Check[]) => Promise<RunResult>,
): Promise<readonly CheckResult[]> {
  const failed = results.filter(({ check, verdict }) => check.kind === "live" && verdict.outcome === "failed").map(({ check }) => check);
  if (failed.length === 0) return results;
  const second = new Map((await run(failed)).results.map((result) => [result.check.id, result]));
  return results.map((result) => second.get(result.check.id) ?? result);
}

/** Whether a check counts in its earlier version, too. */
function hasEarlier(job: Job, lab: Lab, check: Check): boolean {
  return Object.hasOwn(job.grader.earlier ?? {}, nameOf(lab, check));
}

/** The check, which fails when it would begin after the deadline. */
function inTime(check: Check, deadline: number, late: () => void): Check {
  return {
    ...check,
    run: (t) => {
      if (performance.now() < deadline) return check.run(t);
      late();
      throw new CheckFailed("the checks of a submission to end in time", "this one would have begun too late");
    },
  };
}

function gradedCheck(lab: Lab, check: Check, result: CheckResult | undefined, share: number): GradedCheck {
  const verdict = result?.verdict ?? { outcome: "not written" as const, symbol: undefined };
  const passed = verdict.outcome === "passed";
  const symbol = passed ? undefined : ("symbol" in verdict ? verdict.symbol : undefined) ?? check.look[0];
  return {
    id: check.id,
    group: check.group,
    title: check.title,
    visibility: check.visibility,
    kind: check.kind,
    outcome: verdict.outcome,
    points: passed ? share / 100 : 0,
    ofPoints: share / 100,
    ...(passed ? {} : { why: check.why }),
    ...(symbol === undefined ? {} : { symbol, handout: handoutAnchor(lab, symbol) }),
    ...(verdict.outcome === "failed" && check.kind !== "live" ? { expected: verdict.expected, got: verdict.got } : {}),
    ...(verdict.outcome === "skipped" ? { reason: verdict.reason } : {}),
    ...(verdict.outcome === "broken" ? { reason: verdict.error.split("\n", 1)[0] as string } : {}),
  };
}

/** The failures in full, for the instructor, and a capture of each that put packets on a wire. */
async function writeTranscript(job: Job, { graded, results, blames }: LabRun): Promise<void> {
  const lab = findLab(graded.lab) as Lab;
  const failures = results.filter(isFailure);
  if (failures.length === 0) return;
  await Deno.mkdir(`${job.to}/transcripts`, { recursive: true });
  await Deno.mkdir(`${job.to}/captures/${lab.folder}`, { recursive: true });
  const texts: string[] = [];
  for (const failure of failures) {
    const capture = `captures/${lab.folder}/${failure.check.id.replaceAll("/", "-")}.pcapng`;
    const packets = failure.transcript.steps.some((step) => step.kind === "packet");
    if (packets) await Deno.writeFile(`${job.to}/${capture}`, failure.transcript.toPcapng());
    const found = blames.get(failure.check.id);
    const blame = found && blameText(found);
    texts.push(failureText(failure, { lab, seed: job.grader.seed, capture: packets ? capture : undefined, blame }));
  }
  await Deno.writeTextFile(`${job.to}/transcripts/${lab.folder}.txt`, `${plainBlock(texts.join("\n\n"), LONGEST_TRANSCRIPT)}\n`);
}

function timingOf(runs: readonly LabRun[], total: number): Timing {
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    total: round(total),
    labs: Object.fromEntries(runs.map(({ graded, took }) => [graded.folder, round(took)])),
    checks: Object.fromEntries(
      runs.flatMap(({ graded, checks }) => [...checks].map(([id, took]) => [`${graded.folder} ${id}`, round(took)])),
    ),
  };
}

async function writeJson(path: string, value: unknown): Promise<void> {
  // JSON leaves characters as they are that move a cursor or turn the direction of writing; here nobody shall meet one unawares.
  const text = JSON.stringify(value, undefined, 2).replaceAll(UNSEEN, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
  await Deno.writeTextFile(path, `${text}\n`);
}

/** Reads the job, a line. Whoever wrote it holds the pipe open as long as the result is wanted: when it closes, this process ends. */
async function readJob(): Promise<Job> {
  const reader = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) Deno.exit(1);
    text += value;
  }
  reader.read().finally(() => Deno.exit(1));
  return JSON.parse(text) as Job;
}

if (import.meta.main) {
  try {
    const result = await gradeOne(await readJob());
    Deno.exit(result === undefined ? UNCHANGED : 0);
  } catch (error) {
    if (!(error instanceof NoWire)) throw error;
    console.error(error.message);
    Deno.exit(NO_WIRE);
  }
}

/**
 * What a student reads when a check fails: the check is run against a solution with one fault in it, and what the student's
 * command would print is kept. The fault is one of the lab's mutants where one of them breaks the check, and else one that was made
 * for it (`solutions/*` + `/mutants/faults.ts`). The code runs as a student's own, so that places in it are those of `labs/`.
 *
 * What differs from run to run is written in one way: every check takes 2 ms, the lines of files are "LINE". A live check has no clock
 * here, and always the same addresses and ports.
 */
import { type Lab, labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import type { Mutant } from "../harness/mutant.ts";
import type { Check } from "../harness/suite.ts";
import { Transcript } from "../harness/transcript.ts";
import type { CheckResult, Verdict } from "../harness/trial.ts";
import type { Origin, Selection } from "../harness/workspace.ts";
import { type Failure, failureText, isFailure } from "../lab/failure_report.ts";
import { type LiveWire, loadChecks, ROOT, runLab } from "../lab/run.ts";
import { loadMutants } from "../mutants/fate.ts";

/** One check that fails. */
export interface Story {
  readonly check: Check;
  readonly fault: Fault;
  /** What the student reads. */
  readonly text: string;
}

/** A mutant, or a fault that was made to break one check (`aimed`). */
export interface Fault extends Mutant {
  readonly aimed: boolean;
  /** The region of the solution in which it lies: "parseIpv4", "createRoutes.lookup", or the name of helpers. */
  readonly region: string;
}

/** The seed of every run. */
export const SEED = 1;

/** The public checks of a lab. */
export async function publicChecks(lab: Lab): Promise<Check[]> {
  return (await loadChecks(lab, false)).filter(({ visibility }) => visibility === "public");
}

/** All faults that are known for a lab, the mutants first. */
export async function loadFaults(lab: Lab): Promise<Fault[]> {
  const path = `solutions/${lab.folder}/mutants/faults.ts`;
  const isThere = await Deno.stat(`${ROOT}/${path}`).then(() => true, () => false);
  const { default: aimed } = isThere ? await import(`../../${path}`) as { default: readonly Mutant[] } : { default: [] };
  const texts = new Map<string, string>();
  for (const file of lab.files) texts.set(file, await Deno.readTextFile(`${ROOT}/solutions/${lab.folder}/${file}`));
  const whole = (fault: Mutant, isAimed: boolean): Fault => ({
    ...fault,
    aimed: isAimed,
    region: regionOf(texts.get(fault.file) ?? "", fault),
  });
  return [...(await loadMutants(lab)).map((fault) => whole(fault, false)), ...aimed.map((fault) => whole(fault, true))];
}

function regionOf(text: string, { replace }: Mutant): string {
  const before = text.slice(0, text.indexOf(replace) + replace.length);
  return [...before.matchAll(/^ *\/\/ region (\S+)$/gm)].at(-1)?.[1] ?? "";
}

/** Whether a check, when it fails by this fault, says to look where the fault is. */
export function isLookedAt({ region }: Fault, { look }: Pick<Check, "look">): boolean {
  return look.some((symbol) => region === symbol || region.startsWith(`${symbol}.`) || symbol === region.split(".")[0]);
}

/**
 * Runs checks against the solution with a fault in it. Returns what is read of those that fail. Throws a RangeError for a fault that cannot be made.
 */
export async function breakBy(lab: Lab, fault: Fault, checks: readonly Check[], wire: LiveWire): Promise<Story[]> {
  const selection = await selectionOf(lab, fault);
  const { results } = await runLab({ lab, selection, checks, seed: SEED, virtual: false, driver: "ffi", inspect: false, wire });
  return results.filter(isFailure).filter(isFirstHand).map((failure) => ({ check: failure.check, fault, text: textOf(failure, lab) }));
}

/** Not one that fails since an earlier check hung. */
function isFirstHand({ verdict }: Failure): boolean {
  return !verdict.got.includes("did not come back in earlier checks");
}

/** The solution's files as a student would hand them in, with the fault in one of them. */
async function selectionOf(lab: Lab, { file, replace, by }: Mutant): Promise<Selection> {
  const submission = new Map<string, string>();
  for (const name of lab.files) {
    const text = await Deno.readTextFile(`${ROOT}/solutions/${lab.folder}/${name}`);
    const count = text.split(replace).length - 1;
    if (name === file && count !== 1) throw new RangeError(`its text occurs ${count} times in solutions/${lab.folder}/${file}`);
    submission.set(`labs/${lab.folder}/${name}`, name === file ? text.replace(replace, () => by) : text);
  }
  const origins = Object.fromEntries(labs.map((each) => [each.module, each === lab ? "yours" : "reference"])) as Record<ModuleName, Origin>;
  return { root: ROOT, origins, submission };
}

/** What the student reads of a failure, but for what differs from run to run. */
function textOf(failure: Failure, lab: Lab): string {
  const quiet = failure.check.kind === "live" ? withoutClock(failure) : failure;
  const text = failureText({ ...quiet, milliseconds: 2 }, { lab, seed: SEED, capture: undefined, blame: undefined });
  const hung = text.replaceAll(/(\w+)\([^)]*\)(?: of \[[^\]]*\])?\s+did\s+not\s+return/g, "$1(…) did not return"); // a busy machine may not know with what
  return hung.replaceAll(/(\.ts):\d+(?::\d+)?/g, "$1:LINE");
}

/** A live failure without times, and with the addresses of one station. */
function withoutClock(failure: Failure): CheckResult {
  const ports = new Map<string, string>();
  const quiet = (text: string): string =>
    text.replaceAll(/\b10\.44\.\d+\.(?=\d)/g, "10.44.7.").replaceAll(
      /\b([0-9a-f]{2}:[0-9a-f]{2}:00:00):[0-9a-f]{2}:(?=0[0-9]\b)/g,
      "$1:07:",
    )
      .replaceAll(/(?<=:|port )[3-6]\d{4}\b/g, (port) => ports.get(port) ?? ports.set(port, `${40001 + ports.size}`).get(port) as string)
      .replaceAll(/(?<=TS val |ecr |tsVal |tsEcr )\d+/g, "…");
  const transcript = new Transcript();
  for (const step of failure.transcript.steps) {
    transcript.steps.push(
      step.kind === "packet"
        ? { ...step, time: 0, text: quiet(step.text), note: quiet(step.note), problems: step.problems.map(quiet) }
        : step.kind === "call"
        ? { ...step, time: 0 }
        : { ...step, time: 0, text: quiet(step.text) },
    );
  }
  const { verdict } = failure;
  const told: Verdict = {
    ...verdict,
    expected: quiet(verdict.expected),
    got: quiet(verdict.got),
    mismatches: verdict.mismatches.map(({ field, expected, got }) => ({ field, expected: quiet(expected), got: quiet(got) })),
    right: (verdict.right ?? []).map(({ field, value }) => ({ field, value: quiet(value) })),
  };
  return { ...failure, verdict: told, transcript };
}

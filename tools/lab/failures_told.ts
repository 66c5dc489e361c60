/**
 * The failures of a run, told in full: each with whose fault it is, and with the smallest run that still goes wrong, as far as the
 * reference (or in a kit the peer bundle) is there to find that out. Also keeps them as regression checks, when that is asked for.
 */
import { findLab, type Lab } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import type { Blame, Blamer } from "./blame.ts";
import { ownFailure } from "./blame_own.ts";
import { blameText } from "./blame_text.ts";
import { type Failure, type FailureContext, failureText, isFailure } from "./failure_report.ts";
import { byUnknownName, inReadingOrder, overview } from "./failures.ts";
import { wayText } from "./lab_numbers.ts";
import { withLinks } from "./links.ts";
import type { LabOptions } from "./options.ts";
import { MINE, regressionFolder } from "./regressions.ts";
import { type KeptRun, RUN_FORMAT, writeRun } from "./run_file.ts";
import { isSealed, ROOT, standInFor } from "./run.ts";
import { shrink, type Shrunk } from "./shrink.ts";
import { labelled, labelledCommand } from "./text.ts";

const FULL_FAILURES = 3;
/** Finding out takes a second or so for each. */
const MAX_EXPLAINED = 3;
/** Milliseconds for shrinking, when nobody asked for it. */
const QUICK = 1500;

/** What the failures are told with. */
export interface Telling {
  readonly options: LabOptions;
  readonly seed: number;
  readonly captures: ReadonlyMap<string, string>;
  readonly blamer: Blamer;
}

/** Of each lab that was blamed, the check of its own to read first. */
type OwnFailures = Map<number, Promise<Check | undefined>>;

/** What was told. */
export interface Told {
  /** Failures that were not shown in full. */
  readonly more: readonly Failure[];
  /** When the first failure sits in another lab: the check of that lab's own which says more. */
  readonly own: Check | undefined;
}

/** Prints the failures that are shown in full. */
export async function tellFailures(results: readonly CheckResult[], telling: Telling): Promise<Told> {
  const { options } = telling;
  const { unknown, others: failures } = byUnknownName(results.filter(isFailure).filter(({ check }) => !isSealed(check)));
  const summary = overview(unknown, failures);
  if (summary.length > 0) console.log(`${summary.join("\n")}\n`);
  for (const [first, ...rest] of unknown) tell(first as Failure, { blame: undefined, alike: rest.length + 1 }, telling);
  const shown = options.all || options.only.length > 0 ? failures.length : Math.max(0, FULL_FAILURES - unknown.length);
  const failed = inReadingOrder(failures, shown);
  const own: OwnFailures = new Map();
  let first: Check | undefined;
  for (const [index, failure] of failed.slice(0, shown).entries()) {
    const explained = index < MAX_EXPLAINED && options.inspect === false
      ? await explain(failure, telling, own)
      : { blame: undefined, own: undefined };
    tell(failure, explained, telling);
    if (index === 0 && unknown.length === 0) first = explained.own;
    if (options.saveFailure) console.log(`${await save(failure, explained)}\n`);
  }
  return { more: failed.slice(shown), own: first };
}

function tell(
  failure: Failure,
  context: Pick<FailureContext, "blame" | "smallest" | "alike" | "own">,
  { options, seed, captures }: Telling,
): void {
  const capture = captures.get(failure.check.id);
  const text = failureText(failure, { lab: options.lab, seed, capture, way: wayOf(failure, options), ...context });
  console.log(`${withLinks(text, options.lab)}\n`);
}

/** Prints the student's own checks that failed. `path` names the file of each. */
export function tellRegressions(results: readonly CheckResult[], lab: Lab, path: (id: string) => string): void {
  for (const failure of results.filter(isFailure)) {
    const again = `deno task lab${lab.number} --replay ${path(failure.check.id)}`;
    const text = failureText(failure, { lab, seed: failure.seed, capture: undefined, blame: undefined, again });
    console.log(`${withLinks(text, lab)}\n`);
  }
}

/** Whose code is to be run when this is run again. A table calls its own lab's functions, and no others. */
function wayOf({ check }: Failure, options: LabOptions): string {
  return check.kind === "table" ? "" : wayText(options);
}

interface Explained {
  readonly blame: string | undefined;
  readonly smallest?: { readonly text: string; readonly command: string };
  readonly sits?: number;
  /** The check of that lab's own to read first. */
  readonly own?: Check;
  readonly shrunk?: Shrunk;
}

async function explain(failure: Failure, telling: Telling, ownFailures: OwnFailures): Promise<Explained> {
  const { options, blamer, seed } = telling;
  const blame = failure.check.kind === "table" ? undefined : await blamer.blame(failure); // a table calls its own lab's functions
  const sits = blame?.sits.length === 1 ? blame.sits[0] : undefined;
  const elsewhere = sits !== undefined && sits !== failure.check.lab;
  if (elsewhere && !ownFailures.has(sits)) ownFailures.set(sits, ownFailure(sits, blamer.swapped([]), standInFor, seed));
  const own = elsewhere ? await ownFailures.get(sits) : undefined;
  const text = blame && blameText(blame, own);
  const shrunk = await shrunkBy(failure, blame, telling);
  if (shrunk === undefined || !isSmaller(shrunk)) return { blame: text, sits, own, ...(shrunk === undefined ? {} : { shrunk }) };
  const path = `.wallsocket/lab${options.lab.number}/${fileName(failure)}`;
  await write(path, keptRun(failure, { sits, own, shrunk }));
  const command = `deno task lab${sits ?? options.lab.number}${wayOf(failure, options)} --replay ${path}`;
  return { blame: text, sits, own, shrunk, smallest: { text: sizeText(shrunk), command } };
}

/** The smallest run, if it is smaller than the check's own. */
async function shrunkBy(failure: Failure, blame: Blame | undefined, { options, blamer }: Telling): Promise<Shrunk | undefined> {
  const swaps = blame === undefined ? [failure.check.lab] : blame.sits.length > 0 ? blame.sits.slice(0, 1) : blame.together;
  const [first] = swaps;
  if (failure.check.kind === "live" || first === undefined || standInFor(findLab(first) as Lab) === undefined) return undefined;
  const limit = options.saveFailure || options.only.length > 0 ? undefined : QUICK;
  const found = await shrink(failure, blamer.swapped([]), blamer.swapped(swaps), limit);
  return "why" in found ? undefined : found;
}

function isSmaller({ before, after }: Shrunk): boolean {
  return after.packets < before.packets || after.stimuli < before.stimuli;
}

/** "Smallest run that still fails: 2 packets of 9." */
function sizeText({ before, after, hurried }: Shrunk): string {
  const enough = hurried ? " (there was no time to try fewer)" : "";
  if (before.packets === 0) {
    return `${after.stimuli} of ${before.stimuli} calls ${after.stimuli === 1 ? "is" : "are"} enough to go wrong${enough}:`;
  }
  const [few, all, what] = after.packets === before.packets
    ? [after.stimuli, before.stimuli, "steps"]
    : [after.packets, before.packets, "packets to you"];
  return `${few} of the ${all} ${what} ${few === 1 ? "is" : "are"} enough to go wrong${enough}:`;
}

function fileName({ check }: Failure): string {
  return `${check.id.replaceAll("/", "-")}.json`;
}

/** It says where to look in the lab in which the fault sits. */
function keptRun({ check, seed }: Failure, { sits, own, shrunk }: Omit<Explained, "blame">): KeptRun {
  const { id, lab, title, why } = check;
  const { look } = own ?? check;
  const story = shrunk && { wire: shrunk.wire, stimuli: shrunk.stimuli, expected: shrunk.expected, from: shrunk.from };
  return { format: RUN_FORMAT, lab: sits ?? lab, check: { id, lab, title, why, look }, seed, ...(story === undefined ? {} : { story }) };
}

/** Keeps a failure in the folder of the lab in which it sits. Returns what to say of it. */
async function save(failure: Failure, explained: Explained): Promise<string> {
  const { check } = failure;
  const { sits, shrunk } = explained;
  if (check.visibility === "hidden") return labelled("Not saved", `${check.id} is a hidden check: nothing of it is written down.`);
  const lab = findLab(sits ?? check.lab) as Lab;
  const path = `${regressionFolder(lab)}/${fileName(failure)}`;
  await write(path, keptRun(failure, explained));
  const what = shrunk === undefined ? "The check with this very seed" : "The smallest run";
  return [
    labelledCommand("Saved", path),
    labelled("", `${what}. deno task lab${lab.number} runs it from now on, in the group "${MINE}", for no points.`),
  ].join("\n");
}

async function write(path: string, run: KeptRun): Promise<void> {
  await Deno.mkdir(`${ROOT}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
  await Deno.writeTextFile(`${ROOT}/${path}`, writeRun(run));
}

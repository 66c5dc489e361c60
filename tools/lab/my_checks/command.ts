/**
 * `deno task lab5 --my-checks`: the student's own checks, run on right code, on wrong solutions where there are some, and in a kit on the
 * student's own code.
 */
import { type Lab, labs } from "../../../labs/manifest.ts";
import type { Check } from "../../harness/suite.ts";
import type { CheckResult } from "../../harness/trial.ts";
import type { Selection } from "../../harness/workspace.ts";
import { ladder } from "../ladder.ts";
import { hasReference, KIT, ROOT, selectOrigins, standInFor } from "../run.ts";
import { labelled, paint, wrap, wrapAround } from "../text.ts";
import { exampleText } from "./example.ts";
import { judge, type Judgement } from "./judge.ts";
import { MyChecksError, pathOfMine, readMine } from "./read.ts";
import { toChecks } from "./steps.ts";

const PASSED = 0, FAILED = 1, IMPOSSIBLE = 3;
/** Milliseconds for all wrong solutions. */
const LIMIT = 300_000;
/** Failures that are told. */
const TOLD = 3;
const WIDTH = 80;

/** Runs the command; returns its exit status. */
export async function runMine(lab: Lab, seed: number, json: boolean): Promise<number> {
  const path = pathOfMine(lab);
  try {
    const text = await textOf(path);
    if (text === undefined) {
      await Deno.writeTextFile(`${ROOT}/${path}`, exampleText(lab));
      console.log(
        wrap(`${path} was not there. Now it is, with an example: write your own checks beside it, and run this again.`, WIDTH).join("\n"),
      );
      return PASSED;
    }
    const checks = toChecks(lab, await readMine(lab, text));
    const faults = await wrongSolutions(lab);
    const judged = await judge(lab, checks, { right: rightCode(lab), faults, seed, limit: LIMIT });
    const own = KIT === undefined ? undefined : await judge(lab, checks, { right: ownCode(lab), faults: undefined, seed, limit: LIMIT });
    console.log(json ? JSON.stringify(reportOf(lab, judged, own), undefined, 2) : textFor(lab, checks, judged, own));
    return judged.wrong.length === 0 ? PASSED : FAILED;
  } catch (error) {
    if (!(error instanceof MyChecksError)) throw error;
    console.error(wrapAround(error.message.includes(path) ? error.message : `${path}: ${error.message}`));
    return IMPOSSIBLE;
  }
}

/** Right code: the reference, or the peer bundle, for every lab. */
export function rightCode(lab: Lab): Selection {
  const all = new Set(labs.filter((each) => standInFor(each) !== undefined).map(({ number }) => number));
  return { root: ROOT, origins: selectOrigins(lab.number, { reference: all }) };
}

/** The lab's wrong solutions, in an instructor's tree. */
export async function wrongSolutions(lab: Lab): Promise<readonly Selection[] | undefined> {
  if (KIT !== undefined || !hasReference(lab)) return undefined;
  const folder = "../../mutants"; // not in a kit
  const { selectAll } = await import(`${folder}/fate.ts`) as { selectAll: (lab: Lab) => Promise<readonly Selection[]> };
  return await selectAll(lab);
}

function ownCode(lab: Lab): Selection {
  return { root: ROOT, origins: selectOrigins(lab.number, {}) };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(`${ROOT}/${path}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new MyChecksError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/** "7 of 58 wrong solutions", or what there is to say where there are none. */
function killsText({ killed, of, right, cut }: Judgement): string {
  if (killed === undefined) {
    const those = right === 1 ? "that one" : "those";
    return right === 0 ? "" : `Whoever grades runs ${those} on wrong solutions, which are not here, and counts how many are caught.`;
  }
  return `They catch ${killed} of ${of} wrong solutions${cut ? " (there was no time for all)" : ""}.`;
}

/** Whose code is the right one. */
function rightName(lab: Lab): string {
  return hasReference(lab) ? "the reference" : "the peer, a finished stack,";
}

function textFor(lab: Lab, checks: readonly Check[], judged: Judgement, own: Judgement | undefined): string {
  const wrong = new Map(judged.wrong.map((result) => [result.check.id, result]));
  const mine = new Map(own?.wrong.map((result) => [result.check.id, result]));
  const lines = checks.map(({ id, title }) => {
    if (wrong.has(id)) return paint("red", `  ✘ ${title}: right code fails it`);
    const own = mine.get(id)?.verdict.outcome;
    if (own === undefined) return paint("green", `  ✔ ${title}`);
    return paint("yellow", `  ✔ ${title}: ${own === "not written" ? "your code is not written yet" : "your code fails it"}`);
  });
  const told = [...wrong.values(), ...[...mine.values()].filter(({ check }) => !wrong.has(check.id))].slice(0, TOLD);
  return [
    `${paint("bold", `Lab ${String(lab.number).padStart(2, "0")} · ${lab.name}`)}   your own checks`,
    "",
    ...lines,
    "",
    ...told.flatMap((result) => [...failureLines(result), ""]),
    ...wrap(`${judged.right} of ${judged.checks} checks are right: ${rightName(lab)} passes them. ${killsText(judged)}`.trim(), WIDTH),
    ...(own === undefined ? [] : [`Your code passes ${own.right} of ${own.checks}.`]),
  ].join("\n");
}

function failureLines({ check, verdict, transcript }: CheckResult): string[] {
  const steps = ladder(transcript.steps);
  const head = [paint("red", `✘ ${check.title}`), "", ...(steps.length === 0 ? [] : [...steps, ""])];
  switch (verdict.outcome) {
    case "failed":
      return [
        ...head,
        labelled("Expected", verdict.expected),
        labelled("Got", verdict.got),
        ...verdict.mismatches.map(({ field, expected, got }) => labelled("", `✘ ${field}: expected ${expected}, got ${got}`)),
        labelled("Where", verdict.topic?.why ?? ""),
      ];
    case "not written":
      return [...head, labelled("Got", `${verdict.symbol} is not written yet`)];
    case "broken":
      return [...head, labelled("Got", `a step that makes no sense: ${verdict.error.split("\n")[0]}`)];
    default:
      return head;
  }
}

function reportOf(lab: Lab, judged: Judgement, own: Judgement | undefined): unknown {
  const of = ({ checks, right, wrong, killed, of, cut }: Judgement): unknown => ({
    checks,
    right,
    wrong: wrong.map(({ check, verdict }) => ({ check: check.title, ...verdict })),
    ...(killed === undefined ? {} : { killed, of, cut }),
  });
  return { version: 1, lab: lab.number, reference: of(judged), ...(own === undefined ? {} : { yours: of(own) }) };
}

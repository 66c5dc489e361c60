/**
 * One failure, told so that it teaches: what happened step by step, what was expected and what came, why it matters,
 * where to look, and how to run just this again.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { CheckResult, Verdict } from "../harness/trial.ts";
import type { Step } from "../harness/transcript.ts";
import { placeOf } from "./places.ts";
import { labelled, milliseconds, paint, sides, WIDTH, wrap } from "./text.ts";

/** What surrounds a failure. */
export interface FailureContext {
  readonly lab: Lab;
  readonly seed: number;
  /** Path of the capture, if one was written. */
  readonly capture: string | undefined;
  /** "passes with the reference 02-arp: look there". */
  readonly blame: string | undefined;
}

const SHOWN_STEPS = 16;

/** The whole story of a failed check. */
export function failureText(result: CheckResult, context: FailureContext): string {
  const { check } = result;
  const verdict = result.verdict as Verdict & { outcome: "failed" };
  const name = `deno task lab${context.lab.number}`;
  const title = wrap(check.title, WIDTH - 35);
  const lines = [
    paint("red", sides(`✘ ${check.id.padEnd(20)} ${title[0]}`, milliseconds(result.milliseconds))),
    ...title.slice(1).map((line) => `${" ".repeat(23)}${line}`),
    "",
    ...ladder(result.transcript.steps),
    "",
    labelled("Expected", verdict.expected),
    labelled("Got", verdict.got),
  ];
  for (const { field, expected, got } of verdict.mismatches) lines.push(labelled("", `✘ ${field}: expected ${expected}, got ${got}`));
  if (verdict.complaints.length > 0) lines.push(labelled("Kernel", verdict.complaints.join(", ")));
  lines.push(labelled("Why", check.why));
  lines.push(...lookAt(result, verdict, context.lab));
  const logs = result.transcript.steps.filter((step) => step.kind === "log");
  if (logs.length > 0) {
    const shown = logs.slice(-8).map((step) => `step ${step.step}: ${step.text}`);
    lines.push(labelled("Your log", [...(logs.length > 8 ? [`… ${logs.length - 8} earlier lines`] : []), ...shown].join("\n")));
  }
  if (context.blame !== undefined) lines.push(labelled("Blame", context.blame));
  lines.push(labelled("Again", `${name} --only ${check.id} --seed ${context.seed}`));
  if (context.capture !== undefined) lines.push(labelled("Capture", context.capture));
  lines.push(labelled("Hint", `${name} --hint ${check.id}`));
  return lines.join("\n");
}

/** The packets and calls, one a line; wrong packets are marked below. */
function ladder(steps: readonly Step[]): string[] {
  const lines: string[] = [];
  let number = 0;
  const numbered = steps.filter((step) => step.kind !== "log").length;
  if (numbered > SHOWN_STEPS) lines.push(paint("dim", `  … ${numbered - SHOWN_STEPS} earlier steps`));
  for (const step of steps) {
    if (step.kind === "log") continue;
    number++;
    if (number <= numbered - SHOWN_STEPS) continue;
    const head = `  ${String(number).padStart(3)} ${milliseconds(step.time).padStart(9)}   `;
    if (step.kind !== "packet") {
      const text = wrap(step.text, WIDTH - head.length);
      lines.push(`${head}${text[0]}`, ...text.slice(1).map((line) => `${" ".repeat(head.length)}${line}`));
      continue;
    }
    const arrow = step.direction === "to you" ? `${step.other} ──▶ you` : `${step.other} ◀── you`;
    const indent = head.length + arrow.length + 3;
    const text = wrap(step.text, WIDTH - indent);
    lines.push(`${head}${paint("cyan", arrow)}   ${text[0]}`, ...text.slice(1).map((line) => `${" ".repeat(indent)}${line}`));
    for (const problem of step.problems) lines.push(paint("red", `${" ".repeat(indent)}✘ ${problem}`));
    if (step.note !== "") lines.push(...wrap(`(${step.note})`, WIDTH - indent).map((line) => paint("dim", `${" ".repeat(indent)}${line}`)));
  }
  return lines;
}

function lookAt(result: CheckResult, verdict: Verdict & { outcome: "failed" }, lab: Lab): string[] {
  const symbols = [...new Set([...(verdict.symbol === undefined ? [] : [verdict.symbol]), ...result.check.look])].slice(0, 3);
  const lines: string[] = [];
  for (const symbol of symbols) {
    const place = placeOf(symbol, lab);
    if (place === undefined) continue;
    lines.push(labelled(lines.length === 0 ? "Look at" : "", `${symbol}  ${place.file}`));
    if (lines.length === 1) lines.push(labelled("", place.handout));
  }
  return lines;
}

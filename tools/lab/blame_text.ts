/**
 * What a student reads of a blame: which swap makes the check pass, where the fault sits, and which check of that lab's
 * own says more.
 */
import { findLab, type Lab } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { Blame } from "./blame.ts";

/** "01–03 and 06". */
export function rangesText(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return listed(runs.map(([first, last]) => first === last ? two(first) : `${two(first)}–${two(last)}`), "and");
}

/** "03 ip". */
export function labText(number: number): string {
  return (findLab(number) as Lab).folder.replace("-", " ");
}

/** The whole of it, in sentences. `own`: a check of the lab that is to blame which fails on this fault too. */
export function blameText(blame: Blame, own?: Check): string {
  const { sits, mine, together, shows, untried, unsteady } = blame;
  const fails = `fails with your ${rangesText(mine)}`;
  if (unsteady) return `${fails}, but passed when it was run again: it is not the same each time, so no lab can be blamed.`;
  const rest = untried.length > 0 ? `${rangesText(untried)} could not be tried in time` : "still fails with any other swap";
  const [only] = sits;
  if (sits.length > 1) {
    const all = listed(sits.map(labText), "or");
    return `${fails}; passes when ${all} is the reference; ${rest}. The fault sits in one of them, or in how they fit together.`;
  }
  if (only !== undefined) {
    const place = only === shows ? "The fault sits in this lab." : `The fault shows in lab ${two(shows)} and sits in lab ${two(only)}.`;
    return `${fails}; passes when ${labText(only)} is the reference; ${rest}. ${place}${ownText(only, shows, own)}`;
  }
  if (together.length > 0) {
    const all = listed(together.map(labText), "and");
    return `${fails}; no single swap makes it pass, but ${all} together do: there is a fault in each of them.`;
  }
  if (untried.length > 0) return `${fails}; no swap that was tried makes it pass; ${rest}.`;
  return `${fails}, and with the reference in place of all of them: it is not your code's doing. Tell your instructor.`;
}

function ownText(number: number, shows: number, own: Check | undefined): string {
  if (number === shows) return "";
  if (own === undefined) return ` All checks of lab ${two(number)} itself pass: this one is the first to see it.`;
  return ` A check of its own fails too, ${own.id}: ${own.title}.`;
}

function listed(texts: readonly string[], word: "and" | "or"): string {
  return texts.length < 2 ? texts.join() : `${texts.slice(0, -1).join(", ")} ${word} ${texts.at(-1)}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

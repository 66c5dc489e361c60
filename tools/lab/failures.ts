/**
 * Of many failures, which to read first. One wrong function fails a dozen checks; those that call it directly say most,
 * those on the live wire least. So tables come first, then scenarios, then live checks; and among those that are shown in
 * full, each shall be about another function.
 */
import type { CheckKind } from "../harness/suite.ts";
import { type Failure, suspectOf } from "./failure_report.ts";

const KINDS: readonly CheckKind[] = ["table", "scenario", "live"];

/** The failures in the order in which they are best read. */
export function inReadingOrder(failures: readonly Failure[]): Failure[] {
  const sorted = failures.toSorted((a, b) => KINDS.indexOf(a.check.kind) - KINDS.indexOf(b.check.kind));
  const still = sorted.filter(({ check }) => check.kind !== "live");
  return [...onePerSuspect(still), ...onePerSuspect(sorted.slice(still.length))];
}

/** The first failure of each suspected function, then the others. */
function onePerSuspect(failures: readonly Failure[]): Failure[] {
  const suspects = new Set<string>();
  const firsts = failures.filter((failure) => {
    const suspect = suspectOf(failure);
    const fresh = !suspects.has(suspect);
    suspects.add(suspect);
    return fresh;
  });
  return [...firsts, ...failures.filter((failure) => !firsts.includes(failure))];
}

/**
 * Of many failures, which to read first. One wrong function fails a dozen checks; those that call it directly say most,
 * those on the live wire least. So tables come first, then scenarios, then live checks, each in the order of the groups, which is
 * that of the handout; and if only some are shown in full, each of them shall be about another function. Before all of them comes a name
 * that the code uses and does not have: until that is mended, no other failure means what it says.
 */
import type { CheckKind } from "../harness/suite.ts";
import { type Failure, suspectOf, unknownName } from "./failure_report.ts";

const KINDS: readonly CheckKind[] = ["table", "scenario", "live"];

/** The failures in the order in which they are best read, if the first `shown` are shown in full. */
export function inReadingOrder(failures: readonly Failure[], shown = failures.length): Failure[] {
  const rank = (failure: Failure): number => (unknownName(failure) === undefined ? KINDS.length : 0) + KINDS.indexOf(failure.check.kind);
  const sorted = failures.toSorted((a, b) => rank(a) - rank(b));
  if (shown >= failures.length) return sorted;
  const still = sorted.filter(({ check }) => check.kind !== "live");
  const first = [...onePerSuspect(still), ...onePerSuspect(sorted.slice(still.length))].slice(0, shown);
  return [...first, ...sorted.filter((failure) => !first.includes(failure))];
}

/** Failures by the same unknown name, the one to read first in front; and all others. */
export function byUnknownName(failures: readonly Failure[]): { readonly unknown: Failure[][]; readonly others: Failure[] } {
  const named = inReadingOrder(failures.filter((failure) => unknownName(failure) !== undefined));
  return {
    unknown: [...Map.groupBy(named, (failure) => unknownName(failure)).values()],
    others: failures.filter((failure) => !named.includes(failure)),
  };
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

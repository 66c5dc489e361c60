/**
 * Of many failures, which to read first. One wrong function fails a dozen checks; those that call it directly say most,
 * those on the live wire least. So tables come first, then scenarios, then live checks, each in the order of the groups, which is
 * that of the handout; and if only some are shown in full, each of them shall be about another function. Before all of them comes a name
 * that the code uses and does not have: until that is mended, no other failure means what it says.
 */
import type { CheckKind } from "../harness/suite.ts";
import { type Failure, suspectOf, unknownName } from "./failure_report.ts";
import { cut, WIDTH } from "./text.ts";

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

/** Lines of a summary that name a function, at most. */
const FUNCTIONS = 9;

/**
 * Of several failures, what is read before the first: how many point to which function, and the check to read for each, in the order in which they are best
 * read. At most twelve lines; none for a single failure.
 */
export function overview(unknown: readonly (readonly Failure[])[], others: readonly Failure[]): string[] {
  const suspects = [...Map.groupBy(inReadingOrder(others), suspectOf)].map(([suspect, failures]) => ({ suspect, failures }));
  const rows = [...unknown.map((failures) => ({ suspect: `the name ${unknownName(failures[0] as Failure)}`, failures })), ...suspects];
  const count = rows.reduce((sum, { failures }) => sum + failures.length, 0);
  if (count < 2) return [];
  const shown = rows.slice(0, FUNCTIONS);
  const width = Math.max(...shown.map(({ suspect }) => suspect.length));
  const more = rows.length - shown.length;
  return [
    rows.length === 1
      ? `${count} checks fail, and all point to the same place:`
      : `${count} checks fail. Begin with the first line; the rest may follow from it:`,
    "",
    ...shown.map(({ suspect, failures }) =>
      cut(
        `  ${suspect.padEnd(width)}  ${String(failures.length).padStart(3)} ${failures.length === 1 ? "check " : "checks"}  ${
          failures[0]?.check.id
        }`,
        WIDTH,
      )
    ),
    ...(more > 0 ? [`  … and ${more} more ${more === 1 ? "function" : "functions"}`] : []),
  ];
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

/**
 * Points. A lab's points are shared out over its checks by weight, in whole hundredths, so that what the checks earn adds up
 * exactly to what the lab earns, whoever adds it up.
 */
import type { GradedCheck, MyChecks, Tally } from "./result.ts";

/**
 * Shares `points` out in proportion to the weights, in hundredths of a point: whole numbers whose sum is exactly 100 × points.
 * What is left over by rounding down goes to the largest remainders, the earlier first.
 */
export function shareOut(points: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) return weights.map(() => 0);
  const exact = weights.map((weight) => points * 100 * weight / total);
  const shares = exact.map(Math.floor);
  let left = Math.round(points * 100) - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = exact.map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder) {
    if (left-- <= 0) break;
    shares[index] = (shares[index] as number) + 1;
  }
  return shares;
}

/** What a student's own checks of a lab earn, of `points`: the share of the wrong solutions that they catch, rounded down to the hundredth. */
export function creditOf({ killed, of }: Pick<MyChecks, "killed" | "of">, points: number): number {
  return of === 0 ? 0 : Math.floor(points * 100 * killed / of) / 100;
}

/** The tally of some checks. */
export function tally(checks: readonly Pick<GradedCheck, "outcome" | "points" | "ofPoints">[]): Tally {
  return {
    passed: checks.filter((check) => check.outcome === "passed").length,
    of: checks.length,
    points: sum(checks.map((check) => check.points)),
    ofPoints: sum(checks.map((check) => check.ofPoints)),
  };
}

/** The sum of tallies. */
export function addUp(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((all, each) => all + each.passed, 0),
    of: tallies.reduce((all, each) => all + each.of, 0),
    points: sum(tallies.map((each) => each.points)),
    ofPoints: sum(tallies.map((each) => each.ofPoints)),
  };
}

/** Adds up points, exact to the hundredth. */
function sum(points: readonly number[]): number {
  return points.reduce((all, each) => all + Math.round(each * 100), 0) / 100;
}

/** How a check ends when it does not pass. Matchers throw these; nothing else is a verdict. */
import type { Mismatch } from "./matchers.ts";

/** What was expected did not come. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
  readonly expected: string;
  readonly got: string;
  /** Every wrong field, where the comparison was field by field. */
  readonly mismatches: readonly Mismatch[];
  /** The lab function that is known to be at fault: "parseIpv4". */
  readonly symbol: string | undefined;

  constructor(expected: string, got: string, details: { mismatches?: readonly Mismatch[]; symbol?: string } = {}) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
    this.mismatches = details.mismatches ?? [];
    this.symbol = details.symbol;
  }
}

/** A lab function that the check needs is not written yet. */
export class NotWritten extends Error {
  override readonly name = "NotWritten";
  readonly symbol: string;

  constructor(symbol: string) {
    super(`${symbol} is not written yet`);
    this.symbol = symbol;
  }
}

/** The check could not be run, for a reason that is not the student's. */
export class CheckSkipped extends Error {
  override readonly name = "CheckSkipped";
}

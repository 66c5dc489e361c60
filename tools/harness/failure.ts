/** How a check ends when it does not pass. Matchers throw these; nothing else is a verdict. */
import type { Mismatch, RightField } from "./matchers.ts";

/** What a part of a check is about, where that is not what the whole check is about: how it is set up, or that the connection still works in the end. */
export interface Topic {
  /** In place of the check's own. */
  readonly why?: string;
  /** The contract functions to look at first; the check's own come behind them. */
  readonly look: readonly string[];
}

/** What is known of a failure beside what was expected and what came. */
export type FailureDetails = Partial<Pick<CheckFailed, "mismatches" | "right" | "symbol" | "at">>;

/** What was expected did not come. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
  readonly expected: string;
  readonly got: string;
  /** Every wrong field, where the comparison was field by field. */
  readonly mismatches: readonly Mismatch[];
  /** The other fields of the comparison, which were as expected. */
  readonly right: readonly RightField[];
  /** The lab function that is known to be at fault: "parseIpv4". */
  readonly symbol: string | undefined;
  /** Where an exception left the student's code: "parseIpv4 (labs/03-ip/ipv4.ts:31)". */
  readonly at: string | undefined;
  /** What the part of the check was about in which it failed. */
  topic: Topic | undefined;

  constructor(expected: string, got: string, details: FailureDetails = {}) {
    super(`expected ${expected}, got ${got}`);
    // Checks make these of what student code returned: what JSON.stringify() makes of undefined is no text.
    this.expected = String(expected);
    this.got = String(got);
    this.mismatches = details.mismatches ?? [];
    this.right = details.right ?? [];
    this.symbol = details.symbol;
    this.at = details.at;
  }
}

/** Does a part of a check that is about something of its own; a failure in it says so. */
export async function about<T>(topic: Topic, part: () => T | Promise<T>): Promise<T> {
  try {
    return await part();
  } catch (error) {
    // Of two topics the inner one counts, as far as it says something.
    if (error instanceof CheckFailed) error.topic = { ...topic, ...error.topic };
    throw error;
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

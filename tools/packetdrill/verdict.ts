/** What becomes of a script. */
import type { Malformed, Need, Place } from "./script.ts";

export type Verdict = { readonly script: string } & (Passed | Failed | NeedsMore | Unreadable);

interface Passed {
  readonly verdict: "passed";
  /** Virtual or real time from the first event to the last, in microseconds. */
  readonly took: number;
}

interface Failed {
  readonly verdict: "failed";
  readonly failure: Failure;
}

interface NeedsMore {
  readonly verdict: "needs";
  /** The first thing that is missing, and whatever else was seen before the script was run. */
  readonly needs: readonly Need[];
}

interface Unreadable {
  readonly verdict: "malformed";
  readonly malformed: Malformed;
}

/** The first line of a script that did not come true. */
export interface Failure {
  readonly place: Place;
  /** What the line asks for and what happened, each one line: "S. 0:0(0) ack 1", "R. 0:0(0) ack 1". */
  readonly expected: string;
  readonly got: string;
  /** Each thing that differs: "ack: 2 in place of 1". */
  readonly differences: readonly string[];
  /** Everything that went over the wire and every call up to here, in the order in which it happened. */
  readonly story: readonly Happening[];
}

/** One line of a ladder. Times in microseconds since the script began. */
export type Happening =
  | { readonly kind: "packet"; readonly time: number; readonly direction: "in" | "out"; readonly text: string; readonly line?: number }
  | { readonly kind: "call"; readonly time: number; readonly text: string; readonly line?: number }
  | { readonly kind: "note"; readonly time: number; readonly text: string; readonly line?: number };

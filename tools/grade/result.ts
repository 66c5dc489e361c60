/**
 * What a grading leaves behind of one submission: `result.json`, our own format, from which every other format is made.
 *
 * Rules: it holds nothing that differs between two gradings of the same submission with the same seed, so no times (those are
 * in `timing.json`), no ports of the kernel's choosing, no paths of the grading machine. Points are decimal numbers with at
 * most two places; they were shared out as whole hundredths, so that their sums agree exactly. What a student may see of it
 * is decided in `policy.ts`, never here.
 */
import type { CheckKind, Visibility } from "../harness/suite.ts";
import type { Origin } from "../harness/workspace.ts";

/** The name and version of the format. A reader refuses what it does not know. */
export const FORMAT = "wallsocket-result/1";

/** What became of a check. "broken" is a fault of the check itself: it earns nothing, and the summary says so. */
export type Outcome = "passed" | "failed" | "not written" | "skipped" | "broken";

/** One check. */
export interface GradedCheck {
  /** "checksum/odd-length". */
  readonly id: string;
  readonly group: string;
  /** "the kernel pings you with 57 bytes of data". */
  readonly title: string;
  readonly visibility: Visibility;
  readonly kind: CheckKind;
  readonly outcome: Outcome;
  /** The version of the suite whose check counted. Only where two were in force: see `versions.ts`. */
  readonly version?: number;
  /** What it earned, and what it was worth. */
  readonly points: number;
  readonly ofPoints: number;
  /** For a check that did not pass. */
  readonly why?: string;
  /** The function to look at, and where the handout explains it: "labs/03-ip/README.md#internetchecksum". */
  readonly symbol?: string;
  readonly handout?: string;
  /** What was expected and what came. Only on the virtual wire: what the real kernel sends differs from run to run. */
  readonly expected?: string;
  readonly got?: string;
  /** Why it was skipped. */
  readonly reason?: string;
  /**
   * Graded with `--mine`: the folders of the labs of which each alone, taken from the reference, makes the check pass; or if none does, of those
   * that together do.
   */
  readonly blame?: { readonly sits: readonly string[]; readonly together?: readonly string[] };
}

/** How many checks passed, of how many; and what they earned, of what they are worth. */
export interface Tally {
  readonly passed: number;
  readonly of: number;
  readonly points: number;
  readonly ofPoints: number;
}

/**
 * What became of a lab. "graded": its checks ran. "not begun": no file, or only the stubs as they were shipped. "not loaded": its
 * files cannot be loaded, `reason` says why. "cut short": the grading of the submission took longer than it may.
 */
export type LabStatus = "graded" | "not begun" | "not loaded" | "cut short";

/** What the checks that the student wrote came to. They are worth what the policy gives for them (`policy.ts`), outside of all tallies. */
export interface MyChecks {
  /** How many there are, and how many of them right code passes. */
  readonly checks: number;
  readonly right: number;
  /** Wrong solutions that the right ones catch, of how many. */
  readonly killed: number;
  readonly of: number;
  /** The time was over before all were tried. */
  readonly cut?: true;
  /** Why they cannot be used at all. */
  readonly problem?: string;
}

/** One lab. A lab that was not graded lists its checks all the same, each as "not written". */
export interface GradedLab {
  readonly lab: number;
  /** "03-ip". */
  readonly folder: string;
  /** "IP". */
  readonly name: string;
  readonly status: LabStatus;
  readonly reason?: string;
  /** Whose code each module of the run was: { framing: "reference", arp: "reference", ip: "yours" }. */
  readonly origins: Readonly<Record<string, Origin>>;
  readonly public: Tally;
  readonly hidden: Tally;
  readonly total: Tally;
  readonly checks: readonly GradedCheck[];
  /** With `--my-checks`, where the submission has some. */
  readonly myChecks?: MyChecks;
}

/** The whole grading of one submission. */
export interface Result {
  readonly format: typeof FORMAT;
  readonly submission: {
    /** The name of its folder below `--out`. */
    readonly name: string;
    /** SHA-256 over the files that were graded. */
    readonly hash: string;
    /** SHA-256 of each file that was graded, by its path in the kit. */
    readonly files: Readonly<Record<string, string>>;
    /** Other files it held. They were not used. */
    readonly ignored: readonly string[];
    /** Why it could not be read at all. Then no lab is graded. */
    readonly problem?: string;
  };
  /** With what it was graded: hashes of stack and tools, of the suites of each lab, and of the policy. */
  readonly grader: {
    readonly deno: string;
    readonly kit: string;
    readonly suites: Readonly<Record<string, string>>;
    /** SHA-256 of the policy that the formats were made under. */
    readonly policy: string;
    readonly seed: number;
    /** The labs ran on the submission's other labs, not on the reference's. */
    readonly mine?: true;
    /** What the students' own checks catch was counted. */
    readonly myChecks?: true;
    /** The checks that counted in their earlier version too, each with the last day on which it does; left out where there are none. */
    readonly earlier?: Readonly<Record<string, string>>;
    /** "virtual": the live checks were left out, and are worth nothing. */
    readonly wire: "live" | "virtual";
    /** The layers of the sandbox that were on: "no permissions", "limits", "bubblewrap", … */
    readonly sandbox: readonly string[];
  };
  readonly labs: readonly GradedLab[];
  readonly public: Tally;
  readonly hidden: Tally;
  readonly total: Tally;
}

/** How long things took, in milliseconds. Beside the result, because it is never the same twice. */
export interface Timing {
  readonly total: number;
  readonly labs: Readonly<Record<string, number>>;
  readonly checks: Readonly<Record<string, number>>;
}

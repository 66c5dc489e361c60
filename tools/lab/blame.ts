/**
 * Blame by substitution: when a check fails and the code of several labs was the student's, the same check is run again with
 * the same seed, each time with one of these labs taken from the reference (in a kit: from the peer bundle). The swap that makes it
 * pass says where the fault sits, however far above it shows.
 *
 * Rules: on the virtual wire a run is the same each time, so one run for each swap decides. On a live wire it is not: the check must
 * fail once more with nothing swapped, and pass twice with a swap. A check that "passes" because it was skipped proves nothing.
 */
import { type Lab, labs } from "../../labs/manifest.ts";
import type { KernelPeer } from "../harness/kernel/kernel_peer.ts";
import { Subject } from "../harness/subject.ts";
import { type CheckResult, runCheck } from "../harness/trial.ts";
import type { Origin, Selection } from "../harness/workspace.ts";

/** Where a fault sits. Labs go by their numbers, in their order. */
export interface Blame {
  /** The lab whose check failed. */
  readonly shows: number;
  /** The labs whose code was the student's, among those that ran. */
  readonly mine: readonly number[];
  /** The labs of which each alone, swapped, makes the check pass. */
  readonly sits: readonly number[];
  /** When none alone does: the fewest that were found to do it together. Empty: it fails with all of them swapped. */
  readonly together: readonly number[];
  /** Labs for whose swap there was no time. */
  readonly untried: readonly number[];
  /** It passed when it was run again with nothing swapped, so nothing can be said. Only on a live wire. */
  readonly unsteady: boolean;
}

/** What finding out needs. */
export interface BlameMeans {
  /** The code that failed. */
  readonly selection: Selection;
  /** What can stand in for a lab; undefined when nothing can. */
  readonly standIn: (lab: Lab) => Origin | undefined;
  /** The kernel, for live checks, or why there is none. */
  readonly kernel: () => Promise<KernelPeer | string>;
  /** Milliseconds for one failure. */
  readonly limit?: number;
}

const LIMIT = 10_000;
/** The last lab that runs on those below it alone; from here on all run together. */
const BELOW_TCP = 3;
/** The last of those that TCP is split over, which run together. */
const TCP = 7;

/** The labs whose code runs in the checks of a lab. */
export function labsThatRun(lab: number): readonly Lab[] {
  return labs.filter(({ number }) => number <= (lab <= BELOW_TCP ? lab : Math.max(lab, TCP)));
}

/** Finds out for one failure after another. The processes that it needs are kept for the next one until `close`. */
export class Blamer {
  readonly #means: BlameMeans;
  readonly #subjects = new Map<string, Subject>();
  #closed = false;

  constructor(means: BlameMeans) {
    this.#means = means;
  }

  /** Whose fault it is; undefined when fewer than two labs were the student's, or nothing can stand in. */
  async blame(failure: CheckResult): Promise<Blame | undefined> {
    const { selection, standIn, limit = LIMIT } = this.#means;
    const shows = failure.check.lab;
    const mine = labsThatRun(shows).filter(({ module }) => selection.origins[module] === "yours");
    const swaps = mine.filter((lab) => standIn(lab) !== undefined);
    if (mine.length < 2 || swaps.length === 0) return undefined;
    const blame = { shows, mine: mine.map(({ number }) => number), sits: [], together: [], untried: [], unsteady: false };
    if (failure.check.kind === "live" && await this.#passes(failure, [])) return { ...blame, unsteady: true };
    const deadline = performance.now() + limit;
    const sits: number[] = [], untried: number[] = [];
    for (const lab of swaps) {
      if (performance.now() > deadline) untried.push(lab.number);
      else if (await this.#passesSurely(failure, [lab])) sits.push(lab.number);
    }
    const together = sits.length > 0 || untried.length > 0 ? [] : await this.#together(failure, swaps);
    return { ...blame, sits, untried, together };
  }

  /** A selection with these labs swapped. */
  swapped(numbers: readonly number[]): Selection {
    const { selection, standIn } = this.#means;
    const origins = { ...selection.origins };
    for (const lab of labs) if (numbers.includes(lab.number)) origins[lab.module] = standIn(lab) ?? origins[lab.module];
    return { ...selection, origins };
  }

  /** The process that runs with these labs swapped. It is this object's to end. */
  subject(numbers: readonly number[]): Subject {
    const key = numbers.join();
    let subject = this.#subjects.get(key);
    if (subject === undefined) this.#subjects.set(key, subject = new Subject(this.swapped(numbers)));
    if (this.#closed) subject.close();
    return subject;
  }

  /** Ends the processes. Whoever still waits for a blame gets one that means nothing. */
  close(): void {
    this.#closed = true;
    for (const subject of this.#subjects.values()) subject.close();
    this.#subjects.clear();
  }

  /** Swaps all, and takes back one after the other whatever is not needed for the check to pass. */
  async #together(failure: CheckResult, swaps: readonly Lab[]): Promise<number[]> {
    if (!await this.#passesSurely(failure, swaps)) return [];
    let needed = swaps;
    for (const lab of swaps) {
      const fewer = needed.filter((each) => each !== lab);
      if (fewer.length > 1 && await this.#passesSurely(failure, fewer)) needed = fewer;
    }
    return needed.map(({ number }) => number);
  }

  async #passesSurely(failure: CheckResult, swapped: readonly Lab[]): Promise<boolean> {
    return await this.#passes(failure, swapped) && (failure.check.kind !== "live" || await this.#passes(failure, swapped));
  }

  async #passes({ check, seed }: CheckResult, swapped: readonly Lab[]): Promise<boolean> {
    const subject = this.subject(swapped.map(({ number }) => number));
    const { verdict } = await runCheck(check, seed, { subject, kernel: this.#means.kernel });
    return verdict.outcome === "passed";
  }
}

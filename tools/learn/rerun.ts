/**
 * Runs the checks of a lab again and again, as files are saved: the one that the learner is at first, then its group, then the others. A new
 * run ends the one before at once. What can be warm is: the suites are loaded, the workspace has everything compiled but what was
 * saved, and the kernel peer, once it was started, waits for the next run.
 *
 * Three rounds, one after the other, so that the first verdict has the machine for itself: public checks of the virtual wire, hidden ones where there are
 * any, and live ones, which mostly wait. The check that the learner is at goes ahead of all rounds.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import type { Selection } from "../harness/workspace.ts";
import { Lane, LiveWire, runLab } from "../lab/run.ts";

/** Which checks are under way. */
export type Round = "checks" | "hidden" | "live";

/** What is to be run. */
export interface RerunOptions {
  readonly lab: Lab;
  readonly selection: Selection;
  /** In the order in which verdicts are wanted. */
  readonly checks: readonly Check[];
  readonly seed: number;
  readonly virtual: boolean;
  readonly begins: (round: Round) => void;
  readonly done: (result: CheckResult) => void;
}

export class Rerun {
  readonly #wire = new LiveWire("ffi");
  readonly #live = new Lane();
  #abort = new AbortController();

  /** Why there is no live wire, once that was found out. */
  get refused(): LiveWire["refused"] {
    return this.#wire.refused;
  }

  /** Ends what is under way, and runs. False: it was ended itself. Throws a WorkspaceError or SubjectDied when the code cannot even be loaded. */
  async run(options: RerunOptions): Promise<boolean> {
    this.#abort.abort();
    const { signal } = this.#abort = new AbortController();
    for (const [round, checks] of roundsOf(options.checks)) {
      if (signal.aborted) return false;
      options.begins(round);
      const { lab, selection, seed, virtual, done } = options;
      const lanes = { still: new Lane(), live: this.#live };
      try {
        await runLab({ lab, selection, checks, seed, virtual, done, driver: "ffi", inspect: false, wire: this.#wire, lanes, signal });
      } catch (error) {
        if (signal.aborted) return false;
        throw error;
      }
    }
    return !signal.aborted;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#abort.abort();
  }

  /** Ends everything. */
  close(): void {
    this.stop();
    this.#wire.close();
  }
}

function roundsOf(checks: readonly Check[]): [Round, Check[]][] {
  const [first] = checks;
  const ahead: [Round, Check[]][] = first === undefined || roundOf(first) === "checks" ? [] : [[roundOf(first), [first]]];
  const rounds = Map.groupBy(ahead.length === 0 ? checks : checks.slice(1), roundOf);
  return [
    ...ahead,
    ...(["checks", "hidden", "live"] as const).flatMap((round): [Round, Check[]][] => {
      const found = rounds.get(round);
      return found === undefined ? [] : [[round, found]];
    }),
  ];
}

function roundOf({ kind, visibility }: Check): Round {
  return kind === "live" ? "live" : visibility === "hidden" ? "hidden" : "checks";
}

/** The checks in the order in which their verdicts are wanted: `first`, its group, the others. */
export function wantedFirst(checks: readonly Check[], first: Check | undefined): Check[] {
  const rank = (check: Check): number => check === first ? 0 : check.group === first?.group ? 1 : 2;
  return checks.toSorted((a, b) => rank(a) - rank(b));
}

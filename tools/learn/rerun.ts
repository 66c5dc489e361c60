/**
 * Runs the checks of a lab again and again, as files are saved: the one that the learner is at first, then its group, then the others. A new
 * run ends the one before at once. What can be warm is: the suites are loaded, the workspace has everything compiled but what was
 * saved, and the kernel peer, once it was started, waits for the next run.
 *
 * The rounds are one after the other, so that the first verdict has the machine for itself: public checks of the virtual wire, failures that the learner
 * has kept, hidden checks where there are any, and live ones, which mostly wait. The check that the learner is at goes ahead of all rounds.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { CheckResult, TrialMeans } from "../harness/trial.ts";
import type { Selection } from "../harness/workspace.ts";
import { MINE, type Regression, runRegressions } from "../lab/regressions.ts";
import { Lane, LiveWire, runLab } from "../lab/run.ts";

/** Which checks are under way. */
export type Round = "checks" | "mine" | "hidden" | "live";

/** What is to be run. */
export interface RerunOptions {
  readonly lab: Lab;
  readonly selection: Selection;
  readonly checks: readonly Check[];
  /** Failures that the learner has kept. */
  readonly kept: readonly Regression[];
  /** The check whose verdict is wanted first. */
  readonly at: Check | undefined;
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
    for (const [round, work] of this.#rounds(options, signal)) {
      if (signal.aborted) return false;
      options.begins(round);
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return false;
        throw error;
      }
    }
    return !signal.aborted;
  }

  #rounds({ kept, at, begins: _, ...options }: RerunOptions, signal: AbortSignal): [Round, () => Promise<unknown>][] {
    const rounds = roundsOf(wantedFirst(options.checks, at)).map(([round, checks]): [Round, () => Promise<unknown>] => {
      const lanes = { still: new Lane(), live: this.#live };
      return [round, () => runLab({ ...options, checks, driver: "ffi", inspect: false, wire: this.#wire, lanes, signal })];
    });
    if (kept.length === 0) return rounds;
    const { selection, virtual, done } = options;
    const kernel: TrialMeans["kernel"] = () => virtual ? Promise.resolve("--virtual was given") : this.#wire.kernel();
    const wanted = kept.toSorted((a, b) => Number(b.id === at?.id) - Number(a.id === at?.id));
    const place = at?.group === MINE ? 0 : rounds.findLastIndex(([round]) => round === "checks") + 1;
    return rounds.toSpliced(place, 0, ["mine", () => runRegressions(wanted, selection, kernel, { done, signal })]);
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
function wantedFirst(checks: readonly Check[], first: Check | undefined): Check[] {
  const rank = (check: Check): number => check === first ? 0 : check.group === first?.group ? 1 : 2;
  return checks.toSorted((a, b) => rank(a) - rank(b));
}

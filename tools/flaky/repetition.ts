/**
 * Runs the checks of a lab again and again against its own solution. A check that draws its inputs gets another seed each time; one that
 * draws nothing, or that meets the real kernel, is only run again. Many runs share a process, which is where the time goes otherwise.
 */
import type { Lab } from "../../labs/manifest.ts";
import { Subject } from "../harness/subject.ts";
import type { Check, Trial } from "../harness/suite.ts";
import { type CheckResult, runCheck } from "../harness/trial.ts";
import type { Selection } from "../harness/workspace.ts";
import { LiveWire, loadChecks, seedOf } from "../lab/run.ts";

/** A run that went wrong: the seed of the run it was in, and what it said. */
export interface Flake {
  readonly check: Check;
  readonly seed: number;
  readonly result: CheckResult;
}

/** How often checks of one kind were run. */
export interface Count {
  readonly checks: number;
  /** Of each. */
  readonly times: number;
}

/** What a lab came to. */
export interface Report {
  readonly randomised: Count;
  readonly fixed: Count;
  readonly live: Count;
  /** Why live checks were not run. */
  readonly noWire: string | undefined;
  readonly flakes: readonly Flake[];
}

/** What is run, and how often. */
export interface Plan {
  readonly seeds: number;
  /** The first seed. */
  readonly from: number;
  readonly repeat: number;
  readonly selection: Selection;
  /** Called for each run that went wrong. */
  readonly flaked?: (flake: Flake) => void;
}

/** A subject may use so much processor time and no more: a fresh one after so many runs of the whole suite. */
const ROUNDS_IN_A_PROCESS = 25;
/** After 250 wires a kernel peer begins with the same addresses again, and the kernel still has connections of before: a fresh one in time. */
const LIVE_IN_A_PROCESS = 120;

/** Runs the checks of a lab as often as the plan says. */
export async function repeatLab(lab: Lab, plan: Plan): Promise<Report> {
  const all = await loadChecks(lab, true);
  const live = all.filter(({ kind }) => kind === "live");
  const drawing = new Set<string>();
  const watched = all.filter(({ kind }) => kind !== "live").map((check) => ({ ...check, run: watching(check, drawing) }));
  const flakes: Flake[] = [];
  let noWire: string | undefined;
  const rounds = async (checks: readonly Check[], first: number, count: number, most = ROUNDS_IN_A_PROCESS): Promise<void> => {
    for (let done = 0; done < count && checks.length > 0; done += most) {
      noWire ??= await inSubject(lab, plan, async (run) => {
        for (let seed = first + done; seed < first + Math.min(done + most, count); seed++) {
          for (const check of checks) {
            const result = await run(check, seed);
            if (result.verdict.outcome === "passed" || result.verdict.outcome === "skipped") continue;
            flakes.push({ check, seed, result });
            plan.flaked?.({ check, seed, result });
          }
        }
      });
    }
  };
  const { from, seeds, repeat } = plan;
  if (seeds > 0 || repeat > 0) await rounds(watched, from, 1);
  const randomised = watched.filter(({ id }) => drawing.has(id));
  const fixed = watched.filter(({ id }) => !drawing.has(id));
  await rounds(randomised, from + 1, seeds - 1);
  await rounds(fixed, from + 1, repeat - 1);
  await rounds(live, from, repeat, Math.max(1, Math.floor(LIVE_IN_A_PROCESS / live.length)));
  return {
    randomised: { checks: randomised.length, times: Math.max(1, seeds) },
    fixed: { checks: fixed.length, times: Math.max(1, repeat) },
    live: { checks: live.length, times: noWire === undefined ? repeat : 0 },
    noWire,
    flakes,
  };
}

type Run = (check: Check, seed: number) => Promise<CheckResult>;

/** Does `work` with a fresh subject and a fresh wire, which is opened when a check asks for it; returns why it could not be. */
async function inSubject(lab: Lab, plan: Plan, work: (run: Run) => Promise<void>): Promise<string | undefined> {
  const subject = new Subject({ lab: lab.number, ...plan.selection });
  const wire = new LiveWire("ffi");
  try {
    await subject.start();
    await work((check, seed) => runCheck(check, seedOf(seed, check.id), { subject, kernel: () => wire.kernel() }));
    return wire.refused?.what;
  } finally {
    subject.close();
    wire.close();
  }
}

/** The means by which a check's inputs come to depend on its seed; a TCP station draws the peer's first sequence number. */
const DRAWS: ReadonlySet<string | symbol> = new Set(["random", "seed", "tcp"]);

/** The body of the check, which notes in `drawing` that it draws. */
function watching(check: Check, drawing: Set<string>): Check["run"] {
  return (t) => {
    const watched = new Proxy(t, {
      get: (trial, name) => {
        if (DRAWS.has(name)) drawing.add(check.id);
        const value = Reflect.get(trial, name, trial);
        return typeof value === "function" && name in Object.getPrototypeOf(trial) ? value.bind(trial) : value;
      },
    });
    return check.run(watched as Trial);
  };
}

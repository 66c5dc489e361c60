/** Whose fault it is, when several labs are the learner's: found out when nothing else is to be done (`tools/lab/blame.ts`). */
import type { Check } from "../harness/suite.ts";
import type { Selection } from "../harness/workspace.ts";
import { Blamer } from "../lab/blame.ts";
import { ownFailure } from "../lab/blame_own.ts";
import { blameText } from "../lab/blame_text.ts";
import type { Failure } from "../lab/failure_report.ts";
import { MINE } from "../lab/regressions.ts";
import { standInFor } from "../lab/run.ts";

/** A blame in words. */
export interface Blamed {
  readonly text: string;
  /** When the fault sits in another lab: the check of its own that says more. */
  readonly own: Check | undefined;
}

/** Undefined when there is nothing to say. Only of checks on the virtual wire, which go the same way each time; what was kept is in its lab already. */
export async function blameOf(failure: Failure, selection: Selection, seed: number, signal: AbortSignal): Promise<Blamed | undefined> {
  if (failure.check.kind !== "scenario" || failure.check.group === MINE) return undefined;
  const blamer = new Blamer({ selection, standIn: standInFor, kernel: () => Promise.resolve("it is not needed") });
  const end = (): void => blamer.close();
  signal.addEventListener("abort", end);
  try {
    const blame = await blamer.blame(failure);
    if (blame === undefined || signal.aborted) return undefined;
    const [sits, more] = blame.sits;
    const elsewhere = sits !== undefined && more === undefined && sits !== failure.check.lab;
    const own = elsewhere ? await ownFailure(sits, selection, standInFor, seed) : undefined;
    return { text: blameText(blame, own), own };
  } finally {
    signal.removeEventListener("abort", end);
    blamer.close();
  }
}

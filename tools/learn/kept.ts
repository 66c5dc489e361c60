/** The failures that a learner has kept (`tools/lab/regressions.ts`), read before each run: they may be other ones by now. */
import type { Lab } from "../../labs/manifest.ts";
import { loadRegressions, type Regression } from "../lab/regressions.ts";
import { RunFileError } from "../lab/run_file.ts";
import { reasonOf } from "./progress.ts";

/** What a lab's folder of them has; none, and a sentence, when one of them cannot be read. */
export async function readKept(lab: Lab): Promise<{ readonly kept: readonly Regression[]; readonly trouble?: string }> {
  try {
    return { kept: await loadRegressions(lab) };
  } catch (error) {
    const trouble = error instanceof RunFileError ? error.message : `The failures that you kept cannot be read: ${reasonOf(error)}.`;
    return { kept: [], trouble };
  }
}

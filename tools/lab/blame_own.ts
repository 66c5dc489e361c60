/**
 * What the blamed lab's own checks say of the fault that showed in another one: they are nearer to it, and so tell more.
 */
import { findLab, type Lab, labs } from "../../labs/manifest.ts";
import type { Check } from "../harness/suite.ts";
import type { Origin, Selection } from "../harness/workspace.ts";
import { isFailure } from "./failure_report.ts";
import { inReadingOrder } from "./failures.ts";
import { hasReference, loadChecks, runLab } from "./run.ts";

/** The check of lab `number` to read first among those that fail with the student's code in that lab alone. None on a live wire. */
export async function ownFailure(
  number: number,
  selection: Selection,
  standIn: (lab: Lab) => Origin | undefined,
  seed: number,
): Promise<Check | undefined> {
  const lab = findLab(number) as Lab;
  const checks = (await loadChecks(lab, hasReference(lab))).filter(({ kind }) => kind !== "live");
  const origins = { ...selection.origins };
  for (const each of labs) if (each !== lab) origins[each.module] = standIn(each) ?? origins[each.module];
  const alone: Selection = { ...selection, origins, lab: number };
  const { results } = await runLab({ lab, selection: alone, checks, seed, virtual: true, driver: "ffi", inspect: false });
  return inReadingOrder(results.filter(isFailure))[0]?.check;
}

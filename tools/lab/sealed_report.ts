/**
 * What a student may see of hidden checks in a kit: how many passed, and of those that did not, in which group, what kind of
 * trouble it was, and which section of the handout is about it. Never their names, and never what they sent or expected.
 */
import type { Lab } from "../../labs/manifest.ts";
import type { CheckResult } from "../harness/trial.ts";
import { isFailure, suspectOf } from "./failure_report.ts";
import { placeOf } from "./places.ts";
import { labelled, paint } from "./text.ts";

const TROUBLE = { table: "a wrong result", scenario: "wrong on the virtual wire", live: "wrong on the live wire" } as const;

/** The lines about hidden checks; "" when none ran. */
export function sealedText(lab: Lab, results: readonly CheckResult[]): string {
  if (results.length === 0) return "";
  const passed = results.filter(({ verdict }) => verdict.outcome === "passed").length;
  const lines = [paint("bold", `Hidden checks: ${passed} of ${results.length}`)];
  for (const [group, failed] of Map.groupBy(results.filter(isFailure), ({ check }) => check.group)) {
    const troubles = [...new Set(failed.map(({ check, verdict }) => verdict.expected === "an answer" ? "no answer" : TROUBLE[check.kind]))];
    const sections = [...new Set(failed.flatMap((failure) => placeOf(suspectOf(failure), lab)?.handout ?? []))];
    lines.push(labelled("", `✘ ${failed.length} in ${group}: ${troubles.join(", ")}`, 2, 0));
    for (const section of sections.slice(0, 3)) lines.push(labelled("", section, 4, 0));
  }
  const broken = results.filter(({ verdict }) => verdict.outcome === "broken");
  if (broken.length > 0) {
    lines.push(labelled("", `! ${broken.length} could not be run: that is our fault and not yours. Tell your instructor.`, 2, 0));
  }
  return lines.join("\n");
}

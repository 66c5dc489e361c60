/**
 * What a student sees of a grading, as text of 80 columns: `student.txt`, which other formats carry as their message.
 *
 * The points come first, public, hidden and their sum; then each lab, with the public checks that failed, and of the hidden ones
 * what the policy shows: "public 44/44; hidden 17/22: three fail in retransmission".
 */
import { cut, labelled, WIDTH, wrap } from "../../lab/text.ts";
import type { Tally } from "../result.ts";
import type { LabView, Row, View } from "./view.ts";

/** A mark in front of a row that did not pass. */
const MARKS = { "passed": "✔", "failed": "✘", "not written": "·", "skipped": "–", "broken": "!" } as const;

const NO_KERNEL = "The live checks were left out, for want of a kernel to run them with; the others share the points of the lab.";

/** The whole text. It ends with a line feed. */
export function reportText(view: View): string {
  const parts = [
    cut(`Wallsocket: ${view.name}`, WIDTH),
    pointsTable(view),
    ...(view.wire === "live" ? [] : [wrap(NO_KERNEL, WIDTH).join("\n")]),
    ...(view.problem === undefined ? [] : [wrap(`Nothing was graded: ${view.problem}`, WIDTH).join("\n")]),
    ...(view.problem === undefined ? view.labs.map(labText) : []),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** Public, hidden and their sum; or public alone, and that there is more. */
export function pointsTable(view: Pick<View, "public" | "hidden" | "total">): string {
  const line = (name: string, { passed, of, points, ofPoints }: Tally): string =>
    `  ${name.padEnd(8)}${String(passed).padStart(5)} of ${String(of).padStart(4)} checks  ${points.toFixed(2).padStart(9)} of ${
      ofPoints.toFixed(2).padStart(7)
    } points`;
  if (view.hidden === undefined || view.total === undefined) {
    return `${line("public", view.public)}\n  Hidden checks count, too; what they found is not shown here.`;
  }
  return [line("public", view.public), line("hidden", view.hidden), line("sum", view.total)].join("\n");
}

/** "public 44/44; hidden 17/22: three fail in retransmission". */
export function labLine(lab: LabView): string {
  const counts = `public ${lab.public.passed}/${lab.public.of}`;
  if (lab.hidden === undefined) return counts;
  return `${counts}; hidden ${lab.hidden.passed}/${lab.hidden.of}${lab.symptom === undefined ? "" : `: ${lab.symptom}`}`;
}

function labText(lab: LabView): string {
  const { points, ofPoints } = lab.total ?? lab.public;
  const head = `Lab ${lab.lab}, ${lab.name}: ${points} of ${ofPoints} points${lab.total === undefined ? ", hidden checks left out" : ""}`;
  const lines = [head, ...wrap(labLine(lab), WIDTH - 2).map((line) => `  ${line}`)];
  if (lab.status === "not begun") return [...lines, "  It was not begun."].join("\n");
  if (lab.status === "not loaded") return [...lines, labelled("Not loaded", lab.reason ?? "")].join("\n");
  if (lab.status === "cut short") lines.push("  It took too long: the checks that had not begun by then count as failed.");
  if (lab.own !== undefined) lines.push(...wrap(`Your own checks: ${lab.own}.`, WIDTH - 2).map((line) => `  ${line}`));
  const rows = lab.rows.filter((row) => row.outcome !== "passed");
  return [...lines, ...rows.map(rowText)].join("\n");
}

function rowText(row: Row): string {
  const title = row.id === row.title ? row.id : row.hidden ? row.title : `${row.id}: ${row.title}`;
  const [first = "", ...rest] = wrap(title, WIDTH - 4);
  return [
    "",
    `  ${MARKS[row.outcome]} ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...row.details.map(({ label, text }) => labelled(label, text, 4)),
    ...row.files.map((path) => labelled("File", path, 4)),
  ].join("\n");
}

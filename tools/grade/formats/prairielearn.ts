/**
 * PrairieLearn's external grading results, `/grade/results/results.json`. Rules: PrairieLearn's `docs/externalGrading.md`, section
 * "Grading results", and the element `pl-external-grader-results`, which shows them.
 *
 * The score is a share from 0 to 1. Points of tests are added up by the element in floating point, so they are hundredths. The file
 * may have 1 MB: one that would be longer goes without transcripts, then without details. A submission that cannot be
 * read, or of which no lab can be loaded, is "not gradable": it costs no attempt.
 *
 * The element puts messages into the page as HTML when its own converter fails; so what is HTML is no HTML here: "‹" for "<".
 */
import { hundredths } from "./hundredths.ts";
import { reportText } from "./report.ts";
import type { Row, View } from "./view.ts";

/** Bytes: under 1 MB by any count. */
const LONGEST = 1_000_000;

/** The file's text. */
export function prairielearnResults(view: View): string {
  for (const much of ["transcripts", "details"] as const) {
    const text = resultsText(view, much);
    if (new TextEncoder().encode(text).length <= LONGEST) return text;
  }
  return resultsText(view, "names");
}

function resultsText(view: View, much: "transcripts" | "details" | "names"): string {
  const { points, ofPoints } = view.total ?? view.public;
  const errors = problemsOf(view);
  const results = {
    gradable: errors.length === 0,
    ...(errors.length === 0 ? {} : { format_errors: errors }),
    score: ofPoints === 0 ? 0 : points / ofPoints,
    message: much === "names" ? "This report is cut: it would have been longer than 1 MB." : inert(reportText(withoutDetails(view))),
    tests: view.labs.flatMap((lab) =>
      lab.rows.map((row) => ({
        name: inert(`Lab ${lab.lab}: ${row.title}`),
        points: hundredths(row.tally.points),
        max_points: hundredths(row.tally.ofPoints),
        ...textsOf(row, much),
      }))
    ),
  };
  return `${JSON.stringify(results)}\n`;
}

/** The tests have the details; the message has the sums. */
function withoutDetails(view: View): View {
  return { ...view, labs: view.labs.map((lab) => ({ ...lab, rows: [] })) };
}

function problemsOf(view: View): string[] {
  if (view.problem !== undefined) return [inert(view.problem)];
  if (view.labs.length === 0 || view.labs.some((lab) => lab.status !== "not loaded")) return [];
  return view.labs.map((lab) => inert(`Lab ${lab.lab} cannot be loaded: ${lab.reason ?? "no reason is known"}`));
}

function textsOf(row: Row, much: "transcripts" | "details" | "names"): { message?: string; output?: string } {
  if (much === "names" || row.details.length === 0) return {};
  const message = inert(row.details.map(({ label, text }) => `${label}: ${text}`).join("\n"));
  return much === "transcripts" && row.transcript !== undefined ? { message, output: inert(row.transcript) } : { message };
}

function inert(text: string): string {
  return text.replaceAll("<", "‹").replaceAll(">", "›").replaceAll("&", "+");
}

/**
 * Gradescope's `results.json`. Rules: "Autograder Specifications", section "Output format", in gradescope-autograders.readthedocs.io.
 *
 * It is the one format that knows dates: hidden checks are in it with their own `visibility`, and while a student may not see them,
 * Gradescope withholds the total, too. All text is shown as "text", never as HTML or Markdown, whatever a student wrote into it.
 * The leaderboard ranks speed, and only of those whose public checks all pass: a stub is quick, too.
 */
import type { Policy } from "../policy.ts";
import { reportText } from "./report.ts";
import type { LabView, Row, View } from "./view.ts";

interface Test {
  readonly name: string;
  readonly name_format: "text";
  readonly number: string;
  readonly score: number;
  readonly max_score: number;
  readonly status: "passed" | "failed";
  readonly output?: string;
  readonly output_format: "text";
  readonly visibility: string;
  readonly tags: readonly string[];
}

/** The file's text. `open` is what may be seen at any time, `all` has rows for the hidden checks of each lab, whenever those may be seen. */
export function gradescopeResults(open: View, all: View, policy: Policy): string {
  const hiddenWhen = policy.hidden.show === "nothing" ? "hidden" : policy.hidden.when;
  const results = {
    score: all.total?.points ?? all.public.points,
    execution_time: Math.round(all.seconds),
    output: reportText(open),
    output_format: "text",
    test_output_format: "text",
    test_name_format: "text",
    visibility: "visible",
    stdout_visibility: "hidden",
    tests: all.labs.flatMap((lab) =>
      lab.rows.map((row, index) => test(lab, row, `${lab.lab}.${index + 1}`, row.hidden ? hiddenWhen : "visible"))
    ),
    ...(all.speed === undefined ? {} : { leaderboard: [{ name: "Speed (s)", value: all.speed, order: "asc" }] }),
  };
  return `${JSON.stringify(results, undefined, 1)}\n`;
}

function test(lab: LabView, row: Row, number: string, visibility: string): Test {
  const output = [
    ...row.details.map(({ label, text }) => `${label}: ${text}`),
    ...(row.transcript === undefined ? [] : ["", row.transcript]),
  ].join("\n");
  return {
    name: `Lab ${lab.lab}: ${row.title}`,
    name_format: "text",
    number,
    score: row.tally.points,
    max_score: row.tally.ofPoints,
    status: row.outcome === "passed" ? "passed" : "failed",
    ...(output === "" ? {} : { output }),
    output_format: "text",
    visibility,
    tags: [`lab ${lab.lab}`, row.hidden ? "hidden" : "public", row.group],
  };
}

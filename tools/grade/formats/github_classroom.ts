/**
 * GitHub Classroom: what its autograding reporter takes from a runner, and what it prints. Rules: classroom-resources/autograding-grading-reporter,
 * README and `src/` (`main.js`, `notify-classroom.js`, `helpers/test-helpers.js`); for the escapes of `::notice`, "Workflow commands
 * for GitHub Actions" and actions/toolkit, `packages/core/src/command.ts`.
 *
 * Two files. `github-output.txt` has one line "lab3=<base64>" for each lab, to be appended to `$GITHUB_OUTPUT`; the reporter is then
 * given `LAB3_RESULTS` and `runners: lab1,lab2,…`. `github-log.txt` is for a workflow without the reporter: the table and
 * the two notices by which Classroom learns the points. The reporter adds up `tests[].score` in floating point, so points are hundredths:
 * the sum of the tests, the table and the notices are then the same number.
 *
 * The reporter prints a test's name and message as they are: they were made harmless in `plain.ts`. An environment variable holds
 * 128 KiB at most; a lab whose result is longer goes without messages.
 */
import { hundredths } from "./hundredths.ts";
import type { LabView, Row, View } from "./view.ts";

/** Characters of "LAB3_RESULTS=<base64>": the kernel's MAX_ARG_STRLEN is 131072, the ending zero included. */
const LONGEST = 131_000;

/** The lines for `$GITHUB_OUTPUT`. */
export function githubOutput(view: View): string {
  return view.labs.map((lab) => `lab${lab.lab}=${runnerResult(lab, view.problem)}\n`).join("");
}

/** The table and the notices. */
export function githubLog(view: View): string {
  const rows = view.labs.map((lab) => {
    const { points, ofPoints } = lab.total ?? lab.public;
    return [`lab${lab.lab}`, hundredths(points), hundredths(ofPoints)] as const;
  });
  const total = rows.reduce((sum, [, points]) => sum + points, 0), most = rows.reduce((sum, [, , ofPoints]) => sum + ofPoints, 0);
  const line = (name: string, score: string | number, max: string | number): string =>
    `${name.padEnd(18)}${String(score).padStart(12)}${String(max).padStart(12)}`;
  return [
    "Points are in hundredths: a lab has 10000.",
    "",
    line("Test Runner Name", "Test Score", "Max Score"),
    ...rows.map(([name, points, ofPoints]) => line(name, points, ofPoints)),
    line("Total:", total, most),
    "",
    ...(most === 0 ? [] : [
      `::notice title=${escapeProperty("Autograding complete")}::${escapeData(`Points ${total}/${most}`)}`,
      `::notice title=${escapeProperty("Autograding report")}::${escapeData(JSON.stringify({ totalPoints: total, maxPoints: most }))}`,
    ]),
    "",
  ].join("\n");
}

function runnerResult(lab: LabView, problem: string | undefined): string {
  const result = (messages: boolean): string => {
    const tests = lab.rows.map((row) => test(row, messages));
    const status = problem !== undefined ? "error" : tests.every((each) => each.status === "pass") ? "pass" : "fail";
    const { ofPoints } = lab.total ?? lab.public;
    const json = JSON.stringify({ version: 1, status, max_score: hundredths(ofPoints), tests });
    return new TextEncoder().encode(json).toBase64();
  };
  const whole = result(true);
  return whole.length <= LONGEST ? whole : result(false);
}

function test(row: Row, messages: boolean): Record<string, unknown> & { readonly status: string } {
  const status = row.outcome === "passed" ? "pass" : row.outcome === "broken" ? "error" : "fail";
  return {
    name: row.title,
    status,
    score: hundredths(row.tally.points),
    message: messages ? row.details.map(({ label, text }) => `${label}: ${text}`).join("; ") : "",
    test_code: "",
    filename: row.file ?? "",
    line_no: 0,
    duration: Math.round(row.seconds * 1000),
  };
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

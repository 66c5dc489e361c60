import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { finished } from "../../../labs/manifest.ts";
import { hundredths } from "./hundredths.ts";
import { formatOf, fullResult, policyWith, sampleResult, samples } from "./sample.ts";

interface RunnerResult {
  version: number;
  status: string;
  max_score: number;
  tests: {
    name: string;
    status: string;
    score: number;
    message: string;
    test_code: string;
    filename: string;
    line_no: number;
    duration: number;
  }[];
}

/** What the reporter reads: `main.js` splits nothing but the base64 of `<ID>_RESULTS`. */
function runners(text: string): { runner: string; results: RunnerResult }[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const [, runner = "", encoded = ""] = /^([a-zA-Z0-9]+)=([A-Za-z0-9+/]+=*)$/.exec(line) ?? [];
    assert(runner !== "", `not a line for $GITHUB_OUTPUT: ${line.slice(0, 80)}`);
    assert(`${runner.toUpperCase()}_RESULTS=${encoded}`.length < 131_072, "an environment variable holds no more");
    return {
      runner,
      results: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(encoded))) as RunnerResult,
    };
  });
}

/** What the reporter of the README takes: version 1, statuses, and the members that it prints or adds up. */
function validate({ version, status, max_score, tests }: RunnerResult): void {
  assertEquals(version, 1);
  assert(["pass", "fail", "error"].includes(status));
  assert(Number.isInteger(max_score) && max_score >= 0);
  for (const test of tests) {
    assertEquals(Object.keys(test).sort(), ["duration", "filename", "line_no", "message", "name", "score", "status", "test_code"]);
    assert(["pass", "fail", "error"].includes(test.status));
    assert(Number.isInteger(test.score) && test.score >= 0 && Number.isInteger(test.line_no) && Number.isFinite(test.duration));
    for (const text of [test.name, test.message, test.test_code, test.filename]) {
      assert(!commands(text).some(Boolean), text);
      // deno-lint-ignore no-control-regex -- that is what is looked for
      assertNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    }
  }
}

/** How the runner of GitHub Actions reads each line of a log: "::name properties::data", or the older "##[name]data" anywhere. */
function commands(log: string): (string[] | undefined)[] {
  return log.split(/\r\n|[\n\r]/).map((line) => {
    const modern = /^\s*::(\w[\w-]*)(?: ([^:]*))?::(.*)$/s.exec(line);
    if (modern !== null) return [modern[1] ?? "", unescaped(modern[2] ?? ""), unescaped(modern[3] ?? "")];
    return line.includes("##[") ? ["older"] : undefined;
  });
}

function unescaped(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%25", "%");
}

Deno.test("githubOutput() is what the reporter reads, whatever a student wrote", () => {
  for (const result of samples()) {
    for (const show of ["nothing", "counts", "groups", "titles"] as const) {
      for (const { results } of runners(formatOf("student/github-output.txt", result, policyWith({ hidden: { show } })))) validate(results);
    }
  }
});

Deno.test("githubOutput() and githubLog() agree: tests, table and notices have one sum", () => {
  for (const result of samples()) {
    const all = runners(formatOf("student/github-output.txt", result));
    // as helpers/test-helpers.js and notify-classroom.js add up
    const totalPoints = all.reduce((sum, { results }) => results.tests.reduce((inner, { score }) => inner + score, sum), 0);
    const maxPoints = all.reduce((sum, { results }) => sum + results.max_score, 0);
    assertEquals([totalPoints, maxPoints], [hundredths(result.total.points), hundredths(result.total.ofPoints)]);
    const log = formatOf("student/github-log.txt", result);
    const rows = [...log.matchAll(/^(lab\d+|Total:) +(\d+) +(\d+)$/gm)].map(([, name, score, max]) => [name, Number(score), Number(max)]);
    assertEquals(rows, [
      ...all.map(({ runner, results }) => [runner, results.tests.reduce((sum, { score }) => sum + score, 0), results.max_score]),
      ["Total:", totalPoints, maxPoints],
    ]);
    assertEquals(
      commands(log).filter(Boolean),
      maxPoints === 0 ? [] : [
        ["notice", "title=Autograding complete", `Points ${totalPoints}/${maxPoints}`],
        ["notice", "title=Autograding report", JSON.stringify({ totalPoints, maxPoints })],
      ],
    );
  }
});

Deno.test("githubOutput() says pass when everything passed, fail when not, error when nothing could be read", () => {
  const statuses = (index: number): Set<string> =>
    new Set(runners(formatOf("student/github-output.txt", samples()[index] as never)).map(({ results }) => results.status));
  assertEquals(statuses(0), new Set(["fail"]));
  assertEquals(statuses(2), new Set(["pass"]));
  assertEquals(statuses(3), new Set(["error"]));
});

Deno.test("githubOutput() gives up messages before it grows too long for an environment variable", () => {
  const many = (count: number): ReturnType<typeof sampleResult> => {
    const result = sampleResult(() => "é".repeat(300));
    return { ...result, labs: result.labs.map((lab) => ({ ...lab, checks: Array.from({ length: count }, () => lab.checks).flat() })) };
  };
  const [few] = runners(formatOf("student/github-output.txt", many(1)));
  assert(few?.results.tests.some(({ message }) => message !== ""));
  const [lots] = runners(formatOf("student/github-output.txt", many(9)));
  assert(lots?.results.tests.every(({ message }) => message === ""));
  assertEquals(runners(formatOf("student/github-output.txt", fullResult())).length, finished.length);
});

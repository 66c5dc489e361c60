import { assert, assertEquals } from "@std/assert";
import type { Policy } from "../policy.ts";
import { formatOf, fullResult, policyWith, sampleResult, samples } from "./sample.ts";

/** The value, when it is one of these. */
const among = (...values: unknown[]) => (value: unknown): boolean => values.includes(value);
const isText = (value: unknown): boolean => typeof value === "string";
const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
const isFormat = among("text", "html", "simple_format", "md", "ansi");
const isVisibility = among("hidden", "after_due_date", "after_published", "visible");

/** "Autograder Specifications", "Output format": members that the file may have, and what they may be. */
const TOP: Record<string, (value: unknown) => boolean> = {
  score: isNumber,
  execution_time: isNumber,
  output: isText,
  output_format: isFormat,
  test_output_format: isFormat,
  test_name_format: isFormat,
  visibility: isVisibility,
  stdout_visibility: isVisibility,
  extra_data: (value) => typeof value === "object",
  tests: Array.isArray,
  leaderboard: Array.isArray,
};
const TEST: Record<string, (value: unknown) => boolean> = {
  score: isNumber,
  max_score: isNumber,
  status: among("passed", "failed"),
  name: isText,
  name_format: isFormat,
  number: (value) => isText(value) && /^\d+(\.\d+)*$/.test(value as string),
  output: isText,
  output_format: isFormat,
  tags: (value) => Array.isArray(value) && value.every(isText),
  visibility: isVisibility,
  extra_data: (value) => typeof value === "object",
};
const LEADER: Record<string, (value: unknown) => boolean> = {
  name: isText,
  value: (value) => isNumber(value) || isText(value),
  order: among("asc", "desc"),
};

type Results = Record<string, unknown> & { score: number; tests: Record<string, unknown>[]; leaderboard?: Record<string, unknown>[] };

function validated(text: string): Results {
  const results = JSON.parse(text) as Results;
  const members = (of: Record<string, unknown>, rules: typeof TOP, what: string): void => {
    for (const [name, value] of Object.entries(of)) assert(rules[name]?.(value) === true, `${what}: ${name} is ${JSON.stringify(value)}`);
  };
  members(results, TOP, "results");
  for (const test of results.tests) members(test, TEST, "test");
  for (const leader of results.leaderboard ?? []) members(leader, LEADER, "leaderboard");
  assert(
    results.score !== undefined || results.tests.every((test) => test.score !== undefined),
    "a score is required, on top or on each test",
  );
  for (const leader of results.leaderboard ?? []) assert("name" in leader && "value" in leader);
  return results;
}

function results(result = sampleResult(), policy?: Policy): Results {
  return validated(formatOf("gradescope.json", result, policy));
}

Deno.test("gradescopeResults() keeps the published rules, whatever a student wrote", () => {
  for (const result of samples()) {
    for (const show of ["nothing", "counts", "groups", "titles"] as const) {
      const { score, tests } = results(result, policyWith({ hidden: { show }, leaderboard: true }));
      const hundredths = tests.reduce((sum, test) => sum + Math.round(test.score as number * 100), 0);
      assertEquals(hundredths, Math.round(score * 100));
      assertEquals(score, result.total.points);
      assertEquals(new Set(tests.map((test) => test.number)).size, tests.length);
    }
  }
});

Deno.test("gradescopeResults() shows all text as text", () => {
  const whole = results(samples()[1]);
  for (const part of [whole, ...whole.tests]) {
    for (const [name, value] of Object.entries(part)) if (name.endsWith("_format")) assertEquals(value, "text");
  }
});

Deno.test("gradescopeResults() shows hidden checks when the policy says, and never where it says nothing", () => {
  const when = (
    policy: Policy,
  ): unknown[] => [
    ...new Set(
      results(sampleResult(), policy).tests.filter(({ tags }) => (tags as string[]).includes("hidden")).map((test) => test.visibility),
    ),
  ];
  assertEquals(when(policyWith({})), ["visible"]);
  assertEquals(when(policyWith({ hidden: { when: "after_due_date" } })), ["after_due_date"]);
  assertEquals(when(policyWith({ hidden: { when: "after_published" } })), ["after_published"]);
  assertEquals(when(policyWith({ hidden: { show: "nothing" } })), ["hidden"]);
  for (const hidden of [{ when: "after_due_date" }, { show: "nothing" }] as const) {
    const { output } = results(sampleResult(), policyWith({ hidden }));
    assert(!/hidden \d|^ {2}sum|455/m.test(output as string), "the text on top is seen at any time");
  }
});

Deno.test("gradescopeResults() has a leaderboard of speed when asked, for those whose public checks pass", () => {
  assertEquals(results(fullResult()).leaderboard, undefined);
  assertEquals(results(sampleResult(), policyWith({ leaderboard: true })).leaderboard, undefined);
  const [speed] = results(fullResult(), policyWith({ leaderboard: true })).leaderboard ?? [];
  assertEquals([speed?.name, speed?.order], ["Speed (s)", "asc"]);
});

import { assert, assertEquals, assertNotMatch, assertStringIncludes } from "@std/assert";
import { finished } from "../../../labs/manifest.ts";
import { hundredths } from "./hundredths.ts";
import { formatOf, hostileResult, policyWith, resultOf, sampleResult, samples } from "./sample.ts";

interface Results {
  gradable: boolean;
  format_errors?: string[];
  score: number;
  message: string;
  tests: { name: string; points: number; max_points: number; message?: string; output?: string }[];
}

/** `docs/externalGrading.md`, "Grading results", and what the element `pl-external-grader-results` reads of it. */
function validated(text: string): Results {
  assert(new TextEncoder().encode(text).length < 1_000_000, "the file is limited to 1 MB");
  const results = JSON.parse(text) as Results;
  assertEquals(typeof results.gradable, "boolean");
  assert(typeof results.score === "number" && results.score >= 0 && results.score <= 1, "score is from 0.0 to 1.0");
  if (!results.gradable) assert(Array.isArray(results.format_errors) && results.format_errors.every((each) => typeof each === "string"));
  for (const test of results.tests) {
    assert(typeof test.points === "number" && typeof test.max_points === "number", "a test without points disables all points");
    assert(test.points <= test.max_points);
    assertEquals(typeof test.name, "string");
  }
  // the element renders these as HTML, or may: {{{message}}}, {{{output}}}
  for (
    const html of [results.message, ...(results.format_errors ?? []), ...results.tests.flatMap(({ message, output }) => [message, output])]
  ) {
    if (html !== undefined) assertNotMatch(html, /[<>&]/);
  }
  return results;
}

function results(of = sampleResult(), policy = policyWith({})): Results {
  return validated(formatOf("student/prairielearn.json", of, policy));
}

Deno.test("prairielearnResults() keeps the published rules, whatever a student wrote", () => {
  for (const of of samples()) {
    for (const show of ["nothing", "counts", "groups", "titles"] as const) {
      const { score, tests } = results(of, policyWith({ hidden: { show } }));
      const seen = show === "nothing" ? of.public : of.total;
      assertEquals(score, seen.ofPoints === 0 ? 0 : seen.points / seen.ofPoints);
      assertEquals(tests.reduce((sum, { points }) => sum + points, 0), hundredths(seen.points));
      assertEquals(tests.reduce((sum, { max_points }) => sum + max_points, 0), hundredths(seen.ofPoints));
    }
  }
});

Deno.test("prairielearnResults() is not gradable when nothing could be read or loaded, and says why", () => {
  assertEquals(results().gradable, true);
  const unreadable = results(samples()[3]);
  assertEquals(unreadable.gradable, false);
  assertStringIncludes(unreadable.format_errors?.[0] as string, "it has two files");
  const [lab] = hostileResult().labs;
  const broken = results(resultOf([lab as never], "mallory"));
  assertEquals(broken.gradable, false);
  assertStringIncludes(broken.format_errors?.[0] as string, "Lab 1 cannot be loaded:");
  assertEquals(results(hostileResult()).gradable, true, "one lab of all");
});

Deno.test("prairielearnResults() leaves out transcripts, then details, before it grows over 1 MB", () => {
  const many = (count: number): ReturnType<typeof sampleResult> => {
    const result = sampleResult(() => "é€".repeat(150));
    return { ...result, labs: result.labs.map((lab) => ({ ...lab, checks: Array.from({ length: count }, () => lab.checks).flat() })) };
  };
  const has = (
    of: Results,
  ): boolean[] => [of.tests.some(({ output }) => output !== undefined), of.tests.some(({ message }) => message !== undefined)];
  assertEquals(has(results(many(1))), [true, true]);
  assertEquals(has(results(many(Math.floor(56 / finished.length)))), [false, true]);
  assertEquals(has(results(many(Math.round(120 / finished.length)))), [false, false]);
});

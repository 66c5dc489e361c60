import { assert, assertEquals, assertMatch } from "@std/assert";
import { identityFrom } from "./classroom50.ts";
import { hundredths } from "./hundredths.ts";
import { formatsOf, policyWith, sampleResult, samples } from "./sample.ts";

const TIME = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;
const REQUIRED = [
  "schema",
  "classroom",
  "assignment",
  "assignment_type",
  "owner",
  "submission",
  "commit",
  "release",
  "review",
  "datetime",
  "score",
  "max-score",
  "tests",
];
const OPTIONAL = ["graded_at", "submitted_by"];

/** `schemas/result-v1.schema.json`, and from `runner.py`: no score is higher than its maximum. */
function validated(text: string): Record<string, unknown> & { tests: Record<string, unknown>[] } {
  const result = JSON.parse(text) as ReturnType<typeof validated>;
  for (const member of REQUIRED) assert(Object.hasOwn(result, member), `${member} is missing`);
  for (const member of Object.keys(result)) assert([...REQUIRED, ...OPTIONAL].includes(member), `${member} is not in the schema`);
  assertEquals(result.schema, "classroom50/result/v1");
  for (const member of ["classroom", "assignment", "owner", "commit", "release", "review"]) {
    assert(typeof result[member] === "string" && result[member] !== "", `${member} is empty`);
  }
  assert(["individual", "group"].includes(result.assignment_type as string));
  assertMatch(result.submission as string, /^submit\//);
  assertMatch(result.datetime as string, TIME);
  assert(!Number.isNaN(Date.parse(result.datetime as string)));
  const score = (of: Record<string, unknown>): void => {
    assert(Number.isInteger(of.score) && Number.isInteger(of["max-score"]) && of.score as number >= 0, JSON.stringify(of));
    assert(of.score as number <= (of["max-score"] as number), JSON.stringify(of));
  };
  score(result);
  for (const test of result.tests) {
    score(test);
    assert(typeof test["test-name"] === "string" && test["test-name"] !== "" && typeof test.passed === "boolean");
  }
  assert(text.length < 10 * 1024 * 1024);
  return result;
}

function result50(of = sampleResult(), environment: Record<string, string> = {}, policy = policyWith({})): ReturnType<typeof validated> {
  return validated(formatsOf(of, policy, identityFrom((name) => environment[name], of)).get("student/classroom50.json") as string);
}

Deno.test("classroom50Result() keeps the published schema, and its tests add up to its score", () => {
  for (const of of samples()) {
    for (const show of ["counts", "groups", "titles"] as const) {
      const result = result50(of, {}, policyWith({ hidden: { show } }));
      assertEquals(result.tests.reduce((sum, test) => sum + (test.score as number), 0), result.score);
      assertEquals(result.tests.reduce((sum, test) => sum + (test["max-score"] as number), 0), result["max-score"]);
      assertEquals([result.score, result["max-score"]], [hundredths(of.total.points), hundredths(of.total.ofPoints)]);
    }
  }
});

Deno.test("identityFrom() takes what Classroom 50's runner says", () => {
  const result = result50(sampleResult(), {
    CLASSROOM: "networks-1",
    ASSIGNMENT: "tcp",
    MODE: "group",
    USERNAME: "alice",
    SUBMISSION_TAG: "submit/2026-11-21T03-09-54Z-1a2b3c4",
    COMMIT_URL: "https://github.com/networks/tcp-alice/commit/1a2b3c4",
    RELEASE_URL: "https://github.com/networks/tcp-alice/releases/tag/submit%2F2026",
    REVIEW_URL: "https://github.com/networks/tcp-alice/compare/a...b",
  });
  assertEquals([result.classroom, result.assignment, result.assignment_type, result.owner], ["networks-1", "tcp", "group", "alice"]);
  assertEquals(result.datetime, "2026-11-21T03:09:54Z");
  assertEquals([result.commit, result.review], [
    "https://github.com/networks/tcp-alice/commit/1a2b3c4",
    "https://github.com/networks/tcp-alice/compare/a...b",
  ]);
});

Deno.test("identityFrom() puts something that validates in the place of what is missing, or no address", () => {
  const result = result50(sampleResult(), { COMMIT_URL: "javascript:alert(1)", SUBMISSION_TAG: "v1\n::notice::x", CLASSROOM: "\u001b[2J" });
  assertMatch(result.commit as string, /^urn:sha256:/);
  assertMatch(result.submission as string, /^submit\/[0-9a-f]{12}$/);
  assertEquals(result.classroom, "?[2J");
});

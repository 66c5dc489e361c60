import { assert, assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { finished } from "../../../labs/manifest.ts";
import { formatOf, fullResult, policyWith, sampleResult, samples } from "./sample.ts";

const FILE = "student/student.txt";

Deno.test("reportText() never has a line of more than 80 columns, whatever a student wrote", () => {
  for (const result of samples()) {
    for (const line of formatOf(FILE, result).split("\n")) assert(line.length <= 80, `${line.length}: ${line}`);
  }
});

Deno.test("reportText() states public, hidden and their sum, and in which groups hidden checks fail", () => {
  const text = formatOf(FILE, sampleResult());
  // The same in each lab.
  const totals = [["public", 24, 44, 35.62, 65.95], ["hidden", 19, 22, 29.51, 34.05], ["sum", 43, 66, 65.13, 100]] as const;
  for (const [name, ...numbers] of totals) {
    const [passed, checks, points, ofPoints] = numbers.map((each) => each * finished.length) as [number, number, number, number];
    assertMatch(
      text,
      new RegExp(`^ {2}${name} +${passed} of +${checks} checks +${points.toFixed(2)} of +${ofPoints.toFixed(2)} points$`, "m"),
    );
  }
  assertStringIncludes(text, "  public 24/44; hidden 19/22: two fail in retransmission, one in parsing\n");
  assertStringIncludes(formatOf(FILE, fullResult()), "  public 44/44; hidden 22/22\n");
});

Deno.test("reportText() says that there are hidden checks when it doesn't show them, and no sum", () => {
  const text = formatOf(FILE, sampleResult(), policyWith({ hidden: { show: "nothing" } }));
  assertStringIncludes(text, "Hidden checks count, too; what they found is not shown here.");
  assertNotMatch(text, new RegExp(`^ {2}(sum|hidden)|${19 * finished.length}`, "m"));
});

Deno.test("reportText() has no line that a CI service takes for a command", () => {
  for (const result of samples()) {
    for (const line of formatOf(FILE, result).split("\n")) {
      assertNotMatch(line, /^\s*::|##\w*\[|\[\[/);
      // deno-lint-ignore no-control-regex -- that is what is looked for
      assertNotMatch(line, /[\u0000-\u001f\u007f-\u009f]/);
    }
  }
});

Deno.test("reportText() of an unreadable submission says why, and lists no checks", () => {
  const text = formatOf(FILE, samples()[3] as never);
  assertStringIncludes(text, "Nothing was graded: it has two files");
  assertEquals(text.includes("✘"), false);
});

Deno.test("reportText() says what a student's own checks caught, and what that earns where the policy gives something for it", () => {
  const result = sampleResult();
  const own = { checks: 3, right: 2, killed: 9, of: 14 };
  const with_ = { ...result, labs: result.labs.map((lab, index) => index === 0 ? { ...lab, myChecks: own } : lab) };
  const flat = (text: string): string => text.replaceAll(/\s+/g, " ");
  assertStringIncludes(flat(formatOf(FILE, with_)), "Your own checks: they catch 9 of 14 wrong solutions; right code fails 1 of your 3");
  assertStringIncludes(flat(formatOf(FILE, with_, policyWith({ myChecks: 10 }))), "9 of 14 wrong solutions: 6.42 of 10 points besides;");
  assertEquals(with_.total, result.total);
  const unusable = {
    ...result,
    labs: [{ ...result.labs[0] as typeof result.labs[number], myChecks: { ...own, problem: "it is no list" } }],
  };
  assertStringIncludes(formatOf(FILE, unusable), "Your own checks: they cannot be used: it is no list.");
});

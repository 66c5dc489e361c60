/** A grading in a few lines. */
import { assertEquals } from "@std/assert";
import { sampleResult } from "./formats/sample.ts";
import { lineOf, summaryCsv } from "./summary.ts";

Deno.test("summaryCsv() has a column for students' own checks where somebody has some, beside the total", () => {
  const result = sampleResult();
  const own = { checks: 3, right: 2, killed: 9, of: 14 };
  const with_ = { ...result, labs: result.labs.map((lab, index) => index < 2 ? { ...lab, myChecks: own } : lab) };
  const cells = (csv: string): string[][] => csv.trim().split("\r\n").map((line) => line.split(",").slice(-3));
  const total = String(result.total.ofPoints);
  assertEquals(cells(summaryCsv([lineOf(with_, 1, false, 10), lineOf(result, 1, false, 10)], [1])), [
    ["of", "my checks", "problem"],
    [total, "12.84", ""],
    [total, "0", ""],
  ]);
  assertEquals(cells(summaryCsv([lineOf(result, 1, false, 10)], [1]))[0], ["total", "of", "problem"]);
});

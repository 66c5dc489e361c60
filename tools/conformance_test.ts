import { assertEquals, assertMatch } from "@std/assert";
import { marksOf, markText, requirementText, tableText } from "./conformance.ts";
import type { Chapter } from "./requirements.ts";

const CHAPTERS: readonly Chapter[] = [{
  title: "TCP",
  requirements: [
    { id: "MUST-1", lab: 4, text: "the window is unsigned" },
    { id: "MUST-2", lab: 4, text: "source routes", leftOut: "dangerous" },
    { id: "SHLD-1", lab: 4, text: "a" },
    { id: "SHLD-2", lab: 4, text: "b" },
  ],
}];
const CHECKS = [{ id: "a/b", lab: 4, visibility: "public", covers: ["MUST-1", "SHLD-2"] }] as const;

Deno.test("marksOf() leaves out of the MUSTs what is left out on purpose, and of the rest nothing", () => {
  assertEquals(marksOf(CHAPTERS, CHECKS).map(({ tested, of }) => [tested, of]), [[1, 1], [1, 2]]);
  assertEquals(marksOf(CHAPTERS, CHECKS).map(markText).map((line) => line[0]), ["✔", "✘"]);
});

Deno.test("tableText() counts by chapter within 80 columns", () => {
  const [head = "", ...rows] = tableText(CHAPTERS, CHECKS).split("\n");
  assertEquals([head, ...rows].every((line) => line.length <= 80), true);
  assertMatch(rows[0] ?? "", /^TCP +2 +1 +1$/);
});

Deno.test("requirementText() names what shows it, or says why nothing does", () => {
  assertMatch(requirementText(CHAPTERS[0]?.requirements[0] as never, CHECKS), /^MUST-1 +the window is unsigned\n +tested: a\/b$/);
  assertMatch(requirementText(CHAPTERS[0]?.requirements[1] as never, CHECKS), /left out: dangerous$/);
});

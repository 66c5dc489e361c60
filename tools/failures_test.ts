import { assertEquals } from "@std/assert";
import { finished } from "../labs/manifest.ts";
import { readPage, renderIndex, renderPage } from "./failures/page.ts";
import type { Story } from "./failures/stories.ts";
import { allFaults } from "./failures.ts";
import type { Check } from "./harness/suite.ts";

Deno.test("readPage() reads what renderPage() wrote, headings and fences in a transcript included", () => {
  const [lab] = finished as [typeof finished[0]];
  const story = (id: string, name: string, aimed: boolean): Story => ({
    check: { id } as Check,
    fault: { name, fault: "one byte too few", file: "framing.ts", replace: "", by: "", caughtBy: id, aimed, region: "pad" },
    text: `✘ ${id}  a title\n\n# no heading\n  Got  one`,
  });
  const stories = [story("parse/fields", "short", false), story("pad/short-frame", "shorter", true)];
  const sections = readPage("docs/failures/lab-01.md", renderPage(lab, stories));
  assertEquals(
    sections,
    stories.map(({ check, fault, text }) => ({ id: check.id, fault: fault.name, aimed: fault.aimed, text })),
  );
  const index = renderIndex([{ lab, sections, titles: new Map([["parse/fields", "a title"]]) }]);
  assertEquals(index.split("\n").filter((line) => /^\| \[|^- \[parse/.test(line)), [
    "| [01 Framing](failures/lab-01.md) | 2 | 1 | 1 |",
    "- [parse/fields](failures/lab-01.md#parsefields): a title",
  ]);
});

Deno.test("the failures' pages name every public check, and a sample of them is what is read today", async () => {
  assertEquals(await allFaults(), []);
});

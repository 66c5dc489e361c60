/** Blame by substitution, with faults that were planted. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Check } from "../harness/suite.ts";
import type { CheckResult } from "../harness/trial.ts";
import { failuresOf, plant } from "../testing/planted.ts";
import { type Blame, Blamer } from "./blame.ts";
import { ownFailure } from "./blame_own.ts";
import { blameText, rangesText } from "./blame_text.ts";

/** Milliseconds: what is found, and not how soon, is looked at. */
const PATIENCE = 120_000;
const NO_KERNEL = (): Promise<string> => Promise.resolve("no live wire in this test");

Deno.test("Blamer.blame() finds in lab 03 what a check of lab 06 shows, and lab 03's own check that fails too", async () => {
  const selection = await plant("3 odd-byte-dropped");
  const [failure] = await failuresOf(6, selection, ["wire/text"]);
  const blamer = new Blamer({ selection, standIn: () => "reference", kernel: NO_KERNEL, limit: PATIENCE });
  try {
    const blame = await blamer.blame(failure as CheckResult) as Blame;
    assertEquals(blame, { shows: 6, mine: [1, 2, 3, 4, 5, 6, 7], sits: [3], together: [], untried: [], unsteady: false });
    const own = await ownFailure(3, selection, () => "reference", 1) as Check;
    assertEquals(own.lab, 3);
    const text = blameText(blame, own);
    assertStringIncludes(text, "fails with your 01–07; passes when 03 ip is the reference; still fails with any other swap.");
    assertStringIncludes(text, `The fault shows in lab 06 and sits in lab 03. A check of its own fails too, ${own.id}: ${own.title}.`);
  } finally {
    blamer.close();
  }
});

Deno.test("Blamer.blame() names the labs that only together make it pass", async () => {
  const both = await plant("3 odd-byte-dropped", "1 fcs-big-endian");
  const [failure] = await failuresOf(6, both, ["wire/text"]);
  const blamer = new Blamer({ selection: both, standIn: () => "reference", kernel: NO_KERNEL, limit: PATIENCE });
  try {
    const { sits, together } = await blamer.blame(failure as CheckResult) as Blame;
    assertEquals([sits, together], [[], [1, 3]]);
  } finally {
    blamer.close();
  }
});

Deno.test("Blamer.blame() says nothing when one lab alone is the student's, or nothing can stand in", async () => {
  const selection = await plant("3 odd-byte-dropped");
  const failures = await failuresOf(6, selection, ["wire/text"]);
  const alone = {
    ...selection,
    origins: { ...new Blamer({ selection, standIn: () => "reference", kernel: NO_KERNEL }).swapped([1, 2, 4, 5, 6, 7]).origins },
  };
  for (const means of [{ selection: alone, standIn: () => "reference" as const }, { selection, standIn: () => undefined }]) {
    const blamer = new Blamer({ ...means, kernel: NO_KERNEL });
    assertEquals(await blamer.blame(failures[0] as CheckResult), undefined);
    blamer.close();
  }
});

Deno.test("blameText() says what a swap proves, and no more", () => {
  const blame: Blame = { shows: 6, mine: [1, 2, 3, 6], sits: [], together: [], untried: [], unsteady: false };
  assertStringIncludes(
    blameText({ ...blame, sits: [6] }),
    "passes when 06 buffers is the reference; still fails with any other swap. The fault sits in this lab.",
  );
  assertStringIncludes(blameText({ ...blame, sits: [3] }), "All checks of lab 03 itself pass: this one is the first to see it.");
  assertStringIncludes(blameText({ ...blame, sits: [2, 3] }), "passes when 02 arp or 03 ip is the reference");
  assertStringIncludes(blameText({ ...blame, together: [1, 3] }), "no single swap makes it pass, but 01 framing and 03 ip together do");
  assertStringIncludes(blameText({ ...blame, sits: [3], untried: [6] }), "06 could not be tried in time");
  assertStringIncludes(blameText({ ...blame, unsteady: true }), "no lab can be blamed");
  assertStringIncludes(blameText(blame), "not your code's doing");
});

Deno.test("rangesText() joins neighbours", () => {
  assertEquals(rangesText([1, 2, 3, 6]), "01–03 and 06");
  assertEquals(rangesText([1, 3, 4, 7]), "01, 03–04 and 07");
});

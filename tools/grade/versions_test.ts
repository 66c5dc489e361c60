import { assert, assertEquals, assertThrows } from "@std/assert";
import { findLab, type Lab, labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { type Check, type CheckSpec, suite, type Trial } from "../harness/suite.ts";
import { ROOT, runLab, type RunResult } from "../lab/run.ts";
import { better, earlier, inForceOn } from "./versions.ts";

const lab = findLab(1) as Lab;
const reference = Object.fromEntries(labs.map(({ module }) => [module, "reference"])) as Record<ModuleName, "reference">;

/** A check that asks for another CRC of nothing than the right one, 0; `right` asks for the right one. */
const asks = (expected: number) => async (t: Trial): Promise<void> => {
  t.equal(await t.framing.crc32(new Uint8Array(0), 0, 0), expected, "the CRC");
};
const spec = (run: CheckSpec["run"], was?: CheckSpec["was"]): CheckSpec => ({
  title: "a check",
  kind: "table",
  covers: [],
  look: ["crc32"],
  why: "",
  hints: ["", "", ""],
  run,
  ...(was === undefined ? {} : { was }),
});
const until = "2026-12-01";
const checks = suite({
  lab: 1,
  visibility: "public",
  version: 3,
  groups: {
    crc: {
      stricter: spec(asks(1), { version: 2, until, run: asks(0) }),
      gentler: spec(asks(0), { version: 1, until, run: asks(1) }),
      "wrong-twice": spec(asks(1), { version: 1, until, run: asks(2) }),
      only: spec(asks(1)),
    },
  },
}).checks;

const run = async (some: readonly Check[]): Promise<RunResult> =>
  await runLab({
    lab,
    selection: { root: ROOT, lab: 1, origins: reference },
    checks: some,
    seed: 1,
    virtual: true,
    driver: "ffi",
    inspect: false,
  });

Deno.test("inForceOn() names the earlier versions that count, the last day included", () => {
  const all = { "01-framing crc/stricter": until, "01-framing crc/gentler": until, "01-framing crc/wrong-twice": until };
  assertEquals(inForceOn("2026-11-30", lab, checks), all);
  assertEquals(inForceOn(until, lab, checks), all);
  assertEquals(inForceOn("2026-12-02", lab, checks), {});
});

Deno.test("better() counts the version that was passed, and shows the present one where neither was", async () => {
  const asked: string[] = [];
  const { results } = await run(checks);
  const both = await better(results, (check) => check.was !== undefined, (some) => {
    asked.push(...some.map(({ id }) => id));
    return run(some);
  });
  assertEquals(asked, ["crc/stricter", "crc/wrong-twice"]);
  assertEquals(both.map(({ check, verdict }) => [check.id, check.version, verdict.outcome]), [
    ["crc/stricter", 2, "passed"],
    ["crc/gentler", 3, "passed"],
    ["crc/wrong-twice", 3, "failed"],
    ["crc/only", 3, "failed"],
  ]);
  const verdict = both[2]?.verdict;
  assert(verdict?.outcome === "failed" && verdict.expected.includes("1"), JSON.stringify(verdict));
});

Deno.test("better() runs nothing again when no earlier version is in force", async () => {
  const { results } = await run(checks);
  const same = await better(results, () => false, () => Promise.reject(new Error("it ran")));
  assertEquals(same, results);
});

Deno.test("suite() refuses an earlier check that is not earlier, and a day that is none", () => {
  const made = (was: CheckSpec["was"]): unknown =>
    suite({ lab: 1, visibility: "public", version: 2, groups: { crc: { a: spec(asks(0), was) } } });
  assertThrows(() => made({ version: 2, until, run: asks(0) }), TypeError, "crc/a was in version 2, which is not before");
  for (const day of ["2026-02-30", "tomorrow", "2026-12-1", ""]) {
    assertThrows(() => made({ version: 1, until: day, run: asks(0) }), TypeError, "a day is written like");
  }
  assertThrows(() => earlier(checks[3] as Check), TypeError, "crc/only has no earlier version");
});

/** What becomes of a mutant, and how the matrix says it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { findLab, type Lab } from "../../labs/manifest.ts";
import type { Mutant } from "../harness/mutant.ts";
import { loadChecks } from "../lab/run.ts";
import { loadMutants, tryMutant } from "./fate.ts";
import { fateLine } from "./kill_matrix.ts";

const lab = findLab(1) as Lab;

async function fateOf(changes: Partial<Mutant>): Promise<{ outcome: string; line: string; kills: number }> {
  const mutant = (await loadMutants(lab)).find(({ name }) => name === "type-little-endian");
  assert(mutant !== undefined);
  const fate = await tryMutant(lab, { ...mutant, ...changes }, await loadChecks(lab, true), { width: "virtual", seed: 1 });
  return { outcome: fate.outcome, line: fateLine(lab, fate), kills: fate.kills.length };
}

Deno.test("tryMutant() counts a mutant only when the check that it names fails", async () => {
  const caught = await fateOf({});
  assertEquals(caught.outcome, "caught");
  assertMatch(caught.line, /^✔ 01 type-little-endian +parse\/fields \(public\) \+ \d+: /);
  assert(caught.kills > 1);
  const elsewhere = await fateOf({ caughtBy: "crc/known-vectors" });
  assertEquals(elsewhere.outcome, "caught elsewhere");
  assertMatch(elsewhere.line, /^✘ 01 type-little-endian +CAUGHT ELSEWHERE: crc\/known-vectors passed \+ \d+: /);
});

Deno.test("tryMutant() says what cannot be made", async () => {
  assertEquals((await fateOf({ caughtBy: "parse/nothing" })).outcome, "broken");
  assertEquals((await fateOf({ replace: "no such text" })).outcome, "broken");
  assertEquals((await fateOf({ by: "import(" })).outcome, "broken");
});

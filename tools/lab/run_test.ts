import { assertEquals, assertStringIncludes } from "@std/assert";
import { findLab, type Lab } from "../../labs/manifest.ts";
import { Lane, loadChecks, ROOT, runLab, selectOrigins } from "./run.ts";

Deno.test("runLab() runs hidden checks in a process of their own, so that public ones cannot print their inputs", async () => {
  const lab = findLab(1) as Lab;
  const calls = "let calls = 0;\nconst tell = (): never => { throw new Error(`call ${++calls} of this process`); };\n";
  const text = calls + Object.keys(lab.functions).map((name) => `export const ${name} = tell;\n`).join("");
  const origins = selectOrigins(1, { reference: new Set([1, 2, 3]) });
  const selection = { root: ROOT, origins, replaced: new Map([["solutions/01-framing/framing.ts", text]]) };
  const all = (await loadChecks(lab, true)).filter(({ kind }) => kind === "table");
  for (const visibility of ["public", "hidden"]) {
    const first = all.find((check) => check.visibility === visibility);
    const other = all.find((check) => check.visibility !== visibility);
    const checks = [other, first].filter((check) => check !== undefined);
    for (const lanes of [undefined, { still: new Lane(), live: new Lane() }]) {
      const { results } = await runLab({ lab, checks, selection, seed: 1, virtual: true, driver: "ffi", inspect: false, lanes });
      assertEquals(results.length, 2);
      for (const { verdict } of results) assertStringIncludes(JSON.stringify(verdict), "call 1 of this process");
    }
  }
});

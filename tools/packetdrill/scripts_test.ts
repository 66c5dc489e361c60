/** The kit's own scripts: each says what it shows, and the reference does it. */
import { assertEquals, assertLessOrEqual } from "@std/assert";
import { allScripts } from "../all_checks.ts";
import { chapters } from "../requirements.ts";
import { labs } from "../../labs/manifest.ts";
import { tryMutants } from "./mutants.ts";

async function run(...args: string[]): Promise<{ code: number; stdout: string }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", "tools/packetdrill.ts", ...args],
    env: { NO_COLOR: "1" },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}

Deno.test("every script of the labs says what it shows, and covers what there is", async () => {
  const known = new Set(chapters.flatMap(({ requirements }) => requirements).map(({ id }) => id));
  for (const { path, title, covers } of await allScripts()) {
    assertEquals([path, title === "", covers.length === 0, covers.filter((id) => !known.has(id))], [path, false, false, []]);
    assertLessOrEqual(title.length, 72, path);
  }
});

Deno.test("the reference passes every script of the labs", async () => {
  const scripts = await allScripts();
  const { code, stdout } = await run("--json", "labs");
  const { totals, scripts: verdicts } = JSON.parse(stdout) as {
    totals: Record<string, number>;
    scripts: { script: string; verdict: string }[];
  };
  assertEquals(verdicts.filter(({ verdict }) => verdict !== "passed").map(({ script, verdict }) => `${script} ${verdict}`), []);
  assertEquals([code, totals.passed], [0, scripts.length]);
});

Deno.test("every eighth mutant of labs 04 to 06 is caught by a script, unless none can see it", async () => {
  const paths = (await allScripts()).map(({ path }) => path);
  const scripts = await Promise.all(paths.map(async (file) => ({ file, text: await Deno.readTextFile(file) })));
  const judging = { options: [], tolerance: 1000, strict: false, defines: new Set(["STANDARD"]) };
  const survivors: string[] = [];
  const chosen = labs.filter(({ number }) => number >= 4 && number <= 6);
  for await (
    const { mutant, killer } of tryMutants(chosen, scripts, judging, ({ unseen }, index) => unseen === undefined && index % 8 === 3)
  ) {
    if (killer === undefined) survivors.push(mutant.name);
  }
  assertEquals(survivors, []); // all of them: deno task packetdrill --mutants 4-6 labs
});

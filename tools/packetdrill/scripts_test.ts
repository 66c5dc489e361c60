/** The kit's own scripts: each says what it shows, and the reference does it. */
import { assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { allScripts } from "../all_checks.ts";
import { chapters } from "../requirements.ts";
import { labs } from "../../labs/manifest.ts";
import { whyNoLiveWire } from "../harness/kernel/kernel_peer.ts";
import { testWhen } from "../test_when.ts";
import { tryMutants } from "./mutants.ts";
import { readHead } from "./script_head.ts";

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

Deno.test("every eighth mutant of labs 04 to 06 and 08 is caught by a script, unless none can see it", async () => {
  const paths = (await allScripts()).map(({ path }) => path);
  const scripts = await Promise.all(paths.map(async (file) => ({ file, text: await Deno.readTextFile(file) })));
  const judging = { options: [], tolerance: 1000, strict: false, defines: new Set(["STANDARD"]) };
  const survivors: string[] = [];
  const chosen = labs.filter(({ number }) => [4, 5, 6, 8].includes(number));
  for await (
    const { mutant, killer } of tryMutants(chosen, scripts, judging, ({ unseen }, index) => unseen === undefined && index % 8 === 3)
  ) {
    if (killer === undefined) survivors.push(mutant.name);
  }
  assertEquals(survivors, []); // all of them: deno task packetdrill --mutants 4-8 labs
});

testWhen(await whyNoLiveWire(), "Linux passes every eighth script that leaves it no choice", async () => {
  const chosen: string[] = [];
  for (const { path } of await allScripts()) {
    if (readHead(await Deno.readTextFile(path)).ours === undefined) chosen.push(path);
  }
  // What is about seconds is left out, and a busy machine may be late.
  const { stdout } = await run("--live", "--longest", "1", "--tolerance", "250", "--json", ...chosen.filter((_, index) => index % 8 === 0));
  const { totals, scripts } = JSON.parse(stdout) as { totals: Record<string, number>; scripts: { script: string; verdict: string }[] };
  assertEquals(scripts.filter(({ verdict }) => verdict === "failed" || verdict === "malformed").map(({ script }) => script), []);
  assertGreater(totals.passed ?? 0, 20);
});

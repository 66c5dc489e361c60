import { assertEquals, assertThrows } from "@std/assert";
import { chooseSteps, steps } from "./ok.ts";

const names = (...words: string[]): string[] => chooseSteps(words).map((step) => step.name);

Deno.test("chooseSteps() takes all, some, or all but some, in the order of the list", () => {
  assertEquals(names(), steps.map((step) => step.name));
  assertEquals(names("lint", "fmt"), ["fmt", "lint"]);
  assertEquals(names("--except", "tests", "--except=mutants").includes("tests"), false);
  assertEquals(names("--except", "tests").length, steps.length - 1);
});

Deno.test("chooseSteps() refuses what is no step", () => {
  assertThrows(() => names("lnit"), TypeError, 'There is no step "lnit"; there are fmt, lint,');
  assertThrows(() => names("--except", "x"), TypeError, 'There is no step "x"');
  assertThrows(() => names("--fast"), TypeError, "does not know --fast");
});

Deno.test("steps are tasks that deno.json describes, or commands of Deno's own", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  for (const { args: [command, , task] } of steps) {
    if (command === "task") assertEquals(typeof tasks[task as string]?.description, "string", `deno task ${task}`);
  }
});

Deno.test("deno task ok goes on behind a step that fails, shows its output and fails as a whole", async () => {
  const args = ["run", "--allow-run", "--allow-read", "--allow-env", new URL("./ok.ts", import.meta.url).pathname, "fmt", "check"];
  const cwd = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${cwd}/deno.json`, '{ "tasks": { "check": "echo fine" } }');
    await Deno.writeTextFile(`${cwd}/a.ts`, "const   a=1");
    const { stdout, code } = await new Deno.Command(Deno.execPath(), { args, cwd, stderr: "null" }).output();
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    assertEquals(lines[0]?.replace(/\d+/, "N").replaceAll(/ +/g, " "), "✗ fmt N ms");
    assertEquals(lines.at(-1)?.replace(/\d+/, "N").replaceAll(/ +/g, " "), "✓ check N ms");
    assertEquals(lines.some((line) => line.includes("const a = 1")), true);
    assertEquals(code, 1);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

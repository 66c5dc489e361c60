/** What TAB offers behind `deno task`: asked of the tool, and in real shells, with the key pressed. */
import { assert, assertArrayIncludes, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { labs } from "../labs/manifest.ts";
import { complete, FILES, optionsIn } from "./completion.ts";
import { FLAGS, helpText, MAY_HAVE_VALUE, WITH_VALUE } from "./lab/options.ts";
import { loadChecks, ROOT } from "./lab/run.ts";
import { missingProgram, testWhen } from "./test_when.ts";
import { taskOutput } from "./testing/tasks.ts";

const words = async (...line: string[]): Promise<string[]> => (await complete(line)).map(({ word }) => word);

Deno.test("complete() names the tasks of deno.json, with what they are for", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  assertEquals(await words("task", ""), Object.keys(tasks));
  assertEquals(await words("task", "lab1"), ["lab1", "lab10", "lab11"]);
  assertEquals(await words("task", "--quiet", "docto"), ["doctor"]);
  assertEquals((await complete(["task", "lab7"]))[0]?.means, tasks.lab7.description);
  assertEquals([await words("run", ""), await words("")], [[], []]);
});

Deno.test("complete() offers every check of every lab behind --only, and the groups", async () => {
  for (const lab of labs) {
    const checks = await loadChecks(lab, true);
    const offered = await words("task", `lab${lab.number}`, "--only", "");
    assertEquals(offered, [...new Set(checks.map(({ group }) => group)), ...checks.map(({ id }) => id)]);
    assertEquals(await words("task", `lab${lab.number}`, "--hint", ""), checks.map(({ id }) => id));
  }
  assertEquals(await words("task", "lab5", "--seed", "3", "--only", "closing/bo"), ["closing/both"]);
  assertEquals(await words("task", "lab5", "--only=closing/bo"), ["--only=closing/both"]);
  assertEquals(await words("task", "lab5", "--only", "=", "closing/bo"), ["closing/both"]); // how bash tells it
  assertEquals(await words("task", "lab5", "--only", "nothing"), []);
});

Deno.test("complete() offers the options that a lab's command reads, no more and no less", async () => {
  const read = [...FLAGS, ...WITH_VALUE, ...MAY_HAVE_VALUE].map((name) => `--${name}`).sort();
  assertEquals((await words("task", "lab5", "--")).sort(), read);
  assertEquals((await words("task", "lab5", "")).sort(), read);
  assertEquals(await words("task", "lab5", "--mi"), ["--mine"]);
  assertEquals(
    optionsIn(helpText(undefined)).filter(({ hasValue }) => hasValue).map(({ word }) => word.slice(2)).sort(),
    [...WITH_VALUE].sort(),
  );
});

Deno.test("complete() knows what stands behind a lab's other options", async () => {
  assertEquals(await words("task", "lab5", "--driver", ""), ["ffi", "tuntap2"]);
  assertEquals(await words("task", "lab5", "--reference", "1"), ["1", "10", "11"]);
  assertEquals(await complete(["task", "lab5", "--pcap", "x"]), [FILES]);
  assertEquals(await words("task", "lab5", "--seed", ""), []);
  assertArrayIncludes(await words("task", "lab5", "--inspect", ""), ["--only"]);
  assertEquals(await words("task", "lab5", "--inspect="), []);
});

Deno.test("complete() takes the options of any other task from its help, and experiments by their names", async () => {
  const { experiments } = await import("./try/experiments.ts");
  assertEquals(await words("task", "try", ""), experiments.map(({ name }) => name));
  assertArrayIncludes(await words("task", "try", "ports", "--"), ["--seed", "--live", "--help"]);
  assertArrayIncludes(await words("task", "plot", "lab8", "--l"), ["--loss"]);
  assertEquals(await complete(["task", "bench", "--svg", ""]), [FILES]);
  assertEquals(await words("task", "completion", ""), ["bash", "zsh", "fish"]);
  assertEquals(await words("task", "layers", "--"), []); // it has no help, and is not run to find that out
  assertEquals(await words("task", "no-such-task", ""), []);
});

Deno.test("optionsIn() reads a text of help", () => {
  const help =
    "deno task x\n\n  --one            what\n  --two FILE       of a file\n                   --none in the middle\n  --three=N  t\n  -f\n";
  assertEquals(optionsIn(help).map(({ word, means, hasValue }) => [word, means, hasValue]), [
    ["--one", "what", false],
    ["--two", "of a file", true],
    ["--three", "t", true],
  ]);
});

Deno.test("deno task completion prints a script, or says for which shells there is one", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, out, err } = await taskOutput("completion", [shell]);
    assertEquals([status, err], [0, ""]);
    assertStringIncludes(out, "completion words");
  }
  for (const wrong of [[], ["csh"], ["bash", "zsh"]]) {
    assertEquals(await taskOutput("completion", wrong), {
      status: 2,
      out: "",
      err: "For which shell? There are bash, zsh, fish: deno task completion bash\n",
    });
  }
  const { status, out } = await taskOutput("completion", ["--help"]);
  assertEquals(status, 0);
  assert(out.split("\n").every((line) => line.length <= 80));
});

/** A folder with a `deno` that only says what it was told, but for the question of a completion. */
async function folderWithDeno(shell: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  const { out } = await taskOutput("completion", [shell]);
  await Deno.writeTextFile(`${folder}/script`, out);
  const deno = `#!/bin/sh\ncase "$3" in completion) exec '${Deno.execPath()}' "$@" ;; *) echo "RAN:$*:" ;; esac\n`;
  await Deno.writeTextFile(`${folder}/deno`, deno, { mode: 0o755 });
  return folder;
}

/** Types lines into a shell that sits at a terminal, each when the prompt is back; what was run then. */
async function type(shell: readonly string[], folder: string, cwd: string, lines: readonly string[]): Promise<string[]> {
  const child = new Deno.Command("script", {
    args: ["--quiet", "--return", "--command", shell.join(" "), "/dev/null"],
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
    env: { PATH: `${folder}:${Deno.env.get("PATH")}`, HOME: folder, TERM: "dumb", ZDOTDIR: folder },
    signal: AbortSignal.timeout(60_000),
  }).spawn();
  const writer = child.stdin.getWriter();
  const encoder = new TextEncoder();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  const readUntil = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(seen)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`${shell[0]} ended:\n${seen}`);
      seen += value;
    }
  };
  const ran: string[] = [];
  await readUntil(/READY> /);
  for (const line of lines) {
    seen = "";
    await writer.write(encoder.encode(`${line}\n`));
    await readUntil(/RAN:.*:[^]*READY> /);
    ran.push(/RAN:(.*):/.exec(seen)?.[1]?.trim() ?? "");
  }
  await writer.write(encoder.encode("exit\n"));
  await writer.close().catch(() => {});
  while (!(await reader.read()).done);
  await child.status;
  return ran;
}

const BASH = ["bash", "--noprofile", "--rcfile", "~/rc", "-i"];
const noTerminal = missingProgram("script");

testWhen(
  missingProgram("bash") ?? noTerminal,
  "bash completes at TAB: a task, an option, a check; and leaves other folders alone",
  async () => {
    const folder = await folderWithDeno("bash");
    await Deno.writeTextFile(`${folder}/rc`, "source ~/script; PS1='READY> '\n");
    const lines = [
      "source ~/script; deno task doct\t",
      "deno task lab5 --only closing/bo\t",
      "deno task lab5 --only=closing/bo\t",
      "deno task lab3 --requ\t",
    ];
    assertEquals(await type(BASH, folder, ROOT, lines), [
      "task doctor",
      "task lab5 --only closing/both",
      "task lab5 --only=closing/both",
      "task lab3 --require-live",
    ]);
    const below = await type(BASH, folder, `${ROOT}/labs/05-states`, [
      "source ~/script; deno task doct\t",
    ]);
    assertEquals(below, ["task doctor"]);
    const theirs = "_old() { COMPREPLY=(theirs); }; complete -F _old deno; source ~/script; source ~/script; PS1='READY> '\n";
    await Deno.writeTextFile(`${folder}/rc`, theirs);
    assertEquals(await type(BASH, folder, folder, ["deno task x\t"]), ["task theirs"]);
    await Deno.remove(folder, { recursive: true });
  },
);

testWhen(missingProgram("zsh") ?? noTerminal, "zsh completes at TAB", async () => {
  const folder = await folderWithDeno("zsh");
  await Deno.writeTextFile(`${folder}/.zshrc`, "autoload -U compinit; compinit -D -u; source ~/script; PS1='READY> '\n");
  const lines = ["deno task doct\t", "deno task lab5 --only closing/bo\t", "deno task lab5 --only=closing/bo\t", "deno task lab3 --requ\t"];
  assertEquals(await type(["zsh", "-i"], folder, ROOT, lines), [
    "task doctor",
    "task lab5 --only closing/both",
    "task lab5 --only=closing/both",
    "task lab3 --require-live",
  ]);
  await Deno.remove(folder, { recursive: true });
});

testWhen(missingProgram("fish"), "fish offers what the tool says", async () => {
  const folder = await folderWithDeno("fish");
  const asked = async (line: string): Promise<string> => {
    const { stdout } = await new Deno.Command("fish", {
      args: ["--no-config", "-c", `source ${folder}/script; complete -C '${line}'`],
      cwd: ROOT,
      env: { PATH: `${folder}:${Deno.env.get("PATH")}`, HOME: folder },
    }).output();
    return new TextDecoder().decode(stdout);
  };
  assertMatch(await asked("deno task doct"), /^doctor\t/m);
  assertMatch(await asked("deno task lab5 --only closing/bo"), /^closing\/both\t/m);
  assertMatch(await asked("deno task lab3 --requ"), /^--require-live\t/m);
  await Deno.remove(folder, { recursive: true });
});

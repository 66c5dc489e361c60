/** The student's command as a student meets it: a process of its own, its output and its exit status. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import { ROOT } from "./run.ts";

interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys=uid"];

async function lab(...words: string[]): Promise<Said> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...PERMISSIONS, "tools/lab/main.ts", ...words],
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("lab1 as shipped fails with status 1, says what to write first, and shows no stack trace", async () => {
  const { status, out, err } = await lab("1");
  assertEquals(status, 1);
  assertStringIncludes(out, "Lab 01 · Framing");
  assertStringIncludes(out, "01 yours");
  assertMatch(out, /not written yet: parseEthernet.*[ \n]+labs\/01-framing\/framing\.ts:\d+/);
  assertMatch(out, /0 of \d+ checks · 0 of 100 points/);
  assertMatch(out, /Next {8}write parseEthernet/);
  assertEquals(err, "");
  assert(!/^\s+at /m.test(out));
});

Deno.test("lab1 with the reference passes with status 0", async () => {
  const { status, out } = await lab("1", "--reference", "1-3");
  assertEquals(status, 0);
  assertStringIncludes(out, "01 reference");
  assertMatch(out, /(\d+) of \1 checks · 100 of 100 points|live checks skipped/);
});

Deno.test("the report fits 80 columns", async () => {
  for (const words of [["1"], ["3", "--virtual"], ["1", "--help"], ["3", "--list"], ["3", "--hint", "routes"]]) {
    const { out } = await lab(...words);
    for (const line of out.split("\n")) assert([...line].length <= 80, `${[...line].length} columns: ${line}`);
  }
});

Deno.test("a wrong command is one sentence and status 2", async () => {
  const wrong: [string[], string][] = [
    [["99"], "There is no lab 99"],
    [[], "Which lab?"],
    [["1", "--seed", "soon"], `"soon" is no seed`],
    [["1", "--seed"], "--seed needs a value"],
    [["1", "--only", "nothing/here"], `There is no check and no group "nothing/here" in lab 1`],
    [["1", "--frobnicate"], "There is no option --frobnicate"],
    [["1", "--reference", "3-1"], "Cannot make sense of --reference 3-1"],
    [["1", "--reference", "1-12"], `there is no lab ${labs.length + 1}`],
    [["1", "--driver", "magic"], `There is no driver "magic"`],
    [["1", "--hint", "nothing/here"], `There is no check "nothing/here"`],
    [["1", "2"], `Cannot make sense of "2"`],
    [["1", "--replay"], "--replay needs a value"],
    [["1", "--replay", "nowhere.json"], "There is no file nowhere.json."],
    [["1", "--replay", "deno.json"], "deno.json is no failure that was kept: its format is not wallsocket-run/1."],
  ];
  for (const [words, sentence] of wrong) {
    const { status, out, err } = await lab(...words);
    assertEquals([status, out], [2, ""], words.join(" "));
    assertStringIncludes(err.replaceAll("\n", " "), sentence);
    for (const line of err.split("\n")) assert(line.length <= 80, line);
  }
});

Deno.test("--pcap into a place that cannot be written is one sentence and status 3", async () => {
  const file = await Deno.makeTempFile();
  try {
    const { status, err } = await lab("1", "--virtual", "--only", "wire", "--reference", "1", "--pcap", `${file}/captures`);
    assertEquals(status, 3);
    assertEquals(err.replaceAll("\n", " ").trim(), `Cannot make the folder ${file}/captures: not a directory`);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("--pcap DIR keeps a capture of every check that has packets", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { status } = await lab("1", "--virtual", "--only", "wire", "--reference", "1", "--pcap", `${folder}/new/captures`);
    assertEquals(status, 0);
    const names = [...Deno.readDirSync(`${folder}/new/captures`)].map((entry) => entry.name);
    assert(names.includes("wire-echo.pcapng"), names.join());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--seed repeats a run, and --only with it draws the same inputs", async () => {
  const draw = async (...words: string[]): Promise<unknown> => {
    const { out } = await lab("1", "--virtual", "--reference", "1", "--seed", "77", "--json", ...words);
    const report = JSON.parse(out) as { seed: number; results: { id: string; outcome: string }[] };
    return [report.seed, report.results.find((result) => result.id === "pad/short-frame")?.outcome];
  };
  assertEquals(await draw(), [77, "passed"]);
  assertEquals(await draw("--only", "pad/short-frame"), [77, "passed"]);
});

Deno.test("--json is one object, and its score is the report's", async () => {
  const { status, out } = await lab("1", "--virtual", "--json");
  const report = JSON.parse(out) as Record<string, unknown>;
  assertEquals([status, report.lab, report.passed, report.points], [1, 1, 0, 0]);
});

Deno.test("--require-live turns a skipped live check into status 3", async () => {
  const { status, err } = await lab("1", "--virtual", "--require-live", "--reference", "1-3");
  assertEquals(status, 3);
  assertStringIncludes(err, "--require-live");
});

Deno.test("--hint gives the three hints one after the other", async () => {
  const first = (await lab("1", "--hint", "pad/short-frame")).out;
  const grade = Number(/Hint (\d) of 3/.exec(first)?.[1]);
  assert(grade >= 1 && grade <= 3, first);
  const next = (await lab("1", "--hint", "pad/short-frame")).out;
  assertStringIncludes(next, `Hint ${grade % 3 + 1} of 3`);
  assertEquals(next.includes("from the first again"), grade === 3);
});

Deno.test("--hint of a group lists its checks", async () => {
  const { status, out } = await lab("1", "--hint", "pad");
  assertEquals(status, 0);
  assertStringIncludes(out, '"pad" is a group');
  assertStringIncludes(out, "pad/short-frame");
});

Deno.test("optional checks are run when they are named, and count for nothing", async () => {
  const named = await lab("10", "--reference", "1-10", "--only", "edge", "--only", "readiness/end");
  assertEquals(named.status, 0);
  assertMatch(named.out, /^ {2}readiness .*\n {2}edge .*\n\n(\d+) of \1 checks {2,}seed/m); // no points
  const listed = (await lab("10", "--list")).out;
  assertEquals([/^edge\//m.test(listed), listed.trimEnd().endsWith("optional: --only edge")], [false, true]);
  assertMatch((await lab("10", "--list", "--only", "edge")).out, /^edge\/once /);
});

/** Ids of all processes whose command line has `word` in it. Deno itself may not read /proc in a test; `grep` may. */
function processesWith(word: string): number[] {
  const { stdout } = new Deno.Command("sh", { args: ["-c", "grep -a '' /proc/[0-9]*/cmdline"], stderr: "null" }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(word))
    .map((line) => Number(/^\/proc\/(\d+)/.exec(line)?.[1]));
}

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  Deno.test({
    name: `nothing is left of a run that ends with ${signal}, not even a subject in an endless loop`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      const script = new URL("../testing/endless_run.ts", import.meta.url).pathname;
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", ...PERMISSIONS, script],
        cwd: ROOT,
        stdin: "null",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      let said = "";
      while (!said.includes("\n")) said += new TextDecoder().decode((await reader.read()).value);
      const folder = said.trim();
      await reader.cancel();
      assert(processesWith(folder).length > 0, "the subject runs");
      child.kill(signal);
      await child.status;
      for (let tries = 0; tries < 100 && processesWith(folder).length > 0; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
      assertEquals(processesWith(folder), []);
    },
  });
}

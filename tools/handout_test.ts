/** The students' kit, made once and then used as a student, a curious student and an instructor would. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { finished, labs } from "../labs/manifest.ts";
import { Search, secretsOf } from "./handout/secrets.ts";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { ROOT } from "./lab/run.ts";
import { createTermKey } from "./seal/term_key.ts";
import { missingProgram, testWhen } from "./test_when.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

const FOLDER = await temporaryFolder();
const KIT = `${FOLDER}/kit`, KEY_FILE = `${FOLDER}/term.key`, CACHE = `${FOLDER}/deno`;
const search = new Search(await secretsOf([]));
const noLiveWire = await whyNoLiveWire();

interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): Promise<Said> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd, stdin: "null", env: { NO_COLOR: "1", ...env } })
    .output();
  return { status: code, out: new TextDecoder("latin1").decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** A task, with whatever cache Deno has: only the tests that search a cache have one of their own. */
const task = (cwd: string, words: string[], env?: Record<string, string>): Promise<Said> =>
  run(Deno.execPath(), ["task", "--quiet", ...words], cwd, env);

async function makeKit(): Promise<void> {
  for (const words of [["--new-key", KEY_FILE], ["--to", KIT, "--seal", KEY_FILE]]) {
    const { status, err } = await task(ROOT, ["handout", ...words]);
    assertEquals([status, err], [0, ""]);
  }
}
await makeKit();
const key = (await Deno.readTextFile(KEY_FILE)).trim();

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (name === ".git") continue; // compressed: git itself is asked for what is in it
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else if (isFile) yield `${folder}/${name}`;
  }
}

/** Every file below a folder, as text whatever it is, and what of the secrets stands in it. */
async function secretsBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of filesBelow(folder)) {
    const text = new TextDecoder().decode(await Deno.readFile(path)); // of bytes that are no text, the ASCII in them survives
    found.push(...search.in(text).map((secret) => `${path}: "${secret.text}" of ${secret.what}`));
  }
  return found;
}

/** Puts the solutions into the kit's labs, `change` having a word; gives back how to take them out again. */
async function solve(numbers: readonly number[], change = (_path: string, text: string): string => text): Promise<() => Promise<void>> {
  const before = new Map<string, string>();
  for (const { folder, files } of labs.filter(({ number }) => numbers.includes(number))) {
    for (const file of files) {
      const path = `${KIT}/labs/${folder}/${file}`;
      before.set(path, await Deno.readTextFile(path));
      await Deno.writeTextFile(path, change(`${folder}/${file}`, await Deno.readTextFile(`${ROOT}/solutions/${folder}/${file}`)));
    }
  }
  return async () => {
    for (const [path, text] of before) await Deno.writeTextFile(path, text);
  };
}

/** A solution of lab 01 with a fault that a hidden check finds. */
async function solveWrongly(): Promise<() => Promise<void>> {
  const { default: mutants } = await import("../solutions/01-framing/mutants/mutants.ts");
  const { default: hidden } = await import("../solutions/01-framing/hidden.ts");
  const mutant = mutants.find(({ caughtBy }) => hidden.checks.some(({ id, kind }) => id === caughtBy && kind === "table"));
  assert(mutant !== undefined);
  return await solve([1], (_, text) => text.replace(mutant.replace, mutant.by));
}

Deno.test("handout: the search finds solutions, hidden suites and mutants where they are", async () => {
  for (const { folder, files } of labs) {
    for (const path of files.map((file) => `${ROOT}/solutions/${folder}/${file}`)) {
      assert(search.in(await Deno.readTextFile(path)).length > 0, path);
    }
  }
  assert((await secretsBelow(`${ROOT}/solutions/07-accept/hidden`)).length > 100);
  assert((await secretsBelow(`${ROOT}/solutions/07-accept/mutants`)).length > 20);
});

Deno.test("handout: no file of the kit holds a line of a solution, a hidden check or a mutant", async () => {
  assertEquals(await secretsBelow(KIT), []);
  const names = await Array.fromAsync(filesBelow(KIT));
  assertEquals(
    names.filter((name) => /solutions|^\/(?!tools\/).*mutant|hidden(?!\.sealed)/.test(name.slice(KIT.length))), // tools know of mutants, and hold none
    [],
  );
});

testWhen(missingProgram("git"), "handout: the repository has one commit, and nothing in its objects", async () => {
  assertMatch((await run("git", ["log", "--all", "--reflog", "--format=%s"], KIT)).out, /^Wallsocket: the kit\n$/);
  const { status, out } = await run("git", ["cat-file", "--batch-all-objects", "--batch"], KIT);
  assertEquals(status, 0);
  assert(out.length > 1_000_000);
  assertEquals(search.in(out), []);
  assertEquals((await run("git", ["status", "--short", "--ignored"], KIT)).out, "");
});

const lastOf = (some: readonly { readonly number: number }[]): number => some.at(-1)?.number ?? 0;
const twoDigits = (number: number): string => `${number}`.padStart(2, "0");

Deno.test("handout: a kit says whose code runs, and what to write first", async () => {
  const last = twoDigits(lastOf(labs));
  const origins: [number, string][] = [[1, "01 yours"], [4, `01–04 yours · 05–${last} peer`], [6, `01–06 yours · 07–${last} peer`]];
  for (const [number, origin] of origins) {
    const { status, out, err } = await task(KIT, [`lab${number}`, "--virtual"]);
    assertEquals([status, err], [1, ""], out);
    assertMatch(out.split("\n")[0] ?? "", new RegExp(latin1(`${origin} {2,}virtual`)));
    assertMatch(out, /\n0 of \d+ checks.* 0 of 100 points/);
    assert(!out.includes(latin1("✘")), out);
  }
  const { out } = await task(KIT, ["lab4", "--virtual", "--mine"]);
  assertStringIncludes(out, latin1(`01–${twoDigits(lastOf(finished))} yours`));
});

Deno.test("handout: a kit draws what the student's stack does, beside the peer", async () => {
  const stub = await task(KIT, ["plot", "lab8"]);
  assertEquals([stub.status, stub.err], [1, ""], stub.out);
  assertMatch(stub.out.replaceAll("\n", " "), /^Your transfer ends after 0 ms: \S+ is not written yet/);
  const takeOut = await solve(labs.map(({ number }) => number).filter((number) => number <= 8));
  try {
    const { status, out, err } = await task(KIT, ["plot", "lab8", "--seconds", "2"]);
    assertEquals([status, err], [0, ""], out);
    const [yours, peer] = ["yours", "peer"].map((name) =>
      out.split("\n").findLast((line) => line.startsWith(name))?.slice(name.length).trim()
    );
    assertEquals(yours, peer);
    assertMatch(peer ?? "", /^\d\.\d\d Mbit\/s/);
    assertStringIncludes(out, "\nCompared   yours / peer: alike\n");
  } finally {
    await takeOut();
  }
});

Deno.test("handout: a kit says where the way to a server ends", async () => {
  const { status, out, err } = await task(KIT, ["diagnose", "127.0.0.1", "1"]);
  assertEquals([status, err], [15, ""], out);
  assertStringIncludes(out, "It stops at SYN: above the socket");
});

Deno.test("handout: a kit has the files for editors and containers, and TAB names its tasks and its public checks", async () => {
  for (const file of [".vscode/launch.json", ".vscode/settings.json", ".vscode/extensions.json", ".devcontainer/devcontainer.json"]) {
    assertEquals(await Deno.readTextFile(`${KIT}/${file}`), await Deno.readTextFile(`${ROOT}/${file}`));
  }
  const offered = async (...words: string[]): Promise<string[]> => {
    const { out, err } = await task(KIT, ["completion", "words", "task", ...words]);
    assertEquals(err, "");
    return out.trim().split("\n").map((line) => line.split("\t")[0] as string);
  };
  assertEquals(await offered("doc"), ["doctor"]);
  const { default: suite } = await import("../labs/01-framing/suite.ts");
  assertEquals((await offered("lab1", "--hint", "")).sort(), suite.checks.map(({ id }) => id).sort());
});

Deno.test("handout: in a kit the peer stands in below a script, too", async () => {
  const takeOut = await solve([8]);
  try {
    const { status, out, err } = await task(KIT, ["packetdrill", "--reference", "1-7", "labs/08-congestion/scripts/slow_start.pkt"]);
    assertEquals([status, err], [0, ""], out);
    const { status: alone, out: said } = await task(KIT, ["packetdrill", "labs/08-congestion/scripts/slow_start.pkt"]);
    assertEquals(alone, 1);
    assertStringIncludes(said, "The peer can stand in for some:\ndeno task packetdrill --reference 1-7 ");
  } finally {
    await takeOut();
  }
});

Deno.test("handout: a student's own checks run on the peer and on the student's code, and say who runs them on wrong code", async () => {
  const path = `${KIT}/labs/05-states/my_checks.ts`;
  try {
    const first = await task(KIT, ["lab5", "--my-checks"]);
    assertEquals([first.status, first.err], [0, ""]);
    assertStringIncludes(first.out, "labs/05-states/my_checks.ts was not there");
    const { status, out, err } = await task(KIT, ["lab5", "--my-checks"]);
    assertEquals([status, err], [0, ""], out);
    assertMatch(out.replaceAll(/\s+/g, " "), /2 of 2 checks are right: the peer, .* Whoever grades runs those on wrong solutions/);
    assertStringIncludes(out, "Your code passes 0 of 2.");
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace('"CLOSE-WAIT"', '"CLOSED"'));
    const wrong = await task(KIT, ["lab5", "--my-checks"]);
    assertEquals(wrong.status, 1);
    assertStringIncludes(wrong.out, "the peer closes first: right code fails it");
  } finally {
    await Deno.remove(path);
  }
});

/** The text as `run` reads it: byte by byte. */
function latin1(text: string): string {
  return new TextDecoder("latin1").decode(new TextEncoder().encode(text));
}

Deno.test("handout: the kit's own test of the peer passes in every lab", async () => {
  const { status, out, err } = await task(KIT, ["test", "--no-check", "tools/lab/kit_test.ts"]);
  assertEquals(status, 0, out + err);
  assertMatch(out, new RegExp(`\n${finished.length + 1} passed, 0 failed, 0 skipped\n$`));
});

Deno.test("handout: a lab that imports the peer bundle is refused, with the line", async () => {
  const restore = await solve([1], (_, text) => `import { framing } from "../../tools/peer/peer.js";\n${text}\nconsole.log(framing);\n`);
  try {
    const { status, out, err } = await task(KIT, ["lab1", "--virtual"]);
    assertEquals([status, err], [1, ""], out);
    assertMatch(out, /labs\/01-framing\/framing\.ts:1 +imports +"\.\.\/\.\.\/tools\/peer\/peer\.js"/);
  } finally {
    await restore();
  }
});

Deno.test("sealed: with the key a hidden check fails without a word of its own, on any stream, in any file", async () => {
  const restore = await solveWrongly();
  try {
    await seedCache();
    const env = { WALLSOCKET_SUITE_KEY: key, DENO_DIR: CACHE };
    const words = ["lab1", "--virtual", "--all", "--pcap", `${FOLDER}/captures`];
    const said = await task(KIT, words, env);
    assertMatch(said.out, /\nHidden checks: (\d+) of (?!\1)\d+\n/);
    assertMatch(said.out, /\n {2}\S+ [1-9]\d* in \w+: a wrong result\n {4}labs\/01-framing\/README\.md#/);
    const json = await task(KIT, ["lab1", "--virtual", "--json"], env);
    const list = await task(KIT, ["lab1", "--list"], env);
    const main = ["run", "-A", "--quiet", `--coverage=${FOLDER}/coverage`, "tools/lab/main.ts", "1", "--virtual"];
    const covered = await run(Deno.execPath(), main, KIT, env);
    assertMatch(covered.out, /\nHidden checks: /);
    for (const { out, err } of [said, json, list, covered]) assertEquals([search.in(out), search.in(err)], [[], []]);
    for (const folder of [`${KIT}/.wallsocket`, `${FOLDER}/captures`, `${FOLDER}/coverage`, CACHE]) {
      assertEquals(
        (await secretsBelow(folder)).filter((found) => !found.includes("labs/01-framing") && !found.includes("/subjects/")),
        [],
        folder,
      );
    }
    assert((await Array.fromAsync(filesBelow(`${FOLDER}/coverage`))).length > 10);
    assertEquals(await holding(key, [`${KIT}/.wallsocket`, CACHE, `${FOLDER}/coverage`]), []);
  } finally {
    await restore();
    await Deno.remove(`${KIT}/.wallsocket`, { recursive: true });
  }
});

/** A cache of our own, with the packages that the usual one has. */
async function seedCache(): Promise<void> {
  const { out } = await run(Deno.execPath(), ["info", "--json"], KIT);
  await Deno.mkdir(CACHE);
  await run("ln", ["-s", `${JSON.parse(out).denoDir}/npm`, `${CACHE}/npm`], KIT); // `Deno.symlink` wants more permissions than tests have
}

async function holding(text: string, folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for await (const path of filesBelow(folder)) {
      if (new TextDecoder("latin1").decode(await Deno.readFile(path)).includes(text)) found.push(path);
    }
  }
  return found;
}

Deno.test("sealed: a key that is wrong, or a file that is damaged, is a sentence and status 3", async () => {
  const path = `${KIT}/labs/01-framing/hidden.sealed`;
  const sealed = await Deno.readTextFile(path);
  const cases: [key: string, file: string, sentence: RegExp][] = [
    [createTermKey(), sealed, /was sealed with another key/],
    ["hunter2", sealed, /WALLSOCKET_SUITE_KEY holds no key/],
    [key, `${sealed.slice(0, 400)}${sealed[400] === "A" ? "B" : "A"}${sealed.slice(401)}`, /hidden\.sealed is damaged/],
    [key, await Deno.readTextFile(`${KIT}/labs/02-arp/hidden.sealed`), /holds the hidden checks of lab 02-arp/],
  ];
  try {
    for (const [given, file, sentence] of cases) {
      await Deno.writeTextFile(path, file);
      const { status, out, err } = await task(KIT, ["lab1", "--virtual"], { WALLSOCKET_SUITE_KEY: given });
      assertEquals([status, out], [3, ""]);
      assertMatch(err.replaceAll("\n", " "), sentence);
      assert(!err.includes(given) && !/^ +at /m.test(err), err);
    }
  } finally {
    await Deno.writeTextFile(path, sealed);
  }
});

Deno.test("handout: a wrong command is a sentence, and no kit is written", async () => {
  const wrong: [string[], number, RegExp][] = [
    [[], 2, /Where to\?/],
    [["--to", `${FOLDER}/a`, "--labs", `${lastOf(labs) + 1}`], 2, /there is no lab/],
    [["--to", `${FOLDER}/a`, "--labs", "1-3", "--release-solutions", "4"], 2, /Lab 4 is not in the kit/],
    [["--to", KIT], 3, /is not empty/],
    [["--to", `${ROOT}/.wallsocket/kit`], 3, /inside this tree/],
    [["--to", `${FOLDER}/a`, "--seal", `${FOLDER}/no.key`], 3, /--new-key makes one/],
    [["--new-key", KEY_FILE], 3, /there is one already/],
  ];
  for (const [words, expected, sentence] of wrong) {
    const { status, out, err } = await task(ROOT, ["handout", ...words]);
    assertEquals([status, out], [expected, ""], words.join(" "));
    assertMatch(err, sentence);
  }
});

testWhen(noLiveWire, "handout: a kit grades to 0 as shipped, and to 100 % with the solutions in it", async () => {
  const restore = await solve(finished.map(({ number }) => number));
  const solved = `${FOLDER}/solved`;
  await Deno.mkdir(solved);
  for (const { folder, files } of finished) {
    await Deno.mkdir(`${solved}/labs/${folder}`, { recursive: true });
    for (const file of files) await Deno.copyFile(`${KIT}/labs/${folder}/${file}`, `${solved}/labs/${folder}/${file}`);
  }
  await restore();
  const { status, out, err } = await task(ROOT, ["grade", KIT, solved, "--out", `${FOLDER}/out`]);
  assertEquals(status, 0, out + err);
  const totals: number[][] = [];
  for (const name of ["kit", "solved"]) {
    const { total } = JSON.parse(await Deno.readTextFile(`${FOLDER}/out/${name}/result.json`));
    totals.push([total.points, total.ofPoints]);
  }
  assertEquals(totals, [[0, finished.length * 100], [finished.length * 100, finished.length * 100]]);
});

/** The command as it is typed: a process of its own, what it says, what it draws, and its exit status. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertSnapshot } from "@std/testing/snapshot";
import { ROOT } from "./lab/run.ts";
import { comparedText } from "./plot/figures.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";

const FOLDER = await temporaryFolder();
const PERMISSIONS = ["--allow-read", "--allow-write", "--allow-run", "--allow-env", "--allow-sys=uid"];

interface Said {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function plot(...words: string[]): Promise<Said> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...PERMISSIONS, "tools/plot.ts", ...words],
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("plot lab8 draws the sawtooth in 80 columns", async (context) => {
  const { status, out, err } = await plot("lab8", "--reference", "8", "--out", `${FOLDER}/reference.svg`);
  assertEquals([status, err], [0, ""]);
  for (const line of out.split("\n")) assert([...line].length <= 80 || line.startsWith("Drawn"), line);
  const [header, drawn] = out.replace(FOLDER, "FOLDER").split(/\n\n(.*)/s);
  assertMatch(header ?? "", /^Lab 08 · Congestion {5}01–\d+ reference +virtual wire$/);
  await assertSnapshot(context, drawn, { serializer: (text) => `${text}` });
});

Deno.test("the handout of lab 08 shows what the tool draws", async () => {
  const folder = `${ROOT}/labs/08-congestion`;
  const pictures: [string, string[]][] = [
    ["sawtooth.svg", []],
    ["cubic.svg", ["--algorithm", "cubic", "--rate", "10", "--delay", "50", "--queue", "40", "--seconds", "30"]],
  ];
  const said = await Promise.all(pictures.map(async ([file, words]) => {
    const { out } = await plot("lab8", "--reference", "8", ...words, "--out", `${FOLDER}/${file}`);
    const again = `deno task plot lab8 --reference 8 ${words.join(" ")} --out labs/08-congestion/${file}`;
    assertEquals(await Deno.readTextFile(`${folder}/${file}`), await Deno.readTextFile(`${FOLDER}/${file}`), again);
    return out;
  }));
  const [, windows] = (said[0] as string).split(/\n(?=segments)/);
  assertStringIncludes(await Deno.readTextFile(`${folder}/README.md`), windows?.split("\n\n")[0] as string);
});

Deno.test("plot lab8 as shipped says what to write first, and that the reference can be drawn", async () => {
  const { status, out, err } = await plot("lab8", "--out", `${FOLDER}/stub.svg`);
  assertEquals([status, err], [1, ""]);
  assertMatch(out, /^Your transfer ends after \d+ ms: initialWindow is not written yet\s\(labs\/08-congestion\/window\.ts:\d+\)\.\n/);
  assertStringIncludes(out, "deno task plot lab8 --reference 1-8");
});

Deno.test("plot lab8 --no-sack draws a transfer without SACK", async () => {
  const { status, out } = await plot("lab8", "--reference", "8", "--no-sack", "--seconds", "2", "--out", `${FOLDER}/no_sack.svg`);
  assertEquals(status, 0);
  assertStringIncludes(out.replaceAll(/\s+/g, " "), "reno, no SACK");
});

Deno.test("plot lab8 says how yours is drawn where a lab below is not written", async () => {
  const { status, out } = await plot("lab8", "--mine", "--out", `${FOLDER}/mine.svg`);
  assertEquals(status, 1);
  assertMatch(out, /To draw yours on the reference's labs:\ndeno task plot lab8 --reference 1-7\n/);
});

Deno.test("comparedText() says alike, or where the first difference is", () => {
  const sample = (time: number, cwnd: number, flight = 4) => ({ time, cwnd, ssthresh: undefined, flight });
  const own = [sample(0, 4), sample(40, 8), sample(2400, 14)];
  assertEquals(comparedText(own, [...own]), "alike");
  assertEquals(comparedText(own, [sample(0, 4), sample(40, 8), sample(2400, 13)]), "differs first at 2.4 s: cwnd 14 / 13 segments");
  assertEquals(comparedText(own, own.slice(0, 2)), "differs first at 2.4 s: cwnd 14 / 8 segments");
  assertEquals(comparedText(own, [sample(0, 4, 3)]), "differs first at 0 s: in flight 4 / 3 segments");
});

Deno.test("plot lab8 --json says what was drawn", async () => {
  const { status, out } = await plot("lab8", "--reference", "8", "--seconds", "1", "--json", "--out", `${FOLDER}/json.svg`);
  assertEquals(status, 0);
  const { version, lab, settings, svg, runs } = JSON.parse(out);
  assertEquals([version, lab, settings.rate, settings.seconds, svg], [1, 8, 2e6, 1, `${FOLDER}/json.svg`]);
  assertEquals(runs.map(({ name, origins }: { name: string; origins: string }) => [name, origins]), [["reference", ""]]);
  assert(runs[0].samples.length > 10);
});

Deno.test("plot: a wrong command is one sentence and status 2", async () => {
  const wrong: [string[], string][] = [
    [[], "Which lab?"],
    [["lab3"], `There is no plot for "lab3"`],
    [["lab8", "lab9"], `Cannot make sense of "lab9"`],
    [["lab8", "--frobnicate"], "There is no option --frobnicate"],
    [["lab8", "--rate", "0"], "--rate 0: Mbit/s, more than 0: else nothing gets through."],
    [["lab8", "--rate", "fast"], "--rate fast: Mbit/s"],
    [["lab8", "--queue", "1.5"], "--queue 1.5: packets, from 0 to 100000."],
    [["lab8", "--loss", "100"], "--loss 100: per cent, from 0 to less than 100."],
    [["lab8", "--delay=-1"], "--delay -1: milliseconds"],
    [["lab8", "--seconds", "0"], "--seconds 0: more than 0"],
    [["lab8", "--seed", "soon"], "--seed soon: a whole number"],
    [["lab8", "--algorithm", "bbr"], `There is no algorithm "bbr": reno or cubic.`],
    [["lab8", "--rate"], "--rate needs a value"],
    [["lab8", "--rate", "10000"], "10000 Mbit/s for 12 s are 10000000 packets, and 100000 can be drawn"],
    [["lab8", "--reference", "12"], "--reference: there is no lab 12"],
  ];
  for (const [words, sentence] of wrong) {
    const { status, out, err } = await plot(...words);
    assertEquals([status, out], [2, ""], words.join(" "));
    assertStringIncludes(err.replaceAll("\n", " "), sentence);
    for (const line of err.split("\n")) assert(line.length <= 80, line);
  }
});

Deno.test("plot: what cannot be done is one sentence and status 3", async () => {
  const impossible: [string[], string][] = [
    [["--seconds", "1", "--out", `${FOLDER}/nowhere/plot.svg`], "there is no such folder."],
    [["--seconds", "1", "--loss", "99.9"], "Nothing gets through here in 1 s"],
  ];
  for (const [words, sentence] of impossible) {
    const { status, out, err } = await plot("lab8", "--reference", "8", ...words);
    assertEquals([status, out], [3, ""], words.join(" "));
    assertStringIncludes(err.replaceAll("\n", " "), sentence);
  }
});

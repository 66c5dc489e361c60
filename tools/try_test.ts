/** Every experiment is played, twice, and with the kernel where it can be had; and what surrounds them is as it should be. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import reference from "../solutions/reference.ts";
import { readCapture } from "../stack/link/capture_reader.ts";
import { readMarkdown } from "./docs/markdown.ts";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { temporaryFolder } from "./testing/temporary_folder.ts";
import { testWhen } from "./test_when.ts";
import type { Experiment } from "./try/experiment.ts";
import { experiments } from "./try/experiments.ts";
import { pictureOf } from "./try/picture.ts";
import { type Outcome, playLive, playVirtual } from "./try/play.ts";

const noWire = await whyNoLiveWire();
const HANDBOOK = new URL("../docs/handbook/", import.meta.url);
const PICTURES = new URL("../docs/pictures/try/", import.meta.url);

async function play(experiment: Experiment, seed: number, live = false): Promise<Outcome & { lines: string[] }> {
  const lines: string[] = [];
  const outlet = { seed, print: (line: string) => lines.push(line), capture: undefined };
  return { ...await (live ? playLive : playVirtual)(experiment, reference, outlet), lines };
}

for (const experiment of experiments) {
  const { name } = experiment;

  Deno.test(`try ${name} sees what it claims, whatever the seed, and says the same each time`, async () => {
    const first = await play(experiment, 1);
    assert(first.good, `claimed and not seen: ${first.stage.broken.join("; ") || "there is no claim"}`);
    assertEquals((await play(experiment, 1)).lines, first.lines);
    for (const seed of [0, 999_999_999]) {
      const { good, stage } = await play(experiment, seed);
      assert(good, `seed ${seed}: ${stage.broken.join("; ")}`);
    }
    const long = first.lines.filter((line) => [...line].length > 80);
    assertEquals(long, [], "lines longer than 80 columns");
    const picture = await Deno.readTextFile(new URL(`${name}.svg`, PICTURES)).catch(() => "none");
    assert(picture === pictureOf(first.stage, experiment), "deno task try --pictures docs/pictures/try");
  });

  if (experiment.live !== undefined) {
    testWhen(noWire, `try ${name} --live sees what it claims`, async () => {
      const { good, stage, lines } = await play(experiment, 1, true);
      assert(good, `claimed and not seen: ${stage.broken.join("; ")}\n${lines.join("\n")}`);
    });
  }
}

Deno.test("experiments lead to a place in the handbook that names them", async () => {
  for (const { name, chapter } of experiments) {
    const [file = "", anchor = ""] = chapter.split("#");
    const text = await Deno.readTextFile(new URL(file, HANDBOOK));
    assert(readMarkdown(file, text).anchors.has(anchor), `${name}: ${chapter} leads nowhere`);
    assertStringIncludes(text, `deno task try ${name}`);
  }
});

Deno.test("experiments have names of their own, titles that fit into the list, and a word for why one is not played live", () => {
  assertEquals(new Set(experiments.map(({ name }) => name)).size, experiments.length);
  for (const { name, live, virtualOnly } of experiments) assertEquals(live === undefined, virtualOnly !== undefined, name);
  for (const { name, title } of experiments) {
    assert(/^[a-z]+(-[a-z]+)*$/.test(name), name);
    assert(title.length <= 56 && !title.endsWith("."), `${name}: ${title}`);
  }
});

async function command(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const args = ["run", "-A", "--quiet", new URL("try.ts", import.meta.url).pathname, ...words];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: temporaryRoot, env: { NO_COLOR: "1" } }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)) as [string, string];
  return { code, out, err };
}

const temporaryRoot = await temporaryFolder();

Deno.test("deno task try lists them, plays one, and leaves a capture of what was said", async () => {
  const list = await command();
  assertEquals([list.code, list.err], [0, ""]);
  for (const { name } of experiments) assertStringIncludes(list.out, name);
  const { code, out, err } = await command("Lost_SYN", "--picture", "p.svg");
  assertEquals([code, err], [0, ""]);
  assertStringIncludes(out, "✔ connect() took 3020 ms");
  const packets = readCapture(await Deno.readFile(`${temporaryRoot}/.wallsocket/try/lost-syn.pcapng`));
  assertEquals(packets.length, 5);
  assertStringIncludes(await Deno.readTextFile(`${temporaryRoot}/p.svg`), "SYN-RECEIVED");
});

Deno.test("deno task try says in a sentence what is wrong with a command", async () => {
  const wrongs: [string[], number, string][] = [
    [["lost"], 2, "There is no experiment"],
    [["xyzzy"], 2, "deno task try lists them all"],
    [["lost-syn", "backlog"], 2, "One experiment at a time"],
    [["lost-syn", "--seed", "x"], 2, "is no seed"],
    [["lost-syn", "--speed"], 2, "There is no option --speed"],
    [["fair-share", "--live"], 2, "fair-share is played on the virtual wire only"],
    [["lost-syn", "--picture"], 2, "--picture needs"],
    [["lost-syn", "--picture", "no/such/p.svg"], 3, "no/such"],
  ];
  for (const [words, status, sentence] of wrongs) {
    const { code, err } = await command(...words);
    assertEquals(code, status, words.join(" "));
    assertStringIncludes(err.replaceAll("\n", " "), sentence);
    assert(!err.includes("    at "), err);
  }
});

Deno.test("deno task try firewall --rules plays with the reader's rules, or says in which line and column they are none", async () => {
  const path = `${temporaryRoot}/my.rules`;
  await Deno.writeTextFile(path, "chain forward policy allow\n  tcp to port 22 drop\n");
  const open = await command("firewall", "--rules", path);
  assertEquals(open.code, 1, "with other rules the claims are others");
  assertStringIncludes(open.out, "from outside, port 25: connected");
  assertStringIncludes(open.out, "from outside, port 22: ETIMEDOUT");
  await Deno.writeTextFile(path, "chain forward policy drop\n  tcp too port 22 allow\n");
  const wrong = await command("firewall", "--rules", path);
  assertEquals([wrong.code, wrong.out], [2, ""]);
  assertStringIncludes(wrong.err.replaceAll("\n", ""), `${path}:2:7: `);
  assertEquals((await command("arp", "--rules", path)).code, 2);
  assertEquals((await command("nat", "--rules", `${temporaryRoot}/none`)).code, 3);
});

Deno.test("an experiment whose claim does not hold has failed, and one that claims nothing too", async () => {
  const [some] = experiments as [Experiment];
  const wrong = { ...some, play: (stage: Parameters<Experiment["play"]>[0]) => Promise.resolve(stage.expect("the moon is blue", false)) };
  const outcome = await play(wrong, 1);
  assertEquals([outcome.good, outcome.stage.broken], [false, ["the moon is blue"]]);
  assertEquals((await play({ ...some, play: () => Promise.resolve() }, 1)).good, false);
});

/** The loop on a screen, driven as a person would: keys and saves in, what is seen out. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { findLab, type Lab } from "../../labs/manifest.ts";
import mutants from "../../solutions/01-framing/mutants/mutants.ts";
import type { Mutant } from "../harness/mutant.ts";
import { cutRegions } from "../stub_cutter.ts";
import { TestTerminal } from "../testing/terminal.ts";
import { allGoneWithin } from "../testing/tasks.ts";
import { copyTree, type TreeCopy } from "../testing/tree_copy.ts";
import { missingProgram, testWhen } from "../test_when.ts";

const obstacle = Deno.build.os === "linux" ? missingProgram("setsid") : "there is no pseudo-terminal that this test knows";
const LEARN = [Deno.execPath(), "task", "--quiet", "learn"];
const PATH = `${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}`;
const FILE = "labs/01-framing/framing.ts";

/** The solution with the functions from the one at `from` on cut out. */
function writtenUpTo(solution: string, lab: Lab, from: number): string {
  const missing = Object.keys(lab.functions).slice(from);
  const lines = solution.split("\n");
  let inside = false;
  const kept = lines.filter((line) => {
    const name = /^\s*\/\/ region (\S+)/.exec(line)?.[1];
    if (name !== undefined) inside = missing.includes(name);
    const isMark = name !== undefined || /^\s*\/\/ endregion/.test(line);
    return !isMark || inside;
  });
  return cutRegions(kept.join("\n"), FILE).stub;
}

function learn(tree: TreeCopy, words: readonly string[], options: { columns?: number; rows?: number } = {}): TestTerminal {
  return new TestTerminal([...LEARN, ...words], { cwd: tree.root, env: { NO_COLOR: "1" }, ...options });
}

testWhen(obstacle, "learn: a lab from its stub to passed; a file saved halfway, a folder that is gone, a window that shrinks", async () => {
  await using tree = await copyTree();
  const lab = findLab(1) as Lab;
  const solution = await tree.read("solutions/01-framing/framing.ts");
  await using terminal = learn(tree, ["1", "--virtual", "--seed", "7"]);
  const before = await terminal.look();

  const first = await terminal.until(/○ parse\/fields[^]*Write {7}parseEthernet/);
  assert(first.alternate && !first.cursor);
  assertStringIncludes(first.lines[0] ?? "", "Lab 01 · Framing");

  for (const [index, name] of Object.keys(lab.functions).entries()) {
    await terminal.until(new RegExp(`Write {7}${name} `));
    await tree.write(FILE, writtenUpTo(solution, lab, index + 1));
  }
  const done = await terminal.until(/Lab 01, Framing, is done/);
  assertMatch(done.lines[0] ?? "", /Lab 01 · Framing +\d+ of \d+ checks · \d+ of 100 points/);

  const good = await tree.read(FILE);
  const [fault] = mutants as [Mutant];
  await tree.write(FILE, good.replace(fault.replace, fault.by));
  const red = await terminal.until(/Expected[^]*Got[^]*Why[^]*Look at/);
  assertStringIncludes(red.lines.join("\n"), `✘ ${fault.caughtBy}`);
  await tree.write(FILE, `${good}\nfunction (`);
  const halfway = await terminal.until(/cannot be loaded/);
  assertMatch(halfway.lines.join("\n"), /framing\.ts:\d+:\d+/);
  assertStringIncludes(halfway.lines.join("\n"), "The verdicts from before stay");
  assertStringIncludes(halfway.lines.join("\n"), `✘ ${fault.caughtBy}`);
  await tree.write(FILE, good);
  await terminal.until(/is done/);

  await Deno.rename(`${tree.root}/labs/01-framing`, `${tree.root}/gone`);
  const gone = await terminal.until(/missing/);
  assertMatch(
    gone.lines.join(" ").replaceAll(/\s+/g, " "),
    /labs\/01-framing\/\S+: the file is missing|A file of labs\/01-framing is missing/,
  );
  assertMatch(gone.lines.join(" ").replaceAll(/\s+/g, " "), /Git brings (it|the folder) back \(git checkout -- labs\/01-framing/);
  await Deno.rename(`${tree.root}/gone`, `${tree.root}/labs/01-framing`);
  await terminal.until(/is done/);

  await terminal.type("a");
  await terminal.until(/^▶ ✔ parse\/fields/m);
  await terminal.type("j");
  await terminal.until(/^▶ ✔ parse\/high-addresses/m);
  await terminal.type("\r");
  await terminal.until(/^✔ parse\/high-addresses[^]*This check passes/m);
  const index = "labs/01-framing/mod.ts";
  await tree.write(index, `${await tree.read(index)}// the same\n`);
  await terminal.until(/^✔ parse\/high-addresses[^]*saved mod\.ts · [\d.]+ s to the verdict$/m);
  await terminal.type("\u001b");
  await terminal.until(/is done/);

  await terminal.type("o");
  await terminal.until(/README\.md/);
  await terminal.resize(20, 10);
  await terminal.until(({ lines }) => /^Esc/.test(lines[9] ?? "") && lines.every((line) => [...line].length <= 20));
  await terminal.resize(80, 24);
  await terminal.type("\u001b");
  await terminal.until(/is done/);

  await terminal.type("q");
  const after = await terminal.until(({ status }) => status !== undefined);
  assertEquals([after.status, after.alternate, after.cursor, after.settings], [0, false, true, before.settings]);
  const progress = JSON.parse(await tree.read(".wallsocket/progress.json"));
  assertEquals([progress.at.lab, progress.labs["01-framing"].done], [1, true]);
  assert(await allGoneWithin(5000, `${tree.root}/.wallsocket`), "no process is left");
});

testWhen(
  obstacle ?? missingProgram("bash"),
  "learn: Ctrl-Z and fg, Ctrl-C, SIGTERM, SIGHUP and an error that nobody caught leave the terminal as it was",
  async () => {
    await using tree = await copyTree();
    await using terminal = new TestTerminal(["bash", "--norc", "-i"], { cwd: tree.root, env: { PS1: "ready> ", NO_COLOR: "1", PATH } });
    await terminal.until(/ready>/);
    await terminal.type("echo begin\r");
    const before = await terminal.until(/^begin\nready>/m);
    const isBack = ({ lines, alternate, cursor, settings }: typeof before): boolean =>
      !alternate && cursor && settings === before.settings && lines.findLast((line) => line !== "")?.trimEnd() === "ready>";
    const start = async (): Promise<void> => {
      await terminal.type(`deno task --quiet learn 1 --virtual\r`);
      await terminal.until(/parseEthernet/);
    };
    await start();
    await terminal.type("\u001a");
    await terminal.until((look) => isBack(look) && /Stopped/.test(look.lines.join("\n")));
    await terminal.type("fg\r");
    await terminal.until(({ alternate, lines }) => alternate && /parseEthernet/.test(lines.join("\n")));
    await terminal.type("\u0003");
    await terminal.until(isBack);
    await terminal.type("echo status $?\r");
    await terminal.until(/^status 130$/m);
    for (const [signal, status] of [["TERM", 143], ["HUP", 129]] as const) {
      await start();
      const { pid } = await terminal.look(); // of the session; the oldest in it that is the loop, as one that is being started looks like it, too
      const { stdout } = await new Deno.Command("pgrep", { args: ["-o", "-s", `${pid}`, "-f", "allow-sys=uid"] }).output();
      Deno.kill(Number(new TextDecoder().decode(stdout)), `SIG${signal}`);
      await terminal.until(isBack);
      await terminal.type(`echo status $?\r`);
      await terminal.until(new RegExp(`^status ${status}$`, "m"));
    }
    const commands = await tree.read("tools/learn/commands.ts");
    await tree.write(
      "tools/learn/commands.ts",
      commands.replace('case "?":', 'case "?":\nsetTimeout(() => { throw new Error("planted"); });'),
    );
    await start();
    await terminal.type("?");
    await terminal.until((look) => isBack(look) && /Error: planted/.test(look.lines.join("\n")));
    await terminal.type("echo status $?\r");
    await terminal.until(/^status 1$/m);
    assert(await allGoneWithin(5000, `${tree.root}/.wallsocket`), "no process is left");
  },
);

testWhen(obstacle, "learn: the keys show hints, handout, list, ladder, labs, and ask before a file is reset", async () => {
  await using tree = await copyTree();
  await tree.write(FILE, `${await tree.read(FILE)}\n// mine\n`);
  await using terminal = learn(tree, ["1", "--virtual"], { columns: 100, rows: 30 });
  const see = async (key: string, seen: RegExp): Promise<string> => {
    await terminal.type(key);
    return (await terminal.until(seen)).lines.join("\n");
  };
  await terminal.until(/parse\/fields/);
  assert(!/Hint 2 of 3/.test(await see("h", /Hint 1 of 3/)));
  assert(!/Hint 3 of 3/.test(await see("h", /Hint 2 of 3/)));
  await see("h", /Hint 3 of 3[^]*That was the last/);
  await see("\u001b", /Write/);
  const handout = await see("o", /^`parseEthernet`$/m);
  assert(!/which method|readMac\(frame/i.test(handout), "hints stay folded");
  await see("\u001b", /Write/);
  await see("l", /1 {3}parseEthernet\(.*NotImplemented/s);
  await see("\u001b", /Write/);
  await see("a", /▶ ○ parse\/fields/);
  await see("j", /^▶ ○ parse\/high-addresses/m);
  await see("\u001b[B", /^▶ ○ parse\/runt/m);
  await see("k", /^▶ ○ parse\/high-addresses/m);
  await see("\u001b", /^○ parse\/fields[^]*Write/m);
  await see("a", /▶ ○ parse\/fields/);
  await see("\u001b[6~", /^▶/m);
  await see("\u001b[F", /^▶ ○ \S+/m);
  await terminal.resize(20, 10);
  await see("\u001b[H", /^All checks\n[^]*▶ ○ parse\/fields/);
  await see("j", /^All checks\n[^]*▶ ○ parse\/high-add/);
  await see("\r", /^Lab 01 · Framing\n○ parse\/high-add/);
  await terminal.resize(100, 30);
  await see("g", /^Lab 01 · Framing[^]*Which lab\?/);
  await see("\u001b", /○ parse\/high-addresses/);
  await see("p", /○ parse\/fields/);
  await see("s", /can be read when the lab has passed/);
  await see("r", /Reset framing\.ts/);
  await see("\r", /Nothing was changed/);
  await see("r", /Reset framing\.ts/);
  await see("yes\r", /framing\.ts\.orig/);
  await see("\u001b", /saved framing\.ts/);
  assertStringIncludes(await tree.read(`${FILE}.orig`), "// mine");
  assert(!(await tree.read(FILE)).includes("// mine"));
  await see("g", /Which lab\?/);
  await see("2\r", /Lab 02 · ARP[^]*parseArp/);
  const other = "labs/03-ip/checksum.ts";
  await tree.write(other, `${await tree.read(other)}\n// mine\n`);
  await terminal.until(/Lab 03 · IP[^]*internetChecksum/);
  await see("?", /your progress is kept/);
  await terminal.type("q");
  assertEquals((await terminal.until(({ status }) => status !== undefined)).status, 0);
});

testWhen(obstacle, "learn: on a terminal that can do nothing it speaks in lines", async () => {
  await using tree = await copyTree();
  await using terminal = new TestTerminal([...LEARN, "1", "--virtual"], { cwd: tree.root, env: { TERM: "dumb" } });
  const { alternate, cursor } = await terminal.until(/parse\/fields not written yet: [^]*points\. Seed/);
  assertEquals([alternate, cursor], [false, true]);
  await terminal.type("q\r");
  assertEquals((await terminal.until(({ status }) => status !== undefined)).status, 0);
});

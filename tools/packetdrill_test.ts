/** The command as people run it: files and folders of every kind in, verdicts out. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UsageError } from "./lab/usage_error.ts";
import { readOptions } from "./packetdrill.ts";

const PASSES = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 close(3) = 0\n";
const FILES: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
  "good/a.pkt": PASSES,
  "good/b.pkt": `// a comment\n${PASSES}`,
  "good/notes.txt": "not a script",
  "bad/fails.pkt": "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 listen(3, 1) = -1 EINVAL\n",
  "bad/needs.pkt": "0 `tc qdisc add dev tun0 root netem`\n",
  "bad/no_script.pkt": "0 socket(\n",
  "bad/empty.pkt": "",
  "bad/bytes.pkt": Uint8Array.from({ length: 5000 }, (_, at) => at * 37 & 255),
  "bad/backwards.pkt": `1 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n0.5 close(3) = 0\n`,
  "bad/a_year.pkt": `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n31536000 close(3) = 0\n`,
  "bad/large.pkt": "(".repeat(1_000_000),
  "bad/many.pkt": Array.from({ length: 1000 }, (_, at) => `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = ${at + 3}\n`).join(""),
};

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "-A", "tools/packetdrill.ts", ...args],
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(FILES)) {
      await Deno.mkdir(`${folder}/${path.split("/")[0]}`, { recursive: true });
      if (typeof text === "string") await Deno.writeTextFile(`${folder}/${path}`, text);
      else await Deno.writeFile(`${folder}/${path}`, text);
    }
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("packetdrill judges a folder of everything, and each file has its verdict", () =>
  withFolder(async (folder) => {
    const { code, stdout } = await run("--json", folder);
    assertEquals(code, 1);
    const { scripts, totals } = JSON.parse(stdout) as { scripts: { script: string; verdict: string }[]; totals: Record<string, number> };
    assertEquals(Object.fromEntries(scripts.map(({ script, verdict }) => [script.slice(folder.length + 1), verdict])), {
      "bad/a_year.pkt": "needs",
      "bad/backwards.pkt": "malformed",
      "bad/bytes.pkt": "malformed",
      "bad/empty.pkt": "malformed",
      "bad/fails.pkt": "failed",
      "bad/large.pkt": "malformed",
      "bad/many.pkt": "passed",
      "bad/needs.pkt": "needs",
      "bad/no_script.pkt": "malformed",
      "good/a.pkt": "passed",
      "good/b.pkt": "passed",
    });
    assertEquals(totals, { passed: 3, failed: 1, needs: 2, malformed: 5 });
  }));

Deno.test("packetdrill says it in 80 columns, with the place, and counts by folder", () =>
  withFolder(async (folder) => {
    const { code, stdout } = await run(folder, `--junit=${folder}/report.xml`);
    assertEquals(code, 1);
    const text = stdout.replaceAll(folder, "T");
    for (const line of text.split("\n")) assert(line.length <= 80, line);
    assertMatch(text, /✘ T\/bad\/fails.pkt:2\n {4}Expected {2}listen\(3, 1\) = -1 EINVAL\n {4}Got {7}listen\(3, 1\) = 0/);
    assertMatch(text, /✘ T\/bad\/no_script.pkt:\d+:\d+:\s+expected/);
    assertMatch(text, /needs the command tc/);
    assertMatch(text, /needs more than a day of time/);
    assertMatch(text, /T\/bad +1 +1 +2 +5\nT\/good +2 +0 +0 +0\nin all +3 +1 +2 +5/);
    assertMatch(text, /1 other file passed over/);
    const xml = await Deno.readTextFile(`${folder}/report.xml`);
    assertMatch(xml, /tests="11" failures="1" errors="5" skipped="2"/);
  }));

Deno.test("packetdrill ends with 0 when nothing failed, and with 2 when it was asked for nonsense", () =>
  withFolder(async (folder) => {
    assertEquals((await run(`${folder}/good`)).code, 0);
    assertEquals((await run(`${folder}/bad/needs.pkt`)).code, 0);
    const missing = await run(`${folder}/none.pkt`);
    assertEquals(missing.code, 2);
    assertMatch(missing.stderr, /^Cannot read .*none.pkt: there is no such file\n$/);
    assertEquals((await run()).code, 2);
  }));

Deno.test("readOptions() reads what is asked for", () => {
  assertEquals(readOptions(["--help"]), "help");
  const options = readOptions(["--tolerance", "2.5", "--define", "A", "--define", "B", "x", "y"]);
  assert(options !== "help");
  assertEquals([options.tolerance, options.defines, options.paths, options.plain], [2.5, ["A", "B"], ["x", "y"], false]);
  const plain = readOptions(["--plain", "x"]);
  assertEquals(plain !== "help" && plain.plain, true);
  assertThrows(() => readOptions(["--plain", "--live", "x"]), UsageError, "--plain is about the stack that is judged alone.");
});

Deno.test("packetdrill --reference puts finished labs below the student's, and a failure names the option", async () => {
  const script = "labs/08-congestion/scripts/initial_window_four.pkt";
  const mine = await run("--mine", script);
  assertEquals(mine.code, 1);
  assertMatch(mine.stdout, /Got +NotImplemented: createRoutes\.add is not written yet/);
  assertMatch(
    mine.stdout,
    /can stand in for some:\ndeno task packetdrill --reference 1-7 labs\/08-congestion\/scripts\/initial_window_four\.pkt\n$/,
  );
  const below = await run("--reference", "1-7", script);
  assertEquals(below.code, 1);
  assertMatch(below.stdout, /NotImplemented: initialWindow is not written yet/);
  const all = await run("--reference", "1-8", script);
  assertEquals([all.code, all.stdout.includes("--reference")], [0, false]);
  assertMatch((await run("--reference", "99", script)).stderr, /--reference: there is no lab 99/);
});

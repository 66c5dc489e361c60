/** The loop in lines, as a screen reader or a pipe has it; and what goes wrong outside it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { copyTree, type TreeCopy } from "../testing/tree_copy.ts";
import { missingProgram, testWhen } from "../test_when.ts";

const FILE = "labs/01-framing/framing.ts";
const MOUNTING = ["unshare", "--user", "--map-root-user", "--mount"];
/** Milliseconds to wait for a sentence. */
const LONGEST = 60_000;

/** `deno task learn` with pipes. */
class Pipes implements AsyncDisposable {
  said = "";
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reading: Promise<void>;

  constructor(tree: TreeCopy, words: readonly string[], env: Record<string, string> = {}, around: readonly string[] = []) {
    const [command, ...args] = [...around, Deno.execPath(), "task", "--quiet", ...words] as [string, ...string[]];
    this.#child = new Deno.Command(command, { args, cwd: tree.root, env, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reading = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]).then(() => {});
  }

  type(line: string): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Waits for words behind those that were found last, and returns all up to them. */
  async until(wanted: RegExp): Promise<string> {
    for (let waited = 0; waited < LONGEST; waited += 20) {
      const found = wanted.exec(this.said);
      if (found !== null) {
        const end = found.index + found[0].length;
        const before = this.said.slice(0, end);
        this.said = this.said.slice(end);
        return before;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`It never said ${wanted}:\n${this.said}`);
  }

  /** Ends the input. Returns the exit status, and what was said last. */
  async end(): Promise<{ readonly status: number; readonly said: string }> {
    await this.#writer.close();
    const { code } = await this.#child.status;
    await this.#reading;
    return { status: code, said: this.said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    await this.#reading;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.said += text;
  }
}

Deno.test("learn --plain: lines alone, keys by letter or name, a save, another with a fault, and the end of the input", async () => {
  await using tree = await copyTree();
  await Deno.mkdir(`${tree.root}/.wallsocket`);
  await tree.write(".wallsocket/progress.json", `{ "format": "wallsocket-progr`);
  await using learn = new Pipes(tree, ["learn", "1", "--plain", "--poll", "--virtual"]);
  const begin = await learn.until(/0 of \d+ checks, 0 of 100 points/);
  assertStringIncludes(begin, "The file of your progress was damaged. It is kept as progress.json.damaged");
  assertMatch(begin, /parse\/fields not written yet: [^]*Write {7}parseEthernet {2}labs\/01-framing\/framing\.ts:\d+/);
  // deno-lint-ignore no-control-regex -- that there is none
  assert(!/\x1b|\r/.test(begin), "nothing moves, and nothing is coloured");

  await learn.type("hint");
  assert(!/Hint 2 of 3/.test(await learn.until(/Hint 1 of 3[^]*h gives a better one/)));
  await learn.type("h");
  await learn.until(/Hint 2 of 3/);
  await learn.type("a");
  const list = await learn.until(/wire\/\S+ not written yet/);
  assertMatch(list, /parse: 0 of \d+ pass\n1, parse\/fields, where you are, not written yet: /);
  assert(!/[✔✘○▶]/.test(list), "it can be read aloud");
  await learn.type("3");
  await learn.until(/\nparse\/runt not written yet: [^]*Write/);
  await learn.type("999");
  await learn.until(/There is no check 999 here/);
  await learn.type("1");
  await learn.until(/\nparse\/fields not written yet: [^]*Write/);
  await learn.type("z");
  await learn.until(/There is no key "z"/);
  await learn.type("g");
  await learn.until(/Which lab\?/);
  await learn.type("");

  const good = await tree.read("solutions/01-framing/framing.ts");
  await tree.write(FILE, good);
  assertMatch(await learn.until(/is done[^]*points\. Seed/), /Saved: labs\/01-framing\/framing\.ts[^]*parse\/fields passes\./);
  await tree.write(FILE, good.replace("frame.length > limits.maximum", "frame.length >= limits.maximum"));
  const red = await learn.until(/points\. Seed/);
  assertMatch(red, /parse\/giant fails: [^]*Expected [^]*Got [^]*Why [^]*Look at [^]*Passed before, and not now: parse\/giant/);
  const part = `import { todo } from "../../stack/wire/not_implemented.ts";\n${good}`
    .replace("switch (etherType) {", `todo("demultiplex", etherType);\n  switch (etherType) {`);
  await tree.write(FILE, part);
  assertMatch(await learn.until(/points\. Seed/), /demultiplex\/known not written yet/);
  await tree.write(FILE, part.replace("frame.length > limits.maximum", "frame.length >= limits.maximum"));
  assertMatch(await learn.until(/points\. Seed/), /parse\/giant fails/, "what broke goes before what waits");
  await tree.write(FILE, part);
  assertMatch(await learn.until(/points\. Seed/), /demultiplex\/known not written yet/);
  await tree.write(FILE, `${good}\n}`);
  assertMatch(await learn.until(/The verdicts from before stay/), /cannot be loaded[^]*framing\.ts:\d+:\d+/);
  await learn.type("s");
  await learn.until(/\* Lab 01: Ethernet/);
  assertEquals((await learn.end()).status, 0);
  assertMatch(await tree.read(".wallsocket/progress.json.damaged"), /progr$/);
});

Deno.test("lab1 --watch: the same for one lab; the next run goes on where it was; a tree without solutions", async () => {
  await using tree = await copyTree();
  const stub = await tree.read(FILE);
  await Deno.mkdir(`${tree.root}/tools/learn/stubs/01-framing`, { recursive: true });
  await tree.write("tools/learn/stubs/01-framing/framing.ts.stub", stub);
  const parsing = /export function parseEthernet[^]*?\n}\n/;
  const solved = parsing.exec(await tree.read("solutions/01-framing/framing.ts"))?.[0] ?? "";
  await Deno.remove(`${tree.root}/solutions`, { recursive: true });
  await tree.write(
    FILE,
    stub.replace(parsing, solved).replace(
      "import { todo }",
      'import { isGroup, readMac } from "../../stack/wire/mac_address.ts";\nimport { todo }',
    ),
  );
  const words = ["lab1", "--watch", "--plain", "--virtual"];
  {
    await using first = new Pipes(tree, words);
    await first.until(/write\/bytes not written yet[^]*points\. Seed/);
    await first.type("n");
    await first.until(/write\/\S+ not written yet/);
    await first.type("g");
    await first.until(/Only lab 1 is open here/);
    assertEquals((await first.end()).status, 0);
  }
  await using second = new Pipes(tree, words);
  assertMatch(await second.until(/not written yet/), /\nwrite\/\S+ not written yet$/);
  await second.until(/points\. Seed/);
  await second.type("reset");
  await second.until(/Reset framing\.ts/);
  await second.type("y");
  await second.until(/what you wrote is in framing\.ts\.orig/);
  assertEquals(await tree.read(FILE), stub);
  await second.type("s");
  await second.until(/can be read when the lab has passed/);
  await second.type("q");
});

Deno.test("learn --plain: a failure that was kept runs along, and what is none is a sentence", async () => {
  await using tree = await copyTree();
  const good = await tree.read("solutions/01-framing/framing.ts");
  await tree.write(FILE, good);
  const run = {
    format: "wallsocket-run/1",
    lab: 1,
    seed: 7,
    check: { id: "parse/giant", lab: 1, title: "t", why: "w", look: ["parseEthernet"] },
  };
  await Deno.mkdir(`${tree.root}/labs/01-framing/regressions`);
  await tree.write("labs/01-framing/regressions/long.json", JSON.stringify(run));
  await using learn = new Pipes(tree, ["learn", "1", "--plain", "--virtual"]);
  await learn.until(/is done: all \d+ checks[^]* and no\s+failure\s+that\s+you\s+kept\s+is\s+back[^]*points\. Seed/);
  await tree.write(FILE, good.replace("frame.length > limits.maximum", "frame.length >= limits.maximum"));
  await learn.until(/Failures that you kept: 1 of 1 is back/);
  await learn.type("a");
  const [number] = /\d+(?=, mine\/long fails: parse\/giant: t)/.exec(await learn.until(/mine\/long fails: parse\/giant: t/)) ?? [""];
  await learn.type(number);
  await learn.until(/\nmine\/long fails: [^]*Expected [^]*Look at {5}parseEthernet/);
  await learn.type("h");
  await learn.until(/has no hints of its own/);
  await tree.write("labs/01-framing/regressions/half.json", "{");
  await tree.write(FILE, good);
  assertMatch(await learn.until(/is done/), /regressions\/half\.json is no failure that was kept: /);
  assertEquals((await learn.end()).status, 0);
});

testWhen(
  Deno.build.os === "linux" ? missingProgram("unshare") : "mount namespaces are Linux's",
  "learn: a full disk is a sentence, and nothing more",
  async () => {
    await using tree = await copyTree();
    await Deno.mkdir(`${tree.root}/.wallsocket`);
    const script = 'mount -t tmpfs -o size=64k tmpfs .wallsocket && head -c 70000 /dev/zero >.wallsocket/filler 2>/dev/null; exec "$@"';
    await using learn = new Pipes(tree, ["learn", "1", "--plain", "--virtual"], {}, [...MOUNTING, "sh", "-c", script, "sh"]);
    await learn.until(/Cannot run: no space left on device/);
    await learn.type("q");
    const { status, said } = await learn.end();
    assertEquals(status, 0);
    assert(!/^\s+at /m.test(said), said);
  },
);

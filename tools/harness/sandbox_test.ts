/** The walls of the operating system, looked at from inside by a program that has every permission of Deno. */
import { assert, assertEquals } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { ROOT } from "../lab/run.ts";
import { testWhen } from "../test_when.ts";
import { INSIDE, openSandbox, Sandbox, sandboxLayers, type Walls } from "./sandbox.ts";
import { Subject } from "./subject.ts";
import type { SubjectDied } from "./subject_process.ts";

const sandbox = await openSandbox(ROOT);

/** Runs a program inside, with all that Deno can allow, and returns what it prints last. */
async function inside(program: string, walls?: Walls, place?: string): Promise<unknown> {
  const folder = place ?? await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/entry.ts`, program);
    const { script, environment } = walls ?? (sandbox as Sandbox).walls(folder, { mounts: [] });
    const { stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", "run", "--quiet", "--allow-all", "--no-config", `${INSIDE}/entry.ts`],
      env: { ...environment },
      clearEnv: true,
    }).output();
    const said = new TextDecoder().decode(stdout).trim();
    assert(said !== "", new TextDecoder().decode(stderr));
    return JSON.parse(said.split("\n").at(-1) as string);
  } finally {
    if (place === undefined) await Deno.remove(folder, { recursive: true });
  }
}

/** A program that says of each expression what it is, or which error it is. */
function telling(expressions: readonly string[]): string {
  const each = expressions.map((expression) => `await tell(async () => ${expression})`);
  return `async function tell(what: () => unknown) { try { return await what(); } catch (error) { return (error as Error).name; } }
console.log(JSON.stringify([${each.join(", ")}]));`;
}

const obstacle = sandbox === undefined ? "no namespaces here" : undefined;

testWhen(obstacle, "Sandbox.walls() shows Deno, its libraries and the workspace, and no other file", async () => {
  const [top, home, project, passwd, written] = await inside(telling([
    `[...Deno.readDirSync("/")].map(({ name }) => name).sort()`,
    `Deno.readDirSync(${JSON.stringify(Deno.env.get("HOME") ?? "/root")}).next()`,
    `Deno.statSync(${JSON.stringify(ROOT)}).isDirectory`,
    `Deno.readTextFileSync("/etc/passwd")`,
    `Deno.writeTextFileSync("/lab/entry.ts", "")`,
  ])) as unknown[];
  const known = ["bin", "cache", "dev", "lab", "lib", "lib64", "proc", "usr"];
  assertEquals((top as string[]).filter((name) => !known.includes(name)), []);
  assertEquals([home, project, passwd], ["NotFound", "NotFound", "NotFound"]);
  assert(["NotCapable", "PermissionDenied", "ReadOnlyFileSystem", "Error"].includes(written as string), `${written}`);
});

testWhen(obstacle, "Sandbox.walls() leaves no network, no other process and no program to start", async () => {
  const seen = await inside(telling([
    `Deno.networkInterfaces().map(({ name }) => name).filter((name) => name !== "lo")`,
    `Deno.connect({ hostname: "127.0.0.1", port: 22 })`,
    `Deno.pid < 10`,
    `Deno.kill(${Deno.pid}, "SIGTERM")`,
    `new Deno.Command("/bin/sh").outputSync()`,
  ])) as unknown[];
  assertEquals(seen[0], []);
  assert(["ConnectionRefused", "NetworkUnreachable", "AddrNotAvailable", "Error"].includes(seen[1] as string), `${seen[1]}`);
  assertEquals(seen.slice(2), [true, "NotFound", "NotFound"]);
});

testWhen(obstacle, "Sandbox.around() has the given files compiled, and keeps nothing that a subject compiles", async () => {
  const root = await Deno.makeTempDir();
  try {
    const given = new Map([["tools/harness/subject/main.ts", "export const answer: number = 42;\n"]]);
    const own = `import { answer } from "./tools/harness/subject/main.ts"; console.log(JSON.stringify(answer as number));`;
    const { tool, path, files } = sandbox as Sandbox;
    const walls = async (folder: string): Promise<Walls> => await new Sandbox(tool, path, root, files).around({ folder, given });
    await Deno.mkdir(`${root}/lab/tools/harness/subject`, { recursive: true });
    for (const [name, text] of given) await Deno.writeTextFile(`${root}/lab/${name}`, text);
    const [before, after] = [await walls(`${root}/lab`), await walls(`${root}/lab`)];
    assertEquals(await inside(own, after, `${root}/lab`), 42);
    assertEquals(before.script, after.script);
    const [compiled] = [...Deno.readDirSync(`${root}/.wallsocket/compiled`)].map(({ name }) => name);
    assertEquals(filesBelow(`${root}/.wallsocket/compiled/${compiled}/gen`), [
      `${INSIDE}/entry.ts.js`,
      `${INSIDE}/tools/harness/subject/main.ts.js`,
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

/** Paths of files, from the folder of compiled local files on. */
function filesBelow(folder: string): string[] {
  const found = [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${folder}/${name}`) : [`${folder}/${name}`]
  );
  return found.map((path) => path.replace(/^.*gen\/file/, "")).sort();
}

testWhen(obstacle, "Sandbox.walls() ends everything inside with the shell that runs them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/entry.ts`, `console.log("there"); setInterval(() => console.log("still there"), 50);`);
    const { script, environment } = (sandbox as Sandbox).walls(folder, { mounts: [] });
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", "run", "--quiet", "--no-config", `${INSIDE}/entry.ts`],
      env: { ...environment },
      clearEnv: true,
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const output = child.stdout.getReader();
    await output.read();
    child.kill("SIGKILL");
    // The pipe ends when the last process is gone that could write to it.
    while (!(await output.read()).done);
    await child.status;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testWhen(obstacle, "Subject.ask() behind all walls says the same of code that throws, hangs, exits or fills its memory", async () => {
  const file = "solutions/01-framing/framing.ts";
  const text = await Deno.readTextFile(`${ROOT}/${file}`);
  const origins = Object.fromEntries(labs.map((lab) => [lab.module, "reference"])) as Record<ModuleName, "reference">;
  const cases = `if (etherType === 1) throw new Error("oops");
  if (etherType === 2) for (;;);
  if (etherType === 3) Deno.exit(3);
  const all: unknown[] = [];
  if (etherType === 4) for (;;) all.push(new Array(1000).fill(0));`;
  const changed = text.replace(/(export function demultiplex\([^{]*\{\n)/, (head) => `${head}${cases}\n`);
  const selection = { root: ROOT, lab: 1, origins, replaced: new Map([[file, changed]]), sandbox: "full" as const };
  const ask = async (value: number, patience = 20_000): Promise<unknown> => {
    const subject = new Subject(selection, { limits: { request: patience } });
    try {
      const request = { op: "call", module: "framing", name: "demultiplex", args: [{ t: "value", value }] } as const;
      return await subject.ask(request).then(({ threw, returned }) => threw?.message ?? returned, (error) => (error as SubjectDied).kind);
    } finally {
      subject.close();
    }
  };
  const said = [await ask(0x0800), await ask(1), await ask(2, 1000), await ask(3), await ask(4)];
  assertEquals(said, [{ t: "value", value: "ipv4" }, "oops", "hang", "exit", "memory"]);
});

Deno.test("sandboxLayers() gives a reason and a remedy for every wall that is missing", async () => {
  const layers = await sandboxLayers(ROOT);
  assert(layers[0]?.on && layers[0].name === "no permissions");
  for (const layer of layers) assert(layer.on || (layer.why ?? "") !== "" && (layer.remedy ?? "") !== "", layer.name);
  assertEquals(layers.find(({ name }) => name === "own files")?.on, sandbox !== undefined);
});

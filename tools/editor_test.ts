/** The files for editors and containers say what the tasks really do: names, ports, lines of output. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { labs } from "../labs/manifest.ts";
import { editorTasks } from "./handout/pages.ts";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { readOptions } from "./lab/options.ts";
import { ROOT } from "./lab/run.ts";
import { missingProgram, testWhen } from "./test_when.ts";
import { spawnDenoTask } from "./testing/tasks.ts";

interface Matcher {
  readonly pattern: { readonly regexp: string; readonly file: number; readonly line: number; readonly message: number };
  readonly background?: { readonly beginsPattern: string; readonly endsPattern: string };
}

interface Task {
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly problemMatcher: Matcher;
}

const read = async (path: string) => JSON.parse(await Deno.readTextFile(`${ROOT}/${path}`));
const tasksText = await Deno.readTextFile(`${ROOT}/.vscode/tasks.json`);
const { tasks, inputs } = JSON.parse(tasksText) as { tasks: Task[]; inputs: { id: string; options?: string[] }[] };

function taskNamed(label: string): Task {
  const task = tasks.find((each) => each.label === label);
  assert(task !== undefined, label);
  return task;
}

/** What a task's list of problems gets of a text: file and line. */
function problemsIn(text: string, { pattern: { regexp, file, line, message } }: Matcher): string[] {
  return text.split("\n").flatMap((each) => {
    const match = new RegExp(regexp).exec(each);
    assert(match === null || match[message] !== "");
    return match === null ? [] : [`${match[file]}:${match[line]}`];
  });
}

Deno.test(".vscode/tasks.json starts tasks that there are, with options that there are, for every lab", async () => {
  const { tasks: known } = await read("deno.json");
  assertEquals(inputs.find(({ id }) => id === "lab")?.options, labs.map(({ number }) => `${number}`));
  for (const { command, args } of tasks) {
    const [task, name, ...words] = args.map((word) => word.replace("${input:lab}", "5").replace("${input:checks}", "closing/both"));
    assertEquals([command, task], ["deno", "task"]);
    assert(known[name as string] !== undefined, name);
    if (name === "lab5") assert("lab" in readOptions(["5", ...words]));
  }
});

Deno.test(".vscode/tasks.json: a kit asks for the labs that were handed out", () => {
  const kit = JSON.parse(editorTasks(tasksText, [3, 4]));
  assertEquals(kit.inputs[0], { id: "lab", type: "pickString", description: "Which lab?", options: ["3", "4"], default: "3" });
  assertEquals(kit.tasks, tasks);
});

Deno.test(".vscode/tasks.json finds each place that a report names", async () => {
  const { problemMatcher } = taskNamed("lab: all checks");
  const { stdout } = await spawnDenoTask("lab1", ["--virtual"]).output();
  const shipped = new TextDecoder().decode(stdout);
  const places = [...shipped.matchAll(/labs\/01-framing\/framing\.ts:\d+/g)].map(([place]) => place);
  assert(places.length > 3);
  assertEquals(problemsIn(shipped, problemMatcher), places);
  const golden = await Deno.readTextFile(`${ROOT}/tools/golden/03-ip-never-done.txt`);
  assertEquals(problemsIn(golden.replaceAll(":LINE", ":58"), problemMatcher), ["labs/03-ip/ipv4.ts:58"]);
});

Deno.test(".vscode/launch.json attaches where the task waits, and as soon as it does", async () => {
  const { configurations } = await read(".vscode/launch.json");
  const options = readOptions(["1", "--inspect"]);
  assert("inspect" in options);
  for (const { type, request, address, port } of configurations) {
    assertEquals([type, request, address, port], ["node", "attach", "127.0.0.1", options.inspect]);
  }
  const { args, problemMatcher: { background } } = taskNamed(configurations[0].preLaunchTask);
  assert(background !== undefined && args.includes("--inspect"));
  using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const child = spawnDenoTask("lab1", [`--inspect=${port}`, "--only", "parse"]);
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (said.split("\n").some((line) => new RegExp(background.endsPattern).test(line))) break;
  }
  await child.stdout.cancel();
  child.kill("SIGINT");
  await child.status;
  const lines = said.split("\n");
  const [begins, ends] = [background.beginsPattern, background.endsPattern].map((each) =>
    lines.findIndex((line) => new RegExp(each).test(line))
  );
  assert(begins !== undefined && ends !== undefined && begins >= 0 && ends > begins, said);
});

Deno.test(".vscode/extensions.json recommends the extension that settings.json sets up", async () => {
  const [extension] = (await read(".vscode/extensions.json")).recommendations;
  const settings = await read(".vscode/settings.json");
  assertEquals([settings["deno.enable"], settings["[typescript]"]["editor.defaultFormatter"]], [true, extension]);
});

Deno.test(".devcontainer: both install the version of Deno that everything else is run with", async () => {
  for (const path of [".devcontainer/devcontainer.json", ".devcontainer/virtual/devcontainer.json"]) {
    const { onCreateCommand, image } = await read(path);
    assertMatch(image, /^node:\d+/);
    const [, version] = /^npm install --global deno@(\S+)$/.exec(onCreateCommand) ?? [];
    assert((await Deno.readTextFile(`${ROOT}/README.md`)).includes(`npx -y deno@${version} task`), version);
  }
});

/** What a container has by itself. */
const USUAL = "chown dac_override fsetid fowner mknod net_raw setgid setuid setfcap setpcap net_bind_service sys_chroot kill audit_write"
  .split(" ");

const notRoot = Deno.uid() === 0 ? undefined : "only root can take rights away from itself";

testWhen(
  notRoot ?? missingProgram("setpriv") ?? await whyNoLiveWire(),
  ".devcontainer: the rights that it asks for are enough for live wires, and it makes the device",
  async () => {
    const { runArgs, postStartCommand } = await read(".devcontainer/devcontainer.json");
    const more = (runArgs as string[]).flatMap((arg) => /^--cap-add=(\w+)$/.exec(arg)?.[1]?.toLowerCase() ?? []);
    const inContainer = async (rights: readonly string[]): Promise<number> => {
      const script = `mount -t tmpfs tmpfs /dev/net; exec setpriv --bounding-set=-all,${
        rights.map((each) => `+${each}`).join()
      } sh -c "$0"`;
      const run = `${postStartCommand}; exec '${Deno.execPath()}' task lab1 --reference 1 --only live --require-live`;
      const args = ["--mount", "--", "sh", "-c", script, run];
      return (await new Deno.Command("unshare", { args, cwd: ROOT, stdin: "null", stdout: "null", stderr: "null" }).output()).code;
    };
    assertEquals([await inContainer([...USUAL, ...more]), await inContainer(USUAL)], [0, 3]);
  },
);

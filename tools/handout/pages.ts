/** The pages of a kit that are not those of this tree: its README, its tasks, its workflow; and what its documents may link to. */
import type { Lab } from "../../labs/manifest.ts";
import { PEER, PEER_TYPES } from "../harness/workspace.ts";
import { ROOT } from "../lab/run.ts";
import { SUMS } from "./bundle.ts";
import { ContentsError, type Files } from "./contents.ts";

const TASKS = [
  "check",
  "compare",
  "completion",
  "demo",
  "diagnose",
  "doctor",
  "learn",
  "packetdrill",
  "serve",
  "talk",
  "test",
  "try",
  "tuntap2",
];

/** `deno.json`: the tasks that work in a kit. */
export async function configuration(numbers: readonly number[]): Promise<string> {
  const ours = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const plot = numbers.includes(8) ? ["plot"] : []; // it draws lab 08, and nothing else
  const loop = numbers.includes(10) ? ["echo-loop"] : []; // and this measures lab 10
  const names = [...TASKS, ...plot, ...loop, ...numbers.map((number) => `lab${number}`)];
  const tasks = Object.fromEntries(
    Object.entries(ours.tasks as Record<string, { command: string }>).filter(([name]) => names.includes(name)),
  );
  const check = tasks["check"];
  if (check !== undefined) tasks["check"] = { ...check, command: check.command.replace(" solutions", "") };
  const unformatted = [PEER, PEER_TYPES, ...SUMS];
  const kit = {
    ...ours,
    tasks,
    lint: { ...ours.lint, exclude: unformatted },
    fmt: { ...ours.fmt, exclude: [...ours.fmt.exclude, ...unformatted] },
  };
  return `${JSON.stringify(kit, undefined, 2)}\n`;
}

/** The tasks of VS Code, which ask for one of the labs that were handed out. */
export function editorTasks(ours: string, numbers: readonly number[]): string {
  const tasks = JSON.parse(ours);
  for (const input of tasks.inputs) {
    if (input.id === "lab") Object.assign(input, { options: numbers.map(String), default: `${numbers[0]}` });
  }
  return `${JSON.stringify(tasks, undefined, 2)}\n`;
}

/** The student's README. */
export async function readme(handedOut: readonly Lab[], isSealed: boolean): Promise<string> {
  const ours = await Deno.readTextFile(`${ROOT}/README.md`);
  const rows = handedOut.map(({ folder }) =>
    ours.split("\n").find((line) => line.startsWith("|") && line.includes(`](labs/${folder}/README.md)`))
  );
  const first = handedOut[0] as Lab;
  return fill(await template("README.md"), {
    labs: rows.filter((row) => row !== undefined).join("\n"),
    number: `${first.number}`,
    folder: first.folder,
    function: Object.keys(first.functions)[0] as string,
    picture: section(ours, "```text\n      your programs", "```\n"),
    options: section(ours, "| option | what it does |", "\n\n").replaceAll(/^\| `--(reference|driver).*\n/gm, ""),
    "live wire": section(ours, "Where there is no live wire, the virtual one", "\n## ").replace(/\n##\s*$/, "").trim(),
    hidden: isSealed ? await template("hidden.md") : "",
  });
}

/** The workflow for GitHub Actions: a step for each lab. */
export async function workflow(handedOut: readonly Lab[], isSealed: boolean): Promise<string> {
  const steps = handedOut.map(({ number, name }) =>
    [
      `      - name: lab ${number}, ${name}`,
      "        if: success() || failure()",
      ...(isSealed ? ["        env:", "          WALLSOCKET_SUITE_KEY: ${{ secrets.WALLSOCKET_SUITE_KEY }}"] : []),
      "        run: |",
      ...quietly(`npx -y deno@2.9.6 task lab${number} --require-live`).map((line) => `          ${line}`),
    ].join("\n")
  );
  return fill(await template("workflow.txt"), { steps: steps.join("\n") });
}

/** Shell that runs a command whose output is a student's, too: no line of it is taken for a command of the workflow. */
function quietly(command: string): string[] {
  return [
    `token=$(head -c 16 /dev/urandom | od -An -tx1 | tr -d ' \\n'); status=0`,
    'echo "::stop-commands::$token"',
    `${command} || status=$?`,
    'echo "::$token::"; exit $status',
  ];
}

async function template(name: string): Promise<string> {
  return (await Deno.readTextFile(`${ROOT}/tools/handout/kit/${name}`)).trimEnd() + "\n";
}

/** What `from` begins, up to and with `to`. */
function section(page: string, from: string, to: string): string {
  const start = page.indexOf(from);
  const end = page.indexOf(to, start + from.length);
  if (start < 0 || end < 0) throw new Error(`README.md has no part that begins with "${from}", which the kit's README takes from it`);
  return page.slice(start, end + to.length).trim();
}

/** The template with `{{name}}` replaced. */
function fill(page: string, values: Readonly<Record<string, string>>): string {
  const filled = page.replaceAll(/\{\{([a-z ]+)\}\}/g, (whole, name: string) => values[name] ?? whole);
  return filled.replaceAll(/\n{3,}/g, "\n\n");
}

/** The demo's last lines, which send whoever saw it to the first lab that there is. */
export function sendTo({ number, folder }: Lab, files: Files): void {
  const [path, ours] = ["tools/demo/acts.ts", "deno task lab1   (labs/01-framing/README.md)"];
  const text = files.get(path);
  if (text === undefined || !text.includes(ours)) {
    throw new ContentsError(`${path} does not say "${ours}" any more, which names the first lab`);
  }
  files.set(path, text.replace(ours, `deno task lab${number}   (labs/${folder}/README.md)`));
}

/** A command in a document: a code span, or a line of its own. */
const COMMAND = /`deno task ([a-z][\w-]*)[^`\n]*`|^deno task ([a-z][\w-]*).*/gm;

/** Says of each command that a document names and the kit has not: it is not in this kit. Throws a ContentsError for one that stands elsewhere. */
export function markForeignTasks(files: Files): void {
  const tasks = new Set(Object.keys(JSON.parse(files.get("deno.json") as string).tasks));
  for (const [path, text] of files) {
    if (!path.endsWith(".md")) continue;
    const isOurs = (task: string): boolean => tasks.has(task);
    files.set(path, text.replaceAll(COMMAND, (command, span, line) => isOurs(span ?? line) ? command : `${command} (not in this kit)`));
    const [stray] = [...text.replaceAll(COMMAND, "").matchAll(/deno task ([a-z][\w-]*)/g)].filter(([, task]) => !isOurs(task as string));
    if (stray !== undefined) throw new ContentsError(`${path} says "${stray[0]}", which is not in this kit, and not as a command`);
  }
}

/** Takes the links out of documents that lead to what the kit has not; their words stay. */
export function withoutDeadLinks(files: Files): void {
  const folders = new Set([...files.keys()].flatMap((path) => path.split("/").map((_, at, parts) => parts.slice(0, at).join("/"))));
  for (const [path, text] of files) {
    if (!path.endsWith(".md")) continue;
    files.set(
      path,
      text.replaceAll(/\[([^\]\n]*)\]\(([^)\s]+)\)/g, (whole, words: string, target: string) => {
        if (/^([a-z]+:|#)/i.test(target)) return whole;
        const to = new URL(target, `file:///${path}`).pathname.slice(1).replace(/\/$/, "");
        return files.has(to) || folders.has(to) ? whole : words;
      }),
    );
  }
}

/**
 * `deno task completion bash`: a script for the shell, after which TAB completes what follows `deno task`: tasks, the options of each, checks and groups
 * behind `--only`, experiments behind `try`.
 *
 * The script holds no list. At every TAB it asks here (`completion words`), with the words of the line up to the cursor. Tasks come from `deno.json`, checks
 * from the suites, a task's options from what its `--help` prints; so they are those of this tree, and of today.
 */
import { findLab, type Lab, labs } from "../labs/manifest.ts";
import { DRIVERS, helpText, MAY_HAVE_VALUE } from "./lab/options.ts";
import { hasReference, isSealed, KIT, loadChecks, ROOT } from "./lab/run.ts";
import { scripts } from "./completion/scripts.ts";

const HELP = `deno task completion SHELL: TAB completes tasks, options and checks

  bash   deno task --quiet completion bash > ~/.wallsocket.bash
         echo 'source ~/.wallsocket.bash' >> ~/.bashrc
  zsh    deno task --quiet completion zsh > ~/.wallsocket.zsh
         echo 'source ~/.wallsocket.zsh' >> ~/.zshrc      (behind compinit)
  fish   deno task --quiet completion fish > ~/.config/fish/conf.d/deno.fish

Then open a new terminal. One script serves every kit: it asks the one that you
are in. Elsewhere it leaves "deno" as it was.`;

/** One way to go on: a word, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly means: string;
}

/** The shell knows better: it completes names of files. */
export const FILES: Candidate = { word: ":files", means: "" };

interface Task {
  readonly description?: string;
  readonly command: string;
}

/** What may stand where the last of `words` does; they follow `deno`, and the last may be empty. */
export async function complete(words: readonly string[]): Promise<Candidate[]> {
  const [first, ...rest] = words;
  if (first !== "task") return [];
  const at = rest.findIndex((word, index) => !word.startsWith("-") || index === rest.length - 1);
  const tasks = await readTasks();
  const last = rest.at(-1) ?? "";
  if (at === rest.length - 1) {
    return fitting(Object.entries(tasks).map(([word, { description = "" }]) => ({ word, means: description })), last);
  }
  const name = rest[at] as string;
  const task = tasks[name];
  if (task === undefined) return [];
  // bash takes "--only=header" for three words, other shells for one.
  const before = rest.at(-2) === "=" ? rest.at(-3) : rest.at(-2);
  const [, option, begun] = /^--([\w-]+)=(.*)$/s.exec(last) ?? [];
  if (option !== undefined) {
    const values = fitting(await valuesOf(name, task, option) ?? [], begun as string);
    return values.map(({ word, means }) => ({ word: word === FILES.word ? word : `--${option}=${word}`, means }));
  }
  const values = before?.startsWith("--") ? await valuesOf(name, task, before.slice(2), rest.at(-2) === "=") : undefined;
  if (values !== undefined) return fitting(values, last);
  return fitting(last.startsWith("-") || labOf(name) !== undefined ? optionsIn(await helpOf(name, task)) : await wordsOf(name), last);
}

function fitting(candidates: readonly Candidate[], begun: string): Candidate[] {
  return candidates.filter((each) => each === FILES || each.word.startsWith(begun));
}

async function readTasks(): Promise<Record<string, Task>> {
  return JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`)).tasks;
}

/** What a task says of itself; "" where it has no help. */
async function helpOf(name: string, { description = "" }: Task): Promise<string> {
  const lab = labOf(name);
  if (lab !== undefined) return helpText(lab);
  if (!description.includes("--help")) return "";
  const args = ["task", "--quiet", `--config=${ROOT}/deno.json`, name, "--help"];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args, stdin: "null", stderr: "null", env: { NO_COLOR: "1" } }).output();
  return new TextDecoder().decode(stdout);
}

/** The options that a text of help names at the beginnings of its lines; and whether something belongs behind them. */
export function optionsIn(help: string): (Candidate & { readonly hasValue: boolean })[] {
  return [...help.matchAll(/^ {1,4}(--[a-z][\w-]*)([ =][A-Z0-9]\S*)?(?: {2,}(.*))?$/gm)]
    .map(([, word = "", value, means = ""]) => ({ word, means, hasValue: value !== undefined }));
}

function labOf(task: string): Lab | undefined {
  return findLab(Number(/^lab(\d+)$/.exec(task)?.[1]));
}

/** What an option of a task may have behind it; undefined where it has nothing. `isMeant`: a "=" says that there is to be something. */
async function valuesOf(name: string, task: Task, option: string, isMeant = true): Promise<readonly Candidate[] | undefined> {
  const lab = labOf(name);
  if (lab === undefined) {
    return optionsIn(await helpOf(name, task)).some(({ word, hasValue }) => word === `--${option}` && hasValue) ? [FILES] : undefined;
  }
  if ((MAY_HAVE_VALUE as readonly string[]).includes(option)) return isMeant ? [] : undefined;
  switch (option) {
    case "only": {
      const checks = await checksOf(lab);
      return [...groups(checks), ...checks];
    }
    case "hint":
      return await checksOf(lab);
    case "reference":
      return (KIT?.labs ?? labs.map(({ number }) => number)).map((each) => ({ word: `${each}`, means: findLab(each)?.name ?? "" }));
    case "driver":
      return DRIVERS.map((word) => ({ word, means: "" }));
    case "pcap":
    case "replay":
      return [FILES];
    case "seed":
      return [];
    default:
      return undefined;
  }
}

/** The checks of a lab that anybody may see. */
async function checksOf(lab: Lab): Promise<Candidate[]> {
  const checks = await loadChecks(lab, hasReference(lab));
  return checks.filter((check) => !isSealed(check)).map(({ id, title }) => ({ word: id, means: title }));
}

function groups(checks: readonly Candidate[]): Candidate[] {
  const sizes = new Map<string, number>();
  for (const { word } of checks) {
    const group = word.slice(0, word.indexOf("/"));
    sizes.set(group, (sizes.get(group) ?? 0) + 1);
  }
  return [...sizes].map(([word, size]) => ({ word, means: `${size} checks` }));
}

/** What a task takes beside its options. */
async function wordsOf(task: string): Promise<Candidate[]> {
  if (task === "completion") return Object.keys(scripts).map((word) => ({ word, means: "" }));
  if (task === "try") {
    const { experiments } = await import("./try/experiments.ts");
    return experiments.map(({ name, title }) => ({ word: name, means: title }));
  }
  return [FILES];
}

async function main(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  if (first === "words") {
    const candidates = await complete(rest);
    console.log(candidates.map(({ word, means }) => `${word}\t${means}`).join("\n"));
    return 0;
  }
  const script = first === undefined || rest.length > 0 ? undefined : new Map(Object.entries(scripts)).get(first);
  if (script !== undefined || first === "--help" || first === "-h") {
    console.log(script ?? HELP);
    return 0;
  }
  console.error(`For which shell? There are ${Object.keys(scripts).join(", ")}: deno task completion bash`);
  return 2;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

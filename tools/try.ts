/**
 * `deno task try NAME`: an experiment of the handbook. It says what is about to happen, lets it happen, packet by packet, says what it has shown, and
 * leaves a capture behind. Without a name it lists them all.
 */
import { parseArgs } from "@std/cli/parse-args";
import { parseRules } from "../stack/filter/parse_rules.ts";
import { RuleError } from "../stack/filter/rules.ts";
import { type CaptureFile, captureTo } from "../stack/link/capture.ts";
import { NoLiveWire } from "../stack/link/no_live_wire.ts";
import { paint, titled, WIDTH, wrap } from "./lab/text.ts";
import { UsageError } from "./lab/usage_error.ts";
import { loadReference, NoReference } from "./reference.ts";
import type { Experiment } from "./try/experiment.ts";
import { experiments } from "./try/experiments.ts";
import { pictureOf } from "./try/picture.ts";
import { playLive, playVirtual } from "./try/play.ts";

const DONE = 0, WENT_WRONG = 1, USAGE = 2, IMPOSSIBLE = 3;
const FOLDER = ".wallsocket/try";
/** Interfaces of the router in the experiments that have rules. */
const ROUTER_INTERFACES = 2;

const HELP = `deno task try NAME: an experiment of the handbook

  (no NAME)        the list
  --seed N         another run of the same: ports, numbers, losses (as is: 1)
  --live           with the Linux kernel, where it can do the same
  --picture FILE   draw the packets, as SVG
  --pictures DIR   draw those of all experiments, as NAME.svg
  --rules FILE     firewall and nat: with rules of your own
  --help           this

Exit status: 0 all that was claimed was seen, 1 something was not, 2 the command
was wrong, 3 the experiment could not be played.`;

interface TryOptions {
  readonly experiment: Experiment;
  readonly seed: number;
  readonly live: boolean;
  readonly picture: string | undefined;
  /** The file with the reader's rules. */
  readonly rules: string | undefined;
}

/** The experiment cannot be played, for a reason outside it. */
class ImpossibleError extends Error {}

/** Reads the command line. Throws a UsageError. */
function readOptions(words: readonly string[]): TryOptions | "help" | "list" | { readonly pictures: string } {
  const args = parseArgs(words, {
    string: ["seed", "picture", "pictures", "rules"],
    boolean: ["live", "help"],
    alias: { h: "help" },
    unknown: (word: string) => {
      if (word.startsWith("-")) throw new UsageError(`There is no option ${word.split("=")[0]}. --help lists them all.`);
    },
  });
  if (args.help === true) return "help";
  const fileOf = (name: string): string | undefined => {
    const file = args[name];
    if (file !== undefined && (typeof file !== "string" || file === "")) throw new UsageError(`--${name} needs one name behind it.`);
    return file;
  };
  const pictures = fileOf("pictures");
  if (pictures !== undefined) return { pictures };
  if (args._.length === 0) return "list";
  if (args._.length > 1) throw new UsageError(`One experiment at a time: ${args._.join(" or ")}?`);
  const seed = args.seed ?? "1";
  if (!/^\d{1,9}$/.test(`${seed}`)) throw new UsageError(`"${seed}" is no seed: a whole number, from 0 to 999999999.`);
  const { picture } = args;
  if (picture !== undefined && (typeof picture !== "string" || picture === "")) {
    throw new UsageError("--picture needs a file's name behind it.");
  }
  const experiment = find(`${args._[0]}`);
  if (args.live === true && experiment.live === undefined) {
    throw new UsageError(`${experiment.name} is played on the virtual wire only. ${experiment.virtualOnly}`);
  }
  const rules = fileOf("rules");
  if (rules !== undefined && (experiment.rules === undefined || args.live === true)) {
    const those = experiments.filter((each) => each.rules !== undefined).map(({ name }) => name).join(" and ");
    throw new UsageError(`--rules is for ${those}, on the virtual wire.`);
  }
  return { experiment, seed: Number(seed), live: args.live === true, picture: fileOf("picture"), rules };
}

/** The experiment of that name, however it is spelled. Throws a UsageError with the nearest ones. */
function find(word: string): Experiment {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const found = experiments.find(({ name }) => plain(name) === plain(word));
  if (found !== undefined) return found;
  const near = experiments.filter(({ name }) => name.split("-").some((part) => plain(word).includes(part) || part.includes(plain(word))));
  const hint = near.length === 0 ? "deno task try lists them all." : `Perhaps ${near.map(({ name }) => name).join(", ")}?`;
  throw new UsageError(`There is no experiment "${word}". ${hint}`);
}

/** "09-listening-and-connected.md#the-backlog" is "09 Listening and connected". */
function placeOf(chapter: string): string {
  const [number = "", first = "", ...rest] = (chapter.split(".")[0] ?? "").split("-");
  return [number, `${first.slice(0, 1).toUpperCase()}${first.slice(1)}`, ...rest].join(" ");
}

/** All of them, under the chapters of the handbook that they belong to. */
function list(): void {
  const column = Math.max(...experiments.map(({ name }) => name.length));
  console.log(paint("bold", `${experiments.length} experiments: deno task try NAME`));
  console.log(`${" ".repeat(column)}  ${paint("dim", "(* also with the kernel: --live)")}\n`);
  let last = "";
  for (const { name, title, chapter, live } of experiments) {
    const place = placeOf(chapter);
    if (place !== last) console.log(paint("bold", place));
    last = place;
    for (const line of titled(name, `${title}${live === undefined ? "" : " *"}`, column)) console.log(line);
  }
}

/** Plays it. True when all that was claimed was seen. */
async function play({ experiment, seed, live, picture, rules }: TryOptions): Promise<boolean> {
  const modules = await loadReference();
  const own = rules === undefined ? undefined : readRules(rules);
  const path = `${FOLDER}/${experiment.name}.pcapng`;
  const capture = openCapture(path);
  const outlet = { seed, print: (line: string) => console.log(line), capture, rules: own };
  const { stage, good } = await (live ? playLive : playVirtual)(experiment, modules, outlet);
  if (picture !== undefined) possible(() => Deno.writeTextFileSync(picture, pictureOf(stage, experiment)));
  possible(() => capture.close());
  console.log("");
  console.log(`Capture   ${path} (${stage.packets} packets): wireshark, or tshark -r`);
  if (picture !== undefined) console.log(`Picture   ${picture}`);
  console.log(`Read on   docs/handbook/${experiment.chapter}`);
  if (!live && experiment.live !== undefined) console.log(`Live      deno task try ${experiment.name} --live`);
  for (const claim of stage.broken) console.error(`\n${wrap(`✘ Claimed, and not seen: ${claim}`, WIDTH).join("\n")}`);
  return good;
}

/** Draws all of them, as the handbook has them. */
async function drawAll(folder: string): Promise<void> {
  const modules = await loadReference();
  possible(() => Deno.mkdirSync(folder, { recursive: true }));
  for (const experiment of experiments) {
    const { stage } = await playVirtual(experiment, modules, { seed: 1, print: () => {}, capture: undefined });
    const path = `${folder}/${experiment.name}.svg`;
    possible(() => Deno.writeTextFileSync(path, pictureOf(stage, experiment)));
    console.log(path);
  }
}

/** The reader's rules, which are rules. Throws a UsageError that says in which line and column they are none. */
function readRules(path: string): string {
  const text = possible(() => Deno.readTextFileSync(path));
  try {
    parseRules(text, { file: path, interfaces: ROUTER_INTERFACES });
  } catch (error) {
    if (error instanceof RuleError) throw new UsageError(error.message);
    throw error;
  }
  return text;
}

function openCapture(path: string): CaptureFile {
  try {
    Deno.mkdirSync(FOLDER, { recursive: true });
  } catch {
    // Opening the file runs into the same, and says it better.
  }
  return possible(() => captureTo(path));
}

function possible<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new ImpossibleError((error as Error).message);
  }
}

/** Runs the command and returns its exit status. */
async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options === "help") console.log(HELP);
    else if (options === "list") list();
    else if ("pictures" in options) await drawAll(options.pictures);
    else return await play(options) ? DONE : WENT_WRONG;
    return DONE;
  } catch (error) {
    const known = error instanceof UsageError || error instanceof ImpossibleError || error instanceof NoReference ||
      error instanceof NoLiveWire;
    if (!known) throw error;
    console.error(wrap(error.message, WIDTH).join("\n"));
    return error instanceof UsageError ? USAGE : IMPOSSIBLE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

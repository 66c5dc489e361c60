/**
 * `deno task autograder --gradescope --to FILE.zip`: this tree with its solutions as an autograder for Gradescope, an archive with
 * `setup.sh` and `run_autograder`. Gradescope unpacks it in /autograder/source, runs `setup.sh` once, and `run_autograder` for each
 * submission (gradescope-autograders.readthedocs.io).
 *
 * The archive holds the reference and the hidden checks: it is for Gradescope, and for nobody else.
 */
import { parseArgs } from "@std/cli/parse-args";
import { type Packed, zip } from "./autograder/zip.ts";
import { PolicyError, readPolicy } from "./grade/policy.ts";
import { isDay } from "./harness/suite.ts";
import { readLabs } from "./lab/lab_numbers.ts";
import { ROOT } from "./lab/run.ts";
import { UsageError } from "./lab/usage_error.ts";
import { loadReference, NoReference } from "./reference.ts";

const DONE = 0, USAGE = 2, IMPOSSIBLE = 3;

const HELP = `deno task autograder --gradescope --to FILE.zip: this tree as an autograder

  --gradescope     for Gradescope: to be uploaded under "Configure Autograder"
  --to FILE.zip    where; it has the solutions, so not where students look
  --labs 1-3       only these labs (default: all)
  --policy FILE    what students may see (docs/instructors.md)
  --virtual        without the live checks (default: without, where they cannot run)
  --limit S        seconds for the checks of one submission (default 180)
  --date DAY       as of this day, not as of the day of grading
  --help           this

Exit status: 0 done, 2 the command was wrong, 3 it could not be made.`;

/** What of this tree grades. */
const FILES = ["deno.json", "deno.lock"];
const FOLDERS = ["labs", "solutions", "stack", "tools"];
/** Where the tree lies in the archive. */
const TREE = "wallsocket";

/** It cannot be made. */
class ImpossibleError extends Error {}

interface AutograderOptions {
  readonly to: string;
  /** For `deno task grade`, as typed. */
  readonly labs: string | undefined;
  readonly policy: string | undefined;
  readonly words: readonly string[];
}

/** Reads the command line. Throws a UsageError. */
function readOptions(words: readonly string[]): AutograderOptions | "help" {
  const args = parseArgs(words, {
    string: ["to", "labs", "policy", "limit", "date"],
    boolean: ["gradescope", "virtual", "help"],
    alias: { h: "help" },
    unknown: (word: string) => {
      throw new UsageError(`Cannot make sense of "${word}". --help lists the options.`);
    },
  }) as unknown as
    & Record<"to" | "labs" | "policy" | "limit" | "date", string | undefined>
    & Record<"gradescope" | "virtual" | "help", boolean>;
  if (args.help) return "help";
  if (!args.gradescope) throw new UsageError("For whom? There is one so far: deno task autograder --gradescope --to FILE.zip");
  if (args.to === undefined || !args.to.endsWith(".zip")) throw new UsageError("Where to? deno task autograder --gradescope --to FILE.zip");
  if (args.labs !== undefined) readLabs(args.labs, "--labs");
  if (args.limit !== undefined && !/^[1-9]\d{0,3}$/.test(args.limit)) throw new UsageError("--limit takes seconds, 1 to 3600.");
  if (args.date !== undefined && !isDay(args.date)) throw new UsageError(`--date takes a day like 2026-12-01, not "${args.date}".`);
  const passed = (["labs", "limit", "date"] as const).flatMap((name) => args[name] === undefined ? [] : [`--${name}`, args[name]]);
  const policy = args.policy === undefined ? [] : ["--policy", "policy.json"];
  return { to: args.to, labs: args.labs, policy: args.policy, words: [...passed, ...policy, ...args.virtual ? ["--virtual"] : []] };
}

async function pack({ to, labs, policy, words }: AutograderOptions): Promise<void> {
  await loadReference();
  const fill = async (name: string, executable: string, values: Readonly<Record<string, string>>): Promise<Packed> => {
    const text = await Deno.readTextFile(`${ROOT}/tools/autograder/${name}`);
    const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] as string);
    return { path: executable, bytes: new TextEncoder().encode(filled), executable: true };
  };
  const paths = [...FILES];
  for (const folder of FOLDERS) for await (const path of filesBelow(folder)) paths.push(path);
  const files: Packed[] = [
    await fill("setup.sh", "setup.sh", { version: Deno.version.deno, labs: labs === undefined ? "" : ` --labs ${labs}` }),
    await fill("run_autograder.sh", "run_autograder", { words: words.map((word) => ` ${word}`).join("") }),
  ];
  for (const path of paths.sort()) files.push({ path: `${TREE}/${path}`, bytes: await Deno.readFile(`${ROOT}/${path}`) });
  if (policy !== undefined) {
    const text = `${JSON.stringify(await readPolicy(policy), undefined, 2)}\n`;
    files.push({ path: `${TREE}/policy.json`, bytes: new TextEncoder().encode(text) });
  }
  const bytes = await zip(files);
  await Deno.writeFile(to, bytes).catch((error) => {
    throw new ImpossibleError(`Cannot write ${to}: ${error.message}`);
  });
  console.log(`${to}: ${files.length} files, ${Math.ceil(bytes.length / 1024)} KiB, with the solutions: for Gradescope alone`);
}

/** Files that are of use in grading: no tests. */
async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(`${ROOT}/${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory && name !== "__snapshots__") yield* filesBelow(path);
    else if (isFile && !name.endsWith("_test.ts")) yield path;
  }
}

/** Runs the command and returns its exit status. */
async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options === "help") console.log(HELP);
    else await pack(options);
    return DONE;
  } catch (error) {
    if (error instanceof UsageError || error instanceof PolicyError) {
      console.error(error.message);
      return USAGE;
    }
    if (!(error instanceof NoReference) && !(error instanceof ImpossibleError)) throw error;
    console.error(error.message);
    return IMPOSSIBLE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

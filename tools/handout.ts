/**
 * `deno task handout --to DIR`: makes the students' kit, a repository of its own with one fresh commit. It has the labs as stubs
 * with their handouts and public suites, the stack, the documents and the tools that a student needs; of `solutions/` it has what is
 * released, a minified bundle that plays the later labs, and with `--seal` the hidden suites, sealed.
 *
 * Before anything is written, the kit is searched for what it must not have (`handout/secrets.ts`).
 */
import { parseArgs } from "@std/cli/parse-args";
import { ALL, buildKit } from "./handout/build.ts";
import { BundleError } from "./handout/bundle.ts";
import { ContentsError, type Files } from "./handout/contents.ts";
import { readLabs } from "./lab/lab_numbers.ts";
import { ROOT } from "./lab/run.ts";
import { UsageError } from "./lab/usage_error.ts";
import { createTermKey, readTermKey, SealError, SUITE_KEY, type TermKey } from "./seal/term_key.ts";

const DONE = 0, USAGE = 2, IMPOSSIBLE = 3;

const HELP = `deno task handout --to DIR: makes the students' kit, a repository of its own

  --to DIR                 where: an empty folder, or one that is made
  --labs 1-7               the labs it has (as is: all)
  --release-solutions 1-2  the solutions of these labs go along
  --seal KEYFILE           hidden checks go along, sealed with this key
  --new-key KEYFILE        make a key, once a term; nothing else is done
  --help                   this

The key belongs into CI, as the secret ${SUITE_KEY}, and nowhere near a
student. docs/sealing.md says what sealing protects from, and what it doesn't.

Exit status: 0 done, 2 the command was wrong, 3 the kit could not be made.`;

interface HandoutOptions {
  readonly to: string;
  readonly labs: readonly number[];
  readonly released: readonly number[];
  readonly keyFile: string | undefined;
}

/** The kit cannot be made here. */
class ImpossibleError extends Error {}

/** Reads the command line. Throws a UsageError. */
function readOptions(words: readonly string[]): HandoutOptions | { readonly newKey: string } | "help" {
  const names = ["to", "labs", "release-solutions", "seal", "new-key"];
  const args = parseArgs(words, {
    string: names,
    boolean: ["help"],
    alias: { h: "help" },
    unknown: (word: string) => {
      throw new UsageError(
        word.startsWith("-") ? `There is no option ${word.split("=")[0]}. --help lists them all.` : `Cannot make sense of "${word}".`,
      );
    },
  });
  if (args.help === true) return "help";
  for (const name of names) {
    if (args[name] === "" || Array.isArray(args[name])) throw new UsageError(`--${name} needs one value behind it.`);
  }
  const text = (name: string): string | undefined => args[name] as string | undefined;
  const newKey = text("new-key");
  if (newKey !== undefined) return { newKey };
  const to = text("to");
  if (to === undefined) throw new UsageError("Where to? deno task handout --to DIR");
  const numbers = (name: string, otherwise: readonly number[]): number[] => {
    const given = text(name);
    return [...new Set(given === undefined ? otherwise : readLabs(given, `--${name}`))].sort((a, b) => a - b);
  };
  const labs = numbers("labs", ALL);
  const released = numbers("release-solutions", []);
  const draft = labs.find((number) => !ALL.includes(number));
  if (draft !== undefined) throw new UsageError(`Lab ${draft} is not finished: it cannot be handed out.`);
  const stray = released.find((number) => !labs.includes(number));
  if (stray !== undefined) throw new UsageError(`Lab ${stray} is not in the kit, so its solution cannot be released with it.`);
  return { to, labs, released, keyFile: text("seal") };
}

async function handOut({ to, labs, released, keyFile }: HandoutOptions): Promise<void> {
  await checkPlace(to);
  const key = keyFile === undefined ? undefined : await readKeyFile(keyFile);
  const files = await buildKit({ labs, released, key });
  await writeFiles(to, files);
  const isCommitted = await commit(to);
  const parts = [
    `${files.size} files`,
    `labs ${labs.join(", ")}`,
    ...(released.length > 0 ? [`with the solutions of ${released.join(", ")}`] : []),
    key === undefined ? "without hidden checks" : `hidden checks sealed with key ${key.id}`,
    isCommitted ? "one commit" : "no git here, so no repository",
  ];
  console.log(`${to}: ${parts.join(" · ")}`);
}

/** The place must be empty, and outside of this tree: a kit inside it would be found by everything that walks it. */
async function checkPlace(to: string): Promise<void> {
  let made = false;
  try {
    for await (const { name } of Deno.readDir(to)) throw new ImpossibleError(`${to} is not empty: it has ${name}.`);
  } catch (error) {
    if (error instanceof ImpossibleError) throw error;
    if (!(error instanceof Deno.errors.NotFound)) throw new ImpossibleError(`${to} cannot be used: ${(error as Error).message}`);
    await Deno.mkdir(to, { recursive: true }).catch((error) => {
      throw new ImpossibleError(`Cannot make the folder ${to}: ${error.message}`);
    });
    made = true;
  }
  if (!`${await Deno.realPath(to)}/`.startsWith(`${await Deno.realPath(ROOT)}/`)) return;
  if (made) await Deno.remove(to);
  throw new ImpossibleError(`${to} lies inside this tree, which has the solutions. Take a place outside of it.`);
}

async function readKeyFile(path: string): Promise<TermKey> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const what = error instanceof Deno.errors.NotFound ? "it is not there; --new-key makes one" : (error as Error).message;
    throw new ImpossibleError(`The key ${path} cannot be read: ${what}.`);
  }
  return await readTermKey(text, path);
}

async function writeKeyFile(path: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, `${createTermKey()}\n`, { createNew: true, mode: 0o600 });
  } catch (error) {
    const what = error instanceof Deno.errors.AlreadyExists ? "there is one already, and it would be lost" : (error as Error).message;
    throw new ImpossibleError(`Cannot write the key ${path}: ${what}.`);
  }
  console.log(`${path}: a new key. Keep it; what was sealed with it opens with no other.`);
}

async function writeFiles(to: string, files: Files): Promise<void> {
  for (const folder of new Set([...files.keys()].map((path) => path.slice(0, Math.max(path.lastIndexOf("/"), 0))))) {
    await Deno.mkdir(`${to}/${folder}`, { recursive: true });
  }
  for (const [path, text] of files) await Deno.writeTextFile(`${to}/${path}`, text);
}

/** One commit, in a repository without hooks and without anything of this one. False where there is no git. */
async function commit(to: string): Promise<boolean> {
  const who = [
    "-c",
    "user.name=Wallsocket",
    "-c",
    "user.email=wallsocket@localhost",
    "-c",
    "commit.gpgsign=false",
    "-c",
    "core.hooksPath=/dev/null",
  ];
  const steps = [["init", "--quiet", "--template=", "--initial-branch=main"], ["add", "--all"], [
    ...who,
    "commit",
    "--quiet",
    "--message=Wallsocket: the kit",
  ]];
  const env = { GIT_DIR: `${to}/.git`, GIT_WORK_TREE: to };
  for (const args of steps) {
    try {
      const { success, stderr } = await new Deno.Command("git", { args, cwd: to, env, stdin: "null" }).output();
      if (!success) {
        throw new ImpossibleError(`The kit is in ${to}, but git could not commit it: ${new TextDecoder().decode(stderr).trim()}`);
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
  return true;
}

/** Runs the command and returns its exit status. */
async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options === "help") console.log(HELP);
    else if ("newKey" in options) await writeKeyFile(options.newKey);
    else await handOut(options);
    return DONE;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(error.message);
      return USAGE;
    }
    if (![ImpossibleError, ContentsError, BundleError, SealError].some((kind) => error instanceof kind)) throw error;
    console.error((error as Error).message);
    return IMPOSSIBLE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

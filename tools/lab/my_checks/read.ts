/**
 * Reads a student's own checks. `my_checks.ts` is a stranger's program: it runs in a process of its own, without any permission, in a folder
 * that holds nothing but what every student has. What it exports comes back as data; nothing else of it is ever looked at.
 *
 * It lies at `mine/05-states/my_checks.ts` in that folder, as deep as in the kit, so that its imports mean the same.
 */
import type { Lab } from "../../../labs/manifest.ts";
import { plain } from "../../harness/import_check.ts";
import { MessageError, MessageReader } from "../../harness/message.ts";
import { ROOT } from "../run.ts";

/** The file's name. */
export const MY_CHECKS = "my_checks.ts";

/** The student's checks cannot be used. The message is for the student. */
export class MyChecksError extends Error {
  override readonly name = "MyChecksError";
}

/** Milliseconds, seconds of processor time, and MiB of heap and of data in all. */
const LIMIT = 10_000, PROCESSOR = 10, HEAP = 256, DATA = 1024;
/** The most bytes that come back. */
const MOST = 4 * 1024 * 1024;

/** Where a lab's own checks are: "labs/05-states/my_checks.ts". */
export function pathOfMine(lab: Lab): string {
  return `labs/${lab.folder}/${MY_CHECKS}`;
}

/** What `text`, a lab's `my_checks.ts`, exports. Throws a MyChecksError. */
export async function readMine(lab: Lab, text: string): Promise<unknown> {
  const folder = `${ROOT}/.wallsocket/mine-${crypto.randomUUID()}`;
  const own = `mine/${lab.folder}`;
  const entry = [
    `import { encodeMessage } from "./tools/harness/message.ts";`,
    `const { stdout } = Deno;`,
    `const { default: mine } = await import("./${own}/${MY_CHECKS}");`,
    `const bytes = encodeMessage(mine);`,
    `for (let at = 0; at < bytes.length;) at += await stdout.write(bytes.subarray(at));`,
    `Deno.exit(0);`,
    "",
  ].join("\n");
  try {
    for (const given of ["stack", "tools/harness"]) await copy(`${ROOT}/${given}`, `${folder}/${given}`);
    await copy(`${ROOT}/labs/${lab.folder}/checks`, `${folder}/${own}/checks`);
    await Deno.mkdir(`${folder}/labs`);
    await Deno.copyFile(`${ROOT}/labs/manifest.ts`, `${folder}/labs/manifest.ts`);
    await Deno.writeTextFile(`${folder}/${own}/${MY_CHECKS}`, text);
    await Deno.writeTextFile(`${folder}/entry.ts`, entry);
    await checkCode(folder);
    return await runEntry(folder);
  } catch (error) {
    throw error instanceof MyChecksError ? new MyChecksError(said(error.message)) : error;
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

/** Copies the programs of a folder, without their tests. */
async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory, isFile } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else if (isFile && name.endsWith(".ts") && !name.endsWith("_test.ts")) await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

/** Refuses code from outside the folder: static imports need no permission, so the file could pull in whatever this user may read. */
async function checkCode(folder: string): Promise<void> {
  const flags = ["--json", "--no-config", "--no-lock", "--no-remote", "--no-npm"];
  const graph = JSON.parse(new TextDecoder().decode(await deno(folder, ["info", ...flags, `${folder}/entry.ts`]))) as Graph;
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const inside = `file://${folder}/`;
  const reached = new Set([`${inside}entry.ts`]);
  for (const specifier of reached) {
    const module = modules.get(graph.redirects?.[specifier] ?? specifier);
    if (module?.error !== undefined) throw new MyChecksError(plain(module.error, folder));
    if (module === undefined || !module.specifier.startsWith(inside)) {
      throw new MyChecksError(`${JSON.stringify(plain(specifier, folder))} may not be imported by ${MY_CHECKS}`);
    }
    for (const { code } of module.dependencies ?? []) {
      if (code === undefined) continue; // types, which are not there when it runs
      if (code.specifier === undefined) throw new MyChecksError(`${plain(specifier, folder)} imports what cannot be found`);
      reached.add(code.specifier);
    }
  }
}

interface Graph {
  readonly redirects?: Readonly<Record<string, string>>;
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly { readonly code?: { readonly specifier?: string } }[];
  }[];
}

async function runEntry(folder: string): Promise<unknown> {
  const flags = ["--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--cached-only", "--no-check"];
  return decode(await deno(folder, ["run", ...flags, `--v8-flags=--max-old-space-size=${HEAP}`, `${folder}/entry.ts`]));
}

/** Runs Deno within limits; returns what it wrote. Throws a MyChecksError. */
async function deno(folder: string, words: readonly string[]): Promise<Uint8Array> {
  const limits = `ulimit -d ${DATA * 1024} 2>/dev/null; ulimit -t ${PROCESSOR} 2>/dev/null; exec "$@"`;
  const run = [Deno.execPath(), ...words];
  const [command, ...args] = Deno.build.os === "windows" ? run : ["/bin/sh", "-c", limits, "sh", ...run];
  const child = new Deno.Command(command as string, {
    args,
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...cacheEnvironment() },
  }).spawn();
  let late = false;
  const overdue = setTimeout(() => (late = true, kill(child)), LIMIT);
  try {
    const [output, errors] = await Promise.all([upTo(child.stdout, MOST, () => kill(child)), upTo(child.stderr, 16_384, () => {})]);
    const { success } = await child.status;
    if (late) throw new MyChecksError(`it did not come to its end within ${LIMIT / 1000} s`);
    if (output === undefined) throw new MyChecksError(`its checks take more than ${MOST / 1024 / 1024} MiB`);
    if (!success) throw new MyChecksError(plain(new TextDecoder().decode(errors), folder).split("\n").slice(0, 6).join("\n"));
    return output;
  } finally {
    clearTimeout(overdue);
  }
}

function decode(bytes: Uint8Array): unknown {
  const reader = new MessageReader();
  reader.push(bytes);
  try {
    const value = reader.next();
    if (value !== undefined) return value;
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
  }
  throw new MyChecksError("it wrote to standard output itself: only its default export counts");
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // it had ended by itself
  }
}

/** All that comes, or undefined (and `full` is called) when it is more than `most` bytes. */
async function upTo(stream: ReadableStream<Uint8Array>, most: number, full: () => void): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length <= most) chunks.push(chunk);
    else full();
  }
  if (length > most) return undefined;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Where Deno keeps what it compiled. */
function cacheEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["HOME", "DENO_DIR", "XDG_CACHE_HOME"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** The file as the student knows it. */
function said(message: string): string {
  return message.replaceAll("file://", "").replaceAll("mine/", "labs/").replace(/^error: (Uncaught )?(\(in promise\) )?/, "");
}

/** Tasks as users start them: the command of `deno.json`, with its permissions and no more. For tests only. */

const ROOT = new URL("../../", import.meta.url).pathname;
const { tasks } = JSON.parse(Deno.readTextFileSync(`${ROOT}deno.json`));

/** Milliseconds after which a task is taken to hang. */
const LONGEST = 60_000;

export interface TaskOutput {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function command(task: string, words: readonly string[], options: Deno.CommandOptions): Deno.Command {
  const [_deno, run, ...args] = tasks[task].command.split(" ") as string[];
  const file = args.pop() as string;
  const all = [run as string, "--no-prompt", `--config=${ROOT}deno.json`, ...args, `${ROOT}${file}`, ...words];
  return new Deno.Command(Deno.execPath(), { stdin: "null", ...options, args: all });
}

/** Starts a task. One that never ends is ended after a while, so that its test fails. */
export function spawnTask(task: string, words: readonly string[], options: Deno.CommandOptions = {}): Deno.ChildProcess {
  return command(task, words, { stdout: "piped", stderr: "piped", signal: AbortSignal.timeout(LONGEST), ...options }).spawn();
}

/** Starts `deno task` itself, one process above the task. */
export function spawnDenoTask(task: string, words: readonly string[]): Deno.ChildProcess {
  const args = ["task", "--quiet", `--config=${ROOT}deno.json`, task, ...words];
  return new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
}

/** Runs a task to its end. `input` is its standard input. */
export async function taskOutput(
  task: string,
  words: readonly string[],
  env: Record<string, string> = {},
  input: string | Uint8Array<ArrayBuffer> = "",
): Promise<TaskOutput> {
  const child = spawnTask(task, words, { env, stdin: "piped" });
  const feeding = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {}); // it may not want it
  const { code, stdout, stderr } = await child.output();
  await feeding;
  const decoder = new TextDecoder();
  return { status: code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** The lines of a stream, as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Whether a process ends within so many milliseconds. One that has ended, and that nobody has asked for yet, is gone. */
export function goneWithin(milliseconds: number, pid: number): Promise<boolean> {
  return silentWithin(milliseconds, "grep -v ' Z ' /proc/$PID/stat", { PID: `${pid}` });
}

/** Whether all processes end within so many milliseconds that have `word` in their command line. */
export function allGoneWithin(milliseconds: number, word: string): Promise<boolean> {
  return silentWithin(milliseconds, `printf %s "$WORD" | grep -lF -f - /proc/[0-9]*/cmdline`, { WORD: word });
}

/** Whether a line for the shell prints nothing any more within so many milliseconds. */
async function silentWithin(milliseconds: number, line: string, env: Record<string, string>): Promise<boolean> {
  for (let waited = 0; waited < milliseconds; waited += 20) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", `${line} 2>/dev/null`], env }).output();
    if (stdout.length === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** As `sha256sum` prints it. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

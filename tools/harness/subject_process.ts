/**
 * One process in which student code runs: how it is started, what it is allowed, and what its end means.
 */
import { CrumbTrail } from "./crumb_trail.ts";
import { encodeMessage, MessageError, MessageReader } from "./message.ts";
import { readHello, readReply } from "./reply.ts";
import type { Walls } from "./sandbox.ts";
import type { Reply, Request } from "./subject/protocol.ts";
import { Watchdog } from "./watchdog.ts";
import { plain, type Workspace } from "./workspace.ts";

/** Why a subject gave no answer. */
export type DeathKind = "hang" | "memory" | "exit" | "crash" | "noise" | "load";

/** The subject gave no answer. The message is a sentence for the student. */
export class SubjectDied extends Error {
  override readonly name = "SubjectDied";
  readonly kind: DeathKind;
  /** The lab function in which it happened, when that is known. */
  readonly symbol: string | undefined;
  /** Of many calls that were asked for at once, the one in which it happened, from 0. */
  readonly at: number | undefined;

  constructor(kind: DeathKind, message: string, symbol?: string, at?: number) {
    super(message);
    this.kind = kind;
    this.symbol = symbol;
    this.at = at;
  }
}

/** No debugger can be waited for; the student's code is not to blame. The message is a sentence. */
export class NoDebugger extends Error {
  override readonly name = "NoDebugger";
}

/** What a subject is allowed. */
export interface SubjectLimits {
  /** Milliseconds for one request; after a first hang it is less. */
  readonly request: number;
  /** Milliseconds from start to the first word. */
  readonly start: number;
  /** MiB of JavaScript heap. */
  readonly heap: number;
  /** Seconds of processor time in all. */
  readonly processor: number;
  /** MiB of data in all: heap, typed arrays and the runtime itself. */
  readonly data: number;
}

/** The limits when nothing else is said. A request normally takes less than a millisecond. */
export const DEFAULT_LIMITS: SubjectLimits = { request: 2000, start: 10_000, heap: 256, processor: 120, data: 1024 };
const MAX_STDERR = 16_384;
const CHUNK = 65_536;
/** Open files, and units of 512 bytes in one file: enough for Deno itself, which is all that opens any. */
const MAX_OPEN = 256, MAX_FILE = 65_536;

/** A subject that was started. It answers one request at a time. */
export class SubjectProcess {
  /** What it left on its way, if it was started to leave crumbs. */
  readonly trail = new CrumbTrail(MAX_STDERR);
  /** The workspace as the process sees it. */
  readonly #folder: string;
  readonly #limits: SubjectLimits;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamBYOBReader;
  readonly #reader = new MessageReader();
  readonly #errors: Promise<void>;
  /** The buffer for the next read, and the read that is under way. */
  #chunk = new Uint8Array(CHUNK);
  #reading: Promise<boolean> | undefined;
  #killed = false;

  /** `inspect`: the port on which it waits for a debugger. `walls`: where it runs behind them, those of the operating system. */
  constructor(workspace: Workspace, limits: SubjectLimits, inspect: number | false, walls?: Walls) {
    this.#folder = walls?.folder ?? workspace.folder;
    this.#limits = limits;
    this.#child = new Deno.Command(...commandLine(workspace, limits, inspect, walls)).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.getReader({ mode: "byob" });
    this.#errors = this.#collectErrors(inspect !== false);
  }

  /** Waits for the first word. Throws a SubjectDied when there is none within `limit` milliseconds. */
  async ready(limit: number): Promise<void> {
    const hello = this.#next(undefined);
    const watchdog = new Watchdog();
    const inTime = await watchdog.settled(hello, limit);
    watchdog.close();
    if (!inTime) {
      this.kill();
      throw new SubjectDied("load", `The lab's files were not loaded within ${limit} ms.`);
    }
    await hello;
  }

  /** Asks, and waits as long as it takes. Throws a SubjectDied when the process ends instead. */
  ask(request: Request): Promise<Reply> {
    const id = newId();
    this.#writer.write(encodeMessage({ ...request, id })).catch(() => {});
    const answer = this.#next(id) as Promise<Reply>;
    answer.catch(() => {}); // nobody may be waiting for it any more
    return answer;
  }

  kill(): void {
    if (this.#killed) return;
    this.#killed = true;
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // it had ended by itself
    }
    this.#output.cancel().catch(() => {});
    this.#writer.abort().catch(() => {});
  }

  /** The next message: the answer to what was asked under this number, or the first word. Anything else is noise. */
  async #next(id: number | undefined): Promise<unknown> {
    try {
      for (;;) {
        const message = this.#reader.next();
        if (message !== undefined && this.#reader.rest > 0) throw new MessageError("more than one message came at once");
        if (message !== undefined) return id === undefined ? readHello(message) : readReply(message, id);
        this.#reading ??= this.#read();
        if (!await this.#reading) throw await this.#ended(id === undefined);
      }
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      throw new SubjectDied("noise", "wrote to standard output itself, which belongs to the harness: print with console.log");
    }
  }

  /** Takes what is there, into the same buffer again and again. Returns false when there will be no more. */
  async #read(): Promise<boolean> {
    const { value, done } = await this.#output.read(this.#chunk);
    this.#reading = undefined;
    if (value === undefined || done) return false;
    this.#reader.push(value);
    this.#chunk = new Uint8Array(value.buffer);
    return true;
  }

  /** The process ended: says why. */
  async #ended(loading: boolean): Promise<SubjectDied | NoDebugger> {
    const status = await this.#child.status;
    await this.#errors;
    this.#killed = true;
    const said = plain(this.trail.text, this.#folder);
    if (/out of memory|invalid array length|Array buffer allocation failed/i.test(said)) {
      return new SubjectDied(
        "memory",
        `took more memory than a lab may have (${this.#limits.heap} MiB of objects, ${this.#limits.data} MiB in all)`,
      );
    }
    const address = /Failed to start inspector server at "(.*)"/.exec(said)?.[1];
    if (address !== undefined) {
      return new NoDebugger(
        `Cannot wait for a debugger at ${address}: the port is in use, perhaps by another run. --inspect=9230 takes another.`,
      );
    }
    if (/Top-level await promise never resolved/.test(said)) {
      return new SubjectDied("load", "A lab file waits at its top level for a promise that never resolves.");
    }
    if (loading) return new SubjectDied("load", `The lab's files cannot be loaded.\n${said.split("\n").slice(0, 8).join("\n")}`);
    if (status.signal === null && !said.startsWith("error")) {
      return new SubjectDied("exit", `ended the whole process (Deno.exit with status ${status.code})`);
    }
    return new SubjectDied("crash", `ended the whole process: ${said.split("\n")[0] ?? status.signal ?? status.code}`);
  }

  async #collectErrors(inspect: boolean): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.trail.push(decoder.decode(chunk, { stream: true }));
      if (!inspect) continue;
      this.trail.text = this.trail.text.replaceAll(/^.*debugger.*\n/gim, (line) => {
        console.error(line.trimEnd()); // where it listens, and that it waits; an editor looks for it
        return "";
      });
    }
    this.trail.finish();
  }
}

/** A number that the student's code cannot know before it is told. */
function newId(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}

/** How the process is started: with no permission, nothing remote, and limits on memory. */
function commandLine(workspace: Workspace, limits: SubjectLimits, inspect: number | false, walls?: Walls): [string, Deno.CommandOptions] {
  const run = [
    "run",
    ...(inspect === false ? ["--quiet"] : [`--inspect-brk=127.0.0.1:${inspect}`]),
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--cached-only",
    "--no-check",
    `--v8-flags=--max-old-space-size=${limits.heap},--disallow-code-generation-from-strings`,
    walls === undefined ? workspace.entry : `${walls.folder}/entry.ts`,
  ];
  const options: Deno.CommandOptions = {
    cwd: workspace.folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...(walls?.environment ?? cacheEnvironment()) },
  };
  if (Deno.build.os === "windows") return [Deno.execPath(), { ...options, args: run }];
  // A shell sets the limits on data and on processor time and becomes Deno; systems without such limits go on without
  // them. Where there is setpriv, the kernel ends the subject together with us, even if it is in an endless loop.
  const lines = [
    `ulimit -d ${limits.data * 1024} 2>/dev/null`,
    ...(inspect !== false ? [] : [`ulimit -t ${limits.processor} 2>/dev/null`]),
    `ulimit -c 0 2>/dev/null; ulimit -n ${MAX_OPEN} 2>/dev/null`,
    ...(walls === undefined ? [] : [`ulimit -f ${MAX_FILE} 2>/dev/null`, walls.script]),
    `if command -v setpriv >/dev/null 2>&1; then exec setpriv --pdeathsig KILL "$@"; fi`,
    `exec "$@"`,
  ];
  const command = walls === undefined ? [Deno.execPath(), ...run] : run;
  return ["/bin/sh", { ...options, args: ["-c", lines.join("; "), "sh", ...command] }];
}

/** Where Deno keeps what it compiled: the subject has no other environment. */
function cacheEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of ["HOME", "DENO_DIR", "XDG_CACHE_HOME"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

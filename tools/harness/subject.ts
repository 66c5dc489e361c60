/**
 * The grader's end of the subject: starts the process, asks, waits, and when it hangs or dies says so in a sentence
 * that a student understands. Whatever student code does costs the check it was asked for, never the run: the next
 * check gets a fresh process.
 *
 * The subject is a pure function of what it is asked. So after a hang or a crash the same requests are put to a second
 * process that names each function as it enters it; the last one named is the culprit.
 */
import { encodeMessage, MessageError, MessageReader } from "./message.ts";
import { CRUMB } from "./subject/crumbs.ts";
import type { Hello, Reply, Request } from "./subject/protocol.ts";
import { plain, prepareWorkspace, type Selection, type Workspace } from "./workspace.ts";

/** Why a subject gave no answer. */
export type DeathKind = "hang" | "memory" | "exit" | "crash" | "noise" | "load";

/** The subject gave no answer. The message is a sentence for the student. */
export class SubjectDied extends Error {
  override readonly name = "SubjectDied";
  readonly kind: DeathKind;
  /** The lab function in which it happened, when that is known. */
  readonly symbol: string | undefined;

  constructor(kind: DeathKind, message: string, symbol?: string) {
    super(message);
    this.kind = kind;
    this.symbol = symbol;
  }
}

/** What a subject is allowed. */
export interface SubjectLimits {
  /** Milliseconds for one request. */
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
/** After a first hang the student knows what to mend; the checks that follow wait less. */
const SECOND_HANG = 400;
const MAX_STDERR = 16_384;

export interface SubjectOptions {
  readonly limits?: Partial<SubjectLimits>;
  /** Attaches the debugger ("--inspect-wait") and switches all time limits off. */
  readonly inspect?: boolean;
}

export class Subject {
  readonly #selection: Selection;
  readonly #limits: SubjectLimits;
  readonly #inspect: boolean;
  #process: SubjectProcess | undefined;
  #starting: Promise<SubjectProcess> | undefined;
  #asked: Request[] = [];
  #hangs = 0;

  constructor(selection: Selection, options: SubjectOptions = {}) {
    this.#selection = selection;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#inspect = options.inspect ?? false;
  }

  /** Starts the process, and answers what it found. Throws a WorkspaceError or SubjectDied when the code cannot even be loaded. */
  async start(): Promise<Hello> {
    return (await this.#running()).hello;
  }

  /** Forgets everything of the check before. */
  async reset(): Promise<void> {
    this.#asked = [];
    await this.ask({ op: "reset" });
  }

  /** Asks one thing. Throws SubjectDied when there is no answer. */
  async ask(request: Request): Promise<Reply> {
    const process = await this.#running();
    if (request.op === "reset") this.#asked = [];
    this.#asked.push(request);
    try {
      return await process.ask(request, this.#hangs > 0 ? Math.min(SECOND_HANG, this.#limits.request) : this.#limits.request);
    } catch (error) {
      this.#process = undefined;
      process.kill();
      throw error instanceof SubjectDied ? await this.#explain(error) : error;
    }
  }

  /** Ends the process. */
  close(): void {
    this.#process?.kill();
    this.#process = undefined;
    this.#starting?.then((process) => process.kill(), () => {});
  }

  async #running(): Promise<SubjectProcess> {
    if (this.#process !== undefined) return this.#process;
    this.#starting ??= this.#launch(false);
    try {
      this.#process = await this.#starting;
    } finally {
      this.#starting = undefined;
    }
    return this.#process;
  }

  async #launch(crumbs: boolean): Promise<SubjectProcess> {
    const workspace = await prepareWorkspace(this.#selection, { crumbs, inspect: this.#inspect });
    const process = new SubjectProcess(workspace, this.#limits, this.#inspect && !crumbs);
    await process.ready(this.#limits.start);
    return process;
  }

  /** Repeats what was asked in a process with crumbs, to name the function. */
  async #explain(death: SubjectDied): Promise<SubjectDied> {
    if (death.kind === "hang") this.#hangs++;
    if (this.#hangs > 3) return death;
    const requests = this.#asked;
    let second: SubjectProcess | undefined;
    try {
      second = await this.#launch(true);
      const limit = Math.min(this.#limits.request, 1000);
      for (const request of requests) await second.ask(request, limit);
      return death;
    } catch (error) {
      const symbol = second?.lastCrumb();
      return error instanceof SubjectDied && symbol !== undefined
        ? new SubjectDied(death.kind, `${symbol} ${death.message}`, symbol)
        : death;
    } finally {
      second?.kill();
    }
  }
}

/** One process. */
class SubjectProcess {
  hello: Hello = { hello: true, missing: [] };
  readonly #workspace: Workspace;
  readonly #limits: SubjectLimits;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #reader = new MessageReader();
  readonly #errors: Promise<void>;
  readonly #timed: boolean;
  #stderr = "";
  #killed = false;

  constructor(workspace: Workspace, limits: SubjectLimits, inspect: boolean) {
    this.#workspace = workspace;
    this.#limits = limits;
    this.#timed = !inspect;
    this.#child = new Deno.Command(...commandLine(workspace, limits, inspect)).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.getReader();
    this.#errors = this.#collectErrors(inspect);
  }

  /** Waits for the first word. */
  async ready(limit: number): Promise<void> {
    this.hello = await this.#next(limit, true) as Hello;
  }

  async ask(request: Request, limit: number): Promise<Reply> {
    const bytes = encodeMessage(request);
    const written = this.#writer.write(bytes).catch(() => {});
    const reply = await this.#next(limit, false) as Reply;
    await written;
    return reply;
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

  /** The function that was entered last and never left. */
  lastCrumb(): string | undefined {
    const open: string[] = [];
    for (const line of this.#stderr.split("\n")) {
      if (line.startsWith(`${CRUMB}+`)) open.push(line.slice(2));
      if (line.startsWith(`${CRUMB}-`)) open.pop();
    }
    return open.at(-1);
  }

  async #next(limit: number, loading: boolean): Promise<unknown> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const overdue = new Promise<"overdue">((resolve) => {
      if (this.#timed) timer = setTimeout(() => resolve("overdue"), limit);
    });
    try {
      for (;;) {
        const message = this.#reader.next();
        if (message !== undefined) return message;
        const chunk = await Promise.race([this.#output.read(), overdue]);
        if (chunk === "overdue") throw new SubjectDied("hang", `did not come back within ${limit} ms: is there a loop that never ends?`);
        if (chunk.done) throw await this.#ended(loading);
        this.#reader.push(chunk.value);
      }
    } catch (error) {
      if (!(error instanceof MessageError)) throw error;
      throw new SubjectDied("noise", "wrote to standard output itself, which belongs to the harness: print with console.log");
    } finally {
      clearTimeout(timer);
    }
  }

  /** The process ended: says why. */
  async #ended(loading: boolean): Promise<SubjectDied> {
    const status = await this.#child.status;
    await this.#errors;
    this.#killed = true;
    const said = plain(this.#stderr, this.#workspace.folder);
    if (/out of memory|invalid array length|Array buffer allocation failed/i.test(said)) {
      return new SubjectDied(
        "memory",
        `took more memory than a lab may have (${this.#limits.heap} MiB of objects, ${this.#limits.data} MiB in all)`,
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
      this.#stderr += decoder.decode(chunk, { stream: true });
      if (inspect && this.#stderr.includes("\n")) {
        console.error(this.#stderr.trimEnd());
        this.#stderr = "";
      }
      // Crumbs may go on for ever; what came last is what matters. Errors of the runtime are short.
      if (this.#stderr.length > MAX_STDERR * 8) this.#stderr = this.#stderr.slice(-MAX_STDERR);
    }
  }
}

/** How the process is started: with no permission, nothing remote, and limits on memory. */
function commandLine(workspace: Workspace, limits: SubjectLimits, inspect: boolean): [string, Deno.CommandOptions] {
  const run = [
    "run",
    "--quiet",
    "--no-prompt",
    "--no-config",
    "--no-lock",
    "--no-remote",
    "--no-npm",
    "--cached-only",
    "--no-check",
    ...(inspect ? ["--inspect-wait"] : []),
    `--v8-flags=--max-old-space-size=${limits.heap}`,
    workspace.entry,
  ];
  const options: Deno.CommandOptions = {
    cwd: workspace.folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    clearEnv: true,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...cacheEnvironment() },
  };
  if (Deno.build.os === "windows") return [Deno.execPath(), { ...options, args: run }];
  // A shell sets the limits on data and on processor time and becomes Deno; systems without such limits go on without
  // them. Where there is setpriv, the kernel ends the subject together with us, even if it is in an endless loop.
  const lines = [
    `ulimit -d ${limits.data * 1024} 2>/dev/null`,
    ...(inspect ? [] : [`ulimit -t ${limits.processor} 2>/dev/null`]),
    `if command -v setpriv >/dev/null 2>&1; then exec setpriv --pdeathsig KILL "$@"; fi`,
    `exec "$@"`,
  ];
  return ["/bin/sh", { ...options, args: ["-c", lines.join("; "), "sh", Deno.execPath(), ...run] }];
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

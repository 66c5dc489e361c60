/**
 * The grader's end of the subject: starts the process, asks, waits, and when it hangs or dies says so in a sentence
 * that a student understands. Whatever student code does costs the check it was asked for, never the run: the next
 * check gets a fresh process.
 *
 * The subject is a pure function of what it is asked. So when an answer is late, the same requests are put to a second
 * process, the *witness*, which names each function as it enters it. Whoever answers first is right; a hang is a hang
 * when neither does, and the function that the witness entered last is the culprit.
 *
 * A student who wrote an endless loop shall not wait for it in every check. After a first hang the limits are shorter.
 * A function that hung in three checks, and was never seen to return, is not called again. After three hangs in a function
 * that does return at times there are no more witnesses.
 */
import { openSandbox, type SandboxKind } from "./sandbox.ts";
import type { Reply, Request } from "./subject/protocol.ts";
import { DEFAULT_LIMITS, SubjectDied, type SubjectLimits, SubjectProcess } from "./subject_process.ts";
import { Watchdog } from "./watchdog.ts";
import { prepareWorkspace, type Selection } from "./workspace.ts";

/** Hangs or crashes in one function after which it is known well enough. */
const ENOUGH = 3;

/** How long an answer is waited for, in milliseconds. */
interface Patience {
  /** When a witness is asked. */
  readonly doubt: number;
  /** When it is a hang. */
  readonly limit: number;
}

const FIRST: Patience = { doubt: 1000, limit: DEFAULT_LIMITS.request };
const LATER: Patience = { doubt: 150, limit: 600 };
const LAST: Patience = { doubt: 250, limit: 250 };
const ENDED = "was ended by the harness";
/** So many calls in one request are allowed as much again. */
const MANY = 2000;

export interface SubjectOptions {
  readonly limits?: Partial<SubjectLimits>;
  /** Waits for a debugger on this port of 127.0.0.1 ("--inspect-brk"), and switches all time limits off. */
  readonly inspect?: number | false;
}

export class Subject {
  readonly #selection: Selection;
  readonly #limits: SubjectLimits;
  readonly #inspect: number | false;
  readonly #sandbox: SandboxKind;
  readonly #watchdog = new Watchdog();
  #process: SubjectProcess | undefined;
  #starting: Promise<SubjectProcess> | undefined;
  #asked: Request[] = [];
  #closed = false;
  /** How often the subject died in each function. */
  readonly #deaths = new Map<string, number>();
  /** Functions that were seen to return. */
  readonly #returned = new Set<string>();

  constructor(selection: Selection, options: SubjectOptions = {}) {
    this.#selection = selection;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#inspect = options.inspect ?? false;
    this.#sandbox = this.#inspect !== false ? "process" : selection.sandbox ?? "process"; // a debugger comes over the network
  }

  /** Starts the process. Throws a WorkspaceError or SubjectDied when the code cannot even be loaded. */
  async start(): Promise<void> {
    await this.#running();
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
    const answer = process.ask(request);
    const { doubt, limit } = this.#patience(request);
    let witness: Witness | undefined;
    try {
      if (await this.#watchdog.settled(answer, doubt)) {
        const reply = await answer;
        this.#noteReturn(request, reply);
        return reply;
      }
      if (doubt < limit) witness = new Witness(() => this.#launch(true), this.#asked);
      const first = witness === undefined ? answer : Promise.race([answer, witness.answer]);
      if (!await this.#watchdog.settled(first, limit - doubt)) {
        throw new SubjectDied("hang", `did not come back within ${Math.round(limit)} ms: is there a loop that never ends?`);
      }
      const reply = await first;
      if (witness?.reply === reply) this.#process = witness.takeOver(process);
      witness?.close();
      this.#noteReturn(request, reply);
      return reply;
    } catch (error) {
      this.#process = undefined;
      process.kill();
      throw error instanceof SubjectDied && !this.#closed ? await this.#explain(error, request, witness) : error;
    }
  }

  /** Ends the process. What is asked meanwhile, or later, is not answered. */
  close(): void {
    this.#closed = true;
    this.#watchdog.close();
    this.#process?.kill();
    this.#process = undefined;
    this.#starting?.then((process) => process.kill(), () => {});
  }

  async #running(): Promise<SubjectProcess> {
    if (this.#closed) throw new SubjectDied("exit", ENDED);
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
    const sandbox = this.#sandbox === "full" ? openSandbox(this.#selection.root) : undefined;
    const workspace = await prepareWorkspace(this.#selection, { crumbs, inspect: this.#inspect !== false });
    const walls = await (await sandbox)?.around(workspace);
    if (this.#closed) throw new SubjectDied("exit", ENDED);
    const process = new SubjectProcess(workspace, this.#limits, !crumbs && this.#inspect, walls);
    await process.ready(this.#inspect !== false ? Infinity : this.#limits.start);
    const refused = [...this.#deaths].flatMap(([name, count]) => count >= ENOUGH && !this.#returned.has(name) ? [name] : []);
    if (refused.length > 0) await process.ask({ op: "refuse", names: refused });
    return process;
  }

  #patience(request: Request): Patience {
    if (this.#inspect !== false) return { doubt: Infinity, limit: Infinity };
    const most = this.#limits.request;
    if (this.#deaths.size === 0) return { doubt: Math.min(FIRST.doubt, most), limit: most };
    const { doubt, limit } = this.#suspect === undefined ? LATER : LAST;
    const factor = 1 + ("lists" in request ? request.lists.length / MANY : 0);
    return { doubt: Math.min(doubt * factor, most), limit: Math.min(limit * factor, most) };
  }

  /** The function that has hung often enough, if there is one. */
  get #suspect(): string | undefined {
    return [...this.#deaths].find(([, count]) => count >= ENOUGH)?.[0];
  }

  /** A function that answered the check itself does return. */
  #noteReturn(request: Request, reply: Reply): void {
    if (!isDirect(request)) return;
    const returned = reply.all === undefined ? reply.threw === undefined : reply.all.some(({ threw }) => threw === undefined);
    if (returned) this.#returned.add(request.name);
  }

  /** Names the function, as far as that is known, and counts it. */
  async #explain(death: SubjectDied, request: Request, asked: Witness | undefined): Promise<SubjectDied> {
    const direct = isDirect(request) ? request.name : undefined;
    const suspect = this.#suspect;
    if (suspect !== undefined && direct === undefined) {
      if (death.kind !== "hang") return new SubjectDied(death.kind, `your code ${death.message}`);
      return new SubjectDied("hang", `your code did not come back, as ${suspect} did not in earlier checks`, suspect);
    }
    const witness = asked ?? (suspect === undefined ? new Witness(() => this.#launch(true), this.#asked) : undefined);
    if (death.kind !== "hang" && witness !== undefined) await this.#watchdog.settled(witness.end, this.#limits.request);
    witness?.close();
    const { last, at, returned } = witness?.trail ?? {};
    const symbol = last ?? direct;
    const { kind, message } = witness?.death ?? death;
    if (symbol === undefined) {
      const [before] = kind === "hang" ? [...this.#deaths.keys()].slice(-1) : [];
      return new SubjectDied(kind, `your code ${message}${before === undefined ? "" : ` (${before} did not in an earlier check)`}`, before);
    }
    this.#deaths.set(symbol, (this.#deaths.get(symbol) ?? 0) + 1);
    if (returned?.has(symbol)) this.#returned.add(symbol);
    const many = request.op === "many" || request.op === "manyOn";
    return new SubjectDied(kind, `${symbol} ${message}`, symbol, many ? at : undefined);
  }
}

/** Whether a request calls a lab function by its name. */
function isDirect(request: Request): request is Request & { readonly op: "call" | "many" } {
  return request.op === "call" || request.op === "many";
}

/** A second process that is asked the same, and leaves crumbs. */
class Witness {
  /** The answer to the last request; it never comes when there is none. */
  readonly answer: Promise<Reply>;
  /** When the witness has answered everything, or has died. */
  readonly end: Promise<void>;
  /** The answer, when it has come. */
  reply: Reply | undefined;
  /** How it died by itself: of what was late or dead before it, this tells more. */
  death: SubjectDied | undefined;
  #process: SubjectProcess | undefined;
  #closed = false;

  constructor(launch: () => Promise<SubjectProcess>, requests: readonly Request[]) {
    const work = this.#repeat(launch, [...requests]);
    this.end = work.then(() => {}, (error) => {
      if (error instanceof SubjectDied && !this.#closed) this.death = error;
    });
    this.answer = new Promise((resolve) => work.then((reply) => reply !== undefined && resolve(reply), () => {}));
  }

  /** What it left on its way; undefined when it did not even start. */
  get trail(): SubjectProcess["trail"] | undefined {
    return this.#process?.trail;
  }

  /** Makes the witness the process that goes on, in place of `late`. */
  takeOver(late: SubjectProcess): SubjectProcess {
    const process = this.#process as SubjectProcess;
    this.#process = undefined;
    late.kill();
    return process;
  }

  close(): void {
    this.#closed = true;
    this.#process?.kill();
  }

  async #repeat(launch: () => Promise<SubjectProcess>, requests: readonly Request[]): Promise<Reply | undefined> {
    this.#process = await launch();
    if (this.#closed) this.#process.kill();
    for (const request of requests) this.reply = await this.#process.ask(request);
    return this.reply;
  }
}

/** A terminal with a command in it, driven as a person would: keys in, a screen out. For tests only; Linux only (`terminal/program.ts`). */
import { linesOf } from "./tasks.ts";

const FOLDER = new URL("./terminal/", import.meta.url).pathname;
/** Milliseconds to wait for a screen, and between two looks. */
const LONGEST = 60_000, BETWEEN = 15;

/** What is seen. */
export interface Look {
  /** The rows of the screen, without the spaces at their ends. */
  readonly lines: readonly string[];
  readonly alternate: boolean;
  readonly cursor: boolean;
  /** The settings of the terminal, as `tcgetattr` has them. */
  readonly settings: string;
  /** How the command ended; undefined while it goes on. */
  readonly status?: number;
  readonly pid: number;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class TestTerminal {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: AsyncGenerator<string>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(command: readonly string[], { columns = 80, rows = 24, cwd, env = {} }: TerminalOptions) {
    const args = [
      "run",
      "--quiet",
      "--no-check",
      `--config=${FOLDER}terminal.json`,
      "--allow-all",
      `${FOLDER}program.ts`,
      `${columns}`,
      `${rows}`,
      cwd,
      ...command,
    ];
    this.#child = new Deno.Command(Deno.execPath(), { args, env: { TERM: "xterm-256color", ...env }, stdin: "piped", stdout: "piped" })
      .spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#answers = linesOf(this.#child.stdout);
  }

  /** Presses keys, and looks. */
  type(text: string): Promise<Look> {
    return this.#ask({ type: text });
  }

  resize(columns: number, rows: number): Promise<Look> {
    return this.#ask({ resize: [columns, rows] });
  }

  look(): Promise<Look> {
    return this.#ask({});
  }

  /** Waits until the screen is as wanted. Throws an Error with the screen when it never is. */
  async until(wanted: RegExp | ((look: Look) => boolean), longest = LONGEST): Promise<Look> {
    const isWanted = typeof wanted === "function" ? wanted : ({ lines }: Look): boolean => wanted.test(lines.join("\n"));
    for (let waited = 0; waited < longest; waited += BETWEEN) {
      const look = await this.look();
      if (isWanted(look)) return look;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN));
    }
    throw new Error(`The screen was never as wanted (${wanted}):\n${(await this.look()).lines.join("\n")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    await this.#answers.return(undefined);
  }

  /** One question at a time. */
  #ask(request: unknown): Promise<Look> {
    const answer = this.#last.then(async () => {
      await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
      const { value, done } = await this.#answers.next();
      if (done) throw new Error("The terminal has ended");
      return JSON.parse(value) as Look;
    });
    this.#last = answer.catch(() => {});
    return answer;
  }
}

/**
 * The terminal while a full-screen program has it: keys come one by one, the alternate screen is shown, the cursor is hidden. Whatever ends the
 * program gives it back as it was: a key, a signal, an error that nobody caught. Ctrl-Z stops the program and gives it back; when the
 * program goes on, it is taken again.
 *
 * Rules: nobody else writes to standard output meanwhile. A key is handled before the next one is read, so a program that is started by a key
 * has the keyboard for itself.
 */
import { EventEmitter } from "node:events";
import { emitKeypressEvents } from "node:readline";

/** A key that was pressed: "h", "up", "return", "escape"; `text` is what it types, if anything. */
export interface KeyPress {
  readonly name: string;
  readonly text: string;
}

/** What a program is told. */
export interface TerminalEvents {
  readonly key: (press: KeyPress) => Promise<void>;
  /** The window has another size, or has to be drawn anew. */
  readonly redraw: () => void;
  /** The program was stopped for a while, and goes on. */
  readonly goneOn: () => void;
  /** The program is to end, with this status. */
  readonly end: (status: number) => void;
}

const WINDOWS = Deno.build.os === "windows";
/** The alternate screen, its cursor hidden; and back again, in the colours of before. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[2J", LEAVE = "\u001b[0m\u001b[?25h\u001b[?1049l";
/** Drawn at once by terminals that can, so that nothing flickers. */
const BEGIN = "\u001b[?2026h", END = "\u001b[?2026l";
/** Exit status is 128 and the signal's number. */
const ENDING: readonly (readonly [Deno.Signal, number])[] = [
  ["SIGINT", 130],
  ...WINDOWS ? [] : [["SIGTERM", 143], ["SIGHUP", 129], ["SIGQUIT", 131]] as const,
];
/** Milliseconds after which an escape character is a key, and begins no sequence. */
const ESCAPE = 40;
/** Milliseconds between two looks at the window's size, where no signal tells of it. */
const SIZE_LOOKS = 500;

export class Terminal {
  readonly #events: TerminalEvents;
  readonly #encoder = new TextEncoder();
  #taken = false;
  /** Another program has it. */
  #lent = false;
  #rows: readonly string[] = [];
  #handling: Promise<void> = Promise.resolve();

  constructor(events: TerminalEvents) {
    this.#events = events;
  }

  /** Columns and rows. */
  get size(): { readonly columns: number; readonly rows: number } {
    try {
      const { columns, rows } = Deno.consoleSize();
      if (columns > 0 && rows > 0) return { columns, rows };
    } catch {
      // the terminal may be gone
    }
    return { columns: 80, rows: 24 };
  }

  /** Takes the terminal. */
  open(): void {
    for (const [signal, status] of ENDING) {
      listen(signal, () => this.#lent && signal === "SIGINT" ? undefined : this.#events.end(status));
    }
    if (!WINDOWS) {
      listen("SIGTSTP", () => this.#stop());
      listen("SIGCONT", () => this.#goOn());
      listen("SIGWINCH", () => this.#refresh());
    } else setInterval(() => this.#events.redraw(), SIZE_LOOKS);
    globalThis.addEventListener("unload", () => this.leave());
    globalThis.addEventListener("error", (event) => this.#fail(event, event.error));
    globalThis.addEventListener("unhandledrejection", (event) => this.#fail(event, event.reason));
    this.enter();
    this.#readKeys();
  }

  /** Takes the terminal, again. */
  enter(): void {
    if (this.#taken) return;
    this.#taken = true;
    this.#raw(true);
    this.#write(ENTER);
    this.#rows = [];
  }

  /** Gives the terminal back. */
  leave(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.#write(LEAVE);
    this.#raw(false);
  }

  /** Shows these rows, of which none is wider than the window. Only what is not there yet is written. `cursor`: column and row, from 0; none: hidden. */
  draw(rows: readonly string[], cursor?: readonly [number, number]): void {
    if (!this.#taken) return;
    const changed = rows.flatMap((row, index) => row === this.#rows[index] ? [] : [`\u001b[${index + 1};1H\u001b[0m\u001b[2K${row}`]);
    const place = cursor === undefined ? "\u001b[?25l" : `\u001b[${cursor[1] + 1};${cursor[0] + 1}H\u001b[?25h`;
    this.#rows = rows;
    if (changed.length > 0 || cursor !== undefined) this.#write(`${BEGIN}${changed.join("")}\u001b[0m${place}${END}`);
  }

  /** Lets another program have the terminal. Returns its exit status; undefined when it cannot be started. */
  async lend(command: string, args: readonly string[], cwd: string): Promise<number | undefined> {
    this.leave();
    this.#lent = true;
    try {
      const child = new Deno.Command(command, { args: [...args], cwd, stdin: "inherit", stdout: "inherit", stderr: "inherit" }).spawn();
      return (await child.status).code;
    } catch {
      return undefined;
    } finally {
      this.#lent = false;
      this.#refresh();
    }
  }

  /** Nobody caught it: it is told on the terminal, not on the screen that goes with the program. */
  #fail(event: Event, error: unknown): void {
    event.preventDefault();
    this.leave();
    console.error(error);
    this.#events.end(1);
  }

  #refresh(): void {
    if (this.#lent) return;
    this.#rows = [];
    if (this.#taken) this.#write("\u001b[2J");
    else this.enter();
    this.#events.redraw();
  }

  /** Stops all processes of the job, `deno task` too, which does not stop by itself: so the shell has the keyboard again. */
  #stop(): void {
    this.leave();
    Deno.kill(0, "SIGSTOP");
  }

  #goOn(): void {
    this.#taken = false; // whatever the shell made of it meanwhile
    this.#refresh();
    this.#events.goneOn();
  }

  #raw(on: boolean): void {
    try {
      Deno.stdin.setRaw(on); // Ctrl-C and Ctrl-Z are keys then: as signals they would come twice, from the terminal and from deno task
    } catch {
      // the terminal is gone
    }
  }

  #write(text: string): void {
    const bytes = this.#encoder.encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    } catch {
      // the terminal is gone
    }
  }

  async #readKeys(): Promise<void> {
    const source = new EventEmitter();
    source.on("keypress", (text: string | undefined, key: { name?: string; ctrl?: boolean }) => this.#press(text, key));
    emitKeypressEvents(source as never, { escapeCodeTimeout: ESCAPE } as never);
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(1024);
    for (;;) {
      const count = await Deno.stdin.read(chunk).catch(() => null);
      if (count === null) return this.#events.end(129);
      source.emit("data", decoder.decode(chunk.subarray(0, count), { stream: true }));
      await this.#handling;
    }
  }

  #press(text: string | undefined, key: { name?: string; ctrl?: boolean }): void {
    if (key.ctrl && key.name === "c") return this.#events.end(130);
    if (key.ctrl && key.name === "z" && !WINDOWS) return this.#stop();
    const typed = text !== undefined && !key.ctrl && /^[^\p{Cc}]+$/u.test(text) ? text : "";
    const press = { name: `${key.ctrl ? "ctrl-" : ""}${key.name ?? typed}`, text: typed };
    this.#handling = this.#handling.then(() => this.#events.key(press)).catch((error) => reportError(error));
  }
}

function listen(signal: Deno.Signal, handler: () => void): void {
  try {
    Deno.addSignalListener(signal, handler);
  } catch {
    // a system without it
  }
}

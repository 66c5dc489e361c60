/**
 * An application above the student's TCP, as a check moves it: it listens, connects, reads and writes. The same on the virtual wire
 * and on a live one; what differs is how an act reaches the subject.
 */
import type { TcpState } from "../../stack/contract/tcb.ts";
import { CheckFailed } from "./failure.ts";
import { SelectorProgram } from "./selector_program.ts";
import type { SiteOptions, TcpAct } from "./subject/protocol.ts";

/** What a connection is like from above: its Tcb by the RFC's names, its buffers, and what it was told since the last look. */
export interface ConnectionView {
  readonly state: TcpState;
  readonly sndUna: number;
  readonly sndNxt: number;
  readonly rcvNxt: number;
  readonly sndWnd: number;
  readonly rcvWnd: number;
  readonly sndMss: number;
  readonly passive: boolean;
  /** Bytes that can be read, that could be written, that were written and are not acknowledged. */
  readonly readable: number;
  readonly room: number;
  readonly unacknowledged: number;
  /** Segments sent again. */
  readonly resent: number;
  /** "connected", "readable", "writable", "end", "closed", "refused", "reset", "timed out", "aborted", "trouble", "urgent". */
  readonly notices: readonly string[];
  readonly [field: string]: unknown;
}

/** What a call of the socket layer gave when it failed: "AddrInUse" and its sentence. */
export interface CallError {
  readonly error: string;
  readonly message: string;
}

/** A connection as the application holds it. */
export interface StackConnection {
  /** Returns how many bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  read(most?: number): Promise<Uint8Array>;
  shutdown(): Promise<void>;
  close(): Promise<void>;
  abort(): Promise<void>;
  look(): Promise<ConnectionView>;
}

/** What an application does. A listener goes by the number that `listen` gave; the first is 0. */
export interface TcpActs {
  /** A program with a selector (lab 10). */
  readonly selector: SelectorProgram;
  /** Listens; fails the check when the stack refuses (see `tryListen`). Returns the listener's number. */
  listen(port: number, options?: ListenOptions): Promise<number>;
  tryListen(port: number, options?: ListenOptions): Promise<number | CallError>;
  closeListener(listener?: number): Promise<void>;
  /** From now on a web server listens on port 80, with the student's lab 11 in it (`subject/web_site.ts`). */
  serve(options?: SiteOptions): Promise<void>;
  /** The oldest connection that waits, or undefined. */
  accept(listener?: number): Promise<StackConnection | undefined>;
  /** How many wait in the listener's queues. */
  queues(listener?: number): Promise<{ halfOpen: number; accept: number }>;
  /** Begins to connect: a SYN goes out; fails the check when the stack refuses. `to`: default the peer. */
  connect(port: number, options?: ConnectOptions): Promise<StackConnection>;
  tryConnect(port: number, options?: ConnectOptions): Promise<StackConnection | CallError>;
  /** All connections in the stack's table. */
  connections(): Promise<readonly ConnectionView[]>;
}

/** `backlog`: default 16. `address`: default every address of the host. `reuse`: as SO_REUSEADDR, default false. */
export interface ListenOptions {
  readonly backlog?: number;
  readonly address?: string;
  readonly reuse?: boolean;
}

export interface ConnectOptions {
  readonly to?: string;
  readonly localPort?: number;
}

/** How acts reach the subject. */
export interface ActingStation {
  act(act: TcpAct, args: readonly unknown[]): Promise<unknown>;
  note(text: string): void;
}

/** The implementation. */
export class TcpApplication implements TcpActs {
  readonly selector: SelectorProgram;
  readonly #station: ActingStation;
  readonly #peerAddress: string;

  constructor(station: ActingStation, peerAddress: string) {
    this.#station = station;
    this.#peerAddress = peerAddress;
    this.selector = new SelectorProgram(station, peerAddress);
  }

  async tryListen(port: number, options: ListenOptions = {}): Promise<number | CallError> {
    this.#station.note(`an application of yours listens on port ${port}`);
    return await this.#station.act("listen", [options.address ?? "0.0.0.0", port, options.backlog ?? 16, options.reuse ?? false]) as
      | number
      | CallError;
  }

  async listen(port: number, options?: ListenOptions): Promise<number> {
    const listener = await this.tryListen(port, options);
    if (typeof listener !== "number") throw refused(`an application that listens on port ${port}`, listener);
    return listener;
  }

  async closeListener(listener = 0): Promise<void> {
    this.#station.note("it stops listening");
    await this.#act("closeListener", [listener]);
  }

  async serve(options: SiteOptions = {}): Promise<void> {
    this.#station.note("a web server of yours listens on port 80");
    await this.#act("serve", [80, options]);
  }

  async accept(listener = 0): Promise<StackConnection | undefined> {
    const number = await this.#act("accept", [listener]) as number;
    this.#station.note(number < 0 ? "it accepts: nobody waits" : "it accepts a connection");
    return number < 0 ? undefined : this.held(number);
  }

  async queues(listener = 0): Promise<{ halfOpen: number; accept: number }> {
    return await this.#act("queues", [listener]) as { halfOpen: number; accept: number };
  }

  async tryConnect(port: number, options: ConnectOptions = {}): Promise<StackConnection | CallError> {
    const to = options.to ?? this.#peerAddress;
    this.#station.note(`an application of yours connects to ${to}:${port}`);
    const number = await this.#station.act("connect", [to, port, options.localPort]) as number | CallError;
    return typeof number === "number" ? this.held(number) : number;
  }

  async connect(port: number, options?: ConnectOptions): Promise<StackConnection> {
    const connection = await this.tryConnect(port, options);
    if ("error" in connection) throw refused(`an application that connects to port ${port}`, connection);
    return connection;
  }

  async connections(): Promise<readonly ConnectionView[]> {
    return await this.#act("connections", []) as ConnectionView[];
  }

  /** The connection with this number, as the subject gave it. */
  held(number: number): StackConnection {
    const station = this.#station;
    const act = this.#act.bind(this);
    const call = async (name: "shutdown" | "close" | "abort", text: string): Promise<void> => {
      station.note(text);
      await act(name, [number]);
    };
    return {
      write: async (bytes) => {
        station.note(`it writes ${bytes.length} ${bytes.length === 1 ? "byte" : "bytes"}`);
        return await act("write", [number, bytes]) as number;
      },
      read: async (most = 65_536) => await act("read", [number, most]) as Uint8Array,
      shutdown: () => call("shutdown", "it has nothing more to write (shutdown)"),
      close: () => call("close", "it closes the connection"),
      abort: () => call("abort", "it gives the connection up (abort)"),
      look: async () => await act("connection", [number]) as ConnectionView,
    };
  }

  /** An act that the socket layer has no reason to refuse: a TypeError is a fault in the code that it called. */
  async #act(act: TcpAct, args: readonly unknown[]): Promise<unknown> {
    const result = await this.#station.act(act, args) as Partial<CallError> | undefined | null;
    if (typeof result === "object" && result?.error === "TypeError") throw unusable(act, result as CallError);
    return result;
  }
}

/** The socket layer cannot go on with what a lab's function gave it: whose that was is plain when the application accepts. */
export function unusable(act: TcpAct, { error, message }: CallError): CheckFailed {
  const came = `${error}: ${message}`;
  if (act !== "accept") {
    return new CheckFailed(`the stack to go on with what your functions gave it, when the application calls ${act}`, came);
  }
  const symbol = "createAcceptQueue.accept";
  return new CheckFailed(`a connection from ${symbol}, or undefined when nobody waits`, `something else (${came})`, { symbol });
}

function refused(wanted: string, { error, message }: CallError): CheckFailed {
  const [symbol] = /\bcreate\w+\.\w+\b/.exec(message) ?? [];
  return new CheckFailed(wanted, `${error}: ${message}`, symbol === undefined ? {} : { symbol });
}

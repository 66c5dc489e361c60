/**
 * A station with TCP on it, and a peer at the other end that does exactly what the check says. Sequence numbers are
 * *relative* in checks: 0 is a side's SYN, 1 its first byte. On the wire both begin just below 2³², so that every
 * connection wraps.
 *
 *     const tcp = await t.tcp();
 *     await tcp.listen(80);
 *     const peer = tcp.peer({ port: 80 });
 *     await peer.send({ flags: "SYN", seq: 0, mss: 1460 });
 *     await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "a SYN takes one sequence number");
 *     await peer.send({ flags: "ACK", seq: 1, ack: 1 });
 *     const connection = await tcp.accept();
 */
import type { TcpState } from "../../stack/contract/tcb.ts";
import type { Random } from "../../stack/wire/random.ts";
import type { Station } from "./suite.ts";
import { type PeerOptions, TcpPeer } from "./tcp_peer.ts";
import { driveTo } from "./tcp_states.ts";
import type { VirtualStation } from "./virtual_station.ts";

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

/** The student's host with TCP, on the virtual wire. */
export interface TcpStation extends Station {
  /** Listens; throws a TypeError when the stack refuses (see `tryListen`). Returns the listener's number. */
  listen(port: number, options?: { backlog?: number; address?: string; reuse?: boolean }): Promise<number>;
  tryListen(port: number, options?: { backlog?: number; address?: string; reuse?: boolean }): Promise<number | CallError>;
  closeListener(listener?: number): Promise<void>;
  /** The oldest connection that waits, or undefined. */
  accept(listener?: number): Promise<StackConnection | undefined>;
  /** How many wait in the listener's queues. */
  queues(listener?: number): Promise<{ halfOpen: number; accept: number }>;
  /** Begins to connect: a SYN goes out. */
  connect(port: number, options?: { to?: string; localPort?: number }): Promise<StackConnection>;
  tryConnect(port: number, options?: { to?: string; localPort?: number }): Promise<StackConnection | CallError>;
  /** A scripted peer that speaks to this port of the stack, or is connected to from it. */
  peer(options?: PeerOptions): TcpPeer;
  /**
   * A connection in this state, with its peer; whatever has to be exchanged to get there was exchanged and checked. Nothing is queued. `port`: the stack's port; default 80.
   * LISTEN gives no connection.
   */
  inState(state: TcpState, options?: PeerOptions): Promise<{ peer: TcpPeer; connection: StackConnection }>;
  /** All connections in the stack's table. */
  connections(): Promise<readonly ConnectionView[]>;
}

/** The implementation. */
export class ScriptedTcp implements TcpStation {
  readonly #station: VirtualStation;
  readonly #random: Random;
  #peers = 0;

  constructor(station: VirtualStation, random: Random) {
    this.#station = station;
    this.#random = random;
  }

  get now(): number {
    return this.#station.now;
  }

  send: Station["send"] = (...args) => this.#station.send(...args);
  sendRaw: Station["sendRaw"] = (...args) => this.#station.sendRaw(...args);
  expect: Station["expect"] = (...args) => this.#station.expect(...args);
  expectSilence: Station["expectSilence"] = (...args) => this.#station.expectSilence(...args);
  wait: Station["wait"] = (...args) => this.#station.wait(...args);
  take: Station["take"] = () => this.#station.take();
  counters: Station["counters"] = () => this.#station.counters();
  ping: Station["ping"] = (...args) => this.#station.ping(...args);
  output: Station["output"] = (...args) => this.#station.output(...args);
  outputLink: Station["outputLink"] = (...args) => this.#station.outputLink(...args);
  events: Station["events"] = () => this.#station.events();
  arpTable: Station["arpTable"] = (...args) => this.#station.arpTable(...args);

  async tryListen(port: number, options: { backlog?: number; address?: string; reuse?: boolean } = {}): Promise<number | CallError> {
    this.#station.note(`an application of yours listens on port ${port}`);
    return await this.#station.tcp("listen", [options.address ?? "0.0.0.0", port, options.backlog ?? 16, options.reuse ?? false]) as
      | number
      | CallError;
  }

  async listen(port: number, options?: { backlog?: number; address?: string; reuse?: boolean }): Promise<number> {
    const listener = await this.tryListen(port, options);
    if (typeof listener !== "number") throw new TypeError(listener.message);
    return listener;
  }

  async closeListener(listener = 0): Promise<void> {
    this.#station.note("it stops listening");
    await this.#station.tcp("closeListener", [listener]);
  }

  async accept(listener = 0): Promise<StackConnection | undefined> {
    const number = await this.#station.tcp("accept", [listener]) as number;
    this.#station.note(number < 0 ? "it accepts: nobody waits" : "it accepts a connection");
    return number < 0 ? undefined : this.#held(number);
  }

  async queues(listener = 0): Promise<{ halfOpen: number; accept: number }> {
    return await this.#station.tcp("queues", [listener]) as { halfOpen: number; accept: number };
  }

  async tryConnect(port: number, options: { to?: string; localPort?: number } = {}): Promise<StackConnection | CallError> {
    const to = options.to ?? "10.44.0.1";
    this.#station.note(`an application of yours connects to ${to}:${port}`);
    const number = await this.#station.tcp("connect", [to, port, options.localPort]) as number | CallError;
    return typeof number === "number" ? this.#held(number) : number;
  }

  async connect(port: number, options?: { to?: string; localPort?: number }): Promise<StackConnection> {
    const connection = await this.tryConnect(port, options);
    if ("error" in connection) throw new TypeError(connection.message);
    return connection;
  }

  peer(options: PeerOptions = {}): TcpPeer {
    this.#peers++;
    return new TcpPeer(this.#station, { peerPort: 40_000 + this.#peers, iss: 0xffff_ff00 + this.#random.int(0, 200), ...options });
  }

  async inState(state: TcpState, options: PeerOptions = {}): Promise<{ peer: TcpPeer; connection: StackConnection }> {
    const reached = await driveTo(this, state, options);
    this.#station.note(`the connection is in ${state}`);
    return reached;
  }

  async connections(): Promise<readonly ConnectionView[]> {
    return await this.#station.tcp("connections", []) as ConnectionView[];
  }

  #held(number: number): StackConnection {
    const station = this.#station;
    const call = async (act: "shutdown" | "close" | "abort", text: string): Promise<void> => {
      station.note(text);
      await station.tcp(act, [number]);
    };
    return {
      write: async (bytes) => {
        station.note(`it writes ${bytes.length} ${bytes.length === 1 ? "byte" : "bytes"}`);
        return await station.tcp("write", [number, bytes]) as number;
      },
      read: async (most = 65_536) => await station.tcp("read", [number, most]) as Uint8Array,
      shutdown: () => call("shutdown", "it has nothing more to write (shutdown)"),
      close: () => call("close", "it closes the connection"),
      abort: () => call("abort", "it gives the connection up (abort)"),
      look: async () => await station.tcp("connection", [number]) as ConnectionView,
    };
  }
}

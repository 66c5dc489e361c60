/**
 * A socket: the object in the stack that a program's descriptor stands for. It has an address or none, options, and a role:
 *
 *     fresh ──bind──▶ bound ──listen──▶ listening       has a `Listener`; accept makes *other* sockets, each with a connection
 *       │               │
 *       └──connect──────┴──▶ connecting ──▶ connected   has a `Connection`, one, for ever
 *
 * A socket is not a connection. A fresh, a bound and a listening one have none; and the connection lives on when its socket is closed, until
 * the peer has everything and TIME-WAIT is over.
 *
 * Calls that may have to wait give promises. A socket that must not wait (`nonBlocking`) rejects them at once with EAGAIN; connecting goes
 * on behind EINPROGRESS. Every call fails with a `SocketError` and no other. What is behind the names: POSIX.1-2017, "Sockets".
 */
import type { Connection } from "../tcp/connection.ts";
import type { Listener } from "../tcp/listener.ts";
import type { ConnectionNotice } from "../tcp/options.ts";
import type { Tcp } from "../tcp/tcp.ts";
import { ANYWHERE, formatSocketAddress, type Port, type SocketAddress } from "./address.ts";
import { Alarm } from "./alarm.ts";
import { codeOfFailure, type ErrorCode, SocketError, translated } from "./errors.ts";
import { ReadAhead } from "./read_ahead.ts";
import { checkOption, connectionOptionsOf, createSocketOptions, limitBuffers, maxSegmentOf, type SocketOptions } from "./socket_options.ts";
import { asItIs, Waiter } from "./waiting.ts";

/** What a socket is at the moment. */
export type SocketRole = "fresh" | "bound" | "listening" | "connecting" | "connected" | "closed";

/** Which half of a connection `shutdown` ends. */
export type Half = "read" | "write" | "both";

/**
 * How one call on a stream differs from others. MSG_DONTWAIT: it does not wait. MSG_PEEK: the bytes are still there afterwards. MSG_OOB: the last byte is
 * urgent. MSG_MORE: less than a segment waits for the next call, 200 ms at most. MSG_NOSIGNAL: there are no signals here, so it changes nothing.
 */
export type ReceiveFlag = "MSG_PEEK" | "MSG_DONTWAIT";
export type SendFlag = "MSG_OOB" | "MSG_MORE" | "MSG_DONTWAIT" | "MSG_NOSIGNAL";

export class Socket extends Waiter {
  readonly #tcp: Tcp;
  #options: Readonly<SocketOptions>;
  #role: SocketRole = "fresh";
  #bound: SocketAddress = ANYWHERE;
  #listener: Listener | undefined;
  #connection: Connection | undefined;
  /** Why the connection ended, until somebody was told. */
  #error: ErrorCode | undefined;
  #readOver = false;
  #writeOver = false;
  /** How many descriptors stand for it. */
  #references = 1;
  #readAhead: ReadAhead | undefined;

  constructor(tcp: Tcp) {
    super();
    this.#tcp = tcp;
    this.#options = createSocketOptions(tcp.connectionDefaults);
  }

  // ── What it is ─────────────────────────────────────────────────────────────────────────────────────────────

  get role(): SocketRole {
    return this.#role;
  }

  get isClosed(): boolean {
    return this.#role === "closed";
  }

  /** Its listening half, or its connection; undefined when it has none. For those who look. */
  get listener(): Listener | undefined {
    return this.#listener;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Why its connection broke, if nobody was told yet. */
  get error(): ErrorCode | undefined {
    return this.#error;
  }

  /** Whether this half was shut down from here. */
  get isReadOver(): boolean {
    return this.#readOver;
  }

  get isWriteOver(): boolean {
    return this.#writeOver;
  }

  /** Bytes that can be read now. */
  get readable(): number {
    return (this.#readAhead?.length ?? 0) + (this.#connection?.readable ?? 0);
  }

  /** Its own address: 0.0.0.0:0 while it has none. */
  get localAddress(): SocketAddress {
    if (this.#connection === undefined) return this.#bound;
    const { localAddress, localPort } = this.#connection.tcb;
    return { ip: localAddress, port: localPort as Port };
  }

  /** The other end of its connection. ENOTCONN when there is none, or none any more. */
  get remoteAddress(): SocketAddress {
    if (this.#role === "connected" && this.#connection?.tcb.state !== "CLOSED") return this.connectedTo;
    throw new SocketError("ENOTCONN", this.#cannot("name the peer of"));
  }

  /** The same of a socket that once was connected: over or not. */
  get connectedTo(): SocketAddress {
    const { remoteAddress, remotePort } = this.#connected("name the peer of").tcb;
    return { ip: remoteAddress, port: remotePort as Port };
  }

  /** "10.44.0.2:80 ⇄ 10.44.0.1:50546", with as much of it as there is. */
  toString(): string {
    const local = formatSocketAddress(this.localAddress);
    const tcb = this.#connection?.tcb;
    return tcb === undefined ? local : `${local} ⇄ ${formatSocketAddress({ ip: tcb.remoteAddress, port: tcb.remotePort as Port })}`;
  }

  // ── Becoming something ─────────────────────────────────────────────────────────────────────────────────────

  /** Gives it an address of its own; port 0 is any that is free. */
  bind(address: SocketAddress): void {
    const what = `Cannot bind ${formatSocketAddress(address)}`;
    if (this.#role !== "fresh") throw new SocketError("EINVAL", what, `the socket has an address already, ${this}`);
    this.#bound = { ip: address.ip, port: translated(() => this.#tcp.bind(address.ip, address.port, this.#options.SO_REUSEADDR)) as Port };
    this.#role = "bound";
  }

  /** Begins to listen. At most `backlog` connections (1 or more) wait to be accepted. A socket without an address gets one. */
  listen(backlog: number): void {
    const what = `Cannot listen on ${this}`;
    if (this.#role !== "fresh" && this.#role !== "bound") {
      throw new SocketError("EINVAL", what, this.#role === "listening" ? "it listens already" : "it has a connection");
    }
    if (!Number.isSafeInteger(backlog) || backlog < 1) throw new SocketError("EINVAL", what, `${backlog} is no backlog: 1 or more`);
    if (this.#role === "fresh") this.bind(ANYWHERE);
    const { ip, port } = this.#bound;
    const listener = translated(() => this.#tcp.listen(ip, port, backlog, this.#options.SO_REUSEADDR, true));
    listener.options = connectionOptionsOf(this.#options, this.#tcp.connectionDefaults);
    listener.ready = () => this.wake();
    this.#listener = listener;
    this.#role = "listening";
  }

  /** The connection that has waited longest, as a new socket. This one goes on listening. */
  accept(): Promise<Socket> {
    return this.whenPossible("accept on", () => {
      if (this.#listener === undefined) throw new SocketError("EINVAL", this.#cannot("accept on"), "it does not listen");
      const connection = this.#listener.accept();
      if (connection === undefined) return undefined;
      const accepted = new Socket(this.#tcp);
      accepted.#options = this.#options;
      accepted.#adopt(connection);
      accepted.#role = "connected";
      return accepted;
    });
  }

  /** Makes a connection. */
  async connect(remote: SocketAddress): Promise<void> {
    const what = `Cannot connect to ${formatSocketAddress(remote)}`;
    if (this.#role === "listening") throw new SocketError("EOPNOTSUPP", what, `the socket listens on ${this}`);
    if (this.#role === "connecting") throw new SocketError("EALREADY", what);
    if (this.#role === "connected") throw new SocketError("EISCONN", what);
    const { ip, port } = this.#bound;
    const isBound = this.#role === "bound";
    const local = { address: ip, port, reuse: isBound ? this.#options.SO_REUSEADDR : true, isBound };
    const options = connectionOptionsOf(this.#options, this.#tcp.connectionDefaults);
    this.#adopt(translated(() => this.#tcp.connect({ address: remote.ip, port: remote.port }, this.#tcp.now(), local, options)));
    // From now on it is the connection that holds the port.
    if (isBound) this.#tcp.ports.release(ip, port, false);
    this.#role = "connecting";
    if (this.nonBlocking) throw new SocketError("EINPROGRESS", what);
    await this.whenPossible("connect", () => {
      this.#throwError("connect to", what);
      return this.#role === "connecting" ? undefined : true;
    });
  }

  // ── Bytes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Copies what there is, 1 byte at least, into `target`; returns how many. 0: the peer has sent everything. */
  read(target: Uint8Array, ...flags: ReceiveFlag[]): Promise<number> {
    const peek = flags.includes("MSG_PEEK");
    return this.whenPossible("read from", () => this.tryToRead(target, peek), asItIs, flags.includes("MSG_DONTWAIT"));
  }

  /** The same at once: undefined when there is nothing to read yet. */
  tryToRead(target: Uint8Array, peek = false): number | undefined {
    const connection = this.#connected("read from");
    if (peek) this.#readAhead ??= new ReadAhead();
    const count = this.#readAhead?.[peek ? "peek" : "take"](connection, target) ?? connection.read(target);
    if (count > 0 || target.length === 0) return count;
    // What came before the connection broke is read first.
    this.#throwError("read from");
    return connection.atEnd || this.#readOver || connection.tcb.state === "CLOSED" ? 0 : undefined;
  }

  /**
   * Writes all of `bytes` into the send buffer, and waits for room where there is none; returns how many. Fewer than all: the connection broke
   * meanwhile, or this socket must not wait. *Written* does not mean that the peer has it.
   */
  write(bytes: Uint8Array, ...flags: SendFlag[]): Promise<number> {
    return this.whenPossible("write to", this.writing(bytes, flags), asItIs, flags.includes("MSG_DONTWAIT"));
  }

  /** The same as an attempt, which may be made several times. */
  writing(bytes: Uint8Array, flags: readonly SendFlag[] = []): () => number | undefined {
    const more = flags.includes("MSG_MORE");
    const mayWait = !flags.includes("MSG_DONTWAIT");
    let written = 0;
    return () => {
      const connection = this.#connected("write to");
      const { state } = connection.tcb;
      if (this.#role === "connecting") return undefined;
      const open = !this.#writeOver && (state === "ESTABLISHED" || state === "CLOSE-WAIT");
      if (open && flags.includes("MSG_OOB")) written += connection.writeUrgent(bytes, written);
      else if (open) written += connection.write(bytes, written, bytes.length - written, more);
      else if (written === 0) {
        this.#throwError("write to");
        throw new SocketError("EPIPE", this.#cannot("write to"));
      }
      return !open || written === bytes.length || written > 0 && (this.nonBlocking || !mayWait) ? written : undefined;
    };
  }

  /** Ends one half of the connection, or both, for all descriptors. The socket stays. */
  shutdown(half: Half): void {
    const connection = this.#connected("shut down");
    if (connection.tcb.state === "CLOSED") throw new SocketError("ENOTCONN", this.#cannot("shut down"));
    if (half !== "write") this.#readOver = true;
    if (half !== "read" && !this.#writeOver) {
      this.#writeOver = true;
      connection.shutdown();
    }
    this.wake();
  }

  // ── Options ────────────────────────────────────────────────────────────────────────────────────────────────

  getOption<K extends keyof SocketOptions>(name: K): SocketOptions[K] {
    if (!Object.hasOwn(this.#options, name)) throw new SocketError("ENOPROTOOPT", `Cannot get ${name}`);
    const connection = this.#role === "connected" ? this.#connection : undefined;
    if (name === "TCP_MAXSEG") return maxSegmentOf(this.#options, connection) as SocketOptions[K];
    return this.#options[name];
  }

  setOption<K extends keyof SocketOptions>(name: K, value: SocketOptions[K]): void {
    checkOption(name, value);
    this.#options = { ...this.#options, [name]: value };
    if (this.#connection !== undefined) this.#options = limitBuffers(this.#options, this.#connection.made);
    const options = connectionOptionsOf(this.#options, this.#tcp.connectionDefaults);
    if (this.#listener !== undefined) this.#listener.options = options;
    this.#connection?.change(options);
    this.wake();
  }

  /** SO_ERROR: why the connection broke, if nobody was told yet. It is told once. */
  takeError(): ErrorCode | undefined {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }

  // ── The end ────────────────────────────────────────────────────────────────────────────────────────────────

  /** One descriptor more stands for it. */
  share(): this {
    this.#references++;
    return this;
  }

  /**
   * One descriptor less. With the last one the socket is closed: nobody will read or write any more, but what was written is still delivered,
   * or lost, as SO_LINGER says. Resolves at once, or when lingering is over.
   */
  async release(): Promise<void> {
    if (--this.#references > 0) return;
    const role = this.#role;
    this.#role = "closed";
    this.wake();
    if (role === "bound") this.#tcp.ports.release(this.#bound.ip, this.#bound.port, false);
    if (this.#listener !== undefined) this.#tcp.closeListener(this.#listener);
    if (this.#connection !== undefined) await this.#leave(this.#connection, role === "connecting");
  }

  async #leave(connection: Connection, unfinished: boolean): Promise<void> {
    const { SO_LINGER } = this.#options;
    connection.application = undefined;
    if (connection.tcb.state === "CLOSED") return;
    // Bytes that were looked at and never taken are lost, like those in the receive buffer: the peer is told by a RST.
    if (unfinished || SO_LINGER === 0 || this.#readAhead?.length) return connection.abort();
    connection.close();
    if (SO_LINGER === undefined || connection.unacknowledged === 0) return;
    await new Promise<void>((resolve) => {
      const alarm = new Alarm(this.#tcp, resolve);
      alarm.set(SO_LINGER * 1000);
      const hear = (notice: ConnectionNotice): void => {
        if (notice === "delivered" || connection.tcb.state === "CLOSED") alarm.fire();
      };
      connection.application = { hear };
    });
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Makes a connection this socket's own. */
  #adopt(connection: Connection): void {
    this.#connection = connection;
    this.#options = limitBuffers(this.#options, connection.options);
    connection.application = this;
  }

  /** What its connection tells it, and nobody else. */
  hear(notice: ConnectionNotice): void {
    switch (notice) {
      case "trouble":
        return;
      case "connected":
        this.#role = "connected";
        break;
      case "readable":
      case "urgent":
      case "writable":
      case "end":
      case "delivered":
      case "closed":
        break;
      default:
        this.#error = codeOfFailure(notice);
        if (this.#role === "connecting") this.#becomeFresh();
    }
    this.wake();
  }

  /** Connecting failed: the socket may try again. */
  #becomeFresh(): void {
    this.#connection = undefined;
    this.#bound = ANYWHERE;
    this.#role = "fresh";
  }

  #cannot(doing: string): string {
    return `Cannot ${doing} ${this}`;
  }

  #connected(doing: string): Connection {
    if (this.#connection !== undefined) return this.#connection;
    this.#throwError(doing);
    throw new SocketError("ENOTCONN", this.#cannot(doing));
  }

  #throwError(doing: string, what?: string): void {
    const error = this.takeError();
    if (error !== undefined) throw new SocketError(error, what ?? this.#cannot(doing));
  }
}

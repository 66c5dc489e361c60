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
import { codeOfFailure, type ErrorCode, fromTcp, SocketError } from "./errors.ts";
import { checkOption, connectionOptionsOf, createSocketOptions, type SocketOptions } from "./socket_options.ts";

/** What a socket is at the moment. */
export type SocketRole = "fresh" | "bound" | "listening" | "connecting" | "connected" | "closed";

/** Which half of a connection `shutdown` ends. */
export type Half = "read" | "write" | "both";

export class Socket {
  /** O_NONBLOCK. It is the socket's, so all descriptors for it share it. */
  nonBlocking = false;
  readonly #tcp: Tcp;
  readonly #options: SocketOptions;
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
  #waiting: (() => void)[] = [];

  constructor(tcp: Tcp) {
    this.#tcp = tcp;
    this.#options = createSocketOptions(tcp.connectionDefaults);
  }

  // ── What it is ─────────────────────────────────────────────────────────────────────────────────────────────

  get role(): SocketRole {
    return this.#role;
  }

  /** Its listening half, or its connection; undefined when it has none. For those who look. */
  get listener(): Listener | undefined {
    return this.#listener;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Its own address: 0.0.0.0:0 while it has none. */
  get localAddress(): SocketAddress {
    if (this.#connection === undefined) return this.#bound;
    const { localAddress, localPort } = this.#connection.tcb;
    return { ip: localAddress, port: localPort as Port };
  }

  /** The other end of its connection. ENOTCONN when there is none, or none any more. */
  get remoteAddress(): SocketAddress {
    const tcb = this.#connection?.tcb;
    if (tcb === undefined || this.#role !== "connected" || tcb.state === "CLOSED") {
      throw new SocketError("ENOTCONN", `Cannot name the peer of ${this}`);
    }
    return { ip: tcb.remoteAddress, port: tcb.remotePort as Port };
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
    listener.ready = () => this.#wake();
    this.#listener = listener;
    this.#role = "listening";
  }

  /** The connection that has waited longest, as a new socket. This one goes on listening. */
  async accept(): Promise<Socket> {
    return await this.#whenPossible(`Cannot accept on ${this}`, () => {
      if (this.#listener === undefined) throw new SocketError("EINVAL", `Cannot accept on ${this}`, "it does not listen");
      const connection = this.#listener.accept();
      if (connection === undefined) return undefined;
      const accepted = new Socket(this.#tcp);
      Object.assign(accepted.#options, this.#options);
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
    await this.#whenPossible(what, () => {
      this.#throwError(what);
      return this.#role === "connecting" ? undefined : true;
    });
  }

  // ── Bytes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Copies what there is, 1 byte at least, into `target`; returns how many. 0: the peer has sent everything. */
  async read(target: Uint8Array): Promise<number> {
    const what = `Cannot read from ${this}`;
    return await this.#whenPossible(what, () => {
      const connection = this.#connected(what);
      const count = connection.read(target);
      if (count > 0 || target.length === 0) return count;
      // What came before the connection broke is read first.
      this.#throwError(what);
      return connection.atEnd || this.#readOver || connection.tcb.state === "CLOSED" ? 0 : undefined;
    });
  }

  /**
   * Writes all of `bytes` into the send buffer, and waits for room where there is none; returns how many. Fewer than all: the connection broke
   * meanwhile, or this socket must not wait. *Written* does not mean that the peer has it.
   */
  async write(bytes: Uint8Array): Promise<number> {
    const what = `Cannot write to ${this}`;
    let written = 0;
    return await this.#whenPossible(what, () => {
      const connection = this.#connected(what);
      const { state } = connection.tcb;
      if (this.#role === "connecting") return undefined;
      const open = !this.#writeOver && (state === "ESTABLISHED" || state === "CLOSE-WAIT");
      if (open) written += connection.write(bytes, written);
      else if (written === 0) {
        this.#throwError(what);
        throw new SocketError("EPIPE", what);
      }
      return !open || written === bytes.length || written > 0 && this.nonBlocking ? written : undefined;
    });
  }

  /** Ends one half of the connection, or both, for all descriptors. The socket stays. */
  shutdown(half: Half): void {
    const what = `Cannot shut down ${this}`;
    const connection = this.#connected(what);
    if (connection.tcb.state === "CLOSED") throw new SocketError("ENOTCONN", what);
    if (half !== "write") this.#readOver = true;
    if (half !== "read" && !this.#writeOver) {
      this.#writeOver = true;
      connection.shutdown();
    }
    this.#wake();
  }

  // ── Options ────────────────────────────────────────────────────────────────────────────────────────────────

  getOption<K extends keyof SocketOptions>(name: K): SocketOptions[K] {
    if (!Object.hasOwn(this.#options, name)) throw new SocketError("ENOPROTOOPT", `Cannot get ${name}`);
    return this.#options[name];
  }

  setOption<K extends keyof SocketOptions>(name: K, value: SocketOptions[K]): void {
    checkOption(name, value, this.#connection !== undefined);
    this.#options[name] = value;
    const options = connectionOptionsOf(this.#options, this.#tcp.connectionDefaults);
    if (this.#listener !== undefined) this.#listener.options = options;
    if (this.#connection === undefined) return;
    this.#connection.options = options;
    this.#tcp.mark(this.#connection);
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
    this.#wake();
    if (role === "bound") this.#tcp.ports.release(this.#bound.ip, this.#bound.port, false);
    if (this.#listener !== undefined) this.#tcp.closeListener(this.#listener);
    if (this.#connection !== undefined) await this.#leave(this.#connection, role === "connecting");
  }

  async #leave(connection: Connection, unfinished: boolean): Promise<void> {
    const { SO_LINGER } = this.#options;
    connection.notify = () => {};
    if (connection.tcb.state === "CLOSED") return;
    if (unfinished || SO_LINGER === 0) return connection.abort();
    connection.close();
    if (SO_LINGER === undefined || connection.unacknowledged === 0) return;
    await new Promise<void>((resolve) => {
      const alarm = new Alarm(this.#tcp, resolve);
      alarm.set(SO_LINGER * 1000);
      connection.notify = (notice) => {
        if (notice !== "delivered" && connection.tcb.state !== "CLOSED") return;
        alarm.set(Infinity);
        resolve();
      };
    });
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Makes a connection this socket's own. */
  #adopt(connection: Connection): void {
    this.#connection = connection;
    connection.notify = (notice) => this.#hear(notice);
  }

  #hear(notice: ConnectionNotice): void {
    switch (notice) {
      case "urgent":
      case "trouble":
        return;
      case "connected":
        this.#role = "connected";
        break;
      case "readable":
      case "writable":
      case "end":
      case "delivered":
      case "closed":
        break;
      default:
        this.#error = codeOfFailure(notice);
        if (this.#role === "connecting") this.#becomeFresh();
    }
    this.#wake();
  }

  /** Connecting failed: the socket may try again. */
  #becomeFresh(): void {
    this.#connection = undefined;
    this.#bound = ANYWHERE;
    this.#role = "fresh";
  }

  #connected(what: string): Connection {
    if (this.#connection !== undefined) return this.#connection;
    this.#throwError(what);
    throw new SocketError("ENOTCONN", what);
  }

  #throwError(what: string): void {
    const error = this.takeError();
    if (error !== undefined) throw new SocketError(error, what);
  }

  /** Tries until `attempt` gives something, each time that something has happened; or once, if this socket must not wait. */
  async #whenPossible<T>(what: string, attempt: () => T | undefined): Promise<T> {
    for (;;) {
      if (this.#role === "closed") throw new SocketError("EBADF", what, "it was closed");
      const result = attempt();
      if (result !== undefined) return result;
      if (this.nonBlocking) throw new SocketError("EAGAIN", what);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** What `call` gives; what TCP throws is thrown by its name. */
function translated<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromTcp(error);
  }
}

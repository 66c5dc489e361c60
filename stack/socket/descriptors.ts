/**
 * The calls that a process makes, as BSD named them, on descriptors. A descriptor is a small number, an index in a table of one process, and
 * the lowest that is free; 0, 1 and 2 are taken when a process begins. Two descriptors may stand for one socket: after `dup`, and after
 * `fork`, which gives a child a table with the same numbers for the same sockets. A socket is closed when the last of them is.
 *
 *     const server = createProcess(host, { privileged: true });
 *     const listening = server.socket("inet", "stream");                  // 3
 *     server.bind(listening, parseSocketAddress("10.44.0.2:80"));
 *     server.listen(listening, 5);
 *     const connected = await server.accept(listening);                   // 4
 *     const count = await server.read(connected, buffer);
 *
 * Calls that may have to wait (`accept`, `connect`, `read`, `write`, `close`) give promises. After `setNonBlocking` those of the socket reject
 * at once: EAGAIN, and for `connect` EINPROGRESS. Every failure is a `SocketError` whose `code` has the name that UNIX gave it.
 */
import type { Host } from "../host.ts";
import type { Tcp } from "../tcp/tcp.ts";
import { FIRST_REGISTERED_PORT, formatSocketAddress, type SocketAddress } from "./address.ts";
import { type ErrorCode, SocketError } from "./errors.ts";
import { listenerInfo, type TcpInfo, UNCONNECTED } from "../tcp/tcp_info.ts";
import { type PollEvent, pollSockets } from "./poll.ts";
import { type Half, type ReceiveFlag, type SendFlag, Socket } from "./socket.ts";
import type { SocketOptions } from "./socket_options.ts";

/** A number in the table of a process. */
export type Descriptor = number & { readonly __brand: "Descriptor" };

/** What a process may do, and its name. */
export interface ProcessOptions {
  /** For people. Default "process". */
  readonly name?: string;
  /** May bind ports below 1024. Default: no. */
  readonly privileged?: boolean;
  /** Descriptors at most, the first three included. Default 1024. */
  readonly limit?: number;
}

/** What a table begins with. They are not ours to read or write; that they are there is why the first socket is 3. */
const STANDARD = ["standard input", "standard output", "standard error"] as const;

/** A process on a host with TCP. Throws a TypeError when the host has none. */
export function createProcess(host: Host, options: ProcessOptions = {}): Process {
  if (host.tcp === undefined) throw new TypeError("Cannot create a process: this host has no TCP");
  return new Process(host.tcp, options, STANDARD);
}

export class Process {
  readonly name: string;
  readonly #tcp: Tcp;
  readonly #options: ProcessOptions;
  /** By number; undefined where one is free. */
  readonly #table: (Socket | string | undefined)[];
  #over = false;

  /** For `createProcess` and `fork`. */
  constructor(tcp: Tcp, options: ProcessOptions, table: readonly (Socket | string | undefined)[]) {
    this.name = options.name ?? "process";
    this.#tcp = tcp;
    this.#options = options;
    this.#table = [...table];
  }

  // ── Sockets ────────────────────────────────────────────────────────────────────────────────────────────────

  /** A new socket, with no address and no peer. Family and type together choose the protocol: IPv4 and a stream of bytes is TCP. */
  socket(family: "inet", type: "stream" | "dgram"): Descriptor {
    const what = `Cannot make a socket (${family}, ${type})`;
    if (family !== "inet") throw new SocketError("EAFNOSUPPORT", what);
    if (type !== "stream") throw new SocketError("EPROTONOSUPPORT", what, "this stack has TCP, which is for streams, and nothing else");
    return this.#add(what, () => new Socket(this.#tcp));
  }

  bind(descriptor: Descriptor, address: SocketAddress): void {
    const socket = this.#socket(descriptor, "bind");
    if (address.port > 0 && address.port < FIRST_REGISTERED_PORT && this.#options.privileged !== true) {
      throw new SocketError("EACCES", `Cannot bind ${formatSocketAddress(address)}`);
    }
    socket.bind(address);
  }

  /** Begins to listen; `backlog` connections wait to be accepted at most. */
  listen(descriptor: Descriptor, backlog: number): void {
    this.#socket(descriptor, "listen on").listen(backlog);
  }

  /** A descriptor for a new socket with the connection that has waited longest. */
  async accept(descriptor: Descriptor): Promise<Descriptor> {
    const listening = this.#socket(descriptor, "accept on");
    const what = `Cannot accept on ${listening}`;
    this.#lowestFree(what); // none: the connection stays in the queue
    const accepted = await listening.accept();
    try {
      return this.#add(what, () => accepted);
    } catch (error) {
      await accepted.release();
      throw error;
    }
  }

  async connect(descriptor: Descriptor, address: SocketAddress): Promise<void> {
    await this.#socket(descriptor, "connect").connect(address);
  }

  // ── Bytes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Copies what there is, 1 byte at least, into `target`; gives how many. 0: the peer has sent everything. */
  async read(descriptor: Descriptor, target: Uint8Array): Promise<number> {
    return await this.#socket(descriptor, "read from").read(target);
  }

  /** Gives the bytes to TCP, all of them unless the socket must not wait; gives how many. The peer does not have them yet. */
  async write(descriptor: Descriptor, bytes: Uint8Array): Promise<number> {
    return await this.#socket(descriptor, "write to").write(bytes);
  }

  /** `read` with flags (see `ReceiveFlag`). */
  async recv(descriptor: Descriptor, target: Uint8Array, ...flags: ReceiveFlag[]): Promise<number> {
    return await this.#socket(descriptor, "read from").read(target, ...flags);
  }

  /** The same, and who sent it: on a stream nobody but the peer can. */
  async recvfrom(descriptor: Descriptor, target: Uint8Array, ...flags: ReceiveFlag[]): Promise<{ count: number; from: SocketAddress }> {
    const from = this.getpeername(descriptor);
    return { count: await this.recv(descriptor, target, ...flags), from };
  }

  /** `write` with flags (see `SendFlag`). */
  async send(descriptor: Descriptor, bytes: Uint8Array, ...flags: SendFlag[]): Promise<number> {
    return await this.#socket(descriptor, "write to").write(bytes, ...flags);
  }

  /** The same. On a stream the address says nothing new, and is not looked at. */
  async sendto(descriptor: Descriptor, bytes: Uint8Array, _to: SocketAddress, ...flags: SendFlag[]): Promise<number> {
    return await this.send(descriptor, bytes, ...flags);
  }

  /**
   * For each entry, what its descriptor is ready for (see `poll.ts`). When none is ready it waits, `timeout` milliseconds at most; −1 is for ever. A
   * negative descriptor is ready for nothing.
   */
  async poll(entries: readonly { descriptor: number; events: readonly PollEvent[] }[], timeout: number): Promise<PollEvent[][]> {
    const known = entries.filter(({ descriptor }) => descriptor >= 0).map(({ descriptor, events }) => {
      const held = this.#table[descriptor];
      return { socket: held instanceof Socket ? held : undefined, events };
    });
    const found = await pollSockets(this.#tcp, known, timeout);
    return entries.map(({ descriptor }) => descriptor >= 0 ? found.shift() as PollEvent[] : []);
  }

  /** Ends one half of the connection or both, for whoever has a descriptor for it. */
  shutdown(descriptor: Descriptor, half: Half): void {
    this.#socket(descriptor, "shut down").shutdown(half);
  }

  // ── What is known of a socket ──────────────────────────────────────────────────────────────────────────────

  /** Its own address, 0.0.0.0:0 while it has none. */
  getsockname(descriptor: Descriptor): SocketAddress {
    return this.#socket(descriptor, "name").localAddress;
  }

  /** The address at the other end. */
  getpeername(descriptor: Descriptor): SocketAddress {
    return this.#socket(descriptor, "name the peer of").remoteAddress;
  }

  getsockopt<K extends keyof SocketOptions>(descriptor: Descriptor, name: K): SocketOptions[K];
  /** SO_ERROR: why its connection broke; told once. */
  getsockopt(descriptor: Descriptor, name: "SO_ERROR"): ErrorCode | undefined;
  getsockopt(descriptor: Descriptor, name: keyof SocketOptions | "SO_ERROR"): unknown {
    const socket = this.#socket(descriptor, "get an option of");
    return name === "SO_ERROR" ? socket.takeError() : socket.getOption(name);
  }

  setsockopt<K extends keyof SocketOptions>(descriptor: Descriptor, name: K, value: SocketOptions[K]): void {
    this.#socket(descriptor, "set an option of").setOption(name, value);
  }

  /**
   * How many bytes wait: to be read (SIOCINQ), to be acknowledged by the peer (SIOCOUTQ), or to be sent at all (SIOCOUTQNSD). A listening socket has no
   * bytes: EINVAL.
   */
  ioctl(descriptor: Descriptor, request: "SIOCINQ" | "SIOCOUTQ" | "SIOCOUTQNSD"): number {
    const socket = this.#socket(descriptor, "ask for bytes at");
    if (socket.listener !== undefined) throw new SocketError("EINVAL", `Cannot ask for bytes at ${socket}`, "it listens");
    if (request === "SIOCINQ") return socket.readable;
    return (request === "SIOCOUTQ" ? socket.connection?.unacknowledged : socket.connection?.info().tcpi_notsent_bytes) ?? 0;
  }

  /** TCP_INFO: what is known of its connection, or of its queue (see `stack/tcp/tcp_info.ts`). */
  info(descriptor: Descriptor): TcpInfo {
    const { listener, connection } = this.#socket(descriptor, "get an option of");
    if (listener !== undefined) return listenerInfo(listener.queue.acceptCount(), listener.backlog);
    return connection?.info() ?? UNCONNECTED;
  }

  /** O_NONBLOCK, which all descriptors for the socket share. */
  getNonBlocking(descriptor: Descriptor): boolean {
    return this.#socket(descriptor, "get O_NONBLOCK of").nonBlocking;
  }

  setNonBlocking(descriptor: Descriptor, nonBlocking: boolean): void {
    this.#socket(descriptor, "set O_NONBLOCK of").nonBlocking = nonBlocking;
  }

  // ── Descriptors ────────────────────────────────────────────────────────────────────────────────────────────

  /** A second descriptor for the same socket. */
  dup(descriptor: Descriptor): Descriptor {
    const socket = this.#socket(descriptor, "duplicate");
    return this.#add(`Cannot duplicate descriptor ${descriptor}`, () => socket.share());
  }

  /** Frees the number. The socket goes when no descriptor is left for it; this resolves at once unless it has SO_LINGER set. */
  async close(descriptor: Descriptor): Promise<void> {
    const held = this.#table[descriptor];
    if (held === undefined) throw new SocketError("EBADF", `Cannot close descriptor ${descriptor}`);
    this.#table[descriptor] = undefined;
    if (held instanceof Socket) await held.release();
  }

  /** A child that inherits every descriptor. Its sockets are these sockets, not copies. */
  fork(name = `${this.name}'s child`): Process {
    for (const held of this.#table) if (held instanceof Socket) held.share();
    return new Process(this.#tcp, { ...this.#options, name }, this.#table);
  }

  /** Ends the process, which closes whatever it has open. */
  async exit(): Promise<void> {
    this.#over = true;
    const all = [...this.#table.keys()].filter((number) => this.#table[number] !== undefined);
    await Promise.all(all.map((number) => this.close(number as Descriptor)));
  }

  /** What is open, for those who look. */
  *sockets(): Generator<[Descriptor, Socket]> {
    for (const [number, held] of this.#table.entries()) if (held instanceof Socket) yield [number as Descriptor, held];
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────

  #socket(descriptor: Descriptor, doing: string): Socket {
    const held = this.#table[descriptor];
    if (held instanceof Socket) return held;
    const what = `Cannot ${doing} descriptor ${descriptor}`;
    throw held === undefined ? new SocketError("EBADF", what) : new SocketError("ENOTSOCK", what, `it is ${held}`);
  }

  /** Puts a socket under the lowest number that is free. */
  #add(what: string, make: () => Socket): Descriptor {
    const number = this.#lowestFree(what);
    this.#table[number] = make();
    return number;
  }

  #lowestFree(what: string): Descriptor {
    if (this.#over) throw new SocketError("EBADF", what, "the process is over");
    const free = this.#table.findIndex((held) => held === undefined);
    const number = free < 0 ? this.#table.length : free;
    if (number >= (this.#options.limit ?? 1024)) throw new SocketError("EMFILE", what);
    return number as Descriptor;
  }
}

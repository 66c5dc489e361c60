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
import { DatagramSocket, type DatagramSocketOptions } from "./datagram_socket.ts";
import { type Half, type ReceiveFlag, type SendFlag, Socket } from "./socket.ts";
import type { SocketOptions } from "./socket_options.ts";
import type { Udp } from "../udp/udp.ts";

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
  return new Process(host.tcp, host.udp, options, STANDARD);
}

/** What a descriptor may stand for, besides a file. */
export type AnySocket = Socket | DatagramSocket;

export class Process {
  readonly name: string;
  readonly #tcp: Tcp;
  readonly #udp: Udp | undefined;
  readonly #options: ProcessOptions;
  /** By number; undefined where one is free. */
  readonly #table: (AnySocket | string | undefined)[];
  #over = false;

  /** For `createProcess` and `fork`. */
  constructor(tcp: Tcp, udp: Udp | undefined, options: ProcessOptions, table: readonly (AnySocket | string | undefined)[]) {
    this.name = options.name ?? "process";
    this.#tcp = tcp;
    this.#udp = udp;
    this.#options = options;
    this.#table = [...table];
  }

  // ── Sockets ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * A new socket, with no address and no peer. The type says what its calls are like: a stream of bytes, or datagrams. Which protocol that means follows from family
   * and type together: for IPv4 TCP and UDP.
   */
  socket(family: "inet", type: "stream" | "dgram"): Descriptor {
    const what = `Cannot make a socket (${family}, ${type})`;
    if (family !== "inet") throw new SocketError("EAFNOSUPPORT", what);
    if (type === "stream") return this.#add(what, () => new Socket(this.#tcp));
    const udp = this.#udp;
    if (type !== "dgram" || udp === undefined) throw new SocketError("EPROTONOSUPPORT", what);
    return this.#add(what, () => new DatagramSocket(udp));
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
    this.#stream(descriptor, "listen on").listen(backlog);
  }

  /** A descriptor for a new socket with the connection that has waited longest. */
  async accept(descriptor: Descriptor): Promise<Descriptor> {
    const listening = this.#stream(descriptor, "accept on");
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

  /**
   * Copies what there is into `target`; gives how many bytes. Of a stream 1 at least, or 0: the peer has sent everything. Of a datagram socket the next datagram, which may
   * be empty; what does not fit is lost.
   */
  async read(descriptor: Descriptor, target: Uint8Array): Promise<number> {
    return await this.recv(descriptor, target);
  }

  /**
   * Gives the bytes to TCP, all of them unless the socket must not wait; or sends them as one datagram to the socket's peer. Gives how many. The peer does not have
   * them yet.
   */
  async write(descriptor: Descriptor, bytes: Uint8Array): Promise<number> {
    return await this.send(descriptor, bytes);
  }

  /** `read` with flags (see `ReceiveFlag`). */
  async recv(descriptor: Descriptor, target: Uint8Array, ...flags: ReceiveFlag[]): Promise<number> {
    const socket = this.#socket(descriptor, "read from");
    if (socket instanceof Socket) return await socket.read(target, ...flags);
    return (await socket.receive(target, flags.includes("MSG_PEEK"), flags.includes("MSG_DONTWAIT"))).count;
  }

  /** The same, and who sent it: on a stream nobody but the peer can. */
  async recvfrom(descriptor: Descriptor, target: Uint8Array, ...flags: ReceiveFlag[]): Promise<{ count: number; from: SocketAddress }> {
    const socket = this.#socket(descriptor, "read from");
    if (!(socket instanceof Socket)) return await socket.receive(target, flags.includes("MSG_PEEK"), flags.includes("MSG_DONTWAIT"));
    const from = this.getpeername(descriptor);
    return { count: await socket.read(target, ...flags), from };
  }

  /** `write` with flags (see `SendFlag`). */
  async send(descriptor: Descriptor, bytes: Uint8Array, ...flags: SendFlag[]): Promise<number> {
    const socket = this.#socket(descriptor, "write to");
    return socket instanceof Socket ? await socket.write(bytes, ...flags) : socket.send(bytes);
  }

  /** The same, to `to`. On a stream the address says nothing new, and is not looked at. */
  async sendto(descriptor: Descriptor, bytes: Uint8Array, to: SocketAddress, ...flags: SendFlag[]): Promise<number> {
    const socket = this.#socket(descriptor, "write to");
    return socket instanceof Socket ? await socket.write(bytes, ...flags) : socket.send(bytes, to);
  }

  /**
   * For each entry, what its descriptor is ready for (see `poll.ts`). When none is ready it waits, `timeout` milliseconds at most; −1 is for ever. A
   * negative descriptor is ready for nothing.
   */
  async poll(entries: readonly { descriptor: number; events: readonly PollEvent[] }[], timeout: number): Promise<PollEvent[][]> {
    const known = entries.filter(({ descriptor }) => descriptor >= 0).map(({ descriptor, events }) => {
      const held = this.#table[descriptor];
      return { socket: typeof held === "object" ? held : undefined, events };
    });
    const found = await pollSockets(this.#tcp, known, timeout);
    return entries.map(({ descriptor }) => descriptor >= 0 ? found.shift() as PollEvent[] : []);
  }

  /** Ends one half of the connection or both, for whoever has a descriptor for it. */
  shutdown(descriptor: Descriptor, half: Half): void {
    this.#stream(descriptor, "shut down").shutdown(half);
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
  /** Of a datagram socket. */
  getsockopt<K extends keyof DatagramSocketOptions>(descriptor: Descriptor, name: K): DatagramSocketOptions[K];
  /** SO_ERROR: why its connection broke, or what came of a datagram; told once. */
  getsockopt(descriptor: Descriptor, name: "SO_ERROR"): ErrorCode | undefined;
  getsockopt(descriptor: Descriptor, name: keyof SocketOptions | keyof DatagramSocketOptions | "SO_ERROR"): unknown {
    const socket = this.#socket(descriptor, "get an option of");
    if (name === "SO_ERROR") return socket.takeError();
    return socket instanceof Socket ? socket.getOption(name as keyof SocketOptions) : socket.getOption(name as keyof DatagramSocketOptions);
  }

  setsockopt<K extends keyof SocketOptions>(descriptor: Descriptor, name: K, value: SocketOptions[K]): void;
  /** Of a datagram socket. */
  setsockopt<K extends keyof DatagramSocketOptions>(descriptor: Descriptor, name: K, value: DatagramSocketOptions[K]): void;
  setsockopt(descriptor: Descriptor, name: string, value: unknown): void {
    const socket = this.#socket(descriptor, "set an option of");
    if (socket instanceof Socket) socket.setOption(name as keyof SocketOptions, value as never);
    else socket.setOption(name as keyof DatagramSocketOptions, value as never);
  }

  /**
   * How many bytes wait: to be read (SIOCINQ), to be acknowledged by the peer (SIOCOUTQ), or to be sent at all (SIOCOUTQNSD). A listening socket has no
   * bytes: EINVAL.
   */
  ioctl(descriptor: Descriptor, request: "SIOCINQ" | "SIOCOUTQ" | "SIOCOUTQNSD"): number {
    const socket = this.#socket(descriptor, "ask for bytes at");
    if (!(socket instanceof Socket)) return request === "SIOCINQ" ? socket.readable : 0;
    if (socket.listener !== undefined) throw new SocketError("EINVAL", `Cannot ask for bytes at ${socket}`, "it listens");
    if (request === "SIOCINQ") return socket.readable;
    return (request === "SIOCOUTQ" ? socket.connection?.unacknowledged : socket.connection?.info().tcpi_notsent_bytes) ?? 0;
  }

  /** TCP_INFO: what is known of its connection, or of its queue (see `stack/tcp/tcp_info.ts`). */
  info(descriptor: Descriptor): TcpInfo {
    const { listener, connection } = this.#stream(descriptor, "get an option of");
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
    if (typeof held === "object") await held.release();
  }

  /** A child that inherits every descriptor. Its sockets are these sockets, not copies. */
  fork(name = `${this.name}'s child`): Process {
    for (const held of this.#table) if (typeof held === "object") held.share();
    return new Process(this.#tcp, this.#udp, { ...this.#options, name }, this.#table);
  }

  /** Ends the process, which closes whatever it has open. */
  async exit(): Promise<void> {
    this.#over = true;
    const all = [...this.#table.keys()].filter((number) => this.#table[number] !== undefined);
    await Promise.all(all.map((number) => this.close(number as Descriptor)));
  }

  /** What is open, for those who look. */
  *sockets(): Generator<[Descriptor, AnySocket]> {
    for (const [number, held] of this.#table.entries()) if (typeof held === "object") yield [number as Descriptor, held];
  }

  // ── Inside ─────────────────────────────────────────────────────────────────────────────────────────────────

  #stream(descriptor: Descriptor, doing: string): Socket {
    const socket = this.#socket(descriptor, doing);
    if (socket instanceof Socket) return socket;
    throw new SocketError("EOPNOTSUPP", `Cannot ${doing} ${socket}`, "datagrams have no connections");
  }

  #socket(descriptor: Descriptor, doing: string): AnySocket {
    const held = this.#table[descriptor];
    if (typeof held === "object") return held;
    const what = `Cannot ${doing} descriptor ${descriptor}`;
    throw held === undefined ? new SocketError("EBADF", what) : new SocketError("ENOTSOCK", what, `it is ${held}`);
  }

  /** Puts a socket under the lowest number that is free. */
  #add(what: string, make: () => AnySocket): Descriptor {
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

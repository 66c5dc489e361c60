/**
 * A connection in the shape of `Deno.TcpConn`: a program written for Deno runs on this stack when it is given `connect` (here) and `listen`
 * (listener.ts) in place of Deno's. It sees Deno's errors, `Deno.errors.ConnectionReset` and so on, whose `code` is that of UNIX.
 *
 *     const conn = await connect(host, { hostname: "10.44.0.1", port: 80 });
 *     await conn.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
 *     console.log(await new Response(conn.readable).text());
 *
 * As with Deno: reading to the end by `readable`, and closing `writable`, closes the connection; `closeWrite` ends one half of it. Unlike Deno:
 * names are not resolved (a hostname is an IPv4 address), and whether the process goes on living is the runner's affair, so `ref` and
 * `unref` do nothing.
 */
import type { Host } from "../host.ts";
import type { Tcp } from "../tcp/tcp.ts";
import { formatIpv4Address, parseIpv4Address } from "../wire/ipv4_address.ts";
import { portOf, type SocketAddress } from "./address.ts";
import { forDeno } from "./errors.ts";
import { Socket } from "./socket.ts";
import { readableOf, writableOf } from "./streams.ts";

/** Like `Deno.connect`. Rejects with a `Deno.errors`, or with the signal's reason. */
export async function connect(host: Host, options: Deno.ConnectOptions): Promise<TcpConn> {
  const { signal } = options;
  signal?.throwIfAborted();
  const remote = addressOf(options.hostname ?? "127.0.0.1", options.port);
  const socket = new Socket(tcpOf(host));
  const giveUp = (): void => void socket.release();
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    await socket.connect(remote);
    return new TcpConn(socket);
  } catch (error) {
    signal?.throwIfAborted();
    await socket.release();
    throw forDeno(error);
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

/** The host's TCP. Throws a TypeError when it has none. */
export function tcpOf(host: Host): Tcp {
  if (host.tcp === undefined) throw new TypeError("Cannot open a socket: this host has no TCP");
  return host.tcp;
}

/** What a program for Deno says, as an address. Throws a TypeError or a RangeError. */
export function addressOf(hostname: string, port: number): SocketAddress {
  return { ip: parseIpv4Address(hostname), port: portOf(Number(port)) };
}

/** An address, as a program for Deno wants it. */
export function netAddrOf({ ip, port }: SocketAddress): Deno.NetAddr {
  return { transport: "tcp", hostname: formatIpv4Address(ip), port };
}

export class TcpConn implements Deno.TcpConn {
  readonly #socket: Socket;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;

  /** Of a socket that is connected, and this object's own from now on. */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get localAddr(): Deno.NetAddr {
    return netAddrOf(this.#socket.localAddress);
  }

  get remoteAddr(): Deno.NetAddr {
    return netAddrOf(this.#socket.connectedTo);
  }

  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= readableOf(this);
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#writable ??= writableOf(this);
  }

  /** Copies what there is, 1 byte at least, into `target`; gives how many, or null: the peer has sent everything. */
  read(target: Uint8Array): Promise<number | null> {
    return this.#ask("read from", () => {
      const count = this.#socket.tryToRead(target);
      return count === 0 && target.length > 0 ? null : count;
    });
  }

  /** Gives `bytes` to TCP; gives how many it took. */
  write(bytes: Uint8Array): Promise<number> {
    return this.#ask("write to", this.#socket.writing(bytes));
  }

  /** Nothing more will be written; reading goes on. */
  async closeWrite(): Promise<void> {
    await this.#ask("shut down", () => {
      this.#socket.shutdown("write");
      return true;
    });
  }

  /** Neither reads nor writes any more. What was written is still delivered. Throws a BadResource when it was closed before. */
  close(): void {
    this.#check();
    this[Symbol.dispose]();
  }

  /** Closes it, unless it was closed before. */
  [Symbol.dispose](): void {
    if (this.#isOpen) void this.#socket.release();
  }

  /** Gives it up by a RST, unless it was closed before: what the peer has not got is lost. Deno has nothing like it; servers need it for clients that never read. */
  abort(): void {
    if (!this.#isOpen) return;
    this.#socket.setOption("SO_LINGER", 0);
    this[Symbol.dispose]();
  }

  setNoDelay(noDelay = true): void {
    this.#check();
    this.#socket.setOption("TCP_NODELAY", noDelay);
  }

  setKeepAlive(keepAlive = true): void {
    this.#check();
    this.#socket.setOption("SO_KEEPALIVE", keepAlive);
  }

  ref(): void {}

  unref(): void {}

  /** It has its socket for itself. */
  get #isOpen(): boolean {
    return this.#socket.role !== "closed";
  }

  #check(): void {
    if (!this.#isOpen) throw this.#closed();
  }

  #closed(): Error {
    return new Deno.errors.BadResource(`Cannot use the connection to ${this.remoteAddr.hostname}:${this.remoteAddr.port}: it is closed`);
  }

  #ask<T>(doing: string, attempt: () => T | undefined): Promise<T> {
    if (!this.#isOpen) return Promise.reject(this.#closed());
    return this.#socket.whenPossible(doing, attempt, (error) => {
      return this.#isOpen ? forDeno(error) : new Deno.errors.Interrupted((error as Error).message);
    });
  }
}

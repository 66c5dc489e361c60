/**
 * A listening socket in the shape of `Deno.TcpListener`:
 *
 *     const listener = listen(host, { port: 80 });
 *     for await (const conn of listener) serve(conn);
 */
import type { Host } from "../host.ts";
import { addressOf, netAddrOf, TcpConn, tcpOf } from "./conn.ts";
import { forDeno } from "./errors.ts";
import { Socket } from "./socket.ts";

/** Connections that wait to be accepted at most, when nobody says how many. */
const BACKLOG = 511;

/** Like `Deno.listen`. Throws a `Deno.errors`. */
export function listen(host: Host, options: Deno.TcpListenOptions): TcpListener {
  const address = addressOf(options.hostname ?? "0.0.0.0", options.port ?? 0);
  const socket = new Socket(tcpOf(host));
  try {
    // As Deno does: a server that starts again need not wait until its old connections are over.
    socket.setOption("SO_REUSEADDR", true);
    socket.bind(address);
    socket.listen(options.tcpBacklog ?? BACKLOG);
    return new TcpListener(socket);
  } catch (error) {
    void socket.release();
    throw forDeno(error);
  }
}

export class TcpListener implements Deno.TcpListener {
  readonly addr: Deno.NetAddr;
  readonly #socket: Socket;
  #open = true;

  /** Of a socket that listens, and is this object's own from now on. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.addr = netAddrOf(socket.localAddress);
  }

  /** The connection that has waited longest, or the next one. Rejects with a BadResource when the listener is closed, or was. */
  async accept(): Promise<TcpConn> {
    this.#check();
    try {
      return new TcpConn(await this.#socket.accept());
    } catch (error) {
      this.#check();
      throw forDeno(error);
    }
  }

  /** Stops listening. Connections that were accepted live on. Throws a BadResource when it was closed before. */
  close(): void {
    this.#check();
    this[Symbol.dispose]();
  }

  /** Closes it, unless it was closed before. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    void this.#socket.release();
  }

  /** Every connection, until the listener is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<TcpConn> {
    while (this.#open) {
      try {
        yield await this.accept();
      } catch (error) {
        if (this.#open) throw error;
      }
    }
  }

  ref(): void {}

  unref(): void {}

  #check(): void {
    if (!this.#open) throw new Deno.errors.BadResource(`Cannot use the listener on ${this.addr.hostname}:${this.addr.port}: it is closed`);
  }
}

/**
 * A connection as a `Duplex` of Node, so that libraries for Node run on this stack: `node:http` serves over it, and asks over it.
 *
 *     const server = http.createServer((request, response) => response.end("hello"));
 *     await serveNode(server, listen(host, { port: 80 }));
 *
 *     http.get({ createConnection: () => new ConnDuplex(conn), path: "/" }, (response) => …);
 *
 * It works over any connection with Deno's shape, Deno's own too.
 */
import { Duplex } from "node:stream";
import { clearTimeout, setTimeout as startTimer } from "node:timers";

/** Most bytes in one chunk. */
const CHUNK = 16 * 1024;

/** What hands out connections to those who wait for the event, as `http.Server` and `net.Server` do. */
interface ConnectionServer {
  emit(event: "connection", duplex: Duplex): boolean;
}

/** Gives a server of Node's every connection of `listener`, until that is closed. */
export async function serveNode(server: ConnectionServer, listener: Deno.TcpListener): Promise<void> {
  let listening = true;
  // Where it does not listen itself, it would take itself for closed, and hang up after its first answer.
  Object.defineProperty(server, "listening", { get: () => listening, configurable: true });
  for await (const conn of listener) server.emit("connection", new ConnDuplex(conn));
  listening = false;
}

/** What a server for Node asks of a socket beyond what every `Duplex` has. */
export class ConnDuplex extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #conn: Deno.TcpConn;
  #idle: ReturnType<typeof startTimer> | undefined;

  /** Of a connection that is this object's own from now on: destroying one closes the other. */
  constructor(conn: Deno.TcpConn) {
    super();
    this.#conn = conn;
    this.remoteAddress = conn.remoteAddr.hostname;
    this.remotePort = conn.remoteAddr.port;
    this.localAddress = conn.localAddr.hostname;
    this.localPort = conn.localAddr.port;
  }

  setNoDelay(noDelay = true): this {
    this.#conn.setNoDelay(noDelay);
    return this;
  }

  setKeepAlive(keepAlive = false): this {
    this.#conn.setKeepAlive(keepAlive);
    return this;
  }

  /** Emits "timeout" after so many milliseconds, by Node's own clock, without a byte in or out; 0: never. */
  setTimeout(milliseconds: number, callback?: () => void): this {
    if (callback !== undefined) this.once("timeout", callback);
    clearTimeout(this.#idle);
    this.#idle = milliseconds > 0 ? startTimer(() => this.emit("timeout"), milliseconds).unref() : undefined;
    return this;
  }

  ref(): this {
    this.#conn.ref();
    return this;
  }

  unref(): this {
    this.#conn.unref();
    return this;
  }

  override _read(): void {
    const chunk = new Uint8Array(CHUNK);
    this.#conn.read(chunk).then(
      (count) => {
        this.#idle?.refresh();
        this.push(count === null ? null : chunk.subarray(0, count));
      },
      (error) => this.destroy(error),
    );
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#writeAll(chunk).then(() => done(), done);
  }

  /** Everything was written: the peer is told, and may still answer. */
  override _final(done: (error?: Error | null) => void): void {
    this.#conn.closeWrite().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.#conn[Symbol.dispose]();
    done(error);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
      this.#idle?.refresh();
    }
  }
}

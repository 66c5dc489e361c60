/**
 * An HTTP server on the stack's own sockets. Lab 11 (`HttpModule`) reads the requests and writes the answers' heads; what is here accepts, reads and writes
 * bytes, asks the handler, watches the clock, and closes.
 *
 *     const server = serveHttp(host, listen(host, { port: 80 }), modules.http, ({ target }) => ({ status: 200, body: `You asked for ${target}\n` }));
 *     …
 *     await server.close();
 *
 * One task for each connection (connection.ts), and answers in the order of the requests, because the next request is not read before the last one is answered. Whatever
 * a client does, a connection takes no more memory than one request may have, one piece of input, and the connection's own buffers; and it has an end. Nothing is left after `close`.
 * Time is the host's: whoever polls it lets time pass here, too.
 */
import type { HttpHeader, HttpLimits, HttpModule, HttpRequest } from "../contract/http.ts";
import type { Host } from "../host.ts";
import type { TcpConn } from "../socket/conn.ts";
import type { TcpListener } from "../socket/listener.ts";
import { tcpOf } from "../socket/conn.ts";
import { HttpConnection } from "./connection.ts";

/** What a handler answers. Headers that say where the body ends, and Connection, are the server's affair. */
export interface HttpAnswer {
  /** 200 to 599. */
  readonly status: number;
  readonly headers?: readonly HttpHeader[];
  /** A string goes out as UTF-8. Pieces are fetched one by one, as the client takes them. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Bytes of a body of pieces, where that is known; without it the body is chunked. */
  readonly length?: number;
}

/** Makes an answer, for a client at `from`; when it throws, the client gets a 500. */
export type HttpHandler = (request: HttpRequest, from: Deno.NetAddr) => HttpAnswer | Promise<HttpAnswer>;

/** How to serve. Times are milliseconds. */
export interface HttpServerOptions {
  readonly limits: HttpLimits;
  /** How long a connection is kept on which no request begins. */
  readonly idleTime: number;
  /** How long a client may take for `PIECE` bytes of an answer (connection.ts). One that reads nothing is reset then. */
  readonly stallTime: number;
  /** When we close first, how long the client's end is waited for. Meanwhile what it still sends is thrown away, so that the answer is not lost by a RST (RFC 9112 §9.6). */
  readonly lingerTime: number;
  /** Connections at most. Others wait in the listener's queue. */
  readonly connections: number;
  /** The value of the header Date. A server without a clock sends none (RFC 9110 §6.6.1); that is the default. */
  readonly date: (() => string) | undefined;
  /** Hears what a handler or the module has thrown. Default: nobody. */
  readonly report: (error: unknown) => void;
}

/** The defaults. */
export const HTTP_DEFAULTS: HttpServerOptions = {
  limits: {
    requestLine: 8192,
    headerLine: 8192,
    headers: 32_768,
    headerCount: 100,
    body: 1_048_576,
    headTime: 10_000,
    requestTime: 60_000,
  },
  idleTime: 15_000,
  stallTime: 20_000,
  lingerTime: 2_000,
  connections: 1000,
  date: undefined,
  report: () => {},
};

/** A server that runs. */
export interface HttpServer {
  /** Connections at the moment. */
  readonly connections: number;
  /** Stops listening, and gives up every connection at once. Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** Serves until it is closed, or its listener is. What `options` leaves out is as in `HTTP_DEFAULTS`. */
export function serveHttp(
  host: Host,
  listener: TcpListener,
  http: HttpModule,
  handler: HttpHandler,
  options: Partial<Omit<HttpServerOptions, "limits">> & { readonly limits?: Partial<HttpLimits> } = {},
): HttpServer {
  const { limits, ...rest } = options;
  const settings = { ...HTTP_DEFAULTS, ...rest, limits: { ...HTTP_DEFAULTS.limits, ...limits } };
  const tcp = tcpOf(host);
  const open = new Map<HttpConnection, Promise<void>>();
  let roomMade = (): void => {};

  const begin = (conn: TcpConn): void => {
    const connection = new HttpConnection(tcp, conn, http, handler, settings);
    const over = connection.serve().finally(() => {
      open.delete(connection);
      roomMade();
    });
    open.set(connection, over);
  };
  const acceptAll = async (): Promise<void> => {
    for await (const conn of listener) {
      begin(conn);
      if (open.size >= settings.connections) await new Promise<void>((resolve) => roomMade = resolve);
    }
  };
  const accepting = acceptAll().catch(settings.report);

  return {
    get connections(): number {
      return open.size;
    },
    close: async (): Promise<void> => {
      listener[Symbol.dispose]();
      for (const connection of open.keys()) connection.abort();
      await Promise.all([accepting, ...open.values()]);
    },
  };
}

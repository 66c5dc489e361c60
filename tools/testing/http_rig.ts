/**
 * An HTTP server on a reference host, and clients on another, for tests: time is virtual. `end` looks for what is left.
 *
 *     const all = httpRig();
 *     const text = await all.ask("GET / HTTP/1.0\r\n\r\n");
 *     await all.end();
 */
import { assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import type { HttpRequest } from "../../stack/contract/http.ts";
import { type HttpAnswer, type HttpHandler, type HttpServer, serveHttp } from "../../stack/http/server.ts";
import { connect, type TcpConn } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { latin1Bytes, latin1Text } from "../../stack/wire/latin1.ts";
import { twoHosts } from "./two_hosts.ts";

type Options = Parameters<typeof serveHttp>[4];

export interface HttpRig extends ReturnType<typeof twoHosts> {
  readonly server: HttpServer;
  /** What the server has reported. */
  readonly reported: unknown[];
  /** A client that has connected. */
  dial(): Promise<TcpConn>;
  /** Sends text on a connection of its own, and gives all that comes until the server closes. */
  ask(text: string): Promise<string>;
  /** Closes everything, and looks for what is left. */
  end(): Promise<void>;
}

/** Says what was asked for. */
export function tell({ method, target, body, headers }: HttpRequest): HttpAnswer {
  return { status: 200, body: `${method} ${target} ${headers.length} ${latin1Text(body)}\n` };
}

/** A server on 10.44.0.2, port 80, and what its clients need. */
export function httpRig(handler: HttpHandler = tell, options: Options = {}): HttpRig {
  const hosts = twoHosts({ timeWait: 1000 });
  const reported: unknown[] = [];
  const server = serveHttp(hosts.b, listen(hosts.b, { port: 80 }), reference.http, handler, {
    report: (error) => reported.push(error),
    ...options,
  });
  const dial = (): Promise<TcpConn> => hosts.settle(connect(hosts.a, { hostname: "10.44.0.2", port: 80 }));
  return {
    ...hosts,
    server,
    reported,
    dial,
    ask: async (text) => {
      const conn = await dial();
      await conn.write(latin1Bytes(text));
      return await hosts.settle(readAll(conn));
    },
    end: async () => {
      await hosts.settle(server.close());
      assertEquals(server.connections, 0);
      await hosts.pass(200_000);
      assertEquals(hosts.b.tcp?.connections().length, 0);
      assertEquals(hosts.b.framesLent, 0);
    },
  };
}

/** Everything up to the end; or until the connection breaks, and then "RST". */
export async function readAll(conn: TcpConn): Promise<string> {
  const buffer = new Uint8Array(4096);
  let text = "";
  try {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) text += latin1Text(buffer, 0, count);
  } catch (error) {
    text += error instanceof Deno.errors.ConnectionReset ? "RST" : String(error);
  }
  conn[Symbol.dispose]();
  return text;
}

/** The status codes in what a server said. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code));
}

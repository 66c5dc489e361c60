/** The program at the other end of the demo where a copy of the stack plays the kernel: `node:http` and Deno's shape, over that copy. */
import * as http from "node:http";
import { once } from "node:events";
import type { Host } from "../../stack/host.ts";
import { connect, type TcpConn } from "../../stack/socket/conn.ts";
import { ConnDuplex } from "../../stack/socket/duplex.ts";
import type { Client, Fetched } from "./client.ts";
import { PLACES } from "./scene.ts";

export class StandInClient implements Client {
  readonly fetcher = "node:http";
  readonly #host: Host;
  readonly #connections: TcpConn[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  async fetch(url: string): Promise<Fetched> {
    const { hostname, pathname } = new URL(url);
    const duplex = new ConnDuplex(await connect(this.#host, { hostname, port: 80 }));
    const request = http.request({ createConnection: () => duplex as never, host: hostname, path: pathname });
    request.end();
    const [response] = await once(request, "response") as [http.IncomingMessage];
    let text = "";
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode ?? 0, text };
  }

  async connect(port: number): Promise<number> {
    return this.#connections.push(await connect(this.#host, { hostname: PLACES.stack.address, port })) - 1;
  }

  async write(connection: number, bytes: number): Promise<void> {
    await this.#connections[connection]?.write(new Uint8Array(bytes));
  }

  // deno-lint-ignore require-await -- as in a program that must be asked
  async close(connection: number): Promise<void> {
    this.#connections[connection]?.close();
  }

  async end(): Promise<void> {}
}

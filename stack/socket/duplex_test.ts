/** Node's own HTTP, server and client, over two reference hosts. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import * as http from "node:http";
import { twoHosts } from "../../tools/testing/two_hosts.ts";
import { connect } from "./conn.ts";
import { ConnDuplex, serveNode } from "./duplex.ts";
import { listen } from "./listener.ts";

const SERVER = { hostname: "10.44.0.2", port: 80 };

async function bodyOf(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

Deno.test("ConnDuplex lets node:http serve and ask: many requests on one connection, and both ways a megabyte", async () => {
  const { a, b, settle, pass } = twoHosts();
  const server = http.createServer(async (request, response) => {
    const body = await bodyOf(request);
    response.setHeader("x-peer", String(request.socket.remoteAddress));
    response.end(Buffer.concat([Buffer.from(`${request.method} ${request.url} `), body]));
  });
  const listener = listen(b, { port: 80 });
  const serving = serveNode(server, listener);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const duplex = new ConnDuplex(await settle(connect(a, SERVER)));
  agent.createConnection = (() => duplex) as unknown as typeof agent.createConnection;
  const big = Buffer.alloc(1 << 20, "wall socket ");
  for (const [path, body] of [["/", ""], ["/second", "text"], ["/big", big]] as const) {
    const request = http.request({ agent, path, method: "POST", headers: { host: "10.44.0.2" } });
    request.end(body);
    const [response] = await settle(once(request, "response")) as [http.IncomingMessage];
    const answer = await settle(bodyOf(response));
    assertEquals([response.statusCode, response.headers["x-peer"]], [200, "10.44.0.1"]);
    assert(answer.equals(Buffer.concat([Buffer.from(`POST ${path} `), Buffer.from(body)])));
  }
  assertEquals(b.tcp?.connections().length, 1, "all of it on one connection");
  agent.destroy();
  await pass(120_000);
  assertEquals([a.tcp?.connections().length, b.tcp?.connections().length], [0, 0]);
  listener.close();
  await serving;
  assert(!server.listening);
});

Deno.test("ConnDuplex ends and is destroyed as its connection is", async () => {
  const { a, b, settle, pass } = twoHosts();
  const listener = listen(b, { port: 80 });
  const [near, far] = await settle(Promise.all([connect(a, SERVER), listener.accept()]));
  const duplex = new ConnDuplex(near);
  duplex.end("the end");
  const got = await settle(new Response(far.readable).text());
  duplex.resume();
  await settle(once(duplex, "close"));
  assertEquals([got, duplex.remotePort, duplex.localAddress], ["the end", 80, "10.44.0.1"] as [string, number, string]);

  const [near2, far2] = await settle(Promise.all([connect(a, SERVER), listener.accept()]));
  const broken = new ConnDuplex(near2);
  broken.write("nobody reads this");
  await pass();
  const failing = once(broken, "error");
  broken.resume();
  far2.close();
  const [error] = await settle(failing);
  assertEquals((error as Error & { code: string }).code, "ECONNRESET");
  assert(broken.destroyed);
});

Deno.test("ConnDuplex.setTimeout() tells of silence", async () => {
  const { a, b, settle } = twoHosts();
  listen(b, { port: 80 });
  const duplex = new ConnDuplex(await settle(connect(a, SERVER)));
  const living = setInterval(() => {}, 1000); // the duplex's own timer keeps no process alive
  await new Promise<void>((resolve) => duplex.setTimeout(1, resolve));
  clearInterval(living);
  duplex.destroy();
});

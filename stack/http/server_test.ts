/** The server over two reference hosts, against clients that are slow, greedy, rude or mistaken. Time is virtual. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { httpRig as rig, readAll, statuses, tell } from "../../tools/testing/http_rig.ts";
import type { TcpConn } from "../socket/conn.ts";
import { latin1Bytes, latin1Text } from "../wire/latin1.ts";

Deno.test("serveHttp() answers, and keeps the connection as long as the client wants", async () => {
  const all = rig();
  const text = await all.ask(
    "GET /a HTTP/1.1\r\nHost: b\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\nGET /c HTTP/1.1\r\n",
  );
  assertEquals(
    text,
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nGET /a 1 \nHTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nGET /b 2 \n",
  );
  await all.end();
});

Deno.test("serveHttp() answers a hundred pipelined requests in their order", async () => {
  const all = rig(async ({ target }) => {
    await Promise.resolve();
    return { status: 200, body: target };
  });
  const requests = Array.from({ length: 100 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: b\r\n${i === 99 ? "Connection: close\r\n" : ""}\r\n`);
  const text = await all.ask(requests.join(""));
  assertEquals([...text.matchAll(/\r\n\r\n\/(\d+)/g)].map(([, n]) => Number(n)), Array.from({ length: 100 }, (_, i) => i));
  await all.end();
});

Deno.test("serveHttp() says why it refuses, and parts without losing the answer", async () => {
  const all = rig(tell, { limits: { body: 10 } });
  const text = await all.ask(`POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`);
  assertEquals(statuses(text), [413]);
  assertStringIncludes(text, "Connection: close\r\n");
  assertMatch(text, /body too large\n$/);
  const smuggled = await all.ask(
    "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n",
  );
  assertEquals(statuses(smuggled), [400]);
  assertEquals(all.reported, []);
  await all.end();
});

Deno.test("serveHttp() tells a client that waits to go on", async () => {
  const all = rig();
  const conn = await all.dial();
  await conn.write(latin1Bytes("POST / HTTP/1.1\r\nHost: b\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
  const buffer = new Uint8Array(100);
  const count = await all.settle(conn.read(buffer)) ?? 0;
  assertEquals(latin1Text(buffer, 0, count), "HTTP/1.1 100 Continue\r\n\r\n");
  await conn.write(latin1Bytes("abc"));
  assertMatch(await all.settle(readAll(conn)), /POST \/ 4 abc\n$/);
  await all.end();
});

Deno.test("serveHttp() sends bodies in pieces: chunked, or with their length, or up to the end", async () => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const piece of ["one ", "", "two"]) yield await Promise.resolve(latin1Bytes(piece));
  }
  const all = rig(({ target }) => ({ status: 200, body: pieces(), ...(target === "/long" ? { length: 7 } : {}) }));
  const chunked = await all.ask("GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
  assertMatch(chunked, /Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n$/);
  const known = await all.ask("GET /long HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
  assertMatch(known, /Content-Length: 7\r\nConnection: close\r\n\r\none two$/);
  const old = await all.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  assertEquals(old, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none two");
  const head = await all.ask("HEAD / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
  assertEquals(head, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  await all.end();
});

Deno.test("serveHttp() gives up a body that is not as long as it said", async () => {
  async function* short(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(latin1Bytes("abc"));
  }
  const all = rig(({ target }) => ({ status: 200, body: short(), length: Number(target.slice(1)) }));
  for (const length of [2, 9]) assertMatch(await all.ask(`GET /${length} HTTP/1.1\r\nHost: b\r\n\r\n`), /RST$/);
  assertEquals(all.reported.length, 2);
  await all.end();
});

Deno.test("serveHttp() answers 500 when its handler throws, and goes on", async () => {
  const all = rig(({ target }) => {
    if (target === "/bad") throw new Error("oops");
    return { status: 200 };
  });
  const text = await all.ask("GET /bad HTTP/1.1\r\nHost: b\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
  assertEquals(statuses(text), [500, 200]);
  assertEquals(all.reported.map(String), ["Error: oops"]);
  await all.end();
});

Deno.test("serveHttp() says what time it is, where it has a clock (9110-6.6.1)", async () => {
  const date = "Sat, 21 Nov 2026 10:00:00 GMT";
  const [silent, told] = [rig(), rig(tell, { date: () => date })];
  const request = "GET / HTTP/1.0\r\n\r\nx";
  assertEquals((await silent.ask(request)).includes("Date"), false);
  assertStringIncludes(await told.ask(request), `HTTP/1.1 200 OK\r\nDate: ${date}\r\n`);
  await silent.end();
  await told.end();
});

Deno.test("serveHttp() closes on those who say nothing, and tells those who are slow", async () => {
  const all = rig(tell, { idleTime: 5000, limits: { headTime: 3000, requestTime: 8000 } });
  const began = all.now();
  assertEquals(await all.ask(""), "");
  assert(all.now() - began >= 5000 && all.now() - began < 6000);
  const slowHead = await all.dial();
  for (const letter of "GET / HT") {
    await slowHead.write(latin1Bytes(letter));
    await all.pass(500);
  }
  assertEquals(statuses(await all.settle(readAll(slowHead))), [408]);
  const slowBody = await all.dial();
  await slowBody.write(latin1Bytes("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\nabc"));
  assertEquals(statuses(await all.settle(readAll(slowBody))), [408]);
  const between = await all.dial();
  await between.write(latin1Bytes("GET / HTTP/1.1\r\nHost: b\r\n\r\n"));
  assertEquals(statuses(await all.settle(readAll(between))), [200]);
  await all.end();
});

Deno.test("serveHttp() stops reading a head of a gigabyte after its limit", async () => {
  const all = rig(tell, { limits: { headers: 5000, headerLine: 2000 } });
  const conn = await all.dial();
  await conn.write(latin1Bytes("GET / HTTP/1.1\r\n"));
  const line = latin1Bytes(`x: ${"y".repeat(995)}\r\n`);
  let sent = 0;
  const flood = (async () => {
    for (; sent < 1_000_000_000; sent += line.length) await conn.write(line);
  })().catch(() => "broken");
  assertEquals(await all.settle(flood), "broken");
  assert(sent < 2_000_000, `${sent} bytes`);
  conn[Symbol.dispose]();
  await all.end();
});

Deno.test("serveHttp() resets a client that never reads", async () => {
  const all = rig(() => ({ status: 200, body: new Uint8Array(5_000_000) }), { stallTime: 4000 });
  const conn = await all.dial();
  await conn.write(latin1Bytes("GET / HTTP/1.1\r\nHost: b\r\n\r\n"));
  await all.pass(3000);
  assertEquals(all.server.connections, 1);
  await all.pass(10_000);
  assertEquals(all.server.connections, 0);
  assertMatch(await all.settle(readAll(conn)), /RST$/);
  await all.end();
});

Deno.test("serveHttp() has no more connections than it may, and the others wait", async () => {
  const all = rig(tell, { connections: 2, idleTime: 1e6 });
  const conns = [await all.dial(), await all.dial(), await all.dial()] as const;
  for (const conn of conns) await conn.write(latin1Bytes("GET / HTTP/1.1\r\nHost: b\r\n\r\n"));
  await all.pass(1000);
  assertEquals(all.server.connections, 2);
  conns[0].close();
  const buffer = new Uint8Array(1000);
  assertMatch(latin1Text(buffer, 0, await all.settle(conns[2].read(buffer)) ?? 0), /^HTTP\/1\.1 200/);
  conns[1].close();
  conns[2].close();
  await all.end();
});

Deno.test("HttpServer.close() ends what hangs: idle clients, half requests, handlers and bodies that never come", async () => {
  async function* never(): AsyncGenerator<Uint8Array> {
    yield latin1Bytes("begin");
    await new Promise(() => {});
  }
  const all = rig(({ target }) => target === "/body" ? { status: 200, body: never() } : new Promise(() => {}));
  const conns: TcpConn[] = [];
  for (const said of ["", "GET / HT", "GET /handler HTTP/1.1\r\nHost: b\r\n\r\n", "GET /body HTTP/1.1\r\nHost: b\r\n\r\n"]) {
    const conn = await all.dial();
    if (said !== "") await conn.write(latin1Bytes(said));
    conns.push(conn);
  }
  await all.pass(100);
  assertEquals(all.server.connections, 4);
  await all.end();
  for (const conn of conns) assertMatch(await all.settle(readAll(conn)), /RST$/);
  assertEquals(all.reported, []);
});

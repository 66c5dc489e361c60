/**
 * Clients that mean harm, against the whole server on a reference host: requests that two readers read differently, slow ones, endless ones, and more of them than there is
 * room for. Each gets its answer by name or none, others are served meanwhile, and nothing is left: no connection, no timer, no frame. Time is virtual.
 */
import { assert, assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { type HttpRig, httpRig, readAll, statuses } from "../../tools/testing/http_rig.ts";
import type { TcpConn } from "../socket/conn.ts";
import { latin1Bytes } from "../wire/latin1.ts";
import { TCP_DEFAULTS } from "../tcp/options.ts";
import { createRandom } from "../wire/random.ts";
import { HTTP_DEFAULTS } from "./server.ts";

const GET = "GET / HTTP/1.1\r\nHost: b\r\n\r\n";
const LAST = "GET / HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n";

/** Somebody else asks, and is answered. */
async function someoneElse(all: HttpRig): Promise<void> {
  assertEquals(statuses(await all.ask(LAST)), [200]);
}

/** Nothing is left when some time has passed, although the server goes on: it waits for the next client and has no other thing in mind. */
async function nothingLeft(all: HttpRig): Promise<void> {
  await all.pass(200_000);
  assertEquals(all.server.connections, 0);
  assertEquals(all.b.tcp?.connections().length, 0);
  assertEquals(all.b.framesLent, 0);
  assertEquals(all.b.nextDeadline(), Infinity);
  assertEquals(all.reported, []);
  await all.end();
}

/** What no two readers may disagree about, and the name by which it is refused. */
const AMBIGUOUS: readonly (readonly [reject: string, request: string])[] = [
  ["length and coding", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["length and coding", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"],
  ["bad length", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\nabcde"],
  ["bad length", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde"],
  ["bad length", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5, 5\r\n\r\nabcde"],
  ["bad length", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: +5\r\n\r\nabcde"],
  ["bad length", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\xa0\r\n\r\nabcde"],
  ["body too large", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 18446744073709551621\r\n\r\nabcde"],
  ["bad coding", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
  ["bad coding", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
  ["bad coding", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"],
  ["bad coding", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n"],
  ["bad coding", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["unknown coding", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"],
  ["bad header", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n"],
  ["bad header", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"],
  ["bad header", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length\x01: 5\r\n\r\nabcde"],
  ["bad header", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length\r\n\r\nabcde"],
  ["folded header", "POST / HTTP/1.1\r\nHost: b\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["folded header", "POST / HTTP/1.1\r\n Host: b\r\n\r\n"],
  ["bad line", "POST / HTTP/1.1\r\nHost: b\nContent-Length: 5\r\n\r\nabcde"],
  ["bad line", "POST / HTTP/1.1\r\nHost: b\rContent-Length: 5\r\n\r\nabcde"],
  ["bad line", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\x00\r\n\r\nabcde"],
  ["bad line", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\nabcde"],
  ["bad chunk", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nabcde\r\n0\r\n\r\n"],
  ["bad chunk", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n0\r\n\r\n"],
  ["bad chunk", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nabcde\r\n0\r\n\r\n"],
  ["bad chunk", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n5;a\nb\r\nabcde\r\n0\r\n\r\n"],
  ["bad chunk", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n5;a\rb\r\nabcde\r\n0\r\n\r\n"],
  ["bad chunk", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcdef\r\n0\r\n\r\n"],
  ["bad chunk", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde0\r\n\r\n"],
  ["body too large", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\nabcde"],
  ["bad header", "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nGET /trailer HTTP/1.1\r\n\r\n"],
  ["bad host", "GET / HTTP/1.1\r\nHost: b\r\nHost: b\r\n\r\n"],
  ["bad host", "GET http://b/ HTTP/1.1\r\nHost: b@c\r\n\r\n"],
  ["bad request line", "GET  / HTTP/1.1\r\nHost: b\r\n\r\n"],
  ["bad request line", "GET /\xe9 HTTP/1.1\r\nHost: b\r\n\r\n"],
  ["bad request line", "\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"],
  ["unknown version", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
];

Deno.test("serveHttp() refuses by name what two readers could read in two ways, and answers nothing behind it", async () => {
  let asked = 0;
  const all = httpRig(({ target }) => {
    if (target !== "/witness") asked++;
    return { status: 200 };
  });
  const random = createRandom(11);
  for (const [reject, request] of AMBIGUOUS) {
    const stream = latin1Bytes(`${request}GET /smuggled HTTP/1.1\r\nHost: b\r\n\r\n`);
    for (const pieces of [1, 4]) {
      const conn = await all.dial();
      const hearing = readAll(conn);
      const cuts = Array.from({ length: pieces - 1 }, () => random.int(1, stream.length - 1)).sort((a, b) => a - b);
      for (const [i, cut] of [...cuts, stream.length].entries()) {
        await conn.write(stream.subarray(cuts[i - 1] ?? 0, cut)).catch(() => 0);
        await all.pass(1);
      }
      const text = await all.settle(hearing);
      assertEquals(statuses(text), [reference.http.statusOf(reject as Parameters<typeof reference.http.statusOf>[0])], request);
      assert(text.endsWith(`\r\n\r\n${reject}\n`), `${JSON.stringify(request)} was answered with ${JSON.stringify(text)}`);
    }
  }
  assertEquals(asked, 0);
  assertEquals(statuses(await all.ask("GET /witness HTTP/1.0\r\n\r\n")), [200]);
  await nothingLeft(all);
});

/** Says `start`, and then `byte` again and again, one each 10 s, until the connection is over. How many it said. */
async function dribble(all: HttpRig, conn: TcpConn, start: string, byte: string): Promise<number> {
  await conn.write(latin1Bytes(start));
  for (let count = 0; count < 50; count++) {
    await all.pass(10_000);
    try {
      await all.settle(conn.write(latin1Bytes(byte)));
    } catch {
      return count;
    }
  }
  throw new Error("It may go on for ever");
}

Deno.test("serveHttp() has done with a client that sends a byte each 10 s: 408, and over", async () => {
  const all = httpRig();
  const coded = "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n";
  const cases: readonly (readonly [what: string, start: string, byte: string, time: number])[] = [
    ["a request line", "G", "E", HTTP_DEFAULTS.limits.headTime],
    ["a header", "GET / HTTP/1.1\r\nX: ", "y", HTTP_DEFAULTS.limits.headTime],
    ["a body", "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 1000000\r\n\r\n", "x", HTTP_DEFAULTS.limits.requestTime],
    ["a chunk", `${coded}fffff\r\n`, "x", HTTP_DEFAULTS.limits.requestTime],
    ["a chunk's extension", `${coded}5;`, "x", HTTP_DEFAULTS.limits.requestTime],
    ["a trailer", `${coded}0\r\nX: `, "y", HTTP_DEFAULTS.limits.requestTime],
  ];
  for (const [what, start, byte, time] of cases) {
    const conn = await all.dial();
    const hearing = readAll(conn);
    const began = all.now();
    const drip = dribble(all, conn, start, byte);
    assertEquals(statuses(await hearing), [408], what);
    assert(all.now() - began < time + HTTP_DEFAULTS.lingerTime + 20_000, `${what} took ${all.now() - began} ms`);
    assert(await drip <= time / 10_000 + 3, what);
    await someoneElse(all);
  }
  await nothingLeft(all);
});

/** Writes the same piece as long as it is taken, a gigabyte at most: how much was. */
async function flood(conn: TcpConn, piece: Uint8Array): Promise<number> {
  let sent = 0;
  try {
    while (sent < 1e9) sent += await conn.write(piece);
  } catch {
    // The server has had enough.
  }
  return sent;
}

Deno.test("serveHttp() takes a few kilobytes of what never ends, and says which limit it was", async () => {
  const all = httpRig();
  const coded = "POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n";
  const cases: readonly (readonly [status: number, start: string, piece: string])[] = [
    [414, "GET /", "x".repeat(10_000)],
    [431, "GET / HTTP/1.1\r\nX: ", "y".repeat(10_000)],
    [431, "GET / HTTP/1.1\r\n", `X: ${"y".repeat(1000)}\r\n`.repeat(10)],
    [431, "GET / HTTP/1.1\r\n", "X:\r\n".repeat(1000)],
    [413, "POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 1000000000\r\n\r\n", "x".repeat(10_000)],
    [413, coded, `2710\r\n${"x".repeat(10_000)}\r\n`],
    [413, `${coded}100000\r\n${"x".repeat(0x100000)}\r\n`, "1\r\nx\r\n".repeat(1000)],
    [400, `${coded}1;`, "x".repeat(10_000)],
    [431, `${coded}0\r\n`, "X: y\r\n".repeat(1000)],
  ];
  for (const [status, start, piece] of cases) {
    const conn = await all.dial();
    const hearing = readAll(conn);
    const flooding = conn.write(latin1Bytes(start)).then(() => flood(conn, latin1Bytes(piece)), () => 0);
    assertEquals(statuses(await all.settle(hearing)), [status], start);
    const sent = await all.settle(flooding);
    assert(sent < 3_000_000, `${sent} bytes were taken behind ${JSON.stringify(start.slice(0, 80))}`);
    await someoneElse(all);
  }
  await nothingLeft(all);
});

Deno.test("a request reader takes memory for what has come, and not for what is announced", () => {
  const before = Deno.memoryUsage().external;
  const readers = Array.from({ length: 1000 }, () => reference.http.createRequestReader(HTTP_DEFAULTS.limits));
  for (const reader of readers) {
    reader.push(latin1Bytes("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 1000000\r\n\r\nabc"), 0);
    assertEquals(reader.next(0), undefined);
  }
  const grown = Deno.memoryUsage().external - before;
  assert(grown < 50_000_000, `a thousand bodies of a megabyte, of which three bytes have come, take ${grown} bytes`);
});

Deno.test("serveHttp() reads no further while nobody takes its answers: a million pipelined requests", async () => {
  let asked = 0;
  const all = httpRig(() => {
    asked++;
    return { status: 200, body: "x".repeat(1000) };
  });
  const conn = await all.dial();
  const requests = latin1Bytes(GET.repeat(1000));
  let sent = 0;
  const flooding = (async () => {
    for (let i = 0; i < 1000; i++) sent += await conn.write(requests);
  })().catch((error) => error);
  await all.pass(1000);
  const [askedAtOnce, sentAtOnce] = [asked, sent];
  // What has been said lies in the buffers of both ends' TCP, and in one piece of input: no more of either kind.
  const { sendBuffer, receiveBuffer } = TCP_DEFAULTS.connection;
  const most = sendBuffer + receiveBuffer + 65_536;
  assert(askedAtOnce * 1000 < most, `${askedAtOnce} requests were answered to somebody who reads nothing`);
  assert(sentAtOnce < most, `${sentAtOnce} bytes were taken`);
  await someoneElse(all);
  await all.pass(HTTP_DEFAULTS.stallTime / 2);
  assertEquals(asked, askedAtOnce + 1);
  assert(await all.settle(flooding) instanceof Deno.errors.ConnectionReset);
  conn[Symbol.dispose]();
  await nothingLeft(all);
});

Deno.test("serveHttp() resets a client that reads a little now and then", async () => {
  const all = httpRig(({ target }) => ({ status: 200, body: new Uint8Array(target === "/" ? 0 : 5_000_000) }));
  const conn = await all.dial();
  await conn.write(latin1Bytes("GET /large HTTP/1.1\r\nHost: b\r\n\r\n"));
  const few = new Uint8Array(500);
  let read = 0;
  for (await all.pass(1000); all.server.connections > 0 && all.now() < 600_000; await all.pass(5000)) read += await conn.read(few) ?? 0;
  assert(all.now() < 2 * HTTP_DEFAULTS.stallTime, `${read} bytes in ${all.now()} ms`);
  await someoneElse(all);
  conn[Symbol.dispose]();
  await nothingLeft(all);
});

Deno.test("serveHttp() lets go of a client that never reads an answer which it need not wait for", async () => {
  const all = httpRig(() => ({ status: 200, body: new Uint8Array(30_000) }));
  const conns: TcpConn[] = [];
  for (let i = 0; i < 20; i++) {
    const conn = await all.dial();
    await conn.write(latin1Bytes(LAST));
    conns.push(conn);
  }
  await all.pass(10_000);
  await someoneElse(all);
  await nothingLeft(all);
  for (const conn of conns) conn[Symbol.dispose]();
});

Deno.test("serveHttp() answers who has ended his half, and closes on half a request", async () => {
  const all = httpRig();
  const ask = async (text: string): Promise<string> => {
    const conn = await all.dial();
    if (text !== "") await conn.write(latin1Bytes(text));
    await conn.closeWrite();
    return await all.settle(readAll(conn));
  };
  const began = all.now();
  assertEquals(statuses(await ask(GET)), [200]);
  assertEquals(statuses(await ask(GET.repeat(50))), Array(50).fill(200));
  assertEquals(statuses(await ask(`${GET}POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 9\r\n\r\nabc`)), [200]);
  for (const half of ["", "\r", "GET / HT", "GET / HTTP/1.1\r\nHost: b\r\n"]) assertEquals(await ask(half), "");
  assert(all.now() - began < HTTP_DEFAULTS.idleTime, "nobody is waited for who has ended");
  await nothingLeft(all);
});

Deno.test("serveHttp() gets over a flood of connections: silent ones, half requests, and resets", async () => {
  const all = httpRig(undefined, { connections: 50 });
  const conns: TcpConn[] = [];
  for (let i = 0; i < 150; i++) {
    const conn = await all.dial();
    if (i % 3 === 1) await conn.write(latin1Bytes("GET / HT"));
    if (i % 3 === 2) conn.abort();
    else conns.push(conn);
    assert(all.server.connections <= 50);
  }
  await someoneElse(all);
  const waited = all.now();
  assert(waited < 4 * (HTTP_DEFAULTS.idleTime + HTTP_DEFAULTS.lingerTime), `somebody else had to wait for ${waited} ms`);
  for (let i = 0; i < 1000; i++) (await all.dial()).abort();
  await someoneElse(all);
  for (const conn of conns) conn[Symbol.dispose]();
  await nothingLeft(all);
});

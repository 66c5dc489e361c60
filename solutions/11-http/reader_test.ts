/** The reader, whose results must not depend on where TCP has cut. */
import { assert, assertEquals } from "@std/assert";
import type { HttpLimits, HttpReject, HttpRequest } from "../../stack/contract/http.ts";
import { latin1Bytes, latin1Text } from "../../stack/wire/latin1.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { createRequestReader } from "./reader.ts";

const LIMITS: HttpLimits = {
  requestLine: 100,
  headerLine: 80,
  headers: 400,
  headerCount: 8,
  body: 300,
  headTime: 1000,
  requestTime: 5000,
};

/** What comes of bytes in these pieces: requests, and at the end a reject if there was one. */
function readAll(pieces: readonly Uint8Array[], limits = LIMITS): (HttpRequest | HttpReject)[] {
  const reader = createRequestReader(limits);
  const found: (HttpRequest | HttpReject)[] = [];
  for (let piece of pieces) {
    for (;;) {
      piece = piece.subarray(reader.push(piece, 0));
      const got = reader.next(0);
      if (got !== undefined) found.push(got);
      if (typeof got === "string") return found;
      if (got === undefined) break;
    }
    assertEquals(piece.length, 0);
  }
  return found;
}

/** `bytes` in pieces that end at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [0, ...[...places].sort((a, b) => a - b), bytes.length];
  return ends.slice(1).map((end, i) => bytes.subarray(ends[i], end));
}

const head = (text: string): string => `${text.replaceAll("\n", "\r\n")}\r\n\r\n`;

const SAMPLES: Readonly<Record<string, string>> = {
  plain: head("GET / HTTP/1.1\nHost: a"),
  body: `${head("POST /x HTTP/1.1\nHost: a\nContent-Length: 11\nExpect: 100-continue")}hello\r\n\r\nxx`,
  chunked: `${head("POST /x HTTP/1.1\nHost: a\nTransfer-Encoding: chunked")}5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n`,
  three: head("GET /1 HTTP/1.1\nHost: a") + `${head("PUT /2 HTTP/1.1\nHost: a\nContent-Length: 3")}abc\r\n` +
    head("GET /3 HTTP/1.0\nConnection: keep-alive"),
  empty: `\r\n${head("GET / HTTP/1.1\nHost: a")}`,
  bareLf: "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
  bareCr: "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
  folded: head("GET / HTTP/1.1\nHost: a\nX: b\n c"),
  smuggled: head("GET / HTTP/1.1\nHost: a\nContent-Length: 3\nTransfer-Encoding: chunked"),
  badChunk: `${head("GET / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked")}3\r\nabcd\r\n0\r\n\r\n`,
  lfChunk: `${head("GET / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked")}3\nabc\r\n0\r\n\r\n`,
  longLine: head(`GET /${"x".repeat(100)} HTTP/1.1\nHost: a`),
  longHeader: head(`GET / HTTP/1.1\nHost: a\nX: ${"x".repeat(80)}`),
  largeHead: head(`GET / HTTP/1.1\nHost: a\n${Array.from({ length: 6 }, () => `X: ${"x".repeat(70)}`).join("\n")}`),
  manyHeaders: head(`GET / HTTP/1.1\nHost: a\n${Array.from({ length: 8 }, () => "X: y").join("\n")}`),
  largeBody: head("GET / HTTP/1.1\nHost: a\nContent-Length: 301"),
  largeChunks: `${head("GET / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked")}${"64\r\n" + "x".repeat(100) + "\r\n"}`.repeat(1) +
    "64\r\n" + "x".repeat(100) + "\r\n65\r\n",
};

Deno.test("createRequestReader() finds the same in every sample, wherever it is cut once", () => {
  for (const [name, text] of Object.entries(SAMPLES)) {
    const bytes = latin1Bytes(text);
    const whole = readAll([bytes]);
    assert(whole.length > 0, name);
    for (let at = 0; at <= bytes.length; at++) assertEquals(readAll(cut(bytes, [at])), whole, `${name}, cut at ${at}`);
    assertEquals(readAll(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))), whole, `${name}, byte by byte`);
  }
});

Deno.test("createRequestReader() finds what there is, or why there is nothing", () => {
  const of = (name: string): unknown => {
    const got = readAll([latin1Bytes(SAMPLES[name] as string)]);
    return got.map((each) => typeof each === "string" ? each : `${each.method} ${each.target} ${latin1Text(each.body)} ${each.persists}`);
  };
  assertEquals(of("plain"), ["GET /  true"]);
  assertEquals(of("body"), ["POST /x hello\r\n\r\nxx true"]);
  assertEquals(of("chunked"), ["POST /x hello0123456789 true"]);
  assertEquals(of("three"), ["GET /1  true", "PUT /2 abc true", "GET /3  true"]);
  assertEquals(of("empty"), ["GET /  true"]);
  const rejects = Object.keys(SAMPLES).slice(5).map((name) => of(name));
  assertEquals(rejects.flat(), [
    "bad line",
    "bad line",
    "folded header",
    "length and coding",
    "bad chunk",
    "bad chunk",
    "request line too long",
    "header too long",
    "headers too large",
    "too many headers",
    "body too large",
    "body too large",
  ]);
});

Deno.test("createRequestReader() allows exactly the limits", () => {
  const get = (path: string, ...lines: string[]): (HttpRequest | HttpReject)[] =>
    readAll([latin1Bytes(head([`GET ${path} HTTP/1.1`, "Host: a", ...lines].join("\n")))]);
  const reject = (got: readonly unknown[]): unknown => typeof got[0] === "string" ? got[0] : "fine";
  const overhead = "GET  HTTP/1.1".length;
  for (const [more, result] of [[0, "fine"], [1, "request line too long"]] as const) {
    assertEquals(reject(get(`/${"x".repeat(100 - overhead - 1 + more)}`)), result);
  }
  for (const [more, result] of [[0, "fine"], [1, "header too long"]] as const) {
    assertEquals(reject(get("/", `x:${"y".repeat(78 + more)}`)), result);
  }
  const four = Array.from({ length: 4 }, () => `x:${"y".repeat(78)}`);
  const rest = 400 - "Host: a\r\n".length - 4 * 82 - 2;
  for (const [more, result] of [[0, "fine"], [1, "headers too large"]] as const) {
    assertEquals(reject(get("/", ...four, `x:${"y".repeat(rest - 2 + more)}`)), result);
  }
  for (const [more, result] of [[0, "fine"], [1, "too many headers"]] as const) {
    assertEquals(reject(get("/", ...Array.from({ length: 7 + more }, () => "x:"))), result);
  }
  const body = (length: number): unknown =>
    reject(readAll([latin1Bytes(`${head(`PUT / HTTP/1.1\nHost: a\nContent-Length: ${length}`)}${"x".repeat(length)}`)]));
  assertEquals([body(300), body(301)], ["fine", "body too large"]);
});

/** A request at random, in bytes, with what it should be read as. */
function drawRequest(random: Random): { text: string; method: string; target: string; body: string } {
  const method = random.pick(["GET", "POST", "x-Y"]);
  const target = `/${"p".repeat(random.int(0, 20))}`;
  const body = latin1Text(random.bytes(random.int(0, 120)));
  const lines = [`${method} ${target} HTTP/1.1`, "Host: a"];
  let coded = "";
  if (random.chance(0.5)) {
    lines.push("Transfer-Encoding: chunked");
    for (let at = 0; at < body.length;) {
      const piece = body.slice(at, at + random.int(1, 50));
      coded += `${random.pick(["", "0"])}${piece.length.toString(16)}${random.pick(["", ";x", " ;y=z"])}\r\n${piece}\r\n`;
      at += piece.length;
    }
    coded += `0\r\n${random.pick(["", "T: 1\r\n"])}\r\n`;
  } else {
    lines.push(`Content-Length: ${body.length}`);
    coded = body;
  }
  return { text: head(lines.join("\n")) + coded, method, target, body };
}

Deno.test("createRequestReader() finds random requests behind one another, however they are cut", () => {
  const random = createRandom(7);
  for (let round = 0; round < 2000; round++) {
    const drawn = Array.from({ length: random.int(1, 4) }, () => drawRequest(random));
    const bytes = latin1Bytes(drawn.map(({ text }) => text).join(""));
    const places = Array.from({ length: random.int(0, 12) }, () => random.int(0, bytes.length));
    const got = readAll(cut(bytes, places)) as HttpRequest[];
    assertEquals(
      got.map(({ method, target, body }) => ({ method, target, body: latin1Text(body) })),
      drawn.map(({ text: _, ...rest }) => rest),
    );
  }
});

Deno.test("createRequestReader() never throws, and comes to the same end wherever garbage is cut", () => {
  const random = createRandom(8);
  const samples = Object.values(SAMPLES);
  for (let round = 0; round < 4000; round++) {
    const bytes = latin1Bytes(random.pick(samples) + random.pick(samples));
    for (let i = random.int(0, 4); i > 0; i--) {
      bytes[random.int(0, bytes.length - 1)] = random.pick([0, 10, 13, 32, 58, 59, 9, random.int(0, 255)]);
    }
    const places = Array.from({ length: random.int(0, 9) }, () => random.int(0, bytes.length));
    assertEquals(readAll(cut(bytes, places)), readAll([bytes]));
  }
  for (let round = 0; round < 4000; round++) readAll([random.bytes(random.int(0, 600))]);
});

Deno.test("createRequestReader() holds no more than a request may have", () => {
  const endless = latin1Bytes("x".repeat(10_000));
  for (const start of ["", "GET / HTTP/1.1\r\n", `${head("GET / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked")}`]) {
    const reader = createRequestReader(LIMITS);
    reader.push(latin1Bytes(start), 0);
    let taken = 0;
    for (let i = 0; i < 1000; i++) taken += reader.push(endless, 0);
    assert(taken <= endless.length, `${taken}`);
    assertEquals(typeof reader.next(0), "string");
  }
  const before = Deno.memoryUsage();
  const readers = Array.from({ length: 1000 }, () => {
    const reader = createRequestReader({ ...LIMITS, body: 100_000_000 });
    reader.push(latin1Bytes(head("GET / HTTP/1.1\nHost: a\nContent-Length: 100000000")), 0);
    return reader;
  });
  const { external, heapUsed } = Deno.memoryUsage();
  assert(external + heapUsed - before.external - before.heapUsed < 50_000_000);
  assertEquals(readers.length, 1000);
});

Deno.test("RequestReader.deadline() counts from a request's first byte", () => {
  const reader = createRequestReader(LIMITS);
  assertEquals([reader.deadline(), reader.next(1e9)], [Infinity, undefined]);
  reader.push(latin1Bytes("\r\n"), 10);
  assertEquals(reader.deadline(), Infinity);
  reader.push(latin1Bytes("P"), 20);
  reader.push(latin1Bytes("UT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"), 900);
  assertEquals([reader.deadline(), reader.next(1019)], [1020, undefined]);
  reader.push(latin1Bytes("\r\nx"), 1019);
  assertEquals([reader.deadline(), reader.next(5019)], [5020, undefined]);
  reader.push(latin1Bytes("y"), 5019);
  assertEquals(reader.deadline(), Infinity);
  assertEquals(typeof reader.next(9999), "object");
  assertEquals(reader.deadline(), Infinity);
  reader.push(latin1Bytes("G"), 10_000);
  assertEquals([reader.next(10_999), reader.next(11_000), reader.next(0)], [undefined, "timed out", "timed out"]);
  assertEquals([reader.deadline(), reader.push(latin1Bytes("ET"), 0)], [Infinity, 0]);
});

Deno.test("RequestReader.wantsContinue() is true once, and only while the client waits", () => {
  const wants = (text: string): boolean[] => {
    const reader = createRequestReader(LIMITS);
    reader.push(latin1Bytes(text), 0);
    return [reader.wantsContinue(), reader.wantsContinue()];
  };
  const put = (rest: string, version = "1.1"): string => head(`PUT / HTTP/${version}\nHost: a\nExpect: 100-Continue\n${rest}`);
  assertEquals(wants(put("Content-Length: 5")), [true, false]);
  assertEquals(wants(put("Transfer-Encoding: chunked")), [true, false]);
  assertEquals(wants(`${put("Transfer-Encoding: chunked")}5`), [false, false]);
  assertEquals(wants(`${put("Content-Length: 5")}x`), [false, false]);
  assertEquals(wants(put("Content-Length: 0")), [false, false]);
  assertEquals(wants(put("Content-Length: 5000")), [false, false]);
  assertEquals(wants(put("Content-Length: 5", "1.0")), [false, false]);
  assertEquals(wants(head("PUT / HTTP/1.1\nHost: a\nContent-Length: 5")), [false, false]);
  assertEquals(wants(put("Content-Length: 5").slice(0, -2)), [false, false]);
});

import { assertEquals, assertThrows } from "@std/assert";
import type { AnswerPlan } from "../../stack/contract/http.ts";
import { latin1Bytes, latin1Text } from "../../stack/wire/latin1.ts";
import { planAnswer, statusOf, writeChunk, writeHead } from "./response.ts";

const plan = (contentLength: number, chunked: boolean, sendsBody: boolean, connection: AnswerPlan["connection"]): AnswerPlan => ({
  contentLength,
  chunked,
  sendsBody,
  connection,
});

Deno.test("statusOf() has a status for each kind of refusal", () => {
  assertEquals(statusOf("timed out"), 408);
  assertEquals(statusOf("body too large"), 413);
  assertEquals(statusOf("request line too long"), 414);
  for (const reject of ["header too long", "headers too large", "too many headers"] as const) assertEquals(statusOf(reject), 431);
  assertEquals([statusOf("unknown coding"), statusOf("unknown version")], [501, 505]);
  for (const reject of ["bad request line", "no host", "length and coding", "bad coding", "bad chunk"] as const) {
    assertEquals(statusOf(reject), 400);
  }
});

Deno.test("planAnswer() says where the body ends, and whether the connection does", () => {
  assertEquals(planAnswer("GET", "1.1", true, 200, 5), plan(5, false, true, ""));
  assertEquals(planAnswer("GET", "1.1", false, 200, 5), plan(5, false, true, "close"));
  assertEquals(planAnswer("GET", "1.0", true, 200, 5), plan(5, false, true, "keep-alive"));
  assertEquals(planAnswer("GET", "1.0", false, 200, 5), plan(5, false, true, "close"));
  assertEquals(planAnswer("GET", "1.1", true, 200, -1), plan(-1, true, true, ""));
  assertEquals(planAnswer("GET", "1.0", true, 200, -1), plan(-1, false, true, "close"));
  assertEquals(planAnswer("HEAD", "1.1", true, 200, 5), plan(5, false, false, ""));
  assertEquals(planAnswer("HEAD", "1.0", true, 200, -1), plan(-1, false, false, "keep-alive"));
  for (const status of [204, 304]) assertEquals(planAnswer("GET", "1.1", true, status, 5), plan(-1, false, false, ""));
  assertEquals(planAnswer("GET", "1.1", true, 205, 5), plan(0, false, false, ""));
});

Deno.test("writeHead() writes what was decided, and nothing else about it", () => {
  const headers = [{ name: "X-A", value: "b" }, { name: "content-LENGTH", value: "9" }, { name: "Connection", value: "upgrade" }];
  assertEquals(
    latin1Text(writeHead(200, "OK", headers, plan(5, false, true, "close"))),
    "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
  );
  assertEquals(latin1Text(writeHead(299, "", [], plan(-1, true, true, ""))), "HTTP/1.1 299 \r\nTransfer-Encoding: chunked\r\n\r\n");
});

Deno.test("writeHead() lets nobody write lines of his own", () => {
  const write = (reason: string, name: string, value: string) => (): unknown =>
    writeHead(200, reason, [{ name, value }], plan(0, false, true, ""));
  for (const bad of ["a\r\nb", "a\nb", "a\rb", "a\0b"]) {
    assertThrows(write(bad, "x", "y"), TypeError);
    assertThrows(write("OK", "x", bad), TypeError);
    assertThrows(write("OK", bad, "y"), TypeError);
  }
  for (const bad of ["", "a b", "a:", "\xe9"]) assertThrows(write("OK", bad, "y"), TypeError);
});

Deno.test("writeChunk() writes the size in hexadecimal, and the last one without anything", () => {
  assertEquals(latin1Text(writeChunk(latin1Bytes("x".repeat(26)))), `1a\r\n${"x".repeat(26)}\r\n`);
  assertEquals(latin1Text(writeChunk(new Uint8Array())), "0\r\n\r\n");
});

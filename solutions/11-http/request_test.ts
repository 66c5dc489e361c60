import { assertEquals } from "@std/assert";
import { latin1Text } from "../../stack/wire/latin1.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { bodyOf, parseChunkSize, persists } from "./body.ts";
import { checkHost, parseHeaderLine, parseRequestLine } from "./request.ts";

const header = (name: string, value: string): { name: string; value: string } => ({ name, value });

Deno.test("parseRequestLine() reads the three parts", () => {
  assertEquals(parseRequestLine("GET /a?b=c HTTP/1.1"), { method: "GET", target: "/a?b=c", version: "1.1" });
  assertEquals(parseRequestLine("get http://h/ HTTP/1.0"), { method: "get", target: "http://h/", version: "1.0" });
  assertEquals(parseRequestLine("OPTIONS * HTTP/1.9"), { method: "OPTIONS", target: "*", version: "1.1" });
  assertEquals(parseRequestLine("CONNECT h:443 HTTP/1.1"), { method: "CONNECT", target: "h:443", version: "1.1" });
});

Deno.test("parseRequestLine() refuses what could be read in two ways", () => {
  for (
    const line of [
      "",
      "GET",
      "GET /",
      "GET / ",
      "GET  / HTTP/1.1",
      " GET / HTTP/1.1",
      "GET / HTTP/1.1 ",
      "GET\t/\tHTTP/1.1",
      "GET /a b HTTP/1.1",
      "GET / http/1.1",
      "GET / HTTP/1",
      "GET / HTTP/1.10",
      "GET / HTTP/11.1",
      "G(T / HTTP/1.1",
      "GET \xe9 HTTP/1.1",
      "GET /\x7f HTTP/1.1",
      "GET * HTTP/1.1",
      "GET a HTTP/1.1",
      "GET ftp://h/ HTTP/1.1",
      "GET / HTTP/1.1\n",
    ]
  ) assertEquals(parseRequestLine(line), "bad request line", line);
  for (const version of ["0.9", "2.0", "3.1"]) assertEquals(parseRequestLine(`GET / HTTP/${version}`), "unknown version");
});

Deno.test("parseHeaderLine() gives name and value, without what stands around them", () => {
  assertEquals(parseHeaderLine("Host: a"), header("host", "a"));
  assertEquals(parseHeaderLine("X-Y:\t a \t b\t "), header("x-y", "a \t b"));
  assertEquals(parseHeaderLine("x:"), header("x", ""));
  assertEquals(parseHeaderLine("x: \xe9:\x80"), header("x", "\xe9:\x80"));
});

Deno.test("parseHeaderLine() refuses names and values with what does not belong there", () => {
  for (
    const line of ["", "x", ":a", "x : a", "x\t: a", "a b: c", "(x): a", "\xe9: a", "x: \x00", "x: a\rb", "x: a\nb", "x: \x7f", "x: \x1f"]
  ) {
    assertEquals(parseHeaderLine(line), "bad header", line);
  }
  for (const line of [" x: a", "\tx: a", " "]) assertEquals(parseHeaderLine(line), "folded header", line);
});

Deno.test("parseHeaderLine() takes no longer for spaces than for letters", () => {
  const line = `x: a${" ".repeat(500_000)}b`;
  assertEquals((parseHeaderLine(line) as { value: string }).value.length, 500_002);
});

Deno.test("checkHost() wants one, where there must be one", () => {
  assertEquals([checkHost("1.1", []), checkHost("1.0", [])], ["no host", undefined]);
  for (const value of ["", "a", "a:80", "[::1]:80", "10.44.0.2"]) assertEquals(checkHost("1.1", [header("host", value)]), undefined, value);
  for (const value of ["a b", "a,b", "a/b", "u@h", "a?b", "a#b"]) {
    assertEquals(checkHost("1.0", [header("host", value)]), "bad host", value);
  }
  assertEquals(checkHost("1.0", [header("host", "a"), header("host", "a")]), "bad host");
});

Deno.test("bodyOf() says how long a body is, or that nobody can say", () => {
  const length = (...values: string[]): ReturnType<typeof bodyOf> => bodyOf("1.1", values.map((value) => header("content-length", value)));
  const coding = (...values: string[]): ReturnType<typeof bodyOf> =>
    bodyOf("1.1", values.map((value) => header("transfer-encoding", value)));
  assertEquals(bodyOf("1.1", []), { chunked: false, length: 0 });
  assertEquals([length("0"), length("007"), length("12345678")], [0, 7, 12_345_678].map((length) => ({ chunked: false, length })));
  for (const values of [[""], ["-1"], ["+1"], ["1.0"], ["0x10"], ["1e3"], ["1 2"], ["5, 5"], ["5", "5"], ["5", "6"], ["٣"]]) {
    assertEquals(length(...values), "bad length", values.join());
  }
  for (const values of [["chunked"], ["CHUNKED"], [" , chunked"], ["", "chunked,"]]) {
    assertEquals(coding(...values), { chunked: true, length: 0 }, values.join());
  }
  for (const values of [["gzip"], ["chunked, gzip"], ["chunked", "chunked"], ["chunked;q=1"], [""], ["xchunked"]]) {
    assertEquals(coding(...values), "bad coding", values.join());
  }
  assertEquals([coding("gzip, chunked"), coding("x", "chunked")], ["unknown coding", "unknown coding"]);
  const both = [header("content-length", "4"), header("transfer-encoding", "chunked")];
  assertEquals([bodyOf("1.1", both), bodyOf("1.0", both)], ["length and coding", "length and coding"]);
  assertEquals(bodyOf("1.0", both.slice(1)), "bad coding");
});

Deno.test("persists() goes by the version, and by what Connection says", () => {
  const says = (version: "1.0" | "1.1", ...values: string[]): boolean =>
    persists(version, values.map((value) => header("connection", value)));
  assertEquals([says("1.1"), says("1.0"), says("1.0", "Keep-Alive"), says("1.1", "Close")], [true, false, true, false]);
  assertEquals([says("1.1", "x, close"), says("1.1", "x", "close"), says("1.0", "keep-alive, close")], [false, false, false]);
  assertEquals([says("1.1", "closed"), says("1.0", "x,keep-alive")], [true, true]);
});

Deno.test("parseChunkSize() reads hexadecimal digits and passes over extensions", () => {
  assertEquals(["0", "00", "a", "1F", "ffffffffffff"].map(parseChunkSize), [0, 0, 10, 31, 2 ** 48 - 1]);
  assertEquals(["5;x", "5;x=y", "5 ;x", "5\t;", '5;a="b;c"'].map(parseChunkSize), [5, 5, 5, 5, 5]);
  for (const line of ["", " 5", "5 ", "0x5", "-5", "+5", "g", "5g", "5 x", ";x", "1000000000000f", "5,5"]) {
    assertEquals(parseChunkSize(line), "bad chunk", line);
  }
});

Deno.test("the lines' readers never throw, whatever they are given", () => {
  const random = createRandom(11);
  for (let i = 0; i < 100_000; i++) {
    const text = random.pick(["", "GET ", "Host: ", "5;", "HTTP/1.1"]) + latin1Text(random.bytes(random.int(0, 30)));
    for (const read of [parseRequestLine, parseHeaderLine, parseChunkSize]) read(text);
    bodyOf(random.pick(["1.0", "1.1"]), [header(random.pick(["content-length", "transfer-encoding"]), text)]);
    checkHost("1.1", [header("host", text)]);
    persists("1.1", [header("connection", text)]);
  }
});

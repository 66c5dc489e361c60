/** Public checks of planAnswer, writeHead and writeChunk. */
import type { AnswerPlan, HttpVersion } from "../../../stack/contract/http.ts";
import { latin1Text } from "../../../stack/wire/latin1.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { answersIn, header, word } from "./bench.ts";

type Asked = readonly [method: string, version: HttpVersion, persists: boolean, status: number, length: number];

/** The plan, as its four members. */
export function plan(contentLength: number, chunked: boolean, sendsBody: boolean, connection: AnswerPlan["connection"]): AnswerPlan {
  return { contentLength, chunked, sendsBody, connection };
}

/** Each of these answers must be planned so. */
export async function expectPlans(t: Trial, cases: readonly (readonly [asked: Asked, wanted: AnswerPlan])[]): Promise<void> {
  const outcomes = await t.many("http", "planAnswer", cases.map(([asked]) => asked));
  for (const [i, [[method, version, persists, status, length], wanted]] of cases.entries()) {
    const body = length < 0 ? "with a body of unknown length" : `with ${length} bytes`;
    const what = `the plan for ${status} ${body}, to a ${method} in ${version}, ${persists ? "which persists" : "which closes"}`;
    const { value, threw } = outcomes[i] as { value: unknown; threw?: string };
    t.fields(threw ?? value, { ...wanted }, what);
  }
}

/** What writeHead makes, as text. */
export async function headText(t: Trial, ...args: Parameters<Trial["http"]["writeHead"]>): Promise<string> {
  const bytes: unknown = await t.http.writeHead(...args);
  t.ok(bytes instanceof Uint8Array, "writeHead() returns bytes", `${typeof bytes}`);
  return latin1Text(bytes);
}

export const answerGroup: Readonly<Record<string, CheckSpec>> = {
  "known-length": {
    title: "a body whose length is known says so",
    kind: "table",
    weight: 2,
    covers: ["9112-6.3", "9112-9.3"],
    look: ["planAnswer"],
    why:
      "Then the client knows where this answer ends and the next begins. What becomes of the connection is said, too: close where we close, keep-alive where an old client " +
      "asked for it (RFC 9112 §9.3, §9.6).",
    hints: [
      "Two questions, one behind the other: where does the body end, and does the connection?",
      "With a length of 0 or more Content-Length is just that.",
      'connection: "close" if we close; else "keep-alive" in HTTP/1.0, and nothing in 1.1.',
    ],
    run: async (t: Trial) => {
      const length = t.random.int(1, 1_000_000);
      await expectPlans(t, [
        [["GET", "1.1", true, 200, length], plan(length, false, true, "")],
        [["POST", "1.1", false, 404, length], plan(length, false, true, "close")],
        [["GET", "1.0", true, 200, length], plan(length, false, true, "keep-alive")],
        [["GET", "1.0", false, 200, 0], plan(0, false, true, "close")],
        [["PUT", "1.1", true, 500, 0], plan(0, false, true, "")],
      ]);
    },
  },

  "unknown-length": {
    title: "one whose length is not known is chunked, or ends with us",
    kind: "table",
    weight: 2,
    covers: ["9112-6.3", "9112-7.1"],
    look: ["planAnswer"],
    why:
      "In HTTP/1.1 chunks say where such a body ends (RFC 9112 §7.1). HTTP/1.0 knows none: there the end of the connection is the end of the body, whatever the " +
      "client has asked for (§6.3, rule 8).",
    hints: [
      "length is −1. Which version is it?",
      "1.1: chunked. 1.0: neither length nor chunks, and the connection closes.",
      "So `connection` depends on this, too.",
    ],
    run: async (t: Trial) => {
      await expectPlans(t, [
        [["GET", "1.1", true, 200, -1], plan(-1, true, true, "")],
        [["GET", "1.1", false, 200, -1], plan(-1, true, true, "close")],
        [["GET", "1.0", true, 200, -1], plan(-1, false, true, "close")],
        [["GET", "1.0", false, 200, -1], plan(-1, false, true, "close")],
      ]);
    },
  },

  "head": {
    title: "the answer to a HEAD is that to a GET, without the body",
    kind: "table",
    covers: ["9110-9.3.2"],
    look: ["planAnswer"],
    why: "The client wants to know how long the page is, not to have it (RFC 9110 §9.3.2). A body would be taken for the next answer.",
    hints: [
      "What does Content-Length say, when no body is sent?",
      "The length that the body would have.",
      "Without a length there is nothing to say: no chunks, and no reason to close.",
    ],
    run: async (t: Trial) => {
      const length = t.random.int(1, 1_000_000);
      await expectPlans(t, [
        [["HEAD", "1.1", true, 200, length], plan(length, false, false, "")],
        [["HEAD", "1.1", true, 200, -1], plan(-1, false, false, "")],
        [["HEAD", "1.0", true, 404, length], plan(length, false, false, "keep-alive")],
        [["HEAD", "1.0", true, 200, -1], plan(-1, false, false, "keep-alive")],
        [["HEAD", "1.1", false, 200, 0], plan(0, false, false, "close")],
        [["head", "1.1", true, 200, length], plan(length, false, true, "")],
      ]);
    },
  },

  "bare": {
    title: "204 and 304 have no body, and 205 an empty one",
    kind: "table",
    weight: 2,
    covers: ["9110-8.6"],
    look: ["planAnswer"],
    why:
      "A client stops reading behind the head of a 204 or a 304, whatever that says (RFC 9112 §6.3, rule 1). A byte more would be the beginning of the next " +
      "answer. With 204 there must be no Content-Length either (RFC 9110 §8.6).",
    hints: [
      "What goes out behind the empty line?",
      "Nothing. And no line in the head that speaks of a body.",
      "205 is different: the client reads its body, so it has to be said that it is 0 bytes long (RFC 9110 §15.3.6).",
    ],
    run: async (t: Trial) => {
      const length = t.random.int(1, 1000);
      await expectPlans(t, [
        [["GET", "1.1", true, 204, 0], plan(-1, false, false, "")],
        [["POST", "1.1", true, 204, length], plan(-1, false, false, "")],
        [["GET", "1.0", true, 204, -1], plan(-1, false, false, "keep-alive")],
        [["GET", "1.1", false, 304, length], plan(-1, false, false, "close")],
        [["GET", "1.1", true, 304, -1], plan(-1, false, false, "")],
        [["GET", "1.1", true, 205, length], plan(0, false, false, "")],
        [["GET", "1.1", true, 203, length], plan(length, false, true, "")],
      ]);
    },
  },

  "head-text": {
    title: "status line, headers, what the plan says, an empty line",
    kind: "table",
    weight: 2,
    covers: ["9112-4", "9112-2.3"],
    look: ["writeHead"],
    why:
      "This is what the client reads (RFC 9112 §4, §5). The version is ours, HTTP/1.1, even where the client speaks 1.0; the reason is for people.",
    hints: [
      "How does each line end, and how the head?",
      "CR LF, and an empty line with CR LF.",
      "The space behind the status stays, even if the reason is empty.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [word(t.random), word(t.random)];
      const given = [header("X-A", a), header("x-b", `${b}; \xe9`)];
      const text = await headText(t, 200, "OK", given, plan(17, false, true, "close"));
      t.equal(text.split("\r\n", 1)[0], "HTTP/1.1 200 OK", "the status line");
      const [answer] = answersIn(t, `${text}${"x".repeat(17)}`, ["GET"]);
      const wanted = { "x-a": a, "x-b": `${b}; \xe9`, "content-length": "17", "connection": "close" };
      t.equal(Object.fromEntries(answer?.headers ?? []), wanted, "the headers");
      t.ok(text.indexOf("X-A:") < text.indexOf("x-b:"), "the headers in their order", JSON.stringify(text));
      const bare = await headText(t, 299, "", [], plan(-1, true, true, "keep-alive"));
      t.equal(bare.split("\r\n", 1)[0], "HTTP/1.1 299 ", "a status line without a reason");
      const lines = bare.split("\r\n").slice(1).map((line) => line.toLowerCase()).sort();
      t.equal(lines, ["", "", "connection: keep-alive", "transfer-encoding: chunked"], "the lines of the plan, and the end");
      const empty = await headText(t, 200, "OK", [], plan(0, false, true, ""));
      t.equal(empty, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "the head of an answer of 0 bytes");
      t.equal(
        (await headText(t, 204, "No Content", [], plan(-1, false, false, ""))).length,
        "HTTP/1.1 204 No Content\r\n\r\n".length,
        "bytes of a bare head",
      );
    },
  },

  "plan-alone": {
    title: "where the body ends is the plan's affair alone",
    kind: "table",
    covers: ["9112-6.3"],
    look: ["writeHead"],
    why:
      "An application that sets Content-Length itself, and wrongly, would make its own answers a riddle for the client, with two lengths in one head.",
    hints: [
      "Which three headers does the plan write?",
      "Content-Length, Transfer-Encoding, Connection: in any case of letters they are left out when they are given.",
      "Compare the name in small letters, and go on with the next header.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const given = [
        header("Content-Length", "1"),
        header("x", a),
        header("transfer-ENCODING", "chunked"),
        header("CONNECTION", "upgrade"),
      ];
      const text = await headText(t, 200, "OK", given, plan(9, false, true, ""));
      const [answer] = answersIn(t, `${text}123456789`, ["GET"]);
      t.equal(Object.fromEntries(answer?.headers ?? []), { "x": a, "content-length": "9" }, "the headers");
    },
  },

  "no-injection": {
    title: "nobody writes lines of his own into a head",
    kind: "table",
    weight: 2,
    covers: ["9110-5.5"],
    look: ["writeHead"],
    why:
      "An application puts a word of the client's into a header, a name or a path. If that has CR LF in it, the client writes headers, or a whole answer, for whoever shares " +
      "his cache (response splitting). A server must not pass it on (RFC 9110 §5.5).",
    hints: [
      "Which characters could end a line?",
      "CR, LF, and NUL for good measure: in a value, in the reason; and a name must be a token.",
      "throw new TypeError(...): this is the application's mistake, not the client's.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const breaks = [`${a}\r\nX: y`, `${a}\nX: y`, `${a}\rX: y`, `${a}\0`, "\r\n\r\n"];
      const tries = [
        ...breaks.map((value) => [200, "OK", [header("x", value)], plan(0, false, true, "")]),
        ...breaks.map((reason) => [200, reason, [], plan(0, false, true, "")]),
        ...[...breaks, "", `${a} ${a}`, `${a}:`, `${a}\xe9`].map((
          name,
        ) => [200, "OK", [header("a", a), header(name, "y")], plan(0, false, true, "")]),
      ];
      const outcomes = await t.many("http", "writeHead", tries);
      for (const [i, { threw }] of outcomes.entries()) {
        const [, reason, [one, other] = []] = tries[i] as [number, string, { name: string; value: string }[]];
        const bad = other ?? one;
        const what = bad === undefined
          ? `the reason ${JSON.stringify(reason)}`
          : `the header ${JSON.stringify(bad.name)}: ${JSON.stringify(bad.value)}`;
        t.ok(threw?.startsWith("TypeError") === true, `a TypeError for ${what}`, threw ?? "it was written");
      }
      const text = await headText(t, 200, "OK", [header("x", `${a} \t!`)], plan(0, false, true, ""));
      t.ok(text.includes(`${a} \t!\r\n`), "a value with spaces and tabs is written as it is", JSON.stringify(text));
    },
  },

  "chunk": {
    title: "a chunk is its size, its bytes, and CR LF",
    kind: "table",
    weight: 2,
    covers: ["9112-7.1"],
    look: ["writeChunk"],
    why:
      "The other direction of parseChunkSize. A chunk without bytes is the last one, and its empty trailer ends the body: so there is an empty line more " +
      "(RFC 9112 §7.1).",
    hints: [
      "Which base has the size?",
      "Sixteen: toString(16).",
      'For no bytes it all comes to "0\\r\\n\\r\\n".',
    ],
    run: async (t: Trial) => {
      for (const size of [1, 15, 16, t.random.int(17, 300), 4096]) {
        const bytes = t.random.bytes(size);
        const chunk: unknown = await t.http.writeChunk(bytes);
        t.ok(chunk instanceof Uint8Array, "writeChunk() returns bytes", `${typeof chunk}`);
        const text = latin1Text(chunk);
        const line = text.slice(0, text.indexOf("\r\n"));
        t.ok(
          /^[0-9a-fA-F]+$/.test(line) && parseInt(line, 16) === size,
          `the size of a chunk of ${size} bytes, in hexadecimal digits`,
          JSON.stringify(line),
        );
        t.equal(text.slice(line.length), `\r\n${latin1Text(bytes)}\r\n`, `what follows the size of a chunk of ${size} bytes`);
      }
      const last: unknown = await t.http.writeChunk(new Uint8Array());
      t.equal(last instanceof Uint8Array ? latin1Text(last) : last, "0\r\n\r\n", "the last chunk");
    },
  },
};

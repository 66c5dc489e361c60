/** Public checks of createRequestReader: requests out of a stream that was cut anywhere. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import {
  compareRequest,
  cutAnywhere,
  cutAt,
  expectCount,
  expectReject,
  expectRequest,
  feed,
  head,
  header,
  LIMITS,
  readAll,
  word,
} from "./bench.ts";

/** The topic of a request that was read when it came in one piece, and now comes in several. */
const IN_PIECES = {
  why:
    "In one piece it was read as it should be. TCP cuts anywhere, and the bytes are the same: what has come of a line, a body or a chunk is kept until the rest comes. " +
    "reader/any-cut tells more.",
  look: ["createRequestReader.push"],
};

/** The topic of a client that need not be told to go on. */
const NOBODY_WAITS = {
  why:
    "Nobody waits here: the head is not whole, or was refused; the client has gone on already, or never asked to be told; there is nothing to go on with; or it speaks HTTP/1.0, " +
    "which knows no 100. A 100 that a client does not expect may be taken for the answer.",
  look: ["createRequestReader.wantsContinue"],
};

export const readerGroup: Readonly<Record<string, CheckSpec>> = {
  "whole": {
    title: "a head that comes in one piece is a request",
    kind: "table",
    weight: 2,
    covers: ["9112-3", "9112-5"],
    look: ["createRequestReader.push", "createRequestReader.next", "persists"],
    why: "The simplest case: all lines are there, there is no body, and the empty line says that this was all (RFC 9112 §2.1).",
    hints: [
      "What comes behind the last header?",
      "An empty line: CR LF CR LF. Then the head is whole.",
      "Take line by line: the first is parseRequestLine's, the others parseHeaderLine's, until one is empty; then checkHost, bodyOf, persists.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [word(t.random), word(t.random)];
      const text = head(`GET /${a}?x HTTP/1.1`, `HOST: ${b}`, `X-${a}:  1:2 `);
      const headers = [header("host", b), header(`x-${a}`, "1:2")];
      await expectRequest(t, [text], { method: "GET", target: `/${a}?x`, version: "1.1", headers, persists: true, text: "" }, "a request");
      await expectRequest(
        t,
        [head(`X /${b} HTTP/1.0`)],
        { method: "X", target: `/${b}`, headers: [], persists: false, text: "" },
        "a request in 1.0",
      );
      await expectRequest(t, [head("GET / HTTP/1.1", "Host:", "Connection: close")], { persists: false, text: "" }, "one that is the last");
    },
  },

  "any-cut": {
    title: "it does not matter where TCP has cut",
    kind: "table",
    weight: 4,
    covers: ["9112-2.2"],
    look: ["createRequestReader.push"],
    why:
      "A segment ends where it ends: in the middle of a name, between CR and LF, between LF and the next CR. The bytes are the same, so the request " +
      "must be the same.",
    hints: [
      "What do you do with the rest of a piece in which no line ends?",
      "Keep it: `line` is there for that. The next piece goes on behind it.",
      "Append up to and with the LF; only when an LF was there, look at the line, and forget it.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [word(t.random), word(t.random)];
      const text = head(`PUT /${a} HTTP/1.1`, `Host: ${b}`, "Content-Length: 6") + "\r\nxyz\n";
      const wanted = { method: "PUT", target: `/${a}`, text: "\r\nxyz\n" };
      for (let at = 1; at < text.length; at++) {
        await expectRequest(t, cutAt(text, [at]), wanted, `a request that is cut behind byte ${at}, ${JSON.stringify(text[at - 1])}`);
      }
      t.tellAnew();
      await expectRequest(t, [...text], wanted, "a request that comes byte by byte");
    },
  },

  "length-body": {
    title: "so many bytes are the body, whatever they are",
    kind: "table",
    weight: 2,
    covers: ["9112-6.3"],
    look: ["createRequestReader.push"],
    why:
      "A body is bytes, not text: it may have lines in it, and NUL, and something that looks like a request. It is counted, and nothing else (RFC 9112 " +
      "§6.2).",
    hints: [
      "Do you look for lines in the body?",
      "Behind the empty line count: so many bytes are missing. Each piece makes it fewer.",
      "Math.min(what is missing, what has come) is yours; what follows is the next request's.",
    ],
    run: async (t: Trial) => {
      const body = `${head("GET / HTTP/1.1", "Host: x")}\x00\xff${word(t.random)}\r\n0\r\n\r\n`;
      const text = head("POST / HTTP/1.1", "Host: a", `Content-Length: ${body.length}`) + body;
      await expectRequest(t, [text], { method: "POST", text: body }, "a request with a body");
      await t.about(IN_PIECES, async () => {
        for (let i = 0; i < 5; i++) await expectRequest(t, cutAnywhere(t.random, text), { text: body }, "the same in pieces");
      });
    },
  },

  "chunked-body": {
    title: "chunks are put together",
    kind: "table",
    weight: 3,
    covers: ["9112-7.1", "9112-7.1.2"],
    look: ["createRequestReader.push", "parseChunkSize"],
    why:
      "A line with the size, so many bytes, CR LF, and again; a size of 0 is the last one. What comes then is the trailer: header lines, which are read " +
      "and thrown away, up to an empty one (RFC 9112 §7.1).",
    hints: [
      "Which stages does a chunked body go through?",
      "chunk size, chunk, chunk end, and again; after the 0: trailer, until an empty line.",
      "The trailer's lines are read like a head's, but don't get into `headers`.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [t.random.int(1, 30), t.random.int(31, 90)].map((count) => "ab\r\n\x00".repeat(20).slice(0, count)) as [
        string,
        string,
      ];
      const start = head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");
      const chunks = `${a.length.toString(16)}\r\n${a}\r\n00${b.length.toString(16).toUpperCase()};x=y\r\n${b}\r\n0\r\n`;
      const headers = [header("host", "h"), header("transfer-encoding", "chunked")];
      const wanted = { method: "POST", headers, text: a + b };
      await expectRequest(t, [`${start}${chunks}\r\n`], wanted, "a chunked request");
      await expectRequest(t, [`${start}${chunks}Digest: 1\r\nX:\r\n\r\n`], wanted, "the same with a trailer");
      await expectRequest(t, [`${start}0\r\n\r\n`], { text: "" }, "one with nothing in it");
      const text = `${start}${chunks}\r\n`;
      await t.about(IN_PIECES, async () => {
        for (let i = 0; i < 5; i++) await expectRequest(t, cutAnywhere(t.random, text), wanted, "a chunked request in pieces");
        await expectRequest(t, [...text], wanted, "a chunked request byte by byte");
      });
    },
  },

  "trailer": {
    title: "a trailer is read with the same eyes as a head",
    kind: "table",
    weight: 2,
    covers: ["9112-7.1.2"],
    look: ["createRequestReader.push"],
    why:
      "It is thrown away, but not unread: what stands there decides where the next request begins. Here a client has left out the empty line, and a trailer that " +
      "nobody looks at swallows its next request (RFC 9112 §7.1.2).",
    hints: [
      "What do you do with a line of the trailer?",
      "parseHeaderLine looks at it, and what that refuses is refused. What it gives is thrown away.",
      'A line that does not end with CR LF is a "bad line" here, as in the head: the chunks are over.',
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const start = `${head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")}1\r\nx\r\n0\r\n`;
      const headers = [header("host", "h"), header("transfer-encoding", "chunked")];
      await expectRequest(t, [`${start}${a}: 1\r\n\r\n`], { headers, text: "x" }, "a request with a trailer");
      await expectReject(t, [`${start}${head(`GET /${a} HTTP/1.1`, "Host: h")}`], "bad header", "a request where the trailer should be");
      await expectReject(t, [`${start}${a}: 1\n\r\n`], "bad line", "a trailer with a bare LF");
    },
  },

  "bad-chunks": {
    title: "a chunk that does not end where it said is refused",
    kind: "table",
    covers: ["9112-7.1"],
    look: ["createRequestReader.push"],
    why:
      "Behind a chunk's bytes stands CR LF. If something else does, then the size was wrong, or somebody wants us to believe that: what follows " +
      "cannot be trusted (RFC 9112 §7.1).",
    hints: [
      "What do you expect behind the last byte of a chunk?",
      "An empty line: nothing, CR, LF. It is a line of at most 0 bytes.",
      'Anything else is a "bad chunk"; and so is a line with LF alone.',
    ],
    run: async (t: Trial) => {
      const start = head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");
      const a = word(t.random);
      const size = a.length.toString(16);
      for (
        const chunks of [
          `${size}\r\n${a}x\r\n0\r\n\r\n`,
          `${size}\r\n${a}\n0\r\n\r\n`,
          `${size}\n${a}\r\n0\r\n\r\n`,
          `${size}\r\n${a}0\r\n\r\n\r\n`,
          `x\r\n${a}\r\n`,
        ]
      ) await expectReject(t, [start + chunks], "bad chunk", JSON.stringify(chunks));
    },
  },

  "pipelined": {
    title: "several requests in one piece are several requests",
    kind: "table",
    weight: 3,
    covers: ["9112-9.3.2"],
    look: ["createRequestReader.push", "createRequestReader.next"],
    why:
      "A client need not wait for one answer before it asks again (RFC 9112 §9.3.2). `push` takes no more than belongs to the request it is reading: " +
      "so a client can say as much as it likes, and we hold one request at a time.",
    hints: [
      "What does `push` return when two requests come in one piece?",
      "Where the first one ends. The rest comes again, once `next` has given the first.",
      "When `next` hands a request over, everything begins anew: stage, headers, counts.",
    ],
    run: async (t: Trial) => {
      const words = Array.from({ length: 4 }, () => word(t.random));
      const [a, b, c, d] = words as [string, string, string, string];
      const texts = [
        head(`GET /${a} HTTP/1.1`, `Host: ${a}`),
        head(`PUT /${b} HTTP/1.1`, `Host: ${b}`, "Content-Length: 3") + "abc",
        head(`PUT /${c} HTTP/1.1`, `Host: ${c}`, "Transfer-Encoding: chunked") + "1\r\nz\r\n0\r\n\r\n",
        head(`GET /${d} HTTP/1.1`, `Host: ${d}`),
      ];
      const bodies = ["", "abc", "z", ""];
      const all = texts.join("");
      for (const pieces of [[all], cutAnywhere(t.random, all), cutAnywhere(t.random, all, 20)]) {
        const found = await readAll(t, pieces);
        expectCount(t, found, 4);
        for (const [i, got] of found.entries()) {
          compareRequest(t, got, { target: `/${words[i]}`, text: bodies[i] ?? "" }, `request ${i + 1}`);
        }
      }
    },
  },

  "takes-its-own": {
    title: "push takes a request's bytes and not one more",
    kind: "table",
    covers: ["9112-9.3.2"],
    look: ["createRequestReader.push"],
    why:
      "What is behind a request may be the next one, or may never be looked at, because the connection closes. Whoever takes it has to keep it, and a " +
      "client decides how much that is.",
    hints: [
      "What do you return when a request ends in the middle of a piece?",
      "The offset behind its last byte.",
      "While a whole request waits to be fetched by `next`, it is 0.",
    ],
    run: async (t: Trial) => {
      const encode = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
      const first = head("POST / HTTP/1.1", "Host: h", "Content-Length: 4") + "body";
      const reader = await t.http.createRequestReader(LIMITS);
      t.equal(
        await reader.push(encode(`${first}GET /${word(t.random)}`), 0),
        first.length,
        "how much push() took of a request and what follows",
      );
      t.equal(await reader.push(encode("GET"), 0), 0, "how much it took while a whole request waits");
      compareRequest(t, await reader.next(0), { method: "POST", text: "body" }, "the request");
      t.equal(await reader.next(0), undefined, "the next request, of which nothing has come");
      t.equal(await reader.push(encode("GET"), 0), 3, "how much it took of the next one");
    },
  },

  "empty-line": {
    title: "one empty line before a request is passed over",
    kind: "table",
    covers: ["9112-2.2"],
    look: ["createRequestReader.push"],
    why: "Some clients send a CR LF too much behind a body. RFC 9112 §2.2 wants servers to pass over it; endless ones are another matter.",
    hints: [
      "What is the request line when it is empty?",
      "The first time: nothing happened. The second time: a bad request line.",
      "A boolean tells whether one was passed over; it is set back with each request.",
    ],
    run: async (t: Trial) => {
      const get = head("GET / HTTP/1.1", "Host: h");
      await expectRequest(t, [`\r\n${get}`], { method: "GET" }, "a request behind an empty line");
      await expectRequest(t, ["\r", "\n", get], { method: "GET" }, "the same in pieces");
      t.equal((await readAll(t, [`\r\n${get}\r\n${get}\r\n`])).length, 2, "requests with an empty line before each");
      await expectReject(t, [`\r\n\r\n${get}`], "bad request line", "a request behind two empty lines");
    },
  },

  "line-ends": {
    title: "a line ends with CR LF, and has no CR or NUL inside",
    kind: "table",
    weight: 2,
    covers: ["9112-2.2"],
    look: ["createRequestReader.push"],
    why:
      "To some readers a bare LF, or a bare CR, ends a line, and to others it is a character of it: one of them sees a header that the other does not (RFC " +
      "9112 §2.2).",
    hints: [
      "What stands before the LF?",
      'If it is no CR, it is a "bad line". And inside of the line there is none.',
      "Keep the line with its end until you have looked at both.",
    ],
    run: async (t: Trial) => {
      const a = word(t.random);
      const texts = [
        `GET / HTTP/1.1\nHost: h\n\n`,
        `GET / HTTP/1.1\r\nHost: h\nX: ${a}\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: h\rX: ${a}\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: h\r\n\n`,
        `GET / HTTP/1.1\r\nHost: h\r\nX: ${a}\r\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: h\r\nX: ${a}\x00\r\n\r\n`,
      ];
      for (const text of texts) await expectReject(t, [text], "bad line", JSON.stringify(text));
      for (const text of texts) await expectReject(t, [...text], "bad line", `${JSON.stringify(text)}, byte by byte`);
    },
  },

  "refuses-once": {
    title: "after a reject there is nothing more",
    kind: "table",
    weight: 2,
    covers: ["9112-11.2"],
    look: ["createRequestReader.next", "createRequestReader.push"],
    why:
      "When a request is wrong nobody knows where the next begins: what follows may be its body. So it is not looked at, and the server closes (RFC 9112 " +
      "§9.6).",
    hints: [
      "What does your reader do with bytes that come behind a request that was refused?",
      "It takes none of them, and gives the same reject again.",
      "Ask for the reject at the top of both methods.",
    ],
    run: async (t: Trial) => {
      const reader = await t.http.createRequestReader(LIMITS);
      const found = await feed(t, reader, head("GET / HTTP/1.1") + head("GET / HTTP/1.1", "Host: h"));
      t.equal<unknown>(found, ["no host"], "what came of a request without Host, and one behind it");
      t.equal(await reader.push(Uint8Array.from([71, 69, 84]), 0), 0, "how much of later bytes was taken");
      t.equal<unknown>([await reader.next(0), await reader.next(0)], ["no host", "no host"], "what next() gives later");
    },
  },

  "head-is-asked": {
    title: "the head is looked at as soon as it is whole",
    kind: "table",
    weight: 2,
    covers: ["9112-6.1", "9112-3.2"],
    look: ["createRequestReader.push", "bodyOf", "checkHost"],
    why: "A head that contradicts itself is refused before a byte of the body is read: for what the body is, nobody can say.",
    hints: [
      "Which functions look at the head as a whole?",
      "checkHost, and only then bodyOf. Each may give a reject.",
      "Both need the headers, with their names in small letters.",
    ],
    run: async (t: Trial) => {
      const lines = (...more: readonly string[]): string => head("POST / HTTP/1.1", "Host: h", ...more);
      await expectReject(t, [lines("Content-Length: 5", "Transfer-Encoding: chunked")], "length and coding", "both framings");
      await expectReject(t, [lines("Content-Length: 5", "Content-Length: 6")], "bad length", "two lengths");
      await expectReject(t, [lines("Transfer-Encoding: gzip, chunked")], "unknown coding", "a coding before chunked");
      await expectReject(t, [lines("Host: h")], "bad host", "two hosts");
      await expectReject(t, [head("POST / HTTP/1.1", "Content-Length: x")], "no host", "no host, and no length");
      await expectReject(t, [head("POST / HTTP/2.0", "Host: h")], "unknown version", "another version");
      await expectReject(t, [lines("X : y")], "bad header", "a space before the colon");
      await expectReject(t, [lines("X: y", " z")], "folded header", "a header in two lines");
    },
  },

  "continue": {
    title: "a client that waits is seen, once",
    kind: "table",
    covers: ["9110-10.1.1"],
    look: ["createRequestReader.wantsContinue"],
    why:
      "With `Expect: 100-continue` a client sends the head and waits: if we refuse, it has not sent a gigabyte for nothing. Somebody must tell it to go on, or " +
      "it waits in vain (RFC 9110 §10.1.1).",
    hints: [
      "When is the head whole, and the body not begun?",
      "In the stages body and chunk size, while nothing of the body has come.",
      "It is true once for each request: note that it was told.",
    ],
    run: async (t: Trial) => {
      const ask = async (...pieces: readonly string[]): Promise<boolean[]> => {
        const reader = await t.http.createRequestReader(LIMITS);
        for (const piece of pieces) await feed(t, reader, piece);
        return [await reader.wantsContinue(), await reader.wantsContinue()];
      };
      const put = head("PUT / HTTP/1.1", "Host: h", "Expect: 100-Continue", "Content-Length: 9");
      const chunked = head("PUT / HTTP/1.1", "Host: h", "expect: 100-continue", "Transfer-Encoding: chunked");
      t.equal(await ask(put), [true, false], "wantsContinue(), asked twice behind such a head");
      t.equal(await ask(chunked), [true, false], "the same with a chunked body");
      await t.about(NOBODY_WAITS, async () => {
        t.equal(await ask(put.slice(0, -1)), [false, false], "the same before the head is whole");
        t.equal(await ask(put, "x"), [false, false], "the same when the body has begun");
        t.equal(await ask(chunked, "5"), [false, false], "the same when a chunk's first line has begun");
        t.equal(await ask(put.replace("1.1", "1.0")), [false, false], "the same in HTTP/1.0");
        t.equal(await ask(put.replace("9\r", "0\r")), [false, false], "the same when there is no body");
        t.equal(await ask(put.replace("9\r", "99999\r")), [false, false], "the same when the body is refused");
        t.equal(await ask(put.replace("Expect", "X")), [false, false], "the same when it does not wait");
        t.equal(await ask(put.replace("100", "x-100")), [false, false], "the same when it expects something else");
        t.equal(await ask(`${put}123456789`, put.replace("Expect", "X")), [false, false], "the same when the request before has waited");
      });
    },
  },
};

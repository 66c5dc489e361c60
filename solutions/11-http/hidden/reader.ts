/** Hidden checks of the reader: random streams at random cuts, what must not be left over from one request to the next, and limits in odd places. */
import {
  compareRequest,
  cutAnywhere,
  expectCount,
  expectReject,
  expectRequest,
  feed,
  head,
  LIMITS,
  readAll,
  word,
} from "../../../labs/11-http/checks/bench.ts";
import { latin1Bytes } from "../../../stack/wire/latin1.ts";
import type { Random } from "../../../stack/wire/random.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** A request at random, as it is sent, and what it is. */
function draw(random: Random): { text: string; target: string; body: string } {
  const target = `/${word(random)}`;
  const body = String.fromCharCode(...random.bytes(random.int(0, 60)));
  const start = `PUT ${target} HTTP/1.1`;
  if (random.chance(0.5)) return { text: head(start, "Host: h", `Content-Length: ${body.length}`) + body, target, body };
  let chunks = "";
  for (let at = 0; at < body.length;) {
    const piece = body.slice(at, at + random.int(1, 30));
    chunks += `${piece.length.toString(16)}${random.pick(["", ";a", " ;a=b"])}\r\n${piece}\r\n`;
    at += piece.length;
  }
  return {
    text: head(start, "Host: h", "Transfer-Encoding: chunked") + `${chunks}0\r\n${random.pick(["", "T: 1\r\n"])}\r\n`,
    target,
    body,
  };
}

export const readerGroup: Readonly<Record<string, CheckSpec>> = {
  "random-streams": {
    title: "random requests behind one another, cut at random",
    kind: "table",
    weight: 3,
    covers: ["9112-2.2", "9112-9.3.2"],
    look: ["createRequestReader.push", "createRequestReader.next"],
    why: "What a reader is for: whatever was sent, however it was cut, exactly these requests come out.",
    hints: [
      "Which cut is it? The transcript shows the pieces.",
      "See reader/any-cut and reader/pipelined.",
      "What is left of a piece belongs to the next request, and begins a line.",
    ],
    run: async (t: Trial) => {
      for (let round = 0; round < 25; round++) {
        t.tellAnew();
        const drawn = Array.from({ length: t.random.int(1, 4) }, () => draw(t.random));
        const found = await readAll(t, cutAnywhere(t.random, drawn.map(({ text }) => text).join(""), t.random.int(0, 12)));
        expectCount(t, found, drawn.length);
        for (const [i, { target, body }] of drawn.entries()) compareRequest(t, found[i], { target, text: body }, `request ${i + 1}`);
      }
    },
  },

  "nothing-left": {
    title: "nothing of a request is left in the next one",
    kind: "table",
    weight: 2,
    covers: ["9112-9.3.2"],
    look: ["createRequestReader.next"],
    why: "Headers, bodies and the wish to close are one request's own. Left over, they are another user's.",
    hints: [
      "What does next() set back?",
      "Stage, headers, their count and bytes, the body, whether it waits, whether an empty line was passed over.",
      "Limits count for each request anew.",
    ],
    run: async (t: Trial) => {
      const many = Array.from({ length: LIMITS.headerCount - 3 }, (_, i) => `X-${i}: ${"y".repeat(20)}`);
      const first = head("PUT /1 HTTP/1.1", "Host: h", "Expect: 100-continue", "Content-Length: 5", ...many) + "12345";
      const second = head("GET /2 HTTP/1.1", "Host: h", ...many);
      const reader = await t.http.createRequestReader(LIMITS);
      const found = await feed(t, reader, `\r\n${first}\r\n${second}\r\n${second}`);
      expectCount(t, found, 3);
      compareRequest(t, found[0], { target: "/1", text: "12345" }, "the first request");
      for (const got of found.slice(1)) {
        compareRequest(t, got, { target: "/2", persists: true, text: "" }, "a later request");
        t.equal((got as { headers: readonly unknown[] }).headers.length, many.length + 1, "headers of a later request");
      }
      t.equal(await reader.wantsContinue(), false, "wantsContinue() at the end");
    },
  },

  "bodies-apart": {
    title: "the body of one request is not changed by the next",
    kind: "table",
    covers: ["9112-9.3.2"],
    look: ["createRequestReader.next"],
    why:
      "The application may hold a request while the next one is read. A body that lies in memory which is used again changes under its hands.",
    hints: [
      "Is the body a copy?",
      "GrowingBytes.take() hands over a copy; a subarray is none.",
      "Look at the first body again when the second was read.",
    ],
    run: async (t: Trial) => {
      const put = (body: string): string => head("PUT / HTTP/1.1", "Host: h", `Content-Length: ${body.length}`) + body;
      const [a, b] = [word(t.random).repeat(9), word(t.random).repeat(9)];
      const found = await readAll(t, [put(a), put(b), put(a)]);
      expectCount(t, found, 3);
      for (const [i, body] of [a, b, a].entries()) compareRequest(t, found[i], { text: body }, `request ${i + 1}`);
    },
  },

  "bad-trailer": {
    title: "a trailer is read with the same eyes as a head",
    kind: "table",
    covers: ["9112-7.1.2"],
    look: ["createRequestReader.push"],
    why: "It is thrown away, but not unread: what stands there decides where the next request begins.",
    hints: [
      "Which function reads the trailer's lines?",
      "parseHeaderLine, and its rejects count.",
      "A bare LF is a bad line there, too.",
    ],
    run: async (t: Trial) => {
      const start = `${head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")}1\r\nx\r\n0\r\n`;
      await expectReject(t, [`${start}a b: c\r\n\r\n`], "bad header", "a trailer with a space in its name");
      await expectReject(t, [`${start}a: b\r\n c\r\n\r\n`], "folded header", "a trailer in two lines");
      await expectReject(t, [`${start}a: b\n\r\n`], "bad line", "a trailer with a bare LF");
      await expectReject(t, [`${start}${head("GET / HTTP/1.1", "Host: h")}`], "bad header", "a request where the trailer should be");
    },
  },

  "good-then-bad": {
    title: "what was good before a reject stays good",
    kind: "table",
    covers: ["9112-11.2"],
    look: ["createRequestReader.push", "createRequestReader.next"],
    why: "The requests before the bad one were whole, and are answered; only from there on nothing is known any more.",
    hints: [
      "How many results come, and in which order?",
      "Two requests, and then the reject.",
      "push() does not look at what follows a whole request.",
    ],
    run: async (t: Trial) => {
      const good = head("PUT / HTTP/1.1", "Host: h", "Content-Length: 2") + "ab";
      const found = await readAll(t, cutAnywhere(t.random, `${good}${good}${head("GET / HTTP/1.1")}${good}`));
      t.equal(found.length, 3, "results");
      compareRequest(t, found[0], { text: "ab" }, "the first request");
      compareRequest(t, found[1], { text: "ab" }, "the second request");
      t.equal<unknown>(found[2], "no host", "the third result");
    },
  },

  "body-is-no-text": {
    title: "line ends, NUL and high bytes in chunks are just bytes",
    kind: "table",
    covers: ["9112-7.1"],
    look: ["createRequestReader.push"],
    why: "Inside of a chunk nothing has a meaning: the size decides.",
    hints: [
      "Do you look for a line end in a chunk?",
      "Only behind it.",
      "The body must have exactly the bytes that were sent.",
    ],
    run: async (t: Trial) => {
      const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
      const text = `${head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")}100\r\n${all}\r\n5\r\n0\r\n\r\n\r\n0\r\n\r\n`;
      await expectRequest(t, [text], { text: `${all}0\r\n\r\n` }, "a request");
      await expectRequest(t, [...text], { text: `${all}0\r\n\r\n` }, "the same byte by byte");
    },
  },

  "unfinished": {
    title: "half a request is nothing yet",
    kind: "table",
    covers: ["9112-2.2"],
    look: ["createRequestReader.next"],
    why: "One byte may be missing. Whoever answers before it has come answers something that was not asked.",
    hints: [
      "When is a request whole?",
      "Behind the last byte of its body, or the last LF.",
      "Undefined until then, however often next() is asked.",
    ],
    run: async (t: Trial) => {
      const whole = [
        head("GET / HTTP/1.1", "Host: h"),
        `${head("PUT / HTTP/1.1", "Host: h", "Content-Length: 3")}abc`,
        `${head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\n\r\n`,
      ];
      for (const text of whole) {
        const reader = await t.http.createRequestReader(LIMITS);
        for (const letter of text.slice(0, -1)) t.equal(await feed(t, reader, letter), [], "results before the last byte");
        t.equal((await feed(t, reader, text.slice(-1))).length, 1, "results with the last byte");
        t.equal(await reader.next(0), undefined, "next() when the request was taken");
      }
    },
  },
};

export const limitsGroup: Readonly<Record<string, CheckSpec>> = {
  "behind-trailer": {
    title: "a trailer's lines don't count for the next request",
    kind: "table",
    covers: ["6585-5", "9112-7.1.2"],
    look: ["createRequestReader.next"],
    why: "Head and trailer of one request have one limit together. The next request begins with nothing.",
    hints: [
      "What is set back when a chunked request is handed over?",
      "Bytes and number, those of the trailer included.",
      "See limits/anew and limits/trailer.",
    ],
    run: async (t: Trial) => {
      const start = head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");
      const used = "Host: h\r\nTransfer-Encoding: chunked\r\n".length;
      const text = `${start}0\r\nt: 12345\r\n\r\n`;
      const limits = { headerCount: 3, headers: used + 10 };
      const found = await readAll(t, cutAnywhere(t.random, `${text}${text}${text}${start}0\r\nt: 12345\r\nt: 6\r\n\r\n`), limits);
      t.equal(found.length, 4, "results");
      for (const [i, got] of found.slice(0, 3).entries()) compareRequest(t, got, { target: "/", text: "" }, `request ${i + 1}`);
      t.equal(
        ["too many headers", "headers too large"].includes(found[3] as string),
        true,
        "whether the fourth is refused for its trailer",
      );
    },
  },

  "chunk-end": {
    title: "what stands behind a chunk is not read for long",
    kind: "table",
    covers: ["9112-7.1"],
    look: ["createRequestReader.push"],
    why: "Behind the last byte of a chunk stands CR LF. Whatever else comes, two bytes are enough to know.",
    hints: [
      "How much do you read before you say that this is no CR LF?",
      "It is a line of at most 0 bytes, with 2 for its end: more of it is a bad chunk at once, without an LF.",
      "One method gives limit and reject for the line that is being read.",
    ],
    run: async (t: Trial) => {
      const start = `${head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked")}1\r\na`;
      await expectReject(t, [`${start}xxx`], "bad chunk", "three bytes behind a chunk");
      await expectReject(t, [`${start}\r`, "xx"], "bad chunk", "a CR and two bytes");
      await expectReject(t, [`${start}\n`], "bad chunk", "an LF alone");
      await expectReject(t, [`${start}\0\n`], "bad chunk", "a NUL and an LF");
    },
  },

  "no-end": {
    title: "lines without an end are refused, and take no memory",
    kind: "table",
    weight: 2,
    covers: ["9112-3", "6585-5"],
    look: ["createRequestReader.push"],
    why: "A megabyte of one line comes in pieces. The reader says no after a few hundred bytes, and takes nothing of what follows.",
    hints: [
      "Do you wait for the LF before you look at the length?",
      "Compare when bytes are added.",
      "After a reject push() returns 0.",
    ],
    run: async (t: Trial) => {
      const cases = [["", "request line too long"], ["GET / HTTP/1.1\r\n", "header too long"], [
        "GET / HTTP/1.1\r\nx:",
        "header too long",
      ]] as const;
      for (const [start, reject] of cases) {
        const reader = await t.http.createRequestReader(LIMITS);
        if (start !== "") await feed(t, reader, start);
        let taken = 0;
        for (let i = 0; i < 64; i++) taken += await reader.push(latin1Bytes("x".repeat(256)), 0);
        t.equal<unknown>(await reader.next(0), reject, `what comes of a line without an end behind ${JSON.stringify(start)}`);
        t.ok(taken <= 1024, "at most 1024 bytes taken of it", `${taken}`);
      }
    },
  },
};

export const timeGroup: Readonly<Record<string, CheckSpec>> = {
  "of-its-own": {
    title: "what waited starts its clock when it is taken",
    kind: "table",
    covers: ["9110-15.5.9", "9112-9.3.2"],
    look: ["createRequestReader.deadline", "createRequestReader.push"],
    why:
      "Two requests came in one piece. While the first is answered the second waits in the server's hands, and that is not its client's fault.",
    hints: [
      "From when on does the time of the second request count?",
      "From the push() that takes its first byte.",
      "What the first push() did not take has not come yet.",
    ],
    run: async (t: Trial) => {
      const get = head("GET / HTTP/1.1", "Host: h");
      const reader = await t.http.createRequestReader(LIMITS);
      await reader.push(latin1Bytes(get + get.slice(0, 9)), 100);
      t.equal(typeof await reader.next(100), "object", "what the first request is");
      t.equal(await reader.deadline(), Infinity, "deadline() when it was fetched");
      await reader.push(latin1Bytes(get.slice(0, 9)), 50_000);
      t.equal(await reader.deadline(), 50_000 + LIMITS.headTime, "deadline() behind the beginning of the second");
      await reader.push(latin1Bytes(get.slice(9)), 50_001);
      t.equal(typeof await reader.next(50_001), "object", "what the second request is");
    },
  },

  "at-once": {
    title: "what is whole is given, however late; what is late is over",
    kind: "table",
    covers: ["9110-15.5.9"],
    look: ["createRequestReader.next"],
    why: "The time is over when something is missing. A request that is there can be answered.",
    hints: [
      "Which does next() ask first: whole, or late?",
      "Whole.",
      'After "timed out" it stays so, even if the rest comes.',
    ],
    run: async (t: Trial) => {
      const put = head("PUT / HTTP/1.1", "Host: h", "Content-Length: 1");
      const late = await t.http.createRequestReader(LIMITS);
      await late.push(latin1Bytes(`${put}x`), 0);
      compareRequest(t, await late.next(LIMITS.requestTime * 2), { text: "x" }, "a request that is fetched late");
      const slow = await t.http.createRequestReader(LIMITS);
      await slow.push(latin1Bytes(put), 0);
      t.equal(await slow.deadline(), LIMITS.requestTime, "deadline() behind a head");
      t.equal<unknown>(await slow.next(LIMITS.requestTime + 1), "timed out", "next() behind its time");
      t.equal(await slow.push(latin1Bytes("x"), LIMITS.requestTime + 1), 0, "how much was taken then");
      t.equal<unknown>(await slow.next(0), "timed out", "next() later");
    },
  },
};

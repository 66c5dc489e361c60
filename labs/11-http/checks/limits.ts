/** Public checks of a reader's limits, in bytes and in time, and of statusOf. */
import type { HttpReject } from "../../../stack/contract/http.ts";
import { latin1Bytes } from "../../../stack/wire/latin1.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { cutAnywhere, expectReject, expectRequest, head, LIMITS, readAll, resultText, word } from "./bench.ts";

/** The topic of what is just not too much. */
const FITS = {
  why:
    "This is just as much as the limit allows, and only more is too much. What each limit counts stands at its name (stack/contract/http.ts#HttpLimits): a line counts " +
    "without its CR LF, all headers together with theirs, and the empty line is no header.",
  look: ["createRequestReader.push"],
};

/** What has just the limit must be read. */
async function expectFits(...args: Parameters<typeof expectRequest>): Promise<void> {
  await args[0].about(FITS, () => expectRequest(...args));
}

export const limitsGroup: Readonly<Record<string, CheckSpec>> = {
  "request-line": {
    title: "a request line has its limit, and one byte more is refused",
    kind: "table",
    weight: 2,
    covers: ["9112-3"],
    look: ["createRequestReader.push"],
    why:
      "A line whose end never comes would fill the memory. What is too long is refused as soon as that is sure, without waiting for its end (RFC 9112 §3: " +
      "414).",
    hints: [
      "How many bytes do you keep of a line that has no end?",
      "The limit counts without CR LF: so two more than that, at most.",
      "If what is kept and what is new, up to and with an LF, is more than limit + 2: refuse.",
    ],
    run: async (t: Trial) => {
      const requestLine = t.random.int(30, 150);
      const target = `/${"x".repeat(requestLine - "GET / HTTP/1.1".length)}`;
      const limits = { requestLine };
      const [fits, long] = [target, `${target}x`].map((each) => head(`GET ${each} HTTP/1.1`, "Host: h")) as [string, string];
      await expectFits(t, [fits], { target }, "a request whose line has just the limit", limits);
      await expectFits(t, cutAnywhere(t.random, fits), { target }, "the same in pieces", limits);
      await expectReject(t, [long], "request line too long", "one byte more", limits);
      await expectReject(t, cutAnywhere(t.random, long), "request line too long", "the same in pieces", limits);
      await expectReject(t, ["x".repeat(requestLine + 3)], "request line too long", "a line without an end", limits);
    },
  },

  "header-line": {
    title: "so has each header line",
    kind: "table",
    covers: ["6585-5"],
    look: ["createRequestReader.push"],
    why: "A single header of a gigabyte must cost no more than the limit, and one answer: 431 (RFC 6585 §5).",
    hints: [
      "See limits/request-line: the same, with another limit and another reject.",
      "Which limit counts depends on the stage.",
      "A header line may be shorter than this limit, and still be too much for all of them together.",
    ],
    run: async (t: Trial) => {
      const headerLine = t.random.int(30, 150);
      const limits = { headerLine };
      const lines = (more: number): string => head("GET / HTTP/1.1", "Host: h", `x:${"y".repeat(headerLine - 2 + more)}`);
      await expectFits(t, [lines(0)], { method: "GET" }, "a header line with just the limit", limits);
      await expectReject(t, [lines(1)], "header too long", "one byte more", limits);
      await expectReject(t, cutAnywhere(t.random, lines(1)), "header too long", "the same in pieces", limits);
      await expectReject(t, [lines(500).slice(0, -300)], "header too long", "a line without an end", limits);
    },
  },

  "headers": {
    title: "and all header lines together, with their ends",
    kind: "table",
    covers: ["6585-5"],
    look: ["createRequestReader.push"],
    why: "A hundred thousand short lines are a gigabyte, too. Each costs its bytes and the two of its end.",
    hints: [
      "Count: the length of each header line, and 2. The empty line at the end is none.",
      "A line may have what is left, less 2 for its end; or the limit for a line, where that is less. When nothing is left, that comes to −2: " +
      "but the empty line must still come through, so it is never less than 0.",
      'What is refused is "headers too large" where it is this limit that was less, and "header too long" where both are the same.',
    ],
    run: async (t: Trial) => {
      const one = "Host: h\r\n".length;
      const value = "y".repeat(t.random.int(20, 60));
      const line = `x: ${value}`;
      const count = t.random.int(3, 6);
      const limits = { headers: one + count * (line.length + 2), headerLine: 200 };
      const lines = (last: string): string => head("GET / HTTP/1.1", "Host: h", ...Array.from({ length: count - 1 }, () => line), last);
      const why =
        "These headers fill the limit to the last byte. Then nothing is left, and still the empty line must come through: it is no header.";
      await t.about(
        { why, look: ["createRequestReader.push"] },
        () => expectRequest(t, [lines(line)], { method: "GET" }, "headers with just the limit", limits),
      );
      await expectReject(t, [lines(`${line}y`)], "headers too large", "one byte more", limits);
      await expectReject(t, cutAnywhere(t.random, lines(`${line}y`)), "headers too large", "the same in pieces", limits);
      await expectReject(t, [lines(`${line}\r\nz:`)], "headers too large", "one line more", limits);
      const both = { headers: one + 22, headerLine: 20 };
      const last = (length: number): string => head("GET / HTTP/1.1", "Host: h", `x:${"y".repeat(length - 2)}`);
      await expectFits(t, [last(20)], { method: "GET" }, "a line with just both limits", both);
      await expectReject(t, [last(21)], "header too long", "one byte more than both", both);
    },
  },

  "anew": {
    title: "each request has its own limits",
    kind: "table",
    weight: 2,
    covers: ["6585-5", "9112-9.3.2"],
    look: ["createRequestReader.next"],
    why:
      "A browser asks a hundred times over one connection. Counts that go on from one request to the next refuse it in the middle of a page.",
    hints: [
      "What does next() set back when it hands a request over?",
      "The bytes of the headers and their number, too.",
      "And whether an empty line was passed over; its limits are those of the request that follows.",
    ],
    run: async (t: Trial) => {
      const lines = Array.from({ length: 7 }, () => `${word(t.random)}:`);
      const request = head("GET / HTTP/1.1", "Host: h", ...lines);
      const bytes = request.length - "GET / HTTP/1.1\r\n\r\n".length;
      const many = `${request}\r\n`.repeat(4);
      t.equal(
        (await readAll(t, [many], { headerCount: 8 })).map(resultText),
        asked(4),
        "four requests with as many headers as there may be",
      );
      t.equal((await readAll(t, [many], { headers: bytes })).map(resultText), asked(4), "four requests with just the limit of bytes");
    },
  },

  "trailer": {
    title: "the trailer counts with the head",
    kind: "table",
    covers: ["6585-5", "9112-7.1.2"],
    look: ["createRequestReader.push"],
    why: "A trailer without bounds is a head without bounds: its lines, and their bytes, are added to those of the head.",
    hints: [
      "Do the counts go on behind the body?",
      "Bytes and number of lines are those of head and trailer together.",
      "Set them back when the request is handed over, and not before.",
    ],
    run: async (t: Trial) => {
      const start = head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");
      const used = "Host: h\r\nTransfer-Encoding: chunked\r\n".length;
      const count = t.random.int(2, 6);
      const text = (lines: number): string => `${start}0\r\n${"t: 12345\r\n".repeat(lines)}\r\n`;
      await expectFits(t, [text(count)], { text: "" }, "a trailer that fills both limits", {
        headerCount: 2 + count,
        headers: used + 10 * count,
      });
      await expectReject(t, [text(count + 1)], "too many headers", "one line more", { headerCount: 2 + count });
      await expectReject(t, [text(count + 1)], "headers too large", "ten bytes more", { headers: used + 10 * count });
    },
  },

  "chunk-line": {
    title: "a line with a chunk's size has a limit, too",
    kind: "table",
    covers: ["9112-7.1"],
    look: ["createRequestReader.push"],
    why: "An extension of a gigabyte is passed over, but it has to be read first.",
    hints: [
      "How long may the line with the size be?",
      'As long as a header line. What is more is a "bad chunk".',
      "It is refused as soon as that is sure, with or without an LF, as all lines are.",
    ],
    run: async (t: Trial) => {
      const headerLine = t.random.int(40, 90);
      const start = head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");
      const text = (length: number): string => `${start}1;${"x".repeat(length - 2)}\r\na\r\n0\r\n\r\n`;
      await expectFits(t, [text(headerLine)], { text: "a" }, "an extension with just the limit", { headerLine });
      await expectReject(t, [text(headerLine + 1)], "bad chunk", "one byte more", { headerLine });
      await expectReject(t, [`${start}1;${"x".repeat(400)}`], "bad chunk", "one without an end", { headerLine });
    },
  },

  "header-count": {
    title: "and their number",
    kind: "table",
    covers: ["6585-5"],
    look: ["createRequestReader.push"],
    why: "Each header is an object in our memory, which costs more than its bytes.",
    hints: [
      "Count the lines, and look when one more is whole, before parseHeaderLine does.",
      'headerCount lines are allowed; the next is "too many headers".',
      "The empty line is no header.",
    ],
    run: async (t: Trial) => {
      const headerCount = t.random.int(3, 9);
      const lines = (count: number): string => head("GET / HTTP/1.1", "Host: h", ...Array.from({ length: count - 1 }, () => "x:"));
      await expectFits(t, [lines(headerCount)], { method: "GET" }, "as many headers as there may be", { headerCount });
      await expectReject(t, [lines(headerCount + 1)], "too many headers", "one more", { headerCount });
      const bad = lines(headerCount + 1).replace("x:\r\n\r\n", "x y\r\n\r\n");
      const why = "A line too many is refused for that, whatever it says: so the count comes first, and parseHeaderLine behind it.";
      await t.about(
        { why, look: ["createRequestReader.push"] },
        () => expectReject(t, [bad], "too many headers", "one more, which is none", { headerCount }),
      );
    },
  },

  "body": {
    title: "and the body, before it is read",
    kind: "table",
    weight: 2,
    covers: ["9110-15.5.14"],
    look: ["createRequestReader.push"],
    why: "The head says how much will come: if that is too much, 413 at once, instead of after a gigabyte (RFC 9110 §15.5.14).",
    hints: [
      "When do you know how long the body will be?",
      "At the end of the head. Compare before the first byte of it comes.",
      "Numbers of a hundred digits are no trouble: Number gives Infinity, and that is more than any limit.",
    ],
    run: async (t: Trial) => {
      const body = t.random.int(10, 500);
      const start = (length: number | string): string => head("PUT / HTTP/1.1", "Host: h", `Content-Length: ${length}`);
      await expectFits(t, [start(body) + "x".repeat(body)], { text: "x".repeat(body) }, "a body with just the limit", { body });
      for (const length of [body + 1, 2 ** 31, 2 ** 32 + 1, 2 ** 53, "9".repeat(70)]) {
        await expectReject(t, [start(length)], "body too large", `a body of ${length} bytes`, { body });
      }
    },
  },

  "chunks": {
    title: "and all chunks together",
    kind: "table",
    weight: 2,
    covers: ["9110-15.5.14", "9112-7.1"],
    look: ["createRequestReader.push"],
    why: "No head says how much is in the chunks. Each size is known before its bytes: add it to what is there, and compare.",
    hints: [
      "A chunk of the limit is allowed, and nothing behind it but the last.",
      "What the body has, and the new size: more than the limit?",
      "Ask when the size was read, before a byte of the chunk.",
    ],
    run: async (t: Trial) => {
      const [a, b] = [t.random.int(10, 200), t.random.int(10, 200)];
      const start = head("PUT / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked");
      const chunk = (size: number): string => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
      const limits = { body: a + b };
      await expectFits(
        t,
        [`${start}${chunk(a)}${chunk(b)}0\r\n\r\n`],
        { text: "x".repeat(a + b) },
        "chunks with just the limit",
        limits,
      );
      await expectReject(t, [`${start}${chunk(a)}${(b + 1).toString(16)}\r\n`], "body too large", "chunks with one byte more", limits);
      await expectReject(t, [`${start}ffffffffffff\r\n`], "body too large", "a chunk of 256 TiB", limits);
    },
  },
};

export const timeGroup: Readonly<Record<string, CheckSpec>> = {
  "head": {
    title: "a head has headTime from its first byte on",
    kind: "table",
    weight: 2,
    covers: ["9110-15.5.9"],
    look: ["createRequestReader.deadline", "createRequestReader.push", "createRequestReader.next"],
    why:
      "A client that sends one letter a minute (slowloris) holds a connection for hours; a few thousand of them hold them all. So the time counts from the " +
      "first byte, and no later byte makes it longer (RFC 9110 §15.5.9).",
    hints: [
      "When does the clock of a request begin to run?",
      "With its first byte. Before that, deadline() is Infinity: nothing has come, so nothing is late.",
      'next(now) is "timed out" when now has reached deadline(), and nothing is whole.',
    ],
    run: async (t: Trial) => {
      const began = t.random.int(1000, 100_000);
      const reader = await t.http.createRequestReader(LIMITS);
      t.equal(await reader.deadline(), Infinity, "deadline() before anything has come");
      t.equal(await reader.next(began), undefined, "next() before anything has come");
      await reader.push(latin1Bytes("GET / HT"), began);
      t.equal(await reader.deadline(), began + LIMITS.headTime, "deadline() after the first byte");
      await reader.push(latin1Bytes("TP/1.1\r\nHost: "), began + 3000);
      t.equal(await reader.deadline(), began + LIMITS.headTime, "deadline() after more of it");
      t.equal(await reader.next(began + LIMITS.headTime - 1), undefined, "next() just before that");
      t.equal<unknown>(await reader.next(began + LIMITS.headTime), "timed out", "next() at that time");
      const why =
        "Its time was up, so the request was refused. A reject is the last word: nothing of what comes later is taken, and no clock runs any more.";
      await t.about({ why, look: ["createRequestReader.next", "createRequestReader.push"] }, async () => {
        t.equal(await reader.deadline(), Infinity, "deadline() when all is over");
        t.equal(await reader.push(latin1Bytes("h\r\n\r\n"), began + LIMITS.headTime), 0, "how much of later bytes was taken");
      });
    },
  },

  "body": {
    title: "and the whole request requestTime",
    kind: "table",
    covers: ["9110-15.5.9"],
    look: ["createRequestReader.deadline", "createRequestReader.next"],
    why: "A body may take longer than a head, but not for ever. This time, too, counts from the request's first byte.",
    hints: [
      "What does deadline() say once the head is whole?",
      "The first byte's time and requestTime.",
      "A whole request that waits for next() is not late any more: Infinity.",
    ],
    run: async (t: Trial) => {
      const began = t.random.int(1000, 100_000);
      const reader = await t.http.createRequestReader(LIMITS);
      await reader.push(latin1Bytes("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab"), began);
      t.equal(await reader.deadline(), began + LIMITS.requestTime, "deadline() while the body comes");
      await reader.push(latin1Bytes("c"), began + 5000);
      t.equal(await reader.next(began + LIMITS.requestTime - 1), undefined, "next() just before that");
      await reader.push(latin1Bytes("d"), began + LIMITS.requestTime - 1);
      t.equal(await reader.deadline(), Infinity, "deadline() while a whole request waits");
      t.ok(typeof await reader.next(began + 1_000_000) === "object", "the request, however late it is fetched", "none");
      t.equal(await reader.deadline(), Infinity, "deadline() when it was fetched");
      await reader.push(latin1Bytes("G"), began + 2_000_000);
      t.equal(await reader.deadline(), began + 2_000_000 + LIMITS.headTime, "deadline() of the next request");
      t.equal<unknown>(await reader.next(began + 3_000_000), "timed out", "next() when its time is up");
    },
  },

  "empty-line": {
    title: "an empty line starts no clock",
    kind: "table",
    covers: ["9112-2.2", "9110-15.5.9"],
    look: ["createRequestReader.deadline", "createRequestReader.push"],
    why: "It belongs to no request. A client that sends one behind a body, and then thinks for a minute, is idle and not slow.",
    hints: [
      "What is deadline() behind an empty line?",
      "Infinity, as if it had not come.",
      "Its first byte, a CR, does start the clock: nobody knows what follows. Stop it again.",
    ],
    run: async (t: Trial) => {
      const began = t.random.int(100, 9000);
      const reader = await t.http.createRequestReader(LIMITS);
      await reader.push(latin1Bytes("\r"), began);
      t.equal(await reader.deadline(), began + LIMITS.headTime, "deadline() behind a CR");
      await reader.push(latin1Bytes("\n"), began + 1);
      t.equal(await reader.deadline(), Infinity, "deadline() behind an empty line");
      t.equal(await reader.next(began + 1_000_000), undefined, "next() long after it");
      await reader.push(latin1Bytes("G"), began + 2_000_000);
      t.equal(await reader.deadline(), began + 2_000_000 + LIMITS.headTime, "deadline() behind the first byte of a request");
    },
  },
};

/** What so many requests of the same kind come to. */
function asked(count: number): string[] {
  return Array.from({ length: count }, () => "a request: GET /, 0 bytes");
}

const STATUSES: Readonly<Record<HttpReject, number>> = {
  "bad request line": 400,
  "bad line": 400,
  "bad header": 400,
  "folded header": 400,
  "no host": 400,
  "bad host": 400,
  "bad length": 400,
  "length and coding": 400,
  "bad coding": 400,
  "bad chunk": 400,
  "timed out": 408,
  "body too large": 413,
  "request line too long": 414,
  "header too long": 431,
  "headers too large": 431,
  "too many headers": 431,
  "unknown coding": 501,
  "unknown version": 505,
};

export const statusGroup: Readonly<Record<string, CheckSpec>> = {
  "each": {
    title: "each reject has its status",
    kind: "table",
    covers: ["9110-15.5"],
    look: ["statusOf"],
    why:
      "The number tells a program what to do: try again (408), send less (413, 414, 431), speak another language (505), or give up (400). RFC 9110 §15.5 and " +
      "§15.6, RFC 6585 §5.",
    hints: [
      "Most of them are plainly wrong: 400.",
      "Time 408, body 413, request line 414, headers 431, coding 501, version 505.",
      "A switch with six cases, and 400 for the rest.",
    ],
    run: async (t: Trial) => {
      const rejects = t.random.shuffle(Object.keys(STATUSES)) as HttpReject[];
      const outcomes = await t.many("http", "statusOf", rejects.map((reject) => [reject]));
      for (const [i, reject] of rejects.entries()) {
        t.equal<unknown>(outcomes[i]?.threw ?? outcomes[i]?.value, STATUSES[reject], `the status for "${reject}"`);
      }
    },
  },
};

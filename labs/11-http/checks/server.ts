/** Public checks of a server with all of lab 11 in it, on the virtual wire. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import type { HttpReject } from "../../../stack/contract/http.ts";
import { answersIn, cutAnywhere, expectStatus, head, word } from "./bench.ts";
import { exchange, expectNumbers, get, lastGet, sentBy, SITE, site, told, visit } from "./server_bench.ts";

/** The topic of a request that was refused for the right reason. */
const NUMBER = {
  why: "It was refused for the right reason. But programs go by the number (RFC 9110 §15): status/each has all of them.",
  look: ["statusOf"],
};

export const serverGroup: Readonly<Record<string, CheckSpec>> = {
  "get": {
    title: "a client asks, and is answered",
    kind: "scenario",
    weight: 2,
    covers: ["9112-3", "9112-4"],
    look: ["createRequestReader.push", "parseHeaderLine", "writeHead", "planAnswer"],
    why:
      "All of the lab at once: bytes come over your TCP, become a request, and the answer goes back over the same connection, which stays open.",
    hints: [
      "Does the server answer at all? The ladder shows its segment.",
      "No answer: does reader/whole pass? A strange one: see answer/head-text.",
      "stack/http/connection.ts shows in which order your functions are called.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const a = word(t.random);
      const { text, ended } = await exchange(tcp, [get(`/tell/${a}`, `X-${a}: ${a}`)]);
      const [answer] = answersIn(t, text, ["GET"]);
      expectStatus(t, answer, 200, "the status");
      t.equal(answer?.body, told("GET", `/tell/${a}`, ["host: wall", `x-${a}: ${a}`]), "what the server says about the request");
      t.equal(ended, "not at all", "how the server ended the connection");
    },
  },

  "cut": {
    title: "a request in many segments is one request",
    kind: "scenario",
    weight: 2,
    covers: ["9112-2.2"],
    look: ["createRequestReader.push"],
    why: "TCP has no messages: what a client writes in one call may come in ten segments, and the server sees ten pieces.",
    hints: [
      "Does reader/any-cut pass?",
      "The server calls push() for each piece, and next() behind it.",
      "As long as nothing is whole, next() is undefined, and nothing is sent.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const a = word(t.random);
      const request = get(`/tell/${a}`);
      for (const pieces of [cutAnywhere(t.random, request), [...request]]) {
        const { text } = await exchange(tcp, pieces);
        t.equal(answersIn(t, text, ["GET"])[0]?.body, told("GET", `/tell/${a}`, ["host: wall"]), `the answer to ${pieces.length} segments`);
      }
    },
  },

  "pipelined": {
    title: "requests in one segment are answered in their order",
    kind: "scenario",
    weight: 3,
    covers: ["9112-9.3.2"],
    look: ["createRequestReader.push", "createRequestReader.next"],
    why:
      "The client tells the answers apart by nothing but their order (RFC 9112 §9.3.2). And by where each of them ends: HEAD and 204 in between show whether that is right.",
    hints: [
      "How many answers come? If one: what became of the rest of the segment?",
      "push() must not take more than the first request; the server gives it the rest again.",
      "If the answers run into one another: planAnswer for HEAD and 204.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const a = word(t.random);
      const requests = [
        get(`/tell/${a}`),
        head(`HEAD /bytes/50 HTTP/1.1`, "Host: wall"),
        head("POST /echo HTTP/1.1", "Host: wall", "Content-Length: 5") + "hello",
        get("/status/204"),
        get("/pieces/1500"),
        lastGet(`/nowhere/${a}`),
      ];
      const { text, ended } = await exchange(tcp, [requests.join("")]);
      const isOneForEach = text.split("HTTP/1.1 ").length - 1 === requests.length;
      const answers = await t.about(
        { look: isOneForEach ? ["planAnswer", "writeHead", "writeChunk"] : [] },
        () => answersIn(t, text, ["GET", "HEAD", "POST", "GET", "GET", "GET"]),
      );
      t.equal(answers.map(({ status }) => status), [200, 200, 200, 204, 200, 404], "the statuses");
      t.equal(answers[0]?.body, told("GET", `/tell/${a}`, ["host: wall"]), "the body of the first answer");
      t.equal(answers[1]?.headers.get("content-length"), "50", "the Content-Length of the answer to HEAD");
      t.equal(answers[2]?.body, "hello", "the body of the third answer");
      t.equal(answers[4]?.body.length, 1500, "bytes of the fifth answer");
      t.equal(answers[5]?.headers.get("connection"), "close", "Connection in the last answer");
      t.equal(ended, "FIN", "how the server ended the connection");
    },
  },

  "long-answer": {
    title: "a long answer arrives whole, by length and by chunks",
    kind: "scenario",
    weight: 2,
    covers: ["9112-6.3", "9112-7.1"],
    look: ["planAnswer", "writeHead", "writeChunk"],
    why:
      "20,000 bytes are a dozen segments, cut by your own TCP. Where they end is said by Content-Length, by the last chunk, or, to a client from 1996, by the FIN.",
    hints: [
      "Which of the three goes wrong?",
      "See answer/known-length, answer/chunk, answer/unknown-length.",
      "In HTTP/1.0 nothing may be in the body but the body: no sizes of chunks.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const count = t.random.int(10_000, 20_000);
      const old = head(`GET /pieces/${count} HTTP/1.0`, "Connection: keep-alive");
      for (
        const [what, request] of [["by length", lastGet(`/bytes/${count}`)], ["in chunks", lastGet(`/pieces/${count}`)], [
          "in HTTP/1.0",
          old,
        ]] as const
      ) {
        const { text, ended } = await exchange(tcp, [request]);
        const body = await t.about(sentBy(text), () => answersIn(t, text, ["GET"])[0]?.body ?? "");
        expectNumbers(t, body, count, what);
        t.equal(ended, "FIN", `how the server ended the connection, ${what}`);
      }
    },
  },

  "refuses": {
    title: "what is no request is refused by name, and is the last",
    kind: "scenario",
    weight: 3,
    covers: ["9112-11.2", "9112-9.6", "9110-15.5"],
    look: ["createRequestReader.push", "statusOf"],
    why: "One answer that says why, and then nothing more: what the client has sent behind it may be anything (RFC 9112 §9.6, §11.2).",
    hints: [
      "Is it refused, and is the status right?",
      "See status/each, and for each reject its own check of reader and limits.",
      "Two answers: your reader went on behind a reject. See reader/refuses-once.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const behind = get("/tell/behind");
      const post = (...lines: string[]): string => head("POST /echo HTTP/1.1", "Host: wall", ...lines);
      const cases: readonly (readonly [status: number, reject: HttpReject, request: string])[] = [
        [400, "length and coding", `${post("Content-Length: 6", "Transfer-Encoding: chunked")}0\r\n\r\n`],
        [400, "bad length", `${post("Content-Length: 0", "Content-Length: 6")}`],
        [400, "no host", head("GET / HTTP/1.1")],
        [400, "bad header", head("GET / HTTP/1.1", "Host : wall")],
        [400, "bad chunk", `${post("Transfer-Encoding: chunked")}x\r\n`],
        [413, "body too large", post("Content-Length: 5001")],
        [414, "request line too long", get(`/${"x".repeat(300)}`)],
        [431, "too many headers", get("/", ...Array.from({ length: 20 }, () => "x: y"))],
        [501, "unknown coding", post("Transfer-Encoding: gzip, chunked")],
        [505, "unknown version", head("GET / HTTP/2.0", "Host: wall")],
      ];
      for (const [status, reject, request] of cases) {
        const { text, ended } = await exchange(tcp, [request + behind]);
        const line = JSON.stringify(request.slice(0, 70));
        const [answer] = answersIn(t, text, ["GET"]);
        // The server writes the reject into its answer: so it is known which of the two is wrong, the reject or its number.
        if (answer?.body.trimEnd() === reject) await t.about(NUMBER, () => t.equal(answer.status, status, `the status for "${reject}"`));
        else expectStatus(t, answer, status, `the status for ${line}`);
        t.equal(answer?.headers.get("connection"), "close", `Connection in the answer to ${line}`);
        t.equal(ended, "FIN", `how the server ended the connection after ${line}`);
      }
    },
  },

  "slow": {
    title: "who is too slow is told, and who says nothing is left",
    kind: "scenario",
    weight: 2,
    covers: ["9110-15.5.9"],
    look: ["createRequestReader.deadline", "createRequestReader.next", "createRequestReader.push"],
    why:
      "Half a request for ever is an attack that needs one modem (slowloris). 408 says what happened, and the connection is free again; on an idle one there is " +
      "nothing to answer.",
    hints: [
      "After how long does the answer come? It is 3000 ms here, from the first byte on.",
      "Later bytes must not make it longer: see time/head.",
      "deadline() before the first byte is Infinity: then the server closes without a word.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const slow = await visit(tcp);
      const began = tcp.now;
      for (const piece of ["GE", "T / HT", "TP/1.1\r\nHo"]) {
        await slow.say(piece);
        await tcp.wait(900);
        t.equal(await slow.hear(), "", "what the server has said while there was time");
      }
      const text = await slow.hear(SITE.limits.headTime + began - tcp.now);
      expectStatus(t, answersIn(t, text, ["GET"])[0], 408, "the status, 3000 ms after the first byte");
      t.equal(slow.ended(), "FIN", "how the server ended the connection");
      const idle = await visit(tcp);
      t.equal(await idle.hear(SITE.idleTime), "", "what the server says to somebody who says nothing");
      t.equal(idle.ended(), "FIN", "how it ended his connection, after 5000 ms");
    },
  },

  "old": {
    title: "an old client is answered, and the connection closes",
    kind: "scenario",
    covers: ["9112-9.3", "9112-2.3"],
    look: ["persists", "planAnswer"],
    why:
      "HTTP/1.0 knows no Host, and one request for each connection, unless it asks for more. It is still spoken, by ab and by many scripts.",
    hints: [
      "Is it refused? HTTP/1.0 needs no Host.",
      "Does the connection stay open? persists() is false without keep-alive.",
      "With keep-alive the answer must say so, or the client closes.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const once = await exchange(tcp, [head("GET /tell HTTP/1.0")]);
      t.equal(answersIn(t, once.text, ["GET"])[0]?.body, told("GET", "/tell", [], 0, "1.0"), "the answer to HTTP/1.0");
      t.equal(once.ended, "FIN", "how the server ended the connection");
      const more = await exchange(tcp, [head("GET /tell HTTP/1.0", "Connection: Keep-Alive"), head("GET /echo HTTP/1.0")]);
      const answers = answersIn(t, more.text, ["GET", "GET"]);
      t.equal(answers.map(({ headers }) => headers.get("connection")), ["keep-alive", "close"], "Connection, in two answers");
    },
  },

  "continue": {
    title: "a client that waits is told to go on",
    kind: "scenario",
    covers: ["9110-10.1.1"],
    look: ["createRequestReader.wantsContinue", "parseHeaderLine"],
    why:
      "curl does it for every body of more than a megabyte; it waits for a second, and goes on without a word. Other clients wait for ever (RFC 9110 §10.1.1).",
    hints: [
      "Does the server say anything when the head is there?",
      "See reader/continue.",
      "If it is refused anyway, there is no 100, but the 413.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const put = (length: number): string => head("PUT /echo HTTP/1.1", "Host: wall", "Expect: 100-continue", `Content-Length: ${length}`);
      const client = await visit(tcp);
      await client.say(put(5));
      t.equal(await client.hear() || undefined, "HTTP/1.1 100 Continue\r\n\r\n", "what the server says to the head");
      await client.say("12345");
      const answers = answersIn(t, await client.hear(), ["PUT"]);
      t.equal(answers.map(({ status }) => status), [100, 200], "the statuses");
      t.equal(answers[1]?.body, "12345", "the body that came back");
      const refused = await exchange(tcp, [put(5001)]);
      expectStatus(t, answersIn(t, refused.text, ["GET"])[0], 413, "the status for too much");
    },
  },
};

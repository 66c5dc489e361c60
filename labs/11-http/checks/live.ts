/** Public live checks: clients on the kernel's TCP ask the server. */
import { latin1Bytes } from "../../../stack/wire/latin1.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { answersIn, cutAnywhere, expectStatus, head, word } from "./bench.ts";
import { browse, browsing, heardText, liveSite } from "./live_bench.ts";
import { expectNumbers, get, lastGet, sentBy, told } from "./server_bench.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "get": {
    title: "a client of the kernel's asks, and is answered",
    kind: "live",
    weight: 2,
    twin: "server/get",
    covers: ["9112-3", "9112-4"],
    look: ["createRequestReader.push", "parseHeaderLine", "writeHead"],
    why:
      "The question comes out of the kernel's socket, and the answer goes into it: from Ethernet's payload to the page, all layers but the application " +
      "are yours.",
    hints: [
      "Does server/get pass?",
      "The ladder shows what went over the wire. Is there an answer?",
      "The client waits for your FIN: Connection: close must be heeded.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const a = word(t.random);
      const [answer] = answersIn(t, await browse(t, station, [lastGet(`/tell/${a}`)]), ["GET"]);
      expectStatus(t, answer, 200, "the status");
      t.equal(answer?.body, told("GET", `/tell/${a}`, ["host: wall", "connection: close"]), "what the server says about the request");
      t.equal(answer?.headers.get("connection"), "close", "Connection");
    },
  },

  "cut": {
    title: "the kernel sends a request in pieces",
    kind: "live",
    weight: 2,
    twin: "server/cut",
    covers: ["9112-2.2"],
    look: ["createRequestReader.push"],
    why: "Each write of the client becomes a segment of its own here, with a pause before the next one.",
    hints: [
      "Does server/cut pass?",
      "Are the pieces put together in the right order, and none twice?",
      "push() returns how much it took: the server gives the rest again.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const a = word(t.random);
      const request = head(`POST /echo HTTP/1.1`, "Host: wall", "Connection: close", "Transfer-Encoding: chunked") +
        `5\r\n12345\r\n${a.length}\r\n${a}\r\n0\r\n\r\n`;
      const text = await browse(t, station, cutAnywhere(t.random, request, 8), { pause: 5 });
      t.equal(answersIn(t, text, ["POST"])[0]?.body, `12345${a}`, "what came back");
    },
  },

  "keep-alive": {
    title: "many requests, one connection",
    kind: "live",
    weight: 2,
    twin: "server/pipelined",
    covers: ["9112-9.3"],
    look: ["createRequestReader.push", "persists", "createRequestReader.next"],
    why:
      "A page has pictures. Without keep-alive each of them costs a handshake, a slow start and a TIME-WAIT; with it there is one SYN in the whole " +
      "ladder. Where answers are missing and the server waits for more, bytes of one request were taken along with another's (reader/takes-its-own).",
    hints: [
      "How many SYNs are in the ladder, and how many answers?",
      "After an answer the reader begins anew: nothing of the old request may be left.",
      "See reader/pipelined.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const words = Array.from({ length: 8 }, () => word(t.random));
      const pieces = words.map((each, i) => i === 7 ? lastGet(`/tell/${each}`) : get(`/tell/${each}`));
      const text = await browse(t, station, pieces, { pause: 2 }, "8 answers");
      const answers = answersIn(t, text, words.map(() => "GET"));
      t.equal(
        answers.map(({ body }) => body.split("\n")[0]),
        words.map((each) => `GET /tell/${each} 1.1`),
        "what was asked, by the answers",
      );
      const syns = station.tcp.segments(80).filter(({ flags, direction }) => flags === "SYN" && direction === "from kernel");
      t.equal(syns.length, 1, "SYNs of the client");
    },
  },

  "pipelined": {
    title: "the kernel sends twenty requests at once",
    kind: "live",
    weight: 2,
    twin: "server/pipelined",
    covers: ["9112-9.3.2"],
    look: ["createRequestReader.push", "createRequestReader.next"],
    why: "They come in a segment or two, cut where the MSS ends. The answers come in the same order, and each ends where it says.",
    hints: [
      "Does server/pipelined pass?",
      "How many answers are there?",
      "The cut between two segments may lie in the middle of a request.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const words = Array.from({ length: 20 }, () => word(t.random).repeat(t.random.int(1, 12)));
      const all = words.map((each, i) => i === 19 ? lastGet(`/tell/${each}`) : get(`/tell/${each}`)).join("");
      const answers = answersIn(t, await browse(t, station, [all], {}, "20 answers"), words.map(() => "GET"));
      t.equal(
        answers.map(({ body }) => body.split("\n")[0]),
        words.map((each) => `GET /tell/${each} 1.1`),
        "what was asked, by the answers",
      );
    },
  },

  "long-answer": {
    title: "the kernel gets 300,000 bytes, by length and by chunks",
    kind: "live",
    weight: 2,
    twin: "server/long-answer",
    covers: ["9112-6.3", "9112-7.1"],
    look: ["writeHead", "writeChunk"],
    why: "More than the send buffer holds, so the server writes as the client reads. Not one byte may be added, lost or doubled.",
    hints: [
      "How many bytes are there, and what is the difference?",
      "Sizes of chunks are hexadecimal, and each chunk has its own CR LF.",
      "See answer/chunk.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      for (const page of ["bytes", "pieces"]) {
        const text = await browse(t, station, [lastGet(`/${page}/300000`)]);
        const [answer] = await t.about(sentBy(text), () => answersIn(t, text, ["GET"]));
        expectNumbers(t, answer?.body ?? "", 300_000, `of /${page}`);
      }
    },
  },

  "upload": {
    title: "the kernel sends 50,000 bytes, and gets them back",
    kind: "live",
    covers: ["9112-6.3"],
    look: ["createRequestReader.push", "parseHeaderLine"],
    why: "A body of many segments, of bytes of any kind. It is put together in your reader, and comes back as it was.",
    hints: [
      "Does reader/length-body pass?",
      "Is what is missing counted down by what was taken, and not by what came?",
      "The body is bytes: nothing of it goes through text.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const body = String.fromCharCode(...t.random.bytes(50_000));
      const start = head("PUT /echo HTTP/1.1", "Host: wall", "Connection: close", `Content-Length: ${body.length}`);
      const [answer] = answersIn(t, await browse(t, station, [start + body]), ["PUT"]);
      expectStatus(t, answer, 200, "the status");
      t.equal(latin1Bytes(answer?.body ?? ""), latin1Bytes(body), "what came back");
    },
  },

  "smuggled": {
    title: "a smuggled request is not answered",
    kind: "live",
    weight: 2,
    twin: "server/refuses",
    covers: ["9112-11.2", "9112-9.6"],
    look: ["bodyOf", "createRequestReader.next"],
    why:
      "By its length this body is 44 bytes; by its chunks it is empty, and another request follows. There is one right answer: 400, and the end (RFC 9112 " +
      "§11.2).",
    hints: [
      "How many answers are there?",
      "One, with 400. Two: the second was to what somebody has smuggled in.",
      "See body/both and reader/refuses-once.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const inner = `0\r\n\r\n${get("/tell/secret")}`;
      const outer = head("POST /echo HTTP/1.1", "Host: wall", `Content-Length: ${inner.length}`, "Transfer-Encoding: chunked");
      const [answer, ...more] = answersIn(t, await browse(t, station, [outer + inner], {}, "one answer, 400"), ["POST"]);
      t.equal([answer?.status, more.length], [400, 0], "the status, and how many answers follow");
    },
  },

  "slow": {
    title: "the kernel is too slow, and is told",
    kind: "live",
    twin: "server/slow",
    covers: ["9110-15.5.9"],
    look: ["createRequestReader.deadline", "createRequestReader.next", "createRequestReader.push"],
    why: "This client sends a few letters, and then waits. 300 ms after the first of them its time is up.",
    hints: [
      "Does server/slow pass?",
      "The server asks deadline() how long it may wait, and next() then.",
      "See time/head.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t, { limits: { headTime: 300 } });
      const text = await browse(t, station, ["GET / ", "HTTP/1.1\r\nHost"], { pause: 50, quiet: 3000 });
      expectStatus(t, answersIn(t, text, ["GET"])[0], 408, "the status");
    },
  },

  "many": {
    title: "a dozen clients at once, each with its own answers",
    kind: "live",
    weight: 2,
    covers: ["9112-9.3.2"],
    look: ["createRequestReader.push"],
    why: "A reader for each connection: what one client has half said must not be in another's request.",
    hints: [
      "Do you keep anything outside of what createRequestReader makes?",
      "Each call of createRequestReader is for another connection.",
      "A regular expression with the flag g or y keeps a position between calls, too.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const words = Array.from({ length: 12 }, () => word(t.random));
      const clients = words.map((each) => {
        const text = get(`/tell/${each}`) +
          head("PUT /echo HTTP/1.1", "Host: wall", `Content-Length: ${each.length}`, "Connection: close") + each;
        return browsing(station, cutAnywhere(t.random, text), { pause: 3 });
      });
      for (const [i, client] of clients.entries()) {
        const answers = answersIn(t, heardText(t, await client), ["GET", "PUT"]);
        const each = words[i] as string;
        const said = answers.map(({ body }) => body.split("\n")[0]).join(" ⏎ ");
        t.equal(said, `GET /tell/${each} 1.1 ⏎ ${each}`, `the answers to client ${i + 1}`);
      }
    },
  },
};

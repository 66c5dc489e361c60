/** Hidden live checks: clients on the kernel's TCP. */
import { answersIn, cutAnywhere, head, word } from "../../../labs/11-http/checks/bench.ts";
import { browse, browsing, heardText, liveSite } from "../../../labs/11-http/checks/live_bench.ts";
import { expectNumbers, get, lastGet } from "../../../labs/11-http/checks/server_bench.ts";
import { latin1Bytes } from "../../../stack/wire/latin1.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "half-closed": {
    title: "the kernel has said all, and is still answered",
    kind: "live",
    weight: 2,
    covers: ["9112-9.6"],
    look: ["createRequestReader.push", "planAnswer"],
    why:
      "A client may end its half of the connection behind its last request. What it has asked is answered, all of it; then the server closes.",
    hints: [
      "How many answers come?",
      "The FIN says that nothing more is asked, not that nothing is wanted.",
      "The requests that came in one segment are still in the server's hands when the FIN is seen.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const words = Array.from({ length: 5 }, () => word(t.random));
      const client = await station.kernel.tcpClient({
        to: station.address,
        port: 80,
        send: latin1Bytes(words.map((each) => get(`/tell/${each}`)).join("")),
        shutdown: true,
        receive: { untilEnd: true },
      });
      const answers = answersIn(t, heardText(t, client), words.map(() => "GET"));
      t.equal(
        answers.map(({ body }) => body.split("\n")[0]),
        words.map((each) => `GET /tell/${each} 1.1`),
        "what was asked, by the answers",
      );
    },
  },

  "bare-between": {
    title: "HEAD, 204 and 304 between pages, for the kernel",
    kind: "live",
    weight: 2,
    covers: ["9110-9.3.2", "9110-8.6"],
    look: ["planAnswer", "writeHead"],
    why: "A byte too much behind one of these heads is the first byte of the next answer.",
    hints: [
      "Which answer begins at the wrong place?",
      "See answer/head and answer/bare.",
      "The plan's sendsBody says whether the server sends one.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const count = t.random.int(100, 3000);
      const targets = ["/status/204", `/bytes/${count}`, "/status/304", `/pieces/${count}`, "/status/205"];
      const requests = targets.flatMap((target) => [head(`HEAD ${target} HTTP/1.1`, "Host: wall"), get(target)]);
      const text = await browse(t, station, cutAnywhere(t.random, requests.join("") + lastGet("/tell"), 3), { pause: 3 });
      const answers = answersIn(t, text, [...targets.flatMap(() => ["HEAD", "GET"]), "GET"]);
      expectNumbers(t, answers[3]?.body ?? "", count, "by length");
      expectNumbers(t, answers[7]?.body ?? "", count, "in chunks");
      t.equal(answers[2]?.headers.get("content-length"), `${count}`, "Content-Length in the answer to HEAD");
      t.equal(answers[9]?.headers.get("content-length"), "0", "Content-Length with 205");
    },
  },

  "header-flood": {
    title: "a head that never ends is ended after its limit",
    kind: "live",
    weight: 2,
    covers: ["6585-5", "9112-9.6"],
    look: ["createRequestReader.push"],
    why:
      "The kernel sends ninety kilobytes of headers. The server reads its 32 KiB, says 431, and reads the rest away for a while, so that the answer is not lost by a " +
      "RST (RFC 9112 §9.6).",
    hints: [
      "Is it refused at all?",
      "See limits/headers and limits/no-end.",
      "What is taken after the reject is 0.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const line = `X-${word(t.random)}: ${"y".repeat(500)}\r\n`;
      const flood = `GET / HTTP/1.1\r\nHost: wall\r\n${line.repeat(180)}`;
      const { received } = await browsing(station, [flood]);
      const [answer] = answersIn(t, String.fromCharCode(...received), ["GET"]);
      t.equal(answer?.status, 431, "the status");
    },
  },

  "never-reads": {
    title: "a client that never reads is given up",
    kind: "live",
    covers: ["9112-9.6"],
    look: ["writeHead"],
    why:
      "It asks for a megabyte and reads nothing: its window fills, then our buffer, and there the server stands. After a while it resets the connection, and nothing is left.",
    hints: [
      "The server does it; your part is an answer that is no longer than it says.",
      "Does live/long-answer pass?",
      "See stack/http/connection.ts#HttpConnection.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t, { stallTime: 300 });
      const client = station.kernel.tcpClient({
        to: station.address,
        port: 80,
        receiveBuffer: 4096,
        send: latin1Bytes(get("/bytes/1000000")),
        pauseBeforeReading: 1200,
        receive: { untilEnd: true },
        quiet: 3000,
      });
      t.equal((await client).error, "ECONNRESET", "what the client sees when it reads at last");
      t.equal((await station.tcp.connections()).length, 0, "connections left in your table");
    },
  },

  "old-upload": {
    title: "an old client sends and gets 40,000 bytes",
    kind: "live",
    covers: ["9112-6.3", "9112-9.3"],
    look: ["bodyOf", "planAnswer"],
    why: "HTTP/1.0 with a Content-Length, and an answer that ends with the connection.",
    hints: [
      "Is the request refused? HTTP/1.0 needs no Host.",
      "Content-Length means the same in both versions.",
      "See answer/unknown-length.",
    ],
    run: async (t: Trial) => {
      const station = await liveSite(t);
      const body = "x".repeat(40_000);
      const put = head("PUT /echo HTTP/1.0", `Content-Length: ${body.length}`);
      const [echoed] = answersIn(t, await browse(t, station, [put, body]), ["PUT"]);
      t.equal(echoed?.body.length, body.length, "bytes that came back");
      const [page] = answersIn(t, await browse(t, station, [head("GET /pieces/40000 HTTP/1.0")]), ["GET"]);
      expectNumbers(t, page?.body ?? "", 40_000, "up to the end of the connection");
    },
  },
};

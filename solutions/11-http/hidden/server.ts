/** Hidden checks of a server, on the virtual wire. */
import { answersIn, cutAnywhere, head, word } from "../../../labs/11-http/checks/bench.ts";
import { exchange, get, lastGet, site, told, visit } from "../../../labs/11-http/checks/server_bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const serverGroup: Readonly<Record<string, CheckSpec>> = {
  "good-then-bad": {
    title: "good requests before a bad one are answered",
    kind: "scenario",
    weight: 2,
    covers: ["9112-9.3.2", "9112-11.2"],
    look: ["createRequestReader.push", "createRequestReader.next"],
    why: "All of them come in one segment. Two are right, the third is not, and nobody knows what the fourth is.",
    hints: [
      "How many answers come?",
      "200, 200, 400, and the end.",
      "See reader/pipelined and reader/refuses-once.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const a = word(t.random);
      const { text, ended } = await exchange(tcp, [
        get(`/tell/${a}`) + get("/bytes/10") + head("GET / HTTP/1.1", "Host: a", "Host: b") + get("/tell"),
      ]);
      const answers = answersIn(t, text, ["GET", "GET", "GET"]);
      t.equal(answers.map(({ status }) => status), [200, 200, 400], "the statuses");
      t.equal(ended, "FIN", "how the server ended the connection");
    },
  },

  "in-turns": {
    title: "two half requests don't mix",
    kind: "scenario",
    covers: ["9112-9.3.2"],
    look: ["createRequestReader.push"],
    why: "Their segments come in turns. Each connection has a reader of its own.",
    hints: [
      "Is there state outside of what createRequestReader makes?",
      "Everything belongs to the one reader.",
      "See live/many.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const words = [word(t.random), word(t.random)] as const;
      const clients = [await visit(tcp), await visit(tcp)] as const;
      const requests = words.map((each) => [...get(`/tell/${each}`)]);
      for (let i = 0; requests.some((letters) => i < letters.length); i++) {
        for (const [j, client] of clients.entries()) {
          const letter = requests[j]?.[i];
          if (letter !== undefined) await client.say(letter);
          await client.hear();
        }
      }
      for (const [j, client] of clients.entries()) {
        const [answer] = answersIn(t, await client.hear(), ["GET"]);
        t.equal(answer?.body, told("GET", `/tell/${words[j]}`, ["host: wall"]), `the answer to client ${j + 1}`);
      }
    },
  },

  "endless-chunks": {
    title: "a body that never ends is ended",
    kind: "scenario",
    covers: ["9110-15.5.14", "9112-9.6"],
    look: ["createRequestReader.push"],
    why: "Chunk after chunk, and no last one. At 5000 bytes the answer is 413, and what still comes is thrown away.",
    hints: [
      "Which limit is it?",
      "The body's, counted over all chunks.",
      "See limits/chunks.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const client = await visit(tcp);
      await client.say(head("PUT /echo HTTP/1.1", "Host: wall", "Transfer-Encoding: chunked"));
      const chunk = `3e8\r\n${"x".repeat(1000)}\r\n`;
      for (let i = 0; i < 5; i++) {
        await client.say(chunk);
        t.equal(await client.hear(), "", `what the server says to ${i + 1}000 bytes`);
      }
      await client.say(chunk);
      const [answer] = answersIn(t, await client.hear(), ["PUT"]);
      t.equal(answer?.status, 413, "the status");
      t.equal(client.ended(), "FIN", "how the server ended the connection");
    },
  },

  "trailers": {
    title: "requests behind trailers are found",
    kind: "scenario",
    covers: ["9112-7.1.2"],
    look: ["createRequestReader.push"],
    why: "The trailer ends with an empty line, as the head does; the next request begins right there.",
    hints: [
      "Where does a chunked request end?",
      "Behind the empty line that ends its trailer.",
      "See reader/chunked-body.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const put = (body: string): string =>
        head("PUT /echo HTTP/1.1", "Host: wall", "Transfer-Encoding: chunked") +
        `${body.length.toString(16)};e\r\n${body}\r\n0\r\nA: b\r\nC: d\r\n\r\n`;
      const bodies = [word(t.random), word(t.random).repeat(4), "\r\n0\r\n\r\n"];
      const { text } = await exchange(tcp, cutAnywhere(t.random, bodies.map(put).join("") + lastGet("/tell")));
      const answers = answersIn(t, text, ["PUT", "PUT", "PUT", "GET"]);
      t.equal(answers.slice(0, 3).map(({ body }) => body), bodies, "what came back");
      t.equal(answers[3]?.body, told("GET", "/tell", ["host: wall", "connection: close"]), "the answer to the last request");
    },
  },

  "absolute": {
    title: "a whole URL as target is passed on as it is",
    kind: "scenario",
    covers: ["9112-3.2"],
    look: ["parseRequestLine"],
    why: "Servers must take it (RFC 9112 §3.2.2), even if only proxies are meant to send it; and the version of the answer is ours.",
    hints: [
      "Is the target refused?",
      "http:// and https:// in any case are allowed.",
      "It is passed on unchanged.",
    ],
    run: async (t: Trial) => {
      const tcp = await site(t);
      const { text } = await exchange(tcp, [head("GET http://wall/x HTTP/1.1", "Host: wall"), head("OPTIONS * HTTP/1.1", "Host: wall")]);
      t.equal(answersIn(t, text, ["GET", "OPTIONS"]).map(({ status }) => status), [404, 404], "the statuses: the site has no such page");
    },
  },
};

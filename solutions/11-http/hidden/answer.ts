/** Hidden checks of answers: every kind of plan at once, and heads at random. */
import { expectPlans, headText, plan } from "../../../labs/11-http/checks/answer.ts";
import { answersIn, header, word } from "../../../labs/11-http/checks/bench.ts";
import type { AnswerPlan } from "../../../stack/contract/http.ts";
import { latin1Text } from "../../../stack/wire/latin1.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** What RFC 9112 §6.3 and §9.3 come to. */
function right(method: string, version: string, persists: boolean, status: number, length: number): AnswerPlan {
  const isHead = method === "HEAD";
  const hasNone = status === 204 || status === 304;
  const size = hasNone ? -1 : status === 205 ? 0 : length;
  const body = !isHead && !hasNone && status !== 205;
  const close = !persists || body && size < 0 && version === "1.0";
  return plan(size, body && size < 0 && version === "1.1", body, close ? "close" : version === "1.0" ? "keep-alive" : "");
}

export const answerGroup: Readonly<Record<string, CheckSpec>> = {
  "every-plan": {
    title: "every kind of answer to every kind of request",
    kind: "table",
    weight: 3,
    covers: ["9112-6.3", "9110-8.6", "9110-9.3.2"],
    look: ["planAnswer"],
    why: "Method, version, persistence, status and length are five questions, and each has its say.",
    hints: [
      "Which combination goes wrong? The report names it.",
      "HEAD to a 204, in 1.0, with an unknown length: no body, no length, no reason to close.",
      "First: is there a body? Then: who knows how long it is? Last: who closes?",
    ],
    run: async (t: Trial) => {
      const length = t.random.int(1, 99_999);
      const cases = ["GET", "HEAD", "POST"].flatMap((method) =>
        (["1.0", "1.1"] as const).flatMap((version) =>
          [true, false].flatMap((persists) =>
            [200, 204, 205, 304, 404, 500].flatMap((status) =>
              [-1, 0, length].map((size) => [method, version, persists, status, size] as const)
            )
          )
        )
      );
      await expectPlans(t, cases.map((asked) => [asked, right(...asked)]));
    },
  },

  "random-heads": {
    title: "heads at random are read as they were written",
    kind: "table",
    covers: ["9112-4", "9112-5"],
    look: ["writeHead"],
    why: "Any status, any reason, any headers that are allowed: what the client reads is what the application said.",
    hints: [
      "Is each header on a line of its own?",
      "Bytes from 0x80 are one byte each, not UTF-8.",
      "latin1Bytes makes a byte of each character.",
    ],
    run: async (t: Trial) => {
      for (let round = 0; round < 20; round++) {
        const status = t.random.pick([200, 201, 299, 404, 599]);
        const names = Array.from({ length: t.random.int(0, 6) }, (_, i) => `${word(t.random)}-${i}`);
        const headers = names.map((name) => header(name, `${word(t.random)}${t.random.pick(["", " \xff\x80", ":=;", "\ty"])}`));
        const length = t.random.int(0, 30);
        const text = await headText(t, status, t.random.pick(["", "OK", "It is so"]), headers, plan(length, false, true, ""));
        const [answer] = answersIn(t, text + "x".repeat(length), ["GET"]);
        const wanted = Object.fromEntries([...headers.map(({ name, value }) => [name, value]), ["content-length", `${length}`]]);
        t.equal(answer?.status, status, "the status");
        t.equal(Object.fromEntries(answer?.headers ?? []), wanted, "the headers");
      }
    },
  },

  "chunk-bytes": {
    title: "a chunk has its bytes as they are, however many",
    kind: "table",
    covers: ["9112-7.1"],
    look: ["writeChunk"],
    why: "Bytes of all kinds, and sizes where the number of digits changes.",
    hints: [
      "Does anything on the way make text of the bytes?",
      "Copy them.",
      "The size is that of the bytes, and not of the chunk.",
    ],
    run: async (t: Trial) => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      t.equal(latin1Text(await t.http.writeChunk(all)), `100\r\n${latin1Text(all)}\r\n`, "a chunk of all bytes");
      for (const size of [255, 4095, 65_536]) {
        const bytes = t.random.bytes(size);
        t.equal(
          latin1Text(await t.http.writeChunk(bytes)).length,
          size.toString(16).length + size + 4,
          `the length of a chunk of ${size} bytes`,
        );
      }
    },
  },
};

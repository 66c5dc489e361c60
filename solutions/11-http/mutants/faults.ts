/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "body-length",
    fault: "the length stays the text that it was",
    file: "body.ts",
    replace: "return { chunked: false, length: Number(length.value) };",
    by: "return { chunked: false, length: length.value as never };",
    caughtBy: "body/length",
  },
  {
    name: "body-chunked",
    fault: "a coding of chunked is no coding",
    file: "body.ts",
    replace: `return codings.length > 0 ? "unknown coding" : { chunked: true, length: 0 };`,
    by: `return codings.length > 0 ? "unknown coding" : { chunked: false, length: 0 };`,
    caughtBy: "body/chunked",
  },
  {
    name: "chunk-size",
    fault: "the size is read in decimal digits",
    file: "body.ts",
    replace: "return parseInt(digits, 16);",
    by: "return parseInt(digits, 10);",
    caughtBy: "chunk/size",
  },
  {
    name: "chunk-extension",
    fault: "a chunk with an extension is refused",
    file: "body.ts",
    replace: `line.length > digits.length && !line.includes(";")`,
    by: "line.length > digits.length",
    caughtBy: "chunk/extension",
  },
  {
    name: "answer-head-text",
    fault: "the head does not say that the body is chunked",
    file: "response.ts",
    replace: `  if (plan.chunked) text += "Transfer-Encoding: chunked\\r\\n";
`,
    by: "",
    caughtBy: "answer/head-text",
  },
  {
    name: "request-parts",
    fault: "method and target are exchanged in the record",
    file: "request.ts",
    replace: "return { method, target, version:",
    by: "return { method: target, target: method, version:",
    caughtBy: "request/parts",
  },
  {
    name: "request-characters",
    fault: "a target may have any character but white space in it",
    file: "request.ts",
    replace: "([!-~]+) HTTP",
    by: "(\\\\S+) HTTP",
    caughtBy: "request/characters",
  },
  {
    name: "limits-header-count",
    fault: "the last header that there may be is one too many",
    file: "reader.ts",
    replace: "if (this.#headerCount > this.#limits.headerCount)",
    by: "if (this.#headerCount >= this.#limits.headerCount)",
    caughtBy: "limits/header-count",
  },
  {
    name: "limits-body",
    fault: "the length that the head gives is compared with nothing",
    file: "reader.ts",
    replace: `    if (body.length > this.#limits.body) return this.#refuse("body too large");
`,
    by: "",
    caughtBy: "limits/body",
  },
  {
    name: "time-body",
    fault: "the head's time is the body's, too",
    file: "reader.ts",
    replace: "(isHead ? this.#limits.headTime : this.#limits.requestTime)",
    by: "this.#limits.headTime",
    caughtBy: "time/body",
  },
  {
    name: "reader-empty-line",
    fault: "an empty line before a request is a bad request line",
    file: "reader.ts",
    replace: `if (text === "" && !this.#passed) {`,
    by: `if (text === "" && this.#passed) {`,
    caughtBy: "reader/empty-line",
  },
  {
    name: "server-continue",
    fault: "a client is told to go on when it has gone on",
    file: "reader.ts",
    replace: "this.#body.length + this.#line.length === 0;",
    by: "this.#body.length + this.#line.length > 0;",
    caughtBy: "server/continue",
  },
  {
    name: "live-slow",
    fault: "nobody looks whether the time is up",
    file: "reader.ts",
    replace: `    if (now >= this.deadline()) this.#refuse("timed out");
`,
    by: "",
    caughtBy: "live/slow",
  },
  {
    name: "live-many",
    fault: "all readers keep their lines in the same place",
    file: "reader.ts",
    replace: `  readonly #line = new GrowingBytes();
`,
    by: `  static readonly lines = new GrowingBytes();
  readonly #line = Reader.lines;
`,
    caughtBy: "live/many",
  },
];

export default faults;

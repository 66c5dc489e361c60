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
];

export default faults;

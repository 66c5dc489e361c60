/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "request-parts",
    fault: "the version is 1.1, whatever stands there",
    file: "request.ts",
    replace: `version: minor === "0" ? "1.0" : "1.1"`,
    by: `version: "1.1"`,
    caughtBy: "request/parts",
  },
  {
    name: "request-characters",
    fault: "a target may begin with anything",
    file: "request.ts",
    replace: `  if (!isUsual && !isSpecial) return "bad request line";
`,
    by: "",
    caughtBy: "request/characters",
  },
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
];

export default faults;

/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "readiness-accept",
    fault: "a listening socket is ready whether somebody waits or not",
    file: "readiness.ts",
    replace: "return facts.waiting > 0 ? ACCEPT : 0;",
    by: "return ACCEPT;",
    caughtBy: "readiness/accept",
  },
  {
    name: "readiness-connecting",
    fault: "a connection that is still being opened is ready to be written",
    file: "readiness.ts",
    replace: `    case "connecting":
      return 0;`,
    by: `    case "connecting":
      return WRITE;`,
    caughtBy: "readiness/connecting",
  },
  {
    name: "readiness-connected",
    fault: "an open connection is not ready to be connected",
    file: "readiness.ts",
    replace: "return CONNECT | (facts.readable",
    by: "return (facts.readable",
    caughtBy: "readiness/connected",
  },
  {
    name: "readiness-read",
    fault: "a connection is ready to be read although nothing has come",
    file: "readiness.ts",
    replace: "(facts.readable > 0 || facts.ended ? READ : 0)",
    by: "READ",
    caughtBy: "readiness/read",
  },
  {
    name: "outcomes-done",
    fault: "connect says 1 when it worked, as accept does",
    file: "readiness.ts",
    replace: `(facts.role === "connected" ? 0 : "EAGAIN")`,
    by: `(facts.role === "connected" ? 1 : "EAGAIN")`,
    caughtBy: "outcomes/done",
  },
  {
    name: "outcomes-part-read",
    fault: "a read gives all that there is, however little was wanted",
    file: "readiness.ts",
    replace: "return Math.min(facts.readable, wanted);",
    by: "return facts.readable;",
    caughtBy: "outcomes/part-read",
  },
  {
    name: "outcomes-wrong-call",
    fault: "accept on a connection says EAGAIN",
    file: "readiness.ts",
    replace: `if (facts.role !== "listening") return "EINVAL";`,
    by: `if (facts.role !== "listening") return "EAGAIN";`,
    caughtBy: "outcomes/wrong-call",
  },
  {
    name: "echo-back",
    fault: "the whole scratch array goes back, not what was read into it",
    file: "echo_loop.ts",
    replace: "conversation.unsent.push(scratch.slice(0, read));",
    by: "conversation.unsent.push(scratch.slice());",
    caughtBy: "echo/back",
  },
];

export default faults;

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
    fault: "one byte is not enough to be read",
    file: "readiness.ts",
    replace: "facts.readable > 0 || facts.ended",
    by: "facts.readable > 1 || facts.ended",
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
  {
    name: "selector-nothing",
    fault: "where nothing is ready select gives an empty list",
    file: "selector.ts",
    replace: `return found.length > 0 || rung ? found : "EAGAIN";`,
    by: "return found.length > 0 || rung ? found : [];",
    caughtBy: "selector/nothing",
  },
  {
    name: "selector-not-any-more",
    fault: "what was ready once is ready for ever",
    file: "selector.ts",
    replace: "key.ready = key.interest & readinessOf(factsOf(key.channel));",
    by: "key.ready ||= key.interest & readinessOf(factsOf(key.channel));",
    caughtBy: "selector/not-any-more",
  },
  {
    name: "selector-attachment",
    fault: "the channel stands in the attachment's place",
    file: "selector.ts",
    replace: "const key = { channel, attachment, interest, ready: 0 };",
    by: "const key = { channel, attachment: channel as never, interest, ready: 0 };",
    caughtBy: "selector/attachment",
  },
  {
    name: "selector-registered-once",
    fault: "a channel that is registered again has a second key in place of its first",
    file: "selector.ts",
    replace: "if (keys.has(channel)) return false;",
    by: "",
    caughtBy: "selector/registered-once",
  },
  {
    name: "service-gave-up",
    fault: "the listening channel is closed when accept has failed",
    file: "echo_loop.ts",
    replace: `if (typeof channel === "string") return;`,
    by: `if (typeof channel === "string") return channel === "EAGAIN" ? undefined : drop(listener);`,
    caughtBy: "service/gave-up",
  },
];

export default faults;

/** Faults for the public checks that no mutant breaks: for their transcripts (docs/failures.md). They are too plain to be mutants. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

const faults: readonly Mutant[] = [
  {
    name: "send-room",
    fault: "it returns undefined in place of taken",
    file: "send_buffer.ts",
    replace: "    return taken;",
    by: "    return undefined;",
    caughtBy: "send/room",
  },
  {
    name: "send-copy-into",
    fault: "`this.#ring.reserve(this.#start, this.#end + taken);` is written `this.#ring.reserve(this.#start, this.#end - taken);`",
    file: "send_buffer.ts",
    replace: "    this.#ring.reserve(this.#start, this.#end + taken);",
    by: "    this.#ring.reserve(this.#start, this.#end - taken);",
    caughtBy: "send/copy-into",
  },
  {
    name: "piece-small-piece",
    fault: "less than a segment waits, whether something is in flight or not",
    file: "send_buffer.ts",
    replace: "if (this.#start < from && !limits.noDelay",
    by: "if (!limits.noDelay",
    caughtBy: "piece/small-piece",
  },
  {
    name: "backoff-advise",
    fault: "`this.#fired = 0;` is written `this.#fired = 1;`",
    file: "retransmission.ts",
    replace: "    this.#fired = 0;",
    by: "    this.#fired = 1;",
    caughtBy: "backoff/advise",
  },
  {
    name: "wire-text",
    fault: "it returns undefined in place of edge - announced >= Math.min(this.#capacity / 2, mss) ? edge : announced",
    file: "receive_buffer.ts",
    replace: "    return edge - announced >= Math.min(this.#capacity / 2, mss) ? edge : announced;",
    by: "    return undefined;",
    caughtBy: "wire/text",
  },
  {
    name: "ack-waits",
    fault: "it returns undefined in place of this.#deadline <= now",
    file: "acknowledger.ts",
    replace: "    return this.#deadline <= now;",
    by: "    return undefined;",
    caughtBy: "ack/waits",
  },
];

export default faults;

/**
 * When to acknowledge (RFC 9293 §3.8.6.3, RFC 5681 §4.2).
 *
 * An acknowledgment for each segment is half of all packets, and most of them say what the next one says better: acknowledgments are
 * cumulative, and if the application answers, the answer carries one for nothing. So it may wait a little. But not long,
 * because the peer measures round trips by it; and not for much, because acknowledgments are also what lets the peer send on:
 *
 *     full segment ─▶ wait       full segment ─▶ now: the second            small one ─▶ wait … delay ─▶ now
 *
 * What shows that something is missing or was missing is never delayed; whoever calls says "now" then.
 *
 * "It must go out" is stored as a time that has come: so there is one deadline, and nothing else to keep.
 */
import type { Acknowledger } from "../../stack/contract/buffers.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** Makes an acknowledger to which nothing has come. Throws a RangeError for a delay that RFC 9293 does not allow (MUST-40). */
export function createAcknowledger(delay: number): Acknowledger {
  if (!(delay >= 0 && delay < 500)) throw new RangeError(`Cannot delay acknowledgments by ${delay} ms: it must be less than 500`);
  return new DelayingAcknowledger(delay);
}

/** A class, because a host holds one for each connection: objects of a class share their methods, and so weigh little. */
class DelayingAcknowledger implements Acknowledger {
  readonly #delay: number;
  /** Bytes of text that came since the last acknowledgment. */
  #bytes = 0;
  /** When the next acknowledgment is due; Infinity when none is. */
  #deadline = Infinity;

  constructor(delay: number) {
    this.#delay = delay;
  }

  deadline(): number {
    return this.#deadline;
  }

  // The delay counts from the first segment that waits: later ones never move the deadline back.
  received(when: "now" | "later", length: number, mss: number, now: number): boolean {
    return todo("createAcknowledger.received", when, length, mss, now, this.#delay, this.#bytes);
  }

  sent(): void {
    return todo("createAcknowledger.sent");
  }
}

/**
 * The queues of a listening socket: the connections that it made and nobody has accepted yet.
 *
 *     SYN ──▶ half-open ── ACK of our SYN ──▶ established ──▶ accept()
 *             SYN-RECEIVED                    waiting
 *             at most `backlog`               at most `backlog`
 *
 * A listening socket never becomes a connection. It stays what it is, and makes one for each SYN: memory, for somebody
 * who has sent one packet and may be lying about who he is. So both queues have a bound, and when the second is full
 * the first takes nobody new: an application that does not accept makes its callers wait, not its host grow.
 */
import type { AcceptQueue } from "../../stack/contract/accept.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** Makes the empty queues of a socket with this `backlog`, 1 to 4096. What each method promises: stack/contract/accept.ts. */
export function createAcceptQueue<T>(backlog: number): AcceptQueue<T> {
  /**
   * A set keeps the order in which its members came, and lets go of any of them at once. Its front is slow when thousands before it were
   * deleted; at 4096 that does not show.
   */
  const opening = new Set<T>();
  const waiting = new Set<T>();

  return {
    admits(): boolean {
      return todo("createAcceptQueue.admits", backlog, opening, waiting);
    },

    halfOpen(connection): void {
      return todo("createAcceptQueue.halfOpen", connection, opening);
    },

    // Both answers are "not now": a full queue leaves the connection half-open, and the peer will say again that it heard us.
    established(connection): boolean {
      return todo("createAcceptQueue.established", connection, backlog, opening, waiting);
    },

    drop(connection): void {
      return todo("createAcceptQueue.drop", connection, opening, waiting);
    },

    accept(): T | undefined {
      return todo("createAcceptQueue.accept", waiting);
    },

    halfOpenCount(): number {
      return todo("createAcceptQueue.halfOpenCount", opening);
    },

    acceptCount(): number {
      return todo("createAcceptQueue.acceptCount", waiting);
    },

    all(): readonly T[] {
      return todo("createAcceptQueue.all", opening, waiting);
    },
  };
}

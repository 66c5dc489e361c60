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
      // region createAcceptQueue.admits
      return opening.size < backlog && waiting.size < backlog;
      // endregion
    },

    halfOpen(connection): void {
      // region createAcceptQueue.halfOpen
      opening.add(connection);
      // endregion
    },

    // Both answers are "not now": a full queue leaves the connection half-open, and the peer will say again that it heard us.
    established(connection): boolean {
      // region createAcceptQueue.established
      if (waiting.size >= backlog || !opening.delete(connection)) return false;
      waiting.add(connection);
      return true;
      // endregion
    },

    drop(connection): void {
      // region createAcceptQueue.drop
      opening.delete(connection);
      waiting.delete(connection);
      // endregion
    },

    accept(): T | undefined {
      // region createAcceptQueue.accept
      for (const oldest of waiting) {
        waiting.delete(oldest);
        return oldest;
      }
      return undefined;
      // endregion
    },

    halfOpenCount(): number {
      // region createAcceptQueue.halfOpenCount
      return opening.size;
      // endregion
    },

    acceptCount(): number {
      // region createAcceptQueue.acceptCount
      return waiting.size;
      // endregion
    },

    all(): readonly T[] {
      // region createAcceptQueue.all
      return [...opening, ...waiting];
      // endregion
    },
  };
}

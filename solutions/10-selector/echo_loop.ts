/**
 * An echo server in one loop. With a task for each connection the server's state is where each task stands: "reading", "writing the
 * rest". Here nobody stands anywhere, so the state is written down, one record for each connection, and the interest of its key follows from it:
 *
 *     READ     as long as the peer has not ended, and not too much is unsent
 *     WRITE    as long as something is unsent: and not a moment longer, as there is nearly always room
 *
 * What is written down besides: the rest of a write that found too little room. It goes out before anything that was read later.
 */
import type { Conversation, EchoCalls, EchoKey, EchoLimits, EchoLoop, Selector } from "../../stack/contract/selector.ts";
import { ACCEPT, READ, WRITE } from "../../stack/wire/readiness.ts";

/** Makes the server; it serves nobody yet. What each method promises: stack/contract/selector.ts. */
export function createEchoLoop<C extends object | number>(
  selector: Selector<C, Conversation | undefined>,
  calls: EchoCalls<C>,
  limits: EchoLimits,
): EchoLoop<C> {
  /** What is read comes here first, from every connection: whatever is kept is copied out of it. */
  const scratch = new Uint8Array(limits.chunk);
  const listeners: C[] = [];
  const count = { open: 0 };

  /** Sees to what is to be waited for, now that something was read or written; or to the end. */
  function settle({ channel }: EchoKey<C>, { unsentBytes, ended }: Conversation): void {
    // region createEchoLoop.settle
    if (ended && unsentBytes === 0) return drop(channel);
    const mayRead = !ended && unsentBytes < limits.unsent;
    selector.setInterest(channel, (mayRead ? READ : 0) | (unsentBytes > 0 ? WRITE : 0));
    // endregion
  }

  /** A connection is over, well or badly: it is cancelled and closed. There is room for another one. */
  function drop(gone: C): void {
    // region createEchoLoop.drop
    selector.cancel(gone);
    calls.close(gone);
    if (count.open-- === limits.connections) { for (const listener of listeners) selector.setInterest(listener, ACCEPT); }
    // endregion
  }

  const loop: EchoLoop<C> = {
    listen(listener): void {
      // region createEchoLoop.listen
      listeners.push(listener);
      selector.register(listener, ACCEPT, undefined);
      // endregion
    },

    turn(): boolean {
      // region createEchoLoop.turn
      const selected = selector.select(limits.keys);
      if (selected === "EAGAIN") return false;
      for (const key of selected) {
        if (key.ready & ACCEPT) loop.acceptable(key);
        // What is written makes room for what is read; and a connection that failed in writing has `ready` 0 by now.
        if (key.ready & WRITE) loop.writable(key);
        if (key.ready & READ) loop.readable(key);
      }
      return true;
      // endregion
    },

    // Somebody may give up before he is accepted: then `accept` fails, and who waits behind him is accepted in the next turn.
    acceptable({ channel: listener }): void {
      // region createEchoLoop.acceptable
      while (count.open < limits.connections) {
        const channel = calls.accept(listener);
        if (typeof channel === "string") return;
        selector.register(channel, READ, { unsent: [], unsentBytes: 0, ended: false });
        count.open++;
      }
      selector.setInterest(listener, 0);
      // endregion
    },

    // Once: whoever sends faster than we read must not keep the others waiting. If there is more, the key is given out again.
    readable(key): void {
      // region createEchoLoop.readable
      const { channel, attachment: conversation } = key;
      if (conversation === undefined) return;
      const read = calls.read(channel, scratch);
      if (read === "EAGAIN") return;
      if (typeof read === "string") return drop(channel);
      if (read === 0) conversation.ended = true;
      else {
        conversation.unsent.push(scratch.slice(0, read));
        conversation.unsentBytes += read;
      }
      loop.writable(key);
      // endregion
    },

    writable(key): void {
      // region createEchoLoop.writable
      const { channel, attachment: conversation } = key;
      if (conversation === undefined) return;
      const { unsent } = conversation;
      for (let piece = unsent[0]; piece !== undefined; piece = unsent[0]) {
        const written = calls.write(channel, piece);
        if (written === "EAGAIN") break;
        if (typeof written === "string") return drop(channel);
        conversation.unsentBytes -= written;
        if (written === piece.length) unsent.shift();
        else unsent[0] = piece.subarray(written);
      }
      settle(key, conversation);
      // endregion
    },

    connections(): number {
      // region createEchoLoop.connections
      return count.open;
      // endregion
    },
  };
  return loop;
}

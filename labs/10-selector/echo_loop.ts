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
import { todo } from "../../stack/wire/not_implemented.ts";

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
    return todo("createEchoLoop.settle", channel, unsentBytes, ended, selector, drop);
  }

  /** A connection is over, well or badly: it is cancelled and closed. There is room for another one. */
  function drop(gone: C): void {
    return todo("createEchoLoop.drop", gone, selector, calls, listeners, count);
  }

  const loop: EchoLoop<C> = {
    listen(listener): void {
      return todo("createEchoLoop.listen", listener, selector, listeners);
    },

    turn(): boolean {
      return todo("createEchoLoop.turn", selector);
    },

    // Somebody may give up before he is accepted: then `accept` fails, and who waits behind him is accepted in the next turn.
    acceptable({ channel: listener }): void {
      return todo("createEchoLoop.acceptable", listener, selector, calls, count);
    },

    // Once: whoever sends faster than we read must not keep the others waiting. If there is more, the key is given out again.
    readable(key): void {
      return todo("createEchoLoop.readable", key, calls, scratch, drop);
    },

    writable(key): void {
      return todo("createEchoLoop.writable", key, calls, settle, drop);
    },

    connections(): number {
      return todo("createEchoLoop.connections", count);
    },
  };
  return loop;
}

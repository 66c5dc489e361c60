/**
 * Edges, which nobody has to write: a selector that says what has *happened*, once, and the loop that can live with it (in Linux: epoll with EPOLLET).
 *
 *     level     "it is ready"          said as long as it is so; who has read a part is told again
 *     edge      "something came"       said once; whoever stops before EAGAIN is told no more
 *
 * The selector loses a line. The loop gains what that line did: it has to remember by itself who may go on, in `mayRead` and `mayWrite`, which only
 * EAGAIN makes false, and in a queue of its own, `busy`. Whoever stops before EAGAIN, out of fairness or since too much is unsent, has to come back to
 * it by himself.
 *
 *     select ──▶ mayRead, mayWrite ──▶ ┌────────┐
 *                                      │  busy  │ ──▶ served: writes, reads once, writes
 *              more to be done: back ─▶└────────┘         │ EAGAIN, or too much unsent: it waits for an edge
 *                                ▲────────────────────────┘
 */
import type { ChannelFacts, EchoCalls, EchoLimits, EdgeConversation, EdgeLoop, EdgeSelector, Key } from "../../stack/contract/selector.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** A key, as the selector writes it. */
type OwnKey<C, A> = { -readonly [Member in keyof Key<C, A>]: Key<C, A>[Member] };

/** Makes a selector of edges with no channel in it. */
export function createEdgeSelector<C extends object | number, A>(factsOf: (channel: C) => ChannelFacts): EdgeSelector<C, A> {
  const keys = new Map<C, OwnKey<C, A>>();
  /** Those to which something has happened that nobody was told of. */
  const news = new Set<OwnKey<C, A>>();

  return {
    register(channel, interest, attachment): boolean {
      return todo("createEdgeSelector.register", channel, interest, attachment, keys, news);
    },

    cancel(channel): boolean {
      return todo("createEdgeSelector.cancel", channel, keys, news);
    },

    changed(channel): void {
      return todo("createEdgeSelector.changed", channel, keys, news);
    },

    select(limit): readonly Key<C, A>[] | "EAGAIN" {
      return todo("createEdgeSelector.select", limit, factsOf, news);
    },
  };
}

/** Makes an echo server on a selector of edges; it serves nobody yet. */
export function createEdgeLoop<C extends object | number>(
  selector: EdgeSelector<C, EdgeConversation | undefined>,
  calls: EchoCalls<C>,
  limits: EchoLimits,
): EdgeLoop<C> {
  const scratch = new Uint8Array(limits.chunk);
  /** Listening channels on which `accept` has not said EAGAIN. */
  const doors = new Set<C>();
  /** Connections for which there is something to do, in the order in which it is their turn. */
  const busy = new Map<C, EdgeConversation>();
  const count = { open: 0 };

  /** A connection is over, well or badly: it is cancelled and closed. */
  function drop(over: C): void {
    return todo("createEdgeLoop.drop", over, selector, calls, count);
  }

  /** Accepts until it says EAGAIN, or there are too many. Nobody will say that the door is still open: it stays among `doors`. */
  function accept(door: C): void {
    return todo("createEdgeLoop.accept", door, selector, calls, doors, count);
  }

  /** Writes what it can, until EAGAIN. False when the connection broke. */
  function write(channel: C, conversation: EdgeConversation): boolean {
    return todo("createEdgeLoop.write", channel, conversation, calls);
  }

  /** Reads once, if it may. False when the connection broke. */
  function read(channel: C, conversation: EdgeConversation): boolean {
    return todo("createEdgeLoop.read", channel, conversation, calls, scratch, goesOn);
  }

  /** Whether there is more to be read, and place for it: then nobody else will say so. */
  function goesOn({ mayRead, ended, unsentBytes }: EdgeConversation): boolean {
    return todo("createEdgeLoop.goesOn", mayRead, ended, unsentBytes);
  }

  return {
    listen(listener): void {
      return todo("createEdgeLoop.listen", listener, selector);
    },

    turn(): boolean {
      return todo("createEdgeLoop.turn", selector, doors, busy, drop, accept, write, read, goesOn);
    },

    connections(): number {
      return todo("createEdgeLoop.connections", count);
    },
  };
}

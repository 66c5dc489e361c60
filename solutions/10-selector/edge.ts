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
import { ACCEPT, READ, WRITE } from "../../stack/wire/readiness.ts";
import { readinessOf } from "./readiness.ts";

/** A key, as the selector writes it. */
type OwnKey<C, A> = { -readonly [Member in keyof Key<C, A>]: Key<C, A>[Member] };

/** Makes a selector of edges with no channel in it. */
export function createEdgeSelector<C extends object | number, A>(factsOf: (channel: C) => ChannelFacts): EdgeSelector<C, A> {
  const keys = new Map<C, OwnKey<C, A>>();
  /** Those to which something has happened that nobody was told of. */
  const news = new Set<OwnKey<C, A>>();

  return {
    register(channel, interest, attachment): boolean {
      // region createEdgeSelector.register
      if (keys.has(channel)) return false;
      const key = { channel, attachment, interest, ready: 0 };
      keys.set(channel, key);
      news.add(key);
      return true;
      // endregion
    },

    cancel(channel): boolean {
      // region createEdgeSelector.cancel
      const key = keys.get(channel);
      if (key === undefined) return false;
      key.ready = 0;
      keys.delete(channel);
      news.delete(key);
      return true;
      // endregion
    },

    changed(channel): void {
      // region createEdgeSelector.changed
      const key = keys.get(channel);
      if (key !== undefined) news.add(key);
      // endregion
    },

    select(limit): readonly Key<C, A>[] | "EAGAIN" {
      // region createEdgeSelector.select
      const found: OwnKey<C, A>[] = [];
      for (const key of news) {
        if (found.length === limit) break;
        news.delete(key);
        key.ready = key.interest & readinessOf(factsOf(key.channel));
        if (key.ready !== 0) found.push(key);
      }
      return found.length > 0 ? found : "EAGAIN";
      // endregion
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
    // region createEdgeLoop.drop
    selector.cancel(over);
    calls.close(over);
    count.open--;
    // endregion
  }

  /** Accepts until it says EAGAIN, or there are too many. Nobody will say that the door is still open: it stays among `doors`. */
  function accept(door: C): void {
    // region createEdgeLoop.accept
    while (count.open < limits.connections) {
      const channel = calls.accept(door);
      if (channel === "EAGAIN") {
        doors.delete(door);
        return;
      }
      if (typeof channel === "string") continue; // a client gave up; behind him others may wait
      selector.register(channel, READ | WRITE, { unsent: [], unsentBytes: 0, ended: false, mayRead: false, mayWrite: false });
      count.open++;
    }
    // endregion
  }

  /** Writes what it can, until EAGAIN. False when the connection broke. */
  function write(channel: C, conversation: EdgeConversation): boolean {
    // region createEdgeLoop.write
    const { unsent } = conversation;
    for (let piece = unsent[0]; piece !== undefined && conversation.mayWrite; piece = unsent[0]) {
      const written = calls.write(channel, piece);
      if (written === "EAGAIN") conversation.mayWrite = false;
      else if (typeof written === "string") return false;
      else {
        conversation.unsentBytes -= written;
        if (written === piece.length) unsent.shift();
        else unsent[0] = piece.subarray(written);
      }
    }
    return true;
    // endregion
  }

  /** Reads once, if it may. False when the connection broke. */
  function read(channel: C, conversation: EdgeConversation): boolean {
    // region createEdgeLoop.read
    if (!goesOn(conversation)) return true;
    const got = calls.read(channel, scratch);
    if (got === "EAGAIN") conversation.mayRead = false;
    else if (typeof got === "string") return false;
    else if (got === 0) conversation.ended = true;
    else {
      conversation.unsent.push(scratch.slice(0, got));
      conversation.unsentBytes += got;
    }
    return true;
    // endregion
  }

  /** Whether there is more to be read, and place for it: then nobody else will say so. */
  function goesOn({ mayRead, ended, unsentBytes }: EdgeConversation): boolean {
    // region createEdgeLoop.goesOn
    return mayRead && !ended && unsentBytes < limits.unsent;
    // endregion
  }

  return {
    listen(listener): void {
      // region createEdgeLoop.listen
      selector.register(listener, ACCEPT, undefined);
      // endregion
    },

    turn(): boolean {
      // region createEdgeLoop.turn
      const selected = selector.select(limits.keys);
      for (const { channel, ready, attachment: conversation } of selected === "EAGAIN" ? [] : selected) {
        if (conversation === undefined) doors.add(channel);
        else {
          conversation.mayRead ||= (ready & READ) !== 0;
          conversation.mayWrite ||= (ready & WRITE) !== 0;
          busy.set(channel, conversation);
        }
      }
      if (selected === "EAGAIN" && busy.size === 0) return false;
      for (const [channel, conversation] of [...busy].slice(0, limits.keys)) {
        busy.delete(channel);
        const isWell = write(channel, conversation) && read(channel, conversation) && write(channel, conversation);
        if (!isWell || conversation.ended && conversation.unsentBytes === 0) drop(channel);
        else if (goesOn(conversation)) busy.set(channel, conversation); // behind all others
      }
      for (const door of doors) accept(door);
      return true;
      // endregion
    },

    connections(): number {
      // region createEdgeLoop.connections
      return count.open;
      // endregion
    },
  };
}

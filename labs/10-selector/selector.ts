/**
 * The selector: which of many channels are ready (in Linux: epoll).
 *
 * To ask all of ten thousand channels each time would cost ten thousand questions for one answer: that is what `select` and `poll` of old do.
 * But a channel becomes ready only when something happens to it, and whoever makes it happen can say so. So there is a queue of
 * *candidates*, and only they are asked:
 *
 *     registered, changed, another interest ──▶ ┌───────────────┐
 *                                               │  candidates   │ ──▶ asked: is it ready for what is waited for?
 *          yes: back to the end of the queue ──▶└───────────────┘       │ no: forgotten, until something happens to it
 *                     ▲                                                 ▼ yes
 *                     └─────────────────────────────────────────── given out
 *
 * That a ready one goes back into the queue makes the selector level-triggered: it is asked again, and forgotten only when a look finds that it
 * is not ready. That it goes to the *end* makes it fair.
 */
import type { ChannelFacts, Key, Selector } from "../../stack/contract/selector.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** A key, as the selector writes it. */
type OwnKey<C, A> = { -readonly [Member in keyof Key<C, A>]: Key<C, A>[Member] };

/** Makes a selector with no channel in it. What each method promises: stack/contract/selector.ts. */
export function createSelector<C extends object | number, A>(factsOf: (channel: C) => ChannelFacts): Selector<C, A> {
  /** The keys of all channels that are registered. */
  const keys = new Map<C, OwnKey<C, A>>();
  /** Those that may be ready. A Set keeps the order in which its members came, and has each of them once. */
  const candidates = new Set<OwnKey<C, A>>();
  /** Whether somebody has called `wakeup` since the last `select`. */
  const alarm = { rung: false };

  return {
    register(channel, interest, attachment): boolean {
      return todo("createSelector.register", channel, interest, attachment, keys, candidates);
    },

    setInterest(channel, interest): boolean {
      return todo("createSelector.setInterest", channel, interest, keys, candidates);
    },

    // Whoever is in the middle of a list of keys sees by `ready` that this one is over.
    cancel(channel): boolean {
      return todo("createSelector.cancel", channel, keys, candidates);
    },

    changed(channel): void {
      return todo("createSelector.changed", channel, keys, candidates);
    },

    select(limit): readonly Key<C, A>[] | "EAGAIN" {
      return todo("createSelector.select", limit, factsOf, candidates, alarm);
    },

    wakeup(): void {
      return todo("createSelector.wakeup", alarm);
    },

    size(): number {
      return todo("createSelector.size", keys);
    },
  };
}

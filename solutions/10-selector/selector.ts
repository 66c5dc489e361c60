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
import { readinessOf } from "./readiness.ts";

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
      // region createSelector.register
      if (keys.has(channel)) return false;
      const key = { channel, attachment, interest, ready: 0 };
      keys.set(channel, key);
      candidates.add(key);
      return true;
      // endregion
    },

    setInterest(channel, interest): boolean {
      // region createSelector.setInterest
      const key = keys.get(channel);
      if (key === undefined) return false;
      key.interest = interest;
      candidates.add(key);
      return true;
      // endregion
    },

    // Whoever is in the middle of a list of keys sees by `ready` that this one is over.
    cancel(channel): boolean {
      // region createSelector.cancel
      const key = keys.get(channel);
      if (key === undefined) return false;
      key.ready = 0;
      keys.delete(channel);
      candidates.delete(key);
      return true;
      // endregion
    },

    changed(channel): void {
      // region createSelector.changed
      const key = keys.get(channel);
      if (key !== undefined) candidates.add(key);
      // endregion
    },

    select(limit): readonly Key<C, A>[] | "EAGAIN" {
      // region createSelector.select
      const found: OwnKey<C, A>[] = [];
      let left = candidates.size;
      for (const key of candidates) {
        // Those that go back into the queue are met again at its end: they are for the next time.
        if (left-- === 0 || found.length === limit) break;
        candidates.delete(key);
        key.ready = key.interest & readinessOf(factsOf(key.channel));
        if (key.ready === 0) continue;
        candidates.add(key);
        found.push(key);
      }
      const { rung } = alarm;
      alarm.rung = false;
      return found.length > 0 || rung ? found : "EAGAIN";
      // endregion
    },

    wakeup(): void {
      // region createSelector.wakeup
      alarm.rung = true;
      // endregion
    },

    size(): number {
      // region createSelector.size
      return keys.size;
      // endregion
    },
  };
}

/**
 * What a channel is ready for, and what a call on it comes to: the same rules, looked at from two sides. A channel is *ready* for a call when
 * that would not answer EAGAIN. It does not follow that the call succeeds, or that all of what one wants to write finds room.
 *
 *     READ       ┌ bytes            → how many, as far as they are wanted
 *                ├ it broke         → the code, once everything that came before is read
 *                └ the peer's end   → 0
 *     WRITE      ┌ it broke, shut   → the code
 *                └ room             → how many, as far as there is room
 *     CONNECT    ┌ it broke         → the code
 *                └ connected        → 0
 *     ACCEPT     ┌ it broke         → the code
 *                └ somebody waits   → 1
 *
 * EAGAIN is what is left when none of it is so. It is no error: nothing is wrong, only nothing has come yet. And it is not 0, which says that
 * nothing *will* come. (POSIX.1-2017: read, write, accept, connect, poll.)
 */
import type { ChannelFacts, Outcome } from "../../stack/contract/selector.ts";
import { ACCEPT, CONNECT, READ, WRITE } from "../../stack/wire/readiness.ts";

/** What a channel is ready for: bits, added. A channel that broke is ready for everything. */
export function readinessOf(facts: ChannelFacts): number {
  // region readinessOf
  if (facts.failure !== undefined) return ACCEPT | CONNECT | READ | WRITE;
  switch (facts.role) {
    case "listening":
      return facts.waiting > 0 ? ACCEPT : 0;
    case "connecting":
      return 0;
    case "connected":
      return CONNECT | (facts.readable > 0 || facts.ended ? READ : 0) | (facts.room > 0 || facts.shut ? WRITE : 0);
  }
  // endregion
}

/** What accepting comes to: 1, "EAGAIN", or why it fails. */
export function acceptOutcome(facts: ChannelFacts): Outcome {
  // region acceptOutcome
  if (facts.role !== "listening") return "EINVAL";
  return facts.failure ?? (facts.waiting > 0 ? 1 : "EAGAIN");
  // endregion
}

/** What connecting has come to: 0 when there is a connection, "EAGAIN" while there may yet be one, or why there is none. */
export function connectOutcome(facts: ChannelFacts): Outcome {
  // region connectOutcome
  if (facts.role === "listening") return "EINVAL";
  return facts.failure ?? (facts.role === "connected" ? 0 : "EAGAIN");
  // endregion
}

/** What reading up to `wanted` bytes comes to: how many; 0 at the end; "EAGAIN"; or why it fails. */
export function readOutcome(facts: ChannelFacts, wanted: number): Outcome {
  // region readOutcome
  if (facts.role === "listening") return "ENOTCONN";
  // What came before the connection broke is the program's.
  if (facts.readable > 0) return Math.min(facts.readable, wanted);
  return facts.failure ?? (facts.ended ? 0 : "EAGAIN");
  // endregion
}

/** What writing `wanted` bytes comes to: how many of them; "EAGAIN"; or why it fails. */
export function writeOutcome(facts: ChannelFacts, wanted: number): Outcome {
  // region writeOutcome
  if (facts.role === "listening") return "ENOTCONN";
  if (facts.failure !== undefined) return facts.failure;
  if (facts.shut) return "EPIPE";
  return facts.room > 0 ? Math.min(facts.room, wanted) : "EAGAIN";
  // endregion
}

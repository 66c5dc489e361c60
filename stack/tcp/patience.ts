/** When a connection is given up because the application says how long, or how often. Where it says nothing, R2 counts (RFC 9293 §3.8.3). */
import type { ConnectionOptions } from "./options.ts";

/** When the user timeout is over, if there is one; the peer owes something since `owedSince`. */
export function patienceEnds({ userTimeout }: ConnectionOptions, owedSince: number): number {
  return userTimeout > 0 ? owedSince + userTimeout : Infinity;
}

/** Whether a SYN that was sent again `retries` times, and first `elapsed` milliseconds ago, will not be answered any more. */
export function hasCalledEnough({ synRetries, userTimeout, openR2 }: ConnectionOptions, retries: number, elapsed: number): boolean {
  return synRetries > 0 ? retries >= synRetries : userTimeout === 0 && elapsed >= openR2;
}

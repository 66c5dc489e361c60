/** How long is waited for an acknowledgment; and when a connection is given up: R2 (RFC 9293 §3.8.3), or what the application says, how long or how often. */
import type { RetransmissionOptions } from "../contract/buffers.ts";
import type { ConnectionOptions } from "./options.ts";

/** The longest retransmission timeout, in milliseconds. */
const LONGEST_TIMEOUT = 120_000;

/** Connections that share their options share these, too. */
const known = new WeakMap<ConnectionOptions, RetransmissionOptions>();

/** What lab 06's timer is to be like. */
export function retransmissionOptions(options: ConnectionOptions): RetransmissionOptions {
  let found = known.get(options);
  if (found === undefined) {
    const { leastTimeout, r1, r2 } = options;
    known.set(options, found = { initial: 1000, least: leastTimeout, most: LONGEST_TIMEOUT, granularity: 1, r1, r2 });
  }
  return found;
}

/** When the user timeout is over, if there is one; the peer owes something since `owedSince`. */
export function patienceEnds({ userTimeout }: ConnectionOptions, owedSince: number): number {
  return userTimeout > 0 ? owedSince + userTimeout : Infinity;
}

/** Whether a SYN that was sent again `retries` times, and first `elapsed` milliseconds ago, will not be answered any more. */
export function hasCalledEnough({ synRetries, userTimeout, openR2 }: ConnectionOptions, retries: number, elapsed: number): boolean {
  return synRetries > 0 ? retries >= synRetries : userTimeout === 0 && elapsed >= openR2;
}

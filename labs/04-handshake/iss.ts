/**
 * The initial sequence number: where the numbers of a connection begin (RFC 9293 §3.4.1, RFC 6528).
 *
 * Two dangers pull at it. A segment of an earlier connection between the same ports may still be under way, so the numbers
 * must move on with time and not begin again where they were: hence a clock. And whoever knows our number can
 * send in the name of our peer without ever seeing an answer: hence a secret.
 *
 *     ISS = M + F(local address, local port, remote address, remote port, secret)
 *
 * M is the same clock for all connections, F moves each pair of addresses to a place of its own on the circle of 2³² numbers. A
 * stranger sees the numbers of his own connections, and learns nothing from them about anybody else's.
 */
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { todo } from "../../stack/wire/not_implemented.ts";
import type { Seq } from "../../stack/wire/seq.ts";

/** Ticks of M in a millisecond: one every 4 microseconds, once around in 4 hours and 46 minutes (RFC 9293 §3.4.1). */
const TICKS_PER_MILLISECOND = 250;

/**
 * Chooses the first number of a connection. `now` is in milliseconds, from any origin, with a fraction. `hash` is F without the secret,
 * which it has in itself: the same four words give the same 32 bits, and nobody outside can tell them. See stack/contract/handshake.ts.
 */
export function chooseIss(
  localAddress: Ipv4Address,
  localPort: number,
  remoteAddress: Ipv4Address,
  remotePort: number,
  now: number,
  hash: (a: number, b: number, c: number, d: number) => number,
): Seq {
  return todo("chooseIss", localAddress, localPort, remoteAddress, remotePort, now, hash, TICKS_PER_MILLISECOND);
}

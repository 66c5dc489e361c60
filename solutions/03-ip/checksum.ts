/**
 * The Internet checksum (RFC 1071): one number of 16 bits that stands for a whole run of bytes. IPv4 headers, ICMP,
 * UDP and TCP all carry it, and every byte that enters or leaves the stack is summed here. So this is the one
 * place in the lab where a nanosecond counts.
 *
 * Its arithmetic is *one's complement*: numbers of 16 bits whose carry is added back at the low end. That is
 * counting modulo 65 535, where 2¹⁶ is the same as 1, and so are 2³² and 2⁴⁸. Hence the three gifts of RFC 1071 §2:
 * order does not matter, words may be summed two at a time, and carries may wait until the end.
 *
 * Callers write 0 into the checksum field, sum, and write the result; or sum over everything, field included, and
 * find 0 when all is well.
 */

/**
 * The checksum of the bytes from `start` up to `end` in `view`:
 *
 *     00 01  f2 03  f4 f5  f6 f7        0001 + f203 + f4f5 + f6f7 = 2ddf0
 *                                       carry added back: ddf0 + 2 = ddf2, inverted: 220d
 *
 * An odd last byte is the *high* byte of a word whose low byte is 0 (RFC 1071 §4.1). `initial` is added to the sum
 * first, 0 to 2³¹ − 1: UDP and TCP bring the sum of their pseudo-header. `start` may be odd; words are counted from there.
 * See stack/contract/ip.ts.
 */
export function internetChecksum(view: DataView, start: number, end: number, initial = 0): number {
  // region internetChecksum
  let high = 0;
  let low = 0;
  let at = start;
  // RFC 1071 §2 (C): two words at a time. 65 535 bytes hold 2¹⁴ of each half, so both sums stay whole numbers of 32 bits.
  for (; at + 4 <= end; at += 4) {
    const words = view.getInt32(at);
    high = high + (words >>> 16) | 0;
    low = low + (words & 0xffff) | 0;
  }
  let sum = initial + high + low;
  for (; at + 2 <= end; at += 2) sum += view.getUint16(at);
  if (at < end) sum += view.getUint8(at) << 8;
  return ~fold(sum) & 0xffff;
  // endregion
}

/**
 * The checksum field after one 16-bit word of the data has changed from `before` to `after`, without looking at the
 * rest of the data (RFC 1624 §3, equation 3):
 *
 *     HC' = ~(~HC + ~m + m')        HC the old field, m the old word, m' the new word, + with the carry added back
 *
 * A router does this for every packet when it lowers the TTL. See stack/contract/ip.ts.
 */
export function updateChecksum(checksum: number, before: number, after: number): number {
  // region updateChecksum
  return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff;
  // endregion
}

// region helpers
/** Adds the carries back in: `sum`, below 2³², as a one's complement number of 16 bits. */
function fold(sum: number): number {
  const once = (sum >>> 16) + (sum & 0xffff);
  // The first fold may carry again: 0xffff + 0xffff = 0x1fffe.
  return (once >>> 16) + (once & 0xffff);
}
// endregion

/**
 * The sums in the grader's own packets, written by other means than `stack/wire/arithmetic.ts`. They are what two labs ask for,
 * so a student's kit has this file without its names and lines (see `tools/handout/bundle.ts`).
 */

/** The Internet checksum, as RFC 1071 §4.1 puts it. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at] as number) << 8 | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** CRC-32, bit by bit (RFC 1952 §8). */
export function crc32(bytes: Uint8Array): number {
  let remainder = 0xffff_ffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder >>> 1 ^ (remainder & 1 ? 0xedb8_8320 : 0);
  }
  return ~remainder >>> 0;
}

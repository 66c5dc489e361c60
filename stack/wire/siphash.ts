/**
 * SipHash-2-4: a hash with a secret key, short enough for 16 bytes and strong enough that nobody who sees results can tell
 * the next one. TCP needs it where strangers must not guess: initial sequence numbers (RFC 6528 §3).
 *
 * Jean-Philippe Aumasson and Daniel J. Bernstein, "SipHash: a fast short-input PRF", 2012. Its four variables have 64 bits; here
 * each is two numbers of 32, the low half first. The message is always four words of 32 bits.
 */

/** Where the low half of each variable lies; the high half follows it. */
const [V0, V1, V2, V3] = [0, 2, 4, 6] as const;
/** 16 bytes: what the algorithm adds to the message, its length in the topmost byte of 64 bits. */
const LENGTH_WORD = 16 << 24;

/**
 * Makes the hash of a key: 128 bits, its least significant word first. The result of a call is the low 32 bits, unsigned. Nothing is
 * allocated per call.
 */
export function createKeyedHash(key: readonly [number, number, number, number]): (a: number, b: number, c: number, d: number) => number {
  const [k0, k1, k2, k3] = key;
  const v = new Int32Array(8);

  /** Takes 64 bits of the message in. */
  const compress = (low: number, high: number): void => {
    v[V3] = at(V3) ^ low;
    v[V3 + 1] = at(V3 + 1) ^ high;
    for (let i = 0; i < 2; i++) round(v);
    v[V0] = at(V0) ^ low;
    v[V0 + 1] = at(V0 + 1) ^ high;
  };
  const at = (index: number): number => v[index] as number;

  return (a, b, c, d) => {
    // "somepseudorandomlygeneratedbytes", 64 bits to each variable.
    v[V0] = k0 ^ 0x7073_6575;
    v[V0 + 1] = k1 ^ 0x736f_6d65;
    v[V1] = k2 ^ 0x6e64_6f6d;
    v[V1 + 1] = k3 ^ 0x646f_7261;
    v[V2] = k0 ^ 0x6e65_7261;
    v[V2 + 1] = k1 ^ 0x6c79_6765;
    v[V3] = k2 ^ 0x7974_6573;
    v[V3 + 1] = k3 ^ 0x7465_6462;
    compress(a, b);
    compress(c, d);
    compress(0, LENGTH_WORD);
    v[V2] = at(V2) ^ 0xff;
    for (let i = 0; i < 4; i++) round(v);
    return (at(V0) ^ at(V1) ^ at(V2) ^ at(V3)) >>> 0;
  };
}

/** SipRound: additions carry upwards, rotations carry around, exclusive-ors mix. */
function round(v: Int32Array): void {
  add(v, V0, V1);
  add(v, V2, V3);
  rotate(v, V1, 13);
  rotate(v, V3, 16);
  mix(v, V1, V0);
  mix(v, V3, V2);
  swap(v, V0);
  add(v, V2, V1);
  add(v, V0, V3);
  rotate(v, V1, 17);
  rotate(v, V3, 21);
  mix(v, V1, V2);
  mix(v, V3, V0);
  swap(v, V2);
}

/** `v[to] += v[from]`, modulo 2⁶⁴. */
function add(v: Int32Array, to: number, from: number): void {
  const low = ((v[to] as number) >>> 0) + ((v[from] as number) >>> 0);
  v[to] = low;
  v[to + 1] = (v[to + 1] as number) + (v[from + 1] as number) + (low > 0xffff_ffff ? 1 : 0);
}

/** Turns 64 bits to the left by `count`, 1 to 31. */
function rotate(v: Int32Array, at: number, count: number): void {
  const low = v[at] as number;
  const high = v[at + 1] as number;
  v[at] = low << count | high >>> 32 - count;
  v[at + 1] = high << count | low >>> 32 - count;
}

/** Turns 64 bits by 32. */
function swap(v: Int32Array, at: number): void {
  const low = v[at] as number;
  v[at] = v[at + 1] as number;
  v[at + 1] = low;
}

/** `v[to] ^= v[from]`. */
function mix(v: Int32Array, to: number, from: number): void {
  v[to] = (v[to] as number) ^ (v[from] as number);
  v[to + 1] = (v[to + 1] as number) ^ (v[from + 1] as number);
}

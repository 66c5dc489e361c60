/**
 * Random numbers that can be had again: everything drawn here follows from a seed, so a run that
 * failed can be repeated with the seed it printed. For tests, harness and impairments; never for
 * secrets.
 *
 * The generator is sfc32, "small fast counting": 128 bits of state, of which 32 are a counter, so
 * every seed has a period of at least 2³².
 */

/** A stream of random numbers. */
export interface Random {
  /** A number in [0, 1), in steps of 2⁻³². */
  next(): number;
  /** A whole number from `min` to `max`, both included. Throws a RangeError when there is none between them. */
  int(min: number, max: number): number;
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean;
  /** `count` random bytes. */
  bytes(count: number): Uint8Array<ArrayBuffer>;
  /** One of the items. Throws a RangeError when there are none. */
  pick<T>(items: readonly T[]): T;
  /** The items in a random order; the array itself stays as it is. */
  shuffle<T>(items: readonly T[]): T[];
}

/** Makes the stream that belongs to `seed`: any finite number; equal seeds give equal streams. */
export function createRandom(seed: number): Random {
  if (!Number.isFinite(seed)) throw new TypeError(`Not a seed: ${seed}`);
  const draw = sfc32(seed);
  const next = (): number => draw() / 0x1_0000_0000;
  const int = (min: number, max: number): number => {
    if (!(min <= max)) throw new RangeError(`No whole number lies between ${min} and ${max}`);
    return min + Math.floor(next() * (max - min + 1));
  };
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    bytes: (count) => {
      const bytes = new Uint8Array(count);
      for (let i = 0; i < count; i++) bytes[i] = draw(); // its low 8 bits
      return bytes;
    },
    pick: <T>(items: readonly T[]): T => items[int(0, items.length - 1)] as T,
    shuffle: <T>(items: readonly T[]): T[] => {
      const all = [...items];
      for (let last = all.length - 1; last > 0; last--) {
        const other = int(0, last);
        [all[last], all[other]] = [all[other] as T, all[last] as T];
      }
      return all;
    },
  };
}

/** The generator itself: each call gives 32 bits. */
function sfc32(seed: number): () => number {
  // All of the seed counts: its low 32 bits, what is above them, and its fraction.
  let a = seed >>> 0;
  let b = Math.floor(seed / 0x1_0000_0000) >>> 0;
  let c = Math.round((seed - Math.floor(seed)) * 0x1_0000_0000) >>> 0;
  let counter = 1;
  const draw = (): number => {
    const result = (a + b + counter++) >>> 0;
    counter >>>= 0;
    a = b ^ b >>> 9;
    b = c + (c << 3) >>> 0;
    c = (c << 21 | c >>> 11) + result >>> 0;
    return result;
  };
  // Seeds that differ in one bit need a dozen rounds before their streams have nothing in common.
  for (let round = 0; round < 15; round++) draw();
  return draw;
}

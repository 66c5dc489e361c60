/**
 * Measuring on a machine that also does other things. Contestants take turns, so that whatever disturbs one disturbs
 * all; the order changes each round; what counts is the median, and beside it stand the quartiles: half of all samples
 * lie between them.
 */

/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  /** The lower and the upper quartile. */
  readonly low: number;
  readonly high: number;
}

/** How long a contest may take. */
export interface ContestOptions {
  /** Samples per contestant. */
  readonly rounds: number;
  /** Milliseconds that one sample should take. */
  readonly sample: number;
}

/** Carries `count` units and returns the milliseconds that this took. */
export type Contestant = (count: number) => number;

/** Median and quartiles. At least one sample. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)] as number;
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** Lets contestants run in turns; gives the nanoseconds that each takes per unit. */
export function contest<N extends string>(contestants: Readonly<Record<N, Contestant>>, options: ContestOptions): Record<N, Spread> {
  const names = Object.keys(contestants) as N[];
  const counts = new Map(names.map((name) => [name, warmUp(contestants[name], options.sample)]));
  const samples = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < options.rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const count = counts.get(name) as number;
      samples.get(name)?.push(contestants[name](count) / count * 1e6);
    }
  }
  return Object.fromEntries(names.map((name) => [name, spreadOf(samples.get(name) ?? [])])) as Record<N, Spread>;
}

/** Units that the compiler is given to see what is called often; and how many go into one measurement meanwhile. */
const WARM_UP = 30_000;
const STEP = 1024;

/** Runs until the compiler has had its time, and returns how many units take about `milliseconds`. */
function warmUp(contestant: Contestant, milliseconds: number): number {
  let fastest = Infinity;
  for (let units = 0; units < WARM_UP; units += STEP) fastest = Math.min(fastest, contestant(STEP));
  return Math.ceil(milliseconds / fastest) * STEP;
}

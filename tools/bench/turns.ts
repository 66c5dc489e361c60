/**
 * Measuring TCP in turns: each contestant gets warm once, and then takes its samples between those of the others, in an order that changes each round. What
 * each took of the processors is counted meanwhile.
 */
import { type Spread, spreadOf } from "./contest.ts";
import { processTime } from "./processor_times.ts";
import { threadTimes } from "./thread_times.ts";

/** How much is measured. */
export interface TcpSize {
  readonly rounds: number;
  /** Bytes of one transfer, echoes of one conversation, and connections, of each sample. */
  readonly bytes: number;
  readonly echoes: number;
  readonly connections: number;
}

/** Bytes to us and from us, by the kernel; echoes; connections. */
export const KINDS = ["inward", "outward", "echoes", "connections"] as const;
export type Kind = typeof KINDS[number];

/** Who takes samples, and of what kinds: gigabits, echoes or connections per second. */
export interface Contestant extends Partial<Record<Kind, () => Promise<number>>> {
  /** The process that is its stack, where that is not this thread. */
  readonly pid?: number;
}

/** What one contestant reached, and what it took of the processors: nanoseconds per byte, which are seconds per 10⁹ bytes; or per echo or connection. */
export interface Reached extends Spread {
  /** Of the thread that is the stack, application and device included; of lwIP's process. */
  readonly own: number;
  /** Of all, the kernel's side with its program, too. */
  readonly all: number;
  /** Share of the time, 0 to 1, that this thread was ready to run and waited for a processor: how much the machine was busy with other things. */
  readonly waited: number;
}

/** Those who can take samples of this kind, in turns. */
export async function takeTurns<N extends string>(
  contestants: Readonly<Record<N, Contestant>>,
  kind: Kind,
  size: TcpSize,
): Promise<Partial<Record<N, Reached>>> {
  const names = (Object.keys(contestants) as N[]).filter((name) => contestants[name][kind] !== undefined);
  const tallies = new Map(names.map((name) => [name, new Tally(contestants[name], kind)]));
  for (let round = -1; round < size.rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) await tallies.get(name)?.sample(round >= 0);
  }
  const units = size.rounds * unitsOf(kind, size);
  return Object.fromEntries(names.map((name) => [name, tallies.get(name)?.reached(units)])) as Partial<Record<N, Reached>>;
}

/** Bytes, echoes or connections of one sample. */
function unitsOf(kind: Kind, size: TcpSize): number {
  return { inward: size.bytes, outward: size.bytes, echoes: size.echoes, connections: size.connections }[kind];
}

/** What one contestant has reached so far. */
class Tally {
  readonly #contestant: Contestant;
  readonly #kind: Kind;
  readonly #samples: number[] = [];
  #own = 0;
  #all = 0;
  #waited = 0;
  #elapsed = 0;

  constructor(contestant: Contestant, kind: Kind) {
    this.#contestant = contestant;
    this.#kind = kind;
  }

  /** `counts`: whether it is more than getting warm. */
  async sample(counts: boolean): Promise<void> {
    const before = this.#clocks();
    const sample = await this.#contestant[this.#kind]?.() ?? NaN;
    const after = this.#clocks();
    if (!counts) return;
    this.#samples.push(sample);
    this.#own += after.own - before.own;
    this.#all += after.all - before.all;
    this.#waited += after.waited - before.waited;
    this.#elapsed += after.elapsed - before.elapsed;
  }

  #clocks(): Record<"own" | "all" | "waited" | "elapsed", number> {
    const { ran, waited } = threadTimes();
    const { pid } = this.#contestant;
    const theirs = pid === undefined ? 0 : processTime(pid);
    return { own: pid === undefined ? ran : theirs, all: processTime() + theirs, waited, elapsed: performance.now() * 1e6 };
  }

  reached(units: number): Reached {
    return { ...spreadOf(this.#samples), own: this.#own / units, all: this.#all / units, waited: this.#waited / this.#elapsed };
  }
}

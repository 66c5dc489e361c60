/**
 * What `deno task goodput` computes: figures, each with a name that says what was measured, in virtual time (path.ts). A figure is a number that depends on nothing but
 * the code, so the record of all of them, `tools/goodput/figures.json`, changes when the stack does, and only then.
 */
import type { CongestionAlgorithm } from "../../stack/contract/congestion.ts";
import type { Modules } from "../../stack/contract/modules.ts";
import type { TcpConfig } from "../../stack/host_config.ts";
import { Path, type PathSpec } from "./path.ts";

/** How the stack is set up. */
export const SETUPS = {
  /** As it is when nothing is said: lab 08 counts, initial windows of RFC 5681, a least timeout of 1 s. */
  defaults: {},
  /** Lab 08 counts; initial window and least timeout as Linux has them. */
  counting: { initialWindow: 10, leastTimeout: 200 },
  /** The same, and losses are told by the clock. */
  clock: { initialWindow: 10, leastTimeout: 200, rack: true, pushAtEdge: true },
} as const satisfies Record<string, TcpConfig>;
export type Setup = keyof typeof SETUPS;

export const ALGORITHMS: readonly CongestionAlgorithm[] = ["reno", "cubic"];
export const RATES: readonly number[] = [1, 10, 100];
export const ROUND_TRIPS: readonly number[] = [20, 100];
/** Shares of the bandwidth-delay product. */
export const QUEUES: readonly number[] = [0.25, 1, 4];
/** Percent. */
export const LOSSES: readonly number[] = [0, 0.1, 1, 3];
/** Seconds of a transfer, by rate in Mbit/s: so long that what counts is not the beginning. */
const SECONDS: Readonly<Record<number, number>> = { 1: 60, 10: 30, 100: 10 };
/** A queue holds four packets at least. */
const LEAST_QUEUE = 6000;

/** What happens to packets on the path of the second table, which has 100 Mbit/s, 20 ms and a queue of one bandwidth-delay product. */
export const FAULTS: Readonly<Record<string, NonNullable<PathSpec["faults"]>>> = {
  "nothing": {},
  "0.1 % lost": { drop: 0.001 },
  "1 % lost": { drop: 0.01 },
  "3 % lost": { drop: 0.03 },
  "10 % lost": { drop: 0.1 },
  "30 % lost": { drop: 0.3 },
  "1 % lost, in bursts of 4": { bursts: { begins: 0.0025, ends: 0.25 } },
  "1 % overtaken by 1": { reorder: 0.01 },
  "1 % overtaken by 10": { reorder: 0.01, reorderBy: 10 },
};
const SEEDS: readonly number[] = [1, 2, 3];

/** Pairs of flows, and the queues they share, at 10 Mbit/s and 20 ms. */
export const PAIRS: readonly (readonly [CongestionAlgorithm, CongestionAlgorithm])[] = [["reno", "reno"], ["cubic", "cubic"], [
  "cubic",
  "reno",
]];
export const SHARED_QUEUES: readonly number[] = [0.5, 1, 2];

/** Transfers of 100 kB where 30 % are lost. */
export const ENDURANCE: readonly ("one way" | "both ways")[] = ["one way", "both ways"];
const TRANSFERS = 40;
const TRANSFER = 100_000;
/** Seconds after which a transfer is taken to hang: more than R2, after which it is given up. */
const HANGS = 3600;
/** As patient as Linux is: 15 retransmissions take it 15 minutes. */
const PATIENT = { r2: 900_000, openR2: 900_000 };

/** Figures to be computed: their names, and how. */
export interface Task {
  readonly names: readonly string[];
  readonly compute: () => readonly number[];
}

export const gridName = (algorithm: string, rate: number, roundTrip: number, queue: number, loss: number): string =>
  `grid: ${algorithm}, ${rate} Mbit/s, ${roundTrip} ms, queue ${queue}, loss ${loss} %`;
export const faultName = (setup: string, algorithm: string, fault: string): string => `faults: ${setup}, ${algorithm}, ${fault}`;
export const pairName = (rate: number, setup: string, pair: readonly string[], queue: number): string =>
  `share of the first: ${rate} Mbit/s, ${setup}, ${pair.join(" and ")}, queue ${queue}`;
export const enduranceName = (setup: string, algorithm: string, ways: string, what: string): string =>
  `30 % lost ${ways}: ${setup}, ${algorithm}, ${what}`;

/** A path by the names of the tables: `rate` in Mbit/s, `queue` as a share of the bandwidth-delay product. */
export function pathOf(rate: number, roundTrip: number, queue: number, faults: PathSpec["faults"]): PathSpec {
  const product = rate * 1e6 / 8 * roundTrip / 1000;
  return { rate: rate * 1e6, roundTrip, queue: Math.max(LEAST_QUEUE, product * queue), ...(faults === undefined ? {} : { faults }) };
}

/** All of them. */
export function allTasks(modules: Modules): Task[] {
  return [...gridTasks(modules), ...faultTasks(modules), ...pairTasks(modules), ...enduranceTasks(modules)];
}

/** Some that take a few seconds together, and see a change of whatever matters. */
export function quickTasks(modules: Modules): Task[] {
  const isQuick = (name: string): boolean =>
    /^grid: .*, 1 Mbit|^grid: .*, 10 Mbit\/s, 20 ms, queue 1,|^faults: .*, (3|10|30) % lost$|^faults: clock, reno, .* by 10$|^30 %/.test(
      name,
    );
  return allTasks(modules).filter(({ names }) => names.some(isQuick));
}

/** Percent of the rate that arrives as text, to a tenth. */
function goodput(modules: Modules, path: PathSpec, seed: number, tcp: TcpConfig, seconds: number): number {
  const run = new Path(modules, path, seed, tcp);
  const flow = run.begin();
  run.run(seconds * 1000);
  return flow.received * 8 / seconds / path.rate * 100;
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
const hundredths = (value: number): number => Math.round(value * 100) / 100;

function gridTasks(modules: Modules): Task[] {
  const tasks: Task[] = [];
  for (const congestion of ALGORITHMS) {
    for (const rate of RATES) {
      for (const roundTrip of ROUND_TRIPS) {
        for (const queue of QUEUES) {
          for (const loss of LOSSES) {
            const path = pathOf(rate, roundTrip, queue, { drop: loss / 100 });
            const tcp = { ...SETUPS.counting, congestion, ...buffersFor(path) };
            tasks.push({
              names: [gridName(congestion, rate, roundTrip, queue, loss)],
              compute: () => [tenths(goodput(modules, path, 1, tcp, SECONDS[rate] as number))],
            });
          }
        }
      }
    }
  }
  return tasks;
}

/** Buffers that hold what the path does, twice: neither end is to be the bottleneck. */
function buffersFor({ rate, roundTrip, queue }: PathSpec): TcpConfig {
  const size = Math.max(512 * 1024, 2 * (rate / 8 * roundTrip / 1000 + queue));
  return { sendBuffer: Math.ceil(size), receiveBuffer: Math.ceil(size) };
}

/** Goodput in Mbit/s: the mean of several seeds. */
function faultTasks(modules: Modules): Task[] {
  const tasks: Task[] = [];
  for (const setup of Object.keys(SETUPS) as Setup[]) {
    for (const congestion of ALGORITHMS) {
      for (const [fault, faults] of Object.entries(FAULTS)) {
        const path = pathOf(100, 20, 1, faults);
        const seeds = faults.drop === undefined && faults.bursts === undefined ? SEEDS.slice(0, 1) : SEEDS;
        const all = (): number[] => seeds.map((seed) => goodput(modules, path, seed, { ...SETUPS[setup], congestion }, 10));
        tasks.push({
          names: [faultName(setup, congestion, fault)],
          compute: () => [hundredths(all().reduce((sum, each) => sum + each, 0) / seeds.length)],
        });
      }
    }
  }
  return tasks;
}

/** The second flow begins after 5 s; what each gets is counted from 20 s on. */
function pairTasks(modules: Modules): Task[] {
  const tasks: Task[] = [];
  const add = (rate: number, setup: Setup, pair: typeof PAIRS[number], queue: number, seconds: number): number =>
    tasks.push({
      names: [pairName(rate, setup, pair, queue)],
      compute: () => [tenths(shareOfFirst(modules, rate, setup, pair, queue, seconds))],
    });
  for (const setup of ["counting", "clock"] as const) {
    for (const pair of PAIRS) {
      for (const queue of SHARED_QUEUES) add(10, setup, pair, queue, 50);
    }
  }
  for (const pair of PAIRS.slice(0, 2)) add(100, "clock", pair, 1, 40);
  return tasks;
}

function shareOfFirst(modules: Modules, rate: number, setup: Setup, pair: typeof PAIRS[number], queue: number, seconds: number): number {
  const path = new Path(modules, pathOf(rate, 20, queue, {}), 1, SETUPS[setup]);
  const first = path.begin({ congestion: pair[0] });
  path.run(5000);
  const second = path.begin({ congestion: pair[1] });
  path.run(20_000);
  const before = [first.received, second.received] as const;
  path.run(seconds * 1000);
  const [one, other] = [first.received - before[0], second.received - before[1]];
  return one / (one + other) * 100;
}

function enduranceTasks(modules: Modules): Task[] {
  const tasks: Task[] = [];
  for (const ways of ENDURANCE) {
    for (const setup of ["counting", "clock"] as const) {
      for (const congestion of ALGORITHMS) {
        tasks.push({
          names: ["arrived", "median seconds", "longest, in seconds"].map((what) => enduranceName(setup, congestion, ways, what)),
          compute: () => endure(modules, { ...SETUPS[setup], ...PATIENT, congestion }, ways === "both ways"),
        });
      }
    }
  }
  return tasks;
}

/** How many of all transfers arrived whole, and how long they took. */
function endure(modules: Modules, tcp: TcpConfig, bothWays: boolean): number[] {
  const path = { ...pathOf(100, 20, 1, { drop: 0.3 }), ...(bothWays ? { back: { drop: 0.3 } } : {}) };
  const times: number[] = [];
  for (let seed = 1; seed <= TRANSFERS; seed++) {
    const run = new Path(modules, path, seed, tcp);
    const flow = run.begin({}, TRANSFER);
    run.run(HANGS * 1000, () => flow.received === TRANSFER);
    if (flow.received === TRANSFER) times.push(run.now / 1000);
  }
  times.sort((a, b) => a - b);
  return [times.length, tenths(times[times.length >> 1] ?? HANGS), tenths(times.at(-1) ?? HANGS)];
}

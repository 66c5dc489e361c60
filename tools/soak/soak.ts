/**
 * The soak: two machines that talk for hours, on a cable that is never good for long, while one or the other breaks down now and then, comes back with another
 * network card, or with another address. In the end nothing may be left, and until then every byte must be right, every program must come to an end, and no
 * connection may break that had no reason to.
 *
 * A reason is a blow (a break-down, or a cable that is out) since the connection began, or a peer that goes without a word on purpose. Who calls just after
 * a blow may join a search for the neighbour that began in it, and falls with it.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { isBreak, stackParty } from "./parties.ts";
import { type Errand, ERRANDS, run as runErrand, serve, type Surroundings } from "./programs.ts";
import type { Weather } from "./weather.ts";
import { LOOKUP, type Machine, World } from "./world.ts";

/** What a soak came to. */
export interface SoakResult {
  readonly seed: number;
  /** Virtual milliseconds. */
  readonly time: number;
  readonly frames: number;
  readonly bytes: number;
  /** How many errands there were of each kind, and how many of all ended with an error that had a reason. */
  readonly errands: Readonly<Record<Errand, number>>;
  readonly broken: number;
  /** What befell them. */
  readonly boots: number;
  readonly cuts: number;
  readonly weathers: number;
  /** Sentences; none when all is well. */
  readonly faults: readonly string[];
}

/** Programs that run at once, and the pauses between their beginnings: milliseconds at most. */
const MOST_AT_ONCE = 20;
const LONGEST_PAUSE = 4000;
/** Milliseconds after which whatever still runs hangs; and after which a machine with nothing to do is at rest. */
const PATIENCE = 1_800_000;
const REST = 900_000;

/** A wire of 100 Mbit/s, with 10 ms there and back, on a good day. */
const CLEAR: Weather = { delay: 5, rate: 1e8 };

const SKIES: readonly Weather[] = [
  CLEAR,
  CLEAR,
  { ...CLEAR, delay: 150, jitter: 40 },
  { ...CLEAR, drop: 0.01, jitter: 3 },
  { ...CLEAR, reorder: 0.05, duplicate: 0.02 },
  { ...CLEAR, corrupt: 0.02 },
  { ...CLEAR, rate: 2e5 },
  { ...CLEAR, drop: 0.1, reorder: 0.1, duplicate: 0.05, corrupt: 0.02, delay: 30, jitter: 30 },
];

/** Two machines for so many virtual milliseconds. */
export async function soak(modules: Modules, seed: number, time: number): Promise<SoakResult> {
  const soaking = new Soak(modules, seed);
  await soaking.live(time);
  return soaking.result();
}

class Soak {
  readonly #world: World;
  readonly #seed: number;
  readonly #surroundings: Surroundings;
  readonly #errands = Object.fromEntries(ERRANDS.map((errand) => [errand, 0])) as Record<Errand, number>;
  readonly #faults: string[] = [];
  /** What runs: a sentence for each. */
  readonly #running = new Map<number, { machine: Machine; what: string }>();
  #begun = 0;
  #bytes = 0;
  #broken = 0;
  #cuts = 0;
  #weathers = 0;
  #isOver = false;
  /** The last byte of their addresses: odd for one, even for the other. */
  #numbers = { a: 1, b: 2 };

  constructor(modules: Modules, seed: number) {
    this.#seed = seed;
    this.#world = new World(modules, seed);
    const { clock, random } = this.#world;
    this.#surroundings = { clock, random, checked: (bytes) => this.#bytes += bytes };
  }

  async live(time: number): Promise<void> {
    const world = this.#world;
    world.weather = CLEAR;
    for (const name of ["a", "b"] as const) this.#boot(name);
    for (const life of [this.#callOut(), this.#changeWeather(), this.#pullTheCable(), this.#breakDown()]) {
      life.catch((error) => this.#faults.push(`the soak itself: ${error}`));
    }
    await world.run(() => this.#faults.length > 0, time);
    this.#isOver = true;
    world.weather = CLEAR;
    const isDone = await world.run(() => this.#faults.length > 0 || this.#running.size === 0 && this.#areBothUp(), PATIENCE);
    if (!isDone) { for (const { what } of this.#running.values()) this.#faults.push(`${what} hangs`); }
    if (this.#faults.length > 0) return;
    await this.#rest();
  }

  result(): SoakResult {
    const { clock, frames, boots } = this.#world;
    return {
      seed: this.#seed,
      time: clock.now,
      frames,
      bytes: this.#bytes,
      errands: this.#errands,
      broken: this.#broken,
      boots,
      cuts: this.#cuts,
      weathers: this.#weathers,
      faults: this.#faults,
    };
  }

  /** Servers stop, and then nothing may be left. */
  async #rest(): Promise<void> {
    const machines = Object.values(this.#world.machines);
    for (const process of this.#servers) await process.exit();
    await this.#world.run(() => false, REST);
    for (const machine of machines) this.#faults.push(...this.#world.faultsAtRest(machine));
  }

  #servers: { exit(): Promise<void> }[] = [];

  #boot(name: "a" | "b"): void {
    const { random } = this.#world;
    // Another card in most cases, and another address in some.
    const card = random.int(1, 0xffff).toString(16).padStart(4, "0");
    if (random.chance(0.3)) this.#numbers[name] = (this.#numbers[name] + 2) % 250;
    const machine = this.#world.boot(name, this.#addressOf(name), `02:00:00:0${name === "a" ? 1 : 2}:${card.slice(0, 2)}:${card.slice(2)}`);
    const process = machine.start("server");
    this.#servers.push(process);
    const began = this.#world.clock.now;
    serve(stackParty(process), this.#surroundings, (error) => this.#judge(error, "the server", began, machine)).catch((error) => {
      if (machine.isUp() && !this.#isOver) this.#faults.push(`the server of machine ${name} ends: ${error}`);
    });
  }

  #addressOf(name: "a" | "b"): string {
    return `10.44.0.${this.#numbers[name]}`;
  }

  #areBothUp(): boolean {
    return Object.keys(this.#world.machines).length === 2;
  }

  // ── What happens meanwhile ─────────────────────────────────────────────────────────────────────────────────

  async #callOut(): Promise<void> {
    const { clock, random } = this.#world;
    while (!this.#isOver) {
      await clock.sleep(random.int(0, LONGEST_PAUSE));
      const [from, to] = random.shuffle(["a", "b"] as const);
      const machine = this.#world.machines[from as "a"];
      if (machine === undefined || this.#running.size >= MOST_AT_ONCE || this.#isOver) continue;
      this.#send(random.pick(ERRANDS), machine, this.#addressOf(to as "a"));
    }
  }

  #send(errand: Errand, machine: Machine, address: string): void {
    const number = this.#begun++;
    const began = this.#world.clock.now;
    const what = `errand ${number}, ${errand}, from machine ${machine.name} at ${Math.round(began)} ms`;
    this.#running.set(number, { machine, what });
    this.#errands[errand]++;
    runErrand(errand, stackParty(machine.start(what)), address, this.#surroundings)
      .catch((error) => this.#judge(error, what, began, machine))
      .finally(() => this.#running.delete(number));
  }

  /** Whether an error had a reason. */
  #judge(error: unknown, what: string, began: number, machine: Machine): void {
    if (!machine.isUp()) return;
    if (!isBreak(error)) {
      this.#faults.push(`${what}: ${error}`);
      return;
    }
    if (what === "the server") return; // its clients abort on purpose
    this.#broken++;
    const { lastBlow, clock } = this.#world;
    if (lastBlow + LOOKUP < began) {
      this.#faults.push(`${what} breaks at ${Math.round(clock.now)} ms without a reason: ${(error as Error).message}`);
    }
  }

  async #changeWeather(): Promise<void> {
    const { clock, random } = this.#world;
    while (!this.#isOver) {
      await clock.sleep(random.int(1000, 60_000));
      if (this.#isOver) return;
      this.#world.weather = random.pick(SKIES);
      this.#weathers++;
    }
  }

  async #pullTheCable(): Promise<void> {
    const { clock, random } = this.#world;
    while (!this.#isOver) {
      await clock.sleep(random.int(10_000, 1_200_000));
      if (this.#isOver) return;
      this.#world.isCut = true;
      this.#cuts++;
      await clock.sleep(random.chance(0.7) ? random.int(100, 5000) : random.int(5000, 300_000));
      this.#world.isCut = false;
    }
  }

  async #breakDown(): Promise<void> {
    const { clock, random } = this.#world;
    while (!this.#isOver) {
      await clock.sleep(random.int(60_000, 2_400_000));
      if (this.#isOver) return;
      const name = random.pick(["a", "b"] as const);
      this.#world.breakDown(this.#world.machines[name] as Machine);
      for (const [number, { machine }] of this.#running) if (!machine.isUp()) this.#running.delete(number);
      await clock.sleep(random.int(0, 120_000));
      this.#boot(name);
    }
  }
}

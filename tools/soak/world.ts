/**
 * Two machines, a cable between them, and one clock: the world in which the soak's programs run. Machines break down and start again, as other
 * machines sometimes; the cable is pulled out, and is good or bad. All of it follows from a seed.
 *
 * A machine that breaks down says nothing to anybody: its programs never run on, and what they held is gone. What is left of a machine must be in
 * order only where it was shut down (`faultsAtRest`).
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import type { Device } from "../../stack/link/device.ts";
import { impair, type ImpairedDevice } from "../../stack/link/impair.ts";
import { createPair } from "../../stack/link/pair.ts";
import { createProcess, type Process } from "../../stack/socket/descriptors.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { Clock } from "./clock.ts";
import { changing, type Weather } from "./weather.ts";

/** Polls of one moment after which two machines will never come to rest. */
const MOST_POLLS = 100_000;

/**
 * How long a machine looks for its neighbour: six requests, because on the worst of wires three are lost once in a hundred times. `LOOKUP` is the whole
 * search in milliseconds.
 */
const ARP = { retryInterval: 500, maxRequests: 6 };
export const LOOKUP = ARP.retryInterval * ARP.maxRequests;

/** A machine that runs. */
export interface Machine {
  readonly name: "a" | "b";
  readonly host: Host;
  readonly address: string;
  /** False once it has broken down. */
  readonly isUp: () => boolean;
  /** A process of its own for each program. */
  readonly start: (name: string) => Process;
}

export class World {
  readonly clock = new Clock();
  readonly random: Random;
  /** What happens to whatever is sent now. */
  weather: Weather = {};
  /** The cable is pulled out. */
  isCut = false;
  /** Until when something last was as it is that ends connections, or keeps them from being made: a machine that is down, or a cable that is out. */
  lastBlow = -Infinity;
  readonly machines: Partial<Record<"a" | "b", Machine>> = {};
  /** Frames that have come in, of all machines. */
  frames = 0;
  readonly #modules: Modules;
  readonly #ends: Readonly<Record<"a" | "b", ImpairedDevice>>;
  readonly #processes = new Map<Machine, Process[]>();
  #boots = 0;

  constructor(modules: Modules, seed: number) {
    this.#modules = modules;
    this.random = createRandom(seed);
    const [left, right] = createPair({ queueLimit: 4096 });
    const end = (device: Device, way: number): ImpairedDevice =>
      impair(
        device,
        { send: changing(() => this.isCut ? { drop: 1 } : this.weather), seed: seed + way, queueLimit: 4096 },
        () => this.clock.now,
      );
    this.#ends = { a: end(left, 0.25), b: end(right, 0.75) };
  }

  /** Turns a machine on, with a network card and an address. */
  boot(name: "a" | "b", address: string, mac: string): Machine {
    const device = this.#ends[name];
    const host = Host.bind(
      this.#modules,
      {
        interfaces: [{ mac, address, claim: this.random.chance(0.5) ? "announce" : "none" }],
        arp: ARP,
        seed: this.random.int(0, 0xffff_ffff),
        tcp: { orphanTime: 60_000, timeWait: 30_000 },
      },
      [device],
      { now: this.clock.now },
    );
    const machine: Machine = {
      name,
      host,
      address,
      isUp: () => this.machines[name] === machine,
      start: (program) => {
        const process = createProcess(host, { name: program, privileged: true });
        this.#processes.get(machine)?.push(process);
        return process;
      },
    };
    this.#processes.set(machine, []);
    this.machines[name] = machine;
    this.#boots++;
    return machine;
  }

  /** A machine breaks down: from now on it neither hears nor says anything. */
  breakDown(machine: Machine): void {
    delete this.machines[machine.name];
    this.#processes.delete(machine);
  }

  /** How often machines were turned on. */
  get boots(): number {
    return this.#boots;
  }

  /** Lets time pass until `done`, or until `limit` milliseconds have. Returns whether it is done. */
  async run(done: () => boolean, limit: number): Promise<boolean> {
    const end = this.clock.now + limit;
    while (!done()) {
      const next = await this.#settle();
      if (done()) return true;
      if (next > end) return false;
      this.clock.now = Math.max(this.clock.now, next);
      if (this.isCut || Object.keys(this.machines).length < 2) this.lastBlow = this.clock.now;
    }
    return true;
  }

  /**
   * What is not in order on a machine where nothing should be going on: connections, ports, frames and deadlines that are left, descriptors that are open.
   */
  faultsAtRest(machine: Machine): string[] {
    const { host } = machine;
    const left: Record<string, number> = {
      connections: host.tcp?.table.size() ?? 0,
      ports: host.tcp?.ports.size() ?? 0,
      frames: host.framesLent,
      deadlines: Number(host.tcp?.nextDeadline() !== Infinity),
      descriptors: (this.#processes.get(machine) ?? []).reduce((sum, process) => sum + [...process.sockets()].length, 0),
    };
    return Object.entries(left).filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what} left on machine ${machine.name}`);
  }

  /** Has machines, cable and programs do all that is to be done now; returns when there is next something to do. */
  async #settle(): Promise<number> {
    for (let polls = 0; polls < MOST_POLLS; polls++) {
      let worked = this.clock.ring();
      for (const name of ["a", "b"] as const) {
        const machine = this.machines[name];
        worked += machine === undefined ? this.#drain(this.#ends[name]) : machine.host.poll(this.clock.now);
      }
      this.frames += worked;
      const next = this.#nextDeadline();
      // What programs do next they do in promises, and all of these have their turn before this one.
      if (worked === 0 && next > this.clock.now) {
        await new Promise((resolve) => setImmediate(resolve));
        const after = this.#nextDeadline();
        if (after > this.clock.now) return after;
      }
    }
    throw new Error(`The two machines do not come to rest at ${this.clock.now} ms`);
  }

  #nextDeadline(): number {
    const hosts = [this.machines.a, this.machines.b].map((machine) => machine?.host.nextDeadline() ?? Infinity);
    return Math.min(...hosts, this.#ends.a.nextDeadline(), this.#ends.b.nextDeadline(), this.clock.nextDeadline());
  }

  /** Nobody is there to hear what comes. */
  #drain(device: ImpairedDevice): number {
    let lost = 0;
    while (device.receive(this.#bin)) lost++;
    return lost;
  }

  readonly #bin = new Frame(2048, 0);
}

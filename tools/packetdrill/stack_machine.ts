/**
 * The stack of this kit as a machine for scripts: labs in a subject process, virtual time. Time is a number that only this file moves, straight
 * to the next deadline of the stack.
 */
import type { PipeOptions } from "../../stack/link/pipe.ts";
import type { Reply, Request, Thrown } from "../harness/subject/protocol.ts";
import { type Machine, type MachineSettings, Missing, type Pending, type Returned, type Sent, type SystemCall } from "./machine.ts";

/** So often a stack may want to be polled while nothing happens: beyond that it goes round in circles. */
const MAX_POLLS = 100_000;

/**
 * What hosts have had since RFC 6928, and scripts count on: an initial window of ten segments. A script that wants what RFC 5681 says asks for it by FreeBSD's
 * name: net.inet.tcp.initcwnd_segments=0.
 */
const USUAL = { initialWindow: 10 } as const;

/** Asks the subject. */
export type Ask = (request: Request) => Promise<Reply>;

interface Waiting extends Pending {
  returned: Returned | undefined;
}

/** Makes the host and a process on it. `thrown` makes an error of what the stack's code threw. */
export async function createStackMachine(
  ask: Ask,
  settings: MachineSettings,
  thrown: (threw: Thrown) => Error = (threw) => new StackThrew(threw),
): Promise<StackMachine> {
  const { localAddress, mtu, tcp, layers = 5 } = settings;
  const wires: PipeOptions[] = [{ name: "tun0", medium: "ip", mtu, fcs: false, minimumFrame: 20 }];
  const config = {
    layers,
    interfaces: [{ medium: "ip", address: localAddress, prefixLength: 24, mtu }],
    routes: [{ to: "0.0.0.0/0" }],
    tcp: layers === 5 ? { ...USUAL, ...tcp } : tcp,
  } as const;
  const machine = new StackMachine(ask, thrown);
  await machine.begin(await ask({ op: "host", config, wires, now: 0 }));
  return machine;
}

export class StackMachine implements Machine {
  readonly virtual = true;
  readonly #ask: Ask;
  readonly #thrown: (threw: Thrown) => Error;
  #host = 0;
  #now = 0;
  /** When the stack wants to be polled, in microseconds. */
  #deadline = Infinity;
  readonly #sent: Sent[] = [];
  readonly #calls = new Map<number, Waiting>();
  #lastCall = 0;
  #polls = 0;

  constructor(ask: Ask, thrown: (threw: Thrown) => Error) {
    this.#ask = ask;
    this.#thrown = thrown;
  }

  async begin(reply: Reply): Promise<void> {
    this.#host = reply.returned?.t === "value" ? Number(reply.returned.value) : 0;
    await this.#take(reply);
  }

  now(): number {
    return this.#now;
  }

  async waitUntil(time: number): Promise<void> {
    await this.#pass(time, () => false);
  }

  async inject(packet: Uint8Array): Promise<void> {
    await this.#step([{ on: 0, bytes: packet }]);
  }

  async take(until: number): Promise<Sent | undefined> {
    await this.#pass(until, () => this.#sent.length > 0);
    return this.#sent.shift();
  }

  async call(call: SystemCall): Promise<Pending> {
    const id = ++this.#lastCall;
    const waiting: Waiting = { returned: undefined };
    this.#calls.set(id, waiting);
    const reply = await this.#ask({ op: "system call", host: this.#host, now: this.#now / 1000, number: id, call });
    await this.#take(reply);
    return waiting;
  }

  async waitFor(pending: Pending, until: number): Promise<void> {
    await this.#pass(until, () => pending.returned !== undefined);
  }

  async info(descriptor: number): Promise<Readonly<Record<string, number>>> {
    const reply = await this.#ask({ op: "tcp info", host: this.#host, now: this.#now / 1000, descriptor });
    return reply.returned?.t === "value" ? reply.returned.value as Record<string, number> : {};
  }

  async close(): Promise<void> {
    await this.#ask({ op: "reset" });
  }

  /** Lets time pass until then, or until something is true. */
  async #pass(until: number, enough: () => boolean): Promise<void> {
    while (!enough() && this.#deadline <= until) {
      this.#now = Math.max(this.#now, this.#deadline);
      await this.#step([]);
    }
    if (!enough()) this.#now = Math.max(this.#now, until);
  }

  async #step(frames: readonly { on: number; bytes: Uint8Array }[]): Promise<void> {
    await this.#take(await this.#ask({ op: "step", host: this.#host, now: this.#now / 1000, frames }));
  }

  /** Takes what came with an answer, and lets the stack finish what it has to do at this time. */
  async #take(first: Reply): Promise<void> {
    for (let reply = first;;) {
      if (reply.threw !== undefined) throw this.#thrown(reply.threw);
      for (const { bytes } of reply.out ?? []) this.#sent.push({ time: this.#now, packet: bytes });
      if (reply.missing !== undefined) throw new Missing(reply.missing);
      for (const { call, ...returned } of reply.completed ?? []) {
        const waiting = this.#calls.get(call);
        if (waiting !== undefined) waiting.returned = { time: this.#now, ...returned };
        this.#calls.delete(call);
      }
      // Up to whole microseconds: a little early, and the stack would have nothing to do yet, again and again.
      if (reply.deadline !== undefined) this.#deadline = Math.ceil(reply.deadline * 1000);
      if (this.#deadline > this.#now) return;
      if (++this.#polls > MAX_POLLS) {
        throw this.#thrown({ name: "Error", message: "the stack wants to be polled again and again, without an end", at: [] });
      }
      reply = await this.#ask({ op: "step", host: this.#host, now: this.#now / 1000, frames: [] });
    }
  }
}

/** The stack's own code threw an exception; the message says where. */
export class StackThrew extends Error {
  override readonly name = "StackThrew";

  constructor({ name, message, at }: Thrown) {
    super(`${name}: ${message}${at[0] === undefined ? "" : ` in ${at[0]}`}`);
  }
}

/**
 * Linux as a machine for scripts: the kernel in a network of its own, with a TUN device as its wire, and its system calls made by the kernel peer.
 * Time is real, so a script takes as long as it says.
 *
 * The script's clock stands still while a packet is handed over or a call is begun, and from when a step was due until it is made: what the harness needs for that, a millisecond here and there,
 * is not the kernel's. Otherwise ten steps "at once" would already be late for the eleventh. Of the kernel's own timers the script sees that much
 * less, which is what its tolerance is for.
 *
 * Rules: one machine at a time per kernel peer; making one leaves everything of the one before. Throws a NoLiveWire where there is no live wire.
 */
import type { KernelPeer, Wire } from "../harness/kernel/kernel_peer.ts";
import { type Machine, type MachineSettings, Missing, type Pending, type Returned, type Sent, type SystemCall } from "./machine.ts";

/** Microseconds by which Linux may be early or late when nobody says: two cores that others use, too. */
export const LIVE_TOLERANCE = 20_000;
/** Seconds that a script may take when nobody says. */
export const LONGEST = 30;

interface Waiting extends Pending {
  returned: Returned | undefined;
}

/** Makes a new network in the peer's process, with the machine in it. `longest`: seconds of real time that a script may take. */
export async function createKernelMachine(kernel: KernelPeer, settings: MachineSettings, longest = LONGEST): Promise<KernelMachine> {
  const { localAddress, mtu, sysctls } = settings;
  await kernel.renewNetwork();
  for (const [name, value] of Object.entries(sysctls)) await setSysctl(kernel, name, value);
  const wire = await kernel.openWire({ kind: "tun", name: "tun0", mtu, address: localAddress, prefixLength: 24 });
  await kernel.addRoute({ network: "0.0.0.0", prefixLength: 0, device: wire.device });
  return new KernelMachine(kernel, wire, longest);
}

/** Only what every network has for itself can be set: the rest is the host's. */
async function setSysctl(kernel: KernelPeer, name: string, value: string): Promise<void> {
  try {
    await kernel.sysctl({ name, value });
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    if (said.endsWith("EINVAL")) throw new Missing(`the value ${value} of the sysctl ${name}, which this kernel refuses`);
    throw new Missing(`the sysctl ${name}, which is not one of a namespace`);
  }
}

export class KernelMachine implements Machine {
  readonly virtual = false;
  readonly #kernel: KernelPeer;
  readonly #wire: Wire;
  readonly #longest: number;
  readonly #sent: Sent[] = [];
  readonly #end = new AbortController();
  /** The reading of our clock at which the script's was 0, moved forward by all the time for which that stood still. */
  #origin: number;
  /** Where the script's clock stands still; and where it last did. */
  #still: number | undefined;
  #stood = 0;
  /** Called when something has come. */
  #arrived: () => void = () => {};

  constructor(kernel: KernelPeer, wire: Wire, longest: number) {
    this.#kernel = kernel;
    this.#wire = wire;
    this.#longest = longest * 1e6;
    this.#origin = performance.now();
    wire.onFrame((packet, time) => this.#hear(packet, time));
  }

  now(): number {
    return this.#at(performance.now());
  }

  async waitUntil(time: number): Promise<void> {
    if (time > this.#longest) throw this.#tooLong();
    await this.#pass(time, () => false);
    // That we were woken late is not the kernel's fault either: what it does next is measured from when it was to be asked.
    const late = this.now() - time;
    if (late <= 0) return;
    this.#origin += late / 1000;
    this.#stood = time;
  }

  async inject(packet: Uint8Array): Promise<void> {
    await this.#stand(async () => {
      this.#wire.send(packet);
      await this.#kernel.sync();
    });
  }

  async take(until: number): Promise<Sent | undefined> {
    await this.#pass(Math.min(until, this.#longest), () => this.#sent.length > 0);
    // What was sent in time may still be on its way to us.
    if (this.#sent.length === 0) await this.#stand(() => this.#kernel.sync());
    if (this.#sent.length === 0 && until > this.#longest) throw this.#tooLong();
    return this.#sent.shift();
  }

  async call(call: SystemCall): Promise<Pending> {
    const waiting: Waiting = { returned: undefined };
    let missing: string | undefined;
    await this.#stand(async () => {
      const answer = this.#kernel.systemCall({ call, signal: this.#end.signal }).then((answered) => {
        const { time, missing: lacks, ...outcome } = answered;
        missing = lacks;
        waiting.returned = { time: this.#at(time), ...outcome };
        this.#arrived();
      });
      answer.catch(() => {}); // nobody may be there any more when the peer ends
      // The answer of a call that need not wait is there before the peer is in step with us.
      await Promise.race([answer, this.#kernel.sync().then(nextTurn)]);
    });
    if (missing !== undefined) throw new Missing(missing);
    return waiting;
  }

  async waitFor(pending: Pending, until: number): Promise<void> {
    await this.#pass(Math.min(until, this.#longest), () => pending.returned !== undefined);
    if (pending.returned === undefined && until > this.#longest) throw this.#tooLong();
  }

  async info(descriptor: number): Promise<Readonly<Record<string, number>>> {
    return await this.#stand(() => this.#kernel.tcpInfo({ descriptor }));
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#wire.close();
    await this.#kernel.sync();
  }

  /** A reading of our clock in the script's time. */
  #at(reading: number): number {
    const time = Math.max(this.#stood, Math.round((reading - this.#origin) * 1000));
    return this.#still === undefined ? time : Math.min(this.#still, time);
  }

  /** Does something for which the script's clock stands still. */
  async #stand<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    this.#still = this.#at(began);
    try {
      return await work();
    } finally {
      this.#stood = this.#still;
      this.#still = undefined;
      this.#origin += performance.now() - began;
    }
  }

  /** Lets time pass until then, or until something is true. */
  async #pass(until: number, enough: () => boolean): Promise<void> {
    while (!enough() && this.now() < until) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#arrived = resolve;
      const timer = setTimeout(resolve, Math.ceil((until - this.now()) / 1000));
      await promise;
      clearTimeout(timer);
    }
  }

  #hear(packet: Uint8Array, reading: number): void {
    if (isNoise(packet)) return;
    this.#sent.push({ time: this.#at(reading), packet });
    this.#arrived();
  }

  #tooLong(): Missing {
    return new Missing(`more than ${this.#longest / 1e6} s of real time`);
  }
}

/** What a kernel says of itself unasked: IPv6, and anything to a group. */
function isNoise(packet: Uint8Array): boolean {
  return packet.length < 20 || (packet[0] as number) >> 4 !== 4 || (packet[16] as number) >= 224;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

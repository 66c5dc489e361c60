/**
 * The live half of `deno task goodput`: the stack and the kernel send over the same bottleneck, in turns. For the inside of a namespace; one argument, a
 * LiveOrder; prints a list of LiveSample, or how it was refused.
 *
 *     kernel 10.44.0.1 ── tun0 ─┐
 *      one namespace            ├── impair() ── tun0 ── kernel 10.44.0.2, which counts
 *     stack  10.44.0.1 ─────────┘                        another namespace
 *
 * Both go through the same decorator, with the same seed, on the same thread, to the same receiver. A device belongs to the network that the thread was in which
 * opened it, and a thread to the one that it was started in: so one process has two networks.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import type { TcpConfig } from "../../stack/host_config.ts";
import type { Device } from "../../stack/link/device.ts";
import { impair, type ImpairedDevice } from "../../stack/link/impair.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { type Pollable, run } from "../../stack/runner.ts";
import { connect } from "../../stack/socket/conn.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { prepareNamespace, renewNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { loadReference } from "../reference.ts";
import type { EndAnswer, EndOrder } from "./kernel_end.ts";
import { type PathSpec, waysOf } from "./path.ts";

/** What is measured: so many rounds over each path. */
export interface LiveOrder {
  readonly paths: Readonly<Record<string, PathSpec>>;
  readonly rounds: number;
  /** How long each transfer goes on. */
  readonly milliseconds: number;
  /** How the stack is set up. */
  readonly tcp: TcpConfig;
}

/** One transfer: bits per second that the receiver read. */
export interface LiveSample {
  readonly path: string;
  readonly sender: "stack" | "kernel";
  readonly goodput: number;
}

const SENDER = "10.44.0.1";
const RECEIVER = "10.44.0.2";
/** Frames that the path holds. */
const FRAMES = 5000;
const CHUNK = 64 * 1024;

/** A thread with a program over the kernel's sockets. */
class KernelEnd {
  readonly #worker = new Worker(new URL("kernel_end.ts", import.meta.url), { type: "module" });

  /** Does what is ordered; `whenReady` is called when it listens. Gives the bytes that came. Throws an Error when it failed. */
  async act(order: EndOrder, whenReady: () => void = () => {}): Promise<number> {
    const answer = await new Promise<Exclude<EndAnswer, { ready: true }>>((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<EndAnswer>) => "ready" in data ? whenReady() : resolve(data);
      this.#worker.onerror = (event) => reject(new Error(event.message));
      this.#worker.postMessage(order);
    });
    if ("failed" in answer) throw new Error(`The kernel's end failed: ${answer.failed}`);
    return answer.bytes;
  }

  close(): void {
    this.#worker.terminate();
  }
}

/** Carries packets from one device to the other, both ways. */
function forwarder(one: Device, other: ImpairedDevice): Pollable {
  const frame = new Frame();
  const move = (from: Device, to: Device): number => {
    let moved = 0;
    for (; from.receive(frame); moved++) to.send(frame);
    return moved;
  };
  return {
    poll: () => {
      other.poll();
      return move(one, other) + move(other, one);
    },
    nextDeadline: () => other.nextDeadline(),
  };
}

/** Both networks, and whoever sends and counts in them. */
class Comparison {
  readonly #modules: Modules;
  readonly #order: LiveOrder;
  readonly #near: Device;
  readonly #pouring: KernelEnd;
  readonly #far: Device;
  readonly #counting: KernelEnd;
  #port = 5000;

  private constructor(modules: Modules, order: LiveOrder, near: [Device, KernelEnd], far: [Device, KernelEnd]) {
    this.#modules = modules;
    this.#order = order;
    [this.#near, this.#pouring] = near;
    [this.#far, this.#counting] = far;
  }

  static async open(modules: Modules, order: LiveOrder): Promise<Comparison> {
    const network = async (address: string): Promise<[Device, KernelEnd]> => {
      const end = new KernelEnd();
      await end.act({ act: "nothing" }); // now its thread is there
      return [openTunTap({ kind: "tun", address: parseIpv4Address(address) }), end];
    };
    prepareNamespace();
    const near = await network(SENDER);
    renewNamespace();
    return new Comparison(modules, order, near, await network(RECEIVER));
  }

  close(): void {
    for (const each of [this.#near, this.#far, this.#pouring, this.#counting]) each.close();
  }

  /** One transfer: bits per second. */
  async transfer(spec: PathSpec, sender: LiveSample["sender"], seed: number): Promise<number> {
    const [send, receive] = waysOf(spec);
    const wire = impair(this.#far, { seed, send, receive, queueLimit: FRAMES }, () => performance.now());
    const port = this.#port++;
    const bytes = await (sender === "kernel" ? this.#byKernel(wire, port) : this.#byStack(wire, port));
    return bytes * 8 / this.#order.milliseconds * 1000;
  }

  #byKernel(wire: ImpairedDevice, port: number): Promise<number> {
    return this.#count(forwarder(this.#near, wire), [this.#near, wire], port, async () => {
      await this.#pouring.act({ act: "pour", hostname: RECEIVER, port });
    });
  }

  #byStack(wire: ImpairedDevice, port: number): Promise<number> {
    const config = { interfaces: [{ medium: "ip" as const, address: SENDER }], tcp: this.#order.tcp, seed: port };
    const host = Host.bind(this.#modules, config, [wire], { now: performance.now() });
    return this.#count(host, [wire], port, async () => {
      const chunk = new Uint8Array(CHUNK);
      const conn = await connect(host, { hostname: RECEIVER, port });
      try {
        for (;;) await conn.write(chunk);
      } catch {
        conn.close(); // the reader has had enough
      }
    });
  }

  /** Lets one send while the other counts. */
  async #count(pollable: Pollable, devices: readonly Device[], port: number, send: () => Promise<void>): Promise<number> {
    const stop = new AbortController();
    const running = run(pollable, devices, { signal: stop.signal });
    let sent: Promise<void> | undefined;
    const { milliseconds } = this.#order;
    const bytes = await this.#counting.act({ act: "count", hostname: RECEIVER, port, milliseconds }, () => sent = send());
    await sent;
    stop.abort();
    await running;
    return bytes;
  }
}

async function compare(order: LiveOrder): Promise<LiveSample[]> {
  const comparison = await Comparison.open(await loadReference(), order);
  const samples: LiveSample[] = [];
  for (let round = 0; round < order.rounds; round++) {
    for (const [path, spec] of Object.entries(order.paths)) {
      const senders = ["stack", "kernel"] as const;
      for (const sender of round % 2 === 0 ? senders : senders.toReversed()) {
        samples.push({ path, sender, goodput: await comparison.transfer(spec, sender, round + 1) });
      }
    }
  }
  comparison.close();
  return samples;
}

if (import.meta.main) {
  dieWithParent();
  try {
    console.log(JSON.stringify(await compare(JSON.parse(Deno.args[0] ?? "{}"))));
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.detail } }));
  }
  Deno.exit();
}

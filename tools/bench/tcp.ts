/**
 * The part of `deno task bench` that measures TCP with the kernel. Run in a network namespace of its own, with a ContestSize as its argument; prints a
 * TcpResult, or { refused } where there is no live wire.
 *
 * One thread is the stack, under stack/runner.ts, with the application on it; a second is a program over the kernel's sockets. They are joined
 * by TUN at MTU 1500, segments being cut and put together by software below the stack, or with offload by the kernel. Two yardsticks, in turns with the stack: bare_tcp.ts in its place, over a TUN device of its own; and the same two programs
 * over the kernel's loopback.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import { connect } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { fastPath } from "../fast/fast_path.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";
import { SEGMENT } from "./bulk.ts";
import { BareTcp } from "./bare_tcp.ts";
import { type Spread, spreadOf } from "./contest.ts";
import { type AnyConn, type AnyListener, drain, echoAll, greet, pour } from "./conversation.ts";
import type { KernelAnswer, KernelOrder } from "./kernel_side.ts";
import { threadTimes } from "./thread_times.ts";

/** How much is measured. */
export interface TcpSize {
  readonly rounds: number;
  /** Bytes of one transfer, echoes of one conversation, and connections, of each sample. */
  readonly bytes: number;
  readonly echoes: number;
  readonly connections: number;
}

/** The stack, and beside it the yardstick (bare_tcp.ts; undefined where it has none) and the kernel's loopback: how many per second. */
export interface Compared {
  readonly stack: Spread;
  readonly yardstick: Spread | undefined;
  readonly loopback: Spread;
  /** Nanoseconds that the stack's thread ran for each, application and device included; for gigabits: for each segment. */
  readonly processor: number;
  /** Share of the time, 0 to 1, that it was ready to run and waited for a processor: how much the machine was busy with other things. */
  readonly waited: number;
}

/** What is measured here. */
export interface TcpResult {
  /** Gigabits per second, kernel → stack and stack → kernel. */
  readonly inward: Compared;
  readonly outward: Compared;
  /** Echoes of 64 bytes per second, one after the other. */
  readonly echoes: Compared;
  /** Connections per second, made, accepted and closed by both sides. */
  readonly connections: Compared;
  /** Both ways with offload: the kernel cuts segments of 64 KB, and puts them together. Or why not. */
  readonly offload: { readonly inward: Compared; readonly outward: Compared } | string;
}

/** Bytes of one echo; connections that are being made at once. */
const ECHO = 64;
const AT_ONCE = 16;
/** With offload, samples are of so many times as many bytes. */
const OFFLOAD_BYTES = 4;
/** The net of the yardstick's device. */
const BARE_KERNEL_IP = "10.45.0.1";
const BARE_IP = "10.45.0.2";

/** One side's world: how a program listens there and connects. */
interface World {
  /** Where the kernel's program finds us, and where it listens for us. */
  readonly ours: string;
  readonly theirs: string;
  listen(port: number): AnyListener;
  connect(port: number): Promise<AnyConn>;
}

/** The kernel's program, in its thread. */
class KernelSide {
  readonly #worker = new Worker(new URL("kernel_side.ts", import.meta.url), { type: "module" });

  /** Has it act; `whenReady` is called when it listens. Gives what it measured. Throws an Error when it failed. */
  async act(order: KernelOrder, whenReady: () => void = () => {}): Promise<{ milliseconds: number; bytes?: number }> {
    const answer = await new Promise<Exclude<KernelAnswer, { ready: true }>>((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<KernelAnswer>) => "ready" in data ? whenReady() : resolve(data);
      this.#worker.onerror = (event) => reject(new Error(event.message));
      this.#worker.postMessage(order);
    });
    if ("failed" in answer) throw new Error(`The kernel's side failed: ${answer.failed}`);
    return answer;
  }

  close(): void {
    this.#worker.terminate();
  }
}

/** One sample of each kind, in one world. */
class Measurement {
  readonly #world: World;
  readonly #kernel: KernelSide;
  readonly #size: TcpSize;
  #port = 20_000;

  constructor(world: World, kernel: KernelSide, size: TcpSize) {
    this.#world = world;
    this.#kernel = kernel;
    this.#size = size;
  }

  async inward(): Promise<number> {
    const { bytes } = this.#size;
    const drained = await this.#serve(
      async (listener) => await drain(await listener.accept()),
      (port) => this.#kernel.act({ act: "pour", hostname: this.#world.ours, port, bytes }),
    );
    return gigabits(drained.served.bytes, bytes, drained.served.milliseconds);
  }

  async outward(): Promise<number> {
    const { bytes } = this.#size;
    const port = this.#port++;
    let poured: Promise<void> | undefined;
    const drained = await this.#kernel.act({ act: "drain", hostname: this.#world.theirs, port }, () => {
      poured = this.#world.connect(port).then((conn) => pour(conn, bytes));
    });
    await poured;
    return gigabits(drained.bytes ?? 0, bytes, drained.milliseconds);
  }

  async echoes(): Promise<number> {
    const { echoes: times } = this.#size;
    const { asked } = await this.#serve(
      async (listener) => await echoAll(await listener.accept()),
      (port) => this.#kernel.act({ act: "ask", hostname: this.#world.ours, port, size: ECHO, times }),
    );
    return times / asked.milliseconds * 1000;
  }

  async connections(): Promise<number> {
    const { connections: count } = this.#size;
    const { asked } = await this.#serve(
      (listener) => greet(listener, count),
      (port) => this.#kernel.act({ act: "call", hostname: this.#world.ours, port, count, atOnce: AT_ONCE }),
    );
    return count / asked.milliseconds * 1000;
  }

  /** Listens on a fresh port, and lets the kernel's side act meanwhile. */
  async #serve<S, A>(serve: (listener: AnyListener) => Promise<S>, ask: (port: number) => Promise<A>): Promise<{ served: S; asked: A }> {
    const port = this.#port++;
    const listener = this.#world.listen(port);
    const [served, asked] = await Promise.all([serve(listener), ask(port)]);
    listener.close();
    return { served, asked };
  }
}

/** The same without a stack. It does not know how to do more than these three. */
class BareMeasurement {
  readonly #bare: BareTcp;
  readonly #kernel: KernelSide;
  readonly #size: TcpSize;
  #port = 30_000;

  constructor(bare: BareTcp, kernel: KernelSide, size: TcpSize) {
    this.#bare = bare;
    this.#kernel = kernel;
    this.#size = size;
  }

  async inward(): Promise<number> {
    const { bytes } = this.#size;
    const poured = this.#kernel.act({ act: "pour", hostname: BARE_IP, port: this.#port++, bytes });
    const drained = this.#bare.sink();
    await poured;
    return gigabits(drained.bytes, bytes, drained.milliseconds);
  }

  async outward(): Promise<number> {
    const { bytes } = this.#size;
    const port = this.#port++;
    const [local, remote] = [parseIpv4Address(BARE_IP), parseIpv4Address(BARE_KERNEL_IP)];
    const drained = await this.#kernel.act(
      { act: "drain", hostname: BARE_KERNEL_IP, port },
      () => this.#bare.source(local, remote, port, bytes),
    );
    return gigabits(drained.bytes ?? 0, bytes, drained.milliseconds);
  }

  async echoes(): Promise<number> {
    const { echoes: times } = this.#size;
    const asked = this.#kernel.act({ act: "ask", hostname: BARE_IP, port: this.#port++, size: ECHO, times });
    this.#bare.echo();
    return times / (await asked).milliseconds * 1000;
  }
}

function gigabits(got: number, expected: number, milliseconds: number): number {
  if (got !== expected) throw new Error(`${expected} bytes were sent, and ${got} came`);
  return got * 8 / milliseconds / 1e6;
}

const KINDS = ["inward", "outward", "echoes", "connections"] as const;
type Kind = typeof KINDS[number];

/** The stack over a TUN device of its own, with the first network address and the second; and how to end it. */
function startStack(
  modules: Modules,
  kernel: string,
  ours: string,
  offload: boolean,
): { world: World; refused?: string; stop(): Promise<void> } {
  const tun = openTunTap({ kind: "tun", mtu: 1500, address: parseIpv4Address(kernel), offload });
  const { modules: fast, device, options } = fastPath(modules, tun);
  const host = Host.bind(fast, { interfaces: [{ medium: "ip", address: ours }] }, [device], { now: performance.now(), ...options });
  const ending = new AbortController();
  const running = run(host, [device], { signal: ending.signal });
  const world: World = {
    ours,
    theirs: kernel,
    listen: (port) => listen(host, { port }),
    connect: (port) => connect(host, { hostname: kernel, port }),
  };
  const stop = async (): Promise<void> => {
    ending.abort();
    await running;
    device.close();
  };
  return { world, refused: tun.offloadRefused, stop };
}

const LOOPBACK: World = {
  ours: "127.0.0.1",
  theirs: "127.0.0.1",
  listen: (port) => Deno.listen({ hostname: "127.0.0.1", port }),
  connect: (port) => Deno.connect({ hostname: "127.0.0.1", port }),
};

/** Measures these kinds, all in turns. Gives a sentence in place of figures where there is no offload though it was asked for. */
async function measureOver(
  modules: Modules,
  kinds: readonly Kind[],
  size: TcpSize,
  offload: boolean,
): Promise<Partial<Record<Kind, Compared>> | string> {
  const stack = startStack(modules, KERNEL_IP, STACK_IP, offload);
  const bare = openTunTap({ kind: "tun", mtu: 1500, address: parseIpv4Address(BARE_KERNEL_IP), offload });
  const kernel = new KernelSide();
  const compared: Partial<Record<Kind, Compared>> = {};
  const samplers: Samplers = {
    stack: new Measurement(stack.world, kernel, size),
    yardstick: new BareMeasurement(new BareTcp(bare), kernel, size),
    loopback: new Measurement(LOOPBACK, kernel, size),
  };
  if (stack.refused === undefined) { for (const kind of kinds) compared[kind] = await takeTurns(samplers, kind, size); }
  await stack.stop();
  bare.close();
  kernel.close();
  return stack.refused ?? compared;
}

async function measure(modules: Modules, size: TcpSize): Promise<TcpResult> {
  prepareNamespace();
  const plain = await measureOver(modules, KINDS, size, false) as Record<Kind, Compared>;
  const offload = await measureOver(modules, ["inward", "outward"], { ...size, bytes: size.bytes * OFFLOAD_BYTES }, true);
  return { ...plain, offload: offload as TcpResult["offload"] };
}

/** Who takes samples, and of what kinds. */
type Sampler = Partial<Record<Kind, () => Promise<number>>>;
type Samplers = Record<"stack" | "yardstick" | "loopback", Sampler>;

/** One turn each to get warm, and then in turns. */
async function takeTurns(samplers: Samplers, kind: Kind, size: TcpSize): Promise<Compared> {
  const names = (["stack", "yardstick", "loopback"] as const).filter((name) => samplers[name][kind] !== undefined);
  const samples = { stack: [] as number[], yardstick: [] as number[], loopback: [] as number[] };
  let [ran, waited, elapsed] = [0, 0, 0];
  for (let round = -1; round < size.rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const [before, began] = [threadTimes(), performance.now()];
      const sample = await samplers[name][kind]?.() ?? NaN;
      if (round < 0) continue;
      samples[name].push(sample);
      if (name !== "stack") continue;
      const after = threadTimes();
      ran += after.ran - before.ran;
      waited += after.waited - before.waited;
      elapsed += (performance.now() - began) * 1e6;
    }
  }
  const units = size.rounds *
    { inward: size.bytes / SEGMENT, outward: size.bytes / SEGMENT, echoes: size.echoes, connections: size.connections }[kind];
  return {
    stack: spreadOf(samples.stack),
    yardstick: samples.yardstick.length > 0 ? spreadOf(samples.yardstick) : undefined,
    loopback: spreadOf(samples.loopback),
    processor: ran / units,
    waited: waited / elapsed,
  };
}

if (import.meta.main) {
  dieWithParent();
  const { default: modules } = await import("../../solutions/reference.ts");
  try {
    console.log(JSON.stringify(await measure(modules, JSON.parse(Deno.args[0] ?? "{}"))));
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.detail } }));
  }
  Deno.exit();
}

/**
 * What the TCP measurements run over. A world is how a program listens and connects on its side: by the stack, over a device of its own; or by the
 * kernel, over its loopback or a veth. The other side is always a program over the kernel's sockets, in a thread of its own.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import { openTunTap, type TunTapOptions } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import { connect } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { fastPath } from "../fast/fast_path.ts";
import { STACK_MAC } from "../harness/packets.ts";
import { type AnyConn, type AnyListener, drain, echoAll, greet, pour } from "./conversation.ts";
import type { KernelAnswer, KernelOrder } from "./kernel_side.ts";
import type { Contestant, TcpSize } from "./turns.ts";
import { bringUp } from "./veth.ts";

/** Bytes of one echo; connections that are being made at once. */
export const ECHO = 64;
const AT_ONCE = 16;

/** One side's world: how a program listens there and connects. */
export interface World {
  /** Where the kernel's program finds us, and where it listens for us. */
  readonly ours: string;
  readonly theirs: string;
  listen(port: number): AnyListener;
  connect(port: number): Promise<AnyConn>;
}

/** The kernel's program, in its thread. */
export class KernelSide {
  readonly #worker = new Worker(new URL("kernel_side.ts", import.meta.url), { type: "module" });

  /** Has it act; `whenReady` is called when it listens. Gives what it measured. Throws an Error when it failed. */
  async act(order: KernelOrder, whenReady: () => void = () => {}): Promise<{ milliseconds: number; bytes?: number }> {
    const answer = await new Promise<Exclude<KernelAnswer, { ready: true }>>((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<KernelAnswer>) => "ready" in data ? whenReady() : resolve(data);
      this.#worker.onerror = (event) => reject(new Error(event.message));
      this.#worker.postMessage(order);
    });
    if ("failed" in answer) throw new Error(`the kernel's side failed: ${answer.failed}`);
    return answer;
  }

  close(): void {
    this.#worker.terminate();
  }
}

/** One sample of each kind, in one world. */
export class Measurement implements Contestant {
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

/** Gigabits per second. Throws an Error if not all came. */
export function gigabits(got: number, expected: number, milliseconds: number): number {
  if (got !== expected) throw new Error(`${expected} bytes were sent, and ${got} came`);
  return got * 8 / milliseconds / 1e6;
}

/** A stack, and how to end it. */
export interface RunningStack {
  readonly world: World;
  /** Why there is no offload though it was asked for. */
  readonly refused: string | undefined;
  stop(): Promise<void>;
}

/** The stack over a device of its own, whose ends have these addresses. */
export function startStack(modules: Modules, kernel: string, ours: string, options: Omit<TunTapOptions, "address">): RunningStack {
  const tap = openTunTap({ ...options, address: parseIpv4Address(kernel) });
  const { modules: fast, device, options: binding } = fastPath(modules, tap);
  const place = tap.medium === "ip" ? { medium: "ip", address: ours } as const : { mac: STACK_MAC, address: ours };
  const host = Host.bind(fast, { interfaces: [place] }, [device], { now: performance.now(), ...binding });
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
  return { world, refused: tap.offloadRefused, stop };
}

/** Both programs use the kernel, at these addresses. */
function kernelWorld(ours: string, theirs: string): World {
  return {
    ours,
    theirs,
    listen: (port) => Deno.listen({ hostname: ours, port }),
    connect: (port) => Deno.connect({ hostname: theirs, port }),
  };
}

/** Nothing leaves the kernel. */
export const LOOPBACK: World = kernelWorld("127.0.0.1", "127.0.0.1");

const VETH = "veth0";

/** The kernel at both ends of a veth: this thread in its network, that of process `pid`; `kernel` in a new one. A sentence where there can be none. */
export async function vethWorld(kernel: KernelSide, pid: number = Deno.pid): Promise<World | string> {
  const world = kernelWorld("10.46.0.1", "10.46.0.2");
  try {
    await kernel.act({ act: "move", hostname: world.theirs, port: 0, device: VETH, pid });
    bringUp(VETH, world.ours);
    return world;
  } catch (error) {
    return `No kernel over veth: ${(error as Error).message}.`;
  }
}

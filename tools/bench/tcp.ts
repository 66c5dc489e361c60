/**
 * The part of `deno task bench` that measures TCP with the kernel. Run in a network namespace of its own, with a TcpOrder as its argument; prints a
 * TcpResult, or { refused } where there is no live wire.
 *
 * One thread is the stack, under stack/runner.ts, with the application on it; a second is a program over the kernel's sockets. They are joined
 * by TUN at MTU 1500, segments being cut and put together by software below the stack, or with offload by the kernel. Beside it, in turns: bare_tcp.ts in
 * the stack's place, over a TUN device of its own; and the same two programs over the kernel's loopback, and over a veth between two networks.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";
import { BareTcp } from "./bare_tcp.ts";
import { type Contestant, type Kind, KINDS, type Reached, takeTurns, type TcpSize } from "./turns.ts";
import { ECHO, gigabits, KernelSide, LOOPBACK, Measurement, startStack, vethWorld } from "./worlds.ts";

/** What is to be measured. */
export interface TcpOrder extends TcpSize {
  /** Segments by themselves; segments cut and put together by the kernel. Default: both. */
  readonly parts?: readonly ("plain" | "offload")[];
}

/** The stack, and those beside it: how many per second. Undefined where a contestant cannot do it, or is not there. */
export interface Compared {
  readonly stack: Reached;
  readonly yardstick?: Reached;
  readonly loopback: Reached;
  readonly veth?: Reached;
}

/** What is measured here. */
export interface TcpResult {
  readonly plain?: {
    /** Gigabits per second, kernel → stack and stack → kernel. */
    readonly inward: Compared;
    readonly outward: Compared;
    /** Echoes of 64 bytes per second, one after the other. */
    readonly echoes: Compared;
    /** Connections per second, made, accepted and closed by both sides. */
    readonly connections: Compared;
  };
  /** Both ways with offload: the kernel cuts segments of 64 KB, and puts them together. Or why not. */
  readonly offload?: Bulk | string;
  /** Why there is no veth. */
  readonly noVeth?: string;
}

/** Both ways. */
type Bulk = { readonly inward: Compared; readonly outward: Compared };

/** With offload, samples are of so many times as many bytes. */
const OFFLOAD_BYTES = 4;
/** The net of the yardstick's device. */
const BARE_KERNEL_IP = "10.45.0.1";
const BARE_IP = "10.45.0.2";

/** The same without a stack. It does not know how to do more than these three. */
class BareMeasurement implements Contestant {
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

/** Measures these kinds, all in turns; `beside`: over the kernel alone. Gives a sentence in place of figures where there is no offload though it was asked for. */
async function measureOver(
  modules: Modules,
  kinds: readonly Kind[],
  size: TcpSize,
  offload: boolean,
  beside: (size: TcpSize) => { loopback: Contestant; veth?: Contestant },
): Promise<Partial<Record<Kind, Compared>> | string> {
  const stack = startStack(modules, KERNEL_IP, STACK_IP, { kind: "tun", mtu: 1500, offload });
  const bare = openTunTap({ kind: "tun", mtu: 1500, address: parseIpv4Address(BARE_KERNEL_IP), offload });
  const kernel = new KernelSide();
  const compared: Partial<Record<Kind, Compared>> = {};
  const contestants: Record<string, Contestant> = {
    stack: new Measurement(stack.world, kernel, size),
    yardstick: new BareMeasurement(new BareTcp(bare), kernel, size),
    ...beside(size),
  };
  if (stack.refused === undefined) {
    for (const kind of kinds) compared[kind] = await takeTurns(contestants, kind, size) as unknown as Compared;
  }
  await stack.stop();
  bare.close();
  kernel.close();
  return stack.refused ?? compared;
}

async function measure(modules: Modules, { parts = ["plain", "offload"], ...size }: TcpOrder): Promise<TcpResult> {
  prepareNamespace();
  const kernels = [new KernelSide(), new KernelSide()] as const;
  const veth = await vethWorld(kernels[1]);
  const beside = (size: TcpSize): { loopback: Contestant; veth?: Contestant } => ({
    loopback: new Measurement(LOOPBACK, kernels[0], size),
    ...typeof veth === "string" ? {} : { veth: new Measurement(veth, kernels[1], size) },
  });
  const over = async (part: "plain" | "offload", kinds: readonly Kind[], bytes: number): Promise<unknown> =>
    parts.includes(part) ? await measureOver(modules, kinds, { ...size, bytes }, part === "offload", beside) : undefined;
  const plain = await over("plain", KINDS, size.bytes) as TcpResult["plain"];
  const offload = await over("offload", ["inward", "outward"], size.bytes * OFFLOAD_BYTES) as TcpResult["offload"];
  for (const kernel of kernels) kernel.close();
  return { plain, offload, noVeth: typeof veth === "string" ? veth : undefined };
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

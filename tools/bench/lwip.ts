/**
 * The part of `deno task bench` that measures our stack beside lwIP, which is written in C, as Debian ships it. Both sit on TAP, each on a device of its own
 * at the same MTU, and the stack on TUN, too, where it puts segments together; all talk with the same program over the kernel's sockets, in turns. Run in a
 * network namespace of its own, with an LwipOrder as its argument; prints an LwipResult, a sentence where lwIP fails, or { refused } where there is no live wire. tools/foreign/lwip_bulk.c is lwIP's side.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";
import { type Contestant, type Reached, takeTurns, type TcpSize } from "./turns.ts";
import { gigabits, KernelSide, Measurement, startStack } from "./worlds.ts";

/** What is to be measured. */
export interface LwipOrder extends Pick<TcpSize, "rounds" | "bytes"> {
  /** lwip_bulk.c, compiled. */
  readonly program: string;
}

/** Gigabits per second: the stack over TAP, and over TUN; lwIP over TAP. */
export interface BesideLwip {
  readonly tap: Reached;
  readonly tun: Reached;
  readonly lwip: Reached;
}

/** What is measured here. */
export interface LwipResult {
  readonly mtu: number;
  /** From the kernel, and to it. */
  readonly inward: BesideLwip;
  readonly outward: BesideLwip;
}

/** An Ethernet's: lwip_bulk.c has the same. */
const MTU = 1500;
const TUN_KERNEL_IP = "10.45.0.1";
const TUN_IP = "10.45.0.2";
const LWIP_KERNEL_IP = "10.47.0.1";
const LWIP_IP = "10.47.0.2";
const DEVICE = "lwip0";
const PORT = 5001;

/** lwIP's process, and what it can. */
class Lwip implements Contestant {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #said: ReadableStreamDefaultReader<string>;
  readonly #kernel: KernelSide;
  readonly #bytes: number;
  readonly pid: number;
  #port = 40_000;

  constructor({ program, bytes }: LwipOrder, kernel: KernelSide) {
    const args = [DEVICE, LWIP_IP, `${PORT}`];
    this.#child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#said = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#kernel = kernel;
    this.#bytes = bytes;
    this.pid = this.#child.pid;
  }

  /** The line that it says next. Throws an Error when it has ended. */
  async says(): Promise<string> {
    const { value } = await this.#said.read();
    if (value === undefined) throw new Error("lwIP has ended");
    return value.trim();
  }

  async inward(): Promise<number> {
    const bytes = this.#bytes;
    const [line] = await Promise.all([this.says(), this.#kernel.act({ act: "pour", hostname: LWIP_IP, port: PORT, bytes })]);
    const [came = 0, nanoseconds = 0] = line.split(" ").map(Number);
    return gigabits(came, bytes, nanoseconds / 1e6);
  }

  async outward(): Promise<number> {
    const port = this.#port++;
    const order = new TextEncoder().encode(`${LWIP_KERNEL_IP} ${port} ${this.#bytes}\n`);
    const draining = this.#kernel.act(
      { act: "drain", hostname: LWIP_KERNEL_IP, port },
      () => void this.#input.write(order).catch(() => {}),
    );
    const [drained] = await Promise.all([draining, this.says()]);
    return gigabits(drained.bytes ?? 0, this.#bytes, drained.milliseconds);
  }

  /** It ends with its input. */
  async end(): Promise<void> {
    await this.#input.close();
    await this.#said.cancel();
    await this.#child.status;
  }
}

async function measure(modules: Modules, order: LwipOrder): Promise<LwipResult> {
  prepareNamespace();
  const size: TcpSize = { ...order, echoes: 0, connections: 0 };
  const tap = startStack(modules, KERNEL_IP, STACK_IP, { kind: "tap", mtu: MTU });
  const tun = startStack(modules, TUN_KERNEL_IP, TUN_IP, { kind: "tun", mtu: MTU });
  // It stays when it is closed: lwIP opens it again.
  openTunTap({ kind: "tap", name: DEVICE, mtu: MTU, address: parseIpv4Address(LWIP_KERNEL_IP), persist: true }).close();
  const kernel = new KernelSide();
  const lwip = new Lwip(order, kernel);
  await lwip.says();
  const contestants = { tap: new Measurement(tap.world, kernel, size), tun: new Measurement(tun.world, kernel, size), lwip };
  const result = {
    mtu: MTU,
    inward: await takeTurns(contestants, "inward", size) as BesideLwip,
    outward: await takeTurns(contestants, "outward", size) as BesideLwip,
  };
  await lwip.end();
  await Promise.all([tap.stop(), tun.stop()]);
  kernel.close();
  return result;
}

if (import.meta.main) {
  dieWithParent();
  const { default: modules } = await import("../../solutions/reference.ts");
  try {
    console.log(JSON.stringify(await measure(modules, JSON.parse(Deno.args[0] ?? "{}"))));
  } catch (error) {
    // Whatever lwIP may do, the benchmark goes on: a sentence then.
    const refused = error instanceof NoLiveWire ? { refused: { reason: error.reason, detail: error.detail } } : undefined;
    console.log(JSON.stringify(refused ?? `lwIP could not be measured: ${(error as Error).message}.`));
  }
  Deno.exit();
}

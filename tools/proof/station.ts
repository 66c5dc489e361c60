/**
 * The stack's end of a proof: the reference stack as the neighbour of this machine's kernel, with every packet written down. For programs inside a
 * namespace of their own, which next_door.ts starts.
 *
 *     kernel 10.44.0.1 ── tap0 ── capture ── bad wire ── 10.44.0.2 stack
 *
 * The capture lies between the kernel and the bad wire, so it shows what the kernel saw: what our side lost on purpose is not in it when we sent it,
 * and is in it when the kernel did.
 */
import { Host } from "../../stack/host.ts";
import type { HostConfig, TcpConfig } from "../../stack/host_config.ts";
import { capture, captureTo } from "../../stack/link/capture.ts";
import { impair, type ImpairedDevice, type ImpairOptions } from "../../stack/link/impair.ts";
import { NoLiveWire, type NoLiveWireReason } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../stack/wire/mac_address.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, KERNEL_MAC, STACK_IP, STACK_MAC } from "../harness/packets.ts";
import { loadReference } from "../reference.ts";

/** What a wire is to be like. */
export interface WireOrder {
  /** Where the capture goes. */
  readonly capture: string;
  /** Ethernet frames (tap0), or bare IP packets (tun0). Default: tap. */
  readonly kind?: "tap" | "tun";
  /** The device's name. Default: tap0, tun0. */
  readonly name?: string;
  /** Default: 1500. */
  readonly mtu?: number;
  /** What the wire does to packets. Default: nothing. */
  readonly wire?: ImpairOptions;
  /** What the stack's TCP is told. Default: nothing. */
  readonly tcp?: TcpConfig;
  /** And its reassembly. */
  readonly reassembly?: HostConfig["reassembly"];
}

/** What a stack holds. */
export interface Holdings {
  /** States of its connections. */
  readonly connections: readonly string[];
  readonly framesLent: number;
  /** Bytes of JavaScript's heap and of its buffers, after a collection. */
  readonly memory: number;
}

/** A stack that runs. */
export interface Station {
  readonly host: Host;
  readonly wire: ImpairedDevice;
  /** What the stack holds once nothing but TIME-WAIT is left, or after some seconds of waiting for that. */
  settled(): Promise<Holdings>;
  /** Ends it; the capture is complete then. */
  end(): Promise<void>;
}

/** How a program inside was refused, instead of what it was to say. */
export interface Refused {
  readonly refused: { readonly reason: NoLiveWireReason; readonly detail: string };
}

/** Milliseconds that the last connections have to end. */
const PARTING = 5000;

/** Lays the wire in this namespace and starts the stack. Throws a NoLiveWire. */
export async function openStation(order: WireOrder): Promise<Station> {
  const { kind = "tap", name = `${kind}0`, mtu = 1500 } = order;
  const modules = await loadReference();
  prepareNamespace();
  const mac = kind === "tap" ? { mac: parseMac(KERNEL_MAC) } : {};
  const device = openTunTap({ kind, name, ...mac, address: parseIpv4Address(KERNEL_IP), mtu });
  const clock = (): number => performance.now();
  const file = captureTo(order.capture);
  const wire = impair(capture(device, file, { clock }), order.wire ?? {}, clock);
  const seed = crypto.getRandomValues(new Uint32Array(1))[0];
  const medium = kind === "tap" ? { mac: STACK_MAC } : { medium: "ip" as const };
  const config = { interfaces: [{ ...medium, address: STACK_IP, mtu }], seed, tcp: order.tcp ?? {}, reassembly: order.reassembly ?? {} };
  const host = Host.bind(modules, config, [wire], { now: clock() });
  const stop = new AbortController();
  const running = run(host, [wire], { signal: stop.signal });
  const connections = (): string[] => (host.tcp?.connections() ?? []).map(({ tcb }) => tcb.state);
  const busy = (): boolean => host.framesLent > 0 || connections().some((state) => state !== "TIME-WAIT");
  const settled = async (): Promise<Holdings> => {
    for (let waited = 0; waited < PARTING && busy(); waited += 10) await new Promise((resolve) => setTimeout(resolve, 10));
    return { connections: connections(), framesLent: host.framesLent, memory: memoryUsed() };
  };
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
    file.close();
  };
  return { host, wire, settled, end };
}

/** What is alive, in bytes: this process was started with --expose-gc. */
function memoryUsed(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** The whole of a program inside: does what the argument orders, and prints what came of it, or how it was refused. Never returns. */
export async function answer<Order>(carryOut: (order: Order) => Promise<unknown>): Promise<never> {
  dieWithParent();
  try {
    console.log(JSON.stringify(await carryOut(JSON.parse(Deno.args[0] ?? "{}"))));
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.detail } } satisfies Refused));
  }
  Deno.exit();
}

/**
 * The part of `deno task bench --connections` that needs the kernel. Run in a network namespace of its own, with `--v8-flags=--expose-gc` and a CrowdSize
 * as its argument; prints a CrowdResult, or { refused } where there is no live wire.
 *
 * One thread, one loop is the stack with a server on it, which sends back what comes. Another thread is all its clients (many_clients.ts). First connections are
 * opened, ten times as many each time, and with so many open, the same number of echoes goes through them. Then a third thread floods (flooder.ts), while
 * new connections come as before.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { run } from "../../stack/runner.ts";
import { listen } from "../../stack/socket/listener.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { prepareNamespace, sysctl } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";
import { spreadOf } from "./contest.ts";
import { raiseDescriptors } from "./epoll.ts";
import type { FloodAnswer, FloodOrder } from "./flooder.ts";
import type { ClientsAnswer, ClientsOrder } from "./many_clients.ts";
import type { AnyConn, AnyListener } from "./conversation.ts";
import { threadTimes } from "./thread_times.ts";

/** How much is measured. */
export interface CrowdSize {
  readonly connections: number;
  /** Echoes with each number of connections that are open. */
  readonly echoes: number;
  /** Turns with and without a flood, the milliseconds of each, and SYNs of one flood at most. */
  readonly turns: number;
  readonly calling: number;
  readonly flood: number;
}

/** With so many connections open. */
export interface CrowdStep {
  readonly open: number;
  /** How fast the last of them were made; echoes per second, and the nanoseconds that the stack's thread ran for each, of both. */
  readonly connectionsPerSecond: number;
  readonly processorPerConnection: number;
  readonly echoesPerSecond: number;
  readonly processorPerEcho: number;
}

/** Connections per second that were made and closed, beside floods and without one. */
export interface FloodResult {
  readonly quiet: number;
  readonly floods: readonly Flooded[];
}

export interface Flooded {
  readonly connectionsPerSecond: number;
  /** SYNs per second that went in, and the share of all, 0 to 1, that reached the stack: the device drops what nobody fetches in time. */
  readonly syns: number;
  readonly reached: number;
}

export interface CrowdResult {
  /** Why there were fewer than asked for: "EMFILE". */
  readonly refused?: string;
  readonly steps: readonly CrowdStep[];
  /** Bytes for each connection, the server's own buffer and its waiting `read` among them. */
  readonly memory: number;
  readonly flood: FloodResult;
}

/** Bytes of one echo. */
const ECHO = 64;
const PORT = 80, CALL_PORT = 81;
/** Descriptors for everything else; ports that the kernel has for connections to one of ours. */
const OTHERS = 100, PORTS = 64_000;
/** SYNs per second of the floods; the last as fast as they can be sent. */
const FLOODS = [10_000, 50_000, Infinity] as const;
/** Echoes on their way at a time, and connections that are being made at a time beside the flood. */
const IN_FLIGHT = 64, CALLERS = 16;

/** The kernel's side. */
class Clients {
  readonly #worker = new Worker(new URL("many_clients.ts", import.meta.url), { type: "module" });

  async act(order: ClientsOrder): Promise<Exclude<ClientsAnswer, { failed: string }>> {
    const answer = await ask<ClientsAnswer>(this.#worker, order);
    if ("failed" in answer) throw new Error(`The kernel's side failed: ${answer.failed}`);
    return answer;
  }

  end(): void {
    this.#worker.terminate();
  }
}

function ask<A>(worker: Worker, order: unknown): Promise<A> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<A>) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(order);
  });
}

/** Serves whoever comes, until the listener is closed. */
async function serveAll(listener: AnyListener, serve: (conn: AnyConn) => Promise<void>): Promise<void> {
  for (;;) {
    try {
      serve(await listener.accept()).catch(() => {}); // whoever breaks off is gone
    } catch {
      return;
    }
  }
}

/** Sends back what comes. A buffer for each: nobody reads what is for somebody else. */
async function echoBack(conn: AnyConn): Promise<void> {
  const buffer = new Uint8Array(ECHO);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) await conn.write(buffer.subarray(0, count));
  conn.close();
}

async function measure(modules: Modules, size: CrowdSize): Promise<CrowdResult> {
  prepareNamespace();
  sysctl({ name: "net.ipv4.ip_local_port_range", value: "1024 65535" } as Parameters<typeof sysctl>[0]);
  raiseDescriptors(size.connections + OTHERS);
  const tun = openTunTap({ kind: "tun", mtu: 1500, address: parseIpv4Address(KERNEL_IP) });
  const routes = [{ to: "0.0.0.0/0", gateway: KERNEL_IP }];
  const config = {
    interfaces: [{ medium: "ip" as const, address: STACK_IP }],
    routes,
    tcp: { maxConnections: 2 * size.connections + 10_000, synCookies: true },
  };
  const host = Host.bind(modules, config, [tun], { now: performance.now() });
  const stop = new AbortController();
  const running = run(host, [tun], { signal: stop.signal });
  const listener = listen(host, { port: PORT, tcpBacklog: 4096 });
  const serving = serveAll(listener, echoBack);
  const clients = new Clients();
  const crowd = await measureCrowd(host, clients, size);
  await clients.act({ act: "close" });
  const flood = await measureFlood(host, clients, size);
  clients.end();
  listener.close();
  stop.abort();
  await Promise.all([running, serving]);
  return { ...crowd, flood };
}

async function measureCrowd(host: Host, clients: Clients, { connections, echoes }: CrowdSize): Promise<Omit<CrowdResult, "flood">> {
  const most = Math.min(connections, PORTS);
  const steps: CrowdStep[] = [];
  let before = 0;
  let refused = most < connections ? "there are no more ports" : undefined;
  let memoryBefore = 0;
  for (let wanted = 1, open = 0; open < most && refused === undefined || steps.length === 0; wanted *= 10) {
    const [opened, opening] = await timed(() =>
      clients.act({ act: "open", hostname: STACK_IP, port: PORT, count: Math.min(wanted, most) })
    );
    if (opened.open === open) throw new Error(`No connection was made: ${opened.refused}`);
    const added = opened.open - open;
    open = opened.open;
    refused ??= opened.refused;
    const [echoed, echoing] = await timed(() =>
      clients.act({ act: "echo", bytes: ECHO, among: open, times: Math.max(echoes, open), atOnce: IN_FLIGHT })
    );
    const times = Math.max(echoes, open);
    steps.push({
      open,
      connectionsPerSecond: added / opened.milliseconds * 1000,
      processorPerConnection: opening / added,
      echoesPerSecond: times / echoed.milliseconds * 1000,
      processorPerEcho: echoing / times,
    });
    if (open <= 100) [before, memoryBefore] = [open, memory()]; // compiled by now, and the pools filled
  }
  const last = (steps.at(-1) as CrowdStep).open;
  if (host.tcp?.table.size() !== last) throw new Error(`${last} connections are open, and the stack knows ${host.tcp?.table.size()}`);
  return { ...refused === undefined ? {} : { refused }, steps, memory: last === before ? 0 : (memory() - memoryBefore) / (last - before) };
}

/** Connections that come and go, with floods beside them and without, in turns. */
async function measureFlood(host: Host, clients: Clients, { turns, calling, flood }: CrowdSize): Promise<FloodResult> {
  const listener = listen(host, { port: CALL_PORT });
  const serving = serveAll(listener, async (conn) => {
    await conn.read(new Uint8Array(1));
  });
  const flooder = new Worker(new URL("flooder.ts", import.meta.url), { type: "module" });
  const begin = (most: number, rate: number, stop: Int32Array): Promise<FloodAnswer> => {
    return ask(flooder, { to: STACK_IP, port: CALL_PORT, most, rate, stop } satisfies FloodOrder);
  };
  const call = async (): Promise<number> => {
    const { open, milliseconds } = await clients.act({
      act: "call",
      hostname: STACK_IP,
      port: CALL_PORT,
      milliseconds: calling,
      atOnce: CALLERS,
    });
    return open / milliseconds * 1000;
  };
  const callBeside = async (rate: number): Promise<Flooded> => {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const before = synsOf(host);
    const flooding = begin(flood, rate, stop);
    const connectionsPerSecond = await call();
    const reached = synsOf(host) - before - Math.round(connectionsPerSecond * calling / 1000); // honest SYNs are answered with cookies, too
    Atomics.store(stop, 0, 1);
    Atomics.notify(stop, 0);
    const answer = await flooding;
    if ("failed" in answer) throw new Error(`The flood failed: ${answer.failed}`);
    return {
      connectionsPerSecond,
      syns: answer.sent / answer.milliseconds * 1000,
      reached: Math.min(1, Math.max(0, reached / answer.sent)),
    };
  };
  await begin(0, 1, new Int32Array(1));
  await callBeside(FLOODS[0]); // once to get warm, and to fill the half-open queue for good
  const quiet: number[] = [];
  const floods = FLOODS.map((): Flooded[] => []);
  for (let turn = 0; turn < turns; turn++) {
    quiet.push(await call());
    for (const [index, rate] of FLOODS.entries()) floods[index]?.push(await callBeside(rate));
  }
  flooder.terminate();
  listener.close();
  await serving;
  const middle = (each: Flooded[], name: keyof Flooded): number => spreadOf(each.map((flooded) => flooded[name])).median;
  return {
    quiet: spreadOf(quiet).median,
    floods: floods.map((each) => ({
      connectionsPerSecond: middle(each, "connectionsPerSecond"),
      syns: middle(each, "syns"),
      reached: middle(each, "reached"),
    })),
  };
}

/** SYNs that found the queue full, answered or not. */
function synsOf(host: Host): number {
  const counters = host.counters();
  return (counters["tcp: listen queue full"] ?? 0) + (counters["tcp: cookie sent"] ?? 0);
}

/** What it gives, and the nanoseconds that this thread ran meanwhile. */
async function timed<T>(act: () => Promise<T>): Promise<[result: T, ran: number]> {
  const before = threadTimes().ran;
  return [await act(), threadTimes().ran - before];
}

/** Bytes in use, once everything that is not has been cleared away. */
function memory(): number {
  const { gc } = globalThis as unknown as { gc: () => void };
  for (let i = 0; i < 4; i++) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

if (import.meta.main) {
  dieWithParent();
  // Deno makes what it needs for signals when it first needs it, and panics where no descriptor is left by then. Here one is.
  Deno.addSignalListener("SIGUSR2", () => {});
  const { default: modules } = await import("../../solutions/reference.ts");
  try {
    console.log(JSON.stringify(await measure(modules, JSON.parse(Deno.args[0] ?? "{}"))));
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.detail } }));
  }
  Deno.exit();
}

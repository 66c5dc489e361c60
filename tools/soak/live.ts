/**
 * The soak with the kernel, for as long as one likes: the stack on one side of a TUN device, a program over the kernel's sockets in a thread on the other, and
 * a wire that gets worse and better. Both serve, and both call. Run in a network namespace of its own, with a LiveOrder as its argument; says how it goes on
 * standard error, and prints a LiveResult, or { refused } where there is no live wire.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import { impair } from "../../stack/link/impair.ts";
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { type Pollable, run } from "../../stack/runner.ts";
import { createProcess, type Process } from "../../stack/socket/descriptors.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";
import { Callers, type CallersResult } from "./callers.ts";
import { stackParty } from "./parties.ts";
import { serve } from "./programs.ts";
import { changing, type Weather } from "./weather.ts";

/** How long, in seconds, and what chance follows from. */
export interface LiveOrder {
  readonly seconds: number;
  readonly seed: number;
}

/** What came of it, by who called. */
export interface LiveResult {
  readonly seed: number;
  readonly seconds: number;
  readonly stack: CallersResult;
  readonly kernel: CallersResult;
  /** Bytes that the stack's programs read, and the process's memory in MiB when a tenth of the time was over and in the end. */
  readonly bytes: number;
  readonly memory: readonly [early: number, late: number];
  readonly faults: readonly string[];
}

/** Milliseconds for what still runs when the time is over, and for TIME-WAIT. */
const PATIENCE = 120_000;
const TIME_WAIT = 2000;
/** Milliseconds between two looks at the wire, and between two lines of the report. */
const LONGEST_WEATHER = 10_000;
const REPORT = 60_000;

const SKIES: readonly Weather[] = [
  {},
  {},
  { drop: 0.01, jitter: 3 },
  { delay: 20, jitter: 10 },
  { reorder: 0.05, duplicate: 0.02 },
  { corrupt: 0.02 },
  { drop: 0.05, reorder: 0.05, duplicate: 0.02, corrupt: 0.01, delay: 5, jitter: 5 },
];

/** The stack's side: a host that runs, on a wire whose weather can be changed. */
interface Side {
  readonly host: Host;
  /** May be changed. */
  readonly sky: { weather: Weather };
  stop(): Promise<void>;
}

function startSide(modules: Modules, seed: number): Side {
  const tun = openTunTap({ kind: "tun", mtu: 1500, address: parseIpv4Address(KERNEL_IP) });
  const sky = { weather: {} };
  const wild = changing(() => sky.weather);
  const wire = impair(tun, { send: wild, receive: wild, seed, queueLimit: 4096 }, () => performance.now());
  const config = { interfaces: [{ medium: "ip", address: STACK_IP }], seed, tcp: { timeWait: TIME_WAIT, leastTimeout: 200 } } as const;
  const host = Host.bind(modules, config, [wire], { now: performance.now() });
  const both: Pollable = {
    poll: (now) => {
      wire.poll();
      return host.poll(now);
    },
    nextDeadline: () => Math.min(host.nextDeadline(), wire.nextDeadline()),
    set wake(wake: () => void) {
      host.wake = wake;
    },
  };
  const stop = new AbortController();
  const running = run(both, [wire], { signal: stop.signal });
  return {
    host,
    sky,
    stop: async () => {
      stop.abort();
      await running;
      tun.close();
    },
  };
}

/** What is still held when nothing should be going on. */
function leftOn(host: Host, server: Process): string[] {
  const left = {
    connections: host.tcp?.table.size() ?? 0,
    ports: host.tcp?.ports.size() ?? 0,
    frames: host.framesLent,
    descriptors: [...server.sockets()].length,
  };
  return Object.entries(left).filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what} left`);
}

async function soakLive({ seconds, seed }: LiveOrder): Promise<LiveResult> {
  prepareNamespace();
  const { default: modules } = await import("../../solutions/reference.ts");
  const random = createRandom(seed);
  const side = startSide(modules, seed);
  const { host } = side;
  let bytes = 0;
  const surroundings = { clock: { sleep }, random, checked: (count: number) => void (bytes += count) };
  const server = createProcess(host, { name: "server", privileged: true, limit: 1_000_000 });
  serve(stackParty(server), surroundings, () => {}).catch(() => {});
  const kernel = new Worker(new URL("kernel_callers.ts", import.meta.url), { type: "module" });
  const told = new Promise<CallersResult>((resolve) => kernel.onmessage = ({ data }) => resolve(data as CallersResult));
  kernel.postMessage({ seconds, seed: seed + 1, address: STACK_IP, patience: PATIENCE });
  const callers = new Callers(() => stackParty(createProcess(host, { name: "caller", limit: 1_000_000 })), KERNEL_IP, surroundings);

  let early = memory();
  const began = performance.now();
  const isOver = (): boolean => performance.now() - began >= seconds * 1000;
  const sky = (async () => {
    while (!isOver()) {
      await sleep(Math.min(random.int(100, LONGEST_WEATHER), seconds * 100));
      side.sky.weather = random.pick(SKIES);
      if (performance.now() - began < seconds * 100) early = memory();
    }
    side.sky.weather = {};
  })();
  const report = setInterval(() => console.error(`${minutes(began)}: ${callers.summary()}, ${megabytes(bytes)}`), REPORT);
  const stack = await callers.call(isOver, PATIENCE);
  const fromKernel = await told;
  await sky;
  clearInterval(report);
  await server.exit();
  kernel.terminate();
  await sleep(2 * TIME_WAIT);
  const left = leftOn(host, server);
  const late = memory();
  await side.stop();
  return {
    seed,
    seconds,
    stack,
    kernel: fromKernel,
    bytes,
    memory: [early, late],
    faults: [...left, ...stack.faults, ...fromKernel.faults],
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function memory(): number {
  return Math.round(Deno.memoryUsage().heapUsed / 2 ** 20);
}

function minutes(began: number): string {
  return `${Math.round((performance.now() - began) / 60_000)} min`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB checked`;
}

if (import.meta.main) {
  dieWithParent();
  try {
    console.log(JSON.stringify(await soakLive(JSON.parse(Deno.args[0] ?? "{}"))));
  } catch (error) {
    if (!(error instanceof NoLiveWire)) throw error;
    console.log(JSON.stringify({ refused: { reason: error.reason, detail: error.detail } }));
  }
  Deno.exit();
}

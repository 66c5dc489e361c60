/**
 * The part of `deno task echo-loop` that needs the kernel. Run in a network namespace of its own, with an EchoLoopSize as its argument; prints an
 * EchoLoopResult, or { refused } where there is no live wire.
 *
 * One thread is the stack, over TUN, with two servers on it: on one port lab 10's loop, on the other a task for each connection, which waits in
 * `read`. Another thread is all clients of the kernel (tools/bench/many_clients.ts). Both servers have as many connections open, all the time;
 * echoes go through them in turns.
 */
import { NoLiveWire } from "../../stack/link/no_live_wire.ts";
import { openTunTap } from "../../stack/link/tuntap_ffi.ts";
import { Host } from "../../stack/host.ts";
import { run } from "../../stack/runner.ts";
import { parseSocketAddress } from "../../stack/socket/address.ts";
import type { TcpConn } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { ECHO_LIMITS, serveEcho } from "../../stack/socket/selector.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { raiseDescriptors } from "../bench/epoll.ts";
import type { ClientsAnswer, ClientsOrder } from "../bench/many_clients.ts";
import { threadTimes } from "../bench/thread_times.ts";
import { prepareNamespace } from "../harness/kernel/settings.ts";
import { dieWithParent } from "../harness/namespace.ts";
import { KERNEL_IP, STACK_IP } from "../harness/packets.ts";
import type { Modules } from "../../stack/contract/modules.ts";

/** How much is measured. */
export interface EchoLoopSize {
  /** Clients of each server. */
  readonly clients: number;
  /** Echoes in each turn, and turns of each server. */
  readonly echoes: number;
  readonly turns: number;
}

/** One server's figures: medians over the turns. */
export interface ServerFigures {
  readonly echoesPerSecond: number;
  /** The same in the slowest turn, and in the fastest. */
  readonly turns: readonly [slowest: number, fastest: number];
  /** Nanoseconds that the stack's thread ran for each echo, device, TCP and server together. */
  readonly processorPerEcho: number;
}

export interface EchoLoopResult {
  /** Clients that were connected to each server; fewer than asked for where the system had no more to give. */
  readonly clients: number;
  readonly loop: ServerFigures;
  readonly tasks: ServerFigures;
}

/** Bytes of one echo; echoes on their way at a time. */
const ECHO = 64, IN_FLIGHT = 64;
const LOOP_PORT = 7, TASK_PORT = 8;
const OTHERS = 100;

/** The clients of one server. */
class Clients {
  readonly #worker = new Worker(new URL("../bench/many_clients.ts", import.meta.url), { type: "module" });

  act(order: ClientsOrder): Promise<Exclude<ClientsAnswer, { failed: string }>> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }: MessageEvent<ClientsAnswer>) => {
        if ("failed" in data) reject(new Error(`The kernel's side failed: ${data.failed}`));
        else resolve(data);
      };
      this.#worker.onerror = (event) => reject(new Error(event.message));
      this.#worker.postMessage(order);
    });
  }

  end(): void {
    this.#worker.terminate();
  }
}

/** A task for each connection, until the client is done. */
async function echoBack(conn: TcpConn): Promise<void> {
  const buffer = new Uint8Array(ECHO_LIMITS.chunk);
  for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) await conn.write(buffer.subarray(0, count));
  conn.close();
}

async function measure(modules: Modules, { clients, echoes, turns }: EchoLoopSize): Promise<EchoLoopResult> {
  prepareNamespace();
  raiseDescriptors(2 * clients + OTHERS);
  const tun = openTunTap({ kind: "tun", mtu: 1500, address: parseIpv4Address(KERNEL_IP) });
  const host = Host.bind(modules, { interfaces: [{ medium: "ip", address: STACK_IP }] }, [tun], { now: performance.now() });
  const stop = new AbortController();
  const running = run(host, [tun], { signal: stop.signal });
  const loop = serveEcho(host, modules.selector, parseSocketAddress(`0.0.0.0:${LOOP_PORT}`), { ...ECHO_LIMITS, connections: clients + 1 });
  const listener = listen(host, { port: TASK_PORT, tcpBacklog: 1024 });
  const accepting = (async () => {
    for await (const conn of listener) echoBack(conn).catch(() => {}); // whoever breaks off is gone
  })();
  const sides = [{ clients: new Clients(), port: LOOP_PORT }, { clients: new Clients(), port: TASK_PORT }] as const;
  let open = clients;
  for (const side of sides) {
    open = Math.min(open, (await side.clients.act({ act: "open", hostname: STACK_IP, port: side.port, count: clients })).open);
  }
  const figures = sides.map(() => ({ rates: [] as number[], costs: [] as number[] }));
  for (let turn = -1; turn < turns; turn++) {
    for (const [index, side] of sides.entries()) {
      const before = threadTimes().ran;
      const { milliseconds } = await side.clients.act({ act: "echo", bytes: ECHO, among: open, times: echoes, atOnce: IN_FLIGHT });
      if (turn < 0) continue; // once to get warm
      figures[index]?.rates.push(echoes / milliseconds * 1000);
      figures[index]?.costs.push((threadTimes().ran - before) / echoes);
    }
  }
  for (const side of sides) {
    await side.clients.act({ act: "close" });
    side.clients.end();
  }
  listener.close();
  loop.selector.closeAll();
  stop.abort();
  await Promise.all([running, accepting, loop.running]);
  const [first, second] = figures.map(({ rates, costs }): ServerFigures => ({
    echoesPerSecond: median(rates),
    turns: [Math.min(...rates), Math.max(...rates)],
    processorPerEcho: median(costs),
  }));
  return { clients: open, loop: first as ServerFigures, tasks: second as ServerFigures };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
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

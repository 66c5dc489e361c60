/**
 * The memory of connections that only wait: made, used once in both directions, and silent since then. Run with `--v8-flags=--expose-gc` and the
 * number of connections; prints an IdleResult.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import { createPair } from "../../stack/link/pair.ts";
import { connect, type TcpConn } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";

/** Bytes of heap, and of buffers outside of it, per end of a connection: each has two, and both are here. */
export interface PerEnd {
  readonly heap: number;
  readonly external: number;
}

export interface IdleResult {
  readonly connections: number;
  /** Each end is an open `TcpConn`, socket and all. */
  readonly open: PerEnd;
  /** And a program waits in its `read`. */
  readonly waiting: PerEnd;
  /** Nanoseconds of a `poll` of the host where all of them end, when there is nothing to do; and of the same host before there were any. */
  readonly poll: number;
  readonly emptyPoll: number;
}

/** Connections that are made at once; bytes that each has carried, both ways; connections from one client: it has no more ports than 16,384. */
const BATCH = 50;
const SAID = 1000;
const FROM_ONE = 10_000;
/** Frames that a wire holds, which it keeps: more than are on their way at a time. */
const QUEUE = 128;
/** Milliseconds after the last word: all timers have run out by then, and what a connection needs only at work was given back. */
const SETTLING = 2000;
/** Seconds after which nothing is left of connections that were closed. */
const LINGERING = 120;
const TURN = 0.05;
const POLLS = 5000, SAMPLES = 20;

/** A server, as many clients as are needed, a wire to each, and a clock that they share. */
class World {
  readonly server: Host;
  readonly clients: readonly Host[];
  #now = 0;

  constructor(modules: Modules, connections: number) {
    const networks = Array.from({ length: Math.ceil(connections / FROM_ONE) }, (_, index) => index);
    const wires = networks.map(() => createPair({ medium: "ip", queueLimit: QUEUE }));
    const at = (index: number, end: number) => ({ medium: "ip", address: addressOf(index, end) }) as const;
    const tcp = { maxConnections: 2 * connections };
    this.server = Host.bind(modules, { interfaces: networks.map((index) => at(index, 1)), tcp, seed: 1 }, wires.map(([near]) => near));
    this.clients = wires.map(([, far], index) => Host.bind(modules, { interfaces: [at(index, 2)], tcp, seed: 2 + index }, [far]));
  }

  turn(milliseconds = TURN): void {
    this.server.poll(this.#now);
    for (const client of this.clients) client.poll(this.#now);
    this.#now += milliseconds;
  }

  /** Nanoseconds of a poll of the server: the least of some samples, as there is nothing that could make one cost more but the machine. */
  timePolls(): number {
    let least = Infinity;
    for (let sample = 0; sample < SAMPLES; sample++) {
      const began = performance.now();
      for (let i = 0; i < POLLS; i++) this.server.poll(this.#now);
      least = Math.min(least, (performance.now() - began) * 1e6 / POLLS);
    }
    return least;
  }
}

function addressOf(network: number, end: number): string {
  return `10.44.${network}.${end}`;
}

async function measure(modules: Modules, connections: number): Promise<IdleResult> {
  const world = new World(modules, connections);
  const listener = listen(world.server, { port: 80, tcpBacklog: 4096 });
  const conns: TcpConn[] = [];
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    promise.then(() => done = true, () => done = true);
    while (!done) {
      world.turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await promise;
  };
  let met = 0;
  const meet = async (): Promise<void> => {
    const network = met++ % world.clients.length;
    const calling = connect(world.clients[network] as Host, { hostname: addressOf(network, 1), port: 80 });
    const ends = await Promise.all([calling, listener.accept()]);
    await Promise.all(ends.map(say));
    conns.push(...ends);
  };
  const meetMany = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= BATCH) {
      await settle(Promise.all(Array.from({ length: Math.min(left, BATCH) }, meet)));
      for (let turns = 0; turns < 4; turns++) world.turn(20); // acknowledgments that were held back
    }
    for (let left = SETTLING; left > 0; left--) world.turn(1);
    await new Promise((resolve) => setTimeout(resolve));
  };

  await meetMany(4 * BATCH * world.clients.length); // compiled, and the pools filled, before it counts
  for (const conn of conns.splice(0)) conn.close();
  for (let left = LINGERING; left > 0; left--) world.turn(1000);
  met = 0;
  const emptyPoll = world.timePolls();
  const before = memory();
  await meetMany(connections);
  const open = memory();
  const poll = world.timePolls();
  const buffer = new Uint8Array(SAID);
  const reads = conns.map((conn) => conn.read(buffer));
  await new Promise((resolve) => setTimeout(resolve));
  const waiting = memory();
  if (conns.length !== 2 * connections || reads.length !== conns.length) throw new Error("Not all connections were made");
  const perEnd = (now: PerEnd): PerEnd => ({
    heap: (now.heap - before.heap) / conns.length,
    external: (now.external - before.external) / conns.length,
  });
  return { connections, open: perEnd(open), waiting: perEnd(waiting), poll, emptyPoll };
}

/** Says something, and hears what the other end says. */
async function say(conn: TcpConn): Promise<void> {
  const buffer = new Uint8Array(SAID);
  await conn.write(buffer);
  for (let got = 0; got < SAID;) got += await conn.read(buffer) ?? Infinity;
}

/** What is in use, once everything that is not has been cleared away. */
function memory(): PerEnd {
  const { gc } = globalThis as unknown as { gc: () => void };
  for (let i = 0; i < 4; i++) gc();
  const { heapUsed, external } = Deno.memoryUsage();
  return { heap: heapUsed, external };
}

if (import.meta.main) {
  const { default: modules } = await import("../../solutions/reference.ts");
  console.log(JSON.stringify(await measure(modules, Number(Deno.args[0] ?? 10_000))));
}

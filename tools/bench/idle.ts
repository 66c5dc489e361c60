/**
 * The memory of connections that only wait: made, used once in both directions, and silent since then. Run with `--v8-flags=--expose-gc` and the
 * number of connections; prints an IdleResult.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { connect, type TcpConn } from "../../stack/socket/conn.ts";
import { listen } from "../../stack/socket/listener.ts";
import { STACK_IP } from "../harness/packets.ts";
import { twoHosts } from "./bulk.ts";

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
}

/** Connections that are made at once; bytes that each has carried, both ways. */
const BATCH = 100;
const SAID = 1000;
/** Turns after the last word, two seconds: all timers have run out by then, and what a connection needs only at work was given back. */
const SETTLING = 40_000;

async function measure(modules: Modules, connections: number): Promise<IdleResult> {
  const hosts = twoHosts(modules);
  const listener = listen(hosts.receiver, { port: 80, tcpBacklog: 4096 });
  const conns: TcpConn[] = [];
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    promise.then(() => done = true, () => done = true);
    while (!done) {
      hosts.turn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await promise;
  };
  const meet = async (): Promise<void> => {
    const ends = await Promise.all([connect(hosts.sender, { hostname: STACK_IP, port: 80 }), listener.accept()]);
    await Promise.all(ends.map(say));
    conns.push(...ends);
  };
  const meetMany = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= BATCH) await settle(Promise.all(Array.from({ length: Math.min(left, BATCH) }, meet)));
    for (let turns = 0; turns < SETTLING; turns++) hosts.turn();
    await new Promise((resolve) => setTimeout(resolve));
  };

  await meetMany(2 * BATCH); // compiled, and the pools filled, before it counts
  conns.length = 0;
  const before = memory();
  await meetMany(connections);
  const open = memory();
  const buffer = new Uint8Array(SAID);
  const reads = conns.map((conn) => conn.read(buffer));
  await new Promise((resolve) => setTimeout(resolve));
  const waiting = memory();
  if (conns.length !== 2 * connections || reads.length !== conns.length) throw new Error("Not all connections were made");
  const perEnd = (now: PerEnd): PerEnd => ({
    heap: (now.heap - before.heap) / conns.length,
    external: (now.external - before.external) / conns.length,
  });
  return { connections, open: perEnd(open), waiting: perEnd(waiting) };
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

/**
 * What the checks of this lab are fed with: addresses that are anything but small, ports of all three kinds, and the
 * student's objects with their calls spelled as people say them. All of it is drawn from a check's own random numbers.
 */
import type { BindReject } from "../../../stack/contract/accept.ts";
import { formatIpv4Address, type Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Random } from "../../../stack/wire/random.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

/** 0.0.0.0: every address of the host. */
export const ANY = 0 as Ipv4Address;

/** Addresses of hosts, all different. One at least lies in the upper half, where a number of 32 bits turns negative. */
export function hosts(random: Random, count: number): Ipv4Address[] {
  const found = new Set<number>();
  while (found.size < count) {
    const first = found.size === 0 ? random.int(128, 223) : random.pick([random.int(1, 126), random.int(128, 223)]);
    found.add(first * 0x100_0000 + random.int(1, 0xff_fffe));
  }
  return random.shuffle([...found]) as Ipv4Address[];
}

/** A port that anybody may bind. */
export function anyPort(random: Random): number {
  return random.pick([1024, 65_535, random.int(1025, 49_151), random.int(49_152, 65_534)]);
}

/** "10.44.0.2:80" */
export function pairText(address: Ipv4Address, port: number): string {
  return `${formatIpv4Address(address)}:${port}`;
}

/** Settings of the host that a check cares about. */
interface PortSettings {
  readonly first?: number;
  readonly last?: number;
  readonly privileged?: boolean;
  readonly seed?: number;
}

/** The ports of a host with two addresses. */
export interface PortBench {
  readonly one: Ipv4Address;
  readonly two: Ipv4Address;
  readonly ports: Awaited<ReturnType<Trial["accept"]["createPorts"]>>;
  /** Binds, and says what came of it. */
  bind(address: Ipv4Address, port: number, reuse?: boolean): Promise<number | BindReject>;
  /** Binds; that must give the port itself, or this reject. */
  expectBind(address: Ipv4Address, port: number, reuse: boolean, reject?: BindReject): Promise<void>;
  /** Begins to listen; that must be possible, or not. */
  expectListen(address: Ipv4Address, port: number, possible: boolean): Promise<void>;
  /** So many binds and shares must be held. */
  expectSize(count: number, when: string): Promise<void>;
}

/** Whose ports below 1024 are. */
export const PRIVILEGE =
  "RFC 6335 §6: ports 0 to 1023 are the system's. UNIX lets only a privileged process have them, so that whoever reaches port 22 of a machine talks to a service of its " +
  "administrator, and not to a program of any user. From 1024 on a port is anybody's.";

/** Whose addresses can be bound. */
export const NOT_OURS =
  "A socket can only be reached at an address that its host has: no segment to another one ever comes in. 0.0.0.0 is always available: it means whichever there are.";

/** Two rejects have reasons of their own, whatever a check is about. */
const REASONS: Readonly<Record<string, string>> = { "permission denied": PRIVILEGE, "address not available": NOT_OURS };

/** Makes the ports of a host with two addresses on which nothing is bound. */
export async function portBench(t: Trial, settings: PortSettings = {}): Promise<PortBench> {
  const { first = 49_152, last = 65_535, privileged = false, seed = t.random.int(1, 1_000_000) } = settings;
  const [one, two] = hosts(t.random, 2) as [Ipv4Address, Ipv4Address];
  const ports = await t.accept.createPorts({
    firstEphemeral: first,
    lastEphemeral: last,
    privileged,
    random: t.randomSource(seed),
  });
  const own = [one, two];
  const bench: PortBench = {
    one,
    two,
    ports,
    bind: (address, port, reuse = false) => ports.bind(address, port, reuse, own),
    expectBind: async (address, port, reuse, reject) => {
      const what = `binding ${pairText(address, port)}${reuse ? " with reuse" : ""}`;
      const came = await bench.bind(address, port, reuse);
      const why = REASONS[came] ?? REASONS[reject ?? ""];
      const compare = (): void => t.equal<unknown>(came, reject ?? port, what);
      await (came === reject || why === undefined ? compare() : t.about({ why, look: ["createPorts.bind"] }, compare));
    },
    expectListen: async (address, port, possible) => {
      t.equal(await ports.listen(address, port), possible, `listening on ${pairText(address, port)}`);
    },
    expectSize: async (count, when) => {
      t.equal(await ports.size(), count, `size ${when}`);
    },
  };
  return bench;
}

/** Both address pairs of a connection, ours first. */
export type Pairs = readonly [Ipv4Address, number, Ipv4Address, number];

/** "10.44.0.2:80 ⇄ 10.44.0.1:50546" */
export function pairsText([local, localPort, remote, remotePort]: Pairs): string {
  return `${pairText(local, localPort)} ⇄ ${pairText(remote, remotePort)}`;
}

/** The student's table of connections. They are called by numbers here, and listening sockets by words. */
export interface TableBench {
  readonly table: Awaited<ReturnType<Trial["accept"]["createConnectionTable"]>>;
  expectAdd(pairs: Pairs, connection: number, possible: boolean): Promise<void>;
  expectFind(pairs: Pairs, connection: number | undefined): Promise<void>;
  expectRemove(pairs: Pairs, possible: boolean): Promise<void>;
  expectListener(address: Ipv4Address, port: number, listener: string | undefined): Promise<void>;
  expectSize(count: number, when: string): Promise<void>;
  /** What `forEach` visits, in its order. */
  visited(): Promise<unknown[]>;
}

/** Makes an empty table. */
export async function tableBench(t: Trial): Promise<TableBench> {
  const table = await t.accept.createConnectionTable();
  return {
    table,
    expectAdd: async (pairs, connection, possible) => {
      t.equal(await table.add(...pairs, connection), possible, `adding ${pairsText(pairs)}`);
    },
    expectFind: async (pairs, connection) => {
      t.equal(await table.find(...pairs), connection, `the connection ${pairsText(pairs)}`);
    },
    expectRemove: async (pairs, possible) => {
      t.equal(await table.remove(...pairs), possible, `removing ${pairsText(pairs)}`);
    },
    expectListener: async (address, port, listener) => {
      t.equal(await table.findListener(address, port), listener, `the listener for ${pairText(address, port)}`);
    },
    expectSize: async (count, when) => {
      t.equal(await table.size(), count, `size ${when}`);
    },
    visited: async () => {
      const visit = t.recorder<never>({ callback: true });
      await table.forEach(visit.object);
      return visit.calls.map(({ args }) => args[0]);
    },
  };
}

/** The pairs of a connection, with one of the four parts another, in every way; and with the two ends the other way round. */
export function nearMisses([local, localPort, remote, remotePort]: Pairs, stranger: Ipv4Address): Pairs[] {
  return [
    [local, localPort, remote, remotePort === 65_535 ? remotePort - 1 : remotePort + 1],
    [local, localPort, remote, remotePort ^ 0x100],
    [local, localPort, stranger, remotePort],
    [local, localPort === 65_535 ? localPort - 1 : localPort + 1, remote, remotePort],
    [stranger, localPort, remote, remotePort],
    [remote, remotePort, local, localPort],
    [local, remotePort, remote, localPort],
    [remote, localPort, local, remotePort],
  ];
}

/** The student's queues. Connections are called by letters. */
export interface QueueBench {
  readonly queue: Awaited<ReturnType<Trial["accept"]["createAcceptQueue"]>>;
  /** These become half-open, and then established. */
  fill(...connections: string[]): Promise<void>;
  halfOpen(...connections: string[]): Promise<void>;
  expectAdmits(admits: boolean, when: string): Promise<void>;
  expectEstablished(connection: string, possible: boolean, when: string): Promise<void>;
  expectAccept(connection: string | undefined): Promise<void>;
  expectCounts(halfOpen: number, accept: number, when: string): Promise<void>;
}

/** Makes the queues of a socket that listens with this backlog. */
export async function queueBench(t: Trial, backlog: number): Promise<QueueBench> {
  t.step(`a socket with a backlog of ${backlog}`);
  const queue = await t.accept.createAcceptQueue(backlog);
  const bench: QueueBench = {
    queue,
    fill: async (...connections) => {
      for (const connection of connections) {
        await queue.halfOpen(connection);
        await bench.expectEstablished(connection, true, "with room in the accept queue");
      }
    },
    halfOpen: async (...connections) => {
      for (const connection of connections) await queue.halfOpen(connection);
    },
    expectAdmits: async (admits, when) => {
      t.equal(await queue.admits(), admits, `admits() ${when}`);
    },
    expectEstablished: async (connection, possible, when) => {
      t.equal(await queue.established(connection), possible, `established(${connection}) ${when}`);
    },
    expectAccept: async (connection) => {
      t.equal(await queue.accept(), connection, "what accept() gives");
    },
    expectCounts: async (halfOpen, accept, when) => {
      t.equal(await queue.halfOpenCount(), halfOpen, `half-open connections ${when}`);
      t.equal(await queue.acceptCount(), accept, `connections that wait ${when}`);
    },
  };
  return bench;
}

/** Letters for connections: "a", "b", …, "z", "a1", … */
export function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i % 26) + (i < 26 ? "" : Math.floor(i / 26)));
}

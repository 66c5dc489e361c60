/** The student's table. Sockets are called by letters here. */
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Trial } from "../../../tools/harness/suite.ts";
import { hosts, pairText } from "./samples.ts";

/** 0.0.0.0: every address of the host. */
export const ANY = 0 as Ipv4Address;
/** No remote port: anybody. */
export const NOBODY = 0;

/** An address and port. */
export type Pair = readonly [Ipv4Address, number];

export interface TableBench {
  /** Two addresses of the host, two of others. */
  readonly own: readonly [Ipv4Address, Ipv4Address];
  readonly theirs: readonly [Ipv4Address, Ipv4Address];
  readonly table: Awaited<ReturnType<Trial["datagrams"]["createDatagramTable"]>>;
  bind(socket: string, local: Pair): Promise<void>;
  connect(socket: string, local: Pair, remote: Pair): Promise<void>;
  expectRemove(socket: string, local: Pair, possible: boolean): Promise<void>;
  /** The socket for a datagram to `local` from `remote`. */
  expectFind(local: Pair, remote: Pair, socket: string | undefined): Promise<void>;
  /** Those that a datagram to everybody is for, in whatever order. */
  expectEach(local: Pair, remote: Pair, sockets: readonly string[]): Promise<void>;
  expectSize(count: number, when: string): Promise<void>;
}

/** Makes an empty table. */
export async function tableBench(t: Trial): Promise<TableBench> {
  const [one, two, near, far] = hosts(t.random, 4) as [Ipv4Address, Ipv4Address, Ipv4Address, Ipv4Address];
  const table = await t.datagrams.createDatagramTable();
  return {
    own: [one, two],
    theirs: [near, far],
    table,
    bind: async (socket, local) => {
      await table.add(...local, socket);
    },
    connect: async (socket, local, remote) => {
      await table.connect(...local, socket, ...remote);
    },
    expectRemove: async (socket, local, possible) => {
      t.equal(await table.remove(...local, socket), possible, `removing ${socket} from ${pairText(...local)}`);
    },
    expectFind: async (local, remote, socket) => {
      t.equal(
        await table.find(...local, ...remote),
        socket,
        `the socket for a datagram to ${pairText(...local)} from ${pairText(...remote)}`,
      );
    },
    expectEach: async (local, remote, sockets) => {
      const visit = t.recorder<never>({ callback: true });
      await table.forEach(...local, ...remote, visit.object);
      const visited = visit.calls.map(({ args }) => `${args[0]}`).toSorted().join(" ") || "none";
      const wanted = sockets.toSorted().join(" ") || "none";
      t.equal(visited, wanted, `the sockets for a datagram to everybody at port ${local[1]}, from ${pairText(...remote)}`);
    },
    expectSize: async (count, when) => {
      t.equal(await table.size(), count, `size ${when}`);
    },
  };
}

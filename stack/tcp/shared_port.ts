/**
 * A local port for one more connection, when every ephemeral port is held by some connection: one that others have too, as long as all four numbers
 * together are new (RFC 9293 §3.3.1 names a connection by both ends). So a host's ports run out for one peer's port at a time, not for all at once.
 */
import type { ConnectionTable, Ports } from "../contract/accept.ts";
import { formatIpv4Address, type Ipv4Address } from "../wire/ipv4_address.ts";
import { bindError } from "./bind_error.ts";
import type { TcpParts } from "./parts.ts";

/** The two ends; the local port is sought. */
export interface Ends {
  readonly localAddress: Ipv4Address;
  readonly remoteAddress: Ipv4Address;
  readonly remotePort: number;
}

/** Where to look. */
export interface PortSearch {
  readonly ports: Ports;
  readonly table: Pick<ConnectionTable<unknown, unknown>, "find">;
}

/**
 * Takes a port for a connection, 0 for any with which it has a name of its own. Throws `Deno.errors` when it cannot be had. Sockets that listen, or want
 * their port for themselves (`reuse` false), are not shared with.
 */
export function portFor(ends: Ends, wanted: number, reuse: boolean, search: PortSearch, parts: TcpParts): number {
  const { localAddress, remoteAddress, remotePort } = ends;
  const bound = search.ports.bind(localAddress, wanted, reuse, parts.addresses());
  if (typeof bound === "number") return bound;
  if (bound !== "no port free") throw bindError(localAddress, wanted, bound);
  const shared = reuse ? sharePort(ends, search, parts) : undefined;
  if (shared !== undefined) return shared;
  const name = `${formatIpv4Address(remoteAddress)}:${remotePort}`;
  throw new Deno.errors.AddrNotAvailable(`Cannot connect to ${name}: no local port is left for it`);
}

function sharePort({ localAddress, remoteAddress, remotePort }: Ends, { ports, table }: PortSearch, parts: TcpParts): number | undefined {
  const { firstEphemeral, lastEphemeral } = parts.options;
  const count = lastEphemeral - firstEphemeral + 1;
  const begin = Math.floor(parts.random() * count); // RFC 6056 §3.3.1
  for (let step = 0; step < count; step++) {
    const port = firstEphemeral + (begin + step) % count;
    if (table.find(localAddress, port, remoteAddress, remotePort) !== undefined) continue;
    if (ports.bind(localAddress, port, true, parts.addresses()) === port) return port;
  }
  return undefined;
}

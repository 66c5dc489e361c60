/**
 * The connections of a filter, a line each, for people: how the packets of the caller look when they arrive, how those of the other do, and for how long
 * that will be remembered without another. Where the second is not the mirror of the first, addresses are translated.
 *
 *     tcp   established  10.44.1.2:40000 > 198.51.100.7:80     198.51.100.7:80 > 192.0.2.1:40000       7440 s
 *     icmp  query        10.44.1.2 id 7 > 198.51.100.7         198.51.100.7 > 192.0.2.1 id 7             59 s
 */
import { formatIpv4Address, type Ipv4Address } from "../wire/ipv4_address.ts";
import type { Connection, Tuple } from "./connections.ts";
import { ICMP, QUERY, TCP, UDP } from "./packet.ts";

const NAMES: Readonly<Record<number, string>> = { [ICMP]: "icmp", [TCP]: "tcp", [UDP]: "udp" };

/** As of `now`. */
export function listConnections(connections: readonly Connection[], now: number): string {
  const rows = connections.map(({ original, reply, phase, deadline }) => [
    NAMES[original.protocol] ?? `${original.protocol}`,
    phase,
    direction(original),
    direction(reply),
    `${Math.ceil((deadline - now) / 1000)} s`,
  ]);
  const widths = rows.reduce((most, row) => row.map((text, column) => Math.max(most[column] ?? 0, text.length)), [] as number[]);
  return rows.map((row) => `${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ").trimEnd()}\n`).join("");
}

function direction({ protocol, source, sourcePort, destination, destinationPort }: Tuple): string {
  return `${end(protocol, source, sourcePort)} > ${end(protocol, destination, destinationPort)}`;
}

function end(protocol: number, address: Ipv4Address, port: number): string {
  const text = formatIpv4Address(address);
  if (protocol === ICMP) return port < QUERY ? `${text} id ${port}` : text;
  return protocol === TCP || protocol === UDP ? `${text}:${port}` : text;
}

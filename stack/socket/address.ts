/**
 * An address and a port. The chapter "Five things called a socket" (docs/handbook) keeps five things apart, and so does this folder:
 *
 *     Descriptor     descriptors.ts          a small number, which means something in one process
 *     Socket         socket.ts               the object that it stands for
 *     SocketAddress  here                    what names one end: an IP address and a port
 *     Port           here                    a number of 16 bits in a header
 *     Connection     ../tcp/connection.ts    what two hosts remember of each other, under two addresses
 */
import { formatIpv4Address, type Ipv4Address, parseIpv4Address, UNSPECIFIED } from "../wire/ipv4_address.ts";

/** A port, 0 to 65535. 0 is nobody's: in a wish it means "any". */
export type Port = number & { readonly __brand: "Port" };

/** What names one end. It is only a name: nothing is open because of it. */
export interface SocketAddress {
  /** 0.0.0.0 in a wish means "any of this host's". */
  readonly ip: Ipv4Address;
  readonly port: Port;
}

/** Any address, any port: the name of a socket that has none yet. */
export const ANYWHERE: SocketAddress = { ip: UNSPECIFIED, port: 0 as Port };

/** Ports below this one are well-known (RFC 6335 §6). */
export const FIRST_REGISTERED_PORT = 1024;

/** Takes a number for a port. Throws a RangeError when it is none. */
export function portOf(number: number): Port {
  if (!Number.isInteger(number) || number < 0 || number > 65535) throw new RangeError(`Not a port: ${number}`);
  return number as Port;
}

/** Reads "10.44.0.2:80". Throws a TypeError or RangeError for anything else. */
export function parseSocketAddress(text: string): SocketAddress {
  const [, ip, port] = /^([^:]+):(\d{1,5})$/.exec(text) ?? [];
  if (ip === undefined || port === undefined) throw new TypeError(`Not an address with a port: "${text}"`);
  return { ip: parseIpv4Address(ip), port: portOf(Number(port)) };
}

/** Writes it as people read it: "10.44.0.2:80". */
export function formatSocketAddress({ ip, port }: SocketAddress): string {
  return `${formatIpv4Address(ip)}:${port}`;
}

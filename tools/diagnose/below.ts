/** What Linux shows to any user of the way below a connection: route, interface, ARP, and a ping. Elsewhere there is nothing of it. */
import { networkOf, parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import type { PingEcho } from "../harness/kernel/operations.ts";
import { ping } from "../harness/kernel/ping.ts";
import { SocketError } from "../harness/kernel/sockets.ts";
import { type Link, links, type ListeningSocket, listeningSockets, NetlinkError, ownAddresses, type Route, routeTo } from "./netlink.ts";
import { carryOut } from "./waiting.ts";

/** IP and ICMP headers. */
const ECHO_HEADERS = 28;

/** The route; or the kernel's word for it that there is none, and an interface that is off and would be the one. */
export type Way =
  | { readonly route: Route; readonly link: Link | undefined }
  | { readonly refused: string; readonly off: Link | undefined };

/** How the kernel would send to `address`. Undefined: it does not say. */
export function findWay(address: string): Way | undefined {
  try {
    const route = routeTo(parseIpv4Address(address));
    return { route, link: links().find(({ index }) => index === route.interface) };
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    if (!/^E(NETUNREACH|HOSTUNREACH|ACCES|INVAL)$/.test(error.code)) return undefined;
    return { refused: error.code, off: interfaceThatIsOff(address) };
  }
}

function interfaceThatIsOff(address: string): Link | undefined {
  const wanted = parseIpv4Address(address);
  const itsOwn = ownAddresses().filter(({ address, prefixLength }) =>
    networkOf(parseIpv4Address(address), prefixLength) === networkOf(wanted, prefixLength)
  );
  return links().find((link) => !link.up && itsOwn.some((own) => own.interface === link.index));
}

/** One ping with so many bytes of data. Undefined: this user may not send any. */
async function pingOnce(address: string, size: number, timeout: number): Promise<PingEcho | undefined> {
  try {
    return (await carryOut(ping({ to: address, size, df: true, timeout })))[0];
  } catch (error) {
    if (error instanceof SocketError) return undefined;
    throw error;
  }
}

/** Up to two pings: the second when the first is not answered. */
export async function pingTwice(address: string, timeout: number): Promise<PingEcho | undefined> {
  const first = await pingOnce(address, 56, timeout / 2);
  if (first === undefined || first.replied || first.error !== undefined) return first;
  return await pingOnce(address, 56, timeout / 2);
}

/** As `pingTwice`, with packets as long as the interface takes. */
export async function pingLong(address: string, mtu: number, timeout: number): Promise<PingEcho | undefined> {
  const first = await pingOnce(address, mtu - ECHO_HEADERS, timeout / 2);
  if (first?.replied !== false || first.error !== undefined) return first;
  return await pingOnce(address, mtu - ECHO_HEADERS, timeout / 2);
}

/** Who listens at a port of this machine: at the address (or at all), and at other addresses. Undefined: the kernel does not say. */
export function listenersAt(address: string, port: number): { here: ListeningSocket | undefined; elsewhere: string[] } | undefined {
  try {
    const all = listeningSockets().filter((socket) => socket.port === port);
    const here = all.find((socket) => socket.address === address) ?? all.find((socket) => socket.address === "0.0.0.0");
    return { here, elsewhere: all.filter((socket) => socket !== here).map((socket) => socket.address) };
  } catch (error) {
    if (error instanceof NetlinkError) return undefined;
    throw error;
  }
}

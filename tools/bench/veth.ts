/**
 * A cable between two networks of the kernel's own, for measurements where no stack of ours takes part: two interfaces, what goes in at one comes out at
 * the other (veth(4)). One message to the kernel makes both (rtnetlink(7)), so no `ip` command is needed.
 */
import { setAddress, setUp } from "../../stack/link/ifreq.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { errorName } from "../../stack/link/libc.ts";
import { SOCK_RAW, Socket } from "../harness/kernel/sockets.ts";

const AF_NETLINK = 16, NETLINK_ROUTE = 0;
const RTM_NEWLINK = 16;
/** A request, to be acknowledged, for something that must not be there yet. */
const NEW = 0x1 | 0x4 | 0x200 | 0x400;
const HEADER = 16;
/** Attributes, and those inside of them. */
const IFLA_IFNAME = 3, IFLA_LINKINFO = 18, IFLA_NET_NS_PID = 19;
const INFO_KIND = 1, INFO_DATA = 2, VETH_PEER = 1;

/**
 * Lays a cable from this thread's network, where its end has this name, to that of process `pid`, where the other has. Throws an Error with the kernel's
 * word for it.
 */
export function layVeth(name: string, peer: string, pid: number): void {
  const link = new Uint8Array(16); // struct ifinfomsg: nothing is said there
  const far = attribute(VETH_PEER, link, attribute(IFLA_IFNAME, text(peer)), attribute(IFLA_NET_NS_PID, number(pid)));
  const info = attribute(IFLA_LINKINFO, attribute(INFO_KIND, text("veth")), attribute(INFO_DATA, far));
  const body = joined([link, attribute(IFLA_IFNAME, text(name)), info]);
  const message = new DataView(new ArrayBuffer(HEADER));
  message.setUint32(0, HEADER + body.length, true);
  message.setUint16(4, RTM_NEWLINK, true);
  message.setUint16(6, NEW, true);
  const socket = new Socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    socket.send(joined([new Uint8Array(message.buffer), body]));
    const answer = socket.receive()?.data;
    const error = answer === undefined ? 0 : -new DataView(answer.buffer).getInt32(HEADER, true);
    if (error !== 0) throw new Error(`the kernel lays no veth (${errorName(error)})`);
  } finally {
    socket.close();
  }
}

/** Gives this thread's end an address, and brings it up. */
export function bringUp(name: string, address: string): void {
  setAddress(name, parseIpv4Address(address), 24);
  setUp(name, true);
}

/** Length, type and what belongs to it; each attribute begins at a multiple of four. */
function attribute(type: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const body = joined(parts);
  const bytes = new Uint8Array(4 + body.length + 3 & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + body.length, true);
  view.setUint16(2, type, true);
  bytes.set(body, 4);
  return bytes;
}

function text(word: string): Uint8Array {
  return new TextEncoder().encode(`${word}\0`);
}

function number(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((at, part) => (bytes.set(part, at), at + part.length), 0);
  return bytes;
}

/**
 * What a network interface is told by ioctl: its MTU, its MAC address, its IPv4 address, "up". So no `ip`
 * command is needed. Each request is a `struct ifreq`: 16 bytes of name, then 24 that depend on the request
 * (`man 7 netdevice`). Addresses inside are a `struct sockaddr`: a 16-bit family and 14 bytes.
 *
 * Rules: all of these need the right to administer the namespace (CAP_NET_ADMIN); what the kernel refuses is
 * an Error that names the request, the interface and the kernel's word for it.
 */
import { formatIpv4Address, type Ipv4Address, prefixMask } from "../wire/ipv4_address.ts";
import { formatMac, type MacAddress, writeMac } from "../wire/mac_address.ts";
import { AF_INET, errorName, lastError, libc, SOCK_CLOEXEC, SOCK_DGRAM } from "./libc.ts";

const SIOCGIFFLAGS = 0x8913n;
const SIOCSIFFLAGS = 0x8914n;
const SIOCSIFADDR = 0x8916n;
const SIOCSIFNETMASK = 0x891cn;
const SIOCSIFMTU = 0x8922n;
const SIOCSIFHWADDR = 0x8924n;
const SIOCGIFINDEX = 0x8933n;

const IFF_UP = 1;
const ARPHRD_ETHER = 1;

/** Bytes in a `struct ifreq`. */
export const IFREQ_LENGTH = 40;
/** Where the part that depends on the request begins. */
const PART = 16;
const LONGEST_NAME = 15;

/** A `struct ifreq` with the interface's name in it. Throws a TypeError for a name that cannot be one. */
export function ifreq(name: string): DataView<ArrayBuffer> {
  if (!/^[!-.0-~]+$/.test(name) || name.length > LONGEST_NAME) throw new TypeError(`Not an interface name: "${name}"`);
  const request = new Uint8Array(IFREQ_LENGTH);
  for (let i = 0; i < name.length; i++) request[i] = name.charCodeAt(i);
  return new DataView(request.buffer);
}

/** Sets the largest IP packet, in bytes (68 to 65535; 65521 on TAP). */
export function setMtu(name: string, mtu: number): void {
  const request = ifreq(name);
  request.setInt32(PART, mtu, true);
  ask(SIOCSIFMTU, request, `set the MTU of ${name} to ${mtu}`);
}

/** Sets the MAC address of the *kernel's* end. */
export function setMac(name: string, mac: MacAddress): void {
  const request = ifreq(name);
  request.setUint16(PART, ARPHRD_ETHER, true);
  writeMac(request, PART + 2, mac);
  ask(SIOCSIFHWADDR, request, `set the MAC address of ${name} to ${formatMac(mac)}`);
}

/** Sets the IPv4 address of the *kernel's* end and the net it is in. A name like "tap0:1" gives tap0 a further address. */
export function setAddress(name: string, address: Ipv4Address, prefixLength: number): void {
  ask(SIOCSIFADDR, withAddress(name, address), `give ${name} the address ${formatIpv4Address(address)}`);
  const mask = prefixMask(prefixLength) as Ipv4Address;
  ask(SIOCSIFNETMASK, withAddress(name, mask), `give ${name} the mask ${formatIpv4Address(mask)}`);
}

/** Whether the interface is up. */
export function isUp(name: string): boolean {
  return (flagsOf(name).getInt16(PART, true) & IFF_UP) !== 0;
}

/** Brings the interface up, or down. */
export function setUp(name: string, up: boolean): void {
  const request = flagsOf(name);
  const what = `bring ${name} ${up ? "up" : "down"}`;
  const flags = request.getInt16(PART, true);
  request.setInt16(PART, up ? flags | IFF_UP : flags & ~IFF_UP, true);
  ask(SIOCSIFFLAGS, request, what);
}

/** The interface's number, as packet sockets want it. */
export function indexOf(name: string): number {
  const request = ifreq(name);
  ask(SIOCGIFINDEX, request, `find ${name}`);
  return request.getInt32(PART, true);
}

/** A request that holds the interface's flags. */
function flagsOf(name: string): DataView<ArrayBuffer> {
  const request = ifreq(name);
  ask(SIOCGIFFLAGS, request, `find ${name}`);
  return request;
}

function withAddress(name: string, address: Ipv4Address): DataView<ArrayBuffer> {
  const request = ifreq(name);
  request.setUint16(PART, AF_INET, true);
  request.setUint32(PART + 4, address);
  return request;
}

let administration: number | undefined;

/** The next request goes to the network that this thread is in then. A socket stays in the one in which it was made. */
export function leaveNetwork(): void {
  if (administration !== undefined) libc().close(administration);
  administration = undefined;
}

/** Any socket will do for these requests; one is kept for all of them. */
export function ask(request: bigint, argument: DataView<ArrayBuffer>, what: string): void {
  const calls = libc();
  administration ??= calls.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (calls.ioctl(administration, request, argument) < 0) throw new Error(`Cannot ${what}: ${errorName(lastError())}`);
}

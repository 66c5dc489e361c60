/**
 * Socket addresses as the kernel wants them: `struct sockaddr_in` (ip(7)) and `struct sockaddr_ll` (packet(7)).
 * The family is in the machine's byte order (little-endian), ports and addresses in the network's.
 */
import { AF_INET } from "../../../stack/link/libc.ts";
import { type Ipv4Address, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { parseMac, writeMac } from "../../../stack/wire/mac_address.ts";

const AF_PACKET = 17;

/** Bytes in a `struct sockaddr_in`. */
export const INTERNET_ADDRESS_LENGTH = 16;

/** An IPv4 address and a port. */
export function internetAddress(address: string, port = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(INTERNET_ADDRESS_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  view.setUint32(4, parseIpv4Address(address));
  return bytes;
}

/** The IPv4 address in a `struct sockaddr_in`. */
export function readAddress(sockaddr: DataView): Ipv4Address {
  return sockaddr.getUint32(4) as Ipv4Address;
}

/** An interface, and the protocol (EtherType) that a packet socket listens for. */
export function linkAddress(interfaceIndex: number, etherType: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, etherType);
  view.setInt32(4, interfaceIndex, true);
  return bytes;
}

/** A MAC address as `struct sockaddr` carries it: family ARPHRD_ETHER, then six bytes. */
export function hardwareAddress(mac: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(INTERNET_ADDRESS_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 1, true);
  writeMac(view, 2, parseMac(mac));
  return bytes;
}

/**
 * IPv4 addresses as unsigned 32-bit numbers (RFC 791 §3.2). Bitwise operators in JavaScript give
 * *signed* results, so a mask is followed by `>>> 0`; the helpers here do that once and for all.
 */

/** An IPv4 address, 0 to 2³² − 1; 10.44.0.2 is 0x0a2c0002. */
export type Ipv4Address = number & { readonly __brand: "Ipv4Address" };

/** 0.0.0.0: "this host", before it has an address (RFC 1122 §3.2.1.3 a). */
export const UNSPECIFIED = 0 as Ipv4Address;
/** 255.255.255.255: every host on this link (RFC 1122 §3.2.1.3 c). */
export const LIMITED_BROADCAST = 0xffff_ffff as Ipv4Address;

/** Reads the four bytes at `offset`. */
export function readIpv4(view: DataView, offset: number): Ipv4Address {
  return view.getUint32(offset) as Ipv4Address;
}

/** Reads "10.44.0.2". Throws a TypeError for anything else. */
export function parseIpv4Address(text: string): Ipv4Address {
  const parts = text.split(".");
  let value = 0;
  for (const part of parts) {
    if (parts.length !== 4 || !/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) {
      throw new TypeError(`Not an IPv4 address: "${text}"`);
    }
    value = value * 256 + Number(part);
  }
  return value as Ipv4Address;
}

/** Writes an address as people read it: "10.44.0.2". */
export function formatIpv4Address(address: Ipv4Address): string {
  return `${address >>> 24}.${address >>> 16 & 255}.${address >>> 8 & 255}.${address & 255}`;
}

/** The mask of a prefix length: 24 gives 0xffffff00, 0 gives 0. */
export function prefixMask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : 0xffff_ffff << 32 - prefixLength >>> 0;
}

/** The network that an address belongs to: its host bits cleared. */
export function networkOf(address: Ipv4Address, prefixLength: number): Ipv4Address {
  return (address & prefixMask(prefixLength)) >>> 0 as Ipv4Address;
}

/** The directed broadcast address of a network: its host bits all ones. A /31 or /32 has none. */
export function directedBroadcast(address: Ipv4Address, prefixLength: number): Ipv4Address | undefined {
  if (prefixLength >= 31) return undefined;
  return (address | ~prefixMask(prefixLength)) >>> 0 as Ipv4Address;
}

/**
 * Ethernet addresses as plain numbers: 48 bits fit a JavaScript number exactly, and a number costs
 * nothing to compare or to use as a key. Strings appear only where people read or write them.
 */

/** An Ethernet (MAC) address, 0 to 2⁴⁸ − 1; the first byte on the wire is the most significant. */
export type MacAddress = number & { readonly __brand: "MacAddress" };

/** ff:ff:ff:ff:ff:ff, every station on the link. */
export const BROADCAST_MAC = 0xffff_ffff_ffff as MacAddress;
/** 00:00:00:00:00:00, "not known". */
export const ZERO_MAC = 0 as MacAddress;

/** Reads the six bytes at `offset`. */
export function readMac(view: DataView, offset: number): MacAddress {
  return (view.getUint16(offset) * 0x1_0000_0000 + view.getUint32(offset + 2)) as MacAddress;
}

/** Writes six bytes at `offset`. */
export function writeMac(view: DataView, offset: number, mac: MacAddress): void {
  view.setUint16(offset, Math.floor(mac / 0x1_0000_0000));
  view.setUint32(offset + 2, mac % 0x1_0000_0000);
}

/** Reads "02:00:00:00:00:01". Throws a TypeError for anything else. */
export function parseMac(text: string): MacAddress {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw new TypeError(`Not an Ethernet address: "${text}"`);
  return Number.parseInt(text.replaceAll(":", ""), 16) as MacAddress;
}

/** Writes an address as people read it: "02:00:00:00:00:01". */
export function formatMac(mac: MacAddress): string {
  return mac.toString(16).padStart(12, "0").replace(/..(?!$)/g, "$&:");
}

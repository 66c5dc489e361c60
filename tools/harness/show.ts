/** Values as people read them, in transcripts and verdicts: addresses as addresses, bytes in hex, long things cut. */
import { Frame } from "../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { formatMac, type MacAddress } from "../../stack/wire/mac_address.ts";
import { Marker } from "./marker.ts";

const IPV4_KEYS = new Set(["senderIp", "targetIp", "ownIp", "address", "network", "gateway", "nextHop", "source", "destination"]);
const MAC_KEYS = new Set(["senderMac", "targetMac", "ownMac", "mac", "own"]);
const HEX_KEYS = new Set(["etherType", "identification"]);

/** A value in one line. `key` is the name of the member it stands under, which tells addresses from numbers. */
export function showValue(value: unknown, key = "", limit = 160): string {
  const text = plainText(value, key, 0);
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

function plainText(value: unknown, key: string, depth: number): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return numberText(value, key);
  if (value instanceof Frame) return `${value.length}-byte frame`;
  if (value instanceof DataView) return showBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof Uint8Array) return showBytes(value);
  if (Array.isArray(value)) {
    const shown = value.slice(0, 12).map((item) => plainText(item, key, depth + 1));
    return `[${shown.join(", ")}${value.length > 12 ? `, … ${value.length} in all` : ""}]`;
  }
  if (typeof value === "object" && value !== null) {
    if (depth > 3) return "{…}";
    const members = Object.entries(value).filter(([, member]) => typeof member !== "function" && !(member instanceof Marker));
    return `{ ${members.map(([name, member]) => `${name}: ${plainText(member, name, depth + 1)}`).join(", ")} }`;
  }
  return `${String(value)}`;
}

function numberText(value: number, key: string): string {
  if (!Number.isInteger(value) || value < 0) return `${value}`;
  if (MAC_KEYS.has(key) || value > 0xffff_ffff && value <= 0xffff_ffff_ffff) return formatMac(value as MacAddress);
  if (IPV4_KEYS.has(key) && value <= 0xffff_ffff && (value > 0xffff || value === 0)) return formatIpv4Address(value as Ipv4Address);
  if (HEX_KEYS.has(key)) return `0x${value.toString(16).padStart(4, "0")}`;
  return value > 0xffff ? `${value} (0x${value.toString(16)})` : `${value}`;
}

/** Bytes in hex, the first 24 of them. */
export function showBytes(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, 24)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length <= 24 ? `[${shown}]` : `[${shown} … ${bytes.length} bytes]`;
}

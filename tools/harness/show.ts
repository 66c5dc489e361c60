/**
 * Values as people read them, in transcripts and verdicts: addresses as addresses, checksums in hexadecimal, bytes in
 * hex, headers in one line, long things cut.
 */
import { Frame } from "../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { latin1Text } from "../../stack/wire/latin1.ts";
import { formatMac, type MacAddress } from "../../stack/wire/mac_address.ts";
import { formatReadiness } from "../../stack/wire/readiness.ts";
import { Marker } from "./marker.ts";
import { tcpText } from "./show_tcp.ts";

const IPV4_KEYS = new Set([
  "senderIp",
  "targetIp",
  "ownIp",
  "address",
  "network",
  "gateway",
  "nextHop",
  "source",
  "destination",
  "localAddress",
]);
const MAC_KEYS = new Set(["senderMac", "targetMac", "ownMac", "mac", "own"]);
/** Members that are read in hexadecimal, with their number of digits. */
const HEX_KEYS: ReadonlyMap<string, number> = new Map([["etherType", 4], ["identification", 4], ["checksum", 4], ["crc", 8]]);
/** Members that are counts or milliseconds, however large: never in hexadecimal. */
const PLAIN_KEYS = new Set([
  ...["ms", "seed", "timeout", "reachableTime", "staleTime", "retryInterval", "initial", "least", "most", "r2"],
  ...["start", "next", "end", "room"],
  ...["seq", "count", "edge", "maxWindow", "from", "sndWnd", "maxSndWnd", "rcvWnd", "tsVal", "tsRecent", "tsRecentAt"],
  ...["cwnd", "ssthresh", "bytesAcked", "recoveryPoint", "epochStart"],
]);
const HEX_TEXT = /^(-?)0x(-?)([0-9a-f]+)$/;

/** A value in one line. `key` is the name of the member it stands under, which tells addresses from numbers. The records of TCP are never cut. */
export function showValue(value: unknown, key = "", limit = 160): string {
  const record = tcpText(value);
  if (record !== undefined) return record;
  const text = plainText(value, key, 0, limit);
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** Two values that are compared, `what` they are: both in the same form, so that the difference is the only difference. */
export function showBoth(actual: unknown, expected: unknown, what: string): { readonly actual: string; readonly expected: string } {
  const digits = HEX_TEXT.exec(`${expected}`)?.[3]?.length ?? HEX_TEXT.exec(`${actual}`)?.[3]?.length;
  const key = keyOf(what);
  const show = (value: unknown): string => digits !== undefined && isWhole(value) ? hexText(value, digits) : showValue(value, key);
  return { actual: show(actual), expected: show(expected) };
}

/** Which kind of number a thing is, by what a check calls it: "the checksum of 20 bytes", "nextDeadline() with two packets". */
export function keyOf(what: string): string {
  if (/^(the )?(\w+ )?checksum/i.test(what)) return "checksum";
  if (/^(the )?crc/i.test(what)) return "crc";
  if (/^(start|next|end|room|edge|announce|readable)\(/.test(what)) return "count";
  if (/^(the initial window|what may be in flight|new bytes|pipe)\b|in bytes$/.test(what)) return "count";
  if (/probeDelay|deadline|\bms\b|millisecond/i.test(what)) return "ms";
  return /\w+$/.exec(what)?.[0] ?? "";
}

/** Bytes in hex, the first `most` of them. */
export function showBytes(bytes: Uint8Array, most = 24): string {
  const shown = [...bytes.subarray(0, most)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length <= most ? `[${shown}]` : `[${shown} … ${bytes.length} bytes]`;
}

function plainText(value: unknown, key: string, depth: number, limit: number): string {
  if (typeof value === "string") return stringText(value);
  if (typeof value === "number") return numberText(value, key);
  if (value instanceof Frame) return value.length >= 0 ? `${value.length}-byte frame` : `frame from ${value.start} to ${value.end}`;
  if (key === "text" && value instanceof Uint8Array) return quoted(latin1Text(value.subarray(0, limit)));
  const most = limit < 100 ? 12 : 24;
  if (value instanceof DataView) return showBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), most);
  if (value instanceof Uint8Array) return showBytes(value, most);
  if (Array.isArray(value)) {
    const shown = value.slice(0, 12).map((item) => plainText(item, key, depth + 1, limit));
    return `[${shown.join(", ")}${value.length > 12 ? `, … ${value.length} in all` : ""}]`;
  }
  if (typeof value === "object" && value !== null) {
    if (depth > 3) return "{…}";
    const members = Object.entries(value).filter(([, member]) => typeof member !== "function" && !(member instanceof Marker));
    return recordText(members, (member, name) => plainText(member, name, depth + 1, limit));
  }
  return `${String(value)}`;
}

/** Text in quotes, with nothing in it that cannot be seen. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[\x7f-\xa0]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`);
}

/** Text in quotes; but a number that a check wrote in hexadecimal as a number, in full digits. */
function stringText(value: string): string {
  const [, before, inside, digits] = HEX_TEXT.exec(value) ?? [];
  if (digits === undefined) return quoted(value);
  const width = [2, 4, 8, 12].find((each) => digits.length <= each) ?? digits.length;
  return `${before || inside ? "-" : ""}0x${digits.padStart(width, "0")}`;
}

/** What a channel is waited for, or ready for (lab 10). */
const READINESS_KEYS: ReadonlySet<string> = new Set(["interest", "ready"]);

function numberText(value: number, key: string): string {
  if (!Number.isInteger(value)) return `${Number(value.toFixed(3))}`;
  if (READINESS_KEYS.has(key) && value >= 0 && value <= 15) return formatReadiness(value);
  const digits = HEX_KEYS.get(key);
  if (digits !== undefined) return hexText(value, digits);
  if (value < 0 || PLAIN_KEYS.has(key)) return `${value}`;
  if (MAC_KEYS.has(key) || value > 0xffff_ffff && value <= 0xffff_ffff_ffff) return formatMac(value as MacAddress);
  if (IPV4_KEYS.has(key) && value <= 0xffff_ffff && (value > 0xffff || value === 0)) return formatIpv4Address(value as Ipv4Address);
  if (value <= 0xffff) return `${value}`;
  // The addresses of the kit itself are known wherever they turn up.
  if (value <= 0xffff_ffff && value >>> 16 === 0x0a2c) return formatIpv4Address(value as Ipv4Address);
  return `${value} (${hexText(value, 8)})`;
}

/** A negative number of 32 bits is one that lacks the unsigned shift, and says so. */
function hexText(value: number, digits: number): string {
  if (value < 0 && value >= -(2 ** 31) && digits === 8) return `${value} (0x${(value >>> 0).toString(16).padStart(8, "0")} with >>> 0)`;
  return `${value < 0 ? "-" : ""}0x${Math.abs(value).toString(16).padStart(digits, "0")}`;
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value);
}

type Members = readonly (readonly [name: string, value: unknown])[];
type ShowMember = (value: unknown, name: string) => string;

/** The records of the contracts have a short form; any other is listed member by member. */
function recordText(members: Members, show: ShowMember): string {
  const has = (...names: string[]): boolean => names.every((name) => members.some(([each]) => each === name));
  const rest = (...names: string[]): Members => members.filter(([name]) => !names.includes(name));
  const at = (name: string, as = name): string => bare(show(members.find(([each]) => each === name)?.[1], as));
  if (has("source", "destination") && (has("etherType") || has("identification"))) {
    const kind = has("etherType") ? "mac" : "";
    const [source, destination] = [at("source", kind || "source"), at("destination", kind || "destination")];
    return `{ ${[`${source} → ${destination}`, ...words(rest("source", "destination"), show)].join(" ")} }`;
  }
  if (has("from", "length", "fragmentOffset", "moreFragments")) return `{ ${words(members, show).join(" ")} }`;
  if (has("senderMac", "senderIp", "targetMac", "targetIp", "operation")) {
    const said = at("operation");
    const operation = { 1: "request", 2: "reply" }[said] ?? (/^\d+$/.test(said) ? `operation ${said}` : said);
    return `ARP ${operation} ${at("senderIp")} ${at("senderMac")} → ${at("targetIp")} ${at("targetMac")}`;
  }
  if (has("network", "prefixLength", "interface")) {
    const gateway = has("gateway") ? ` via ${at("gateway")}` : "";
    return `${at("network")}/${at("prefixLength")}${gateway} on ${at("interface")}`;
  }
  if (has("address", "prefixLength") && members.length === 2) return `${at("address")}/${at("prefixLength")}`;
  return members.length === 0 ? "{}" : `{ ${members.map(([name, member]) => `${name}: ${show(member, name)}`).join(", ")} }`;
}

/** A word without its quotes: in the short forms it is clear which is a text. */
function bare(text: string): string {
  return text.replace(/^"([\w:.-]+)"$/, "$1");
}

/** The members of a packet's header in the order in which they are told, and what they are called where room is short. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ["identification", "id"],
  ["from", "from"],
  ["length", "length"],
  ["fragmentOffset", "offset"],
  ["moreFragments", "more"],
  ["dontFragment", "df"],
  ["timeToLive", "ttl"],
  ["protocol", "protocol"],
  ["typeOfService", "tos"],
  ["etherType", "type"],
]);

/** A header's members as words: "id 0x0007 offset 1480 more". What is not set goes without saying. */
function words(members: Members, show: ShowMember): string[] {
  const order = [...SHORT.keys()];
  const place = (name: string): number => order.includes(name) ? order.indexOf(name) : order.length;
  return members.toSorted(([a], [b]) => place(a) - place(b)).flatMap(([name, value]) => {
    const word = SHORT.get(name) ?? name;
    if (value === false || name === "typeOfService" && value === 0) return [];
    return [value === true ? word : `${word} ${show(value, name)}`];
  });
}

/**
 * What a check says about a packet: the fields it cares about, layer by layer, by the names that
 * `stack/wire/dissect.ts` gives them. What is not named does not matter; a checksum that is wrong always
 * does, unless the matcher says `checksums: "any"`.
 */

import type { Medium } from "../../stack/link/device.ts";
import { dissect, fieldOf, type Layer } from "../../stack/wire/dissect.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../stack/wire/mac_address.ts";

/** What one field must be: a value, an address as text, or a set of legal values. */
export type FieldMatcher = number | string | boolean | { readonly oneOf: readonly (number | string)[] } | {
  readonly from: number;
  readonly to: number;
};

/** The fields of one layer that matter. */
export type LayerMatcher = Readonly<Record<string, FieldMatcher>>;

/** A packet that is expected. */
export interface PacketMatcher {
  readonly ethernet?: LayerMatcher;
  readonly arp?: LayerMatcher;
  readonly ipv4?: LayerMatcher;
  readonly icmp?: LayerMatcher;
  readonly udp?: LayerMatcher;
  readonly tcp?: LayerMatcher;
  /** The bytes behind the last header. */
  readonly data?: Uint8Array;
  /** Length of the bytes behind the last header. */
  readonly dataLength?: number;
  /** The first bytes behind the last header. */
  readonly dataStart?: Uint8Array;
  readonly checksums?: "any";
  /** Length of the whole frame, without the FCS. */
  readonly frameLength?: FieldMatcher;
}

/** A field that is not as expected. */
export interface Mismatch {
  /** "ICMP identifier". */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

/** A field that is as expected. */
export interface RightField {
  readonly field: string;
  readonly value: string;
}

const LAYERS = { ethernet: "Ethernet", arp: "ARP", ipv4: "IPv4", icmp: "ICMP", udp: "UDP", tcp: "TCP" } as const;

/** Compares a packet (without its FCS) with a matcher; no mismatch means that it fits. Fields that fit are added to `right`. */
export function matchPacket(packet: Uint8Array, medium: Medium, matcher: PacketMatcher, right: RightField[] = []): Mismatch[] {
  const layers = dissect(packet, medium);
  const outer = layers.filter((layer) => !layer.quoted);
  const found: Mismatch[] = [];
  for (const [key, name] of Object.entries(LAYERS)) {
    const wanted = matcher[key as keyof typeof LAYERS];
    if (wanted === undefined) continue;
    const layer = outer.find((each) => each.name === name);
    if (layer === undefined) {
      found.push({
        field: name,
        expected: `an ${name} header`.replace("an UDP", "a UDP").replace("an TCP", "a TCP"),
        got: `${outer.map((each) => each.name).join(", ")}`,
      });
      continue;
    }
    for (const [field, value] of Object.entries(wanted)) compareField(layer, field, value, found, right);
  }
  if (matcher.checksums !== "any") {
    for (const layer of outer) {
      for (const field of layer.fields) {
        if (field.ok !== false) continue;
        const hex = (value: number): string => `0x${value.toString(16).padStart(field.length * 2, "0")}`;
        found.push({
          field: titleOf(layer, field.name),
          expected: field.expected === undefined ? "the right one" : hex(field.expected),
          got: hex(field.value),
        });
      }
    }
  }
  compareData(packet, layers, matcher, found);
  if (matcher.frameLength !== undefined && !fits(packet.length, `${packet.length}`, matcher.frameLength)) {
    found.push({ field: "frame length", expected: show(matcher.frameLength), got: `${packet.length}` });
  }
  return found;
}

/** The bytes behind the last header: for an ICMP error, the whole quoted packet. */
export function payloadOf(packet: Uint8Array, medium: Medium): Uint8Array {
  return payloadIn(packet, dissect(packet, medium));
}

function payloadIn(packet: Uint8Array, layers: readonly Layer[]): Uint8Array {
  const headers = layers.filter((layer) => !layer.quoted && layer.name !== "data" && layer.name !== "padding");
  const last = headers.at(-1);
  const from = last === undefined ? 0 : last.offset + last.length;
  const padding = layers.find((layer) => layer.name === "padding");
  return packet.subarray(from, padding?.offset ?? packet.length);
}

function compareField(layer: Layer, name: string, wanted: FieldMatcher, found: Mismatch[], right: RightField[]): void {
  const field = fieldOf(layer, name);
  if (field === undefined) found.push({ field: titleOf(layer, name), expected: show(wanted), got: "not there" });
  else if (!fits(field.value, field.text, wanted)) {
    const digits = /^0x([0-9a-f]+)/.exec(field.text)?.[1]?.length;
    const port = field.text.startsWith(":") && typeof wanted === "number" ? ":" : "";
    const expected = digits !== undefined && typeof wanted === "number"
      ? `0x${wanted.toString(16).padStart(digits, "0")}`
      : `${port}${show(wanted)}`;
    found.push({ field: titleOf(layer, name), expected, got: field.text });
  } else right.push({ field: titleOf(layer, name), value: field.text });
}

/** "IPv4 header checksum", "Ethernet type". */
function titleOf(layer: Layer, name: string): string {
  if (name === "etherType") return `${layer.name} type`;
  return `${layer.name} ${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`;
}

function compareData(packet: Uint8Array, layers: readonly Layer[], matcher: PacketMatcher, found: Mismatch[]): void {
  const data = payloadIn(packet, layers);
  if (matcher.dataLength !== undefined && data.length !== matcher.dataLength) {
    found.push({ field: "length of the data", expected: `${matcher.dataLength}`, got: `${data.length}` });
  }
  const wanted = matcher.data ?? matcher.dataStart;
  if (wanted === undefined) return;
  if (matcher.data !== undefined && data.length !== wanted.length) {
    found.push({ field: "length of the data", expected: `${wanted.length}`, got: `${data.length}` });
    return;
  }
  const wrong = wanted.findIndex((byte, index) => data[index] !== byte);
  if (wrong >= 0) found.push({ field: `data byte ${wrong}`, expected: byteText(wanted[wrong]), got: byteText(data[wrong]) });
}

function fits(value: number, text: string, wanted: FieldMatcher): boolean {
  if (typeof wanted === "number") return value === wanted;
  if (typeof wanted === "boolean") return (value !== 0) === wanted;
  if (typeof wanted === "string") return text === wanted || addressValue(wanted) === value;
  if ("oneOf" in wanted) return wanted.oneOf.some((each) => fits(value, text, each));
  return value >= wanted.from && value <= wanted.to;
}

function addressValue(text: string): number | undefined {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return parseIpv4Address(text);
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? parseMac(text) : undefined;
}

function show(wanted: FieldMatcher): string {
  if (typeof wanted !== "object") return typeof wanted === "boolean" ? (wanted ? "set" : "not set") : `${wanted}`;
  return "oneOf" in wanted ? wanted.oneOf.join(" or ") : `${wanted.from} to ${wanted.to}`;
}

function byteText(byte: number | undefined): string {
  return byte === undefined ? "nothing" : `0x${byte.toString(16).padStart(2, "0")}`;
}

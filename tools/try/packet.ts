/** A packet on the wire of an experiment, with what one asks of it: its layers, flags, text. Taken apart when somebody asks. */
import type { Medium } from "../../stack/link/device.ts";
import { describe } from "../../stack/wire/describe.ts";
import { dissect, fieldOf, type Layer, type LayerName, valueOf } from "../../stack/wire/dissect.ts";
import * as flags from "../../stack/wire/tcp_flags.ts";

/** What is known of a packet when it is sent. */
export interface PacketFacts {
  /** Which it is on its wire, from 1. */
  readonly number: number;
  /** When it was sent, in milliseconds. */
  readonly time: number;
  /** The name of its wire. */
  readonly wire: string;
  /** Who sends it. */
  readonly from: string;
  readonly bytes: Uint8Array;
  readonly medium: Medium;
  readonly fcs: boolean;
}

export class Packet {
  readonly number: number;
  readonly time: number;
  readonly wire: string;
  readonly from: string;
  /** Whom it is for, on this wire: a host's name, or "all". */
  to = "";
  /** Who else is on this wire, and hears it when it is for all. */
  hearers: readonly string[] = [];
  readonly bytes: Uint8Array;
  readonly medium: Medium;
  readonly fcs: boolean;
  #layers: readonly Layer[] | undefined;

  constructor(facts: PacketFacts) {
    this.number = facts.number;
    this.time = facts.time;
    this.wire = facts.wire;
    this.from = facts.from;
    this.bytes = facts.bytes;
    this.medium = facts.medium;
    this.fcs = facts.fcs;
  }

  /** All layers, outermost first. */
  get layers(): readonly Layer[] {
    return this.#layers ??= dissect(this.bytes, this.medium, { fcs: this.fcs });
  }

  /** The layer of that name that is the packet's own, and not in an ICMP error's quote. */
  layer(name: LayerName): Layer | undefined {
    return this.layers.find((layer) => layer.name === name && !layer.quoted);
  }

  /** A field's value, as in `field("TCP", "seq")`; 0 when there is none. */
  field(layer: LayerName, name: string): number {
    const found = this.layer(layer);
    return found === undefined ? 0 : valueOf(found, name);
  }

  /** A field as people read it, as in `text("IPv4", "source")`; "" when there is none. */
  text(layer: LayerName, name: string): string {
    const found = this.layer(layer);
    return found === undefined ? "" : fieldOf(found, name)?.text ?? "";
  }

  /** Whether it is a TCP segment with all of these flags. */
  has(...names: readonly ("FIN" | "SYN" | "RST" | "PSH" | "ACK" | "URG")[]): boolean {
    const tcp = this.layer("TCP");
    return tcp !== undefined && names.every((name) => (valueOf(tcp, "flags") & flags[name]) !== 0);
  }

  /** What it carries: TCP's text, a datagram's payload, an echo's data. */
  get data(): Uint8Array {
    const data = this.layers.find(({ name, quoted }) => name === "data" && !quoted);
    return data === undefined ? new Uint8Array() : this.bytes.subarray(data.offset, data.offset + data.length);
  }

  get destinationMac(): string {
    return this.text("Ethernet", "destination");
  }

  /** What it is, in a line. */
  toString(): string {
    return describe(this.bytes, this.medium, { fcs: this.fcs });
  }
}

/**
 * A wire of an experiment: what one end sends, all others hear, as on the first Ethernets. With two ends it is a cable. Each packet is on its way for
 * `delay` milliseconds, and `fate` may decide otherwise: lost, late, twice, damaged. Nothing here is random.
 */
import { NO_OFFLOAD } from "../../stack/link/device.ts";
import type { Device, Medium } from "../../stack/link/device.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { Packet } from "./packet.ts";

export interface SegmentOptions {
  /** Default "ip", which has two ends; "ethernet" has as many as there are hosts. */
  readonly medium?: Medium;
  /** Milliseconds that a packet is on its way. Default 10. */
  readonly delay?: number;
  /** Bytes of the largest IP packet. Default 1500. */
  readonly mtu?: number;
  /** Whether Ethernet frames end in their frame check sequence. Default false, as on a TAP. */
  readonly fcs?: boolean;
  /** Bits a second: packets leave an end one behind the other. Default: at once, all together. */
  readonly rate?: number;
}

/** What becomes of a packet; what is left out is as usual. */
export interface Fate {
  readonly lost?: boolean;
  /** Milliseconds that it is on its way longer than others. */
  readonly late?: number;
  /** How often it arrives. Default 1. */
  readonly copies?: number;
  /** What arrives instead of what was sent. */
  readonly bytes?: Uint8Array;
}

/** What a wire tells of each packet, when it is sent: which, and when it arrives; undefined for never. */
export type Watcher = (packet: Packet, arrives: number | undefined) => void;

/** An end of the wire. */
interface End {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly inbox: { readonly due: number; readonly bytes: Uint8Array }[];
  /** When it has sent all that it was given, on a wire that has a rate. */
  free: number;
}

export class Segment {
  /** Decides what becomes of a packet; undefined: it arrives. */
  fate: (packet: Packet) => Fate | undefined = () => undefined;
  readonly name: string;
  readonly options: Required<SegmentOptions>;
  readonly #ends: End[] = [];
  readonly #now: () => number;
  readonly #watch: Watcher;
  /** Packets that were sent on it so far. */
  count = 0;

  constructor(name: string, options: SegmentOptions, now: () => number, watch: Watcher) {
    this.name = name;
    this.options = { medium: "ip", delay: 10, mtu: 1500, fcs: false, rate: Infinity, ...options };
    this.#now = now;
    this.#watch = watch;
  }

  /** Makes an end, held by `name`; `addresses`, IP and MAC, tell whom a packet is for. */
  attach(name: string, addresses: readonly string[]): Device {
    const { medium, mtu, fcs } = this.options;
    const end: End = { name, addresses, inbox: [], free: 0 };
    this.#ends.push(end);
    return {
      name: `${name} on ${this.name}`,
      medium,
      mtu,
      fcs: fcs && medium === "ethernet",
      minimumFrame: medium === "ethernet" ? 60 : 20,
      offload: NO_OFFLOAD,
      receive: (frame) => this.#receive(end, frame),
      send: (frame) => (this.#send(end, frame.toBytes()), true),
      close: () => {},
    };
  }

  /** When the next packet arrives anywhere; Infinity for none. */
  nextDeadline(): number {
    return this.#ends.reduce((next, { inbox }) => Math.min(next, inbox[0]?.due ?? Infinity), Infinity);
  }

  /** Puts bytes on the wire that no host has made, as `name`, who is on it. */
  put(name: string, bytes: Uint8Array): void {
    const end = this.#ends.find((each) => each.name === name);
    if (end === undefined) throw new TypeError(`There is no ${name} on ${this.name}`);
    this.#send(end, bytes);
  }

  #receive({ inbox }: End, frame: Frame): boolean {
    const [first] = inbox;
    if (first === undefined || first.due > this.#now()) return false;
    inbox.shift();
    frame.reset();
    if (first.bytes.length > frame.room) return false;
    frame.bytes.set(first.bytes, frame.append(first.bytes.length));
    return true;
  }

  #send(from: End, bytes: Uint8Array): void {
    const { medium, fcs, delay, rate } = this.options;
    const others = this.#ends.filter((end) => end !== from);
    const packet = new Packet({ number: ++this.count, time: this.#now(), wire: this.name, from: from.name, bytes, medium, fcs });
    packet.to = this.#nameOf(packet, others);
    packet.hearers = others.map(({ name }) => name);
    const fate = this.fate(packet) ?? {};
    from.free = Math.max(from.free, packet.time) + bytes.length * 8000 / rate;
    const due = from.free + delay + (fate.late ?? 0);
    this.#watch(packet, fate.lost ? undefined : due);
    if (fate.lost) return;
    for (let copy = 0; copy < (fate.copies ?? 1); copy++) {
      for (const { inbox } of others) {
        const place = inbox.findLastIndex((other) => other.due <= due) + 1;
        inbox.splice(place, 0, { due, bytes: fate.bytes ?? bytes });
      }
    }
  }

  #nameOf(packet: Packet, others: readonly End[]): string {
    if (others.length === 1) return others[0]?.name ?? "";
    return others.find(({ addresses }) => addresses.includes(packet.destinationMac))?.name ?? "all";
  }
}

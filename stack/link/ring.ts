/**
 * Rings: where a network card and a host hand each other packets, though neither waits for the other.
 *
 *                 tail: the producer fills here
 *                  ▼
 *     ┌───┬───┬───┬───┬───┬───┬───┬───┐     a ring of 8 descriptors, each with a buffer
 *     │   │ ● │ ● │   │   │   │   │   │     2 of them hold a packet
 *     └───┴───┴───┴───┴───┴───┴───┴───┘
 *           ▲
 *          head: the consumer empties here
 *
 * The driver gives the card a fixed number of descriptors at the start; from then on nothing is allocated. Of the receive ring the card is
 * the producer, by DMA, whether or not the host looks; of the transmit ring it is the consumer. Each index has one writer only, so no lock
 * is needed. Both count on for ever, and the descriptor is `index & size - 1`, which is why a size is a power of two: the indices may
 * overflow, and `tail - head` is still how many are waiting. 0 is empty and `size` is full, with no descriptor wasted on telling them apart.
 *
 * When packets come faster than the host takes them, the receive ring fills, and the *newest* is lost: the card has nowhere to put it, and
 * what lies in the ring is the host's already. Nobody is told. The host sees a gap, TCP repairs it, and only a counter knows: an
 * overrun, which `ip -s link` calls `missed` (older ones `overrun`; `dropped` is another thing: the card delivered it, and the host did not
 * want it). A larger ring survives a longer burst, not a host that is too slow; and what waits in it grows old.
 *
 * The host takes a *budget* of packets at most in one poll (Linux calls this NAPI: 64 for a card, 300 for all), so that a flood starves
 * neither other cards nor programs. Here that is `HostConfig.receiveBudget`. What is over it stays in the ring until the next poll.
 *
 * A transmit ring that is full refuses: `send` is false. The stack counts "device full" and lets the packet go; TCP sends it again. (Linux
 * has a queue in front, and stops filling it: back-pressure, up to the program that writes.)
 *
 * Here the card acts at every call: `receive`, `send` and `poll` first do what it has done meanwhile, by the caller's clock.
 */
import { Frame } from "../wire/frame.ts";
import { decorate } from "./decorate.ts";
import type { Device } from "./device.ts";

const HEADROOM = 128;
/** Packets that the card takes from the wire in one go at most: on a wire that never falls silent the host must have its turn. */
const MOST_ARRIVALS = 4096;
/** Milliseconds after which the card offers a packet again that the device inside had no room for. */
const RETRY = 1;

/** How large the rings are, and how fast the card is. */
export interface RingOptions {
  /** Descriptors of the receive ring, a power of two. Default: 256. */
  readonly receive?: number;
  /** Descriptors of the transmit ring, a power of two. Default: 256. */
  readonly transmit?: number;
  /** Bits per second at which the card empties the transmit ring. Default: as fast as the device inside takes them. */
  readonly rate?: number;
}

/** What has gone through a ring so far. */
export interface RingCounts {
  /** Packets that the card has put into the receive ring, or sent from the transmit ring; and their bytes. */
  packets: number;
  bytes: number;
  /** The most that were ever waiting at once: the high-water mark. */
  highest: number;
}

/** The same of the receive ring. */
export interface ReceiveCounts extends RingCounts {
  /** Packets that came while it was full: lost, and nobody was told. */
  overruns: number;
  /** How often the host found it empty: so many polls ended within their budget. All others the host counts, as "budget spent". */
  emptied: number;
}

/** The same of the transmit ring, and how often it was full: `send` has said so. */
export interface TransmitCounts extends RingCounts {
  full: number;
}

/** A device behind a card with rings. */
export interface RingDevice extends Device {
  /** Lets the card do what it has done by now. Whoever plays the time calls it; a host that polls late finds what came in between. */
  poll(): void;
  /** When the card next has a packet to send, on the clock of `now`; Infinity for never. What arrives is the wire's affair. */
  nextDeadline(): number;
  readonly counts: { readonly receive: Readonly<ReceiveCounts>; readonly transmit: Readonly<TransmitCounts> };
  /** Packets in each ring at the moment. */
  readonly waiting: { readonly receive: number; readonly transmit: number };
}

/** A ring of frames. Each place gets its frame when it is first filled, and keeps it. */
export class FrameRing {
  readonly #limit: number;
  readonly #capacity: number;
  readonly #frames: (Frame | undefined)[];
  /** The consumer's index and the producer's, modulo 2³². */
  #head: number;
  #tail: number;

  /** Holds at most `limit` frames, with buffers of `capacity` bytes. The indices count from `begin`: a test begins shortly before they overflow. */
  constructor(limit: number, capacity: number, begin = 0) {
    this.#limit = limit;
    this.#capacity = capacity;
    this.#head = begin;
    this.#tail = begin;
    this.#frames = new Array<undefined>(2 ** Math.ceil(Math.log2(limit))).fill(undefined);
  }

  /** Frames that wait in it. */
  get waiting(): number {
    return this.#tail - this.#head >>> 0;
  }

  /** For the producer: the frame to be filled next, or undefined when the ring is full. It counts when it is `filled`. */
  get free(): Frame | undefined {
    if (this.waiting === this.#limit) return undefined;
    return this.#frames[this.#tail & this.#frames.length - 1] ??= new Frame(this.#capacity, HEADROOM);
  }

  /** For the producer: what was `free` holds a packet now. */
  filled(): void {
    this.#tail = this.#tail + 1 >>> 0;
  }

  /** For the consumer: the oldest frame, or undefined when the ring is empty. It is the consumer's until it is `emptied`. */
  get first(): Frame | undefined {
    return this.waiting === 0 ? undefined : this.#frames[this.#head & this.#frames.length - 1];
  }

  /** For the consumer: what was `first` may be filled again. */
  emptied(): void {
    this.#head = this.#head + 1 >>> 0;
  }

  /** Puts a copy of `frame` in. False: the ring is full, or the frame longer than its buffers. */
  put(frame: Frame): boolean {
    const free = this.free;
    if (free === undefined || frame.length > this.#capacity - HEADROOM) return false;
    free.copyFrom(frame);
    this.filled();
    return true;
  }

  /** Copies the oldest into `frame`. False: there is none, or it was longer than `frame`, and is lost. */
  take(frame: Frame): boolean {
    const first = this.first;
    if (first === undefined) return false;
    frame.reset();
    const fits = first.length <= frame.room;
    if (fits) frame.copyFrom(first);
    this.emptied();
    return fits;
  }
}

/**
 * Puts a card with rings between the host and `device`. `now` in milliseconds, never going back. Throws a RangeError for a size that is no
 * power of two, and a rate that is not above 0.
 */
export function rings(device: Device, options: RingOptions, now: () => number): RingDevice {
  const card = new Card(device, options);
  const { counts } = card;
  const inside = decorate(device, {
    receive: (frame) => {
      card.work(now());
      if (card.incoming.waiting === 0) counts.receive.emptied++;
      return card.incoming.take(frame);
    },
    send: (frame) => {
      card.work(now());
      return card.send(frame, now());
    },
    ...(device.wait === undefined ? {} : {
      wait: (milliseconds: number) => {
        if (card.incoming.waiting > 0) return Promise.resolve();
        return (device.wait as NonNullable<Device["wait"]>)(Math.max(0, Math.min(milliseconds, card.nextDeadline() - now())));
      },
    }),
  });
  return {
    ...inside,
    poll: () => card.work(now()),
    nextDeadline: () => card.nextDeadline(),
    counts,
    get waiting() {
      return { receive: card.incoming.waiting, transmit: card.outgoing.waiting };
    },
  };
}

/** What works by itself: the wire on one side, the rings on the other. */
class Card {
  readonly incoming: FrameRing;
  readonly outgoing: FrameRing;
  readonly counts = {
    receive: { packets: 0, bytes: 0, highest: 0, overruns: 0, emptied: 0 },
    transmit: { packets: 0, bytes: 0, highest: 0, full: 0 },
  };
  readonly #device: Device;
  /** Milliseconds that a byte takes on its way out. */
  readonly #perByte: number;
  /** When the card is done with what it sent last. */
  #idleAt = -Infinity;
  /** Where a packet ends that finds the receive ring full: it must be taken from the wire all the same. */
  readonly #nowhere: Frame;

  constructor(device: Device, { receive = 256, transmit = 256, rate = Infinity }: RingOptions) {
    for (const size of [receive, transmit]) {
      if (!(size >= 1 && Number.isInteger(Math.log2(size)))) {
        throw new RangeError(`Cannot make a ring of ${size} descriptors: no power of two`);
      }
    }
    if (!(rate > 0)) throw new RangeError(`Cannot make a ring: its rate is ${rate}, not a number of bits per second above 0`);
    const capacity = Math.max(2048, (device.offload.segmentation ? 0xffff : device.mtu) + 192);
    this.#device = device;
    this.#perByte = 8000 / rate;
    this.#nowhere = new Frame(capacity, HEADROOM);
    this.incoming = new FrameRing(receive, capacity);
    this.outgoing = new FrameRing(transmit, capacity);
  }

  /** Does all that is due by `now`. */
  work(now: number): void {
    this.#transmit(now);
    this.#receive();
  }

  /** Takes a packet from the host; false when the ring is full. */
  send(frame: Frame, now: number): boolean {
    const { transmit } = this.counts;
    if (this.outgoing.waiting === 0) this.#idleAt = Math.max(this.#idleAt, now);
    if (!this.outgoing.put(frame)) {
      transmit.full++;
      return false;
    }
    transmit.highest = Math.max(transmit.highest, this.outgoing.waiting);
    this.#transmit(now);
    return true;
  }

  nextDeadline(): number {
    return this.outgoing.waiting > 0 ? this.#idleAt : Infinity;
  }

  /** From the wire into the receive ring, straight into the descriptors' buffers. */
  #receive(): void {
    const { receive } = this.counts;
    for (let arrivals = 0; arrivals < MOST_ARRIVALS; arrivals++) {
      const free = this.incoming.free;
      const frame = free ?? this.#nowhere;
      frame.reset();
      if (!this.#device.receive(frame)) return;
      if (free === undefined) {
        receive.overruns++;
        continue;
      }
      receive.packets++;
      receive.bytes += frame.length;
      this.incoming.filled();
      receive.highest = Math.max(receive.highest, this.incoming.waiting);
    }
  }

  /** From the transmit ring to the wire, as fast as the card is. */
  #transmit(now: number): void {
    const { transmit } = this.counts;
    for (let frame = this.outgoing.first; frame !== undefined && this.#idleAt <= now; frame = this.outgoing.first) {
      const length = frame.length;
      if (!this.#device.send(frame)) {
        this.#idleAt = now + RETRY;
        return;
      }
      transmit.packets++;
      transmit.bytes += length;
      this.#idleAt += length * this.#perByte;
      this.outgoing.emptied();
    }
  }
}

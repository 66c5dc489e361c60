/**
 * The way of a transfer that is plotted: a bottleneck with a queue in front of it, then a delay; and the same delay back, where nothing queues
 * and nothing is lost. Time is the caller's.
 */
import { impair, type ImpairedDevice } from "../../stack/link/impair.ts";
import { PipeDevice } from "../../stack/link/pipe.ts";
import { Frame } from "../../stack/wire/frame.ts";

export interface PathSettings {
  /** Bits per second that the bottleneck lets through. */
  readonly rate: number;
  /** Milliseconds from end to end, each way, without the time in the queue. */
  readonly delay: number;
  /** Packets that may wait in front of the bottleneck, besides the one that is passing. */
  readonly queue: number;
  /** Probability that a packet is lost by chance, 0 to 1. */
  readonly loss: number;
  /** What chance follows from. */
  readonly seed: number;
}

/** The largest IP packet of the way. */
export const MTU = 1500;
/** Packets that are on the way at once, at most. */
const UNDER_WAY = 100_000;

/** A packet at the far end. */
export interface Arrived {
  readonly packet: Uint8Array;
  /** When it was sent. */
  readonly sentAt: number;
}

export class Path {
  readonly #now: () => number;
  readonly #near = new PipeDevice({ name: "path", medium: "ip", mtu: MTU, fcs: false, minimumFrame: 20 });
  readonly #far: ImpairedDevice;
  readonly #frame = new Frame(2048, 0);
  /** When each packet was sent that is under way: nobody overtakes. */
  readonly #sentAt: number[] = [];
  readonly #arrived: Arrived[] = [];

  constructor({ rate, delay, queue, loss, seed }: PathSettings, now: () => number) {
    this.#now = now;
    const way = { rate, queue: { packets: queue }, delay, drop: loss };
    this.#far = impair(this.#near, { receive: way, queueLimit: UNDER_WAY, seed }, now);
  }

  /** Sends a packet. False: it is lost, by chance or because the queue is full. */
  send(packet: Uint8Array): boolean {
    this.#collect();
    const before = this.#lost();
    this.#near.inject(packet);
    this.#collect(); // takes it in; as the rate has an end, it is not out yet
    if (this.#lost() > before) return false;
    this.#sentAt.push(this.#now());
    return true;
  }

  /** The next packet that has arrived. */
  take(): Arrived | undefined {
    this.#collect();
    return this.#arrived.shift();
  }

  /** When that may next give something. */
  nextDeadline(): number {
    return this.#arrived.length > 0 ? this.#now() : this.#far.nextDeadline();
  }

  #lost(): number {
    const { drop, full, overflow } = this.#far.counts.receive;
    return drop + full + overflow;
  }

  #collect(): void {
    while (this.#far.receive(this.#frame)) {
      this.#arrived.push({ packet: this.#frame.toBytes(), sentAt: this.#sentAt.shift() ?? this.#now() });
    }
  }
}

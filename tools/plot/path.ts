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
  /** Packets that the bottleneck holds, with the one that it is sending. */
  readonly queue: number;
  /** Probability that a packet is lost by chance, 0 to 1. */
  readonly loss: number;
  /** What chance follows from. */
  readonly seed: number;
}

/** The largest IP packet of the way. */
export const MTU = 1500;
/** Packets that are behind the bottleneck at once, at most. */
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
  readonly #bottleneck: ImpairedDevice;
  readonly #far: ImpairedDevice;
  readonly #frame = new Frame(2048, 0);
  /** When each packet was sent that is under way: nobody overtakes. */
  readonly #sentAt: number[] = [];
  readonly #arrived: Arrived[] = [];

  constructor({ rate, delay, queue, loss, seed }: PathSettings, now: () => number) {
    this.#now = now;
    this.#bottleneck = impair(this.#near, { receive: { rate, drop: loss }, queueLimit: queue, seed }, now);
    this.#far = impair(this.#bottleneck, { receive: { delay }, queueLimit: UNDER_WAY }, now);
  }

  /** Sends a packet. False: it is lost, by chance or because the queue is full. */
  send(packet: Uint8Array): boolean {
    this.#collect();
    const { receive } = this.#bottleneck.counts;
    const lost = receive.drop + receive.overflow;
    this.#near.inject(packet);
    this.#collect(); // takes it into the queue; as the rate has an end, it is not out of it yet
    if (receive.drop + receive.overflow > lost) return false;
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
    return this.#arrived.length > 0 ? this.#now() : Math.min(this.#bottleneck.nextDeadline(), this.#far.nextDeadline());
  }

  #collect(): void {
    while (this.#far.receive(this.#frame)) {
      this.#arrived.push({ packet: this.#frame.toBytes(), sentAt: this.#sentAt.shift() ?? this.#now() });
    }
  }
}

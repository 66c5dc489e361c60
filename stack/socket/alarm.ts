/** One call at a time to come, by the host's clock: the stack has no other. It is put among the timers of the connections. */
import type { Tcp } from "../tcp/tcp.ts";
import type { Timed } from "../tcp/timer_heap.ts";

/** Rings once, or never. Times are milliseconds. */
export class Alarm implements Timed {
  heapPlace = -1;
  readonly #tcp: Tcp;
  readonly #ring: () => void;
  #at = Infinity;

  constructor(tcp: Tcp, ring: () => void) {
    this.#tcp = tcp;
    this.#ring = ring;
  }

  /** Rings after `delay`, instead of when it was to ring before; Infinity for never. */
  set(delay: number): void {
    this.#at = this.#tcp.now() + delay;
    this.#tcp.schedule(this);
  }

  deadline(): number {
    return this.#at;
  }

  /** Rings at once, and not again. */
  fire(): void {
    this.#at = Infinity;
    this.#ring();
  }
}

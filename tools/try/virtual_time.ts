/**
 * Virtual time for hosts and wires: it passes only in `run` and `settle`, from one deadline to the next, so a minute of waiting takes none. Programs
 * act in turns of the event loop; time stands still until they have nothing more to do.
 */

/** What time means something to: a host, a wire. */
export interface Timed {
  /** Does what is due; returns how much there was to do, where that is known. */
  poll?(now: number): number | void;
  /** When it wants to be polled; Infinity for never. */
  nextDeadline(): number;
}

/** Polls in which nothing happens, until it is sure that nobody acts any more. */
const QUIET_TURNS = 3;

export class VirtualTime {
  readonly #all: Timed[] = [];
  #now = 0;

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  add(...timed: readonly Timed[]): void {
    this.#all.push(...timed);
  }

  /** Lets everything happen that happens within so many milliseconds. */
  async run(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    for (await this.#calm(); this.#now < until; await this.#calm()) this.#now = Math.min(until, Math.max(this.#now, this.#next()));
  }

  /** Lets time pass until the promise is settled, and gives what it gives. Throws an Error when nothing will ever happen any more. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(() => settled = true, () => settled = true);
    for (await this.#calm(); !settled; await this.#calm()) {
      if (this.#next() === Infinity) throw new Error("Nothing will ever happen any more, and the promise is not settled");
      this.#now = Math.max(this.#now, this.#next());
    }
    return await promise;
  }

  #next(): number {
    return this.#all.reduce((next, each) => Math.min(next, each.nextDeadline()), Infinity);
  }

  async #calm(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      const done = this.#all.reduce((done, each) => done + (each.poll?.(this.#now) || 0), 0);
      quiet = done > 0 || this.#next() <= this.#now ? 0 : quiet + 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

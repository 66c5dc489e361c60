/**
 * Virtual time for programs: whoever sleeps is woken when the clock has come that far, in the order of the times. The clock is set by whoever owns the
 * world; nothing here waits for real.
 */

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export class Clock {
  /** Milliseconds. */
  now = 0;
  /** By time; those of one time in the order in which they went to sleep. */
  readonly #sleepers: Sleeper[] = [];

  /** Resolves `milliseconds` later. */
  sleep(milliseconds: number): Promise<void> {
    const until = this.now + milliseconds;
    return new Promise((wake) => {
      let at = this.#sleepers.length;
      while (at > 0 && (this.#sleepers[at - 1] as Sleeper).until > until) at--;
      this.#sleepers.splice(at, 0, { until, wake });
    });
  }

  /** When the next sleeper is to be woken; Infinity when nobody sleeps. */
  nextDeadline(): number {
    return this.#sleepers[0]?.until ?? Infinity;
  }

  /** Wakes those whose time has come; returns how many. */
  ring(): number {
    const due = this.#sleepers.findIndex(({ until }) => until > this.now);
    const woken = this.#sleepers.splice(0, due < 0 ? this.#sleepers.length : due);
    for (const { wake } of woken) wake();
    return woken.length;
  }
}

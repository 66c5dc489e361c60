/**
 * Waits for promises, but not for ever. One timer serves all of them: to set one and clear it again would cost more than
 * most of the answers that a grader waits for, of which there are thousands in a run.
 *
 * The timer is left running when an answer has come. It finds out by itself that it is not needed any more; whoever is
 * through with the watchdog closes it, so that no timer outlives him.
 */

/** The longest that a timer can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

interface Wait {
  readonly due: number;
  readonly late: () => void;
}

export class Watchdog {
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer ends, in milliseconds of `performance.now()`. */
  #ends = Infinity;

  /** Whether a promise comes to its end, good or bad, within so many milliseconds. Infinity: however long it takes. */
  settled(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const wait = { due: performance.now() + milliseconds, late: () => resolve(false) };
      const end = (): void => {
        this.#waits.delete(wait);
        resolve(true);
      };
      promise.then(end, end);
      this.#waits.add(wait);
      if (wait.due < this.#ends) this.#startTimer(wait.due);
    });
  }

  /** Nothing is late any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#ends = Infinity;
  }

  #startTimer(due: number): void {
    this.close();
    this.#ends = due;
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(1, due - performance.now()), LONGEST));
  }

  /** Tells those whose time is over, and waits for the next one. */
  #look(): void {
    this.close();
    const now = performance.now();
    let next = Infinity;
    for (const wait of this.#waits) {
      if (wait.due <= now) {
        this.#waits.delete(wait);
        wait.late();
      } else next = Math.min(next, wait.due);
    }
    if (next < Infinity) this.#startTimer(next);
  }
}

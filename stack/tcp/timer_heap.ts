/**
 * Who wants to be called next, among thousands: a heap of deadlines. An idle connection costs nothing here, and the next
 * deadline is known without looking at all of them.
 *
 * An entry is never searched for. When a deadline moves earlier, a second entry is added; when one comes up, its owner is asked
 * for the deadline it has *now*, and put back if that lies ahead.
 */

/** Something with a deadline that moves. */
export interface Timed {
  /** When it wants to be called; Infinity for never. Milliseconds. */
  deadline(): number;
  /** The earliest entry that the heap holds for it. Only the heap writes this. */
  scheduledFor: number;
  /** Does what is due at `now`. */
  fire(now: number): void;
}

export class TimerHeap<T extends Timed> {
  readonly #times: number[] = [];
  readonly #owners: T[] = [];

  /** Sees to it that `owner` comes up at its deadline. Call whenever the deadline may have moved earlier. */
  schedule(owner: T): void {
    const time = owner.deadline();
    if (time >= owner.scheduledFor) return;
    owner.scheduledFor = time;
    this.#push(time, owner);
  }

  /** The earliest deadline that may be due; Infinity when there is none. */
  next(): number {
    return this.#times[0] ?? Infinity;
  }

  /** Takes out one owner that is due at `now`, or undefined. The caller calls it and then `schedule`s it again. */
  takeDue(now: number): T | undefined {
    while ((this.#times[0] ?? Infinity) <= now) {
      const time = this.#times[0] as number;
      const owner = this.#pop();
      if (owner.scheduledFor !== time) continue; // an earlier entry was added since, and has been dealt with
      owner.scheduledFor = Infinity;
      if (owner.deadline() <= now) return owner;
      this.schedule(owner);
    }
    return undefined;
  }

  #push(time: number, owner: T): void {
    let at = this.#times.length;
    this.#times.push(time);
    this.#owners.push(owner);
    while (at > 0) {
      const parent = at - 1 >> 1;
      if ((this.#times[parent] as number) <= time) break;
      this.#times[at] = this.#times[parent] as number;
      this.#owners[at] = this.#owners[parent] as T;
      at = parent;
    }
    this.#times[at] = time;
    this.#owners[at] = owner;
  }

  #pop(): T {
    const top = this.#owners[0] as T;
    const time = this.#times.pop() as number;
    const owner = this.#owners.pop() as T;
    const size = this.#times.length;
    if (size === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && (this.#times[child + 1] as number) < (this.#times[child] as number)) child++;
      if ((this.#times[child] as number) >= time) break;
      this.#times[at] = this.#times[child] as number;
      this.#owners[at] = this.#owners[child] as T;
      at = child;
    }
    this.#times[at] = time;
    this.#owners[at] = owner;
    return top;
  }
}

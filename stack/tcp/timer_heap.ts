/**
 * Who wants to be called next, among thousands: a heap of deadlines. An idle connection costs one entry here, and the next
 * deadline is known without looking at all of them.
 *
 * Everybody is in the heap once at most, and knows his place in it. A deadline that moves earlier moves its owner at once. One
 * that moves later does not: its owner comes up too early, is asked for the deadline that it has *now*, and sinks. So an
 * acknowledgment that pushes a timer back, which is what most of them do, costs nothing.
 */

/** Something with a deadline that moves. */
export interface Timed {
  /** When it wants to be called; Infinity for never. Milliseconds. */
  deadline(): number;
  /** When it comes up in the heap, its deadline or earlier; Infinity while it is not there. Only the heap writes this. */
  scheduledFor: number;
  /** Its place in the heap. Only the heap writes this. */
  heapPlace?: number;
  /** It is not in the heap any more, because nothing of it is due, now or later. */
  rest?(): void;
  /** Does what is due at `now`. */
  fire(now: number): void;
}

export class TimerHeap<T extends Timed> {
  /** The parent of entry n is entry (n − 1) / 2, and is due no later. */
  readonly #heap: T[] = [];

  /** How many are in it. */
  get size(): number {
    return this.#heap.length;
  }

  /** Sees to it that `owner` comes up at its deadline. Call whenever the deadline may have moved earlier. */
  schedule(owner: T): void {
    const time = owner.deadline();
    if (time >= owner.scheduledFor) return;
    const isNew = owner.scheduledFor === Infinity;
    owner.scheduledFor = time;
    this.#rise(isNew ? this.#heap.length : owner.heapPlace as number, owner);
  }

  /** Takes `owner` out: it will not be called. Nothing happens when it is not in. */
  remove(owner: T): void {
    if (owner.scheduledFor === Infinity) return;
    owner.scheduledFor = Infinity;
    const place = owner.heapPlace as number;
    const last = this.#heap.pop() as T;
    if (last === owner) return;
    this.#sink(place, last);
    this.#rise(last.heapPlace as number, last);
  }

  /** The earliest deadline that may be due; Infinity when there is none. */
  next(): number {
    return this.#heap[0]?.scheduledFor ?? Infinity;
  }

  /** Takes out one owner that is due at `now`, or undefined. Whoever wants to come up again is to be scheduled again. */
  takeDue(now: number): T | undefined {
    for (let top = this.#heap[0]; top !== undefined && top.scheduledFor <= now; top = this.#heap[0]) {
      const time = top.deadline();
      if (time <= now || time === Infinity) this.remove(top);
      if (time <= now) return top;
      if (time === Infinity) {
        top.rest?.();
        continue;
      }
      top.scheduledFor = time;
      this.#sink(0, top);
    }
    return undefined;
  }

  /** Puts `owner` where it belongs: at `place` or nearer to the top. */
  #rise(place: number, owner: T): void {
    while (place > 0) {
      const above = place - 1 >> 1;
      const parent = this.#heap[above] as T;
      if (parent.scheduledFor <= owner.scheduledFor) break;
      this.#put(place, parent);
      place = above;
    }
    this.#put(place, owner);
  }

  /** Puts `owner` where it belongs: at `place` or further down. */
  #sink(place: number, owner: T): void {
    const size = this.#heap.length;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= size) break;
      if (below + 1 < size && (this.#heap[below + 1] as T).scheduledFor < (this.#heap[below] as T).scheduledFor) below++;
      const child = this.#heap[below] as T;
      if (child.scheduledFor >= owner.scheduledFor) break;
      this.#put(place, child);
      place = below;
    }
    this.#put(place, owner);
  }

  #put(place: number, owner: T): void {
    this.#heap[place] = owner;
    owner.heapPlace = place;
  }
}

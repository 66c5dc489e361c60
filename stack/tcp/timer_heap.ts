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
  /** Its place in the heap; −1 while it is not there. Only the heap writes this. */
  heapPlace: number;
  /** It is not in the heap any more, because nothing of it is due, now or later. */
  rest?(): void;
  /** Does what is due at `now`. */
  fire(now: number): void;
}

export class TimerHeap<T extends Timed> {
  /** The parent of entry n is entry (n − 1) / 2, and is due no later. */
  readonly #heap: T[] = [];
  /** When each comes up: its deadline, or earlier. */
  readonly #times: number[] = [];

  /** How many are in it. */
  get size(): number {
    return this.#heap.length;
  }

  /** Sees to it that `owner` comes up at its deadline. Call whenever the deadline may have moved earlier. */
  schedule(owner: T): void {
    const time = owner.deadline();
    const place = owner.heapPlace;
    if (time === Infinity || place >= 0 && time >= (this.#times[place] as number)) return;
    this.#rise(place >= 0 ? place : this.#heap.length, owner, time);
  }

  /** Takes `owner` out: it will not be called. Nothing happens when it is not in. */
  remove(owner: T): void {
    const place = owner.heapPlace;
    if (place < 0) return;
    owner.heapPlace = -1;
    const last = this.#heap.pop() as T;
    const time = this.#times.pop() as number;
    if (last === owner) return;
    this.#sink(place, last, time);
    this.#rise(last.heapPlace, last, time);
  }

  /** The earliest deadline that may be due; Infinity when there is none. */
  next(): number {
    return this.#times[0] ?? Infinity;
  }

  /** Takes out one owner that is due at `now`, or undefined. Whoever wants to come up again is to be scheduled again. */
  takeDue(now: number): T | undefined {
    for (let top = this.#heap[0]; top !== undefined && this.next() <= now; top = this.#heap[0]) {
      const time = top.deadline();
      if (time > now && time < Infinity) {
        this.#sink(0, top, time);
        continue;
      }
      this.remove(top);
      if (time <= now) return top;
      top.rest?.();
    }
    return undefined;
  }

  /** Puts `owner` where it belongs: at `place` or nearer to the top. */
  #rise(place: number, owner: T, time: number): void {
    while (place > 0) {
      const above = place - 1 >> 1;
      const parentTime = this.#times[above] as number;
      if (parentTime <= time) break;
      this.#put(place, this.#heap[above] as T, parentTime);
      place = above;
    }
    this.#put(place, owner, time);
  }

  /** Puts `owner` where it belongs: at `place` or further down. */
  #sink(place: number, owner: T, time: number): void {
    const size = this.#heap.length;
    for (;;) {
      let below = place * 2 + 1;
      if (below >= size) break;
      if (below + 1 < size && (this.#times[below + 1] as number) < (this.#times[below] as number)) below++;
      const childTime = this.#times[below] as number;
      if (childTime >= time) break;
      this.#put(place, this.#heap[below] as T, childTime);
      place = below;
    }
    this.#put(place, owner, time);
  }

  #put(place: number, owner: T, time: number): void {
    this.#heap[place] = owner;
    this.#times[place] = time;
    owner.heapPlace = place;
  }
}

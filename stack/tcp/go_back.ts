/**
 * Go-back-N: what was in flight goes out again, from the oldest byte on, because the timer fired, or because a shut window, or a narrow way, has thrown it away.
 * One segment more with each acknowledgment: without congestion control that is all the restraint there is. Offsets; a FIN counts as one byte.
 */
export class GoBack {
  /** What is to go out again next. */
  from = 0;
  #to = 0;
  /** Bytes of it that may be on their way. */
  #allowance = 0;

  /** Everything from `start` up to `end` is to go out again, beginning with `allowance` bytes. */
  begin(start: number, end: number, allowance: number): void {
    this.from = start;
    this.#to = end;
    this.#allowance = allowance;
  }

  /** Something was acknowledged: `more` bytes may follow. */
  allow(more: number): void {
    this.#allowance += more;
  }

  /** Where the next segment begins that may go again; undefined when none may. Everything before `start` is acknowledged, and `edge` is where windows end. */
  next(start: number, edge: number): number | undefined {
    const from = Math.max(this.from, start);
    return from >= this.#to || from >= edge || from - start >= this.#allowance ? undefined : from;
  }
}

/** RFC 6675 §4 by the letter, byte by byte: slow, and right. What a scoreboard is compared with. */
export class ByteByByte {
  readonly #smss: number;
  readonly #sacked = new Set<number>();
  #first = 0;

  constructor(smss: number) {
    this.#smss = smss;
  }

  acknowledged(una: number): void {
    this.#first = una;
  }

  update(from: number, to: number): number {
    let news = 0;
    for (let at = Math.max(from, this.#first); at < to; at++) {
      if (!this.#sacked.has(at)) news++;
      this.#sacked.add(at);
    }
    return news;
  }

  isSacked(at: number): boolean {
    return at >= this.#first && this.#sacked.has(at);
  }

  /** IsLost, of what was sent before `highData`. */
  isLost(offset: number, highData: number): boolean {
    let blocks = 0;
    let bytes = 0;
    for (let at = offset + 1; at < highData; at++) {
      if (!this.isSacked(at)) continue;
      bytes++;
      if (!this.isSacked(at - 1)) blocks++;
    }
    return blocks >= 3 || bytes > 2 * this.#smss;
  }

  /** SetPipe. */
  pipe(highRxt: number, highData: number): number {
    let pipe = 0;
    for (let at = this.#first; at < highData; at++) {
      if (this.isSacked(at)) continue;
      if (!this.isLost(at, highData)) pipe++;
      if (at < highRxt) pipe++;
    }
    return pipe;
  }

  /** What rule 1 of NextSeg finds. */
  lost(highRxt: number, highData: number): number | "nothing" {
    const top = Math.max(0, ...this.#sacked);
    for (let at = Math.max(this.#first, highRxt); at < top; at++) {
      if (!this.isSacked(at) && this.isLost(at, highData)) return at;
    }
    return "nothing";
  }
}

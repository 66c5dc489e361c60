/** The naive models that random stories are compared with: plain lists of bytes, as slow and as simple as can be. */
import type { SendLimits, SendPiece } from "../../../stack/contract/buffers.ts";

/** A send buffer that keeps every byte that was ever written. */
export class SendModel {
  readonly capacity: number;
  readonly bytes: number[] = [];
  start = 0;
  next = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get end(): number {
    return this.bytes.length;
  }

  write(text: Uint8Array): number {
    const taken = Math.min(text.length, this.capacity - (this.end - this.start));
    this.bytes.push(...text.subarray(0, taken));
    return taken;
  }

  acknowledge(offset: number): void {
    if (offset > this.start && offset <= this.next) this.start = offset;
  }

  /** RFC 9293 §3.8.6.2.1, case by case. */
  pieceToSend({ edge, mss, maxWindow, noDelay, closing }: SendLimits): SendPiece | undefined {
    const waiting = this.end - this.next;
    const usable = edge - this.next;
    const length = Math.min(waiting, usable, mss);
    const free = this.start === this.next || noDelay || closing;
    const goes = length >= mss || free && (waiting <= usable || length >= maxWindow / 2);
    return length > 0 && goes ? { from: this.next, length, push: this.next + length === this.end } : undefined;
  }

  pieceToResend(from: number, mss: number): SendPiece | undefined {
    const first = Math.max(from, this.start);
    const length = Math.min(mss, this.next - first);
    return length > 0 ? { from: first, length, push: first + length === this.end } : undefined;
  }
}

/** A receive buffer with one byte, or none, for every offset of the stream. */
export class ReceiveModel {
  readonly capacity: number;
  readonly bytes: (number | undefined)[] = [];
  start = 0;
  next = 0;
  /** Where each segment beyond the gap began, the latest first. */
  #touched: number[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  insert(offset: number, text: Uint8Array): number {
    const before = this.next;
    const edge = this.start + this.capacity;
    const from = Math.max(offset, before);
    const to = Math.min(offset + text.length, edge);
    for (let at = from; at < to; at++) this.bytes[at] ??= text[at - offset] as number;
    if (from < to) this.#touched.unshift(from);
    while (this.bytes[this.next] !== undefined) this.next++;
    return this.next - before;
  }

  read(count: number): Uint8Array {
    const taken = Math.min(count, this.next - this.start);
    this.start += taken;
    return Uint8Array.from({ length: taken }, (_, i) => this.bytes[this.start - taken + i] as number);
  }

  beyond(count: number): number[] {
    const blocks: [number, number][] = [];
    for (const at of this.#touched) {
      if (at < this.next || blocks.some(([from, to]) => from <= at && at < to)) continue;
      let [from, to] = [at, at];
      while (from > this.next && this.bytes[from - 1] !== undefined) from--;
      while (this.bytes[to] !== undefined) to++;
      blocks.push([from, to]);
    }
    return blocks.slice(0, count).flat();
  }
}

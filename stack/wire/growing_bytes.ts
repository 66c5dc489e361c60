/**
 * Bytes that come in pieces, put together. It takes memory for what has come, and at most as much again: never for what somebody says will come.
 *
 *     const line = new GrowingBytes();
 *     line.append(piece, 0, 5);
 *     line.text();
 */
import { latin1Text } from "./latin1.ts";

const NONE = new Uint8Array();
/** The first piece of memory, unless more comes at once. */
const LEAST = 64;

export class GrowingBytes {
  #bytes: Uint8Array<ArrayBuffer> = NONE;
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds a copy of the bytes from `from` up to `to`. */
  append(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#length + to - from;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(LEAST, length, 2 * this.#length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(from, to), this.#length);
    this.#length = length;
  }

  /** All of them as text, a character a byte. */
  text(): string {
    return latin1Text(this.#bytes, 0, this.#length);
  }

  /** Hands them over, and is empty again. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.#length);
    this.clear();
    return taken;
  }

  /** Forgets them, and gives their memory back. */
  clear(): void {
    this.#bytes = NONE;
    this.#length = 0;
  }
}

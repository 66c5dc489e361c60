/**
 * Bytes that were looked at and not taken (MSG_PEEK). A receive buffer gives a byte only once, so what is looked at is read, and kept here for those who
 * come for it. To the peer it counts as read: its window opens that much earlier.
 */
import type { Connection } from "../tcp/connection.ts";

export class ReadAhead {
  #bytes = new Uint8Array();

  /** How many bytes are kept. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Copies what comes next into `target`, and keeps it; returns how many bytes. */
  peek(connection: Connection, target: Uint8Array): number {
    const kept = this.#bytes;
    const count = Math.min(target.length, kept.length + connection.readable);
    if (count > kept.length) {
      this.#bytes = new Uint8Array(count);
      this.#bytes.set(kept);
      connection.read(this.#bytes, kept.length);
    }
    target.set(this.#bytes.subarray(0, count));
    return count;
  }

  /** Moves what comes next into `target`; returns how many bytes. */
  take(connection: Connection, target: Uint8Array): number {
    const count = Math.min(target.length, this.#bytes.length);
    target.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.slice(count);
    return count + connection.read(target, count);
  }
}

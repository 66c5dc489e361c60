/**
 * What a socket has received and its program has not. A stream's buffer (lab 06) holds bytes; this one holds datagrams, each with its
 * boundaries and its sender:
 *
 *     stream     … h e l l o w o r l d …            read(4) gives "hell", the next read "owor"
 *     datagrams  [ hello | 10.44.0.1:5353 ] [ world | 10.44.0.9:5353 ]
 *                                                   read(4) gives "hell", and the "o" is gone; the next read gives "worl"
 *
 * When it is full, what comes is lost, and nobody is told: neither the sender, whom UDP promised nothing, nor the program. That is what a window is for,
 * and UDP has none.
 */
import type { DatagramQueue, Received } from "../../stack/contract/datagrams.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";

/** Bytes that a datagram takes besides its own: the headers of IP and UDP, which are not kept, but stand for what a datagram costs. */
const OVERHEAD = 28;

/** A datagram that waits. */
interface Waiting {
  readonly bytes: Uint8Array;
  readonly address: Ipv4Address;
  readonly port: number;
  readonly localAddress: Ipv4Address;
}

/** Makes an empty queue for `capacity` bytes. What each method promises: stack/contract/datagrams.ts. */
export function createDatagramQueue(capacity: number): DatagramQueue {
  return new WaitingDatagrams(capacity);
}

class WaitingDatagrams implements DatagramQueue {
  readonly #capacity: number;
  /** The oldest first. */
  readonly #waiting: Waiting[] = [];
  /** Bytes that are taken, overhead included. */
  #taken = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(frame: Frame, at: number, length: number, address: Ipv4Address, port: number, localAddress: Ipv4Address): boolean {
    // region createDatagramQueue.push
    const room = this.#capacity - this.#taken;
    if (this.#waiting.length > 0 && length + OVERHEAD > room) return false;
    // deno-lint-ignore wallsocket/packet-path -- the frame goes back to its pool, and a datagram may wait for hours
    const bytes = frame.bytes.slice(at, at + length);
    this.#waiting.push({ bytes, address, port, localAddress });
    this.#taken += length + OVERHEAD;
    return true;
    // endregion
  }

  read(target: Uint8Array, at: number, count: number, peek: boolean): Received | undefined {
    // region createDatagramQueue.read
    const oldest = this.#waiting[0];
    if (oldest === undefined) return undefined;
    const { bytes, address, port, localAddress } = oldest;
    const copied = Math.min(count, bytes.length);
    for (let i = 0; i < copied; i++) target[at + i] = bytes[i] as number;
    if (!peek) {
      this.#waiting.shift();
      this.#taken -= bytes.length + OVERHEAD;
    }
    return { count: copied, length: bytes.length, address, port, localAddress };
    // endregion
  }

  size(): number {
    // region createDatagramQueue.size
    return this.#waiting.length;
    // endregion
  }

  nextLength(): number {
    // region createDatagramQueue.nextLength
    return this.#waiting[0]?.bytes.length ?? 0;
    // endregion
  }
}

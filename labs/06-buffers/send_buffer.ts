/**
 * The send buffer: what the application has written and the peer has not acknowledged.
 *
 *                start            next              end
 *      offset      │ sent,          │ written,        │
 *      ────────────┼────────────────┼─────────────────┼──────────────┬──▶
 *      acknowledged│ not acknowledged  never sent     │  room        │ start + capacity
 *
 * Three numbers say everything. `write` moves `end`, `sent` moves `next`, `acknowledge` moves `start`, all of them only to the right.
 * A byte leaves the buffer when it is acknowledged, not when it is sent: until then it may be wanted again.
 *
 * The one decision is *when a piece is worth a packet*. A window that opens by a few bytes, answered with a few bytes,
 * makes it open by a few bytes again: the silly-window syndrome, in which a long transfer crawls along in crumbs (RFC 9293 §3.8.6.2.1).
 * And an application that writes byte by byte would pay 40 bytes of header for each: Nagle's algorithm lets such crumbs gather
 * while something is on its way (RFC 9293 §3.7.4).
 *
 * See `stack/contract/buffers.ts` for the whole contract. The bytes themselves lie in a `Ring` (`stack/wire/ring.ts`), which takes offsets.
 */
import type { SendBuffer, SendLimits, SendPiece } from "../../stack/contract/buffers.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { todo } from "../../stack/wire/not_implemented.ts";
import { Ring } from "../../stack/wire/ring.ts";

/** Makes an empty send buffer that holds `capacity` bytes at most. */
export function createSendBuffer(capacity: number): SendBuffer {
  return new RingSendBuffer(capacity);
}

/** A class, because a host holds one for each connection: objects of a class share their methods, and so weigh little. */
class RingSendBuffer implements SendBuffer {
  readonly #capacity: number;
  readonly #ring: Ring;
  /** Offsets: the oldest byte held, the next one to send, and one past the last one written. */
  #start = 0;
  #next = 0;
  #end = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ring = new Ring(capacity);
  }

  start(): number {
    return this.#start;
  }

  next(): number {
    return this.#next;
  }

  end(): number {
    return this.#end;
  }

  // What is held and what there is room for make up the capacity.
  room(): number {
    return todo("createSendBuffer.room", this.#capacity);
  }

  // As much as there is room for; the application keeps the rest and comes back.
  write(bytes: Uint8Array, at: number, count: number): number {
    return todo("createSendBuffer.write", bytes, at, count, this.#ring);
  }

  // First how much *may* go: what was written, what the window leaves, what fits in a segment. Then whether that is worth a packet.
  pieceToSend(limits: SendLimits): SendPiece | undefined {
    return todo("createSendBuffer.pieceToSend", limits);
  }

  sent(upTo: number): void {
    return todo("createSendBuffer.sent", upTo);
  }

  // Whatever the window says: bytes that were sent once may be sent again (RFC 9293 §3.8.6, SHLD-16).
  pieceToResend(from: number, mss: number): SendPiece | undefined {
    return todo("createSendBuffer.pieceToResend", from, mss);
  }

  copyInto(frame: Frame, from: number, length: number): void {
    return todo("createSendBuffer.copyInto", frame, from, length, this.#ring);
  }

  // An old acknowledgment and one for what was never sent say nothing. When the last byte is acknowledged, the memory goes back.
  acknowledge(offset: number): void {
    return todo("createSendBuffer.acknowledge", offset, this.#ring);
  }
}

/**
 * A frame: one packet in one buffer that is made once and used again and again.
 *
 * The buffer has *headroom*: free bytes in front of the packet. A packet that travels down the
 * stack grows at its front, so each layer calls `push(20)` and writes its header there; nothing is
 * copied. A packet that travels up shrinks at its front: `pull(14)` steps over a header.
 *
 *     bytes  | headroom ......... | packet ................ | room ..... |
 *            0                    start                     end          bytes.length
 *
 * Rules for callers: read and write through `view` (big-endian, as the network wants it) and
 * `bytes`, with absolute offsets: `frame.view.getUint16(frame.start + 12)`. Never make a
 * `Uint8Array` or `DataView` of your own per packet: that costs more than parsing one.
 */
export class Frame {
  /** The whole buffer, headroom included. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The one view over the whole buffer. Offsets are the same as those of `bytes`. */
  readonly view: DataView<ArrayBuffer>;
  /** Bytes that an empty frame keeps free in front. */
  readonly headroom: number;
  /** Offset of the packet's first byte. */
  start: number;
  /** Offset one past the packet's last byte. */
  end: number;
  /**
   * Where the device puts segments together and cuts them (`Device.offload`): this packet stands for several TCP segments, with so many bytes of text in
   * each, and less perhaps in the last. 0: it is one packet.
   */
  segmentSize = 0;
  /** The TCP checksum is the device's affair: it has checked the one that came, and will write the one that goes: so far, the field holds the pseudo-header's sum. */
  checksumByDevice = false;
  /** One subarray per distinct start, made once: what a system call is given. */
  readonly #tails: (Uint8Array<ArrayBuffer> | undefined)[] = [];

  /** Makes an empty frame of `capacity` bytes, of which `headroom` lie in front of the packet. They are where `memory` says. */
  constructor(capacity = 2048, headroom = 128, memory: Memory = plainMemory) {
    this.bytes = memory(capacity);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, capacity);
    this.headroom = headroom;
    this.start = headroom;
    this.end = headroom;
  }

  /** A frame that holds a copy of `packet`; for tests and for the edges of the API. */
  static of(packet: Uint8Array, headroom = 128): Frame {
    const frame = new Frame(headroom + packet.length + 64, headroom);
    frame.bytes.set(packet, headroom);
    frame.end = headroom + packet.length;
    return frame;
  }

  /** Length of the packet, in bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** Free bytes behind the packet. */
  get room(): number {
    return this.bytes.length - this.end;
  }

  /** Grows the packet by `count` bytes at its front and returns the new start. */
  push(count: number): number {
    if (count > this.start) throw new RangeError(`Cannot push ${count} bytes: ${this.start} bytes of headroom are left`);
    this.start -= count;
    return this.start;
  }

  /** Steps over `count` bytes at the front and returns the new start. */
  pull(count: number): number {
    if (count > this.length) throw new RangeError(`Cannot pull ${count} bytes: the packet has ${this.length}`);
    this.start += count;
    return this.start;
  }

  /** Grows the packet by `count` bytes at its end and returns the offset of the first of them. */
  append(count: number): number {
    if (count > this.room) throw new RangeError(`Cannot append ${count} bytes: ${this.room} bytes of room are left`);
    const at = this.end;
    this.end += count;
    return at;
  }

  /** Makes the frame empty again, with `headroom` bytes in front. */
  reset(headroom = this.headroom): void {
    this.start = headroom;
    this.end = headroom;
    this.segmentSize = 0;
    this.checksumByDevice = false;
  }

  /** Makes this frame a copy of `other`. Throws a RangeError when it does not fit. */
  copyFrom(other: Frame): void {
    if (this.bytes.length === other.bytes.length) {
      // Equal buffers: one block copy of everything is cheaper than any view of the part.
      this.bytes.set(other.bytes);
      this.start = other.start;
      this.end = other.end;
    } else {
      this.reset();
      const at = this.append(other.length);
      copyBytes(other, other.start, this, at, other.length);
    }
    this.segmentSize = other.segmentSize;
    this.checksumByDevice = other.checksumByDevice;
  }

  /** The bytes from `at` to the buffer's end, as one array that is made once per `at`. For system calls. */
  tail(at = this.start): Uint8Array<ArrayBuffer> {
    return this.#tails[at] ??= this.bytes.subarray(at);
  }

  /** A copy of the packet. Allocates: for the edges (display, capture, tests), never per packet. */
  toBytes(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(this.start, this.end);
  }
}

/** Where frames have their bytes from: gives as many as are asked for, all 0. */
export type Memory = (bytes: number) => Uint8Array<ArrayBuffer>;

function plainMemory(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Copies `length` bytes from one frame's buffer to another's (or within one, forwards), four at a time and without making a view. */
export function copyBytes(from: Frame, at: number, to: Frame, toAt: number, length: number): void {
  const words = length & ~3;
  for (let i = 0; i < words; i += 4) to.view.setUint32(toAt + i, from.view.getUint32(at + i));
  for (let i = words; i < length; i++) to.bytes[toAt + i] = from.bytes[at + i] as number;
}

/**
 * Two devices joined back to back in memory: what one sends, the other receives. The queue between
 * them is bounded, as a cable's is; a frame that finds it full is lost.
 */
import { Frame } from "../wire/frame.ts";
import type { Device, Medium } from "./device.ts";

/** What both ends share. Defaults: Ethernet with MTU 1500, FCS and 60-byte minimum; 1024 frames each way. */
export interface PairOptions {
  medium?: Medium;
  mtu?: number;
  fcs?: boolean;
  minimumFrame?: number;
  /** Frames that one direction holds at most. */
  queueLimit?: number;
}

/** Makes both ends of a wire. */
export function createPair(options: PairOptions = {}): [Device, Device] {
  const medium = options.medium ?? "ethernet";
  const shared = {
    medium,
    mtu: options.mtu ?? 1500,
    fcs: options.fcs ?? medium === "ethernet",
    minimumFrame: options.minimumFrame ?? (medium === "ethernet" ? 60 : 20),
    offload: { checksum: false, segmentation: false },
  };
  const limit = options.queueLimit ?? 1024;
  const toA = new Ring(limit, shared.mtu);
  const toB = new Ring(limit, shared.mtu);
  return [end("pair:a", toA, toB), end("pair:b", toB, toA)];

  function end(name: string, incoming: Ring, outgoing: Ring): Device {
    let open = true;
    return {
      name,
      ...shared,
      receive: (frame) => open && incoming.take(frame),
      send: (frame) => open && outgoing.put(frame),
      close: () => void (open = false),
    };
  }
}

const HEADROOM = 128;

/** A fixed ring of frames: copying in and out allocates nothing once each slot has been used. */
class Ring {
  readonly #slots: (Frame | undefined)[];
  readonly #capacity: number;
  #head = 0;
  #count = 0;

  constructor(limit: number, mtu: number) {
    this.#slots = new Array<Frame | undefined>(limit).fill(undefined);
    this.#capacity = Math.max(2048, mtu + 192); // a pool's usual frame, so that copies are block copies
  }

  put(frame: Frame): boolean {
    if (this.#count === this.#slots.length || frame.length > this.#capacity - HEADROOM) return false;
    const index = (this.#head + this.#count++) % this.#slots.length;
    const slot = this.#slots[index] ??= new Frame(this.#capacity, HEADROOM);
    slot.copyFrom(frame);
    return true;
  }

  take(frame: Frame): boolean {
    if (this.#count === 0) return false;
    const slot = this.#slots[this.#head] as Frame;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#count--;
    frame.reset();
    if (slot.length > frame.room) return false; // longer than the caller's frame: cannot be taken, lost
    frame.copyFrom(slot);
    return true;
  }
}

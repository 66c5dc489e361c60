/**
 * A device whose other end is in somebody else's hands: frames are put in with `inject` and what the stack
 * sent is taken out with `take`. The harness uses it to carry frames to and from the process in which a
 * student's stack runs; a pipe of the operating system lies in between.
 */
import type { Frame } from "../wire/frame.ts";
import type { Device, Medium } from "./device.ts";

/** What the device at this end pretends to be. */
export interface PipeOptions {
  readonly name: string;
  readonly medium: Medium;
  /** The largest IP packet, in bytes. */
  readonly mtu: number;
  readonly fcs: boolean;
  readonly minimumFrame: number;
  /** Frames that wait in one direction at most; more are lost. Default 4096. */
  readonly queueLimit?: number;
}

export class PipeDevice implements Device {
  readonly name: string;
  readonly medium: Medium;
  readonly mtu: number;
  readonly fcs: boolean;
  readonly minimumFrame: number;
  readonly offload = { checksum: false, segmentation: false };
  readonly #limit: number;
  #incoming: Uint8Array[] = [];
  #outgoing: Uint8Array[] = [];

  constructor(options: PipeOptions) {
    this.name = options.name;
    this.medium = options.medium;
    this.mtu = options.mtu;
    this.fcs = options.fcs;
    this.minimumFrame = options.minimumFrame;
    this.#limit = options.queueLimit ?? 4096;
  }

  /** Puts a frame in, for the stack to receive. False when the queue is full. */
  inject(frame: Uint8Array): boolean {
    if (this.#incoming.length >= this.#limit) return false;
    this.#incoming.push(frame);
    return true;
  }

  /** Takes out everything that the stack sent, oldest first. */
  take(): Uint8Array[] {
    const sent = this.#outgoing;
    this.#outgoing = [];
    return sent;
  }

  receive(frame: Frame): boolean {
    const next = this.#incoming.shift();
    if (next === undefined) return false;
    frame.reset();
    if (next.length > frame.room) return this.receive(frame); // longer than any frame of this medium: lost on the way
    frame.bytes.set(next, frame.append(next.length));
    return true;
  }

  send(frame: Frame): boolean {
    if (this.#outgoing.length >= this.#limit) return false;
    this.#outgoing.push(frame.toBytes());
    return true;
  }

  close(): void {
    this.#incoming = [];
    this.#outgoing = [];
  }
}

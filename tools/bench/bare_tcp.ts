/**
 * The yardstick of TCP's figures: as little TCP as can be had over TUN, for one connection with a kernel that loses next to nothing. No
 * stack, no table, no timers, no options but the window's scale: buffers that are made once, a checksum over each segment, and a copy to or from an
 * application's memory, because no stack can do without. Where the device has offload, frames are of 64 KB, and nobody sums. What it reaches is what Deno,
 * the device and the kernel allow on this machine.
 *
 * It keeps its thread for itself: nothing is awaited, and where nothing comes it looks again and again for a while before it sleeps in poll(2).
 */
import type { TunTap } from "../../stack/link/tuntap_ffi.ts";
import { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { type Seq, seq, seqAdd, seqBefore, seqDiff } from "../../stack/wire/seq.ts";
import { ACK, FIN, PSH, SYN } from "../../stack/wire/tcp_flags.ts";

/** Bytes of both headers, and where a packet lies in its frame: the text behind them begins a word. */
const HEADERS = 40;
const AT = 128;
/** Bytes of text in a segment; and in a large frame. */
const SEGMENT = 1460;
const LARGE = 44 * SEGMENT;
/** Our window, and the shift that its field is given with. */
const WINDOW = 512 * 1024 - 8;
const SCALE = 3;
/** Segments that are sent, or taken in, before the other direction is looked at. */
const BATCH = 64;
/** Times that an empty device is looked at before the thread sleeps, 10 ms at most. */
const PATIENCE = 1000;

/** Sums 32-bit words of `words[from … to)` as the machine orders them; folded, it is the sum of 16-bit words in that order (RFC 1071 §2). */
function sumWords(words: Uint32Array, from: number, to: number): number {
  let [low, high] = [0, 0];
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const a = words[at] as number, b = words[at + 1] as number, c = words[at + 2] as number, d = words[at + 3] as number;
    low += (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff);
    high += (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16);
  }
  for (; at < to; at++) {
    low += (words[at] as number) & 0xffff;
    high += (words[at] as number) >>> 16;
  }
  return low + high;
}

/** One connection at a time, at the far end of a TUN device. */
export class BareTcp {
  readonly #tun: TunTap;
  readonly #hasOffload: boolean;
  readonly #most: number;
  readonly #in: Frame;
  readonly #out: Frame;
  readonly #inWords: Uint32Array;
  readonly #outWords: Uint32Array;
  /** An application's memory: what comes is copied there, what goes comes from there. */
  readonly #memory: Uint8Array;
  readonly #inText: Uint8Array;
  #port = 0;
  /** The connection: both addresses and both ports, as the kernel's packets have them. */
  #kernel = 0;
  #own = 0;
  #ports = 0;
  #sndUna: Seq = seq(0);
  #sndNxt: Seq = seq(0);
  #sndWnd = 0;
  #scale = 0;
  #rcvNxt: Seq = seq(0);
  #owesAck = false;
  /** Bytes of text in the segment that came last, and whether the peer has finished. */
  #text = 0;
  #over = false;

  constructor(tun: TunTap) {
    this.#tun = tun;
    this.#hasOffload = tun.offload.segmentation;
    this.#most = this.#hasOffload ? LARGE : SEGMENT;
    const capacity = this.#hasOffload ? 0x1_0100 : 2048;
    this.#in = new Frame(capacity, AT);
    this.#out = new Frame(capacity, AT);
    this.#inWords = new Uint32Array(this.#in.bytes.buffer);
    this.#outWords = new Uint32Array(this.#out.bytes.buffer);
    this.#memory = new Uint8Array(this.#most);
    this.#inText = this.#in.bytes.subarray(AT + HEADERS, AT + HEADERS + this.#most);
  }

  /** Takes one connection, whatever its port, and everything that comes; gives the bytes, and the milliseconds from the first to the last. */
  sink(): { bytes: number; milliseconds: number } {
    let [bytes, began, last] = [0, 0, 0];
    this.#begin();
    while (!this.#over) {
      if (!this.#takeBatch((count) => bytes += count)) continue;
      last = performance.now();
      if (bytes > 0 && began === 0) began = last;
      this.#acknowledge();
    }
    this.#finish();
    return { bytes, milliseconds: last - began };
  }

  /** Takes one connection, and sends each segment back, until the peer has finished. */
  echo(): void {
    this.#begin();
    while (!this.#over) {
      if (!this.#receive() || this.#text === 0) continue;
      for (let at = AT + HEADERS, end = at + this.#text; at < end; at++) this.#out.bytes[at] = this.#in.bytes[at] as number;
      this.#send(ACK | PSH, this.#text);
      this.#sndNxt = seqAdd(this.#sndNxt, this.#text);
    }
    this.#finish();
  }

  /** Sends `bytes` bytes from `local` to `remote` at `port`, finishes, and waits for the peer to do so. */
  source(local: Ipv4Address, remote: Ipv4Address, port: number, bytes: number): void {
    this.#begin();
    [this.#kernel, this.#own, this.#ports] = [remote, local, port * 0x1_0000 + 1024 + ++this.#port];
    this.#send(SYN, 0);
    while (this.#sndWnd === 0) this.#receive();
    const end = seqAdd(this.#sndNxt, bytes);
    while (this.#sndUna !== end) {
      let sent = 0;
      for (let left = seqDiff(end, this.#sndNxt); left > 0 && sent < BATCH; left = seqDiff(end, this.#sndNxt), sent++) {
        const count = Math.min(left, this.#most);
        if (seqDiff(this.#sndNxt, this.#sndUna) + count > this.#sndWnd) break;
        this.#out.bytes.set(this.#memory, AT + HEADERS);
        this.#send(count === left ? ACK | PSH : ACK, count);
        this.#sndNxt = seqAdd(this.#sndNxt, count);
      }
      const isBusy = sent === BATCH;
      if (!this.#takeBatch(() => {}, isBusy) && !isBusy) this.#sndNxt = this.#sndUna; // long silence: something was lost
    }
    this.#sendFin();
    while (!this.#over) if (!this.#receive()) this.#sendFin(end);
    this.#acknowledge();
  }

  #begin(): void {
    this.#sndUna = this.#sndNxt = seq(1);
    this.#sndWnd = 0;
    this.#over = this.#owesAck = false;
  }

  /** Our FIN, in answer to the peer's. */
  #finish(): void {
    const number = this.#sndNxt;
    this.#sendFin();
    while (seqBefore(this.#sndUna, this.#sndNxt)) if (!this.#receive()) this.#sendFin(number);
  }

  #sendFin(number = this.#sndNxt): void {
    this.#sndNxt = number;
    this.#send(ACK | FIN, 0);
    this.#sndNxt = seqAdd(number, 1);
  }

  #acknowledge(): void {
    if (this.#owesAck) this.#send(ACK, 0);
  }

  /** Takes what is there; waits for the first packet, unless there is other work (`busy`). False when nothing came. */
  #takeBatch(taken: (count: number) => void, busy = false): boolean {
    let count = 0;
    while (count < BATCH && this.#receive(busy || count > 0)) {
      count++;
      if (this.#text > 0) taken(this.#text);
    }
    return count > 0;
  }

  /** Takes one segment. False when there is none after a while, or at once with `busy`. */
  #receive(busy = false): boolean {
    const { view, bytes } = this.#in;
    for (let tries = 0; !this.#tun.receive(this.#in); tries++) {
      if (busy || tries === PATIENCE && !this.#tun.waitSync(10)) return false;
    }
    const { length, end } = this.#in;
    if (length < HEADERS || view.getUint8(AT + 9) !== 6) return false;
    if (!this.#in.checksumByDevice) {
      for (let at = end; at % 4 !== 0; at++) bytes[at] = 0;
      const sum = sumWords(this.#inWords, (AT + 12) / 4, Math.ceil(end / 4)) + swapped(6 + length - 20);
      if (sum % 0xffff !== 0) throw new Error("The kernel sent a bad checksum");
    }
    const flags = view.getUint8(AT + 33);
    const number = seq(view.getUint32(AT + 24));
    const textAt = 20 + (view.getUint8(AT + 32) >>> 4) * 4;
    const isNext = view.getUint32(AT + 20) === this.#ports && (number === this.#rcvNxt || length === textAt && (flags & FIN) === 0);
    if ((flags & SYN) === 0 && !isNext) {
      this.#text = 0; // of another connection, or twice, or too early
      this.#owesAck = true;
      return true;
    }
    this.#text = length - textAt;
    if (this.#text > 0) {
      if (this.#text === this.#most) this.#memory.set(this.#inText);
      else if (this.#text > SEGMENT) this.#memory.set(bytes.subarray(AT + textAt, end));
      else for (let i = 0; i < this.#text; i++) this.#memory[i] = bytes[AT + textAt + i] as number;
      this.#owesAck = true;
    }
    if (flags & SYN) this.#rcvNxt = number;
    this.#rcvNxt = seqAdd(this.#rcvNxt, this.#text + (flags & (SYN | FIN) ? 1 : 0));
    if (flags & ACK) this.#sndUna = seq(view.getUint32(AT + 28));
    if (flags & SYN) return this.#greet(flags);
    this.#sndWnd = view.getUint16(AT + 34) << this.#scale;
    if (flags & FIN) this.#over = this.#owesAck = true;
    return true;
  }

  /** A SYN came, alone or in answer to ours. */
  #greet(flags: number): boolean {
    const { view } = this.#in;
    [this.#kernel, this.#own, this.#ports] = [view.getUint32(AT + 12), view.getUint32(AT + 16), view.getUint32(AT + 20)];
    this.#scale = 0;
    for (let at = AT + 40; at < AT + 20 + (view.getUint8(AT + 32) >>> 4) * 4;) {
      const kind = view.getUint8(at);
      if (kind === 3) this.#scale = view.getUint8(at + 2);
      at += kind < 2 ? 1 : view.getUint8(at + 1);
    }
    this.#sndWnd = view.getUint16(AT + 34);
    if ((flags & ACK) === 0) this.#send(SYN | ACK, 0);
    this.#sndNxt = seqAdd(this.#sndNxt, 1);
    if (flags & ACK) this.#send(ACK, 0);
    return true;
  }

  /** Sends a segment with the text that is in `#out` already. */
  #send(flags: number, count: number): void {
    const { view, bytes } = this.#out;
    const options = flags & SYN ? 8 : 0;
    const length = HEADERS + options + count;
    view.setUint32(AT, 0x4500_0000 + length);
    view.setUint32(AT + 4, 0x4000);
    view.setUint32(AT + 8, 0x4006_0000);
    view.setUint32(AT + 12, this.#own);
    view.setUint32(AT + 16, this.#kernel);
    view.setUint32(AT + 20, this.#ports << 16 | this.#ports >>> 16);
    view.setUint32(AT + 24, this.#sndNxt);
    view.setUint32(AT + 28, this.#rcvNxt);
    view.setUint16(AT + 32, (20 + options) / 4 << 12 | flags);
    view.setUint16(AT + 34, flags & SYN ? 0xffff : WINDOW >>> SCALE);
    view.setUint32(AT + 36, 0);
    if (options > 0) {
      view.setUint32(AT + 40, 0x0204_05b4);
      view.setUint32(AT + 44, 0x0103_0300 | SCALE);
    }
    const out = this.#out;
    out.start = AT;
    out.end = AT + length;
    out.checksumByDevice = this.#hasOffload;
    out.segmentSize = count > SEGMENT ? SEGMENT : 0;
    for (let at = out.end; at % 4 !== 0; at++) bytes[at] = 0;
    view.setUint16(AT + 10, ~swapped(sumWords(this.#outWords, AT / 4, AT / 4 + 5) % 0xffff));
    const pseudo = sumWords(this.#outWords, AT / 4 + 3, AT / 4 + 5) + swapped(6 + length - 20);
    if (this.#hasOffload) view.setUint16(AT + 36, swapped(pseudo % 0xffff));
    else view.setUint16(AT + 36, ~swapped((pseudo + sumWords(this.#outWords, AT / 4 + 5, Math.ceil(out.end / 4))) % 0xffff));
    this.#tun.send(out);
    this.#owesAck = false;
  }
}

/** The bytes of a 16-bit word the other way round. */
function swapped(word: number): number {
  return (word & 0xff) << 8 | word >>> 8;
}

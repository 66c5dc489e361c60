/**
 * The receiving half of a connection: where text goes that came, which window is announced, and what an acknowledgment reports. The bytes
 * are lab 06's (`ReceiveBuffer`, `Acknowledger`); the arithmetic between sequence numbers and stream offsets is here.
 *
 * `tcb.rcvWnd` is what the peer was told, less what it has used since. It is honoured to the byte, even where the window field, which counts
 * in units of 2ᵏ, had to round it down (RFC 7323 §2.4).
 */
import type { Acknowledger, BuffersModule, ReceiveBuffer } from "../contract/buffers.ts";
import type { Segment, Tcb } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import { type Seq, seq, seqAdd, seqBefore, seqDiff } from "../wire/seq.ts";
import type { ConnectionOptions } from "./options.ts";

const NO_BLOCKS: readonly Seq[] = [];
/** Bytes of a timestamps option with its padding. */
const TIMESTAMPS_LENGTH = 12;

/** What the receiver needs from its connection. */
export interface ReceiverPort {
  readonly tcb: Tcb;
  readonly options: ConnectionOptions;
  readonly made: ConnectionOptions;
}

export class Receiver {
  /** An acknowledgment must go out with this batch. */
  ackNow = false;
  readonly #tcb: Tcb;
  readonly #buffer: ReceiveBuffer;
  readonly #acknowledger: Acknowledger;
  readonly #port: ReceiverPort;
  readonly #before: number;
  /** Segments that brought nothing that could be read, since the last acknowledgment; counted where the peer has no SACK. */
  #outOfOrder = 0;
  /** Offset behind the urgent data. */
  #urgentEnd = 0;
  /** A duplicate to report with the next acknowledgment (RFC 2883); none when both are equal. */
  #duplicateFrom: Seq = seq(0);
  #duplicateTo: Seq = seq(0);

  /** `before`: bytes that came before it was made. */
  constructor(port: ReceiverPort, buffers: BuffersModule, before: number) {
    this.#port = port;
    this.#before = before;
    this.#tcb = port.tcb;
    this.#buffer = buffers.createReceiveBuffer(port.made.receiveBuffer);
    this.#acknowledger = buffers.createAcknowledger(port.made.delayedAck);
  }

  /** Bytes that can be read now. */
  get readable(): number {
    return this.#buffer.readable();
  }

  /** Bytes that came in order, read or not. */
  get received(): number {
    return this.#before + this.#buffer.next();
  }

  /** Whether it holds nothing and owes nothing: then another one, made later, does as well. */
  get isIdle(): boolean {
    return this.readable === 0 && !this.hasGap && !this.#hasReport() && this.urgentRemaining === 0 && !this.ackNow &&
      this.deadline() === Infinity;
  }

  /** Bytes from the next one to be read up to the end of the urgent data; 0 when there is none. */
  get urgentRemaining(): number {
    return Math.max(0, this.#urgentEnd - (this.#buffer.next() - this.#buffer.readable()));
  }

  /** Takes text that lies at `at` in `frame`. True when there is more to read than before. */
  take(first: Seq, frame: Frame, at: number, count: number, now: number): boolean {
    const tcb = this.#tcb;
    const offset = this.#buffer.next() + seqDiff(first, tcb.rcvNxt);
    const hadGap = this.hasGap;
    if (hadGap && this.#port.options.dSack) this.#noteDuplicateBeyond(offset, offset + count);
    const moved = this.#buffer.insert(offset, frame, at, count);
    tcb.rcvNxt = seqAdd(tcb.rcvNxt, moved);
    tcb.rcvWnd = Math.max(0, tcb.rcvWnd - moved);
    if (seqBefore(tcb.rcvUp, tcb.rcvNxt)) tcb.rcvUp = tcb.rcvNxt;
    if (moved === 0 && !tcb.sackPermitted) this.#outOfOrder++;
    // RFC 5681 §4.2: at once about a gap, and when one is filled.
    const when = moved === 0 || hadGap || this.#port.options.quickAck ? "now" : "later";
    const fullSegment = tcb.rcvMss - (tcb.timestamps ? TIMESTAMPS_LENGTH : 0);
    if (this.#acknowledger.received(when, count, fullSegment, now)) this.ackNow = true;
    return moved > 0;
  }

  /** Copies up to `count` bytes into `target` at `at`; returns how many. */
  read(target: Uint8Array, at: number, count: number): number {
    return this.#buffer.read(target, at, count);
  }

  /** There is urgent data up to `up`. */
  noteUrgent(up: Seq): void {
    this.#urgentEnd = this.#buffer.next() + seqDiff(up, this.#tcb.rcvNxt);
  }

  /** Whether the window can open by enough to say so: a peer that waits is told of one segment, any other of two (RFC 9293 §3.8.6.2.2). */
  canOpenWindow(): boolean {
    const { rcvWnd, rcvMss, finReceived } = this.#tcb;
    const enough = rcvWnd < rcvMss ? rcvMss : 2 * rcvMss;
    const { options, made } = this.#port;
    return !finReceived && this.#window() - rcvWnd >= Math.min(enough, options.receiveBuffer / 2, made.receiveBuffer / 2);
  }

  /** The window field of the next segment. What it says is promised: `rcvWnd` grows with it, and never shrinks. */
  announce(): number {
    const tcb = this.#tcb;
    if (!tcb.finReceived) tcb.rcvWnd = Math.max(tcb.rcvWnd, this.#window());
    return tcb.rcvWnd >>> tcb.rcvScale;
  }

  /** Whether an acknowledgment is due. */
  isAckDue(now: number): boolean {
    return this.ackNow || this.#acknowledger.deadline() <= now;
  }

  /** An acknowledgment goes out. */
  acknowledged(): void {
    this.ackNow = false;
    this.#outOfOrder = 0;
    this.#acknowledger.sent();
    this.#tcb.lastAckSent = this.#tcb.rcvNxt;
  }

  /** When a delayed acknowledgment is due; Infinity for never. */
  deadline(): number {
    return this.#acknowledger.deadline();
  }

  /** Notes text that we have already: it is reported as a duplicate. */
  noteDuplicate(segment: Segment): void {
    const { rcvNxt, sackPermitted } = this.#tcb;
    if (segment.textLength === 0 || !sackPermitted || !this.#port.options.dSack || !seqBefore(segment.seq, rcvNxt)) return;
    const end = seqAdd(segment.seq, segment.textLength);
    this.#duplicateFrom = segment.seq;
    this.#duplicateTo = seqBefore(end, rcvNxt) ? end : rcvNxt;
  }

  /** The same for text beyond a gap: what of it lies in a block that we hold. */
  #noteDuplicateBeyond(from: number, to: number): void {
    const next = this.#buffer.next();
    const blocks = this.#buffer.beyond(Infinity);
    for (let i = 0; i < blocks.length; i += 2) {
      const first = Math.max(from, blocks[i] as number);
      const last = Math.min(to, blocks[i + 1] as number);
      if (first >= last) continue;
      this.#duplicateFrom = seqAdd(this.#tcb.rcvNxt, first - next);
      this.#duplicateTo = seqAdd(this.#tcb.rcvNxt, last - next);
      return;
    }
  }

  /**
   * How many acknowledgments must go out without text. With SACK one: what it reports of gaps and duplicates may find no room beside text. Without SACK one for
   * each segment that came out of order: the peer counts them (RFC 5681 §3.2, §4.2).
   */
  bareAcksDue(): number {
    if (!this.ackNow) return 0;
    return this.#hasReport() ? 1 : this.#outOfOrder;
  }

  #hasReport(): boolean {
    return this.#tcb.sackPermitted && (this.#duplicateFrom !== this.#duplicateTo || this.hasGap);
  }

  /** What lies beyond a gap, and first of all a duplicate that just came (RFC 2018 §4, RFC 2883 §4): as many blocks as `room` bytes of options hold. */
  report(room: number): readonly Seq[] {
    if (!this.#hasReport()) return NO_BLOCKS;
    const most = Math.min(this.#tcb.timestamps ? 3 : 4, room - 4 >> 3);
    if (most <= 0) return NO_BLOCKS;
    const duplicate = this.#duplicateFrom === this.#duplicateTo ? NO_BLOCKS : [this.#duplicateFrom, this.#duplicateTo];
    this.#duplicateTo = this.#duplicateFrom;
    const next = this.#buffer.next();
    const beyond = this.#buffer.beyond(most - duplicate.length / 2);
    return [...duplicate, ...beyond.map((offset) => seqAdd(this.#tcb.rcvNxt, offset - next))];
  }

  /** Whether something came beyond what is missing. */
  get hasGap(): boolean {
    return !this.#tcb.finReceived && this.#buffer.beyond(1).length > 0;
  }

  /** The window that could be announced now, as far as the field can say it. */
  #window(): number {
    const { rcvWnd, rcvMss, rcvScale } = this.#tcb;
    const { options, made } = this.#port;
    const next = this.#buffer.next();
    let window = this.#buffer.announce(next + rcvWnd, rcvMss) - next;
    if (options.receiveBuffer < made.receiveBuffer) {
      // The application wants less than the buffer holds. Such a window opens in strides, too.
      const room = options.receiveBuffer - this.#buffer.readable();
      window = room - rcvWnd < Math.min(options.receiveBuffer / 2, rcvMss) ? rcvWnd : Math.min(window, room);
    }
    return Math.min(window, 0xffff << rcvScale);
  }
}

/**
 * The sending half of a connection: what goes out next, what goes out again, and when. The bytes and the rules are lab 06's
 * (`SendBuffer`, `Retransmission`), how much may be in flight will be lab 08's; the loop is here.
 *
 * Offsets count the stream's bytes from 0. `una` and `unaOffset` tie them to sequence numbers: offset −1 is our SYN, and one past the last
 * byte is our FIN.
 */
import type { BuffersModule, Retransmission, SendBuffer } from "../contract/buffers.ts";
import type { CongestionControl } from "../contract/congestion.ts";
import type { Segment, Tcb, TcpFlags } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import { type Seq, seq, seqAdd, seqBefore, seqDiff } from "../wire/seq.ts";
import { ACK, FIN, PSH, SYN } from "../wire/tcp_flags.ts";
import type { ConnectionOptions } from "./options.ts";

/** What the sender needs from its connection. */
export interface SenderPort {
  readonly tcb: Tcb;
  readonly options: ConnectionOptions;
  acquire(): Frame | undefined;
  /** Sends the text in `frame` (or none) as a segment with this number, and takes the frame. */
  transmit(frame: Frame, flags: TcpFlags, number: Seq): void;
  /** Retransmission was in vain for a while; and for too long. */
  trouble(): void;
  giveUp(): void;
  writable(): void;
}

const LONGEST_PROBE_PAUSE = 60_000;

export class Sender {
  readonly buffer: SendBuffer;
  /** Segments sent again, for those who count. */
  resent = 0;
  readonly #port: SenderPort;
  readonly #tcb: Tcb;
  readonly #buffers: BuffersModule;
  readonly #retransmission: Retransmission;
  readonly #congestion: CongestionControl;
  #una: Seq = seq(0);
  #unaOffset = -1;
  #openedAt = 0;
  #probeAt = Infinity;
  #probes = 0;
  /** Round-trip measurement without timestamps: the offset whose acknowledgment is awaited, and when it was sent. */
  #timedOffset = -1;
  #timedAt = 0;
  /** After a timeout: what is still to be sent again, by offset. */
  #resendFrom = 0;
  #resendTo = 0;

  constructor(port: SenderPort, buffers: BuffersModule, congestion: CongestionControl) {
    const { options } = port;
    this.#port = port;
    this.#tcb = port.tcb;
    this.#buffers = buffers;
    this.#congestion = congestion;
    this.buffer = buffers.createSendBuffer(options.sendBuffer);
    this.#retransmission = buffers.createRetransmission({
      initial: 1000,
      least: options.leastTimeout,
      most: 120_000,
      granularity: 1,
      r1: options.r1,
      r2: options.r2,
    });
  }

  /** Our SYN has this number. */
  begin(iss: Seq, now: number): void {
    this.#una = iss;
    this.#openedAt = now;
  }

  /** Something that needs an acknowledgment went out. */
  sent(now: number): void {
    this.#retransmission.sent(now);
  }

  deadline(): number {
    return Math.min(this.#retransmission.deadline(), this.#probeAt);
  }

  /** Does what is due at `now`. `lastHeard`: when the peer last said anything. */
  fire(now: number, lastHeard: number): void {
    if (this.#retransmission.deadline() <= now) this.#timedOut(now);
    if (this.#probeAt <= now) this.#probe(now, lastHeard);
  }

  stop(): void {
    this.#retransmission.stop();
    this.#probeAt = Infinity;
  }

  /** Sends what may go now: old text that is to go again, new text, the FIN behind it. */
  sendText(now: number): void {
    this.#sendAgain();
    const tcb = this.#tcb;
    const limits = { edge: 0, mss: tcb.sndMss, maxWindow: tcb.maxSndWnd, noDelay: this.#port.options.noDelay, closing: tcb.finQueued };
    for (;;) {
      limits.edge = this.buffer.start() + Math.min(tcb.sndWnd, this.#congestion.window());
      const piece = this.buffer.pieceToSend(limits);
      if (piece === undefined) break;
      const end = piece.from + piece.length;
      if (!this.#sendPiece(piece.from, piece.length, piece.push, this.#mayFinish() && end === this.buffer.end())) break;
      this.buffer.sent(end);
      if (this.#timedOffset < 0) {
        this.#timedOffset = end;
        this.#timedAt = now;
      }
      this.#retransmission.sent(now);
    }
    if (this.#mayFinish() && this.buffer.next() === this.buffer.end() && this.#sendPiece(this.buffer.end(), 0, false, true)) {
      this.#retransmission.sent(now);
    }
    const stuck = tcb.sndWnd === 0 && this.buffer.next() < this.buffer.end() && this.buffer.next() - this.buffer.start() <= 1;
    if (!stuck) this.#probeAt = Infinity;
    else if (this.#probeAt === Infinity) this.#scheduleProbe(now);
  }

  /** Everything before `ack` arrived. */
  acknowledged(ack: Seq, now: number): void {
    this.#unaOffset += seqDiff(ack, this.#una);
    this.#una = ack;
    const offset = Math.min(this.#unaOffset, this.buffer.end());
    const hadRoom = this.buffer.room() > 0;
    this.buffer.acknowledge(offset);
    this.#probes = 0;
    this.#probeAt = Infinity;
    this.#retransmission.acknowledged(now, this.#tcb.sndNxt !== ack);
    this.#congestion.acknowledged(offset, this.buffer.next() - offset, now);
    if (!hadRoom && this.buffer.room() > 0) this.#port.writable();
  }

  /** An acknowledgment that says nothing new, while there is something in flight (RFC 5681 §2). */
  countDuplicate(segment: Segment, now: number): void {
    const inFlight = this.buffer.next() - this.buffer.start();
    if (inFlight === 0 || segment.length > 0 || segment.ack !== this.#tcb.sndUna) return;
    if (this.#congestion.duplicate(this.buffer.start(), inFlight, now) !== "resend") return;
    this.#resend(this.buffer.start());
  }

  /** New bytes were acknowledged: how long that took, by timestamp or by our own measurement. */
  measure(segment: Segment, now: number): void {
    if (this.#tcb.timestamps && segment.timestamps && segment.tsEcr !== 0) {
      this.#retransmission.sample(Math.max(0, timestampOf(now) - segment.tsEcr | 0));
    } else if (this.#timedOffset >= 0 && this.#unaOffset >= this.#timedOffset) {
      this.#retransmission.sample(now - this.#timedAt);
    }
    if (this.#unaOffset >= this.#timedOffset) this.#timedOffset = -1;
  }

  /** The way is narrower than we thought: what is in flight goes out again, in smaller segments. */
  shrinkSegments(mss: number): void {
    this.#tcb.sndMss = mss;
    this.#resendFrom = this.buffer.start();
    this.#resendTo = this.buffer.next();
    this.#resend(this.#resendFrom);
  }

  /** Whether our FIN is yet to go out. The state says whether it may. */
  #mayFinish(): boolean {
    const { state, finQueued, finSent } = this.#tcb;
    return finQueued && !finSent && (state === "FIN-WAIT-1" || state === "LAST-ACK" || state === "CLOSING");
  }

  /** Sends a piece of text, new or old, with or without the FIN. False when no frame is free. */
  #sendPiece(from: number, length: number, push: boolean, fin: boolean): boolean {
    const frame = this.#port.acquire();
    if (frame === undefined) return false;
    const tcb = this.#tcb;
    if (length > 0) this.buffer.copyInto(frame, from, length);
    const first = seqAdd(this.#una, from - this.#unaOffset);
    const behind = seqAdd(first, fin ? length + 1 : length);
    if (fin) tcb.finSent = true;
    if (seqBefore(tcb.sndNxt, behind)) tcb.sndNxt = behind;
    this.#port.transmit(frame, ACK | (push ? PSH : 0) | (fin ? FIN : 0), first);
    return true;
  }

  /** The retransmission timer fired: the oldest segment goes out again, alone; the rest follows as acknowledgments come. */
  #timedOut(now: number): void {
    const verdict = this.#retransmission.fired(now);
    const { state } = this.#tcb;
    const opening = state === "SYN-SENT" || state === "SYN-RECEIVED";
    if (opening ? now - this.#openedAt >= this.#port.options.openR2 : verdict === "give up") return this.#port.giveUp();
    if (verdict === "resend and advise") this.#port.trouble();
    this.#timedOffset = -1; // Karn: what is sent twice is not measured
    if (opening) {
      this.resent++;
      const frame = this.#port.acquire();
      if (frame !== undefined) this.#port.transmit(frame, state === "SYN-SENT" ? SYN : SYN | ACK, this.#tcb.iss);
      return;
    }
    this.#congestion.timedOut(this.buffer.next() - this.buffer.start(), now);
    this.#resendFrom = this.buffer.start();
    this.#resendTo = this.buffer.next();
    this.#resend(this.#resendFrom);
  }

  /** As acknowledgments come after a timeout, what was sent before it goes out again: two segments for each. */
  #sendAgain(): void {
    for (let i = 0; i < 2 && this.#resendFrom < this.#resendTo; i++) {
      if (this.buffer.start() <= this.#resendFrom - this.#tcb.sndMss * 2) return; // the last ones are still on their way
      if (!this.#resend(this.#resendFrom)) return;
    }
  }

  /** Sends one old segment again, from `from` on; when there is no text left it is the FIN that is missing. */
  #resend(from: number): boolean {
    const tcb = this.#tcb;
    const piece = this.buffer.pieceToResend(from, tcb.sndMss);
    this.#timedOffset = -1;
    if (piece === undefined) {
      this.#resendFrom = this.#resendTo;
      const missing = tcb.finSent && tcb.sndUna !== tcb.sndNxt;
      if (missing) this.#sendPiece(this.buffer.end(), 0, false, true);
      return missing;
    }
    const end = piece.from + piece.length;
    if (!this.#sendPiece(piece.from, piece.length, piece.push, tcb.finSent && end === this.buffer.end())) return false;
    this.resent++;
    this.#resendFrom = end;
    return true;
  }

  #scheduleProbe(now: number): void {
    this.#retransmission.stop();
    this.#probeAt = now + this.#buffers.probeDelay(this.#probes, this.#retransmission.timeout(), LONGEST_PROBE_PAUSE);
  }

  /** Zero window: one byte asks whether it is still shut (RFC 9293 §3.8.6.1). Answered probes keep the connection open for ever. */
  #probe(now: number, lastHeard: number): void {
    if (now - lastHeard > this.#port.options.r2) return this.#port.giveUp();
    if (this.buffer.next() === this.buffer.start()) this.buffer.sent(this.buffer.next() + 1);
    this.#sendPiece(this.buffer.start(), 1, false, false);
    this.#probes++;
    this.#scheduleProbe(now);
  }
}

/** The TSval clock: milliseconds, modulo 2³² (RFC 7323 §5.4). It begins at 1: some peers take a 0 for "none". */
export function timestampOf(now: number): number {
  return Math.floor(now) + 1 >>> 0;
}

/**
 * The sending half of a connection: what goes out next, what goes out again, and when. The bytes and the rules are lab 06's
 * (`SendBuffer`, `Retransmission`), how much may be in flight is lab 08's (`CongestionControl`); the loop is here.
 *
 * Offsets count the stream's bytes from 0. They are sequence numbers less those of our SYN, which is offset −1; the one behind the last
 * byte is our FIN. Everything that has a number is acknowledged, and lies inside the peer's window when it is sent: the FIN too.
 *
 * Three timers, of which one runs at most:
 *
 *     retransmission   something is in flight, and the window is open
 *     window probe     the window is shut: one byte asks whether it still is, for as long as the peer answers (RFC 9293 §3.8.6.1)
 *     override         nothing is in flight, and what the window takes is so little that it was not worth a packet (§3.8.6.2.1)
 */
import type { Retransmission, SendBuffer } from "../contract/buffers.ts";
import type { Segment } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import { type Seq, seqAdd, seqBefore, seqDiff } from "../wire/seq.ts";
import { ACK, FIN, PSH, SYN } from "../wire/tcp_flags.ts";
import type { CongestionControl } from "./congestion_control.ts";
import type { ConnectionContext, SenderPort } from "./context.ts";
import { GoBack } from "./go_back.ts";
import { hasCalledEnough, patienceEnds, retransmissionOptions } from "./patience.ts";
import { fullSegments } from "./offload.ts";
import { RoundTrip } from "./round_trip.ts";
import { endOfShort } from "./short_segments.ts";

/** Milliseconds: the longest pause between window probes, the override timeout, and how long a cork holds. */
const LONGEST_PROBE_PAUSE = 60_000;
const OVERRIDE = 500;
const CORK_TIME = 200;

/** What limits the next piece: one record, filled in before each use. */
const limits = { edge: 0, mss: 0, maxWindow: 0, noDelay: false, closing: false };

export class Sender {
  readonly buffer: SendBuffer;
  /** Segments sent again, and how often the timer fired since something new was acknowledged, for those who count. */
  resent = 0;
  timeouts = 0;
  readonly #port: SenderPort;
  readonly #context: ConnectionContext;
  readonly retransmission: Retransmission;
  /** Made when the handshake is over: only then is the segment size known. */
  congestion: CongestionControl | undefined;
  #unaOffset = -1;
  #roundTrip: RoundTrip | undefined = new RoundTrip();
  /** Where the short segment in flight ends, for those who count (short_segments.ts). */
  shortEnd = 0;
  /** The oldest segment is to go out again at once; when anything last went out; and what is to go out again, where something was lost. */
  #mustResend = false;
  #sentAt = 0;
  #goBack: GoBack | undefined;
  #probeAt: number | undefined;
  /** Probes since the window was shut, and when that was. */
  probes = 0;
  #shutSince = 0;
  /** Since when the peer owes an acknowledgment, or we owe it what does not fit into its window; Infinity: nobody owes anything. */
  #owedSince = Infinity;
  /** Whoever wrote last said that more will follow at once. */
  #moreFollows = false;

  constructor(port: SenderPort, context: ConnectionContext) {
    const { options } = port, { buffers } = context;
    this.#port = port;
    this.#context = context;
    this.buffer = buffers.createSendBuffer(options.sendBuffer);
    this.retransmission = buffers.createRetransmission(retransmissionOptions(options));
  }

  /** Takes what fits of `bytes[at … at + count)`; returns how many bytes. `more`: what is less than a segment waits for the next write, a little. */
  write(bytes: Uint8Array, at: number, count: number, more: boolean): number {
    this.#moreFollows = more;
    return this.buffer.write(bytes, at, Math.min(count, this.#spare()));
  }

  /** Bytes that `write` would still take. */
  room(): number {
    return Math.min(this.buffer.room(), this.#spare());
  }

  /** What is left of a limit that was lowered since the buffer was made; before that it is the buffer alone that says how much it takes. */
  #spare(): number {
    const { options, made } = this.#port;
    return options.sendBuffer < made.sendBuffer ? Math.max(0, options.sendBuffer - this.buffer.end() + this.buffer.start()) : Infinity;
  }

  /** Our SYN goes out at once. */
  begin(): void {
    this.#owedSince = this.#port.openedAt;
    this.#roundTrip?.begin(0, this.#owedSince);
    this.retransmission.sent(this.#owedSince);
  }

  /** Whether something is not acknowledged, or not even sent. */
  get owes(): boolean {
    return this.#owedSince !== Infinity;
  }

  deadline(): number {
    const look = this.congestion?.deadline?.() ?? Infinity;
    return Math.min(this.retransmission.deadline(), this.#probeAt ?? Infinity, look, patienceEnds(this.#port.options, this.#owedSince));
  }

  /** Does what is due at `now`. `lastHeard`: when the peer last said anything. */
  fire(now: number, lastHeard: number): void {
    if (patienceEnds(this.#port.options, this.#owedSince) <= now) return this.#port.giveUp();
    if (this.retransmission.deadline() <= now) this.#timedOut(now);
    if (this.#probeAt !== undefined && this.#probeAt <= now) this.#probe(now, lastHeard);
  }

  stop(): void {
    this.retransmission.stop();
    this.#probeAt = undefined;
    this.#owedSince = Infinity;
  }

  /** Nothing is due any more. */
  rest(): void {
    if (this.buffer.start() === this.buffer.next()) this.#goBack = this.#roundTrip = undefined;
  }

  /** Sends what may go now: old text that is to go again, new text, the FIN behind it. */
  sendText(now: number): void {
    const congestion = this.congestion;
    if (congestion === undefined) return; // the peer does not know our numbers yet
    const { buffer, resent } = this;
    const { sndWnd, sndMss, sndNxt } = this.#port.tcb;
    if (sndWnd > 0 && this.probes > 0) {
      // The window opens again. Whatever went out while it was shut was thrown away.
      this.probes = 0;
      this.#sendAllAgain(sndMss);
    }
    if (buffer.start() === buffer.next() && buffer.next() < buffer.end()) {
      congestion.restart(now - this.#sentAt, this.retransmission.timeout());
    }
    if (this.#mustResend) this.#resendOldest();
    congestion.look?.(buffer.start(), buffer.next(), now);
    if (congestion.picks && buffer.start() < buffer.next()) {
      this.#sendPicked(congestion, now);
    } else {
      const edge = this.#edge();
      this.#sendAgain(edge);
      this.#sendNew(edge, this.#port.tcb.maxSndWnd, now);
    }
    congestion.sent(buffer.start(), buffer.next(), buffer.end() - buffer.next());
    if (sndNxt !== this.#port.tcb.sndNxt || resent !== this.resent) this.#sentAt = now;
    this.#watch(now);
  }

  /** Everything before `ack` arrived, says `segment`. */
  acknowledged(ack: Seq, segment: Segment, now: number): void {
    const { buffer } = this;
    const isOpening = this.#unaOffset < 0;
    this.#unaOffset += seqDiff(ack, this.#numberOf(this.#unaOffset));
    this.#measure(segment, now);
    if (isOpening) {
      this.retransmission.opened();
      const { sndMss, sackPermitted } = this.#port.tcb;
      this.congestion = this.#context.createCongestion(sndMss, { sack: sackPermitted, synLost: this.resent > 0 }, this.#port.options);
      this.#sentAt = now;
    }
    const hadRoom = this.room() > 0, before = buffer.start();
    buffer.acknowledge(Math.min(this.#unaOffset, buffer.end()));
    this.#goBack?.allow(this.#port.tcb.sndMss);
    this.probes = this.timeouts = 0;
    this.#probeAt = undefined;
    this.#owedSince = Infinity;
    this.retransmission.acknowledged(now, this.#port.tcb.sndNxt !== ack);
    const acked = buffer.start() - before;
    if (acked > 0) this.#mustResend = this.congestion?.acknowledged(buffer.start(), acked, buffer.next(), now, segment) === "resend";
    if (!hadRoom && this.room() > 0) this.#port.tell("writable");
  }

  /** A segment that may tell of a loss: by acknowledging the same as before (`!isNew`), or by SACK blocks in `frame`. */
  heard(segment: Segment, frame: Frame, sameWindow: boolean, isNew: boolean): void {
    const start = this.buffer.start(), next = this.buffer.next();
    if (start === next || isNew && segment.sackCount === 0) return;
    const verdict = this.congestion?.heard(segment, frame, this.#numberOf(start), start, next, sameWindow, isNew, this.#context.now());
    if (verdict === "resend") this.#mustResend = true;
  }

  /** The way is narrower than we thought: what is in flight goes out again, in smaller segments. Never in larger ones. */
  shrinkSegments(mss: number): void {
    if (mss >= this.#port.tcb.sndMss) return;
    this.#port.tcb.sndMss = mss;
    this.congestion?.shrink(mss, this.buffer.next());
    this.#sendAllAgain(mss);
  }

  /**
   * The number of a segment without text: the next one, as long as it lies in the peer's window. Beyond it, where a window probe or a window that
   * shrank has left us, the peer would not look at the segment but answer it; and two who do that to each other never stop.
   */
  acceptableNumber(): Seq {
    const { sndUna, sndNxt, sndWnd } = this.#port.tcb;
    return this.#unaOffset < 0 || seqDiff(sndNxt, sndUna) <= sndWnd ? sndNxt : seqAdd(sndUna, sndWnd);
  }

  /** The number of the byte behind the last one that was written. */
  endNumber(): Seq {
    return this.#numberOf(this.buffer.end());
  }

  #numberOf(offset: number): Seq {
    return seqAdd(this.#port.tcb.iss, offset + 1);
  }

  #measure(segment: Segment, now: number): void {
    const { tcb, openedAt } = this.#port;
    const elapsed = (this.#roundTrip ??= new RoundTrip()).end(this.#unaOffset, segment, tcb.timestamps, now, openedAt);
    if (elapsed < 0) return;
    this.retransmission.sample(elapsed);
    this.congestion?.measured(elapsed);
  }

  /** Offset behind the last byte that may be sent now. */
  #edge(): number {
    return this.buffer.start() + Math.min(this.#port.tcb.sndWnd, this.congestion?.window() ?? Infinity);
  }

  /** Whether our FIN is yet to go out. The state says whether it may. */
  #owesFin(): boolean {
    const { state, finQueued, finSent } = this.#port.tcb;
    return finQueued && !finSent && (state === "FIN-WAIT-1" || state === "LAST-ACK" || state === "CLOSING");
  }

  /** Sends what was never sent, up to `edge`; the FIN behind the last byte. */
  #sendNew(edge: number, maxWindow: number, now: number): void {
    const { buffer } = this, { tcb, options } = this.#port;
    limits.edge = edge;
    limits.mss = tcb.sndMss;
    limits.maxWindow = maxWindow;
    limits.noDelay = options.noDelay;
    limits.closing = tcb.finQueued;
    const finFits = this.#owesFin() && buffer.end() < edge;
    const holdsBack = maxWindow > 0 && this.#isCorked() && !tcb.finQueued;
    if (buffer.start() === buffer.next()) this.shortEnd = 0;
    for (let piece = buffer.pieceToSend(limits); piece !== undefined; piece = buffer.pieceToSend(limits)) {
      const isShort = piece.length < tcb.sndMss;
      if (holdsBack && isShort) break;
      const length = isShort ? piece.length : fullSegments(tcb, Math.min(buffer.end(), edge) - piece.from, this.#context.mostText);
      const end = piece.from + length;
      const push = length > piece.length ? end === buffer.end() : piece.push;
      const stops = options.pushAtEdge && edge - end < tcb.sndMss;
      if (!this.#sendPiece(piece.from, length, push || stops, finFits && end === buffer.end())) return;
      buffer.sent(end);
      if (buffer.next() !== end) return; // a buffer that does not note what was sent would offer it for ever
      if (isShort) this.shortEnd = endOfShort(this.shortEnd, end, buffer.start());
      (this.#roundTrip ??= new RoundTrip()).begin(piece.from + piece.length, now);
    }
    if (finFits && !tcb.finSent && buffer.next() === buffer.end()) this.#sendPiece(buffer.end(), 0, false, true);
  }

  /** Sends a piece of text, new or old, with or without the FIN. False when no frame is free. */
  #sendPiece(from: number, length: number, push: boolean, fin: boolean): boolean {
    const frame = this.#context.acquire(length);
    if (frame === undefined) return false;
    const { tcb } = this.#port;
    if (length > tcb.sndMss) frame.segmentSize = tcb.sndMss;
    if (length > 0) this.buffer.copyInto(frame, from, length);
    if (length > 0) this.congestion?.transmitted?.(from, from + length, this.#context.now());
    const behind = this.#numberOf(fin ? from + length + 1 : from + length);
    if (fin) tcb.finSent = true;
    if (seqBefore(tcb.sndNxt, behind)) tcb.sndNxt = behind;
    this.#port.transmit(frame, ACK | (push ? PSH : 0) | (fin ? FIN : 0), this.#numberOf(from));
    return true;
  }

  /** The retransmission timer fired: the oldest segment goes out again, alone; the rest follows as acknowledgments come. */
  #timedOut(now: number): void {
    const { tcb, options } = this.#port;
    const verdict = this.retransmission.fired(now);
    const isOpening = this.#unaOffset < 0;
    if (isOpening ? hasCalledEnough(options, this.resent, now - this.#port.openedAt) : verdict === "give up" && options.userTimeout === 0) {
      return this.#port.giveUp();
    }
    this.timeouts++;
    if (verdict !== "resend") this.#port.tell("trouble");
    (this.#roundTrip ??= new RoundTrip()).timedOut(now);
    if (isOpening) return this.#resendSyn();
    this.congestion?.timedOut(this.buffer.start(), this.buffer.next(), this.timeouts > 1);
    this.#sendAllAgain(tcb.sndMss);
    this.#resendOldest();
  }

  /** The oldest segment goes out again, whatever else may. */
  #resendOldest(): void {
    const { tcb } = this.#port;
    this.#mustResend = false;
    const end = this.#resend(this.buffer.start(), Math.min(tcb.sndMss, tcb.sndWnd));
    if (end !== undefined) this.congestion?.resent(end, 1, this.buffer.next());
  }

  /** Sends what congestion control picks, as long as it does: old text where it is missing, or new. */
  #sendPicked(congestion: CongestionControl, now: number): void {
    const { buffer } = this;
    const { tcb } = this.#port;
    const edge = buffer.start() + tcb.sndWnd;
    for (;;) {
      const unsent = Math.min(buffer.end() + (this.#owesFin() ? 1 : 0), edge) - buffer.next();
      const picked = congestion.next(buffer.next(), Math.max(0, unsent));
      if (picked === undefined || picked.from >= edge) return;
      if (picked.rule === 2) {
        const before = tcb.sndNxt;
        this.#sendNew(Math.min(edge, picked.from + tcb.sndMss), tcb.maxSndWnd, now);
        if (tcb.sndNxt === before) return; // it was not worth a packet
      } else {
        const end = this.#resend(picked.from, Math.min(picked.length, edge - picked.from));
        if (end === undefined) return;
        congestion.resent(end, picked.rule, buffer.next());
      }
    }
  }

  #resendSyn(): void {
    const frame = this.#context.acquire();
    if (frame === undefined) return;
    this.#roundTrip?.cancel();
    this.resent++;
    this.#port.transmit(frame, this.#port.tcb.state === "SYN-SENT" ? SYN : SYN | ACK, this.#port.tcb.iss);
  }

  /** What is in flight is to go out again, beginning with `allowance` bytes. */
  #sendAllAgain(allowance: number): void {
    const { sndUna, sndNxt } = this.#port.tcb;
    this.#goBack ??= new GoBack();
    this.#goBack.begin(this.buffer.start(), this.#unaOffset + seqDiff(sndNxt, sndUna), allowance);
  }

  /** Sends again what is to go out again, as far as that is allowed. */
  #sendAgain(edge: number): void {
    const { sndMss } = this.#port.tcb;
    for (;;) {
      const from = this.#goBack?.next(this.buffer.start(), edge);
      if (from === undefined || this.#resend(from, Math.min(sndMss, edge - from)) === undefined) return;
    }
  }

  /** Sends one old segment again, from `from` on, and returns where it ends; when there is no text left it is the FIN that is missing. */
  #resend(from: number, most: number): number | undefined {
    const { tcb } = this.#port;
    const piece = this.buffer.pieceToResend(from, most);
    const end = piece === undefined ? this.buffer.end() : piece.from + piece.length;
    const fin = tcb.finSent && tcb.sndUna !== tcb.sndNxt && end === this.buffer.end();
    if (piece === undefined && !fin) return undefined;
    if (!this.#sendPiece(piece?.from ?? end, piece?.length ?? 0, piece?.push ?? false, fin)) return undefined;
    this.#roundTrip?.cancel();
    this.resent++;
    const behind = fin ? end + 1 : end;
    if (this.#goBack !== undefined) this.#goBack.from = behind;
    return behind;
  }

  /** Sees to it that the right timer runs. */
  #watch(now: number): void {
    const { buffer } = this;
    const { tcb } = this.#port;
    const isShut = tcb.sndWnd === 0;
    const inFlight = tcb.sndUna !== tcb.sndNxt;
    const unsent = buffer.next() < buffer.end() || this.#owesFin();
    if (!inFlight && !unsent) this.#owedSince = Infinity;
    else if (this.#owedSince === Infinity) this.#owedSince = now;
    if (!(isShut ? unsent || inFlight : unsent && !inFlight)) {
      this.#probeAt = undefined;
      if (inFlight) this.retransmission.sent(now);
      return;
    }
    this.retransmission.stop();
    if (this.#probeAt !== undefined) return;
    if (this.probes === 0) this.#shutSince = now;
    const timeout = this.retransmission.timeout();
    this.#probeAt = now +
      (isShut
        ? this.#context.buffers.probeDelay(this.probes, timeout, LONGEST_PROBE_PAUSE)
        : Math.min(timeout, this.#isCorked() ? CORK_TIME : OVERRIDE));
  }

  #isCorked(): boolean {
    return this.#moreFollows || this.#port.options.cork;
  }

  /**
   * The window is shut: its first byte goes out, again if need be. Answered probes keep the connection open for ever (RFC 9293 §3.8.6.1); unless the
   * application has closed, and nobody is left who could give it up (RFC 6429). The window is open, but by less than was worth a packet: now it goes.
   */
  #probe(now: number, lastHeard: number): void {
    const { buffer } = this, { tcb, options, orphaned } = this.#port;
    this.#probeAt = undefined;
    if (tcb.sndWnd > 0) {
      this.#sendNew(this.#edge(), 0, now);
      return this.#watch(now);
    }
    const silentFor = now - Math.max(this.#shutSince, orphaned ? 0 : lastHeard);
    if (silentFor >= options.r2 && options.userTimeout === 0) return this.#port.giveUp();
    if (tcb.sndUna === tcb.sndNxt) this.#sendNew(buffer.next() + 1, 0, now);
    else this.#resend(buffer.start(), 1);
    this.probes++;
    this.#watch(now);
  }
}

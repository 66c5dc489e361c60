/**
 * Congestion control that is lab 08's, with losses that are noticed by the clock: RACK-TLP (RFC 8985), where `rack` is set and the peer has SACK. How much may be in
 * flight is for the lab to say, as ever; what is lost is for `Rack`, in the place of the lab's scoreboard.
 *
 * Beside it two things that go with it. A *tail loss probe* (RFC 8985 §7): when acknowledgments have not come for two round trips, something new goes out, or the last
 * segment again, so that an answer tells what is missing, long before the retransmission timer would. And whoever guesses by the clock must be able to take it back: when
 * the first answer to a retransmission echoes a timestamp from before it, it was the first transmission that arrived (Eifel, RFC 3522), and the window is again
 * what it was (RFC 4015).
 */
import type { CongestionAlgorithm, CongestionModule, CongestionState, NextSegment } from "../contract/congestion.ts";
import type { Segment } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import { type Seq, seq, seqDiff } from "../wire/seq.ts";
import type { CongestionControl } from "./congestion_control.ts";
import type { ConnectionOptions } from "./options.ts";
import { Rack } from "./rack.ts";
import { timestampOf } from "./segment_fields.ts";
import { WindowUse } from "./window_use.ts";

/** What a single segment's acknowledgment may be delayed by: the probe waits so much longer (RFC 8985 §7.2), in milliseconds. */
const LONGEST_DELAYED_ACK = 200;

export class RackCongestion implements CongestionControl {
  readonly state: CongestionState;
  readonly #module: CongestionModule;
  readonly #rack = new Rack();
  /** A loss was just noticed: its first segment goes out whatever is in flight. */
  #mustSend = false;
  /** When `Rack` wants to look again. */
  #lookAt = Infinity;
  /** When a probe is due, Infinity for never; and that it is. */
  #probeAt = Infinity;
  #mustProbe = false;
  /** What must be acknowledged before there is another probe, −1 for nothing; and when the probe sent something again, −1 for never. */
  #probeEnd = -1;
  #probeAgainAt = -1;
  /** What was known before the last reduction, and when the first segment went again after that; 0: it has not. Up to where that segment goes. */
  #before: CongestionState | undefined;
  #againAt = 0;
  #againEnd = 0;
  /** The timestamp that the last acknowledgment echoed. */
  #echo: number | undefined;
  /** When `look` was last called: now. */
  #now = 0;
  readonly #use = new WindowUse();
  readonly #idleRestart: boolean;

  constructor(module: CongestionModule, state: CongestionState, { idleRestart }: Pick<ConnectionOptions, "idleRestart">) {
    this.#module = module;
    this.state = state;
    this.#idleRestart = idleRestart;
  }

  get picks(): boolean {
    return this.state.phase !== "open" || this.#mustProbe;
  }

  /** What the peer holds has left the network: as much may enter it. */
  window(): number {
    return this.#module.sendWindow(this.state) + this.#rack.sacked;
  }

  restart(idle: number, timeout: number): void {
    if (this.#idleRestart) this.#module.restartAfterIdle(this.state, idle, timeout);
  }

  sent(una: number, highData: number, unsent: number): void {
    this.state.limited = this.#use.limits(this.state, una, highData, unsent);
  }

  measured(roundTrip: number): void {
    this.state.roundTrip = roundTrip;
  }

  acknowledged(una: number, acked: number, highData: number, now: number, segment: Segment): "resend" | "wait" {
    const { state } = this;
    this.#echo = segment.timestamps && segment.tsEcr !== 0 ? segment.tsEcr : undefined;
    this.#rack.acknowledged(una, now, this.#echo);
    this.#judgeRetransmission(una);
    this.#judgeProbe(una, highData);
    const recovered = state.phase !== "open";
    this.#module.newAck(state, una, acked, highData, now);
    if (recovered && state.phase === "open") this.#rack.recovered();
    this.#armProbe(now);
    return "wait";
  }

  heard(
    segment: Segment,
    frame: Frame,
    number: Seq,
    una: number,
    highData: number,
    _: boolean,
    __: boolean,
    now: number,
  ): "resend" | "wait" {
    const { view } = frame;
    const { sackBlocks, sackCount } = segment;
    for (let at = sackBlocks; at < sackBlocks + sackCount * 8; at += 8) {
      const from = una + seqDiff(seq(view.getUint32(at)), number);
      const to = una + seqDiff(seq(view.getUint32(at + 4)), number);
      if (from < to && to <= una) this.#rack.sentInVain(now);
      else if (una <= from && from < to && to <= highData) this.#rack.update(from, to, now);
    }
    return "wait";
  }

  timedOut(una: number, highData: number, again: boolean): void {
    this.#mustProbe = this.#mustSend = false;
    this.#probeEnd = -1;
    this.#module.timedOut(this.state, una, highData, again || this.state.phase === "recovery");
    this.#rack.timedOut();
    this.#before = undefined;
    this.#probeAt = Infinity;
  }

  shrink(smss: number): void {
    this.state.smss = smss;
    this.#rack.timedOut();
  }

  choose(algorithm: CongestionAlgorithm): void {
    this.state.algorithm = algorithm;
  }

  deadline(): number {
    return Math.min(this.#lookAt, this.#probeAt);
  }

  look(una: number, highData: number, now: number): void {
    const { state } = this;
    this.#now = now;
    this.#mustProbe = this.#probeAt <= now;
    this.#lookAt = this.#rack.detect(now, state.phase !== "open");
    if (this.#lookAt >= 0) return;
    if (state.phase === "open") {
      const before = { ...state };
      if (this.#module.duplicateAck(state, una, highData, true) === "resend") {
        this.#before = before;
        this.#againAt = 0;
        this.#mustSend = true;
      }
    }
    this.#probeAt = Infinity;
    this.#mustProbe = false;
    this.#lookAt = this.#rack.detect(now, true);
  }

  next(highData: number, unsent: number): NextSegment | undefined {
    const { state } = this;
    if (this.#mustProbe) return this.#probe(highData, unsent);
    if (state.phase === "open" || !this.#mustSend && state.cwnd - this.#rack.pipe < state.smss) return undefined;
    const lost = this.#rack.lowestLost();
    if (lost !== undefined) return { from: lost.from, length: lost.end - lost.from, rule: 1 };
    return unsent > 0 ? { from: highData, length: Math.min(unsent, state.smss), rule: 2 } : undefined;
  }

  resent(): void {}

  transmitted(from: number, end: number, now: number): void {
    const isAgain = this.#rack.transmitted(from, end, this.state.smss, now);
    if (isAgain && this.#againAt === 0 && this.state.phase === "recovery") {
      this.#againAt = now;
      this.#againEnd = end;
    }
    this.#mustSend = false;
    this.#armProbe(now);
  }

  /** Something new; or where there is nothing, the last segment again. */
  #probe(highData: number, unsent: number): NextSegment | undefined {
    this.#mustProbe = false;
    this.#probeAt = Infinity;
    const { newest } = this.#rack;
    if (newest === undefined) return undefined;
    this.#probeEnd = newest.end;
    this.#probeAgainAt = -1;
    if (unsent > 0) return { from: highData, length: Math.min(unsent, this.state.smss), rule: 2 };
    this.#probeAgainAt = this.#now;
    return { from: newest.from, length: newest.end - newest.from, rule: 4 };
  }

  /** A probe is due when nothing has come for two round trips, while all seems well (RFC 8985 §7.2). */
  #armProbe(now: number): void {
    const { smoothed, oldest, newest, sacked } = this.#rack;
    const isQuiet = this.state.phase === "open" && sacked === 0 && this.#probeEnd < 0;
    if (!isQuiet || smoothed === 0 || oldest === undefined) this.#probeAt = Infinity;
    else this.#probeAt = now + 2 * smoothed + (oldest === newest ? LONGEST_DELAYED_ACK : 2);
  }

  /** The first segment that went again in this recovery is acknowledged: by the echo it shows whether it had to (RFC 3522 §3.2). */
  #judgeRetransmission(una: number): void {
    if (this.#before === undefined || this.#againAt === 0 || una < this.#againEnd) return;
    const isSpurious = this.#echo !== undefined && (this.#echo - timestampOf(this.#againAt) | 0) < 0;
    if (isSpurious) this.#takeBack(this.#before, una);
    this.#before = undefined;
  }

  /** The window is what it was (RFC 4015 §3.2); and packets are known to overtake one another. */
  #takeBack(before: CongestionState, una: number): void {
    const { state } = this;
    this.#rack.overtaken();
    if (state.phase !== "recovery") return;
    const { ssthresh, wMax, cwndPrior, epochStart, k, wEst, bytesAcked } = before;
    Object.assign(state, { ssthresh, wMax, cwndPrior, epochStart, k, wEst, bytesAcked });
    state.cwnd = Math.max(state.cwnd, before.cwnd);
    state.phase = "open";
    state.recoveryPoint = una;
  }

  /** Everything up to the probe is acknowledged. If it had sent something again, and that has repaired a loss, it is a loss like any other (RFC 8985 §7.4). */
  #judgeProbe(una: number, highData: number): void {
    if (this.#probeEnd < 0 || una < this.#probeEnd) return;
    this.#probeEnd = -1;
    const isRepaired = this.#probeAgainAt >= 0 && this.#echo !== undefined && (this.#echo - timestampOf(this.#probeAgainAt) | 0) >= 0;
    if (isRepaired && this.state.phase === "open") this.#module.duplicateAck(this.state, una, highData, true);
  }
}

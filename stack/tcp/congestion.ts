/**
 * Lab 08 at work on one connection: the record that its functions change, the scoreboard where the peer has SACK, and what RFC 6675 leaves to whoever
 * sends: HighRxt, the one rescue of each recovery, and that nothing goes while less than a segment's worth of cwnd is free.
 */
import type { CongestionAlgorithm, CongestionModule, CongestionState, NextSegment, Scoreboard } from "../contract/congestion.ts";
import type { Segment } from "../contract/tcb.ts";
import type { Frame } from "../wire/frame.ts";
import { type Seq, seq, seqDiff } from "../wire/seq.ts";
import type { CongestionControl, CreateCongestionControl } from "./congestion_control.ts";
import type { ConnectionOptions } from "./options.ts";
import { RackCongestion } from "./rack_congestion.ts";
import { WindowUse } from "./window_use.ts";

/** L with byte counting: peers acknowledge what came in one batch at once, ours too (RFC 9406 §4.2). */
const SEGMENTS_PER_ACK = 8;

/** Congestion control by this lab. */
export function bindCongestion(module: CongestionModule): CreateCongestionControl {
  return (smss, { sack, synLost }, options) => {
    const window = module.initialWindow(smss, options.initialWindow, synLost);
    const state = createCongestionState(smss, sack, window, options);
    expectNumbers(state, "initialWindow");
    return options.rack && sack ? new RackCongestion(module, state, options) : new Congestion(module, state, options.idleRestart);
  };
}

/** Throws a TypeError for windows that are no sizes, and names the function that left them so: what is reckoned with them would fail far from there. */
function expectNumbers({ cwnd, ssthresh }: CongestionState, after: keyof CongestionModule): void {
  if (!(cwnd >= 0 && cwnd < Infinity)) throw new TypeError(`cwnd is ${cwnd} after ${after}`);
  if (!(ssthresh >= 0)) throw new TypeError(`ssthresh is ${ssthresh} after ${after}`);
}

/** What is known of a connection that has sent nothing yet. */
export function createCongestionState(
  smss: number,
  sack: boolean,
  initialWindow: number,
  { congestion, byteCounting }: Pick<ConnectionOptions, "congestion" | "byteCounting">,
): CongestionState {
  return {
    smss,
    algorithm: congestion,
    sack,
    growthLimit: byteCounting ? SEGMENTS_PER_ACK : 1,
    initialWindow,
    cwnd: initialWindow,
    ssthresh: Infinity,
    bytesAcked: 0,
    phase: "open",
    dupAcks: 0,
    recoveryPoint: -1,
    limited: false,
    roundTrip: 0,
    wMax: 0,
    cwndPrior: 0,
    epochStart: -1,
    k: 0,
    wEst: 0,
  };
}

class Congestion implements CongestionControl {
  readonly state: CongestionState;
  readonly #module: CongestionModule;
  readonly #idleRestart: boolean;
  /** Made when it is first needed: most connections lose nothing. */
  #board: Scoreboard | undefined;
  #una = 0;
  /** HighRxt, and RescueRxt: what may be rescued lies beyond it. */
  #highRxt = 0;
  #rescueRxt = -1;
  /** What `highData` was when anything was last sent again. */
  #resentAt = 0;
  /** What was used of the window that is under way. */
  #use: WindowUse | undefined;

  constructor(module: CongestionModule, state: CongestionState, idleRestart: boolean) {
    this.#module = module;
    this.state = state;
    this.#idleRestart = idleRestart;
  }

  get picks(): boolean {
    return this.state.phase !== "open" && this.state.sack;
  }

  window(): number {
    return this.#module.sendWindow(this.state);
  }

  restart(idle: number, timeout: number): void {
    if (!this.#idleRestart) return;
    this.#module.restartAfterIdle(this.state, idle, timeout);
    expectNumbers(this.state, "restartAfterIdle");
  }

  sent(una: number, highData: number, unsent: number): void {
    this.#use ??= new WindowUse();
    this.state.limited = this.#use.limits(this.state, una, highData, unsent);
  }

  /** Nothing is in flight: what both know is about nothing. */
  rest(): void {
    this.#use = undefined;
    this.#board = undefined;
  }

  measured(roundTrip: number): void {
    this.state.roundTrip = roundTrip;
  }

  acknowledged(una: number, acked: number, highData: number, now: number): "resend" | "wait" {
    this.#una = una;
    this.#board?.acknowledged(una);
    const verdict = this.#module.newAck(this.state, una, acked, highData, now);
    expectNumbers(this.state, "newAck");
    return verdict;
  }

  heard(
    segment: Segment,
    frame: Frame,
    number: Seq,
    una: number,
    highData: number,
    sameWindow: boolean,
    isNew: boolean,
  ): "resend" | "wait" {
    const newly = this.state.sack ? this.#noteBlocks(segment, frame, number, una, highData) : 0;
    if (isNew && newly === 0) return "wait";
    if (!this.#module.isDuplicateAck(this.state, segment, number, highData - una, sameWindow, newly)) return "wait";
    if (this.#isLostAgain(una)) {
      this.state.phase = "open";
      this.state.recoveryPoint = una;
    }
    const verdict = this.#module.duplicateAck(this.state, una, highData, this.#board?.isLost(una) ?? false);
    expectNumbers(this.state, "duplicateAck");
    if (verdict === "resend") {
      this.#highRxt = una;
      this.#rescueRxt = -1;
    }
    return verdict;
  }

  /** In recovery ssthresh stays: it was reduced already, for less than what has been sent since then, much of which has arrived. */
  timedOut(una: number, highData: number, again: boolean): void {
    this.#module.timedOut(this.state, una, highData, again || this.state.phase === "recovery");
    expectNumbers(this.state, "timedOut");
    this.#una = una;
    this.#startAgain(highData);
  }

  shrink(smss: number, highData: number): void {
    this.state.smss = smss;
    this.#startAgain(highData);
  }

  choose(algorithm: CongestionAlgorithm): void {
    this.state.algorithm = algorithm;
  }

  next(highData: number, unsent: number): NextSegment | undefined {
    const { state } = this;
    const board = this.#scoreboard();
    if (state.cwnd - board.pipe(this.#highRxt, highData) < state.smss) return undefined;
    const recovers = state.phase === "recovery";
    const found = board.nextSegment(this.#highRxt, highData, unsent, recovers && this.#una > this.#rescueRxt);
    return found?.rule === 3 && !recovers ? undefined : found; // RFC 6675 §5.1: after a timeout only what is known to be lost
  }

  resent(end: number, rule: NextSegment["rule"], highData: number): void {
    this.#resentAt = highData;
    if (rule === 4) this.#rescueRxt = this.state.recoveryPoint;
    else this.#highRxt = Math.max(this.#highRxt, end);
  }

  /** By SACK, how many segments that lie between `una` and `highData` the peer holds, and how many are lost; for those who count. */
  counts(una: number, highData: number): { readonly sacked: number; readonly lost: number } | undefined {
    if (!this.state.sack) return undefined;
    let [sacked, lost] = [0, 0];
    for (let at = una; this.#board !== undefined && at < highData; at += this.state.smss) {
      if (this.#board.isSacked(at)) sacked++;
      else if (this.#board.isLost(at)) lost++;
    }
    return { sacked, lost };
  }

  /**
   * In recovery: whether the retransmission of what lies at `una` was lost, too, because enough of what was sent after all retransmissions has arrived. That is
   * a second loss (RFC 5681 §4.3): recovery begins anew. Else the timer would have to notice.
   */
  #isLostAgain(una: number): boolean {
    const { phase, sack } = this.state;
    return sack && phase === "recovery" && this.#highRxt > una && this.#board?.isLost(this.#resentAt - 1) === true;
  }

  /** Everything is to go out again; where the scoreboard picks, it must know that. */
  #startAgain(highData: number): void {
    if (!this.picks) return;
    this.#scoreboard().timedOut(highData);
    this.#highRxt = this.#una;
  }

  /** Tells the scoreboard of the blocks that a segment carries, and returns how much of that was news. Blocks that make no sense are left out. */
  #noteBlocks({ sackBlocks, sackCount }: Segment, { view }: Frame, number: Seq, una: number, highData: number): number {
    let newly = 0;
    for (let at = sackBlocks; at < sackBlocks + sackCount * 8; at += 8) {
      const from = una + seqDiff(seq(view.getUint32(at)), number);
      const to = una + seqDiff(seq(view.getUint32(at + 4)), number);
      if (una <= from && from < to && to <= highData) newly += this.#scoreboard().update(from, to);
    }
    return newly;
  }

  #scoreboard(): Scoreboard {
    if (this.#board === undefined) {
      this.#board = this.#module.createScoreboard(this.state.smss);
      this.#board.acknowledged(this.#una);
    }
    return this.#board;
  }
}

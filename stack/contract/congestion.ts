/**
 * The contract of lab 08: how much may be in flight besides what the peer's window allows, and what to do about loss
 * (RFC 5681, RFC 6582, RFC 3042, RFC 6675, RFC 9438).
 *
 * Two questions, kept apart. *How much?* is a number, `cwnd`, and functions that make it larger or smaller. *What again?* is answered by counting
 * duplicate acknowledgments where the peer says no more than those, and by a scoreboard where it sends SACK blocks. All of them are functions of one flat
 * record, `CongestionState`, and of plain numbers; only the scoreboard is an object. Nothing here sends, reads a clock or knows a sequence number:
 *
 *     positions   offsets from the stream's first byte, as in lab 06: ordinary numbers, which never wrap and compare with `<`
 *     sizes       bytes, as in RFC 5681; not necessarily whole. CUBIC's own variables are in segments, as in RFC 9438
 *     times       milliseconds
 *
 * The RFCs' names, and what they are here. `una` is SND.UNA: the offset of the oldest byte that is not acknowledged. `highData` is the offset one past the
 * last byte that was ever sent (in RFC 6675 HighData is that last byte itself). FlightSize is `highData − una`: what was sent and not
 * *cumulatively* acknowledged, whatever SACK blocks say.
 */
import type { Seq } from "../wire/seq.ts";
import type { Segment } from "./tcb.ts";

/** How the window grows, and how far it shrinks. */
export type CongestionAlgorithm = "reno" | "cubic";

/**
 * Where a connection stands. "open": nothing is known to be lost. "recovery": a loss was noticed by duplicate acknowledgments, and is being repaired (fast
 * recovery, RFC 5681 §3.2). "loss": the retransmission timer fired, and what was in flight then is being sent again in slow start.
 */
export type CongestionPhase = "open" | "recovery" | "loss";

/** What congestion control knows of one connection. Flat, one object per connection; the engine makes it when the handshake is over. */
export interface CongestionState {
  /** SMSS: the largest text of one segment. Only the engine changes it, when the way turns out to be narrower. */
  smss: number;
  /** The engine changes it, when the application wants another one. */
  algorithm: CongestionAlgorithm;
  /** The peer reports what it holds beyond a gap (RFC 2018): RFC 6675 counts, and not RFC 6582. */
  readonly sack: boolean;
  /**
   * L: by how many SMSS one acknowledgment may open the window in slow start at most. 1 is RFC 5681, 2 RFC 3465, 8 RFC 9406: more than 1 is for peers
   * that acknowledge many segments at once.
   */
  readonly growthLimit: number;
  /** IW, as `initialWindow` gave it. */
  readonly initialWindow: number;

  /** The congestion window. Begins as IW. */
  cwnd: number;
  /** The slow start threshold. Begins at Infinity: "arbitrarily high" (RFC 5681 §3.1). */
  ssthresh: number;
  /** Congestion avoidance: bytes that were acknowledged since the window was last opened. Less than `cwnd`; begins at 0. */
  bytesAcked: number;

  phase: CongestionPhase;
  /** Duplicate acknowledgments since the last new one, while the phase is not "recovery". */
  dupAcks: number;
  /** `recover` (RFC 6582), RecoveryPoint (RFC 6675): what `highData` was when the last loss was noticed. −1: none was yet. */
  recoveryPoint: number;

  /** Set by the engine: it was cwnd, and not the application or the peer's window, that held us back. A window that nobody used up proves nothing. */
  limited: boolean;
  /** Set by the engine: the round trip that was measured last; 0: none was yet. */
  roundTrip: number;

  /** CUBIC's W_max, in segments: the window when the last loss was noticed. 0: there was none, or it was a timeout. */
  wMax: number;
  /** CUBIC: cwnd_prior, in segments: the window when it was last reduced, before that. */
  cwndPrior: number;
  /** CUBIC: when this stage of congestion avoidance began; −1: it has not. */
  epochStart: number;
  /** CUBIC's K, in seconds: how long after `epochStart` the curve reaches `wMax`. */
  k: number;
  /** CUBIC's W_est, in segments: what the window would be with Reno. */
  wEst: number;
}

/**
 * What the peer has said that it holds beyond a gap: RFC 6675's scoreboard. Bytes that it holds are not forgotten by us for that: it may
 * still throw them away (RFC 2018 §8).
 */
export interface Scoreboard {
  /** HighACK: everything before `una` was acknowledged, and is of no interest any more. Begins at 0. */
  acknowledged(una: number): void;
  /** Update(): the peer holds the bytes from `from` up to `to`. Returns how many of these it was not known to hold, and were not acknowledged. */
  update(from: number, to: number): number;
  /** Whether the peer is known to hold the byte at `offset`. */
  isSacked(offset: number): boolean;
  /**
   * IsLost() (RFC 6675 §4), for the byte at `offset`: whether it is to be taken for lost, because above it the peer holds DupThresh (3)
   * separate blocks, or more than (DupThresh − 1) · SMSS bytes. Or because of `timedOut`. Of a block that it lies in itself, what is above it counts.
   */
  isLost(offset: number): boolean;
  /**
   * SetPipe() (RFC 6675 §4): how many bytes are on their way, of those from HighACK up to `highData` that are not SACKed: each counts once if it is not lost; and
   * once (again) if it lies before `highRxt`, which is one past the highest byte that was sent again.
   */
  pipe(highRxt: number, highData: number): number;
  /**
   * NextSeg() (RFC 6675 §4): what to send next, one SMSS at most, and never beyond the hole it lies in; undefined: nothing. The first rule that finds anything:
   * 1. the lowest byte that is not SACKed, not before `highRxt`, lower than the highest SACKed byte, and lost;
   * 2. bytes that were never sent, if there are any that may go: `unsent` says how many. They begin at `highData`;
   * 3. as in 1, but not lost;
   * 4. if `mayRescue`: the last bytes that are not SACKed, up to `highData`, unless they lie before `highRxt`: so that a lost tail is not left to the timer.
   * After `timedOut`, 1 is the lowest byte that is not SACKed, not before `highRxt` and lost: there need be no SACKed byte above it.
   */
  nextSegment(highRxt: number, highData: number, unsent: number, mayRescue: boolean): NextSegment | undefined;
  /**
   * The retransmission timer fired: what the peer said is forgotten, because it may have thrown everything away (RFC 2018 §8), and every byte before `highData`
   * is lost until it is acknowledged or SACKed anew.
   */
  timedOut(highData: number): void;
}

/** What `nextSegment` found. */
export interface NextSegment {
  readonly from: number;
  /** Bytes; 0 never. */
  readonly length: number;
  /** By which of the rules. The engine moves HighRxt for 1 and 3, and sends new bytes for 2. */
  readonly rule: 1 | 2 | 3 | 4;
}

/** What lab 08 provides. */
export interface CongestionModule {
  /**
   * IW in bytes, for segments of `smss` bytes (RFC 5681 §3.1): 4 SMSS up to an SMSS of 1095, 3 up to 2190, else 2. With `segments` above 0 that
   * many, but not more than `segments` · 1460 bytes, and 2 SMSS in any case: with 10 that is RFC 6928. 1 SMSS when our SYN, or SYN+ACK, was lost.
   */
  initialWindow(smss: number, segments: number, synLost: boolean): number;
  /**
   * `acked` bytes were acknowledged while cwnd is below ssthresh: it grows by as many, but at most by L · SMSS; after a timeout (phase "loss") by
   * 1 SMSS whatever L is (RFC 5681 §3.1, RFC 3465 §2.3).
   */
  slowStart(state: CongestionState, acked: number): void;
  /**
   * Congestion avoidance of Reno: about 1 SMSS for each window that is acknowledged. Counted in `bytesAcked`: when that has reached cwnd, cwnd is taken off it, and grows
   * by 1 SMSS (RFC 5681 §3.1, RFC 3465 §2.1). Or by SMSS² / cwnd for each acknowledgment, but never by 0: RFC 5681 allows both.
   */
  growReno(state: CongestionState, acked: number): void;
  /** A loss was noticed: ssthresh becomes half of FlightSize, but 2 SMSS at least (RFC 5681 §3.1, equation 4). cwnd stays as it is; `bytesAcked` is 0. */
  reduceReno(state: CongestionState, flightSize: number): void;
  /**
   * We are about to send, and have sent nothing for `idle` milliseconds: if that is more than the retransmission timeout, cwnd is the restart
   * window, min(IW, cwnd): nobody knows any more what the way takes (RFC 5681 §4.1). `bytesAcked` is 0 then, and `epochStart` −1; ssthresh stays.
   */
  restartAfterIdle(state: CongestionState, idle: number, timeout: number): void;
  /**
   * How many bytes may be in flight, beginning with `una`: cwnd; and in phase "open" 1 SMSS more for the first duplicate acknowledgment and 2 from the
   * second on: limited transmit (RFC 3042).
   */
  sendWindow(state: CongestionState): number;

  /**
   * Whether a segment is a duplicate acknowledgment. Without SACK (RFC 5681 §2): something is in flight; it has no text, no SYN and no FIN; it acknowledges
   * exactly `una`; and its window is the one before (`sameWindow`). With SACK it is one if, and only if, it told of bytes that the peer was not
   * known to hold: `newlySacked` of them (RFC 6675 §2).
   */
  isDuplicateAck(state: CongestionState, segment: Segment, una: Seq, inFlight: number, sameWindow: boolean, newlySacked: number): boolean;
  /**
   * One came. "resend": the segment at `una` goes out again at once (fast retransmit).
   * In recovery: without SACK, cwnd grows by 1 SMSS, because a segment has left the network (RFC 5681 §3.2); with SACK, the scoreboard sees to that.
   * Else it is counted; and with the third and any beyond it, or with SACK when the byte at `una` is `lost` by the scoreboard, recovery begins, unless the loss is one that was
   * noticed already: as long as `una` is not beyond `recoveryPoint` (RFC 6582 §3.2; with SACK it may be equal to it, RFC 6675 §5.1). Then: ssthresh as the
   * algorithm reduces it, for FlightSize without what limited transmit added (so cwnd at most); cwnd becomes ssthresh, and without SACK 3 SMSS more;
   * `recoveryPoint` is `highData`.
   */
  duplicateAck(state: CongestionState, una: number, highData: number, lost: boolean): "resend" | "wait";
  /**
   * `acked` more bytes were acknowledged, and `una` is new. "resend": the segment at `una` goes out again at once.
   * In recovery, when everything before `recoveryPoint` is acknowledged: recovery is over. With SACK cwnd stays; without, it deflates to min(ssthresh,
   * max(FlightSize, SMSS) + SMSS), or to ssthresh (RFC 6582 §3.2). When it is not, the acknowledgment is a partial one: with SACK nothing is to be done; without,
   * the next hole is to be filled, "resend", and cwnd shrinks by `acked`, and grows by 1 SMSS if that was at least 1 SMSS.
   * Else the window grows if it was `limited`: slow start below ssthresh, and from there as the algorithm says. "loss" ends as recovery does, but after that: the
   * acknowledgment that ends it opens the window by 1 SMSS at most (RFC 3465 §2.3).
   */
  newAck(state: CongestionState, una: number, acked: number, highData: number, now: number): "resend" | "wait";
  /**
   * The retransmission timer fired. `again`: it has done so before, and nothing was acknowledged meanwhile: then ssthresh stays as it is; else it is reduced (RFC 5681
   * §3.1). cwnd is 1 SMSS, nothing is counted in `dupAcks` and `bytesAcked`, the phase is "loss", and `recoveryPoint` `highData`: nothing of this window is to be noticed as lost again (RFC 6582 §3.2, RFC 6675 §5.1).
   */
  timedOut(state: CongestionState, una: number, highData: number, again: boolean): void;

  /** An empty scoreboard, for segments of `smss` bytes. */
  createScoreboard(smss: number): Scoreboard;

  /**
   * Congestion avoidance of CUBIC (RFC 9438 §4.2 to §4.5, C = 0.4, β = 0.7). Where none has begun, a stage begins: `epochStart` is now, W_est is cwnd, and K
   * follows from W_max; where cwnd is not below W_max, W_max is cwnd and K 0. With t the time since then: W_est grows by α · acked / cwnd; where W_cubic(t) is less than W_est,
   * cwnd is W_est; else it grows by (target − cwnd) / cwnd for each *segment* acknowledged, where target is W_cubic(t + RTT), but at least cwnd and at most
   * 1.5 cwnd.
   */
  growCubic(state: CongestionState, acked: number, now: number): void;
  /**
   * A loss was noticed: ssthresh is β · FlightSize, but 2 SMSS at least (RFC 9438 §4.6). W_max is cwnd, or with fast convergence, when cwnd is below the
   * W_max before, cwnd · (1 + β) / 2 (§4.7); cwnd_prior is cwnd; the stage is over.
   */
  reduceCubic(state: CongestionState, flightSize: number): void;
}

/**
 * The contract of lab 05: the eleven states (RFC 9293 §3.3.2) and what a segment does to a connection that exists
 * (RFC 9293 §3.10.7.4, RFC 5961, RFC 7323 §5).
 *
 * The steps are a list. The engine calls them in this order and stops at the first "drop":
 * `checkTimestamps`, `checkSequence`, `checkReset`, `checkSyn`, `checkAck`, `checkUrgent`, `takeText`, `checkFin`.
 * A step changes the fields of the Tcb that are lab 05's and says everything else through `effects`. A state is never assigned here:
 * `effects.event(…)` asks the engine, and the engine asks `nextState`.
 */
import type { Segment, StepVerdict, Tcb, TcpEffects, TcpEvent, TcpState } from "./tcb.ts";

/** What lab 05 provides. */
export interface StatesModule {
  /**
   * The state that follows, or undefined when the event cannot happen in this state. Pure. RFC 9293 §3.3.2, figure 5, with the notes below it:
   * - "abort" and "timeout" lead from every state but CLOSED to CLOSED, "reset received" from every state but CLOSED and LISTEN;
   * - "fin received" can happen in ESTABLISHED, FIN-WAIT-1 and FIN-WAIT-2 (in SYN-RECEIVED a FIN comes with the ACK of our SYN, and "syn
   *   acknowledged" is first); it changes nothing in CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT;
   * - "close" in LISTEN or SYN-SENT leads to CLOSED; in a state in which we have closed already it cannot happen.
   */
  nextState(state: TcpState, event: TcpEvent): TcpState | undefined;

  /**
   * PAWS (RFC 7323 §5.3 R1), before all else, on connections with timestamps. A segment whose TSval is older than tsRecent: acknowledge now and
   * drop, unless it is a RST, or tsRecent was noted more than 24 days ago. A segment without the option is dropped, unless it is a RST (§3.2).
   * `now` is in milliseconds.
   */
  checkTimestamps(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict;

  /**
   * First: is any of the segment inside the receive window? The four cases of RFC 9293 table 6. If not: acknowledge now (unless RST) and drop.
   * When the receive window is zero, a segment passes if it begins at rcvNxt: its text will not fit, but its RST, ACK and URG are looked at (MUST-66).
   * An acceptable segment that begins at or before lastAckSent, with a timestamp no older than tsRecent, renews tsRecent and tsRecentAt
   * (RFC 7323 §4.3); what counts as older is the same as in `checkTimestamps`.
   * In TIME-WAIT a FIN that comes again is acknowledged and starts the timer again; nothing else restarts it (RFC 1337).
   */
  checkSequence(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict;

  /**
   * Second: RST (RFC 5961 §3.2). At exactly rcvNxt: the connection is reset ("reset received", then fail "reset"; "refused" in a SYN-RECEIVED that
   * we opened). Elsewhere in the window: a challenge ACK. In TIME-WAIT: nothing (RFC 1337). Always "drop" when RST is set.
   */
  checkReset(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict;

  /**
   * Whether a SYN, without ACK, may open a new connection in the place of this one (RFC 9293 §3.6.1, RFC 6191): only in TIME-WAIT, and only if it
   * is newer than all that the old connection saw. Where both have timestamps they decide; where not, or where they are equal, the number
   * does: it lies beyond rcvNxt.
   */
  mayReopen(tcb: Tcb, segment: Segment): boolean;

  /**
   * Fourth: SYN (RFC 5961 §4.2). A challenge ACK, and "drop", in every state: also in SYN-RECEIVED, where a peer that has begun anew
   * answers the challenge with a RST, and that ends the half-open connection (RFC 9293 §3.10.7.4 lets it end at once).
   */
  checkSyn(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict;

  /**
   * Fifth: ACK. Without the bit: drop. Acceptable is sndUna − maxSndWnd ≤ SEG.ACK ≤ sndNxt (RFC 5961 §5.2), else challenge and drop. A number
   * beyond sndUna moves sndUna and is told by `acknowledged`. From a number at or beyond sndUna the send window is taken, if the segment is
   * newer than the last one that it was taken from (sndWl1, sndWl2: SM-7); it is shifted by sndScale. When our FIN is covered: "fin acknowledged"
   * (FIN-WAIT-1 → FIN-WAIT-2, CLOSING → TIME-WAIT with its timer, LAST-ACK → CLOSED and "drop").
   */
  checkAck(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict;

  /**
   * Sixth: URG, in states in which text may come. The pointer names the first byte *behind* the urgent data (RFC 9293 §3.8.5): rcvUp moves forward
   * to it, and the application is told, once for each place.
   */
  checkUrgent(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict;

  /**
   * Seventh: text. In ESTABLISHED, FIN-WAIT-1 and FIN-WAIT-2 the part inside the window is delivered (what lies before rcvNxt or behind the
   * window's right edge is cut off), and an acknowledgment is asked for: "later" when the text begins at rcvNxt, "now" when there is a gap before it
   * or nothing of it is new. rcvNxt itself is moved by the engine, which knows what the buffer holds. In other states text is ignored (SM-10).
   */
  takeText(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict;

  /**
   * Eighth: FIN. Honoured only when everything before it was received: its number is rcvNxt. Then rcvNxt steps over it, "fin received",
   * acknowledge now; on the way into TIME-WAIT the timer starts. A FIN that comes too early waits: the engine asks again when the gap is filled. In
   * a state that has seen the FIN, nothing happens.
   */
  checkFin(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict;

  /**
   * The application closes (RFC 9293 §3.10.4): in SYN-RECEIVED, ESTABLISHED and CLOSE-WAIT the FIN is queued behind the text (`finQueued`), with the event "close";
   * in LISTEN and SYN-SENT the connection ends. Later calls change nothing.
   */
  close(tcb: Tcb, effects: TcpEffects): void;

  /**
   * The application gives up (RFC 9293 §3.10.5): in SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2 and CLOSE-WAIT a RST at sndNxt goes out;
   * then, in every state but CLOSED, "abort" and fail "aborted".
   */
  abort(tcb: Tcb, effects: TcpEffects): void;

  /**
   * How many challenge ACKs may be sent (RFC 5961 §7): `allow(now)` is true at most `limit` times in each `interval` milliseconds, the first of
   * which begins with the first call. One for the whole host.
   */
  createChallengeLimit(limit: number, interval: number): { allow(now: number): boolean };
}

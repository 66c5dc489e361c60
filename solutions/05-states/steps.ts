/**
 * What a segment does to a connection that exists: the steps of RFC 9293 §3.10.7.4, each a function. The engine calls them in
 * this order, and the first "drop" ends the list:
 *
 *     checkTimestamps   is it an old duplicate?              RFC 7323 §5
 *     checkSequence     does any of it lie in the window?    first
 *     checkReset        RST                                  second   (third was the precedence of RFC 793)
 *     checkSyn          SYN                                  fourth
 *     checkAck          what the peer has, how much he takes fifth
 *     checkUrgent       urgent data                          sixth
 *     takeText          the bytes themselves                 seventh
 *     checkFin          the end of them                      eighth
 *
 * A step looks at the Tcb and the segment, changes the fields that are lab 05's, and says through `effects` what shall happen. A state is
 * never assigned: `effects.event("fin received")` asks for the change, and the engine asks `nextState`. Sequence numbers wrap: compare them with
 * `stack/wire/seq.ts`. Flags come several at once: ask for one with `&`.
 */
import type { Segment, StepVerdict, Tcb, TcpEffects, TcpState } from "../../stack/contract/tcb.ts";
import { type Seq, seqAdd, seqBefore, seqDiff, seqInWindow, seqUpTo } from "../../stack/wire/seq.ts";
import { ACK, FIN, RST, SYN, URG } from "../../stack/wire/tcp_flags.ts";

/** A timestamp that was noted longer ago than this says nothing any more (RFC 7323 §5.5): 24 days. */
const TIMESTAMP_LIFETIME = 24 * 24 * 3600 * 1000;

/**
 * PAWS (RFC 7323 §5.3 R1): on a connection with timestamps, a segment whose timestamp is older than the newest is an old duplicate,
 * whatever its number says. Acknowledge at once, and drop. Timestamps wrap like sequence numbers. A RST is exempt; a segment without the
 * option is dropped in silence (§3.2); and a newest timestamp that was noted more than 24 days ago proves nothing (§5.5).
 */
export function checkTimestamps(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict {
  // region checkTimestamps
  if (!tcb.timestamps || (segment.flags & RST) !== 0) return "continue";
  if (!segment.timestamps) return "drop";
  if (!isOlder(tcb, segment, now)) return "continue";
  effects.acknowledge("now");
  return "drop";
  // endregion
}

// region isOlder
/** Older than the newest timestamp that came; unless that one is so old itself that the clock behind it may have gone half around. */
function isOlder(tcb: Tcb, segment: Segment, now: number): boolean {
  return (segment.tsVal - tcb.tsRecent | 0) < 0 && now - tcb.tsRecentAt <= TIMESTAMP_LIFETIME;
}
// endregion

/**
 * First: does any of the segment lie in the receive window (RFC 9293 §3.10.7.4, table 6)? `segment.length` counts SYN and FIN.
 *
 *     length  window   acceptable if
 *     ──────  ──────   ─────────────────────────────────────────────────────────────────────────
 *       0       0      seq = rcvNxt
 *       0      > 0     rcvNxt ≤ seq < rcvNxt + rcvWnd
 *      > 0      0      seq = rcvNxt: the text will not fit, but its RST, ACK and URG count (MUST-66)
 *      > 0     > 0     its first or its last number lies in the window
 *
 * If not: acknowledge at once, unless it is a RST, and drop. In TIME-WAIT a FIN that comes again starts the timer again, nothing else
 * does. If it is: it may renew tsRecent, the timestamp that we echo (RFC 7323 §4.3). See stack/contract/states.ts.
 */
export function checkSequence(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict {
  // region checkSequence
  if (isAcceptable(tcb, segment)) {
    renewTimestamp(tcb, segment, now);
    return "continue";
  }
  if ((segment.flags & RST) !== 0) return "drop";
  const isOldFin = (segment.flags & FIN) !== 0 && seqAdd(segment.seq, segment.length) === tcb.rcvNxt;
  if (tcb.state === "TIME-WAIT" && isOldFin) effects.startTimeWait(); // our last ACK was lost: wait anew
  effects.acknowledge("now");
  return "drop";
  // endregion
}

// region isAcceptable
function isAcceptable(tcb: Tcb, segment: Segment): boolean {
  const { rcvNxt, rcvWnd } = tcb;
  if (rcvWnd === 0) return segment.seq === rcvNxt; // text will not fit, but RST, ACK and URG count (MUST-66)
  if (seqInWindow(segment.seq, rcvNxt, rcvWnd)) return true;
  if (segment.length === 0) return false;
  const last = seqAdd(segment.seq, segment.length - 1);
  return seqInWindow(last, rcvNxt, rcvWnd) || seqBefore(segment.seq, rcvNxt) && !seqBefore(last, rcvNxt);
}

function renewTimestamp(tcb: Tcb, segment: Segment, now: number): void {
  if (!tcb.timestamps || !segment.timestamps || (segment.flags & RST) !== 0) return;
  if (isOlder(tcb, segment, now) || !seqUpTo(segment.seq, tcb.lastAckSent)) return;
  tcb.tsRecent = segment.tsVal;
  tcb.tsRecentAt = now;
}
// endregion

/**
 * Second: RST (RFC 5961 §3.2). It is always dropped, and never answered by a RST; what else happens:
 *
 *     in TIME-WAIT         nothing (RFC 1337)
 *     exactly rcvNxt       "reset received", then fail: "reset"; or "refused", if we opened and are still in SYN-RECEIVED
 *     elsewhere            a challenge: the peer, if he meant it, answers with the exact number
 */
export function checkReset(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  // region checkReset
  if ((segment.flags & RST) === 0) return "continue";
  if (tcb.state === "TIME-WAIT") return "drop"; // RFC 1337: a reset must not end TIME-WAIT early
  if (segment.seq !== tcb.rcvNxt) {
    effects.challenge();
    return "drop";
  }
  const refused = tcb.state === "SYN-RECEIVED" && !tcb.passive;
  effects.event("reset received");
  effects.fail(refused ? "refused" : "reset");
  return "drop";
  // endregion
}

/**
 * Whether a SYN may take the place of this connection (RFC 9293 §3.6.1, RFC 6191): only in TIME-WAIT; only a SYN without ACK and RST; and
 * only if it is newer than all that the old connection saw. Timestamps tell, where both have them and they differ; else the number does, if it
 * lies beyond rcvNxt. The engine asks before the steps begin.
 */
export function mayReopen(tcb: Tcb, segment: Segment): boolean {
  // region mayReopen
  if (tcb.state !== "TIME-WAIT" || (segment.flags & (SYN | ACK | RST)) !== SYN) return false;
  const newer = tcb.timestamps && segment.timestamps ? segment.tsVal - tcb.tsRecent | 0 : 0;
  return newer !== 0 ? newer > 0 : seqBefore(tcb.rcvNxt, segment.seq);
  // endregion
}

/**
 * Fourth: SYN. On a connection that exists it is an old duplicate, an attack, or a peer that has forgotten everything and begins anew. A
 * challenge sorts them, whatever the number; and the segment is dropped (RFC 5961 §4.2).
 */
export function checkSyn(_tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  // region checkSyn
  if ((segment.flags & SYN) === 0) return "continue";
  effects.challenge();
  return "drop";
  // endregion
}

/**
 * Fifth: ACK. What the peer has received, and how much more it takes (RFC 9293 §3.10.7.4, RFC 5961 §5.2). Without the bit: drop.
 *
 *     sndUna − maxSndWnd         sndUna                 sndNxt
 *     ────────┼─────────────────────┼──────────────────────┼────────▶  SEG.ACK
 *     too old │  old: "continue",   │ sndUna: only the     │ never sent:
 *     challenge  nothing changes    │ window; beyond it:   │ challenge,
 *     and drop│                     │ new, `acknowledged`  │ drop
 *
 * From sndUna on the window is taken (`window` shifted by sndScale; maxSndWnd is the largest ever), if the segment is not older than the last
 * that it was taken from: sndWl1 < SEG.SEQ, or sndWl1 = SEG.SEQ and sndWl2 ≤ SEG.ACK. Last, when our FIN is covered: "fin acknowledged" in FIN-WAIT-1,
 * CLOSING (which starts TIME-WAIT) and LAST-ACK (which ends all: "drop"). Whatever else is good: "continue".
 */
export function checkAck(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  // region checkAck
  if ((segment.flags & ACK) === 0) return "drop";
  if (seqDiff(segment.ack, tcb.sndUna) < -tcb.maxSndWnd || seqBefore(tcb.sndNxt, segment.ack)) {
    effects.challenge(); // RFC 5961 §5.2: no number that an honest peer could send
    return "drop";
  }
  if (seqBefore(segment.ack, tcb.sndUna)) return "continue"; // old; the text may still be new
  if (seqBefore(tcb.sndUna, segment.ack)) {
    tcb.sndUna = segment.ack;
    effects.acknowledged(segment.ack);
  }
  updateWindow(tcb, segment);
  return acknowledgeFin(tcb, effects);
  // endregion
}

// region updateWindow
/** The newest segment's window counts, and "newest" is decided by SEG.SEQ, then by SEG.ACK (RFC 9293 §3.10.7.4). */
function updateWindow(tcb: Tcb, segment: Segment): void {
  const newer = seqBefore(tcb.sndWl1, segment.seq) || tcb.sndWl1 === segment.seq && seqUpTo(tcb.sndWl2, segment.ack);
  if (!newer) return;
  tcb.sndWnd = segment.window << tcb.sndScale;
  if (tcb.sndWnd > tcb.maxSndWnd) tcb.maxSndWnd = tcb.sndWnd;
  tcb.sndWl1 = segment.seq;
  tcb.sndWl2 = segment.ack;
}

/** Our FIN is the last thing we sent; once sndUna has reached sndNxt the peer has it. */
function acknowledgeFin(tcb: Tcb, effects: TcpEffects): StepVerdict {
  if (!tcb.finSent || tcb.sndUna !== tcb.sndNxt) return "continue";
  switch (tcb.state) {
    case "FIN-WAIT-1":
      effects.event("fin acknowledged");
      return "continue";
    case "CLOSING":
      effects.event("fin acknowledged");
      effects.startTimeWait();
      return "continue";
    case "LAST-ACK":
      effects.event("fin acknowledged");
      return "drop";
    default:
      return "continue";
  }
}
// endregion

/** Whether the peer may still send text in this state. */
function takesText(state: TcpState): boolean {
  return state === "ESTABLISHED" || state === "FIN-WAIT-1" || state === "FIN-WAIT-2";
}

/**
 * Sixth: URG, in states in which text may come. The pointer counts from SEG.SEQ and names the first byte *behind* the urgent data (RFC 9293
 * §3.8.5). If that lies beyond what is known (rcvUp) and beyond what was received (rcvNxt), rcvUp moves there, and the application is told.
 */
export function checkUrgent(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  // region checkUrgent
  if ((segment.flags & URG) === 0 || !takesText(tcb.state)) return "continue";
  const up = seqAdd(segment.seq, segment.urgentPointer);
  if (!seqBefore(tcb.rcvUp, up) || seqUpTo(up, tcb.rcvNxt)) return "continue"; // nothing that is not known or read
  tcb.rcvUp = up;
  effects.urgent(up);
  return "continue";
  // endregion
}

/**
 * Seventh: text, in states in which it may come. What lies in the window is delivered, the rest is cut off (RFC 9293 §3.10.7.4):
 *
 *                   rcvNxt                      rcvNxt + rcvWnd
 *                     ├──────── the window ────────┤
 *     ┌───────────────┼────────────────────────────┼──────────┐
 *     │ received      │ deliver                    │ no room  │   a segment
 *     └───────────────┴────────────────────────────┴──────────┘
 *
 * An acknowledgment is asked for: "later" when what is delivered begins at rcvNxt, "now" when there is a gap before it, or nothing was
 * delivered. rcvNxt is not moved here: the engine does that, who knows what the buffer holds.
 */
export function takeText(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  // region takeText
  if (segment.textLength === 0 || !takesText(tcb.state)) return "continue";
  const seq = (segment.flags & SYN) === 0 ? segment.seq : seqAdd(segment.seq, 1);
  const skipped = Math.max(0, seqDiff(tcb.rcvNxt, seq));
  const count = Math.min(segment.textLength - skipped, tcb.rcvWnd - Math.max(0, seqDiff(seq, tcb.rcvNxt)));
  const first: Seq = seqAdd(seq, skipped);
  const inOrder = first === tcb.rcvNxt;
  if (count > 0) effects.deliver(first, segment.text + skipped, count);
  effects.acknowledge(inOrder && count > 0 ? "later" : "now");
  return "continue";
  // endregion
}

/**
 * Eighth: FIN, in states in which text may come. It has the number behind the text, and counts only when all before it is here: when that is
 * rcvNxt (RFC 9293 §3.10.7.4). Then finReceived is set, rcvNxt steps over it, "fin received" happens, and it is acknowledged at once; from FIN-WAIT-2 that
 * leads to TIME-WAIT, whose timer starts. Too early: nothing; the engine asks again when the gap is filled.
 */
export function checkFin(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  // region checkFin
  if ((segment.flags & FIN) === 0 || tcb.finReceived || !takesText(tcb.state)) return "continue";
  const number = seqAdd(segment.seq, segment.length - 1);
  if (number !== tcb.rcvNxt) return "continue";
  tcb.finReceived = true;
  tcb.rcvNxt = seqAdd(tcb.rcvNxt, 1);
  const last = tcb.state === "FIN-WAIT-2";
  effects.event("fin received");
  effects.acknowledge("now");
  if (last) effects.startTimeWait();
  return "continue";
  // endregion
}

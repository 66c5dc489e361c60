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
import { todo } from "../../stack/wire/not_implemented.ts";

/** A timestamp that was noted longer ago than this says nothing any more (RFC 7323 §5.5): 24 days. */
const TIMESTAMP_LIFETIME = 24 * 24 * 3600 * 1000;

/**
 * PAWS (RFC 7323 §5.3 R1): on a connection with timestamps, a segment whose timestamp is older than the newest is an old duplicate,
 * whatever its number says. Acknowledge at once, and drop. Timestamps wrap like sequence numbers. A RST is exempt; a segment without the
 * option is dropped in silence (§3.2); and a newest timestamp that was noted more than 24 days ago proves nothing (§5.5).
 */
export function checkTimestamps(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict {
  return todo("checkTimestamps", tcb, segment, now, effects, TIMESTAMP_LIFETIME);
}

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
  return todo("checkSequence", tcb, segment, now, effects, TIMESTAMP_LIFETIME);
}

/**
 * Second: RST (RFC 5961 §3.2). It is always dropped, and never answered by a RST; what else happens:
 *
 *     in TIME-WAIT         nothing (RFC 1337)
 *     exactly rcvNxt       "reset received", then fail: "reset"; or "refused", if we opened and are still in SYN-RECEIVED
 *     elsewhere            a challenge: the peer, if he meant it, answers with the exact number
 */
export function checkReset(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkReset", tcb, segment, effects);
}

/**
 * Whether a SYN may take the place of this connection (RFC 9293 §3.6.1, RFC 6191): only in TIME-WAIT; only a SYN without ACK and RST; and
 * only if it is newer than all that the old connection saw. Timestamps tell, where both have them and they differ; else the number does, if it
 * lies beyond rcvNxt. The engine asks before the steps begin.
 */
export function mayReopen(tcb: Tcb, segment: Segment): boolean {
  return todo("mayReopen", tcb, segment);
}

/**
 * Fourth: SYN. On a connection that exists it is an old duplicate, an attack, or a peer that has forgotten everything and begins anew. A
 * challenge sorts them, whatever the number; and the segment is dropped (RFC 5961 §4.2).
 */
export function checkSyn(_tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkSyn", segment, effects);
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
  return todo("checkAck", tcb, segment, effects);
}

/** Whether the peer may still send text in this state. */
function takesText(state: TcpState): boolean {
  return state === "ESTABLISHED" || state === "FIN-WAIT-1" || state === "FIN-WAIT-2";
}

/**
 * Sixth: URG, in states in which text may come. The pointer counts from SEG.SEQ and names the first byte *behind* the urgent data (RFC 9293
 * §3.8.5). If that lies beyond what is known (rcvUp) and beyond what was received (rcvNxt), rcvUp moves there, and the application is told.
 */
export function checkUrgent(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkUrgent", tcb, segment, effects, takesText);
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
  return todo("takeText", tcb, segment, effects, takesText);
}

/**
 * Eighth: FIN, in states in which text may come. It has the number behind the text, and counts only when all before it is here: when that is
 * rcvNxt (RFC 9293 §3.10.7.4). Then finReceived is set, rcvNxt steps over it, "fin received" happens, and it is acknowledged at once; from FIN-WAIT-2 that
 * leads to TIME-WAIT, whose timer starts. Too early: nothing; the engine asks again when the gap is filled.
 */
export function checkFin(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkFin", tcb, segment, effects, takesText);
}

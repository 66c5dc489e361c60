/**
 * Lab 05, what a segment does to a connection that exists: the steps of RFC 9293 §3.10.7.4 in their order, each a
 * function. A step looks at the Tcb and the segment, changes the fields that are lab 05's, and says through `effects` what
 * shall happen. The first "drop" ends the list.
 */
import type { Segment, StepVerdict, Tcb, TcpEffects, TcpState } from "../../stack/contract/tcb.ts";
import { type Seq, seqAdd, seqBefore, seqDiff, seqInWindow, seqUpTo } from "../../stack/wire/seq.ts";
import { ACK, FIN, RST, SYN, URG } from "../../stack/wire/tcp_flags.ts";

/** A timestamp that was noted longer ago than this says nothing any more (RFC 7323 §5.5): 24 days. */
const TIMESTAMP_LIFETIME = 24 * 24 * 3600 * 1000;

/** PAWS (RFC 7323 §5.3 R1): a segment with an older timestamp than the newest is an old duplicate. */
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

/** First: does any of the segment lie in the receive window? RFC 9293 §3.10.7.4, table 6. */
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

/** Second: RST. Only one at exactly the next number is believed at once (RFC 5961 §3.2). */
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

/** Whether a SYN may take the place of a connection in TIME-WAIT (RFC 9293 §3.6.1, RFC 6191): it is newer by timestamp, or by number. */
export function mayReopen(tcb: Tcb, segment: Segment): boolean {
  // region mayReopen
  if (tcb.state !== "TIME-WAIT" || (segment.flags & (SYN | ACK | RST)) !== SYN) return false;
  const newer = tcb.timestamps && segment.timestamps ? segment.tsVal - tcb.tsRecent | 0 : 0;
  return newer !== 0 ? newer > 0 : seqBefore(tcb.rcvNxt, segment.seq);
  // endregion
}

/** Fourth: SYN. On a connection that exists it is an old duplicate, or an attack: ask the peer (RFC 5961 §4.2). */
export function checkSyn(_tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  // region checkSyn
  if ((segment.flags & SYN) === 0) return "continue";
  effects.challenge();
  return "drop";
  // endregion
}

/** Fifth: ACK. What the peer has received, and how much more it takes. */
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
  tcb.sndWnd = segment.window * 2 ** tcb.sndScale;
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

/** Sixth: URG. The pointer names the first byte behind the urgent data (RFC 9293 §3.8.5). */
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

/** Seventh: text. What lies in the window is delivered; the rest is cut off. */
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

/** Eighth: FIN. It takes the number behind the text, and counts only when all before it is here. */
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

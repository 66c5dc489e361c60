/**
 * Lab 05, what a segment does to a connection that exists: the steps of RFC 9293 §3.10.7.4 in their order, each a
 * function. A step looks at the Tcb and the segment, changes the fields that are lab 05's, and says through `effects` what
 * shall happen. The first "drop" ends the list.
 */
import type { Segment, StepVerdict, Tcb, TcpEffects, TcpState } from "../../stack/contract/tcb.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** A timestamp that was noted longer ago than this says nothing any more (RFC 7323 §5.5): 24 days. */
const TIMESTAMP_LIFETIME = 24 * 24 * 3600 * 1000;

/** PAWS (RFC 7323 §5.3 R1): a segment with an older timestamp than the newest is an old duplicate. */
export function checkTimestamps(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict {
  return todo("checkTimestamps", tcb, segment, now, effects, TIMESTAMP_LIFETIME);
}

/** First: does any of the segment lie in the receive window? RFC 9293 §3.10.7.4, table 6. */
export function checkSequence(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict {
  return todo("checkSequence", tcb, segment, now, effects, TIMESTAMP_LIFETIME);
}

/** Second: RST. Only one at exactly the next number is believed at once (RFC 5961 §3.2). */
export function checkReset(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkReset", tcb, segment, effects);
}

/** Whether a SYN may take the place of a connection in TIME-WAIT (RFC 9293 §3.6.1, RFC 6191): it is newer by timestamp, or by number. */
export function mayReopen(tcb: Tcb, segment: Segment): boolean {
  return todo("mayReopen", tcb, segment);
}

/** Fourth: SYN. On a connection that exists it is an old duplicate, or an attack: ask the peer (RFC 5961 §4.2). */
export function checkSyn(_tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkSyn", segment, effects);
}

/** Fifth: ACK. What the peer has received, and how much more it takes. */
export function checkAck(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkAck", tcb, segment, effects);
}

/** Whether the peer may still send text in this state. */
function takesText(state: TcpState): boolean {
  return state === "ESTABLISHED" || state === "FIN-WAIT-1" || state === "FIN-WAIT-2";
}

/** Sixth: URG. The pointer names the first byte behind the urgent data (RFC 9293 §3.8.5). */
export function checkUrgent(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkUrgent", tcb, segment, effects, takesText);
}

/** Seventh: text. What lies in the window is delivered; the rest is cut off. */
export function takeText(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("takeText", tcb, segment, effects, takesText);
}

/** Eighth: FIN. It takes the number behind the text, and counts only when all before it is here. */
export function checkFin(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("checkFin", tcb, segment, effects, takesText);
}

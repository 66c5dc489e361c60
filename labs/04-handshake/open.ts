/**
 * How a connection is opened (RFC 9293 §3.5): two sides tell each other where their numbers begin, and each hears that it
 * was heard.
 *
 *     CLOSED                                                    LISTEN
 *     activeOpen      ── seq=100 SYN ─────────────────────────▶  listenArrives, passiveOpen
 *     SYN-SENT                                                   SYN-RECEIVED
 *     synSentArrives  ◀──────────────── seq=300 ack=101 SYN ACK ──
 *     ESTABLISHED     ── seq=101 ack=301 ACK ─────────────────▶  completeOpen
 *                                                                ESTABLISHED
 *
 * A SYN takes one number itself, so that it can be acknowledged: the first byte of text is iss + 1. What only a SYN can
 * say (the options) is settled here, once and for good. Whatever does not fit, an old segment or a forged one, is
 * answered by a RST that nobody but its cause will believe.
 *
 * The *numbers* of a connection begin in this file, all of them; labs 05 and 06 move them on. Functions here decide:
 * they write into `tcb`, and whatever shall happen they say through `effects`. A state is never assigned:
 * `effects.event("active open")` asks for the change. Compare sequence numbers with `stack/wire/seq.ts`.
 */
import type { StrayAnswer } from "../../stack/contract/handshake.ts";
import type { Segment, StepVerdict, Tcb, TcpEffects } from "../../stack/contract/tcb.ts";
import { todo } from "../../stack/wire/not_implemented.ts";
import type { Seq } from "../../stack/wire/seq.ts";

/** What a peer takes that says nothing about it: every host takes packets of 576 bytes (RFC 9293 §3.7.1, MUST-15). */
const DEFAULT_MSS = 536;
/** An MSS below this counts as this: nobody needs it, and it would make a packet of every few bytes. */
const LEAST_MSS = 64;
/** A timestamps option with its padding, in every segment once agreed on (RFC 7323 appendix A). */
const TIMESTAMPS_LENGTH = 12;
/** The largest shift: a window of 2³⁰ still tells old numbers from new (RFC 7323 §2.3). */
const MAX_SCALE = 14;

/**
 * The application connects: our numbers begin at `iss`, which the SYN takes, and the SYN goes out (RFC 9293 §3.10.1).
 * See stack/contract/handshake.ts.
 */
export function activeOpen(tcb: Tcb, iss: Seq, effects: TcpEffects): void {
  return todo("activeOpen", tcb, iss, effects);
}

/**
 * What a listening socket does with a segment (RFC 9293 §3.10.7.2). It has no connection, so it can acknowledge nothing, and
 * nothing can reset it; only a SYN means something to it. See stack/contract/handshake.ts.
 */
export function listenArrives(segment: Segment): "open" | "reset" | "drop" {
  return todo("listenArrives", segment);
}

/**
 * A SYN came, `tcb` is the connection that it asked for, and SYN+ACK is the answer: ours begin at `iss`, theirs where the SYN says. Text or
 * FIN in the same segment are left for the peer to send again. See stack/contract/handshake.ts.
 */
export function passiveOpen(tcb: Tcb, iss: Seq, segment: Segment, now: number, effects: TcpEffects): void {
  return todo("passiveOpen", tcb, iss, segment, now, effects);
}

/**
 * Settles what only SYNs can say. Before, `tcb` holds what *we* can do: `windowScaling` with `rcvScale`, `timestamps`,
 * `sackPermitted`, and in `sndMss` what our link takes. Afterwards it holds what both can:
 *
 *     we offer   the SYN has      agreed          an option that one side did not send is not used by
 *     ────────   ─────────────    ─────────────   either: the other may never have heard of it
 *     scale 7    scale 2          rcv 7, snd 2
 *     scale 7    –                rcv 0, snd 0
 *     –          scale 2          rcv 0, snd 0
 *
 * Called for the one SYN that opens a connection. RFC 7323 §2.2, §3.2; RFC 2018 §2; RFC 9293 §3.7.1. See stack/contract/handshake.ts.
 */
export function agreeOptions(tcb: Tcb, segment: Segment, now: number): void {
  return todo("agreeOptions", tcb, segment, now, DEFAULT_MSS, LEAST_MSS, TIMESTAMPS_LENGTH, MAX_SCALE);
}

/**
 * A segment for a connection whose SYN is out (RFC 9293 §3.10.7.3), looked at in this order:
 *
 *     ACK   of anything but our SYN: not for this connection, and answered by a RST
 *     RST   believed only if it acknowledges our SYN: "refused"
 *     SYN   with ACK: established. Alone: both called at the same moment, and each gets a SYN+ACK from the other
 *
 * "continue" means that the segment's text or FIN may be looked at. See stack/contract/handshake.ts.
 */
export function synSentArrives(tcb: Tcb, segment: Segment, now: number, effects: TcpEffects): StepVerdict {
  return todo("synSentArrives", tcb, segment, now, effects);
}

/**
 * The ACK step in SYN-RECEIVED (RFC 9293 §3.10.7.4, fifth): the peer heard our SYN, and this is the first window that is scaled. `sndUna`
 * stays: the ACK step of ESTABLISHED comes next, with the same segment. See stack/contract/handshake.ts.
 */
export function completeOpen(tcb: Tcb, segment: Segment, effects: TcpEffects): StepVerdict {
  return todo("completeOpen", tcb, segment, effects);
}

/**
 * What is sent in answer to a segment that belongs to no connection (RFC 9293 §3.10.7.1). The sender will believe a RST only if its
 * numbers show that it answers what he sent: `seq` is what he acknowledged; if he acknowledged nothing, `ack` covers what he
 * sent. A RST is never answered, or two hosts would go on for ever. See stack/contract/handshake.ts.
 */
export function answerStray(segment: Segment): StrayAnswer | undefined {
  return todo("answerStray", segment);
}

/** Checks of completeOpen: the third segment of the handshake, and everything that is none. */
import type { Segment, Tcb } from "../../../stack/contract/tcb.ts";
import { type Seq, seq } from "../../../stack/wire/seq.ts";
import { ACK, FIN, PSH } from "../../../stack/wire/tcp_flags.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectEvent, theirNumbers } from "./open.ts";
import { after, anySeq, arrived, expectFields, expectSaid, openingTcb, recordEffects } from "./samples.ts";
import { named } from "./stray.ts";
import { badAcks, type Effect, expectDropped } from "./syn_sent.ts";

/** A segment for a connection in SYN-RECEIVED, whose scale for their windows is `sndScale`; its next number from them is 5001. */
export async function synReceived(t: Trial, iss: Seq, segment: Segment, fields: Partial<Tcb> = {}): Promise<Effect> {
  const theirs = { ...theirNumbers(seq(5000)), sndWnd: 100, maxSndWnd: 100, sndWl1: seq(5000), sndWl2: iss };
  const tcb = openingTcb(t.random, iss, { state: "SYN-RECEIVED", passive: true, ...theirs, ...fields });
  const before = { ...tcb };
  const effects = recordEffects(t);
  const verdict = await t.handshake.completeOpen(t.inout(tcb), segment, effects.object);
  return { before, tcb, calls: effects.calls, verdict };
}

/** An ACK of our SYN, from a peer whose next number is 5001. */
function lastAck(t: Trial, iss: Seq, fields: Partial<Segment> = {}): Segment {
  return arrived(ACK, { seq: seq(5001), ack: after(iss), window: t.random.int(1, 0xffff), ...fields });
}

export const complete: Readonly<Record<string, CheckSpec>> = {
  "opens": {
    title: "an ACK of our SYN completes the opening",
    kind: "table",
    weight: 2,
    covers: ["SM-4", "MUST-10"],
    look: ["completeOpen"],
    why:
      "The third segment of the handshake: the other side has heard our SYN (RFC 9293 §3.10.7.4, fifth). “continue”, because the segment may bring text, and most do. It does not matter who called first.",
    hints: [
      "Which event leads from SYN-RECEIVED to ESTABLISHED?",
      '"syn acknowledged".',
      'An ACK above sndUna and at most sndNxt: the event, then "continue". Nothing is sent.',
    ],
    run: async (t) => {
      for (const passive of [true, false]) {
        const iss = t.random.pick([seq(0xffff_ffff), anySeq(t.random)]);
        const segment = lastAck(t, iss);
        const { calls, verdict } = await synReceived(t, iss, segment, { passive });
        expectSaid(t, calls, ["event syn acknowledged"], `${named(segment)}, with our SYN ${iss} out`);
        t.equal(verdict, "continue", `the verdict on ${named(segment)}`);
      }
    },
  },

  "window-scaled": {
    title: "its window is the first that is scaled",
    kind: "table",
    weight: 2,
    covers: ["7323-2.2", "SM-7"],
    look: ["completeOpen"],
    why:
      "From the first segment without SYN on, the window field is shifted by what the peer's SYN said (RFC 7323 §2.2). Leave that out, and nothing larger than 64 KiB is ever in flight.",
    hints: [
      "What is sndWnd after an ACK with window 1000 and scale 3?",
      "8000: the field, shifted left by sndScale.",
      "sndWnd; maxSndWnd if it is larger; sndWl1: segment.seq; sndWl2: segment.ack.",
    ],
    run: async (t) => {
      for (const [sndScale, window] of [[3, 1000], [0, 500], [14, 0xffff], [t.random.int(1, 14), t.random.int(200, 0xffff)]] as const) {
        const iss = anySeq(t.random);
        const segment = lastAck(t, iss, { window });
        const { tcb } = await synReceived(t, iss, segment, { sndScale, windowScaling: sndScale > 0 });
        const sndWnd = window * 2 ** sndScale;
        const right = { sndWnd, maxSndWnd: sndWnd, sndWl1: seq(5001), sndWl2: after(iss) };
        expectFields(t, tcb, right, `the connection after an ACK with window ${window}, where their scale is ${sndScale}`);
      }
    },
  },

  "una-stays": {
    title: "sndUna is left to the step that follows",
    kind: "table",
    covers: ["SM-4"],
    look: ["completeOpen"],
    why:
      "The ACK step of ESTABLISHED comes next, with the same segment (RFC 9293 §3.10.7.4, fifth), and finds out by sndUna that something new was acknowledged. Move it here, and nobody is told: the SYN is sent again until the timer gives up.",
    hints: ["Do you write to sndUna?", "Read the last sentence but two of the contract.", "No assignment, and no `effects.acknowledged`."],
    run: async (t) => {
      const iss = anySeq(t.random);
      const { tcb, calls } = await synReceived(t, iss, lastAck(t, iss));
      expectEvent(t, calls, "syn acknowledged");
      expectFields(t, tcb, { sndUna: iss, sndNxt: after(iss) }, "our numbers after the ACK of our SYN");
    },
  },

  "bad-ack": {
    title: "any other ACK is answered by a RST, and dropped",
    kind: "table",
    weight: 2,
    covers: ["SM-4"],
    look: ["completeOpen"],
    why:
      "An acknowledgment of what we never sent, or of what lies before our SYN, is for another connection (RFC 9293 §3.10.7.4, fifth). The opening goes on: the right one may still come.",
    hints: [
      "Which acknowledgment number is right?",
      "The same question as in SYN-SENT: one helper answers both.",
      '`effects.send(RST, segment.ack, seq(0))`, "drop", nothing noted.',
    ],
    run: async (t) => {
      const iss = t.random.pick([seq(0xffff_ffff), seq(0), anySeq(t.random)]);
      for (const ack of badAcks(t, iss)) {
        const segment = lastAck(t, iss, { ack });
        expectDropped(t, await synReceived(t, iss, segment), [`send RST seq ${ack}`], `${named(segment)}, with our SYN ${iss} out`);
      }
    },
  },

  "no-ack": {
    title: "a segment without ACK is dropped in silence",
    kind: "table",
    covers: ["SM-4"],
    look: ["completeOpen"],
    why:
      "“If the ACK bit is off, drop the segment and return” (RFC 9293 §3.10.7.4, fifth): behind the handshake every segment acknowledges. This one has no number to answer to.",
    hints: ["What do you do when ACK is not set?", "Look at the flag before the number.", '"drop", and nothing else.'],
    run: async (t) => {
      const iss = anySeq(t.random);
      for (const flags of [0, PSH, FIN]) {
        const segment = arrived(flags, { seq: seq(5001), textLength: t.random.int(0, 9) });
        expectDropped(t, await synReceived(t, iss, segment), [], `${named(segment)}, with our SYN ${iss} out`);
      }
      const why =
        "Without ACK all was dropped, as it should be. But this segment has the ACK of our SYN, so it opens the connection: whoever drops everything is right " +
        "about nothing. complete/opens tells more.";
      await t.about({ why, look: ["completeOpen"] }, async () => {
        expectEvent(t, (await synReceived(t, iss, lastAck(t, iss))).calls, "syn acknowledged");
      });
    },
  },
};

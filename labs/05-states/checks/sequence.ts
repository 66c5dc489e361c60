/** Checks of `checkSequence`: is any of the segment inside the receive window? RFC 9293 §3.10.7.4, first step. */
import type { Segment, Tcb, TcpState } from "../../../stack/contract/tcb.ts";
import { seqAdd } from "../../../stack/wire/seq.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectStep, type Place, places, segmentFor, type SegmentWishes, SYNCHRONIZED, tcbIn } from "./bench.ts";
import { opposite } from "./wire.ts";

/** States in which nothing special happens to a segment outside the window. */
const PLAIN: readonly TcpState[] = SYNCHRONIZED.filter((state) => state !== "TIME-WAIT");

/** Segments that must pass, and segments that must be answered and dropped, wherever the numbers lie. */
export async function expectSorted(
  t: Trial,
  overrides: Partial<Tcb>,
  inside: readonly SegmentWishes[],
  outside: readonly SegmentWishes[],
): Promise<void> {
  for (const place of places(t.random)) {
    const tcb = (): Tcb => tcbIn(t.random.pick(PLAIN), place, overrides);
    for (const wishes of inside) {
      await expectStep(t, "checkSequence", tcb(), segmentFor(tcb(), wishes), { verdict: "continue" }, 1000);
    }
    for (const wishes of outside) {
      const wanted = { verdict: "drop", effects: ['acknowledge("now")'] } as const;
      await expectStep(t, "checkSequence", tcb(), segmentFor(tcb(), wishes), wanted, 1000);
    }
  }
}

const ack = (at: number, textLength = 0): SegmentWishes => ({ flags: "ACK", at, textLength });

/** A connection with timestamps in one of the four places, which has acknowledged `behind` bytes less than it received; and newer segments for it. */
export function echoing(t: Trial, which: number, behind = 0): { tcb: Tcb; now: number; newer: (wishes: SegmentWishes) => Segment } {
  const now = t.random.int(2000, 9000);
  const place = places(t.random)[which % 4] as Place;
  const stamps = { timestamps: true, tsRecent: t.random.int(100, 2 ** 30), tsRecentAt: now - 900 };
  const tcb = tcbIn("ESTABLISHED", place, { ...stamps, lastAckSent: seqAdd(place.rcv, -behind) });
  const newer = (wishes: SegmentWishes): Segment =>
    segmentFor(tcb, { timestamps: true, tsVal: tcb.tsRecent + t.random.int(1, 800), ...wishes });
  return { tcb, now, newer };
}

const ACKNOWLEDGED = { verdict: "drop", effects: ['acknowledge("now")'] } as const;
const ANSWERED = opposite("any other segment outside the window is acknowledged at once (see sequence/empty).", ["checkSequence"]);
const RENEWED = opposite("a segment in order, with a newer timestamp, passes and renews (see sequence/renew).", ["checkSequence"]);

/** A segment that must renew the timestamp: shown where a check proves that others do not. */
async function expectRenewal(t: Trial): Promise<void> {
  await t.about(RENEWED, async () => {
    const { tcb, newer, now } = echoing(t, 0);
    const segment = newer({ flags: "ACK", textLength: 10 });
    await expectStep(t, "checkSequence", tcb, segment, { verdict: "continue", changes: { tsRecent: segment.tsVal, tsRecentAt: now } }, now);
  });
}

export const sequence: Readonly<Record<string, CheckSpec>> = {
  "empty": {
    title: "a segment without text passes if it begins in the window",
    kind: "table",
    weight: 2,
    covers: ["SM-4", "SM-5"],
    look: ["checkSequence"],
    why:
      "The window is the rcvWnd numbers that begin with rcvNxt. The first of them is inside, the one behind the last is not (RFC 9293 §3.10.7.4, table 6, second line).",
    hints: [
      "How many numbers lie in a window of 4000 that begins at 1000, and which is the last?",
      "1000 to 4999. 5000 is outside, and 999 is outside.",
      "`stack/wire/seq.ts#seqInWindow` asks exactly this, and wraps.",
    ],
    run: async (t) => {
      const rcvWnd = t.random.int(500, 9000);
      const inside = [0, 1, t.random.int(2, rcvWnd - 2), rcvWnd - 1].map((at) => ack(at));
      const outside = [-1, rcvWnd, -t.random.int(2, 9000), rcvWnd + t.random.int(1, 9000)].map((at) => ack(at));
      await expectSorted(t, { rcvWnd }, inside, outside);
    },
  },

  "text": {
    title: "a segment with text passes if one end lies in the window",
    kind: "table",
    weight: 2,
    covers: ["SM-4", "SM-11", "SM-5"],
    look: ["checkSequence"],
    why:
      "A segment that repeats old text may carry new text behind it, and one that reaches beyond the window has text inside. Both pass; takeText cuts them (RFC 9293 §3.10.7.4, " +
      "table 6, fourth line). One whose last byte is the one before rcvNxt has nothing new.",
    hints: [
      "Which number does the segment's last byte have?",
      "SEG.SEQ + SEG.LEN − 1. It passes if that lies in the window, or if SEG.SEQ does.",
      "Ask seqInWindow twice. With text of 10 bytes that begins at rcvNxt − 10, the last byte is rcvNxt − 1: outside.",
    ],
    run: async (t) => {
      const rcvWnd = t.random.int(2000, 9000);
      const length = t.random.int(10, 1000);
      await expectSorted(t, { rcvWnd }, [ack(0, length), ack(1 - length, length), ack(rcvWnd - 1, length), ack(-3, length)], [
        ack(-length, length),
        ack(rcvWnd, length),
        ack(-length - t.random.int(1, 900), length),
      ]);
    },
  },

  "fin-counts": {
    title: "a FIN counts in the length of a segment",
    kind: "table",
    covers: ["SM-4"],
    look: ["checkSequence"],
    why:
      "SYN and FIN take a sequence number each, so that they can be acknowledged: SEG.LEN counts them (RFC 9293 §3.4). Old text with a new FIN behind it is not old: " +
      "drop it, and the connection never ends.",
    hints: [
      "A segment has two lengths. Which did you take?",
      "segment.textLength is the text alone; segment.length is SEG.LEN.",
      "The last number of a segment is seq + segment.length − 1.",
    ],
    run: async (t) => {
      const length = t.random.int(10, 1000);
      await expectSorted(t, {}, [{ flags: "FIN ACK", at: -length, textLength: length }], [
        { flags: "FIN ACK", at: -length - 1, textLength: length },
        { flags: "FIN ACK", at: -1 },
      ]);
    },
  },

  "zero-empty": {
    title: "with a zero window, an empty segment at rcvNxt passes",
    kind: "table",
    covers: ["SM-4", "SM-5"],
    look: ["checkSequence"],
    why:
      "A shut window has no numbers in it, and still ACKs must come through, or we could never send. So exactly rcvNxt counts as inside (RFC 9293 §3.10.7.4, table 6, first line).",
    hints: [
      "How many numbers lie in a window of size 0?",
      "None; so this case needs a question of its own.",
      "rcvWnd is 0: acceptable is what begins at exactly rcvNxt.",
    ],
    run: async (t) => {
      await expectSorted(t, { rcvWnd: 0 }, [ack(0)], [ack(1), ack(-1), ack(t.random.int(2, 5000))]);
    },
  },

  "zero-flags": {
    title: "with a zero window, flags at rcvNxt are looked at",
    kind: "table",
    weight: 2,
    covers: ["MUST-66"],
    look: ["checkSequence"],
    why:
      "A peer that probes our shut window sends a byte, and the ACK in front of it counts. A RST counts also when nothing else fits, and urgent data must be told (MUST-66). " +
      "So what begins at rcvNxt goes on; its text is takeText's matter.",
    hints: [
      "Does a segment lose its ACK or its RST because its text does not fit?",
      "It must not: with a zero window, whatever begins at rcvNxt passes, text or not.",
      "One comparison for the zero window, without a look at the length.",
    ],
    run: async (t) => {
      const flags = ["ACK", "RST", "RST ACK", "ACK URG", "ACK PSH"];
      const textLength = t.random.int(1, 900);
      await expectSorted(t, { rcvWnd: 0 }, flags.map((each) => ({ flags: each, textLength })), [
        ack(1, textLength),
        ack(-textLength, textLength),
      ]);
    },
  },

  "outside-reset": {
    title: "a RST outside the window is dropped in silence",
    kind: "table",
    weight: 2,
    covers: ["R5961-3.2c", "SM-5"],
    look: ["checkSequence"],
    why:
      "A RST is never answered. Else two hosts that have lost each other would send RST and ACK to and fro, and whoever guesses numbers would learn from our answers " +
      "(RFC 9293 §3.10.7.4; RFC 5961 §3.2).",
    hints: [
      "What is sent for a segment outside the window, and for which one nothing?",
      "An ACK, unless the RST bit is set.",
      '`if (segment.flags & RST) return "drop"`, before the acknowledgment.',
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        for (const at of [-1, 4000, -t.random.int(2, 9000), 4000 + t.random.int(1, 9000)]) {
          const tcb = tcbIn(t.random.pick(SYNCHRONIZED), place, { rcvWnd: 4000 });
          const segment = segmentFor(tcb, { flags: t.random.pick(["RST", "RST ACK"]), at });
          await expectStep(t, "checkSequence", { ...tcb }, segment, { verdict: "drop" }, 1000);
          const other = segmentFor(tcb, { flags: "ACK", at });
          await t.about(ANSWERED, () => expectStep(t, "checkSequence", tcb, other, ACKNOWLEDGED, 1000));
        }
      }
    },
  },

  "renew": {
    title: "a segment in order renews the timestamp to echo",
    kind: "table",
    weight: 2,
    covers: ["7323-4.3"],
    look: ["checkSequence"],
    why:
      "The peer measures the round trip by the timestamp that we echo. It must be that of the oldest segment which we have not acknowledged: one that begins at or before the last " +
      "acknowledgment that we sent (RFC 7323 §4.3).",
    hints: [
      "Which two fields of the Tcb are about the newest timestamp?",
      "tsRecent, and tsRecentAt, when it was noted: `now`. Both are written when the segment is acceptable and begins at or before lastAckSent.",
      "After the window said yes: seqUpTo(segment.seq, tcb.lastAckSent), and the timestamp is not older.",
    ],
    run: async (t) => {
      for (const [which, [behind, at, textLength]] of ([[0, 0, 0], [0, 0, 500], [0, -20, 500], [300, -300, 700]] as const).entries()) {
        const { tcb, newer, now } = echoing(t, which, behind);
        const segment = newer({ flags: "ACK", at, textLength });
        const changes = { tsRecent: segment.tsVal, tsRecentAt: now };
        await expectStep(t, "checkSequence", tcb, segment, { verdict: "continue", changes }, now);
      }
    },
  },

  "no-renewal": {
    title: "a segment beyond lastAckSent leaves the timestamp alone",
    kind: "table",
    covers: ["7323-4.3"],
    look: ["checkSequence"],
    why:
      "Echoing the timestamp of a segment behind a gap would hide the loss in front of it from the peer's measurement, and with a delayed acknowledgment it would hide the delay: what counts is the first " +
      "segment that is not acknowledged yet. So the limit is lastAckSent, which may lie before rcvNxt (RFC 7323 §4.3 (2)).",
    hints: [
      "Where does the segment begin, and where does the last acknowledgment lie that we sent?",
      "Beyond lastAckSent: its timestamp is not noted, also when it begins at exactly rcvNxt.",
      "tcb.lastAckSent, not tcb.rcvNxt. A segment outside the window changes nothing either.",
    ],
    run: async (t) => {
      const cases = [[0, 1], [0, t.random.int(2, 3000)], [300, 0], [300, -1], [300, t.random.int(2, 3000)]] as const;
      for (const [which, [behind, at]] of cases.entries()) {
        const { tcb, newer, now } = echoing(t, which, behind);
        const segment = newer({ flags: "ACK", at, textLength: 100 });
        await expectStep(t, "checkSequence", tcb, segment, { also: ['acknowledge("now")'] }, now);
      }
      const { tcb, newer, now } = echoing(t, 0);
      const old = newer({ flags: "ACK", at: -100, textLength: 100 });
      await expectStep(t, "checkSequence", tcb, old, { also: ['acknowledge("now")'] }, now);
      await expectRenewal(t);
    },
  },

  "no-going-back": {
    title: "an older timestamp never takes the newer one's place",
    kind: "table",
    covers: ["7323-4.3", "7323-5.3"],
    look: ["checkSequence"],
    why:
      "tsRecent is what PAWS compares with. If it could go back, everything that is older than the newest timestamp and newer than this one would pass again. In a running stack checkTimestamps has dropped " +
      "such a segment before; the rule belongs here all the same (RFC 7323 §4.3 (2)).",
    hints: [
      "Which condition of the five is about the timestamp itself?",
      "It is not older than tsRecent, in the sense of checkTimestamps. Equal is not older.",
      "Ask the same helper as checkTimestamps does.",
    ],
    run: async (t) => {
      for (const which of [0, 1, 2, 3]) {
        const { tcb, newer, now } = echoing(t, which);
        const older = newer({ flags: "ACK", textLength: 10, tsVal: tcb.tsRecent - t.random.int(1, 90) });
        await expectStep(t, "checkSequence", tcb, older, { verdict: "continue" }, now);
      }
      await expectRenewal(t);
    },
  },

  "fin-again": {
    title: "TIME-WAIT: a FIN that comes again starts the wait again",
    kind: "table",
    weight: 2,
    covers: ["SM-9", "MUST-13"],
    look: ["checkSequence"],
    why:
      "The FIN comes again because our ACK of it was lost: the peer is still in LAST-ACK. It gets its ACK, and we wait for twice the segment lifetime from now on, in case that one is " +
      "lost as well (RFC 9293 §3.10.7.4, eighth step).",
    hints: [
      "Which number does the peer's FIN have, once we have stepped over it?",
      "rcvNxt − 1: outside the window. So it ends here, in the first step, and not in checkFin.",
      'In TIME-WAIT, with the FIN bit, and the segment ends at rcvNxt: effects.startTimeWait() beside acknowledge("now").',
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        for (const textLength of [0, t.random.int(1, 900)]) {
          const tcb = tcbIn("TIME-WAIT", place);
          const again = segmentFor(tcb, { flags: "FIN ACK", at: -1 - textLength, textLength });
          await expectStep(t, "checkSequence", tcb, again, { verdict: "drop", effects: ["startTimeWait()", 'acknowledge("now")'] }, 1000);
        }
      }
    },
  },

  "other-fin": {
    title: "TIME-WAIT: a FIN with another number starts nothing",
    kind: "table",
    covers: ["SM-9", "1337"],
    look: ["checkSequence"],
    why:
      "The peer has sent one FIN, and its number is known: rcvNxt − 1. A FIN that ends elsewhere is of an older connection, or forged; whoever sends one a minute would keep the port for ever " +
      "(RFC 9293 §3.10.7.4, eighth step: a retransmission of the remote FIN).",
    hints: [
      "What do you know about the number of the peer's FIN?",
      "The segment that has it ends at exactly rcvNxt: seq + SEG.LEN.",
      "seqAdd(segment.seq, segment.length) === tcb.rcvNxt, beside the bit and the state.",
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        const tcb = tcbIn("TIME-WAIT", place);
        for (const at of [-2, -t.random.int(3, 9000), tcb.rcvWnd, tcb.rcvWnd + t.random.int(1, 9000)]) {
          await expectStep(t, "checkSequence", { ...tcb }, segmentFor(tcb, { flags: "FIN ACK", at }), ACKNOWLEDGED, 1000);
        }
      }
    },
  },

  "time-wait-data": {
    title: "TIME-WAIT: old text is acknowledged, the wait goes on",
    kind: "table",
    weight: 2,
    covers: ["SM-9", "1337"],
    look: ["checkSequence"],
    why:
      "If any old segment started the wait again, a network that repeats one now and then would keep the port for ever; and anybody could do it on purpose. Only the FIN " +
      "shows that the peer still waits for us.",
    hints: [
      "What tells a FIN that comes again from other old segments?",
      "Its FIN bit, and that it ends at exactly rcvNxt.",
      "Old text in TIME-WAIT: acknowledge, drop, and nothing else.",
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        const tcb = tcbIn("TIME-WAIT", place);
        const textLength = t.random.int(1, 900);
        for (const wishes of [ack(-1 - textLength, textLength), ack(-1), ack(tcb.rcvWnd, textLength)]) {
          const wanted = { verdict: "drop", effects: ['acknowledge("now")'] } as const;
          await expectStep(t, "checkSequence", { ...tcb }, segmentFor(tcb, wishes), wanted, 1000);
        }
      }
    },
  },
};

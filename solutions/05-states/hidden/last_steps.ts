/** Hidden checks of the steps from the acknowledgment on. */
import { seqAdd } from "../../../stack/wire/seq.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { everywhere, expectNoted, NO_FIN_OUT, sending } from "../../../labs/05-states/checks/ack.ts";
import { expectStep, segmentFor, TAKING_TEXT, tcbIn } from "../../../labs/05-states/checks/bench.ts";
import { expectCut } from "../../../labs/05-states/checks/text.ts";

export const ack: Readonly<Record<string, CheckSpec>> = {
  "edges": {
    title: "the first and the last acceptable ACK are acceptable",
    kind: "table",
    weight: 2,
    covers: ["R5961-5.2", "SM-6"],
    look: ["checkAck"],
    why:
      "SND.UNA − MAX.SND.WND and SND.NXT are both inside the range (RFC 5961 §5.2). One off at the upper end, and the last byte is never acknowledged.",
    hints: [
      "Which comparisons are “less”, and which “less or equal”?",
      "Both ends belong to the range.",
      "Drop when seqDiff(ack, sndUna) < −maxSndWnd, or when sndNxt lies before the ACK.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const maxSndWnd = t.random.int(2000, 60_000);
        const flight = t.random.int(1, 1000);
        const tcb = sending(t.random.pick(NO_FIN_OUT), place, flight, { maxSndWnd, sndWnd: 2000 });
        for (const acks of [-maxSndWnd, 1 - maxSndWnd]) {
          await expectStep(t, "checkAck", { ...tcb }, segmentFor(tcb, { flags: "ACK", acks }), { verdict: "continue" });
        }
        const last = segmentFor(tcb, { flags: "ACK", acks: flight });
        const changes = { sndUna: last.ack, sndWl2: last.ack };
        await expectStep(t, "checkAck", tcb, last, { verdict: "continue", effects: [`acknowledged(${last.ack})`], changes });
      });
    },
  },

  "largest-window": {
    title: "the largest window ever is remembered",
    kind: "table",
    covers: ["R5961-5.2"],
    look: ["checkAck"],
    why:
      "How far an honest ACK may lie behind depends on the most that was ever in flight, which is the largest window that we ever had (RFC 5961 §5.2). It never becomes smaller again.",
    hints: [
      "What is maxSndWnd for?",
      "It bounds how old an ACK may be. It follows sndWnd when that grows beyond it.",
      "After the window was taken: if it is larger than maxSndWnd, that is the new one.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const window of [9001, t.random.int(9002, 0xffff), 9000, t.random.int(1, 8999)]) {
          const tcb = sending("ESTABLISHED", place, 100, { maxSndWnd: 9000 });
          const changes = { sndWnd: window, maxSndWnd: Math.max(9000, window) };
          await expectStep(t, "checkAck", tcb, segmentFor(tcb, { flags: "ACK", window }), { verdict: "continue", changes });
        }
      });
    },
  },

  "shrinks": {
    title: "a window that shrinks below what is in flight is taken",
    kind: "table",
    covers: ["MUST-34", "SM-7"],
    look: ["checkAck"],
    why:
      "A peer should not take back what he offered, and some do. What we may send is then less than nothing; the window is still the newest, and to be believed (MUST-34).",
    hints: [
      "What is sndUna + sndWnd, when the window shrinks to 10 with 100 in flight?",
      "Less than sndNxt. That is lab 06's problem; here the window is taken like any other.",
      "No condition on the size of the window.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const window of [0, t.random.int(1, 90)]) {
          const tcb = sending(t.random.pick(NO_FIN_OUT), place, 4000);
          const segment = segmentFor(tcb, { flags: "ACK", acks: 100, window });
          const changes = { sndUna: segment.ack, sndWl2: segment.ack, sndWnd: window };
          await expectStep(t, "checkAck", tcb, segment, { verdict: "continue", effects: [`acknowledged(${segment.ack})`], changes });
        }
      });
    },
  },

  "one-number-behind": {
    title: "the old window of an ACK one behind is not taken",
    kind: "table",
    weight: 2,
    covers: ["SM-7", "SM-6"],
    look: ["checkAck"],
    why:
      "The segment is the newest by SEG.SEQ, and its ACK is older than what we know: it was made before, and so was its window. SND.UNA ≤ SEG.ACK comes first (RFC 9293 §3.10.7.4, fifth step).",
    hints: [
      "When is the window looked at at all?",
      "Only for SND.UNA ≤ SEG.ACK ≤ SND.NXT.",
      "Return before the window when seqBefore(segment.ack, tcb.sndUna).",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = sending("ESTABLISHED", place, 100, { sndWl1: seqAdd(place.rcv, -500), sndWl2: seqAdd(place.una, -500) });
        for (const acks of [-1, -t.random.int(2, 400)]) {
          const segment = segmentFor(tcb, { flags: "ACK", acks, window: 0xffff, textLength: 10 });
          await expectStep(t, "checkAck", { ...tcb }, segment, { verdict: "continue" });
        }
        const segment = segmentFor(tcb, { flags: "ACK", window: 7 });
        const changes = { sndWnd: 7, sndWl1: segment.seq, sndWl2: segment.ack };
        await expectStep(t, "checkAck", tcb, segment, { verdict: "continue", changes });
      });
    },
  },

  "closing-old": {
    title: "in CLOSING and LAST-ACK an old ACK ends nothing",
    kind: "table",
    covers: ["SM-8", "SM-6"],
    look: ["checkAck"],
    why: "An ACK that was overtaken says nothing about our FIN. Only one that covers sndNxt does (RFC 9293 §3.10.7.4, fifth step).",
    hints: [
      "What does an ACK below sndUna tell you?",
      "Nothing new. No event, no timer.",
      "The question for the FIN comes after the one for old ACKs.",
    ],
    run: async (t) => {
      for (const state of ["CLOSING", "LAST-ACK", "FIN-WAIT-1"] as const) {
        await everywhere(t, async (place) => {
          const tcb = sending(state, place, t.random.int(1, 400));
          const verdict = ["continue", "drop"] as const;
          await expectStep(t, "checkAck", tcb, segmentFor(tcb, { flags: "ACK", acks: -t.random.int(1, 800) }), { verdict });
        });
      }
      await expectNoted(t);
    },
  },

  "after-the-fin": {
    title: "an ACK beyond our FIN is impossible",
    kind: "table",
    covers: ["SM-6", "R5961-5.2"],
    look: ["checkAck"],
    why:
      "The FIN takes one number and not two. Who acknowledges one more acknowledges what does not exist, and the FIN does not count as acknowledged by it (RFC 9293 §3.4).",
    hints: [
      "The FIN has number 5000. Which ACK covers it, and which is too much?",
      "5001 covers it; 5002 was never sent.",
      "The same limit as ever: sndNxt.",
    ],
    run: async (t) => {
      for (const state of ["FIN-WAIT-1", "CLOSING", "LAST-ACK", "FIN-WAIT-2"] as const) {
        await everywhere(t, async (place) => {
          const tcb = tcbIn(state, place);
          const beyond = state === "FIN-WAIT-2" ? 1 : 2;
          await expectStep(t, "checkAck", tcb, segmentFor(tcb, { flags: "ACK", acks: beyond }), {
            verdict: "drop",
            effects: ["challenge()"],
          });
        });
      }
    },
  },
};

export const urgent: Readonly<Record<string, CheckSpec>> = {
  "read-before": {
    title: "urgent data that was received before is no news",
    kind: "table",
    covers: ["MUST-32", "MUST-62"],
    look: ["checkUrgent"],
    why:
      "A segment that is sent again carries the URG bit of its time. If the place it points to lies behind us, the application has had its chance (RFC 9293 §3.8.5).",
    hints: [
      "Where does the pointer of an old segment lead?",
      "Before rcvNxt: nothing there is still to come.",
      "Two conditions: beyond rcvUp, and beyond rcvNxt.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = tcbIn(t.random.pick(TAKING_TEXT), place, { rcvUp: seqAdd(place.rcv, -200) });
        const old = segmentFor(tcb, { flags: "ACK URG", at: -100, urgentPointer: t.random.int(1, 99), textLength: 150 });
        await expectStep(t, "checkUrgent", { ...tcb }, old, { verdict: "continue" });
        const fresh = segmentFor(tcb, { flags: "ACK URG", at: -100, urgentPointer: t.random.int(101, 900), textLength: 150 });
        const up = seqAdd(fresh.seq, fresh.urgentPointer);
        await expectStep(t, "checkUrgent", tcb, fresh, { verdict: "continue", effects: [`urgent(${up})`], changes: { rcvUp: up } });
      });
    },
  },
};

export const text: Readonly<Record<string, CheckSpec>> = {
  "both-edges": {
    title: "a segment wider than the window is cut at both ends",
    kind: "table",
    weight: 2,
    covers: ["SM-11"],
    look: ["takeText"],
    why:
      "The window is small, the segment begins before it and ends behind it. What is delivered is the window, exactly (RFC 9293 §3.10.7.4, seventh step).",
    hints: [
      "Cut at the front first. How much is left, and how much of that fits?",
      "The rest begins at rcvNxt, so rcvWnd bytes fit.",
      "count = the smaller of (textLength − skipped) and (rcvWnd − distance of the first byte kept).",
    ],
    run: async (t) => {
      const [rcvWnd, old] = [t.random.int(10, 300), t.random.int(1, 300)];
      await expectCut(t, rcvWnd, [
        { at: -old, length: old + rcvWnd + t.random.int(1, 300), take: [old, old + rcvWnd], acknowledge: "either" },
        { at: -old, length: old + rcvWnd, take: [old, old + rcvWnd], acknowledge: "either" },
        { at: -1, length: rcvWnd + 2, take: [1, rcvWnd + 1], acknowledge: "either" },
      ]);
    },
  },

  "all-old": {
    title: "text that is old to its last byte is only acknowledged",
    kind: "table",
    covers: ["SM-11"],
    look: ["takeText"],
    why:
      "Old text with a FIN behind it passes checkSequence, because of the FIN. Nothing of the text is new: no delivery, not even of zero bytes, and an ACK at once (RFC 9293 §3.10.7.4).",
    hints: [
      "What is left of 20 bytes that begin 20 before rcvNxt?",
      "Nothing. deliver is not called with a count of 0, nor with less.",
      'A count of 0 or less: acknowledge("now") alone.',
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const textLength = t.random.int(1, 900);
        const tcb = tcbIn(t.random.pick(TAKING_TEXT), place);
        const old = segmentFor(tcb, { flags: "FIN ACK", at: -textLength, textLength });
        await expectStep(t, "takeText", { ...tcb }, old, { verdict: "continue", effects: ['acknowledge("now")'] });
        const half = segmentFor(tcb, { flags: "FIN ACK", at: -textLength, textLength: textLength + 1 });
        const acknowledgment = ['acknowledge("now")', 'acknowledge("later")'];
        const effects = [`deliver(${place.rcv}, ${half.text + textLength}, 1)`, acknowledgment];
        await expectStep(t, "takeText", tcb, half, { verdict: "continue", effects });
      });
    },
  },

  "behind-a-syn": {
    title: "text in a SYN+ACK begins one number behind it",
    kind: "table",
    covers: ["SM-3"],
    look: ["takeText"],
    why:
      "SYN-SENT is the one state from which a SYN reaches this step: lab 04 says “continue”, and text may follow in the same segment. The SYN takes the first number, so the text's first byte has the " +
      "next one (RFC 9293 §3.10.7.3). Leaving it for the peer to send again is legal too; a wrong number is not.",
    hints: [
      "Which number does the first byte of text have, in a segment with SYN?",
      "segment.seq + 1: the SYN itself is segment.seq.",
      "Begin with a sequence number of the *text*: seq, or one more when the SYN bit is set.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = tcbIn("ESTABLISHED", place);
        const textLength = t.random.int(1, 900);
        const segment = segmentFor(tcb, { flags: "SYN ACK", at: -1, textLength });
        const also = [`deliver(${place.rcv}, ${segment.text}, ${textLength})`, 'acknowledge("now")', 'acknowledge("later")'];
        await expectStep(t, "takeText", { ...tcb }, segment, { verdict: "continue", also });
        const plain = segmentFor(tcb, { flags: "ACK", textLength });
        const effects = [`deliver(${plain.seq}, ${plain.text}, ${textLength})`, 'acknowledge("later")'];
        await expectStep(t, "takeText", tcb, plain, { verdict: "continue", effects });
      });
    },
  },
};

export const fin: Readonly<Record<string, CheckSpec>> = {
  "near-misses": {
    title: "a FIN one number off is not taken",
    kind: "table",
    weight: 2,
    covers: ["SM-11", "SM-4"],
    look: ["checkFin"],
    why:
      "In a segment of 10 bytes the FIN is the eleventh number: seq + 10. Confuse it with the last byte, or with what comes behind, and the connection ends a byte early or never (RFC 9293 §3.4).",
    hints: [
      "SEG.LEN is 11. Which number does the FIN have?",
      "seq + SEG.LEN − 1.",
      "Equal to rcvNxt, and nothing else.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const textLength = t.random.int(1, 900);
        for (const off of [-1, 1, 2]) {
          const tcb = tcbIn(t.random.pick(TAKING_TEXT), place);
          const segment = segmentFor(tcb, { flags: "FIN ACK", at: off - textLength, textLength });
          await expectStep(t, "checkFin", tcb, segment, { verdict: "continue" });
        }
        const tcb = tcbIn("ESTABLISHED", place);
        const right = segmentFor(tcb, { flags: "FIN ACK", at: -textLength, textLength });
        const changes = { finReceived: true, rcvNxt: seqAdd(place.rcv, 1) };
        const effects = ['event("fin received")', 'acknowledge("now")'];
        await expectStep(t, "checkFin", tcb, right, { verdict: "continue", effects, changes });
      });
    },
  },
};

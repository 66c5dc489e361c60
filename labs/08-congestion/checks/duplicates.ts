/** Public checks of lab 08: what a duplicate acknowledgment is, and what comes of it. */
import type { Segment } from "../../../stack/contract/tcb.ts";
import { type Seq, seqAdd } from "../../../stack/wire/seq.ts";
import { ACK, FIN, PSH, SYN } from "../../../stack/wire/tcp_flags.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { change, expectMembers, record, sizes } from "./bench.ts";

/** An empty acknowledgment of `ack`. */
function acknowledgment(ack: Seq, members: Partial<Segment> = {}): Segment {
  const options = { mss: 0, windowScale: -1, sackPermitted: false, timestamps: false, tsVal: 0, tsEcr: 0, sackBlocks: 0, sackCount: 0 };
  const numbers = { sourcePort: 40_000, destinationPort: 80, seq: seqAdd(ack, 77), ack, flags: ACK, window: 5000, urgentPointer: 0 };
  return { ...numbers, text: 40, textLength: 0, length: 0, ...options, ...members };
}

const anySeq = (t: Trial): Seq => seqAdd(0 as Seq, t.random.int(0, 0xffff_ffff));

const DUPLICATES = ["duplicateAck"] as const;
const TWO_LOSSES =
  "What was in flight together is lost together: several holes in one window are one sign of congestion. Halved for each, the window would be gone in no time. So what was sent before the loss was noticed " +
  "cannot begin another recovery";

const THIRD =
  "Two packets that change places make a duplicate or two. Three are nearly always a loss: the segment goes again at once, long before the timer (fast retransmit). Half of what was in flight was too much; and three segments have " +
  "left the network (RFC 5681 §3.2).";

export const duplicates: Readonly<Record<string, CheckSpec>> = {
  "definition": {
    title: "a duplicate acknowledges the same, and says nothing else",
    kind: "table",
    weight: 2,
    covers: ["5681-dup"],
    look: ["isDuplicateAck"],
    why:
      "A peer repeats an acknowledgment when something came beyond a gap. But it also repeats it beside its own text, when its window opens, and when it closes: these say nothing of a loss (RFC 5681 §2).",
    hints: [
      "RFC 5681 §2 has five conditions, (a) to (e). Which do you look at?",
      "In flight; no text; no SYN and no FIN; the number is exactly `una`; the window is the same.",
      "All five must hold. Of the flags only two matter: neither SYN nor FIN may be set, and whatever else is set is no concern.",
    ],
    run: async (t: Trial) => {
      const una = anySeq(t);
      const inFlight = t.random.int(1, 50_000);
      const cases: readonly (readonly [what: string, expected: boolean, segment: Segment, inFlight: number, sameWindow: boolean])[] = [
        ["an empty acknowledgment of una", true, acknowledgment(una), inFlight, true],
        ["the same with PSH", true, acknowledgment(una, { flags: ACK | PSH }), inFlight, true],
        ["the same with nothing in flight", false, acknowledgment(una), 0, true],
        ["the same with another window", false, acknowledgment(una), inFlight, false],
        ["one with text", false, acknowledgment(una, { textLength: 9, length: 9 }), inFlight, true],
        ["one with a FIN", false, acknowledgment(una, { flags: ACK | FIN, length: 1 }), inFlight, true],
        ["one with a SYN", false, acknowledgment(una, { flags: ACK | SYN, length: 1 }), inFlight, true],
        ["one of una − 1", false, acknowledgment(seqAdd(una, -1)), inFlight, true],
        ["one of una + 1", false, acknowledgment(seqAdd(una, 1)), inFlight, true],
      ];
      for (const [what, expected, segment, flight, same] of cases) {
        const is = await t.congestion.isDuplicateAck(record(), segment, una, flight, same, 0);
        t.equal(is, expected, `whether ${what} is a duplicate`);
      }
    },
  },
  "definition-sack": {
    title: "with SACK: what tells of something new is a duplicate",
    kind: "table",
    covers: ["5681-3.2b", "6675-5"],
    look: ["isDuplicateAck"],
    why:
      "With SACK the peer says why it repeats itself. If nothing beyond the gap is new, no packet has arrived, and none may be sent for it (RFC 3042 §2, RFC 6675 §2). If something is, it does not matter what else the segment says.",
    hints: [
      "What does `newlySacked` say?",
      "With `state.sack` the answer is whether it is more than 0.",
      "Ask for SACK before everything else: then the five conditions are not looked at.",
    ],
    run: async (t: Trial) => {
      const una = anySeq(t);
      const state = record({ sack: true });
      for (const members of [{}, { textLength: 100, length: 100 }]) {
        for (const newlySacked of [0, 1, t.random.int(2, 3000)]) {
          const is = await t.congestion.isDuplicateAck(state, acknowledgment(una, members), una, 8000, newlySacked % 2 === 0, newlySacked);
          const what = `a segment with ${members.textLength ?? 0} bytes of text that tells of ${newlySacked} new bytes`;
          t.equal(is, newlySacked > 0, `whether ${what} is a duplicate`);
        }
      }
    },
  },
  "third": {
    title: "two duplicates are waited for, the third begins recovery",
    kind: "table",
    weight: 3,
    covers: ["5681-3.2b", "5681-3.2c"],
    look: DUPLICATES,
    why: THIRD,
    hints: [
      "What changes with the first and the second duplicate, and what with the third?",
      'dupAcks counts. With the third: ssthresh is halved, cwnd is ssthresh + 3 SMSS, the phase is "recovery", recoveryPoint is highData, and the answer "resend".',
      "Reduce first, as the algorithm says. cwnd follows from the ssthresh that this gave.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = t.random.int(8, 60);
      const una = segments(t.random.int(1, 50));
      const highData = una + segments(count);
      const state = record({ smss, cwnd: segments(count) });
      for (const nth of [1, 2]) {
        t.equal(await change(t, "duplicateAck", state, una, highData, false), "wait", `the answer to duplicate number ${nth}`);
        expectMembers(
          t,
          state,
          { dupAcks: nth, phase: "open", cwnd: segments(count), ssthresh: Infinity },
          `after duplicate number ${nth}`,
        );
      }
      t.equal(await change(t, "duplicateAck", state, una, highData, false), "resend", "the answer to the third duplicate");
      const ssthresh = segments(count) / 2;
      expectMembers(
        t,
        state,
        { phase: "recovery", ssthresh, cwnd: ssthresh + segments(3), recoveryPoint: highData },
        `after the third, with ${count} segments of ${smss} in flight`,
      );
    },
  },
  "inflation": {
    title: "in recovery each further duplicate opens the window by one",
    kind: "table",
    covers: ["5681-3.2d"],
    look: DUPLICATES,
    why:
      "Without SACK nobody knows what has arrived, but each duplicate means that one segment more has. FlightSize does not shrink for it, so the window is inflated instead, and new text can go (RFC 5681 §3.2, step 4).",
    hints: [
      'What do you do with a duplicate in phase "recovery"?',
      "cwnd grows by 1 SMSS; ssthresh stays, and nothing goes again.",
      "Ask for the phase first: in recovery a duplicate opens the window by one SMSS, and the answer is “wait”, always.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, phase: "recovery", cwnd: segments(8), ssthresh: segments(5), dupAcks: 3, recoveryPoint: segments(10) });
      const more = t.random.int(3, 9);
      for (let i = 1; i <= more; i++) {
        t.equal(await change(t, "duplicateAck", state, 0, segments(10), false), "wait", `the answer to duplicate number ${i + 3}`);
        expectMembers(
          t,
          state,
          { phase: "recovery", cwnd: segments(8 + i), ssthresh: segments(5), recoveryPoint: segments(10) },
          `after duplicate number ${i + 3}`,
        );
      }
    },
  },
  "sack-third": {
    title: "with SACK cwnd is ssthresh, and nothing is inflated",
    kind: "table",
    covers: ["6675-5"],
    look: DUPLICATES,
    why:
      "With SACK the scoreboard knows what is still on its way, segment by segment. A window that pretends would count everything twice (RFC 6675 §5, step 4.2).",
    hints: [
      "What is cwnd after the third duplicate when `state.sack` is true, and after the fourth?",
      "ssthresh both times.",
      "SMSS is added in two places: three of them when recovery begins, one for each duplicate in it. Both are for connections without SACK.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = t.random.int(8, 60);
      const state = record({ smss, sack: true, cwnd: segments(count), dupAcks: 2 });
      const answer = await change(t, "duplicateAck", state, 0, segments(count), false);
      await t.about({ why: THIRD, look: DUPLICATES }, () => t.equal(answer, "resend", "the answer to the third duplicate"));
      const expected = {
        phase: "recovery",
        ssthresh: segments(count) / 2,
        cwnd: segments(count) / 2,
        recoveryPoint: segments(count),
      } as const;
      expectMembers(t, state, expected, `after the third, with ${count} segments in flight`);
      for (let i = 0; i < 3; i++) {
        t.equal(await change(t, "duplicateAck", state, 0, segments(count), true), "wait", "the answer to one more");
      }
      expectMembers(t, state, expected, "after three more");
    },
  },
  "sack-lost": {
    title: "with SACK the scoreboard's word is enough",
    kind: "table",
    covers: ["6675-5"],
    look: DUPLICATES,
    why:
      "One acknowledgment can tell of many segments beyond a gap, when those between were lost or several came at once. The scoreboard takes the gap for lost; there is no third to wait for (RFC 6675 §5, step 2).",
    hints: [
      "What is the last argument?",
      "`lost`: IsLost(HighACK + 1). If it is true, the first duplicate begins recovery.",
      "To wait takes both: fewer than three duplicates, and a byte that is not lost.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, sack: true, cwnd: segments(20) });
      t.equal(
        await change(t, "duplicateAck", state, segments(5), segments(25), true),
        "resend",
        "the answer to the first duplicate, when the byte at una is lost",
      );
      expectMembers(t, state, { phase: "recovery", cwnd: segments(10), recoveryPoint: segments(25) }, "afterwards");
    },
  },
  "limited-not-counted": {
    title: "what limited transmit has sent is not halved",
    kind: "table",
    covers: ["5681-3.2c"],
    look: DUPLICATES,
    why:
      "The two segments that went out for the first two duplicates went beyond the window. Counted, they would leave the window one too large after each loss (RFC 5681 §3.2, step 2).",
    hints: [
      "cwnd was 10 segments, and 12 are in flight: two of them by limited transmit. What is ssthresh?",
      "5: half of 10.",
      "Whatever lies between una and highData, not more than cwnd of it counts.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = t.random.int(6, 40);
      const state = record({ smss, cwnd: segments(count), dupAcks: 2 });
      await change(t, "duplicateAck", state, 0, segments(count + 2), false);
      expectMembers(
        t,
        state,
        { ssthresh: segments(count) / 2, recoveryPoint: segments(count + 2) },
        `with a window of ${count} segments and ${count + 2} in flight`,
      );
    },
  },
  "one-loss": {
    title: "the same window's losses are noticed once",
    kind: "table",
    weight: 2,
    covers: ["6582", "5681-4.3"],
    look: DUPLICATES,
    why: `${TWO_LOSSES} (RFC 6582 §3.2, step 2).`,
    hints: [
      "After a recovery, `recoveryPoint` is the end of what was sent when it began. Three duplicates come for something before that: what then?",
      'They belong to the loss before, or were caused by what was sent again needlessly: "wait". Only when una lies *beyond* recoveryPoint is it a new loss.',
      "Without SACK, una may even be equal to recoveryPoint: it is the old loss still. Count the duplicate, and change nothing else.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const point = segments(t.random.int(10, 40));
      for (const [una, answer] of [[point - smss, "wait"], [point, "wait"], [point + 1, "resend"], [point + smss, "resend"]] as const) {
        const state = record({ smss, cwnd: segments(10), ssthresh: segments(9), dupAcks: 2, recoveryPoint: point });
        const said = await change(t, "duplicateAck", state, una, una + segments(10), false);
        t.equal(said, answer, `the answer to the third duplicate when una is ${una} and recoveryPoint ${point}`);
        if (answer === "wait") expectMembers(t, state, { phase: "open", cwnd: segments(10), ssthresh: segments(9) }, "afterwards");
      }
    },
  },
  "one-loss-sack": {
    title: "with SACK a new loss may begin at recoveryPoint itself",
    kind: "table",
    covers: ["6675-5.1", "6675-5"],
    look: DUPLICATES,
    why:
      "With SACK duplicates tell what is new: those that needless retransmissions cause are none. So there is no need to wait until una lies beyond RecoveryPoint; but before it is reached it is the same loss (RFC 6675 §5.1).",
    hints: [
      "With SACK, una equals recoveryPoint: is that a new loss?",
      "Yes. Only una *below* recoveryPoint belongs to the loss before; without SACK, una equal to it does as well.",
      "The same comparison, but for the one byte: which of the two is used, `state.sack` says.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const point = segments(t.random.int(10, 40));
      for (const [una, answer] of [[point - 1, "wait"], [point, "resend"], [point + smss, "resend"]] as const) {
        const state = record({ smss, sack: true, cwnd: segments(10), ssthresh: segments(9), recoveryPoint: point });
        const said = await change(t, "duplicateAck", state, una, una + segments(10), true);
        t.equal(said, answer, `the answer when una is ${una}, recoveryPoint ${point}, and the byte at una lost, with SACK`);
      }
    },
  },
  "counted-anyway": {
    title: "duplicates of the old loss are counted all the same",
    kind: "table",
    covers: ["6582", "5681-3.2b"],
    look: DUPLICATES,
    why:
      "They begin no recovery, but each says that a segment has left the network: `sendWindow` lets two new ones go for the first two, and knows of them by the count (RFC 3042 §2).",
    hints: [
      "una lies before recoveryPoint, and duplicates come. What is `dupAcks` after each?",
      "1, 2, 3, 4 …: it is counted first, and asked afterwards whether it is a loss that was noticed already.",
      "Step 2 comes before steps 3 and 4, whatever these say.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const sack of [false, true]) {
        const state = record({ smss, sack, cwnd: segments(10), ssthresh: segments(9), recoveryPoint: segments(30) });
        for (let nth = 1; nth <= 5; nth++) {
          const said = await change(t, "duplicateAck", state, segments(29), segments(38), sack);
          t.equal(said, "wait", `the answer to duplicate number ${nth}, with una before recoveryPoint`);
          expectMembers(t, state, { dupAcks: nth }, `after duplicate number ${nth}, ${sack ? "with" : "without"} SACK`);
        }
      }
    },
  },
  "three-or-more": {
    title: "three duplicates are enough, and so are more",
    kind: "table",
    covers: ["5681-3.2b", "6582"],
    look: DUPLICATES,
    why:
      "Duplicates that were waited for count, too. Whoever asks for exactly the third would wait for the timer when the count is beyond that already (RFC 6675 §5: DupAcks ≥ DupThresh).",
    hints: [
      "`dupAcks` is 5, and nothing makes you wait for recoveryPoint. One more duplicate comes: is it a loss?",
      "Yes: six are not less than three.",
      "Compare with `<`, and not with equality.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const [sack, dupAcks] of [[false, 2], [false, 3], [true, 3], [false, t.random.int(4, 9)]] as const) {
        const una = segments(t.random.int(5, 20));
        const state = record({ smss, sack, cwnd: segments(10), dupAcks, recoveryPoint: segments(4) });
        const said = await change(t, "duplicateAck", state, una, una + segments(10), false);
        t.equal(said, "resend", `the answer to one more duplicate when dupAcks is ${dupAcks}, ${sack ? "with" : "without"} SACK`);
        expectMembers(t, state, { phase: "recovery", recoveryPoint: una + segments(10) }, "afterwards");
      }
    },
  },
  "no-growth": {
    title: "a duplicate does not make the window grow",
    kind: "table",
    covers: ["5681-3.2b", "5681-3.1d"],
    look: DUPLICATES,
    why:
      "It acknowledges nothing. The window grows for what has arrived in order; limited transmit lends a segment, and does not give it (RFC 5681 §3.1: an ACK of new data; RFC 3042 §2).",
    hints: [
      "Which member changes with the first two duplicates?",
      "`dupAcks`, and no other: neither cwnd nor what is counted towards it.",
      "Nothing in duplicateAck calls what makes the window grow.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = t.random.int(8, 30);
      for (const ssthresh of [Infinity, segments(5)]) {
        const state = record({ smss, cwnd: segments(count), ssthresh, bytesAcked: segments(count) - 4 });
        for (const nth of [1, 2]) {
          await change(t, "duplicateAck", state, 0, segments(count), false);
          const expected = { dupAcks: nth, cwnd: segments(count), bytesAcked: segments(count) - 4 };
          expectMembers(t, state, expected, `after duplicate number ${nth}, with ssthresh ${ssthresh}`);
        }
      }
    },
  },
  "by-flight": {
    title: "a loss reduces what is in flight, as the algorithm says",
    kind: "table",
    covers: ["5681-3.2c", "9438"],
    look: ["duplicateAck", "reduceReno", "reduceCubic"],
    why:
      "Half of what was in flight, not of the window, which may be far larger; and CUBIC leaves seven tenths of it. Recovery is the same for both (RFC 5681 §3.2, RFC 9438 §4.6).",
    hints: [
      "The window is 40 segments, 20 are in flight, and one is lost. What is ssthresh with Reno, and with CUBIC?",
      "10, and 14. Without SACK cwnd is three segments more than that.",
      "Which function reduces, `algorithm` says; what it is given is what is in flight, but cwnd at most.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const flight = 10 * t.random.int(1, 3);
      for (const [algorithm, tenths] of [["reno", 5], ["cubic", 7]] as const) {
        for (const sack of [false, true]) {
          const state = record({ smss, algorithm, sack, cwnd: segments(40), dupAcks: 2 });
          await change(t, "duplicateAck", state, segments(7), segments(7 + flight), false);
          const left = flight * tenths / 10;
          const expected = { phase: "recovery", ssthresh: segments(left), cwnd: segments(sack ? left : left + 3) } as const;
          const when = `${algorithm}, ${sack ? "with" : "without"} SACK, a window of 40 segments of ${smss}, ${flight} in flight`;
          expectMembers(t, state, expected, `after the third duplicate: ${when}`);
        }
      }
    },
  },
};

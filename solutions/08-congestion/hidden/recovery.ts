/** Hidden checks of lab 08: recovery and timeouts, in sequences of several calls. */
import { change, expectMembers, record, sizes } from "../../../labs/08-congestion/checks/bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const moreDuplicates: Readonly<Record<string, CheckSpec>> = {
  "flight-below-window": {
    title: "a loss halves what was in flight, not the window",
    kind: "table",
    covers: ["5681-3.2c", "5681-3.1e"],
    look: ["duplicateAck", "reduceReno"],
    why:
      "An application that had little to say filled a quarter of its window, and that was too much. Half of the window would be twice that (RFC 5681 §3.1).",
    hints: [
      "cwnd is 40 segments, 10 are in flight, one is lost. What is ssthresh?",
      "5 segments; and without SACK cwnd is 8.",
      "Reduce with `Math.min(highData - una, state.cwnd)`.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const [flight, ssthresh] of [[10, 5], [t.random.int(3, 10) * 2, 0], [3, 2]] as const) {
        const left = segments(ssthresh || flight / 2);
        const state = record({ smss, cwnd: segments(40), dupAcks: 2 });
        await change(t, "duplicateAck", state, segments(7), segments(7 + flight), false);
        expectMembers(
          t,
          state,
          { ssthresh: left, cwnd: left + segments(3), recoveryPoint: segments(7 + flight) },
          `after the third duplicate, with a window of 40 segments of ${smss} and ${flight} in flight`,
        );
      }
    },
  },
  "cubic-inflation": {
    title: "without SACK CUBIC inflates its window, too",
    kind: "table",
    covers: ["9438", "5681-3.2c"],
    look: ["duplicateAck", "reduceCubic"],
    why: "The algorithm says what ssthresh is. What recovery makes of it is the same for both (RFC 9438 §4.6, RFC 5681 §3.2).",
    hints: [
      "What is cwnd after the third duplicate, with CUBIC and without SACK?",
      "0.7 of what was in flight, and three segments.",
      "`state.cwnd = sack ? state.ssthresh : state.ssthresh + 3 * smss`, whatever the algorithm.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = 10 * t.random.int(2, 6);
      const state = record({ smss, algorithm: "cubic", cwnd: segments(count), dupAcks: 2 });
      await change(t, "duplicateAck", state, 0, segments(count), false);
      const [ssthresh, cwnd] = [segments(0.7 * count), segments(0.7 * count + 3)];
      expectMembers(t, state, { phase: "recovery", ssthresh, cwnd }, `after a loss of ${count} segments' window`);
      t.fields(state, { wMax: count, cwndPrior: count }, "what is remembered, in segments");
    },
  },
  "next-loss": {
    title: "duplicates of the old loss hide no new one",
    kind: "table",
    covers: ["6582", "5681-4.3"],
    look: ["duplicateAck", "newAck"],
    why:
      "Duplicates are waited for until una has passed recoveryPoint. From there on three begin a recovery, however many came before (RFC 6582 §3.2).",
    hints: [
      "Five duplicates are waited for, una passes recoveryPoint, and three more come. What is the answer to each?",
      "“wait”, five times; then “wait”, “wait”, “resend”.",
      "newAck sets dupAcks to 0, so the count begins anew.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, cwnd: segments(8), ssthresh: segments(8), recoveryPoint: segments(20) });
      for (let i = 1; i <= 5; i++) {
        t.equal(await change(t, "duplicateAck", state, segments(20), segments(28), false), "wait", `the answer to duplicate number ${i}`);
      }
      await change(t, "newAck", state, segments(22), segments(2), segments(30), 1000);
      for (const [nth, answer] of [["first", "wait"], ["second", "wait"], ["third", "resend"]] as const) {
        const said = await change(t, "duplicateAck", state, segments(22), segments(30), false);
        t.equal(said, answer, `the answer to the ${nth} duplicate beyond recoveryPoint`);
      }
      expectMembers(t, state, { phase: "recovery", recoveryPoint: segments(30) }, "after the third");
    },
  },
};

export const acknowledged: Readonly<Record<string, CheckSpec>> = {
  "several-holes": {
    title: "several holes: each partial acknowledgment sends one",
    kind: "table",
    covers: ["6582", "5681-3.2e"],
    look: ["newAck", "duplicateAck"],
    why:
      "Each partial acknowledgment finds one more hole of the same loss: ssthresh is what the first one made it, and recovery ends with the last (RFC 6582 §3.2).",
    hints: [
      "Three partial acknowledgments come, and duplicates between them. What changes, what stays?",
      "cwnd loses what is acknowledged and gets back one segment, and grows by one with each duplicate; ssthresh, phase and recoveryPoint stay.",
      "Only `una >= state.recoveryPoint` ends recovery.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, cwnd: segments(20), dupAcks: 2 });
      await change(t, "duplicateAck", state, 0, segments(20), false);
      let [una, cwnd] = [0, 13];
      for (const acked of [3, 2, 4]) {
        una += acked;
        cwnd += 1 - acked;
        t.equal(
          await change(t, "newAck", state, segments(una), segments(acked), segments(20), 1000),
          "resend",
          `the answer when ${una} of 20 segments are acknowledged`,
        );
        await change(t, "duplicateAck", state, segments(una), segments(20), false);
        cwnd++;
        expectMembers(
          t,
          state,
          { phase: "recovery", cwnd: segments(cwnd), ssthresh: segments(10), recoveryPoint: segments(20) },
          `after that, and one duplicate more`,
        );
      }
      t.equal(await change(t, "newAck", state, segments(20), segments(20 - una), segments(24), 1000), "wait", "the answer to the last");
      t.equal(state.phase, "open", "the phase when all of it is acknowledged");
    },
  },
  "cubic-grows": {
    title: "CUBIC's stage begins where slow start ends",
    kind: "table",
    covers: ["9438", "5681-3.1c"],
    look: ["newAck", "growCubic"],
    why:
      "Below ssthresh both algorithms are in slow start. A stage that began there would count time in which nothing was to be learned (RFC 9438 §4.10).",
    hints: [
      "Which function does newAck call below ssthresh when `algorithm` is “cubic”, and which from there on?",
      "slowStart; then growCubic, with the time.",
      '`if (cwnd < ssthresh) slowStart(…); else if (algorithm === "cubic") growCubic(…); else growReno(…)`',
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const start = t.random.int(1000, 9000);
      const state = record({ smss, algorithm: "cubic", cwnd: segments(10), ssthresh: segments(12), roundTrip: 30 });
      for (const [nth, epochStart] of [[1, -1], [2, -1], [3, start + 3]] as const) {
        await change(t, "newAck", state, segments(nth), smss, segments(10 + nth), start + nth);
        t.equal(
          state.epochStart,
          epochStart,
          `epochStart after ${nth} acknowledged segments, from 10 of 12 on, the last at ${start + nth}`,
        );
      }
      t.ok(state.cwnd <= segments(13), `cwnd of ${segments(13)} at most`, `${state.cwnd}`);
    },
  },
  "loss-ends-unused": {
    title: "loss ends even if the window was not used",
    kind: "table",
    covers: ["5681-3.1e", "5681-3.1c"],
    look: ["newAck"],
    why: "`limited` is about growing. That all of it is acknowledged is a fact, whoever had how much to say (RFC 5681 §3.1).",
    hints: [
      "Which part of newAck does `limited` guard?",
      "Only the growing. The phase is settled before, and dupAcks, too.",
      '`if (phase !== "open" && isOver) state.phase = "open";` and then `if (state.limited) grow(…)`.',
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const sack of [false, true]) {
        for (const [una, phase] of [[19, "loss"], [20, "open"], [23, "open"]] as const) {
          const members = { phase: "loss", cwnd: segments(6), ssthresh: segments(5), recoveryPoint: segments(20) } as const;
          const state = record({ smss, sack, limited: false, ...members });
          t.equal(await change(t, "newAck", state, segments(una), segments(2), segments(24), 1000), "wait", "the answer");
          expectMembers(t, state, { phase, cwnd: segments(6) }, `when ${una} segments are acknowledged, and recoveryPoint is at 20`);
        }
      }
    },
  },
};

export const timeout: Readonly<Record<string, CheckSpec>> = {
  "story": {
    title: "recovery, a timeout in it, and the way back",
    kind: "table",
    weight: 2,
    covers: ["5681-3.1e", "5681-3.2c", "6582"],
    look: ["duplicateAck", "timedOut", "newAck"],
    why:
      "The retransmission was lost, too. What was inflated for recovery is void, and so is what recovery had in mind; only ssthresh remembers (RFC 5681 §4.3).",
    hints: [
      "Write the record down after each call.",
      "The timer reduces what is in flight now; the window that recovery inflated does not count. Slow start leads up to ssthresh.",
      "timedOut sets cwnd, phase, recoveryPoint and dupAcks, wherever we were.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, cwnd: segments(16), dupAcks: 2 });
      await change(t, "duplicateAck", state, 0, segments(16), false);
      for (let i = 0; i < 6; i++) await change(t, "duplicateAck", state, 0, segments(17), false);
      expectMembers(t, state, { phase: "recovery", cwnd: segments(17), ssthresh: segments(8) }, "after nine duplicates");
      await change(t, "timedOut", state, 0, segments(18), false);
      const timed = { phase: "loss", cwnd: smss, ssthresh: segments(9), recoveryPoint: segments(18), dupAcks: 0 } as const;
      expectMembers(t, state, timed, "after the timer fired, with 18 segments in flight");
      await change(t, "newAck", state, segments(16), segments(16), segments(18), 2000);
      expectMembers(t, state, { phase: "loss", cwnd: segments(2) }, "when 16 of them are acknowledged at once");
      t.equal(await change(t, "newAck", state, segments(18), segments(2), segments(20), 2100), "wait", "the answer to the last");
      expectMembers(t, state, { phase: "open", cwnd: segments(3), ssthresh: segments(9) }, "when all 18 are");
    },
  },
};

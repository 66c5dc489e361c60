/** Public checks of lab 08: the retransmission timer fired. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { change, expectMembers, record, sizes } from "./bench.ts";

const TIMED_OUT = ["timedOut"] as const;

export const timeout: Readonly<Record<string, CheckSpec>> = {
  "one-segment": {
    title: "after a timeout one segment may go, and half is ssthresh",
    kind: "table",
    weight: 2,
    covers: ["5681-3.1e", "MUST-19"],
    look: TIMED_OUT,
    why:
      "Nothing came back for a long time: there is no clock of acknowledgments any more, and what the way takes must be found out again (RFC 5681 §3.1). RFC 2525 §2.2 tells of stacks that went on with the whole window.",
    hints: [
      "What are cwnd, ssthresh, phase and recoveryPoint after the timer fired?",
      '1 SMSS; half of FlightSize, 2 SMSS at least; "loss"; highData. And dupAcks is 0.',
      "Reduce with `highData - una` first, unless `again`; then set the others.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const phase of ["open", "recovery"] as const) {
        const [una, flight] = [segments(t.random.int(1, 50)), t.random.int(6, 80)];
        const state = record({ smss, phase, cwnd: segments(90), dupAcks: 2, recoveryPoint: phase === "open" ? -1 : una + segments(2) });
        await change(t, "timedOut", state, una, una + segments(flight), false);
        const expected = {
          phase: "loss",
          cwnd: smss,
          ssthresh: segments(flight) / 2,
          dupAcks: 0,
          recoveryPoint: una + segments(flight),
        } as const;
        expectMembers(t, state, expected, `after a timeout in phase "${phase}", with ${flight} segments of ${smss} in flight`);
      }
    },
  },
  "again": {
    title: "the same segment's second timeout leaves ssthresh",
    kind: "table",
    covers: ["5681-3.1e", "5681-4.3"],
    look: TIMED_OUT,
    why:
      "That the retransmission was lost, too, says that the way is down, and not how wide it is. Halved with each doubling of the timer, ssthresh would be gone when it comes up again (RFC 5681 §3.1).",
    hints: [
      "What is the last argument?",
      "`again`: this segment has timed out before. Then ssthresh is left as it is; everything else is as the first time.",
      "`again` guards the reduction, and only that.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const ssthresh = segments(t.random.int(4, 30));
      const state = record({ smss, phase: "loss", cwnd: smss, ssthresh, recoveryPoint: segments(50) });
      await change(t, "timedOut", state, segments(10), segments(50), true);
      expectMembers(t, state, { phase: "loss", cwnd: smss, ssthresh, recoveryPoint: segments(50) }, "after the second timeout");
      await change(t, "timedOut", state, segments(11), segments(51), false);
      expectMembers(t, state, { ssthresh: segments(20) }, "after a timeout of the next segment, with 40 in flight");
    },
  },
  "no-recovery": {
    title: "after a timeout duplicates begin no recovery",
    kind: "table",
    covers: ["6675-5.1", "6582"],
    look: ["duplicateAck", "timedOut"],
    why:
      "Everything that was in flight goes again, and much of it has arrived: the peer answers that with duplicates, which mean nothing (RFC 6582 §4, RFC 6675 §5.1).",
    hints: [
      "After the timer fired, where is recoveryPoint, and where is una?",
      "recoveryPoint is the end of what was sent, and una lies before it: every duplicate is to be waited for.",
      "The comparison with recoveryPoint that keeps recovery from beginning twice does this, too, if timedOut sets recoveryPoint.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const sack of [false, true]) {
        const state = record({ smss, sack, cwnd: segments(20) });
        await change(t, "timedOut", state, 0, segments(20), false);
        for (let i = 1; i <= 5; i++) {
          const said = await change(t, "duplicateAck", state, segments(3), segments(20), sack);
          t.equal(said, "wait", `the answer to duplicate number ${i} after a timeout, ${sack ? "with" : "without"} SACK`);
        }
        expectMembers(t, state, { phase: "loss", cwnd: smss, ssthresh: segments(10) }, "afterwards");
      }
    },
  },
  "way-back": {
    title: "after a timeout slow start leads back, and loss ends",
    kind: "table",
    weight: 2,
    covers: ["5681-3.1e", "5681-3.1c", "MUST-19"],
    look: ["newAck", "timedOut", "slowStart"],
    why:
      "Slow start up to ssthresh, and from there on with care. When everything that was in flight when the timer fired is acknowledged, the loss is over (RFC 5681 §3.1).",
    hints: [
      'In phase "loss", what does newAck do?',
      'The window grows as in phase "open"; and when una has reached recoveryPoint, the phase is "open".',
      'Only in phase "recovery" newAck does anything else than grow.',
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, cwnd: segments(16), growthLimit: 2 });
      await change(t, "timedOut", state, 0, segments(16), false);
      for (let una = 1; una <= 16; una++) {
        const said = await change(t, "newAck", state, segments(una), smss, segments(16), 1000);
        t.equal(said, "wait", `the answer when ${una} of 16 segments are acknowledged`);
        const cwnd = una < 8 ? { cwnd: segments(1 + una) } : {};
        expectMembers(t, state, { ...cwnd, phase: una < 16 ? "loss" : "open" }, `when ${una} of 16 segments are acknowledged`);
      }
      t.ok(state.cwnd >= segments(8) && state.cwnd <= segments(9.2), "cwnd of 8 to 9 segments in the end", `${state.cwnd / smss}`);
    },
  },
  "last-of-loss": {
    title: "the acknowledgment that ends loss counts as one segment",
    kind: "table",
    covers: ["5681-3.1c", "5681-3.1e"],
    look: ["newAck", "slowStart"],
    why:
      "After a timeout one retransmission may fill the only hole, and all that was in flight is acknowledged at once. That is the very jump for which L is 1 in slow start after a timeout: it must not open the window by eight (RFC 3465 §2.3).",
    hints: [
      'The phase is "loss", L is 8, cwnd one segment. One acknowledgment covers all twenty that were in flight. What is cwnd then?',
      'Two segments, and the phase is "open": the acknowledgment still belongs to the loss.',
      "Let the window grow first, and settle the phase afterwards.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const count of [2, t.random.int(9, 40)]) {
        const members = { phase: "loss", growthLimit: 8, cwnd: smss, ssthresh: segments(50) } as const;
        const state = record({ smss, recoveryPoint: segments(count), ...members });
        await change(t, "newAck", state, segments(count), segments(count), segments(count), 1000);
        const expected = { phase: "open", cwnd: segments(2) } as const;
        expectMembers(t, state, expected, `when all ${count} segments that the timer gave up are acknowledged at once, with L = 8`);
        await change(t, "newAck", state, segments(count + 2), segments(2), segments(count + 2), 1100);
        expectMembers(t, state, { cwnd: segments(4) }, 'when two more are acknowledged at once, in phase "open", with L = 8');
      }
    },
  },
  "count-anew": {
    title: "after a timeout nothing is left of the count",
    kind: "table",
    covers: ["5681-3.1d", "5681-3.1e"],
    look: TIMED_OUT,
    why:
      "What was counted in congestion avoidance before the timeout is about another window. Kept, it opens the window as soon as slow start has led back to ssthresh (RFC 3465 §2.1).",
    hints: [
      "What is in `bytesAcked` after a timeout?",
      "0: also when `again` keeps ssthresh from being reduced.",
      "One line more for the table of what becomes of each member.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const again of [false, true]) {
        const count = t.random.int(8, 20);
        const state = record({ smss, cwnd: segments(count), ssthresh: segments(4), bytesAcked: segments(count) - 4 });
        await change(t, "timedOut", state, 0, segments(count), again);
        // Slow start has led back to four segments.
        state.cwnd = segments(4);
        await change(t, "growReno", state, smss);
        const when = `when the first segment beyond an ssthresh of four is acknowledged, ${
          again ? "after a second timeout" : "after a timeout"
        }`;
        t.ok(state.cwnd <= segments(4.25) + 1, `cwnd of at most ${segments(4.25)} ${when}, SMSS ${smss}`, `${state.cwnd}`);
        for (let i = 1; i < 4; i++) await change(t, "growReno", state, smss);
        t.ok(state.cwnd >= segments(4.75), `cwnd of at least ${segments(4.75)} when four segments are`, `${state.cwnd}`);
      }
    },
  },
  "cubic": {
    title: "after a timeout CUBIC begins anew, and knows cwnd_prior",
    kind: "table",
    covers: ["9438", "5681-3.1e"],
    look: ["timedOut", "reduceCubic"],
    why:
      "The window is reduced from what it was before the timeout: that is cwnd_prior, up to which W_est grows slowly. W_max is of no use any more, and the next stage begins at its own (RFC 9438 §4.3, §4.8).",
    hints: [
      "With CUBIC, what does the reduction look at that timedOut changes as well?",
      "cwnd: cwndPrior is what it was when the timer fired, and not the one segment that it is afterwards.",
      "Reduce before you set anything; then cwnd, and in the end wMax 0 and epochStart −1.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const [count, before] = [10 * t.random.int(2, 9), t.random.int(10, 200)];
      const state = record({ smss, algorithm: "cubic", cwnd: segments(count), wMax: before, epochStart: 700 });
      await change(t, "timedOut", state, 0, segments(count), false);
      const when = `after a timeout with ${count} segments of ${smss} in flight, with CUBIC`;
      expectMembers(t, state, { phase: "loss", ssthresh: segments(0.7 * count), cwnd: smss }, when);
      t.fields(state, { cwndPrior: count, wMax: 0, epochStart: -1 }, `what CUBIC remembers ${when}`);
    },
  },
};

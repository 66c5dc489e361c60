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
        await change(t, "newAck", state, segments(una), smss, segments(16), 1000);
        const cwnd = una < 8 ? { cwnd: segments(1 + una) } : {};
        expectMembers(t, state, { ...cwnd, phase: una < 16 ? "loss" : "open" }, `when ${una} of 16 segments are acknowledged`);
      }
      t.ok(state.cwnd >= segments(8) && state.cwnd <= segments(9.2), "cwnd of 8 to 9 segments in the end", `${state.cwnd / smss}`);
    },
  },
};

/** Public checks of lab 08: new acknowledgments, outside recovery and in it. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { change, expectBetween, expectMembers, record, sizes } from "./bench.ts";

const NEW_ACK = ["newAck"] as const;

export const acknowledged: Readonly<Record<string, CheckSpec>> = {
  "grows": {
    title: "below ssthresh slow start, from there on avoidance",
    kind: "table",
    weight: 2,
    covers: ["MUST-19", "5681-3.1c", "5681-3.1d"],
    look: ["newAck", "slowStart", "growReno"],
    why: "ssthresh is where it hurt the last time. Up to there the window opens fast, beyond it carefully (RFC 5681 §3.1).",
    hints: [
      "Which two functions make the window grow, and when is it which?",
      "cwnd below ssthresh: slowStart. Else growReno (or growCubic, as `algorithm` says).",
      "Compare before anything is added. Equal is not below.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const below = record({ smss, cwnd: segments(10), ssthresh: segments(20) });
      t.equal(await change(t, "newAck", below, segments(5), smss, segments(15), 1000), "wait", "the answer to a new acknowledgment");
      expectMembers(t, below, { cwnd: segments(11), ssthresh: segments(20) }, "below ssthresh, after one segment was acknowledged");
      const above = record({ smss, cwnd: segments(20), ssthresh: segments(20) - 1 });
      await change(t, "newAck", above, segments(5), smss, segments(25), 1000);
      expectBetween(t, above.cwnd, segments(20), segments(20.2), "above ssthresh, after one of 20 segments was acknowledged");
    },
  },
  "unused": {
    title: "a window that was not used does not grow",
    kind: "table",
    covers: ["5681-3.1c"],
    look: NEW_ACK,
    why:
      "If the application had little to say, nothing was found out about what the way takes. A window that grows all the same lets loose a flood when the application has much to say at last (RFC 9438 §5.8).",
    hints: [
      "Which member of the record says whether the window was used up?",
      "`limited`. When it is false, cwnd stays.",
      "Ask for it where slowStart and growReno are called.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const ssthresh of [Infinity, segments(5)]) {
        const state = record({ smss, cwnd: segments(10), ssthresh, limited: false, bytesAcked: segments(10) - 1 });
        await change(t, "newAck", state, segments(5), smss, segments(6), 1000);
        expectMembers(t, state, { cwnd: segments(10) }, `with ssthresh ${ssthresh}, when the window was not used`);
      }
      const used = record({ smss, cwnd: segments(10), limited: true });
      await change(t, "newAck", used, segments(5), smss, segments(14), 1000);
      expectMembers(t, used, { cwnd: segments(11) }, "with ssthresh Infinity, when it was used");
    },
  },
  "forgets-duplicates": {
    title: "a new acknowledgment begins the count of duplicates anew",
    kind: "table",
    covers: ["5681-3.2b"],
    look: NEW_ACK,
    why: "Three in a row mean a loss. One now and then means that packets change places (RFC 5681 §3.2).",
    hints: ["What is dupAcks after a new acknowledgment?", "0, in every phase.", "Do it before you look at the phase."],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const phase of ["open", "loss"] as const) {
        const state = record({ smss, phase, cwnd: segments(10), dupAcks: 2, recoveryPoint: segments(phase === "loss" ? 30 : 2) });
        await change(t, "newAck", state, segments(5), smss, segments(14), 1000);
        expectMembers(t, state, { dupAcks: 0 }, `after a new acknowledgment in phase "${phase}"`);
      }
    },
  },
  "partial": {
    title: "a partial acknowledgment sends the next hole again",
    kind: "table",
    weight: 2,
    covers: ["6582"],
    look: NEW_ACK,
    why:
      "The retransmission has arrived, and the acknowledgment stops short of what was sent before it: the segment there was lost with the first. There will be no three duplicates for it, so it goes at once; and the window, which was inflated for what has now " +
      "been acknowledged, deflates by that (RFC 6582 §3.2, step 3).",
    hints: [
      "In recovery, una is still before recoveryPoint. What goes out, and what becomes of cwnd?",
      'The answer is "resend"; cwnd loses what was acknowledged, and gets back 1 SMSS if that was at least 1 SMSS. The phase stays.',
      "With 16 segments, of which four are acknowledged: 16 − 4 + 1 = 13. Where only half a segment is acknowledged, nothing comes back: 15.5.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const point = segments(20);
      for (const [acked, left] of [[segments(4), segments(16 - 4 + 1)], [smss, segments(16)], [smss - 4, segments(15) + 4]] as const) {
        const una = segments(5) + acked;
        const sizesNow = { cwnd: segments(16), ssthresh: segments(10), bytesAcked: segments(16) - 4 };
        const state = record({ smss, phase: "recovery", recoveryPoint: point, ...sizesNow });
        t.equal(
          await change(t, "newAck", state, una, acked, segments(24), 1000),
          "resend",
          `the answer to an acknowledgment up to ${una}, before recoveryPoint ${point}`,
        );
        expectMembers(
          t,
          state,
          { phase: "recovery", cwnd: left, ssthresh: segments(10), recoveryPoint: point },
          `after ${acked} bytes were acknowledged, SMSS ${smss}`,
        );
      }
    },
  },
  "whole": {
    title: "recovery's end: the window deflates to ssthresh",
    kind: "table",
    weight: 2,
    covers: ["5681-3.2e", "6582"],
    look: NEW_ACK,
    why:
      "The inflated window stood for segments that have all arrived. Kept, it would let a burst go that is twice what the loss was about: RFC 2525 §2.8 tells of stacks that forgot (RFC 5681 §3.2, step 6).",
    hints: [
      "When everything before recoveryPoint is acknowledged: what are phase and cwnd?",
      '"open", and min(ssthresh, max(FlightSize, SMSS) + SMSS), or just ssthresh.',
      "FlightSize is what lies between the new una and highData. With three segments in flight and an ssthresh of ten, cwnd is four, or ten.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const [una, flight] of [[20, 15], [20, 3], [22, 9]] as const) {
        const state = record({
          smss,
          phase: "recovery",
          cwnd: segments(30),
          ssthresh: segments(10),
          recoveryPoint: segments(20),
          dupAcks: 3,
        });
        t.equal(
          await change(t, "newAck", state, segments(una), segments(9), segments(una + flight), 1000),
          "wait",
          "the answer when all of it is acknowledged",
        );
        t.fields(state, { phase: "open", ssthresh: segments(10) }, "the record when recovery is over");
        const least = Math.min(segments(10), segments(flight + 1));
        const allowed = least === segments(10) ? `${least}` : `${least} or ${segments(10)}`;
        t.ok(
          state.cwnd === least || state.cwnd === segments(10),
          `cwnd ${allowed}, with ${flight} segments of ${smss} in flight`,
          `${state.cwnd}`,
        );
      }
    },
  },
  "sack": {
    title: "with SACK recovery ends without deflating",
    kind: "table",
    covers: ["6675-5"],
    look: NEW_ACK,
    why:
      "Recovery lasts until everything up to recoveryPoint is acknowledged, as without SACK. But cwnd was never inflated, and the scoreboard knows which holes there are: a " +
      "partial acknowledgment tells nothing that it does not know already (RFC 6675 §5, step A).",
    hints: [
      "With `state.sack`, what do you do with a partial acknowledgment, and with a whole one?",
      'Nothing, "wait"; and only the phase becomes "open".',
      "In recovery, with SACK, settle the phase, and leave it at that.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({
        smss,
        sack: true,
        phase: "recovery",
        cwnd: segments(10),
        ssthresh: segments(10),
        bytesAcked: segments(10) - 4,
        recoveryPoint: segments(20),
      });
      t.equal(
        await change(t, "newAck", state, segments(12), segments(6), segments(22), 1000),
        "wait",
        "the answer to a partial acknowledgment",
      );
      expectMembers(t, state, { phase: "recovery", cwnd: segments(10), ssthresh: segments(10) }, "after a partial acknowledgment");
      t.equal(
        await change(t, "newAck", state, segments(20), segments(8), segments(22), 1000),
        "wait",
        "the answer when all of it is acknowledged",
      );
      expectMembers(t, state, { phase: "open", cwnd: segments(10), ssthresh: segments(10) }, "when all of it is acknowledged");
    },
  },
  "partial-large": {
    title: "a large partial acknowledgment leaves one segment",
    kind: "table",
    covers: ["6582"],
    look: NEW_ACK,
    why:
      "It may acknowledge more than the window is by now: the window was halved meanwhile. Deflated below one segment it lets nothing go at all, and only the timer would help (RFC 6582 §3.2, step 3).",
    hints: [
      "cwnd is 8 segments in recovery, and a partial acknowledgment brings 12. What is left?",
      "One segment: 8 − 12 + 1 is less than nothing, and cwnd is never less than one segment.",
      "Of what the deflation gives and one SMSS, take the larger.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const acked of [8, 9, t.random.int(10, 18)]) {
        const state = record({ smss, phase: "recovery", cwnd: segments(8), ssthresh: segments(5), recoveryPoint: segments(30) });
        const una = segments(5 + acked);
        t.equal(
          await change(t, "newAck", state, una, segments(acked), segments(32), 1000),
          "resend",
          "the answer to a partial acknowledgment",
        );
        const when = `when ${acked} segments of ${smss} are acknowledged and cwnd was eight of them`;
        expectBetween(t, state.cwnd, smss, segments(2), when);
      }
    },
  },
};

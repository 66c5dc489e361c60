/** Hidden checks of lab 08: windows that grow, rest and lend. */
import { change, expectBetween, expectMembers, record, sizes } from "../../../labs/08-congestion/checks/bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const windowGroup: Readonly<Record<string, CheckSpec>> = {
  "slow-start-adds-up": {
    title: "slow start: thirty acknowledgments add up",
    kind: "table",
    covers: ["5681-3.1c"],
    look: ["slowStart"],
    why:
      "Each acknowledgment counts for what it acknowledges, and for L segments at most; no fraction gets lost on the way (RFC 5681 §3.1).",
    hints: [
      "Add up by hand: what does each acknowledgment count for?",
      "The lesser of what it acknowledges and L · SMSS. Nothing is rounded.",
      "`state.cwnd += Math.min(acked, limit * state.smss)`, and nothing else.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const growthLimit of [1, 4]) {
        const state = record({ smss, growthLimit, cwnd: segments(4) });
        let cwnd = segments(4);
        for (let i = 0; i < 15; i++) {
          const acked = t.random.int(1, segments(6));
          cwnd += Math.min(acked, growthLimit * smss);
          await change(t, "slowStart", state, acked);
        }
        expectMembers(t, state, { cwnd, ssthresh: Infinity }, `after fifteen acknowledgments, with L = ${growthLimit}`);
      }
    },
  },
  "avoidance-by-twos": {
    title: "congestion avoidance with every second segment acknowledged",
    kind: "table",
    covers: ["5681-3.1d"],
    look: ["growReno"],
    why:
      "Most peers acknowledge every second segment. The window still opens by one segment in a round trip at most, and by half of one at least (RFC 5681 §3.1).",
    hints: [
      "cwnd is twelve segments, and six acknowledgments come for two each. What is cwnd then?",
      "Thirteen; or twelve and a half, by SMSS² / cwnd for each.",
      "Count bytes, not acknowledgments.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = 2 * t.random.int(5, 10);
      const state = record({ smss, cwnd: segments(count), ssthresh: segments(4) });
      for (let window = 0; window < 4; window++) {
        for (let left = Math.ceil(state.cwnd / smss / 2); left > 0; left--) await change(t, "growReno", state, segments(2));
      }
      expectBetween(t, state.cwnd, segments(count + 1.5), segments(count + 4.5), `after four windows, from ${segments(count)} on`);
    },
  },
  "idle-own-window": {
    title: "the restart window is the connection's own first one",
    kind: "table",
    covers: ["5681-4.1"],
    look: ["restartAfterIdle"],
    why:
      "What the initial window was, was agreed on when the connection began: by its settings, and by whether the SYN was lost (RFC 5681 §4.1).",
    hints: [
      "Where does the initial window stand?",
      "In the record: `state.initialWindow`. It may be one segment or ten.",
      "`Math.min(state.cwnd, state.initialWindow)`.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const count of [1, 3, 10]) {
        const state = record({ smss, initialWindow: segments(count), cwnd: segments(25), ssthresh: segments(20) });
        await change(t, "restartAfterIdle", state, 1001, 1000);
        const expected = { cwnd: segments(count), ssthresh: segments(20) };
        expectMembers(t, state, expected, `after a long silence, with an initial window of ${count} segments of ${smss}`);
      }
    },
  },
  "two-and-no-more": {
    title: "duplicates of an old loss lend two segments, and no more",
    kind: "table",
    covers: ["5681-3.2b", "6582"],
    look: ["sendWindow", "duplicateAck"],
    why:
      "Where duplicates begin no recovery, because they belong to the loss before, they come on and on. Limited transmit is for two of them (RFC 3042 §2).",
    hints: [
      "Eight duplicates come while una is not beyond recoveryPoint. How much may be in flight?",
      "cwnd and two segments.",
      "`Math.min(state.dupAcks, 2)`: dupAcks goes on counting.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, cwnd: segments(10), ssthresh: segments(9), recoveryPoint: segments(30) });
      for (let nth = 1; nth <= 8; nth++) {
        t.equal(await change(t, "duplicateAck", state, segments(30), segments(38), false), "wait", `the answer to duplicate number ${nth}`);
        const allowed = await change(t, "sendWindow", state);
        t.equal(allowed, segments(10 + Math.min(nth, 2)), `what may be in flight after ${nth} duplicates, with cwnd ${segments(10)}`);
      }
    },
  },
};

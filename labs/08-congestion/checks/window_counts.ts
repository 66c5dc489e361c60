/** Public checks of lab 08: what congestion avoidance has counted, and when it begins anew. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { change, expectBetween, record, sizes } from "./bench.ts";

const ANEW =
  "What was acknowledged since the window last grew is about the window that was. Counted on, it opens the next one after the first acknowledgment, long before a round trip is over";

export const windowCounts: Readonly<Record<string, CheckSpec>> = {
  "avoidance-rest": {
    title: "congestion avoidance: what is left over counts, too",
    kind: "table",
    covers: ["5681-3.1d"],
    look: ["growReno"],
    why:
      "A window is seldom a whole number of acknowledgments. What was acknowledged beyond it belongs to the next window; thrown away each time, the window opens by less than one segment in a round trip (RFC 3465 §2.1).",
    hints: [
      "cwnd is four and a half segments, and five are acknowledged. What is in `bytesAcked` then?",
      "Half a segment: the five, less the four and a half that cwnd was before it grew.",
      "The count loses the window that is full, and not more: neither all of it, nor the window as it is afterwards.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = t.random.int(4, 8) + 0.5;
      const state = record({ smss, cwnd: segments(count), ssthresh: segments(4) });
      // Four windows, each one segment larger than the one before.
      const acknowledgments = 4 * count + 6;
      for (let i = 0; i < acknowledgments; i++) await change(t, "growReno", state, smss);
      const when = `when ${acknowledgments} segments, four windows, were acknowledged one by one, from ${segments(count)} on`;
      expectBetween(t, state.cwnd, segments(count + 3.5), segments(count + 4) + 4, `${when}, SMSS ${smss}`);
    },
  },
  "count-after-loss": {
    title: "after a loss a whole window is counted anew",
    kind: "table",
    covers: ["5681-3.1d", "5681-3.1e"],
    look: ["reduceReno"],
    why: `${ANEW} (RFC 3465 §2.1).`,
    hints: [
      "What is in `bytesAcked` when a loss is noticed, and what should be there afterwards?",
      "Nearly a window, perhaps; and afterwards nothing.",
      "`reduceReno` forgets the count, beside what it does to ssthresh.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = 2 * t.random.int(8, 20);
      const state = record({ smss, cwnd: segments(count), ssthresh: segments(4), bytesAcked: segments(count) - 4 });
      await change(t, "reduceReno", state, segments(count));
      state.cwnd = segments(count / 2);
      await change(t, "growReno", state, smss);
      const half = segments(count / 2);
      const when = `acknowledged after the loss, from ${half} bytes on`;
      expectBetween(
        t,
        state.cwnd,
        half,
        half + 2 * smss / count + 1,
        `with one of the first ${count / 2} segments of ${smss} bytes ${when}`,
      );
      for (let i = 1; i < count / 2; i++) await change(t, "growReno", state, smss);
      expectBetween(t, state.cwnd, half + 0.75 * smss, half + smss + 4, `with all of the first ${count / 2} segments ${when}`);
    },
  },
  "count-after-idle": {
    title: "after a silence window and stage begin anew",
    kind: "table",
    covers: ["5681-4.1", "9438"],
    look: ["restartAfterIdle"],
    why: `${ANEW}. And CUBIC's time must not go on in a silence, in which nothing was to be learned (RFC 5681 §4.1, RFC 9438 §5.8).`,
    hints: [
      "Which members count what was acknowledged, or since when?",
      "`bytesAcked` and `epochStart`: they are 0 and −1 after a long silence.",
      "Set both where cwnd becomes the restart window; not after a short pause.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, cwnd: segments(30), ssthresh: segments(4), bytesAcked: segments(29), epochStart: 500 });
      await change(t, "restartAfterIdle", state, t.random.int(2001, 9000), 2000);
      t.equal(state.epochStart, -1, "epochStart after a silence that was longer than the timeout");
      await change(t, "growReno", state, smss);
      const when = "when the first segment after the silence is acknowledged, with an initial window of four";
      expectBetween(t, state.cwnd, segments(4), segments(4.25) + 1, when);
      const paused = record({ smss, cwnd: segments(30), ssthresh: segments(4), epochStart: 500 });
      await change(t, "restartAfterIdle", paused, t.random.int(1, 2000), 2000);
      t.equal(paused.epochStart, 500, "epochStart after a pause that was shorter than the timeout");
    },
  },
};

/** Hidden checks of lab 08 that call functions. */
import { change, expectBetween, expectMembers, record, sizes } from "../../../labs/08-congestion/checks/bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const duplicates: Readonly<Record<string, CheckSpec>> = {
  "by-algorithm": {
    title: "a loss reduces as the algorithm says",
    kind: "table",
    covers: ["9438", "5681-3.2c"],
    look: ["duplicateAck", "timedOut", "reduceCubic"],
    why: "Recovery is the same for both; how far the window shrinks is not (RFC 9438 §4.6).",
    hints: [
      'What is different when `algorithm` is "cubic"?',
      "ssthresh is 0.7 of what was in flight, and W_max is remembered.",
      "Wherever a loss is noticed, ask reduceReno or reduceCubic.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const noticed = record({ smss, algorithm: "cubic", sack: true, cwnd: segments(40) });
      await change(t, "duplicateAck", noticed, 0, segments(40), true);
      expectMembers(
        t,
        noticed,
        { phase: "recovery", ssthresh: segments(28), cwnd: segments(28) },
        "after a loss of 40 segments' window, with CUBIC",
      );
      const timed = record({ smss, algorithm: "cubic", cwnd: segments(40) });
      await change(t, "timedOut", timed, 0, segments(40), false);
      expectMembers(t, timed, { phase: "loss", ssthresh: segments(28), cwnd: smss }, "after a timeout, with CUBIC");
    },
  },
};

export const cubic: Readonly<Record<string, CheckSpec>> = {
  "half-more": {
    title: "no round trip opens the window by more than half",
    kind: "table",
    covers: ["9438"],
    look: ["growCubic"],
    why:
      "Far beyond W_max the curve is steep: followed blindly, it would throw many windows' worth at the network at once (RFC 9438 §4.2, §4.4).",
    hints: ["What is the most that target may be?", "1.5 · cwnd, and at least cwnd.", "`Math.min(Math.max(target, cwnd), 1.5 * cwnd)`."],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const cwnd = t.random.int(10, 50);
      const stage = { wMax: cwnd, cwndPrior: cwnd, k: 0, epochStart: 0, wEst: cwnd, roundTrip: 100 };
      const state = record({ smss, algorithm: "cubic", cwnd: segments(cwnd), ssthresh: segments(cwnd), ...stage });
      await change(t, "growCubic", state, smss, 120_000);
      expectBetween(
        t,
        state.cwnd,
        segments(cwnd + 0.49),
        segments(cwnd + 0.51),
        `from ${cwnd} segments, when one was acknowledged two minutes after the stage began`,
      );
    },
  },
  "after-timeout": {
    title: "after a timeout the stage begins at its own W_max",
    kind: "table",
    covers: ["9438"],
    look: ["timedOut", "growCubic"],
    why: "A timeout says that things have changed; the curve does not lead back to a window from before (RFC 9438 §4.8).",
    hints: [
      "Which K has the first stage after a timeout?",
      "0: W_max is the window with which it begins.",
      "timedOut sets `wMax` to 0, and growCubic takes cwnd for it where cwnd is not below it.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = 10 * t.random.int(3, 9);
      const state = record({ smss, algorithm: "cubic", cwnd: segments(count), roundTrip: 40 });
      await change(t, "timedOut", state, 0, segments(count), false);
      state.cwnd = state.ssthresh;
      await change(t, "growCubic", state, smss, 5000);
      t.fields(state, { k: 0, epochStart: 5000 }, "the stage that begins at ssthresh after a timeout");
      t.ok(Math.abs(state.wMax - 0.7 * count) < 0.01, `wMax ${0.7 * count} segments`, `${state.wMax}`);
    },
  },
  "three-losses": {
    title: "three losses in a row, and what W_max remembers",
    kind: "table",
    covers: ["9438"],
    look: ["reduceCubic"],
    why: "Each loss is compared with the W_max before, which fast convergence may have set lower than any window was (RFC 9438 §4.7).",
    hints: [
      "The windows at three losses are 100, 80 and 70. What is W_max after each?",
      "100; 80 · 0.85 = 68; and 70, because 70 is not below 68.",
      "Compare with wMax, not with cwndPrior.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const unit = t.random.int(1, 4);
      const state = record({ smss, algorithm: "cubic" });
      for (const [cwnd, wMax] of [[100, 100], [80, 68], [70, 70]] as const) {
        state.cwnd = segments(cwnd * unit);
        await change(t, "reduceCubic", state, state.cwnd);
        expectMembers(t, state, { ssthresh: segments(0.7 * cwnd * unit) }, `after a loss at ${cwnd * unit} segments`);
        t.ok(Math.abs(state.wMax - wMax * unit) < 0.01, `wMax ${wMax * unit} after a loss at ${cwnd * unit} segments`, `${state.wMax}`);
      }
    },
  },
};

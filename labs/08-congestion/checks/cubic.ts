/** Public checks of lab 08: CUBIC (RFC 9438). */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { change, expectBetween, expectMembers, record, sizes } from "./bench.ts";

const REDUCE = ["reduceCubic"] as const;
const GROW = ["growCubic"] as const;

export const cubic: Readonly<Record<string, CheckSpec>> = {
  "reduces": {
    title: "a loss leaves seven tenths, and W_max is remembered",
    kind: "table",
    covers: ["9438"],
    look: REDUCE,
    why: "CUBIC gives up less than Reno, because it is careful later: near the window at which it hurt (RFC 9438 §4.6).",
    hints: [
      "What becomes of ssthresh, wMax, cwndPrior and epochStart?",
      "0.7 · FlightSize, 2 SMSS at least; cwnd in segments, twice; −1. cwnd itself stays.",
      "`state.wMax = state.cwndPrior = state.cwnd / state.smss`, when cwnd is not below the wMax before.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const flight of [1, t.random.int(10, 50), t.random.int(50, 100)]) {
        const cwnd = t.random.int(100, 200);
        const state = record({ smss, algorithm: "cubic", cwnd: segments(cwnd), epochStart: 4000, wMax: t.random.int(0, 99) });
        await change(t, "reduceCubic", state, segments(flight));
        expectMembers(
          t,
          state,
          { ssthresh: Math.max(0.7 * segments(flight), segments(2)), cwnd: segments(cwnd) },
          `with ${flight} segments in flight`,
        );
        t.fields(state, { wMax: cwnd, cwndPrior: cwnd, epochStart: -1 }, "what is remembered, in segments");
      }
    },
  },
  "fast-convergence": {
    title: "a loss below the last W_max leaves room to others",
    kind: "table",
    covers: ["9438"],
    look: REDUCE,
    why:
      "Less fits than the last time: somebody else has come. Whoever was here first gives way a little more than it must, so that both have the same sooner (RFC 9438 §4.7).",
    hints: [
      "cwnd is 80 segments, and W_max was 100. What is W_max now?",
      "80 · (1 + 0.7) / 2 = 68.",
      "`wMax = cwnd < wMax ? cwnd * (1 + BETA) / 2 : cwnd`.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const cwnd = 20 * t.random.int(3, 9);
      const state = record({ smss, algorithm: "cubic", cwnd: segments(cwnd), wMax: cwnd + t.random.int(1, 50) });
      await change(t, "reduceCubic", state, segments(cwnd));
      t.ok(Math.abs(state.wMax - 0.85 * cwnd) < 0.01, `wMax ${0.85 * cwnd}, when cwnd was ${cwnd} segments`, `${state.wMax}`);
      t.equal(state.cwndPrior, cwnd, "cwndPrior, in segments");
    },
  },
  "stage": {
    title: "a stage begins where the window is: K leads to W_max",
    kind: "table",
    covers: ["9438"],
    look: GROW,
    why:
      "The curve is laid through where we are now, so that it is back at W_max after K seconds, whatever the round trip is (RFC 9438 §4.2).",
    hints: [
      "W_cubic(0) = cwnd. What does that say of K?",
      "K = ∛((W_max − cwnd) / C), in seconds, with windows in segments; 0 when cwnd is not below W_max, which then is cwnd.",
      "When `epochStart` is −1: set it to now, `wEst` to cwnd, and `k` by `Math.cbrt`.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const [cwnd, wMax, now] = [t.random.int(50, 100), t.random.int(101, 400), t.random.int(1000, 90_000)];
      const state = record({
        smss,
        algorithm: "cubic",
        cwnd: segments(cwnd),
        ssthresh: segments(cwnd),
        wMax,
        cwndPrior: wMax,
        roundTrip: 50,
      });
      await change(t, "growCubic", state, smss, now);
      const k = Math.cbrt((wMax - cwnd) / 0.4);
      t.equal(state.epochStart, now, "epochStart after the first acknowledgment");
      t.ok(Math.abs(state.k - k) < 0.001, `K ${k.toFixed(3)} s, from ${cwnd} segments to a W_max of ${wMax}`, `${state.k}`);
      const beyond = record({
        smss,
        algorithm: "cubic",
        cwnd: segments(wMax + 5),
        ssthresh: segments(9),
        wMax,
        cwndPrior: wMax,
        roundTrip: 50,
      });
      await change(t, "growCubic", beyond, smss, now);
      t.fields(beyond, { k: 0, wMax: wMax + 5 }, "the stage of a window that is beyond W_max already");
    },
  },
  "curve": {
    title: "the window follows the curve: fast, slow, and fast again",
    kind: "table",
    weight: 2,
    covers: ["9438"],
    look: GROW,
    why:
      "Far below W_max there is room, near it there was not, and what lies beyond nobody knows: so it is approached fast, passed slowly, and left faster and faster (RFC 9438 §4.2, §4.4, §4.5).",
    hints: [
      "Where should the window be t seconds after the stage began?",
      "W_cubic(t + RTT) = C · (t + RTT − K)³ + W_max. Each acknowledged segment takes cwnd a step of (target − cwnd) / cwnd nearer.",
      "target = max(cwnd, min(1.5 · cwnd, C · (t + roundTrip / 1000 − k) ** 3 + wMax)), with cwnd in segments and t in seconds.",
    ],
    run: async (t: Trial) => {
      const smss = 1000;
      const wMax = 20 * t.random.int(10, 20);
      const state = record({ smss, algorithm: "cubic", cwnd: 700 * wMax, ssthresh: 700 * wMax, wMax, cwndPrior: wMax, roundTrip: 200 });
      const k = Math.cbrt(0.3 * wMax / 0.4);
      for (let now = 0; now <= 1500 * k; now += 200) {
        // A whole window in four acknowledgments.
        for (let i = 0; i < 4; i++) await change(t, "growCubic", state, state.cwnd / 4, now);
        const seconds = now / 1000;
        if (seconds < k / 2) continue;
        const curve = 0.4 * (seconds + 0.2 - k) ** 3 + wMax;
        expectBetween(
          t,
          state.cwnd,
          970 * curve,
          1015 * curve,
          `${seconds} s after the stage began, on the way to W_max ${wMax} at ${k.toFixed(1)} s`,
        );
      }
    },
  },
  "reno-friendly": {
    title: "where Reno would be faster, the window is Reno's",
    kind: "table",
    covers: ["9438"],
    look: GROW,
    why:
      "On a short path many round trips go by while the curve is still flat. Beside a Reno connection CUBIC would starve (RFC 9438 §4.3).",
    hints: [
      "What is W_est, and when does cwnd become it?",
      "It begins as cwnd, and grows by α · segments acknowledged / cwnd; α is 3 · 0.3 / 1.7 up to cwndPrior, and 1 from there. Where W_cubic(t) is less, cwnd is W_est.",
      "`if (cubicAt(state, t) < state.wEst) state.cwnd = state.wEst * smss`.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, algorithm: "cubic", cwnd: segments(7), ssthresh: segments(7), wMax: 10, cwndPrior: 10, roundTrip: 2 });
      let reno = 7;
      for (let now = 0; now < 60; now += 2) {
        for (let i = Math.round(state.cwnd / smss); i > 0; i--) {
          reno += (reno < 10 ? 3 * 0.3 / 1.7 : 1) / (state.cwnd / smss);
          await change(t, "growCubic", state, smss, now);
        }
      }
      expectBetween(t, state.cwnd, 0.97 * segments(reno), 1.03 * segments(reno), "after 30 round trips of 2 ms");
    },
  },
};

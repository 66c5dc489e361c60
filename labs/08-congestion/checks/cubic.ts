/** Public checks of lab 08: CUBIC (RFC 9438). */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { change, expectBetween, expectMembers, numberText, record, sizes } from "./bench.ts";

const REDUCE = ["reduceCubic"] as const;
const GROW = ["growCubic"] as const;

const REMEMBERED = {
  why:
    "The window at which it hurt is W_max, to which the curve leads back; and cwnd_prior, up to which W_est grows slowly. With the next acknowledgment a new stage begins, " +
    "which epochStart −1 says (RFC 9438 §4.2, §4.3, §4.6).",
  look: REDUCE,
};

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
      "ssthresh is in bytes, wMax and cwndPrior are in segments: divide cwnd by the SMSS.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const tens = t.random.int(1, 10);
      for (const [flight, left] of [[1, 2], [2, 2], [10 * tens, 7 * tens], [100, 70]] as const) {
        const cwnd = t.random.int(100, 200);
        const state = record({ smss, algorithm: "cubic", cwnd: segments(cwnd), epochStart: 4000, wMax: t.random.int(0, 99) });
        await change(t, "reduceCubic", state, segments(flight));
        expectMembers(
          t,
          state,
          { ssthresh: segments(left), cwnd: segments(cwnd) },
          `with ${amount(flight, "segment")} of ${smss} in flight`,
        );
        const remembered = { wMax: cwnd, cwndPrior: cwnd, epochStart: -1 };
        await t.about(REMEMBERED, () => t.fields(state, remembered, "what is remembered, in segments"));
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
      "Compare cwnd, in segments, with the wMax that is there, before you write the new one.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const twenties = t.random.int(3, 9);
      const [cwnd, left] = [20 * twenties, 17 * twenties];
      const before = cwnd + t.random.int(1, 50);
      const state = record({ smss, algorithm: "cubic", cwnd: segments(cwnd), wMax: before });
      await change(t, "reduceCubic", state, segments(cwnd));
      t.ok(Math.abs(state.wMax - left) < 0.01, `wMax ${left}, when cwnd was ${cwnd} segments and wMax ${before}`, numberText(state.wMax));
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
      "When `epochStart` is −1 it becomes now, and W_est cwnd. A cube root is `Math.cbrt`. From 60 segments to 110, K is 5 s.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const [k, cwnd, now] = [t.random.int(4, 10), t.random.int(50, 100), t.random.int(1000, 90_000)];
      const wMax = cwnd + 0.4 * k ** 3;
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
      t.equal(state.epochStart, now, "epochStart after the first acknowledgment");
      t.ok(Math.abs(state.k - k) < 0.001, `K ${k} s, from ${cwnd} segments to a W_max of ${numberText(wMax)}`, `${numberText(state.k)} s`);
      const far = t.random.int(600, 900);
      const beyond = record({ smss, algorithm: "cubic", cwnd: segments(far), ssthresh: segments(9), wMax, cwndPrior: wMax, roundTrip: 50 });
      await change(t, "growCubic", beyond, smss, now);
      t.fields(beyond, { k: 0, wMax: far }, "the stage of a window that is beyond W_max already");
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
      "Windows in segments, times in seconds; convert at the beginning and at the end. The target is not below cwnd, and not above 1.5 cwnd.",
    ],
    run: async (t: Trial) => {
      const smss = 1000;
      // So many seconds from the middle the curve is so many segments from W_max.
      const curve = [[-3, -10.8], [-2, -3.2], [-1, -0.4], [0, 0], [1, 0.4], [2, 3.2], [3, 10.8], [4, 25.6]] as const;
      const [wMax, k] = [t.random.int(300, 500), t.random.int(5, 8)];
      const cwnd = 1000 * wMax - 400 * k * k * k;
      const state = record({ smss, algorithm: "cubic", cwnd, ssthresh: cwnd, wMax, cwndPrior: wMax, roundTrip: 200 });
      let now = 0;
      for (const [seconds, distance] of curve) {
        for (; now < 1000 * (k + seconds); now += 200) {
          // A whole window in four acknowledgments, which head for where the curve is a round trip later.
          for (let i = 0; i < 4; i++) await change(t, "growCubic", state, state.cwnd / 4, now);
        }
        const at = 1000 * (wMax + distance);
        const when = `${(now - 200) / 1000} s after the stage began at ${cwnd}; K is ${k} s, W_max ${wMax} segments of 1000`;
        expectBetween(t, state.cwnd, at - 2000, at + 500, when);
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
      "Compare W_est with the curve as it is now, not with where it will be one round trip later. Where W_est is more, cwnd is W_est, in bytes.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const state = record({ smss, algorithm: "cubic", cwnd: segments(7), ssthresh: segments(7), wMax: 10, cwndPrior: 10, roundTrip: 2 });
      let [now, before] = [0, 7];
      const stretches = [[4, 2.1, "just over half a segment in each"], [10, 8.9, "one in each from 10 on"], [
        16,
        16,
        "one in each",
      ]] as const;
      for (const [trips, growth, what] of stretches) {
        for (const end = now + 2 * trips; now < end; now += 2) {
          for (let i = Math.round(state.cwnd / smss); i > 0; i--) await change(t, "growCubic", state, smss, now);
        }
        const when = `after ${trips} more round trips of 2 ms, from ${Math.round(segments(before))} on: ${what}`;
        expectBetween(t, state.cwnd, segments(before + 0.93 * growth), segments(before + 1.07 * growth), when);
        before = state.cwnd / smss;
      }
    },
  },
  "never-shrinks": {
    title: "acknowledgments never make the window smaller",
    kind: "table",
    covers: ["9438"],
    look: GROW,
    why: "The curve may lie below the window for a while. Only a loss is a reason to shrink (RFC 9438 §4.4: target is at least cwnd).",
    hints: [
      "W_cubic(t + RTT) is less than cwnd: what is target?",
      "cwnd itself: then nothing is added.",
      "Two bounds for the target: the lower one is cwnd, the upper one 1.5 cwnd.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const wMax = 10 * t.random.int(10, 30);
      const stage = { wMax, cwndPrior: wMax, k: Math.cbrt(0.3 * wMax / 0.4), epochStart: 0, wEst: wMax / 2, roundTrip: 50 };
      const state = record({ smss, algorithm: "cubic", cwnd: segments(0.9 * wMax), ssthresh: segments(0.7 * wMax), ...stage });
      for (const now of [0, 10, 20]) {
        await change(t, "growCubic", state, smss, now);
        expectBetween(
          t,
          state.cwnd,
          segments(0.9 * wMax) - 1,
          segments(0.9 * wMax) + 1,
          `${now} ms after the stage began at ${0.7 * wMax} segments`,
        );
      }
      const later = Math.round(2500 * stage.k);
      await change(t, "growCubic", state, segments(1), later);
      t.ok(state.cwnd > segments(0.9 * wMax), `a larger window ${later} ms after the stage began, far beyond W_max`, `${state.cwnd}`);
    },
  },
};

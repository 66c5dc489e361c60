/** Public checks of lab 08: how much may be in flight, as long as nothing is lost. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { change, expectBetween, expectMembers, record, sizes } from "./bench.ts";

const FIRST_WINDOW =
  "Before the first acknowledgment nobody knows what the way takes. A few segments are enough to find out, and harm nobody";

const AFTER_IDLE =
  "A window is paced by acknowledgments: each lets one more go. After a silence there are none, and the whole window would go at once, into a network that may have changed meanwhile. ssthresh stays: slow " +
  "start leads back there quickly (RFC 5681 §4.1).";

export const windowGroup: Readonly<Record<string, CheckSpec>> = {
  "initial": {
    title: "the first window is 4, 3 or 2 segments by their size",
    kind: "table",
    covers: ["5681-3.1a"],
    look: ["initialWindow"],
    why: `${FIRST_WINDOW} (RFC 5681 §3.1).`,
    hints: [
      "Which sizes of segment does RFC 5681 §3.1 tell apart?",
      "Up to 1095 bytes: 4 segments. Up to 2190: 3. More: 2. The answer is in bytes.",
      "Two comparisons are enough, the smallest size first. A segment of exactly 1095 bytes is a small one, and one of 2190 is a middling one.",
    ],
    run: async (t: Trial) => {
      const windows: readonly (readonly [segments: number, least: number, most: number])[] = [[4, 100, 1095], [3, 1096, 2190], [
        2,
        2191,
        9000,
      ]];
      for (const [count, least, most] of windows) {
        for (const smss of [least, t.random.int(least, most), most]) {
          t.equal(await t.congestion.initialWindow(smss, 0, false), count * smss, `the initial window for segments of ${smss} bytes`);
        }
      }
    },
  },
  "initial-ten": {
    title: "ten segments are asked for: not more than 14 600 bytes",
    kind: "table",
    covers: ["5681-3.1a"],
    look: ["initialWindow"],
    why:
      `${FIRST_WINDOW}: today that is ten of the usual size (RFC 6928 §2). Of larger ones it is as many bytes, but two segments at least.`,
    hints: [
      "What is the window for ten segments of 1460 bytes, and for ten of 9000?",
      "14 600, and 18 000: two segments, because that is more than 14 600.",
      "For n segments there is a bound: n · 1460 bytes, or 2 SMSS where these are more. The window is n segments, or the bound, whichever is less.",
    ],
    run: async (t: Trial) => {
      const [few, many] = [t.random.int(3, 6), t.random.int(11, 20)];
      const [small, large, huge] = [t.random.int(100, 1459), t.random.int(1461, 2190), t.random.int(20_000, 60_000)];
      const windows: readonly (readonly [count: number, smss: number, bytes: number])[] = [
        ...[536, small, 1460].flatMap((smss) => [[10, smss, 10 * smss], [few, smss, few * smss], [many, smss, many * smss]] as const),
        ...[[10, large, 14_600], [few, large, few * 1460], [many, large, many * 1460], [10, 7300, 14_600]] as const,
        ...[[10, 7301, 14_602], [10, 9000, 18_000], [few, huge, huge + huge], [many, huge, huge + huge]] as const,
      ];
      for (const [count, smss, bytes] of windows) {
        t.equal(await t.congestion.initialWindow(smss, count, false), bytes, `${count} segments of ${smss} bytes, in bytes`);
      }
    },
  },
  "lost-syn": {
    title: "the first window is one segment when our SYN was lost",
    kind: "table",
    covers: ["5681-3.1a"],
    look: ["initialWindow"],
    why: "Where one small packet was lost already, several large ones are too many (RFC 5681 §3.1).",
    hints: [
      "What does the third argument say?",
      "With `synLost` the answer is one segment, whatever was asked for.",
      "Ask for it before everything else.",
    ],
    run: async (t: Trial) => {
      for (const count of [0, 10]) {
        const smss = t.random.int(200, 3000);
        t.equal(
          await t.congestion.initialWindow(smss, count, true),
          smss,
          `the initial window after a lost SYN, segments of ${smss} bytes`,
        );
      }
      const whole = t.random.int(200, 1000);
      t.equal(await t.congestion.initialWindow(whole, 10, false), 10 * whole, `ten segments of ${whole} bytes when it was not lost`);
    },
  },
  "slow-start": {
    title: "slow start: the window grows by what is acknowledged",
    kind: "table",
    weight: 2,
    covers: ["5681-3.1c", "MUST-19"],
    look: ["slowStart"],
    why:
      "Each byte that arrives makes room for itself and for one more: a window that is acknowledged whole has doubled. One acknowledgment opens it by one segment at most, " +
      "however much it acknowledges (RFC 5681 §3.1: cwnd += min(N, SMSS)).",
    hints: [
      "By how much does cwnd grow when half a segment is acknowledged, and when two are?",
      "By half a segment; and by one, because L (`growthLimit`) is 1.",
      "What is added is the lesser of what was acknowledged and L segments. Nothing else changes.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const part = t.random.int(1, smss - 1);
      const cases: readonly (readonly [acked: number, more: number])[] = [
        [part, part],
        [smss, smss],
        [smss + part, smss],
        [segments(t.random.int(3, 40)), smss],
      ];
      for (const [acked, more] of cases) {
        const cwnd = segments(t.random.int(2, 30));
        const state = record({ smss, cwnd });
        await change(t, "slowStart", state, acked);
        const expected = { cwnd: cwnd + more, ssthresh: Infinity, phase: "open" } as const;
        expectMembers(t, state, expected, `after ${acked} bytes were acknowledged, with cwnd ${cwnd} and SMSS ${smss}`);
      }
      const near = record({ smss, cwnd: segments(10), ssthresh: segments(10) + 4 });
      await change(t, "slowStart", near, smss);
      expectMembers(t, near, { cwnd: segments(11) }, `after ${smss} bytes were acknowledged, 4 bytes below ssthresh`);
    },
  },
  "growth-limit": {
    title: "slow start: one acknowledgment opens it by L segments",
    kind: "table",
    covers: ["5681-3.1c"],
    look: ["slowStart"],
    why:
      "A peer that acknowledges many segments at once would open the window at a snail's pace if each acknowledgment counted as one segment. L says how many it may count as " +
      "(RFC 3465 §2.2); without a limit, one acknowledgment of a hundred segments would release two hundred at once.",
    hints: [
      "What is `state.growthLimit` for?",
      "It is L: cwnd grows by what was acknowledged, but by L · SMSS at most.",
      "L segments are a bound, not a step: three that are acknowledged with L = 8 open the window by three.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const many = t.random.int(10, 50);
      const cases: readonly (readonly [growthLimit: number, ...rows: (readonly [count: number, more: number])[]])[] = [
        [2, [1, 1], [2, 2], [3, 2], [many, 2]],
        [8, [1, 1], [3, 3], [8, 8], [9, 8], [many, 8]],
      ];
      for (const [growthLimit, ...rows] of cases) {
        for (const [count, more] of rows) {
          const state = record({ smss, growthLimit, cwnd: segments(20) });
          await change(t, "slowStart", state, segments(count));
          const when = `with L = ${growthLimit}, after an acknowledgment of ${amount(count, "segment")}`;
          expectMembers(t, state, { cwnd: segments(20 + more) }, when);
        }
      }
    },
  },
  "slow-after-loss": {
    title: "slow start after a timeout: L is 1",
    kind: "table",
    covers: ["5681-3.1c", "MUST-19"],
    look: ["slowStart"],
    why:
      "After a timeout one retransmission may fill a hole, and be answered by an acknowledgment of everything beyond it. That says nothing of how fast packets leave the network " +
      "now (RFC 3465 §2.3).",
    hints: [
      "In which phase is the connection after a timeout?",
      'In phase "loss" L is 1, whatever `growthLimit` is.',
      "Settle what L is before you add anything.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const count of [1, 2, t.random.int(3, 30)]) {
        const state = record({ smss, growthLimit: 8, cwnd: smss, phase: "loss", recoveryPoint: segments(50), ssthresh: segments(20) });
        await change(t, "slowStart", state, segments(count));
        expectMembers(t, state, { cwnd: segments(2) }, `after a timeout, and an acknowledgment of ${amount(count, "segment")}`);
      }
    },
  },
  "avoidance": {
    title: "congestion avoidance: one segment for each window",
    kind: "table",
    weight: 2,
    covers: ["5681-3.1d", "MUST-19"],
    look: ["growReno"],
    why:
      "From ssthresh on the window is near what the way takes. It is opened carefully: by one segment in each round trip, which is about when one window has been acknowledged, however " +
      "many acknowledgments that takes (RFC 5681 §3.1). RFC 2525 §2.6 tells of stacks that added a little more each time.",
    hints: [
      "cwnd is ten segments; ten are acknowledged, one by one. What is it then?",
      "Eleven. Either count acknowledged bytes in `bytesAcked`, until there is a window of them; or add SMSS² / cwnd each time.",
      "Count; is there a window's worth? Then take that window off the count first, and open it by one SMSS afterwards.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const count = t.random.int(8, 16);
      const state = record({ smss, cwnd: segments(count), ssthresh: segments(4) });
      let windows = 0;
      for (; windows < 4; windows++) {
        const before = state.cwnd;
        const acknowledgments = Math.ceil(before / smss);
        for (let i = 0; i < acknowledgments; i++) await change(t, "growReno", state, smss);
        t.ok(state.cwnd > before, `cwnd to grow while a window of ${before} bytes is acknowledged`, `${state.cwnd}`);
      }
      expectBetween(
        t,
        state.cwnd,
        segments(count + 0.75 * windows),
        segments(count + windows) + 4 * windows,
        `after ${windows} windows, from ${segments(count)} on`,
      );
    },
  },
  "halves": {
    title: "a loss: ssthresh is half of what was in flight",
    kind: "table",
    covers: ["5681-3.1e", "5681-3.2c"],
    look: ["reduceReno"],
    why:
      "What was in flight was too much. cwnd may be far larger than that, when the application had little to send or the peer a small window: half of it could be more than what was " +
      "just lost (RFC 5681 §3.1, equation 4).",
    hints: [
      "Which of the two is halved: cwnd, or the argument?",
      "FlightSize, the argument. cwnd itself stays as it is here.",
      "Half a segment is fine: sizes need not be whole segments, nor whole bytes.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const count of [5, t.random.int(6, 100), t.random.int(6, 100)]) {
        const cwnd = segments(t.random.int(101, 200));
        const state = record({ smss, cwnd });
        await change(t, "reduceReno", state, segments(count));
        expectMembers(t, state, { ssthresh: segments(count) / 2, cwnd }, `when ${count} segments of ${smss} bytes were in flight`);
      }
    },
  },
  "two-at-least": {
    title: "a loss: ssthresh is two segments at least",
    kind: "table",
    covers: ["5681-3.1e"],
    look: ["reduceReno"],
    why:
      "With less than two segments in flight a peer that acknowledges every second one would wait for its timer each time (RFC 5681 §3.1, equation 4).",
    hints: [
      "What is ssthresh when one segment was in flight?",
      "2 · SMSS: never less.",
      "Of half of FlightSize and two segments, take the larger.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const flightSize of [0, t.random.int(1, smss), smss, segments(3)]) {
        const state = record({ smss, cwnd: segments(10) });
        await change(t, "reduceReno", state, flightSize);
        expectMembers(t, state, { ssthresh: segments(2) }, `when ${flightSize} bytes were in flight, in segments of ${smss}`);
      }
    },
  },
  "idle": {
    title: "after a long silence the window is the first one again",
    kind: "table",
    covers: ["5681-4.1"],
    look: ["restartAfterIdle"],
    why: AFTER_IDLE,
    hints: [
      "What is RW, the restart window?",
      "min(IW, cwnd): the initial window, which the record has, unless cwnd is smaller still.",
      "Never open the window here: where cwnd is two segments, it stays two. And ssthresh is left alone.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      for (const [cwnd, left] of [[segments(30), segments(4)], [segments(5), segments(4)], [segments(2), segments(2)]] as const) {
        const timeout = t.random.int(1000, 3000);
        const idle = timeout + t.random.int(1, 60_000);
        const state = record({ smss, cwnd, ssthresh: segments(17) });
        await change(t, "restartAfterIdle", state, idle, timeout);
        expectMembers(
          t,
          state,
          { cwnd: left, ssthresh: segments(17) },
          `after ${idle} ms of silence, with a timeout of ${timeout} ms and an initial window of ${segments(4)}`,
        );
      }
    },
  },
  "pause": {
    title: "a pause shorter than the timeout changes nothing",
    kind: "table",
    covers: ["5681-4.1"],
    look: ["restartAfterIdle"],
    why:
      "What was true a moment ago still is. An application that pauses between two answers should not begin anew with each (RFC 5681 §4.1: more than one RTO).",
    hints: [
      "Compare the two arguments.",
      "Nothing happens unless `idle` is more than `timeout`.",
      "A silence of exactly the timeout is not more than it.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const timeout = t.random.int(1000, 3000);
      for (const idle of [0, t.random.int(1, 999), timeout]) {
        const state = record({ smss, cwnd: segments(30), ssthresh: segments(17) });
        await change(t, "restartAfterIdle", state, idle, timeout);
        expectMembers(
          t,
          state,
          { cwnd: segments(30), ssthresh: segments(17) },
          `after ${idle} ms of silence, with a timeout of ${timeout} ms`,
        );
      }
      const longer = record({ smss, cwnd: segments(30), ssthresh: segments(17) });
      await change(t, "restartAfterIdle", longer, timeout + 1, timeout);
      const expected = { cwnd: segments(4) };
      await t.about(
        { why: AFTER_IDLE, look: ["restartAfterIdle"] },
        () => expectMembers(t, longer, expected, `after ${timeout + 1} ms, one more than the timeout`),
      );
    },
  },
  "limited-transmit": {
    title: "two duplicates allow two segments more, and cwnd stays",
    kind: "table",
    covers: ["5681-3.2b"],
    look: ["sendWindow"],
    why:
      "Each duplicate says that a segment has left the network, so a new one may enter. In a window of three that makes the third duplicate possible at all (RFC 3042 §2). More than two are not for this: then it is " +
      "recovery that says what goes.",
    hints: [
      "How much may be in flight after the first duplicate, after the second, after the tenth?",
      'cwnd + 1 SMSS, cwnd + 2 SMSS, cwnd + 2 SMSS; and in "recovery" and "loss" just cwnd.',
      "Find out how many segments more may go: none outside phase “open”, else `dupAcks`, but two at most.",
    ],
    run: async (t: Trial) => {
      const { smss, segments } = sizes(t);
      const cwnd = segments(t.random.int(3, 40)) + t.random.int(0, smss - 1);
      for (
        const [phase, dupAcks, extra] of [["open", 0, 0], ["open", 1, 1], ["open", 2, 2], ["open", 5, 2], ["recovery", 3, 0], [
          "loss",
          2,
          0,
        ]] as const
      ) {
        const state = record({ smss, cwnd, phase, dupAcks, recoveryPoint: segments(100) });
        const allowed = await change(t, "sendWindow", state);
        t.equal(
          allowed,
          cwnd + segments(extra),
          `what may be in flight in phase "${phase}" after ${dupAcks} duplicates, with cwnd ${cwnd} and SMSS ${smss}`,
        );
        expectMembers(t, state, { cwnd }, "afterwards");
      }
    },
  },
};

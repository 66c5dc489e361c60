/** Public checks of lab 06: how long the timeout is (`sample`), and when the timer runs (`sent`, `acknowledged`). */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { computed, inMs, timerBench } from "./timer_bench.ts";

const SAMPLE = ["createRetransmission.sample"] as const;

const THE_GREATER = {
  why:
    "The clock's granularity G is the least that comes on top of the mean. When the variation says more than that, it alone counts: the greater of the two, not their sum " +
    "(RFC 6298 §2.3).",
  look: SAMPLE,
};

export const timeouts: Readonly<Record<string, CheckSpec>> = {
  "first-timeout": {
    title: "before anything is measured, the timeout is the initial one",
    kind: "table",
    covers: ["6298-2.1", "6298-5.1", "MUST-18"],
    look: ["createRetransmission.sent"],
    why:
      "Nobody knows yet how far away the peer is. A second is long enough for nearly every path; with less, the first segments would all go twice " +
      "(RFC 6298 §2.1).",
    hints: [
      "When does a timer fire that is started at 5000, before any measurement?",
      "The deadline is now and the timeout. The timeout begins as `options.initial`.",
      "`sent`: when the deadline is Infinity, it becomes `now + #rto`.",
    ],
    run: async (t) => {
      for (const initial of [1000, 3000]) {
        const bench = await timerBench(t, { initial });
        await t.about({ look: ["createRetransmission"] }, () => bench.expectTimeout(initial, "before any measurement"));
        await bench.expectDeadline(Infinity, "before anything was sent");
        const now = t.random.int(1, 100_000);
        await bench.timer.sent(now);
        await bench.expectDeadline(now + initial, `after sent(${now}), with an initial timeout of ${initial} ms`);
      }
    },
  },
  "first-sample": {
    title: "the first round trip R makes the timeout R + 4 · R/2",
    kind: "table",
    covers: ["6298-2.2", "MUST-18"],
    look: SAMPLE,
    why:
      "One measurement says nothing about how much round trips vary, so half of it is assumed. The timeout is the mean and four times the variation: " +
      "three times the first round trip (RFC 6298 §2.2).",
    hints: [
      "What are SRTT and RTTVAR after one measurement of 100 ms?",
      "SRTT = R, RTTVAR = R/2. RTO = SRTT + max(G, K · RTTVAR), with K = 4.",
      "100 + 4 · 50 = 300 ms.",
    ],
    run: async (t) => {
      for (const roundTrip of [100, t.random.int(2, 50), t.random.int(500, 9000)]) {
        const bench = await timerBench(t);
        await bench.sample(roundTrip);
        await bench.expectTimeout(3 * roundTrip, `after one round trip of ${inMs(roundTrip)}`);
      }
    },
  },
  "more-samples": {
    title: "further round trips move mean and variation smoothly",
    kind: "table",
    weight: 2,
    covers: ["6298-2.3", "MUST-18"],
    look: SAMPLE,
    why:
      "A mean that jumps with each measurement would be no mean. An eighth of the new, seven of the old; and the variation is the distance to the *old* mean, so " +
      "it is computed first (RFC 6298 §2.3).",
    hints: [
      "Compute the second timeout by hand, for 100 and then 180 ms. It is 110 + 4 · 57.5 = 340.",
      "RTTVAR = ¾ · RTTVAR + ¼ · |SRTT − R|, and after that SRTT = ⅞ · SRTT + ⅛ · R.",
      "If your timeouts are too small by a little, the two lines stand in the wrong order.",
    ],
    run: async (t) => {
      const stories = [[100, 180], [300, 300, 300, 300], [
        t.random.int(20, 90),
        ...Array.from({ length: 6 }, () => t.random.int(100, 2000)),
      ]];
      for (const roundTrips of stories) {
        const bench = await timerBench(t);
        for (const [i, { rto }] of computed(roundTrips).entries()) {
          await bench.sample(roundTrips[i] as number);
          await bench.expectTimeout(rto, `after round trips of ${roundTrips.slice(0, i + 1).join(", ")} ms`);
        }
      }
    },
  },
  "zero-sample": {
    title: "a round trip of 0 ms is a measurement like any other",
    kind: "table",
    covers: ["6298-2.2", "6298-2.3"],
    look: SAMPLE,
    why:
      "Two hosts on one machine answer within the clock's tick: the mean is then 0, and it was measured. Whoever takes 0 for “nothing yet” begins anew with the next round " +
      "trip (RFC 6298 §2.2, §2.3).",
    hints: [
      "SRTT is 0 after the first round trip. How do you know that there was one?",
      "“Not measured” needs a value of its own: undefined.",
      "`if (this.#srtt === undefined)`; `!this.#srtt` is true for 0 as well.",
    ],
    run: async (t) => {
      for (const roundTrips of [[0, 80], [0, 0, t.random.int(40, 400)]]) {
        const bench = await timerBench(t);
        await bench.sample(...roundTrips);
        await bench.expectTimeout(computed(roundTrips).at(-1)?.rto ?? 0, `after round trips of ${roundTrips.join(", ")} ms`);
      }
    },
  },
  "least-and-most": {
    title: "the timeout stays between its least and its most",
    kind: "table",
    covers: ["6298-2.4", "6298-2.5", "MUST-18"],
    look: SAMPLE,
    why:
      "A near peer is answered in a millisecond, but acknowledgments may be delayed, and a clock may stutter: below a second nothing is gained and much goes twice " +
      "(RFC 6298 §2.4). Above, a bound of 60 seconds or more keeps a dead path from being asked once an hour (§2.5).",
    hints: [
      "Round trips of 1 ms give 3 ms. What is the timeout when `least` is 1000?",
      "Bounds come last, and only for the timeout: SRTT and RTTVAR are what was measured.",
      "`Math.min(Math.max(computed, least), most)`.",
    ],
    run: async (t) => {
      const low = await timerBench(t, { least: 1000 });
      await low.sample(t.random.int(1, 300));
      await low.expectTimeout(1000, "after a short round trip, with a least of 1000 ms");
      await low.sample(5000);
      const first = await timerBench(t, { least: 1000 });
      await first.sample(2, 3002);
      await first.expectTimeout(377 + 4 * 750.75, "after round trips of 2 and 3002 ms, with a least of 1000 ms");
      const high = await timerBench(t, { most: 60_000 });
      await high.sample(t.random.int(21_000, 90_000));
      await high.expectTimeout(60_000, "after a very long round trip, with a most of 60 s");
    },
  },
  "granularity": {
    title: "a variation of nothing counts as the clock's tick",
    kind: "table",
    covers: ["6298-4"],
    look: SAMPLE,
    why:
      "When all round trips are equal the variation goes to 0, and the timeout would be the mean itself: half of all acknowledgments would come too late " +
      "(RFC 6298 §2.3, §4).",
    hints: [
      "What is 4 · RTTVAR after fifty equal round trips?",
      "The greater of the clock's granularity G and 4 · RTTVAR is what comes on top.",
      "`SRTT + Math.max(granularity, K * RTTVAR)`.",
    ],
    run: async (t) => {
      const coarse = await timerBench(t, { granularity: 100 });
      await coarse.sample(200);
      await t.about(THE_GREATER, () => coarse.expectTimeout(600, "after one round trip of 200 ms, with a granularity of 100 ms"));
      const granularity = t.random.pick([10, 50, 100]);
      const roundTrip = t.random.int(200, 400);
      const bench = await timerBench(t, { granularity });
      await bench.sample(...Array.from({ length: 60 }, () => roundTrip));
      await bench.expectTimeout(
        roundTrip + granularity,
        `after sixty round trips of ${inMs(roundTrip)}, with a granularity of ${granularity} ms`,
      );
    },
  },
  "runs-once": {
    title: "what is sent while the timer runs does not move it",
    kind: "table",
    covers: ["6298-5.1", "6298-5"],
    look: ["createRetransmission.sent"],
    why:
      "The timer watches the oldest segment in flight. If each new one started it again, a sender that is busy would never notice a loss " +
      "(RFC 6298 §5.1).",
    hints: [
      "Sent at 0 and at 900, with a timeout of 1000: when does it fire?",
      "At 1000. `sent` starts the timer only when it does not run.",
      "Does not run: the deadline is Infinity.",
    ],
    run: async (t) => {
      const bench = await timerBench(t);
      const now = t.random.int(0, 10_000);
      await bench.timer.sent(now);
      for (const later of [1, t.random.int(2, 900), 999]) {
        await bench.timer.sent(now + later);
        await bench.expectDeadline(now + 1000, `after sent(${now}) and sent(${now + later}), with a timeout of 1000 ms`);
      }
    },
  },
  "acknowledged": {
    title: "new acknowledgments start the timer anew, the last stops it",
    kind: "table",
    weight: 2,
    covers: ["6298-5.2", "6298-5.3", "6298-5"],
    look: ["createRetransmission.acknowledged"],
    why:
      "Each segment is given a whole timeout. As long as acknowledgments come, the path is alive, and the timer begins again with each (RFC 6298 §5.3); when " +
      "nothing is in flight there is nothing to wait for (§5.2).",
    hints: [
      "What is the deadline after an acknowledgment at 700, when more is in flight?",
      "700 and the timeout. And Infinity when nothing is in flight.",
      "Starting is the same as in `sent`, but without the question whether the timer runs: make a private method of it.",
    ],
    run: async (t) => {
      const bench = await timerBench(t);
      await bench.timer.sent(0);
      const first = t.random.int(100, 900);
      await bench.timer.acknowledged(first, true);
      await bench.expectDeadline(first + 1000, `after sent(0) and acknowledged(${first}) with more in flight`);
      const second = first + t.random.int(100, 900);
      await bench.timer.acknowledged(second, false);
      await bench.expectDeadline(Infinity, `after acknowledged(${second}) with nothing in flight`);
      const third = second + t.random.int(100, 5000);
      await bench.timer.sent(third);
      await bench.expectDeadline(third + 1000, `after sent(${third})`);
    },
  },
};

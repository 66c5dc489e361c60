/** Hidden checks of lab 06: the retransmission timer, the acknowledger, and probes. */
import { computed, OPTIONS, timerBench, timeText } from "../../../labs/06-buffers/checks/timer_bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

const FIRED = ["createRetransmission.fired"] as const;

export const timeouts: Readonly<Record<string, CheckSpec>> = {
  "stopped": {
    title: "a stopped timer stays stopped until something is sent",
    kind: "table",
    covers: ["6298-5.2", "6298-5.1"],
    look: ["createRetransmission.stop"],
    why:
      "While the window is closed, or the connection is over, the retransmission timer has nothing to do. One that fires all the same sends what nobody may send.",
    hints: [
      "What is the deadline after stop()?",
      "Infinity; whatever the timeout is.",
      "The timeout stays, doubled or not: only the deadline goes.",
    ],
    run: async (t) => {
      const bench = await timerBench(t);
      await bench.timer.sent(100);
      const now = await bench.fire(1);
      await bench.timer.stop();
      await bench.expectDeadline(Infinity, "after stop()");
      await bench.timer.sent(now + 50);
      await bench.expectDeadline(now + 2050, `after sent(${now + 50}), with a timeout that was doubled to 2000 ms`);
    },
  },
  "many-samples": {
    title: "two hundred round trips give the timeout of RFC 6298",
    kind: "table",
    weight: 2,
    covers: ["6298-2.2", "6298-2.3", "6298-2.4", "6298-2.5", "6298-4", "MUST-18"],
    look: ["createRetransmission.sample"],
    why: "A mistake in the mean is small after one measurement, and adds up over many (RFC 6298 §2).",
    hints: [
      "Is it the mean, the variation, or a bound? Print both for the first ten.",
      "Neither SRTT nor RTTVAR is rounded or bounded; only the timeout is.",
      "RTTVAR first, with the old SRTT; α = 1/8 for the mean, β = 1/4 for the variation; K = 4.",
    ],
    run: async (t) => {
      const options = { granularity: t.random.pick([1, 20]), least: t.random.pick([1, 200, 1000]), most: 60_000 };
      const bench = await timerBench(t, options);
      let middle = t.random.int(5, 2000);
      const roundTrips = Array.from({ length: 200 }, () => {
        if (t.random.chance(0.05)) middle = t.random.int(5, 5000);
        return middle + t.random.int(0, middle);
      });
      const right = computed(roundTrips, options.granularity);
      for (const [i, roundTrip] of roundTrips.entries()) {
        await bench.timer.sample(roundTrip);
        if (i % 10 !== 9) continue;
        const expected = Math.min(Math.max(right[i]?.rto ?? 0, options.least), options.most);
        await bench.expectTimeout(expected, `after ${i + 1} round trips, the last of ${roundTrip} ms`);
      }
    },
  },
};

export const backoff: Readonly<Record<string, CheckSpec>> = {
  "goes-on-doubling": {
    title: "after an acknowledgment doubling goes on where it was",
    kind: "table",
    covers: ["6298-3", "6298-5.5", "MUST-18"],
    look: ["createRetransmission.acknowledged", FIRED[0]],
    why:
      "An acknowledgment that measured nothing starts the timer, and not the back-off. When the next segment is lost as well, the wait is twice what it was, not twice what it was " +
      "at first (RFC 9293 §3.8.2).",
    hints: [
      "The timeout was doubled to 600. An acknowledgment comes, and the timer fires again. What is the timeout?",
      "1200: what was doubled is doubled again.",
      "Doubling starts from `#rto`, and `#rto` is touched by nothing but `sample`, `fired` and `opened`.",
    ],
    run: async (t) => {
      const bench = await timerBench(t, { r2: 10_000_000 });
      const roundTrip = 4 * t.random.int(20, 100);
      await bench.sample(roundTrip);
      await bench.timer.sent(0);
      let timeout = await bench.timer.timeout();
      for (let round = 0; round < 5; round++) {
        const now = await bench.fire(1);
        timeout *= 2;
        await bench.expectTimeout(timeout, `after firing number ${round + 1}, each with an acknowledgment behind it`);
        await bench.timer.acknowledged(now + t.random.int(1, 40), true);
      }
    },
  },
  "bounded": {
    title: "back-off ends at the most, and stays there",
    kind: "table",
    covers: ["6298-2.5", "6298-5.5"],
    look: FIRED,
    why:
      "A timeout that doubles for ever is soon longer than anybody lives. Sixty seconds or more are allowed as the most (RFC 6298 §2.5).",
    hints: [
      "What follows 40 seconds when the most is 60?",
      "60, and then 60 again.",
      "`Math.min(#rto * 2, most)`.",
    ],
    run: async (t) => {
      const bench = await timerBench(t, { most: 60_000, r2: 100_000_000 });
      await bench.sample(t.random.int(2000, 9000));
      await bench.timer.sent(0);
      const now = await bench.fire(8);
      await bench.expectTimeout(60_000, "after it fired eight times, with a most of 60 s");
      await bench.expectDeadline(now + 60_000, "after that");
    },
  },
  "any-story": {
    title: "whatever happens, the timer is where it should be",
    kind: "table",
    weight: 2,
    covers: ["6298-5", "6298-5.1", "6298-5.2", "6298-5.3", "6298-5.5", "6298-5.6", "MUST-20"],
    look: ["createRetransmission.fired", "createRetransmission.acknowledged", "createRetransmission.sent"],
    why: "Sends, acknowledgments, measurements and losses come in any order. RFC 6298 §5 says for each what becomes of the timer.",
    hints: [
      "Play the last steps of the story by hand. Which one moved the timer wrongly?",
      "Four numbers: the timeout, the deadline, when the wait began, and how often it fired since.",
      "Each method changes some of them and leaves the others alone: write down which.",
    ],
    run: async (t: Trial) => {
      const bench = await timerBench(t, { r2: 60_000 });
      const { timer } = bench;
      const samples: number[] = [];
      let [now, rto, deadline, since, fired] = [0, OPTIONS.initial, Infinity, 0, 0];
      for (let step = 0; step < 200; step++) {
        now += t.random.int(1, 300);
        const start = (): void => void ([since, fired, deadline] = [now, 0, now + rto]);
        const event = t.random.pick(["sent", "sent", "acknowledged", "done", "sample", "fire", "fire", "stop"] as const);
        if (event === "sent") {
          await timer.sent(now);
          if (deadline === Infinity) start();
        } else if (event === "acknowledged" || event === "done") {
          await timer.acknowledged(now, event === "acknowledged");
          if (event === "acknowledged") start();
          else deadline = Infinity;
        } else if (event === "sample") {
          samples.push(t.random.int(1, 3000));
          await timer.sample(samples.at(-1) as number);
          await bench.expectTimeout(computed(samples).at(-1)?.rto ?? 0, `after round trips of ${samples.slice(-6).join(", ")} ms at last`);
          rto = await timer.timeout(); // it may be rounded, and doubles as it is
        } else if (event === "stop") {
          await timer.stop();
          deadline = Infinity;
        } else if (deadline !== Infinity) {
          now = Math.ceil(Math.max(now, deadline));
          rto = Math.min(rto * 2, OPTIONS.most);
          deadline = now + rto;
          fired++;
          const expected = now - since >= 60_000 ? "give up" : fired > 3 ? "resend and advise" : "resend";
          t.equal(await timer.fired(now), expected, `what fired(${now}) says, number ${fired} since ${since}`);
        }
        const seen = await timer.deadline();
        const near = seen === deadline || Math.abs(seen - deadline) <= 2;
        t.ok(near, `deadline() to be ${timeText(deadline)} after “${event}” at ${now} ms`, timeText(seen));
        deadline = seen;
      }
    },
  },
};

export const acknowledging: Readonly<Record<string, CheckSpec>> = {
  "mss-of-now": {
    title: "two full segments are as long as `mss` says now",
    kind: "table",
    covers: ["SHLD-19", "5681-4.2"],
    look: ["createAcknowledger.received"],
    why:
      "How much the peer can put into a segment may change: options come and go, and the way becomes narrower. What counts is the size with the segment that came last " +
      "(RFC 5681 §4.2).",
    hints: [
      "Where does the 1460 in your code come from?",
      "From nowhere but the argument, each time.",
      "`this.#bytes >= 2 * mss`, with the argument of this call.",
    ],
    run: async (t) => {
      for (let round = 0; round < 6; round++) {
        const acknowledger = await t.buffers.createAcknowledger(200);
        const [mss, smaller] = [t.random.int(1000, 1460), t.random.int(300, 500)];
        await acknowledger.received("later", mss, mss, 10);
        const first = `received of 100 bytes with an MSS of ${mss}, behind ${mss}`;
        t.equal(await acknowledger.received("later", 100, mss, 11), false, first);
        t.equal(
          await acknowledger.received("later", 1, smaller, 12),
          true,
          `received of 1 byte with an MSS of ${smaller}, behind ${mss + 100}`,
        );
      }
    },
  },
  "stays-due": {
    title: "once an acknowledgment is due it stays due until sent",
    kind: "table",
    covers: ["5681-3.2a", "5681-4.2"],
    look: ["createAcknowledger.received"],
    why:
      "The engine sends when its batch of segments is done, not in the middle. What became due by one segment must not be forgotten by the next (RFC 5681 §4.2).",
    hints: [
      "A segment beyond a gap, then a small one in order: what does received say the second time?",
      "True again: the first has not been answered.",
      "If being due is a deadline that has come, the lesser deadline wins by itself.",
    ],
    run: async (t) => {
      const acknowledger = await t.buffers.createAcknowledger(40);
      const now = t.random.int(1, 1000);
      t.equal(await acknowledger.received("later", 10, 1460, now), false, "received of a small segment, when nothing is due");
      await acknowledger.received("now", 10, 1460, now);
      t.equal(await acknowledger.received("later", 10, 1460, now), true, "received of a small segment behind one that must not wait");
      t.equal(await acknowledger.received("later", 10, 1460, now + 1), true, "received of another");
      await acknowledger.sent();
      await acknowledger.received("later", 1460, 1460, now + 5);
      await acknowledger.received("later", 1460, 1460, now + 5);
      t.equal(await acknowledger.received("later", 1, 1460, now + 6), true, "received of a small segment behind two full ones");
    },
  },
  "no-delay": {
    title: "a delay of 0 acknowledges at once; 500 ms are refused",
    kind: "table",
    covers: ["MUST-40", "5681-4.2"],
    look: ["createAcknowledger.received"],
    why: "Half a second is the bound that every sender reckons with (RFC 9293 §3.8.6.3, MUST-40). Below, anything is legal, 0 too.",
    hints: [
      "What is due at `now + 0`?",
      "Now: received compares the deadline with `now`, and equal is due.",
      "`<=` in the last line of received.",
    ],
    run: async (t: Trial) => {
      const slow = await t.buffers.createAcknowledger(t.random.int(40, 499));
      t.equal(
        await slow.received("later", t.random.int(1, 100), 1460, 77),
        false,
        "received of a small segment, with a delay of 40 ms or more",
      );
      const acknowledger = await t.buffers.createAcknowledger(0);
      t.equal(await acknowledger.received("later", t.random.int(1, 100), 1460, 77), true, "received of a small segment, with a delay of 0");
      const outcomes = await t.many("buffers", "createAcknowledger", [[500], [t.random.int(501, 9999)], [-1], [Infinity]]);
      for (const [i, outcome] of outcomes.entries()) {
        const what = `a RangeError from createAcknowledger(${["500", "more", "-1", "Infinity"][i]})`;
        t.ok(outcome.threw?.startsWith("RangeError") === true, what, outcome.threw ?? "no exception");
      }
    },
  },
};

export const probing: Readonly<Record<string, CheckSpec>> = {
  "for-ever": {
    title: "the pause between probes has its most, for ever",
    kind: "table",
    covers: ["SHLD-30", "MUST-37"],
    look: ["probeDelay"],
    why:
      "A peer may keep its window shut for days, and the connection stays. The thousandth pause is as long as the tenth, and no number overflows (RFC 9293 §3.8.6.1).",
    hints: [
      "What is 1 << 32?",
      "1: the bit operators count in 32 bits. Powers of 2 do not end there.",
      "`2 ** count` becomes Infinity in the end, and the least of Infinity and `most` is `most`.",
    ],
    run: async (t) => {
      const timeout = t.random.int(1, 3000);
      t.equal(await t.buffers.probeDelay(0, timeout, 60_000), timeout, `probeDelay(0, ${timeout}, 60000)`);
      const counts = [20, 30, 31, 32, 33, 64, 1000, 1025, 5000];
      const outcomes = await t.many("buffers", "probeDelay", counts.map((count) => [count, timeout, 60_000]));
      for (const [i, count] of counts.entries()) t.equal(outcomes[i]?.value, 60_000, `probeDelay(${count}, ${timeout}, 60000)`);
      t.equal(await t.buffers.probeDelay(0, 120_000, 60_000), 60_000, "probeDelay(0, 120000, 60000), with a timeout beyond the most");
    },
  },
};

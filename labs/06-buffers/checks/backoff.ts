/** Public checks of lab 06: what happens when the timer fires (`fired`). */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { timerBench } from "./timer_bench.ts";

const FIRED = ["createRetransmission.fired"] as const;

const FROM_NOW = {
  why:
    "The timer starts again when the segment goes again, and that is `now`. A host that was busy calls `fired` a little late; the next wait is a whole timeout all the same " +
    "(RFC 6298 §5.6).",
  look: FIRED,
};

export const backoff: Readonly<Record<string, CheckSpec>> = {
  "doubles": {
    title: "each time it fires, the next wait is twice as long",
    kind: "table",
    weight: 2,
    covers: ["6298-5.5", "6298-5.6"],
    look: FIRED,
    why:
      "Segments are lost where there are too many. Senders that repeat as fast as they can make it worse, until nothing gets through; each that waits twice as long " +
      "helps to end it (RFC 6298 §5.5; RFC 2525 §2.10 lists stacks that forgot).",
    hints: [
      "With a timeout of 1000, sent at 0, the engine calls `fired(1004)`. What is the timeout then, and what the deadline?",
      "2000, and 3004: the timeout doubles first, and the timer starts again with it, from `now`.",
      "`#rto` becomes the lesser of `2 · #rto` and `most`; then the deadline becomes `now + #rto`.",
    ],
    run: async (t) => {
      const bench = await timerBench(t, { most: 60_000, r2: 10_000_000 });
      let now = t.random.int(0, 50_000);
      await bench.timer.sent(now);
      now += 1000;
      for (const timeout of [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
        const late = t.random.int(3, 9);
        now += late;
        await bench.timer.fired(now);
        await bench.expectTimeout(timeout, `after fired(${now})`);
        await t.about(FROM_NOW, () => bench.expectDeadline(now + timeout, `after fired(${now}), which was ${late} ms late`));
        now += timeout;
      }
    },
  },
  "until-measured": {
    title: "back-off stays until a round trip is measured (Karn)",
    kind: "table",
    weight: 2,
    covers: ["6298-3", "MUST-18", "6298-5.5"],
    look: ["createRetransmission.acknowledged", "createRetransmission.sample"],
    why:
      "The acknowledgment of a segment that went twice measures nothing: it may answer either. If the first timeout was too short for the path, it is still too short, so " +
      "the doubled one stays until a segment that went once is measured (RFC 9293 §3.8.2).",
    hints: [
      "The timeout was doubled to 2000. An acknowledgment comes: what is the timeout then?",
      "2000 as before. `acknowledged` starts or stops the timer, and changes no timeout.",
      "Only `sample` computes a timeout, from SRTT and RTTVAR; it knows nothing of doubling.",
    ],
    run: async (t) => {
      const [bench, calm] = [await timerBench(t), await timerBench(t)];
      await bench.sample(100);
      await bench.timer.sent(0);
      const fired = await bench.fire(2);
      const doubled = await bench.timer.timeout();
      const now = fired + t.random.int(1, 200);
      await bench.timer.acknowledged(now, true);
      await bench.expectTimeout(doubled, "after an acknowledgment that measured nothing, as it was before");
      await bench.expectDeadline(now + doubled, `after acknowledged(${now})`);
      await bench.timer.acknowledged(now + 50, false);
      await bench.timer.sent(now + 70);
      await bench.expectDeadline(now + 70 + doubled, `after the last acknowledgment, and sent(${now + 70})`);
      await bench.sample(100);
      await calm.sample(100, 100);
      await bench.expectTimeout(await calm.timer.timeout(), "after a second round trip of 100 ms, as if it had never fired");
    },
  },
  "unmeasured": {
    title: "back-off stays though nothing was ever measured",
    kind: "table",
    covers: ["6298-3", "MUST-18", "6298-5.5"],
    look: ["createRetransmission.acknowledged"],
    why:
      "An acknowledgment that measures nothing is no reason to go back to the initial timeout either: if a second was too short before, it still is " +
      "(RFC 9293 §3.8.2).",
    hints: [
      "The initial timeout is 1000. The timer fired, and an acknowledgment comes, before anything was measured. What is the timeout?",
      "2000, as it was. `acknowledged` changes no timeout, measured or not.",
      "`#rto` is assigned in `sample`, `fired` and `opened`, and nowhere else.",
    ],
    run: async (t) => {
      for (const inFlight of [true, false]) {
        const bench = await timerBench(t);
        await bench.timer.sent(0);
        const now = await bench.fire(2) + t.random.int(1, 900);
        await bench.timer.acknowledged(now, inFlight);
        await bench.expectTimeout(4000, `after it fired twice, and acknowledged(${now}, ${inFlight}), with an initial timeout of 1000 ms`);
        if (!inFlight) await bench.timer.sent(now);
        await bench.expectDeadline(now + 4000, `after acknowledged(${now}, ${inFlight})${inFlight ? "" : ` and sent(${now})`}`);
      }
    },
  },
  "advise": {
    title: "after R1 retransmissions in vain the host is advised",
    kind: "table",
    covers: ["MUST-20", "SHLD-10", "SHLD-9"],
    look: FIRED,
    why:
      "When so many retransmissions brought nothing, perhaps the way is to blame: IP may know another, and the application may want to know (RFC 9293 §3.8.3, R1).",
    hints: [
      "With r1 = 3: how many retransmissions were in vain when the timer fires for the fourth time?",
      "The first firing has none behind it: the segment went only once so far. The fourth has three.",
      "Count the firings since the wait began. With `r1` or more *before* this one: “resend and advise”.",
    ],
    run: async (t) => {
      for (const r1 of [3, t.random.int(4, 6)]) {
        const bench = await timerBench(t, { r1, r2: 10_000_000 });
        await bench.timer.sent(0);
        for (let i = 0; i < r1 + 2; i++) {
          const now = await bench.timer.deadline();
          const expected = i < r1 ? "resend" : "resend and advise";
          t.equal(
            await bench.timer.fired(now),
            expected,
            `what the ${["1st", "2nd", "3rd"][i] ?? `${i + 1}th`} fired() in a row says, with r1 = ${r1}`,
          );
        }
      }
    },
  },
  "gives-up": {
    title: "after R2 milliseconds without an acknowledgment it gives up",
    kind: "table",
    covers: ["MUST-20", "MUST-21", "SHLD-11"],
    look: FIRED,
    why:
      "A peer whose cable was cut never answers. The application decides how long it wants to hope, and that is R2, at least 100 seconds by default " +
      "(RFC 9293 §3.8.3).",
    hints: [
      "Sent at 500, r2 = 6000. The timer fires at 1500, 3500 and 7500. What does it say the third time?",
      "“give up”: 7000 ms have passed since the wait began. Back-off is no reason to wait longer.",
      "Note in `sent` and in `acknowledged` when the wait began; compare `now` with that.",
    ],
    run: async (t) => {
      const began = t.random.int(0, 5000);
      for (
        const [r2, verdicts] of [[6000, ["resend", "resend", "give up"]], [7000, ["resend", "resend", "give up"]], [7001, [
          "resend",
          "resend",
          "resend",
          "give up",
        ]]] as const
      ) {
        const bench = await timerBench(t, { r1: 10, r2 });
        await bench.timer.sent(began);
        for (const expected of verdicts) {
          const now = await bench.timer.deadline();
          t.equal(await bench.timer.fired(now), expected, `what fired(${now}) says, after sent(${began}) and with r2 = ${r2}`);
        }
      }
    },
  },
  "progress-counts": {
    title: "an acknowledgment begins the count of firings again",
    kind: "table",
    covers: ["MUST-20"],
    look: ["createRetransmission.acknowledged", "createRetransmission.fired"],
    why:
      "A path that loses half of everything is slow, and alive. Only retransmissions without any progress between them count towards R1 " +
      "(RFC 9293 §3.8.3).",
    hints: [
      "Fired three times, then an acknowledgment, then fired: how many were in vain?",
      "None: the acknowledgment was progress.",
      "Where the timer is started, set the count of firings to 0.",
    ],
    run: async (t) => {
      const bench = await timerBench(t, { r1: 2, r2: 20_000 });
      await bench.timer.sent(0);
      let now = await bench.fire(3);
      for (let round = 0; round < 4; round++) {
        now += t.random.int(1, 500);
        await bench.timer.acknowledged(now, true);
        now = await bench.timer.deadline();
        t.equal(
          await bench.timer.fired(now),
          "resend",
          `what fired says the first time after an acknowledgment, ${now} ms after the start`,
        );
        await bench.sample(100);
      }
    },
  },
  "progress-time": {
    title: "R2 counts from the last acknowledgment, not from the start",
    kind: "table",
    covers: ["MUST-20", "MUST-21"],
    look: ["createRetransmission.acknowledged", "createRetransmission.fired"],
    why:
      "R2 is for how long a peer may be silent. Each acknowledgment shows that it is there, and begins the wait again: a connection that lasts longer than R2 is no reason " +
      "to give it up (RFC 9293 §3.8.3).",
    hints: [
      "Sent at 0, acknowledged at 15000, r2 = 20000. What does fired(31000) say?",
      "“resend”: 16000 ms have passed since the acknowledgment. 31000 is how old the connection is, and that is no matter.",
      "`sent` and `acknowledged` start the timer in the same way: both note the time, set the count to 0, and set the deadline.",
    ],
    run: async (t) => {
      const bench = await timerBench(t, { r1: 100, r2: 20_000 });
      const began = t.random.int(0, 900);
      await bench.timer.sent(began);
      const acknowledged = await bench.fire(4) + t.random.int(1, 900);
      await bench.timer.acknowledged(acknowledged, true);
      for (const expected of ["resend", "give up"]) {
        const now = await bench.timer.deadline();
        const what = `what fired(${now}) says, after sent(${began}) and acknowledged(${acknowledged}), with r2 = 20000`;
        t.equal(await bench.timer.fired(now), expected, what);
      }
    },
  },
  "lost-syn": {
    title: "a handshake that needed its timer begins with 3 seconds",
    kind: "table",
    covers: ["6298-5.7"],
    look: ["createRetransmission.opened"],
    why:
      "When the SYN had to go twice, its acknowledgment measured nothing, and perhaps the round trip is longer than the initial second. Three are safe to begin with " +
      "(RFC 6298 §5.7).",
    hints: [
      "What do you know when opened() is called and nothing was measured?",
      "Only whether the timer has fired before. If it has: 3000, not the doubled initial timeout.",
      "Three conditions: it fired before any measurement, there is none yet, and `initial` is below 3000.",
    ],
    run: async (t) => {
      const rows: { initial: number; fired: number; sample?: number; expected: number; what: string }[] = [
        { initial: 1000, fired: 0, expected: 1000, what: "a handshake in which the timer did not fire" },
        { initial: 1000, fired: 1, expected: 3000, what: "a handshake in which it fired" },
        { initial: 1000, fired: 3, expected: 3000, what: "a handshake in which it fired three times" },
        {
          initial: 1000,
          fired: 1,
          sample: 700,
          expected: 2100,
          what: "a handshake in which it fired, but a round trip of 700 ms was measured",
        },
        { initial: 4000, fired: 1, expected: 8000, what: "a handshake in which it fired, with an initial timeout of 4 s" },
      ];
      for (const { initial, fired, sample, expected, what } of rows) {
        const bench = await timerBench(t, { initial });
        await bench.timer.sent(0);
        if (fired > 0) await bench.fire(fired);
        if (sample !== undefined) await bench.timer.sample(sample);
        await bench.timer.opened();
        await bench.expectTimeout(expected, `after opened(), and ${what}`);
      }
    },
  },
};

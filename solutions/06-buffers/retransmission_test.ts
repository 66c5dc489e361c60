import { assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import type { Retransmission, RetransmissionOptions } from "../../stack/contract/buffers.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createRetransmission, probeDelay } from "./retransmission.ts";

/** Without a least timeout worth the name, so that the arithmetic can be seen. */
const BARE: RetransmissionOptions = { initial: 1000, least: 1, most: 60_000, granularity: 1, r1: 3, r2: 100_000 };
/** As RFC 6298 wants it. */
const RFC: RetransmissionOptions = { ...BARE, least: 1000 };

/** The timeouts after each of these round trips. */
function timeouts(options: RetransmissionOptions, ...roundTrips: number[]): number[] {
  const timer = createRetransmission(options);
  return roundTrips.map((roundTrip) => {
    timer.sample(roundTrip);
    return timer.timeout();
  });
}

/** Lets the timer fire at its deadline, `times` times, and returns what it said each time. */
function fire(timer: Retransmission, times: number): string[] {
  return Array.from({ length: times }, () => timer.fired(timer.deadline()));
}

Deno.test("Retransmission.timeout() is 1 s before anything is measured", () => {
  assertEquals(createRetransmission(RFC).timeout(), 1000);
  assertEquals(createRetransmission({ ...RFC, initial: 3000 }).timeout(), 3000);
});

Deno.test("Retransmission.sample() computes what RFC 6298 §2.2 and §2.3 say", () => {
  // R = 500: SRTT 500, RTTVAR 250, RTO 500 + 4·250.
  // R = 300: RTTVAR ¾·250 + ¼·200 = 237.5, SRTT ⅞·500 + ⅛·300 = 475, RTO 475 + 950.
  // R = 475: RTTVAR ¾·237.5 = 178.125, SRTT 475, RTO 475 + 712.5.
  // R = 1275: RTTVAR ¾·178.125 + ¼·800 = 333.59375, SRTT ⅞·475 + ⅛·1275 = 575, RTO 575 + 1334.375.
  assertEquals(timeouts(BARE, 500, 300, 475, 1275), [1500, 1425, 1187.5, 1909.375]);
});

Deno.test("Retransmission.sample() takes the variation from the old mean, not from the new one", () => {
  // With the mean first: SRTT 200, RTTVAR ¾·50 + ¼·700 = 212.5, RTO 1050.
  assertEquals(timeouts(BARE, 100, 900).at(-1), 200 + 4 * (0.75 * 50 + 0.25 * 800));
});

Deno.test("Retransmission.sample() counts no less variation than the clock can show", () => {
  const steady = Array.from({ length: 200 }, () => 200);
  for (const granularity of [1, 100]) {
    assertEquals(Math.round(timeouts({ ...BARE, granularity }, ...steady).at(-1) as number), 200 + granularity);
  }
  assertEquals(timeouts({ ...BARE, granularity: 100 }, 0), [100]);
});

Deno.test("Retransmission.sample() keeps the timeout between its least and its most", () => {
  assertEquals(timeouts(RFC, 10, 20, 300), [1000, 1000, 1000]);
  assertEquals(timeouts({ ...RFC, least: 200 }, 10), [200]);
  assertEquals(timeouts(RFC, 50_000), [60_000]);
});

Deno.test("Retransmission.sent() starts the timer unless it runs", () => {
  const timer = createRetransmission(RFC);
  assertEquals(timer.deadline(), Infinity);
  timer.sent(500);
  assertEquals(timer.deadline(), 1500);
  timer.sent(900);
  assertEquals(timer.deadline(), 1500);
});

Deno.test("Retransmission.acknowledged() starts the timer anew while something is in flight, and stops it otherwise", () => {
  const timer = createRetransmission(RFC);
  timer.sent(500);
  timer.acknowledged(1200, true);
  assertEquals(timer.deadline(), 2200);
  timer.acknowledged(1300, false);
  assertEquals(timer.deadline(), Infinity);
  timer.sent(5000);
  assertEquals(timer.deadline(), 6000);
});

Deno.test("Retransmission.stop() stops the timer", () => {
  const timer = createRetransmission(RFC);
  timer.sent(0);
  timer.stop();
  assertEquals(timer.deadline(), Infinity);
  timer.sent(100);
  assertEquals(timer.deadline(), 1100);
});

Deno.test("Retransmission.fired() doubles the timeout, up to its most, and starts again", () => {
  const timer = createRetransmission(RFC);
  timer.sent(0);
  const deadlines: number[] = [];
  for (let i = 0; i < 9; i++) {
    deadlines.push(timer.deadline());
    timer.fired(timer.deadline());
  }
  assertEquals(deadlines, [1000, 3000, 7000, 15_000, 31_000, 63_000, 123_000, 183_000, 243_000]);
});

Deno.test("Retransmission.fired() counts from when it is called, late or not", () => {
  const timer = createRetransmission(RFC);
  timer.sent(0);
  timer.fired(1700);
  assertEquals(timer.deadline(), 3700);
});

Deno.test("Retransmission keeps a backed-off timeout until a round trip is measured: Karn", () => {
  const timer = createRetransmission(RFC);
  timer.sample(100);
  timer.sent(0);
  fire(timer, 2);
  assertEquals(timer.timeout(), 4000);
  timer.acknowledged(3500, true);
  assertEquals([timer.timeout(), timer.deadline()], [4000, 7500]);
  timer.acknowledged(3600, false);
  timer.sent(9000);
  assertEquals(timer.deadline(), 13_000);
  timer.sample(100);
  assertEquals(timer.timeout(), 1000);
  assertEquals(timer.deadline(), 13_000, "a timer that runs is not changed by a measurement");
});

Deno.test("Retransmission.fired() has IP advised after r1 retransmissions in vain, until something is acknowledged", () => {
  for (const r1 of [0, 1, 3]) {
    const timer = createRetransmission({ ...RFC, r1, r2: 1e9 });
    timer.sent(0);
    const expected = Array.from({ length: r1 + 3 }, (_, i) => i < r1 ? "resend" : "resend and advise");
    assertEquals(fire(timer, r1 + 3), expected);
    timer.acknowledged(timer.deadline() - 1, true);
    assertEquals(fire(timer, r1 + 1), expected.slice(0, r1 + 1));
  }
});

Deno.test("Retransmission.fired() gives up when r2 milliseconds brought no acknowledgment", () => {
  const timer = createRetransmission({ ...RFC, r2: 31_000 });
  timer.sent(1000);
  assertEquals(fire(timer, 5), ["resend", "resend", "resend", "resend and advise", "give up"]);

  const moving = createRetransmission({ ...RFC, r2: 31_000 });
  moving.sent(0);
  for (let now = 30_000; now < 1_000_000; now += 30_000) {
    assertEquals(moving.fired(now), "resend", "each acknowledgment gives it time");
    moving.acknowledged(now, true);
  }
  moving.acknowledged(1_000_000, false);
  moving.sent(2_000_000);
  assertEquals(moving.fired(2_001_000), "resend", "idle time does not count");
});

Deno.test("Retransmission.opened() waits 3 s after a handshake that needed the timer", () => {
  const lost = createRetransmission(RFC);
  lost.sent(0);
  fire(lost, 1);
  lost.acknowledged(1500, false);
  assertEquals(lost.timeout(), 2000);
  lost.opened();
  assertEquals(lost.timeout(), 3000);
  lost.sample(80);
  assertEquals(lost.timeout(), 1000);

  const often = createRetransmission(RFC);
  often.sent(0);
  fire(often, 4);
  often.opened();
  assertEquals(often.timeout(), 3000, "from 16 s too");

  const swift = createRetransmission(RFC);
  swift.sent(0);
  swift.acknowledged(50, false);
  swift.opened();
  assertEquals(swift.timeout(), 1000, "nothing was lost");

  const measured = createRetransmission(RFC);
  measured.sent(0);
  fire(measured, 1);
  measured.sample(300);
  measured.opened();
  assertEquals(measured.timeout(), 1000, "timestamps have told the round trip");

  const patient = createRetransmission({ ...RFC, initial: 5000 });
  patient.sent(0);
  fire(patient, 1);
  patient.opened();
  assertEquals(patient.timeout(), 10_000, "the initial timeout was long enough");
});

Deno.test("Retransmission agrees with RFC 6298, word for word, over 100,000 random events", () => {
  const random = createRandom(6298);
  for (let run = 0; run < 500; run++) {
    const options = {
      initial: random.pick([1000, 3000]),
      least: random.pick([200, 1000]),
      most: random.pick([60_000, 120_000]),
      granularity: random.pick([1, 10, 100]),
      r1: 3,
      r2: 100_000,
    };
    const timer = createRetransmission(options);
    let [now, srtt, rttvar, rto, deadline] = [random.int(0, 1e9), -1, 0, options.initial, Infinity];
    for (let step = 0; step < 200; step++) {
      now += random.int(0, 2000);
      switch (deadline <= now ? 3 : random.int(0, 2)) {
        case 0: {
          timer.sent(now);
          if (deadline === Infinity) deadline = now + rto;
          break;
        }
        case 1: {
          const r = random.pick([random.int(0, 50), random.int(0, 3000)]);
          timer.sample(r);
          if (srtt < 0) [srtt, rttvar] = [r, r / 2];
          else [rttvar, srtt] = [0.75 * rttvar + 0.25 * Math.abs(srtt - r), 0.875 * srtt + 0.125 * r];
          rto = Math.min(options.most, Math.max(options.least, srtt + Math.max(options.granularity, 4 * rttvar)));
          break;
        }
        case 2: {
          const inFlight = deadline < Infinity && random.chance(0.7);
          timer.acknowledged(now, inFlight);
          deadline = inFlight ? now + rto : Infinity;
          break;
        }
        case 3:
          timer.fired(now);
          rto = Math.min(options.most, rto * 2);
          deadline = now + rto;
      }
      assertStrictEquals(timer.timeout(), rto);
      assertStrictEquals(timer.deadline(), deadline);
      assertGreaterOrEqual(timer.timeout(), options.least);
      assertLessOrEqual(timer.timeout(), options.most);
    }
  }
});

Deno.test("probeDelay() is the timeout first, then twice as long each time, at most `most`", () => {
  assertEquals([0, 1, 2, 3, 4, 5, 6, 7].map((count) => probeDelay(count, 700, 60_000)), [
    700,
    1400,
    2800,
    5600,
    11_200,
    22_400,
    44_800,
    60_000,
  ]);
  assertEquals(probeDelay(5000, 700, 60_000), 60_000, "after years of probing too");
  assertEquals(probeDelay(0, 90_000, 60_000), 60_000);
});

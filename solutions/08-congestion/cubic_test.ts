import { assertEquals, assertGreater, assertLess, assertLessOrEqual } from "@std/assert";
import type { CongestionState } from "../../stack/contract/congestion.ts";
import { state } from "../../tools/testing/congestion_samples.ts";
import { growCubic, reduceCubic } from "./cubic.ts";
import { timedOut } from "./recovery.ts";

function assertNear(actual: number, expected: number, tolerance: number, what = ""): void {
  assertLessOrEqual(Math.abs(actual - expected), tolerance, `${actual}, not ${expected} ${what}`);
}

/** cwnd in segments after each of `seconds`, when every round trip of 100 ms a whole window is acknowledged. */
function windows(it: CongestionState, seconds: readonly number[]): number[] {
  const found: number[] = [];
  it.roundTrip = 100;
  for (let now = 0; found.length < seconds.length; now += 100) {
    const segments = Math.round(it.cwnd / 1000);
    for (let i = 0; i < segments; i++) growCubic(it, 1000, now);
    if (now >= (seconds[found.length] as number) * 1000) found.push(it.cwnd / 1000);
  }
  return found;
}

Deno.test("reduceCubic() keeps 0.7 of what is in flight, and remembers where it was (RFC 9438 §4.6)", () => {
  const it = state({ algorithm: "cubic", cwnd: 100_000, epochStart: 5 });
  reduceCubic(it, 90_000);
  assertNear(it.ssthresh, 63_000, 1e-6);
  assertEquals([it.wMax, it.cwndPrior, it.epochStart, it.cwnd], [100, 100, -1, 100_000]);
  reduceCubic(it, 1000);
  assertEquals(it.ssthresh, 2000);
});

Deno.test("reduceCubic() leaves room to others when the window is smaller than the last time (§4.7)", () => {
  const it = state({ algorithm: "cubic", cwnd: 80_000, wMax: 100 });
  reduceCubic(it, 80_000);
  assertNear(it.wMax, 68, 1e-9);
  const again = state({ algorithm: "cubic", cwnd: 120_000, wMax: 100 });
  reduceCubic(again, 120_000);
  assertEquals(again.wMax, 120);
});

Deno.test("growCubic() begins a stage where it is: K is the time back to W_max (§4.2)", () => {
  const it = state({ algorithm: "cubic", cwnd: 700_000, ssthresh: 700_000, wMax: 1000, cwndPrior: 1000 });
  growCubic(it, 1000, 4000);
  assertEquals(it.epochStart, 4000);
  assertNear(it.k, Math.cbrt(300 / 0.4), 1e-9); // 9.086 s
});

Deno.test("growCubic() climbs back to W_max in K seconds, slower and slower, and away from it faster and faster", () => {
  const it = state({ algorithm: "cubic", cwnd: 700_000, ssthresh: 700_000, wMax: 1000, cwndPrior: 1000 });
  const [two, four, nine, fourteen, sixteen] = windows(it, [2, 4, 9, 14, 16]) as [number, number, number, number, number];
  // C·(t − K)³ + W_max, a round trip further on: 0.4·(2.1 − 9.086)³ + 1000 = 863.6, and so on; where it is steep the window lags a little.
  for (const [at, found] of [[2, two], [4, four], [9, nine], [14, fourteen], [16, sixteen]] as const) {
    assertNear(found, 0.4 * (at + 0.1 - it.k) ** 3 + 1000, 8, `after ${at} s`);
  }
  assertGreater(two - 700, four - two);
  assertLess(fourteen - nine, (sixteen - fourteen) * 5 / 2);
});

Deno.test("growCubic() is as fast as Reno where the curve is flatter than that (§4.3)", () => {
  const it = state({ algorithm: "cubic", cwnd: 7000, ssthresh: 7000, wMax: 10, cwndPrior: 10 });
  it.roundTrip = 10;
  for (let now = 0; now < 200; now += 10) {
    for (let i = Math.round(it.cwnd / 1000); i > 0; i--) growCubic(it, 1000, now);
  }
  // The curve alone would be at 0.4·(0.2 − 1.957)³ + 10 = 7.8 segments.
  assertGreater(it.cwnd, 15_000);
  assertNear(it.cwnd / 1000, it.wEst, 1e-9);
});

Deno.test("growCubic() opens the window by half at most in a round trip (§4.4)", () => {
  const it = state({ algorithm: "cubic", cwnd: 10_000, ssthresh: 10_000, wMax: 10, k: 0, epochStart: 0, wEst: 10, roundTrip: 100 });
  for (let i = 0; i < 10; i++) growCubic(it, 1000, 60_000);
  assertGreater(it.cwnd, 13_000);
  assertLess(it.cwnd, 15_000 * 1.5);
  const one = state({ algorithm: "cubic", cwnd: 10_000, ssthresh: 10_000, wMax: 10, k: 0, epochStart: 0, wEst: 10, roundTrip: 100 });
  growCubic(one, 1000, 60_000);
  assertEquals(one.cwnd, 10_500);
});

Deno.test("growCubic() never shrinks a window, and one acknowledgment of many segments does not jump beyond the target", () => {
  const it = state({ algorithm: "cubic", cwnd: 10_000, ssthresh: 10_000, wMax: 10, k: 0, epochStart: 0, wEst: 10, roundTrip: 100 });
  growCubic(it, 400_000, 1000);
  assertNear(it.cwnd, 50_000, 1, "here it is W_est that says how much"); // 10 + 400 / 10
  const late = state({ algorithm: "cubic", cwnd: 10_000, ssthresh: 10_000, wMax: 10, k: 0, epochStart: 0, wEst: 1, roundTrip: 100 });
  growCubic(late, 40_000, 60_000);
  assertEquals(late.cwnd, 15_000);
});

Deno.test("after a timeout the first stage begins at its own W_max (§4.8)", () => {
  const it = state({ algorithm: "cubic", cwnd: 100_000 });
  timedOut(it, 0, 100_000, false);
  assertNear(it.ssthresh, 70_000, 1e-6);
  it.cwnd = 70_000;
  growCubic(it, 1000, 9000);
  assertEquals([it.k, it.wMax, it.epochStart], [0, 70, 9000]);
});

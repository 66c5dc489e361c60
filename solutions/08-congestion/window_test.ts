import { assertEquals, assertLess } from "@std/assert";
import { state } from "../../tools/testing/congestion_samples.ts";
import { growReno, initialWindow, reduceReno, restartAfterIdle, sendWindow, slowStart } from "./window.ts";

Deno.test("initialWindow() is 4, 3 or 2 segments by their size (RFC 5681 §3.1)", () => {
  const sizes = [536, 1095, 1096, 1460, 2190, 2191, 8960];
  assertEquals(sizes.map((smss) => initialWindow(smss, 0, false) / smss), [4, 4, 3, 3, 3, 2, 2]);
});

Deno.test("initialWindow() with 10 segments is RFC 6928: at most 14 600 bytes, at least two segments", () => {
  assertEquals([536, 1460, 2000, 7300, 8960].map((smss) => initialWindow(smss, 10, false)), [5360, 14_600, 14_600, 14_600, 17_920]);
});

Deno.test("initialWindow() is one segment when the SYN was lost, whatever was asked for", () => {
  assertEquals([initialWindow(536, 0, true), initialWindow(1460, 10, true)], [536, 1460]);
});

Deno.test("slowStart() opens the window by what was acknowledged, and by L segments at most", () => {
  const grown = (acked: number, growthLimit: number): number => {
    const it = state({ cwnd: 4000, growthLimit });
    slowStart(it, acked);
    return it.cwnd;
  };
  assertEquals([grown(400, 1), grown(1000, 1), grown(2000, 1)], [4400, 5000, 5000]);
  assertEquals([grown(2000, 2), grown(3000, 2), grown(9000, 8)], [6000, 6000, 12_000]);
});

Deno.test("slowStart() after a timeout opens it by one segment, whatever L is (RFC 3465 §2.3)", () => {
  const it = state({ cwnd: 1000, growthLimit: 8, phase: "loss" });
  slowStart(it, 5000);
  assertEquals(it.cwnd, 2000);
});

Deno.test("growReno() opens the window by one segment for each window, however it is acknowledged", () => {
  for (const step of [100, 1000, 2000, 5000]) {
    const it = state({ cwnd: 10_000, ssthresh: 5000 });
    for (let acked = 0; acked < 10_000; acked += step) growReno(it, step);
    assertEquals([it.cwnd, it.bytesAcked], [11_000, 0], `${step} at a time`);
  }
});

Deno.test("growReno() keeps what goes beyond a window for the next one", () => {
  const it = state({ cwnd: 10_000, ssthresh: 5000, bytesAcked: 9000 });
  growReno(it, 2000);
  assertEquals([it.cwnd, it.bytesAcked], [11_000, 1000]);
});

Deno.test("reduceReno() halves what is in flight, not cwnd, and keeps two segments", () => {
  const ssthresh = (flightSize: number): number => {
    const it = state({ cwnd: 50_000 });
    reduceReno(it, flightSize);
    return it.ssthresh;
  };
  assertEquals([20_000, 4000, 3000, 0].map(ssthresh), [10_000, 2000, 2000, 2000]);
});

Deno.test("restartAfterIdle() takes the window back to IW after more than a timeout, and never opens it", () => {
  const after = (cwnd: number, idle: number): number => {
    const it = state({ cwnd });
    restartAfterIdle(it, idle, 1000);
    return it.cwnd;
  };
  assertEquals([after(20_000, 1000), after(20_000, 1001), after(2000, 5000)], [20_000, 4000, 2000]);
});

Deno.test("restartAfterIdle() leaves ssthresh, which is what is known of the way", () => {
  const it = state({ cwnd: 20_000, ssthresh: 15_000 });
  restartAfterIdle(it, 2000, 1000);
  assertEquals(it.ssthresh, 15_000);
});

Deno.test("sendWindow() has room for two segments more while duplicates are few (RFC 3042)", () => {
  assertEquals([0, 1, 2, 3, 7].map((dupAcks) => sendWindow(state({ cwnd: 4000, dupAcks }))), [4000, 5000, 6000, 6000, 6000]);
  for (const phase of ["recovery", "loss"] as const) assertEquals(sendWindow(state({ cwnd: 4000, dupAcks: 2, phase })), 4000);
});

Deno.test("slow start and congestion avoidance draw the sawtooth: with a loss at 40 segments it settles between 20 and 40", () => {
  const it = state();
  const peaks: number[] = [];
  for (let round = 0; round < 200; round++) {
    const before = it.cwnd;
    for (let acked = 0; acked < before; acked += 1000) (it.cwnd < it.ssthresh ? slowStart : growReno)(it, 1000);
    if (it.cwnd <= 40_000) continue;
    peaks.push(it.cwnd);
    reduceReno(it, it.cwnd);
    it.cwnd = it.ssthresh;
  }
  assertEquals(peaks.filter((peak) => peak > 41_000), [64_000]);
  assertLess(peaks.length, 15);
});

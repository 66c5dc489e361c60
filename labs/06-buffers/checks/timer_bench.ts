/** A retransmission timer of the student's on a bench: the check is the clock. Times in milliseconds. */
import type { Retransmission, RetransmissionOptions } from "../../../stack/contract/buffers.ts";
import type { Remote, Trial } from "../../../tools/harness/suite.ts";

/** What a host would set, but for `least`, which hides what is computed. */
export const OPTIONS: RetransmissionOptions = { initial: 1000, least: 1, most: 120_000, granularity: 1, r1: 3, r2: 100_000 };

/** Times may be rounded to whole milliseconds. */
const ROUNDING = 1;

export interface TimerBench {
  readonly timer: Remote<Retransmission>;
  /** Fails unless the timeout is that, or rounded from it. */
  expectTimeout(expected: number, when: string): Promise<void>;
  /** Fails unless the timer fires at that time; Infinity: it is stopped. */
  expectDeadline(expected: number, when: string): Promise<void>;
  /** Gives it so many measurements. */
  sample(...roundTrips: readonly number[]): Promise<void>;
  /** Lets it fire when it is due, as often as that; returns the time. */
  fire(times: number): Promise<number>;
}

/** Puts a stopped timer on the bench. */
export async function timerBench(t: Trial, changes: Partial<RetransmissionOptions> = {}): Promise<TimerBench> {
  const options = { ...OPTIONS, ...changes };
  const timer = await t.buffers.createRetransmission(options);
  t.ok(
    typeof timer?.sample === "function",
    "createRetransmission to return an object with the methods of Retransmission",
    "something else",
  );
  const near = (value: number, expected: number): boolean => value === expected || Math.abs(value - expected) <= ROUNDING;
  const bench: TimerBench = {
    timer,
    expectTimeout: async (expected, when) => {
      const timeout = await timer.timeout();
      t.ok(near(timeout, expected), `a timeout of ${inMs(expected)} ${when}`, inMs(timeout));
    },
    expectDeadline: async (expected, when) => {
      const deadline = await timer.deadline();
      t.ok(near(deadline, expected), `deadline() to be ${timeText(expected)} ${when}`, timeText(deadline));
    },
    sample: async (...roundTrips) => {
      for (const roundTrip of roundTrips) await timer.sample(roundTrip);
    },
    fire: async (times) => {
      let now = 0;
      for (let i = 0; i < times; i++) {
        now = await timer.deadline();
        t.ok(Number.isFinite(now), `the timer to run until it has fired ${times} times`, `deadline() is ${timeText(now)} after ${i} times`);
        await timer.fired(now);
      }
      return now;
    },
  };
  return bench;
}

/** SRTT, RTTVAR and the timeout after each of these measurements (RFC 6298 §2), before any bound. */
export function computed(roundTrips: readonly number[], granularity = 1): { srtt: number; rttvar: number; rto: number }[] {
  let [srtt, rttvar] = [0, 0];
  return roundTrips.map((roundTrip, index) => {
    if (index === 0) [srtt, rttvar] = [roundTrip, roundTrip / 2];
    else {
      rttvar += (Math.abs(srtt - roundTrip) - rttvar) / 4;
      srtt += (roundTrip - srtt) / 8;
    }
    return { srtt, rttvar, rto: srtt + Math.max(granularity, 4 * rttvar) };
  });
}

/** "1000 ms", "437.5 ms". */
export function inMs(value: number): string {
  return typeof value === "number" ? `${Math.round(value * 1000) / 1000} ms` : `${value}`;
}

export function timeText(time: number): string {
  return time === Infinity ? "Infinity (it is stopped)" : inMs(time);
}

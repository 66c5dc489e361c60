/** What the tables share: records of a connection that has lost nothing yet, and calls that say what they changed. */
import type { CongestionModule, CongestionState } from "../../../stack/contract/congestion.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

/** The functions that change a record. */
export type Changing = Exclude<keyof CongestionModule, "initialWindow" | "createScoreboard">;

/** A record with these members; the others are as they are in the beginning, but the window was used. */
export function record(members: Partial<CongestionState> = {}): CongestionState {
  const smss = members.smss ?? 1000;
  return {
    smss,
    algorithm: "reno",
    sack: false,
    growthLimit: 1,
    initialWindow: 4 * smss,
    cwnd: 4 * smss,
    ssthresh: Infinity,
    bytesAcked: 0,
    phase: "open",
    dupAcks: 0,
    recoveryPoint: -1,
    limited: true,
    roundTrip: 0,
    wMax: 0,
    cwndPrior: 0,
    epochStart: -1,
    k: 0,
    wEst: 0,
    ...members,
  };
}

/** A segment size, and bytes that are so many segments of it. */
export function sizes(t: Trial): { smss: number; segments: (count: number) => number } {
  const smss = 4 * t.random.int(134, 365);
  return { smss, segments: (count) => count * smss };
}

/** Calls a function that changes `state`; gives what it returned. */
export async function change(t: Trial, name: Changing, state: CongestionState, ...args: readonly unknown[]): Promise<unknown> {
  const call = t.congestion[name] as unknown as (...all: readonly unknown[]) => Promise<unknown>;
  return await call(t.inout(state), ...args);
}

/** Fails unless these members are what they should be, to a byte. */
export function expectMembers(t: Trial, state: CongestionState, expected: Partial<CongestionState>, when: string): void {
  const got = Object.fromEntries(
    Object.entries(expected).map(([name, value]) => {
      const found = state[name as keyof CongestionState];
      return [name, typeof found === "number" && typeof value === "number" && Math.abs(found - value) <= 1 ? value : found];
    }),
  );
  t.fields(got, expected, `the record ${when}`);
}

/** Fails unless a window lies in these bounds. */
export function expectBetween(t: Trial, cwnd: number, least: number, most: number, when: string): void {
  t.ok(cwnd >= least && cwnd <= most, `cwnd between ${Math.floor(least)} and ${Math.ceil(most)} ${when}`, numberText(cwnd));
}

/** "62.4": as many digits as a reader needs. */
export function numberText(value: number): string {
  return typeof value === "number" ? `${Math.round(value * 1000) / 1000}` : `${value}`;
}

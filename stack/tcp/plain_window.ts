/**
 * Congestion control that has not been written yet: everything that the peer's window allows, and no guesses about loss. Where an initial window is
 * given, it is the window for good: there is no slow start to open it. Lab 08 takes its place.
 */
import type { CongestionControl, CongestionSettings } from "./congestion_control.ts";

/** Without a limit it knows nothing of its connection, so one is enough for all. */
const PLAIN: CongestionControl = {
  window: () => Infinity,
  acknowledged: () => {},
  duplicate: () => "wait",
  selectivelyAcknowledged: () => {},
  timedOut: () => {},
};

/** See stack/tcp/congestion_control.ts. */
export function createPlainWindow(mss: number, { initialWindow }: CongestionSettings): CongestionControl {
  return initialWindow === 0 ? PLAIN : { ...PLAIN, window: () => initialWindow * mss };
}

/** Congestion control that has not been written yet: everything that the peer's window allows, and no guesses about loss. Lab 08 takes its place. */
import type { CongestionControl } from "../contract/congestion.ts";

/** It knows nothing of its connection, so one is enough for all. */
const PLAIN: CongestionControl = {
  window: () => Infinity,
  acknowledged: () => {},
  duplicate: () => "wait",
  selectivelyAcknowledged: () => {},
  timedOut: () => {},
};

/** See stack/contract/congestion.ts. */
export function createPlainWindow(): CongestionControl {
  return PLAIN;
}

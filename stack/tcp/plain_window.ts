/** Congestion control that has not been written yet: everything that the peer's window allows, and no guesses about loss. Lab 08 takes its place. */
import type { CongestionControl } from "../contract/congestion.ts";

/** See stack/contract/congestion.ts. */
export function createPlainWindow(): CongestionControl {
  return {
    window: () => Infinity,
    acknowledged: () => {},
    duplicate: () => "wait",
    timedOut: () => {},
  };
}

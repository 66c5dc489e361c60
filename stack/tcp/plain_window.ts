/**
 * Congestion control for a host without lab 08: everything that the peer's window allows, and no guesses about loss. Where an initial window is
 * given, it is the window for good: there is no slow start to open it.
 */
import type { CongestionControl } from "./congestion_control.ts";
import type { ConnectionOptions } from "./options.ts";

const ignore = (): void => {};
const wait = (): "wait" => "wait";

/** Without a limit it knows nothing of its connection, so one is enough for all. */
const PLAIN: CongestionControl = {
  state: undefined,
  picks: false,
  window: () => Infinity,
  restart: ignore,
  sent: ignore,
  measured: ignore,
  acknowledged: wait,
  heard: wait,
  timedOut: ignore,
  shrink: ignore,
  choose: ignore,
  next: () => undefined,
  resent: ignore,
};

/** See stack/tcp/congestion_control.ts. */
export function createPlainWindow(
  smss: number,
  _: unknown,
  { initialWindow }: Pick<ConnectionOptions, "initialWindow">,
): CongestionControl {
  return initialWindow === 0 ? PLAIN : { ...PLAIN, window: () => initialWindow * smss };
}

/** Records for tests, round numbers in all of them: SMSS 1000. */
import type { CongestionState } from "../../stack/contract/congestion.ts";
import { createCongestionState } from "../../stack/tcp/congestion.ts";

/** A connection with these members, and the others as they are in the beginning. */
export function state(members: Partial<CongestionState> = {}): CongestionState {
  const fresh = createCongestionState(1000, members.sack ?? false, 4000, { congestion: members.algorithm ?? "reno", byteCounting: false });
  return { ...fresh, limited: true, ...members };
}

/** Checks of lab 03: live fragments. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const liveFragments: Readonly<Record<string, CheckSpec>> = {};

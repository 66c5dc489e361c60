/** Checks of lab 03: live icmp. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const liveIcmp: Readonly<Record<string, CheckSpec>> = {};

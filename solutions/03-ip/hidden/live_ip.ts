/** Hidden checks of lab 03: live ip. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const liveIp: Readonly<Record<string, CheckSpec>> = {};

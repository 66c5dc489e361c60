/** Checks of lab 03: live routes. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const liveRoutes: Readonly<Record<string, CheckSpec>> = {};

/** Checks of lab 03: ttl. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const ttl: Readonly<Record<string, CheckSpec>> = {};

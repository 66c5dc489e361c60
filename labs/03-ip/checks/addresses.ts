/** Checks of lab 03: addresses. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const addresses: Readonly<Record<string, CheckSpec>> = {};

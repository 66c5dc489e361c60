/** Checks of lab 03: identification. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const identification: Readonly<Record<string, CheckSpec>> = {};

/** Checks of lab 03: header. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const header: Readonly<Record<string, CheckSpec>> = {};

export const options: Readonly<Record<string, CheckSpec>> = {};

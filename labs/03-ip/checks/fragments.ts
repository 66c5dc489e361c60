/** Checks of lab 03: fragments. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const fragments: Readonly<Record<string, CheckSpec>> = {};

export const reassembly: Readonly<Record<string, CheckSpec>> = {};

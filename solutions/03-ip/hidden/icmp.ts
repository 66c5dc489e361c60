/** Hidden checks of lab 03: icmp. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const errors: Readonly<Record<string, CheckSpec>> = {};

export const icmp: Readonly<Record<string, CheckSpec>> = {};

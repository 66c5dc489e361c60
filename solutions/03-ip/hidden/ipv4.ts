/** Hidden checks of lab 03: ipv4. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const addresses: Readonly<Record<string, CheckSpec>> = {};

export const header: Readonly<Record<string, CheckSpec>> = {};

export const identification: Readonly<Record<string, CheckSpec>> = {};

export const options: Readonly<Record<string, CheckSpec>> = {};

export const ttl: Readonly<Record<string, CheckSpec>> = {};

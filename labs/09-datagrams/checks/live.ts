import type { CheckSpec } from "../../../tools/harness/suite.ts";
export const live: Readonly<Record<string, CheckSpec>> = {};

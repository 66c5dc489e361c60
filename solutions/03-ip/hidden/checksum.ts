/** Hidden checks of lab 03: checksum. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const checksum: Readonly<Record<string, CheckSpec>> = {};

/** Hidden checks of lab 03: routes. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";

export const routes: Readonly<Record<string, CheckSpec>> = {};

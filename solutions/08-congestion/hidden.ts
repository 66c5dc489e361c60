/**
 * The hidden checks of lab 08: the same groups as the public ones, with the cases that a student should think of
 * without being shown.
 */
import { suite } from "../../tools/harness/suite.ts";
import { live } from "./hidden/live.ts";
import { acknowledged, moreDuplicates, timeout } from "./hidden/recovery.ts";
import { scoreboard } from "./hidden/scoreboard.ts";
import { cubic, duplicates } from "./hidden/tables.ts";
import { windowGroup } from "./hidden/window.ts";
import { wire } from "./hidden/wire.ts";

export default suite({
  lab: 8,
  visibility: "hidden",
  groups: { window: windowGroup, duplicates: { ...duplicates, ...moreDuplicates }, acknowledged, timeout, scoreboard, cubic, wire, live },
});

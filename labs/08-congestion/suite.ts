/** The public checks of lab 08. They are sorted into groups by what they are about; each group has its file in `checks/`. */
import { suite } from "../../tools/harness/suite.ts";
import { acknowledged } from "./checks/acknowledged.ts";
import { cubic } from "./checks/cubic.ts";
import { duplicates } from "./checks/duplicates.ts";
import { live } from "./checks/live.ts";
import { scoreboard } from "./checks/scoreboard.ts";
import { timeout } from "./checks/timeout.ts";
import { windowGroup } from "./checks/window.ts";
import { wire } from "./checks/wire.ts";

export default suite({
  lab: 8,
  visibility: "public",
  groups: { window: windowGroup, duplicates, acknowledged, timeout, scoreboard, cubic, wire, live },
});

/**
 * The public checks of lab 08. They are sorted into groups by what they are about; each group has its file in `checks/`,
 * but "scripts": these are files in the packetdrill language.
 */
import { scriptChecks } from "../../tools/harness/script_checks.ts";
import { suite } from "../../tools/harness/suite.ts";
import { acknowledged } from "./checks/acknowledged.ts";
import { cubic } from "./checks/cubic.ts";
import { duplicates } from "./checks/duplicates.ts";
import { live } from "./checks/live.ts";
import { scoreboard } from "./checks/scoreboard.ts";
import { scoreboardEdges } from "./checks/scoreboard_edges.ts";
import { timeout } from "./checks/timeout.ts";
import { windowGroup } from "./checks/window.ts";
import { windowCounts } from "./checks/window_counts.ts";
import { wire } from "./checks/wire.ts";

export default suite({
  lab: 8,
  visibility: "public",
  groups: {
    window: { ...windowGroup, ...windowCounts },
    duplicates,
    acknowledged,
    timeout,
    scoreboard: { ...scoreboard, ...scoreboardEdges },
    cubic,
    wire,
    scripts: scriptChecks(new URL("./scripts/", import.meta.url), [
      "slow_start_part",
      "slow_start_unused",
      "lost_syn",
      "limited_transmit",
      "deflation",
      "one_loss_one_half",
      "duplicate_window",
      "timeout_no_recovery",
      "sack_no_news",
      "sack_pipe",
      "sack_rescue",
      "cubic_growth",
    ]),
    live,
  },
});

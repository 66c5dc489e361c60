/** The hidden checks of lab 07, in the groups of the public ones. */
import { suite } from "../../tools/harness/suite.ts";
import { ephemeral } from "./hidden/ephemeral.ts";
import { backlog, places, server } from "./hidden/host.ts";
import { live } from "./hidden/live.ts";
import { bind, hold } from "./hidden/ports.ts";
import { queue } from "./hidden/queue.ts";
import { listeners, table } from "./hidden/table.ts";

export default suite({
  lab: 7,
  visibility: "hidden",
  groups: { bind, hold, ephemeral, table, listeners, queue, server, backlog, places, live },
});

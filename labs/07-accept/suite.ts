/**
 * The public checks of lab 07, sorted into groups by what they are about: the ports (bind, hold, ephemeral), the table (table, listeners),
 * the queues (queue); then a host with all of them in it, as its clients see it (server, backlog, places; and scripts, in the packetdrill language); and the same with the
 * Linux kernel as client and as server (live).
 */
import { scriptChecks } from "../../tools/harness/script_checks.ts";
import { suite } from "../../tools/harness/suite.ts";
import { backlog } from "./checks/backlog.ts";
import { bind } from "./checks/bind.ts";
import { ephemeral } from "./checks/ephemeral.ts";
import { hold } from "./checks/hold.ts";
import { listeners } from "./checks/listeners.ts";
import { live } from "./checks/live.ts";
import { places } from "./checks/places.ts";
import { queue } from "./checks/queue.ts";
import { server } from "./checks/server.ts";
import { table } from "./checks/table.ts";

export default suite({
  lab: 7,
  visibility: "public",
  groups: {
    bind,
    hold,
    ephemeral,
    table,
    listeners,
    queue,
    server,
    backlog,
    places,
    scripts: scriptChecks(new URL("./scripts/", import.meta.url), [
      "two_clients",
      "any_address",
      "half_open_bound",
      "listen_beside_connections",
    ]),
    live,
  },
});

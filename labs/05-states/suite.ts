/**
 * The public checks of lab 05. The first groups put one function on a bench; those from "opening" on run a whole connection over
 * the virtual wire, from any state; "scripts" are in the packetdrill language; "live" has the Linux kernel at the other end.
 */
import { scriptChecks } from "../../tools/harness/script_checks.ts";
import { suite } from "../../tools/harness/suite.ts";
import { ack } from "./checks/ack.ts";
import { ackOfFin } from "./checks/ack_of_fin.ts";
import { abort, close, limit } from "./checks/endings.ts";
import { closing } from "./checks/closing.ts";
import { fin } from "./checks/fin.ts";
import { guessing } from "./checks/guessing.ts";
import { live } from "./checks/live.ts";
import { losing } from "./checks/losing.ts";
import { opening } from "./checks/opening.ts";
import { reopen } from "./checks/reopen.ts";
import { reset, syn } from "./checks/reset.ts";
import { sequence } from "./checks/sequence.ts";
import { table } from "./checks/table.ts";
import { text, urgent } from "./checks/text.ts";
import { timestamps } from "./checks/timestamps.ts";
import { trouble } from "./checks/trouble.ts";
import { vanished } from "./checks/vanished.ts";
import { waiting } from "./checks/waiting.ts";

export default suite({
  lab: 5,
  visibility: "public",
  groups: {
    table,
    timestamps,
    sequence,
    reset,
    reopen,
    syn,
    ack: { ...ack, ...ackOfFin },
    urgent,
    text,
    fin,
    close,
    abort,
    limit,
    opening,
    closing,
    waiting,
    guessing,
    losing,
    vanished,
    trouble,
    scripts: scriptChecks(new URL("./scripts/", import.meta.url), ["close_first", "close_both", "reset_in_window", "fin_out_of_order"]),
    live,
  },
});

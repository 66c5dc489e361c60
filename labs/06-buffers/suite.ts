/**
 * The public checks of lab 06. They are sorted into groups by what they are about; each group has its file in `checks/`,
 * but "scripts": these are files in the packetdrill language.
 */
import { scriptChecks } from "../../tools/harness/script_checks.ts";
import { suite } from "../../tools/harness/suite.ts";
import { acknowledging, probing } from "./checks/acknowledging.ts";
import { backoff } from "./checks/backoff.ts";
import { keeping } from "./checks/keeping.ts";
import { live } from "./checks/live.ts";
import { pieces } from "./checks/pieces.ts";
import { randomBuffers } from "./checks/random_buffers.ts";
import { receiving } from "./checks/receiving.ts";
import { resending } from "./checks/resending.ts";
import { sack } from "./checks/sack.ts";
import { sending } from "./checks/sending.ts";
import { timeouts } from "./checks/timeouts.ts";
import { windows } from "./checks/windows.ts";
import { wireLosing } from "./checks/wire_losing.ts";
import { wireReceiving } from "./checks/wire_receiving.ts";
import { wireSending } from "./checks/wire_sending.ts";

export default suite({
  lab: 6,
  visibility: "public",
  groups: {
    send: sending,
    piece: pieces,
    resend: resending,
    receive: { ...receiving, ...keeping },
    window: windows,
    sack,
    timeout: timeouts,
    backoff,
    ack: acknowledging,
    probe: probing,
    random: randomBuffers,
    wire: { ...wireReceiving, ...wireSending, ...wireLosing },
    scripts: scriptChecks(new URL("./scripts/", import.meta.url), ["silly_window", "overlap_swallows", "sack_latest_first", "rto_karn"]),
    live,
  },
});

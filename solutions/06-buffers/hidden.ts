/**
 * The hidden checks of lab 06: the same groups as the public ones, with the cases that a student should think of
 * without being shown.
 */
import { suite } from "../../tools/harness/suite.ts";
import { randomBuffers } from "./hidden/carry.ts";
import { live } from "./hidden/live.ts";
import { pieces } from "./hidden/pieces.ts";
import { receiving } from "./hidden/receiving.ts";
import { resending } from "./hidden/resending.ts";
import { sack } from "./hidden/sack.ts";
import { sending } from "./hidden/sending.ts";
import { acknowledging, backoff, probing, timeouts } from "./hidden/timing.ts";
import { windows } from "./hidden/windows.ts";
import { wire } from "./hidden/wire.ts";
import { wireTiming } from "./hidden/wire_timing.ts";

export default suite({
  lab: 6,
  visibility: "hidden",
  groups: {
    send: sending,
    piece: pieces,
    resend: resending,
    receive: receiving,
    window: windows,
    sack,
    timeout: timeouts,
    backoff,
    ack: acknowledging,
    probe: probing,
    random: randomBuffers,
    wire: { ...wire, ...wireTiming },
    live,
  },
});

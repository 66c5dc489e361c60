/**
 * The hidden checks of lab 03: the same groups as the public ones, with the cases that a student should think of
 * without being shown.
 */
import { suite } from "../../tools/harness/suite.ts";
import { checksum } from "./hidden/checksum.ts";
import { fragments, reassembly } from "./hidden/fragments.ts";
import { header } from "./hidden/header.ts";
import { errors, icmp } from "./hidden/icmp.ts";
import { addresses, identification, options, ttl } from "./hidden/ipv4.ts";
import { liveFragments } from "./hidden/live_fragments.ts";
import { liveIcmp } from "./hidden/live_icmp.ts";
import { liveIp } from "./hidden/live_ip.ts";
import { routes } from "./hidden/routes.ts";

export default suite({
  lab: 3,
  visibility: "hidden",
  groups: {
    checksum,
    header,
    options,
    addresses,
    ttl,
    identification,
    routes,
    fragments,
    reassembly,
    icmp,
    errors,
    live: { ...liveIp, ...liveFragments, ...liveIcmp },
  },
});

/**
 * The public checks of lab 03. They are sorted into groups by what they are about; each group has its file in
 * `checks/`, and the live ones of all files share the group "live".
 */
import { suite } from "../../tools/harness/suite.ts";
import { addresses } from "./checks/addresses.ts";
import { checksum } from "./checks/checksum.ts";
import { fragments, reassembly } from "./checks/fragments.ts";
import { header } from "./checks/header.ts";
import { errors, icmp } from "./checks/icmp.ts";
import { identification } from "./checks/identification.ts";
import { liveFragments } from "./checks/live_fragments.ts";
import { liveIcmp } from "./checks/live_icmp.ts";
import { liveIp } from "./checks/live_ip.ts";
import { liveRoutes } from "./checks/live_routes.ts";
import { options } from "./checks/options.ts";
import { routes } from "./checks/routes.ts";
import { ttl } from "./checks/ttl.ts";
import { writing } from "./checks/writing.ts";

export default suite({
  lab: 3,
  visibility: "public",
  groups: {
    checksum,
    header: { ...header, ...writing },
    options,
    addresses,
    ttl,
    identification,
    routes,
    fragments,
    reassembly,
    icmp,
    errors,
    live: { ...liveIp, ...liveRoutes, ...liveFragments, ...liveIcmp },
  },
});

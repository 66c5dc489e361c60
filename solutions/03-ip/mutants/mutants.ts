/** The known-wrong variants of lab 03, file by file. */
import type { Mutant } from "../../../tools/harness/mutant.ts";
import checksum from "./checksum.ts";
import fragments from "./fragments.ts";
import icmp from "./icmp.ts";
import ipv4 from "./ipv4.ts";
import routes from "./routes.ts";

export default [...checksum, ...ipv4, ...routes, ...fragments, ...icmp] satisfies readonly Mutant[];

/** All reference modules in one record: `stack/` bound to this is the reference stack. */
import type { Modules } from "../stack/contract/modules.ts";
import framing from "./01-framing/mod.ts";
import arp from "./02-arp/mod.ts";
import ip from "./03-ip/mod.ts";

const reference: Modules = { framing, arp, ip };
export default reference;

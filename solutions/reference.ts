/** All reference modules in one record: `stack/` bound to this is the reference stack. */
import type { Modules } from "../stack/contract/modules.ts";
import framing from "./01-framing/mod.ts";
import arp from "./02-arp/mod.ts";
import ip from "./03-ip/mod.ts";
import handshake from "./04-handshake/mod.ts";
import states from "./05-states/mod.ts";
import buffers from "./06-buffers/mod.ts";
import accept from "./07-accept/mod.ts";
import congestion from "./08-congestion/mod.ts";
import datagrams from "./09-datagrams/mod.ts";
import selector from "./10-selector/mod.ts";
import http from "./11-http/mod.ts";

const reference: Modules = { framing, arp, ip, handshake, states, buffers, accept, congestion, datagrams, selector, http };
export default reference;

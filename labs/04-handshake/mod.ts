/** Lab 04 as one record. What the contract asks for and no file exports is an error here that names it. */
import type { HandshakeModule } from "../../stack/contract/handshake.ts";
import * as iss from "./iss.ts";
import * as open from "./open.ts";
import * as segment from "./segment.ts";

export default { ...iss, ...open, ...segment } satisfies HandshakeModule;

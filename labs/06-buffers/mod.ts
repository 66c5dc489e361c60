/** Lab 06 as one record. What the contract asks for and no file exports is an error here that names it. */
import type { BuffersModule } from "../../stack/contract/buffers.ts";
import * as acknowledger from "./acknowledger.ts";
import * as receiveBuffer from "./receive_buffer.ts";
import * as retransmission from "./retransmission.ts";
import * as sendBuffer from "./send_buffer.ts";

export default { ...acknowledger, ...receiveBuffer, ...retransmission, ...sendBuffer } satisfies BuffersModule;

/** The known-wrong variants of lab 06, file by file. */
import type { Mutant } from "../../../tools/harness/mutant.ts";
import receiveBuffer from "./receive_buffer.ts";
import sendBuffer from "./send_buffer.ts";
import timing from "./timing.ts";

export default [...sendBuffer, ...receiveBuffer, ...timing] satisfies readonly Mutant[];

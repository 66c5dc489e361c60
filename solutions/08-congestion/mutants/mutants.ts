/** Faults that lab 08's checks must find. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [] satisfies readonly Mutant[];

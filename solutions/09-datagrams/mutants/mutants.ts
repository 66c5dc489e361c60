/** Faults that lab 09's checks must find: none is written yet. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [] satisfies readonly Mutant[];

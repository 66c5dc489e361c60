/** Faults that lab 11's checks must find: slips of students, and what real servers got wrong. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [] satisfies readonly Mutant[];

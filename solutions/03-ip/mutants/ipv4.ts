/** Known-wrong variants of `ipv4.ts`. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [] satisfies readonly Mutant[];

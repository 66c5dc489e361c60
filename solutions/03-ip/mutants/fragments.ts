/** Known-wrong variants of `fragments.ts`. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [] satisfies readonly Mutant[];

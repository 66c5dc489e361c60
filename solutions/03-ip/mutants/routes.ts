/** Known-wrong variants of `routes.ts`. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [] satisfies readonly Mutant[];

/** The known-wrong variants of lab 04, file by file. */
import type { Mutant } from "../../../tools/harness/mutant.ts";
import opens from "./opens.ts";
import segment from "./segment.ts";

export default [...segment, ...opens] satisfies readonly Mutant[];

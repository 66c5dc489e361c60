/**
 * A mutant is a solution with one known fault in it: what a student might write, or what real stacks got wrong.
 * Suites are tested with them: each must be caught by the check that it names. A mutant is kept as the one
 * replacement that makes it, so it follows the solution when that changes.
 */

/** One known-wrong variant of one file of a lab. */
export interface Mutant {
  /** "odd-byte-dropped". */
  readonly name: string;
  /** The fault, in words: "the last byte of an odd length is left out". */
  readonly fault: string;
  /** The file in the lab's folder: "checksum.ts". */
  readonly file: string;
  /** Text that occurs exactly once in that file of the solution. */
  readonly replace: string;
  /** What stands there instead. */
  readonly by: string;
  /** The id of the check that catches it, in the mutant's own lab. */
  readonly caughtBy: string;
  /** Why no script can see it, where none can: neither packets nor calls are another for it. */
  readonly unseen?: string;
}

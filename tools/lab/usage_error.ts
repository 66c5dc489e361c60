/**
 * The error of a command that was typed wrong.
 */

/** The command was wrong; the message says how. Exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

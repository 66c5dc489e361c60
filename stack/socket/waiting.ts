/** A call that waits on a socket: what is tried again each time that something has happened, and who hears what came of it. */

export interface Call {
  /** For messages: "read from". */
  readonly doing: string;
  /** Gives undefined as long as it has to wait. */
  readonly attempt: () => unknown;
  /** Makes of an error what the caller is to have. */
  readonly failure: (error: unknown) => unknown;
  /** It is tried once. */
  readonly dontWait: boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Sockets on which nobody waits share this list. */
export const NOBODY: readonly Call[] = [];

/** The error itself. */
export function asItIs(error: unknown): unknown {
  return error;
}

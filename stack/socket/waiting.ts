/**
 * What can be waited for: a call that cannot be done yet is tried again each time that something has happened, and its caller hears what came of it. However many
 * layers are above, a call that waits costs one promise and one record: a server has thousands of them, nearly all in `read`.
 */
import { SocketError } from "./errors.ts";

/** A call that waits, and who hears what came of it. */
interface Call {
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

/** Where nobody waits, this list is shared. */
const NOBODY: readonly Call[] = [];

/** The error itself. */
export function asItIs(error: unknown): unknown {
  return error;
}

/** A socket of any kind, as far as calls wait on it. */
export abstract class Waiter {
  /** O_NONBLOCK. It is the socket's, so all descriptors for it share it. */
  nonBlocking = false;
  /** Called after something has happened to it. */
  watchers: Set<() => void> | undefined = undefined;
  #waiting: readonly Call[] = NOBODY;

  /** Nothing more can be done with it. */
  abstract get isClosed(): boolean;
  /** For messages. */
  abstract toString(): string;

  /**
   * What the attempt gives: it is made at once, and again each time that something has happened, until it gives something or throws; or
   * only once, if this socket or this call (`dontWait`) must not wait. `doing` is for messages ("read from"), `failure` makes of an error what the caller is to have.
   */
  whenPossible<T>(doing: string, attempt: () => T | undefined, failure = asItIs, dontWait = false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const call = { doing, attempt, failure, dontWait, resolve, reject } as Call;
      if (!this.#isOver(call)) this.#waiting = this.#waiting.concat(call);
    });
  }

  /** Attempts are made again, once everything is told that happened at the same time: an end is told before its reason. */
  protected wake(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0 && !this.watchers?.size) return;
    this.#waiting = NOBODY;
    void Promise.resolve().then(() => {
      const left = waiting.filter((call) => !this.#isOver(call));
      if (left.length > 0) this.#waiting = left.concat(this.#waiting);
      for (const watcher of this.watchers ?? []) watcher();
    });
  }

  /** Makes the attempt. True: the call is over, well or badly. */
  #isOver({ doing, attempt, failure, dontWait, resolve, reject }: Call): boolean {
    try {
      if (this.isClosed) throw new SocketError("EBADF", `Cannot ${doing} ${this}`, "it was closed");
      const result = attempt();
      if (result === undefined && !this.nonBlocking && !dontWait) return false;
      if (result === undefined) throw new SocketError("EAGAIN", `Cannot ${doing} ${this}`);
      resolve(result);
    } catch (error) {
      reject(failure(error));
    }
    return true;
  }
}

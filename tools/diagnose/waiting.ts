/** Waiting for the kernel without holding up the rest, and the time that a walk has. */
import { libc } from "../../stack/link/libc.ts";
import type { Operation } from "../harness/kernel/loop.ts";

/** Waits until `fd` has one of `events` (true), or until `until`, a reading of `performance.now()` (false). */
export async function waitFor(fd: number, events: number, until: number): Promise<boolean> {
  const set = new Int32Array([fd, events]);
  const left = Math.max(0, Math.ceil(until - performance.now()));
  return await libc().pollAside(set, 1n, left) > 0;
}

/** Carries out one of the kernel peer's operations by itself. */
export async function carryOut<T>(operation: Operation<T>): Promise<T> {
  for (let step = operation.next();;) {
    if (step.done === true) return step.value;
    const { fd, events, until } = step.value;
    step = operation.next(await waitFor(fd, events, until) ? "ready" : "late");
  }
}

/** How long each step may take, as parts of a whole that is never exceeded. */
export class Budget {
  readonly #total: number;
  readonly #end: number;

  constructor(milliseconds: number) {
    this.#total = milliseconds;
    this.#end = performance.now() + milliseconds;
  }

  /** Milliseconds for something that may have `part` of the whole: less when less is left, and 1 at least. */
  share(part: number): number {
    return Math.max(1, Math.min(this.#total * part, this.#end - performance.now()));
  }
}

/** What the promise gives, or undefined when that takes more than so many milliseconds. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => timer = setTimeout(() => resolve(undefined), milliseconds));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The kernel peer's loop: one thread, one `poll()` over everything that can happen. An operation is a
 * generator that says what it waits for (`yield { fd, events, until }`) and is resumed when that comes, when
 * its time is up, or when it is cancelled. So several operations run side by side without threads or promises,
 * and each reads from top to bottom.
 *
 *     function* greet(socket: Socket): Operation<string> {
 *       socket.send(HELLO);
 *       const wake = yield { fd: socket.fd, events: POLLIN, until: performance.now() + 1000 };
 *       return wake === "ready" ? "it answered" : "nothing came";
 *     }
 *
 * Rules: an operation that is cancelled ends soon: it gives what it has. Its sockets are closed in `finally`.
 */
import { libc, POLLIN } from "../../../stack/link/libc.ts";

/** Why an operation goes on. An error that waits at the descriptor counts as "ready". */
export type Wake = "ready" | "late" | "cancelled";

/** What an operation waits for. */
export interface Wait {
  /** The descriptor; −1: only time passes. */
  readonly fd: number;
  /** POLLIN, POLLOUT. */
  readonly events: number;
  /** When to give up: a reading of `performance.now()`. */
  readonly until: number;
  /** Other descriptors that will do as well. */
  readonly others?: readonly { readonly fd: number; readonly events: number }[];
}

export type Operation<T> = Generator<Wait, T, Wake>;

/** A descriptor that is always watched: the pipe from the grader, a device. */
interface Watch {
  readonly fd: number;
  readonly onReadable: () => void;
}

/** Something that cannot be polled: it resolves when there is something to do. */
interface Stream {
  readonly wait: () => Promise<void>;
  readonly onReadable: () => void;
}

interface Pending {
  readonly id: number;
  readonly operation: Operation<unknown>;
  readonly settle: (outcome: Outcome) => void;
  wait: Wait;
}

/** What an operation came to. */
export type Outcome = { readonly value: unknown } | { readonly thrown: unknown };

/** struct pollfd is a descriptor, then the events asked for (low half) and seen (high half). */
const POLLFD_WORDS = 2;

export class Loop {
  readonly #watches = new Set<Watch>();
  readonly #streams = new Set<Stream>();
  readonly #pending = new Map<number, Pending>();
  #set = new Int32Array(POLLFD_WORDS * 16);
  /** Who stands behind each entry of the set that was polled last. */
  #behind: (Watch | Pending)[] = [];
  readonly #onThread: boolean;
  /** The poll that is under way on another thread. */
  #aside: Promise<true> | undefined;
  #streamAdded = Promise.withResolvers<false>();
  #ended = false;

  /** `onThread`: the loop keeps its thread and waits in `poll` itself, which is fastest; otherwise promises go on meanwhile. */
  constructor(options: { onThread: boolean }) {
    this.#onThread = options.onThread;
  }

  /** Calls `onReadable` whenever `fd` has something. Returns how to stop that. */
  watch(fd: number, onReadable: () => void): () => void {
    const watch = { fd, onReadable };
    this.#watches.add(watch);
    return () => void this.#watches.delete(watch);
  }

  /** As `watch`, for something that only has a promise. The loop must not be `onThread`. */
  stream(wait: () => Promise<void>, onReadable: () => void): () => void {
    const stream = { wait, onReadable };
    this.#streams.add(stream);
    this.#streamAdded.resolve(false);
    return () => void this.#streams.delete(stream);
  }

  /** Starts an operation; `settle` hears how it ended, perhaps at once. */
  start(id: number, operation: Operation<unknown>, settle: (outcome: Outcome) => void): void {
    this.#resume({ id, operation, settle, wait: { fd: -1, events: 0, until: 0 } }, undefined);
  }

  /** Ends an operation early. One that has ended already is no error. */
  cancel(id: number): void {
    const pending = this.#pending.get(id);
    // Bounded: an operation that goes on waiting though it was cancelled is left to its deadline.
    for (let i = 0; i < 100 && pending !== undefined && this.#isPending(pending); i++) this.#resume(pending, "cancelled");
  }

  /** Ends `run`. */
  end(): void {
    this.#ended = true;
  }

  /** Runs until `end` is called. `afterwards` is called once after each turn. */
  async run(afterwards: () => void): Promise<void> {
    while (!this.#ended) {
      if (this.#onThread) {
        const count = this.#prepare(); // first: it may be another set afterwards
        libc().poll(this.#set, count, this.#timeout());
        this.#dispatch();
      } else if (await this.#waitAside()) {
        this.#dispatch();
      }
      for (const stream of this.#streams) stream.onReadable();
      this.#expire();
      afterwards();
    }
  }

  /** True when the poll came back; false when a stream was first, and the poll is still under way. */
  async #waitAside(): Promise<boolean> {
    this.#aside ??= this.#pollAside();
    this.#streamAdded = Promise.withResolvers();
    const arrivals = [...this.#streams].map((stream) => stream.wait().then(() => false));
    const polled = await Promise.race([this.#aside, this.#streamAdded.promise, ...arrivals]);
    if (polled) this.#aside = undefined;
    return polled;
  }

  async #pollAside(): Promise<true> {
    const count = this.#prepare();
    await libc().pollAside(this.#set, count, this.#timeout());
    return true;
  }

  /** Fills the set and returns how many entries it has. */
  #prepare(): bigint {
    const entries = [...this.#watches].map((one): [Watch | Pending, number, number] => [one, one.fd, POLLIN]);
    for (const one of this.#pending.values()) {
      entries.push([one, one.wait.fd, one.wait.events]);
      for (const { fd, events } of one.wait.others ?? []) entries.push([one, fd, events]);
    }
    this.#behind = entries.map(([one]) => one);
    const words = entries.length * POLLFD_WORDS;
    if (words > this.#set.length) this.#set = new Int32Array(words * 2);
    entries.forEach(([, fd, events], i) => {
      this.#set[i * POLLFD_WORDS] = fd;
      this.#set[i * POLLFD_WORDS + 1] = events;
    });
    return BigInt(entries.length);
  }

  #timeout(): number {
    let earliest = Infinity;
    for (const { wait } of this.#pending.values()) earliest = Math.min(earliest, wait.until);
    if (earliest === Infinity) return -1;
    return Math.min(Math.max(Math.ceil(earliest - performance.now()), 0), 0x7fff_ffff);
  }

  #dispatch(): void {
    const ready = new Set(this.#behind.filter((_, i) => (this.#set[i * POLLFD_WORDS + 1] as number) >>> 16 !== 0));
    for (const one of ready) {
      // Whoever came before in this turn may have ended it.
      if ("fd" in one) {
        if (this.#watches.has(one)) one.onReadable();
      } else if (this.#isPending(one)) this.#resume(one, "ready");
    }
  }

  #expire(): void {
    const now = performance.now();
    for (const pending of [...this.#pending.values()]) {
      if (pending.wait.until <= now && this.#isPending(pending)) this.#resume(pending, "late");
    }
  }

  #isPending(one: Pending): boolean {
    return this.#pending.get(one.id) === one;
  }

  #resume(pending: Pending, wake: Wake | undefined): void {
    try {
      const step = wake === undefined ? pending.operation.next() : pending.operation.next(wake);
      if (!step.done) {
        pending.wait = step.value;
        this.#pending.set(pending.id, pending);
        return;
      }
      this.#pending.delete(pending.id);
      pending.settle({ value: step.value });
    } catch (thrown) {
      this.#pending.delete(pending.id);
      pending.settle({ thrown });
    }
  }
}

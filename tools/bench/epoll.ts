/**
 * `epoll`: waiting for thousands of the kernel's sockets at once, at a cost that does not depend on how many they are; and how many descriptors a
 * process may have. Manual pages: epoll(7), getrlimit(2).
 */
import { errorName, lastError, libc, O_CLOEXEC, openLibrary } from "../../stack/link/libc.ts";

const SYMBOLS = {
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

export const EPOLLIN = 1;
export const EPOLLOUT = 4;
const ADD = 1, CHANGE = 3;
const RLIMIT_NOFILE = 7;
/** Events that are taken at once. */
const MOST = 512;
/** `struct epoll_event` has no hole in it on x86-64, and one elsewhere. */
const SIZE = Deno.build.arch === "x86_64" ? 12 : 16;
const NUMBER = SIZE - 8;

export class Epoll {
  readonly #calls = openLibrary(SYMBOLS);
  readonly #fd = this.#calls.epoll_create1(O_CLOEXEC);
  readonly #one = new DataView(new ArrayBuffer(SIZE));
  readonly #many = new DataView(new ArrayBuffer(MOST * SIZE));

  /** Watches `fd`; `number` names it, whoever has it. */
  add(fd: number, events: number, number: number): void {
    this.#control(ADD, fd, events, number);
  }

  /** From now on it is watched for other events. */
  change(fd: number, events: number, number: number): void {
    this.#control(CHANGE, fd, events, number);
  }

  /** Calls back with the number of each that is ready, once something is; returns how many there were: 0 after `milliseconds`. */
  wait(milliseconds: number, ready: (number: number) => void): number {
    const count = this.#calls.epoll_wait(this.#fd, this.#many, MOST, milliseconds);
    for (let i = 0; i < count; i++) ready(this.#many.getUint32(i * SIZE + NUMBER, true));
    return Math.max(0, count);
  }

  close(): void {
    libc().close(this.#fd);
  }

  #control(operation: number, fd: number, events: number, number: number): void {
    this.#one.setUint32(0, events, true);
    this.#one.setUint32(NUMBER, number, true);
    if (this.#calls.epoll_ctl(this.#fd, operation, fd, this.#one) < 0) throw new Error(`epoll_ctl: ${errorName(lastError())}`);
  }
}

/** Lets this process have `wanted` descriptors, where the system does; returns how many it may have now. */
export function raiseDescriptors(wanted: number): number {
  const calls = openLibrary(SYMBOLS);
  const limits = new BigUint64Array(2);
  if (calls.getrlimit(RLIMIT_NOFILE, limits) < 0) return wanted;
  const [soft = 0n, hard = 0n] = limits;
  const most = hard > BigInt(wanted) ? hard : BigInt(wanted);
  // Above the hard limit only where we may: else as far as it goes.
  for (const [raised, top] of [[BigInt(wanted), most], [hard, hard]] as const) {
    if (soft >= raised) break;
    limits.set([raised, top]);
    if (calls.setrlimit(RLIMIT_NOFILE, limits) === 0) return Number(raised);
  }
  return Number(soft);
}

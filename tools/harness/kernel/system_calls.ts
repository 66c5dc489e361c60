/**
 * System calls of a program, made one by one on somebody's behalf: names and plain data go in, and what the call came to comes out. This is the
 * kernel's counterpart of `tools/harness/subject/system_calls.ts`.
 *
 * All descriptors are non-blocking in truth, since one thread serves everybody. A call on a descriptor that its owner takes for a blocking one
 * waits here in the loop until the kernel says that it can go on, and is made again. fcntl() tells the owner what he set himself.
 *
 * Rules: only descriptors that were made here can be used; any other is EBADF, whatever it is in this process.
 */
import { errorName, lastError, libc, O_CLOEXEC, O_NONBLOCK, openLibrary, POLLIN, POLLOUT } from "../../../stack/link/libc.ts";
import { formatIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { CallOf, Linger, Outcome, SocketAddress, SystemCall } from "../subject/system_call.ts";
import type { Operation } from "./loop.ts";
import { INTERNET_ADDRESS_LENGTH, internetAddress, readAddress } from "./socket_address.ts";
import * as names from "./system_names.ts";
import { readTcpInfo } from "./tcp_info.ts";

const SYMBOLS = {
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  recvfrom: { parameters: ["i32", "buffer", "u64", "i32", "buffer", "buffer"], result: "i64" },
  sendto: { parameters: ["i32", "buffer", "u64", "i32", "buffer", "u32"], result: "i64" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

let loaded: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;
function calls(): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] {
  return loaded ??= openLibrary(SYMBOLS);
}

/** What came of a call, and when: a reading of `performance.now()`. `missing`: it was not made, for there is no such thing here. */
export interface CallAnswer extends Outcome {
  readonly time: number;
  readonly missing?: string;
}

const O_RDWR = 2;
const SOL_SOCKET = 1, SO_LINGER = 13;
const SOL_TCP = 6, TCP_INFO = 11, TCP_CONGESTION = 13;
const SIOCINQ = 0x541bn;
const SHUT_RDWR = 2;
const { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_ERRQUEUE, MSG_WAITALL } = names.MESSAGE_FLAGS;
/** Most bytes of one read. */
const MOST = 16 * 1024 * 1024;
/** Milliseconds between looks at what cannot be waited for in the loop. */
const LOOK = 1;
/** A descriptor that is none: poll() says POLLNVAL. */
const NOBODYS = 0x7fff_fff0;
/** States in which close() with SO_LINGER still waits: FIN-WAIT-1, CLOSING and LAST-ACK as Linux numbers them. */
const LINGERING = [4, 11, 9];

/** Thrown inside: the kernel, or this file in its place, refused. */
class Refused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** The program's descriptors. */
export class SystemCalls {
  /** What their owner set by fcntl(). */
  readonly #open = new Map<number, { nonBlocking: boolean }>();

  /** Makes a call. It waits like the program would. */
  *make(call: SystemCall): Operation<CallAnswer> {
    try {
      const outcome = yield* this.#do(call);
      return { ...outcome, time: performance.now() };
    } catch (error) {
      const time = performance.now();
      if (error instanceof Refused) return { value: -1, error: error.code, time };
      if (error instanceof names.MissingName) return { value: -1, time, missing: error.message };
      throw error;
    }
  }

  /** What TCP_INFO says of the connection behind a descriptor; nothing when there is none. */
  info(descriptor: number): Record<string, number> {
    if (!this.#open.has(descriptor)) return {};
    const [bytes, length] = [new Uint8Array(512), new Uint32Array([512])];
    if (calls().getsockopt(descriptor, SOL_TCP, TCP_INFO, bytes, length) < 0) return {};
    return readTcpInfo(bytes.subarray(0, length[0]));
  }

  /** Closes everything at once: connections are reset. */
  closeAll(): void {
    for (const descriptor of this.#open.keys()) {
      calls().setsockopt(descriptor, SOL_SOCKET, SO_LINGER, words(1, 0), 8);
      libc().close(descriptor);
    }
    this.#open.clear();
  }

  *#do(call: SystemCall): Operation<Outcome> {
    switch (call.name) {
      case "socket":
        return { value: this.#socket(call) };
      case "bind":
        return { value: checked(calls().bind(this.#of(call), addressBytes(call.address), INTERNET_ADDRESS_LENGTH)) };
      case "listen":
        return { value: checked(calls().listen(this.#of(call), call.backlog)) };
      case "accept":
        return yield* this.#accept(call);
      case "connect":
        return yield* this.#connect(call);
      case "read":
      case "recv":
      case "recvfrom":
        return yield* this.#receive(call);
      case "write":
      case "send":
      case "sendto":
        return yield* this.#send(call);
      case "close":
        return yield* this.#close(call);
      case "shutdown":
        return { value: checked(calls().shutdown(this.#of(call), names.numberOf(names.HALVES, call.how, "shutdown() with"))) };
      case "fcntl":
        return { value: this.#control(call) };
      case "setsockopt":
        return { value: this.#setOption(call) };
      case "getsockopt":
        return this.#getOption(call);
      case "poll":
        return yield* this.#poll(call);
      case "ioctl":
        return this.#request(call);
      default:
        throw new names.MissingName(`the system call ${(call as { name: string }).name}()`);
    }
  }

  /** The descriptor that a call is about. */
  #of({ descriptor }: { readonly descriptor: number }): number {
    if (!this.#open.has(descriptor)) throw new Refused("EBADF");
    return descriptor;
  }

  #waits(descriptor: number): boolean {
    return this.#open.get(descriptor)?.nonBlocking === false;
  }

  #socket({ family, type, protocol }: CallOf<"socket">): number {
    const kind = type.split("|").map((part) => part.trim());
    const domain = names.numberOf(names.FAMILIES, family, "sockets of the family");
    const bits = names.bitsOf(names.SOCKET_TYPES, kind, "sockets of the type");
    const number = names.numberOf(names.PROTOCOLS, protocol, "sockets of the protocol");
    const descriptor = checked(libc().socket(domain, bits | O_NONBLOCK | O_CLOEXEC, number));
    this.#open.set(descriptor, { nonBlocking: kind.includes("SOCK_NONBLOCK") });
    return descriptor;
  }

  *#accept(call: CallOf<"accept">): Operation<Outcome> {
    const listener = this.#of(call);
    for (;;) {
      const [address, length] = [new DataView(new ArrayBuffer(128)), words(128)];
      const descriptor = calls().accept4(listener, address, length, O_NONBLOCK | O_CLOEXEC);
      if (descriptor >= 0) {
        this.#open.set(descriptor, { nonBlocking: false });
        return { value: descriptor, data: socketAddress(address) };
      }
      yield* this.#orWait(listener, POLLIN);
    }
  }

  /** Made again while the connection is on its way, connect() tells what became of it. */
  *#connect(call: CallOf<"bind" | "connect">): Operation<Outcome> {
    const descriptor = this.#of(call);
    const address = addressBytes(call.address);
    for (;;) {
      if (calls().connect(descriptor, address, address.length) >= 0) return { value: 0 };
      const code = errorName(lastError());
      const isOnItsWay = code === "EINPROGRESS" || code === "EALREADY";
      if (!isOnItsWay || !this.#waits(descriptor)) throw new Refused(code);
      yield* ready(descriptor, POLLOUT);
    }
  }

  *#receive(call: CallOf<"read"> | CallOf<"recv" | "recvfrom">): Operation<Outcome> {
    const descriptor = this.#of(call);
    const flags = "flags" in call ? names.bitsOf(names.MESSAGE_FLAGS, call.flags, "the flag") : 0;
    const waits = this.#waits(descriptor) && (flags & (MSG_DONTWAIT | MSG_OOB | MSG_ERRQUEUE)) === 0;
    const target = new Uint8Array(Math.min(Math.max(0, call.count), MOST));
    const [from, length] = [new DataView(new ArrayBuffer(128)), words(128)];
    let count = 0;
    do {
      // What is there may be less than SO_RCVLOWAT asks for: poll() knows, a read that cannot wait does not.
      if (waits && !isReady(descriptor, POLLIN)) yield* ready(descriptor, POLLIN);
      const rest = target.subarray(count);
      const got = Number(calls().recvfrom(descriptor, rest, BigInt(rest.length), flags, from, length));
      if (got > 0) count += got;
      if (got === 0 || (got < 0 && count > 0)) break;
      if (got < 0) {
        const code = errorName(lastError());
        if (code !== "EAGAIN" || !waits) throw new Refused(code);
      }
    } while (count === 0 || (waits && (flags & MSG_WAITALL) !== 0 && count < target.length));
    const bytes = target.slice(0, count);
    if (call.name !== "recvfrom") return { value: count, data: bytes };
    const address = (length[0] as number) > 0 ? socketAddress(from) : peerOf(descriptor);
    return { value: count, data: { bytes, address } };
  }

  *#send(call: CallOf<"write"> | CallOf<"send"> | CallOf<"sendto">): Operation<Outcome> {
    const descriptor = this.#of(call);
    const flags = "flags" in call ? names.bitsOf(names.MESSAGE_FLAGS, call.flags, "the flag") : 0;
    const to = "address" in call && call.address !== undefined ? addressBytes(call.address) : new Uint8Array();
    const bytes = call.bytes as Uint8Array<ArrayBuffer>;
    const waits = this.#waits(descriptor) && (flags & MSG_DONTWAIT) === 0;
    let sent = 0;
    do {
      const rest = bytes.subarray(sent);
      const count = Number(
        calls().sendto(descriptor, rest, BigInt(rest.length), flags | MSG_NOSIGNAL, to.length > 0 ? to : null, to.length),
      );
      if (count >= 0) sent += count;
      else {
        const code = errorName(lastError());
        if (code !== "EAGAIN" || !waits) {
          if (sent > 0) break;
          throw new Refused(code);
        }
        yield* ready(descriptor, POLLOUT);
      }
    } while (sent < bytes.length && waits);
    return { value: sent };
  }

  /**
   * Whatever the descriptor says, close() with SO_LINGER waits in the kernel, and this thread would stand still. So both halves are shut, which sends
   * and refuses what close() does, and the state is looked at until everything is acknowledged or the time is over.
   */
  *#close(call: CallOf<"close">): Operation<Outcome> {
    const descriptor = this.#of(call);
    const { on, seconds } = lingerOf(descriptor);
    if (on && seconds > 0 && this.info(descriptor).tcpi_state !== undefined && unread(descriptor) === 0) {
      calls().shutdown(descriptor, SHUT_RDWR);
      const until = performance.now() + seconds * 1000;
      while (performance.now() < until && LINGERING.includes(this.info(descriptor).tcpi_state ?? 0)) yield* pause(LOOK);
      calls().setsockopt(descriptor, SOL_SOCKET, SO_LINGER, words(0, 0), 8);
    }
    this.#open.delete(descriptor);
    return { value: checked(libc().close(descriptor)) };
  }

  #control(call: CallOf<"fcntl">): number {
    const { command, flags } = call;
    const state = this.#open.get(this.#of(call)) as { nonBlocking: boolean };
    if (command === "F_GETFL") return O_RDWR | (state.nonBlocking ? O_NONBLOCK : 0);
    if (command !== "F_SETFL") throw new names.MissingName(`fcntl() with ${command}`);
    state.nonBlocking = flags.includes("O_NONBLOCK");
    return 0;
  }

  #setOption(call: CallOf<"setsockopt">): number {
    const descriptor = this.#of(call);
    const [level, option] = optionOf(call);
    const { value } = call;
    const bytes = typeof value === "number"
      ? words(value)
      : typeof value === "string"
      ? new TextEncoder().encode(value)
      : words(value.on ? 1 : 0, value.seconds);
    return checked(calls().setsockopt(descriptor, level, option, bytes, bytes.byteLength));
  }

  #getOption(call: CallOf<"getsockopt">): Outcome {
    const descriptor = this.#of(call);
    const [level, option] = optionOf(call);
    if (level === SOL_SOCKET && option === SO_LINGER) return { value: 0, data: lingerOf(descriptor) };
    const [bytes, length] = [words(0, 0, 0, 0), words(16)];
    checked(calls().getsockopt(descriptor, level, option, bytes, length));
    if (level === SOL_TCP && option === TCP_CONGESTION) return { value: 0, data: textOf(bytes) };
    return { value: 0, data: bytes[0] };
  }

  *#poll(call: CallOf<"poll">): Operation<Outcome> {
    const set = new Int32Array(call.entries.length * 2);
    for (const [index, { descriptor, events }] of call.entries.entries()) {
      set[index * 2] = descriptor < 0 || this.#open.has(descriptor) ? descriptor : NOBODYS;
      set[index * 2 + 1] = names.bitsOf(names.POLL_EVENTS, events, "the event");
    }
    const until = call.timeout < 0 ? Infinity : performance.now() + call.timeout;
    for (;;) {
      const count = checked(libc().poll(set, BigInt(call.entries.length), 0));
      if (count > 0 || performance.now() >= until) {
        const data = call.entries.map((_, index) => names.namesOf(names.POLL_EVENTS, (set[index * 2 + 1] as number) >>> 16));
        return { value: count, data };
      }
      const others = call.entries.map((_, index) => ({ fd: set[index * 2] as number, events: set[index * 2 + 1] as number & 0xffff }));
      if ((yield { fd: -1, events: 0, until, others }) === "cancelled") throw new Refused("EINTR");
    }
  }

  #request(call: CallOf<"ioctl">): Outcome {
    const descriptor = this.#of(call);
    const request = names.numberOf(names.REQUESTS, call.request, "ioctl() with");
    const argument = words(0, 0);
    checked(libc().ioctl(descriptor, BigInt(request), argument));
    return { value: 0, data: argument[0] };
  }

  /** After a call that the kernel refused: waits if that is what it asks for, and throws otherwise. */
  *#orWait(descriptor: number, events: number): Operation<void> {
    const code = errorName(lastError());
    if (code !== "EAGAIN" || !this.#waits(descriptor)) throw new Refused(code);
    yield* ready(descriptor, events);
  }
}

/** Waits in the loop until the kernel says that there is something. */
function* ready(descriptor: number, events: number): Operation<void> {
  if ((yield { fd: descriptor, events, until: Infinity }) === "cancelled") throw new Refused("EINTR");
}

function* pause(milliseconds: number): Operation<void> {
  if ((yield { fd: -1, events: 0, until: performance.now() + milliseconds }) === "cancelled") throw new Refused("EINTR");
}

/** Text up to a zero. */
function textOf(words: { readonly buffer: ArrayBuffer }): string {
  return new TextDecoder().decode(words.buffer).replace(/\0[^]*/, "");
}

function isReady(descriptor: number, events: number): boolean {
  return libc().poll(new Int32Array([descriptor, events]), 1n, 0) > 0;
}

function unread(descriptor: number): number {
  const argument = words(0, 0);
  return libc().ioctl(descriptor, SIOCINQ, argument) < 0 ? 0 : argument[0] as number;
}

function lingerOf(descriptor: number): Linger {
  const [bytes, length] = [words(0, 0), words(8)];
  if (calls().getsockopt(descriptor, SOL_SOCKET, SO_LINGER, bytes, length) < 0) return { on: false, seconds: 0 };
  return { on: bytes[0] !== 0, seconds: bytes[1] as number };
}

function optionOf({ level, option }: { readonly level: string; readonly option: string }): [level: number, option: number] {
  const number = names.numberOf(names.LEVELS, level, "the level");
  // A name of another level is passed as a number that no level has: the kernel says what it says of those.
  const home = names.SOCKET_OPTIONS[number] ?? {};
  const isElsewhere = !Object.hasOwn(home, option) && Object.values(names.SOCKET_OPTIONS).some((options) => Object.hasOwn(options, option));
  return [number, isElsewhere ? 0xffff : names.numberOf(home, option, "the option")];
}

function checked(result: number): number {
  if (result < 0) throw new Refused(errorName(lastError()));
  return result;
}

function words(...values: number[]): Int32Array<ArrayBuffer> {
  return new Int32Array(values);
}

function addressBytes({ ip, port }: SocketAddress): Uint8Array<ArrayBuffer> {
  try {
    return internetAddress(ip, port);
  } catch {
    throw new Refused("EINVAL");
  }
}

function socketAddress(view: DataView): SocketAddress {
  return { ip: formatIpv4Address(readAddress(view)), port: view.getUint16(2) };
}

function peerOf(descriptor: number): SocketAddress | undefined {
  const view = new DataView(new ArrayBuffer(128));
  return calls().getpeername(descriptor, view, words(128)) < 0 ? undefined : socketAddress(view);
}

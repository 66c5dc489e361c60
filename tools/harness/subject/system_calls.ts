/**
 * System calls from outside, made by a process on the subject's host: names and plain data go in, and what a call came to comes out, as UNIX
 * would say it. A call that waits is over in a later request; the grader knows it by the number that it gave it.
 *
 * What this stack does not have is no error of the call. It is *missing*, and said by name, so that nobody takes it for a wrong answer.
 */
import type { Host } from "../../../stack/host.ts";
import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess, type Descriptor, type Process } from "../../../stack/socket/descriptors.ts";
import { SocketError } from "../../../stack/socket/errors.ts";
import type { PollEvent } from "../../../stack/socket/poll.ts";
import type { ReceiveFlag, SendFlag } from "../../../stack/socket/socket.ts";
import type { SocketOptions } from "../../../stack/socket/socket_options.ts";
import type { TcpInfo } from "../../../stack/tcp/tcp_info.ts";
import { formatIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { CallOf, Linger, Outcome, SocketAddress, SystemCall } from "./system_call.ts";

/** The outcome of one call. */
export interface Completed extends Outcome {
  /** The number under which it was asked for. */
  readonly call: number;
}

/** There is nothing here that could do this; `message` says what: "the option TCP_FASTOPEN". */
class Missing extends Error {}

/** Most bytes of one read: nobody's buffers hold more. */
const MOST = 16 * 1024 * 1024;
const O_RDWR = 2, O_NONBLOCK = 2048;
const HALVES = { SHUT_RD: "read", SHUT_WR: "write", SHUT_RDWR: "both" } as const;

/** What the number stands for that an option has in UNIX; TCP_CONGESTION has a name instead. */
type OptionKind = "flag" | "number" | "size" | "linger" | "name";
const OPTIONS: Readonly<Record<string, OptionKind>> = {
  SO_REUSEADDR: "flag",
  SO_KEEPALIVE: "flag",
  SO_RCVBUF: "size",
  SO_SNDBUF: "size",
  SO_LINGER: "linger",
  TCP_NODELAY: "flag",
  TCP_CORK: "flag",
  TCP_QUICKACK: "flag",
  TCP_MAXSEG: "number",
  TCP_KEEPIDLE: "number",
  TCP_KEEPINTVL: "number",
  TCP_KEEPCNT: "number",
  TCP_USER_TIMEOUT: "number",
  TCP_CONGESTION: "name",
  TCP_SYNCNT: "number",
  IP_TTL: "number",
  IP_TOS: "number",
} satisfies Record<keyof SocketOptions, OptionKind>;
/** The names of TCP_CONGESTION. Linux may have others: then a script that wants one needs it. */
const ALGORITHMS = ["reno", "cubic"];
/** The largest buffer that may be asked for. */
const LARGEST = 2 ** 30;
const REQUESTS: Readonly<Record<string, "SIOCINQ" | "SIOCOUTQ" | "SIOCOUTQNSD">> = {
  SIOCINQ: "SIOCINQ",
  FIONREAD: "SIOCINQ",
  SIOCOUTQ: "SIOCOUTQ",
  TIOCOUTQ: "SIOCOUTQ",
  SIOCOUTQNSD: "SIOCOUTQNSD",
};
const RECEIVE_FLAGS: readonly ReceiveFlag[] = ["MSG_PEEK", "MSG_DONTWAIT"];
const SEND_FLAGS: readonly SendFlag[] = ["MSG_OOB", "MSG_MORE", "MSG_DONTWAIT", "MSG_NOSIGNAL"];
const POLL_EVENTS: readonly PollEvent[] = ["POLLIN", "POLLOUT", "POLLPRI", "POLLRDHUP", "POLLHUP", "POLLERR", "POLLNVAL"];
/** The level at which an option is set, by how its name begins; and other names that levels have. */
const HOMES: Readonly<Record<string, string>> = { SO: "SOL_SOCKET", TCP: "SOL_TCP", IP: "SOL_IP" };
const LEVELS: Readonly<Record<string, string>> = { IPPROTO_TCP: "SOL_TCP", IPPROTO_IP: "SOL_IP" };

export class SystemCalls {
  readonly #process: Process;
  #completed: Completed[] = [];
  #missing: string | undefined;
  #broken: { error: unknown } | undefined;
  #waiting = 0;

  constructor(host: Host) {
    this.#process = createProcess(host, { name: "script", privileged: true });
  }

  /** TCP_INFO of a socket, by the names of Linux. Throws a SocketError when that is none. */
  info(descriptor: number): TcpInfo {
    return this.#process.info(descriptor as Descriptor);
  }

  /** How many calls are not over. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Begins a call. What it comes to is known some turns of the microtasks later, or when it has waited long enough. */
  begin(number: number, call: SystemCall): void {
    this.#waiting++;
    this.#do(call).then((outcome) => this.#over(number, outcome), (error) => {
      if (error instanceof SocketError) return this.#over(number, { value: -1, error: error.code });
      this.#waiting--;
      if (error instanceof Missing) this.#missing ??= error.message;
      else this.#broken ??= { error };
    });
  }

  /** What is over since the last time. Throws what a lab threw in the meantime. */
  takeOutcomes(): { completed?: readonly Completed[]; missing?: string } {
    if (this.#broken !== undefined) {
      const { error } = this.#broken;
      this.#broken = undefined;
      throw error;
    }
    const completed = this.#completed;
    const missing = this.#missing;
    this.#completed = [];
    this.#missing = undefined;
    return { ...(completed.length === 0 ? {} : { completed }), ...(missing === undefined ? {} : { missing }) };
  }

  #over(call: number, outcome: Outcome): void {
    this.#waiting--;
    this.#completed.push({ ...outcome, call });
  }

  async #do(call: SystemCall): Promise<Outcome> {
    const process = this.#process;
    switch (call.name) {
      case "socket":
        return { value: this.#socket(call) };
      case "bind":
        process.bind(of(call), addressOf(call.address));
        return { value: 0 };
      case "listen":
        process.listen(of(call), Math.max(1, call.backlog));
        return { value: 0 };
      case "accept": {
        const accepted = await process.accept(of(call));
        return { value: accepted, data: peerOf(process, accepted) };
      }
      case "connect":
        await process.connect(of(call), addressOf(call.address));
        return { value: 0 };
      case "read":
      case "recv":
      case "recvfrom":
        return await this.#receive(call);
      case "write":
        return { value: await process.write(of(call), call.bytes) };
      case "send":
      case "sendto":
        return { value: await process.send(of(call), call.bytes, ...known(SEND_FLAGS, call.flags, "the flag")) };
      case "close":
        await process.close(of(call));
        return { value: 0 };
      case "shutdown":
        process.shutdown(of(call), HALVES[call.how as keyof typeof HALVES] ?? lacks(`shutdown() with ${call.how}`));
        return { value: 0 };
      case "fcntl":
        return this.#control(call);
      case "setsockopt":
        return this.#setOption(call);
      case "getsockopt":
        return this.#getOption(call);
      case "poll":
        return await this.#poll(call);
      case "ioctl":
        return { value: 0, data: process.ioctl(of(call), REQUESTS[call.request] ?? lacks(`ioctl() with ${call.request}`)) };
      default:
        return lacks(`the system call ${(call as { name: string }).name}()`);
    }
  }

  #socket({ family, type, protocol }: CallOf<"socket">): number {
    const [kind, ...flags] = type.split("|").map((part) => part.trim());
    if (family !== "AF_INET" && family !== "PF_INET") lacks(`sockets of the family ${family}`);
    if (kind === "SOCK_DGRAM") lacks("UDP sockets");
    if (kind !== "SOCK_STREAM") lacks(`sockets of the type ${kind}`);
    if (!["IPPROTO_TCP", "IPPROTO_IP", 0, 6].includes(protocol)) lacks(`sockets of the protocol ${protocol}`);
    const descriptor = this.#process.socket("inet", "stream");
    if (flags.includes("SOCK_NONBLOCK")) this.#process.setNonBlocking(descriptor, true);
    return descriptor;
  }

  async #receive(call: CallOf<"read"> | CallOf<"recv" | "recvfrom">): Promise<Outcome> {
    const flags = "flags" in call ? known(RECEIVE_FLAGS, call.flags, "the flag") : [];
    const target = new Uint8Array(Math.min(Math.max(0, call.count), MOST));
    const count = await this.#process.recv(of(call), target, ...flags);
    const bytes = target.slice(0, count);
    return { value: count, data: call.name === "recvfrom" ? { bytes, address: peerOf(this.#process, of(call)) } : bytes };
  }

  async #poll({ entries, timeout }: CallOf<"poll">): Promise<Outcome> {
    const wanted = entries.map(({ descriptor, events }) => ({ descriptor, events: known(POLL_EVENTS, events, "the event") }));
    const found = await this.#process.poll(wanted, timeout);
    return { value: found.filter((events) => events.length > 0).length, data: found };
  }

  #control(call: CallOf<"fcntl">): Outcome {
    const { command, flags } = call;
    if (command === "F_GETFL") return { value: O_RDWR | (this.#process.getNonBlocking(of(call)) ? O_NONBLOCK : 0) };
    if (command !== "F_SETFL") return lacks(`fcntl() with ${command}`);
    this.#process.setNonBlocking(of(call), flags.includes("O_NONBLOCK"));
    return { value: 0 };
  }

  #setOption(call: CallOf<"setsockopt">): Outcome {
    const { option, value } = call;
    const kind = kindOf(call);
    const isRight = kind === "linger"
      ? typeof value === "object"
      : (typeof value === "string") === (kind === "name") && typeof value !== "object";
    if (!isRight) throw new SocketError("EINVAL", `Cannot set ${option}`);
    let given: unknown = value;
    if (kind === "name" && !ALGORITHMS.includes(value as string)) lacks(`${option} ${value}`);
    if (kind === "flag") given = value !== 0;
    if (kind === "size") given = Math.min(Math.max(1, value as number), LARGEST); // as UNIX does: what cannot be had is no error
    if (typeof value === "object") given = value.on ? value.seconds : undefined;
    this.#process.setsockopt(of(call), option as keyof SocketOptions, given as never);
    return { value: 0 };
  }

  #getOption(call: CallOf<"getsockopt">): Outcome {
    const { option } = call;
    if (option === "SO_ERROR") return { value: 0, data: ERRORS[this.#process.getsockopt(of(call), "SO_ERROR") ?? ""] ?? 0 };
    if (option === "TCP_INFO") return { value: 0, data: this.info(call.descriptor) };
    const kind = kindOf(call);
    const value: unknown = this.#process.getsockopt(of(call), option as keyof SocketOptions);
    if (kind === "linger") return { value: 0, data: { on: value !== undefined, seconds: value ?? 0 } satisfies Linger | object };
    return { value: 0, data: kind === "name" ? value : Number(value) };
  }
}

/** What SO_ERROR says in numbers, which are those of Linux. */
const ERRORS: Readonly<Record<string, number>> = {
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
};

/** What kind of value an option has. Throws for one that does not belong to this level, and for one that is not there. */
function kindOf({ level, option }: { readonly level: string; readonly option: string }): OptionKind {
  const kind = (Object.hasOwn(OPTIONS, option) ? OPTIONS[option] : undefined) ?? lacks(`the option ${option}`);
  const home = HOMES[option.split("_", 1)[0] as string];
  if (home !== (LEVELS[level] ?? level)) throw new SocketError("ENOPROTOOPT", `Cannot find ${option}`);
  return kind;
}

/** Those names, if there is nothing among them that nobody here knows. */
function known<Name extends string>(names: readonly Name[], given: readonly string[], what: string): Name[] {
  return given.map((each) => names.find((name) => name === each) ?? lacks(`${what} ${each}`));
}

function lacks(what: string): never {
  throw new Missing(what);
}

function of({ descriptor }: { readonly descriptor: number }): Descriptor {
  return descriptor as Descriptor;
}

function addressOf({ ip, port }: SocketAddress): ReturnType<typeof parseSocketAddress> {
  return parseSocketAddress(`${ip}:${port}`);
}

/** The other end of a connection, as long as it is one. */
function peerOf(process: Process, descriptor: Descriptor): SocketAddress | undefined {
  try {
    const { ip, port } = process.getpeername(descriptor);
    return { ip: formatIpv4Address(ip), port };
  } catch {
    return undefined;
  }
}

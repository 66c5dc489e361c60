/**
 * What can be set on a socket, by the names of `setsockopt`, in the units that it has in UNIX. Options are the socket's: its connection gets them when it is made, and an
 * accepted socket has those of the socket that listened. All of them may be set at any time; what that means once there is a
 * connection stands at `SO_RCVBUF` and `TCP_MAXSEG`. A record of options is never changed, so sockets can share it.
 */
import type { CongestionAlgorithm } from "../contract/congestion.ts";
import type { Connection } from "../tcp/connection.ts";
import type { ConnectionOptions } from "../tcp/options.ts";
import { SocketError } from "./errors.ts";

export interface SocketOptions {
  /** May bind a port that others hold who set it too, unless one of them listens: what lets a server start again at once. */
  SO_REUSEADDR: boolean;
  /**
   * Size of the receive and the send buffer: whole bytes, 1 to 2³⁰. A connection is made with these sizes, and never has more: whoever
   * wants large buffers says so before `connect` or `listen`, where the window's scale is chosen, too (RFC 7323 §2). On a connected socket less is in force at
   * once, though nothing that is held is thrown away, and no window that was announced is taken back; and so is more, up to what the connection
   * was made with. To ask for more than that is no error, as it is none on UNIX to ask for more than the system allows. `getsockopt` says
   * what is in force.
   */
  SO_RCVBUF: number;
  SO_SNDBUF: number;
  /** Asks a silent peer whether it is still there; when, and how often, say TCP_KEEPIDLE and the two behind it. */
  SO_KEEPALIVE: boolean;
  /**
   * What closing waits for. Undefined: for nothing, the text that is still here is delivered later. 0: for nothing, the connection is
   * reset and the text is lost. More: for the text to be acknowledged, so many seconds at most.
   */
  SO_LINGER: number | undefined;
  /** Small segments go out at once (Nagle's algorithm is off). */
  TCP_NODELAY: boolean;
  /** Only full segments go out, until this is taken back; less waits for more, 200 ms at most. It is stronger than TCP_NODELAY. */
  TCP_CORK: boolean;
  /** Acknowledges every segment at once, and what waits for it now. Unlike Linux, it stays as it was set. */
  TCP_QUICKACK: boolean;
  /**
   * What our SYN says that we take at most in a segment, and the most that we put into one: 88 to 32767 bytes, or 0 for whatever the link takes. Of use
   * before `connect` or `listen`. `getsockopt` says how much text goes into a segment now: 536 while nothing else is known.
   */
  TCP_MAXSEG: number;
  /** How long a peer may be silent before the first question, in seconds; the time between questions, in seconds; and how many are asked. */
  TCP_KEEPIDLE: number;
  TCP_KEEPINTVL: number;
  TCP_KEEPCNT: number;
  /** Milliseconds that anything may be unacknowledged before the connection is given up (RFC 5482); 0: as long as the host thinks right. */
  TCP_USER_TIMEOUT: number;
  /** How the congestion window grows and shrinks: "reno" or "cubic". It may be changed while the connection is open. */
  TCP_CONGESTION: CongestionAlgorithm;
  /** How often a SYN is sent again, 1 to 127; 0: as often as the host thinks right. */
  TCP_SYNCNT: number;
  /** The IP header's time to live, 1 to 255, and its type of service, 0 to 255, of which the lowest two bits belong to ECN. */
  IP_TTL: number;
  IP_TOS: number;
}

/** What must be said of a number: the least and the most, whether 0 is good, too, and what it counts. */
type NumberRule = readonly [least: number, most: number, zero: boolean, counts: string];

const LONGEST = 2 ** 31 - 1;
const RULES: Readonly<Record<Exclude<keyof SocketOptions, "SO_LINGER" | "TCP_CONGESTION"> | "SO_BROADCAST", "flag" | NumberRule>> = {
  SO_REUSEADDR: "flag",
  SO_BROADCAST: "flag",
  SO_RCVBUF: [1, 2 ** 30, false, "bytes"],
  SO_SNDBUF: [1, 2 ** 30, false, "bytes"],
  SO_KEEPALIVE: "flag",
  TCP_NODELAY: "flag",
  TCP_CORK: "flag",
  TCP_QUICKACK: "flag",
  TCP_MAXSEG: [88, 32_767, true, "bytes"],
  TCP_KEEPIDLE: [1, 32_767, false, "seconds"],
  TCP_KEEPINTVL: [1, 32_767, false, "seconds"],
  TCP_KEEPCNT: [1, 127, false, "questions"],
  TCP_USER_TIMEOUT: [1, LONGEST, true, "milliseconds"],
  TCP_SYNCNT: [1, 127, true, "segments"],
  IP_TTL: [1, 255, false, "routers"],
  IP_TOS: [0, 255, false, "an octet"],
};

/** Idle time before the first question of keep-alive, in milliseconds: RFC 1122 §4.2.3.6 wants two hours at least. */
const KEEP_ALIVE = 7_200_000;
const TIME_TO_LIVE = 64;
/** The text of a segment when nobody has said anything else (RFC 9293 §3.7.1). */
const DEFAULT_SEGMENT = 536;
/** The bits of the type of service that belong to ECN, and to no application (RFC 3168 §5). */
const ECN = 3;

/** What the sockets of a host are like at first: one record for all of them, which nobody changes. */
const atFirst = new WeakMap<ConnectionOptions, Readonly<SocketOptions>>();

/** What a socket is like at first. */
export function createSocketOptions(defaults: ConnectionOptions): Readonly<SocketOptions> {
  let options = atFirst.get(defaults);
  if (options === undefined) atFirst.set(defaults, options = firstOptions(defaults));
  return options;
}

function firstOptions(defaults: ConnectionOptions): SocketOptions {
  return {
    SO_REUSEADDR: false,
    SO_RCVBUF: defaults.receiveBuffer,
    SO_SNDBUF: defaults.sendBuffer,
    SO_KEEPALIVE: defaults.keepAlive > 0,
    SO_LINGER: undefined,
    TCP_NODELAY: defaults.noDelay,
    TCP_CORK: defaults.cork,
    TCP_QUICKACK: defaults.quickAck,
    TCP_MAXSEG: defaults.maxSegment,
    TCP_KEEPIDLE: (defaults.keepAlive || KEEP_ALIVE) / 1000,
    TCP_KEEPINTVL: defaults.keepAliveInterval / 1000,
    TCP_KEEPCNT: defaults.keepAliveProbes,
    TCP_USER_TIMEOUT: defaults.userTimeout,
    TCP_CONGESTION: defaults.congestion,
    TCP_SYNCNT: defaults.synRetries,
    IP_TTL: defaults.timeToLive ?? TIME_TO_LIVE,
    IP_TOS: defaults.typeOfService ?? 0,
  };
}

/** What the connection is told of it. Sockets on which nothing was set share the host's own record. */
export function connectionOptionsOf(options: Readonly<SocketOptions>, defaults: ConnectionOptions): ConnectionOptions {
  if (options === createSocketOptions(defaults)) return defaults;
  return {
    ...defaults,
    receiveBuffer: options.SO_RCVBUF,
    sendBuffer: options.SO_SNDBUF,
    noDelay: options.TCP_NODELAY,
    cork: options.TCP_CORK,
    quickAck: options.TCP_QUICKACK,
    maxSegment: options.TCP_MAXSEG,
    keepAlive: options.SO_KEEPALIVE ? options.TCP_KEEPIDLE * 1000 : 0,
    keepAliveInterval: options.TCP_KEEPINTVL * 1000,
    keepAliveProbes: options.TCP_KEEPCNT,
    userTimeout: options.TCP_USER_TIMEOUT,
    congestion: options.TCP_CONGESTION,
    synRetries: options.TCP_SYNCNT,
    timeToLive: options.IP_TTL,
    typeOfService: options.IP_TOS & ~ECN,
  };
}

/** The options, with the buffers that a connection has which was made like this. */
export function limitBuffers(options: Readonly<SocketOptions>, made: ConnectionOptions): Readonly<SocketOptions> {
  const { SO_RCVBUF, SO_SNDBUF } = options;
  if (SO_RCVBUF <= made.receiveBuffer && SO_SNDBUF <= made.sendBuffer) return options;
  return { ...options, SO_RCVBUF: Math.min(SO_RCVBUF, made.receiveBuffer), SO_SNDBUF: Math.min(SO_SNDBUF, made.sendBuffer) };
}

/** TCP_MAXSEG: the text that goes into a segment of this connection; where there is none, what was asked for. */
export function maxSegmentOf({ TCP_MAXSEG }: Readonly<SocketOptions>, connection: Connection | undefined): number {
  return connection?.tcb.sndMss ?? (TCP_MAXSEG || DEFAULT_SEGMENT);
}

/** Throws a SocketError when `name` is no option, or `value` none of its values. */
export function checkOption(name: keyof SocketOptions | "SO_BROADCAST", value: unknown): void {
  const what = `Cannot set ${name} to ${value}`;
  if (name === "SO_LINGER") {
    if (value === undefined || isWhole(value) && value >= 0) return;
    throw new SocketError("EINVAL", what, "it is a number of seconds, or undefined");
  }
  if (name === "TCP_CONGESTION") {
    if (value === "reno" || value === "cubic") return;
    throw new SocketError("EINVAL", what, 'it is "reno" or "cubic"');
  }
  if (!Object.hasOwn(RULES, name)) throw new SocketError("ENOPROTOOPT", `Cannot set ${name}`);
  const rule = RULES[name];
  if (rule === "flag") {
    if (typeof value !== "boolean") throw new SocketError("EINVAL", what, "it is either true or false");
    return;
  }
  const [least, most, zero, counts] = rule;
  if (isWhole(value) && (value >= least && value <= most || zero && value === 0)) return;
  throw new SocketError("EINVAL", what, `it is a whole number (${counts}), ${zero ? "0, or " : ""}${least} to ${most}`);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

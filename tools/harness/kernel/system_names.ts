/**
 * The numbers behind the names of system calls' arguments, as Linux has them on x86-64 and ARM64 (`include/uapi` in the kernel's source).
 * A name that is not here is nobody's mistake: it is missing, and the call is not made.
 */

/** There is nothing here that could do this; `message` says what: "the option TCP_FASTOPEN". */
export class MissingName extends Error {
  override readonly name = "MissingName";
}

/** Names and their numbers. */
export type Names = Readonly<Record<string, number>>;

export const FAMILIES: Names = { AF_INET: 2, PF_INET: 2 };
export const SOCKET_TYPES: Names = { SOCK_STREAM: 1, SOCK_DGRAM: 2, SOCK_NONBLOCK: 0o4000, SOCK_CLOEXEC: 0o2000000 };
export const PROTOCOLS: Names = { IPPROTO_IP: 0, IPPROTO_ICMP: 1, IPPROTO_TCP: 6, IPPROTO_UDP: 17 };
export const LEVELS: Names = { SOL_SOCKET: 1, SOL_IP: 0, SOL_TCP: 6, SOL_UDP: 17, ...PROTOCOLS };
export const HALVES: Names = { SHUT_RD: 0, SHUT_WR: 1, SHUT_RDWR: 2 };

export const MESSAGE_FLAGS = {
  MSG_OOB: 0x1,
  MSG_PEEK: 0x2,
  MSG_DONTROUTE: 0x4,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_EOR: 0x80,
  MSG_WAITALL: 0x100,
  MSG_ERRQUEUE: 0x2000,
  MSG_NOSIGNAL: 0x4000,
  MSG_MORE: 0x8000,
} as const satisfies Names;

export const POLL_EVENTS: Names = {
  POLLIN: 0x1,
  POLLPRI: 0x2,
  POLLOUT: 0x4,
  POLLERR: 0x8,
  POLLHUP: 0x10,
  POLLNVAL: 0x20,
  POLLRDNORM: 0x40,
  POLLRDBAND: 0x80,
  POLLWRNORM: 0x100,
  POLLWRBAND: 0x200,
  POLLRDHUP: 0x2000,
};

export const REQUESTS: Names = {
  SIOCINQ: 0x541b,
  FIONREAD: 0x541b,
  SIOCOUTQ: 0x5411,
  TIOCOUTQ: 0x5411,
  SIOCOUTQNSD: 0x894b,
  SIOCATMARK: 0x8905,
};

/** Options whose value is a number or, of SO_LINGER, a struct linger. */
export const SOCKET_OPTIONS: Readonly<Record<number, Names>> = {
  1: {
    SO_DEBUG: 1,
    SO_REUSEADDR: 2,
    SO_TYPE: 3,
    SO_ERROR: 4,
    SO_DONTROUTE: 5,
    SO_BROADCAST: 6,
    SO_SNDBUF: 7,
    SO_RCVBUF: 8,
    SO_KEEPALIVE: 9,
    SO_OOBINLINE: 10,
    SO_PRIORITY: 12,
    SO_LINGER: 13,
    SO_REUSEPORT: 15,
    SO_RCVLOWAT: 18,
    SO_SNDLOWAT: 19,
    SO_TIMESTAMP: 29,
    SO_ACCEPTCONN: 30,
    SO_SNDBUFFORCE: 32,
    SO_RCVBUFFORCE: 33,
    SO_MARK: 36,
    SO_PROTOCOL: 38,
    SO_DOMAIN: 39,
    SO_BUSY_POLL: 46,
    SO_MAX_PACING_RATE: 47,
    SO_ZEROCOPY: 60,
  },
  0: {
    IP_TOS: 1,
    IP_TTL: 2,
    IP_RECVOPTS: 6,
    IP_PKTINFO: 8,
    IP_MTU_DISCOVER: 10,
    IP_RECVERR: 11,
    IP_RECVTTL: 12,
    IP_RECVTOS: 13,
    IP_MTU: 14,
    IP_MINTTL: 21,
    IP_BIND_ADDRESS_NO_PORT: 24,
  },
  6: {
    TCP_NODELAY: 1,
    TCP_MAXSEG: 2,
    TCP_CORK: 3,
    TCP_KEEPIDLE: 4,
    TCP_KEEPINTVL: 5,
    TCP_KEEPCNT: 6,
    TCP_SYNCNT: 7,
    TCP_LINGER2: 8,
    TCP_DEFER_ACCEPT: 9,
    TCP_WINDOW_CLAMP: 10,
    TCP_QUICKACK: 12,
    TCP_CONGESTION: 13,
    TCP_THIN_LINEAR_TIMEOUTS: 16,
    TCP_USER_TIMEOUT: 18,
    TCP_FASTOPEN: 23,
    TCP_TIMESTAMP: 24,
    TCP_NOTSENT_LOWAT: 25,
    TCP_SAVE_SYN: 27,
    TCP_FASTOPEN_CONNECT: 30,
    TCP_INQ: 36,
  },
  17: { UDP_CORK: 1, UDP_SEGMENT: 103, UDP_GRO: 104 },
};

/** The number of a name. A number in digits is itself. Throws a MissingName; `kind` is what it would have been: "the option". */
export function numberOf(names: Names, name: string | number, kind: string): number {
  if (typeof name === "number") return name;
  if (/^-?\d+$/.test(name)) return Number(name);
  if (!Object.hasOwn(names, name)) throw new MissingName(`${kind} ${name}`);
  return names[name] as number;
}

/** Names joined by |, as one number. */
export function bitsOf(names: Names, list: readonly string[], kind: string): number {
  return list.reduce((bits, name) => bits | numberOf(names, name, kind), 0);
}

/** The names of the bits that are set. */
export function namesOf(names: Names, bits: number): string[] {
  return Object.keys(names).filter((name) => bits & (names[name] as number));
}

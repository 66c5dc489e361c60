/**
 * What can be wrong with a call on a socket, by the names that UNIX gave it. Every error says in its message what could not be done,
 * to what, and why: "Cannot bind 10.44.0.2:80: the address is in use". Programs look at `code`, people read `message`.
 *
 * TCP itself throws `Deno.errors`, and connections end with a `TcpFailure`; both become codes here, and codes become `Deno.errors` for
 * the objects that have Deno's shape (conn.ts).
 */
import type { TcpFailure } from "../contract/tcb.ts";

/** For each name, why a call failed, as the end of a sentence; and the class that Deno has for it. */
const CODES = {
  EACCES: ["ports below 1024 need the privilege", "PermissionDenied"],
  EADDRINUSE: ["the address is in use", "AddrInUse"],
  EADDRNOTAVAIL: ["the address is none of this host's", "AddrNotAvailable"],
  EAFNOSUPPORT: ["there is no such family of addresses", "NotSupported"],
  EAGAIN: ["it would have to wait", "WouldBlock"],
  EALREADY: ["it is connecting already", "Busy"],
  EBADF: ["there is no such descriptor", "BadResource"],
  ECONNABORTED: ["the connection was given up", "ConnectionAborted"],
  ECONNREFUSED: ["nobody listens there", "ConnectionRefused"],
  ECONNRESET: ["the peer has reset the connection", "ConnectionReset"],
  EHOSTUNREACH: ["the host cannot be reached", "NetworkUnreachable"],
  EINPROGRESS: ["the connection is being made", "WouldBlock"],
  EINVAL: ["that makes no sense", "InvalidData"],
  EISCONN: ["it is connected already", "AlreadyExists"],
  EMFILE: ["this process has no descriptor left", "Busy"],
  EMSGSIZE: ["it is too long for one datagram", "InvalidData"],
  ENETUNREACH: ["there is no route", "NetworkUnreachable"],
  ENOBUFS: ["there are too many connections", "Busy"],
  ENOPROTOOPT: ["there is no such option", "NotSupported"],
  ENOTCONN: ["it is not connected", "NotConnected"],
  ENOTSOCK: ["that is no socket", "BadResource"],
  EOPNOTSUPP: ["a socket of this kind cannot do that", "NotSupported"],
  EPIPE: ["nothing more can be written", "BrokenPipe"],
  EPROTONOSUPPORT: ["this stack has no protocol for it", "NotSupported"],
  ETIMEDOUT: ["the peer did not answer in time", "TimedOut"],
} as const satisfies Record<string, readonly [why: string, inDeno: keyof typeof Deno.errors]>;

/** The name of an error. */
export type ErrorCode = keyof typeof CODES;

/** A call on a socket failed. */
export class SocketError extends Error {
  override readonly name = "SocketError";
  readonly code: ErrorCode;

  /** `what` could not be done ("Cannot read from 10.44.0.2:80"), because of `code`; `why` says it better than the usual words. */
  constructor(code: ErrorCode, what: string, why: string = CODES[code][0]) {
    super(`${what}: ${why}`);
    this.code = code;
  }
}

/** A connection that ended badly, as a code. */
export function codeOfFailure(failure: TcpFailure): ErrorCode {
  switch (failure) {
    case "refused":
      return "ECONNREFUSED";
    case "reset":
      return "ECONNRESET";
    case "timed out":
      return "ETIMEDOUT";
    case "unreachable":
      return "EHOSTUNREACH";
    case "aborted":
      return "ECONNABORTED";
  }
}

/** What TCP threw, as a SocketError with the same words. Anything that is no misuse is thrown on. */
function fromTcp(error: unknown): SocketError {
  if (!(error instanceof Error)) throw error;
  const code = error instanceof TypeError ? "EINVAL" : FROM_TCP.find((code) => error instanceof Deno.errors[CODES[code][1]]);
  if (code === undefined) throw error;
  const [what, ...why] = error.message.split(": ");
  return new SocketError(code, what as string, why.join(": "));
}

/** What `call` gives; what TCP throws is thrown by its name. */
export function translated<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromTcp(error);
  }
}

/** What TCP has reason to throw. */
const FROM_TCP = ["EADDRINUSE", "EADDRNOTAVAIL", "EACCES", "ENETUNREACH", "ENOBUFS"] as const;

/** The error as a program for Deno expects it: of Deno's class, with the code. Anything else is given back as it is. */
export function forDeno(error: unknown): unknown {
  if (!(error instanceof SocketError)) return error;
  return Object.assign(new Deno.errors[CODES[error.code][1]](error.message), { code: error.code });
}

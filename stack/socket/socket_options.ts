/**
 * What can be set on a socket, by the names of `setsockopt`. Options are the socket's: its connection gets them when it is made, and an
 * accepted socket has those of the socket that listened. All of them may be set at any time; what a smaller or larger buffer means once there
 * is a connection stands at `SO_RCVBUF`.
 */
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
  /** Asks a peer that has been silent for two hours whether it is still there. */
  SO_KEEPALIVE: boolean;
  /**
   * What closing waits for. Undefined: for nothing, the text that is still here is delivered later. 0: for nothing, the connection is
   * reset and the text is lost. More: for the text to be acknowledged, so many seconds at most.
   */
  SO_LINGER: number | undefined;
  /** Small segments go out at once (Nagle's algorithm is off). */
  TCP_NODELAY: boolean;
}

/** Idle time before the first question of keep-alive: RFC 1122 §4.2.3.6 wants two hours at least. */
const KEEP_ALIVE = 7_200_000;

/** What a socket is like at first. */
export function createSocketOptions(defaults: ConnectionOptions): SocketOptions {
  return {
    SO_REUSEADDR: false,
    SO_RCVBUF: defaults.receiveBuffer,
    SO_SNDBUF: defaults.sendBuffer,
    SO_KEEPALIVE: defaults.keepAlive > 0,
    SO_LINGER: undefined,
    TCP_NODELAY: defaults.noDelay,
  };
}

/** What the connection is told of it. */
export function connectionOptionsOf(options: SocketOptions, defaults: ConnectionOptions): ConnectionOptions {
  return {
    ...defaults,
    receiveBuffer: options.SO_RCVBUF,
    sendBuffer: options.SO_SNDBUF,
    keepAlive: options.SO_KEEPALIVE ? defaults.keepAlive || KEEP_ALIVE : 0,
    noDelay: options.TCP_NODELAY,
  };
}

/** Makes the options say what a connection has that was made like this. */
export function limitBuffers(options: SocketOptions, made: ConnectionOptions): void {
  options.SO_RCVBUF = Math.min(options.SO_RCVBUF, made.receiveBuffer);
  options.SO_SNDBUF = Math.min(options.SO_SNDBUF, made.sendBuffer);
}

/** Throws a SocketError when `name` is no option, or `value` none of its values. */
export function checkOption(name: keyof SocketOptions, value: unknown): void {
  const what = `Cannot set ${name} to ${value}`;
  switch (name) {
    case "SO_REUSEADDR":
    case "SO_KEEPALIVE":
    case "TCP_NODELAY":
      if (typeof value !== "boolean") throw new SocketError("EINVAL", what, "it is either true or false");
      return;
    case "SO_RCVBUF":
    case "SO_SNDBUF":
      if (!isWhole(value) || value < 1 || value > 2 ** 30) throw new SocketError("EINVAL", what, "it is a number of bytes, 1 to 2³⁰");
      return;
    case "SO_LINGER":
      if (value === undefined || isWhole(value) && value >= 0) return;
      throw new SocketError("EINVAL", what, "it is a number of seconds, or undefined");
    default:
      throw new SocketError("ENOPROTOOPT", `Cannot set ${name}`);
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

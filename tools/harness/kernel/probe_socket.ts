/**
 * What all probes share: a connected socket with the error queue switched on, the settings of the IP packets
 * it sends, a known pattern as payload, and waiting for "an answer or an error".
 */
import { AF_INET, POLLIN, SOCK_DGRAM } from "../../../stack/link/libc.ts";
import type { Operation } from "./loop.ts";
import type { IpSettings, ProbeResult } from "./operations.ts";
import { internetAddress } from "./socket_address.ts";
import {
  IP_MTU_DISCOVER,
  IP_PMTUDISC_DO,
  IP_PMTUDISC_DONT,
  IP_RECVERR,
  IP_TOS,
  IP_TTL,
  type Received,
  SO_BROADCAST,
  Socket,
  SocketError,
  SOL_IP,
  SOL_SOCKET,
} from "./sockets.ts";

/** How long an operation waits when nobody says. */
export const DEFAULT_TIMEOUT = 1000;

/** A socket that hears of ICMP errors (IP_RECVERR) and may broadcast. */
export function probeSocket(kind: number, protocol: number, settings: IpSettings): Socket {
  const socket = new Socket(AF_INET, kind, protocol);
  socket.set(SOL_SOCKET, SO_BROADCAST, 1);
  socket.set(SOL_IP, IP_RECVERR, 1);
  if (settings.ttl !== undefined) socket.set(SOL_IP, IP_TTL, settings.ttl);
  if (settings.tos !== undefined) socket.set(SOL_IP, IP_TOS, settings.tos);
  if (settings.df !== undefined) socket.set(SOL_IP, IP_MTU_DISCOVER, settings.df ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
  return socket;
}

/** Bytes that are all different from their neighbours, so that one moved, lost or doubled is seen. */
export function pattern(size: number, seed = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = i * 7 + (i >>> 8) + seed * 31 + 1;
  return bytes;
}

/** What came for a socket: an error, a datagram, or nothing. */
export interface Answer extends ProbeResult {
  received?: Received;
  /** The wait was ended before its time; nothing more should be sent. */
  cancelled?: true;
}

function take(socket: Socket, wanted: (received: Received) => boolean): Answer | undefined {
  try {
    const failed = socket.receiveError();
    if (failed !== undefined) {
      socket.takeError();
      return failed;
    }
    for (let received = socket.receive(); received !== undefined; received = socket.receive()) {
      if (wanted(received)) return { received };
    }
    return undefined;
  } catch (error) {
    return asAnswer(error);
  }
}

/** The error of a call that the kernel refused, as an answer; any other is thrown on. */
export function asAnswer(error: unknown): Answer {
  if (error instanceof SocketError) return { error: error.code };
  throw error;
}

/** Sends one packet from `socket` to `to` and waits for the first error, or the first datagram that `wanted` likes. */
export function* exchange(
  socket: Socket,
  to: string,
  port: number,
  payload: Uint8Array,
  timeout: number,
  wanted: (received: Received) => boolean = () => true,
): Operation<Answer> {
  try {
    socket.connect(internetAddress(to, port));
    socket.send(payload);
  } catch (error) {
    // The reason may wait in the error queue, with an MTU or an ICMP message.
    return socket.receiveError() ?? asAnswer(error);
  }
  const until = performance.now() + timeout;
  for (;;) {
    const found = take(socket, wanted);
    if (found !== undefined) return found;
    const wake = yield { fd: socket.fd, events: POLLIN, until };
    if (wake !== "ready") return wake === "cancelled" ? { cancelled: true } : {};
  }
}

/** The record without its members that are undefined: an answer shows only what there is. */
export function known<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;
}

/** A socket for UDP probes. */
export function datagramSocket(settings: IpSettings): Socket {
  return probeSocket(SOCK_DGRAM, 0, settings);
}

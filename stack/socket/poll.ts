/**
 * `poll`: which of many sockets are ready for what, and waiting until one of them is. It is *level-triggered*: it says what is so, not what
 * has happened, and says it again as long as it is so. "Ready" means that a call would not wait, not that it would succeed: a connection that broke
 * is ready for everything.
 *
 *     POLLIN      reading gives bytes, the end, or an error; of a listening socket: there is a connection to accept
 *     POLLOUT     writing takes a byte, or fails at once
 *     POLLPRI     urgent data is on its way
 *     POLLRDHUP   the peer will send nothing more
 *     POLLHUP     nothing more goes either way         ┐
 *     POLLERR     SO_ERROR has something to say        ├ told whether or not they were asked for
 *     POLLNVAL    that is no open socket               ┘
 */
import type { Tcp } from "../tcp/tcp.ts";
import { Alarm } from "./alarm.ts";
import { DatagramSocket } from "./datagram_socket.ts";
import type { Socket } from "./socket.ts";

export type PollEvent = "POLLIN" | "POLLOUT" | "POLLPRI" | "POLLRDHUP" | "POLLHUP" | "POLLERR" | "POLLNVAL";

/** A socket, or undefined where there is none, and what the caller wants to know of it. */
export interface Polled {
  readonly socket: Socket | DatagramSocket | undefined;
  readonly events: readonly PollEvent[];
}

const ALWAYS: readonly PollEvent[] = ["POLLHUP", "POLLERR", "POLLNVAL"];

/**
 * For each entry, what is so now. When nothing is, it waits until something is, `timeout` milliseconds at most; a negative number is for ever.
 */
export async function pollSockets(tcp: Tcp, entries: readonly Polled[], timeout: number): Promise<PollEvent[][]> {
  const look = (): PollEvent[][] =>
    entries.map(({ socket, events }) => eventsOf(socket).filter((event) => ALWAYS.includes(event) || events.includes(event)));
  const found = look();
  if (timeout === 0 || isAny(found)) return found;
  return await new Promise((resolve) => {
    const check = (): void => {
      if (isAny(look())) end();
    };
    const end = (): void => {
      alarm.set(Infinity);
      for (const { socket } of entries) socket?.watchers?.delete(check);
      resolve(look());
    };
    const alarm = new Alarm(tcp, end);
    if (timeout > 0) alarm.set(timeout);
    for (const { socket } of entries) if (socket !== undefined) (socket.watchers ??= new Set()).add(check);
  });
}

function isAny(found: readonly (readonly PollEvent[])[]): boolean {
  return found.some((events) => events.length > 0);
}

/** Everything that is so of a socket now. */
function eventsOf(socket: Socket | DatagramSocket | undefined): PollEvent[] {
  if (socket === undefined || socket.isClosed) return ["POLLNVAL"];
  if (socket instanceof DatagramSocket) {
    const isReadable = socket.hasDatagram || socket.hasFailed;
    return [...socket.hasFailed ? ["POLLERR" as const] : [], ...isReadable ? ["POLLIN" as const] : [], "POLLOUT"];
  }
  const { role, listener, connection, error } = socket;
  const events: PollEvent[] = error === undefined ? [] : ["POLLERR"];
  if (role === "listening") return (listener?.queue.acceptCount() ?? 0) > 0 ? [...events, "POLLIN"] : events;
  if (role === "connecting") return events;
  // Nobody can read from a socket that was never connected, or write to it: that is told at once, and the calls fail.
  const isFresh = connection === undefined && error === undefined;
  const isOver = connection === undefined || connection.tcb.state === "CLOSED";
  const noneComes = isOver || socket.isReadOver || connection.tcb.finReceived;
  const noneGoes = isOver || socket.isWriteOver;
  if (!isFresh && (noneComes || socket.readable > 0)) events.push("POLLIN");
  if (noneGoes || connection.room > 0) events.push("POLLOUT");
  if (!isOver && connection.urgentRemaining > 0) events.push("POLLPRI");
  if (!isFresh && noneComes) events.push("POLLRDHUP");
  if (noneComes && noneGoes) events.push("POLLHUP");
  return events;
}

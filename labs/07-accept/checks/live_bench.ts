/** What live checks do again and again: kernel clients that each say something of their own, and an application that gives it back. */
import type { LiveConnection } from "../../../tools/harness/live_tcp.ts";
import type { TcpOutcome } from "../../../tools/harness/kernel/tcp_operations.ts";
import type { LiveStation, Trial } from "../../../tools/harness/suite.ts";

/**
 * A kernel client that says `text`, half-closes, and reads until the end. `quiet`: it waits so many milliseconds in which nothing moves,
 * because it is somebody else's turn.
 */
export function clientSays(station: LiveStation, port: number, text: Uint8Array, localPort?: number, quiet?: number): Promise<TcpOutcome> {
  const talk = { send: text, shutdown: true, receive: { untilEnd: true } } as const;
  const more = { ...(localPort === undefined ? {} : { localPort }), ...(quiet === undefined ? {} : { quiet }) };
  return station.kernel.tcpClient({ to: station.address, port, ...more, ...talk });
}

/** The application gives back everything that comes, until the end, and closes. */
export async function givesBack(connection: LiveConnection): Promise<void> {
  await connection.writeAll(await connection.readAll());
  await connection.close();
}

/** The kernel's client must have been connected, and have got back what it said. */
export function expectEcho(t: Trial, outcome: TcpOutcome, text: Uint8Array, who: string): void {
  t.equal(outcome.error, undefined, `the error of ${who}`);
  t.equal(outcome.received, text, `what ${who} got back`);
}

/** The kernel's client must have met this error. */
export async function expectError(t: Trial, outcome: TcpOutcome, connected: boolean, error: string, who: string): Promise<void> {
  const compare = (): void => t.equal(outcome.connected, connected, `whether ${who} was connected`);
  await (connected && outcome.error === "ECONNREFUSED" ? t.about(REFUSED, compare) : compare());
  t.equal(outcome.error, error, `the error of ${who}`);
}

const REFUSED = {
  why:
    "A SYN of the kernel's was answered by a RST: for its address and port the table gave no listener, though there is one. A listener on 0.0.0.0 hears of every address, and " +
    "no connection hides it.",
  look: ["createConnectionTable.findListener", "createConnectionTable.addListener"],
};

/** The next connection that the application accepts. When none comes, the wire says whether its SYN was refused. */
export async function accepted(t: Trial, station: LiveStation, listener = 0): Promise<LiveConnection> {
  try {
    return await station.tcp.accepted(listener);
  } catch (error) {
    const isRefused = station.tcp.segments().some(({ direction, flags }) => direction === "from stack" && flags.includes("RST"));
    if (!isRefused) throw error;
    return await t.about(REFUSED, () => Promise.reject(error));
  }
}

/** Something to say, different each time. */
export function line(t: Trial): Uint8Array {
  return t.random.bytes(t.random.int(20, 200));
}

/** What live checks do again and again: kernel clients that each say something of their own to an echo server in one loop. */
import type { EchoLimits } from "../../../stack/contract/selector.ts";
import type { TcpOutcome } from "../../../tools/harness/kernel/tcp_operations.ts";
import type { LiveConfig, LiveStation, Trial } from "../../../tools/harness/suite.ts";
import { bytesText } from "./host_bench.ts";

/** The stack on a tunnel, with the echo loop on port 7. */
export async function serving(t: Trial, limits: Partial<EchoLimits> = {}, config: LiveConfig = {}): Promise<LiveStation> {
  const station = await t.live({ kind: "tun", ...config });
  await station.tcp.selector.serve(7, limits);
  return station;
}

/** A kernel client that says `text`, half-closes, and reads until the end. */
export function says(
  station: LiveStation,
  text: Uint8Array,
  more: { pauseBeforeReading?: number; receiveBuffer?: number } = {},
): Promise<TcpOutcome> {
  return station.kernel.tcpClient({ to: station.address, port: 7, send: text, shutdown: true, receive: { untilEnd: true }, ...more });
}

/** The client must have got back what it said, and the end behind it. */
export function expectBack(t: Trial, outcome: TcpOutcome, text: Uint8Array, who: string): void {
  t.equal(outcome.error, undefined, `the error of ${who}`);
  t.equal(outcome.receivedLength, text.length, `bytes that came back to ${who}`);
  t.equal(bytesText(outcome.received), bytesText(text), `what came back to ${who}`);
  t.ok(outcome.received.every((byte, index) => byte === text[index]), `every byte of ${who} to come back as it was`, "others");
  t.equal(outcome.end, true, `whether the end came to ${who}`);
}

/** Nothing may be left of the connections: only the listening channel. */
export async function expectNothingLeft(t: Trial, station: LiveStation): Promise<void> {
  await station.settle();
  const { connections, open } = await station.tcp.selector.figures();
  t.equal(connections, 0, "connections of the loop, when all clients have gone");
  t.equal(open, 1, "channels that are not closed: the listening one");
  t.equal((await station.tcp.connections()).length, 0, "connections left in the stack");
}

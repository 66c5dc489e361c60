/** What live checks do again and again: kernel clients that each say something of their own to an echo server in one loop. */
import type { EchoLimits } from "../../../stack/contract/selector.ts";
import type { TcpOutcome } from "../../../tools/harness/kernel/tcp_operations.ts";
import { amount } from "../../../tools/harness/samples.ts";
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
export async function expectBack(t: Trial, outcome: TcpOutcome, text: Uint8Array, who: string): Promise<void> {
  const { error, end, receivedLength, received } = outcome;
  const came = amount(receivedLength);
  const wanted = `${amount(text.length)} back to ${who}, and then the end`;
  const isAll = receivedLength === text.length, isEnd = end === true && error === undefined;
  await t.about(isAll ? NO_END : isEnd ? EARLY_END : { look: [] }, () => {
    t.ok(isAll || !isEnd, wanted, `${came}, and then the end`);
    t.ok(isEnd, wanted, `${came}, and ${error === undefined ? "no end" : error === "ETIMEDOUT" ? "no end (ETIMEDOUT)" : `then ${error}`}`);
  });
  t.equal(bytesText(received), bytesText(text), `what came back to ${who}`);
  t.ok(received.every((byte, index) => byte === text[index]), `every byte of ${who} to come back as it was`, "others");
}

/** The topics of a client that has everything back and no end, and of one that has the end too early. */
const NO_END = {
  why:
    "The client has everything back, and waits for the end. It has shut its own side, so `read` says 0, once all was read: with nothing unsent the connection has done its " +
    "work, and is closed (service/end).",
  look: ["createEchoLoop.readable", "readOutcome", "createEchoLoop.settle"],
};
const EARLY_END = {
  why:
    "The end came before everything had: a rest was lost (echo/rest), or the connection was closed while a rest was unsent (service/end-with-rest).",
  look: ["createEchoLoop.settle", "createEchoLoop.writable"],
};

/** Nothing may be left of the connections: only the listening channel. */
export async function expectNothingLeft(t: Trial, station: LiveStation): Promise<void> {
  await station.settle();
  const { connections, open } = await station.tcp.selector.figures();
  t.equal(connections, 0, "connections of the loop, when all clients have gone");
  t.equal(open, 1, "channels that are not closed: the listening one");
  t.equal((await station.tcp.connections()).length, 0, "connections left in the stack");
}

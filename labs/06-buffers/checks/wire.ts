/** What the scenarios share: a connection that is open, text on it, and a peer that compares every byte with what was written. */
import type { TcpConfig } from "../../../stack/host_config.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { Trial } from "../../../tools/harness/suite.ts";
import { expectBytes, hex } from "./stream.ts";

export type TcpStation = Awaited<ReturnType<Trial["tcp"]>>;
export type TcpPeer = ReturnType<TcpStation["peer"]>;
export type StackConnection = NonNullable<Awaited<ReturnType<TcpStation["accept"]>>>;
export type PeerOptions = NonNullable<Parameters<TcpStation["peer"]>[0]>;
export type Segment = NonNullable<Awaited<ReturnType<TcpPeer["seen"]>>>;

/** An open connection and both of its ends. Relative numbers: the first byte of each side has number 1. */
export interface Open {
  readonly tcp: TcpStation;
  readonly peer: TcpPeer;
  readonly connection: StackConnection;
}

/** Opens a connection. What is set, of the host or of the peer, is told as the first step. */
export async function opened(t: Trial, host: TcpConfig = {}, peer: PeerOptions = {}): Promise<Open> {
  const told = [
    ...Object.entries(host).map(([name, value]) => `${name} ${value}`),
    ...Object.entries(peer).map(([name, value]) => `the peer's ${name} ${value}`),
  ];
  t.step(told.length === 0 ? "a connection" : `a connection, with ${told.join(", ")}`);
  const tcp = await t.tcp({ tcp: host });
  return { tcp, ...await tcp.inState("ESTABLISHED", peer) };
}

/** Everything that the stack has sent and nobody has looked at. */
export async function queued(peer: TcpPeer): Promise<Segment[]> {
  const all: Segment[] = [];
  for (let segment = await peer.seen(); segment !== undefined; segment = await peer.seen()) all.push(segment);
  return all;
}

/** The application writes; the buffer must take all of it. */
export async function write(t: Trial, connection: StackConnection, text: Uint8Array): Promise<void> {
  const taken = await connection.write(text);
  t.ok(taken === text.length, `the send buffer to take ${amount(text.length)}`, amount(taken));
}

/** What reading is about, whatever else a check is about. */
export const READ = {
  why:
    "Whatever was lost, came twice or was too much: the application reads each byte once, in its place, as the peer sent it (RFC 9293 §2.2).",
  look: ["createReceiveBuffer.insert", "createReceiveBuffer.read"],
};

/** The application reads all there is, in one go; it must be `text`. `from`: its place in the stream. */
export async function expectHeard(t: Trial, connection: StackConnection, text: Uint8Array, from = 0): Promise<void> {
  const heard = await connection.read(text.length + 1000);
  t.step(`the application reads all there is: ${amount(heard.length)}`);
  await t.about(READ, () => Promise.try(() => expectBytes(t, heard, text, "what the application reads", from)));
}

/** A peer that listens: each byte of each segment must be the one that was written at its place. */
export interface Listener {
  /** Number behind the last byte that came without a gap. */
  readonly next: number;
  /** Whether no text has come at all. */
  readonly isSilent: boolean;
  /** Takes all segments that are queued; fails when one of them has a wrong byte. Returns those with text. */
  take(): Promise<Segment[]>;
}

/** Listens for `stream`, whose first byte has number `first`. */
export function listener(t: Trial, peer: TcpPeer, stream: Uint8Array, first = 1): Listener {
  const had = new Uint8Array(stream.length);
  let next = first;
  let isSilent = true;
  return {
    get next() {
      return next;
    },
    get isSilent() {
      return isSilent;
    },
    take: async () => {
      const segments = (await queued(peer)).filter(({ data }) => data.length > 0);
      for (const { seq, data } of segments) {
        const at = seq - first;
        t.ok(
          at >= 0 && at + data.length <= stream.length,
          `text between ${first} and ${first + stream.length}`,
          `${amount(data.length)} at ${seq}`,
        );
        const wrong = data.findIndex((byte, i) => byte !== stream[at + i]);
        t.ok(
          wrong < 0,
          `${hex(stream[at + wrong])} at ${seq + wrong}, as it was written`,
          `${hex(data[wrong])} in a segment of ${amount(data.length)} at ${seq}`,
        );
        had.fill(1, at, at + data.length);
        isSilent = false;
      }
      while (had[next - first] === 1) next++;
      return segments;
    },
  };
}

/** "1460 at 1, 1460 at 1461": texts, each with its length and number. */
export function textsOf(segments: readonly Segment[]): string {
  if (segments.length === 0) return "no text";
  const told = segments.slice(0, 6).map(({ seq, data }) => `${data.length} at ${seq}`).join(", ");
  return `${amount(segments.length, "segment")} of text: ${told}${segments.length > 6 ? ", …" : ""}`;
}

/** Where nothing that was written ever goes, no check gets as far as what it is about. */
const SILENT = {
  why:
    "Not one byte has gone, though something was written and the peer's window is open: `pieceToSend` gave no piece. The groups send and piece ask for that without a " +
    "connection; mend those first.",
  look: ["createSendBuffer.pieceToSend", "createSendBuffer.write"],
};

/** Fails unless the queue holds text in these segments, and nothing else with text: length and number of each. */
export async function expectTexts(
  t: Trial,
  from: Listener,
  expected: readonly (readonly [length: number, seq: number])[],
  why: string,
): Promise<void> {
  const segments = await from.take();
  const right = expected.length === 0
    ? "no text"
    : `${amount(expected.length, "segment")} of text: ${expected.map(([length, seq]) => `${length} at ${seq}`).join(", ")}`;
  const same = segments.length === expected.length &&
    segments.every(({ seq, data }, i) => data.length === expected[i]?.[0] && seq === expected[i]?.[1]);
  const compare = (): void => t.ok(same, `${right} (${why})`, textsOf(segments));
  await (from.isSilent && expected.length > 0 ? t.about(SILENT, compare) : compare());
}

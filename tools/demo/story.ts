/**
 * One connection as a ladder: what was sent, with sequence numbers that count from 0 at each end's SYN, and the state in which either end was
 * when it had sent it or taken it in.
 *
 *          ms  kernel                                        stack        in   out
 *        0.00  SYN-SENT      ──▶ SYN seq 0                    SYN-RECEIVED  0     0
 *        0.12  ESTABLISHED   ◀── SYN seq 0 ack 1              SYN-RECEIVED  0     0
 *
 * The stack's side was looked at while it happened. The other end's state nobody can see; but both ends go by one table, `nextState` of lab 05,
 * and what they sent and got was on the wire.
 */
import type { StatesModule } from "../../stack/contract/states.ts";
import type { TcpEvent, TcpState } from "../../stack/contract/tcb.ts";
import { dissect, type Layer, valueOf } from "../../stack/wire/dissect.ts";
import { type Seq, seqDiff } from "../../stack/wire/seq.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../stack/wire/tcp_flags.ts";
import { paint } from "../lab/text.ts";
import type { Sighting } from "./ladder.ts";

/** A segment that went by. */
export interface SegmentSeen {
  readonly sighting: Sighting;
  /** The stack sent it. */
  readonly ours: boolean;
  readonly flags: number;
  readonly seq: Seq;
  readonly ack: Seq;
  /** What it carries. */
  readonly text: Uint8Array;
}

/** The segments of the first connection to `port` of the stack's among what was seen. */
export function connectionTo(port: number, seen: readonly Sighting[]): SegmentSeen[] {
  let other: number | undefined;
  return seen.flatMap((sighting) => {
    const layers = dissect(sighting.bytes, sighting.device.medium, sighting.device);
    const tcp = layers.find(({ name, quoted }) => name === "TCP" && !quoted);
    if (tcp === undefined) return [];
    const ports = [valueOf(tcp, "sourcePort"), valueOf(tcp, "destinationPort")] as const;
    const [own, peer] = sighting.outbound ? ports : [ports[1], ports[0]];
    other ??= own === port ? peer : undefined;
    return own === port && peer === other ? [segmentOf(sighting, layers, tcp)] : [];
  });
}

function segmentOf(sighting: Sighting, layers: readonly Layer[], tcp: Layer): SegmentSeen {
  const data = layers.find(({ name, offset }) => name === "data" && offset >= tcp.offset + tcp.length);
  return {
    sighting,
    ours: sighting.outbound,
    flags: valueOf(tcp, "flags"),
    seq: valueOf(tcp, "seq") as Seq,
    ack: valueOf(tcp, "ack") as Seq,
    text: data === undefined ? new Uint8Array() : sighting.bytes.subarray(data.offset, data.offset + data.length),
  };
}

/** The story, line by line. `name`: what the other end is called. */
export function storyLines(segments: readonly SegmentSeen[], name: string, { nextState }: Pick<StatesModule, "nextState">): string[] {
  const first = segments[0]?.sighting.time ?? 0;
  const origin = { ours: undefined as Seq | undefined, theirs: undefined as Seq | undefined };
  const follower = new Follower(nextState);
  const lines = [paint("dim", line("ms", name, "   ", "", "stack", "in", "out"))];
  for (const segment of segments) {
    const { sighting, ours, text } = segment;
    if (ours) origin.ours ??= segment.seq;
    else origin.theirs ??= segment.seq;
    const [from, to] = ours ? [origin.ours, origin.theirs] : [origin.theirs, origin.ours];
    follower.follow(segment);
    const { state = "CLOSED", unread = 0, unacknowledged = 0 } = sighting.after ?? {};
    const time = (sighting.time - first).toFixed(2);
    lines.push(line(time, follower.state, ours ? "◀──" : "──▶", wordsOf(segment, from, to), state, `${unread}`, `${unacknowledged}`));
    const words = /^[\x20-\x7e]{3,40}(?=\r\n)/.exec(new TextDecoder().decode(text))?.[0];
    if (words !== undefined) lines.push(`${" ".repeat(26)}${paint("dim", words)}`);
  }
  return lines;
}

function line(time: string, left: string, arrow: string, words: string, right: string, unread: string, unacknowledged: string): string {
  return `${time.padStart(7)}  ${left.padEnd(12)} ${arrow} ${words.padEnd(29)} ${right.padEnd(12)}${unread.padStart(5)} ${
    unacknowledged.padStart(5)
  }`;
}

/** "FIN seq 1388 ack 97, 1448 B", with numbers that count from both SYNs. */
function wordsOf({ flags, seq, ack, text }: SegmentSeen, from: Seq | undefined, to: Seq | undefined): string {
  const kind = (flags & SYN) !== 0 ? "SYN " : (flags & FIN) !== 0 ? "FIN " : (flags & RST) !== 0 ? "RST " : "";
  const number = kind === "" && text.length === 0 ? "" : `seq ${seqDiff(seq, from ?? seq)} `;
  const acknowledges = (flags & ACK) !== 0 ? `ack ${seqDiff(ack, to ?? ack)}` : "";
  const bytes = text.length === 0 ? "" : `, ${text.length} B`;
  return `${kind}${number}${acknowledges}${bytes}`.trimEnd();
}

/** The state of the other end, from what it sent and what it was sent. */
class Follower {
  state: TcpState = "CLOSED";
  readonly #nextState: StatesModule["nextState"];
  /** What acknowledges its FIN. */
  #behindFin: Seq | undefined;

  constructor(nextState: StatesModule["nextState"]) {
    this.#nextState = nextState;
  }

  follow({ ours, flags, seq, ack, text }: SegmentSeen): void {
    const has = (bit: number): boolean => (flags & bit) !== 0;
    if (!ours) {
      if (has(SYN) && !has(ACK)) this.#happens("active open");
      if (has(FIN)) {
        this.#behindFin = seq + text.length + 1 >>> 0 as Seq;
        this.#happens("close");
      }
      if (has(RST)) this.#happens("abort");
      return;
    }
    if (has(SYN) && has(ACK)) this.#happens("syn-ack received");
    if (this.#behindFin !== undefined && ack === this.#behindFin) this.#happens("fin acknowledged");
    if (has(FIN)) this.#happens("fin received");
    if (has(RST)) this.#happens("reset received");
  }

  #happens(event: TcpEvent): void {
    this.state = this.#nextState(this.state, event) ?? this.state;
  }
}

/** What each layer had to do with it, in a few lines. */
export function layerLines(segments: readonly SegmentSeen[]): string[] {
  const bytes = (from: boolean): number => segments.reduce((sum, { ours, text }) => sum + (ours === from ? text.length : 0), 0);
  const onWire = segments.reduce((sum, { sighting }) => sum + sighting.bytes.length, 0);
  const pushed = segments.filter(({ flags, text }) => (flags & PSH) !== 0 && text.length > 0).length;
  const withText = segments.filter(({ text }) => text.length > 0).length;
  return [
    `HTTP       a request of ${bytes(false)} bytes, an answer of ${bytes(true)}`,
    `TCP        ${segments.length} segments: ${withText} with text (${pushed} pushed), ${
      segments.length - withText
    } to open, acknowledge, close`,
    `IPv4       ${segments.length} packets, none of them cut`,
    `Ethernet   ${segments.length} frames, ${onWire} bytes: ${onWire - bytes(true) - bytes(false)} of them headers`,
  ];
}

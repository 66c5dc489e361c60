/**
 * Where the numbers of TCP's streams begin, so that a transcript can count from there: 0 is a side's SYN, 1 its first byte. Nobody
 * follows numbers of ten digits.
 */
import type { Medium } from "../../stack/link/device.ts";
import { ACK, SYN } from "../../stack/wire/tcp_flags.ts";
import { placeText } from "./tcp_segment.ts";

/** Where the two streams of a connection begin that a segment belongs to; undefined: nobody has seen that. */
export interface Beginnings {
  readonly sender: number | undefined;
  readonly receiver: number | undefined;
}

export class StreamNumbers {
  /** By addresses and ports, the sender's first. */
  readonly #begins = new Map<string, number>();
  /** The number of the last SYN, which opens a new connection only when it is answered. */
  readonly #asked = new Map<string, number>();

  /** Takes note of a packet that crosses the wire; says where its numbers begin, if it is a segment. */
  take(packet: Uint8Array, medium: Medium): Beginnings | undefined {
    const segment = read(packet, medium);
    if (segment === undefined) return undefined;
    const { flags, seq, ack, from, to } = segment;
    if ((flags & (SYN | ACK)) === (SYN | ACK) && this.#asked.get(to) === (ack - 1) >>> 0) {
      this.#begins.set(to, (ack - 1) >>> 0).set(from, seq);
    } else if ((flags & SYN) !== 0) {
      if ((flags & ACK) === 0) this.#asked.set(from, seq);
      this.#declare(from, seq);
    }
    return { sender: this.#begins.get(from), receiver: this.#begins.get(to) };
  }

  /** The sender of this packet begins at `number`, whether it ever sends a SYN or not. */
  declare(packet: Uint8Array, medium: Medium, number: number): void {
    const segment = read(packet, medium);
    if (segment !== undefined) this.#declare(segment.from, number);
  }

  /** Another host comes: what was seen of the one before means nothing. */
  forget(): void {
    this.#begins.clear();
    this.#asked.clear();
  }

  #declare(stream: string, number: number): void {
    if (!this.#begins.has(stream)) this.#begins.set(stream, number);
  }
}

/** The line that describes a segment, with numbers that count from these beginnings; any other line as it is. */
export function countedFrom(line: string, { sender, receiver }: Beginnings): string {
  const place = (text: string, begin: number | undefined): string => {
    const number = Number(text);
    return begin === undefined ? `${number} (absolute)` : placeText(number - begin | 0, number);
  };
  const counted = line.replace(/^(TCP .*? seq )(\d+)(?:( ack )(\d+))?/, (_, head: string, seq: string, and?: string, ack?: string) => {
    return `${head}${place(seq, sender)}${and === undefined || ack === undefined ? "" : `${and}${place(ack, receiver)}`}`;
  });
  return counted.replace(/(?<=^TCP .* )sack(?: \d+–\d+)+/, (blocks) => blocks.replace(/\d+/g, (edge) => place(edge, receiver)));
}

function read(
  packet: Uint8Array,
  medium: Medium,
): { readonly flags: number; readonly seq: number; readonly ack: number; readonly from: string; readonly to: string } | undefined {
  if (medium === "ethernet" && (packet[12] !== 8 || packet[13] !== 0)) return undefined;
  const ip = medium === "ethernet" ? 14 : 0;
  if ((packet[ip] ?? 0) >> 4 !== 4 || packet[ip + 9] !== 6) return undefined;
  const tcp = ip + ((packet[ip] as number) & 15) * 4;
  const isLater = ((packet[ip + 6] as number) & 0x1f) !== 0 || packet[ip + 7] !== 0;
  if (isLater || packet.length < tcp + 20) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const source = `${view.getUint32(ip + 12)}:${view.getUint16(tcp)}`;
  const destination = `${view.getUint32(ip + 16)}:${view.getUint16(tcp + 2)}`;
  return {
    flags: view.getUint8(tcp + 13),
    seq: view.getUint32(tcp + 4),
    ack: view.getUint32(tcp + 8),
    from: `${source} ${destination}`,
    to: `${destination} ${source}`,
  };
}

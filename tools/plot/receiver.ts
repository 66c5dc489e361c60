/**
 * The far end of a transfer that is plotted: takes whatever arrives, and acknowledges each segment at once, with SACK blocks and timestamps where
 * the sender offered them (RFC 2018, RFC 7323). Its window never holds anybody back. It is the tool's own, so that what is drawn depends on
 * the sender alone.
 */
import { ipv4, tcp } from "../harness/packets.ts";
import { readSegment, type SeenSegment } from "../harness/tcp_segment.ts";

/** Its initial sequence number, and what its SYN says. */
const ISS = 1000, MSS = 1460, WINDOW_SCALE = 14, WINDOW = 0xffff;
/** SACK blocks that fit beside timestamps. */
const MOST_BLOCKS = 3;

/** An acknowledgment, ready to be sent. */
export interface Answer {
  readonly packet: Uint8Array;
  /** How many bytes of the stream it acknowledges, from the first on. */
  readonly acked: number;
}

export class Receiver {
  readonly #now: () => number;
  readonly #sack: boolean;
  /** The sender's SYN. */
  #syn: SeenSegment | undefined;
  /** Everything before this is here; and blocks beyond it, the latest first. Offsets from the first byte. */
  #next = 0;
  #blocks: (readonly [from: number, to: number])[] = [];
  /** The timestamp to be echoed. */
  #recent = 0;

  /** `sack`: whether it tells what it holds beyond a gap. */
  constructor(now: () => number, sack: boolean) {
    this.#now = now;
    this.#sack = sack;
  }

  /** Takes a packet, and answers it. Throws a CheckFailed for one that cannot be read. */
  take(packet: Uint8Array): Answer | undefined {
    const segment = readSegment(packet, false);
    if (segment.flags.includes("SYN")) return this.#open(segment);
    const syn = this.#syn;
    if (syn === undefined || segment.data.length === 0) return undefined;
    const from = offsetOf(segment, syn);
    if (from <= this.#next) this.#recent = segment.timestamps?.[0] ?? 0;
    this.#insert(from, from + segment.data.length);
    return this.#answer(syn, "ACK");
  }

  #open(syn: SeenSegment): Answer {
    this.#syn = syn;
    this.#recent = syn.timestamps?.[0] ?? 0;
    return this.#answer(syn, "SYN ACK");
  }

  #insert(from: number, to: number): void {
    let [first, last] = [from, to];
    const apart = this.#blocks.filter(([start, end]) => {
      const touches = start <= to && from <= end;
      if (touches) [first, last] = [Math.min(first, start), Math.max(last, end)];
      return !touches;
    });
    if (first > this.#next) this.#blocks = [[first, last], ...apart];
    else {
      this.#next = Math.max(this.#next, last);
      this.#blocks = apart.filter(([start]) => start > this.#next);
    }
  }

  #answer(syn: SeenSegment, flags: "ACK" | "SYN ACK"): Answer {
    const opens = flags === "SYN ACK";
    const at = (offset: number): number => (syn.seq + 1 + offset) >>> 0;
    const blocks = this.#blocks.slice(0, MOST_BLOCKS);
    const sackPermitted = this.#sack && syn.sackPermitted;
    const options = {
      ...(opens ? { mss: MSS, sackPermitted } : {}),
      ...(syn.timestamps === undefined ? {} : { timestamps: [Math.floor(this.#now()), this.#recent] as const }),
      ...(opens && syn.windowScale !== undefined ? { windowScale: WINDOW_SCALE } : {}),
      ...(sackPermitted && blocks.length > 0 ? { sack: blocks.map(([from, to]) => [at(from), at(to)] as const) } : {}),
    };
    const ports = { sourcePort: syn.destinationPort, destinationPort: syn.sourcePort };
    const segment = tcp({ ...ports, seq: opens ? ISS : ISS + 1, ack: at(this.#next), flags, window: WINDOW, options });
    return { packet: ipv4({ protocol: 6 }, segment), acked: this.#next };
  }
}

/** Where a segment's text begins, as an offset from the stream's first byte. */
export function offsetOf({ seq }: { readonly seq: number }, syn: { readonly seq: number }): number {
  return seq - syn.seq - 1 | 0;
}

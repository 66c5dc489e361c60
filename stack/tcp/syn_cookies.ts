/**
 * SYN cookies (RFC 4987 §3.6): what a listening socket answers a SYN with when its half-open queue is full, and the host was told to (`synCookies`). Nothing is
 * remembered. All that must be known later is put into the number of our SYN+ACK, which an honest peer brings back:
 *
 *      5 bits     3 bits              24 bits
 *     period    │  MSS  │  keyed hash of both address pairs, their number, period and MSS
 *
 * The period, 64 seconds long, keeps old cookies from being of use for ever; the hash keeps strangers from making their own. There is no room for more, so a connection
 * that begins like this has no window scaling, no SACK and no timestamps: slower than others, and better than none.
 */
import type { Ipv4Header } from "../contract/ip.ts";
import type { Segment } from "../contract/tcb.ts";
import { type Seq, seq, seqAdd } from "../wire/seq.ts";
import { SYN } from "../wire/tcp_flags.ts";

/** Milliseconds of a period. A cookie is good in its own and in the next one. */
const PERIOD = 64_000;
/** What 3 bits can say of an MSS: the largest that is not more than the peer's. */
const SIZES = [64, 536, 1024, 1220, 1440, 1460, 4312, 8960] as const;
const HASH = 0xff_ffff;

/** A hash of four words with a secret key. */
export type KeyedHash = (a: number, b: number, c: number, d: number) => number;

export class SynCookies {
  readonly #hash: KeyedHash;
  /** When the last one was made: long after that nobody can have one. */
  #madeAt = -Infinity;

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  /** The number of our SYN+ACK in answer to `syn`. */
  make(syn: Segment, header: Ipv4Header, now: number): Seq {
    this.#madeAt = now;
    const mss = syn.mss || 536; // MUST-15
    return this.#number(syn.seq, syn, header, periodAt(now), Math.max(0, SIZES.findLastIndex((size) => size <= mss)));
  }

  /** The SYN that was answered with the number that `segment` acknowledges; undefined: there was none, or not lately. */
  recognize(segment: Segment, header: Ipv4Header, now: number): Segment | undefined {
    if (now - this.#madeAt > 2 * PERIOD) return undefined;
    const number = seqAdd(segment.ack, -1);
    const [period, size] = [number >>> 27, number >>> 24 & 7];
    const theirs = seqAdd(segment.seq, -1);
    if ((periodAt(now) - period & 31) > 1 || number !== this.#number(theirs, segment, header, period, size)) return undefined;
    const plain = { windowScale: -1, sackPermitted: false, timestamps: false, sackCount: 0, urgentPointer: 0, textLength: 0 };
    return { ...segment, ...plain, flags: SYN, seq: theirs, ack: seq(0), length: 1, mss: SIZES[size] as number };
  }

  #number(theirs: Seq, { sourcePort, destinationPort }: Segment, { source, destination }: Ipv4Header, period: number, size: number): Seq {
    const top = (period & 31) << 3 | size;
    const hash = this.#hash(source, destination, sourcePort << 16 | destinationPort, theirs ^ top);
    return seq(top << 24 | hash & HASH);
  }
}

function periodAt(now: number): number {
  return Math.floor(now / PERIOD);
}

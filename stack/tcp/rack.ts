/**
 * RACK: what is lost, by the clock (RFC 8985 §6).
 *
 * Counting duplicates asks "how many that were sent later have arrived?", and needs three of them: in a small window there are none, a retransmission that is lost
 * again looks like any other, and a packet that was overtaken by three passes for lost. RACK asks "how long ago was it sent?" instead:
 *
 *     sent     1     2     3     4     5                one that was sent at `xmit` has arrived:
 *              ✓     ?     ✓     ?     ✓ ← xmit         2 and 4 were sent before it, and have had a round trip, and a little
 *     time ────┼─────┼─────┼─────┼─────┼──────▶         more in which packets may change places. So they are lost
 *
 * The little more is a quarter of the shortest round trip, and grows where that turns out to be too little. As long as nothing has ever come out of order it is 0 when
 * three have arrived: then RACK is as fast as counting.
 *
 * Offsets are those of the send buffer, times milliseconds. Segments are remembered in the order of their offsets, from the oldest that is not acknowledged.
 */
import { timestampOf } from "./segment_fields.ts";

/** A segment that was sent, and is not acknowledged. `lost`: and not sent again since then. */
export interface Flown {
  from: number;
  end: number;
  sentAt: number;
  resent: boolean;
  sacked: boolean;
  lost: boolean;
}

/** Segments that have arrived out of order, above which a gap is a loss as long as nothing was ever overtaken (RFC 8985 §6.2, step 4). */
const DUP_THRESH = 3;
/** Recoveries for which a longer wait is kept (RFC 8985 §6.2, step 4). */
const PERSIST = 16;
/** What is due in less than this, in milliseconds, is due: fractions add up to a little more or less. */
const ROUNDING = 1e-6;

export class Rack {
  /** In the order of their offsets; those before `#first` are gone. */
  readonly #segments: Flown[] = [];
  #first = 0;
  readonly #free: Flown[] = [];
  /** Bytes on their way: neither SACKed nor lost. And bytes that are SACKed. */
  pipe = 0;
  sacked = 0;
  #sackedSegments = 0;
  /** How many of the segments were sent more than once: while none was, later ones were sent later. */
  #resentSegments = 0;
  /** The last transmission of which we know that it arrived: when it was, and where it ended. And how long it took. */
  #xmit = -Infinity;
  #xmitEnd = 0;
  #roundTrip = 0;
  #shortest = Infinity;
  #smoothed = 0;
  /** The end of the highest segment that has arrived. */
  #highest = 0;
  /** Something has been overtaken. */
  #hasReordered = false;
  #steps = 1;
  #persist = 0;
  /** When the wait was last made longer: once in a round trip at most. */
  #steppedAt = -Infinity;

  /** SRTT; 0: nothing was measured yet. */
  get smoothed(): number {
    return this.#smoothed;
  }

  /** The bytes from `from` up to `end` went out, in segments of `smss`; returns whether they had been sent before. */
  transmitted(from: number, end: number, smss: number, now: number): boolean {
    if (this.#first === this.#segments.length || from >= (this.newest as Flown).end) {
      for (let at = from; at < end; at += smss) this.#add(at, Math.min(at + smss, end), now);
      return false;
    }
    for (let i = this.#indexOf(from); i < this.#segments.length; i++) {
      const segment = this.#segments[i] as Flown;
      if (segment.from >= end) break;
      if (segment.from < from) this.#split(i++, from);
      const part = this.#segments[i] as Flown;
      if (part.end > end) this.#split(i, end);
      if (part.lost) this.pipe += part.end - part.from;
      if (!part.resent) this.#resentSegments++;
      part.lost = false;
      part.resent = true;
      part.sentAt = now;
    }
    return true;
  }

  /** Everything before `una` has arrived. `echo`: the timestamp that the peer echoes, undefined for none. */
  acknowledged(una: number, now: number, echo: number | undefined): void {
    const segments = this.#segments;
    for (let segment = segments[this.#first]; segment !== undefined && segment.from < una; segment = segments[this.#first]) {
      if (segment.end > una) {
        this.#split(this.#first, una);
        continue;
      }
      if (!segment.sacked) this.#arrived(segment, now, echo);
      else {
        this.sacked -= segment.end - segment.from;
        this.#sackedSegments--;
      }
      if (segment.resent) this.#resentSegments--;
      this.#free.push(segment);
      this.#first++;
    }
    if (this.#first > 64 && 2 * this.#first > segments.length) {
      segments.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /**
   * The peer holds the bytes from `from` up to `to`; a segment counts when it holds all of it. What such an acknowledgment echoes is no answer to what came out
   * of order (RFC 7323 §4.3), so the clock alone tells which transmission it was.
   */
  update(from: number, to: number, now: number): void {
    for (let i = this.#indexOf(from); i < this.#segments.length; i++) {
      const segment = this.#segments[i] as Flown;
      if (segment.end > to) break;
      if (segment.sacked || segment.from < from) continue;
      this.#arrived(segment, now, undefined);
      segment.sacked = true;
      segment.lost = false;
      this.sacked += segment.end - segment.from;
      this.#sackedSegments++;
    }
  }

  /** The peer got something twice: what we took for lost was only late (RFC 8985 §6.2, step 4). */
  sentInVain(now: number): void {
    this.#hasReordered = true;
    if (now - this.#steppedAt < this.#smoothed) return;
    this.#steppedAt = now;
    this.#steps++;
    this.#persist = PERSIST;
  }

  /** What was taken for lost had only been overtaken. */
  overtaken(): void {
    this.#hasReordered = true;
  }

  /** A recovery is over. */
  recovered(): void {
    if (--this.#persist <= 0) this.#steps = 1;
  }

  /** Marks what is lost at `now`. Returns when the next segment will be, if nothing else comes; −1: one has just been. */
  detect(now: number, recovers: boolean): number {
    const deadline = this.#roundTrip + this.#patience(recovers);
    let next = Infinity;
    let found = false;
    for (let i = this.#first; i < this.#segments.length; i++) {
      const segment = this.#segments[i] as Flown;
      const isBefore = segment.sentAt < this.#xmit || segment.sentAt === this.#xmit && segment.end < this.#xmitEnd;
      if (!isBefore && this.#resentSegments === 0) break;
      if (!isBefore || segment.sacked || segment.lost) continue;
      if (segment.sentAt + deadline > now + ROUNDING) {
        next = Math.min(next, segment.sentAt + deadline);
      } else {
        this.#lose(segment);
        found = true;
      }
    }
    return found ? -1 : next;
  }

  /** The timer fired: all that the peer does not hold is lost. Where it holds the oldest, it has thrown it away, and perhaps more (RFC 2018 §8). */
  timedOut(): void {
    const hasReneged = this.#segments[this.#first]?.sacked === true;
    for (let i = this.#first; i < this.#segments.length; i++) {
      const segment = this.#segments[i] as Flown;
      if (hasReneged && segment.sacked) {
        segment.sacked = false;
        this.sacked -= segment.end - segment.from;
        this.#sackedSegments--;
        this.pipe += segment.end - segment.from;
      }
      if (!segment.sacked && !segment.lost) this.#lose(segment);
    }
  }

  /** The lowest segment that is lost. */
  lowestLost(): Flown | undefined {
    for (let i = this.#first; i < this.#segments.length; i++) {
      const segment = this.#segments[i] as Flown;
      if (segment.lost) return segment;
    }
    return undefined;
  }

  /** The segment that was sent first, of those that are not acknowledged; and the last. */
  get oldest(): Flown | undefined {
    return this.#segments[this.#first];
  }

  get newest(): Flown | undefined {
    return this.#first < this.#segments.length ? this.#segments.at(-1) : undefined;
  }

  #add(from: number, end: number, now: number): void {
    const segment = this.#free.pop() ?? { from, end, sentAt: now, resent: false, sacked: false, lost: false };
    segment.from = from;
    segment.end = end;
    segment.sentAt = now;
    segment.resent = segment.sacked = segment.lost = false;
    this.#segments.push(segment);
    this.pipe += end - from;
  }

  #lose(segment: Flown): void {
    segment.lost = true;
    this.pipe -= segment.end - segment.from;
  }

  /** It has just become known that a segment arrived (RFC 8985 §6.2, steps 1 to 3). */
  #arrived(segment: Flown, now: number, echo: number | undefined): void {
    if (!segment.lost) this.pipe -= segment.end - segment.from;
    if (!segment.resent && segment.end < this.#highest) this.#hasReordered = true;
    this.#highest = Math.max(this.#highest, segment.end);
    const elapsed = now - segment.sentAt;
    if (segment.resent && (elapsed < this.#shortest || echo !== undefined && (echo - timestampOf(segment.sentAt) | 0) < 0)) return;
    if (!segment.resent) {
      this.#shortest = Math.min(this.#shortest, elapsed);
      this.#smoothed = this.#smoothed === 0 ? elapsed : this.#smoothed + (elapsed - this.#smoothed) / 8;
    }
    if (segment.sentAt < this.#xmit || segment.sentAt === this.#xmit && segment.end <= this.#xmitEnd) return;
    this.#xmit = segment.sentAt;
    this.#xmitEnd = segment.end;
    this.#roundTrip = elapsed;
  }

  /** How much longer than a round trip is waited. */
  #patience(recovers: boolean): number {
    if (!this.#hasReordered && (recovers || this.#sackedSegments >= DUP_THRESH)) return 0;
    return Math.min(this.#steps * this.#shortest / 4, this.#smoothed);
  }

  /** The segment that `offset` lies in, or the first above it. */
  #indexOf(offset: number): number {
    let [low, high] = [this.#first, this.#segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#segments[middle] as Flown).end <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes two segments of one: it was cut elsewhere when it went again, or was acknowledged in part. */
  #split(index: number, at: number): void {
    const segment = this.#segments[index] as Flown;
    this.#segments.splice(index + 1, 0, { ...segment, from: at });
    segment.end = at;
    if (segment.resent) this.#resentSegments++;
    if (segment.sacked) this.#sackedSegments++;
  }
}

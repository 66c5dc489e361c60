/**
 * Where the RFCs leave a host a choice: a table of differences between two machines that are both right. It is short, and knows nothing of intent: a
 * difference that is not in it is "not known to be allowed", which is where reading begins, not a verdict.
 *
 * What no packet of a recording shows does not come here: first sequence numbers, the clocks of timestamps, the order and the filling of options,
 * IP's identification and time to live.
 */
import { seq, seqBefore, seqUpTo } from "../../stack/wire/seq.ts";
import type { Around, Difference } from "./differences.ts";
import type { Recorded } from "./record.ts";

interface Rule {
  /** A sentence that says which RFC lets whom choose what. */
  readonly why: string;
  readonly allows: (difference: Difference, around: Around) => boolean;
}

/** An ACK may be late by so much (RFC 9293 §3.8.6.3), in microseconds. */
const ACK_DELAY = 500_000;

const RULES: readonly Rule[] = [
  {
    why: "RFC 9293 §3.8.6 lets a host choose how large its receive window is",
    allows: ({ aspect, base, own }) =>
      aspect === "window" && (isReset(base) && isReset(own) || (base?.packet?.window ?? 0) > 0 && (own?.packet?.window ?? 0) > 0),
  },
  {
    why: "RFC 9293 §3.7.1: the MSS that a host announces follows from the MTU and the buffers that it has",
    allows: ({ aspect, base, own }) => aspect === "option mss" && isSyn(base) && isSyn(own) && !isPlainDefault(base, own),
  },
  {
    why: "RFC 7323 §2.2 lets a host choose its scale, and whether to offer one",
    allows: ({ aspect, base, own }, around) => aspect === "option wscale" && mayOffer("wscale", base, own, around),
  },
  {
    why: "RFC 7323 §3.2: where timestamps are agreed on, a reset had better carry them, but need not",
    allows: ({ aspect, base, own }, { base: all }) =>
      aspect === "option TS" && isReset(base) && isReset(own) &&
      all.some((one) => one.kind === "in" && one.connection === base?.connection && isSyn(one) && offers("TS", one)),
  },
  {
    why: "RFC 7323 §3.2 lets a host choose whether it offers timestamps",
    allows: ({ aspect, base, own }, around) => aspect === "option TS" && (mayOffer("TS", base, own, around) || followsOffer("TS", around)),
  },
  {
    why: "RFC 2018 §2 lets a host choose whether it offers SACK",
    allows: ({ aspect, base, own }, around) => aspect === "option sackOK" && mayOffer("sackOK", base, own, around),
  },
  {
    why: "RFC 2018 §3: who did not offer SACK neither sends nor gets blocks",
    allows: ({ aspect }, around) => aspect === "option sack" && followsOffer("sackOK", around),
  },
  {
    why: "RFC 9293 §3.9.1.2: where in a stream PSH stands is the sender's affair, as long as it is with the last byte",
    allows: ({ aspect, base, own }) => aspect === "flags" && hasText(base) && hasText(own) && without(base, "P") === without(own, "P"),
  },
  {
    why: "RFC 9293 §3.10.7: a reset says the same with an ACK and without one",
    allows: ({ aspect, base, own }) =>
      isReset(base) && isReset(own) && (aspect === "ack" || (aspect === "flags" && without(base, ".") === without(own, "."))),
  },
  {
    why: "RFC 9293 §3.8.6.3: an ACK may be delayed by less than 0.5 s, and one may stand for two segments",
    allows: ({ aspect, base, own }, around) => {
      if (aspect === "time") return isBare(base) && isBare(own) && Math.abs((base as Recorded).time - (own as Recorded).time) < ACK_DELAY;
      if (aspect !== "packet") return false;
      return own === undefined ? isCovered(base, around.own) : isBare(own) && isCovered(own, around.base);
    },
  },
  {
    why: "RFC 9293 §3.8.6.2.2: when a window update is sent is the receiver's choice",
    allows: ({ aspect, base, own }, around) =>
      aspect === "packet" && (own === undefined ? isUpdate(base, around.base) : isUpdate(own, around.own)),
  },
  {
    why: "RFC 6298 §2: the least RTO, the granularity of clocks and what they measured let retransmissions differ in time",
    allows: ({ aspect, base, own }, around) => aspect === "time" && isAgain(base, around.base) && isAgain(own, around.own),
  },
  {
    why: "RFC 6298 §2: retransmissions may come later, or more seldom, than another host's",
    allows: ({ aspect, base, own }, around) =>
      aspect === "packet" &&
      (own === undefined ? isAgain(base, around.base) && repeats(base, around.own) : isAgain(own, around.own) && repeats(own, around.base)),
  },
  {
    why: "RFC 9293 §3.7: in which segments a stream is sent is the sender's affair, within the peer's MSS",
    allows: ({ aspect, base, own }, around) => {
      if (!["packet", "seq", "length", "time"].includes(aspect)) return false;
      const here = own ?? base;
      if (aspect === "packet" && (isAgain(base, around.base) || isAgain(own, around.own))) return false;
      return hasText(here) && (base === undefined || hasText(base)) && sameBytes(here as Recorded, around);
    },
  },
  {
    why: "RFC 9293 §3.10.4: a FIN goes with the last text, or behind it",
    allows: ({ aspect, base, own }, around) => {
      const bare = (one: Recorded | undefined): string => without(one, "F").replace("P", "");
      if (aspect === "flags") {
        return hasText(base) && hasText(own) && bare(base) === bare(own) &&
          (isFinElsewhere(base, around.own) || isFinElsewhere(own, around.base));
      }
      return aspect === "packet" && (own === undefined ? isFinElsewhere(base, around.own) : isFinElsewhere(own, around.base));
    },
  },
  {
    why: "RFC 2018 §4: the first SACK block is the newest; which others follow, and how many, is the receiver's affair",
    allows: ({ aspect, base, own }) => {
      const [one, two] = [base, own].map((each) => blocksOf(each)[0]);
      return aspect === "option sack" && one !== undefined && one.from === two?.from && one.to === two.to;
    },
  },
  {
    why:
      "RFC 5681 §3.1, RFC 6928 §2, RFC 9293 §3.7.4: how much is sent at once depends on the initial window, on how slow start counts, on Nagle's algorithm",
    allows: ({ aspect, base, own }, around) =>
      aspect === "packet" && (own === undefined ? isMore(base, around.base, around.own) : isMore(own, around.own, around.base)),
  },
  {
    why: "RFC 9293 §3.9.1: how much a call takes at once is a matter of the host's buffers",
    allows: ({ aspect, base, own }) =>
      aspect === "result" && /^(write|send|sendto|writev|sendmsg)\(/.test(base?.text ?? "") && (base?.returned?.value ?? 0) > 0 &&
      (own?.returned?.value ?? 0) > 0,
  },
];

/** The sentence of the rule that allows a difference; undefined when none does. */
export function whyAllowed(difference: Difference, around: Around): string | undefined {
  return RULES.find(({ allows }) => allows(difference, around))?.why;
}

// ── What the rules ask about ─────────────────────────────────────────────────────────────────────────────────

function isSyn(one: Recorded | undefined): boolean {
  return one?.packet?.flags.includes("S") === true;
}

function isReset(one: Recorded | undefined): boolean {
  return one?.packet?.flags.includes("R") === true;
}

function hasText(one: Recorded | undefined): boolean {
  return (one?.packet?.seq.length ?? 0) > 0;
}

/** An ACK and nothing else. */
function isBare(one: Recorded | undefined): boolean {
  return one?.packet?.flags === "." && !hasText(one);
}

function without(one: Recorded | undefined, letter: string): string {
  return one?.packet?.flags.replace(letter, "") ?? "";
}

function offers(kind: string, one: Recorded | undefined): boolean {
  const options = one?.packet?.options ?? [];
  return options !== "any" && options.some((option) => option.kind === kind);
}

/** The blocks of a SACK option. */
function blocksOf(one: Recorded | undefined): readonly { readonly from: number; readonly to: number }[] {
  const options = one?.packet?.options ?? [];
  return options === "any" ? [] : options.flatMap((option) => option.kind === "sack" ? option.blocks : []);
}

/** A segment with a FIN whose number another machine's FIN has, too, however much text is with it. */
function isFinElsewhere(one: Recorded | undefined, all: readonly Recorded[]): boolean {
  const end = one?.packet?.flags.includes("F") ? one.packet.seq.to : undefined;
  return end !== undefined &&
    all.some((each) =>
      each.kind === "out" && each.connection === one?.connection && each.packet?.flags.includes("F") === true && each.packet.seq.to === end
    );
}

/** On a SYN a host may or may not offer; on the answer to one only what that had. */
function mayOffer(kind: string, base: Recorded | undefined, own: Recorded | undefined, { base: all }: Around): boolean {
  if (!isSyn(base) || !isSyn(own)) return false;
  const isAnswer = base?.packet?.flags.includes(".") === true;
  return !isAnswer || all.some((one) => one.kind === "in" && one.connection === base.connection && isSyn(one) && offers(kind, one));
}

/** Behind the SYNs: whether one of the two did not offer, where the other did. */
function followsOffer(kind: string, { base, own }: Around): boolean {
  const [one, two] = [base, own].map((all) => all.some((each) => each.kind === "out" && isSyn(each) && offers(kind, each)));
  return one !== two;
}

/** No MSS at all means 536. */
function isPlainDefault(base: Recorded | undefined, own: Recorded | undefined): boolean {
  return !offers("mss", base) || !offers("mss", own);
}

/** Whether a bare ACK's number is told by another packet within the delay. */
function isCovered(one: Recorded | undefined, all: readonly Recorded[]): boolean {
  if (one === undefined || !isBare(one)) return false;
  const ack = one.packet?.ack ?? 0;
  return all.some((each) =>
    each.kind === "out" && each.connection === one.connection && each.packet?.ack !== undefined &&
    seqUpTo(seq(ack), seq(each.packet.ack)) &&
    each.time >= one.time - ACK_DELAY && each.time < one.time + ACK_DELAY
  );
}

/** A bare ACK that says nothing new but a larger window. */
function isUpdate(one: Recorded | undefined, all: readonly Recorded[]): boolean {
  if (one === undefined || !isBare(one)) return false;
  const before = all.slice(0, all.indexOf(one)).findLast((each) => each.kind === "out" && each.connection === one.connection);
  return before?.packet?.ack === one.packet?.ack && (before?.packet?.window ?? 0) < (one.packet?.window ?? 0);
}

/** A segment that was sent before, whole or in part. */
function isAgain(one: Recorded | undefined, all: readonly Recorded[]): boolean {
  return one !== undefined && all.slice(0, all.indexOf(one)).some((each) => isSameText(each, one));
}

/** Whether the later of two segments of a machine says what the earlier says. */
function isSameText(earlier: Recorded, later: Recorded): boolean {
  const [one, two] = [earlier.packet, later.packet];
  if (earlier.kind !== "out" || earlier.connection !== later.connection || one === undefined || two === undefined) return false;
  const kind = (flags: string): string => flags.replace(/[^SF]/g, "");
  if (hasText(later)) return one.seq.length > 0 && two.seq.from - one.seq.from >>> 0 < one.seq.length;
  return /[SF]/.test(two.flags) && one.seq.from === two.seq.from && kind(one.flags) === kind(two.flags);
}

/** How long a machine may wait before it sends something again for the first time (RFC 6298 §2.1: a second), in microseconds. */
const FIRST_TIMEOUT = 1_200_000;

/**
 * Whether a machine sends this more than once, too; or would have, had the peer not answered before its time was up. One that sent something else again
 * has backed off, and may wait longer than there is time to see.
 */
function repeats(one: Recorded | undefined, all: readonly Recorded[]): boolean {
  if (one === undefined) return false;
  const [first, second] = all.filter((each) => isSameText(each, one));
  if (first === undefined || second !== undefined) return second !== undefined;
  if (all.some((each) => each.kind === "out" && each.time < first.time && isAgain(each, all))) return true;
  return all.some((each) => each.kind === "in" && each.time > first.time && each.time < first.time + FIRST_TIMEOUT);
}

/** Whether two machines sent the same bytes between two steps of the script, however cut. */
function sameBytes(here: Recorded, { base, own }: Around): boolean {
  const [one, two] = [base, own].map((all) => extent(all, here));
  return one !== undefined && two !== undefined && one.from === two.from && one.to === two.to;
}

function extent(all: readonly Recorded[], here: Recorded): { readonly from: number; readonly to: number } | undefined {
  const parts = all.filter((each) =>
    each.kind === "out" && each.behind === here.behind && each.connection === here.connection && hasText(each)
  );
  const [first, last] = [parts[0]?.packet, parts.at(-1)?.packet];
  return first === undefined || last === undefined ? undefined : { from: first.seq.from, to: last.seq.to };
}

/** Text that is sent for the first time, by a machine that sends more of a stream at once than another, which has sent what is before it. */
function isMore(one: Recorded | undefined, all: readonly Recorded[], other: readonly Recorded[]): boolean {
  if (one?.packet === undefined || !hasText(one) || isAgain(one, all)) return false;
  const from = seq(one.packet.seq.from);
  return other.some((each) =>
    each.kind === "out" && each.connection === one.connection && hasText(each) && each.packet !== undefined &&
    seqBefore(seq(each.packet.seq.from), from)
  );
}

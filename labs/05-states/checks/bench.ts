/**
 * One step on a bench: a connection in some state, a segment, and what the student's function made of the two. The check
 * plays the engine: it writes down what the step asks for, and the state changes with an event as it does in a running stack. Nobody
 * asks the student's `nextState` for it: a step has to be right also while that is not written.
 *
 * Numbers are absolute, as the student's own `console.log` shows them. The first place where they lie is easy to read;
 * the others wrap, or look negative to the bit operators.
 */
import type { Segment, StepVerdict, Tcb, TcpEffects, TcpEvent, TcpState } from "../../../stack/contract/tcb.ts";
import type { Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { type Seq, seq, seqAdd, seqDiff } from "../../../stack/wire/seq.ts";
import { ACK, FIN, PSH, RST, SYN, URG } from "../../../stack/wire/tcp_flags.ts";
import type { Reaction, Trial } from "../../../tools/harness/suite.ts";

/** All eleven, in the order in which a connection may pass through them. */
export const STATES: readonly TcpState[] = [
  "CLOSED",
  "LISTEN",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];
/** Both sides have agreed on their numbers: RFC 9293 calls these synchronized. */
export const SYNCHRONIZED = STATES.slice(4);
/** The peer may still send text. */
export const TAKING_TEXT: readonly TcpState[] = ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"];
/** Synchronized, and the peer's FIN has come. */
export const FIN_SEEN = SYNCHRONIZED.filter((state) => !TAKING_TEXT.includes(state));

/** Where the numbers of a connection lie: what we sent and is not acknowledged, and what we expect. */
export interface Place {
  readonly una: Seq;
  readonly rcv: Seq;
}

/** An easy place, one where everything wraps within a few bytes, one at the sign bit, and one anywhere. */
export function places(random: Random): readonly Place[] {
  const near = (middle: number): Seq => seq(middle - random.int(1, 60));
  return [
    { una: seq(random.int(2, 9) * 10_000), rcv: seq(random.int(2, 9) * 1000) },
    { una: near(0), rcv: near(0) },
    { una: near(0x8000_0000), rcv: near(0x8000_0000) },
    { una: seq(random.int(0, 0xffff_ffff)), rcv: seq(random.int(0, 0xffff_ffff)) },
  ];
}

const FIN_SENT: readonly TcpState[] = ["FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT"];

/** A connection in this state, with nothing on its way but what the state says: our SYN, our FIN. */
export function tcbIn(state: TcpState, { una, rcv }: Place, overrides: Partial<Tcb> = {}): Tcb {
  const unanswered = state === "SYN-RECEIVED" || state === "FIN-WAIT-1" || state === "CLOSING" || state === "LAST-ACK";
  return {
    localAddress: 0x0a2c_0002 as Ipv4Address,
    localPort: 80,
    remoteAddress: 0x0a2c_0001 as Ipv4Address,
    remotePort: 40_001,
    state,
    passive: true,
    iss: state === "SYN-RECEIVED" ? una : seqAdd(una, -700),
    irs: seqAdd(rcv, state === "SYN-RECEIVED" ? -1 : -900),
    sndUna: una,
    sndNxt: unanswered ? seqAdd(una, 1) : una,
    sndWnd: 8000,
    maxSndWnd: 9000,
    sndWl1: rcv,
    sndWl2: una,
    rcvNxt: rcv,
    rcvWnd: 4000,
    sndUp: una,
    rcvUp: rcv,
    finQueued: FIN_SENT.includes(state),
    finSent: FIN_SENT.includes(state),
    finReceived: FIN_SEEN.includes(state),
    rcvMss: 1460,
    sndMss: 1460,
    rcvScale: 0,
    sndScale: 0,
    windowScaling: false,
    timestamps: false,
    sackPermitted: false,
    tsRecent: 0,
    tsRecentAt: 0,
    lastAckSent: rcv,
    ...overrides,
  };
}

/** The two of congestion notification (RFC 3168). */
const ECE = 0x40, CWR = 0x80;
const BITS = { FIN, SYN, RST, PSH, ACK, URG, ECE, CWR };

/** What a check says of a segment; the rest is as an honest peer would have it. */
export interface SegmentWishes extends Partial<Omit<Segment, "flags" | "length" | "seq" | "ack">> {
  /** "SYN ACK", "RST", … */
  readonly flags: string;
  /** Distance from rcvNxt. Default 0. */
  readonly at?: number;
  /** Distance of SEG.ACK from sndUna. Default 0. */
  readonly acks?: number;
}

const NO_OPTIONS = { mss: 0, windowScale: -1, sackPermitted: false, timestamps: false, tsVal: 0, tsEcr: 0, sackBlocks: 0, sackCount: 0 };

/** A segment for this connection. */
export function segmentFor(tcb: Tcb, { flags, at = 0, acks = 0, ...rest }: SegmentWishes): Segment {
  const bits = flags.split(" ").reduce((sum, name) => sum | BITS[name as keyof typeof BITS], 0);
  const textLength = rest.textLength ?? 0;
  return {
    sourcePort: tcb.remotePort,
    destinationPort: tcb.localPort,
    seq: seqAdd(tcb.rcvNxt, at),
    ack: bits & ACK ? seqAdd(tcb.sndUna, acks) : seq(0),
    flags: bits,
    window: tcb.sndWnd,
    urgentPointer: 0,
    text: 54,
    textLength,
    length: textLength + (bits & SYN ? 1 : 0) + (bits & FIN ? 1 : 0),
    ...NO_OPTIONS,
    ...rest,
  };
}

/** The steps that take a segment, and the fields of the Tcb that each of them looks at. */
const LOOKS_AT = {
  checkTimestamps: ["timestamps", "tsRecent", "tsRecentAt"],
  checkSequence: ["rcvNxt", "rcvWnd"],
  checkReset: ["rcvNxt", "passive"],
  checkSyn: ["rcvNxt"],
  checkAck: ["sndUna", "sndNxt", "maxSndWnd", "sndWl1", "sndWl2", "sndScale", "finSent"],
  checkUrgent: ["rcvNxt", "rcvUp"],
  takeText: ["rcvNxt", "rcvWnd"],
  checkFin: ["rcvNxt", "finReceived"],
  mayReopen: ["rcvNxt", "timestamps", "tsRecent"],
  close: ["finQueued", "finSent"],
  abort: ["sndNxt", "rcvNxt"],
} as const;

/** What checkSequence looks at besides, on a connection with timestamps. */
const STAMPS = ["lastAckSent", "tsRecent", "tsRecentAt"] as const;

export type StepName = keyof typeof LOOKS_AT;

/** Where the events of this lab's functions lead. */
const FOLLOWS: Readonly<Record<string, Partial<Record<TcpState, TcpState>>>> = {
  "close": {
    "LISTEN": "CLOSED",
    "SYN-SENT": "CLOSED",
    "SYN-RECEIVED": "FIN-WAIT-1",
    "ESTABLISHED": "FIN-WAIT-1",
    "CLOSE-WAIT": "LAST-ACK",
  },
  "fin received": { "ESTABLISHED": "CLOSE-WAIT", "FIN-WAIT-1": "CLOSING", "FIN-WAIT-2": "TIME-WAIT" },
  "fin acknowledged": { "FIN-WAIT-1": "FIN-WAIT-2", "CLOSING": "TIME-WAIT", "LAST-ACK": "CLOSED" },
};

/** How the engine changes the state for the sake of a step: by one event at most. */
function reactionsIn(state: TcpState): Reaction[] {
  const ends = (["reset received", "abort"] satisfies TcpEvent[]).map((arg) => ({ name: "event", arg, set: { state: "CLOSED" } }));
  const others = Object.entries(FOLLOWS).flatMap(([arg, leads]) => {
    const next = leads[state];
    return next === undefined ? [] : [{ name: "event", arg, set: { state: next } }];
  });
  return [...ends, ...others];
}

/** What a step must do. */
export interface Wanted {
  /** What it returns, or what it may return; not looked at when left out. */
  readonly verdict?: StepVerdict | readonly StepVerdict[] | boolean;
  /** The effects, in any order: `challenge()`, `event("close")`. A list among them: one of these. Default: none. */
  readonly effects?: readonly (string | readonly string[])[];
  /** Effects that may be there as well. */
  readonly also?: readonly string[];
  /** The fields of the Tcb that differ afterwards. Default: none. */
  readonly changes?: Partial<Tcb>;
  /** Fields that are not looked at. */
  readonly free?: readonly (keyof Tcb)[];
  /** Why a field has to be as it is, where the check's own Why is about something else. */
  readonly whys?: Partial<Readonly<Record<keyof Tcb, string>>>;
}

const NO_STAMPS =
  "This connection has agreed on no timestamps: whatever a segment brings, tsRecent and tsRecentAt stay as they are (RFC 7323 §3.2).";

/** Has the student's step look at the segment, and compares all that it did. `now` in milliseconds. */
export async function expectStep(
  t: Trial,
  name: StepName,
  tcb: Tcb,
  segment: Segment | undefined,
  wanted: Wanted,
  now?: number,
): Promise<void> {
  const before = { ...tcb };
  const reactions = reactionsIn(tcb.state);
  const recorder = t.recorder<TcpEffects>({ reactions });
  const clock = now === undefined || !tcb.timestamps ? "" : ` · now ${now}`;
  const given = segment === undefined ? "" : ` · segment: ${segmentText(name, tcb, segment)}${clock}`;
  const fields: readonly (keyof Tcb)[] = tcb.timestamps && name === "checkSequence" ? [...LOOKS_AT[name], ...STAMPS] : LOOKS_AT[name];
  t.step(`${tcb.state}: ${fields.map((field) => `${field} ${tcb[field]}`).join(", ")}${given}`);
  const call = t.states[name] as unknown as (...args: unknown[]) => Promise<unknown>;
  const returned = await call(
    t.inout(tcb),
    ...segment === undefined ? [] : [t.inout(segment)],
    ...now === undefined ? [] : [now],
    ...name === "mayReopen" ? [] : [recorder.object],
  );
  if (wanted.verdict !== undefined) compareVerdict(t, name, wanted.verdict, returned);
  const calls = recorder.take();
  compareEffects(t, name, wanted, calls.map(({ name: effect, args }) => effectText(effect, args)));
  const events = calls.filter((call) => call.name === "event").map(({ args }) => args[0]);
  const reaction = reactions.find(({ arg }) => arg === events[0]);
  const changes: Record<string, unknown> = { ...reaction?.set, ...wanted.changes };
  const keys = Object.keys(before) as (keyof Tcb)[];
  for (const key of keys) {
    if (wanted.free?.includes(key)) continue;
    const right = key in changes ? changes[key] : before[key];
    const why = wanted.whys?.[key] ?? (!before.timestamps && key.startsWith("tsRecent") ? NO_STAMPS : undefined);
    const compare = (): void =>
      t.ok(tcb[key] === right, `${key} after ${name}: ${right}${key in changes ? "" : ", as before"}`, `${tcb[key]}`);
    await (why === undefined ? compare() : t.about({ why, look: [name] }, compare));
  }
}

function compareVerdict(t: Trial, name: StepName, legal: NonNullable<Wanted["verdict"]>, returned: unknown): void {
  const all: readonly unknown[] = Array.isArray(legal) ? legal : [legal];
  t.ok(all.includes(returned), `${name} to return ${all.map((each) => JSON.stringify(each)).join(" or ")}`, `${JSON.stringify(returned)}`);
}

function compareEffects(t: Trial, name: StepName, { effects = [], also = [] }: Wanted, calls: readonly string[]): void {
  const left = [...calls];
  const missing: string[] = [];
  const text = (wish: string | readonly string[]): string => typeof wish === "string" ? wish : wish.join(" or ");
  for (const wish of effects) {
    const at = left.findIndex((call) => typeof wish === "string" ? call === wish : wish.includes(call));
    if (at < 0) missing.push(text(wish));
    else left.splice(at, 1);
  }
  const extra = left.filter((call) => !also.includes(call));
  const lacks = missing.length === 0 ? "" : ` ✘ missing: ${missing.join(", ")}`,
    beside = extra.length === 0 ? "" : ` ✘ too much: ${extra.join(", ")}`;
  const got = calls.length === 0 ? "none" : `${calls.join(", ")}${lacks}${beside}`;
  t.ok(missing.length + extra.length === 0, `the effects of ${name}: ${effects.map(text).join(", ") || "none"}`, got);
}

/** An effect as it is written: `acknowledge("now")`, `send(RST ACK, 5000, 1000)`; without ACK, no acknowledgment number counts. */
export function effectText(name: string, args: readonly unknown[]): string {
  if (name !== "send") return `${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`;
  const flags = flagsText(Number(args[0]));
  return `send(${flags}, ${args[1]}${flags.includes("ACK") ? `, ${args[2]}` : ""})`;
}

function flagsText(flags: number): string {
  return (["SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"] as const).filter((name) => flags & BITS[name]).join(" ") || "no flags";
}

/** "ACK PSH seq 1003 (rcvNxt + 3), 20 bytes of text at 54", and what else the step looks at. */
function segmentText(name: StepName, tcb: Tcb, segment: Segment): string {
  const distance = seqDiff(segment.seq, tcb.rcvNxt);
  const where = distance === 0 ? "rcvNxt" : `rcvNxt ${distance < 0 ? "−" : "+"} ${Math.abs(distance)}`;
  const parts = [`${flagsText(segment.flags)} seq ${segment.seq} (${where})`];
  if (name === "checkAck" && segment.flags & ACK) parts.push(`ack ${segment.ack} window ${segment.window}`);
  if (segment.flags & URG) parts.push(`urgent pointer ${segment.urgentPointer}`);
  if (segment.timestamps) parts.push(`TSval ${segment.tsVal}`);
  return `${parts.join(" ")}${segment.textLength > 0 ? `, ${segment.textLength} bytes of text at ${segment.text}` : ""}`;
}

/** Bits that say nothing to this lab, and come with any segment: PSH, and the two of congestion notification. */
export function withNoise(random: Random, segment: Segment): Segment {
  return { ...segment, flags: segment.flags | random.pick([0, PSH, ECE, CWR, ECE | CWR | PSH]) };
}

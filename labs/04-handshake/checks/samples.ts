/**
 * What the checks of this lab are fed with: segments, and connections before their first one. All of it is drawn from a check's own random numbers, so the seed that a failure prints gives the same again.
 */
import type { Checksum, Segment, Tcb, TcpEffects } from "../../../stack/contract/tcb.ts";
import type { Frame } from "../../../stack/wire/frame.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { type Seq, seq } from "../../../stack/wire/seq.ts";
import { FIN, SYN } from "../../../stack/wire/tcp_flags.ts";
import { tcp } from "../../../tools/harness/packets.ts";
import { anyEnds, bytesText, usedFrame, zeroSum } from "../../../tools/harness/samples.ts";
import type { RecordedCall, Trial } from "../../../tools/harness/suite.ts";

/** Any sequence number; often one that a careless comparison or a signed number gets wrong. */
export function anySeq(random: Random): Seq {
  return seq(random.pick([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, ...Array.from({ length: 5 }, () => random.int(0, 0xffff_ffff))]));
}

/** One segment for parseSegment, and what must come of it: a reject, or what the record must hold. */
export interface ParseCase {
  readonly bytes: Uint8Array;
  readonly expected: string | Readonly<Record<string, unknown>> | ((frame: Frame) => Readonly<Record<string, unknown>>);
  /** Names the segment: "a SYN with 20 bytes of options". */
  readonly what: string;
}

/** The topic of a segment that has nothing against it, behind those that have. */
const PLAIN = {
  why:
    "The bad segments before it were refused as they should be. But this one has nothing against it, and must be read: a parser that refuses all that comes is " +
    "right about none. parse/fields tells more.",
  look: ["parseSegment"],
};

/** Reads all segments with a checksum that finds no fault; fails at the first that comes out wrong, and says what it was. */
export async function parseAll(t: Trial, wanted: readonly ParseCase[], checksum?: Checksum): Promise<void> {
  const plain = { bytes: tcp({ sourcePort: 7 }), expected: { sourcePort: 7 }, what: "a segment that has nothing against it" };
  // Whoever refuses all that comes is not right about any.
  const cases = checksum === undefined && wanted.every(({ expected }) => typeof expected === "string") ? [...wanted, plain] : wanted;
  const { source, destination } = anyEnds(t.random);
  const frames = cases.map(({ bytes }) => usedFrame(t.random, bytes));
  const outcomes = await t.many("handshake", "parseSegment", frames.map((frame) => [frame, source, destination, checksum ?? zeroSum(t)]));
  for (const [index, { bytes, expected, what }] of cases.entries()) {
    const outcome = outcomes[index];
    const given = `${what} (${bytesText(bytes)})`;
    t.ok(outcome?.threw === undefined, `parseSegment to return, given ${given}`, `an exception: ${outcome?.threw}`);
    const fields = typeof expected === "function" ? expected(frames[index] as Frame) : expected;
    if (typeof fields === "string") t.equal(outcome?.value, fields, `what parseSegment says to ${given}`);
    else if (what === plain.what) await t.about(PLAIN, () => expectFields(t, outcome?.value, fields, `the record of ${given}`));
    else expectFields(t, outcome?.value, fields, `the record of ${given}`);
  }
}

/** Fails unless these fields are as expected. Of a record with forty fields a failure shows those that matter. */
export function expectFields(t: Trial, actual: unknown, expected: Readonly<Record<string, unknown>>, what: string): void {
  if (typeof actual !== "object" || actual === null) return t.fields(actual, expected, what);
  const record = actual as Readonly<Record<string, unknown>>;
  t.fields(Object.fromEntries(Object.keys(expected).map((key) => [key, record[key]])), expected, what);
}

const FLAG_NAMES = ["SYN 2", "FIN 1", "RST 4", "PSH 8", "ACK 16", "URG 32", "ECE 64", "CWR 128"];

/** "SYN ACK" for 18, "no flag" for 0. */
export function flagsText(flags: number): string {
  const names = FLAG_NAMES.map((each) => each.split(" ")).filter(([, bit]) => (flags & Number(bit)) !== 0).map(([name]) => name);
  return names.length === 0 ? "no flag" : names.join(" ");
}

/** A segment as parseSegment gives it: nothing but these flags, unless `fields` say more. The text, where there is some, lies at 54. */
export function arrived(flags: number, fields: Partial<Segment> = {}): Segment {
  const textLength = fields.textLength ?? 0;
  return {
    sourcePort: 40_000,
    destinationPort: 80,
    seq: seq(0),
    ack: seq(0),
    flags,
    window: 0xfaf0,
    urgentPointer: 0,
    text: 54,
    textLength,
    length: textLength + [SYN, FIN].filter((bit) => flags & bit).length,
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    tsVal: 0,
    tsEcr: 0,
    sackBlocks: 0,
    sackCount: 0,
    ...fields,
  };
}

/** A connection before its first segment: it offers every option, with a scale of 7, and its link takes 1460 bytes of text. */
export function newTcb(random: Random, fields: Partial<Tcb> = {}): Tcb {
  const zero = seq(0);
  const { source, destination } = anyEnds(random);
  return {
    localAddress: source,
    localPort: random.int(1, 0xffff),
    remoteAddress: destination,
    remotePort: random.int(1, 0xffff),
    state: "CLOSED",
    passive: false,
    iss: zero,
    irs: zero,
    sndUna: zero,
    sndNxt: zero,
    sndWnd: 0,
    maxSndWnd: 0,
    sndWl1: zero,
    sndWl2: zero,
    rcvNxt: zero,
    rcvWnd: 524_288,
    sndUp: zero,
    rcvUp: zero,
    finQueued: false,
    finSent: false,
    finReceived: false,
    rcvMss: 1460,
    sndMss: 1460,
    rcvScale: 7,
    sndScale: 0,
    windowScaling: true,
    timestamps: true,
    sackPermitted: true,
    tsRecent: 0,
    tsRecentAt: 0,
    lastAckSent: zero,
    ...fields,
  };
}

/** A connection whose SYN, with number `iss`, is out. */
export function openingTcb(random: Random, iss: Seq, fields: Partial<Tcb> = {}): Tcb {
  return newTcb(random, { state: "SYN-SENT", iss, sndUna: iss, sndUp: iss, sndNxt: after(iss), ...fields });
}

/** The number behind this one. */
export function after(number: Seq, count = 1): Seq {
  return seq(number + count);
}

/** What a function said through `effects`, one line each: "event active open", "send SYN ACK seq 7 ack 9". */
export function saidIn(calls: readonly RecordedCall[]): string[] {
  return calls.map(({ name, args }) => {
    if (name !== "send") return [name, ...args].join(" ");
    const [flags, number, ack] = args as [number, number, number];
    return `send ${flagsText(flags)} seq ${number}${flags & 16 ? ` ack ${ack}` : ""}`; // without ACK the number means nothing
  });
}

/** Fails unless exactly these effects were asked for, in whatever order. */
export function expectSaid(t: Trial, calls: readonly RecordedCall[], expected: readonly string[], what: string): void {
  const text = (lines: readonly string[]): string => lines.length === 0 ? "none" : `${lines.length}: ${lines.join(" · ")}`;
  const said = saidIn(calls);
  const same = [...said].sort().join("\n") === [...expected].sort().join("\n");
  t.ok(same, `${text(expected)}\nas the effects of ${what}`, text(said));
  t.step(`the effects of ${what} are right: ${text(said)}`);
}

/** Something to pass as `effects`, behind the connection; its `calls` are what the function said, and what the connection was like then. */
export function recordEffects(t: Trial): { readonly object: TcpEffects; readonly calls: readonly RecordedCall[] } {
  return t.recorder<TcpEffects>({ beside: true });
}

/** The connection as `effects.send` found it: what the engine writes into the segment. Fails when nothing was sent. */
export function tcbAtSend(t: Trial, calls: readonly RecordedCall[], by: string): Partial<Tcb> {
  const sent = calls.find(({ name }) => name === "send");
  t.ok(sent !== undefined, `a call of effects.send by ${by}`, calls.length === 0 ? "none" : `only ${saidIn(calls).join(" · ")}`);
  return sent.beside?.[0] as Partial<Tcb>;
}

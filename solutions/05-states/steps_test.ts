/** The steps that decide whether a segment counts: sequence, RST, SYN, ACK; and timestamps before all of them. */
import { assertEquals } from "@std/assert";
import type { Segment, Tcb, TcpEvent, TcpState } from "../../stack/contract/tcb.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { type Seq, seq, seqAdd, seqDiff } from "../../stack/wire/seq.ts";
import { ACK, FIN, PSH, RST, SYN, URG } from "../../stack/wire/tcp_flags.ts";
import { newSegment, newTcb, recordEffects } from "../../tools/testing/tcp_records.ts";
import { checkAck, checkReset, checkSequence, checkSyn, checkTimestamps, mayReopen } from "./steps.ts";

const TCB = newTcb();
const DAY = 24 * 3600 * 1000;
/** States of connections that both sides know of. */
const SYNCHRONIZED: readonly TcpState[] = [
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];

/** What a step says of a segment, and through its effects. */
function sequence(segment: Segment, tcb: Tcb = newTcb(), now = 0): unknown[] {
  const { effects, take } = recordEffects();
  return [checkSequence(tcb, segment, now, effects), ...take()];
}

Deno.test("checkSequence() follows the four cases of the RFC's table", () => {
  const window = (rcvWnd: number): Tcb => newTcb({ rcvWnd });
  const passes = ["continue"];
  const refused = ["drop", ["acknowledge", "now"]];
  const rows: [expected: unknown[], from: number, length: number, window: number][] = [
    // length 0, window 0: only exactly the next number
    [passes, 0, 0, 0],
    [refused, 1, 0, 0],
    [refused, -1, 0, 0],
    // length 0, window open: anywhere in it
    [passes, 0, 0, 1000],
    [passes, 999, 0, 1000],
    [refused, 1000, 0, 1000],
    [refused, -1, 0, 1000],
    // text, window 0: it will not fit; what begins at the next number is looked at all the same
    [passes, 0, 1, 0],
    [refused, 1, 1, 0],
    [refused, -1, 2, 0],
    // text, window open: any of it inside
    [passes, 0, 1, 1000],
    [passes, 999, 500, 1000],
    [refused, 1000, 1, 1000],
    [passes, -10, 11, 1000],
    [refused, -10, 10, 1000],
    [passes, -10, 5000, 1000], // begins before the window and ends behind it
    [refused, -500, 1, 1000],
    [refused, 2 ** 31, 1, 1000],
  ];
  for (const [expected, from, length, size] of rows) {
    assertEquals(sequence(newSegment(from, length), window(size)), expected, `${length} bytes at ${from} in a window of ${size}`);
  }
});

Deno.test("checkSequence() counts SYN and FIN into the segment's length", () => {
  assertEquals(sequence(newSegment(-1, 0, { flags: FIN | ACK })), ["drop", ["acknowledge", "now"]]);
  assertEquals(sequence(newSegment(-5, 5, { flags: FIN | ACK })), ["continue"], "its text is old, its FIN is not");
});

Deno.test("checkSequence() agrees with the table written out, on 100 000 segments at random", () => {
  const random = createRandom(5);
  const inside = (number: number, size: number): boolean => number >= 0 && number < size;
  for (let i = 0; i < 100_000; i++) {
    const rcvNxt = seq(random.next() * 2 ** 32);
    const rcvWnd = random.next() < 0.2 ? 0 : 1 + random.int(0, 2999);
    const from = random.int(0, 7999) - 4000;
    const length = random.next() < 0.3 ? 0 : 1 + random.int(0, 2999);
    const first = inside(from, rcvWnd);
    const expected = rcvWnd === 0
      ? from === 0
      : length === 0
      ? first
      : first || inside(from + length - 1, rcvWnd) || from < 0 && from + length > rcvWnd;
    const segment = newSegment(0, length, { seq: seqAdd(rcvNxt, from) });
    assertEquals(sequence(segment, newTcb({ rcvNxt, rcvWnd }))[0], expected ? "continue" : "drop", `${from} ${length} ${rcvWnd}`);
  }
});

Deno.test("checkSequence() answers no RST, wherever it lies", () => {
  assertEquals(sequence(newSegment(1000, 0, { flags: RST })), ["drop"]);
  assertEquals(sequence(newSegment(-1, 0, { flags: RST | ACK })), ["drop"]);
  assertEquals(sequence(newSegment(0, 0, { flags: RST }), newTcb({ rcvWnd: 0 })), ["continue"]);
});

Deno.test("checkSequence() renews the timestamp from what continues the last acknowledgment, not from beyond a gap", () => {
  const fields = { timestamps: true, tsRecent: 100, tsRecentAt: 7 };
  const renewed = (from: number, segment: Partial<Segment>, length = 10): number[] => {
    const tcb = newTcb(fields);
    sequence(newSegment(from, length, { timestamps: true, tsVal: 105, ...segment }), tcb, 50);
    return [tcb.tsRecent, tcb.tsRecentAt];
  };
  assertEquals(renewed(0, {}), [105, 50]);
  assertEquals(renewed(-5, {}), [105, 50], "it fills up to the last acknowledgment and goes on");
  assertEquals(renewed(1, {}), [100, 7], "behind a gap: the echo must be the one of the segment that fills it");
  assertEquals(renewed(0, { tsVal: 100 }), [100, 50], "the same again: it is noted when");
  assertEquals(renewed(0, { tsVal: 99 }), [100, 7], "never back");
  assertEquals(renewed(0, { timestamps: false }), [100, 7]);
  assertEquals(renewed(0, { flags: RST }, 0), [100, 7], "a RST never changes anything");
  assertEquals(renewed(2000, {}), [100, 7], "outside the window");
});

Deno.test("checkSequence() renews a timestamp of long ago by any other: the clock may have gone half around", () => {
  const tcb = newTcb({ timestamps: true, tsRecent: 0x9000_0000, tsRecentAt: 0 });
  const segment = newSegment(0, 1, { timestamps: true, tsVal: 5 });
  sequence(segment, tcb, 24 * DAY);
  assertEquals(tcb.tsRecent, 5, "5 lies behind 0x90000000");
  tcb.tsRecent = 0x7000_0000;
  tcb.tsRecentAt = 0;
  sequence(segment, tcb, 24 * DAY);
  assertEquals(tcb.tsRecent, 0x7000_0000);
  sequence(segment, tcb, 24 * DAY + 1);
  assertEquals([tcb.tsRecent, tcb.tsRecentAt], [5, 24 * DAY + 1]);
});

Deno.test("checkSequence() in TIME-WAIT waits anew for a FIN that comes again, and for nothing else", () => {
  const timeWait = (): Tcb => newTcb({ state: "TIME-WAIT", finReceived: true });
  assertEquals(sequence(newSegment(-1, 0, { flags: FIN | ACK }), timeWait()), ["drop", ["startTimeWait"], ["acknowledge", "now"]]);
  assertEquals(sequence(newSegment(-6, 5, { flags: FIN | ACK }), timeWait()), ["drop", ["startTimeWait"], ["acknowledge", "now"]]);
  assertEquals(sequence(newSegment(-6, 5), timeWait()), ["drop", ["acknowledge", "now"]], "text alone");
  assertEquals(sequence(newSegment(-9, 0, { flags: FIN | ACK }), timeWait()), ["drop", ["acknowledge", "now"]], "some other FIN");
  assertEquals(sequence(newSegment(-1, 0, { flags: FIN | RST }), timeWait()), ["drop"]);
  assertEquals(sequence(newSegment(-1, 0, { flags: FIN | ACK }), newTcb({ state: "LAST-ACK" })), ["drop", ["acknowledge", "now"]]);
});

Deno.test("checkReset() believes exactly the next number, and challenges the rest of the window", () => {
  const reset = (from: number, fields: Partial<Tcb> = {}, flags = RST): unknown[] => {
    const { effects, take } = recordEffects();
    return [checkReset(newTcb(fields), newSegment(from, 0, { flags }), effects), ...take()];
  };
  for (const state of SYNCHRONIZED.filter((each) => each !== "TIME-WAIT")) {
    assertEquals(reset(0, { state }), ["drop", ["event", "reset received"], ["fail", "reset"]], state);
    assertEquals(reset(1, { state }), ["drop", ["challenge"]], state);
    assertEquals(reset(999, { state }), ["drop", ["challenge"]], state);
  }
  assertEquals(reset(0, {}, RST | ACK | FIN | SYN | URG | PSH), ["drop", ["event", "reset received"], ["fail", "reset"]]);
  assertEquals(reset(0, {}, ACK | FIN | SYN), ["continue"]);
  assertEquals(reset(0, { state: "TIME-WAIT" }), ["drop"], "RFC 1337");
  assertEquals(reset(5, { state: "TIME-WAIT" }), ["drop"]);
});

Deno.test("checkReset() in SYN-RECEIVED: who called is refused, who was called is reset", () => {
  for (const [passive, reason] of [[true, "reset"], [false, "refused"]] as const) {
    const { effects, take } = recordEffects();
    assertEquals(checkReset(newTcb({ state: "SYN-RECEIVED", passive }), newSegment(0, 0, { flags: RST }), effects), "drop");
    assertEquals(take(), [["event", "reset received"], ["fail", reason]]);
  }
});

Deno.test("checkSyn() challenges every SYN, in every state and at every number", () => {
  for (const state of [...SYNCHRONIZED, "SYN-RECEIVED"] as const) {
    for (const from of [-1, 0, 500, 2 ** 31]) {
      const { effects, take } = recordEffects();
      assertEquals(checkSyn(newTcb({ state }), newSegment(from, 0, { flags: SYN }), effects), "drop");
      assertEquals(checkSyn(newTcb({ state }), newSegment(from, 0, { flags: SYN | ACK }), effects), "drop");
      assertEquals(take(), [["challenge"], ["challenge"]], state);
    }
  }
  const { effects, take } = recordEffects();
  assertEquals([checkSyn(newTcb(), newSegment(0, 10), effects), take()], ["continue", []]);
});

/** What checkAck says and does, when the segment acknowledges `ahead` bytes more than sndUna. */
function acknowledge(
  ahead: number,
  fields: Partial<Tcb> = {},
  segment: Partial<Segment> = {},
): { verdict: string; did: unknown[][]; tcb: Tcb } {
  const tcb = newTcb(fields);
  const { effects, take } = recordEffects();
  const verdict = checkAck(tcb, newSegment(0, 0, { ack: seqAdd(tcb.sndUna, ahead), ...segment }), effects);
  return { verdict, did: take(), tcb };
}

Deno.test("checkAck() drops what acknowledges nothing", () => {
  const { verdict, did, tcb } = acknowledge(50, {}, { flags: PSH | FIN });
  assertEquals([verdict, did, tcb], ["drop", [], TCB]);
});

Deno.test("checkAck() moves sndUna, and tells once", () => {
  for (const ahead of [1, 50, 100]) {
    const { verdict, did, tcb } = acknowledge(ahead);
    assertEquals([verdict, did, seqDiff(tcb.sndUna, TCB.sndUna)], ["continue", [["acknowledged", tcb.sndUna]], ahead]);
  }
  const { verdict, did, tcb } = acknowledge(0);
  assertEquals([verdict, did, tcb.sndUna], ["continue", [], TCB.sndUna]);
});

Deno.test("checkAck() challenges numbers that no honest peer could send, and takes nothing from them", () => {
  for (const ahead of [101, 5000, -501, -5000, 2 ** 31]) {
    const { verdict, did, tcb } = acknowledge(ahead, {}, { window: 9999 });
    assertEquals([verdict, did, tcb], ["drop", [["challenge"]], TCB], `${ahead}`);
  }
  for (const ahead of [-500, -1]) {
    const { verdict, did, tcb } = acknowledge(ahead, {}, { window: 9999 });
    assertEquals([verdict, did, tcb], ["continue", [], TCB], `${ahead}: old, but its text may be new`);
  }
});

Deno.test("checkAck() takes the window from the newest segment only", () => {
  const older: Partial<Tcb> = { sndWl1: seqAdd(TCB.rcvNxt, -10) };
  const newer: Partial<Tcb> = { sndWl1: seqAdd(TCB.rcvNxt, 10) };
  const windowAfter = (fields: Partial<Tcb>, ahead = 0): number => acknowledge(ahead, fields, { window: 7 }).tcb.sndWnd;
  assertEquals(windowAfter({}), 7, "the same numbers again: a window update");
  assertEquals(windowAfter(older), 7);
  assertEquals(windowAfter(newer), 500, "reordered: an older segment's window");
  assertEquals(windowAfter({ sndWl2: seqAdd(TCB.sndUna, 5) }, 4), 500, "an older acknowledgment");
  assertEquals(windowAfter({ sndWl2: seqAdd(TCB.sndUna, 5) }, 5), 7);
  const { tcb } = acknowledge(50, older, { window: 65_535 });
  assertEquals([tcb.sndWnd, tcb.maxSndWnd, tcb.sndWl1, tcb.sndWl2], [65_535, 65_535, TCB.rcvNxt, seqAdd(TCB.sndUna, 50)]);
  assertEquals(acknowledge(0, {}, { window: 3 }).tcb.maxSndWnd, 500, "the largest there ever was");
});

Deno.test("checkAck() shifts the window by the peer's scale, and takes it for a number without a sign", () => {
  assertEquals(acknowledge(0, {}, { window: 0x8000 }).tcb.sndWnd, 0x8000);
  assertEquals(acknowledge(0, { sndScale: 14 }, { window: 0xffff }).tcb.sndWnd, 0xffff * 0x4000);
});

Deno.test("checkAck() sees our FIN acknowledged when everything is", () => {
  const sent: Partial<Tcb> = { finQueued: true, finSent: true };
  const events = (state: TcpState, ahead: number, fields = sent): unknown[] => {
    const { verdict, did } = acknowledge(ahead, { state, ...fields });
    return [verdict, ...did.filter(([name]) => name !== "acknowledged")];
  };
  const done: [string, TcpEvent] = ["event", "fin acknowledged"];
  assertEquals(events("FIN-WAIT-1", 100), ["continue", done]);
  assertEquals(events("CLOSING", 100), ["continue", done, ["startTimeWait"]]);
  assertEquals(events("LAST-ACK", 100), ["drop", done]);
  for (const state of ["FIN-WAIT-1", "CLOSING", "LAST-ACK"] as const) {
    assertEquals(events(state, 99), ["continue"], `${state}: all but the FIN`);
    assertEquals(events(state, 100, { finQueued: true, finSent: false }), ["continue"], `${state}: the FIN is still to be sent`);
  }
  for (const state of ["FIN-WAIT-2", "TIME-WAIT"] as const) assertEquals(events(state, 100), ["continue"], state);
});

Deno.test("checkTimestamps() drops what is older than what came, and acknowledges it", () => {
  const paws = (tsVal: number, fields: Partial<Tcb> = {}, segment: Partial<Segment> = {}, now = 0): unknown[] => {
    const { effects, take } = recordEffects();
    const tcb = newTcb({ timestamps: true, tsRecent: 1000, tsRecentAt: 0, ...fields });
    return [checkTimestamps(tcb, newSegment(0, 10, { timestamps: true, tsVal, ...segment }), now, effects), ...take()];
  };
  const refused = ["drop", ["acknowledge", "now"]];
  assertEquals(paws(1000), ["continue"]);
  assertEquals(paws(1001), ["continue"]);
  assertEquals(paws(999), refused);
  assertEquals(paws(1000 + 2 ** 31 - 1), ["continue"]);
  assertEquals(paws(1000 + 2 ** 31), refused);
  assertEquals(paws(5, { tsRecent: 0xffff_fff0 }), ["continue"], "around the wrap");
  assertEquals(paws(0xffff_fff0, { tsRecent: 5 }), refused);
  assertEquals(paws(999, {}, {}, 24 * DAY), refused);
  assertEquals(paws(999, {}, {}, 24 * DAY + 1), ["continue"], "what is noted is too old to say anything");
  assertEquals(paws(999, {}, { flags: RST }), ["continue"], "a RST is exempt");
  assertEquals(paws(0, {}, { flags: RST, timestamps: false }), ["continue"]);
  assertEquals(paws(0, {}, { timestamps: false }), ["drop"], "agreed on, and not there");
  assertEquals(paws(999, { timestamps: false }), ["continue"], "never agreed on, and ignored");
});

Deno.test("mayReopen() lets a newer SYN take the place of a connection in TIME-WAIT", () => {
  const reopens = (from: number, segment: Partial<Segment> = {}, fields: Partial<Tcb> = {}): boolean =>
    mayReopen(newTcb({ state: "TIME-WAIT", ...fields }), newSegment(from, 0, { flags: SYN, ...segment }));
  assertEquals([reopens(1), reopens(2 ** 31 - 1), reopens(0), reopens(-1), reopens(2 ** 31 + 1)], [true, true, false, false, false]);
  for (const flags of [ACK, SYN | ACK, SYN | RST, FIN, 0]) assertEquals(reopens(1, { flags }), false, `flags ${flags}`);
  for (const state of SYNCHRONIZED.slice(0, -1)) assertEquals(reopens(1, {}, { state }), false, state);
  const stamped = (from: number, tsVal: number, timestamps = true): boolean =>
    reopens(from, { timestamps, tsVal }, { timestamps: true, tsRecent: 1000 });
  assertEquals([stamped(-5000, 1001), stamped(5000, 999)], [true, false], "with timestamps they decide");
  assertEquals([stamped(1, 1000), stamped(-1, 1000)], [true, false], "unless they are equal");
  assertEquals([stamped(1, 0, false), stamped(-1, 9999, false)], [true, false], "or the SYN has none");
  const wrapped: Seq = seq(0xffff_fffb);
  assertEquals(reopens(0, { seq: seq(5) }, { rcvNxt: wrapped }), true);
});

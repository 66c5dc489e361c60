/** The steps that take in what a segment brings: urgent pointer, text, FIN. */
import { assertEquals } from "@std/assert";
import type { Segment, Tcb, TcpState } from "../../stack/contract/tcb.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { type Seq, seqAdd, seqDiff } from "../../stack/wire/seq.ts";
import { ACK, FIN, SYN, URG } from "../../stack/wire/tcp_flags.ts";
import { newSegment, newTcb, recordEffects } from "../../tools/testing/tcp_records.ts";
import { checkFin, checkUrgent, takeText } from "./steps.ts";

const TCB = newTcb();
/** States in which the peer may still send text, and those in which it may not. */
const TAKES: readonly TcpState[] = ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"];
const IGNORES: readonly TcpState[] = ["CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT", "SYN-RECEIVED"];

function text(from: number, length: number, fields: Partial<Tcb> = {}, segment: Partial<Segment> = {}): unknown[] {
  const { effects, take } = recordEffects();
  assertEquals(takeText(newTcb(fields), newSegment(from, length, segment), effects), "continue");
  return take();
}

/** The effects when `count` bytes are delivered which begin `from` behind rcvNxt, `skipped` into the segment. */
function delivered(from: number, skipped: number, count: number, when: "now" | "later"): unknown[] {
  return [["deliver", seqAdd(TCB.rcvNxt, from), 54 + skipped, count], ["acknowledge", when]];
}

Deno.test("takeText() delivers what lies in the window, and cuts off the rest", () => {
  assertEquals(text(0, 100), delivered(0, 0, 100, "later"));
  assertEquals(text(0, 1000), delivered(0, 0, 1000, "later"));
  assertEquals(text(0, 1001), delivered(0, 0, 1000, "later"), "behind the right edge");
  assertEquals(text(-30, 100), delivered(0, 30, 70, "later"), "before the left edge");
  assertEquals(text(-30, 2000), delivered(0, 30, 1000, "later"), "both");
  assertEquals(text(900, 500), delivered(900, 0, 100, "now"));
});

Deno.test("takeText() acknowledges at once what leaves a gap, is known, or does not fit", () => {
  assertEquals(text(1, 10), delivered(1, 0, 10, "now"));
  assertEquals(text(-10, 10), [["acknowledge", "now"]]);
  assertEquals(text(-10, 5), [["acknowledge", "now"]]);
  assertEquals(text(0, 1, { rcvWnd: 0 }), [["acknowledge", "now"]], "a window probe");
});

Deno.test("takeText() says nothing of a segment without text", () => {
  assertEquals(text(0, 0), []);
  assertEquals(text(0, 0, {}, { flags: FIN | ACK }), []);
});

Deno.test("takeText() steps over a SYN, which has a number and no byte", () => {
  assertEquals(text(-1, 10, {}, { flags: SYN | ACK }), delivered(0, 0, 10, "later"));
});

Deno.test("takeText() takes text while the peer may send, and ignores it afterwards", () => {
  for (const state of TAKES) assertEquals(text(0, 10, { state }), delivered(0, 0, 10, "later"), state);
  for (const state of IGNORES) assertEquals(text(0, 10, { state }), [], state);
});

Deno.test("takeText() delivers exactly what is inside the window, 100 000 times at random", () => {
  const random = createRandom(7);
  for (let i = 0; i < 100_000; i++) {
    const rcvWnd = random.int(0, 1999);
    const from = random.int(0, 3999) - 2000;
    const length = 1 + random.int(0, 1999);
    const { effects, take } = recordEffects();
    takeText(newTcb({ rcvWnd }), newSegment(from, length), effects);
    const deliver = take().find(([name]) => name === "deliver") as [string, Seq, number, number] | undefined;
    const first = Math.max(0, from);
    const count = Math.min(from + length, rcvWnd) - first;
    const expected = count > 0 ? [first, 54 + first - from, count] : undefined;
    assertEquals(deliver && [seqDiff(deliver[1], TCB.rcvNxt), deliver[2], deliver[3]], expected, `${from} ${length} ${rcvWnd}`);
  }
});

function fin(from: number, length: number, fields: Partial<Tcb> = {}, flags = FIN | ACK): [unknown[][], Tcb] {
  const tcb = newTcb(fields);
  const { effects, take } = recordEffects();
  assertEquals(checkFin(tcb, newSegment(from, length, { flags }), effects), "continue");
  return [take(), tcb];
}

Deno.test("checkFin() steps over a FIN before which nothing is missing", () => {
  for (const [from, length] of [[0, 0], [-100, 100]] as const) {
    const [did, tcb] = fin(from, length);
    assertEquals(did, [["event", "fin received"], ["acknowledge", "now"]]);
    assertEquals([seqDiff(tcb.rcvNxt, TCB.rcvNxt), tcb.finReceived], [1, true]);
  }
});

Deno.test("checkFin() lets a FIN wait that came too early", () => {
  for (const [from, length] of [[1, 0], [0, 1], [500, 10], [-1, 0]] as const) {
    assertEquals(fin(from, length), [[], TCB], `${from} ${length}`);
  }
});

Deno.test("checkFin() starts the timer on the way into TIME-WAIT, after the event", () => {
  assertEquals(fin(0, 0, { state: "FIN-WAIT-2" })[0], [["event", "fin received"], ["acknowledge", "now"], ["startTimeWait"]]);
  assertEquals(fin(0, 0, { state: "FIN-WAIT-1" })[0], [["event", "fin received"], ["acknowledge", "now"]]);
});

Deno.test("checkFin() believes one FIN, and none in a state that has seen it", () => {
  assertEquals(fin(0, 0, { finReceived: true })[0], []);
  for (const state of IGNORES) assertEquals(fin(0, 0, { state, finReceived: true })[0], [], state);
  assertEquals(fin(0, 0, {}, ACK)[0], [], "no FIN");
});

function urgent(from: number, pointer: number, fields: Partial<Tcb> = {}, flags = URG | ACK): [unknown[][], number] {
  const tcb = newTcb(fields);
  const { effects, take } = recordEffects();
  assertEquals(checkUrgent(tcb, newSegment(from, 10, { flags, urgentPointer: pointer }), effects), "continue");
  return [take(), seqDiff(tcb.rcvUp, TCB.rcvNxt)];
}

Deno.test("checkUrgent() tells how far the urgent data goes: the pointer names the byte behind it", () => {
  assertEquals(urgent(0, 1), [[["urgent", seqAdd(TCB.rcvNxt, 1)]], 1]);
  assertEquals(urgent(0, 65_535), [[["urgent", seqAdd(TCB.rcvNxt, 65_535)]], 65_535]);
  assertEquals(urgent(-10, 15), [[["urgent", seqAdd(TCB.rcvNxt, 5)]], 5], "counted from the segment's own number");
  assertEquals(urgent(0, 3, { rcvWnd: 0 }), [[["urgent", seqAdd(TCB.rcvNxt, 3)]], 3], "with a shut window too (MUST-66)");
});

Deno.test("checkUrgent() tells each place once, and only forward", () => {
  const known = { rcvUp: seqAdd(TCB.rcvNxt, 20) };
  assertEquals(urgent(0, 20, known), [[], 20]);
  assertEquals(urgent(0, 5, known), [[], 20]);
  assertEquals(urgent(0, 21, known), [[["urgent", seqAdd(TCB.rcvNxt, 21)]], 21]);
  assertEquals(urgent(-10, 10), [[], 0], "all of it came before");
  assertEquals(urgent(-10, 0), [[], 0]);
});

Deno.test("checkUrgent() looks at the pointer only with URG, and only while text may come", () => {
  assertEquals(urgent(0, 20, {}, ACK), [[], 0]);
  for (const state of IGNORES) assertEquals(urgent(0, 20, { state }), [[], 0], state);
  for (const state of TAKES) assertEquals(urgent(0, 20, { state })[1], 20, state);
});

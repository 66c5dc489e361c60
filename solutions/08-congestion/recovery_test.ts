import { assertEquals } from "@std/assert";
import type { CongestionState } from "../../stack/contract/congestion.ts";
import type { Segment } from "../../stack/contract/tcb.ts";
import { seq } from "../../stack/wire/seq.ts";
import { ACK, FIN, PSH, SYN } from "../../stack/wire/tcp_flags.ts";
import { state } from "../../tools/testing/congestion_samples.ts";
import { duplicateAck, isDuplicateAck, newAck, timedOut } from "./recovery.ts";

const UNA = seq(0xffff_fff0);

function segment(members: Partial<Segment> = {}): Segment {
  const none = { urgentPointer: 0, text: 0, textLength: 0, length: 0, mss: 0, windowScale: -1, sackPermitted: false, timestamps: false };
  const numbers = { sourcePort: 1, destinationPort: 2, seq: seq(1), ack: UNA, flags: ACK, window: 1000 };
  return { ...none, ...numbers, tsVal: 0, tsEcr: 0, sackBlocks: 0, sackCount: 0, ...members };
}

/** What the record looks like, in the order in which the tests tell it. */
function look({ phase, dupAcks, cwnd, ssthresh, recoveryPoint }: CongestionState): unknown[] {
  return [phase, dupAcks, cwnd, ssthresh, recoveryPoint];
}

Deno.test("isDuplicateAck() without SACK: in flight, no text, no SYN, no FIN, the same number, the same window (RFC 5681 §2)", () => {
  const is = (members: Partial<Segment>, inFlight = 1, sameWindow = true): boolean =>
    isDuplicateAck(state(), segment(members), UNA, inFlight, sameWindow, 0);
  assertEquals([is({}), is({ flags: ACK | PSH })], [true, true]);
  assertEquals([is({}, 0), is({}, 1, false), is({ textLength: 1, length: 1 }), is({ ack: seq(0xffff_ffef) })], [
    false,
    false,
    false,
    false,
  ]);
  assertEquals([is({ flags: ACK | FIN, length: 1 }), is({ flags: ACK | SYN, length: 1 })], [false, false]);
});

Deno.test("isDuplicateAck() with SACK: whatever tells of something new, and nothing else (RFC 6675 §2)", () => {
  const is = (members: Partial<Segment>, newlySacked: number): boolean =>
    isDuplicateAck(state({ sack: true }), segment(members), UNA, 1, false, newlySacked);
  assertEquals([is({}, 0), is({}, 1), is({ textLength: 5, length: 5 }, 1000)], [false, true, true]);
});

Deno.test("duplicateAck(): two are waited for, the third begins recovery, more of them inflate the window (RFC 5681 §3.2)", () => {
  const it = state({ cwnd: 10_000 });
  const said = [1, 2, 3, 4, 5].map(() => [duplicateAck(it, 20_000, 30_000, false), ...look(it)]);
  assertEquals(said, [
    ["wait", "open", 1, 10_000, Infinity, -1],
    ["wait", "open", 2, 10_000, Infinity, -1],
    ["resend", "recovery", 3, 8000, 5000, 30_000],
    ["wait", "recovery", 3, 9000, 5000, 30_000],
    ["wait", "recovery", 3, 10_000, 5000, 30_000],
  ]);
});

Deno.test("duplicateAck() does not count what limited transmit has sent (RFC 5681 §3.2, step 2)", () => {
  const it = state({ cwnd: 10_000, dupAcks: 2 });
  duplicateAck(it, 0, 12_000, false);
  assertEquals(it.ssthresh, 5000);
});

Deno.test("duplicateAck() with SACK: cwnd is ssthresh, nothing is inflated, and a lost byte is enough (RFC 6675 §5)", () => {
  const it = state({ cwnd: 10_000, sack: true });
  assertEquals(duplicateAck(it, 0, 10_000, false), "wait");
  assertEquals(duplicateAck(it, 0, 10_000, true), "resend");
  duplicateAck(it, 0, 10_000, true);
  assertEquals(look(it), ["recovery", 2, 5000, 5000, 10_000]);
});

Deno.test("duplicateAck() does not notice the same loss twice: una must be beyond `recover` (RFC 6582 §3.2)", () => {
  for (
    const [una, sack, said] of [[9999, false, "wait"], [10_000, false, "wait"], [10_001, false, "resend"], [9999, true, "wait"], [
      10_000,
      true,
      "resend",
    ]] as const
  ) {
    const it = state({ cwnd: 10_000, sack, dupAcks: 2, recoveryPoint: 10_000 });
    assertEquals(duplicateAck(it, una, 20_000, false), said, `${una}, ${sack ? "with" : "without"} SACK`);
  }
});

Deno.test("duplicateAck() after a timeout is counted, and no more", () => {
  for (const sack of [false, true]) {
    const it = state({ cwnd: 2000, sack, phase: "loss", recoveryPoint: 10_000 });
    assertEquals([1, 2, 3, 4].map(() => duplicateAck(it, 2000, 10_000, sack)), ["wait", "wait", "wait", "wait"]);
    assertEquals([it.phase, it.cwnd], ["loss", 2000]);
  }
});

Deno.test("newAck(): two losses in one window are two retransmissions and one reduction (RFC 6582 §3.2)", () => {
  // Ten segments, the first and the fifth lost: nine less one duplicates.
  const it = state({ cwnd: 10_000 });
  for (let i = 0; i < 8; i++) duplicateAck(it, 0, 10_000, false);
  assertEquals([it.cwnd, it.ssthresh], [5000 + 3000 + 5000, 5000]);
  // The retransmission of the first brings an acknowledgment up to the fifth: partial.
  assertEquals(newAck(it, 4000, 4000, 12_000, 0), "resend");
  assertEquals(look(it), ["recovery", 0, 13_000 - 4000 + 1000, 5000, 10_000]);
  // And that of the fifth everything up to `recover`, and beyond: 2000 are in flight, so the window deflates to 3000 and not to 5000.
  assertEquals(newAck(it, 10_000, 6000, 12_000, 0), "wait");
  assertEquals(look(it), ["open", 0, 3000, 5000, 10_000]);
});

Deno.test("newAck(): recovery's end deflates to ssthresh where as much is in flight", () => {
  const it = state({ phase: "recovery", cwnd: 13_000, ssthresh: 5000, recoveryPoint: 10_000 });
  newAck(it, 10_000, 10_000, 18_000, 0);
  assertEquals([it.phase, it.cwnd], ["open", 5000]);
});

Deno.test("newAck(): a partial one of less than a segment only deflates, and never below one segment", () => {
  const it = state({ phase: "recovery", cwnd: 8000, ssthresh: 5000, recoveryPoint: 10_000 });
  newAck(it, 400, 400, 10_000, 0);
  assertEquals(it.cwnd, 7600);
  newAck(it, 9900, 9500, 12_000, 0);
  assertEquals(it.cwnd, 1000);
});

Deno.test("newAck() with SACK: a partial one is nothing to cwnd, a whole one ends recovery", () => {
  const it = state({ sack: true, phase: "recovery", cwnd: 5000, ssthresh: 5000, recoveryPoint: 10_000 });
  assertEquals(newAck(it, 4000, 4000, 12_000, 0), "wait");
  assertEquals([it.phase, it.cwnd], ["recovery", 5000]);
  assertEquals(newAck(it, 10_000, 6000, 12_000, 0), "wait");
  assertEquals([it.phase, it.cwnd], ["open", 5000]);
});

Deno.test("newAck() opens the window by slow start below ssthresh and by the algorithm from there on, if it was used", () => {
  const grown = (members: Partial<CongestionState>): number => {
    const it = state({ cwnd: 4000, dupAcks: 2, ...members });
    newAck(it, 1000, 1000, 4000, 0);
    assertEquals(it.dupAcks, 0);
    return it.cwnd;
  };
  assertEquals(grown({}), 5000);
  assertEquals(grown({ limited: false }), 4000);
  assertEquals(grown({ ssthresh: 4000 }), 4000);
  assertEquals(grown({ ssthresh: 4000, bytesAcked: 3000 }), 5000);
  assertEquals(grown({ ssthresh: 4000, bytesAcked: 3000, algorithm: "cubic" }) > 4000, true);
});

Deno.test("timedOut() leaves one segment, half of what was in flight as ssthresh, and nothing of this window to notice again", () => {
  const it = state({ cwnd: 20_000, dupAcks: 2, bytesAcked: 500 });
  timedOut(it, 5000, 25_000, false);
  assertEquals(look(it), ["loss", 0, 1000, 10_000, 25_000]);
  timedOut(it, 5000, 25_000, true);
  assertEquals(it.ssthresh, 10_000, "the same segment again");
  assertEquals(newAck(it, 6000, 1000, 25_000, 0), "wait");
  timedOut(it, 6000, 25_000, false);
  assertEquals(it.ssthresh, 9500, "another one: a second loss");
});

Deno.test("newAck() after a timeout is slow start, until everything is acknowledged and ssthresh is reached", () => {
  const it = state({ cwnd: 8000 });
  timedOut(it, 0, 8000, false);
  const seen = [1000, 2000, 3000, 4000, 8000].map((una, i, all) => {
    newAck(it, una, una - (all[i - 1] ?? 0), 8000, 0);
    return [it.phase, it.cwnd];
  });
  assertEquals(seen, [["loss", 2000], ["loss", 3000], ["loss", 4000], ["loss", 4000], ["open", 5000]]);
});

Deno.test("a timeout in recovery ends it", () => {
  const it = state({ phase: "recovery", cwnd: 9000, ssthresh: 5000, recoveryPoint: 10_000 });
  timedOut(it, 0, 12_000, false);
  assertEquals(look(it), ["loss", 0, 1000, 6000, 12_000]);
});

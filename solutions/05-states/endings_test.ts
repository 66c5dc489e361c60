import { assertEquals } from "@std/assert";
import type { TcpState } from "../../stack/contract/tcb.ts";
import { seqAdd } from "../../stack/wire/seq.ts";
import { ACK, RST } from "../../stack/wire/tcp_flags.ts";
import { newTcb, recordEffects } from "../../tools/testing/tcp_records.ts";
import { abort, close, createChallengeLimit } from "./endings.ts";

const TCB = newTcb();

Deno.test("close() queues the FIN where something may still be sent", () => {
  for (const state of ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT"] as const) {
    const tcb = newTcb({ state });
    const { effects, take } = recordEffects();
    close(tcb, effects);
    assertEquals([take(), tcb.finQueued, tcb.finSent, tcb.state], [[["event", "close"]], true, false, state], state);
  }
});

Deno.test("close() ends a connection to which nobody has answered yet, without a FIN", () => {
  for (const state of ["LISTEN", "SYN-SENT"] as const) {
    const tcb = newTcb({ state });
    const { effects, take } = recordEffects();
    close(tcb, effects);
    assertEquals([take(), tcb.finQueued], [[["event", "close"]], false], state);
  }
});

Deno.test("close() changes nothing where we have closed already", () => {
  for (const state of ["CLOSED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT"] as const) {
    const tcb = newTcb({ state, finQueued: state !== "CLOSED" });
    const { effects, take } = recordEffects();
    close(tcb, effects);
    assertEquals([take(), tcb], [[], newTcb({ state, finQueued: state !== "CLOSED" })], state);
  }
});

Deno.test("abort() tells a peer that may still send, and nobody else", () => {
  const told: TcpState[] = ["SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"];
  const silent: TcpState[] = ["LISTEN", "SYN-SENT", "CLOSING", "LAST-ACK", "TIME-WAIT"];
  for (const state of [...told, ...silent]) {
    const { effects, take } = recordEffects();
    abort(newTcb({ state }), effects);
    const reset = told.includes(state) ? [["send", RST | ACK, TCB.sndNxt, TCB.rcvNxt]] : [];
    assertEquals(take(), [...reset, ["event", "abort"], ["fail", "aborted"]], state);
  }
});

Deno.test("abort() sends its RST at the next number, where a peer by RFC 5961 believes it", () => {
  const { effects, take } = recordEffects();
  abort(newTcb({ sndUna: seqAdd(TCB.iss, 51), finReceived: true, state: "CLOSE-WAIT" }), effects);
  assertEquals(take()[0], ["send", RST | ACK, TCB.sndNxt, TCB.rcvNxt]);
});

Deno.test("abort() of what is closed does nothing", () => {
  const { effects, take } = recordEffects();
  abort(newTcb({ state: "CLOSED" }), effects);
  assertEquals(take(), []);
});

Deno.test("createChallengeLimit() allows so many in each interval, and none more", () => {
  const challenges = createChallengeLimit(3, 1000);
  const allowed = (now: number): boolean => challenges.allow(now);
  assertEquals([100, 100, 500, 600, 1099].map(allowed), [true, true, true, false, false]);
  assertEquals([1100, 1101, 1102, 1103, 2099].map(allowed), [true, true, true, false, false]);
  assertEquals([9_999_999, 9_999_999, 9_999_999, 9_999_999].map(allowed), [true, true, true, false]);
});

Deno.test("createChallengeLimit() of 0 never allows; two limits do not share", () => {
  const none = createChallengeLimit(0, 1000);
  const one = createChallengeLimit(1, 1000);
  assertEquals([none.allow(0), none.allow(5000), one.allow(0), one.allow(0)], [false, false, true, false]);
});

Deno.test("createChallengeLimit() holds a storm of 100 000 to its bound", () => {
  const challenges = createChallengeLimit(10, 5000);
  let sent = 0;
  for (let i = 0; i < 100_000; i++) if (challenges.allow(i / 10)) sent++; // ten seconds
  assertEquals(sent, 20);
});

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { ChannelFacts } from "../../stack/contract/selector.ts";
import { ACCEPT, CONNECT, READ, WRITE } from "../../stack/wire/readiness.ts";
import { acceptOutcome, connectOutcome, readinessOf, readOutcome, writeOutcome } from "./readiness.ts";

const QUIET: ChannelFacts = { role: "connected", waiting: 0, readable: 0, ended: false, room: 0, shut: false, failure: undefined };

/** Every combination of facts that there can be, with small numbers. */
function* everyChannel(): Generator<ChannelFacts> {
  for (const failure of [undefined, "ECONNRESET"] as const) {
    for (const waiting of [0, 1, 5]) yield { ...QUIET, role: "listening", waiting, failure };
    yield { ...QUIET, role: "connecting", failure };
    for (const readable of [0, 1, 9]) {
      for (const room of [0, 1, 9]) {
        for (const ended of [false, true]) for (const shut of [false, true]) yield { ...QUIET, readable, room, ended, shut, failure };
      }
    }
  }
}

Deno.test("readinessOf() says for each call whether it would not answer EAGAIN", () => {
  for (const facts of everyChannel()) {
    const ready = readinessOf(facts);
    if (facts.role === "listening") assertStrictEquals((ready & ACCEPT) !== 0, acceptOutcome(facts) !== "EAGAIN");
    else {
      assertStrictEquals((ready & CONNECT) !== 0, connectOutcome(facts) !== "EAGAIN");
      assertStrictEquals((ready & READ) !== 0, readOutcome(facts, 5) !== "EAGAIN");
      assertStrictEquals((ready & WRITE) !== 0, writeOutcome(facts, 5) !== "EAGAIN");
    }
    if (facts.failure !== undefined) assertStrictEquals(ready, ACCEPT | CONNECT | READ | WRITE);
  }
});

Deno.test("readOutcome() and writeOutcome() count no more than is wanted, and no more than there is", () => {
  for (const facts of everyChannel()) {
    for (const wanted of [1, 5, 100]) {
      const [read, written] = [readOutcome(facts, wanted), writeOutcome(facts, wanted)];
      if (typeof read === "number") assert(read <= wanted && read <= facts.readable && (read > 0 || facts.ended));
      if (typeof written === "number") assert(written > 0 && written <= wanted && written <= facts.room);
    }
  }
});

Deno.test("readOutcome() gives bytes, then the reason, then the end, then EAGAIN", () => {
  const reset: ChannelFacts = { ...QUIET, readable: 7, ended: true, failure: "ECONNRESET" };
  assertEquals(
    [reset, { ...reset, readable: 0 }, { ...QUIET, ended: true }, QUIET].map((facts) => readOutcome(facts, 100)),
    [7, "ECONNRESET", 0, "EAGAIN"],
  );
});

Deno.test("the wrong call has a name: EINVAL, ENOTCONN, EPIPE", () => {
  const listening: ChannelFacts = { ...QUIET, role: "listening", waiting: 1 };
  assertEquals([acceptOutcome(QUIET), connectOutcome(listening)], ["EINVAL", "EINVAL"]);
  assertEquals([readOutcome(listening, 1), writeOutcome(listening, 1)], ["ENOTCONN", "ENOTCONN"]);
  assertEquals(writeOutcome({ ...QUIET, shut: true, room: 9 }, 1), "EPIPE");
  assertEquals([acceptOutcome(listening), connectOutcome(QUIET)], [1, 0]);
});

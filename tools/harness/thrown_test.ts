import { assert, assertEquals } from "@std/assert";
import { CheckFailed } from "./failure.ts";
import { failureOf } from "./thrown.ts";

function symbolOf(...at: string[]): string | undefined {
  const failure = failureOf({ name: "RangeError", message: "Cannot hold 2 bytes", at }, undefined);
  assert(failure instanceof CheckFailed);
  return failure.symbol;
}

Deno.test("failureOf() finds the lab's function that an exception belongs to", () => {
  assertEquals(symbolOf("inner (labs/03-ip/icmp.ts:1)", "writeIcmp (labs/03-ip/icmp.ts:2)"), "writeIcmp");
  assertEquals(symbolOf("slowStart (labs/08-congestion/window.ts:1)", "newAck (labs/08-congestion/recovery.ts:2)"), "slowStart");
  const insert = "RingReceiveBuffer.insert (labs/06-buffers/receive_buffer.ts:1)";
  assertEquals(symbolOf(insert, "takeText (solutions/05-states/steps.ts:2)"), "createReceiveBuffer.insert"); // another lab's function had called it
  assertEquals(symbolOf("firstTouching (labs/06-buffers/receive_buffer.ts:9)", insert), "createReceiveBuffer.insert");
});

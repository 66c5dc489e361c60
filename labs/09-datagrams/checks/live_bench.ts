/** What live checks do again and again. */
import { amount } from "../../../tools/harness/samples.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

export { line, summingToZero } from "./wire_bench.ts";

/** A port of the kernel's that nobody has: a check that failed half-way may still hold another. */
export function anyFreePort(t: Trial): number {
  return t.random.int(2000, 30_000);
}

/** These datagrams must have come, one by one, in this order: UDP promises none, but a wire without detours has one. */
export function expectEach(t: Trial, got: readonly Uint8Array[], wanted: readonly Uint8Array[], what: string): void {
  t.ok(got.length === wanted.length, `${what}: ${amount(wanted.length, "datagram")}`, amount(got.length, "datagram"));
  for (const [index, bytes] of wanted.entries()) t.equal(got[index], bytes, `${what}, datagram ${index + 1}`);
}

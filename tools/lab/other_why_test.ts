import { assertEquals, assertMatch } from "@std/assert";
import { Transcript } from "../harness/transcript.ts";
import { suite } from "../harness/suite.ts";
import type { Check } from "../harness/suite.ts";
import type { Failure } from "./failure_report.ts";
import { givenAway, otherWhy } from "./other_why.ts";

function failure(got: string, fields: readonly string[] = [], why = "How far a packet may go is its sender's decision."): Failure {
  const spec = {
    title: "packets leave with the TTL that the host was set up with",
    kind: "scenario" as const,
    covers: [],
    look: ["writeIpv4"],
    why,
    hints: ["One.", "Two.", "Three."] as const,
    run: () => Promise.resolve(),
  };
  const check = suite({ lab: 3, visibility: "public", groups: { ttl: { sent: spec } } }).checks[0] as Check;
  const mismatches = fields.map((field) => ({ field, expected: "1", got: "2" }));
  return {
    check,
    seed: 1,
    milliseconds: 2,
    transcript: new Transcript(),
    verdict: { outcome: "failed", expected: "a TTL of 255", got, mismatches, complaints: [] },
  };
}

Deno.test("otherWhy() says what a wrong checksum stands in the way of, where the check's own Why has no word for it", () => {
  assertMatch(otherWhy(failure("a packet", ["IPv4 header checksum"]), "writeIpv4") ?? "", /left with a wrong checksum/);
  assertMatch(otherWhy(failure("nothing (your stack counted: ip: bad header checksum ×1)"), undefined) ?? "", /refused for its checksum/);
  assertMatch(otherWhy(failure("nothing within 20 ms (your stack counted: icmp: bad icmp checksum ×12)"), undefined) ?? "", /refused/);
  assertMatch(otherWhy(failure('"bad icmp checksum"'), undefined) ?? "", /refused for its checksum/);
  assertMatch(otherWhy(failure("Ethernet type 0x88b5, 46 bytes, with a wrong FCS"), undefined) ?? "", /ends with an FCS/);
  assertMatch(otherWhy(failure("Error: Cannot release a frame: more were given back than were lent"), undefined) ?? "", /goes back once/);
});

Deno.test("otherWhy() leaves the check its own Why where another field differs too, where other drops were counted, and where it fits", () => {
  assertEquals(otherWhy(failure("a packet", ["IPv4 header checksum", "IPv4 time to live"]), "writeIpv4"), undefined);
  assertEquals(otherWhy(failure("nothing (your stack counted: icmp: bad icmp checksum ×1, icmp: truncated ×1)"), undefined), undefined);
  assertEquals(otherWhy(failure("a packet", ["ICMP checksum"], "The checksum covers the data."), "writeIcmp"), undefined);
  const own = failure("a packet", ["ICMP checksum"]);
  assertEquals(otherWhy({ ...own, verdict: { ...own.verdict, topic: { why: "A part.", look: [] } } }, "writeIcmp"), undefined);
});

Deno.test("givenAway() names the function that keeps frames, where one was given back twice, and the one that forbids errors, where one was missed", () => {
  assertEquals(givenAway(failure("Error: Cannot release a frame: more were given back than were lent")), "createReassembly");
  assertEquals(givenAway(failure("nothing (your stack counted: ip: no protocol ×1, icmp: no error allowed ×1)")), "mayReport");
  assertEquals(givenAway(failure("nothing")), undefined);
});

/** What the RFCs leave open, and what only looks like it. */
import { assertEquals, assertMatch } from "@std/assert";
import type { TcpPacket } from "../packetdrill/script.ts";
import { align } from "./align.ts";
import { judgeDifferences } from "./differences.ts";
import type { Recorded } from "./record.ts";

function segment(
  kind: "in" | "out",
  milliseconds: number,
  fields: Partial<TcpPacket> & { from?: number; length?: number },
  behind = 0,
): Recorded {
  const { from = 1, length = 0, ...rest } = fields;
  const packet: TcpPacket = {
    protocol: "tcp",
    flags: ".",
    seq: { from, to: from + length, length },
    ack: 1,
    window: 1000,
    options: [],
    ...rest,
  };
  const step = kind === "in" ? `step ${milliseconds}` : "";
  return { kind, time: milliseconds * 1000, text: `${packet.flags} ${from}`, step, behind, packet, connection: "connection 1" };
}

/** The aspects that differ between two machines: which are allowed, and which are not. */
function judged(base: readonly Recorded[], own: readonly Recorded[]): { allowed: string[]; not: string[] } {
  const differences = judgeDifferences(align([base, own]), [{ happenings: base }, { happenings: own }], 1000);
  return {
    allowed: differences.flatMap(({ aspect, allowed }) => allowed === undefined ? [] : [`${aspect}: ${allowed}`]),
    not: differences.flatMap(({ aspect, allowed }) => allowed === undefined ? [aspect] : []),
  };
}

Deno.test("whyAllowed() lets a window be what it likes, but not closed where the other's is open", () => {
  const found = judged([segment("out", 0, { window: 1000 })], [segment("out", 0, { window: 64240 })]);
  assertMatch(found.allowed.join(), /^window: RFC 9293 §3.8.6 /);
  assertEquals(judged([segment("out", 0, { window: 1000 })], [segment("out", 0, { window: 0 })]).not, ["window"]);
});

Deno.test("whyAllowed() lets a SYN offer, and an answer only what was offered", () => {
  const plain = segment("out", 0, { flags: "S", options: [{ kind: "mss", value: 1460 }] });
  const offering = segment("out", 0, {
    flags: "S",
    options: [{ kind: "mss", value: 1460 }, { kind: "sackOK" }, { kind: "wscale", value: 7 }],
  });
  assertEquals(judged([plain], [offering]).not, []);
  const offered = segment("in", 0, { flags: "S", options: [{ kind: "sackOK" }] });
  const bare = segment("out", 1, { flags: "S.", options: [] }, 1);
  const answer = segment("out", 1, { flags: "S.", options: [{ kind: "sackOK" }] }, 1);
  assertEquals(judged([offered, bare], [offered, answer]).not, []);
  const silent = segment("in", 0, { flags: "S" });
  assertEquals(judged([silent, bare], [silent, answer]).not, ["option sackOK"]);
});

Deno.test("whyAllowed() lets an ACK be late by less than half a second", () => {
  const text = segment("in", 0, { length: 100 });
  const at = (milliseconds: number) => [text, segment("out", milliseconds, { ack: 101 }, 1)];
  assertEquals(judged(at(0), at(200)).not, []);
  assertEquals(judged(at(0), at(700)).not, ["time"]);
  assertEquals(judged(at(0), [text]).not, ["packet"]);
});

Deno.test("whyAllowed() lets one ACK stand for two segments", () => {
  const heard = [segment("in", 0, { length: 100 }), segment("in", 1, { from: 101, length: 100 })] as const;
  const each = [heard[0], segment("out", 0, { ack: 101 }, 1), heard[1], segment("out", 1, { ack: 201 }, 2)];
  const one = [heard[0], heard[1], segment("out", 1, { ack: 201 }, 2)];
  assertEquals(judged(each, one).not, []);
  assertEquals(judged(one, each).not, []);
});

Deno.test("whyAllowed() lets text be cut and pushed in any way, but not end elsewhere", () => {
  const whole = [segment("out", 0, { flags: "P.", length: 200 })];
  const parts = [segment("out", 0, { length: 100 }), segment("out", 0, { flags: "P.", from: 101, length: 100 })];
  assertEquals(judged(whole, parts).not, []);
  assertEquals(judged(parts, whole).not, []);
  assertEquals(judged(whole, [segment("out", 0, { flags: "P.", length: 150 })]).not, ["length"]);
});

Deno.test("whyAllowed() lets a retransmission come at another time, but not never", () => {
  const sent = (...times: number[]) => times.map((time) => segment("out", time, { flags: "P.", length: 100 }));
  assertEquals(judged(sent(0, 200, 600), sent(0, 1000)).not, []);
  assertEquals(judged(sent(0, 1000), sent(0)).not, ["packet"]);
  const acknowledged = segment("in", 500, { ack: 101 });
  assertEquals(judged([...sent(0, 200), acknowledged], [...sent(0), acknowledged]).not, []);
});

Deno.test("whyAllowed() lets a FIN go with text or alone, but not be left out", () => {
  const together = [segment("out", 0, { flags: "FP.", length: 100 })];
  const apart = [segment("out", 0, { flags: "P.", length: 100 }), segment("out", 0, { flags: "F.", from: 101 })];
  assertEquals(judged(together, apart).not, []);
  assertEquals(judged(apart, together).not, []);
  assertEquals(judged(together, [segment("out", 0, { flags: "P.", length: 100 })]).not, ["flags"]);
});

Deno.test("whyAllowed() lets SACK blocks follow the first in any way", () => {
  const blocks = (...edges: [number, number][]) => [
    segment("out", 0, { options: [{ kind: "sack", blocks: edges.map(([from, to]) => ({ from, to })) }] }),
  ];
  assertEquals(judged(blocks([5, 9], [20, 30]), blocks([5, 9])).not, []);
  assertEquals(judged(blocks([5, 9], [20, 30]), blocks([20, 30], [5, 9])).not, ["option sack"]);
});

Deno.test("whyAllowed() knows no excuse for numbers and flags", () => {
  assertEquals(judged([segment("out", 0, { ack: 2 })], [segment("out", 0, { ack: 1 })]).not, ["ack"]);
  assertEquals(judged([segment("out", 0, { flags: "F." })], [segment("out", 0, { flags: "." })]).not, ["flags"]);
  assertEquals(judged([segment("out", 0, { flags: "R.", ack: 5 })], [segment("out", 0, { flags: "R", ack: undefined })]).not, []);
});

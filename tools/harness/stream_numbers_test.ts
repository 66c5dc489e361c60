/** Numbers in a transcript count from each side's SYN. */
import { assertEquals } from "@std/assert";
import { describe } from "../../stack/wire/describe.ts";
import { ipv4, tcp } from "./packets.ts";
import { countedFrom, StreamNumbers } from "./stream_numbers.ts";

const A = { source: "10.44.0.1", destination: "10.44.0.2", sourcePort: 40_001, destinationPort: 80 };
const B = { source: "10.44.0.2", destination: "10.44.0.1", sourcePort: 80, destinationPort: 40_001 };

/** What is said of each of these segments, one after the other: side, flags, number, acknowledgment. */
function said(segments: readonly (readonly [typeof A, string, number, number])[], numbers = new StreamNumbers()): string[] {
  return segments.map(([side, flags, seq, ack]) => {
    const packet = ipv4({ protocol: 6, ...side }, tcp({ ...side, flags, seq: seq >>> 0, ack: ack >>> 0 }));
    const begins = numbers.take(packet, "ip");
    return countedFrom(describe(packet, "ip"), begins ?? { sender: 0, receiver: 0 }).replace(/^TCP :\d+ → :\d+ | win \d+/g, "");
  });
}

Deno.test("StreamNumbers counts from the SYNs, across the wrap, and says of what is far off what the header says", () => {
  assertEquals(
    said([
      [A, "SYN", -2, 0],
      [B, "SYN ACK", 5000, -1],
      [A, "ACK", -1, 5001],
      [A, "FIN ACK", 9, 5001],
      [B, "RST", 0, 0],
    ]),
    ["SYN seq 0", "SYN ACK seq 0 ack 1", "ACK seq 1 ack 1", "FIN ACK seq 11 ack 1", "RST seq 0 (absolute)"],
  );
});

Deno.test("a SYN that is not answered begins nothing anew, one that is does", () => {
  const numbers = new StreamNumbers();
  assertEquals(said([[A, "SYN", 100, 0], [B, "SYN ACK", 700, 101], [A, "SYN", 300, 0], [B, "ACK", 701, 101]], numbers), [
    "SYN seq 0",
    "SYN ACK seq 0 ack 1",
    "SYN seq 200",
    "ACK seq 1 ack 1",
  ]);
  assertEquals(said([[A, "SYN", 9000, 0], [B, "SYN ACK", 800, 9001], [A, "ACK", 9001, 801]], numbers), [
    "SYN seq 8900",
    "SYN ACK seq 0 ack 1",
    "ACK seq 1 ack 1",
  ]);
});

Deno.test("countedFrom() counts SACK blocks in the stream of the one who sent what they hold", () => {
  const segment = tcp({ ...A, flags: "ACK", seq: 501, ack: 8001, window: 9, options: { sack: [[9001, 10_001], [12_001, 13_001]] } });
  const line = describe(ipv4({ protocol: 6, ...A }, segment), "ip");
  assertEquals(countedFrom(line, { sender: 500, receiver: 8000 }), "TCP :40001 → :80 ACK seq 1 ack 1 win 9 sack 1001–2001 4001–5001");
});

Deno.test("declare() gives a sender a beginning that sends no SYN", () => {
  const numbers = new StreamNumbers();
  const packet = ipv4({ protocol: 6, ...A }, tcp({ ...A, flags: "ACK", seq: 500, ack: 7 }));
  assertEquals(said([[A, "ACK", 500, 7]], numbers), ["ACK seq 500 (absolute) ack 7 (absolute)"]);
  numbers.declare(packet, "ip", 499);
  assertEquals(said([[A, "ACK", 500, 7]], numbers), ["ACK seq 1 ack 7 (absolute)"]);
});

/** The far end, given segments by hand. */
import { assertEquals } from "@std/assert";
import { ipv4, tcp } from "../harness/packets.ts";
import { readSegment, type SeenSegment } from "../harness/tcp_segment.ts";
import { Receiver } from "./receiver.ts";

const ISS = 0xffff_ff00;

/** A receiver that has seen a SYN with everything in it, and what it says to segments of 100 bytes at these offsets. */
function answers(...offsets: number[]): SeenSegment[] {
  const receiver = new Receiver(() => 7, true);
  const packet = (fields: object, length = 0): Uint8Array =>
    ipv4({ protocol: 6, source: "10.44.0.2", destination: "10.44.0.1" }, tcp({ ...fields, sourcePort: 50_000 }, new Uint8Array(length)));
  receiver.take(packet({ seq: ISS, flags: "SYN", options: { mss: 1460, sackPermitted: true, windowScale: 7, timestamps: [1, 0] } }));
  return offsets.map((offset) => {
    const segment = packet({ seq: (ISS + 1 + offset) >>> 0, flags: "ACK", options: { timestamps: [offset + 10, 7] } }, 100);
    return readSegment(receiver.take(segment)?.packet as Uint8Array, false);
  });
}

/** Where an acknowledgment and its blocks lie, as offsets. */
function places({ ack, sack }: SeenSegment): unknown[] {
  const offset = (number: number): number => (number - ISS - 1) | 0;
  return [offset(ack), ...sack.map(([from, to]) => [offset(from), offset(to)])];
}

Deno.test("Receiver.take() acknowledges each segment at once, and tells of what lies beyond a gap, the latest first", () => {
  assertEquals(answers(0, 200, 400, 300, 100, 100).map(places), [
    [100],
    [100, [200, 300]],
    [100, [400, 500], [200, 300]],
    [100, [200, 500]],
    [500],
    [500],
  ]);
});

Deno.test("Receiver.take() echoes the timestamp of what filled the gap, and of nothing beyond one (RFC 7323 §4.3)", () => {
  assertEquals(answers(0, 200, 100).map(({ timestamps }) => timestamps?.[1]), [10, 10, 110]);
});

import { assertEquals } from "@std/assert";
import { arp, ethernet, fcs, icmpEcho, ipv4, pad, pattern } from "../../tools/harness/packets.ts";
import { Frame } from "../wire/frame.ts";
import { createPair } from "./pair.ts";
import { formatTrace, trace, type TraceEvent } from "./trace.ts";

Deno.test("trace() records every packet in words, with its time, its direction and what is wrong with it", () => {
  let now = 0;
  const lines: string[] = [];
  const [left, right] = createPair({ queueLimit: 2 });
  const device = trace(left, { clock: () => now, record: (event) => lines.push(formatTrace(event)) });
  const frame = new Frame();
  right.send(Frame.of(fcs(pad(ethernet({ etherType: 0x0806 }, arp()), 60))));
  now = 3.25;
  device.receive(frame);
  device.receive(frame);
  now = 1002;
  const bad = ipv4({ headerChecksum: 0x3af1 }, icmpEcho({ id: 7, seq: 1, reply: true }, pattern(57)));
  for (let count = 0; count < 3; count++) device.send(Frame.of(fcs(ethernet({}, bad))));
  assertEquals(lines, [
    "     3.250 ms  ◀── ARP who has 10.44.0.2? tell 10.44.0.1",
    "  1002.000 ms  ──▶ ICMP echo reply id 7 seq 1, 57 bytes   ✘ header checksum 0x3af1, should be 0x664e",
    "  1002.000 ms  ──▶ ICMP echo reply id 7 seq 1, 57 bytes   ✘ header checksum 0x3af1, should be 0x664e",
    "  1002.000 ms  ──▶ ICMP echo reply id 7 seq 1, 57 bytes   ✘ header checksum 0x3af1, should be 0x664e · not sent: the device refused it",
  ]);
});

Deno.test("trace() leaves packets and answers of the device alone", () => {
  const events: TraceEvent[] = [];
  const [left, right] = createPair({ medium: "ip", queueLimit: 1 });
  const device = trace(left, { clock: () => 0, record: (event) => events.push(event) });
  const packet = ipv4({}, icmpEcho());
  const frame = Frame.of(packet);
  assertEquals([device.send(frame), device.send(frame)], [true, false]);
  assertEquals(frame.toBytes(), packet);
  assertEquals(right.receive(frame), true);
  assertEquals(frame.toBytes(), packet);
  assertEquals(device.receive(frame), false);
  assertEquals(events.map((event) => event.carried), [true, false]);
});

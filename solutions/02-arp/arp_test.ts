import { assert, assertEquals } from "@std/assert";
import type { ArpPacket, ArpReject } from "../../stack/contract/arp.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { BROADCAST_MAC, type MacAddress, parseMac, ZERO_MAC } from "../../stack/wire/mac_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { parseArp, writeArp } from "./arp.ts";

/** A request as tcpdump shows it: who has 10.44.0.2? tell 10.44.0.1. */
const REQUEST_BYTES = Uint8Array.from(
  "00 01 08 00 06 04 00 01 02 00 00 00 00 01 0a 2c 00 01 00 00 00 00 00 00 0a 2c 00 02".split(" "),
  (hex) => Number.parseInt(hex, 16),
);
const REQUEST: ArpPacket = {
  operation: 1,
  senderMac: parseMac("02:00:00:00:00:01"),
  senderIp: parseIpv4Address("10.44.0.1"),
  targetMac: ZERO_MAC,
  targetIp: parseIpv4Address("10.44.0.2"),
};

/** A frame whose packet is the very last of its buffer: a read past the end of the packet is a RangeError. */
function atTheEnd(packet: Uint8Array): Frame {
  const frame = new Frame(packet.length, 0);
  frame.bytes.set(packet);
  frame.end = packet.length;
  return frame;
}

/** The request with some bytes replaced. */
function changed(changes: Record<number, number>): Frame {
  const bytes = REQUEST_BYTES.slice();
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return atTheEnd(bytes);
}

Deno.test("parseArp() reads every field", () => {
  assertEquals(parseArp(atTheEnd(REQUEST_BYTES)), REQUEST);
  assertEquals(parseArp(changed({ 7: 2, 18: 0xfe, 19: 0xff, 23: 0x80, 14: 0xff, 24: 0xc0 })), {
    ...REQUEST,
    operation: 2,
    senderIp: parseIpv4Address("255.44.0.1"),
    targetMac: parseMac("fe:ff:00:00:00:80"),
    targetIp: parseIpv4Address("192.44.0.2"),
  });
});

Deno.test("parseArp() changes nothing and does not care what follows", () => {
  const padded = new Uint8Array(46).fill(0xff);
  padded.set(REQUEST_BYTES);
  const frame = atTheEnd(padded);
  assertEquals(parseArp(frame), REQUEST);
  assertEquals([frame.start, frame.end], [0, 46]);
  assertEquals(frame.bytes, padded);
});

Deno.test("parseArp() names the first fault", () => {
  const rejects: [Record<number, number>, ArpReject][] = [
    [{ 0: 1 }, "bad hardware type"],
    [{ 1: 6 }, "bad hardware type"],
    [{ 2: 0x86, 3: 0xdd }, "bad protocol type"],
    [{ 4: 5 }, "bad address length"],
    [{ 4: 7 }, "bad address length"],
    [{ 4: 0 }, "bad address length"],
    [{ 5: 3 }, "bad address length"],
    [{ 5: 16 }, "bad address length"],
    [{ 4: 4, 5: 6 }, "bad address length"],
    [{ 6: 1 }, "bad operation"],
    [{ 7: 0 }, "bad operation"],
    [{ 7: 3 }, "bad operation"],
    [{ 8: 0x01 }, "group sender"],
    [{ 8: 0xff, 9: 0xff, 10: 0xff, 11: 0xff, 12: 0xff, 13: 0xff }, "group sender"],
    [{ 1: 6, 3: 1, 4: 0, 7: 9, 8: 1 }, "bad hardware type"],
    [{ 3: 1, 4: 0, 7: 9, 8: 1 }, "bad protocol type"],
    [{ 4: 0, 7: 9, 8: 1 }, "bad address length"],
    [{ 7: 9, 8: 1 }, "bad operation"],
  ];
  for (const [changes, reject] of rejects) assertEquals(parseArp(changed(changes)), reject, JSON.stringify(changes));
  assertEquals(parseArp(atTheEnd(new Uint8Array(28).fill(0xff))), "bad hardware type");
});

Deno.test("parseArp() calls every shorter packet truncated", () => {
  for (let length = 0; length < REQUEST_BYTES.length; length++) {
    assertEquals(parseArp(atTheEnd(REQUEST_BYTES.slice(0, length))), "truncated", `${length} bytes`);
  }
  // The buffer goes on; the packet does not.
  const frame = atTheEnd(REQUEST_BYTES);
  frame.end--;
  assertEquals(parseArp(frame), "truncated");
});

Deno.test("parseArp() takes 100,000 random packets without throwing", () => {
  const random = createRandom(826);
  const seen = new Map<string, number>();
  for (let i = 0; i < 100_000; i++) {
    const packet = random.bytes(random.chance(0.2) ? random.int(0, 27) : random.int(28, 64));
    // Random bytes alone would hardly get past the first field.
    const good = random.int(0, 8);
    packet.set(REQUEST_BYTES.subarray(0, Math.min(good, packet.length)));
    const result = parseArp(atTheEnd(packet));
    const name = typeof result === "string" ? result : "good";
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  for (
    const name of ["good", "truncated", "bad hardware type", "bad protocol type", "bad address length", "bad operation", "group sender"]
  ) {
    assert((seen.get(name) ?? 0) > 100, `${name} came ${seen.get(name) ?? 0} times`);
  }
});

Deno.test("writeArp() writes the bytes that parseArp() reads", () => {
  const random = createRandom(5227);
  const mac = (): MacAddress => random.int(0, 2 ** 48 - 1) as MacAddress;
  for (let i = 0; i < 2000; i++) {
    const senderMac = mac();
    const packet: ArpPacket = {
      operation: random.int(1, 2),
      senderMac: (Math.floor(senderMac / 2 ** 40) & 1 ? senderMac - 2 ** 40 : senderMac) as MacAddress,
      senderIp: random.int(0, 2 ** 32 - 1) as ArpPacket["senderIp"],
      targetMac: random.pick([mac(), ZERO_MAC, BROADCAST_MAC]),
      targetIp: random.int(0, 2 ** 32 - 1) as ArpPacket["targetIp"],
    };
    const frame = new Frame();
    frame.bytes.fill(0xa5);
    writeArp(frame, packet);
    assertEquals(frame.length, 28);
    assertEquals(parseArp(frame), packet);
  }
});

Deno.test("writeArp() pushes in front and touches nothing else", () => {
  const frame = new Frame(200, 100);
  frame.bytes.fill(0xa5);
  writeArp(frame, REQUEST);
  assertEquals([frame.start, frame.end], [72, 100]);
  assertEquals(frame.toBytes(), REQUEST_BYTES);
  assert(frame.bytes.every((byte, at) => at >= 72 && at < 100 || byte === 0xa5));
});

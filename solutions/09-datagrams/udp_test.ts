import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Datagram } from "../../stack/contract/datagrams.ts";
import { dissect, fieldOf } from "../../stack/wire/dissect.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address as address } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import * as packets from "../../tools/harness/packets.ts";
import { internetChecksum } from "../03-ip/checksum.ts";
import { failureOf, parseDatagram, writeDatagram } from "./udp.ts";

const SOURCE = address(packets.KERNEL_IP);
const DESTINATION = address(packets.STACK_IP);

/** These bytes as the last ones of a buffer: reading one too many fails. */
function frameOf(bytes: Uint8Array): Frame {
  const frame = new Frame(128 + bytes.length, 128);
  frame.bytes.set(bytes, frame.append(bytes.length));
  return frame;
}

function parse(bytes: Uint8Array): Datagram | string {
  return parseDatagram(frameOf(bytes), SOURCE, DESTINATION, internetChecksum);
}

function good(bytes: Uint8Array): Datagram {
  const datagram = parse(bytes);
  assert(typeof datagram !== "string", `rejected: ${datagram}`);
  return datagram;
}

/** What writeDatagram() makes around this payload, in a buffer full of old bytes. */
function written(payload: Uint8Array, ports: readonly [number, number] = [40_000, 9]): Frame {
  const frame = new Frame(128 + payload.length, 128);
  frame.bytes.fill(0xa5);
  frame.bytes.set(payload, frame.append(payload.length));
  writeDatagram(frame, ...ports, SOURCE, DESTINATION, internetChecksum);
  return frame;
}

Deno.test("parseDatagram() reads ports and payload, and leaves padding alone", () => {
  const bytes = packets.udp({ sourcePort: 0xffff, destinationPort: 53 }, packets.pattern(5));
  assertEquals(good(bytes), { sourcePort: 0xffff, destinationPort: 53, payload: 136, length: 5 });
  assertEquals(good(packets.pad(bytes, 46, 0xee)), { sourcePort: 0xffff, destinationPort: 53, payload: 136, length: 5 });
  assertEquals(good(packets.udp()), { sourcePort: 40_000, destinationPort: 9, payload: 136, length: 0 });
});

Deno.test("parseDatagram() refuses every length that cannot be", () => {
  const whole = packets.udp({}, packets.pattern(20));
  for (let size = 0; size < whole.length; size++) assertEquals(parse(whole.subarray(0, size)), size < 8 ? "too short" : "bad length");
  for (let length = 0; length <= 0xffff; length += length < 40 ? 1 : 997) {
    const verdict = parse(packets.udp({ length, checksum: 0 }, packets.pattern(20)));
    if (length < 8 || length > 28) assertEquals(verdict, "bad length", `${length}`);
    else assertStrictEquals((verdict as Datagram).length, length - 8);
  }
  assertEquals(parse(new Uint8Array(30).fill(0xff)), "bad length");
});

Deno.test("parseDatagram() finds every bit that was changed, addresses included, unless there is no checksum", () => {
  const whole = packets.udp({}, packets.pattern(9));
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const changed = whole.slice();
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ 1 << (bit & 7);
    assert(typeof parse(changed) === "string", `bit ${bit}`);
  }
  assertEquals(parseDatagram(frameOf(whole), SOURCE, address("10.44.0.3"), internetChecksum), "bad checksum");
  assertEquals(parseDatagram(frameOf(whole), address("10.45.0.1"), DESTINATION, internetChecksum), "bad checksum");
  const unsummed = packets.udp({ checksum: 0 }, packets.pattern(9));
  assertStrictEquals((parseDatagram(frameOf(unsummed), DESTINATION, DESTINATION, internetChecksum) as Datagram).length, 9);
});

Deno.test("parseDatagram() takes 100,000 random frames without throwing, and changes none", () => {
  const random = createRandom(9);
  const seen = new Map<string, number>();
  for (let i = 0; i < 100_000; i++) {
    const bytes = random.bytes(random.int(0, 24));
    if (bytes.length > 5 && i % 2 === 0) bytes.set([0, random.int(0, 26)], 4);
    if (bytes.length > 7 && i % 4 === 0) bytes.fill(0, 6, 8);
    const frame = frameOf(bytes);
    const verdict = parseDatagram(frame, SOURCE, DESTINATION, internetChecksum);
    assertEquals([frame.start, frame.end], [128, 128 + bytes.length]);
    if (i % 50 === 0) assertEquals(frame.toBytes(), bytes);
    if (typeof verdict !== "string") assert(verdict.payload === 136 && verdict.payload + verdict.length <= frame.end);
    const name = typeof verdict === "string" ? verdict : "datagram";
    seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  assertEquals([...seen.keys()].sort(), ["bad checksum", "bad length", "datagram", "too short"]);
});

Deno.test("writeDatagram() writes what parseDatagram() and the grader's own reader read", () => {
  const random = createRandom(1);
  for (const size of [0, 1, 2, 1472, 65_507, ...Array.from({ length: 200 }, () => random.int(0, 300))]) {
    const payload = random.bytes(size);
    const ports = [random.int(0, 0xffff), random.int(0, 0xffff)] as const;
    const frame = written(payload, ports);
    const expected = { sourcePort: ports[0], destinationPort: ports[1], payload: 128, length: size };
    assertEquals(parseDatagram(frame, SOURCE, DESTINATION, internetChecksum), expected);
    assertEquals(frame.toBytes(), packets.udp({ sourcePort: ports[0], destinationPort: ports[1] }, payload));
  }
});

Deno.test("writeDatagram() never sends a checksum of 0", () => {
  let turned = 0;
  for (let word = 0; word <= 0xffff; word++) {
    const frame = written(Uint8Array.of(word >> 8, word & 0xff));
    const field = frame.view.getUint16(frame.start + 6);
    assert(field !== 0, `word ${word}`);
    if (field === 0xffff) turned++;
  }
  assertStrictEquals(turned, 1);
  const [, udp] = dissect(packets.ipv4({ protocol: 17 }, written(packets.pattern(3)).toBytes()), "ip");
  assertStrictEquals(udp && fieldOf(udp, "checksum")?.ok, true);
});

Deno.test("failureOf() tells a connected socket what type 3 means, and nothing else to anybody", () => {
  for (let type = 0; type < 256; type++) {
    for (let code = 0; code < 20; code++) {
      assertStrictEquals(failureOf(type, code, false), undefined);
      const meaning = code === 2 || code === 3 ? "refused" : code === 4 ? "too long" : "unreachable";
      assertStrictEquals(failureOf(type, code, true), type === 3 ? meaning : undefined);
    }
  }
});

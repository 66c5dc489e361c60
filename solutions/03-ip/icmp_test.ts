import type { Arrival, Ipv4Interface } from "../../stack/contract/ip.ts";
import { dissect } from "../../stack/wire/dissect.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { icmp, icmpEcho, ipv4, join, pattern, udp } from "../../tools/harness/packets.ts";
import { assert, assertEquals } from "@std/assert";
import { makeEchoReply, mayReport, parseIcmp, writeIcmp, writeIcmpError } from "./icmp.ts";
import { parseIpv4 } from "./ipv4.ts";

/** A frame whose packet ends where its buffer ends: one byte further, and a read throws. */
function atTheEnd(packet: Uint8Array, headroom = 14): Frame {
  const frame = new Frame(headroom + packet.length, headroom);
  frame.bytes.set(packet, frame.append(packet.length));
  return frame;
}

/** An echo request as `ping -s 8 -p ff` of iputils sends it (id 0x2a4d, sequence 1). */
const REQUEST = Uint8Array.of(0x08, 0x00, 0xcd, 0xb1, 0x2a, 0x4d, 0x00, 0x01, ...new Array(8).fill(0xff));

Deno.test("parseIcmp() reads an echo request", () => {
  assertEquals(parseIcmp(atTheEnd(REQUEST)), { type: 8, code: 0, rest: 0x2a4d0001, payload: 22 });
  assertEquals(parseIcmp(atTheEnd(icmp({ type: 255, code: 254, rest: 0xffffffff }))), {
    type: 255,
    code: 254,
    rest: 0xffffffff,
    payload: 22,
  });
});

Deno.test("parseIcmp() rejects every length below 8, and every length that the checksum does not cover", () => {
  const message = icmpEcho({}, Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
  for (let length = 0; length < message.length; length++) {
    assertEquals(parseIcmp(atTheEnd(message.slice(0, length))), length < 8 ? "truncated" : "bad icmp checksum");
  }
});

Deno.test("parseIcmp() sees every single flipped bit", () => {
  const message = icmpEcho({ id: 77, seq: 3 }, pattern(33));
  for (let bit = 0; bit < message.length * 8; bit++) {
    const damaged = message.slice();
    damaged[bit >> 3] = damaged[bit >> 3] as number ^ 0x80 >> bit % 8;
    assertEquals(parseIcmp(atTheEnd(damaged)), "bad icmp checksum");
  }
});

Deno.test("parseIcmp() takes 100 000 random messages and all ones without a throw", () => {
  const random = createRandom(41);
  let good = 0;
  for (let run = 0; run < 100_000; run++) {
    const frame = atTheEnd(random.bytes(random.int(0, 24)), random.int(0, 3));
    const before = frame.bytes.slice();
    const result = parseIcmp(frame);
    if (typeof result !== "string") good++;
    if (run % 1000 === 0) assertEquals(frame.bytes, before);
  }
  assert(good < 100, "a random checksum is right once in 65 536 times");
  assertEquals(parseIcmp(atTheEnd(new Uint8Array(64).fill(0xff))), { type: 255, code: 255, rest: 0xffffffff, payload: 22 });
});

Deno.test("writeIcmp() writes over whatever lay in the headroom", () => {
  const random = createRandom(42);
  for (let run = 0; run < 500; run++) {
    const data = random.bytes(random.int(0, 200));
    const [type, code, rest] = [random.int(0, 255), random.int(0, 255), random.int(0, 0xffff_ffff)];
    const frame = new Frame(512, random.int(8, 30));
    frame.bytes.fill(0xa5);
    frame.bytes.set(data, frame.append(data.length));
    writeIcmp(frame, type, code, rest);
    assertEquals(frame.toBytes(), icmp({ type, code, rest }, data));
  }
});

Deno.test("makeEchoReply() changes the type and the checksum, and nothing else", () => {
  const random = createRandom(43);
  for (let run = 0; run < 500; run++) {
    const [id, seq, data] = [random.int(0, 65535), random.int(0, 65535), random.bytes(random.int(0, 100))];
    const frame = atTheEnd(icmpEcho({ id, seq }, data));
    makeEchoReply(frame);
    assertEquals(frame.toBytes(), icmpEcho({ reply: true, id, seq }, data));
  }
});

Deno.test("makeEchoReply() gives a reply of zeros the checksum 0xffff", () => {
  const frame = atTheEnd(icmpEcho({ id: 0, seq: 0 }, new Uint8Array(9)));
  makeEchoReply(frame);
  assertEquals(frame.view.getUint16(frame.start + 2), 0xffff);
  assertEquals(typeof parseIcmp(frame), "object");
});

const INTERFACES: readonly Ipv4Interface[] = [{ address: parseIpv4Address("10.44.0.2"), prefixLength: 24 }];
const ALONE: Arrival = { interfaces: INTERFACES, linkBroadcast: false, forwarding: false };

function mayReportPacket(packet: Uint8Array, arrival = ALONE): boolean {
  const frame = atTheEnd(packet);
  const header = parseIpv4(frame);
  assert(typeof header !== "string", `the test's own packet is wrong: ${header}`);
  return mayReport(frame, header, arrival);
}

Deno.test("mayReport() allows errors about ordinary packets and about ICMP queries", () => {
  assert(mayReportPacket(ipv4({ protocol: 17 }, udp())));
  assert(mayReportPacket(ipv4({ protocol: 253 }, pattern(3))));
  assert(mayReportPacket(ipv4({ protocol: 6, moreFragments: true }, pattern(8))));
  for (const type of [0, 8, 13, 14, 15, 16, 17, 18]) assert(mayReportPacket(ipv4({}, icmp({ type }))));
  assert(mayReportPacket(ipv4({ options: Uint8Array.of(3, 4, 0, 0) }, icmpEcho())));
});

Deno.test("mayReport() forbids every kind that RFC 1122 names", () => {
  for (const type of [3, 4, 5, 11, 12, 1, 2, 7, 19, 41, 200, 255]) assertEquals(mayReportPacket(ipv4({}, icmp({ type }))), false);
  assertEquals(mayReportPacket(ipv4({ options: Uint8Array.of(8, 8, 8, 8) }, icmp({ type: 11 }))), false);
  assertEquals(mayReportPacket(ipv4({ protocol: 1 })), false);
  assertEquals(mayReportPacket(ipv4({ protocol: 17, fragmentOffset: 8, moreFragments: true }, pattern(8))), false);
  assertEquals(mayReportPacket(ipv4({ protocol: 17 }, udp()), { ...ALONE, linkBroadcast: true }), false);
  for (const destination of ["255.255.255.255", "10.44.0.255", "224.0.0.1"]) {
    assertEquals(mayReportPacket(ipv4({ protocol: 17, destination }, udp())), false);
  }
  for (const source of ["0.0.0.0", "127.0.0.1", "255.255.255.255", "10.44.0.255", "224.0.0.9", "240.0.0.1"]) {
    assertEquals(mayReportPacket(ipv4({ protocol: 17, source }, udp())), false);
  }
});

Deno.test("writeIcmpError() quotes the packet from its header on, 548 bytes at most", () => {
  for (const size of [0, 1, 8, 500, 519, 520, 521, 1400]) {
    const packet = ipv4({ protocol: 253, identification: size, options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) }, pattern(size));
    const about = atTheEnd(packet);
    const out = new Frame(1024, 64);
    out.bytes.fill(0x5a);
    writeIcmpError(out, 3, 2, 0, about);
    assertEquals(out.toBytes(), icmp({ type: 3, code: 2 }, packet.slice(0, 548)));
    assertEquals(about.toBytes(), packet);
    const layers = dissect(join(ipv4({}, out.toBytes())), "ip");
    assertEquals(layers.flatMap((layer) => layer.problems), []);
  }
});

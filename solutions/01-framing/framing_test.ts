import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { crc32 as referenceCrc } from "node:zlib";
import type { FrameLimits, MacFilter } from "../../stack/contract/framing.ts";
import { dissect } from "../../stack/wire/dissect.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { BROADCAST_MAC, type MacAddress, parseMac } from "../../stack/wire/mac_address.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { appendFcs, crc32, demultiplex, filterMac, pad, parseEthernet, removeFcs, writeEthernet } from "./framing.ts";

const WIRE: FrameLimits = { minimum: 60, maximum: 1514 };
const TAP: FrameLimits = { minimum: 14, maximum: 1514 };
const OURS = parseMac("02:00:00:00:00:02");
const THEIRS = parseMac("fe:dc:ba:98:76:54");

/** A good frame of `length` bytes for us, whose bytes end where the buffer ends. */
function goodFrame(length: number, etherType = 0x0800): Frame {
  const frame = atTheEdge(new Uint8Array(length));
  frame.pull(14);
  writeEthernet(frame, OURS, THEIRS, etherType);
  return frame;
}

/** Places a packet at the very end of its buffer, so that reading one byte too many fails. */
function atTheEdge(packet: Uint8Array): Frame {
  const frame = new Frame(128 + packet.length, 128);
  frame.bytes.set(packet, frame.append(packet.length));
  return frame;
}

Deno.test("parseEthernet() reads every field where it lies", () => {
  const frame = Frame.of(Uint8Array.of(0x02, 0, 0, 0, 0, 0x02, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x88, 0xb5, 1, 2, 3), 37);
  assertEquals(parseEthernet(frame, TAP), { destination: OURS, source: THEIRS, etherType: 0x88b5, payload: 51 });
  assertEquals([frame.start, frame.end], [37, 54]);
});

Deno.test("parseEthernet() calls every length below the minimum a runt, and needs a header even when the minimum is 0", () => {
  for (let length = 14; length < 60; length++) assertEquals(parseEthernet(goodFrame(length), WIRE), "runt");
  assertEquals(typeof parseEthernet(goodFrame(60), WIRE), "object");
  for (let length = 0; length < 14; length++) {
    assertEquals(parseEthernet(atTheEdge(new Uint8Array(length).fill(0xff)), { minimum: 0, maximum: 1514 }), "runt");
  }
  assertEquals(typeof parseEthernet(goodFrame(14), TAP), "object");
});

Deno.test("parseEthernet() calls what is longer than the maximum a giant", () => {
  for (const maximum of [1514, 1294, 9014]) {
    assertEquals(typeof parseEthernet(goodFrame(maximum), { minimum: 60, maximum }), "object");
    assertEquals(parseEthernet(goodFrame(maximum + 1), { minimum: 60, maximum }), "giant");
  }
});

Deno.test("parseEthernet() tells lengths, types and what is neither apart", () => {
  const kind = (etherType: number): unknown => {
    const parsed = parseEthernet(goodFrame(60, etherType), WIRE);
    return typeof parsed === "string" ? parsed : parsed.etherType;
  };
  for (const length of [0, 1, 46, 255, 256, 1499, 1500]) assertEquals(kind(length), "length frame (802.3)");
  for (const neither of [1501, 1518, 1535]) assertEquals(kind(neither), "undefined type");
  for (const type of [0x0600, 0x0800, 0x0806, 0x8100, 0x86dd, 0xffff]) assertEquals(kind(type), type);
});

Deno.test("parseEthernet() refuses a group source, broadcast included, and looks at the first byte only", () => {
  const from = (source: string): unknown => {
    const frame = goodFrame(60);
    frame.pull(14);
    writeEthernet(frame, OURS, parseMac(source), 0x0800);
    return parseEthernet(frame, WIRE);
  };
  for (const group of ["01:00:5e:00:00:01", "33:33:00:00:00:01", "ff:ff:ff:ff:ff:ff", "03:00:00:00:00:00"]) {
    assertEquals(from(group), "group source");
  }
  for (const single of ["00:00:00:00:00:01", "fe:ff:ff:ff:ff:ff", "02:01:01:01:01:01"]) assertEquals(typeof from(single), "object");
});

Deno.test("parseEthernet() checks runt, giant, group source and type in this order", () => {
  const allOnes = (length: number): Frame => atTheEdge(new Uint8Array(length).fill(0xff));
  assertEquals(parseEthernet(allOnes(59), WIRE), "runt");
  assertEquals(parseEthernet(allOnes(1515), WIRE), "giant");
  assertEquals(parseEthernet(allOnes(60), WIRE), "group source");
  const lengthFrame = allOnes(60);
  lengthFrame.view.setUint16(lengthFrame.start + 12, 46);
  assertEquals(parseEthernet(lengthFrame, WIRE), "group source");
});

Deno.test("parseEthernet() takes 100,000 random frames without a throw, a change or a byte too many", () => {
  const random = createRandom(826);
  const frame = new Frame(1700, 128);
  frame.bytes.set(random.bytes(1700));
  for (let i = 0; i < 100_000; i++) {
    const length = placeAtTheEdge(frame, random);
    const [low, type] = [random.int(0, 255), random.chance(0.5) ? random.int(0, 0xffff) : random.int(1490, 1550)];
    if (length >= 14) {
      frame.bytes[frame.start + 6] = low;
      frame.view.setUint16(frame.start + 12, type);
    }
    const parsed = parseEthernet(frame, WIRE);
    assertStrictEquals(typeof parsed === "string" ? parsed : parsed.etherType, expectedOf(length, low, type));
    assert(frame.start === frame.bytes.length - length && frame.end === frame.bytes.length);
  }
});

Deno.test("removeFcs() takes 100,000 random frames without a throw or a change", () => {
  const random = createRandom(3309);
  const frame = new Frame(1700, 128);
  frame.bytes.set(random.bytes(1700));
  for (let i = 0; i < 100_000; i++) {
    const length = placeAtTheEdge(frame, random);
    if (length > 0) frame.bytes[frame.start] = random.int(0, 255);
    const right = length >= 4 &&
      referenceCrc(frame.bytes.subarray(frame.start, frame.end - 4)) === frame.view.getUint32(frame.end - 4, true);
    assertStrictEquals(removeFcs(frame), right);
    assertStrictEquals(frame.length, right ? length - 4 : length);
  }
});

/** Gives a frame a random length, at the very end of its buffer; returns the length. */
function placeAtTheEdge(frame: Frame, random: Random): number {
  const length = random.chance(0.7) ? random.int(0, 70) : random.int(0, 1572);
  frame.end = frame.bytes.length;
  frame.start = frame.end - length;
  return length;
}

/** The reject, or the type, that a frame on real Ethernet comes to. */
function expectedOf(length: number, sourceByte: number, type: number): string | number {
  if (length < 60) return "runt";
  if (length > 1514) return "giant";
  if (sourceByte % 2 === 1) return "group source";
  return type >= 1536 ? type : type > 1500 ? "undefined type" : "length frame (802.3)";
}

Deno.test("writeEthernet() writes what parseEthernet() reads", () => {
  const random = createRandom(894);
  for (let i = 0; i < 200; i++) {
    const payload = random.bytes(random.int(46, 1500));
    const frame = Frame.of(payload, 14);
    const destination = (random.int(0, 0xffff) * 2 ** 32 + random.int(0, 0xffff_ffff)) as MacAddress;
    const source = (random.int(0, 0xff) * 2 ** 32 + random.int(0, 0xffff_ffff)) as MacAddress;
    const etherType = random.int(0x0600, 0xffff);
    writeEthernet(frame, destination, source, etherType);
    assertEquals(parseEthernet(frame, WIRE), { destination, source, etherType, payload: 14 });
    assertEquals(frame.bytes.slice(14, frame.end), payload);
  }
});

Deno.test("writeEthernet() needs 14 bytes of headroom", () => {
  assertThrows(() => writeEthernet(Frame.of(Uint8Array.of(1), 13), OURS, THEIRS, 0x0800), RangeError, "headroom");
});

Deno.test("filterMac() tells whom a frame is for", () => {
  const group = parseMac("01:00:5e:00:00:fb");
  const filter: MacFilter = { own: OURS, groups: [parseMac("01:00:5e:00:00:01"), group], promiscuous: false };
  assertEquals(filterMac(OURS, filter), "unicast");
  assertEquals(filterMac(BROADCAST_MAC, filter), "broadcast");
  assertEquals(filterMac(group, filter), "multicast");
  for (const other of [THEIRS, parseMac("01:00:5e:00:00:fc"), parseMac("03:00:00:00:00:02"), parseMac("ff:ff:ff:ff:ff:fe")]) {
    assertEquals(filterMac(other, filter), "not for us");
    assertEquals(filterMac(other, { ...filter, promiscuous: true }), "promiscuous");
  }
  for (const [destination, match] of [[OURS, "unicast"], [BROADCAST_MAC, "broadcast"], [group, "multicast"]] as const) {
    assertEquals(filterMac(destination, { ...filter, promiscuous: true }), match);
  }
});

Deno.test("demultiplex() knows two of the 65,536 types", () => {
  const known: number[] = [];
  for (let type = 0; type <= 0xffff; type++) if (demultiplex(type) !== "unknown type") known.push(type);
  assertEquals(known, [0x0800, 0x0806]);
  assertEquals([demultiplex(0x0800), demultiplex(0x0806)], ["ipv4", "arp"]);
});

Deno.test("pad() fills up with zeros to the minimum, whatever the buffer held before", () => {
  for (const minimum of [0, 1, 14, 59, 60]) {
    for (let length = 0; length <= 64; length++) {
      const frame = new Frame(300, 100);
      frame.bytes.fill(0xaa);
      frame.append(length);
      pad(frame, minimum);
      const padding = Math.max(0, minimum - length);
      assertEquals([frame.start, frame.length], [100, length + padding]);
      assertEquals([...frame.toBytes()], [...Array(length).fill(0xaa), ...Array(padding).fill(0)]);
      assertEquals(frame.bytes[frame.end], 0xaa, "not a byte further");
    }
  }
});

Deno.test("crc32() gives the known vectors", () => {
  const vectors: [string, number][] = [["", 0], ["a", 0xe8b7be43], ["abc", 0x352441c2], ["123456789", 0xcbf43926]];
  for (const [text, expected] of vectors) {
    const bytes = new TextEncoder().encode(text);
    assertEquals(crc32(bytes, 0, bytes.length), expected, text);
  }
  assertEquals(crc32(new Uint8Array(32), 0, 32), 0x190a55ad);
  assertEquals(crc32(new Uint8Array(32).fill(0xff), 0, 32), 0xff6cab0b);
});

Deno.test("crc32() agrees with zlib on any part of an array", () => {
  const random = createRandom(1952);
  for (let i = 0; i < 300; i++) {
    const bytes = random.bytes(random.int(0, 1600));
    const start = random.int(0, bytes.length);
    const end = random.int(start, bytes.length);
    assertEquals(crc32(bytes, start, end), referenceCrc(bytes.subarray(start, end)));
  }
});

Deno.test("appendFcs() appends the least significant byte first, which a dissector calls right", () => {
  const random = createRandom(3);
  for (let i = 0; i < 100; i++) {
    const frame = Frame.of(random.bytes(random.int(0, 1514)));
    const start = frame.start;
    appendFcs(frame);
    assertEquals(frame.start, start);
    const fcs = dissect(frame.toBytes(), "ethernet", { fcs: true }).find((layer) => layer.name === "FCS")?.fields[0];
    assertEquals([fcs?.ok, fcs?.value], [true, referenceCrc(frame.bytes.subarray(start, frame.end - 4))]);
    // Any message followed by its CRC has the same CRC itself.
    assertEquals(referenceCrc(frame.toBytes()), 0x2144df1c);
  }
});

Deno.test("removeFcs() cuts off a right FCS, and leaves a frame alone in which any one bit is wrong", () => {
  const frame = goodFrame(60);
  const sealed = new Frame(200, 64);
  sealed.copyFrom(frame);
  appendFcs(sealed);
  for (let bit = 0; bit < 64 * 8; bit++) {
    const at = sealed.start + (bit >> 3);
    sealed.bytes[at]! ^= 1 << bit % 8;
    assertEquals(removeFcs(sealed), false);
    assertEquals(sealed.length, 64);
    sealed.bytes[at]! ^= 1 << bit % 8;
  }
  assertEquals(removeFcs(sealed), true);
  assertEquals(sealed.toBytes(), frame.toBytes());
});

Deno.test("removeFcs() refuses what is shorter than an FCS, and takes an FCS over nothing", () => {
  for (let length = 0; length < 4; length++) {
    const frame = atTheEdge(new Uint8Array(length));
    assertEquals([removeFcs(frame), frame.length], [false, length]);
  }
  const nothing = atTheEdge(new Uint8Array(4));
  assertEquals([removeFcs(nothing), nothing.length], [true, 0]);
});

Deno.test("removeFcs() refuses a frame that is cut off at any length", () => {
  const whole = Frame.of(createRandom(5).bytes(200));
  appendFcs(whole);
  for (let length = 0; length < whole.length; length++) assertEquals(removeFcs(atTheEdge(whole.toBytes().subarray(0, length))), false);
});

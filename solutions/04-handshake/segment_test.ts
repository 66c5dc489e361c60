import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { SegmentFields } from "../../stack/contract/handshake.ts";
import type { Segment } from "../../stack/contract/tcb.ts";
import { dissect, fieldOf } from "../../stack/wire/dissect.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { type Ipv4Address, parseIpv4Address as address } from "../../stack/wire/ipv4_address.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { type Seq, seq } from "../../stack/wire/seq.ts";
import { ACK, FIN, SYN } from "../../stack/wire/tcp_flags.ts";
import * as packets from "../../tools/harness/packets.ts";
import { internetChecksum } from "../03-ip/checksum.ts";
import { parseSegment, writeSegment } from "./segment.ts";

const SOURCE = address(packets.KERNEL_IP);
const DESTINATION = address(packets.STACK_IP);

const FIELDS: SegmentFields = {
  sourcePort: 1234,
  destinationPort: 80,
  seq: seq(0xffff_fff0),
  ack: seq(7),
  flags: ACK,
  window: 0x8000,
  urgentPointer: 0,
  mss: 0,
  windowScale: -1,
  sackPermitted: false,
  timestamps: false,
  tsVal: 0,
  tsEcr: 0,
  sack: [],
};

/** These bytes as the last ones of a buffer: reading one too many fails. */
function frameOf(bytes: Uint8Array): Frame {
  const frame = new Frame(128 + bytes.length, 128);
  frame.bytes.set(bytes, frame.append(bytes.length));
  return frame;
}

function parse(frame: Frame): Segment | string {
  return parseSegment(frame, SOURCE, DESTINATION, internetChecksum);
}

function parseBytes(fields: packets.TcpFields, text?: Uint8Array): Segment | string {
  return parse(frameOf(packets.tcp(fields, text)));
}

function good(fields: packets.TcpFields, text?: Uint8Array): Segment {
  const segment = parseBytes(fields, text);
  assert(typeof segment !== "string", `rejected: ${segment}`);
  return segment;
}

/** What writeSegment() makes, around `text` bytes 0, 1, 2, …; in a buffer full of old bytes. */
function written(fields: Partial<SegmentFields>, text = 0): Frame {
  const frame = new Frame(128 + text, 128);
  frame.bytes.fill(0xa5);
  frame.bytes.set(packets.pattern(text), frame.append(text));
  writeSegment(frame, { ...FIELDS, ...fields }, SOURCE, DESTINATION, internetChecksum);
  return frame;
}

/** Makes the checksum right again. */
function seal(frame: Frame): Frame {
  const pseudo = new DataView(new ArrayBuffer(12));
  pseudo.setUint32(0, SOURCE);
  pseudo.setUint32(4, DESTINATION);
  pseudo.setUint16(8, 6);
  pseudo.setUint16(10, frame.length);
  frame.view.setUint16(frame.start + 16, 0);
  const sum = ~internetChecksum(pseudo, 0, 12) & 0xffff;
  frame.view.setUint16(frame.start + 16, internetChecksum(frame.view, frame.start, frame.end, sum));
  return frame;
}

Deno.test("parseSegment() reads the SYN that Linux sends", () => {
  const bytes = "c35000500000006400000000a002faf0" + "0000" + "0000" + "020405b4" + "0402080a000003e800000000" + "01" + "030307";
  const frame = seal(frameOf(Uint8Array.from(bytes.match(/../g) as string[], (pair) => Number.parseInt(pair, 16))));
  assertEquals(parse(frame), {
    sourcePort: 50000,
    destinationPort: 80,
    seq: seq(100),
    ack: seq(0),
    flags: SYN,
    window: 64240,
    urgentPointer: 0,
    text: frame.end,
    textLength: 0,
    length: 1,
    mss: 1460,
    windowScale: 7,
    sackPermitted: true,
    timestamps: true,
    tsVal: 1000,
    tsEcr: 0,
    sackBlocks: 0,
    sackCount: 0,
  });
});

Deno.test("parseSegment() reads what another hand wrote, for random fields", () => {
  const random = createRandom(9293);
  for (let i = 0; i < 3000; i++) {
    const { fields, sent, text } = randomSegment(random);
    const frame = frameOf(packets.tcp(fields, random.bytes(text)));
    const segment = parse(frame);
    assert(typeof segment !== "string", `rejected: ${segment}`);
    const { sack, ...plain } = sent;
    const { text: at, textLength, length, sackBlocks, sackCount, ...read } = segment;
    const acknowledges = (sent.flags & ACK) !== 0;
    assertEquals(read, { ...plain, ack: seq(acknowledges ? sent.ack : 0), tsEcr: acknowledges ? sent.tsEcr : 0 });
    assertEquals([at + textLength, textLength], [frame.end, text]);
    assertStrictEquals(length, text + (sent.flags & SYN ? 1 : 0) + (sent.flags & FIN ? 1 : 0));
    const edges = Array.from({ length: 2 * sackCount }, (_, edge) => frame.view.getUint32(sackBlocks + 4 * edge));
    assertEquals(edges, [...sack]);
  }
});

/** The same random segment as the grader's builder wants it, and as our contract has it. */
function randomSegment(random: Random): { fields: packets.TcpFields; sent: SegmentFields; text: number } {
  const u16 = (): number => random.int(0, 0xffff);
  const u32 = (): Seq => seq(random.pick([0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, random.int(0, 0xffff_ffff)]));
  const sent: SegmentFields = {
    sourcePort: u16(),
    destinationPort: u16(),
    seq: u32(),
    ack: u32(),
    flags: random.int(0, 255),
    window: u16(),
    urgentPointer: u16(),
    mss: random.chance(0.3) ? random.int(1, 0xffff) : 0,
    windowScale: random.chance(0.3) ? random.int(0, 255) : -1,
    sackPermitted: random.chance(0.3),
    timestamps: random.chance(0.5),
    tsVal: 0,
    tsEcr: 0,
    sack: [],
  };
  if (sent.timestamps) Object.assign(sent, { tsVal: u32(), tsEcr: u32() });
  const room = 40 - (sent.mss ? 4 : 0) - (sent.windowScale < 0 ? 0 : 4) - (sent.sackPermitted ? 4 : 0) - (sent.timestamps ? 12 : 0);
  if (random.chance(0.3)) Object.assign(sent, { sack: Array.from({ length: 2 * Math.min(4, Math.floor((room - 4) / 8)) }, u32) });
  const { mss, windowScale, sackPermitted, timestamps, tsVal, tsEcr, sack, ...header } = sent;
  const options: packets.TcpOptions = {
    ...mss > 0 ? { mss } : {},
    sackPermitted,
    ...timestamps ? { timestamps: [tsVal, tsEcr] as const } : {},
    ...windowScale >= 0 ? { windowScale } : {},
    ...sack.length > 0 ? { sack: sack.filter((_, i) => i % 2 === 0).map((from, i) => [from, sack[2 * i + 1] as number] as const) } : {},
  };
  return { fields: { ...header, options }, sent, text: random.pick([0, 0, 1, random.int(2, 1460)]) };
}

Deno.test("writeSegment() writes what parseSegment() reads, for random fields", () => {
  const random = createRandom(793);
  for (let i = 0; i < 3000; i++) {
    const { sent, text } = randomSegment(random);
    const frame = written(sent, text);
    const segment = parse(frame);
    assert(typeof segment !== "string", `rejected: ${segment}`);
    const { sack, ...plain } = sent;
    const { text: at, textLength, length: _, sackBlocks, sackCount, ...read } = segment;
    const acknowledges = (sent.flags & ACK) !== 0;
    assertEquals(read, { ...plain, ack: seq(acknowledges ? sent.ack : 0), tsEcr: acknowledges ? sent.tsEcr : 0 });
    assertEquals(Array.from({ length: 2 * sackCount }, (_, edge) => frame.view.getUint32(sackBlocks + 4 * edge)), [...sack]);
    assertEquals(frame.bytes.subarray(at, at + textLength), packets.pattern(text));
  }
});

Deno.test("writeSegment() writes segments in which the dissector finds no fault", () => {
  const random = createRandom(1323);
  for (let i = 0; i < 500; i++) {
    const { sent, text } = randomSegment(random);
    const layers = dissect(packets.ipv4({ protocol: 6 }, written(sent, text).toBytes()), "ip");
    assertEquals(layers.flatMap((layer) => layer.problems), []);
  }
});

Deno.test("writeSegment() writes options in order, each padded in front, and none that was not asked for", () => {
  const optionsOf = (fields: Partial<SegmentFields>): string | undefined => {
    const [, tcp] = dissect(packets.ipv4({ protocol: 6 }, written(fields).toBytes()), "ip");
    return tcp && fieldOf(tcp, "options")?.text;
  };
  const nop = "no operation, no operation, ";
  assertStrictEquals(optionsOf({}), undefined);
  assertStrictEquals(
    optionsOf({ flags: SYN, mss: 1460, windowScale: 14, sackPermitted: true, timestamps: true, tsVal: 0xffff_ffff, tsEcr: 9 }),
    `mss 1460, ${nop}sack permitted, ${nop}timestamps 4294967295 0, no operation, window scale 14`,
  );
  assertStrictEquals(optionsOf({ windowScale: 0 }), "no operation, window scale 0");
  assertStrictEquals(optionsOf({ timestamps: true, tsVal: 1, tsEcr: 2 }), `${nop}timestamps 1 2`);
  const three = [1, 2, 3, 4, 5, 6].map(seq);
  assertStrictEquals(optionsOf({ timestamps: true, sack: three }), `${nop}timestamps 0 0, ${nop}sack 1 2 3 4 5 6`);
  const four = [1, 2, 3, 4, 5, 6, 7, 0xffff_ffff].map(seq);
  assertStrictEquals(optionsOf({ sack: four }), `${nop}sack 1 2 3 4 5 6 7 4294967295`);
});

Deno.test("parseSegment() refuses every length below a header's as truncated", () => {
  for (let length = 0; length < 20; length++) {
    assertStrictEquals(parse(frameOf(new Uint8Array(length).fill(0xff))), "truncated");
  }
});

Deno.test("parseSegment() notices every byte that is missing at the end", () => {
  const whole = packets.tcp({ options: { mss: 9, timestamps: [1, 2] } }, packets.pattern(40));
  for (let length = 20; length < whole.length; length++) {
    assertStrictEquals(parse(frameOf(whole.subarray(0, length))), length < 36 ? "bad data offset" : "bad tcp checksum");
  }
});

Deno.test("parseSegment() takes data offsets from 20 up to what was received", () => {
  for (let words = 0; words < 16; words++) {
    const frame = frameOf(packets.tcp({ dataOffset: words * 4 }, new Uint8Array(24)));
    const segment = parse(frame);
    if (words < 5 || words > 11) assertStrictEquals(segment, "bad data offset");
    else assertStrictEquals((segment as Segment).text, frame.start + words * 4);
  }
});

Deno.test("parseSegment() looks at the data offset before the checksum, and at options last", () => {
  assertStrictEquals(parseBytes({ dataOffset: 16, checksum: 1 }), "bad data offset");
  assertStrictEquals(parseBytes({ options: Uint8Array.of(2, 1), checksum: 1 }), "bad tcp checksum");
  assertStrictEquals(parseBytes({ options: Uint8Array.of(2, 1) }), "bad option");
});

Deno.test("parseSegment() notices every changed bit, of header, options, text and addresses", () => {
  const bytes = packets.tcp({ options: { timestamps: [5, 6] }, flags: "ACK PSH" }, packets.pattern(9));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const frame = frameOf(bytes);
    const at = frame.start + (bit >> 3);
    frame.bytes[at] = (frame.bytes[at] as number) ^ 0x80 >> bit % 8;
    assertStrictEquals(typeof parse(frame), "string", `bit ${bit}`);
  }
  for (let bit = 0; bit < 32; bit++) {
    const other = (DESTINATION ^ 1 << bit) >>> 0 as Ipv4Address;
    assertStrictEquals(parseSegment(frameOf(bytes), SOURCE, other, internetChecksum), "bad tcp checksum");
    assertStrictEquals(parseSegment(frameOf(bytes), other, DESTINATION, internetChecksum), "bad tcp checksum");
  }
});

Deno.test("parseSegment() and writeSegment() give the checksum a sum below 2³², whatever the addresses", () => {
  const all = 0xffff_ffff as Ipv4Address;
  const sums: number[] = [];
  const spy: typeof internetChecksum = (view, start, end, initial = 0) => {
    sums.push(initial);
    return internetChecksum(view, start, end, initial);
  };
  const frame = new Frame(2048, 128);
  frame.append(1000);
  writeSegment(frame, FIELDS, all, all, spy);
  assert(typeof parseSegment(frame, all, all, spy) !== "string");
  assertEquals(sums, [4 * 0xffff + 6 + 1020, 4 * 0xffff + 6 + 1020]);
});

Deno.test("parseSegment() steps over what it does not know, at any alignment", () => {
  const unknown = [253, 6, 1, 2, 3, 4];
  for (let nops = 0; nops < 4; nops++) {
    const options = Uint8Array.of(
      ...Array.from({ length: nops }, () => 1),
      ...unknown,
      2,
      4,
      5,
      0xb4,
      30,
      2,
      3,
      3,
      9,
      8,
      10,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      2,
    );
    const { mss, windowScale, tsVal, tsEcr, timestamps, sackPermitted } = good({ options });
    assertEquals([mss, windowScale, tsVal, tsEcr, timestamps, sackPermitted], [1460, 9, 1, 2, true, false]);
  }
});

Deno.test("parseSegment() takes an option in any segment, and ends at the end of the list", () => {
  assertStrictEquals(good({ flags: "PSH ACK", options: { mss: 700 } }, packets.pattern(5)).mss, 700);
  const after = good({ options: Uint8Array.of(1, 1, 0, 2, 99, 77, 3, 0) });
  assertEquals([after.mss, after.windowScale], [0, -1]);
});

Deno.test("parseSegment() tells an absent option from a zero", () => {
  const absent = good({});
  assertEquals([absent.mss, absent.windowScale, absent.timestamps, absent.sackCount], [0, -1, false, 0]);
  const zero = good({ options: { windowScale: 0, timestamps: [0, 0] } });
  assertEquals([zero.windowScale, zero.timestamps], [0, true]);
});

Deno.test("parseSegment() reads the common layout of timestamps and others alike", () => {
  const common = Uint8Array.of(1, 1, 8, 10, 0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0);
  const others = [[8, 10, ...common.subarray(4), 1, 1], [8, 10, ...common.subarray(4), 0, 0], [1, 8, 10, ...common.subarray(4), 1], [
    ...common,
    1,
    1,
    1,
    0,
  ]];
  for (const options of [[...common], ...others]) {
    for (const flags of ["ACK", "SYN"]) {
      const { timestamps, tsVal, tsEcr } = good({ flags, options: Uint8Array.from(options) });
      assertEquals([timestamps, tsVal, tsEcr], [true, 0xffff_ffff, flags === "ACK" ? 0x8000_0000 : 0]);
    }
  }
});

Deno.test("parseSegment() refuses every length that an option cannot have", () => {
  const legal: Readonly<Record<number, readonly number[]>> = { 2: [4], 3: [3], 4: [2], 5: [10, 18, 26, 34], 8: [10] };
  for (const kind of [2, 3, 4, 5, 8, 253]) {
    for (let length = 0; length < 256; length++) {
      const options = packets.pad(Uint8Array.of(kind, length), 40);
      const fits = length >= 2 && length <= 40 && (legal[kind]?.includes(length) ?? true);
      assertStrictEquals(typeof parseBytes({ options }), fits ? "object" : "string", `kind ${kind} length ${length}`);
    }
  }
});

Deno.test("parseSegment() refuses an option that is cut off by the end of the header", () => {
  for (
    const options of [[1, 1, 1, 2], [1, 1, 2, 4], [1, 2, 4, 5], [1, 1, 3, 3], [1, 1, 1, 4], [8, 10, 0, 0], [5, 10, 0, 0], [1, 1, 253, 3]]
  ) {
    assertStrictEquals(parseBytes({ options: Uint8Array.from(options) }, packets.pattern(20)), "bad option", options.join(" "));
  }
});

Deno.test("parseSegment() refuses all ones, and reads each other field of any value", () => {
  for (const length of [20, 60, 1460]) assertStrictEquals(typeof parse(frameOf(new Uint8Array(length).fill(0xff))), "string");
  assertEquals([good({ flags: 0xfff }).flags, good({ flags: 0 }).flags], [255, 0]);
  assertEquals([good({ window: 0 }).window, good({ window: 0xffff }).window, good({ urgentPointer: 0xffff }).urgentPointer], [
    0,
    65535,
    65535,
  ]);
  assertEquals([good({ sourcePort: 0 }).sourcePort, good({ destinationPort: 65535 }).destinationPort], [0, 65535]);
});

Deno.test("parseSegment() takes 100,000 segments of random options without a throw, a change or a byte too many", () => {
  const random = createRandom(100_000);
  const frame = new Frame(128 + 70, 128);
  const seen = new Set<string>();
  for (let i = 0; i < 100_000; i++) {
    const length = random.int(20, 70);
    frame.start = frame.bytes.length - length;
    frame.end = frame.bytes.length;
    const words = random.chance(0.95) ? random.int(5, Math.min(15, length >> 2)) : random.int(0, 15);
    for (let at = frame.start; at < frame.end; at++) {
      const isOption = at >= frame.start + 20 && at < frame.start + words * 4;
      frame.bytes[at] = isOption && random.chance(0.7) ? random.pick([0, 1, 1, 2, 3, 4, 5, 8, 10, 18, 253]) : random.int(0, 255);
    }
    frame.view.setUint8(frame.start + 12, words << 4);
    if (random.chance(0.97)) seal(frame);
    const before = random.chance(0.01) ? frame.toBytes() : undefined;
    const segment = parse(frame);
    if (before !== undefined) assertEquals(frame.toBytes(), before);
    assert(frame.start === frame.bytes.length - length && frame.end === frame.bytes.length);
    seen.add(typeof segment === "string" ? segment : "good");
    if (typeof segment === "string") continue;
    assert(segment.text === frame.start + words * 4 && segment.text + segment.textLength === frame.end);
    if (segment.sackCount === 0) continue;
    seen.add("sack");
    assert(segment.sackBlocks >= frame.start + 22 && segment.sackBlocks + 8 * segment.sackCount <= segment.text);
  }
  assertEquals([...seen].sort(), ["bad data offset", "bad option", "bad tcp checksum", "good", "sack"]);
});

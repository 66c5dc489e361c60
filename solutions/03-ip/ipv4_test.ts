import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { Arrival, Ipv4Fields, Ipv4Header } from "../../stack/contract/ip.ts";
import { dissect, valueOf } from "../../stack/wire/dissect.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { type Ipv4Address, parseIpv4Address as address } from "../../stack/wire/ipv4_address.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { internetChecksum } from "./checksum.ts";
import { admit, classifyAddress, createIdentifiers, decrementTtl, findBadOption, parseIpv4, writeIpv4 } from "./ipv4.ts";

const FIELDS: Ipv4Fields = {
  identification: 7,
  timeToLive: 64,
  protocol: 17,
  source: address("10.44.0.1"),
  destination: address("10.44.0.2"),
};

/** A good packet whose last byte is the last byte of its buffer: reading one byte too many fails. */
function packet(fields: Partial<Ipv4Fields> = {}, payload = 0, options: Uint8Array = new Uint8Array()): Frame {
  const frame = new Frame(128 + options.length + payload, 128);
  frame.append(options.length + payload);
  frame.bytes.set(options, frame.start);
  writeIpv4(frame, { ...FIELDS, ...fields });
  if (options.length > 0) {
    frame.bytes[frame.start] = 0x45 + options.length / 4;
    seal(frame);
  }
  return frame;
}

/** Makes the header's checksum right again. */
function seal(frame: Frame): Frame {
  const length = (frame.view.getUint8(frame.start) & 15) * 4;
  frame.view.setUint16(frame.start + 10, 0);
  frame.view.setUint16(frame.start + 10, internetChecksum(frame.view, frame.start, frame.start + length));
  return frame;
}

function good(frame: Frame): Ipv4Header {
  const header = parseIpv4(frame);
  assert(typeof header !== "string", `rejected: ${header}`);
  return header;
}

Deno.test("writeIpv4() writes what parseIpv4() reads, for random fields", () => {
  const random = createRandom(791);
  for (let i = 0; i < 5000; i++) {
    const fields = randomFields(random);
    const length = random.int(1, 60) * 8;
    const frame = packet(fields, length);
    assertEquals(good(frame), { ...fields, payload: frame.start + 20, end: frame.end });
  }
});

Deno.test("writeIpv4() writes packets in which the dissector finds no fault", () => {
  const random = createRandom(760);
  for (let i = 0; i < 500; i++) {
    const [layer] = dissect(packet({ ...randomFields(random), protocol: 253 }, random.int(1, 9) * 8).toBytes(), "ip");
    assertEquals(layer?.problems, []);
    assertStrictEquals(layer && valueOf(layer, "reservedFlag"), 0);
  }
});

Deno.test("writeIpv4() overwrites whatever the buffer held", () => {
  const frame = new Frame(256, 128);
  frame.bytes.fill(0xff);
  writeIpv4(frame, { ...FIELDS });
  assertEquals(good(frame), {
    ...FIELDS,
    typeOfService: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    payload: 128,
    end: 128,
  });
});

Deno.test("parseIpv4() refuses every length below a header's as truncated", () => {
  for (let length = 0; length < 20; length++) {
    const frame = packet();
    frame.start = frame.bytes.length - length;
    frame.bytes.fill(0xff, frame.start);
    assertStrictEquals(parseIpv4(frame), "truncated");
  }
});

Deno.test("parseIpv4() refuses every packet that is cut off behind its header", () => {
  const frame = packet({}, 40);
  for (const end = frame.end; frame.end > frame.start + 20;) {
    frame.end--;
    assertStrictEquals(parseIpv4(frame), "bad total length", `${frame.end - end}`);
  }
});

Deno.test("parseIpv4() takes version 4 only", () => {
  for (let version = 0; version < 16; version++) {
    const frame = packet();
    frame.view.setUint8(frame.start, version << 4 | 5);
    const parsed = parseIpv4(seal(frame));
    if (version === 4) assertStrictEquals(typeof parsed, "object");
    else assertStrictEquals(parsed, "bad version");
  }
});

Deno.test("parseIpv4() takes header lengths from 20 up to what was received", () => {
  for (let ihl = 0; ihl < 16; ihl++) {
    const frame = packet({}, 24);
    frame.view.setUint8(frame.start, 0x40 | ihl);
    if (ihl >= 5 && ihl <= 11) seal(frame);
    const parsed = parseIpv4(frame);
    if (ihl < 5 || ihl > 11) assertStrictEquals(parsed, "bad header length");
    else assertStrictEquals(good(frame).payload, frame.start + ihl * 4);
  }
});

Deno.test("parseIpv4() takes total lengths from the header's to what was received, and stops at them", () => {
  for (let total = 0; total < 100; total++) {
    const frame = packet({}, 40, new Uint8Array(8));
    frame.view.setUint16(frame.start + 2, total);
    const parsed = parseIpv4(seal(frame));
    if (total < 28 || total > 68) assertStrictEquals(parsed, "bad total length");
    else assertStrictEquals(good(frame).end, frame.start + total);
  }
});

Deno.test("parseIpv4() notices every changed bit of a header with options", () => {
  for (let bit = 0; bit < 28 * 8; bit++) {
    const frame = packet({}, 16, Uint8Array.of(1, 1, 7, 3, 4, 0, 0, 0));
    const at = frame.start + (bit >> 3);
    frame.bytes[at] = (frame.bytes[at] as number) ^ 0x80 >> bit % 8;
    assertStrictEquals(typeof parseIpv4(frame), "string", `bit ${bit}`);
  }
});

Deno.test("parseIpv4() refuses fragments that no packet can consist of", () => {
  const verdict = (fields: Partial<Ipv4Fields>, payload: number): string => {
    const parsed = parseIpv4(packet(fields, payload));
    return typeof parsed === "string" ? parsed : "good";
  };
  assertStrictEquals(verdict({ moreFragments: true }, 8), "good");
  assertStrictEquals(verdict({ moreFragments: true }, 9), "bad fragment");
  assertStrictEquals(verdict({ moreFragments: true }, 0), "bad fragment");
  assertStrictEquals(verdict({ fragmentOffset: 8 }, 0), "bad fragment");
  assertStrictEquals(verdict({ fragmentOffset: 8 }, 9), "good");
  assertStrictEquals(verdict({ fragmentOffset: 65_528 }, 7), "good");
  assertStrictEquals(verdict({ fragmentOffset: 65_528 }, 8), "bad fragment");
  assertStrictEquals(verdict({ fragmentOffset: 65_520, moreFragments: true }, 8), "good");
  assertStrictEquals(verdict({ fragmentOffset: 65_520, moreFragments: true }, 16), "bad fragment");
  assertStrictEquals(verdict({}, 0), "good");
});

Deno.test("parseIpv4() refuses all ones", () => {
  for (const length of [20, 60, 1500]) {
    const frame = packet({}, length - 20);
    frame.bytes.fill(0xff);
    assertStrictEquals(parseIpv4(frame), "bad version");
  }
});

Deno.test("parseIpv4() and findBadOption() take 100,000 random frames without a throw, a change or a byte too many", () => {
  const random = createRandom(100_000);
  const frame = new Frame(228, 128);
  frame.bytes.set(random.bytes(228));
  const rejects = new Set<string>();
  for (let i = 0; i < 100_000; i++) {
    const length = random.int(0, 100);
    frame.end = frame.bytes.length;
    frame.start = frame.end - length;
    scribble(frame, random);
    const before = length > 0 ? frame.view.getUint8(frame.start) : 0;
    const parsed = parseIpv4(frame);
    rejects.add(typeof parsed === "string" ? parsed : "good");
    assert(frame.start === frame.end - length && (length === 0 || frame.view.getUint8(frame.start) === before));
    const at = findBadOption(frame, frame.start, frame.end);
    assert(at === -1 || at >= frame.start && at < frame.end);
    if (typeof parsed === "string") continue;
    assert(frame.start + 20 <= parsed.payload && parsed.payload <= parsed.end && parsed.end <= frame.end);
  }
  assertStrictEquals(rejects.size, 7, `too tame: ${[...rejects]}`);
});

/** Random bytes for the start of the packet; often nearly a good header, so that the later checks are reached too. */
function scribble(frame: Frame, random: Random): void {
  const length = frame.length;
  for (let at = frame.start; at < Math.min(frame.end, frame.start + 60); at++) frame.bytes[at] = random.int(0, 255);
  if (length < 20 || random.chance(0.2)) return;
  const ihl = random.int(5, random.chance(0.2) ? 15 : Math.min(15, length >> 2));
  frame.view.setUint8(frame.start, 0x40 | ihl);
  if (random.chance(0.9)) frame.view.setUint16(frame.start + 2, random.int(ihl * 4, Math.max(length, ihl * 4)));
  if (random.chance(0.9) && ihl * 4 <= length) seal(frame);
}

function randomFields(random: Random): Omit<Ipv4Header, "payload" | "end"> {
  return {
    typeOfService: random.int(0, 255),
    identification: random.int(0, 0xffff),
    dontFragment: random.chance(0.5),
    moreFragments: random.chance(0.5),
    fragmentOffset: random.int(0, 8000) * 8,
    timeToLive: random.int(1, 255),
    protocol: random.int(0, 255),
    source: random.int(0, 0xffff_ffff) as Ipv4Address,
    destination: random.int(0, 0xffff_ffff) as Ipv4Address,
  };
}

Deno.test("findBadOption() steps over what it knows and what it does not", () => {
  for (
    const options of [[], [0], [1], [1, 1, 1, 1], [7, 3, 4, 0], [0x94, 4, 0, 0], [0xde, 2, 1, 0], [0, 99, 0, 0], [1, 200, 6, 9, 9, 9, 9, 0]]
  ) {
    assertStrictEquals(badOptionIn(options), -1, options.join(" "));
  }
});

Deno.test("findBadOption() points at the length that is wrong, or at the type that has none", () => {
  assertStrictEquals(badOptionIn([7, 0, 0, 0]), 1);
  assertStrictEquals(badOptionIn([7, 1, 0, 0]), 1);
  assertStrictEquals(badOptionIn([7, 5, 0, 0]), 1);
  assertStrictEquals(badOptionIn([1, 7, 4, 0]), 2);
  assertStrictEquals(badOptionIn([7, 2, 1, 7]), 3);
  assertStrictEquals(badOptionIn([255, 255, 255, 255]), 1);
  assertStrictEquals(badOptionIn([1, 1, 1, 0x44, 3, 0, 9, 1]), 7);
});

/** Where it finds fault, counted from the first option. The options end where the buffer ends. */
function badOptionIn(options: readonly number[]): number {
  const frame = new Frame(128 + options.length, 128);
  frame.bytes.set(options, frame.append(options.length));
  const at = findBadOption(frame, frame.start, frame.end);
  return at < 0 ? at : at - frame.start;
}

const INTERFACES = [
  { address: address("10.44.0.2"), prefixLength: 24 },
  { address: address("172.16.9.9"), prefixLength: 20 },
  { address: address("192.0.2.4"), prefixLength: 31 },
  { address: address("198.51.100.7"), prefixLength: 32 },
];

Deno.test("classifyAddress() knows every kind", () => {
  const kinds: Record<string, readonly string[]> = {
    own: ["10.44.0.2", "172.16.9.9", "192.0.2.4", "198.51.100.7"],
    broadcast: ["255.255.255.255", "10.44.0.255", "172.16.15.255"],
    multicast: ["224.0.0.0", "224.0.0.1", "239.255.255.255"],
    loopback: ["127.0.0.0", "127.0.0.1", "127.255.255.255"],
    unspecified: ["0.0.0.0"],
    reserved: ["240.0.0.0", "255.255.255.254", "250.1.2.3"],
    other: ["10.44.0.1", "10.44.1.255", "172.16.9.255", "192.0.2.5", "198.51.100.6", "126.255.255.255", "128.0.0.0", "223.255.255.255"],
  };
  for (const [kind, addresses] of Object.entries(kinds)) {
    for (const text of addresses) assertStrictEquals(classifyAddress(address(text), INTERFACES), kind, text);
  }
  assertStrictEquals(classifyAddress(address("10.44.0.2"), []), "other");
});

Deno.test("admit() looks at the source, the destination, and how the packet came", () => {
  const verdict = (source: string, destination: string, arrival: Partial<Arrival> = {}): string =>
    admit(good(packet({ source: address(source), destination: address(destination) })), {
      interfaces: INTERFACES,
      linkBroadcast: false,
      forwarding: false,
      ...arrival,
    });
  assertStrictEquals(verdict("10.44.0.1", "10.44.0.2"), "deliver");
  assertStrictEquals(verdict("10.44.0.1", "172.16.9.9"), "deliver");
  assertStrictEquals(verdict("10.44.0.1", "10.44.0.255", { linkBroadcast: true }), "deliver");
  assertStrictEquals(verdict("10.44.0.1", "255.255.255.255", { forwarding: true }), "deliver");
  for (const source of ["0.0.0.0", "127.0.0.1", "224.0.0.9", "255.255.255.255", "10.44.0.255", "241.0.0.1"]) {
    assertStrictEquals(verdict(source, "10.44.0.2"), "bad source address", source);
    assertStrictEquals(verdict(source, "8.8.8.8", { forwarding: true }), "bad source address", source);
  }
  assertStrictEquals(verdict("172.16.9.9", "10.44.0.2"), "source is our own address");
  assertStrictEquals(verdict("10.44.0.1", "10.44.0.2", { linkBroadcast: true }), "link broadcast for one host");
  assertStrictEquals(verdict("10.44.0.1", "8.8.8.8", { linkBroadcast: true, forwarding: true }), "link broadcast for one host");
  assertStrictEquals(verdict("10.44.0.1", "8.8.8.8"), "not for us");
  assertStrictEquals(verdict("10.44.0.1", "8.8.8.8", { forwarding: true }), "forward");
  for (const destination of ["224.0.0.1", "127.0.0.1", "0.0.0.0", "240.0.0.1"]) {
    assertStrictEquals(verdict("10.44.0.1", destination, { forwarding: true }), "not for us", destination);
  }
});

Deno.test("decrementTtl() leaves a header that is right in every field", () => {
  const random = createRandom(1812);
  for (let i = 0; i < 5000; i++) {
    const frame = packet(randomFields(random), 8, random.chance(0.3) ? new Uint8Array(8) : undefined);
    const before = good(frame);
    const left = decrementTtl(frame);
    assertStrictEquals(left, before.timeToLive > 1);
    assertEquals(good(frame), left ? { ...before, timeToLive: before.timeToLive - 1 } : before);
  }
});

Deno.test("decrementTtl() changes nothing when the TTL is 0 or 1", () => {
  for (const timeToLive of [0, 1]) {
    const frame = packet({ timeToLive }, 8);
    const before = frame.toBytes();
    assertStrictEquals(decrementTtl(frame), false);
    assertEquals(frame.toBytes(), before);
  }
});

Deno.test("createIdentifiers() repeats no number within 65,536 calls, whoever else is served", () => {
  for (const others of [0, 0.3]) {
    const identifiers = createIdentifiers(6864);
    const random = createRandom(6864);
    const seen = new Set<number>();
    let calls = 0;
    for (let i = 0; i < 65_536; i++) {
      if (random.chance(others)) {
        identifiers.next(FIELDS.source, random.int(0, 0xffff_ffff) as Ipv4Address, 17);
        continue;
      }
      const id = identifiers.next(FIELDS.source, FIELDS.destination, 17);
      assert(Number.isInteger(id) && id >= 0 && id <= 0xffff);
      seen.add(id);
      calls++;
    }
    assertStrictEquals(seen.size, calls);
  }
});

Deno.test("createIdentifiers() begins elsewhere for another seed and for another destination", () => {
  const first = (seed: number, to: number): number => createIdentifiers(seed).next(FIELDS.source, to as Ipv4Address, 1);
  assert(new Set(Array.from({ length: 50 }, (_, seed) => first(seed, 1))).size > 45);
  assert(new Set(Array.from({ length: 50 }, (_, to) => first(1, to))).size > 45);
  assertStrictEquals(first(9, 9), first(9, 9));
});

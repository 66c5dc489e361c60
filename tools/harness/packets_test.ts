import { assertEquals, assertThrows } from "@std/assert";
import { capture, captureTo } from "../../stack/link/capture.ts";
import { createPair } from "../../stack/link/pair.ts";
import { dissect, fieldOf, type Layer, valueOf } from "../../stack/wire/dissect.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { formatMac, type MacAddress } from "../../stack/wire/mac_address.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { missingProgram, testWhen } from "../test_when.ts";
import * as packets from "./packets.ts";
import { tsharkFields } from "./tshark.ts";

const named = (layers: readonly Layer[], name: Layer["name"]): Layer => layers.find((layer) => layer.name === name) as Layer;
const problems = (layers: readonly Layer[]): string[] => layers.flatMap((layer) => layer.problems);
const u32 = (random: Random): number => random.int(0, 0xffff_ffff);
/** A MAC address of one station. */
const station = (random: Random): number => 0x0200_0000_0000 + u32(random);

function expectFields(layer: Layer, fields: Readonly<Record<string, number | boolean>>): void {
  for (const [name, value] of Object.entries(fields)) assertEquals(valueOf(layer, name), Number(value), `${layer.name}.${name}`);
}

/** A random good frame, and what was put in. */
function randomFrame(random: Random): { frame: Uint8Array<ArrayBuffer>; check: (layers: readonly Layer[]) => void } {
  const ends = { source: u32(random), destination: u32(random) };
  const header = {
    ...ends,
    identification: random.int(0, 0xffff),
    typeOfService: random.int(0, 255),
    dontFragment: random.chance(0.5),
  };
  const ttl = random.int(0, 255);
  const options = random.chance(0.3) ? packets.pad(Uint8Array.of(7, 7, 4), random.int(7, 11)) : undefined;
  const data = random.bytes(random.int(0, 200));
  const link = { destination: station(random), source: station(random) };
  const [protocol, message, check] = random.pick([echo, datagram, segment])(random, ends, data);
  const ip = packets.ipv4({ ...header, ttl, protocol, options }, message);
  return {
    frame: packets.fcs(packets.pad(packets.ethernet(link, ip), 60)),
    check: (layers) => {
      expectFields(named(layers, "Ethernet"), { ...link, etherType: 0x0800 });
      expectFields(named(layers, "IPv4"), { ...header, timeToLive: ttl, protocol, version: 4, totalLength: ip.length });
      assertEquals(layers.find((layer) => layer.name === "data")?.length ?? 0, data.length);
      check(layers);
    },
  };
}

type Message = [protocol: number, message: Uint8Array, check: (layers: readonly Layer[]) => void];

function echo(random: Random, _: unknown, data: Uint8Array): Message {
  const [id, seq, reply] = [random.int(0, 0xffff), random.int(0, 0xffff), random.chance(0.5)];
  const check = (layers: readonly Layer[]): void =>
    expectFields(named(layers, "ICMP"), { type: reply ? 0 : 8, code: 0, identifier: id, sequence: seq });
  return [1, packets.icmpEcho({ id, seq, reply }, data), check];
}

function datagram(random: Random, ends: { source: number; destination: number }, data: Uint8Array): Message {
  const ports = { sourcePort: random.int(0, 0xffff), destinationPort: random.int(0, 0xffff) };
  const check = (layers: readonly Layer[]): void => expectFields(named(layers, "UDP"), { ...ports, length: 8 + data.length });
  return [17, packets.udp({ ...ports, ...ends }, data), check];
}

function segment(random: Random, ends: { source: number; destination: number }, data: Uint8Array): Message {
  const [sourcePort, destinationPort] = [random.int(0, 0xffff), random.int(0, 0xffff)];
  const [seq, ack, window] = [u32(random), u32(random), random.int(0, 0xffff)];
  const header = { sourcePort, destinationPort, seq, ack, window, flags: random.int(0, 255) };
  const options = random.pick([{}, { mss: 1460, sackPermitted: true, windowScale: 7 }, { timestamps: [seq, ack] as const }]);
  const check = (layers: readonly Layer[]): void => expectFields(named(layers, "TCP"), header);
  return [6, packets.tcp({ ...header, ...ends, options, urgentPointer: window }, data), check];
}

Deno.test("dissect() reads back what ethernet(), ipv4(), icmpEcho(), udp() and tcp() wrote", () => {
  const random = createRandom(1);
  for (let run = 0; run < 500; run++) {
    const { frame, check } = randomFrame(random);
    const layers = dissect(frame, "ethernet", { fcs: true });
    assertEquals(problems(layers), [], `run ${run}`);
    check(layers);
  }
});

Deno.test("dissect() reads back what arp() wrote", () => {
  const random = createRandom(2);
  for (let run = 0; run < 100; run++) {
    const fields = {
      operation: random.int(1, 2),
      senderMac: station(random),
      senderIp: u32(random),
      targetMac: station(random),
      targetIp: u32(random),
    };
    const layers = dissect(packets.ethernet({ etherType: 0x0806 }, packets.arp(fields)), "ethernet");
    assertEquals(problems(layers), []);
    expectFields(named(layers, "ARP"), { ...fields, hardwareType: 1, protocolType: 0x0800, hardwareLength: 6, protocolLength: 4 });
  }
});

Deno.test("ipv4() writes forged fields as they are given", () => {
  const forged = packets.ipv4({
    version: 5,
    headerLength: 60,
    totalLength: 7,
    headerChecksum: 0xbeef,
    reservedFlag: true,
    moreFragments: true,
    fragmentOffset: 65528,
  });
  assertEquals(forged.length, 20);
  const ip = named(dissect(forged, "ip"), "IPv4");
  expectFields(ip, {
    version: 5,
    headerLength: 60,
    totalLength: 7,
    headerChecksum: 0xbeef,
    reservedFlag: 1,
    moreFragments: 1,
    fragmentOffset: 65528,
  });
  assertEquals(fieldOf(named(dissect(packets.ipv4({ headerChecksum: 1 }), "ip"), "IPv4"), "headerChecksum")?.ok, false);
});

Deno.test("tcp() writes flags by name and options as they are given", () => {
  const options = { mss: 1460, sackPermitted: true, timestamps: [1, 2], windowScale: 7, sack: [[10, 20], [30, 40]] } as const;
  const layers = dissect(packets.ipv4({ protocol: 6 }, packets.tcp({ flags: "SYN ACK", options }, packets.pattern(3))), "ip");
  const layer = named(layers, "TCP");
  assertEquals(problems(layers), []);
  expectFields(layer, { sourcePort: 40000, destinationPort: 80, flags: 18, window: 0xffff, dataOffset: 60, seq: 0, ack: 0, urgent: 0 });
  assertEquals(fieldOf(layer, "options")?.text, "mss 1460, sack permitted, timestamps 1 2, window scale 7, sack 10 20 30 40, end of list");
  assertEquals(packets.tcp(), packets.tcp({ flags: 16, options: new Uint8Array() }));
  assertEquals(packets.tcp({ flags: "" }).subarray(12, 14), Uint8Array.of(0x50, 0));
  assertEquals(
    packets.tcp({ flags: 0xfff, dataOffset: 60, checksum: 0xbeef }).subarray(12, 18),
    Uint8Array.of(255, 255, 255, 255, 0xbe, 0xef),
  );
  assertThrows(() => packets.tcp({ flags: "SYN,ACK" }), TypeError, "SYN,ACK");
});

Deno.test("addresses are taken as text and as numbers, and nothing else", () => {
  assertEquals(packets.arp({ senderIp: 0x0a2c_0001, senderMac: 0x0200_0000_0001 }), packets.arp());
  for (const source of ["10.44.0", "10.44.0.256", "kernel", "1.2.3.4.5"]) assertThrows(() => packets.ipv4({ source }), TypeError, source);
  assertThrows(() => packets.ethernet({ source: "02:00:00:00:00" }), TypeError, "02:00:00:00:00");
});

Deno.test("fcs() appends the CRC-32, or what it is given", () => {
  const check = new TextEncoder().encode("123456789");
  assertEquals(packets.fcs(check).subarray(9), Uint8Array.of(0x26, 0x39, 0xf4, 0xcb));
  assertEquals(packets.fcs(check, 1).subarray(9), Uint8Array.of(1, 0, 0, 0));
});

Deno.test("fragmentPacket() cuts a packet whose pieces make up the whole", () => {
  const random = createRandom(3);
  const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 1, 148, 4, 0, 0);
  for (let run = 0; run < 50; run++) {
    const payload = random.bytes(random.int(100, 3000));
    const all = Array.from({ length: Math.ceil(payload.length / 8) - 1 }, (_, index) => index * 8 + 8);
    const cuts = random.shuffle(all).slice(0, random.int(1, 5)).sort((a, b) => a - b);
    const whole = packets.ipv4({ protocol: 99, identification: 5, ttl: 9, options }, payload);
    const joined = new Uint8Array(payload.length);
    const pieces = packets.fragmentPacket(whole, cuts);
    assertEquals(pieces.length, cuts.length + 1);
    pieces.forEach((piece, index) => {
      const layers = dissect(piece, "ip");
      const ip = named(layers, "IPv4");
      assertEquals(problems(layers), []);
      expectFields(ip, { identification: 5, timeToLive: 9, protocol: 99, moreFragments: index < cuts.length });
      // The router alert is marked to be copied, the record route is not (RFC 791 §3.1).
      assertEquals(fieldOf(ip, "options")?.text, index === 0 ? "record route 0 of 1, no operation, router alert 0" : "router alert 0");
      joined.set(piece.subarray(ip.length), valueOf(ip, "fragmentOffset"));
    });
    assertEquals(joined, payload);
  }
});

Deno.test("fragmentPacket() cuts a fragment again and refuses a cut that is none", () => {
  const [, middle] = packets.fragmentPacket(packets.ipv4({}, packets.pattern(100)), [40, 80]) as [Uint8Array, Uint8Array];
  const again = packets.fragmentPacket(middle, [16]).map((piece) => named(dissect(piece, "ip"), "IPv4"));
  assertEquals(again.map((ip) => [valueOf(ip, "fragmentOffset"), valueOf(ip, "moreFragments")]), [[40, 1], [56, 1]]);
  for (const cuts of [[12], [16, 8], [8, 8], [104]]) {
    assertThrows(() => packets.fragmentPacket(packets.ipv4({}, packets.pattern(100)), cuts), RangeError);
  }
});

testWhen(missingProgram("tshark"), "dissect() and tshark read the same in 300 random frames, some of them damaged", async () => {
  const random = createRandom(4);
  const path = await Deno.makeTempFile({ suffix: ".pcapng" });
  const [wire] = createPair({ queueLimit: 1000 });
  const file = captureTo(path);
  const recorded = capture(wire, file, { clock: () => 0 });
  const ours: string[][] = [];
  for (let run = 0; run < 300; run++) {
    const { frame } = randomFrame(random);
    // Damage in checksum or addresses, or near the end, so that both go on to read the same fields.
    const place = random.pick([random.int(24, 33), frame.length - random.int(1, 8)]);
    if (random.chance(0.5)) frame[place] = (frame[place] as number) ^ 1 << random.int(0, 7);
    ours.push(summary(dissect(frame, "ethernet", { fcs: true })));
    recorded.send(Frame.of(frame));
  }
  file.close();
  const statuses = ["ip", "icmp", "udp", "tcp"].map((name) => `${name}.checksum.status`);
  const fields = ["eth.dst", "eth.src", "ip.id", "ip.ttl", "ip.src", "ip.dst", "ip.checksum", "eth.fcs.status", ...statuses];
  const theirs = await tsharkFields(path, fields);
  await Deno.remove(path);
  assertEquals(theirs, ours);
});

/** The fields that the test above asks tshark for, as it writes them: of a checksum, 1 for right and 0 for wrong. */
function summary(layers: readonly Layer[]): string[] {
  const [ethernet, ip] = [named(layers, "Ethernet"), named(layers, "IPv4")];
  const hex = (name: string): string => `0x${valueOf(ip, name).toString(16).padStart(4, "0")}`;
  const status = (layer: Layer["name"], name: string): string => {
    const found = layers.find((each) => each.name === layer);
    return found === undefined ? "" : fieldOf(found, name)?.ok ? "1" : "0";
  };
  return [
    formatMac(valueOf(ethernet, "destination") as MacAddress),
    formatMac(valueOf(ethernet, "source") as MacAddress),
    hex("identification"),
    String(valueOf(ip, "timeToLive")),
    formatIpv4Address(valueOf(ip, "source") as Ipv4Address),
    formatIpv4Address(valueOf(ip, "destination") as Ipv4Address),
    hex("headerChecksum"),
    status("FCS", "fcs"),
    status("IPv4", "headerChecksum"),
    status("ICMP", "checksum"),
    status("UDP", "checksum"),
    status("TCP", "checksum"),
  ];
}

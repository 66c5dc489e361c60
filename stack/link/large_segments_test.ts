/** That a host with large segments is the same host: what it sends and delivers, byte for byte, whatever the wire does; and that nothing is joined that differs. */
import { assert, assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { type Application, type Seen, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { blankFields } from "../tcp/segment_fields.ts";
import { Frame } from "../wire/frame.ts";
import { parseIpv4Address } from "../wire/ipv4_address.ts";
import { createRandom, type Random } from "../wire/random.ts";
import { seq } from "../wire/seq.ts";
import { ACK, FIN, PSH, SYN, URG } from "../wire/tcp_flags.ts";
import type { Device } from "./device.ts";
import { largeSegments } from "./large_segments.ts";
import { createPair } from "./pair.ts";

const { internetChecksum, parseIpv4, writeIpv4 } = reference.ip;
const [SOURCE, DESTINATION] = [parseIpv4Address("10.44.0.1"), parseIpv4Address("10.44.0.2")];

/** What a story drew, and what came of it. */
interface Story {
  readonly seen: readonly Seen[];
  readonly received: readonly number[];
  readonly ends: readonly (string | undefined)[];
  /** Packets that the hosts were handed, and that they handed down. */
  readonly packets: number;
}

/** Options of a host, drawn at random. */
function drawHost(random: Random): Record<string, number | boolean> {
  return {
    receiveBuffer: random.pick([3000, 20_000, 200_000]),
    sendBuffer: random.pick([5000, 300_000]),
    maxSegment: random.pick([0, 0, 900, 200]),
    timestamps: random.chance(0.7),
    sack: random.chance(0.7),
    windowScaling: random.chance(0.8),
    noDelay: random.chance(0.5),
    quickAck: random.chance(0.2),
  };
}

/** One connection on a random wire: writes, reads, urgent data, half-closes and aborts at random times. The same seed is the same story, in both kinds of hosts. */
function tell(seed: number, large: boolean): Story {
  const random = createRandom(seed);
  const isBad = random.chance(0.6);
  const wire = () => ({
    delay: random.pick([0, 5]),
    ...(isBad
      ? {
        drop: random.pick([0, 0.02]),
        reorder: random.pick([0, 0.05]),
        duplicate: random.pick([0, 0.03]),
        corrupt: random.pick([0, 0.02]),
      }
      : {}),
  });
  const rig = new TcpRig({
    client: drawHost(random),
    server: drawHost(random),
    fromClient: wire(),
    fromServer: wire(),
    seed,
    iss: random.pick([1, 2 ** 32 - 20_000, 2 ** 31 - 20_000]),
    layers: random.pick([4, 5]),
    largeSegments: large,
  });
  const { client, server } = rig.connect();
  const both = [client, server] as const;
  for (let step = 0; step < 25; step++) {
    const one = random.pick(both);
    act(random, one);
    if (random.chance(0.6)) rig.wait(random.pick([1, 20, 300, 3000]));
  }
  for (const each of both) each.reading = true;
  for (const each of both) each.send(random.int(0, 50_000), { thenShutdown: true });
  rig.wait(100_000);
  const counters = [rig.a, rig.b].map((host) => host.counters());
  const packets = counters.reduce((sum, each) => sum + (each["ip: received"] ?? 0) + (each["ip: sent"] ?? 0), 0);
  return { seen: rig.seen, received: both.map(({ received }) => received), ends: both.map(({ end }) => end), packets };
}

function act(random: Random, one: Application): void {
  const { connection } = one;
  switch (random.int(0, 12)) {
    case 0:
      one.reading = !one.reading;
      break;
    case 1:
      one.read(random.int(1, 5000));
      break;
    case 2:
      if (random.chance(0.1)) connection.abort();
      break;
    case 3:
      connection.change({
        ...connection.options,
        cork: random.chance(0.3),
        receiveBuffer: random.pick([2000, connection.made.receiveBuffer]),
      });
      break;
    case 4:
      if (random.chance(0.3) && connection.tcb.state === "ESTABLISHED") one.send(0, { thenShutdown: true });
      break;
    default:
      if (!connection.tcb.finQueued) one.send(random.pick([1, 100, 1448, 5000, 40_000, 150_000]));
  }
}

Deno.test("a host with large segments sends the same frames and delivers the same bytes as one without: 60 random stories", () => {
  const packets = [0, 0] as [number, number];
  for (let seed = 1; seed <= 60; seed++) {
    const [plain, large] = [tell(seed, false), tell(seed, true)];
    packets[0] += plain.packets;
    packets[1] += large.packets;
    const differs = plain.seen.findIndex((segment, index) => !same(segment, large.seen[index]));
    const around = (story: Story): readonly Seen[] => differs < 0 ? [] : story.seen.slice(Math.max(0, differs - 1), differs + 2);
    assertEquals(around(large), around(plain), `seed ${seed}, segment ${differs}`);
    assertEquals([large.seen.length, large.received, large.ends], [plain.seen.length, plain.received, plain.ends], `seed ${seed}`);
  }
  assert(packets[0] > 50_000 && packets[1] < packets[0] * 0.7, `${packets}`);
});

function same(one: Seen, other: Seen | undefined): boolean {
  return other !== undefined && (Object.keys(one) as (keyof Seen)[]).every((name) => name.startsWith("text") || one[name] === other[name]);
}

/** A packet with `length` bytes of text, which begin with number `number`, and the checksums it should have. */
function packet(
  number: number,
  length: number,
  change: Partial<{ flags: number; window: number; ttl: number; port: number; tsVal: number }> = {},
): Frame {
  const frame = new Frame(2048);
  const at = frame.append(length);
  for (let i = 0; i < length; i++) frame.bytes[at + i] = number + i & 255;
  const { flags = ACK, window = 1000, ttl = 64, port = 5000, tsVal = 7 } = change;
  const fields = {
    ...blankFields(),
    sourcePort: port,
    destinationPort: 80,
    seq: seq(number),
    ack: seq(9),
    flags,
    window,
    timestamps: true,
    tsVal,
  };
  reference.handshake.writeSegment(frame, fields, SOURCE, DESTINATION, internetChecksum);
  writeIpv4(frame, {
    source: SOURCE,
    destination: DESTINATION,
    protocol: 6,
    timeToLive: ttl,
    identification: number & 0xffff,
    dontFragment: true,
  });
  return frame;
}

/** What comes out when these come in. */
function joined(...packets: Frame[]): Frame[] {
  const [near, far] = createPair({ medium: "ip" });
  const device = largeSegments(near, internetChecksum);
  for (const each of packets) far.send(each);
  return drain(device, 65_535 + 320);
}

function drain(device: Device, capacity: number): Frame[] {
  const all: Frame[] = [];
  for (let frame = new Frame(capacity); device.receive(frame); frame = new Frame(capacity)) all.push(frame);
  return all;
}

Deno.test("largeSegments() puts together what one header can say, and nothing else", () => {
  const next = 1 + 1000;
  const together: [string, Frame[]][] = [
    ["the same", [packet(1, 1000), packet(next, 1000), packet(next + 1000, 1000)]],
    ["a shorter one is the last", [packet(1, 1000), packet(next, 400)]],
    ["a pushed one is the last", [packet(1, 1000), packet(next, 1000, { flags: ACK | PSH })]],
    ["numbers that wrap", [packet(2 ** 32 - 500, 1000), packet(500, 1000)]],
  ];
  for (const [what, packets] of together) {
    const [frame, ...rest] = joined(...packets);
    assert(frame !== undefined);
    assertEquals([rest.length, frame.segmentSize, frame.checksumByDevice], [0, 1000, true], what);
    const header = parseIpv4(frame);
    assert(typeof header !== "string", what);
    assertEquals(header.end - header.payload - 32, packets.reduce((sum, each) => sum + each.length - 52, 0), what);
  }
  const bad = packet(next, 1000);
  bad.bytes[bad.end - 1] = (bad.bytes[bad.end - 1] as number) ^ 1;
  const apart: [string, Frame[]][] = [
    ["a gap", [packet(1, 1000), packet(next + 1, 1000)]],
    ["the same again", [packet(1, 1000), packet(1, 1000)]],
    ["a longer one", [packet(1, 1000), packet(next, 1001)]],
    ["behind a pushed one", [packet(1, 1000, { flags: ACK | PSH }), packet(next, 1000)]],
    ["another window", [packet(1, 1000), packet(next, 1000, { window: 1001 })]],
    ["another timestamp", [packet(1, 1000), packet(next, 1000, { tsVal: 8 })]],
    ["another port", [packet(1, 1000), packet(next, 1000, { port: 5001 })]],
    ["another time to live", [packet(1, 1000), packet(next, 1000, { ttl: 63 })]],
    ["a bad checksum", [packet(1, 1000), bad]],
    ...[FIN, SYN, URG].map((flag): [string, Frame[]] => [`flag ${flag}`, [packet(1, 1000), packet(next, 1000, { flags: ACK | flag })]]),
    ["no text", [packet(1, 1000), packet(next, 0)]],
  ];
  for (const [what, packets] of apart) {
    const frames = joined(...packets);
    assertEquals(frames.map((frame) => [frame.segmentSize, frame.toBytes()]), packets.map((frame) => [0, frame.toBytes()]), what);
  }
});

Deno.test("largeSegments() cuts what it put together into the same packets", () => {
  const random = createRandom(3);
  for (let round = 0; round < 200; round++) {
    const size = random.int(256, 1448), count = random.int(2, Math.floor(65_000 / size)), start = random.int(0, 2 ** 32 - 1);
    const last = random.int(1, size);
    const packets = Array.from(
      { length: count },
      (_, i) => i < count - 1 ? packet(start + i * size >>> 0, size) : packet(start + i * size >>> 0, last, { flags: ACK | PSH }),
    );
    packets.forEach((each, i) => {
      each.view.setUint16(each.start + 4, round + i);
      each.view.setUint16(each.start + 10, 0);
      each.view.setUint16(each.start + 10, internetChecksum(each.view, each.start, each.start + 20));
    });
    const [frame, ...rest] = joined(...packets);
    assert(frame !== undefined && rest.length === 0, `${count} of ${size}`);
    const [near, far] = createPair({ medium: "ip" });
    assert(largeSegments(near, internetChecksum).send(frame));
    assertEquals(drain(far, 2048).map((each) => each.toBytes()), packets.map((each) => each.toBytes()));
  }
});

Deno.test("largeSegments() leaves an Ethernet as it is, and a device that does it itself", () => {
  const [tap] = createPair();
  const [tun] = createPair({ medium: "ip" });
  const able = { ...tun, offload: { checksum: true, segmentation: true } };
  assertEquals([largeSegments(tap, internetChecksum), largeSegments(able, internetChecksum)], [tap, able]);
});

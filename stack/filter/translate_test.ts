import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { checksum } from "../../tools/harness/arithmetic.ts";
import { type Address, fragmentPacket, icmp, icmpEcho, ipv4, join, pattern, tcp, udp } from "../../tools/harness/packets.ts";
import { type PacketRig, packetRig, type SentPacket } from "../../tools/testing/packet_rig.ts";
import type { HostConfig } from "../host_config.ts";
import { createRandom } from "../wire/random.ts";
import { listConnections } from "./list_connections.ts";

/** A client and a server behind a router, which has one address outside; and somebody out there. */
const CLIENT = "10.44.1.2", OTHER = "10.44.1.3", INSIDE = "10.44.1.1", OUTSIDE = "192.0.2.1", FAR = "198.51.100.7", WAY = "203.0.113.9";
const SNAT = "chain postrouting\n out 1 from 10.44.1.0/24 masquerade";
const DNAT = "chain prerouting\n in 1 tcp to 192.0.2.1 port 8080 dnat to 10.44.1.2:80\n in 1 udp to 192.0.2.1 port 53 dnat to 10.44.1.2";

function router(filter: string, config: Partial<HostConfig> = {}): PacketRig {
  const routes = [{ to: "0.0.0.0/0", interface: 1 }];
  return packetRig([INSIDE, OUTSIDE], { forwarding: true, routes, filter, ...config });
}

/** What was sent, when all that can be checked about it is right. */
function texts(sent: readonly SentPacket[]): string[] {
  assertEquals(sent.flatMap(({ layers, text }) => layers.flatMap(({ problems }) => problems.map((problem) => `${text}: ${problem}`))), []);
  return sent.map(({ on, text }) => `${on}: ${text}`);
}

function only(sent: readonly SentPacket[]): SentPacket {
  texts(sent);
  assertEquals(sent.length, 1);
  return sent[0] as SentPacket;
}

interface Ends {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

function segment(ends: Ends, flags = "SYN", more: Parameters<typeof tcp>[0] = {}, data?: Uint8Array): Uint8Array<ArrayBuffer> {
  return ipv4({ ...ends, protocol: 6 }, tcp({ ...ends, flags, ...more }, data));
}

function datagram(
  ends: Ends,
  data = pattern(12),
  more: { ttl?: number; checksum?: number; identification?: number } = {},
): Uint8Array<ArrayBuffer> {
  const { checksum, ...header } = more;
  return ipv4({ ...ends, protocol: 17, ...header }, udp({ ...ends, ...checksum === undefined ? {} : { checksum } }, data));
}

function ping(source: Address, destination: Address, id: number, reply = false): Uint8Array<ArrayBuffer> {
  return ipv4({ source, destination }, icmpEcho({ id, reply, seq: 3 }, pattern(20)));
}

Deno.test("a source is translated on the way out, and the destination back on the way in", () => {
  const rig = router(SNAT);
  const out = { source: CLIENT, destination: FAR };
  assertEquals(texts(rig.put(0, segment(out))), ["1: 192.0.2.1:40000 > 198.51.100.7:80 TCP"]);
  assertEquals(texts(rig.put(1, segment({ source: FAR, destination: OUTSIDE, sourcePort: 80, destinationPort: 40000 }, "SYN ACK"))), [
    "0: 198.51.100.7:80 > 10.44.1.2:40000 TCP",
  ]);
  assertEquals(texts(rig.put(0, datagram(out))), ["1: 192.0.2.1:40000 > 198.51.100.7:9 UDP"]);
  assertEquals(texts(rig.put(1, datagram({ source: FAR, destination: OUTSIDE, sourcePort: 9, destinationPort: 40000 }))), [
    "0: 198.51.100.7:9 > 10.44.1.2:40000 UDP",
  ]);
  const [asked] = rig.put(0, ping(CLIENT, FAR, 7));
  assertEquals(asked?.bytes.slice(20), ping(OUTSIDE, FAR, 7).slice(20)); // nobody else has that identifier
  assertEquals(texts(rig.put(1, ping(FAR, OUTSIDE, 7, true))), ["0: 198.51.100.7 > 10.44.1.2 ICMP 0/0"]);
  assertEquals(rig.host.framesLent, 0);
});

Deno.test("an answer that nobody asked for is for the router itself", () => {
  const rig = router(SNAT);
  rig.put(0, datagram({ source: CLIENT, destination: FAR }));
  for (const [source, sourcePort, destinationPort] of [[WAY, 9, 40000], [FAR, 10, 40000], [FAR, 9, 40001]] as const) {
    assertEquals(texts(rig.put(1, datagram({ source, destination: OUTSIDE, sourcePort, destinationPort }))), [
      `1: 192.0.2.1 > ${source} ICMP 3/3`,
    ]);
  }
  assertEquals(rig.put(1, ping(FAR, OUTSIDE, 7, true)), []);
});

Deno.test("a second caller with the same port gets another one, of the same kind", () => {
  for (const port of [40000, 40001, 53, 1022, 1023, 65535, 1024]) {
    const rig = router(SNAT);
    const call = (source: string): number => {
      const { bytes } = only(rig.put(0, datagram({ source, destination: FAR, sourcePort: port })));
      const used = (bytes[20] as number) * 256 + (bytes[21] as number);
      assertEquals(texts(rig.put(1, datagram({ source: FAR, destination: OUTSIDE, sourcePort: 9, destinationPort: used }))), [
        `0: 198.51.100.7:9 > ${source}:${port} UDP`,
      ]);
      return used;
    };
    const [first, second] = [call(CLIENT), call(OTHER)];
    assertEquals(first, port);
    assertNotEquals(second, port);
    assertEquals([second % 2, second < 1024], [port % 2, port < 1024]);
    assertEquals(call(OTHER), second); // and keeps it
  }
});

Deno.test("many callers with the same port get ports that all differ, and none below 1024", () => {
  const rig = router(SNAT);
  const callers = Array.from({ length: 250 }, (_, i) => `10.44.1.${i + 2}`);
  const sent = callers.map((source) => only(rig.put(0, datagram({ source, destination: FAR, sourcePort: 1024 }))).bytes);
  const ports = sent.map((bytes) => (bytes[20] as number) * 256 + (bytes[21] as number));
  assertEquals(new Set(ports).size, callers.length);
  assert(ports.every((port) => port >= 1024 && port % 2 === 0));
});

Deno.test("a checksum that comes to zero is written as all ones: zero would say that there is none", () => {
  const rig = router(SNAT);
  const far = { source: OUTSIDE, destination: FAR };
  const word = (value: number): Uint8Array<ArrayBuffer> => Uint8Array.of(value >>> 8, value & 255);
  const isZero = (value: number): boolean => datagram(far, word(value)).subarray(26, 28).every((byte) => byte === 255);
  const value = Array.from({ length: 0x1_0000 }, (_, i) => i).find(isZero) as number;
  assertEquals(
    only(rig.put(0, datagram({ source: CLIENT, destination: FAR }, word(value)))).bytes.slice(20),
    datagram(far, word(value)).slice(20),
  );
});

Deno.test("a second ping with the same identifier gets another one", () => {
  const rig = router(SNAT);
  only(rig.put(0, ping(CLIENT, FAR, 7)));
  const { bytes } = only(rig.put(0, ping(OTHER, FAR, 7)));
  const id = (bytes[24] as number) * 256 + (bytes[25] as number);
  assertNotEquals(id, 7);
  assertEquals(only(rig.put(1, ping(FAR, OUTSIDE, id, true))).bytes.slice(20), ping(FAR, OTHER, 7, true).slice(20));
});

Deno.test("snat takes its ports where the rule says, and what finds none is dropped", () => {
  const rig = router("chain postrouting\n out 1 udp snat to 192.0.2.1:50000-50003");
  const used = Array.from({ length: 5 }, (_, i) => rig.put(0, datagram({ source: CLIENT, destination: FAR, sourcePort: 3000 + i })));
  const ports = used.flatMap((sent) => texts(sent)).map((text) => Number(/192\.0\.2\.1:(\d+)/.exec(text)?.[1]));
  assertEquals(ports.sort(), [50000, 50001, 50002, 50003]);
  assertEquals([used[4]?.length, rig.host.counters()["filter: no port free"]], [0, 1]);
  // With somebody else they are all free.
  assertEquals(rig.put(0, datagram({ source: CLIENT, destination: WAY })).length, 1);
});

Deno.test("a destination is translated on the way in, and the source back on the way out", () => {
  const rig = router(DNAT);
  const call = { source: FAR, destination: OUTSIDE, destinationPort: 8080 };
  assertEquals(texts(rig.put(1, segment(call))), ["0: 198.51.100.7:40000 > 10.44.1.2:80 TCP"]);
  const answer = { source: CLIENT, destination: FAR, sourcePort: 80, destinationPort: 40000 };
  assertEquals(texts(rig.put(0, segment(answer, "SYN ACK"))), ["1: 192.0.2.1:8080 > 198.51.100.7:40000 TCP"]);
  assertEquals(texts(rig.put(1, datagram({ ...call, destinationPort: 53 }))), ["0: 198.51.100.7:40000 > 10.44.1.2:53 UDP"]);
  const text = listConnections(rig.host.filter?.connections(0) ?? [], 0);
  assertEquals(text.trimEnd().split("\n").map((line) => line.split(/  +/)), [
    ["udp", "unanswered", "198.51.100.7:40000 > 192.0.2.1:53", "10.44.1.2:53 > 198.51.100.7:40000", "120 s"],
    ["tcp", "opening", "198.51.100.7:40000 > 192.0.2.1:8080", "10.44.1.2:80 > 198.51.100.7:40000", "240 s"],
  ]);
});

Deno.test("a destination may be another port of the router itself", () => {
  const rig = router("chain prerouting\n udp to port 53 dnat to 192.0.2.1:5353");
  const sent = rig.put(1, datagram({ source: FAR, destination: OUTSIDE, destinationPort: 53 }));
  assertEquals(texts(sent), ["1: 192.0.2.1 > 198.51.100.7 ICMP 3/3"]);
  assertEquals(
    only(sent).bytes.slice(28 + 12, 28 + 24),
    datagram({ source: FAR, destination: OUTSIDE, destinationPort: 53 }).slice(12, 24),
  );
});

Deno.test("two ways to one server do not mix: who comes by the second gets another port", () => {
  const rig = router(DNAT);
  only(rig.put(1, segment({ source: FAR, destination: OUTSIDE, destinationPort: 8080 })));
  const { text } = only(rig.put(1, segment({ source: FAR, destination: CLIENT, destinationPort: 80 })));
  const [, port] = /^198\.51\.100\.7:(\d+) > 10\.44\.1\.2:80 TCP$/.exec(text) ?? [];
  assert(port !== undefined && port !== "40000", text);
  assertEquals(texts(rig.put(0, segment({ source: CLIENT, destination: FAR, sourcePort: 80, destinationPort: Number(port) }, "SYN ACK"))), [
    "1: 10.44.1.2:80 > 198.51.100.7:40000 TCP",
  ]);
});

Deno.test("both at once: a caller inside reaches a server inside by the address outside", () => {
  const rig = router(
    "chain prerouting\n tcp to 192.0.2.1 port 8080 dnat to 10.44.1.2:80\nchain postrouting\n from 10.44.1.0/24 masquerade",
  );
  assertEquals(texts(rig.put(0, segment({ source: OTHER, destination: OUTSIDE, destinationPort: 8080 }))), [
    "0: 10.44.1.1:40000 > 10.44.1.2:80 TCP",
  ]);
  const answer = { source: CLIENT, destination: INSIDE, sourcePort: 80, destinationPort: 40000 };
  assertEquals(texts(rig.put(0, segment(answer, "SYN ACK"))), ["0: 192.0.2.1:8080 > 10.44.1.3:40000 TCP"]);
});

Deno.test("random packets through a NAT and back are what they were, and every checksum is right", () => {
  const random = createRandom(3022);
  const rig = router(`${SNAT}\n${DNAT}`);
  for (let run = 0; run < 3000; run++) {
    const isInwards = random.chance(0.3);
    const data = random.bytes(random.pick([0, 1, 2, 7, 100, 1400]));
    const kind = isInwards ? random.pick(["tcp", "udp"]) : random.pick(["tcp", "udp", "bare udp", "echo"]);
    const port = isInwards ? kind === "tcp" ? 8080 : 53 : random.int(0, 65535);
    const there = { source: isInwards ? FAR : random.pick([CLIENT, OTHER]), destination: isInwards ? OUTSIDE : FAR };
    const ports = { sourcePort: random.pick([random.int(0, 65535), random.int(0, 3)]), destinationPort: port };
    const make = (ends: Ends, isReply: boolean): Uint8Array<ArrayBuffer> => {
      const flags = isReply ? "SYN ACK" : "SYN";
      if (kind === "tcp") return segment(ends, flags, { seq: random.int(0, 0xffff_ffff), options: { mss: 1460 } }, data);
      if (kind !== "echo") return datagram(ends, data, kind === "udp" ? {} : { checksum: 0 });
      return ipv4(ends, icmpEcho({ id: ends[isReply ? "destinationPort" : "sourcePort"] ?? 0, reply: isReply }, data));
    };
    const [near, far] = isInwards ? [1, 0] : [0, 1];
    const packet = make({ ...there, ...ports }, false);
    const sent = only(rig.put(near, packet));
    assertEquals(sent.on, far);
    assertUnchanged(packet, sent.bytes, kind);
    const view = new DataView(sent.bytes.buffer, 20);
    const seen = { sourcePort: view.getUint16(kind === "echo" ? 4 : 0), destinationPort: view.getUint16(2) };
    const back = { source: sent.text.split(" > ")[1] as string, destination: sent.text.split(":")[0] as string };
    const mirrored = { sourcePort: seen.destinationPort, destinationPort: seen.sourcePort };
    const clean = { source: address(back.source), destination: address(back.destination), ...mirrored };
    const answer = make(clean, true);
    const returned = only(rig.put(far, answer));
    assertEquals(returned.on, near);
    assertUnchanged(answer, returned.bytes, kind);
    assertEquals([returned.bytes.slice(12, 16), returned.bytes.slice(16, 20)], [packet.slice(16, 20), packet.slice(12, 16)]);
    const back4 = new DataView(returned.bytes.buffer, 20);
    if (kind === "echo") assertEquals(back4.getUint16(4), ports.sourcePort);
    else assertEquals([back4.getUint16(0), back4.getUint16(2)], [ports.destinationPort, ports.sourcePort]);
  }
  assertEquals(rig.host.framesLent, 0);
});

function address(text: string): string {
  return text.split(" ")[0]?.split(":")[0] as string;
}

/** All but addresses, ports, the time to live and the sums; and a datagram without a checksum has none. */
function assertUnchanged(before: Uint8Array, after: Uint8Array, kind: string): void {
  const mask = (packet: Uint8Array): Uint8Array => {
    const copy = packet.slice();
    copy.fill(0, 8, 9).fill(0, 10, 20);
    const sum = { tcp: 36, udp: 26, "bare udp": 20, echo: 22 }[kind] as number;
    copy.fill(0, sum, sum + 2);
    if (kind === "echo") copy.fill(0, 24, 26);
    else copy.fill(0, 20, 24);
    return copy;
  };
  assertEquals(mask(after), mask(before));
}

Deno.test("a packet whose checksum is wrong is not made whole: it does not get out", () => {
  const rig = router(SNAT);
  const bad = segment({ source: CLIENT, destination: FAR }, "SYN", { checksum: 0x1234 });
  assertEquals(rig.put(0, bad), []);
  assertEquals(rig.host.counters()["filter: cannot be translated"], 1);
  assertEquals(rig.host.filter?.connections(0), []);
});

Deno.test("what arrives in fragments leaves translated, and its checksum is right", () => {
  const rig = router(SNAT);
  const whole = datagram({ source: CLIENT, destination: FAR }, pattern(4000), { identification: 99 });
  const sent = fragmentPacket(whole, [1480, 2960]).flatMap((piece) => rig.put(0, piece));
  assertEquals(sent.map(({ on }) => on), [1, 1, 1]);
  const payload = join(...sent.map(({ bytes }) => bytes.slice(20)));
  assertEquals(payload, datagram({ source: OUTSIDE, destination: FAR }, pattern(4000)).slice(20));
});

Deno.test("what the router says of fragments that were late has nothing to do with what came last", () => {
  const rig = router(DNAT);
  const whole = datagram({ source: WAY, destination: OUTSIDE, destinationPort: 9 }, pattern(3000));
  const [first] = fragmentPacket(whole, [1480]) as [Uint8Array];
  rig.put(1, first);
  only(rig.put(1, segment({ source: FAR, destination: OUTSIDE, destinationPort: 8080 })));
  const told = only(rig.pass(60_000));
  assertEquals(told.text, "192.0.2.1 > 203.0.113.9 ICMP 11/1");
  assertEquals(told.bytes.slice(28), first.slice(0, 548));
});

/** The ICMP error of `from` about a packet that it got: with all of it, or with its header and 8 bytes. */
function complaint(from: string, to: string, type: number, code: number, about: Uint8Array, isShort = false): Uint8Array<ArrayBuffer> {
  return ipv4({ source: from, destination: to }, icmp({ type, code }, isShort ? about.slice(0, 28) : about));
}

for (const isShort of [false, true]) {
  Deno.test(`an error about a packet comes back about the packet as it was sent (${isShort ? "8 bytes" : "all of it"} quoted)`, () => {
    const rig = router(SNAT);
    for (
      const packet of [datagram({ source: CLIENT, destination: FAR }), segment({ source: OTHER, destination: FAR }), ping(CLIENT, FAR, 7)]
    ) {
      rig.put(0, datagram({ source: OTHER, destination: FAR })); // so that some have other ports outside
      rig.put(0, segment({ source: CLIENT, destination: FAR }));
      const { bytes } = only(rig.put(0, packet));
      for (const [who, type, code] of [[WAY, 11, 0], [FAR, 3, 3], [WAY, 3, 4]] as const) {
        const told = only(rig.put(1, complaint(who, OUTSIDE, type, code, bytes, isShort)));
        assertEquals(told.text, `${who} > ${address(told.text.split(" > ")[1] as string)} ICMP ${type}/${code}`);
        const expected = packet.slice(0, isShort ? 28 : packet.length);
        expected[8] = 63; // the router was one hop
        const quoted = told.bytes.slice(28);
        expected.set(quoted.slice(10, 12), 10); // the header's sum, which has been looked at already
        assertEquals(quoted, expected);
      }
    }
  });

  Deno.test(`an error of a server that is translated seems to come from the router (${isShort ? "8 bytes" : "all of it"} quoted)`, () => {
    const rig = router(DNAT);
    const packet = segment({ source: FAR, destination: OUTSIDE, destinationPort: 8080 });
    const { bytes } = only(rig.put(1, packet));
    const told = only(rig.put(0, complaint(CLIENT, FAR, 3, 3, bytes, isShort)));
    assertEquals(told.text, "192.0.2.1 > 198.51.100.7 ICMP 3/3");
    assertEquals(told.bytes.slice(28 + 12, 28 + 28), packet.slice(12, 28));
  });
}

Deno.test("the router's own errors are about the packet as it came", () => {
  const rig = router(`${SNAT}\n${DNAT}\nchain forward\n tcp to port 80 from 198.51.100.7 reject with reset\n tcp reject`);
  const late = datagram({ source: CLIENT, destination: FAR }, pattern(12), { ttl: 1 });
  assertEquals(only(rig.put(0, late)).bytes.slice(28), late);
  const inwards = ipv4(
    { source: FAR, destination: OUTSIDE, protocol: 17, ttl: 1 },
    udp({ source: FAR, destination: OUTSIDE, destinationPort: 53 }),
  );
  const told = only(rig.put(1, inwards));
  assertEquals(told.text, "192.0.2.1 > 198.51.100.7 ICMP 11/0");
  assertEquals(told.bytes.slice(28), inwards);
  assertEquals(texts(rig.put(1, segment({ source: FAR, destination: OUTSIDE, destinationPort: 8080 }))), [
    "1: 192.0.2.1:8080 > 198.51.100.7:40000 TCP",
  ]);
  assertEquals(texts(rig.put(0, segment({ source: CLIENT, destination: FAR }))), ["0: 10.44.1.1 > 10.44.1.2 ICMP 3/3"]);
  assertEquals(rig.host.filter?.connections(0), []);
});

Deno.test("a caller is told that nobody has the address that it called, about the packet that it sent", () => {
  const routes = [{ to: "198.51.100.0/24", gateway: "192.0.2.254", interface: 1 }];
  const rig = packetRig([INSIDE, OUTSIDE], { forwarding: true, routes, filter: SNAT }, [1]);
  const packet = datagram({ source: CLIENT, destination: FAR });
  rig.put(0, packet);
  const sent = [1, 2, 3, 4, 5].flatMap(() => rig.pass(1000));
  assertEquals(texts(sent), ["0: 10.44.1.1 > 10.44.1.2 ICMP 3/1"]);
  const [quoted, expected] = [only(sent).bytes.slice(28 + 12), packet.slice(12)];
  assertEquals(quoted, expected);
});

Deno.test("whatever arrives, on either side, the router goes on, and keeps no frame", () => {
  const random = createRandom(5508);
  const rig = router(`${SNAT}\n${DNAT}\nchain forward\n state invalid reject with admin-prohibited\n tcp flags syn,fin reject with reset`, {
    tracking: { maxConnections: 50 },
  });
  const out = { source: CLIENT, destination: FAR };
  const back = { source: FAR, destination: OUTSIDE, sourcePort: 80, destinationPort: 40000 };
  const seeds = [
    segment(out),
    segment(back, "SYN ACK"),
    datagram({ ...out, destinationPort: 53 }),
    ping(CLIENT, FAR, 7),
    ping(FAR, OUTSIDE, 7, true),
    segment({ source: FAR, destination: OUTSIDE, destinationPort: 8080 }),
    complaint(WAY, OUTSIDE, 3, 1, segment({ source: OUTSIDE, destination: FAR })),
    complaint(WAY, OUTSIDE, 11, 0, ping(OUTSIDE, FAR, 7), true),
    complaint(CLIENT, FAR, 3, 3, datagram({ source: FAR, destination: CLIENT, destinationPort: 53 })),
  ];
  for (let run = 0; run < 8000; run++) {
    const packet = random.chance(0.05) ? random.bytes(random.int(0, 100)) : random.pick(seeds).slice();
    for (let flips = random.int(0, 4); flips > 0 && packet.length > 20; flips--) {
      const at = random.int(20, packet.length - 1); // behind the header, whose sum would tell
      packet[at] = random.pick([0, 255, packet[at] as number ^ 1 << random.int(0, 7), random.int(0, 255)]);
    }
    const cut = random.chance(0.2) && packet.length > 20 ? packet.slice(0, random.int(20, packet.length)) : packet;
    rig.put(random.int(0, 1), random.chance(0.9) && cut.length > 20 ? mended(cut, random.chance(0.8)) : cut);
    if (random.chance(0.01)) rig.pass(random.int(0, 100_000));
  }
  rig.pass(1e9);
  assertEquals(rig.host.framesLent, 0);
  assert((rig.host.counters()["ip: forwarded"] ?? 0) > 1000);
  assertEquals(texts(rig.put(0, segment({ ...out, sourcePort: 5 }))), ["1: 192.0.2.1:5 > 198.51.100.7:80 TCP"]);
});

/** The packet with the length that it has, and with the sums that belong there: of IP, and of ICMP, where that is wanted. */
function mended(packet: Uint8Array<ArrayBuffer>, withIcmp: boolean): Uint8Array<ArrayBuffer> {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const put = (at: number, from: number, to: number): void => {
    view.setUint16(at, 0);
    view.setUint16(at, checksum(packet.subarray(from, to)));
  };
  view.setUint16(2, packet.length);
  put(10, 0, 20);
  if (withIcmp && packet[9] === 1 && packet.length >= 28) put(22, 20, packet.length);
  return packet;
}

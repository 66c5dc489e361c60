import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { icmp, icmpEcho, ipv4, pattern, tcp, udp } from "../../tools/harness/packets.ts";
import { type PacketRig, packetRig } from "../../tools/testing/packet_rig.ts";
import type { HostConfig } from "../host_config.ts";
import { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import { createRandom } from "../wire/random.ts";
import { Connection, ConnectionTable, type Phase, TRACKING_DEFAULTS } from "./connections.ts";
import { Packet, QUERY, TCP, UDP } from "./packet.ts";

/** A caller and the one it calls, either side of a router. */
const CALLER = "10.44.0.1", CALLED = "10.44.1.9";
const STATES = ["new", "established", "related", "invalid"];
const COUNT_STATES = `chain forward\n${STATES.map((state) => ` state ${state} count "${state}"`).join("\n")}`;

function router(config: Partial<HostConfig> = {}): PacketRig {
  return packetRig(["10.44.0.2", "10.44.1.1"], { forwarding: true, filter: COUNT_STATES, ...config });
}

/** In which state the router thinks a packet is; it must let it pass. */
function stateOf(rig: PacketRig, packet: Uint8Array, isReply: boolean): string {
  const count = (): number[] => STATES.map((state) => rig.host.counters()[`filter: ${state}`] ?? 0);
  const before = count();
  assertEquals(rig.put(isReply ? 1 : 0, packet).length, 1);
  const after = count();
  const counted = STATES.filter((_, i) => (after[i] as number) > (before[i] as number));
  assertEquals(counted.length, 1);
  return counted[0] as string;
}

/** A segment of the one conversation that there is. */
function segment(flags: string, isReply = false, more: Parameters<typeof tcp>[0] = {}): Uint8Array<ArrayBuffer> {
  const ends = isReply
    ? { source: CALLED, destination: CALLER, sourcePort: 80, destinationPort: 40000 }
    : { source: CALLER, destination: CALLED, sourcePort: 40000, destinationPort: 80 };
  return ipv4({ ...ends, protocol: 6 }, tcp({ ...ends, flags, ...more }));
}

function datagram(isReply = false, sourcePort = 40000): Uint8Array<ArrayBuffer> {
  const ends = isReply
    ? { source: CALLED, destination: CALLER, sourcePort: 9, destinationPort: sourcePort }
    : { source: CALLER, destination: CALLED, sourcePort, destinationPort: 9 };
  return ipv4({ ...ends, protocol: 17 }, udp(ends, pattern(8)));
}

function ping(isReply = false, type = isReply ? 0 : 8): Uint8Array<ArrayBuffer> {
  return ipv4({ source: isReply ? CALLED : CALLER, destination: isReply ? CALLER : CALLED }, icmp({ type, rest: 0x70001 }));
}

/** Plays segments, ">SYN" from the caller and "<SYN ACK" from the other; gives the state of each. */
function play(rig: PacketRig, ...story: readonly string[]): string[] {
  return story.map((each) => stateOf(rig, segment(each.slice(1), each.startsWith("<")), each.startsWith("<")));
}

function phases(rig: PacketRig): string[] {
  return (rig.host.filter?.connections(rig.now) ?? []).map(({ phase }) => phase);
}

const OPENED = [">SYN", "<SYN ACK", ">ACK"] as const;

Deno.test("state is new until an answer has come, and established from then on", () => {
  assertEquals(play(router(), ">SYN", ">SYN", "<SYN ACK", ">ACK", "<ACK"), ["new", "new", "established", "established", "established"]);
  const rig = router();
  assertEquals([false, false, true, false].map((isReply) => stateOf(rig, datagram(isReply), isReply)), [
    "new",
    "new",
    "established",
    "established",
  ]);
  assertEquals([false, true, false].map((isReply) => stateOf(rig, ping(isReply), isReply)), ["new", "established", "established"]);
  for (const type of [13, 15, 17]) {
    assertEquals([stateOf(rig, ping(false, type), false), stateOf(rig, ping(true, type + 1), true)], ["new", "established"]);
  }
  const strange = (isReply: boolean): Uint8Array =>
    ipv4({ source: isReply ? CALLED : CALLER, destination: isReply ? CALLER : CALLED, protocol: 253 }, pattern(3));
  assertEquals([stateOf(rig, strange(false), false), stateOf(rig, strange(true), true)], ["new", "established"]);
});

Deno.test("state is invalid for what belongs to nothing and begins nothing", () => {
  for (const flags of ["ACK", "SYN ACK", "FIN", "RST", "SYN FIN", "SYN RST", ""]) {
    assertEquals(stateOf(router(), segment(flags), false), "invalid");
  }
  assertEquals(stateOf(router(), ping(false, 0), false), "invalid");
  assertEquals(stateOf(router(), ping(true, 14), true), "invalid");
  assertEquals(stateOf(router(), ping(false, 9), false), "invalid");
  assertEquals(stateOf(router(), segment("SYN", false, { checksum: 1 }), false), "invalid");
  assertEquals(stateOf(router(), segment("SYN", false, { dataOffset: 16 }), false), "invalid");
  assertEquals(stateOf(router(), ipv4({ source: CALLER, destination: CALLED, protocol: 6 }, pattern(12)), false), "invalid");
  const wrong = ipv4({ source: CALLER, destination: CALLED }, icmp({ checksum: 1 }));
  assertEquals(stateOf(router(), wrong, false), "invalid");
  const ends = { source: CALLER, destination: CALLED };
  for (const length of [7, 9]) assertEquals(stateOf(router(), ipv4({ ...ends, protocol: 17 }, udp({ ...ends, length })), false), "invalid");
});

Deno.test("state is related for errors about a packet of a connection, in either direction", () => {
  const rig = router();
  const error = (about: Uint8Array, toCaller: boolean): Uint8Array =>
    ipv4({ source: toCaller ? "10.44.1.77" : "10.44.0.77", destination: toCaller ? CALLER : CALLED }, icmp({ type: 3, code: 1 }, about));
  const pairs = [[segment("SYN"), segment("SYN ACK", true)], [datagram(), datagram(true)], [ping(), ping(true)]] as const;
  for (const [there, back] of pairs) {
    assertEquals(stateOf(rig, error(there, true), true), "invalid");
    stateOf(rig, there, false);
    assertEquals(stateOf(rig, error(there, true), true), "related");
    assertEquals(stateOf(rig, error(back, false), false), "related");
    for (const length of [0, 19, 20, 27]) assertEquals(stateOf(rig, error(there.slice(0, length), true), true), "invalid");
  }
  const piece = ipv4({ source: CALLER, destination: CALLED, protocol: 17, fragmentOffset: 8 }, datagram().slice(20));
  assertEquals(stateOf(rig, error(piece, true), true), "invalid"); // what looks like ports there is anything
});

Deno.test("a connection is established by the third segment, and closing when both have sent a FIN, or one a RST", () => {
  const after = (...story: readonly string[]): string[] => {
    const rig = router();
    play(rig, ...story);
    return phases(rig);
  };
  assertEquals(after(">SYN"), ["opening"]);
  assertEquals(after(">SYN", "<SYN ACK"), ["opening"]); // so that a forged SYN is not remembered for hours
  assertEquals(after(">SYN", ">ACK"), ["opening"]);
  assertEquals(after(...OPENED), ["established"]);
  assertEquals(after(...OPENED, ">FIN ACK", "<ACK", "<ACK"), ["established"]); // half closed, for as long as the other has to say something
  assertEquals(after(...OPENED, ">FIN ACK", "<FIN ACK"), ["closing"]);
  assertEquals(after(...OPENED, "<RST"), ["closing"]);
  assertEquals(after(">SYN", "<RST ACK"), ["closing"]);
  assertEquals(after(...OPENED, ">RST", ">ACK"), ["closing"]);
  assertEquals(after(">SYN", "<SYN", ">SYN ACK", "<SYN ACK", ">ACK"), ["established"]); // both called at once
});

Deno.test("the ports of a closed connection may be used again by the caller, and by nobody else", () => {
  const rig = router();
  play(rig, ...OPENED, ">FIN ACK", "<FIN ACK", ">ACK");
  assertEquals(play(rig, "<SYN", "<ACK"), ["invalid", "established"]);
  assertEquals(play(rig, ">SYN"), ["new"]);
  assertEquals(phases(rig), ["opening"]);
  assertEquals(play(rig, "<SYN ACK", ">ACK"), ["established", "established"]);
  assertEquals(phases(rig), ["established"]);
});

for (
  const [name, packets, life] of [
    ["a call", [segment("SYN")], TRACKING_DEFAULTS.transitory],
    ["an open connection", [segment("SYN"), segment("SYN ACK", true), segment("ACK")], TRACKING_DEFAULTS.established],
    ["a closed one", [segment("SYN"), segment("RST ACK", true)], TRACKING_DEFAULTS.transitory],
    ["a datagram", [datagram()], TRACKING_DEFAULTS.unanswered],
    ["an answered one", [datagram(), datagram(true)], TRACKING_DEFAULTS.answered],
    ["a ping", [ping()], TRACKING_DEFAULTS.query],
  ] as const
) {
  Deno.test(`${name} is remembered for ${life / 1000} s after the last packet`, () => {
    const rig = router();
    const put = (packet: Uint8Array): unknown => rig.put(packet[19] === 9 ? 0 : 1, packet); // by its destination's last byte
    packets.forEach(put);
    rig.pass(life - 1);
    assertEquals(phases(rig).length, 1);
    put(packets[packets.length - 1] as Uint8Array);
    rig.pass(1);
    assertEquals(phases(rig).length, 1); // the last packet has made it younger
    rig.pass(TRACKING_DEFAULTS.established);
    assertEquals(phases(rig), []);
  });
}

Deno.test("times are options", () => {
  const rig = router({ tracking: { unanswered: 500 } });
  rig.put(0, datagram());
  rig.pass(499);
  assertEquals(phases(rig), ["unanswered"]);
  rig.pass(1);
  assertEquals(phases(rig), []);
});

Deno.test("what the rules drop is not remembered", () => {
  const rig = router({ filter: "chain forward policy drop\n state established allow" });
  for (const packet of [segment("SYN"), datagram(), ping()]) assertEquals(rig.put(0, packet), []);
  assertEquals(phases(rig), []);
});

Deno.test("a filter that asks for no state remembers nothing", () => {
  const rig = router({ filter: "chain forward policy drop\n udp allow" });
  assertEquals(rig.put(0, datagram()).length, 1);
  assertEquals(phases(rig), []);
});

Deno.test("a full table forgets what is unanswered, oldest first, and never what two ends agreed on", () => {
  const rig = router({ tracking: { maxConnections: 4 } });
  play(rig, ...OPENED);
  for (const port of [1, 2, 3]) {
    rig.put(0, datagram(false, port));
    rig.pass(1);
  }
  rig.put(0, datagram(false, 4)); // 1 has to go
  const ports = (): number[] => (rig.host.filter?.connections(rig.now) ?? []).map(({ original }) => original.sourcePort);
  assertEquals(ports(), [2, 3, 4, 40000]);
  assertEquals(stateOf(rig, datagram(true, 1), true), "new"); // and it pushes out 2
  for (const port of [3, 4]) assertEquals(stateOf(rig, datagram(true, port), true), "established");
  assertEquals(ports(), [9, 3, 4, 40000]);
  assertEquals(stateOf(rig, datagram(false, 1), false), "established");
  assertEquals(rig.put(0, datagram(false, 5)), []); // they all talk: there is no room
  assertEquals(rig.host.counters()["filter: too many connections"], 1);
  assertEquals(play(rig, ">ACK"), ["established"]);
});

Deno.test("what is nearest to its end gives way, though something else is older than it was", () => {
  const rig = router({ tracking: { maxConnections: 2 } });
  rig.put(0, datagram());
  rig.pass(100_000);
  rig.put(0, ping()); // 60 s, and the datagram has 20 left
  rig.put(0, datagram(false, 1));
  assertEquals(phases(rig), ["query", "unanswered"]);
  rig.put(0, datagram(false, 2));
  assertEquals(phases(rig), ["unanswered", "unanswered"]);
});

Deno.test("an error about a packet makes its connection no younger", () => {
  const rig = router();
  rig.put(0, datagram());
  rig.pass(119_000);
  assertEquals(stateOf(rig, ipv4({ source: CALLED, destination: CALLER }, icmp({ type: 3, code: 3 }, datagram())), true), "related");
  rig.pass(1000);
  assertEquals(phases(rig), []);
});

Deno.test("this host's own calls are known, so that only their answers are let in", () => {
  const rig = packetRig(["10.44.0.2"], { filter: "chain input policy drop\n state established,related allow" });
  const answer = (id: number): Uint8Array => ipv4({ source: CALLER, destination: "10.44.0.2" }, icmpEcho({ reply: true, id }));
  rig.host.ping(0x0a2c_0001 as Ipv4Address, 7, 1, new Uint8Array(3));
  rig.put(0, answer(8));
  rig.put(0, ipv4({ source: CALLER, destination: "10.44.0.2" }, icmpEcho()));
  assertEquals(rig.host.counters()["filter: input dropped"], 2);
  rig.put(0, answer(7));
  assertEquals([rig.host.counters()["filter: input dropped"], rig.host.counters()["icmp: received"]], [2, 1]);
});

Deno.test("ConnectionTable finds what a plain list would find, whatever the hash", () => {
  const options = { ...TRACKING_DEFAULTS, maxConnections: 12, unanswered: 40, answered: 90, transitory: 60 };
  for (const hash of [() => 7, (a: number) => a & 1, (a: number, b: number, c: number, d: number) => (a * 31 + b * 7 + c + d) >>> 0]) {
    const random = createRandom(815);
    const table = new ConnectionTable(options, hash);
    let model: Connection[] = [];
    const packet = new Packet();
    for (let now = 0; now < 1500; now += random.int(0, 3)) {
      model = model.filter(({ deadline }) => deadline > now);
      packet.read(Frame.of(new Uint8Array(40)), { ...HEADER, protocol: random.pick([TCP, UDP]) }, 0, 1);
      [packet.source, packet.destination] = [random.int(1, 3) as Ipv4Address, random.int(4, 6) as Ipv4Address];
      [packet.sourcePort, packet.destinationPort] = [random.int(1, 3), random.pick([1, QUERY + 8])];
      const { protocol, source, sourcePort, destination, destinationPort } = packet;
      const isReply = random.chance(0.5);
      const found = isReply
        ? table.find(protocol, destination, destinationPort, source, sourcePort, now)
        : table.find(protocol, source, sourcePort, destination, destinationPort, now);
      const expected = model.find(({ original: tuple }) =>
        tuple.protocol === protocol && tuple.source === source && tuple.destination === destination && tuple.sourcePort === sourcePort &&
        tuple.destinationPort === destinationPort
      );
      assertStrictEquals(found?.connection, expected);
      const phase = random.pick<Phase>(["opening", "unanswered", "answered", "closing"]);
      if (expected !== undefined) {
        assertEquals(found?.isReply, isReply);
        table.touch(expected, phase, now);
      } else {
        const connection = new Connection(packet, phase);
        const isIn = table.insert(connection, now);
        model = model.filter(({ isConfirmed }) => isConfirmed);
        if (isIn) model.push(connection);
        else assert(model.length === options.maxConnections && model.every((each) => each.phase === "answered"));
      }
      assertEquals(new Set(table.list(now)), new Set(model));
      assert(table.size <= options.maxConnections);
    }
  }
});

const HEADER = {
  typeOfService: 0,
  identification: 0,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset: 0,
  timeToLive: 1,
  source: 1 as Ipv4Address,
  destination: 2 as Ipv4Address,
  payload: 148,
  end: 168,
};

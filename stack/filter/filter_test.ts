import { assert, assertEquals, assertThrows } from "@std/assert";
import { fragmentPacket, icmpEcho, ipv4, pattern, tcp, udp } from "../../tools/harness/packets.ts";
import { packetRig, type SentPacket } from "../../tools/testing/packet_rig.ts";
import reference from "../../solutions/reference.ts";
import { valueOf } from "../wire/dissect.ts";
import { Host } from "../host.ts";
import { createPair } from "../link/pair.ts";
import { RuleError } from "./rules.ts";

const SELF = "10.44.0.2", PEER = "10.44.0.1";

/** Every checksum is right, and so is all else that can be seen. */
function texts(sent: readonly SentPacket[]): string[] {
  assertEquals(sent.flatMap(({ layers }) => layers.flatMap(({ problems }) => problems)), []);
  return sent.map(({ text }) => text);
}

function ping(seq = 1, from = PEER, to = SELF): Uint8Array {
  return ipv4({ source: from, destination: to }, icmpEcho({ seq }));
}

function segment(destinationPort: number, flags = "SYN", more: Parameters<typeof tcp>[0] = {}, data?: Uint8Array): Uint8Array {
  const ends = { source: PEER, destination: SELF };
  return ipv4({ ...ends, protocol: 6 }, tcp({ ...ends, destinationPort, flags, ...more }, data));
}

function datagram(destinationPort: number, source = PEER, destination = SELF): Uint8Array {
  return ipv4({ source, destination, protocol: 17 }, udp({ source, destination, destinationPort }, pattern(10)));
}

Deno.test("Filter lets through what a rule allows, and the policy drops the rest", () => {
  const rig = packetRig([SELF], { filter: "chain input policy drop\n icmp echo-request allow\n udp to port 53,1000-2000 allow" });
  assertEquals(texts(rig.put(0, ping())), ["10.44.0.2 > 10.44.0.1 ICMP 0/0"]);
  for (const port of [53, 1000, 2000]) assertEquals(texts(rig.put(0, datagram(port))), ["10.44.0.2 > 10.44.0.1 ICMP 3/3"]);
  for (const port of [52, 54, 999, 2001]) assertEquals(rig.put(0, datagram(port)), []);
  assertEquals(rig.put(0, segment(80)), []);
  const counters = rig.host.counters();
  assertEquals([counters["filter: input dropped"], counters["ip: filtered"]], [5, 5]);
  assertEquals(rig.host.framesLent, 0);
});

Deno.test("Filter asks the rules from top to bottom; count goes on, the first verdict does not", () => {
  const rig = packetRig([SELF], {
    filter: `chain input
      icmp count "all"
      from 10.44.0.9 count "others"
      from 10.44.0.1 icmp count "ours" drop
      icmp count "never"`,
  });
  assertEquals(rig.put(0, ping()), []);
  assertEquals(rig.put(0, ping()), []);
  const { ["filter: all"]: all, ["filter: others"]: others, ["filter: ours"]: ours, ["filter: never"]: never } = rig.host.counters();
  assertEquals([all, others, ours, never], [2, undefined, 2, undefined]);
  const counts = (rig.host.filter?.list() ?? "").split("\n").map((line) => line.split("# ")[1]);
  assertEquals(counts, [
    "0 packets, 0 bytes",
    "2 packets, 56 bytes",
    "0 packets, 0 bytes",
    "2 packets, 56 bytes",
    "0 packets, 0 bytes",
    undefined,
  ]);
});

Deno.test("Filter matches addresses by prefix, flags by mask, ICMP by type, interfaces by number", () => {
  const passes = (rule: string, on: number, packet: Uint8Array): boolean => {
    const rig = packetRig([SELF, "10.44.1.2"], { filter: `chain input policy drop\n ${rule} count "hit" drop` });
    rig.put(on, packet);
    return rig.host.counters()["filter: hit"] === 1;
  };
  for (const [length, hit] of [[0, true], [8, true], [30, true], [31, false], [32, false]] as const) {
    const network = { 0: "0.0.0.0", 8: "10.0.0.0", 30: "10.44.0.0", 31: "10.44.0.2", 32: "10.44.0.2" }[length];
    assertEquals(passes(`from ${network}/${length}`, 0, ping()), hit, `${length}`);
  }
  assertEquals(["SYN", "SYN ACK", "ACK", "RST", "SYN PSH"].map((flags) => passes("tcp flags syn,!ack", 0, segment(80, flags))), [
    true,
    false,
    false,
    false,
    true,
  ]);
  assertEquals([passes("icmp 8", 0, ping()), passes("icmp echo-reply", 0, ping()), passes("udp", 0, ping())], [true, false, false]);
  assertEquals([passes("in 0", 0, ping()), passes("in 1", 0, ping())], [true, false]);
  assertEquals([passes("protocol 1", 0, ping()), passes("protocol 2", 0, ping())], [true, false]);
  assertEquals([passes("udp from port 40000", 0, datagram(9)), passes("udp from port 9", 0, datagram(9))], [true, false]);
});

Deno.test("Filter rejects with the code of ICMP that a rule names, and quotes the packet", () => {
  for (
    const [reason, code] of [["net-unreachable", 0], ["host-unreachable", 1], ["port-unreachable", 3], ["admin-prohibited", 13]] as const
  ) {
    const rig = packetRig([SELF], { filter: `chain input\n udp reject with ${reason}` });
    const packet = datagram(53);
    const [answer, ...more] = rig.put(0, packet);
    assert(answer !== undefined && more.length === 0);
    assertEquals(texts([answer]), [`10.44.0.2 > 10.44.0.1 ICMP 3/${code}`]);
    assertEquals(answer.bytes.slice(28), packet.slice(0, packet.length));
  }
  const rig = packetRig([SELF], { filter: "chain input\n udp reject" });
  assertEquals(texts(rig.put(0, datagram(53))), ["10.44.0.2 > 10.44.0.1 ICMP 3/3"]);
  assertEquals(rig.put(0, datagram(53, PEER, "10.44.0.255")), []); // nobody is told of what went to everybody
});

Deno.test("Filter rejects a segment as a closed port does", () => {
  const filtered = packetRig([SELF], { filter: "chain input\n tcp reject with reset", layers: 3 });
  const closed = packetRig([SELF], {});
  const cases = [
    segment(80, "SYN", { seq: 100 }),
    segment(80, "SYN", { seq: 0xffff_ffff, options: { mss: 1460 } }, pattern(3)),
    segment(80, "ACK", { seq: 5, ack: 77 }, pattern(9)),
    segment(80, "FIN", { seq: 0xffff_fff0 }, pattern(100)),
    segment(80, "FIN ACK", { ack: 0xffff_ffff }),
  ];
  for (const packet of cases) {
    const [ours, theirs] = [filtered.put(0, packet), closed.put(0, packet)];
    assertEquals(texts(ours), ["10.44.0.2:80 > 10.44.0.1:40000 TCP"]);
    const numbers = (sent: readonly SentPacket[]): number[] =>
      ["seq", "ack", "flags"].map((name) => valueOf(sent[0]?.layers[1] as never, name));
    assertEquals(numbers(ours), numbers(theirs));
  }
  assertEquals(filtered.put(0, segment(80, "RST")), []);
  assertEquals(filtered.put(0, ipv4({ protocol: 6 }, pattern(10))), []); // no whole header: nothing to answer
  assertEquals(filtered.put(0, segment(80, "SYN", { checksum: 1 })), []);
});

Deno.test("Filter sees what this host sends in output, and what it passes on in forward", () => {
  const addresses = [SELF, "10.44.1.1"];
  const router = packetRig(addresses, {
    forwarding: true,
    filter: `chain forward policy drop
      in 0 out 1 udp to 10.44.1.0/24 port 53 allow
      in 0 udp reject with admin-prohibited
    chain output
      icmp echo-reply drop`,
  });
  assertEquals(texts(router.put(0, datagram(53, PEER, "10.44.1.9"))), ["10.44.0.1:40000 > 10.44.1.9:53 UDP"]);
  assertEquals(texts(router.put(0, datagram(54, PEER, "10.44.1.9"))), ["10.44.0.2 > 10.44.0.1 ICMP 3/13"]);
  assertEquals(router.put(1, datagram(53, "10.44.1.9", PEER)), []);
  assertEquals(router.put(0, ping()), []); // heard, and the answer dropped
  const counters = router.host.counters();
  assertEquals([counters["filter: forward dropped"], counters["filter: output dropped"], counters["ip: forwarded"]], [2, 1, 1]);
});

Deno.test("Filter is shown fragments as one packet, and a router cuts it again", () => {
  const router = packetRig([SELF, "10.44.1.1"], { forwarding: true, filter: "chain forward policy drop\n udp to port 53 allow" });
  for (const [port, expected] of [[53, 3], [54, 0]] as const) {
    const ends = { source: PEER, destination: "10.44.1.9" };
    const whole = ipv4({ ...ends, protocol: 17, identification: port }, udp({ ...ends, destinationPort: port }, pattern(4000)));
    const pieces = fragmentPacket(whole, [1480, 2960]);
    const sent = pieces.reverse().flatMap((piece) => router.put(0, piece));
    assertEquals(sent.length, expected);
    const joined = sent.flatMap(({ bytes }) => [...bytes.slice(20)]);
    if (expected > 0) assertEquals(Uint8Array.from(joined), whole.slice(20));
    assertEquals(sent.map(({ bytes }) => bytes[8]), Array(expected).fill(63)); // one hop less
  }
  assertEquals(router.host.framesLent, 0);
});

Deno.test("Filter says nothing of fragments that never become a packet, unless they were for this host", () => {
  const router = packetRig([SELF, "10.44.1.1"], { forwarding: true, filter: "chain forward" });
  for (const destination of ["10.44.1.9", SELF]) {
    const whole = ipv4({ source: PEER, destination, protocol: 17 }, udp({ source: PEER, destination }, pattern(3000)));
    const [first] = fragmentPacket(whole, [1480]);
    assertEquals(router.put(0, first as Uint8Array), []);
    assertEquals(texts(router.pass(60_000)), destination === SELF ? ["10.44.0.2 > 10.44.0.1 ICMP 11/1"] : []);
  }
});

Deno.test("Filter drops a whole that is too long for any header", () => {
  const host = packetRig([SELF], { filter: "chain input" });
  const header = { protocol: 17, identification: 1 };
  host.put(0, ipv4({ ...header, moreFragments: true }, pattern(1480)));
  const sent: SentPacket[] = [];
  for (let offset = 1480; offset < 65520; offset += 1480) {
    sent.push(
      ...host.put(
        0,
        ipv4({ ...header, moreFragments: offset + 1480 < 65520, fragmentOffset: offset }, pattern(Math.min(1480, 65535 - offset))),
      ),
    );
  }
  assertEquals(sent, []);
  assertEquals(host.host.counters()["ip: bad total length"], 1);
  assertEquals(host.host.framesLent, 0);
});

Deno.test("Host.bind() refuses rules that are none, and interfaces that it does not have", () => {
  const bind = (filter: string): unknown => packetRig([SELF], { filter });
  assertThrows(() => bind("chain input\n  tcp accept"), RuleError, 'rules:2:7: "accept" means nothing here: say allow.');
  assertThrows(() => bind("chain input\n  in 1 drop"), RuleError, "rules:2:6: ");
  assertEquals(packetRig([SELF], { filter: "" }).host.filter, undefined);
});

Deno.test("Host.bind() refuses a filter on a device that puts packets together", () => {
  const [wire] = createPair({ medium: "ip" });
  const device = { ...wire, offload: { checksum: true, segmentation: true } };
  const interfaces = [{ medium: "ip" as const, address: SELF }];
  assertThrows(() => Host.bind(reference, { interfaces, filter: "chain input" }, [device]), TypeError, "Cannot filter on pair:a");
});

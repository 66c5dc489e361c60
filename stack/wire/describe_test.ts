import { assert, assertEquals } from "@std/assert";
import {
  arp,
  ethernet,
  fcs,
  fragmentPacket,
  icmp,
  icmpEcho,
  ipv4,
  pad,
  pattern,
  tcp,
  type TcpOptions,
  udp,
} from "../../tools/harness/packets.ts";
import { describe, describeProblems, openPacket } from "./describe.ts";
import { createRandom } from "./random.ts";

const arpFrame = (fields: Parameters<typeof arp>[0]): Uint8Array => ethernet({ etherType: 0x0806 }, arp(fields));
const probe = ipv4({ protocol: 17, ttl: 1 }, udp({ destinationPort: 33434 }, pattern(32)));
const SYN = Uint8Array.of(168, 202, 0, 80, 0, 0, 0, 7, 0, 0, 0, 0, 0x60, 2, 0xfa, 0xf0, 0, 0, 0, 0, 2, 4, 5, 180);

Deno.test("describe() tells the kinds of ARP packets apart", () => {
  const lines = [{}, { operation: 2 }, { senderIp: "0.0.0.0" }, { senderIp: "10.44.0.2" }, { operation: 9 }, { protocolLength: 16 }].map((
    fields,
  ) => describe(arpFrame(fields), "ethernet"));
  assertEquals(lines, [
    "ARP who has 10.44.0.2? tell 10.44.0.1",
    "ARP 10.44.0.1 is at 02:00:00:00:00:01",
    "ARP probe: is 10.44.0.2 taken?",
    "ARP announcement: 10.44.0.2 is at 02:00:00:00:00:01",
    "ARP operation 9 from 10.44.0.1 about 10.44.0.2",
    "ARP, protocol length 16, should be 4",
  ]);
  const cut = [8, 16, 27].map((length) => describe(arpFrame({}).subarray(0, 14 + length), "ethernet"));
  assertEquals(cut, [8, 16, 27].map((length) => `ARP, cut off after ${length} of 28 bytes`));
});

Deno.test("describe() says what an ICMP message is, and what an error is about", () => {
  const lines = [
    icmpEcho({ id: 7, seq: 1 }, pattern(57)),
    icmpEcho({ id: 7, seq: 65535, reply: true }),
    icmp({ type: 3, code: 3 }, probe.subarray(0, 28)),
    icmp({ type: 3, code: 4, rest: 1400 }, probe.subarray(0, 28)),
    icmp({ type: 3, code: 77 }, ipv4({ protocol: 99 })),
    icmp({ type: 11, code: 0 }, ipv4({}, icmpEcho())),
    icmp({ type: 12, rest: 0x1400_0000 }, probe),
    icmp({ type: 42, code: 1 }, pattern(1)),
  ].map((message) => describe(ipv4({}, message), "ip"));
  assertEquals(lines, [
    "ICMP echo request id 7 seq 1, 57 bytes",
    "ICMP echo reply id 7 seq 65535, 0 bytes",
    "ICMP port unreachable about UDP 10.44.0.1:40000 → 10.44.0.2:33434",
    "ICMP fragmentation needed (mtu 1400) about UDP 10.44.0.1:40000 → 10.44.0.2:33434",
    "ICMP destination unreachable code 77 about protocol 99 10.44.0.1 → 10.44.0.2",
    "ICMP time exceeded in transit about ICMP echo request 10.44.0.1 → 10.44.0.2",
    "ICMP parameter problem at byte 20 about UDP 10.44.0.1:40000 → 10.44.0.2:33434",
    "ICMP type 42 code 1, 1 byte",
  ]);
});

Deno.test("describe() says which part of a packet a fragment is", () => {
  const whole = ipv4({ identification: 0x1c46 }, icmpEcho({ id: 7, seq: 1 }, pattern(4000)));
  assertEquals(fragmentPacket(whole, [1480, 2960]).map((fragment) => describe(fragment, "ip")), [
    "IPv4 fragment id 0x1c46, bytes 0–1479, more follow (ICMP echo request id 7 seq 1)",
    "IPv4 fragment id 0x1c46, bytes 1480–2959, more follow",
    "IPv4 fragment id 0x1c46, bytes 2960–4007 of 4008, the last",
  ]);
});

Deno.test("describe() names ports, options and few hops left", () => {
  const route = Uint8Array.of(1, 7, 7, 8, 10, 44, 0, 2);
  assertEquals(describe(probe, "ip"), "UDP :40000 → :33434, 32 bytes, ttl 1");
  assertEquals(describe(ipv4({ protocol: 17 }, udp({ checksum: 0 })), "ip"), "UDP :40000 → :9, 0 bytes, no checksum");
  assertEquals(describe(ipv4({ protocol: 6 }, SYN), "ip"), "TCP :43210 → :80 SYN seq 7 win 64240");
  assertEquals(
    describe(ipv4({ options: route }, icmpEcho()), "ip"),
    "ICMP echo request id 1 seq 1, 0 bytes, with record route 1 of 1 10.44.0.2",
  );
  assertEquals(
    describe(ipv4({ protocol: 2, destination: "224.0.0.22" }, pattern(8)), "ip"),
    "IPv4 10.44.0.1 → 224.0.0.22 protocol 2 IGMP, 8 bytes",
  );
});

Deno.test("describe() tells the blocks of a SACK option, and not that SACK is permitted", () => {
  const line = (options: TcpOptions): string =>
    describe(ipv4({ protocol: 6 }, tcp({ seq: 7, ack: 9, flags: "ACK", window: 5, options })), "ip");
  assertEquals(line({ sack: [[1001, 4001], [5001, 4294967295]] }), "TCP :40000 → :80 ACK seq 7 ack 9 win 5 sack 1001–4001 5001–4294967295");
  assertEquals(line({ sackPermitted: true, mss: 1460 }), "TCP :40000 → :80 ACK seq 7 ack 9 win 5");
});

Deno.test("describe() has a line for what is no packet we know", () => {
  assertEquals(describe(ethernet({ etherType: 0x86dd }, pattern(48)), "ethernet"), "Ethernet type 0x86dd IPv6, 48 bytes");
  assertEquals(describe(ethernet({ etherType: 46 }, pattern(46)), "ethernet"), "Ethernet 802.3 length frame, 46 bytes");
  assertEquals(describe(pattern(5), "ethernet"), "Ethernet, cut off after 5 of 14 bytes");
  assertEquals(describe(pattern(0), "ip"), "IPv4, cut off after 0 of 20 bytes");
  assertEquals(describe(ipv4({ version: 6 }, pattern(28)), "ip"), "IPv6, 48 bytes");
});

Deno.test("describe() leaves padding and FCS out of the count", () => {
  const frame = fcs(pad(ethernet({}, ipv4({}, icmpEcho({ id: 1, seq: 2 }, pattern(3)))), 60));
  assertEquals(describe(frame, "ethernet", { fcs: true }), "ICMP echo request id 1 seq 2, 3 bytes");
});

Deno.test("describeProblems() lists every wrong field, quotes included", () => {
  const quote = ipv4({ headerChecksum: 5 }, icmpEcho());
  const packet = ipv4({ headerChecksum: 1 }, icmp({ type: 3, code: 3, checksum: 2 }, quote));
  const [header, message, quoted] = describeProblems(packet, "ip");
  assertEquals(header, "header checksum 0x0001, should be 0x666b");
  assertEquals(message, "checksum 0x0002, should be 0x637f");
  assertEquals(quoted, "in the quote: header checksum 0x0005, should be 0x6687");
  assertEquals(describeProblems(probe, "ip"), []);
});

Deno.test("openPacket() shows every layer with its bytes in 80 columns", () => {
  const message = icmp({ type: 3, code: 3, checksum: 0x3af1 }, probe.subarray(0, 28));
  const frame = fcs(ethernet({}, ipv4({ source: "10.44.0.2", destination: "10.44.0.1" }, message)));
  assertEquals(
    openPacket(frame, "ethernet", { fcs: true }),
    `\
Ethernet   02:00:00:00:00:01 → 02:00:00:00:00:02  type 0x0800 IPv4
           0000  02 00 00 00 00 02 02 00  00 00 00 01 08 00
IPv4       10.44.0.2 → 10.44.0.1  ttl 64  protocol 1 ICMP  length 56 bytes
           id 0x0000  checksum 0x666b ok
           000e  45 00 00 38 00 00 00 00  40 01 66 6b 0a 2c 00 02
           001e  0a 2c 00 01
ICMP       port unreachable  type 3 code 3
           ✘ checksum 0x3af1, should be 0x0292
           0022  03 03 3a f1 00 00 00 00
> IPv4     10.44.0.1 → 10.44.0.2  ttl 1  protocol 17 UDP  length 60 bytes
           id 0x0000  checksum 0xa557 ok
           002a  45 00 00 3c 00 00 00 00  01 11 a5 57 0a 2c 00 01
           003a  0a 2c 00 02
> UDP      :40000 → :33434  length 40 bytes  checksum 0xdb67 not checked
           003e  9c 40 82 9a 00 28 db 67
FCS        0xa8e01dff ok
           0046  ff 1d e0 a8`,
  );
});

Deno.test("openPacket() counts the bytes that it does not show", () => {
  const lines = openPacket(ipv4({}, icmpEcho({}, pattern(1000))), "ip", { lines: 2 }).split("\n");
  assertEquals(lines.slice(-4), [
    "data       1000 bytes",
    "           001c  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f",
    "           002c  10 11 12 13 14 15 16 17  18 19 1a 1b 1c 1d 1e 1f",
    "                 … 968 bytes more",
  ]);
});

Deno.test("describe() and openPacket() never throw and never leave their columns, over 20 000 random frames", () => {
  const random = createRandom(7);
  const seeds = [
    arpFrame({}),
    ethernet({}, ipv4({ options: pattern(40) }, icmpEcho({}, pattern(9)))),
    ethernet({}, ipv4({}, icmp({ type: 3 }, ipv4({ options: pattern(8), protocol: 6 }, SYN)))),
    ethernet({}, ipv4({ protocol: 6 }, SYN)),
    ethernet({}, probe),
  ];
  for (let run = 0; run < 20_000; run++) {
    const medium = random.pick(["ethernet", "ip"] as const);
    const bytes = random.pick(seeds).slice(medium === "ip" ? 14 : 0);
    for (let flips = random.int(0, 6); flips > 0; flips--) bytes[random.int(0, Math.min(63, bytes.length - 1))] = random.int(0, 255);
    const packet = bytes.subarray(0, random.chance(0.5) ? bytes.length : random.int(0, bytes.length));
    const options = { fcs: random.chance(0.2), columns: random.pick([60, 80, 100]) };
    const line = describe(packet, medium, options);
    assert(line.length > 0 && !line.includes("\n") && !line.includes("undefined") && !line.includes("NaN"), `run ${run}: ${line}`);
    if (run % 4 !== 0) continue;
    for (const opened of openPacket(packet, medium, options).split("\n")) {
      assert(opened.length <= options.columns && !opened.includes("undefined") && !opened.includes("NaN"), `run ${run}: ${opened}`);
    }
  }
});

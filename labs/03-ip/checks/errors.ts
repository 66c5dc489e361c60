/** Public checks of lab 03: ICMP errors, and when none may be sent (`writeIcmpError`, `mayReport`). The rules are in `error_rules.ts`. */
import { Frame } from "../../../stack/wire/frame.ts";
import { payloadOf } from "../../../tools/harness/matchers.ts";
import { icmp as message, icmpEcho, ipv4, KERNEL_IP, STACK_IP, udp } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { rules } from "./error_rules.ts";
import { framed, received, sameBytes, sameMessage } from "./received.ts";

const reports: Readonly<Record<string, CheckSpec>> = {
  "write": {
    title: "an error quotes the packet, 548 bytes of it at most",
    kind: "table",
    covers: ["ICMP-2"],
    look: ["writeIcmpError"],
    why:
      "The quote is how the sender finds out which of its packets is meant; 576 bytes in all fit into the smallest buffer that every host must have (RFC 1812 §4.3.2.3). The packet itself stays as it was.",
    hints: [
      "Where does the quote begin: at the payload, or at the IP header?",
      "Copy min(about.length, 548) bytes from about.start on behind the end of `out`; then push the ICMP header in front of them.",
      "out.append(n) gives the place, copyBytes of stack/wire/frame.ts copies, writeIcmp does the rest.",
    ],
    run: async (t) => {
      for (const size of [0, 1, 8, 527, 528, 529, 1400, t.random.int(0, 1400)]) {
        const [type, code, rest] = [t.random.pick([3, 11, 12]), t.random.int(0, 15), t.random.int(0, 0xffff_ffff)];
        const packet = ipv4({ protocol: 253, identification: t.random.int(0, 65535) }, t.random.bytes(size));
        const { frame } = received(packet);
        const out = new Frame(1024, 128);
        out.bytes.set(t.random.bytes(1024));
        await t.ip.writeIcmpError(out, type, code, rest, frame);
        sameMessage(
          t,
          out.toBytes(),
          message({ type, code, rest }, packet.subarray(0, 548)),
          `the error about a packet of ${packet.length} bytes`,
        );
        sameBytes(t, frame.toBytes(), packet, "the packet that the error is about, afterwards");
      }
    },
  },
  "port-unreachable": {
    title: "a datagram to a closed port draws port unreachable",
    kind: "scenario",
    covers: ["ICMP-5", "ICMP-11", "UDP-1", "ICMP-2"],
    look: ["writeIcmpError", "mayReport"],
    why:
      '"Connection refused" is what a program sees when this arrives; without it, it waits until its patience ends (RFC 1122 §3.2.2.1, §4.1.3.1).',
    hints: [
      'Is an error sent at all? The counters say "icmp: error sent" or "icmp: no error allowed".',
      "Type 3, code 3, rest 0: the host passes them to writeIcmpError.",
      "No error allowed? Then mayReport says no to an ordinary packet: start with `return true` and add one rule after the other.",
    ],
    run: async (t) => {
      const station = await t.host();
      for (let run = 0; run < 3; run++) {
        const datagram = udp(
          { sourcePort: t.random.int(1024, 65535), destinationPort: t.random.int(1, 65535) },
          t.random.bytes(t.random.int(0, 40)),
        );
        const packet = ipv4({ protocol: 17, typeOfService: 0x10, identification: t.random.int(0, 65535) }, datagram);
        await station.send(framed(packet));
        await station.expect({
          ipv4: { source: STACK_IP, destination: KERNEL_IP, protocol: 1, typeOfService: 0 },
          icmp: { type: 3, code: 3, rest: 0 },
          dataStart: packet.subarray(0, 28),
        }, "port unreachable, from the address that the datagram was sent to");
      }
    },
  },
  "protocol-unreachable": {
    title: "an unknown protocol draws protocol unreachable",
    kind: "scenario",
    covers: ["ICMP-5"],
    look: ["writeIcmpError", "mayReport"],
    why:
      "Code 2 says that nobody at this host speaks the protocol at all. 253 and 254 are reserved for experiments (RFC 3692), so nobody does (RFC 792).",
    hints: [
      "Does errors/port-unreachable pass?",
      "Type 3 and code 2 come from the host; what you write is the message around them.",
      "mayReport looks at the ICMP type only when the protocol is 1: in any other protocol the first byte means something else.",
    ],
    run: async (t) => {
      const station = await t.host();
      for (const first of [3, 11, t.random.int(0, 255)]) {
        const payload = t.random.bytes(t.random.int(8, 64));
        payload[0] = first;
        const packet = ipv4({ protocol: t.random.pick([253, 254]), identification: t.random.int(0, 65535) }, payload);
        await station.send(framed(packet));
        await station.expect({
          ipv4: { source: STACK_IP, destination: KERNEL_IP },
          icmp: { type: 3, code: 2, rest: 0 },
          dataStart: packet.subarray(0, 28),
        }, "protocol unreachable");
      }
    },
  },
  "quote": {
    title: "the quote is unchanged, long enough, and not too long",
    kind: "scenario",
    covers: ["ICMP-2"],
    look: ["writeIcmpError"],
    why:
      "Too little, and the sender cannot tell which program is meant; too much, and the error itself may be too long for some link (RFC 1122 §3.2.2, RFC 1812 §4.3.2.3).",
    hints: [
      "How long is the IP packet that carries your error?",
      "20 bytes of IP, 8 of ICMP, and the quote: 576 in all leave 548 for the quote.",
      "Ethernet pads short packets to 46 bytes. The padding is no part of the packet: what lies between about.start and about.end is.",
    ],
    run: async (t) => {
      const station = await t.host();
      for (const size of [0, 8, 18, 519, 520, 521, 1472]) {
        const packet = ipv4({ protocol: 17, identification: t.random.int(0, 65535) }, udp({}, t.random.bytes(size)));
        await station.send(framed(packet));
        const frame = await station.expect(
          { ipv4: { totalLength: { from: 56, to: 576 } }, icmp: { type: 3, code: 3 } },
          `an error about a packet of ${packet.length} bytes, with 28 bytes of it or more`,
        );
        const quote = payloadOf(frame, "ethernet");
        sameBytes(t, quote, packet.subarray(0, quote.length), "the quote");
      }
    },
  },
  "parameter-problem": {
    title: "a bad option draws a parameter problem that points at it",
    kind: "scenario",
    covers: ["ICMP-2", "ICMP-5"],
    look: ["findBadOption", "writeIcmpError"],
    why:
      'The pointer is the offset of the byte at which the trouble lies, counted from the first byte of the quoted packet (RFC 792 "Parameter Problem").',
    hints: [
      "Which of the four bytes of `rest` is the pointer?",
      "The first one, the most significant: the host passes pointer × 2²⁴, above 2³¹ when the pointer is 128 or more.",
      "Write rest with view.setUint32. The byte it points at is found by findBadOption.",
    ],
    run: async (t) => {
      const station = await t.host();
      const cases: [options: number[], pointer: number][] = [
        [[7, 0, 4, 0], 21],
        [[1, 1, 130, 40], 23],
        [[1, 7, 1, 4], 22],
      ];
      for (const [options, pointer] of cases) {
        const packet = ipv4({ options: Uint8Array.from(options) }, icmpEcho({ id: t.random.int(0, 65535) }, t.random.bytes(12)));
        await station.send(framed(packet), `options ${options.join(" ")}`);
        await station.expect({
          ipv4: { source: STACK_IP, destination: KERNEL_IP },
          icmp: { type: 12, code: 0, pointer },
          dataStart: packet.subarray(0, 32),
        }, `a parameter problem that points at byte ${pointer}`);
      }
    },
  },
  "time-exceeded": {
    title: "a router tells the sender when the hops run out on it",
    kind: "scenario",
    covers: ["ICMP-2", "IP-8"],
    look: ["writeIcmpError", "decrementTtl", "mayReport"],
    why:
      "Traceroute is nothing but this: packets with TTL 1, 2, 3, and each router on the way gives itself away (RFC 792, RFC 1812 §5.3.1). If the packet " +
      "goes on instead, nobody has stopped it: decrementTtl must return false. If nothing comes at all, mayReport has forbidden the error.",
    hints: [
      "Does the packet reach the point where its TTL is looked at? It needs a route.",
      "decrementTtl returns false for a TTL of 0 or 1, and the host then reports type 11, code 0.",
      "The quote shows the packet as it was received: decrementTtl must have changed nothing.",
    ],
    run: async (t) => {
      const station = await t.host({ forwarding: true });
      for (const ttl of [1, 0]) {
        const destination = `10.44.0.${t.random.int(10, 200)}`;
        const packet = ipv4(
          { destination, ttl, protocol: 17, identification: t.random.int(0, 65535) },
          udp({ destination }, t.random.bytes(12)),
        );
        await station.send(framed(packet), `TTL ${ttl}, for another host`);
        await station.expect({
          ipv4: { source: STACK_IP, destination: KERNEL_IP },
          icmp: { type: 11, code: 0, rest: 0 },
          dataStart: packet.subarray(0, 28),
        }, "time exceeded in transit, from the router's own address");
      }
    },
  },
};

export const errors: Readonly<Record<string, CheckSpec>> = { ...reports, ...rules };

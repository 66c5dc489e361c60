/** Hidden checks of lab 03: ICMP, with the cases that are easily forgotten. */
import { datagram, expectReport } from "../../../labs/03-ip/checks/error_rules.ts";
import { ALONE, framed, received, sameBytes } from "../../../labs/03-ip/checks/received.ts";
import { type Case, compareAll } from "../../../labs/03-ip/checks/samples.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { payloadOf } from "../../../tools/harness/matchers.ts";
import { ethernet, icmp as message, icmpEcho, ipv4, KERNEL_IP, pattern, STACK_IP, udp } from "../../../tools/harness/packets.ts";
import { amount, bytesText } from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";

/** A router between the usual net and a second one, whose link has an MTU of 576. */
const ROUTER = {
  forwarding: true,
  interfaces: [
    { mac: "02:00:00:00:00:02", address: "10.44.0.2" },
    { mac: "02:00:00:00:01:02", address: "10.44.1.2", mtu: 576 },
  ],
};

export const icmp: Readonly<Record<string, CheckSpec>> = {
  "random-bytes": {
    title: "random bytes are read without an exception",
    kind: "table",
    covers: ["ICMP-1"],
    look: ["parseIcmp"],
    why:
      "Anybody can send anything. A bad packet is a value with a name, never an exception: one exception would stop the whole host (RFC 1122 §1.2.2).",
    hints: [
      "Which length fails?",
      "Look at the length before you look at any byte.",
      "Both rejects are strings; nothing is thrown.",
    ],
    run: async (t) => {
      const frames = Array.from({ length: 300 }, (_, run) => {
        const bytes = run === 0 ? new Uint8Array(40).fill(0xff) : t.random.bytes(t.random.int(0, 40));
        const frame = new Frame(bytes.length, 0);
        frame.bytes.set(bytes, frame.append(bytes.length));
        return frame;
      });
      const outcomes = await t.many("ip", "parseIcmp", frames.map((frame) => [frame]));
      for (const [index, { value, threw }] of outcomes.entries()) {
        const bytes = frames[index]?.toBytes() as Uint8Array;
        const what = `parseIcmp of ${amount(bytes.length)}: ${bytesText(bytes)}`;
        t.equal(threw, undefined, `the exception out of ${what}`);
        if (bytes.length < 8) t.equal(value, "truncated", what);
        else if (typeof value === "string") t.equal(value, "bad icmp checksum", what);
      }
    },
  },
  "other-address": {
    title: "a ping to the host's other address is answered from it",
    kind: "scenario",
    covers: ["ICMP-6", "IP-3"],
    look: ["makeEchoReply", "admit"],
    why: "The sender waits for an answer from the address it pinged, whatever interface the ping came in by (RFC 1122 §3.2.2.6).",
    hints: [
      "Which addresses are the host's own?",
      "All of its interfaces' addresses, on whichever link the packet came.",
      "The host takes the reply's source from the request's destination; makeEchoReply has nothing to do with addresses.",
    ],
    run: async (t) => {
      const station = await t.host({ interfaces: ROUTER.interfaces });
      const data = t.random.bytes(31);
      await station.send(framed(ipv4({ destination: "10.44.1.2" }, icmpEcho({ id: 12 }, data))));
      await station.expect(
        { ipv4: { source: "10.44.1.2", destination: KERNEL_IP }, icmp: { type: 0, identifier: 12 }, data },
        "a reply from 10.44.1.2",
      );
    },
  },
  "broadcast-ping": {
    title: "the answer to a broadcast ping, if any, is from one host",
    kind: "scenario",
    covers: ["ICMP-7", "ICMP-6"],
    look: ["parseIcmp", "makeEchoReply", "classifyAddress"],
    why:
      "A host may be silent; most are, since one forged ping to a broadcast address made whole networks shout at one victim. No packet ever comes *from* a broadcast address (RFC 1122 §3.2.2.6).",
    hints: [
      "Who decides that a broadcast ping is not answered?",
      'The host asks classifyAddress about the destination: anything but "own" gets no reply.',
      '10.44.0.255 is "broadcast" to a host with 10.44.0.2/24.',
    ],
    run: async (t) => {
      const station = await t.host();
      for (const destination of ["255.255.255.255", "10.44.0.255"]) {
        await station.send(ethernet({ destination: "ff:ff:ff:ff:ff:ff" }, ipv4({ destination }, icmpEcho({ id: 13 }))));
        await station.wait(1000);
        for (const frame of station.take()) t.equal(frame.subarray(26, 30), Uint8Array.of(10, 44, 0, 2), "the source of the answer");
      }
      await station.send(framed(ipv4({}, icmpEcho({ id: 14 }))), "a ping to us alone");
      await station.expect({ icmp: { type: 0, identifier: 14 } }, "the ping to us alone is answered");
    },
  },
  "error-for-us": {
    title: "an error about a packet of ours is passed up",
    kind: "scenario",
    covers: ["ICMP-4", "ICMP-9", "MUST-55"],
    look: ["parseIcmp"],
    why: '"Unreachable" is a hint, not a verdict: routes come back. The layer above is told, and may go on trying (RFC 1122 §3.2.2.1).',
    hints: [
      "What does parseIcmp return for an unreachable message?",
      "Type, code and where the quote begins: payload, 8 bytes behind the start.",
      "The host reads the quoted protocol at payload + 9.",
    ],
    run: async (t) => {
      const station = await t.host();
      await station.ping(KERNEL_IP, { id: 21, seq: 1, size: 24 });
      const sent = await station.expect({ icmp: { type: 8, identifier: 21 } }, "our ping");
      for (const [type, code] of [[3, 1], [11, 0], [12, 0]]) {
        await station.send(framed(ipv4({}, message({ type, code }, sent.subarray(14, 42)))), `an error, type ${type} code ${code}`);
        t.fields((await station.events())[0], { kind: "icmp error", from: KERNEL_IP, type, code, protocol: 1 }, "what the host passes up");
      }
      await station.send(framed(ipv4({}, message({ type: 3, code: 1 }, sent.subarray(14, 30)))), "an error that quotes too little");
      t.equal((await station.events()).length, 0, "the number of events for a quote of 16 bytes");
      await station.expectSilence(1000, "errors are not answered");
      await station.ping(KERNEL_IP, { id: 21, seq: 2 });
      await station.expect({ icmp: { type: 8, identifier: 21, sequence: 2 } }, "the next ping goes out all the same");
    },
  },
};

export const errors: Readonly<Record<string, CheckSpec>> = {
  "every-icmp-type": {
    title: "of 256 ICMP types, errors are allowed about queries only",
    kind: "table",
    covers: ["ICMP-3", "ICMP-1"],
    look: ["mayReport"],
    why:
      "Echo and timestamp are queries, and harmless. Errors, and whatever nobody knows, are not: a type of tomorrow may be an error (RFC 1122 §3.2.2).",
    hints: [
      "For which type is it wrong, and is that one an error, a query, or nothing?",
      "Allow 0, 8 and 13 to 18; forbid all else.",
      "A list of what is allowed is short, and needs no change when new types are invented.",
    ],
    run: async (t) => {
      // Some types are queries to one reader and unknown to another (router discovery, the obsolete 15 to 18, experiments): either will do.
      const either = [9, 10, 15, 16, 17, 18, 30, 37, 38, 40, 41, 42, 43];
      const types = Array.from({ length: 256 }, (_, type) => type).filter((type) => !either.includes(type));
      const cases = types.map((type): Case => {
        const options = new Uint8Array(4 * t.random.int(0, 3)).fill(type);
        const { header, frame } = received(ipv4({ options }, message({ type })));
        return {
          args: [frame, header, ALONE],
          expected: [0, 8, 13, 14].includes(type),
          what: `mayReport about an ICMP message of type ${type}`,
        };
      });
      await compareAll(t, "mayReport", cases);
    },
  },
  "all-nets": {
    title: "the broadcast addresses of all our nets count",
    kind: "table",
    covers: ["ICMP-3", "IP-13"],
    look: ["mayReport", "classifyAddress"],
    why: "Which address is a broadcast depends on the net's mask: 10.9.3.255 is an ordinary host of a /20 (RFC 1122 §3.2.1.3).",
    hints: [
      "Do you look at the first interface only?",
      "arrival.interfaces holds all of them, each with a prefix length.",
      "classifyAddress(address, arrival.interfaces) knows both.",
    ],
    run: async (t) => {
      const arrival = {
        ...ALONE,
        interfaces: [...ALONE.interfaces, { address: parseIpv4Address("10.9.0.1"), prefixLength: 20 }],
      };
      await expectReport(t, false, "a datagram to 10.9.15.255, in a /20", datagram({ destination: "10.9.15.255" }), arrival);
      await expectReport(t, false, "a datagram from 10.9.15.255, in a /20", datagram({ source: "10.9.15.255" }), arrival);
      await expectReport(t, true, "a datagram from 10.9.3.255, in a /20", datagram({ source: "10.9.3.255" }), arrival);
      await expectReport(t, true, "a datagram to 10.9.3.255, in a /20", datagram({ destination: "10.9.3.255" }), arrival);
    },
  },
  "quote-options": {
    title: "a quoted header keeps its options, and 8 bytes behind them",
    kind: "scenario",
    covers: ["ICMP-2"],
    look: ["writeIcmpError"],
    why: "Header and 8 bytes means the *whole* header, up to 60 bytes: the ports lie behind the options (RFC 1122 §3.2.2).",
    hints: [
      "Where did you cut the quote?",
      "A quote of 28 bytes is too short when the header alone has 60.",
      "Quote as much of the packet as fits into 548 bytes, and the question doesn't arise.",
    ],
    run: async (t) => {
      const station = await t.host();
      for (const words of [1, 9, t.random.int(2, 8)]) {
        const options = new Uint8Array(words * 4 + 3);
        options.set([7, options.length, 4]);
        const packet = ipv4({ protocol: 17, options, identification: t.random.int(0, 65535) }, udp({}, t.random.bytes(40)));
        await station.send(framed(packet), `UDP with ${options.length} bytes of options`);
        const frame = await station.expect(
          { icmp: { type: 3, code: 3 }, dataStart: packet.subarray(0, packet.length - 40) },
          "port unreachable, with the whole header and the UDP header quoted",
        );
        const quote = payloadOf(frame, "ethernet");
        sameBytes(t, quote, packet.subarray(0, quote.length), "the quote");
      }
    },
  },
  "fragmentation-needed": {
    title: "a router that may not cut names the narrow link's MTU",
    kind: "scenario",
    covers: ["1191", "ICMP-2"],
    look: ["writeIcmpError", "mayReport"],
    why: "Path MTU discovery rests on this message: the low 16 bits of `rest` tell the sender how long its packets may be (RFC 1191 §4).",
    hints: [
      "Which bytes of the message hold the MTU?",
      "Bytes 6 and 7: the low half of rest.",
      "The host passes the MTU as rest; write all 32 bits of it.",
    ],
    run: async (t) => {
      const station = await t.host({ ...ROUTER, peerAddresses: ["10.44.1.9"] });
      const fields = { destination: "10.44.1.9", protocol: 253, dontFragment: true, identification: t.random.int(0, 65535) };
      const packet = ipv4(fields, pattern(t.random.int(557, 1480)));
      await station.send(framed(packet), `${packet.length} bytes that must not be cut, for a link with an MTU of 576`);
      await station.expect({
        ipv4: { source: STACK_IP, destination: KERNEL_IP },
        icmp: { type: 3, code: 4, nextHopMtu: 576 },
        dataStart: packet.subarray(0, 8),
      }, "fragmentation needed");
    },
  },
  "no-way": {
    title: "a router tells net unreachable from host unreachable",
    kind: "scenario",
    covers: ["ICMP-5", "ARP-5", "IP-15"],
    look: ["writeIcmpError", "mayReport"],
    why: "Code 0: no route to that net. Code 1: the net is here, but the host does not answer ARP (RFC 1812 §5.2.7.1).",
    hints: [
      "Which of the two fails?",
      "Without a route, lookup returns undefined, and the host reports at once. Without an answer it reports after the last request.",
      "The host reports about a packet that waited in the ARP queue; its header must still be there, unchanged but for TTL and checksum.",
    ],
    run: async (t) => {
      const station = await t.host(ROUTER);
      const nowhere = datagram({ destination: "192.0.2.7", identification: 1 });
      await station.send(framed(nowhere), "for a net that no route leads to");
      await station.expect({ icmp: { type: 3, code: 0 }, dataStart: nowhere.subarray(0, 28) }, "net unreachable");
      const nobody = datagram({ destination: `10.44.1.${t.random.int(20, 200)}`, identification: 2 });
      await station.send(framed(nobody), "for a host that does not exist, on the second link");
      for (let request = 1; request <= 3; request++) await station.expect({ arp: { operation: 1 } }, `ARP request ${request}`, 1000);
      await station.expect(
        { ipv4: { source: STACK_IP, destination: KERNEL_IP }, icmp: { type: 3, code: 1 }, dataStart: nobody.subarray(0, 8) },
        "host unreachable, when nobody answered",
        2000,
      );
    },
  },
};

/** Checks of the time to live: what a router takes off it, and what a host does not care about. */
import { ethernet, icmpEcho, ipv4, KERNEL_IP, STACK_IP, STACK_MAC } from "../../../tools/harness/packets.ts";
import type { CheckSpec, StationConfig } from "../../../tools/harness/suite.ts";
import { anyData, anyFields, usedFrame, viewOf } from "./samples.ts";
import { comparePacket } from "./writing.ts";

/** The stack between two nets. Its second interface has a MAC address of its own, so that one sees where a frame left. */
export const SECOND_MAC = "02:00:00:00:01:02";
export const ROUTER = {
  forwarding: true,
  interfaces: [{ mac: STACK_MAC, address: STACK_IP }, { mac: SECOND_MAC, address: "10.45.0.2" }],
  peerAddresses: ["10.45.0.9"],
} satisfies StationConfig;

export const ttl: Readonly<Record<string, CheckSpec>> = {
  "one-less": {
    title: "a router takes one off the TTL and leaves all else as it was",
    kind: "table",
    weight: 2,
    covers: ["1624"],
    look: ["decrementTtl", "updateChecksum"],
    why:
      "Every router takes one hop off, so that a packet that goes in circles dies (RFC 791 §3.2). The checksum covers the TTL and must follow it; nothing else of the " +
      "packet is the router's business.",
    hints: [
      "Is the TTL right and the checksum wrong, or the other way round?",
      "TTL and protocol are one 16-bit word, at byte 8. The TTL is its high byte: one less is 0x0100 less.",
      "updateChecksum(old checksum, old word, new word), at byte 10.",
    ],
    run: async (t) => {
      for (let i = 0; i < 12; i++) {
        const fields = { ...anyFields(t.random), ttl: i === 0 ? 255 : i === 1 ? 2 : t.random.int(2, 255) };
        const payload = anyData(t.random, t.random.int(0, 20));
        const frame = usedFrame(t.random, ipv4(fields, payload));
        t.equal(await t.ip.decrementTtl(frame), true, `what decrementTtl returns at TTL ${fields.ttl}`);
        comparePacket(t, frame.toBytes(), ipv4({ ...fields, ttl: fields.ttl - 1 }, payload));
      }
    },
  },

  "last-hop": {
    title: "at TTL 0 or 1 a packet stays here, and as it is",
    kind: "table",
    covers: ["IP-8"],
    look: ["decrementTtl"],
    why:
      "A packet must never be sent with a TTL of 0 (RFC 1122 §3.2.1.7). One that comes with 1 has reached its last hop, and the router says so to its sender, quoting " +
      "the packet as it came: hence nothing may be changed.",
    hints: [
      "What is 0 − 1, written into one byte?",
      "Look before you write: 0 and 1 both return false.",
      "With 2 the packet still goes on, with 1.",
    ],
    run: async (t) => {
      for (const ttl of [1, 0, 1, 0]) {
        const packet = ipv4({ ...anyFields(t.random), ttl }, anyData(t.random, 12));
        const frame = usedFrame(t.random, packet);
        t.equal(await t.ip.decrementTtl(frame), false, `what decrementTtl returns at TTL ${ttl}`);
        t.equal(frame.toBytes(), packet, `the packet with TTL ${ttl}, which may not be changed`);
      }
      const frame = usedFrame(t.random, ipv4({ ...anyFields(t.random), ttl: 2 }));
      t.equal(await t.ip.decrementTtl(frame), true, "what decrementTtl returns at TTL 2");
    },
  },

  "carry-in-the-checksum": {
    title: "the checksum follows the TTL where the subtraction carries",
    kind: "table",
    covers: ["1624", "1071-2"],
    look: ["updateChecksum", "decrementTtl"],
    why:
      "TTL − 1 means checksum + 0x0100, nearly always. When the checksum is 0xff00 or more, the carry comes back in at the low end: 0xff12 becomes 0x0013. One " +
      "packet in 256 tells whether you thought of it (RFC 1624 §2).",
    hints: [
      "Work out 0xff12 + 0x0100 in one's complement.",
      "Is your sum folded after the addition?",
      "~HC + ~m + m' may be up to 2ffff: fold until nothing stands above 16 bits.",
    ],
    run: async (t) => {
      for (let i = 0; i < 8; i++) {
        const fields = { ...anyFields(t.random), identification: 0 };
        // The identification is what makes the checksum come out as we want it: from 0xff00 to 0xfffe.
        const wanted = 0xff00 + t.random.int(0, 0xfe);
        const without = viewOf(ipv4(fields)).getUint16(10);
        const identification = (0xffff - wanted + without) % 0xffff;
        const frame = usedFrame(t.random, ipv4({ ...fields, identification }));
        t.equal(frame.view.getUint16(frame.start + 10), wanted, "the checksum that this check begins with");
        t.equal(await t.ip.decrementTtl(frame), true, `what decrementTtl returns at TTL ${fields.ttl}`);
        comparePacket(t, frame.toBytes(), ipv4({ ...fields, identification, ttl: fields.ttl - 1 }));
      }
    },
  },

  "forwarded": {
    title: "a packet leaves by the other interface, one hop older",
    kind: "scenario",
    weight: 2,
    covers: ["IP-15", "IP-12"],
    look: ["decrementTtl", "createRoutes", "admit"],
    why:
      "This is all that a router does: look up the destination, take one off the TTL, hand the packet to the interface that leads there, in a frame to the next neighbour " +
      "(RFC 1812 §5.2.1). Addresses and data stay as they are, from end to end.",
    hints: [
      "Does the packet leave at all? The host's counters say what became of it.",
      'admit must say "forward", the route table must know that 10.45.0.0/24 is on interface 1.',
      "If it leaves with a bad checksum, run ttl/one-less.",
    ],
    run: async (t) => {
      const station = await t.host(ROUTER);
      for (let i = 0; i < 3; i++) {
        const [id, life, data] = [t.random.int(1, 0xffff), t.random.int(2, 255), anyData(t.random, t.random.int(20, 60))];
        const packet = ipv4({ destination: "10.45.0.9", identification: id, ttl: life }, icmpEcho({ id }, data));
        await station.send(ethernet({}, packet), `a ping for 10.45.0.9 with TTL ${life}`);
        await station.expect(
          {
            ethernet: { source: SECOND_MAC },
            ipv4: { source: KERNEL_IP, destination: "10.45.0.9", timeToLive: life - 1, identification: id },
            icmp: { type: 8, identifier: id },
            data,
          },
          "a router passes it on by its other interface, with one hop less",
          50,
        );
      }
      await t.counter(station, "ip: forwarded", 3);
    },
  },

  "last-hop-is-us": {
    title: "a packet for us is taken with any TTL, be it 1 or 0",
    kind: "scenario",
    covers: ["IP-8"],
    look: ["admit", "parseIpv4"],
    why:
      "The TTL limits how far a packet may travel, and this one has arrived. A host must not drop it because its TTL is below 2 (RFC 1122 §3.2.1.7). Programs " +
      "use TTL 1 on purpose, to stay on the link.",
    hints: [
      "Where do you look at the TTL of a packet that is for us?",
      "Nowhere: only a router does, for what it forwards.",
      "Neither parseIpv4 nor admit has a reject for it.",
    ],
    run: async (t) => {
      const station = await t.host();
      for (const life of [1, 0, 2, 255]) {
        const [id, data] = [t.random.int(1, 0xffff), anyData(t.random, t.random.int(20, 60))];
        await station.send(ethernet({}, ipv4({ ttl: life, identification: id }, icmpEcho({ id }, data))), `a ping with TTL ${life}`);
        await station.expect({ icmp: { type: 0, identifier: id }, data }, "it has arrived: its TTL does not matter any more");
      }
    },
  },

  "sent": {
    title: "packets leave with the TTL that the host was set up with",
    kind: "scenario",
    covers: ["IP-8", "IP-9", "MUST-49"],
    look: ["writeIpv4"],
    why:
      "How far a packet may go is its sender's decision, so the TTL is a setting (RFC 1122 §3.2.1.7). The Internet is some thirty hops wide; 64 is what the " +
      'assigned numbers recommend (RFC 1700 "IP time to live").',
    hints: [
      "Do you write `fields.timeToLive`, or a number of your own?",
      "It is byte 8 of the header.",
      "The host passes its setting on to writeIpv4: 64 unless it is told otherwise.",
    ],
    run: async (t) => {
      for (const timeToLive of [1, t.random.int(2, 254), 255]) {
        const station = await t.host({ timeToLive });
        await station.output(KERNEL_IP, 253, t.random.bytes(30));
        await station.expect({ ipv4: { timeToLive, protocol: 253 } }, `this host was set up with a TTL of ${timeToLive}`, 50);
      }
    },
  },
};

/** Public checks of lab 03: about what no ICMP error may be sent (`mayReport`), one check for each rule of RFC 1122 §3.2.2. */
import type { Arrival } from "../../../stack/contract/ip.ts";
import { ethernet, icmp as message, icmpEcho, ipv4, type Ipv4Fields, udp } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { ALONE, framed, received } from "./received.ts";

/** Fails unless mayReport says `expected` of this packet. */
export async function expectReport(t: Trial, expected: boolean, what: string, packet: Uint8Array, arrival: Arrival = ALONE): Promise<void> {
  const { header, frame } = received(packet);
  t.equal(await t.ip.mayReport(frame, header, arrival), expected, `mayReport about ${what}`);
}

/** A UDP packet, about which an error may be sent as long as its header is an ordinary one. */
export function datagram(fields: Ipv4Fields = {}): Uint8Array {
  return ipv4({ protocol: 17, ...fields }, udp({ source: fields.source, destination: fields.destination }));
}

/** An option whose length is wrong: reason enough for a parameter problem. */
export const BAD_OPTION = Uint8Array.of(7, 0, 4, 0);

export const rules: Readonly<Record<string, CheckSpec>> = {
  "ordinary": {
    title: "errors about ordinary packets and queries are allowed",
    kind: "table",
    covers: ["ICMP-3", "ICMP-5"],
    look: ["mayReport"],
    why: "The rules forbid some errors, not all: a host that never reports leaves its peers to wait for their timeouts (RFC 1122 §3.2.2).",
    hints: [
      "Which of your rules is too wide?",
      "An ICMP message is only forbidden ground when it is an error or unknown. Echo (0, 8) and timestamp (13, 14) are queries.",
      "The first fragment of a packet (offset 0, more fragments) may be reported; the others may not.",
    ],
    run: async (t) => {
      const source = `10.44.0.${t.random.int(3, 254)}`;
      await expectReport(t, true, "a UDP datagram", datagram({ source }));
      await expectReport(t, true, "a packet of protocol 253", ipv4({ source, protocol: 253 }, t.random.bytes(20)));
      await expectReport(t, true, "a packet without payload", ipv4({ source, protocol: 253 }));
      await expectReport(t, true, "the first fragment", ipv4({ source, protocol: 17, moreFragments: true }, udp({}, new Uint8Array(8))));
      await expectReport(t, true, "a packet from another net", datagram({ source: `192.0.2.${t.random.int(1, 254)}` }));
      for (const type of [0, 8, 13, 14]) await expectReport(t, true, `an ICMP query of type ${type}`, ipv4({ source }, message({ type })));
      const options = Uint8Array.of(3, 4, 11, 11);
      await expectReport(t, true, "an echo request behind options", ipv4({ source, options }, icmpEcho()));
      await expectReport(t, false, "an ICMP error", ipv4({ source }, message({ type: 11 }, datagram())));
    },
  },
  "never-about-an-error": {
    title: "no error about an ICMP error",
    kind: "scenario",
    weight: 2,
    covers: ["ICMP-3"],
    look: ["mayReport"],
    why:
      "Otherwise two hosts that each find fault with the other's error messages would write to each other for ever (RFC 1122 §3.2.2). The type lies behind the IP options, and only " +
      "where the protocol is ICMP: in any other protocol that byte means something else.",
    hints: [
      "Where does the ICMP type of the packet in question lie?",
      "At frame.bytes[header.payload]: behind the options, if there are any.",
      "False for types 3, 4, 5, 11 and 12 when header.protocol is 1; true for echo.",
    ],
    run: async (t) => {
      for (const type of t.random.shuffle([3, 4, 5, 11, 12])) {
        const error = message({ type, code: t.random.int(0, 3) }, datagram());
        await expectReport(t, false, `an ICMP error of type ${type}`, ipv4({}, error));
        await expectReport(t, false, `an ICMP error of type ${type} behind options`, ipv4({ options: Uint8Array.of(8, 8, 8, 8) }, error));
        await expectReport(t, true, `a packet of protocol 253 whose first byte is ${type}`, ipv4({ protocol: 253 }, error));
      }
      const station = await t.host();
      await station.send(framed(ipv4({ options: BAD_OPTION }, message({ type: 3, code: 3 }, datagram()))), "an error with a bad option");
      await station.expectSilence(1000, "an error about an error is forbidden");
      await station.send(framed(ipv4({ options: BAD_OPTION }, icmpEcho())), "a ping with the same bad option");
      await station.expect({ icmp: { type: 12, pointer: 21 } }, "about a ping it is allowed");
    },
  },
  "never-about-unknown-icmp": {
    title: "no error about an ICMP message of unknown type",
    kind: "table",
    covers: ["ICMP-3", "ICMP-1"],
    look: ["mayReport"],
    why:
      "It may be an error that was invented after your stack was written; so the list names what is *known to be harmless* (RFC 1122 §3.2.2).",
    hints: [
      "Is your list one of what is forbidden, or of what is allowed?",
      "Allow the queries: 0, 8, and 13 to 18. Forbid all else.",
      "type === 0 || type === 8 || type >= 13 && type <= 18; every other type is an error, or may be one.",
    ],
    run: async (t) => {
      for (const type of t.random.shuffle([1, 2, 7, t.random.int(44, 252), t.random.int(44, 252), 255])) {
        await expectReport(t, false, `an ICMP message of type ${type}`, ipv4({}, message({ type })));
      }
      await expectReport(t, true, "an echo request", ipv4({}, icmpEcho()));
    },
  },
  "never-about-no-type": {
    title: "no error about an ICMP message that has no bytes",
    kind: "table",
    covers: ["ICMP-3", "ICMP-1"],
    look: ["mayReport"],
    why:
      "A packet of protocol 1 without payload is a message without a type. What lies where the type would be is padding, or the next packet: whoever reads it decides by what nobody sent (RFC 1122 §3.2.2).",
    hints: [
      "Which byte do you read when header.payload equals header.end?",
      "The byte behind the packet may look like an echo request's type; it is not.",
      "When the protocol is ICMP and header.payload is not below header.end, the answer is false.",
    ],
    run: async (t) => {
      for (const options of [new Uint8Array(), new Uint8Array(4 * t.random.int(1, 10))]) {
        const { header, frame } = received(ipv4({ options }), Uint8Array.of(8, 0, 0, 0));
        t.equal(await t.ip.mayReport(frame, header, ALONE), false, "mayReport about an ICMP message of no bytes, with an 8 behind it");
      }
      await expectReport(t, true, "an echo request", ipv4({}, icmpEcho()));
    },
  },
  "never-later-fragments": {
    title: "no error about a fragment other than the first",
    kind: "scenario",
    covers: ["ICMP-3"],
    look: ["mayReport"],
    why:
      "Only fragment 0 has the header of what IP carries. An error about another would name no program, and 40 fragments would make 40 errors (RFC 1122 §3.2.2).",
    hints: [
      "How is a fragment other than the first recognised?",
      "By its offset, not by the flag: the first one has more fragments too, and the last one has not.",
      "header.fragmentOffset !== 0 → false.",
    ],
    run: async (t) => {
      const offset = t.random.int(1, 8000) * 8;
      const data = t.random.bytes(16);
      await expectReport(
        t,
        false,
        `a middle fragment, offset ${offset}`,
        ipv4({ protocol: 17, fragmentOffset: offset, moreFragments: true }, data),
      );
      await expectReport(t, false, `the last fragment, offset ${offset}`, ipv4({ protocol: 17, fragmentOffset: offset }, data));
      await expectReport(t, true, "the first fragment", ipv4({ protocol: 17, moreFragments: true }, data));
      const station = await t.host();
      const fields = { options: BAD_OPTION, protocol: 253 };
      await station.send(framed(ipv4({ ...fields, fragmentOffset: offset }, data)), "a later fragment with a bad option");
      await station.expectSilence(1000, "nothing is said about later fragments");
      await station.send(framed(ipv4({ ...fields, moreFragments: true }, data)), "a first fragment with the same bad option");
      await station.expect({ icmp: { type: 12, pointer: 21 } }, "about a first fragment it is allowed");
    },
  },
  "never-to-a-broadcast": {
    title: "no error about a packet that was addressed to many",
    kind: "scenario",
    covers: ["ICMP-3", "IP-13"],
    look: ["mayReport", "classifyAddress"],
    why:
      "One datagram to a broadcast address would be answered by every host of the net at once: the smurf attack needs no more (RFC 1122 §3.2.2).",
    hints: [
      "Which destinations mean many?",
      "255.255.255.255, the directed broadcast of each of our nets, and multicast.",
      'classifyAddress(header.destination, arrival.interfaces) says "broadcast" or "multicast".',
    ],
    run: async (t) => {
      const group = `${t.random.int(224, 239)}.${t.random.int(0, 255)}.0.${t.random.int(1, 255)}`;
      for (const destination of ["255.255.255.255", "10.44.0.255", group]) {
        await expectReport(t, false, `a datagram to ${destination}`, datagram({ destination }));
      }
      await expectReport(t, true, "a datagram to us", datagram());
      const station = await t.host();
      for (const destination of ["255.255.255.255", "10.44.0.255"]) {
        await station.send(ethernet({ destination: "ff:ff:ff:ff:ff:ff" }, datagram({ destination })), `UDP to ${destination}`);
        await station.expectSilence(1000, "no error about a broadcast");
      }
      await station.send(framed(datagram()), "the same to us alone");
      await station.expect({ icmp: { type: 3, code: 3 } }, "about a packet to us alone it is allowed");
    },
  },
  "never-link-broadcasts": {
    title: "no error about a packet that the link delivered to many",
    kind: "table",
    covers: ["ICMP-3", "IP-14", "LNK-3"],
    look: ["mayReport"],
    why:
      "The IP address may be one host's while the frame went to all of them; then all of them would answer. Only the link layer knows (RFC 1122 §3.2.2).",
    hints: [
      "What do you know beside the packet itself?",
      "arrival.linkBroadcast: the frame was sent to a broadcast or multicast address.",
      "arrival.linkBroadcast → false, whatever the IP header says.",
    ],
    run: async (t) => {
      const packet = datagram({ source: `10.44.0.${t.random.int(3, 254)}` });
      await expectReport(t, false, "a datagram in a broadcast frame", packet, { ...ALONE, linkBroadcast: true });
      await expectReport(t, true, "the same in a frame to us", packet);
    },
  },
  "never-to-nobody": {
    title: "no error to a source that is not one host",
    kind: "table",
    covers: ["ICMP-3", "IP-4"],
    look: ["mayReport", "classifyAddress"],
    why:
      "The error goes to the source. If that is everybody, nobody, or a loopback address, it was forged, and the error would hit somebody who did nothing (RFC 1122 §3.2.2).",
    hints: [
      "Which sources can no single host have?",
      "0.0.0.0, 127/8, broadcast, multicast and 240/4.",
      'classifyAddress(header.source, arrival.interfaces) must be "other" (or "own").',
    ],
    run: async (t) => {
      const any = (): number => t.random.int(3, 254);
      const sources = [
        "0.0.0.0",
        `127.${any()}.${any()}.${any()}`,
        "255.255.255.255",
        "10.44.0.255",
        `${t.random.int(224, 239)}.0.0.${any()}`,
        `${t.random.int(240, 254)}.${any()}.0.1`,
      ];
      for (const source of sources) await expectReport(t, false, `a datagram from ${source}`, datagram({ source }));
      await expectReport(t, true, "a datagram from one host", datagram({ source: `10.44.0.${any()}` }));
    },
  },
};

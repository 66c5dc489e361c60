/** Live checks of the header and of addresses: the kernel is the peer, and the judge. */
import { dropsText } from "../../../tools/harness/drops.ts";
import { ethernet, icmpEcho, ipv4 } from "../../../tools/harness/packets.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, LiveStation, Trial } from "../../../tools/harness/suite.ts";
import { anyHost, show } from "./samples.ts";

/** What became of the echo requests of one ping. */
type Echoes = Awaited<ReturnType<LiveStation["kernel"]["ping"]>>;
/** What answered one probe of traceroute. */
type Hop = Awaited<ReturnType<LiveStation["kernel"]["traceroute"]>>[number];

/** Fails unless every echo request was answered with the data that it carried; a stack that was silent tells what it dropped. */
export async function expectReplies(t: Trial, station: LiveStation, echoes: Echoes, what: string): Promise<void> {
  for (const { replied, dataEqual, size, error } of echoes) {
    if (!replied) t.ok(false, `a reply to ${what}`, error ?? `nothing${dropsText(await station.counters())}`);
    t.ok(dataEqual === true, `the data of ${what} in its reply, all of them`, `${amount(size ?? 0)}, and not the same`);
  }
}

/** The first answer to the kernel's traceroute, which must be this error. */
export async function expectHop(t: Trial, station: LiveStation, hop: Hop | undefined, error: Partial<Hop>): Promise<void> {
  if (hop?.from === undefined) {
    t.ok(false, "an answer to traceroute's first probe, which has TTL 1", `nothing${dropsText(await station.counters())}`);
  }
  t.fields(hop, error, "the first hop of a traceroute");
}

/** Fails when the kernel counted a packet as damaged since `before`. */
export async function expectNoComplaints(t: Trial, station: LiveStation, before: Awaited<ReturnType<typeof complaints>>): Promise<void> {
  t.equal(await complaints(station), before, "what the kernel has counted as damaged, in /proc/net/snmp");
}

/** How many damaged packets the kernel has counted. */
export async function complaints(station: LiveStation): Promise<Record<string, number | undefined>> {
  const { Ip, Icmp } = await station.kernel.snmp();
  return { "Ip InHdrErrors": Ip?.InHdrErrors, "Icmp InErrors": Icmp?.InErrors, "Icmp InCsumErrors": Icmp?.InCsumErrors };
}

export const liveIp: Readonly<Record<string, CheckSpec>> = {
  "ping-sizes": {
    title: "the kernel pings you with sizes odd and even, up to 1472",
    kind: "live",
    weight: 2,
    covers: ["1071-1", "791-1", "IP-6"],
    look: ["internetChecksum", "parseIpv4", "writeIpv4"],
    twin: "icmp/ping",
    why:
      "The kernel believes only checksums that are right, and compares the data byte by byte. Odd sizes need the padding byte in the sum (RFC 1071 §4.1), sizes below 18 come in padded " +
      "frames on real Ethernet, and 1472 is all that fits into one.",
    hints: [
      "Which sizes fail: the odd ones, the small ones, all?",
      "Odd: checksum/odd-lengths. Small: header/padding. All: header/write.",
      "The kernel's counters in the transcript say whether it was the header (InHdrErrors) or the message (InCsumErrors).",
    ],
    run: async (t) => {
      const station = await t.live();
      const before = await complaints(station);
      for (const size of [0, 1, 56, 57, t.random.int(100, 700) * 2 + 1, 1472]) {
        await expectReplies(t, station, await station.kernel.ping({ to: station.address, size }), `a ping with ${amount(size)}`);
      }
      await expectNoComplaints(t, station, before);
    },
  },

  "ttl-and-tos": {
    title: "the kernel pings you with any TTL and type of service",
    kind: "live",
    covers: ["IP-8", "IP-9", "MUST-48", "MUST-49"],
    look: ["parseIpv4", "admit", "writeIpv4"],
    twin: "ttl/last-hop-is-us",
    why:
      "A packet that has arrived may have any TTL (RFC 1122 §3.2.1.7), and the type of service asks for a treatment on the way that is nobody's business at its end. What we send carries the TTL " +
      "that we were set up with.",
    hints: [
      "Which of the pings stays without a reply?",
      "Nothing that reads a packet for us looks at its TTL or at its type of service.",
      "The reply's TTL is byte 8 of the header that writeIpv4 wrote.",
    ],
    run: async (t) => {
      const timeToLive = t.random.int(65, 254);
      const station = await t.live({ timeToLive });
      for (const [ttl, tos] of [[1, 0], [255, 0x10], [64, 0xb8], [t.random.int(2, 254), 0xff]]) {
        const echoes = await station.kernel.ping({ to: station.address, ttl, tos });
        await expectReplies(t, station, echoes, `a ping with TTL ${ttl} and type of service ${tos}`);
        t.equal(echoes[0]?.ttl, timeToLive, "the TTL of the reply, as this host was set up");
      }
    },
  },

  "record-route": {
    title: "the kernel pings you with the record-route option",
    kind: "live",
    weight: 2,
    covers: ["IP-10", "MUST-50", "791-1"],
    look: ["parseIpv4", "findBadOption"],
    twin: "options/pinged-with-options",
    why:
      "A real header of 60 bytes: 20, and an option of 39 that asks every router to sign (RFC 791 §3.1), filled up with one byte; the header's checksum covers them all. A host that cannot sign must ignore it and answer all the same " +
      "(RFC 1122 §3.2.1.8).",
    hints: [
      "Is the ping seen as an echo request at all?",
      "The header is 60 bytes long: where does your payload begin?",
      "07 27 04: type, length 39, pointer. Behind it stands a 00, which ends the list.",
    ],
    run: async (t) => {
      const station = await t.live();
      const before = await complaints(station);
      for (const size of [56, t.random.int(20, 300) * 2 + 1]) {
        await expectReplies(
          t,
          station,
          await station.kernel.ping({ to: station.address, size, recordRoute: true }),
          `a ping with record route and ${size} bytes`,
        );
      }
      await expectNoComplaints(t, station, before);
    },
  },

  "our-ping": {
    title: "you ping the kernel, and it finds no fault with your packets",
    kind: "live",
    weight: 2,
    covers: ["IP-9", "1071-4"],
    look: ["writeIpv4", "internetChecksum"],
    twin: "icmp/own-ping",
    why:
      "Now the packets begin with us, and the kernel judges them: a wrong header is counted under InHdrErrors and dropped without a word, as RFC 1122 §3.2.1.2 wants.",
    hints: [
      "Does the ping leave, and does the kernel answer it?",
      "If it leaves and is not answered, look at the kernel's counters in the transcript.",
      "Run header/write.",
    ],
    run: async (t) => {
      const station = await t.live();
      const [bad, before] = [await complaints(station), (await station.kernel.snmp()).Icmp?.InEchos ?? 0];
      for (const [seq, size] of [[1, 56], [2, 57], [3, 1472]]) {
        await station.ping(station.kernelAddress, { id: 77, seq, size });
      }
      await station.settle();
      await expectNoComplaints(t, station, bad);
      t.equal(((await station.kernel.snmp()).Icmp?.InEchos ?? 0) - before, 3, "echo requests that the kernel has counted (InEchos)");
      const replies = (await station.events()).filter((event) => event.kind === "echo reply" && event.from === station.kernelAddress);
      const why =
        "The kernel found no fault with your requests and has answered them. A reply comes by the same way as a ping: header, address, ICMP's own checksum " +
        "over the whole message. One that is right must come up to the program that asked (RFC 1122 §3.2.2.6).";
      const came = replies.map((reply) => reply.seq).join(", ") || "none";
      const [is, drops] = [came === "1, 2, 3", dropsText(await station.counters())];
      await t.about(
        { why, look: ["parseIcmp", "internetChecksum"] },
        () => t.ok(is, "the replies that came up, by sequence number: 1, 2, 3", came + drops),
      );
    },
  },

  "tun": {
    title: "the same over TUN, where packets come without Ethernet",
    kind: "live",
    covers: ["791-1", "IP-3"],
    look: ["parseIpv4", "writeIpv4"],
    twin: "icmp/ping",
    why:
      "IP does not care what carries it. Over TUN the frame begins with the IP header, without Ethernet in front and without padding behind: whoever counts from 14, or from 0, in place of `frame.start` is found out here.",
    hints: [
      "Do the checks over TAP pass? Then it is an offset.",
      "Every offset counts from `frame.start`.",
      "Do you rely on 14 bytes that lie in front?",
    ],
    run: async (t: Trial) => {
      const station = await t.live({ kind: "tun" });
      const before = await complaints(station);
      for (const size of [0, 57, 1472]) {
        await expectReplies(t, station, await station.kernel.ping({ to: station.address, size }), `a ping with ${amount(size)}`);
      }
      await expectReplies(t, station, await station.kernel.ping({ to: station.address, recordRoute: true }), "a ping with record route");
      await station.ping(station.kernelAddress, { id: 5, seq: 9 });
      await station.settle();
      t.ok((await station.events()).some((event) => event.kind === "echo reply" && event.seq === 9), "a reply to our own ping", "none");
      await expectNoComplaints(t, station, before);
    },
  },

  "not-for-us": {
    title: "packets for others, sent to you by mistake, are dropped",
    kind: "live",
    weight: 2,
    covers: ["IP-3", "IP-15"],
    look: ["admit"],
    twin: "addresses/pings-not-answered",
    why:
      "The kernel is told that a far net lies behind us, which is not so. A host must drop what is not for it (RFC 1122 §3.2.1.3), without an error: only routers report.",
    hints: [
      "What came back to the kernel?",
      'admit: "not for us", unless `forwarding` is set.',
      'The host counts it under "ip: not for us".',
    ],
    run: async (t: Trial) => {
      const station = await t.live();
      const far = show(anyHost(t.random));
      await station.kernel.addRoute({ network: far, prefixLength: 32, gateway: station.address, device: station.device });
      const [echo] = await station.kernel.ping({ to: far });
      const came = echo?.icmp === undefined ? "a reply" : `an ICMP error of type ${echo.icmp.type}, code ${echo.icmp.code}`;
      t.ok(echo?.replied === false && echo.icmp === undefined, `silence about a ping to ${far}, which is not you`, came);
      await t.counter(station, "ip: not for us", 1);
      await station.kernel.deleteRoute({ network: far, prefixLength: 32, gateway: station.address, device: station.device });
    },
  },

  "directed-broadcast": {
    title: "a datagram to the whole net is taken without an error",
    kind: "live",
    covers: ["IP-13", "LNK-3"],
    look: ["classifyAddress", "admit"],
    twin: "errors/never-to-a-broadcast",
    why:
      "The kernel sends to the last address of our net: it comes in a frame to ff:ff:ff:ff:ff:ff and is for us too (RFC 1122 §3.3.6). Nobody listens on its port, but if each host said so, one datagram would be answered by all at once.",
    hints: [
      "Was it dropped, or answered with an error? The counters tell.",
      'The last address of 10.44.5.0/24 is 10.44.5.255: classifyAddress calls it "broadcast", admit delivers it.',
      "mayReport says no for what was addressed to many.",
    ],
    run: async (t: Trial) => {
      const station = await t.live();
      const everybody = station.address.replace(/\d+$/, "255");
      const { error, icmp } = await station.kernel.udpProbe({ to: everybody, port: t.random.int(20_000, 60_000) });
      t.ok(
        error === undefined && icmp === undefined,
        `silence about a datagram to ${everybody}`,
        error ?? `an ICMP error of type ${icmp?.type}`,
      );
      station.expectSeen("from kernel", { ipv4: { destination: everybody, protocol: 17 } }, "the kernel sends to everybody on this net");
      await t.counter(station, "ip: received", 1);
    },
  },

  "forged-source": {
    title: "a packet with your own address as its source is dropped",
    kind: "live",
    covers: ["IP-5", "IP-4"],
    look: ["admit"],
    twin: "addresses/pings-not-answered",
    why:
      "A program on the kernel's side sends a ping that says it comes from you (RFC 1122 §3.2.1.3). Answered, the reply would go to yourself, and round again. After it an honest ping must still be answered.",
    hints: [
      "What did your stack send after the forged packet?",
      "The source is looked at before the destination.",
      '"source is our own address" for any address of ours.',
    ],
    run: async (t) => {
      const station = await t.live();
      await expectReplies(t, station, await station.kernel.ping({ to: station.address }), "a first ping");
      const before = station.frames.length;
      const packet = ipv4({ source: station.address, destination: station.address }, icmpEcho({ id: 3 }, t.random.bytes(40)));
      const frame = ethernet({ destination: station.mac, source: station.kernelMac }, packet);
      await station.kernel.sendFrame({ device: station.device, bytes: frame });
      await station.settle();
      const sent = station.frames.slice(before).filter((each) => each.direction === "from stack");
      t.equal(sent.length, 0, "packets that your stack sent after the forged one");
      await t.counter(station, "ip: source is our own address", 1);
      await expectReplies(t, station, await station.kernel.ping({ to: station.address }), "an honest ping afterwards");
    },
  },
};

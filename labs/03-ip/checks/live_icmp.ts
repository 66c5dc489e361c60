/** Public checks of lab 03 with the kernel: echo and errors. */
import { dropsText } from "../../../tools/harness/drops.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { countedBy, expectPing } from "./live_fragments.ts";
import { expectHop } from "./live_ip.ts";

export const liveIcmp: Readonly<Record<string, CheckSpec>> = {
  "ping-odd": {
    title: "the kernel pings you with odd, with even and with no data",
    kind: "live",
    weight: 2,
    twin: "icmp/ping",
    covers: ["ICMP-6", "1071-1"],
    look: ["makeEchoReply", "internetChecksum"],
    why:
      "The last byte of an odd-length message is padded with a zero byte on its right. The kernel drops a reply with a wrong checksum without a word, and counts it (RFC 1071 §4.1).",
    hints: [
      "Which lengths fail: the odd ones?",
      "An odd last byte is the *high* byte of a word.",
      "The checks checksum/… test the same without a kernel; start there.",
    ],
    run: async (t) => {
      const station = await t.live();
      const counted = await countedBy(station, async () => {
        for (const size of [56, 57, 0, 1, t.random.int(1, 700) * 2 + 1]) await expectPing(t, station, size);
      });
      t.equal(counted("Icmp.InCsumErrors"), 0, "ICMP messages whose checksum the kernel found wrong");
    },
  },
  "port-unreachable": {
    title: 'the kernel\'s UDP socket hears "connection refused"',
    kind: "live",
    twin: "errors/port-unreachable",
    covers: ["ICMP-5", "UDP-1", "ICMP-2"],
    look: ["writeIcmpError", "mayReport"],
    why:
      "The kernel finds the socket by the ports in your quote. It is told only if quote, checksum and source address are right (RFC 1122 §3.2.2.1).",
    hints: [
      "Was an error sent? Look at the ladder above.",
      "If the kernel got it and nobody was told: compare the quote with the datagram, byte by byte.",
      "The quote begins at the IP header's first byte: 45 …",
    ],
    run: async (t: Trial) => {
      const station = await t.live();
      for (let run = 0; run < 2; run++) {
        const payload = t.random.bytes(t.random.int(8, 600));
        const result = await station.kernel.udpProbe({ to: station.address, port: t.random.int(1, 65535), payload });
        t.ok(
          result.error === "ECONNREFUSED",
          "ECONNREFUSED at the kernel's socket",
          result.error ?? `nothing${dropsText(await station.counters())}`,
        );
        t.fields(result.icmp, { type: 3, code: 3, from: station.address }, "the ICMP error that the kernel received");
        const quoted = result.quoted ?? new Uint8Array();
        t.equal(quoted, payload.subarray(0, quoted.length), "the part of the datagram's data that your error quoted");
      }
    },
  },
  "protocol-unreachable": {
    title: "the kernel hears that nobody speaks protocol 253",
    kind: "live",
    twin: "errors/protocol-unreachable",
    covers: ["ICMP-5"],
    look: ["writeIcmpError", "mayReport"],
    why: "Code 2 in place of 3: not the port is closed, the whole protocol is unknown (RFC 792).",
    hints: [
      "Does live/port-unreachable pass?",
      'The host counts "ip: no protocol" and asks mayReport.',
      "A packet of protocol 253 has no ICMP type: its first byte must not be read as one.",
    ],
    run: async (t: Trial) => {
      const station = await t.live();
      const payload = t.random.bytes(t.random.int(8, 60));
      payload[0] = 3;
      const result = await station.kernel.rawProbe({ to: station.address, protocol: 253, payload });
      if (result.icmp === undefined) t.ok(false, "an ICMP error that the kernel takes", `nothing${dropsText(await station.counters())}`);
      t.fields(result.icmp, { type: 3, code: 2, from: station.address }, "the ICMP error that the kernel received");
    },
  },
  "traceroute": {
    title: "the kernel traceroutes you: one hop, and it is you",
    kind: "live",
    twin: "errors/port-unreachable",
    covers: ["ICMP-5", "IP-8"],
    look: ["mayReport", "writeIcmpError", "admit"],
    why:
      "A packet with TTL 1 has arrived when it reaches its destination: a host never drops a packet because its TTL is low. The port unreachable ends the trace (RFC 1122 §3.2.1.7).",
    hints: [
      "Did you drop the packet with TTL 1?",
      "The TTL is looked at only by a router, when it passes a packet on.",
      "In a host, nothing between parseIpv4 and the ICMP error depends on timeToLive.",
    ],
    run: async (t) => {
      const station = await t.live();
      const hops = await station.kernel.traceroute({ to: station.address, maxHops: 3 });
      await expectHop(t, station, hops[0], { from: station.address, type: 3, code: 3 });
      t.equal(hops.length, 1, "the number of hops");
    },
  },
};

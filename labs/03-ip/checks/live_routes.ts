/**
 * Live checks of routes: the kernel as gateway, and the stack as router. Each has nets of its own, chosen here, which the
 * kernel's interface is given besides the address that it has.
 */
import { ethernet, icmpEcho, ipv4 } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { complaints, expectHop, expectNoComplaints, expectReplies } from "./live_ip.ts";
import { anyHost, show } from "./samples.ts";

export const liveRoutes: Readonly<Record<string, CheckSpec>> = {
  "default-gateway": {
    title: "you ping a far host, with the kernel as your gateway",
    kind: "live",
    weight: 2,
    covers: ["IP-12"],
    look: ["createRoutes"],
    twin: "routes/default-gateway",
    why:
      "The kernel owns an address far away from our net. Our packet goes to the kernel's Ethernet address, as our gateway, and to the far IP address; the kernel takes it and " +
      "answers (RFC 1122 §3.3.1.1).",
    hints: [
      "For which address does your stack ask ARP?",
      "Not for the far host's: for the gateway's, which the default route names.",
      "Does lookup return the route with its `gateway`?",
    ],
    run: async (t) => {
      const [us, gateway, far] = ["10.61.1.2", "10.61.1.1", `198.51.100.${t.random.int(1, 254)}`] as const;
      const station = await t.live({ interfaces: [{ address: us }], routes: [{ to: "0.0.0.0/0", gateway }] });
      await station.kernel.addAddress({ device: station.device, address: gateway, prefixLength: 24, index: 1 });
      await station.kernel.addAddress({ device: station.device, address: far, prefixLength: 32, index: 2 });
      const before = await complaints(station);
      await station.ping(far, { id: 12, seq: 1, size: 57 });
      await station.settle();
      station.expectSeen("from stack", { arp: { operation: 1, targetIp: gateway } }, `${far} is far, so ARP is asked for the gateway`);
      const frame = { ethernet: { destination: station.kernelMac }, ipv4: { source: us, destination: far }, icmp: { type: 8 } };
      station.expectSeen("from stack", frame, "the packet goes to the far host, in a frame to the gateway");
      const replies = (await station.events()).filter((event) => event.kind === "echo reply" && event.from === far);
      t.equal(replies.length, 1, `replies from ${far}`);
      await expectNoComplaints(t, station, before);
    },
  },

  "several-addresses": {
    title: "the kernel pings both of your addresses, by one wire",
    kind: "live",
    covers: ["IP-3", "IP-12"],
    look: ["classifyAddress", "admit", "createRoutes"],
    twin: "addresses/delivered",
    why:
      "A host is at home under all its addresses, whichever interface a packet comes by (RFC 1122 §3.3.4.2), and its reply comes from the address that was pinged: the kernel " +
      "does not take it otherwise.",
    hints: [
      "Is the second ping dropped? As what?",
      '"own" holds for the addresses of all interfaces.',
      "The host sends the reply from the address that was pinged, by the route to the kernel.",
    ],
    run: async (t) => {
      const [us, kernel, second] = ["10.62.1.2", "10.62.1.1", "10.63.1.2"] as const;
      const station = await t.live({ interfaces: [{ address: us }, { medium: "ip", address: second }] });
      await station.kernel.addAddress({ device: station.device, address: kernel, prefixLength: 24, index: 1 });
      await station.kernel.addRoute({ network: "10.63.1.0", prefixLength: 24, gateway: us, device: station.device });
      for (const to of [us, second]) await expectReplies(t, station, await station.kernel.ping({ to }), `a ping to ${to}`);
    },
  },

  "router": {
    title: "traceroute through you finds you, and higher TTLs pass",
    kind: "live",
    weight: 2,
    covers: ["IP-8", "IP-15"],
    look: ["decrementTtl", "admit", "createRoutes", "writeIpv4"],
    twin: "errors/time-exceeded",
    why:
      "You are the router between the kernel and another net. A probe with TTL 1 ends at you, and you say so: time exceeded, from the address on the kernel's side (RFC 1812 §5.3.1). " +
      "One with a higher TTL leaves by your other interface. What it looks like there is live/forwarded's affair.",
    hints: [
      'Does traceroute see you at all? admit must say "forward".',
      "decrementTtl returns false for TTL 1: then the host sends the error.",
      'The counter "ip: forwarded" says how many went through.',
    ],
    run: async (t) => {
      const [us, kernel, beyond] = ["10.64.1.2", "10.64.1.1", "10.65.1.0"] as const;
      const far = `10.65.1.${t.random.int(3, 254)}`;
      const station = await t.live({ forwarding: true, interfaces: [{ address: us }, { medium: "ip", address: "10.65.1.2" }] });
      await station.kernel.addAddress({ device: station.device, address: kernel, prefixLength: 24, index: 1 });
      await station.kernel.addRoute({ network: beyond, prefixLength: 24, gateway: us, device: station.device });
      const before = await complaints(station);
      const [hop] = await station.kernel.traceroute({ to: far, maxHops: 1 });
      await expectHop(t, station, hop, { from: us, type: 11, code: 0 });
      await t.counter(station, "ip: forwarded", 0, ", before anything had a hop left");
      await station.kernel.udpProbe({ to: far, port: 9, ttl: 2 });
      await t.counter(station, "ip: forwarded", 1, ", after a datagram with TTL 2");
      await expectNoComplaints(t, station, before);
    },
  },

  "forwarded": {
    title: "what you pass on to the kernel is right, and one hop older",
    kind: "live",
    weight: 2,
    covers: ["1624", "IP-15", "IP-12"],
    look: ["decrementTtl", "updateChecksum", "createRoutes"],
    twin: "ttl/forwarded",
    why:
      "Pings from far away come to you for an address that the kernel has, and your route to it leads back to the kernel. It sums the header that you changed: a TTL without its checksum is dropped without a word, and " +
      "counted under InHdrErrors (RFC 1812 §5.3.1, RFC 1122 §3.2.1.2).",
    hints: [
      "Compare the packet that came to you with the one that left: which bytes may differ?",
      "Byte 8, the TTL, is one less; bytes 10 and 11 are the checksum that goes with it.",
      "Do ttl/one-less and ttl/carry-in-the-checksum pass?",
    ],
    run: async (t) => {
      const [us, kernel, inside] = ["10.66.1.2", "10.66.1.1", "10.67.1.1"] as const;
      const way = { to: "10.67.1.0/24", gateway: kernel };
      const station = await t.live({ forwarding: true, interfaces: [{ address: us }], routes: [way] });
      await station.kernel.addAddress({ device: station.device, address: kernel, prefixLength: 24, index: 1 });
      await station.kernel.addAddress({ device: station.device, address: inside, prefixLength: 32, index: 2 });
      const [bad, before] = [await complaints(station), (await station.kernel.snmp()).Icmp?.InEchos ?? 0];
      for (const life of [2, 255, t.random.int(3, 254)]) {
        const [source, id, data] = [show(anyHost(t.random)), t.random.int(1, 0xffff), t.random.bytes(t.random.int(20, 60))];
        const packet = ipv4({ source, destination: inside, identification: id, ttl: life }, icmpEcho({ id }, data));
        const bytes = ethernet({ destination: station.mac, source: station.kernelMac }, packet);
        await station.kernel.sendFrame({ device: station.device, bytes });
        await station.settle();
        const frame = {
          ethernet: { destination: station.kernelMac },
          ipv4: { source, destination: inside, timeToLive: life - 1, identification: id },
          icmp: { type: 8, identifier: id },
          data,
        };
        station.expectSeen("from stack", frame, `a ping from ${source} with TTL ${life} is passed on, with one hop less`);
      }
      t.equal(((await station.kernel.snmp()).Icmp?.InEchos ?? 0) - before, 3, "echo requests that the kernel has taken (InEchos)");
      await expectNoComplaints(t, station, bad);
    },
  },
};

/** Scenarios on the virtual wire: the cache and the claim inside a host, with frames going in and out. */
import { formatIpv4Address, type Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import { formatMac } from "../../../stack/wire/mac_address.ts";
import { arp, type ArpFields, ethernet } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { UNASKED_ANSWER } from "./cache_bench.ts";
import { neighbours, replyFrom, requestFrom } from "./samples.ts";
import { aPayload, aProbe, aReply, aRequest, arpFrame, ETHERTYPE_ARP, hostOf, payloads } from "./wire_samples.ts";

/** Packets that must be refused, by the name of the counter that must rise. */
export const BAD_PACKETS: readonly (readonly [reason: string, fields: ArpFields])[] = [
  ["bad hardware type", { hardwareType: 6 }],
  ["bad protocol type", { protocolType: 0x86dd }],
  ["bad address length", { hardwareLength: 8 }],
  ["bad address length", { protocolLength: 16 }],
  ["bad operation", { operation: 3 }],
  ["group sender", { senderMac: "01:00:5e:00:00:01" }],
];

export const host: Readonly<Record<string, CheckSpec>> = {
  "answer": {
    title: "the host answers whoever asks for its address",
    kind: "scenario",
    weight: 2,
    covers: ["826-5"],
    look: ["createArpCache.receive", "parseArp", "writeArp"],
    why: "This is the first thing anybody who wants to talk to you does. Request in, reply out: everything of the codec and a " +
      'little of the cache is in it (RFC 826 "Packet Reception").',
    hints: [
      "Does nothing come, or the wrong thing? If nothing: which counter of your stack rose?",
      "parseArp reads the request, the cache's `receive` decides, `writeArp` writes the reply. Get the codec's checks right first.",
      "The reply goes back in a frame for the sender's MAC address.",
    ],
    run: async (t) => {
      const [own, ...others] = neighbours(t.random);
      const station = await t.host(hostOf(own));
      for (const other of others.slice(0, 3)) {
        await station.send(arpFrame(requestFrom(other, own.ip)));
        await station.expect(aReply(own, other), "a reply to the one who asked, in a frame for him alone");
      }
      await station.send(arpFrame(requestFrom(others[0] ?? own, (own.ip ^ 1) >>> 0 as Ipv4Address)));
      await t.about(UNASKED_ANSWER, () => station.expectSilence(1000, "no reply to a request for somebody else"));
    },
  },

  "resolve": {
    title: "the host finds a neighbour, and sends him what waited",
    kind: "scenario",
    weight: 2,
    covers: ["ARP-4", "ARP-5"],
    look: ["createArpCache.resolve", "createArpCache.receive", "writeArp", "parseArp"],
    why: "A packet knows its next hop by IPv4 address; Ethernet wants a MAC address. Between the two lies one question and one " +
      'answer (RFC 826 "Packet Generation").',
    hints: [
      "At which step does it end: no question, a wrong question, or no packet after the answer?",
      "The question goes to ff:ff:ff:ff:ff:ff, the packet afterwards to the address in the answer.",
      "`resolve` makes the entry, queues the frame and sends the request; `receive` notes the MAC address and transmits.",
    ],
    run: async (t) => {
      const [own, a] = neighbours(t.random);
      const station = await t.host(hostOf(own));
      const [first, second] = payloads(t.random, 2) as [Uint8Array, Uint8Array];
      await station.outputLink(formatIpv4Address(a.ip), first);
      await station.expect(aRequest(own, a.ip), "a broadcast request for the neighbour's address");
      await station.expectSilence(500, "nothing more before the answer: the packet waits");
      await station.send(arpFrame(replyFrom(a, own), own.mac));
      await station.expect(aPayload(own, a.mac, first), "the packet that waited, in a frame for the neighbour");
      await t.about(UNASKED_ANSWER, () => station.expectSilence(0, "no answer to the answer"));
      await station.outputLink(formatIpv4Address(a.ip), second);
      await station.expect(aPayload(own, a.mac, second), "the next packet at once, without a question");
    },
  },

  "nobody": {
    title: "a silent address: a few requests, then the packets go",
    kind: "scenario",
    covers: ["ARP-2"],
    look: ["createArpCache.poll", "createArpCache.nextDeadline"],
    why: "Nobody has the address: `maxRequests` questions, at least a second apart (RFC 1122 §2.3.2.1), then the truth. The drop is " +
      "counted, so that whoever looks for a lost packet finds it.",
    hints: [
      "How many requests come, and when?",
      "The host polls at `nextDeadline`. The first request comes from `resolve`, all others from `poll`.",
      'After the last request and one more interval: `drop` each waiting frame with "no arp answer".',
    ],
    run: async (t) => {
      const maxRequests = t.random.int(2, 5);
      const [own, a] = neighbours(t.random);
      t.step(`this host has maxRequests ${maxRequests} and retryInterval 1000 ms`);
      const station = await t.host(hostOf(own, {}, { maxRequests }));
      for (const payload of payloads(t.random, 2)) await station.outputLink(formatIpv4Address(a.ip), payload);
      await station.expect(aRequest(own, a.ip), `request 1 of ${maxRequests}, at once`);
      for (let i = 2; i <= maxRequests; i++) {
        await station.expectSilence(999, `no request within a second of request ${i - 1}`);
        await station.expect(aRequest(own, a.ip), `request ${i} of ${maxRequests}, a second after the one before`, 500);
      }
      await station.expectSilence(30_000, `no more than ${maxRequests} requests, as this host's maxRequests says`);
      t.equal(await station.arpTable(), [], "the ARP table afterwards");
      await t.counter(station, "arp: no arp answer", 2);
    },
  },

  "queue": {
    title: "of many packets that wait the newest survive, in order",
    kind: "scenario",
    covers: ["ARP-4"],
    look: ["createArpCache.resolve"],
    why: "A stranger who makes you send to an address where nobody is must not fill your memory; and of the packets that do fit, " +
      "the newest are still wanted (RFC 1122 §2.3.2.2).",
    hints: [
      "Which packets leave with the answer?",
      "The last `queueLimit` ones, oldest first; every packet before them was dropped and counted when a newer one came.",
      'waiting.push(frame); if there are too many now, drop(waiting.shift(), "arp queue full").',
    ],
    run: async (t) => {
      const queueLimit = t.random.int(2, 6);
      const [own, a] = neighbours(t.random);
      t.step(`this host has queueLimit ${queueLimit}`);
      const station = await t.host(hostOf(own, {}, { queueLimit }));
      const sent = payloads(t.random, queueLimit + 3);
      for (const payload of sent) await station.outputLink(formatIpv4Address(a.ip), payload);
      await station.expect(aRequest(own, a.ip), "one request for all of them");
      await station.send(arpFrame(replyFrom(a, own), own.mac));
      for (const [i, payload] of sent.slice(3).entries()) {
        await station.expect(aPayload(own, a.mac, payload), `packet ${i + 4} of ${sent.length}, the queue holds ${queueLimit}`);
      }
      await station.expectSilence(0, "no packet twice, and none of the first three");
      await t.counter(station, "arp: arp queue full", 3);
    },
  },

  "learn": {
    title: "the host need not ask for one who asked it",
    kind: "scenario",
    covers: ["826-4"],
    look: ["createArpCache.receive"],
    why: "A request brings its sender's addresses along, and he will be sent to next: RFC 826 adds him to the table of the station " +
      "he asks for, and of no other: that one must ask before it sends to him.",
    hints: [
      "What does your table hold after the request?",
      "The sender of a request for us becomes an entry, reachable at once.",
      "Add it before the reply is sent, with packet.senderMac as its address.",
    ],
    run: async (t) => {
      const [own, a, b] = neighbours(t.random);
      const station = await t.host(hostOf(own));
      await station.send(arpFrame(requestFrom(a, own.ip)));
      await station.expect(aReply(own, a), "the reply");
      const [payload, other] = payloads(t.random, 2) as [Uint8Array, Uint8Array];
      await station.outputLink(formatIpv4Address(a.ip), payload);
      await station.expect(aPayload(own, a.mac, payload), "a packet for the one who asked, without a question");
      await station.send(arpFrame(requestFrom(b, a.ip)));
      await station.outputLink(formatIpv4Address(b.ip), other);
      await station.expect(aRequest(own, b.ip), "a question for one who asked somebody else: he is not in the table");
    },
  },

  "moved": {
    title: "a known neighbour's announcement moves his packets",
    kind: "scenario",
    covers: ["826-2"],
    look: ["createArpCache.receive"],
    why: "A server fails, another takes over its address and says so with a gratuitous ARP. Whoever talks to it must follow at " +
      "once, not when his entry grows old (RFC 826: update before anything else).",
    hints: [
      "Where does the packet after the announcement go?",
      "The announcement is a request for an address that is not yours. It updates the sender's entry all the same.",
      "Merge first; ask whether the packet is for us afterwards.",
    ],
    run: async (t) => {
      const [own, a, b] = neighbours(t.random);
      const station = await t.host(hostOf(own));
      await station.send(arpFrame(requestFrom(a, own.ip)));
      await station.expect(aReply(own, a), "the reply");
      const successor = { mac: b.mac, ip: a.ip };
      await station.send(arpFrame(requestFrom(successor, a.ip)), "another station announces the address");
      await station.expectSilence(0, "no answer to an announcement");
      const [payload] = payloads(t.random, 1) as [Uint8Array];
      await station.outputLink(formatIpv4Address(a.ip), payload);
      await station.expect(aPayload(own, b.mac, payload), "the packet in a frame for the new station");
    },
  },

  "bad-packets": {
    title: "bad packets are dropped, each counted under its name",
    kind: "scenario",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "What cannot be understood is neither answered nor learned from. A counter for each reason is what an administrator finds " +
      'when "nothing arrives".',
    hints: [
      "Which reject does parseArp return for the packet in the last step?",
      "The names are those of ArpReject, letter by letter: they become the counters' names.",
      "Check the rejects one after the other with `--only codec`.",
    ],
    run: async (t) => {
      const [own, a] = neighbours(t.random);
      const station = await t.host(hostOf(own));
      const good = { ...requestFrom(a, own.ip) };
      const expected: Record<string, number> = {};
      for (const [reason, fields] of t.random.shuffle(BAD_PACKETS)) {
        const packet = arp({ ...good, ...fields });
        await station.send(ethernet({ destination: own.mac, source: a.mac, etherType: ETHERTYPE_ARP }, packet), reason);
        await station.expectSilence(0, `no answer to a packet with ${reason}`);
        expected[`arp: ${reason}`] = (expected[`arp: ${reason}`] ?? 0) + 1;
      }
      t.fields(await station.counters(), expected, "the counters");
      t.equal(await station.arpTable(), [], "the ARP table");
      const why =
        "All that was bad is dropped and counted. But this request is as it should be, and must be answered: a stack that drops everything is safe and " +
        "deaf. The group codec says which field is read wrongly.";
      await t.about({ why, look: ["parseArp", "createArpCache.receive", "writeArp"] }, async () => {
        await station.send(arpFrame(good));
        await station.expect(aReply(own, a), "a reply to a good packet");
      });
    },
  },

  "claim": {
    title: "a host probes its address three times, announces it twice",
    kind: "scenario",
    weight: 2,
    covers: ["5227-1", "5227-2"],
    look: ["createAddressClaim.poll", "createAddressClaim.start", "createAddressClaim.nextDeadline", "writeArp"],
    why: "The whole of RFC 5227 §2.1.1 and §2.3 on the wire: three probes without a sender, two announcements with one; and " +
      "whoever asks in between gets no answer yet, for the address is not ours.",
    hints: [
      "Which packet is missing, or has the wrong sender?",
      'The host polls the claim at its nextDeadline, and looks at its state: the address is used from "announcing" on.',
      "Get the group `claim` right first: it looks at one step at a time.",
    ],
    run: async (t) => {
      const [own, a] = neighbours(t.random);
      const station = await t.host({ ...hostOf(own, { claim: "probe" }), seed: t.random.int(1, 1000) });
      await station.expect(aProbe(own), "a probe within a second", 1000);
      for (const which of ["second", "third"]) {
        await station.expectSilence(999, "a pause of at least a second");
        await station.expect(aProbe(own), `the ${which} probe, up to two seconds after the one before`, 1002);
      }
      await station.send(arpFrame(requestFrom(a, own.ip)), "somebody asks for the address that is being probed");
      await station.expectSilence(1998, "nothing for two seconds: time for the owner to answer");
      const announcement = aRequest(own, own.ip);
      await station.expect(announcement, "the first announcement, two seconds after the last probe", 100);
      await station.send(arpFrame(requestFrom(a, own.ip)));
      await station.expect(aReply(own, a), "a reply: the address is ours now");
      await station.expectSilence(1998, "two seconds between the announcements");
      await station.expect(announcement, "the second announcement", 100);
      const claimed = (await station.events()).filter(({ kind }) => kind === "address claimed").map(({ from }) => from);
      t.equal(claimed, [formatIpv4Address(own.ip)], 'events of the kind "address claimed"');
      await station.expectSilence(60_000, "nothing more");
    },
  },

  "defend": {
    title: "a host defends its address once, then it yields",
    kind: "scenario",
    covers: ["5227-3"],
    look: ["createAddressClaim.receive"],
    why: "One announcement corrects the tables that the intruder has spoiled; insisting on it against somebody who insists too " +
      "would be a war of broadcasts (RFC 5227 §2.4).",
    hints: [
      "What does the host send when somebody else's packet has our address as its sender?",
      "One announcement; and when it happens again within ten seconds, the state becomes `conflict`.",
      "The time of the last defence is all that has to be remembered.",
    ],
    run: async (t) => {
      const [own, other] = neighbours(t.random);
      const rival = { mac: other.mac, ip: own.ip };
      const station = await t.host(hostOf(own, { claim: "announce" }));
      const announcement = aRequest(own, own.ip);
      await station.expect(announcement, "the first announcement");
      await station.expect(announcement, "the second announcement", 2100);
      await station.wait(t.random.int(0, 30_000));
      await station.send(arpFrame(requestFrom(rival, other.ip)), "somebody uses our address");
      await station.expect(announcement, "one announcement in defence");
      t.equal((await station.events()).filter(({ kind }) => kind === "address conflict"), [], "conflicts that the host reports so far");
      await station.wait(t.random.int(1, 9990));
      await station.send(arpFrame(requestFrom(rival, other.ip)), `${formatMac(rival.mac)} insists`);
      await station.expectSilence(30_000, "no second defence within ten seconds");
      const conflicts = (await station.events()).filter(({ kind }) => kind === "address conflict").map(({ from }) => from);
      t.equal(conflicts, [formatIpv4Address(own.ip)], 'events of the kind "address conflict"');
    },
  },
};

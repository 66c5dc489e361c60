/** Checks of createArpCache, seen from the wire: what is learned from a packet, and what is answered. */
import type { ArpPacket } from "../../../stack/contract/arp.ts";
import { type Ipv4Address, UNSPECIFIED } from "../../../stack/wire/ipv4_address.ts";
import { ZERO_MAC } from "../../../stack/wire/mac_address.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { cacheBench, NOTHING } from "./cache_bench.ts";
import { answering, asking, ipText, macText, replyFrom, requestFrom } from "./samples.ts";

export const receive: Readonly<Record<string, CheckSpec>> = {
  "answer": {
    title: "a request for our address is answered to the one who asked",
    kind: "table",
    weight: 2,
    covers: ["826-5"],
    look: ["createArpCache.receive"],
    why: 'Without this answer nobody can send you anything. RFC 826 "Packet Reception": swap sender and target, fill in your own ' +
      "addresses, set the operation to reply, and send it to the (new) target hardware address: by unicast, nobody else needs it.",
    hints: [
      "Which fields of your reply differ from the expected line?",
      "Sender: us. Target: both addresses of the one who asked. The frame goes to his MAC address, not to everybody.",
      "actions.send({ operation: 2, senderMac: ownMac, senderIp: ownIp, targetMac: packet.senderMac, targetIp: packet.senderIp }, " +
      "packet.senderMac).",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others } = bench;
      for (const [i, other] of others.slice(0, 4).entries()) {
        // Whatever stands in the target's MAC address of a request, it is no part of the question.
        const request = { ...requestFrom(other, own.ip), targetMac: t.random.pick([ZERO_MAC, own.mac, others[5].mac]) };
        await bench.receive(request, i);
        await bench.expect(`a request from ${ipText(other.ip)}`, { ...NOTHING, sent: [answering(own, other)] });
      }
      await bench.receive(requestFrom(others[0], own.ip), 10);
      await bench.expect("the same request, come again", { ...NOTHING, sent: [answering(own, others[0])] });
    },
  },

  "only-requests": {
    title: "replies, and requests for others, are not answered",
    kind: "table",
    covers: ["826-3", "826-5"],
    look: ["createArpCache.receive"],
    why: "Only the station that is asked answers: two answers for one address are a conflict. And a reply that is answered with a " +
      "reply never ends.",
    hints: [
      "Which packets get an answer? There are two conditions.",
      "The target is `ownIp`, *and* the operation is request.",
      "Behind the merge: if (packet.targetIp !== ownIp) return; and at the end: if (packet.operation === 1) send the reply.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a, b, c] } = bench;
      await bench.receive(requestFrom(a, own.ip), 0);
      await bench.expect("a request for us", { ...NOTHING, sent: [answering(own, a)] });
      const silent: readonly (readonly [what: string, packet: ArpPacket])[] = [
        ["a reply to us, of a neighbour whom we know", replyFrom(a, own)],
        ["a reply to us, of one whom we don't know", replyFrom(b, own)],
        ["a known neighbour's request for somebody else", requestFrom(a, c.ip)],
        ["a stranger's request for somebody else", requestFrom(b, c.ip)],
        ["a stranger's request for a known neighbour", requestFrom(b, a.ip)],
        ["a request for an address that differs from ours in its last bit", requestFrom(a, (own.ip ^ 1) >>> 0 as Ipv4Address)],
        ["a reply to somebody else", replyFrom(a, c)],
      ];
      for (const [what, packet] of silent) {
        await bench.receive(packet, 1);
        await bench.expect(what, NOTHING);
      }
    },
  },

  "learn": {
    title: "who asks for us is learned",
    kind: "table",
    weight: 2,
    covers: ["826-4"],
    look: ["createArpCache.receive"],
    why: "Whoever asks for you is about to send you something, and you will want to answer: his addresses are in the request " +
      "already. RFC 826 adds them to the table, and saves the question that would come next.",
    hints: [
      "What does the table hold after a request for your address?",
      "An entry for the sender, reachable from now on.",
      "If the sender was not in the table (merge is false), the target is ours and the packet is a request: add it.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a] } = bench;
      await bench.receive(requestFrom(a, own.ip), 5000);
      bench.take();
      await bench.expectEntries(5000, [`${ipText(a.ip)} ${macText(a.mac)} reachable`], "the entries after a request for us");
      await bench.resolve(a.ip, 5001);
      await bench.expect("a packet for the one who asked", { ...NOTHING, transmitted: [`packet 1 to ${macText(a.mac)}`] });
    },
  },

  "not-for-us": {
    title: "a request for somebody else makes no entry",
    kind: "table",
    covers: ["826-3"],
    look: ["createArpCache.receive"],
    why: "Every station hears every broadcast request. If each made an entry of them, every table would hold the whole link, and " +
      "push out the few entries that it needs. RFC 826: am I the target? If not, stop.",
    hints: [
      "At which point does your code ask whether the packet is meant for us?",
      "After the update of an entry that exists, before a new one is made.",
      "if (packet.targetIp !== options.ownIp) return; stands between the two.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a, b, c] } = bench;
      for (const packet of [requestFrom(a, b.ip), requestFrom(b, b.ip), replyFrom(b, a), requestFrom(c, 0xffff_ffff as Ipv4Address)]) {
        await bench.receive(packet, 0);
      }
      await bench.expectEntries(0, [], "the entries after four packets for others");
      await bench.receive(requestFrom(c, own.ip), 0);
      await bench.expectEntries(0, [`${ipText(c.ip)} ${macText(c.mac)} reachable`], "the entries after one for us");
    },
  },

  "update": {
    title: "a known sender is updated by every packet of his",
    kind: "table",
    weight: 2,
    covers: ["826-2", "826-6"],
    look: ["createArpCache.receive"],
    why: "RFC 826 updates the entry of a sender who is in the table *before* it looks at the target and at the operation. So a " +
      "station that changed its address is known again with the first packet it sends to anybody.",
    hints: [
      "Which of the packets below are not even for us? They count too.",
      "The very first step: is `senderIp` in the table? Then note the new MAC address and the time.",
      "No look at `operation` and `targetIp` comes before that.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { reachableTime: 60_000 });
      const { own, others: [a, b, c, ...more] } = bench;
      const packets = (from: typeof a): ArpPacket[] => [
        requestFrom(from, own.ip),
        replyFrom(from, own),
        requestFrom(from, b.ip),
        requestFrom(from, from.ip),
        replyFrom(from, c),
        { ...replyFrom(from, from), targetMac: from.mac },
      ];
      await bench.receive(requestFrom(a, own.ip), 0);
      for (let i = 0; i < 6; i++) {
        const now = 1000 + i * 50_000;
        const { mac } = more[i] ?? a;
        await bench.receive(packets({ ip: a.ip, mac })[i] as ArpPacket, now);
        await bench.expectEntries(now + 49_000, [`${ipText(a.ip)} ${macText(mac)} reachable`], `the entries 49 s after packet ${i + 2}`);
      }
    },
  },

  "unasked-reply": {
    title: "a reply that nobody asked for makes no entry",
    kind: "table",
    weight: 2,
    covers: ["826-4"],
    look: ["createArpCache.receive"],
    why: 'ARP believes everybody, so anyone on the link can claim any address ("cache poisoning"). A table that takes up only ' +
      "what it asked for, or who talks to us, leaves him at least nothing to prepare: a reply for no question is thrown away.",
    hints: [
      "Your cache took a reply for an address that was never asked for. Where?",
      "Only a *request* for us makes a new entry. A reply can do no more than update one that exists, complete or not.",
      "The condition for adding: not merged, target is ours, and operation === 1.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a, b] } = bench;
      await bench.receive(replyFrom(a, own), 0);
      await bench.receive({ ...replyFrom(b, own), targetMac: ZERO_MAC, targetIp: b.ip }, 0);
      await bench.expectEntries(0, [], "the entries after two replies that nobody asked for");
      await bench.resolve(a.ip, 1);
      await bench.expect("a packet for that station", { ...NOTHING, sent: [asking(own, a.ip)] });
      await bench.receive(replyFrom(a, own), 2);
      await bench.expectEntries(2, [`${ipText(a.ip)} ${macText(a.mac)} reachable`], "the entries when the reply comes as an answer");
    },
  },

  "gratuitous": {
    title: "an announcement updates an entry, and makes none",
    kind: "table",
    covers: ["826-2", "826-3"],
    look: ["createArpCache.receive"],
    why: 'A station that comes up or moves says so to everybody: a "gratuitous" request in which sender and target are both its ' +
      "own address (RFC 5227 §3). Who knows it takes the new MAC address; who doesn't has no use for it. No special case is needed: " +
      "RFC 826's order does it.",
    hints: [
      "An announcement's target is not your address. What do the steps make of that?",
      "Step 1 updates a known sender; step 2 stops.",
      "If you wrote code for announcements, take it out again.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a, b, c] } = bench;
      await bench.receive(requestFrom(a, own.ip), 0);
      bench.take();
      for (const operation of [1, 2]) {
        const mac = operation === 1 ? b.mac : c.mac;
        await bench.receive({ ...requestFrom({ ip: a.ip, mac }, a.ip), operation }, 1000);
        await bench.receive({ ...requestFrom(b, b.ip), operation }, 1000);
        await bench.expectEntries(
          1000,
          [`${ipText(a.ip)} ${macText(mac)} reachable`],
          "the entries after announcements of a known and of an unknown station",
        );
        await bench.expect("hearing them", NOTHING);
      }
    },
  },

  "own-sender": {
    title: "our own address is never taken for a neighbour's",
    kind: "table",
    covers: ["826-4"],
    look: ["createArpCache.receive"],
    why: "Somebody else's packet that has our address as its sender is a conflict, for the claim to deal with (RFC 5227 §2.4), and no " +
      "neighbour: an entry for it would send what is for ourselves to him.",
    hints: [
      "What does your table say about your own address?",
      "`ownIp` as a sender is like 0.0.0.0: it never makes an entry and never changes one.",
      "One condition in front of steps 1 and 3: the sender is neither 0.0.0.0 nor `ownIp`.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a, b] } = bench;
      const rival = { mac: a.mac, ip: own.ip };
      for (const packet of [requestFrom(rival, own.ip), requestFrom(rival, b.ip), replyFrom(rival, own), requestFrom(rival, own.ip)]) {
        await bench.receive(packet, 0);
        await bench.expectEntries(0, [], `the entries after a packet whose sender says that it has our ${ipText(own.ip)}`);
      }
      await bench.receive(requestFrom(a, own.ip), 1);
      await bench.expectEntries(1, [`${ipText(a.ip)} ${macText(a.mac)} reachable`], "the entries after a request with a sender of its own");
    },
  },

  "probe": {
    title: "a probe is answered, and 0.0.0.0 is never learned",
    kind: "table",
    covers: ["5227-5", "826-5"],
    look: ["createArpCache.receive"],
    why: "A station that wants our address asks first, with sender 0.0.0.0 (RFC 5227 §2.1.1). Unless it gets an answer, it takes " +
      "the address, and two have it. But 0.0.0.0 is nobody's address: an entry for it would be nonsense.",
    hints: [
      "Does a request from 0.0.0.0 get a reply? Does it leave an entry?",
      "Reply as always: target 0.0.0.0 with the prober's MAC address, in a frame to him. Leave out only the learning.",
      "if (packet.senderIp !== UNSPECIFIED) guards steps 1 and 3; step 4 has no such guard.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others } = bench;
      for (const other of others.slice(0, 3)) {
        const prober = { mac: other.mac, ip: UNSPECIFIED };
        await bench.receive(requestFrom(prober, own.ip), 0);
        await bench.expect("a probe for our address", { ...NOTHING, sent: [answering(own, prober)] });
        await bench.receive(requestFrom(prober, others[5].ip), 0);
        await bench.expect("a probe for another address", NOTHING);
        await bench.receive(replyFrom(prober, own), 0);
        await bench.expect("a reply from 0.0.0.0: no probe, and no question", NOTHING);
        await bench.expectEntries(0, [], "the entries after packets from 0.0.0.0");
      }
    },
  },
};

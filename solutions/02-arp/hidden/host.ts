/** Hidden scenarios on the virtual wire. */
import { formatIpv4Address, UNSPECIFIED } from "../../../stack/wire/ipv4_address.ts";
import { formatMac } from "../../../stack/wire/mac_address.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { probeOf } from "../../../labs/02-arp/checks/claim_bench.ts";
import { neighbours, replyFrom, requestFrom } from "../../../labs/02-arp/checks/samples.ts";
import { aPayload, aProbe, aReply, aRequest, arpFrame, hostOf, payloads } from "../../../labs/02-arp/checks/wire_samples.ts";

export const host: Readonly<Record<string, CheckSpec>> = {
  "overheard": {
    title: "what others say to each other changes nothing",
    kind: "scenario",
    covers: ["826-3", "826-4"],
    look: ["createArpCache.receive"],
    why: "On a shared link you hear questions, answers and announcements of everybody. Only those that are for you, or about " +
      "somebody you know, are yours (RFC 826).",
    hints: [
      "What is in your table, though nobody asked for you?",
      "Neither a request for another, nor a reply that you did not wait for, makes an entry.",
      "Merge, then `targetIp`, then add, and that only for a request.",
    ],
    run: async (t) => {
      const [own, a, b, c] = neighbours(t.random);
      const station = await t.host(hostOf(own));
      const talk = [requestFrom(a, b.ip), requestFrom(b, b.ip), replyFrom(c, own), replyFrom(b, own), probeOf(c)];
      for (const packet of t.random.shuffle(talk)) await station.send(arpFrame(packet));
      await station.expectSilence(5000, "no answer to what is not asked of us");
      t.equal(await station.arpTable(), [], "the ARP table");
      await station.send(arpFrame(requestFrom(c, own.ip)));
      await station.expect(aReply(own, c), "a reply to who asks for us");
    },
  },

  "many": {
    title: "several neighbours at once, answers in another order",
    kind: "scenario",
    covers: ["ARP-4", "826-6"],
    look: ["createArpCache.resolve", "createArpCache.receive"],
    why: "Each neighbour answers when it can. What waits for one must leave with its answer, to its address, and with nobody else's.",
    hints: [
      "Which packet went to the wrong station?",
      "The queue and the MAC address belong to one entry.",
      "See resolve/separate.",
    ],
    run: async (t) => {
      const [own, ...others] = neighbours(t.random);
      const station = await t.host(hostOf(own));
      const sent = payloads(t.random, 6);
      const peers = others.slice(0, 6);
      for (const [i, payload] of sent.entries()) {
        const peer = peers[i] ?? own;
        await station.outputLink(formatIpv4Address(peer.ip), payload);
        await station.expect(aRequest(own, peer.ip), "a request for each neighbour");
      }
      for (const i of t.random.shuffle([0, 1, 2, 3, 4, 5])) {
        const peer = peers[i] ?? own;
        await station.send(arpFrame(replyFrom(peer, own), own.mac));
        await station.expect(aPayload(own, peer.mac, sent[i] ?? new Uint8Array()), "the packet for the neighbour who answered");
      }
      await station.expectSilence(10_000, "nothing more");
    },
  },

  "taken": {
    title: "a host whose address is taken says so, and stays silent",
    kind: "scenario",
    covers: ["5227-1"],
    look: ["createAddressClaim.receive"],
    why: "The owner answers the second probe. From then on the address must not be used at all, not even to answer those who ask " +
      "for it (RFC 5227 §2.1.1).",
    hints: [
      "Does your claim send anything after the owner's answer?",
      "state = conflict, due = Infinity.",
      "Both in the same place, or the next probe still leaves.",
    ],
    run: async (t) => {
      const [own, other, third] = neighbours(t.random);
      const owner = { mac: other.mac, ip: own.ip };
      const station = await t.host({ ...hostOf(own, { claim: "probe" }), seed: t.random.int(1, 1000) });
      await station.expect(aProbe(own), "the first probe", 1000);
      await station.expect(aProbe(own), "the second probe", 2001);
      await station.send(arpFrame(replyFrom(owner, { mac: own.mac, ip: UNSPECIFIED }), own.mac), "the owner answers");
      await station.expectSilence(10_000, "no further probe, and no announcement");
      await station.send(arpFrame(requestFrom(third, own.ip)), "somebody asks for the address");
      await station.expectSilence(10_000, "no answer: the address is the owner's");
      const conflicts = (await station.events()).filter(({ kind }) => kind === "address conflict").map(({ from }) => from);
      t.equal(conflicts, [formatIpv4Address(own.ip)], 'events of the kind "address conflict"');
    },
  },

  "probed": {
    title: "a host that owns its address answers those who probe for it",
    kind: "scenario",
    covers: ["5227-5"],
    look: ["createArpCache.receive"],
    why: "The probe is the question whether anyone has the address. Who has it and does not answer loses it (RFC 5227 §2.1.1, and " +
      "§2.5: keep answering as always).",
    hints: [
      "Does the sender's address 0.0.0.0 keep your reply back?",
      "It is a request for our address like any other, only that nothing is learned from it.",
      "See receive/probe.",
    ],
    run: async (t) => {
      const [own, a, b] = neighbours(t.random);
      const station = await t.host(hostOf(own, { claim: "announce" }));
      await station.wait(5000);
      station.take();
      for (const prober of [a, b]) {
        await station.send(arpFrame(probeOf({ mac: prober.mac, ip: own.ip })), `${formatMac(prober.mac)} wants our address`);
        await station.expect(aReply(own, { mac: prober.mac, ip: UNSPECIFIED }), "a reply to the prober: the address is taken");
      }
      await station.expectSilence(10_000, "no announcement: a probe is no conflict");
      t.equal(await station.arpTable(), [], "the ARP table: a probe names no sender");
    },
  },
};

/** Hidden live checks: the kernel with several addresses, with a new one, with ours; and a program that probes. */
import { UNSPECIFIED } from "../../../stack/wire/ipv4_address.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { probeOf } from "../../../labs/02-arp/checks/claim_bench.ts";
import {
  ANNOUNCING,
  anotherMac,
  ARP_ONLY,
  countSeen,
  expectDelivered,
  expectEntry,
  expectKernelKnows,
  kernelEnd,
  kernelSendsTo,
  ownEnd,
  strangerOn,
} from "../../../labs/02-arp/checks/live_bench.ts";
import { aReply, aRequest, arpFrame, ETHERTYPE_ARP, payloads } from "../../../labs/02-arp/checks/wire_samples.ts";

export const live: Readonly<Record<string, CheckSpec>> = {
  "asks-again": {
    title: "the kernel loses your entry, asks again, and finds you again",
    kind: "live",
    twin: "host/answer",
    covers: ["826-5"],
    look: ["createArpCache.receive"],
    why: "The second request of a neighbour whom you know already must be answered like the first: RFC 826's merge comes before " +
      "the reply, not instead of it.",
    hints: [
      "What does your code do with a request of a *known* sender?",
      "It updates the entry, and goes on to the reply.",
      "No return behind the merge.",
    ],
    run: async (t: Trial) => {
      const station = await t.live(ARP_ONLY);
      const { device, kernel, address } = station;
      for (const time of ["first", "second", "third"]) {
        kernelSendsTo(station, address);
        await expectKernelKnows(t, station, true, `after its ${time} question`);
        await kernel.arpDelete({ device, address });
        await expectKernelKnows(t, station, false, "after it was deleted");
      }
      const replies = countSeen(station, "from stack", aReply(ownEnd(station), kernelEnd(station)));
      t.ok(replies >= 3, "at least three replies", `${replies}`);
    },
  },

  "many-addresses": {
    title: "the kernel has several addresses, and you find each of them",
    kind: "live",
    twin: "host/many",
    covers: ["ARP-4", "826-6"],
    look: ["createArpCache.resolve", "createArpCache.receive"],
    why: "A station may have many IPv4 addresses at one MAC address. Each is an entry of its own; the kernel answers for all of them.",
    hints: [
      "Which of the payloads did not arrive?",
      "The key of the table is the IPv4 address.",
      "An answer for one address says nothing of the others.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      const { device, kernel } = station;
      const addresses = [0, 1, 2].map((index) => strangerOn(station, 100 + index * 50 + t.random.int(0, 40)));
      for (const [i, address] of addresses.entries()) await kernel.addAddress({ device, address, prefixLength: 24, index: i + 1 });
      for (const address of [...addresses, station.kernelAddress]) {
        await expectDelivered(t, station, address, payloads(t.random, 2));
        await expectEntry(t, station, address, station.kernelMac, "after its reply");
      }
      t.equal(countSeen(station, "from stack", { arp: { operation: 1 } }), 4, "requests for four addresses");
    },
  },

  "unknown-address": {
    title: "the kernel announces an address that you never used",
    kind: "live",
    twin: "host/overheard",
    covers: ["826-3"],
    look: ["createArpCache.receive"],
    why:
      "Announcements are for those who know the sender already. Here the kernel announces two addresses, of which you know one (RFC 826).",
    hints: [
      "Which entries do you have after the announcements?",
      "The known one is updated, the other not added: its target is not you.",
      "See receive/gratuitous.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      const { device, kernel, kernelAddress } = station;
      await expectDelivered(t, station, kernelAddress, payloads(t.random, 1));
      const unknown = strangerOn(station, t.random.int(100, 250));
      await kernel.addAddress({ device, address: unknown, prefixLength: 24 });
      await kernel.sysctl({ name: `net.ipv4.conf.${device}.arp_notify`, value: 1 });
      const mac = anotherMac(t);
      await kernel.setMac({ device, mac });
      await station.settle();
      station.expectSeen(
        "from kernel",
        { arp: { senderMac: mac, senderIp: unknown, targetIp: unknown } },
        "the announcement of the address that you do not know",
      );
      await expectEntry(t, station, unknown, undefined, "after its announcement");
      await expectEntry(t, station, kernelAddress, mac, "after its announcement");
    },
  },

  "arping": {
    title: "a program that probes for your address hears of you",
    kind: "live",
    twin: "host/probed",
    covers: ["5227-5"],
    look: ["createArpCache.receive", "writeArp"],
    why: "`arping -D` is how administrators look for duplicates: a probe from a packet socket. The reply goes to the prober's MAC " +
      "address and to 0.0.0.0 (RFC 5227 §2.1.1).",
    hints: [
      "Does the program get a reply? To which address?",
      "Target: the prober's MAC address and 0.0.0.0, as he put them.",
      "See receive/probe.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      const { device, kernel } = station;
      const own = ownEnd(station);
      const prober = { mac: kernelEnd(station).mac, ip: UNSPECIFIED };
      const [replies] = await Promise.all([
        kernel.receiveFrames({ device, etherType: ETHERTYPE_ARP }),
        kernel.sendFrame({ device, bytes: arpFrame(probeOf({ mac: prober.mac, ip: own.ip })) }),
      ]);
      t.equal(replies.length, 1, "ARP packets that the program received");
      station.expectSeen("from stack", aReply(own, prober), "a reply to the prober");
      t.equal(await station.arpTable(), [], "your ARP table");
    },
  },

  "same-address": {
    title: "the kernel is given your address: you defend it once",
    kind: "live",
    weight: 2,
    twin: "host/defend",
    covers: ["5227-3"],
    look: ["createAddressClaim.receive"],
    why: "The classic mistake of an administrator: one address, two machines. The kernel announces it as its own, and again when " +
      "it is contradicted; you defend it once, and then leave it (RFC 5227 §2.4 (b)).",
    hints: [
      "What do you send after the kernel's first announcement of your address, and after its second?",
      "One announcement after the first; nothing after the second, but the state `conflict`.",
      "See claim/give-up.",
    ],
    run: async (t) => {
      const station = await t.live(ANNOUNCING);
      const { device, kernel, address } = station;
      const own = ownEnd(station);
      await kernel.addAddress({ device, address, prefixLength: 24 });
      await kernel.sysctl({ name: `net.ipv4.conf.${device}.arp_notify`, value: 1 });
      await kernel.setMac({ device, mac: anotherMac(t) });
      await station.settle();
      station.expectSeen("from kernel", { arp: { senderIp: address, targetIp: address } }, "the kernel's announcement of your address");
      t.equal(countSeen(station, "from stack", aRequest(own, own.ip)), 2, "announcements of yours: one as you came up, one in defence");
      await kernel.setMac({ device, mac: anotherMac(t) });
      await station.settle();
      const conflicts = (await station.events()).filter(({ kind }) => kind === "address conflict").map(({ from }) => from);
      t.equal(conflicts, [address], 'events of the kind "address conflict" after the kernel announced it again');
      t.equal(countSeen(station, "from stack", aRequest(own, own.ip)), 2, "announcements of yours in all");
    },
  },
};

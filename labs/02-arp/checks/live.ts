/**
 * Live checks: the host across a TAP device, with the Linux kernel as its neighbour. The kernel's ARP is the one that nearly every
 * machine on the Internet runs; what it puts into its table is right, and what it doesn't answer is wrong.
 */
import { parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { arp, ethernet } from "../../../tools/harness/packets.ts";
import type { Topic } from "../../../tools/harness/failure.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { BAD_PACKETS } from "./host.ts";
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
} from "./live_bench.ts";
import { ONE_REQUEST } from "./resolve.ts";
import { requestFrom } from "./samples.ts";
import { aReply, aRequest, arpFrame, ETHERTYPE_ARP, payloads } from "./wire_samples.ts";

/** What is wrong when a reply is not for the one who asked. */
const TO_ONE: Topic = {
  why:
    "However a question came, its answer goes back to the one who asked, in a frame for him alone: nobody else needs it, and a broadcast is read by every station " +
    "of the link (RFC 826: send the packet to the new target hardware address).",
  look: ["createArpCache.receive"],
};

export const live: Readonly<Record<string, CheckSpec>> = {
  "kernel-finds-you": {
    title: "the kernel asks for you, and notes your MAC address",
    kind: "live",
    weight: 3,
    twin: "host/answer",
    covers: ["826-5"],
    look: ["createArpCache.receive", "writeArp", "parseArp"],
    why:
      "The kernel puts you into its table only when every byte of your reply is right. Nobody can send you a packet before that (RFC 826).",
    hints: [
      "Does host/answer pass? The kernel is one more station that asks.",
      "Look at the ladder: is there a request from the kernel, and a reply of yours, with which wrong field?",
      "The kernel takes the sender's addresses from your reply: yours. It ignores a reply whose target is not the kernel.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      kernelSendsTo(station, station.address);
      await expectKernelKnows(t, station, true, "after your reply");
      const matcher = aReply(ownEnd(station), kernelEnd(station));
      await t.about(TO_ONE, () => station.expectSeen("from stack", matcher, "a reply to the kernel alone"));
    },
  },

  "you-find-kernel": {
    title: "you ask for the kernel, and your packet reaches it",
    kind: "live",
    weight: 3,
    twin: "host/resolve",
    covers: ["ARP-5", "826-6"],
    look: ["createArpCache.resolve", "writeArp"],
    why: "The other direction: the kernel answers only a request that is right in every byte, and only one for an address it has " +
      '(RFC 826 "Packet Reception").',
    hints: [
      "Is there a reply from the kernel in the ladder? If not, your request is wrong.",
      "If there is: the reply's sender is the one you waited for, and the waiting frame goes to his MAC address.",
      "Get resolve/ask and resolve/wait right first.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      const [first, second] = payloads(t.random, 2) as [Uint8Array, Uint8Array];
      await expectDelivered(t, station, station.kernelAddress, [first]);
      await expectEntry(t, station, station.kernelAddress, station.kernelMac, "after its reply");
      await expectDelivered(t, station, station.kernelAddress, [second]);
      t.equal(countSeen(station, "from stack", { arp: { operation: 1 } }), 1, "requests for two packets, one after the other");
    },
  },

  "waiting": {
    title: "packets that waited for the kernel reach it in order",
    kind: "live",
    twin: "host/queue",
    covers: ["ARP-4"],
    look: ["createArpCache.receive", "createArpCache.resolve"],
    why: "Between your question and the kernel's answer lies less than a millisecond; a program can send a lot in that time. None " +
      "of it may be lost or change places, as long as the queue holds it (RFC 1122 §2.3.2.2).",
    hints: [
      "Which of the packets arrive?",
      "All that waited, oldest first, when the answer comes.",
      "One request is enough for all of them.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      await expectDelivered(t, station, station.kernelAddress, payloads(t.random, 4));
      const asked = countSeen(station, "from stack", { arp: { operation: 1 } });
      await t.about(ONE_REQUEST, () => t.equal(asked, 1, "requests for four packets"));
    },
  },

  "learn": {
    title: "you know the kernel once it has asked for you",
    kind: "live",
    twin: "host/learn",
    covers: ["826-4"],
    look: ["createArpCache.receive", "createArpCache.resolve"],
    why: "The kernel's request brings its own addresses along: you can answer what it will send next without a question of your " +
      "own (RFC 826).",
    hints: [
      "What does your table hold after the kernel's request?",
      "Whoever asks for us is added.",
      "See receive/learn.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      kernelSendsTo(station, station.address);
      const why =
        "The kernel asks for you before it sends anything, and notes only a reply that is right in every byte: its sender is you. This check is about what you " +
        "learn by the question. Mend live/kernel-finds-you first.";
      await t.about({ why, look: ["createArpCache.receive"] }, () => expectKernelKnows(t, station, true, "after your reply"));
      await expectEntry(t, station, station.kernelAddress, station.kernelMac, "after its request");
      await expectDelivered(t, station, station.kernelAddress, payloads(t.random, 1));
      t.equal(countSeen(station, "from stack", { arp: { operation: 1 } }), 0, "requests of yours");
    },
  },

  "kernel-checks": {
    title: "the kernel's unicast check of an old entry is answered",
    kind: "live",
    twin: "host/answer",
    covers: ["826-5", "ARP-1"],
    look: ["createArpCache.receive"],
    why: "The kernel, too, lets entries grow stale, and asks you again before it believes one longer: not by broadcast, but in a " +
      "frame for you alone (RFC 1122 §2.3.2.1 (2)). Without an answer it forgets you, in the middle of a connection.",
    hints: [
      "Is the request different from the first one? Only in the frame's destination.",
      "How a request came to you does not matter: ARP is not told.",
      "The reply is the same as always.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      const { device, kernel } = station;
      const settings = `net.ipv4.neigh.${device}`;
      // Entries grow stale after a few milliseconds, and are checked at their next use.
      await kernel.sysctl({ name: `${settings}.base_reachable_time_ms`, value: 10 });
      await kernel.sysctl({ name: `${settings}.delay_first_probe_time`, value: 0 });
      kernelSendsTo(station, station.address);
      await expectKernelKnows(t, station, true, "after your reply");
      const check = { ethernet: { destination: station.mac }, arp: { operation: 1, targetIp: station.address } };
      for (let tries = 0; tries < 20 && countSeen(station, "from kernel", check) === 0; tries++) {
        kernelSendsTo(station, station.address);
        await station.settle();
      }
      station.expectSeen("from kernel", check, "a request from the kernel in a frame for you alone");
      await station.settle();
      const replies = countSeen(station, "from stack", aReply(ownEnd(station), kernelEnd(station)));
      const got = `${replies} that are as they should be`;
      await t.about(TO_ONE, () => t.ok(replies >= 2, "two replies, each in a frame for the kernel alone: it has asked twice", got));
      await expectKernelKnows(t, station, true, "after its check");
    },
  },

  "nobody": {
    title: "one question for an address that nobody has",
    kind: "live",
    twin: "host/nobody",
    covers: ["ARP-2"],
    look: ["createArpCache.resolve", "createArpCache.poll"],
    why: "The kernel does not answer for addresses that are not its own. Within the first second there is exactly one request on " +
      "the wire, however often you try (RFC 1122 §2.3.2.1).",
    hints: [
      "How many requests are in the ladder?",
      "One, from the first packet. The next is due a second later, from poll.",
      "See retry/flood.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      const stranger = strangerOn(station, t.random.int(100, 200));
      for (const payload of payloads(t.random, 3)) {
        await station.outputLink(stranger, payload);
        await station.settle(10);
      }
      station.expectSeen("from stack", aRequest(ownEnd(station), parseIpv4Address(stranger)), "a request to everybody");
      t.equal(countSeen(station, "from stack", { arp: { operation: 1 } }), 1, "requests for three packets");
      t.equal(await station.arpTable(), [{ address: stranger, state: "incomplete", waiting: 3 }], "your ARP table");
    },
  },

  "moved": {
    title: "when the kernel changes its MAC address, you follow",
    kind: "live",
    weight: 2,
    twin: "host/moved",
    covers: ["826-2", "826-3"],
    look: ["createArpCache.receive"],
    why: "The kernel announces its new address by gratuitous ARP, to everybody. Whoever has an entry for it must change it at once " +
      "(RFC 826: the merge comes first), or talk to nobody.",
    hints: [
      "The announcement asks for the kernel's own address. Does your code get as far as the merge?",
      "First update who is known; only then ask whether the packet is for us.",
      "See receive/gratuitous.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      const { device, kernel, kernelAddress } = station;
      await expectDelivered(t, station, kernelAddress, payloads(t.random, 1));
      await kernel.sysctl({ name: `net.ipv4.conf.${device}.arp_notify`, value: 1 });
      for (const mac of [anotherMac(t), anotherMac(t)]) {
        await kernel.setMac({ device, mac });
        await station.settle();
        station.expectSeen(
          "from kernel",
          { arp: { senderMac: mac, senderIp: kernelAddress, targetIp: kernelAddress } },
          "the kernel's announcement",
        );
        await expectEntry(t, station, kernelAddress, mac, "after the announcement");
        await expectDelivered(t, station, kernelAddress, payloads(t.random, 2), mac);
      }
    },
  },

  "defend": {
    title: "your defence puts you back into the kernel's table",
    kind: "live",
    weight: 2,
    twin: "host/defend",
    covers: ["5227-3", "5227-2"],
    look: ["createAddressClaim.receive", "createAddressClaim.announce"],
    why: "An announcement serves those whose tables are wrong. Here the kernel has lost your entry, and is set to learn from " +
      "announcements: after yours it knows you, without having asked (RFC 5227 §2.4 (b)).",
    hints: [
      "Is there an announcement of yours in the ladder, after the intruder's packet?",
      "The kernel learns the sender's addresses; sender and target IP address must both be yours, or it is no announcement.",
      "See claim/defend.",
    ],
    run: async (t) => {
      const station = await t.live(ANNOUNCING);
      const { device, kernel } = station;
      const own = ownEnd(station);
      await station.settle();
      station.expectSeen("from stack", aRequest(own, own.ip), "the first announcement, as the host comes up");
      await kernel.arpDelete({ device, address: station.address });
      await kernel.sysctl({ name: `net.ipv4.conf.${device}.arp_accept`, value: 1 });
      const rival = { mac: kernelEnd(station).mac, ip: own.ip };
      t.step("a program on the kernel's side uses your address");
      await kernel.sendFrame({ device, bytes: arpFrame(requestFrom(rival, kernelEnd(station).ip)) });
      await expectKernelKnows(t, station, true, "after your announcement in defence");
      t.equal(countSeen(station, "from kernel", { arp: { operation: 1, senderIp: station.kernelAddress } }), 0, "requests of the kernel's");
    },
  },

  "bad-packets": {
    title: "bad packets from the kernel's side are counted",
    kind: "live",
    twin: "host/bad-packets",
    covers: ["826-1"],
    look: ["parseArp"],
    why: "A program with a packet socket can put anything on the wire. It may cost you a counter, never an answer to nonsense, and " +
      "never the next good packet.",
    hints: [
      "Which counter did not rise?",
      "Each bad packet is in the ladder with its fields. Which of them did parseArp not look at?",
      "See the group codec.",
    ],
    run: async (t) => {
      const station = await t.live(ARP_ONLY);
      const { device, kernel } = station;
      const good = requestFrom(kernelEnd(station), ownEnd(station).ip);
      const frame = (packet: Uint8Array): Uint8Array =>
        ethernet({ destination: station.mac, source: station.kernelMac, etherType: ETHERTYPE_ARP }, packet);
      const expected: Record<string, number> = { "arp: truncated": 1 };
      for (const [reason, fields] of t.random.shuffle(BAD_PACKETS)) {
        t.step(`a program on the kernel's side sends a packet with a ${reason}`.replace("with a group", "from a group"));
        await kernel.sendFrame({ device, bytes: frame(arp({ ...good, ...fields })) });
        await station.settle();
        expected[`arp: ${reason}`] = (expected[`arp: ${reason}`] ?? 0) + 1;
      }
      const length = t.random.int(0, 27);
      t.step(`a program on the kernel's side sends the first ${length} of a packet's 28 bytes`);
      await kernel.sendFrame({ device, bytes: frame(arp({ ...good }).subarray(0, length)) });
      await station.settle();
      const counters = await station.counters();
      t.fields(
        Object.fromEntries(Object.keys(expected).map((name) => [name, counters[name] ?? 0])),
        expected,
        "every bad packet to be counted by its name",
      );
      t.equal(countSeen(station, "from stack", { ethernet: { etherType: ETHERTYPE_ARP } }), 0, "answers to bad packets");
      await kernel.sendFrame({ device, bytes: frame(arp({ ...good })) });
      await station.settle();
      station.expectSeen("from stack", aReply(ownEnd(station), kernelEnd(station)), "a reply to the good packet behind them");
      await expectKernelKnows(t, station, false, "after a reply that it never asked for");
    },
  },
};

/** Checks of createArpCache, seen from IP: what becomes of a packet for an address that is unknown, asked for, or known. */
import type { Topic } from "../../../tools/harness/failure.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { cacheBench, NOTHING } from "./cache_bench.ts";
import { expectList } from "./lists.ts";
import { asking, ipText, macText, replyFrom, requestFrom } from "./samples.ts";

/** What is wrong when every packet asks. */
export const ONE_REQUEST: Topic = {
  why:
    "One question is enough for all the packets that wait for the same address: those behind the first only join its queue. The next request comes from " +
    "`poll`, at least a second later (RFC 1122 §2.3.2.1).",
  look: ["createArpCache.resolve"],
};

export const resolve: Readonly<Record<string, CheckSpec>> = {
  "ask": {
    title: "a packet for an unknown address makes one broadcast request",
    kind: "table",
    weight: 2,
    covers: ["ARP-5"],
    look: ["createArpCache.resolve"],
    why: "Nobody knows who has the address, so everybody is asked: a request in a frame for ff:ff:ff:ff:ff:ff that names us as the " +
      'sender, so that the answer finds its way back (RFC 826 "Packet Generation"). No entry is no reason to give a packet up (RFC ' +
      "1122 §3.3.1.6).",
    hints: [
      "Which fields of your request differ from the expected line?",
      "Sender: `ownMac` and `ownIp`. Target: MAC zero, and the address that is wanted.",
      "Make an entry without a MAC address, put the frame into its queue, and call actions.send(request, BROADCAST_MAC).",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others } = bench;
      for (const [i, other] of others.slice(0, 3).entries()) {
        await bench.resolve(other.ip, 100 * i);
        await bench.expect(`a packet for ${ipText(other.ip)}`, { ...NOTHING, sent: [asking(own, other.ip)] });
      }
    },
  },

  "ask-once": {
    title: "further packets for the same address ask nothing",
    kind: "table",
    covers: ["ARP-2"],
    look: ["createArpCache.resolve"],
    why: "A sender of a thousand packets a second would send a thousand broadcasts a second, and every station on the link would " +
      "have to read them. RFC 1122 §2.3.2.1: there MUST be a mechanism against ARP flooding; at most one request a second for one " +
      "address.",
    hints: [
      "How do you tell the first packet for an address from the second?",
      "An entry that exists without a MAC address says that the question is out already.",
      "Send from `resolve` only when the entry is made (or when it has just been found stale); the repeats are `poll`'s.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { retryInterval: 1000, queueLimit: 4 });
      const [a, b] = bench.others;
      for (let i = 0; i < 30; i++) await bench.resolve(a.ip, 30 * i);
      await bench.resolve(b.ip, 900);
      await bench.expect("sending 30 packets to one address and 1 to another", {
        sent: [asking(bench.own, a.ip), asking(bench.own, b.ip)],
      });
    },
  },

  "wait": {
    title: "packets wait for the answer, and leave in their order",
    kind: "table",
    weight: 2,
    covers: ["ARP-4", "ARP-5", "826-6"],
    look: ["createArpCache.receive", "createArpCache.resolve"],
    why: "RFC 826 let the first packet for a new address be thrown away and relied on the layer above to send it again. RFC 1122 " +
      "§2.3.2.2 wants at least the latest kept: with TCP, a lost first packet costs a second. Out of order they would cost nearly as " +
      "much.",
    hints: [
      "What happens to the queue when the answer comes?",
      "Note the MAC address first, then `transmit` every waiting frame, the oldest first. Each exactly once.",
      "for (const frame of …) actions.transmit(frame, mac); and empty the queue, or the next answer sends them again.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { queueLimit: 4 });
      const { own, others: [a] } = bench;
      for (const now of [0, 10, 20]) await bench.resolve(a.ip, now);
      await bench.expect("before the answer", { transmitted: [], dropped: [] });
      await bench.receive(replyFrom(a, own), 30);
      const expected = [1, 2, 3].map((packet) => `packet ${packet} to ${macText(a.mac)}`);
      await bench.expect("the answer, for which three packets wait", { ...NOTHING, transmitted: expected });
      await bench.receive(replyFrom(a, own), 31);
      await bench.expect("the same answer, come again", NOTHING);
    },
  },

  "known": {
    title: "a packet for a known address leaves at once",
    kind: "table",
    covers: ["826-2"],
    look: ["createArpCache.resolve"],
    why: 'That is what the table is for: one question, and then thousands of packets without any (RFC 826 "Packet Generation").',
    hints: [
      "What does `resolve` do with an entry that has a MAC address?",
      "`transmit` at once: no request, no queue, until the answer is `reachableTime` old.",
      "if (entry.mac !== undefined) actions.transmit(frame, entry.mac).",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { reachableTime: 60_000 });
      const { own, others: [a, b] } = bench;
      await bench.resolve(a.ip, 0);
      await bench.receive(replyFrom(a, own), 1);
      bench.take();
      await bench.resolve(a.ip, 2);
      await bench.resolve(a.ip, 59_999);
      const expected = [2, 3].map((packet) => `packet ${packet} to ${macText(a.mac)}`);
      await bench.expect("sending twice to a known address", { ...NOTHING, transmitted: expected });
      await bench.resolve(b.ip, 60_000);
      await bench.expect("a packet for an address that is not known", { transmitted: [] });
    },
  },

  "separate": {
    title: "every address has a queue of its own",
    kind: "table",
    covers: ["ARP-4"],
    look: ["createArpCache.receive", "createArpCache.resolve"],
    why: "Answers come in the order in which stations are awake, not in the order of the questions. A packet that leaves with " +
      "somebody else's answer goes to the wrong station.",
    hints: [
      "Where do your waiting frames lie: in one list, or one per address?",
      "The queue belongs to the entry, as its MAC address does.",
      "Keep `waiting` in the Entry, and flush only the entry of `packet.senderIp`.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { queueLimit: 4 });
      const { own, others: [a, b, c] } = bench;
      for (const to of [a, b, a, c, b]) await bench.resolve(to.ip, 0);
      await t.about(ONE_REQUEST, () => bench.expect("sending to three addresses", { sent: [a, b, c].map(({ ip }) => asking(own, ip)) }));
      await bench.receive(replyFrom(b, own), 1);
      await bench.expect("the second station's answer", {
        ...NOTHING,
        transmitted: [`packet 2 to ${macText(b.mac)}`, `packet 5 to ${macText(b.mac)}`],
      });
      await bench.receive(replyFrom(a, own), 2);
      await bench.expect("the first station's answer", {
        ...NOTHING,
        transmitted: [`packet 1 to ${macText(a.mac)}`, `packet 3 to ${macText(a.mac)}`],
      });
      const left = (await bench.entries(3)).filter((line) => line.includes("waiting"));
      expectList(t, left, [`${ipText(c.ip)} incomplete, 1 waiting`], "the entries for which packets still wait", "entry");
    },
  },

  "queue-full": {
    title: "in a full queue the oldest packet gives way",
    kind: "table",
    weight: 2,
    covers: ["ARP-4"],
    look: ["createArpCache.resolve"],
    why: "A queue without a limit lets anybody who makes you send to silent addresses fill your memory. The *newest* packets are " +
      "kept: RFC 1122 §2.3.2.2 says the latest, because the old ones have been sent again by now, or nobody waits for them any more.",
    hints: [
      "Which packet do you drop: the one that came last, or the one that waits longest?",
      'Every frame that came in goes out again once: by `transmit`, or by `drop(frame, "arp queue full")`. None may vanish.',
      "When `queueLimit` frames wait already, `waiting.shift()` is the one to drop; then `push` the new one.",
    ],
    run: async (t) => {
      for (const queueLimit of [4, 1, t.random.int(2, 9)]) {
        const bench = await cacheBench(t, { queueLimit });
        const { own, others: [a] } = bench;
        const extra = t.random.int(1, 3);
        for (let i = 0; i < queueLimit + extra; i++) await bench.resolve(a.ip, i);
        const dropped = Array.from({ length: extra }, (_, i) => `packet ${i + 1}: arp queue full`);
        const what = `${queueLimit + extra} packets with a queue of ${queueLimit}`;
        await bench.expect(`sending ${what}`, { sent: [asking(own, a.ip)], transmitted: [], dropped });
        await bench.receive(replyFrom(a, own), 100);
        const kept = Array.from({ length: queueLimit }, (_, i) => `packet ${extra + i + 1} to ${macText(a.mac)}`);
        await bench.expect(`the answer, after ${what}`, { ...NOTHING, transmitted: kept });
      }
    },
  },

  "entries": {
    title: "entries lists the table, by address",
    kind: "table",
    covers: ["826-4"],
    look: ["createArpCache.entries"],
    why: "`arp -n` on your own stack: what cannot be looked at cannot be mended. In a fixed order, so that two looks can be compared.",
    hints: [
      "In which order do the addresses come? They are unsigned numbers.",
      "Sort by `address`, rising. `mac` is undefined while incomplete; `waiting` is the length of the queue.",
      "Copy the table's values into an array, sort it by address, then make one record for each.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { queueLimit: 4, maxEntries: 256 });
      const { own, others } = bench;
      await bench.expectEntries(0, [], "the entries of an empty table");
      const lines: { ip: number; line: string }[] = [];
      for (const [i, other] of others.entries()) {
        if (i % 3 === 0) await bench.receive(requestFrom(other, own.ip), 0);
        else for (let packets = 0; packets < i % 3; packets++) await bench.resolve(other.ip, 0);
        const line = i % 3 === 0 ? `${macText(other.mac)} reachable` : `incomplete, ${i % 3} waiting`;
        lines.push({ ip: other.ip, line: `${ipText(other.ip)} ${line}` });
      }
      await bench.expectEntries(1, lines.sort((a, b) => a.ip - b.ip).map(({ line }) => line), "the entries");
    },
  },
};

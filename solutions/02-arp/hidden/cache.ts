/** Hidden checks of the cache: its bounds, unusual orders of events, and unusual settings. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectSpacing, requestTimes } from "../../../labs/02-arp/checks/age.ts";
import { cacheBench, NOTHING } from "../../../labs/02-arp/checks/cache_bench.ts";
import { expectList } from "../../../labs/02-arp/checks/lists.ts";
import { answering, asking, ipText, lineOf, macText, replyFrom, requestFrom } from "../../../labs/02-arp/checks/samples.ts";

export const limits: Readonly<Record<string, CheckSpec>> = {
  "makes-room": {
    title: "in a full table the longest unused entry gives way",
    kind: "table",
    covers: ["826-4"],
    look: ["createArpCache.receive", "createArpCache.resolve"],
    why: "The table has a bound, or a stranger could fill your memory with invented senders. What goes is what will be missed " +
      "least: the entry that no packet has used for the longest time.",
    hints: [
      "Which entry did you remove: the first one made, or the one that was used longest ago?",
      "An entry is used when it is made, and by each `resolve` for it; not by being heard of.",
      "Note `used = now` in resolve. When the table is full, look for the smallest.",
    ],
    run: async (t) => {
      const maxEntries = t.random.int(4, 8);
      const bench = await cacheBench(t, { maxEntries });
      const { own, others } = bench;
      const first = others.slice(0, maxEntries);
      for (const [i, other] of first.entries()) await bench.receive(requestFrom(other, own.ip), i);
      const oldest = t.random.int(0, maxEntries - 1);
      for (const i of t.random.shuffle(first.map((_, i) => i).filter((i) => i !== oldest))) {
        await bench.resolve(first[i]?.ip ?? own.ip, 100 + i);
      }
      const newcomer = others[maxEntries] ?? others[0];
      await bench.receive(requestFrom(newcomer, own.ip), 200);
      const kept = [...first.filter((_, i) => i !== oldest), newcomer].sort((a, b) => a.ip - b.ip);
      await bench.expectEntries(
        200,
        kept.map(({ mac, ip }) => `${ipText(ip)} ${macText(mac)} reachable`),
        "the entries after one more station",
      );
    },
  },

  "strangers": {
    title: "a flood of invented senders never fills your memory",
    kind: "table",
    covers: ["826-4"],
    look: ["createArpCache.receive"],
    why: "A request costs its sender nothing and makes an entry of yours. Whoever sends a million of them, each from another " +
      "address, must cost you nothing either; and each still gets his answer.",
    hints: [
      "How large does your table get?",
      "Every way to a new entry goes through the same bound: `receive` as well as `resolve`.",
      "One function that adds entries, and makes room first.",
    ],
    run: async (t) => {
      const maxEntries = t.random.int(3, 20);
      const bench = await cacheBench(t, { maxEntries });
      const { own, others: [a] } = bench;
      for (let i = 0; i < 60; i++) {
        const stranger = { mac: a.mac, ip: (a.ip ^ (i + 1) << 8) >>> 0 as typeof a.ip };
        await bench.receive(requestFrom(stranger, own.ip), i);
        await bench.expect("a stranger's request", { ...NOTHING, sent: [answering(own, stranger)] });
      }
      t.equal((await bench.entries(60)).length, maxEntries, "entries after 60 strangers");
    },
  },

  "none-lost": {
    title: "packets of an entry that gives way are dropped, not lost",
    kind: "table",
    covers: ["ARP-4"],
    look: ["createArpCache.resolve"],
    why: "Frames are lent from a pool. One that the cache neither transmits nor drops is gone for ever; after a thousand of them " +
      "the whole stack stands still.",
    hints: [
      "Where do the frames of a removed entry go?",
      "Whoever removes an entry gives its waiting frames back.",
      'drop(frame, "arp queue full") for each: there was no room for them.',
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { maxEntries: 2, queueLimit: 4 });
      const { own, others: [a, b, c, d] } = bench;
      await bench.resolve(a.ip, 0);
      await bench.resolve(a.ip, 1);
      await bench.resolve(b.ip, 2);
      bench.take();
      await bench.resolve(c.ip, 3);
      const gone = bench.take().dropped.map((line) => line.replace(/:.*/, ""));
      expectList(t, gone, ["packet 1", "packet 2"], "the packets given back when a third address is asked for", "packet");
      await bench.receive(requestFrom(d, own.ip), 4);
      const also = bench.take().dropped.map((line) => line.replace(/:.*/, ""));
      expectList(t, also, ["packet 3"], "the packets given back when a station is learned", "packet");
      await bench.receive(replyFrom(c, own), 5);
      await bench.expect("the answer for the entry that stayed", { transmitted: [`packet 4 to ${macText(c.mac)}`] });
      await bench.resolve(a.ip, 6);
      await bench.expect("a packet for the address that gave way, forgotten with its request", { sent: [asking(own, a.ip)] });
    },
  },
};

export const receive: Readonly<Record<string, CheckSpec>> = {
  "own-address": {
    title: "a rival's packet does not complete an entry of ours",
    kind: "table",
    covers: ["826-4"],
    look: ["createArpCache.receive"],
    why: "Somebody above sends to our own address, by mistake, and somebody on the link says that he has it. That is a conflict, which " +
      "the claim deals with (RFC 5227 §2.4); in the table it would send packets for ourselves to him.",
    hints: [
      "What does the table say about your own address?",
      "`ownIp` as a sender never makes an entry, and never changes one that is there.",
      "The condition on the sender stands in front of the merge as well as of the adding.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a, b] } = bench;
      const rival = { mac: a.mac, ip: own.ip };
      await bench.resolve(own.ip, 0);
      const waiting = `${ipText(own.ip)} incomplete, 1 waiting`;
      for (const packet of [requestFrom(rival, own.ip), requestFrom(rival, b.ip), replyFrom(rival, own)]) {
        await bench.receive(packet, 1);
        await bench.expect("a packet of somebody else's with our own address", { transmitted: [] });
        await bench.expectEntries(1, [waiting], "the entries after it");
      }
      await bench.receive(requestFrom(a, own.ip), 2);
      const both = [{ ip: own.ip, line: waiting }, { ip: a.ip, line: `${ipText(a.ip)} ${macText(a.mac)} reachable` }];
      await bench.expectEntries(2, both.sort((x, y) => x.ip - y.ip).map(({ line }) => line), "the entries after an honest packet");
    },
  },

  "crossing": {
    title: "a request from the station we wait for is an answer too",
    kind: "table",
    covers: ["826-2", "826-6"],
    look: ["createArpCache.receive"],
    why: "Two stations look for each other at the same moment: each gets the other's request before any reply. RFC 826 merges " +
      "before it looks at the operation, so both can send at once.",
    hints: [
      "What happens to an incomplete entry when its station sends a *request*?",
      "The merge completes it and transmits what waits, whatever the packet is and whomever it is for.",
      "Only then comes the question whether to reply.",
    ],
    run: async (t) => {
      for (const target of ["us", "somebody else", "itself"]) {
        const bench = await cacheBench(t);
        const { own, others: [a, b] } = bench;
        await bench.resolve(a.ip, 0);
        await bench.resolve(a.ip, 1);
        bench.take();
        await bench.receive(requestFrom(a, target === "us" ? own.ip : target === "itself" ? a.ip : b.ip), 2);
        await bench.expect(`a request of that station's for ${target}`, {
          sent: target === "us" ? [answering(own, a)] : [],
          transmitted: [1, 2].map((n) => `packet ${n} to ${macText(a.mac)}`),
          dropped: [],
        });
        const history = await bench.run(2, 50_000);
        expectList(t, requestTimes(history).map(String), [], "the times of further requests, in ms", "request");
      }
    },
  },
};

export const retry: Readonly<Record<string, CheckSpec>> = {
  "afresh": {
    title: "after giving up, the next packet begins again",
    kind: "table",
    covers: ["ARP-2", "ARP-1"],
    look: ["createArpCache.poll", "createArpCache.resolve"],
    why: "A station that was switched off comes back. Silence in the past is no reason never to ask again.",
    hints: [
      "What is left of the entry after it was given up?",
      "Nothing: the next packet finds no entry, makes a new one, and asks with the full number of requests.",
      "table.delete(address).",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { maxRequests: 2, retryInterval: 1000 });
      const { own, others: [a] } = bench;
      for (const start of [0, 10_000, 20_000]) {
        await bench.resolve(a.ip, start);
        await bench.expect("a packet for a silent address", { ...NOTHING, sent: [asking(own, a.ip)] });
        const history = await bench.run(start, start + 9000);
        t.equal(history.flatMap(({ done }) => done.sent).length, 1, "repeated requests");
        t.equal(history.flatMap(({ done }) => done.dropped).length, 1, "packets given up");
      }
    },
  },

  "busy": {
    title: "packets that keep coming do not keep the question alive",
    kind: "table",
    covers: ["ARP-2"],
    look: ["createArpCache.resolve", "createArpCache.poll"],
    why: "A program that sends ten times a second to a dead machine must still be told so after `maxRequests`. If every packet " +
      "began the count again, the layer above would never hear that the host is unreachable.",
    hints: [
      "Does a packet change how many requests are left?",
      "On an entry that is asked for already, `resolve` queues the frame and touches neither the count nor the time.",
      "Set requests = 0 only where you begin to ask.",
    ],
    run: async (t: Trial) => {
      const maxRequests = t.random.int(2, 4);
      const bench = await cacheBench(t, { maxRequests, retryInterval: 1000, queueLimit: 4 });
      const { others: [a] } = bench;
      let requests = 0;
      let givenUp = false;
      let now = 0;
      for (; now <= (maxRequests + 1) * 1000 && !givenUp; now += 100) {
        if (now > 0) await bench.poll(now);
        const { sent, dropped } = bench.take();
        requests += sent.length;
        givenUp = dropped.some((line) => line.endsWith("no arp answer"));
        if (!givenUp) await bench.resolve(a.ip, now);
      }
      t.ok(
        givenUp,
        `packets given up after ${maxRequests} requests, while others keep coming`,
        `none within ${now} ms, after ${requests} requests`,
      );
      t.equal(requests, maxRequests, "requests before that");
      await bench.expectEntries(now, [], "the entries then");
    },
  },

  "late": {
    title: "a late poll asks once, not once for each second missed",
    kind: "table",
    covers: ["ARP-2"],
    look: ["createArpCache.poll"],
    why: "A laptop sleeps, a debugger stops the program: `poll` comes minutes late. Making up for missed requests in one burst is " +
      "the flood that the limit forbids (RFC 1122 §2.3.2.1).",
    hints: [
      "How many requests does one call of poll send for one address?",
      "At most one; the next is due `retryInterval` after *now*, not after the time at which this one was due.",
      "asked = now.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { maxRequests: 5, retryInterval: 1000 });
      const { own, others: [a] } = bench;
      await bench.resolve(a.ip, 0);
      bench.take();
      const late = t.random.int(3000, 100_000);
      await bench.poll(late);
      await bench.expect(`poll ${late} ms after the first request`, { ...NOTHING, sent: [asking(own, a.ip)] });
      await bench.poll(late + 1);
      await bench.poll(late + 999);
      await bench.expect("poll within the second after that", NOTHING);
      const history = await bench.run(late, late + 20_000);
      expectSpacing(t, [late, ...requestTimes(history)], 1000);
    },
  },

  "short-lived": {
    title: "entries that grow stale at once are asked for once a second",
    kind: "table",
    covers: ["ARP-2", "ARP-3"],
    look: ["createArpCache.resolve", "createArpCache.poll"],
    why: "The timeout can be set as short as one likes (RFC 1122 §2.3.2.1, SHOULD); the limit of one request a second for one " +
      "address holds all the same (MUST).",
    hints: [
      "Two answers, 100 ms apart, for an entry that lives 50 ms: how many requests did that take?",
      "The time of the last request must outlive the answer to it.",
      "On a stale entry: if the last request is younger than retryInterval, only note that you want to ask; poll does it when it is due.",
    ],
    run: async (t: Trial) => {
      const bench = await cacheBench(t, { reachableTime: 50, retryInterval: 1000 });
      const { own, others: [a] } = bench;
      const times: number[] = [];
      for (let now = 0; now < 5000; now += t.random.int(60, 140)) {
        await bench.resolve(a.ip, now);
        await bench.poll(now);
        const { sent } = bench.take();
        if (sent.length === 0) continue;
        times.push(...sent.map(() => now));
        await bench.receive(replyFrom(a, own), now + 1);
        bench.take();
      }
      const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
      const close = gaps.findIndex((gap) => gap < 1000);
      const got = `request ${close + 2} at ${times[close + 1]} ms, ${gaps[close]} ms after request ${close + 1}`;
      t.ok(close < 0, "requests at least 1000 ms apart", got);
      t.ok(times.length >= 3, "a stale entry to be asked for again", `requests at ${times.join(", ")} ms`);
    },
  },

  "by-request": {
    title: "each address has its own count of requests",
    kind: "table",
    covers: ["ARP-2"],
    look: ["createArpCache.poll"],
    why: "One silent neighbour must not use up the requests of another, nor one that answers stop the questions for the others.",
    hints: [
      "Where do you count the requests?",
      "In the entry, with everything else that belongs to one address.",
      "`requests` and `asked` are members of Entry.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a, b, c] } = bench;
      await bench.resolve(a.ip, 0);
      await bench.resolve(b.ip, 300);
      await bench.resolve(c.ip, 600);
      bench.take();
      const before = await bench.run(600, 1400);
      await bench.receive(replyFrom(b, own), 1400);
      const after = await bench.run(1400, 20_000);
      const asked = (ip: typeof a.ip): number =>
        [...before, ...after].flatMap(({ done }) => done.sent).filter(({ targetIp }) => targetIp === ipText(ip)).length;
      t.equal([asked(a.ip), asked(b.ip), asked(c.ip)], [2, 1, 2], "repeated requests for a silent, an answering and a silent station");
      await bench.expectEntries(20_000, [`${ipText(b.ip)} ${macText(b.mac)} reachable`], "the entries that are left");
    },
  },
};

export const age: Readonly<Record<string, CheckSpec>> = {
  "heard": {
    title: "any packet of its station confirms an entry in doubt",
    kind: "table",
    covers: ["ARP-1", "826-2"],
    look: ["createArpCache.receive"],
    why: "The check asks: is the station still there, at this address? Any ARP packet of its own answers that, also one that is " +
      "meant for somebody else (RFC 826 merges first).",
    hints: [
      "Which packets end the asking?",
      "Every one that the merge takes.",
      "Set asking = false where you set the MAC address, and nowhere else.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t);
      const { own, others: [a, b] } = bench;
      await bench.receive(requestFrom(a, own.ip), 0);
      await bench.resolve(a.ip, 100_000);
      bench.take();
      await bench.receive(requestFrom(a, b.ip), 100_400);
      const times = requestTimes(await bench.run(100_400, 150_000)).map(String);
      expectList(t, times, [], "the times of requests after its packet for somebody else, in ms", "request");
      await bench.expectEntries(150_000, [`${ipText(a.ip)} ${macText(a.mac)} reachable`], "the entries 49 s later");
    },
  },

  "long-sleep": {
    title: "one poll after a very long time clears the whole table",
    kind: "table",
    covers: ["ARP-1"],
    look: ["createArpCache.poll"],
    why: "Time can jump: a virtual machine is stopped for a day. What has expired meanwhile is expired, all of it, however many " +
      "entries there are (RFC 1122 §2.3.2.1).",
    hints: [
      "Does one call of poll look at every entry?",
      "Do not stop at the first that is due; and deleting from a Map while you walk over it is allowed.",
      "for (const entry of table.values()) … continue, not return.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { maxRequests: 1 });
      const { own, others } = bench;
      for (const [i, other] of others.entries()) {
        if (i % 2 === 0) await bench.receive(requestFrom(other, own.ip), i);
        else await bench.resolve(other.ip, i);
      }
      bench.take();
      const day = 86_400_000;
      await bench.poll(day);
      const { sent, dropped } = bench.take();
      expectList(t, sent.map(lineOf), [], "the ARP packets that poll sends a day later", "packet");
      const expected = [1, 2, 3, 4, 5, 6].map((n) => `packet ${n}: no arp answer`);
      expectList(t, dropped.sort(), expected, "the packets that it gives up, by number", "packet");
      await bench.expectEntries(day, [], "the entries a day later");
      t.equal(await bench.deadline(), Infinity, "nextDeadline() of an empty table");
    },
  },
};

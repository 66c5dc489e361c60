/** Checks of createArpCache, seen from the clock: asking again, giving up, growing stale. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { type CacheBench, cacheBench, type Done, expectPacket, NOTHING } from "./cache_bench.ts";
import { expectList } from "./lists.ts";
import { asking, ipText, macText, replyFrom, requestFrom } from "./samples.ts";

/** The times at which requests were sent. */
export function requestTimes(history: readonly { at: number; done: Done }[]): number[] {
  return history.flatMap(({ at, done }) => done.sent.map(() => at));
}

/** Fails unless `times` follow each other by `interval`, or somewhat more. */
export function expectSpacing(t: Trial, times: readonly number[], interval: number): void {
  const at = times.findIndex((time, i) => i > 0 && !isAnInterval(time - (times[i - 1] as number), interval));
  const [before, wrong] = [times[at - 1] as number, times[at] as number];
  const got = `request ${at + 1} at ${wrong} ms, ${wrong - before} ms after request ${at}`;
  t.ok(at < 0, `each request ${interval} ms after the one before`, got);
}

/** Fails unless the last thing that `poll` did came an interval after the last request. */
function expectGivenUp(t: Trial, times: readonly number[], history: readonly { at: number }[], interval: number): void {
  const [last, end] = [times.at(-1) as number, history.at(-1)?.at ?? NaN];
  t.ok(
    isAnInterval(end - last, interval),
    `the end of the asking ${interval} ms after the last request, that of ${last} ms`,
    `at ${end} ms`,
  );
}

function isAnInterval(gap: number, interval: number): boolean {
  return gap >= interval && gap <= interval * 1.5;
}

/** A cache that knows its first neighbour since 0 ms. */
async function acquainted(t: Trial, options: Parameters<typeof cacheBench>[1] = {}): Promise<CacheBench> {
  const bench = await cacheBench(t, options);
  await bench.receive(requestFrom(bench.others[0], bench.own.ip), 0);
  bench.take();
  return bench;
}

export const retry: Readonly<Record<string, CheckSpec>> = {
  "once-a-second": {
    title: "an unanswered request is repeated, but not too soon",
    kind: "table",
    weight: 2,
    covers: ["ARP-2"],
    look: ["createArpCache.poll", "createArpCache.nextDeadline"],
    why: "A request can be lost like any frame, so it is repeated. At most once a second: RFC 1122 §2.3.2.1 (MUST prevent floods; " +
      "the recommended maximum rate is 1 per second per destination).",
    hints: [
      "When was the last request for this address sent? Does your entry remember?",
      "`poll` is called at any time, also much too early: it compares `now` with the time of the last request.",
      "if (now >= asked + retryInterval) send again, and note asked = now. nextDeadline is the smallest asked + retryInterval.",
    ],
    run: async (t: Trial) => {
      for (const retryInterval of [1000, t.random.int(1001, 4000)]) {
        const bench = await cacheBench(t, { retryInterval, maxRequests: 5 });
        const { own, others: [a] } = bench;
        const start = t.random.int(0, 100_000);
        await bench.resolve(a.ip, start);
        bench.take();
        for (const early of [0, 1, Math.floor(retryInterval / 2), retryInterval - 1]) await bench.poll(start + early);
        await bench.expect(`poll, less than ${retryInterval} ms after the first request`, NOTHING);
        const history = await bench.run(start + retryInterval - 1, start + 4 * retryInterval + 400);
        expectSpacing(t, [start, ...requestTimes(history)], retryInterval);
        const sent = history.flatMap(({ done }) => done.sent);
        t.ok(sent.length >= 2, "at least two repeats within four intervals", sent.length === 0 ? "none" : "one");
        for (const packet of sent) expectPacket(t, packet, asking(own, a.ip), "a repeated request");
      }
    },
  },

  "flood": {
    title: "however many packets come, requests stay an interval apart",
    kind: "table",
    covers: ["ARP-2"],
    look: ["createArpCache.resolve", "createArpCache.poll"],
    why: "The limit is for each address and for the whole cache's behaviour, not for each packet: a program that sends without " +
      "pause to a silent address must not turn into a broadcast storm (RFC 1122 §2.3.2.1).",
    hints: [
      "Does a packet that arrives between two requests change the time of the next?",
      "Only sending a request may move the time of the next one.",
      "`resolve` on an incomplete entry: queue the frame, and nothing else.",
    ],
    run: async (t: Trial) => {
      const bench = await cacheBench(t, { retryInterval: 1000, maxRequests: 1000 });
      const { others: [a] } = bench;
      const times: number[] = [];
      for (let now = 0; now < 6000; now += t.random.int(20, 90)) {
        await bench.resolve(a.ip, now);
        if (t.random.chance(0.7)) await bench.poll(now);
        for (const _ of bench.take().sent) times.push(now);
        expectSpacing(t, times, 1000);
      }
      t.ok(times.length >= 4, "a request about every second for 6 seconds", `requests at ${times.join(", ") || "no"} ms`);
    },
  },

  "give-up": {
    title: "after the last request the packets are given up",
    kind: "table",
    weight: 2,
    covers: ["ARP-1", "ARP-2"],
    look: ["createArpCache.poll", "createArpCache.nextDeadline"],
    why: 'Somebody waits for these packets: IP reports "host unreachable" to the program that sent them. And an entry for every ' +
      "address that was ever tried would fill the table with nobodies.",
    hints: [
      "How many requests were sent, and what happens when one more would be due?",
      '`maxRequests` in all, the first one from `resolve` included. One interval after the last, `drop(frame, "no arp answer")` ' +
      "for each waiting frame.",
      "In poll: if requests < maxRequests ask again; else drop all that wait and delete the entry.",
    ],
    run: async (t) => {
      for (const maxRequests of [3, 1, t.random.int(4, 7)]) {
        const bench = await cacheBench(t, { maxRequests, retryInterval: 1000 });
        const { others: [a] } = bench;
        await bench.resolve(a.ip, 0);
        await bench.resolve(a.ip, 0);
        const first = bench.take().sent.map(() => 0);
        const history = await bench.run(0, 20_000);
        const times = [...first, ...requestTimes(history)];
        t.equal(times.length, maxRequests, `requests in all, where maxRequests is ${maxRequests}`);
        expectSpacing(t, times, 1000);
        const dropped = history.flatMap(({ done }) => done.dropped).sort();
        expectList(t, dropped, ["packet 1: no arp answer", "packet 2: no arp answer"], "the packets given up", "packet");
        expectGivenUp(t, times, history, 1000);
        await bench.expectEntries(20_000, [], "the entries afterwards");
        t.equal(await bench.deadline(), Infinity, "nextDeadline() of an empty table");
      }
    },
  },

  "deadline": {
    title: "a host that polls only at nextDeadline misses nothing",
    kind: "table",
    covers: ["ARP-2"],
    look: ["createArpCache.nextDeadline", "createArpCache.poll"],
    why: "A host sleeps until the earliest deadline. One that comes too late makes it oversleep; one that does not move on after " +
      "`poll` keeps it awake for ever, with a processor at 100 %.",
    hints: [
      "What is the deadline of a cache with several entries?",
      "The minimum over all entries. For one that is asked for, its next request (or the time it is given up); Infinity for an " +
      "empty table.",
      "Make one function of an entry that gives its time, and use it in `poll` and in `nextDeadline`: then they cannot disagree.",
    ],
    run: async (t) => {
      const bench = await cacheBench(t, { maxRequests: 3, retryInterval: 1000 });
      const { own, others } = bench;
      t.equal(await bench.deadline(), Infinity, "nextDeadline() of an empty table");
      const starts = [0, 250, 600, 601].map((base) => base + t.random.int(0, 100));
      for (const [i, start] of starts.entries()) await bench.resolve(others[i]?.ip ?? own.ip, start);
      bench.take();
      const history = await bench.run(701, 30_000);
      for (const [i, start] of starts.entries()) {
        const other = others[i] ?? own;
        const times = history.filter(({ done }) => done.sent.some(({ targetIp }) => targetIp === ipText(other.ip))).map(({ at }) => at);
        t.equal(times.length, 2, `repeated requests for ${ipText(other.ip)}`);
        expectSpacing(t, [start, ...times], 1000);
      }
      const why =
        "After the last request nobody has answered: each packet that waits goes back by `drop`, so that whoever sent it is told. A frame that is neither " +
        "transmitted nor dropped is lost to the host for good.";
      const dropped = history.flatMap(({ done }) => done.dropped).length;
      await t.about({ why, look: ["createArpCache.poll"] }, () => t.equal(dropped, 4, "packets given up"));
    },
  },
};

export const age: Readonly<Record<string, CheckSpec>> = {
  "stale": {
    title: "an entry is reachable for reachableTime, then stale",
    kind: "table",
    covers: ["ARP-1", "ARP-3"],
    look: ["createArpCache.entries", "createArpCache.receive", "createArpCache.poll"],
    why: "Stations get new network cards, addresses move to other stations. An entry that is believed for ever keeps sending " +
      "packets where nobody listens: RFC 1122 §2.3.2.1 wants a way to flush old entries (MUST), and a timeout that can be set " +
      "(SHOULD).",
    hints: [
      "Since when is the entry's age counted?",
      "From the last ARP packet of that station, not from the making of the entry, and not from the last use.",
      'state = now - confirmed < options.reachableTime ? "reachable" : "stale"; compute it when asked, and nothing has to happen ' +
      "at that moment.",
    ],
    run: async (t) => {
      for (const reachableTime of [60_000, t.random.int(5000, 300_000)]) {
        const bench = await acquainted(t, { reachableTime });
        const { own, others: [a] } = bench;
        const line = `${ipText(a.ip)} ${macText(a.mac)}`;
        const before = reachableTime - 1;
        await bench.poll(before);
        await bench.expectEntries(before, [`${line} reachable`], `the entry 1 ms before reachableTime, ${reachableTime} ms, is over`);
        await bench.expectEntries(reachableTime + 1, [`${line} stale`], "the entry 1 ms after reachableTime is over");
        await bench.receive(requestFrom(a, own.ip), before);
        await bench.poll(reachableTime + 1);
        const why =
          "Each ARP packet of a station confirms its entry, a request as well as a reply: the age counts from the last that was heard, and RFC 826 merges it " +
          "before it looks at the operation.";
        const lines = [`${line} reachable`];
        await t.about(
          { why, look: ["createArpCache.receive"] },
          () => bench.expectEntries(reachableTime + 1, lines, "the same entry when its station was heard in between"),
        );
        await bench.expectEntries(before + reachableTime + 1, [`${line} stale`], "and reachableTime after that");
      }
    },
  },

  "use-stale": {
    title: "a stale entry is still used, and that asks its station",
    kind: "table",
    weight: 2,
    covers: ["ARP-1"],
    look: ["createArpCache.resolve"],
    why: "An old address is most likely still right: the packet needn't wait. But it is checked, by a *unicast* request to the one " +
      'station it belongs to (RFC 1122 §2.3.2.1 (2) "Unicast Poll"): nobody else has to read that.',
    hints: [
      "How many things happen at the first use of a stale entry?",
      "Two: the packet is transmitted to the old address, and one request is sent, in a frame for the same address. Further " +
      "packets only leave.",
      "The request's destination is entry.mac where there is one, else BROADCAST_MAC. Note that you are asking.",
    ],
    run: async (t) => {
      const bench = await acquainted(t, { reachableTime: 60_000, retryInterval: 1000 });
      const { own, others: [a] } = bench;
      const now = 60_001 + t.random.int(0, 100_000);
      await bench.resolve(a.ip, now);
      const first = { sent: [asking(own, a.ip, a.mac)], transmitted: [`packet 1 to ${macText(a.mac)}`], dropped: [] };
      await bench.expect("the first packet over a stale entry", first);
      await bench.resolve(a.ip, now + 1);
      await bench.resolve(a.ip, now + 500);
      const further = { sent: [], transmitted: [2, 3].map((n) => `packet ${n} to ${macText(a.mac)}`), dropped: [] };
      await bench.expect("sending two more at once", further);
    },
  },

  "too-soon": {
    title: "a stale entry, too, is asked for once a second at most",
    kind: "table",
    covers: ["ARP-2", "ARP-3"],
    look: ["createArpCache.resolve", "createArpCache.poll", "createArpCache.nextDeadline"],
    why:
      "`reachableTime` can be set as short as one likes (RFC 1122 §2.3.2.1, SHOULD); the limit of one request a second for one address " +
      "holds all the same (MUST). So the time of the last request is remembered beyond the answer to it.",
    hints: [
      "An entry that grows stale 50 ms after its answer: when was the last request, and may there be another one?",
      "Before a stale entry is checked ask “is it due?”, as `poll` does. If it is not, only note that you want to ask.",
      "`asking` becomes true at once; the request leaves when asked + retryInterval has come, from `resolve` or from `poll`.",
    ],
    run: async (t) => {
      const retryInterval = t.random.int(1000, 3000);
      const bench = await cacheBench(t, { reachableTime: 50, staleTime: 600_000, retryInterval });
      const { own, others: [a] } = bench;
      await bench.resolve(a.ip, 0);
      await bench.receive(replyFrom(a, own), 10);
      await bench.expect("a first packet and the answer", { sent: [asking(own, a.ip)], transmitted: [`packet 1 to ${macText(a.mac)}`] });
      for (const now of [100, 200, retryInterval - 1]) {
        await bench.resolve(a.ip, now);
        await bench.poll(now);
      }
      const transmitted = [2, 3, 4].map((n) => `packet ${n} to ${macText(a.mac)}`);
      await bench.expect(`sending three more within ${retryInterval} ms of the request`, { ...NOTHING, transmitted });
      t.equal(await bench.deadline(), retryInterval, "nextDeadline(), in ms, with an entry that waits to be asked for");
      await bench.poll(retryInterval);
      await bench.expect(`poll at ${retryInterval} ms`, { ...NOTHING, sent: [asking(own, a.ip, a.mac)] });
    },
  },

  "confirmed": {
    title: "an answer makes a stale entry reachable and stops the asking",
    kind: "table",
    covers: ["ARP-1", "826-2"],
    look: ["createArpCache.receive", "createArpCache.poll"],
    why: "The question is answered: going on with it would waste the link, and in the end remove an entry that has just been confirmed.",
    hints: [
      "What does `poll` do a second after the answer?",
      "An answer resets everything about the question: when it was confirmed, whether we ask.",
      "confirmed = now, asking = false, and the MAC address may be a new one.",
    ],
    run: async (t) => {
      const bench = await acquainted(t, { reachableTime: 60_000, retryInterval: 1000 });
      const { own, others: [a, b] } = bench;
      const moved = { ...a, mac: b.mac };
      await bench.resolve(a.ip, 70_000);
      bench.take();
      await bench.receive(replyFrom(moved, own), 70_500);
      const history = await bench.run(70_500, 125_000);
      expectList(t, requestTimes(history).map(String), [], "the times of requests after the answer, in ms", "request");
      await bench.expectEntries(125_000, [`${ipText(a.ip)} ${macText(b.mac)} reachable`], "the entry 54 s after the answer");
      await bench.resolve(a.ip, 125_001);
      await bench.expect("a packet for that address", { ...NOTHING, transmitted: [`packet 2 to ${macText(b.mac)}`] });
    },
  },

  "unconfirmed": {
    title: "a stale entry that nobody confirms is removed",
    kind: "table",
    weight: 2,
    covers: ["ARP-1"],
    look: ["createArpCache.poll", "createArpCache.resolve", "createArpCache.nextDeadline"],
    why: "No answer to several polls: the station is gone, or another one has the address now. Only when the entry is gone is " +
      "everybody asked again, and the new owner found (RFC 1122 §2.3.2.1 (2): delete the entry after N successive polls without a " +
      "reply).",
    hints: [
      "Does a stale entry that is asked for ever come to an end?",
      "It is like an incomplete one: maxRequests, an interval apart. Only nothing waits in it.",
      "Let `poll` treat all entries that ask alike; whether they have a MAC address decides only whom the request goes to.",
    ],
    run: async (t) => {
      const maxRequests = t.random.int(2, 4);
      const bench = await acquainted(t, { maxRequests, retryInterval: 1000, reachableTime: 60_000 });
      const { own, others: [a] } = bench;
      await bench.resolve(a.ip, 100_000);
      const first = bench.take().sent.map(() => 100_000);
      const why =
        "An entry that has grown old is used, and checked: its first use sends a request to its station (RFC 1122 §2.3.2.1 (2)). What this check is about is the " +
        "end of that. Mend age/use-stale first.";
      await t.about(
        { why, look: ["createArpCache.resolve"] },
        () => t.equal(first.length, 1, "requests at the first use of a stale entry"),
      );
      const history = await bench.run(100_000, 150_000);
      const times = [...first, ...requestTimes(history)];
      t.equal(times.length, maxRequests, `requests in all, where maxRequests is ${maxRequests}`);
      expectSpacing(t, times, 1000);
      expectGivenUp(t, times, history, 1000);
      await bench.expectEntries(150_000, [], "the entries afterwards");
      await bench.resolve(a.ip, 150_000);
      await bench.expect("the next packet", { ...NOTHING, sent: [asking(own, a.ip)] });
    },
  },

  "unused": {
    title: "a stale entry that nobody uses is removed after staleTime",
    kind: "table",
    covers: ["ARP-1", "ARP-3"],
    look: ["createArpCache.poll", "createArpCache.nextDeadline"],
    why: 'Stations come and go; without an end, the table would hold everyone who was ever met. RFC 1122 §2.3.2.1 (1) "Timeout": ' +
      "entries are removed by time even when they are not used.",
    hints: [
      "Is there a deadline for an entry that nobody asks for?",
      "It becomes stale `reachableTime` after it was confirmed, and goes `staleTime` after that.",
      "Its deadline is confirmed + reachableTime + staleTime.",
    ],
    run: async (t) => {
      const [reachableTime, staleTime] = [t.random.int(1000, 90_000), t.random.int(1000, 900_000)];
      const bench = await acquainted(t, { reachableTime, staleTime });
      const { own, others: [, b] } = bench;
      await bench.receive(requestFrom(b, own.ip), 500);
      bench.take();
      const end = reachableTime + staleTime;
      await bench.run(500, end - 1);
      t.equal((await bench.entries(end - 1)).length, 2, `entries 1 ms before ${reachableTime} + ${staleTime} ms`);
      const history = await bench.run(end - 1, end + 250);
      await bench.expectEntries(end + 250, [`${ipText(b.ip)} ${macText(b.mac)} stale`], "the entries a quarter of a second later");
      expectList(t, requestTimes(history).map(String), [], "the times of requests for an entry that nobody used, in ms", "request");
      await bench.run(end + 250, end + 750);
      await bench.expectEntries(end + 750, [], "the entries another half second later");
    },
  },
};

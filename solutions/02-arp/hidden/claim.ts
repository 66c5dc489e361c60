/** Hidden checks of the claim: what is no conflict, what is one at an unusual time, and what comes after. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { claimBench, kinds, probeOf } from "../../../labs/02-arp/checks/claim_bench.ts";
import { expectList } from "../../../labs/02-arp/checks/lists.ts";
import { replyFrom, requestFrom } from "../../../labs/02-arp/checks/samples.ts";

export const claim: Readonly<Record<string, CheckSpec>> = {
  "harmless": {
    title: "packets about us, and our own ones, are no conflict",
    kind: "table",
    covers: ["5227-1", "5227-3"],
    look: ["createAddressClaim.receive"],
    why: "A conflict is somebody else's *use* of our address. Being asked for, being probed for once it is ours, or hearing " +
      "ourselves are daily life; whoever defends against them floods the link.",
    hints: [
      "Which packet did your claim take for a conflict?",
      "Only the sender's IP address tells who uses an address; and a packet with our own MAC address is ours.",
      "While announcing or owned, a probe is no conflict: it is the cache that answers it.",
    ],
    run: async (t) => {
      for (const [until, state] of [[3900, "probing"], [-1, "announcing"], [30_000, "owned"]] as const) {
        const bench = await claimBench(t);
        const { own, other, rival } = bench;
        if (until < 0) await bench.announce(0);
        else {
          await bench.start(0);
          await bench.run(until);
        }
        bench.take();
        const now = Math.max(until, 0);
        const harmless = [
          probeOf(own),
          requestFrom(own, own.ip),
          requestFrom(own, other.ip),
          replyFrom(own, other),
          requestFrom(other, own.ip),
        ];
        if (state !== "probing") harmless.push(probeOf(rival));
        for (const packet of t.random.shuffle(harmless)) await bench.receive(packet, now);
        t.equal(bench.take(), [], `what is sent for harmless packets while ${state}`);
        await bench.expectState(state, "after them");
      }
    },
  },

  "defend-again": {
    title: "conflicts more than ten seconds apart are each defended",
    kind: "table",
    covers: ["5227-3"],
    look: ["createAddressClaim.receive"],
    why: "A misconfigured machine that speaks up once an hour should not take our address away: the limit is about the last ten " +
      "seconds, not about the second conflict ever (RFC 5227 §2.4 (b)).",
    hints: [
      "What happens at the second conflict, long after the first?",
      "Compare with the time of the *last* conflict that was defended.",
      "now - defended, not a counter.",
    ],
    run: async (t) => {
      const bench = await claimBench(t);
      const { other, rival } = bench;
      await bench.announce(0);
      await bench.run(10_000);
      bench.take();
      let now = 10_000;
      for (let i = 0; i < 4; i++) {
        now += t.random.int(10_001, 100_000);
        await bench.receive(requestFrom(rival, other.ip), now);
        t.equal(bench.take(), [{ at: now, what: "announcement" }], `what is sent for conflict ${i + 1}`);
        await bench.expectState("owned", "after it");
      }
      await bench.receive(requestFrom(rival, other.ip), now + 5000);
      await bench.expectState("conflict", "after another one, 5 s later");
    },
  },

  "last-moment": {
    title: "a conflict behind the last probe still counts",
    kind: "table",
    covers: ["5227-1"],
    look: ["createAddressClaim.receive", "createAddressClaim.poll"],
    why: "The owner may be slow. Until ANNOUNCE_WAIT is over the address is not ours, and an answer to the third probe is as good " +
      "as one to the first (RFC 5227 §2.1.1).",
    hints: [
      "Which state do you have between the third probe and the first announcement?",
      "Still probing.",
      "Only the first announcement makes it announcing.",
    ],
    run: async (t) => {
      const bench = await claimBench(t);
      const { own, rival } = bench;
      await bench.start(0);
      let now = 0;
      for (const sent = bench.take(); sent.length < 3 && now < 10_000; now += 250, sent.push(...bench.take())) await bench.run(now);
      now += 1500;
      await bench.run(now);
      t.equal(bench.take(), [], "what is sent 1.5 s after the last probe");
      await bench.expectState("probing", "until then");
      await bench.receive(replyFrom(rival, own), now);
      await bench.expectState("conflict", "after an answer 1.5 s after the last probe");
      await bench.run(60_000);
      t.equal(bench.take(), [], "what is sent afterwards");
    },
  },

  "again": {
    title: "start probes afresh, whatever the state",
    kind: "table",
    covers: ["5227-1", "5227-2"],
    look: ["createAddressClaim.start"],
    why:
      "A cable that was pulled out and put in again may lead to another link: then the address is probed for as if for the first time, " +
      "also by who thought it his (RFC 5227 §2.1). Nothing of the attempt before counts.",
    hints: [
      "How many probes come in the second attempt?",
      "Three, and then two announcements: `start` sets everything back.",
      "state, probes and due, all three.",
    ],
    run: async (t) => {
      for (const [state, until] of [["owned", 30_000], ["announcing", 1000], ["probing", 2500]] as const) {
        const bench = await claimBench(t);
        if (state === "probing") await bench.start(0);
        else await bench.announce(0);
        await bench.run(until);
        await bench.expectState(state, "before start()");
        bench.take();
        await bench.start(until);
        await bench.expectState("probing", "after start()");
        await bench.run(until + 20_000);
        const expected = ["probe", "probe", "probe", "announcement", "announcement"];
        expectList(t, kinds(bench.take()), expected, `the packets after start() while ${state}`, "packet");
        await bench.expectState("owned", "in the end");
      }
    },
  },

  "anew": {
    title: "who announces anew has not defended yet",
    kind: "table",
    covers: ["5227-3"],
    look: ["createAddressClaim.announce"],
    why:
      "A defence belongs to the time in which the address was ours. When it has been given up and is announced anew, the first conflict " +
      "is a first one again (RFC 5227 §2.4 (b)).",
    hints: [
      "What does your claim remember of the time before the announcement?",
      "The time of the last defence is from another life.",
      "`announce` sets it back to -Infinity.",
    ],
    run: async (t) => {
      const bench = await claimBench(t);
      const { other, rival } = bench;
      await bench.announce(0);
      for (const now of [1000, 2000]) await bench.receive(requestFrom(rival, other.ip), now);
      await bench.expectState("conflict", "after two conflicts within a second");
      await bench.announce(3000);
      bench.take();
      await bench.receive(requestFrom(rival, other.ip), 4000);
      t.equal(bench.take(), [{ at: 4000, what: "announcement" }], "what is sent for a conflict after the address was announced anew");
      await bench.expectState("announcing", "after it");
    },
  },

  "rate-limit": {
    title: "after more than ten conflicts, attempts are a minute apart",
    kind: "table",
    covers: ["5227-4"],
    look: ["createAddressClaim.start", "createAddressClaim.receive"],
    why: "A machine that tries address after address in vain would fill the link with probes: beyond MAX_CONFLICTS (10) at most " +
      "one attempt a minute (RFC 5227 §2.1.1, RATE_LIMIT_INTERVAL).",
    hints: [
      "Do you count conflicts over all attempts, and only those that ended one?",
      "A conflict that is defended does not count. From the eleventh on, `start` waits 60 s longer before the first probe.",
      "if (conflicts > 10) due += 60_000, on top of the random wait.",
    ],
    run: async (t: Trial) => {
      const bench = await claimBench(t);
      const { own, rival } = bench;
      await bench.announce(0);
      let now = 5000;
      await bench.run(now);
      for (let i = 0; i < 12; i++) await bench.receive(replyFrom(rival, own), now += 10_001);
      await bench.expectState("owned", "after twelve conflicts that were defended: they do not count");
      bench.take();
      for (let attempt = 1; attempt <= 13; attempt++) {
        await bench.start(now);
        const wait = await bench.deadline() - now;
        const [least, most] = attempt <= 11 ? [0, 1000] : [60_000, 61_000];
        t.ok(wait >= least && wait <= most, `attempt ${attempt} to wait ${least} to ${most} ms for its first probe`, `${wait} ms`);
        await bench.run(now + most);
        t.equal(kinds(bench.take()).slice(0, 1), ["probe"], `what attempt ${attempt} sends first`);
        await bench.receive(replyFrom(rival, own), now + most);
        await bench.expectState("conflict", `of attempt ${attempt}`);
        now += most + 1000;
      }
    },
  },

  "late": {
    title: "a late poll takes one step, and keeps its distance",
    kind: "table",
    covers: ["5227-1", "5227-2"],
    look: ["createAddressClaim.poll"],
    why: "Probes that follow at once are one probe: whoever missed the first has no better chance with the others. The pauses are " +
      "minimum pauses, also for a program that was asleep (RFC 5227 §2.1.1).",
    hints: [
      "From when do you count the next pause?",
      "From the time at which the packet was really sent.",
      "due = now + …, not due += ….",
    ],
    run: async (t) => {
      const bench = await claimBench(t);
      await bench.start(0);
      for (const [i, what] of ["probe", "probe", "probe", "announcement", "announcement"].entries()) {
        const now = 50_000 * (i + 1);
        for (const late of [0, 1, 900]) await bench.poll(now + late);
        t.equal(bench.take(), [{ at: now, what }], `what polls at ${now}, ${now + 1} and ${now + 900} ms send`);
      }
      await bench.expectState("owned", "in the end");
    },
  },
};

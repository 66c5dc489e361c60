/** Checks of createAddressClaim: probe, announce, notice who disagrees, defend, give up. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { claimBench, kinds, probeOf, probesAmong, type Sent } from "./claim_bench.ts";
import { expectList } from "./lists.ts";
import { ipText, replyFrom, requestFrom } from "./samples.ts";

export const claim: Readonly<Record<string, CheckSpec>> = {
  "probes": {
    title: "start sends three probes that name no sender",
    kind: "table",
    weight: 2,
    covers: ["5227-1"],
    look: ["createAddressClaim.poll", "createAddressClaim.start", "createAddressClaim.nextDeadline"],
    why: "A probe asks for the address without using it. If it named us as its owner, every table on the link would take us up at " +
      "once, and the true owner would lose his packets: so the sender's IP address is 0.0.0.0 (RFC 5227 §2.1.1).",
    hints: [
      "Compare your packet with the expected: which address is filled in that should be zero?",
      "Request, sender: our MAC and 0.0.0.0; target: MAC zero and the address we want; to everybody. Three times; `start` itself " +
      "sends none.",
      "Let `start` note the time of the first, and `poll` send one when it is due and note the time of the next.",
    ],
    run: async (t) => {
      for (let i = 0; i < 3; i++) {
        const bench = await claimBench(t);
        await bench.expectState("idle", "before start()");
        t.equal(await bench.deadline(), Infinity, "nextDeadline() before start()");
        const start = t.random.int(0, 1_000_000);
        await bench.start(start);
        await bench.expectState("probing", "after start()");
        await bench.run(start + 2000);
        await bench.expectState("probing", "2 s after start()");
        await bench.run(start + 5000);
        t.equal(kinds(bench.take()).slice(0, 3), ["probe", "probe", "probe"], `the first three packets for ${ipText(bench.own.ip)}`);
      }
    },
  },

  "spacing": {
    title: "the waits before and between the probes are random",
    kind: "table",
    covers: ["5227-1"],
    look: ["createAddressClaim.start", "createAddressClaim.poll"],
    why: "After a power cut, a room full of machines starts in the same second. Random waits keep them from probing all at once, " +
      "for ever in step (RFC 5227 §2.1.1: 0–1 s before the first, 1–2 s between).",
    hints: [
      "How many random numbers does one claim need?",
      "Three: one for the first wait, one for each of the two pauses. `options.random()` gives [0, 1).",
      "due = now + 1000 * random() in `start`; now + 1000 + 1000 * random() behind the first and the second probe.",
    ],
    run: async (t: Trial) => {
      const waits: number[][] = [[], [], []];
      for (let i = 0; i < 12; i++) {
        const bench = await claimBench(t);
        await bench.start(0);
        await bench.run(20_000);
        const sent = bench.take();
        const [a = NaN, b = NaN, c = NaN] = sent.filter(({ what }) => what === "probe").map(({ at }) => at);
        t.ok(!Number.isNaN(c), "three probes within 20 s of start()", probesAmong(sent));
        t.ok(a >= 0 && a <= 1000, "the first probe 0 to 1000 ms after start()", `${a} ms`);
        t.ok(b - a >= 1000 && b - a <= 2000, "the second probe 1000 to 2000 ms after the first", `${b - a} ms`);
        t.ok(c - b >= 1000 && c - b <= 2000, "the third probe 1000 to 2000 ms after the second", `${c - b} ms`);
        [a, b - a, c - b].forEach((wait, which) => waits[which]?.push(wait));
      }
      for (const [which, name] of ["first wait", "first pause", "second pause"].entries()) {
        const all = (waits[which] ?? []).map(Math.round);
        const [least, most] = [Math.min(...all), Math.max(...all)];
        const got = least === most ? `${least} ms in each of twelve claims` : `${least} to ${most} ms in all twelve claims`;
        const look = [which === 0 ? "createAddressClaim.start" : "createAddressClaim.poll"];
        await t.about({ look }, () => t.ok(most - least > 100, `the ${name} to differ from claim to claim`, got));
      }
    },
  },

  "announces": {
    title: "no conflict for two seconds: two announcements",
    kind: "table",
    weight: 2,
    covers: ["5227-2"],
    look: ["createAddressClaim.poll", "createAddressClaim.nextDeadline"],
    why: "The answer to the last probe needs time to arrive: 2 s (ANNOUNCE_WAIT). Then two announcements, 2 s apart, tell everyone " +
      "whose table still holds the address's former owner (RFC 5227 §2.3).",
    hints: [
      "What is the difference between a probe and an announcement? One field.",
      "In an announcement the sender's IP address is ours too. The state changes *with* the first (announcing) and the second (owned).",
      "In poll: after three probes, send an announcement, state = announcing, due = now + 2000; then the second, state = owned, " +
      "due = Infinity.",
    ],
    run: async (t) => {
      const bench = await claimBench(t);
      await bench.start(0);
      const probes: Sent[] = [];
      for (let now = 0; now <= 6000 && probes.length < 3; now += 500) {
        await bench.run(now);
        probes.push(...bench.take());
      }
      const why =
        "Before anything is announced, three probes ask for the address, and a probe has no sender: 0.0.0.0 (RFC 5227 §2.1.1). This check is about what follows " +
        "them. Mend claim/probes first.";
      await t.about(
        { why, look: ["createAddressClaim.poll"] },
        () => t.equal(kinds(probes), ["probe", "probe", "probe"], "the first three packets"),
      );
      const last = probes[2]?.at ?? NaN;
      await bench.run(last + 1999);
      t.equal(bench.take(), [], "what is sent within 1999 ms of the last probe");
      await bench.expectState("probing", "1999 ms after the last probe");
      await bench.run(last + 2200);
      const [first] = bench.take();
      t.equal(first?.what, "announcement", "what is sent 2 s after the last probe");
      await bench.expectState("announcing", "after the first announcement");
      const again = first?.at ?? NaN;
      await bench.run(again + 1999);
      t.equal(bench.take(), [], "what is sent within 1999 ms of it");
      await bench.run(again + 2200);
      t.equal(kinds(bench.take()), ["announcement"], "what is sent 2 s after the first announcement");
      await bench.expectState("owned", "after the second announcement");
      t.equal(await bench.deadline(), Infinity, "nextDeadline() of an address that is owned");
    },
  },

  "announce": {
    title: "announce takes the address at once",
    kind: "table",
    covers: ["5227-2"],
    look: ["createAddressClaim.announce", "createAddressClaim.poll"],
    why: "An address that was ours a moment ago, or that an administrator insists on, needn't be asked for; but the tables of the " +
      "others must still be brought up to date, twice, as any packet may be lost (RFC 5227 §2.3).",
    hints: [
      "What does `announce` send, and when is the second one due?",
      "The first announcement leaves inside `announce`; `poll` sends the other 2 s later.",
      "It is the same step that ends the probing: let `poll` call it.",
    ],
    run: async (t) => {
      const bench = await claimBench(t);
      const now = t.random.int(0, 100_000);
      await bench.announce(now);
      t.equal(bench.take(), [{ at: now, what: "announcement" }], "what announce() sends");
      await bench.expectState("announcing", "after announce()");
      await bench.run(now + 1999);
      t.equal(bench.take(), [], "what is sent within 1999 ms of it");
      await bench.run(now + 20_000);
      t.equal(kinds(bench.take()), ["announcement"], "what is sent within 20 s of it");
      await bench.expectState("owned", "after the second announcement");
    },
  },

  "taken": {
    title: "while probing, any packet from our address is a conflict",
    kind: "table",
    weight: 2,
    covers: ["5227-1"],
    look: ["createAddressClaim.receive", "createAddressClaim.poll", "createAddressClaim.nextDeadline"],
    why: "The owner answers the probe, or happens to ask for somebody else: either way a packet, request *or* reply, has our " +
      "address as its sender, and the address is taken (RFC 5227 §2.1.1). Using it would break his connections and ours.",
    hints: [
      "Which field says that somebody has the address?",
      "The sender's IP address. Neither the operation nor the target matters.",
      'if (packet.senderIp === address) state = "conflict", and the deadline is Infinity: nothing more is sent.',
    ],
    run: async (t) => {
      for (const time of [0, t.random.int(1, 3500), 3900]) {
        for (const which of [0, 1, 2]) {
          const bench = await claimBench(t);
          const { own, other, rival } = bench;
          await bench.start(0);
          await bench.run(time);
          bench.take();
          await bench.receive(requestFrom(other, other.ip), time);
          await bench.expectState("probing", "after a packet of somebody else's about himself");
          const packet = [replyFrom(rival, own), requestFrom(rival, other.ip), requestFrom(rival, rival.ip)][which];
          await bench.receive(packet ?? replyFrom(rival, own), time);
          await bench.expectState("conflict", "after a packet from our address");
          await bench.run(60_000);
          t.equal(bench.take(), [], "what is sent after the conflict");
        }
      }
    },
  },

  "rival": {
    title: "somebody else's probe for the address is a conflict",
    kind: "table",
    covers: ["5227-1"],
    look: ["createAddressClaim.receive"],
    why: "Two machines with the same setting start together: each probes, neither owns, neither answers. If they only waited for " +
      "an answer, both would take the address (RFC 5227 §2.1.1). Both step back. Our own probe, heard back from the switch, is told " +
      "apart by its MAC address.",
    hints: [
      "How does a probe look when it comes from somebody else?",
      "A request: sender IP 0.0.0.0, target IP ours, sender MAC *not* ours.",
      "Return at once when senderMac is ours; then look at the operation, senderIp === UNSPECIFIED and targetIp === address.",
    ],
    run: async (t) => {
      for (let i = 0; i < 3; i++) {
        const bench = await claimBench(t);
        const { own, other, rival } = bench;
        await bench.start(0);
        await bench.run(t.random.int(1000, 3900));
        await bench.receive(probeOf(own), 3900);
        await bench.expectState("probing", "after our own probe was heard back");
        await bench.receive(probeOf(other), 3900);
        await bench.expectState("probing", "after a probe for another address");
        await bench.receive(requestFrom(other, own.ip), 3900);
        await bench.expectState("probing", "after an ordinary request for the address we probe: it says who sends, so it is no probe");
        await bench.receive({ ...probeOf(rival), operation: 2 }, 3900);
        await bench.expectState("probing", "after a reply from 0.0.0.0 for our address: only a request is a probe");
        await bench.receive(probeOf(rival), 3900);
        await bench.expectState("conflict", "after somebody else's probe for our address");
      }
    },
  },

  "defend": {
    title: "an address in use is defended with one announcement",
    kind: "table",
    weight: 2,
    covers: ["5227-3"],
    look: ["createAddressClaim.receive"],
    why: "Somebody uses our address. One announcement puts the tables of the others right again, and tells him, if he listens (RFC " +
      "5227 §2.4 (b)). Connections that live on the address are reason enough not to give it up at the first packet.",
    hints: [
      "What is sent when a packet has our IP address, but not our MAC address, as its sender?",
      "One announcement, at once, and the state stays. Note the time.",
      "In `announcing` and `owned`: senderIp === address && senderMac !== mac.",
    ],
    run: async (t) => {
      for (const [when, state] of [[1000, "announcing"], [30_000, "owned"]] as const) {
        const bench = await claimBench(t);
        const { own, other, rival } = bench;
        await bench.announce(0);
        await bench.run(when);
        bench.take();
        await bench.receive(requestFrom(own, own.ip), when);
        await bench.receive(requestFrom(other, own.ip), when);
        await bench.receive(probeOf(rival), when);
        const why =
          "None of the three is a conflict, so none is to be answered by the claim. A switch may send us our own packet again: its sender's MAC address " +
          "is ours. A question for our address and a probe of it do not say that somebody has it: they are for the cache to answer (RFC 5227 §2.4).";
        await t.about({ why, look: ["createAddressClaim.receive"] }, () => {
          t.equal(bench.take(), [], "what is sent for our own packet, a question and a probe: none of them has our address");
        });
        await bench.receive(t.random.pick([requestFrom(rival, other.ip), replyFrom(rival, other), requestFrom(rival, rival.ip)]), when);
        t.equal(bench.take(), [{ at: when, what: "announcement" }], "what is sent for a packet that uses our address");
        await bench.expectState(state, "after it");
      }
    },
  },

  "give-up": {
    title: "a second conflict within ten seconds ends the claim",
    kind: "table",
    weight: 2,
    covers: ["5227-3"],
    look: ["createAddressClaim.receive", "createAddressClaim.nextDeadline"],
    why: "Two stations that both defend would answer each other's announcements for ever. So an address is defended once in 10 s " +
      "(DEFEND_INTERVAL); who is contradicted again gives way (RFC 5227 §2.4 (b)).",
    hints: [
      "What do you remember of the first conflict?",
      "Its time. A second one less than 10 000 ms later: no announcement, state `conflict`. After exactly 10 000 ms: defend.",
      "When now - defended is 10_000 or more: note the time and send one announcement; the state stays. Else give up. It begins at -Infinity.",
    ],
    run: async (t) => {
      const gap = t.random.int(1, 9998);
      const bench = await claimBench(t);
      const { other, rival } = bench;
      await bench.announce(0);
      await bench.run(20_000);
      bench.take();
      await bench.receive(requestFrom(rival, other.ip), 20_000);
      t.equal(kinds(bench.take()), ["announcement"], "what is sent for the first conflict");
      await bench.receive(requestFrom(rival, other.ip), 20_000 + gap);
      await bench.expectState("conflict", `after a second conflict, ${gap} ms later`);
      await bench.run(90_000);
      t.equal(bench.take(), [], "what is sent from then on");
      t.equal(await bench.deadline(), Infinity, "nextDeadline() of a claim that was given up");
    },
  },

  "defend-later": {
    title: "conflicts more than ten seconds apart are each defended",
    kind: "table",
    covers: ["5227-3"],
    look: ["createAddressClaim.receive"],
    why: "A machine that is set up wrongly and speaks once an hour must not take our address away: the limit is about the last ten " +
      "seconds, not about the second conflict ever (RFC 5227 §2.4 (b)).",
    hints: [
      "What happens at a second conflict, long after the first?",
      "Compare with the time of the last defence; do not count them.",
      "now - defended, where `defended` is the time of the last announcement in defence.",
    ],
    run: async (t) => {
      const bench = await claimBench(t);
      const { other, rival } = bench;
      await bench.announce(0);
      await bench.run(8000);
      bench.take();
      const second = 20_000 + t.random.int(10_001, 12_000);
      for (const now of [20_000, second]) {
        await bench.receive(requestFrom(rival, other.ip), now);
        t.equal(bench.take(), [{ at: now, what: "announcement" }], `what is sent for the conflict at ${now} ms`);
        await bench.expectState("owned", `after the conflict at ${now} ms`);
      }
      const third = second + t.random.int(5000, 9990);
      await bench.receive(requestFrom(rival, other.ip), third);
      t.equal(bench.take(), [], `what is sent for the conflict at ${third} ms, ${third - second} ms after the last defence`);
      await bench.expectState("conflict", "after it");
    },
  },

  "restart": {
    title: "start after a conflict begins from the beginning",
    kind: "table",
    covers: ["5227-1", "5227-2"],
    look: ["createAddressClaim.start", "createAddressClaim.poll"],
    why: "The other station may have been switched off meanwhile. But a new attempt is a whole one, with three probes: what the last " +
      "one had asked already says nothing about now (RFC 5227 §2.1.1).",
    hints: [
      "How many probes come in the second attempt?",
      "Three: the count of probes belongs to one attempt.",
      "`start` sets all three: the state, the count of probes, and when the next step is due.",
    ],
    run: async (t) => {
      const bench = await claimBench(t);
      const { own, rival } = bench;
      await bench.start(0);
      await bench.run(3900);
      await bench.receive(replyFrom(rival, own), 3900);
      await bench.expectState("conflict", "after the owner's answer");
      bench.take();
      const again = t.random.int(10_000, 90_000);
      await bench.start(again);
      await bench.expectState("probing", "after another start()");
      await bench.run(again + 20_000);
      const expected = ["probe", "probe", "probe", "announcement", "announcement"];
      expectList(t, kinds(bench.take()), expected, "the packets of the second attempt", "packet");
      await bench.expectState("owned", "in the end");
    },
  },
};

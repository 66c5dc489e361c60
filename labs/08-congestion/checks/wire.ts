/** Public checks of lab 08 on the virtual wire: what goes out when. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { talk } from "./wire_bench.ts";

const TEN = { initialWindow: 10 } as const;
const WINDOW = ["initialWindow", "slowStart", "newAck", "sendWindow"] as const;

const DEFLATED = {
  why:
    "In recovery the window was inflated for segments that had left the network. All of that is acknowledged now, and cwnd is ssthresh at most: kept, the inflation would let " +
    "a burst go (RFC 5681 §3.2, step 6; RFC 2525 §2.8).",
  look: ["newAck"],
};

export const wire: Readonly<Record<string, CheckSpec>> = {
  "slow-start": {
    title: "four segments, then eight, then sixteen",
    kind: "scenario",
    weight: 3,
    covers: ["MUST-19", "5681-2", "5681-3.1a", "5681-3.1b", "5681-3.1c"],
    look: WINDOW,
    why:
      "Slow start is not slow: each round trip doubles what is in flight. It is slower than all at once, which is what came before it (RFC 5681 §3.1; RFC 2525 §2.1 tells of stacks without it).",
    hints: [
      "How many segments go before the first acknowledgment, and how many in each round trip?",
      "4 of 1000 bytes; and for each that is acknowledged, 2.",
      "initialWindow for the first; `cwnd += acked` in slowStart for the others; sendWindow gives cwnd.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 40);
      await talking.expectFirst(4);
      let [from, to] = [0, 4];
      for (const expected of [8, 16]) {
        const sent = await talking.round(from, to);
        t.equal(sent, expected, `segments sent while ${to - from} were acknowledged one by one`);
        [from, to] = [to, to + sent];
      }
    },
  },
  "avoidance": {
    title: "after a loss the window grows by one segment a round trip",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-19", "5681-3.1d", "5681-3.2e"],
    look: ["newAck", "growReno", "duplicateAck", "reduceReno"],
    why:
      "At ssthresh slow start ends: from there on the window opens by one segment in each round trip, until the next loss. Drawn over time that is the sawtooth (RFC 5681 §3.1).",
    hints: [
      "After recovery, cwnd is ssthresh. Which function makes it grow?",
      "growReno, because cwnd is not below ssthresh: one segment more for each window.",
      "In newAck: slowStart only while `cwnd < ssthresh`.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 60, { tcp: TEN });
      await talking.expectFirst(10);
      for (let i = 0; i < 3; i++) await talking.ack(0);
      await talking.heard();
      await talking.ack(12);
      const left = (await talking.heard()).length;
      await t.about(
        DEFLATED,
        () => t.ok(left <= 6, "6 segments at most when recovery is over: half of the 12 that were in flight", amount(left, "segment")),
      );
      const flights: number[] = [];
      for (let [from, to, round] = [12, 12 + left, 0]; round < 6; round++) {
        const sent = await talking.round(from, to);
        flights.push(sent);
        [from, to] = [to, to + sent];
      }
      const growth = flights.slice(1).map((each, i) => each - (flights[i] as number));
      t.ok(
        growth.slice(2).every((each) => each <= 1),
        "at most one segment more in flight after each round trip",
        `${flights.join(", ")} segments`,
      );
      t.ok(
        (flights.at(-1) as number) > (flights[2] as number),
        "more in flight in the end than in the beginning",
        `${flights.join(", ")} segments`,
      );
    },
  },
  "fast-retransmit": {
    title: "the third duplicate sends the lost segment at once",
    kind: "scenario",
    weight: 3,
    covers: ["5681-3.2b", "5681-3.2c", "5681-3.2d", "5681-dup"],
    look: ["duplicateAck", "isDuplicateAck", "sendWindow"],
    why:
      "Without it the timer must notice, a second later at the earliest. The two before it send something new, one segment each; those after it inflate the window until new text may go again (RFC 5681 §3.2, RFC 3042).",
    hints: [
      "Ten segments are in flight, the first is lost. What goes out with each of nine duplicates?",
      "10 and 11 with the first two (limited transmit); 0 with the third; nothing until the window, 5 + 3 and one for each, is larger than what is in flight, 12; then 12 and 13.",
      'dupAcks in sendWindow; "resend" with the third; `cwnd += smss` in recovery.',
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 40, { tcp: TEN });
      await talking.expectFirst(10);
      await talking.ack(0);
      await talking.expect([10], "the first duplicate: one new segment may go");
      await talking.ack(0);
      await talking.expect([11], "the second duplicate: one more");
      await talking.ack(0);
      await talking.expect([0], "the third duplicate: the lost segment");
      for (const [nth, expected] of [[4, []], [5, []], [6, []], [7, []], [8, [12]], [9, [13]]] as const) {
        await talking.ack(0);
        await talking.expect(expected, `duplicate number ${nth}: the window is ${5 + nth} segments, and 12 were in flight`);
      }
    },
  },
  "partial": {
    title: "two losses in a window: two retransmissions, one timer",
    kind: "scenario",
    weight: 2,
    covers: ["6582", "5681-4.3"],
    look: ["newAck", "duplicateAck"],
    why:
      "The acknowledgment that answers the retransmission stops at the next hole: that segment goes at once, and the window is not halved again. Before NewReno each further loss of a window cost a timeout (RFC 6582 §1).",
    hints: [
      "0 was sent again, and 4 is acknowledged: what is missing?",
      "Segment 4: it goes at once. When everything is acknowledged, recovery is over.",
      'newAck returns "resend" in recovery as long as una is before recoveryPoint.',
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 10, { tcp: TEN });
      await talking.expectFirst(10);
      for (let i = 0; i < 3; i++) await talking.ack(0);
      await talking.expect([0], "the third duplicate");
      await talking.ack(4);
      await talking.expect([4], "an acknowledgment up to the next hole");
      await talking.ack(7);
      await talking.expect([7], "and up to the next");
      await talking.ack(10);
      await talking.expect([], "everything is acknowledged");
    },
  },
  "timeout": {
    title: "after a timeout: one, then two, then four",
    kind: "scenario",
    weight: 3,
    covers: ["MUST-19", "5681-3.1e"],
    look: ["timedOut", "newAck", "slowStart", "sendWindow"],
    why:
      "Everything in flight goes again, in slow start. All at once it would meet the same fate as before (RFC 5681 §3.1; RFC 2525 §2.2, §2.4).",
    hints: [
      "What goes when the timer fires, and what with the first acknowledgment?",
      "The first segment, alone; then the next two; with each acknowledgment one more than was acknowledged.",
      "cwnd is 1 SMSS after timedOut; slowStart opens it by 1 SMSS for each acknowledgment.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 16, { tcp: TEN });
      await talking.expectFirst(10);
      await talking.tcp.wait(1100);
      await talking.expect([0], "the timer fired: one segment");
      await talking.ack(1);
      await talking.expect([1, 2], "it was acknowledged: two may be in flight");
      await talking.ack(2);
      await talking.expect([3, 4], "one of the two was acknowledged, and three may be in flight");
      await talking.ack(3);
      await talking.expect([5, 6], "one of the three was acknowledged, and four may be in flight");
    },
  },
  "restart-window": {
    title: "after a pause the first window goes, and not the last",
    kind: "scenario",
    covers: ["5681-4.1"],
    look: ["restartAfterIdle", "initialWindow"],
    why: "Nothing paces the first window after a pause, and nobody knows whether the way is what it was (RFC 5681 §4.1).",
    hints: [
      "How many segments go after a pause of five seconds?",
      "As many as the initial window holds: four of 1000 bytes.",
      "restartAfterIdle makes cwnd min(IW, cwnd), and leaves ssthresh.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 12);
      await talking.expectFirst(4);
      await talking.round(0, 12);
      await talking.tcp.wait(5000);
      await talking.write(30);
      await talking.expect([12, 13, 14, 15], "the initial window, after five seconds without a word");
    },
  },
  "sack": {
    title: "with SACK only what is missing goes again",
    kind: "scenario",
    weight: 3,
    covers: ["6675-5", "6675-4", "5681-4.3"],
    look: ["createScoreboard.nextSegment", "createScoreboard.isLost", "createScoreboard.pipe", "duplicateAck", "newAck"],
    why:
      "The peer has told what it holds. Each hole goes once, as soon as less is on its way than the window allows, and the window is halved once (RFC 6675 §5). If a check of scoreboard fails, too, mend that first.",
    hints: [
      "Ten segments, of which 0 and 4 are lost. What goes out when?",
      "0 with the third duplicate. 4 when more than two segments above it are held, and cwnd (5) is larger than what is on its way.",
      "pipe must neither count what is SACKed nor what is lost; nextSegment finds 4 by rule 1.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 10, { sack: true, tcp: TEN });
      await talking.expectFirst(10);
      await talking.ack(0, [1, 2]);
      await talking.ack(0, [1, 3]);
      await talking.expect([], "two duplicates, and nothing new to send");
      await talking.ack(0, [1, 4]);
      await talking.expect([0], "the third");
      await talking.ack(0, [5, 7], [1, 4]);
      await t.about(
        { look: ["createScoreboard.pipe"] },
        () => talking.expect([], "0, 4 and 7 to 9 are on their way, five segments: as many as the window holds"),
      );
      await talking.ack(0, [5, 10], [1, 4]);
      await talking.expect([4], "there are enough segments above 4: it is lost");
      await talking.ack(4, [5, 10]);
      await talking.expect([], "a partial acknowledgment: 4 is on its way already");
      await talking.ack(10);
      await talking.write(20);
      await talking.expect([10, 11, 12, 13, 14], "recovery is over, and the window is half of what it was");
    },
  },
};

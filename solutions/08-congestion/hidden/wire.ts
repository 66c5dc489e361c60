/** Hidden checks of lab 08 on the virtual wire. */
import { talk } from "../../../labs/08-congestion/checks/wire_bench.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

const TEN = { initialWindow: 10 } as const;

export const wire: Readonly<Record<string, CheckSpec>> = {
  "second-loss": {
    title: "a loss in the next window is a loss again",
    kind: "scenario",
    weight: 2,
    covers: ["5681-4.3", "6582"],
    look: ["duplicateAck", "newAck"],
    why:
      "`recover` keeps one window's losses together. What is lost of the next window is a second sign of congestion, and is to be noticed as fast as the first (RFC 5681 §4.3).",
    hints: [
      "After recovery new segments went out; one of those is lost. Is una beyond recoveryPoint?",
      "It is: so the third duplicate begins a new recovery.",
      "`una <= state.recoveryPoint` is the only case in which the third duplicate is waited for.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 40, { tcp: TEN });
      await talking.heard();
      for (let i = 0; i < 3; i++) await talking.ack(0);
      await talking.ack(12);
      await talking.ack(13);
      await talking.heard();
      for (let i = 0; i < 2; i++) await talking.ack(13);
      await talking.heard();
      await talking.ack(13);
      await talking.expect([13], "the third duplicate in the window after the first loss");
    },
  },
  "no-news": {
    title: "with SACK a duplicate without news sends nothing",
    kind: "scenario",
    covers: ["5681-3.2b", "6675-5"],
    look: ["isDuplicateAck", "createScoreboard.update"],
    why: "A network that repeats acknowledgments would else have us retransmit what is not lost (RFC 3042 §2, RFC 6675 §2).",
    hints: [
      "The same block came five times. How many segments have arrived for that?",
      "One. The other four tell of nothing new.",
      "update returns 0 for what is known, and then it is no duplicate.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 40, { sack: true, tcp: TEN });
      await talking.heard();
      await talking.ack(0, [1, 2]);
      await talking.expect([10], "one segment has arrived beyond the gap: one more may go");
      for (let i = 0; i < 5; i++) await talking.ack(0, [1, 2]);
      await talking.expect([], "the same block again, five times");
    },
  },
  "sack-timeout": {
    title: "after a timeout what is told anew does not go again",
    kind: "scenario",
    weight: 2,
    covers: ["6675-5.1", "2018-5", "5681-3.1e"],
    look: ["createScoreboard.timedOut", "createScoreboard.nextSegment", "timedOut"],
    why:
      "What the peer held before the timeout is forgotten. What it says from now on that it holds, it holds: to send it again would be for nothing (RFC 6675 §5.1).",
    hints: [
      "The timer fired, 0 went again; the answer tells of 4 to 8. What goes next?",
      "1 and 2; then 3 and, because 4 to 8 are held, 8.",
      "update works after timedOut as before; nextSegment skips what is SACKed.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 10, { sack: true, tcp: TEN });
      await talking.heard();
      await talking.tcp.wait(1100);
      await talking.expect([0], "the timer fired");
      await talking.ack(1, [4, 8]);
      await talking.expect([1, 2], "two may be in flight");
      await talking.ack(2, [4, 8]);
      await talking.expect([3, 8], "three may be in flight: 2 is; 4 to 8 are held");
    },
  },
  "second-timeout": {
    title: "after a timeout the timer backs off, one segment at a time",
    kind: "scenario",
    covers: ["5681-3.1e", "MUST-19"],
    look: ["timedOut"],
    why: "Every timeout leaves one segment to be sent, and twice the wait (RFC 5681 §3.1, RFC 6298 §5.5).",
    hints: ["What goes after the second timeout?", "The first segment again, alone.", "cwnd is 1 SMSS after each call of timedOut."],
    run: async (t: Trial) => {
      const talking = await talk(t, 30, { tcp: TEN });
      await talking.expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "an initial window of ten segments");
      for (const wait of [1100, 2000, 4000]) {
        await talking.tcp.wait(wait);
        await talking.expect([0], `one segment within ${wait} ms`);
      }
    },
  },
  "used-up": {
    title: "an application with little to say opens no window",
    kind: "scenario",
    covers: ["5681-2", "5681-3.1c"],
    look: ["newAck"],
    why: "Twenty segments, one at a time, prove that one fits. A window of twenty would be a guess (RFC 9438 §5.8).",
    hints: [
      "Segments go one by one, each acknowledged. How large is the window after twenty?",
      "As large as in the beginning.",
      "Where newAck makes the window grow, it asks for `limited` first.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 1);
      for (let number = 0; number < 20; number++) {
        await talking.ack(number + 1);
        await talking.write(number === 19 ? 30 : 1);
        if (number < 19) await talking.heard();
      }
      const heard = await talking.heard();
      t.ok(heard.length <= 5, "at most the initial window at once, after twenty single segments", `${heard.length} segments`);
    },
  },
  "small-window": {
    title: "three segments in flight: a loss is noticed all the same",
    kind: "scenario",
    weight: 2,
    covers: ["5681-3.2b"],
    look: ["sendWindow", "duplicateAck"],
    why: "Behind the first of three only two can answer. The third duplicate comes from what limited transmit let go (RFC 3042 §1).",
    hints: [
      "0 of three segments is lost. What goes out with each duplicate?",
      "3 with the first, 4 with the second; and the answer to 3 is the third: 0 goes again.",
      "sendWindow allows one segment more for each of the first two.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 20, { tcp: { initialWindow: 3 } });
      await talking.expect([0, 1, 2], "an initial window of three segments");
      for (const [sent, why] of [[3, "the first duplicate, for 1"], [4, "the second, for 2"], [0, "the third, for 3"]] as const) {
        await talking.ack(0);
        await talking.expect([sent], why);
      }
    },
  },
  "cubic": {
    title: "CUBIC goes on with seven of ten segments",
    kind: "scenario",
    covers: ["9438", "6675-5"],
    look: ["duplicateAck", "reduceCubic", "newAck"],
    why: "The way is the same for both algorithms, and how far the window shrinks is not (RFC 9438 §4.6).",
    hints: [
      "Ten segments were the window. How many go when recovery is over?",
      "Seven: ssthresh, and with SACK cwnd, is 0.7 of it.",
      "duplicateAck must call reduceCubic when `algorithm` says so.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 40, { sack: true, tcp: { ...TEN, congestion: "cubic" } });
      await talking.heard();
      await talking.ack(0, [1, 2]);
      await talking.ack(0, [1, 3]);
      await talking.expect([10, 11], "two duplicates, and one new segment for each");
      await talking.ack(0, [1, 4]);
      await talking.expect([0], "the third");
      await talking.ack(12);
      await talking.expect([12, 13, 14, 15, 16, 17, 18], "all of it is acknowledged: seven segments may be in flight");
    },
  },
  "three-holes": {
    title: "three holes in a window: each goes once",
    kind: "scenario",
    weight: 2,
    covers: ["6675-5", "6675-4", "5681-4.3"],
    look: ["createScoreboard.nextSegment", "createScoreboard.isLost", "createScoreboard.pipe", "duplicateAck"],
    why:
      "One acknowledgment tells of all three. None goes twice, nothing that is held goes at all, and the window is halved once (RFC 6675 §5).",
    hints: [
      "Of 0 to 9, 0, 2 and 4 are lost, and one acknowledgment tells of all the others. What goes again?",
      "0, at once; and as many of 2 and 4 as cwnd − pipe allows: that is both.",
      "pipe counts what was sent again, from una up to highRxt, and nothing of what is held or lost.",
    ],
    run: async (t: Trial) => {
      const talking = await talk(t, 10, { sack: true, tcp: TEN });
      await talking.heard();
      await talking.ack(0, [5, 10], [3, 4], [1, 2]);
      await talking.expect([0, 2, 4], "five may be in flight, and all that is in flight is lost or held");
      await talking.ack(2, [5, 10], [3, 4]);
      await talking.ack(4, [5, 10]);
      await talking.expect([], "2 and 4 are on their way already");
      await talking.ack(10);
      await talking.write(10);
      await talking.expect([10, 11, 12, 13, 14], "recovery is over, and the window is half of what it was");
    },
  },
};

/** Public checks of lab 08 with the kernel, across a wire that loses what it is told to. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectHalved, expectOnlyLostAgain, expectWithinSlowStart, transfer, withText } from "./live_bench.ts";

const SIZE = 200_000;
const RECOVERY = ["duplicateAck", "newAck", "isDuplicateAck"] as const;
const SCOREBOARD = ["createScoreboard.nextSegment", "createScoreboard.isLost", "createScoreboard.pipe", "createScoreboard.update"] as const;

export const live: Readonly<Record<string, CheckSpec>> = {
  "slow-start": {
    title: "you send the kernel 200,000 bytes, in slow start",
    kind: "live",
    weight: 2,
    twin: "wire/slow-start",
    covers: ["MUST-19", "5681-3.1a", "5681-3.1c"],
    look: ["initialWindow", "slowStart", "newAck", "sendWindow"],
    why: "The kernel's window is far larger than what you may send at first: what keeps you back is your own (RFC 5681 §3.1).",
    hints: [
      "Does wire/slow-start pass?",
      "Here the kernel acknowledges as it likes: several segments at once, mostly. Each acknowledgment may open the window by what it acknowledges, at most.",
      "cwnd never grows by more than `acked`.",
    ],
    run: async (t: Trial) => {
      const done = await transfer(t, SIZE, { initialWindow: 4 }, () => false);
      expectWithinSlowStart(t, done, 4 * (withText(done)[0]?.data.length ?? 0));
      expectOnlyLostAgain(t, done);
    },
  },
  "one-loss": {
    title: "one segment gets lost, and goes again by itself",
    kind: "live",
    weight: 2,
    twin: "wire/sack",
    covers: ["5681-3.2b", "6675-5"],
    look: [...RECOVERY, ...SCOREBOARD],
    why:
      "The kernel tells at once what it holds beyond the gap. One segment is missing, and one goes again; nobody waits for a timer (RFC 6675 §5).",
    hints: [
      "Does wire/sack pass?",
      "What went again besides the one that got lost? Look for the same number twice in the ladder.",
      "nextSegment skips what is SACKed, and what lies before highRxt.",
    ],
    run: async (t: Trial) => expectOnlyLostAgain(t, await transfer(t, SIZE, { initialWindow: 10 }, (number) => number === 20)),
  },
  "limited-transmit": {
    title: "three in flight, the first gets lost: no timer is needed",
    kind: "live",
    twin: "window/limited-transmit",
    covers: ["5681-3.2b"],
    look: ["sendWindow", "duplicateAck", "isDuplicateAck"],
    why: "Two segments behind the lost one make two duplicates. The third is for what these two let go (RFC 3042 §1).",
    hints: [
      "What went out between the second acknowledgment of the kernel and the third?",
      "One new segment for each of the first two duplicates, beyond cwnd.",
      "That is sendWindow's part: the kernel's first two duplicates each let one segment more go.",
    ],
    run: async (t: Trial) => {
      expectOnlyLostAgain(t, await transfer(t, SIZE, { initialWindow: 3, sack: false }, (number) => number === 0));
    },
  },
  "halves": {
    title: "after a loss half as much is in flight",
    kind: "live",
    twin: "duplicates/sack-third",
    covers: ["5681-3.2c", "5681-3.2e", "6675-5"],
    look: ["duplicateAck", "reduceReno", "newAck"],
    why: "The lost segment is mended in no time. What the loss told, that less fits, must outlast that (RFC 5681 §3.1, equation 4).",
    hints: [
      "How much was in flight when the lost segment went again, and how much after everything up to there was acknowledged?",
      "Half of it, and a segment or two that congestion avoidance adds.",
      "cwnd becomes ssthresh in duplicateAck, and newAck leaves it there when recovery ends.",
    ],
    run: async (t: Trial) => {
      expectHalved(t, await transfer(t, SIZE, { initialWindow: 10, congestion: "reno" }, (number) => number === 40));
    },
  },
  "three-losses": {
    title: "three segments of one window get lost",
    kind: "live",
    twin: "wire/sack",
    covers: ["6675-5", "5681-4.3"],
    look: SCOREBOARD,
    why: "One window, one loss: three holes are mended in one recovery, and nothing else goes again (RFC 6675 §5).",
    hints: [
      "Does live/one-loss pass?",
      "The kernel reports up to three blocks at a time. Which hole does your scoreboard see after each acknowledgment?",
      "Rule 1 finds the lowest hole that is lost and not before highRxt: after the first it is the second.",
    ],
    run: async (t: Trial) => {
      const done = await transfer(t, SIZE, { initialWindow: 10 }, (number) => number === 20 || number === 23 || number === 25);
      expectOnlyLostAgain(t, done);
    },
  },
  "new-reno": {
    title: "without SACK two losses of a window need no timer",
    kind: "live",
    weight: 2,
    twin: "wire/partial",
    covers: ["6582", "5681-3.2b", "5681-3.2d"],
    look: RECOVERY,
    why:
      "The kernel only repeats its acknowledgment. The third begins recovery, and the partial acknowledgment tells of the second hole (RFC 6582 §3.2).",
    hints: [
      "Do wire/fast-retransmit and wire/partial pass?",
      "If it stops: for which number do the duplicates come, and what went out for them?",
      'A partial acknowledgment answers "resend" until una has reached recoveryPoint.',
    ],
    run: async (t: Trial) => {
      const done = await transfer(t, SIZE, { initialWindow: 10, sack: false }, (number) => number === 20 || number === 24);
      expectOnlyLostAgain(t, done);
    },
  },
  "one-in-twenty": {
    title: "one segment in twenty gets lost, and all of it arrives",
    kind: "live",
    twin: "wire/sack",
    covers: ["6675-5", "5681-4.3", "6675-4"],
    look: [...SCOREBOARD, "duplicateAck", "newAck"],
    why:
      "A path that loses five in a hundred stops those who wait for the timer each time. Here every loss is noticed by what arrives after it (RFC 6675 §5).",
    hints: [
      "Does live/three-losses pass?",
      "Is a recovery over when una reaches recoveryPoint, and can the next one begin then?",
      "With SACK a new loss needs `una >= recoveryPoint`.",
    ],
    run: async (t: Trial) => {
      await transfer(t, SIZE, { initialWindow: 10 }, (number) => number % 20 === 15 && number < 120);
    },
  },
  "cubic": {
    title: "the same with CUBIC",
    kind: "live",
    twin: "cubic/reduces",
    covers: ["9438", "6675-5"],
    look: ["growCubic", "reduceCubic", "duplicateAck"],
    why: "How much is lost does not depend on the algorithm, and neither does what goes again (RFC 9438 §4.6).",
    hints: [
      "Does live/one-loss pass? Then look at cwnd after the loss.",
      "It should be 0.7 of what was in flight, and a number: a NaN stops everything.",
      "growCubic needs `roundTrip` in milliseconds and K in seconds; `Math.cbrt` gives no NaN.",
    ],
    run: async (t: Trial) => {
      const done = await transfer(t, SIZE, { initialWindow: 10, congestion: "cubic" }, (number) => number === 20 || number === 60);
      expectOnlyLostAgain(t, done);
    },
  },
};

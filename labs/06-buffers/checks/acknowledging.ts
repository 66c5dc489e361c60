/** Public checks of lab 06: when to acknowledge (`createAcknowledger`), and when to ask a closed window (`probeDelay`). */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { timeText } from "./timer_bench.ts";

const RECEIVED = ["createAcknowledger.received"] as const;

const BYTES = {
  why:
    "The rule is about full segments, because they mean that much is coming. Single bytes are a conversation, for which the delay is made: count bytes, `2 * mss` of them, " +
    "and not segments (RFC 5681 §4.2).",
  look: RECEIVED,
};

export const acknowledging: Readonly<Record<string, CheckSpec>> = {
  "waits": {
    title: "a small segment waits for the delay, and not longer",
    kind: "table",
    covers: ["SHLD-18", "MUST-40", "5681-4.2"],
    look: RECEIVED,
    why:
      "Perhaps the application answers in a moment, and the answer carries the acknowledgment for nothing. But the peer measures round trips by it: half a second is the " +
      "most it may wait (RFC 9293 §3.8.6.3, MUST-40).",
    hints: [
      "A segment at 1000, with a delay of 40. When is the acknowledgment due?",
      "At 1040; and received says false, since nothing must go out now.",
      "The deadline is `now + delay` when none was set, and received returns whether it is due already.",
    ],
    run: async (t: Trial) => {
      for (const delay of [40, t.random.int(10, 200), 499]) {
        const acknowledger = await t.buffers.createAcknowledger(delay);
        const now = t.random.int(0, 100_000);
        const length = t.random.int(1, 1460);
        t.equal(
          await acknowledger.received("later", length, 1460, now),
          false,
          `received("later", ${length}, 1460, ${now}), the first segment`,
        );
        const deadline = await acknowledger.deadline();
        t.ok(deadline === now + delay, `deadline() to be ${now + delay} after it, with a delay of ${delay} ms`, timeText(deadline));
      }
    },
  },
  "first-one-counts": {
    title: "the delay counts from the first segment that waits",
    kind: "table",
    covers: ["SHLD-18", "MUST-40"],
    look: RECEIVED,
    why:
      "If each small segment put the acknowledgment off, a peer who types steadily would never get one, and would send everything again (RFC 9293 §3.8.6.3).",
    hints: [
      "Segments at 1000 and 1030, a delay of 40: when is it due?",
      "At 1040. A later segment may bring the deadline forward, and never puts it off.",
      "The deadline becomes the lesser of what it was and `now + delay`.",
    ],
    run: async (t) => {
      const delay = t.random.int(100, 400);
      const acknowledger = await t.buffers.createAcknowledger(delay);
      const now = t.random.int(0, 100_000);
      await acknowledger.received("later", 1, 1460, now);
      for (const later of [now + 1, now + t.random.int(2, 98), now + 99]) {
        const due = await acknowledger.received("later", 1, 1460, later);
        await t.about(BYTES, () => Promise.try(() => t.equal(due, false, `received of 1 byte at ${later}, with the first at ${now}`)));
        t.equal(await acknowledger.deadline(), now + delay, `deadline() after it, with a delay of ${delay} ms`);
      }
      t.equal(await acknowledger.received("later", 1, 1460, now + delay), true, `received of 1 byte at ${now + delay}, when it is due`);
    },
  },
  "second-segment": {
    title: "every second full segment is acknowledged at once",
    kind: "table",
    weight: 2,
    covers: ["SHLD-19", "5681-4.2"],
    look: RECEIVED,
    why:
      "Acknowledgments are what lets the peer send on. Fewer than one for two full segments makes its sending bursty and its growth slow: “stretch ACKs” " +
      "(RFC 2525 §2.13, RFC 9293 §3.8.6.3).",
    hints: [
      "What must you remember from one segment to the next?",
      "How many bytes came since the last acknowledgment. At two full segments' worth, `2 * mss`, it is time.",
      "Count in `received`, set to 0 in `sent`.",
    ],
    run: async (t) => {
      for (const mss of [1460, 1448, 536]) {
        const acknowledger = await t.buffers.createAcknowledger(40);
        let now = t.random.int(0, 1000);
        for (let round = 0; round < 4; round++) {
          t.equal(
            await acknowledger.received("later", mss, mss, now),
            false,
            `received of a full segment of ${mss}, the first after an acknowledgment`,
          );
          t.equal(await acknowledger.received("later", mss, mss, now + 1), true, `received of a full segment of ${mss}, the second`);
          await acknowledger.sent();
          now += 10;
        }
      }
    },
  },
  "small-ones-add-up": {
    title: "small segments count by their bytes",
    kind: "table",
    covers: ["SHLD-19", "5681-4.2"],
    look: ["createAcknowledger.received"],
    why:
      "The rule is about full segments, because they mean that much is coming. Ten small ones are a conversation, for which the delay is made; but as many bytes as two " +
      "full ones are as good as two (RFC 5681 §4.2).",
    hints: [
      "Do you count segments or bytes?",
      "Bytes: `2 * mss` of them, in however many segments.",
      "Small segments below that wait for the delay, however many they are.",
    ],
    run: async (t) => {
      const acknowledger = await t.buffers.createAcknowledger(200);
      for (let round = 0; round < 3; round++) {
        let sum = 0;
        for (let i = 0; sum < 2920; i++) {
          const length = t.random.int(100, 500);
          sum += length;
          const due = await acknowledger.received("later", length, 1460, 1000 * round + i);
          t.equal(due, sum >= 2920, `received of ${length} bytes, ${sum} since the last acknowledgment`);
        }
        await acknowledger.sent();
      }
    },
  },
  "now": {
    title: "what must not wait is acknowledged now",
    kind: "table",
    covers: ["5681-3.2a", "MUST-58"],
    look: RECEIVED,
    why:
      "A segment beyond a gap, or one that closes it, is news for the sender: three such acknowledgments are how it learns of a loss before its timer fires " +
      "(RFC 5681 §4.2).",
    hints: [
      "What does `when` say?",
      "With “now” the answer is true, however little came.",
      "Then the deadline is `now` at the latest.",
    ],
    run: async (t: Trial) => {
      const acknowledger = await t.buffers.createAcknowledger(t.random.int(10, 400));
      const now = t.random.int(0, 1000);
      t.equal(await acknowledger.received("now", 1, 1460, now), true, 'received("now", 1, 1460, …) when nothing waits');
      await acknowledger.sent();
      await acknowledger.received("later", 1, 1460, now + 5);
      t.equal(await acknowledger.received("now", 0, 1460, now + 6), true, 'received("now", 0, 1460, …) when something waits');
      const deadline = await acknowledger.deadline();
      t.ok(deadline <= now + 6, `deadline() to be ${now + 6} at the latest`, timeText(deadline));
    },
  },
  "sent": {
    title: "once it is sent, nothing waits",
    kind: "table",
    covers: ["MUST-58", "5681-4.2"],
    look: ["createAcknowledger.sent"],
    why:
      "Each segment with text of ours carries an acknowledgment. What waited is then said, and a second one would say the same again (RFC 5681 §4.2: no more than one for " +
      "each segment).",
    hints: [
      "What is left to do after an acknowledgment went out?",
      "Nothing: no bytes wait, and no time is due.",
      "Both of the two variables go back to what they were at the start.",
    ],
    run: async (t) => {
      const acknowledger = await t.buffers.createAcknowledger(40);
      t.equal(await acknowledger.deadline(), Infinity, "deadline() when nothing has come");
      const length = t.random.int(1, 1459);
      await acknowledger.received("later", length, 1460, 100);
      await acknowledger.sent();
      t.equal(await acknowledger.deadline(), Infinity, "deadline() after sent()");
      t.equal(await acknowledger.received("later", 2920 - length, 1460, 120), length === 0, `received of ${2920 - length} bytes after it`);
      t.equal(await acknowledger.deadline(), 160, "deadline() after that");
    },
  },
};

export const probing: Readonly<Record<string, CheckSpec>> = {
  "delays": {
    title: "probes come after one timeout, and then twice as late each",
    kind: "table",
    covers: ["SHLD-29", "SHLD-30", "MUST-36"],
    look: ["probeDelay"],
    why:
      "The segment that opens the window again may be lost, and nobody acknowledges an acknowledgment. So whoever has something to send must ask: after one retransmission timeout " +
      "first, then less and less often (RFC 9293 §3.8.6.1).",
    hints: [
      "How long is the wait before the first probe, which has number 0?",
      "The timeout, times 1, 2, 4, 8, …",
      "timeout · 2 to the power of count, at most `most`.",
    ],
    run: async (t) => {
      const timeout = t.random.int(200, 3000);
      const lists = Array.from({ length: 10 }, (_, count) => [count, timeout, 60_000] as const);
      const outcomes = await t.many("buffers", "probeDelay", lists);
      for (const [count] of lists) {
        const expected = Math.min(timeout * 2 ** count, 60_000);
        t.equal(outcomes[count]?.value, expected, `probeDelay(${count}, ${timeout}, 60000)`);
      }
    },
  },
  "no-overflow": {
    title: "the fortieth pause is as long as the tenth",
    kind: "table",
    covers: ["SHLD-30", "MUST-37"],
    look: ["probeDelay"],
    why:
      "A peer may keep its window shut for days, and the connection stays. Powers of 2 outgrow 32 bits, and bit operators then begin again at 1: a host that counts with them " +
      "floods the peer after half an hour (RFC 9293 §3.8.6.1).",
    hints: [
      "What is `1 << 32`?",
      "1. Bit operators count in 32 bits, and powers of 2 do not end there.",
      "`2 ** count` becomes Infinity in the end, and the lesser of Infinity and `most` is `most`.",
    ],
    run: async (t) => {
      const timeout = t.random.int(200, 3000);
      t.equal(await t.buffers.probeDelay(0, timeout, 60_000), timeout, `probeDelay(0, ${timeout}, 60000)`);
      const counts = [29, 30, 31, 32, 33, 40, 64];
      const outcomes = await t.many("buffers", "probeDelay", counts.map((count) => [count, timeout, 60_000]));
      for (const [i, count] of counts.entries()) t.equal(outcomes[i]?.value, 60_000, `probeDelay(${count}, ${timeout}, 60000)`);
    },
  },
};

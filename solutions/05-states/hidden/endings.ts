/** Hidden checks of `abort`, `createChallengeLimit` and `mayReopen`. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { everywhere, sending } from "../../../labs/05-states/checks/ack.ts";
import { expectStep, segmentFor, tcbIn } from "../../../labs/05-states/checks/bench.ts";
import { countAllowed, limitOf } from "../../../labs/05-states/checks/endings.ts";

export const abort: Readonly<Record<string, CheckSpec>> = {
  "in-flight": {
    title: "the RST of an abort lies behind all that is in flight",
    kind: "table",
    weight: 2,
    covers: ["MUST-12"],
    look: ["abort"],
    why:
      "With 500 bytes on their way, the peer expects sndUna now, and sndNxt when they have come. The RST comes behind them, and must be exact then (RFC 9293 §3.10.5; RFC 5961 §3.2).",
    hints: [
      "What does the peer expect when the RST arrives?",
      "What comes behind the text that arrived just before: sndNxt.",
      "sndUna is right only when nothing is in flight.",
    ],
    run: async (t) => {
      for (const state of ["ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-1"] as const) {
        await everywhere(t, async (place) => {
          const tcb = sending(state, place, t.random.int(2, 5000));
          const legal = [`send(RST ACK, ${tcb.sndNxt}, ${tcb.rcvNxt})`, `send(RST, ${tcb.sndNxt})`];
          await expectStep(t, "abort", tcb, undefined, { effects: [legal, 'event("abort")', 'fail("aborted")'] });
        });
      }
    },
  },
};

export const limit: Readonly<Record<string, CheckSpec>> = {
  "separate": {
    title: "two limits count each for itself",
    kind: "table",
    covers: ["R5961-7"],
    look: ["createChallengeLimit.allow"],
    why:
      "Every host has a limit of its own, and a test bench has many hosts in one program. What is counted belongs to the object, not to the file.",
    hints: [
      "Where does your counter live?",
      "Inside createChallengeLimit, so that each call makes a new one.",
      "The stub has the place for it, in front of the object that is returned.",
    ],
    run: async (t) => {
      const [most, other] = [t.random.int(2, 9), t.random.int(10, 19)];
      const first = await limitOf(t, most, 5000);
      const second = await limitOf(t, other, 5000);
      t.equal(await countAllowed(t, first, Array(30).fill(100)), most, "allowed by the first limit");
      t.equal(await countAllowed(t, second, Array(30).fill(100)), other, "allowed by the second limit");
    },
  },

  "storm": {
    title: "a storm that never ends is held to its rate",
    kind: "table",
    weight: 2,
    covers: ["R5961-7"],
    look: ["createChallengeLimit.allow"],
    why:
      "One segment each millisecond, for a minute: a limiter whose interval begins anew with every call either lets all through or none ever again (RFC 5961 §7).",
    hints: [
      "When does a new interval begin?",
      "When the old one is over, and not with every call.",
      "The start of the interval changes only when `interval` milliseconds have passed since it.",
    ],
    run: async (t) => {
      const [most, interval] = [t.random.int(5, 15), 5000];
      const limit = await limitOf(t, most, interval);
      const allowed = await countAllowed(t, limit, Array.from({ length: 6000 }, (_, i) => 1000 + 10 * i));
      const least = most * 11;
      const range = `${least} to ${most * 13} allowed of 6000 asked in a minute (${most} in each 5 seconds)`;
      t.step(range);
      if (allowed < least || allowed > most * 13) t.equal(`${allowed} allowed`, range, "how many");
    },
  },
};

export const reopen: Readonly<Record<string, CheckSpec>> = {
  "timestamp-wrap": {
    title: "the newer timestamp is newer also across the wrap",
    kind: "table",
    covers: ["SHLD-4"],
    look: ["mayReopen"],
    why:
      "The clock behind a timestamp wraps. 5 is newer than 0xfffffff0; and an older timestamp says no, however high the number is (RFC 6191 §2).",
    hints: [
      "How do you compare timestamps in checkTimestamps?",
      "By the sign of their difference in 32 bits; the same here.",
      "(segment.tsVal - tcb.tsRecent | 0) > 0.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const tsRecent of [0xffff_fff0, 0x7fff_fff0, t.random.int(0, 0xffff_ffff)]) {
          const tcb = tcbIn("TIME-WAIT", place, { timestamps: true, tsRecent });
          for (const [ahead, at, verdict] of [[t.random.int(20, 9000), -50, true], [-20, 50, false], [-20, -50, false]] as const) {
            const segment = segmentFor(tcb, { flags: "SYN", at, timestamps: true, tsVal: (tsRecent + ahead) >>> 0 });
            await expectStep(t, "mayReopen", { ...tcb }, segment, { verdict });
          }
        }
      });
    },
  },

  "no-timestamp": {
    title: "a SYN without a timestamp is judged by its number",
    kind: "table",
    covers: ["SHLD-4", "MUST-13"],
    look: ["mayReopen"],
    why:
      "The old connection had timestamps, the new SYN has none: the peer may have been set up anew. The number decides then, as without timestamps (RFC 6191 §2).",
    hints: [
      "Which two things must have timestamps, for them to decide?",
      "The old connection (tcb.timestamps) and the SYN (segment.timestamps).",
      "One of them missing: the number.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const cases = [[true, false], [false, true]] as const;
        for (const [agreed, carried] of cases) {
          const tcb = tcbIn("TIME-WAIT", place, { timestamps: agreed, tsRecent: agreed ? t.random.int(1000, 2 ** 30) : 0 });
          const more = carried ? { timestamps: true, tsVal: t.random.int(1, 900) } : {};
          for (const [at, verdict] of [[t.random.int(1, 9000), true], [-t.random.int(2, 9000), false]] as const) {
            await expectStep(t, "mayReopen", { ...tcb }, segmentFor(tcb, { flags: "SYN", at, ...more }), { verdict });
          }
        }
      });
    },
  },
};

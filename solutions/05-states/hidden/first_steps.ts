/** Hidden checks of `nextState` and of the steps up to the SYN: the rows, edges and odd segments that a student should think of. */
import type { TcpState } from "../../../stack/contract/tcb.ts";
import { seqAdd } from "../../../stack/wire/seq.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectStep, places, segmentFor, SYNCHRONIZED, tcbIn } from "../../../labs/05-states/checks/bench.ts";
import { expectArrows, row } from "../../../labs/05-states/checks/table.ts";
import { echoing, expectSorted } from "../../../labs/05-states/checks/sequence.ts";
import { stamped } from "../../../labs/05-states/checks/timestamps.ts";

const DAY = 24 * 3_600_000;

export const table: Readonly<Record<string, CheckSpec>> = {
  "last-rows": {
    title: "the rows of CLOSING, LAST-ACK and TIME-WAIT",
    kind: "table",
    weight: 2,
    covers: ["SM-8", "SM-9"],
    look: ["nextState"],
    why:
      "Three states wait for one thing each: the ACK of our FIN, the same with nobody left to wait for, and time. In all of them the peer's FIN may come again and changes nothing (RFC 9293 §3.3.2, " +
      "figure 5).",
    hints: [
      "What is the one thing that each of them waits for?",
      '"fin acknowledged" leads from CLOSING to TIME-WAIT and from LAST-ACK to CLOSED; "time-wait over" from TIME-WAIT to CLOSED.',
      '"fin received" is possible in all three, and leads to where it began.',
    ],
    run: async (t) => {
      await expectArrows(t, [
        ...row("CLOSING", { "fin received": "CLOSING", "fin acknowledged": "TIME-WAIT" }),
        ...row("LAST-ACK", { "fin received": "LAST-ACK", "fin acknowledged": "CLOSED" }),
        ...row("TIME-WAIT", { "fin received": "TIME-WAIT", "time-wait over": "CLOSED" }),
      ]);
    },
  },

  "one-step-at-a-time": {
    title: "no event leads over two arrows at once",
    kind: "table",
    covers: ["SM-4", "SM-8"],
    look: ["nextState"],
    why:
      "A segment may bring two events: the ACK of our SYN with a FIN behind it, or a FIN that acknowledges ours. Each is an arrow of its own, so a FIN cannot happen in SYN-RECEIVED, and FIN-WAIT-1 does " +
      "not lead to TIME-WAIT (RFC 9293 §3.3.2, note to figure 5).",
    hints: [
      "Which state is a connection in when checkFin looks at its segment?",
      "The one after checkAck. Two events, one after the other.",
      'nextState("SYN-RECEIVED", "fin received") is undefined; from FIN-WAIT-1 it is CLOSING.',
    ],
    run: async (t) => {
      await expectArrows(t, [
        ["SYN-RECEIVED", "fin received", undefined],
        ["SYN-SENT", "fin received", undefined],
        ["SYN-SENT", "syn acknowledged", undefined],
        ["SYN-RECEIVED", "syn-ack received", undefined],
        ["LISTEN", "syn-ack received", undefined],
        ["FIN-WAIT-1", "fin received", "CLOSING"],
        ["FIN-WAIT-2", "fin acknowledged", undefined],
        ["CLOSE-WAIT", "fin acknowledged", undefined],
        ["ESTABLISHED", "syn received", undefined],
        ["TIME-WAIT", "close", undefined],
      ]);
    },
  },
};

export const timestamps: Readonly<Record<string, CheckSpec>> = {
  "wrap": {
    title: "timestamps wrap as sequence numbers do",
    kind: "table",
    weight: 2,
    covers: ["7323-5.3"],
    look: ["checkTimestamps"],
    why:
      "A clock of one millisecond comes around after 49.7 days. 5 is newer than 0xfffffff0: only the sign of the difference modulo 2³² tells (RFC 7323 §5.2).",
    hints: [
      "Is 5 older than 0xfffffff0?",
      "No, it is 21 ticks newer. `<` says the opposite.",
      "(segment.tsVal - tcb.tsRecent | 0) < 0.",
    ],
    run: async (t) => {
      const now = t.random.int(1000, 9000);
      for (const tsRecent of [0xffff_fff0, 5, 0x7fff_fffe, 0x8000_0003, t.random.int(0, 0xffff_ffff)]) {
        const tcb = tcbIn(t.random.pick(SYNCHRONIZED), t.random.pick(places(t.random)), stamped(tsRecent, now));
        const stamp = (ahead: number): Parameters<typeof segmentFor>[1] => ({
          flags: "ACK",
          timestamps: true,
          tsVal: (tsRecent + ahead) >>> 0,
        });
        for (const ahead of [0, 30, t.random.int(31, 2 ** 31 - 1)]) {
          await expectStep(t, "checkTimestamps", { ...tcb }, segmentFor(tcb, stamp(ahead)), { verdict: "continue" }, now);
        }
        for (const ahead of [-30, -t.random.int(31, 2 ** 31 - 1)]) {
          const wanted = { verdict: "drop", effects: ['acknowledge("now")'] } as const;
          await expectStep(t, "checkTimestamps", { ...tcb }, segmentFor(tcb, stamp(ahead)), wanted, now);
        }
      }
    },
  },

  "outdated": {
    title: "a timestamp noted 24 days ago proves nothing",
    kind: "table",
    covers: ["7323-5.3"],
    look: ["checkTimestamps"],
    why:
      "After 24 days of silence the peer's clock may have gone halfway around, and all that he sends looks old. A connection that slept for a month must wake up (RFC 7323 §5.5).",
    hints: [
      "When was tsRecent noted?",
      "At tsRecentAt. If that is more than 24 days before `now`, the comparison counts for nothing.",
      "TIMESTAMP_LIFETIME is in the stub, in milliseconds.",
    ],
    run: async (t) => {
      const now = 40 * DAY;
      for (const [days, verdict] of [[24.1, "continue"], [39, "continue"], [23.9, "drop"], [1, "drop"]] as const) {
        const tcb = tcbIn("ESTABLISHED", t.random.pick(places(t.random)), {
          timestamps: true,
          tsRecent: 2 ** 30,
          tsRecentAt: now - days * DAY,
        });
        const old = segmentFor(tcb, { flags: "ACK", timestamps: true, tsVal: 2 ** 30 - t.random.int(1, 2 ** 29) });
        const effects = verdict === "drop" ? ['acknowledge("now")'] : [];
        await expectStep(t, "checkTimestamps", tcb, old, { verdict, effects }, now);
      }
    },
  },
};

/** What a check of this file expects of a segment outside the window. */
const ANSWERED = { verdict: "drop", effects: ['acknowledge("now")'] } as const;

export const sequence: Readonly<Record<string, CheckSpec>> = {
  "only-in-time-wait": {
    title: "in other states a FIN again is acknowledged, no more",
    kind: "table",
    covers: ["SM-9", "SM-5"],
    look: ["checkSequence"],
    why:
      "In CLOSE-WAIT, CLOSING and LAST-ACK the peer's FIN may come again too. It gets its ACK; but nothing waits yet that could begin anew (RFC 9293 §3.10.7.4).",
    hints: [
      "In which state does the timer of TIME-WAIT run?",
      "In TIME-WAIT alone.",
      "Ask for tcb.state before startTimeWait.",
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        const tcb = tcbIn(t.random.pick(["CLOSE-WAIT", "CLOSING", "LAST-ACK"]), place);
        await expectStep(t, "checkSequence", tcb, segmentFor(tcb, { flags: "FIN ACK", at: -1 }), ANSWERED, 1000);
      }
    },
  },

  "keep-alive": {
    title: "a keep-alive probe is answered, and drops here",
    kind: "table",
    covers: ["SM-5"],
    look: ["checkSequence"],
    why:
      "A peer asks whether we are still there by a segment that is wrong on purpose: its number is rcvNxt − 1, with no text or one byte of it. The answer to what is unacceptable is the ACK that he wants " +
      "(RFC 9293 §3.8.4).",
    hints: [
      "Does a segment with number rcvNxt − 1 lie in the window?",
      "Neither without text nor with one byte: its last number is rcvNxt − 1.",
      'acknowledge("now") and "drop", as for any other.',
    ],
    run: async (t) => {
      await expectSorted(t, {}, [{ flags: "ACK", at: -1, textLength: 2 }], [{ flags: "ACK", at: -1 }, {
        flags: "ACK",
        at: -1,
        textLength: 1,
      }]);
    },
  },

  "wide-window": {
    title: "a scaled window of a gigabyte is measured right",
    kind: "table",
    covers: ["SM-4", "7323-2.3"],
    look: ["checkSequence"],
    why:
      "With window scale a window may have 2³⁰ numbers, a quarter of all there are. Arithmetic that is right for small distances alone fails here (RFC 7323 §2.3).",
    hints: [
      "Where does your comparison turn around?",
      "Distances up to 2³¹ are fine for seqDiff. The window's size is an ordinary number.",
      "seqInWindow takes sizes up to 2³¹.",
    ],
    run: async (t) => {
      const rcvWnd = 65_535 * 2 ** 14;
      const inside = [0, 1, rcvWnd - 1, t.random.int(2, rcvWnd - 2)];
      const outside = [-1, rcvWnd, rcvWnd + t.random.int(1, 2 ** 29), -t.random.int(2, 2 ** 30)];
      const ack = (at: number): { flags: string; at: number } => ({ flags: "ACK", at });
      await expectSorted(t, { rcvWnd }, inside.map(ack), outside.map(ack));
    },
  },

  "reset-renews-nothing": {
    title: "a RST never renews the timestamp",
    kind: "table",
    covers: ["7323-5.2"],
    look: ["checkSequence"],
    why:
      "A RST is exempt from the check of timestamps, so what it carries is unproven; a forged one must not make all that the peer sends look old (RFC 7323 §5.2).",
    hints: [
      "What if a forged RST says a timestamp of next year?",
      "Every honest segment would look old afterwards. So a RST changes nothing here.",
      "Three conditions: agreed, there, and no RST.",
    ],
    run: async (t) => {
      for (const [which, flags] of ["RST", "RST ACK"].entries()) {
        const { tcb, newer, now } = echoing(t, which);
        await expectStep(t, "checkSequence", { ...tcb }, newer({ flags }), { verdict: "continue" }, now);
        const honest = newer({ flags: "ACK" });
        const changes = { tsRecent: honest.tsVal, tsRecentAt: now };
        await expectStep(t, "checkSequence", tcb, honest, { verdict: "continue", changes }, now);
      }
    },
  },

  "renew-after-a-month": {
    title: "after 24 days, also an older timestamp renews",
    kind: "table",
    covers: ["7323-5.3", "7323-4.3"],
    look: ["checkSequence", "checkTimestamps"],
    why:
      "When the noted timestamp proves nothing any more, the next that comes takes its place; or all later ones would have to be let through unproven too, and we would go on echoing a dead one " +
      "(RFC 7323 §5.5).",
    hints: [
      "What is compared with what, when tsRecent is outdated?",
      "Nothing: the segment's timestamp is taken as it is.",
      "One helper for “older”, used by checkTimestamps and here.",
    ],
    run: async (t) => {
      const now = 40 * DAY;
      for (const [days, renewed] of [[25, true], [2, false]] as const) {
        const tsRecentAt = now - days * DAY;
        const tcb = tcbIn("ESTABLISHED", t.random.pick(places(t.random)), { timestamps: true, tsRecent: 2 ** 30, tsRecentAt });
        const old = segmentFor(tcb, { flags: "ACK", timestamps: true, tsVal: 2 ** 30 - t.random.int(1, 2 ** 29) });
        const changes = renewed ? { tsRecent: old.tsVal, tsRecentAt: now } : {};
        await expectStep(t, "checkSequence", tcb, old, { verdict: "continue", changes }, now);
      }
    },
  },
};

export const reset: Readonly<Record<string, CheckSpec>> = {
  "with-text": {
    title: "a RST may carry text, and other flags",
    kind: "table",
    covers: ["SHLD-2", "R5961-3.2a"],
    look: ["checkReset"],
    why: "Some hosts write into a RST why they reset (SHLD-2). The text is for people; the bit decides, whatever else is set.",
    hints: [
      "Does the length of a RST matter?",
      "No: only its number does.",
      "Ask for the one bit: `segment.flags & RST`.",
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        for (const [flags, at] of [["RST", 0], ["RST ACK PSH", 0], ["RST FIN", 0], ["RST", 3], ["RST ACK URG", 9]] as const) {
          const tcb = tcbIn("ESTABLISHED", place);
          const effects = at === 0 ? ['event("reset received")', 'fail("reset")'] : ["challenge()"];
          const segment = segmentFor(tcb, { flags, at, textLength: t.random.int(1, 90) });
          await expectStep(t, "checkReset", tcb, segment, { verdict: "drop", effects });
        }
      }
    },
  },

  "last-states": {
    title: "in CLOSING and LAST-ACK a RST ends the connection too",
    kind: "table",
    covers: ["R5961-3.2a", "R5961-3.2b"],
    look: ["checkReset"],
    why:
      "The ACK of our FIN will never come from a peer that has reset. Whether the application still hears of it is left to us: it has said and read everything (RFC 9293 §3.10.7.4, second step).",
    hints: [
      "Is there a state between ESTABLISHED and TIME-WAIT in which an exact RST is not believed?",
      "Only TIME-WAIT is special.",
      'The event "reset received", in CLOSING and LAST-ACK as before.',
    ],
    run: async (t) => {
      for (const state of ["CLOSING", "LAST-ACK"] as const satisfies readonly TcpState[]) {
        for (const place of places(t.random)) {
          const tcb = tcbIn(state, place);
          const exact = segmentFor(tcb, { flags: "RST" });
          const wanted = { verdict: "drop", effects: ['event("reset received")'], also: ['fail("reset")'] } as const;
          await expectStep(t, "checkReset", { ...tcb }, exact, wanted);
          const guess = segmentFor(tcb, { flags: "RST", at: t.random.int(1, 3999) });
          await expectStep(t, "checkReset", tcb, guess, { verdict: "drop", effects: ["challenge()"] });
        }
      }
    },
  },
};

export const syn: Readonly<Record<string, CheckSpec>> = {
  "any-other-flag": {
    title: "a SYN with text or FIN is challenged all the same",
    kind: "table",
    covers: ["R5961-4.2"],
    look: ["checkSyn"],
    why: "What hangs on a SYN does not make it better. No byte of it may reach the application, and no FIN end anything (RFC 5961 §4.2).",
    hints: [
      "What follows when this step says “continue”?",
      "ACK, text and FIN would be looked at. So it says “drop”.",
      "One bit decides.",
    ],
    run: async (t) => {
      for (const place of places(t.random)) {
        for (const flags of ["SYN FIN", "SYN ACK PSH", "SYN FIN ACK", "SYN URG"]) {
          const tcb = tcbIn(t.random.pick(SYNCHRONIZED), place, { lastAckSent: seqAdd(place.rcv, -5) });
          const segment = segmentFor(tcb, { flags, textLength: t.random.int(1, 90) });
          await expectStep(t, "checkSyn", tcb, segment, { verdict: "drop", effects: ["challenge()"] });
        }
      }
    },
  },
};

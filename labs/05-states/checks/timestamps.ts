/** Checks of `checkTimestamps`: protection against wrapped sequence numbers (PAWS, RFC 7323 §5). */
import type { Tcb } from "../../../stack/contract/tcb.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectStep, places, segmentFor, SYNCHRONIZED, tcbIn } from "./bench.ts";
import { opposite } from "./wire.ts";

const PASSES = opposite("a segment whose timestamp is not older passes (see timestamps/older).", ["checkTimestamps"]);
const DROPPED = opposite("a segment with an older timestamp is acknowledged and dropped (see timestamps/older).", ["checkTimestamps"]);

/** A connection with timestamps whose newest was noted a moment before `now`. */
export function stamped(tsRecent: number, now: number): Partial<Tcb> {
  return { timestamps: true, tsRecent: tsRecent >>> 0, tsRecentAt: now - 100 };
}

export const timestamps: Readonly<Record<string, CheckSpec>> = {
  "older": {
    title: "a segment with an older timestamp is acknowledged, dropped",
    kind: "table",
    weight: 2,
    covers: ["7323-5.3"],
    look: ["checkTimestamps"],
    why:
      "At 10 Gbit/s sequence numbers come around in 3.4 seconds, and an old segment may turn up with a number that is right again. Its timestamp is not (RFC 7323 §5.3 R1). " +
      "The ACK tells an honest sender where we are.",
    hints: [
      "Which two numbers tell that a segment is older than another?",
      "segment.tsVal and tcb.tsRecent. They wrap, so look at the sign of their difference in 32 bits.",
      'The difference, `| 0`, below 0: effects.acknowledge("now"), and "drop".',
    ],
    run: async (t) => {
      const now = t.random.int(1000, 9000);
      for (const place of places(t.random)) {
        const tsRecent = t.random.int(1000, 2 ** 30);
        const tcb = tcbIn(t.random.pick(SYNCHRONIZED), place, stamped(tsRecent, now));
        for (const age of [1, t.random.int(2, 900)]) {
          const segment = segmentFor(tcb, { flags: "ACK", timestamps: true, tsVal: tsRecent - age });
          await expectStep(t, "checkTimestamps", { ...tcb }, segment, { verdict: "drop", effects: ['acknowledge("now")'] }, now);
        }
        for (const ahead of [0, t.random.int(1, 900)]) {
          const segment = segmentFor(tcb, { flags: "ACK", timestamps: true, tsVal: tsRecent + ahead });
          await expectStep(t, "checkTimestamps", { ...tcb }, segment, { verdict: "continue" }, now);
        }
      }
    },
  },

  "missing": {
    title: "a segment without a timestamp is dropped in silence",
    kind: "table",
    covers: ["7323-3.2b"],
    look: ["checkTimestamps"],
    why:
      "Once agreed on, every segment carries the option. One without it is from somebody who does not know the connection, or was changed on the way: drop it and " +
      "say nothing, but keep the connection (RFC 7323 §3.2).",
    hints: [
      "Two things have to be asked: did we agree on timestamps, and does the segment have one?",
      "segment.timestamps says whether the option is there.",
      'Agreed, and not there: return "drop"; no effect.',
    ],
    run: async (t) => {
      const now = t.random.int(1000, 9000);
      for (const place of places(t.random)) {
        const tcb = tcbIn(t.random.pick(SYNCHRONIZED), place, stamped(t.random.int(0, 2 ** 31), now));
        await expectStep(t, "checkTimestamps", { ...tcb }, segmentFor(tcb, { flags: "ACK", textLength: 10 }), { verdict: "drop" }, now);
        const good = segmentFor(tcb, { flags: "ACK", textLength: 10, timestamps: true, tsVal: tcb.tsRecent });
        await t.about(PASSES, () => expectStep(t, "checkTimestamps", { ...tcb }, good, { verdict: "continue" }, now));
      }
    },
  },

  "not-agreed": {
    title: "without an agreement, timestamps mean nothing",
    kind: "table",
    covers: ["7323-3.2b"],
    look: ["checkTimestamps"],
    why:
      "If one side's SYN did not carry the option, the connection has no timestamps, and one that comes all the same is ignored (RFC 7323 §3.2). tsRecent is just 0 then.",
    hints: [
      "What does tcb.timestamps say?",
      "Whether both SYNs had the option. If not, there is nothing to check.",
      'First line: not agreed → "continue".',
    ],
    run: async (t) => {
      const now = t.random.int(1000, 9000);
      for (const place of places(t.random)) {
        const without = tcbIn(t.random.pick(SYNCHRONIZED), place, { tsRecentAt: now, tsRecent: t.random.int(100, 900) });
        for (const wishes of [{}, { timestamps: true, tsVal: 1 }, { timestamps: true, tsVal: 0xffff_fff0 }]) {
          await expectStep(
            t,
            "checkTimestamps",
            { ...without },
            segmentFor(without, { flags: "ACK", ...wishes }),
            { verdict: "continue" },
            now,
          );
        }
        const agreed = tcbIn("ESTABLISHED", place, stamped(500, now));
        const old = segmentFor(agreed, { flags: "ACK", timestamps: true, tsVal: 1 });
        const wanted = { verdict: "drop", effects: ['acknowledge("now")'] } as const;
        await t.about(DROPPED, () => expectStep(t, "checkTimestamps", { ...agreed }, old, wanted, now));
      }
    },
  },

  "reset-exempt": {
    title: "a RST passes, whatever its timestamp says",
    kind: "table",
    covers: ["7323-5.2"],
    look: ["checkTimestamps"],
    why:
      "A host that has forgotten the connection has forgotten its timestamps too, and its RST must still be heard. What guards against forged RSTs is their number, in " +
      "the steps that follow (RFC 7323 §5.2).",
    hints: [
      "Which kind of segment can a host send that knows nothing of the connection?",
      "A RST: it is never dropped here, with an old timestamp or without any.",
      'Ask for the RST bit before you ask for the option: `segment.flags & RST` → "continue".',
    ],
    run: async (t) => {
      const now = t.random.int(1000, 9000);
      for (const place of places(t.random)) {
        const tcb = tcbIn(t.random.pick(SYNCHRONIZED), place, stamped(t.random.int(1000, 2 ** 30), now));
        for (const wishes of [{}, { timestamps: true, tsVal: tcb.tsRecent - 5 }]) {
          const reset = segmentFor(tcb, { flags: t.random.pick(["RST", "RST ACK"]), ...wishes });
          await expectStep(t, "checkTimestamps", { ...tcb }, reset, { verdict: "continue" }, now);
        }
        const other = segmentFor(tcb, { flags: "ACK", timestamps: true, tsVal: tcb.tsRecent - 5 });
        const wanted = { verdict: "drop", effects: ['acknowledge("now")'] } as const;
        await t.about(DROPPED, () => expectStep(t, "checkTimestamps", { ...tcb }, other, wanted, now));
      }
    },
  },
};

/** Checks of `mayReopen`: when a SYN may take the place of a connection that is over. RFC 9293 §3.6.1, RFC 6191. */
import { seq } from "../../../stack/wire/seq.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { everywhere } from "./ack.ts";
import { expectStep, segmentFor, tcbIn } from "./bench.ts";
import { opposite } from "./wire.ts";

const REOPENED = opposite("in TIME-WAIT a SYN beyond rcvNxt reopens, wherever the numbers wrap (see reopen/by-number).", ["mayReopen"]);

/** What a SYN carries besides: PSH, and the two bits of congestion notification. */
const BESIDE = [0x08, 0x40, 0x80, 0xc0];

export const reopen: Readonly<Record<string, CheckSpec>> = {
  "by-number": {
    title: "in TIME-WAIT a SYN beyond all old numbers may reopen",
    kind: "table",
    weight: 2,
    covers: ["MUST-13", "SM-9"],
    look: ["mayReopen"],
    why:
      "A busy client soon needs the same port again, and the wait would refuse it. If its SYN lies beyond everything that the old connection used, no old segment can be taken for a new one " +
      "(RFC 9293 §3.6.1; RFC 1122 §4.2.2.13).",
    hints: [
      "What is the last number that the old connection used?",
      "The peer's FIN, which is rcvNxt − 1. The SYN has to lie beyond rcvNxt, in sequence arithmetic.",
      "seqBefore(tcb.rcvNxt, segment.seq), in TIME-WAIT, for a SYN without ACK and RST.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = tcbIn("TIME-WAIT", place);
        for (
          const [at, verdict] of [[1, true], [t.random.int(2, 2 ** 31 - 2), true], [-1, false], [
            -t.random.int(2, 2 ** 31 - 2),
            false,
          ]] as const
        ) {
          await expectStep(t, "mayReopen", { ...tcb }, segmentFor(tcb, { flags: "SYN", at }), { verdict });
        }
      });
    },
  },

  "by-timestamp": {
    title: "with timestamps, the newer SYN may reopen",
    kind: "table",
    covers: ["SHLD-4"],
    look: ["mayReopen"],
    why:
      "A new connection may begin with a lower number, as initial numbers are random. A newer timestamp proves that the SYN is new all the same, and PAWS will sort out old segments (RFC 6191 §2).",
    hints: [
      "Which is better proof that a SYN is new: its number, or its timestamp?",
      "The timestamp, if both have one: newer than tsRecent is yes, older is no.",
      "The difference of segment.tsVal and tcb.tsRecent in 32 bits: above 0.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = tcbIn("TIME-WAIT", place, { timestamps: true, tsRecent: t.random.int(1000, 2 ** 30) });
        const at = t.random.int(1, 2 ** 30);
        for (const [ahead, where, verdict] of [[t.random.int(1, 9000), -at, true], [1, at, true], [-1, -at, false]] as const) {
          const segment = segmentFor(tcb, { flags: "SYN", at: where, timestamps: true, tsVal: tcb.tsRecent + ahead });
          await expectStep(t, "mayReopen", { ...tcb }, segment, { verdict });
        }
      });
    },
  },

  "nothing-else": {
    title: "in other states, and for other segments, nothing reopens",
    kind: "table",
    covers: ["SM-9", "R5961-4.2"],
    look: ["mayReopen"],
    why:
      "The engine asks this of every segment. In any state but TIME-WAIT both sides may still have something to say, and a SYN is for checkSyn (RFC 9293 §3.10.7.4, fourth step).",
    hints: [
      "How many conditions are there before the number is looked at?",
      "The state is TIME-WAIT; the SYN bit is set; neither ACK nor RST is.",
      "One mask for three bits: flags & (SYN | ACK | RST) must be SYN.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const at = t.random.int(2, 9000);
        for (const state of ["SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK"] as const) {
          const tcb = tcbIn(state, place);
          await expectStep(t, "mayReopen", tcb, segmentFor(tcb, { flags: "SYN", at }), { verdict: false });
        }
        const waiting = tcbIn("TIME-WAIT", place);
        for (const flags of ["ACK", "SYN ACK", "SYN RST", "FIN ACK", "RST"]) {
          await expectStep(t, "mayReopen", { ...waiting }, segmentFor(waiting, { flags, at }), { verdict: false });
        }
        await t.about(REOPENED, () => expectStep(t, "mayReopen", waiting, segmentFor(waiting, { flags: "SYN", at }), { verdict: true }));
      });
    },
  },

  "other-flags": {
    title: "bits of congestion control on a SYN do not matter",
    kind: "table",
    covers: ["SM-9", "MUST-13"],
    look: ["mayReopen"],
    why:
      "A host that knows congestion notification sends its SYN with ECE and CWR (RFC 3168 §6.1.1), and many do. A SYN is told by the SYN bit, without ACK and RST; the others are not yours.",
    hints: [
      "Which of the eight bits do you ask for?",
      "Three: SYN, ACK and RST. Compare those, and not the whole field.",
      "(segment.flags & (SYN | ACK | RST)) === SYN.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const bits of BESIDE) {
          const tcb = tcbIn("TIME-WAIT", place);
          const syn = segmentFor(tcb, { flags: "SYN", at: t.random.int(1, 9000) });
          t.step(`with ${bits === 0x08 ? "PSH" : bits === 0x40 ? "ECE" : bits === 0x80 ? "CWR" : "ECE and CWR"}`);
          await expectStep(t, "mayReopen", tcb, { ...syn, flags: syn.flags | bits }, { verdict: true });
          const old = segmentFor(tcb, { flags: "SYN", at: -t.random.int(2, 9000) });
          await expectStep(t, "mayReopen", tcb, { ...old, flags: old.flags | bits }, { verdict: false });
        }
      });
    },
  },

  "same-timestamp": {
    title: "a timestamp that is the same leaves it to the number",
    kind: "table",
    covers: ["SHLD-4"],
    look: ["mayReopen"],
    why:
      "A clock that ticks slowly, or a client that is fast: the SYN comes with the very timestamp that the old connection saw last. It proves nothing, so the number decides (RFC 6191 §2).",
    hints: [
      "What does a difference of 0 prove?",
      "Nothing. Ask the number, as without timestamps.",
      "newer !== 0 ? newer > 0 : seqBefore(…).",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = tcbIn("TIME-WAIT", place, { timestamps: true, tsRecent: t.random.int(1000, 2 ** 30) });
        for (const [at, verdict] of [[t.random.int(1, 9000), true], [-t.random.int(2, 9000), false]] as const) {
          const segment = segmentFor(tcb, { flags: "SYN", at, timestamps: true, tsVal: tcb.tsRecent });
          await expectStep(t, "mayReopen", { ...tcb }, segment, { verdict });
        }
      });
    },
  },

  "example": {
    title: "the handout's examples, with timestamps and without",
    kind: "table",
    covers: ["SHLD-4", "MUST-13"],
    look: ["mayReopen"],
    why:
      "Where both have timestamps and they differ, nothing else counts: an older one says no, however far beyond rcvNxt the number lies (RFC 6191 §2).",
    hints: [
      "Which of the five rows of the picture is each example?",
      "With timestamps the third row decides, yes *or no*; only what it cannot decide goes on to the fourth.",
      "An older timestamp returns false; it does not fall through to the number.",
    ],
    run: async (t) => {
      const place = { una: seq(5000), rcv: seq(1011) };
      const cases = [[90_000, undefined, true], [999, undefined, false], [17, 99_000, true], [90_000, 60_000, false]] as const;
      for (const [number, tsVal, verdict] of cases) {
        const tcb = tcbIn("TIME-WAIT", place, tsVal === undefined ? {} : { timestamps: true, tsRecent: 70_000 });
        const stamp = tsVal === undefined ? {} : { timestamps: true, tsVal };
        await expectStep(t, "mayReopen", tcb, segmentFor(tcb, { flags: "SYN", at: number - 1011, ...stamp }), { verdict });
      }
    },
  },
};

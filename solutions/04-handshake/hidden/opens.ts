/** Hidden checks of the opens: by a model of RFC 9293 §3.10.7.3, and at the edges of windows and options. */
import { agreed } from "../../../labs/04-handshake/checks/agree.ts";
import { synReceived } from "../../../labs/04-handshake/checks/complete.ts";
import { anySyn, openedPassively, theirNumbers } from "../../../labs/04-handshake/checks/open.ts";
import { after, anySeq, arrived, expectFields, expectSaid } from "../../../labs/04-handshake/checks/samples.ts";
import { ALL_FLAGS, named } from "../../../labs/04-handshake/checks/stray.ts";
import { synSent } from "../../../labs/04-handshake/checks/syn_sent.ts";
import type { Segment, Tcb } from "../../../stack/contract/tcb.ts";
import type { Seq } from "../../../stack/wire/seq.ts";
import { seq } from "../../../stack/wire/seq.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../../stack/wire/tcp_flags.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** What both sides can do, by another hand. */
function settled(ours: Tcb, theirs: Segment): Partial<Tcb> {
  const windowScaling = ours.windowScaling && theirs.windowScale > -1;
  const timestamps = ours.timestamps && theirs.timestamps;
  const most = theirs.mss === 0 ? 536 : theirs.mss < 64 ? 64 : theirs.mss;
  return {
    windowScaling,
    sndScale: !windowScaling ? 0 : theirs.windowScale > 14 ? 14 : theirs.windowScale,
    rcvScale: windowScaling ? ours.rcvScale : 0,
    sackPermitted: ours.sackPermitted && theirs.sackPermitted,
    timestamps,
    sndMss: (ours.sndMss < most ? ours.sndMss : most) - (timestamps ? 12 : 0),
    rcvMss: ours.rcvMss,
  };
}

export const agree: Readonly<Record<string, CheckSpec>> = {
  "all-together": {
    title: "every mixture of options is settled",
    kind: "table",
    weight: 2,
    covers: ["7323-2.2", "2018-2", "MUST-15", "MUST-16"],
    look: ["agreeOptions"],
    why:
      "The options do not know each other: each holds or not on its own. Only the length of a segment depends on two of them, MSS and timestamps.",
    hints: [
      "Which field is wrong, and which option is it from?",
      "Set each field from its own option alone.",
      "Take the 12 bytes off after timestamps are settled, not before.",
    ],
    run: async (t) => {
      for (let i = 0; i < 24; i++) {
        const coin = (): boolean => t.random.chance(0.6);
        const ours = {
          windowScaling: coin(),
          timestamps: coin(),
          sackPermitted: coin(),
          rcvScale: t.random.int(0, 14),
          sndMss: t.random.int(100, 9000),
        };
        const timestamps = coin();
        const theirs = {
          mss: t.random.pick([0, 1, 536, t.random.int(64, 9000)]),
          windowScale: t.random.pick([-1, 0, 7, 14, 15, 255]),
          sackPermitted: coin(),
          timestamps,
          tsVal: timestamps ? t.random.int(0, 0xffff_ffff) : 0,
        };
        const what = `what is agreed on: ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`;
        const before = { rcvMss: 1460, ...ours } as Tcb;
        expectFields(t, await agreed(t, ours, theirs), { ...settled(before, arrived(SYN, theirs)) }, what);
      }
    },
  },

  "zero-stamp": {
    title: "a timestamp of 0 is a timestamp",
    kind: "table",
    covers: ["7323-3.2a"],
    look: ["agreeOptions"],
    why:
      "The peer's clock may begin at 0, and goes around. Whether there is an option says `timestamps`; whether its value is 0 says nothing.",
    hints: ["What do you ask for: the option, or its value?", "`segment.timestamps`.", "tsRecent may well be 0."],
    run: async (t) => {
      for (const tsVal of [0, 0xffff_ffff]) {
        const tcb = await agreed(t, { tsRecent: 5 }, { timestamps: true, tsVal }, 300);
        expectFields(t, tcb, { timestamps: true, tsRecent: tsVal, tsRecentAt: 300 }, `timestamps on both sides, TSval ${tsVal} at 300 ms`);
      }
    },
  },
};

export const passive: Readonly<Record<string, CheckSpec>> = {
  "syn-fin": {
    title: "text and FIN in a SYN are left for later",
    kind: "table",
    covers: ["SM-2"],
    look: ["passiveOpen"],
    why:
      "Only the SYN is taken (RFC 9293 §3.10.7.2): RCV.NXT lies behind it, whatever else the segment holds, so that the peer sends the rest again once the connection is open.",
    hints: ["By how much does rcvNxt lie behind irs?", "By 1, always.", "Not `segment.length`."],
    run: async (t) => {
      for (const [flags, textLength] of [[SYN | FIN, 0], [SYN | FIN | PSH, 7], [SYN | PSH, t.random.int(1, 999)]] as const) {
        const segment = arrived(flags, { seq: anySeq(t.random), textLength, window: 10 });
        const iss = anySeq(t.random);
        const { tcb, calls } = await openedPassively(t, iss, segment);
        expectFields(t, tcb, theirNumbers(segment.seq), `the connection after ${named(segment)}`);
        expectSaid(
          t,
          calls,
          ["event syn received", `send SYN ACK seq ${iss} ack ${after(segment.seq)}`],
          `passiveOpen after ${named(segment)}`,
        );
      }
    },
  },

  "shut-window": {
    title: "a SYN with a window of 0 opens a connection",
    kind: "table",
    covers: ["SM-2", "SM-7"],
    look: ["passiveOpen"],
    why: "A peer without room may open a connection and make room later. 0 is a window like any other.",
    hints: ["Do you ask whether the window is there?", "sndWnd: segment.window, also when that is 0.", "No default takes its place."],
    run: async (t) => {
      const segment = anySyn(t, { window: 0, windowScale: 9 });
      const { tcb } = await openedPassively(t, anySeq(t.random), segment);
      expectFields(
        t,
        tcb,
        { sndWnd: 0, maxSndWnd: 0, sndWl1: segment.seq, sndScale: 9 },
        "the connection after a SYN with window 0 and scale 9",
      );
    },
  },
};

export const complete: Readonly<Record<string, CheckSpec>> = {
  "syn-unscaled": {
    title: "the window of a SYN+ACK in SYN-RECEIVED is not scaled",
    kind: "table",
    weight: 2,
    covers: ["7323-2.2", "MUST-10"],
    look: ["completeOpen"],
    why:
      "When two SYNs have crossed, the ACK of ours may come in a SYN+ACK (RFC 9293 §3.5, figure 7). It is a SYN, and its window stands for itself (RFC 7323 §2.2).",
    hints: [
      "What decides whether a window is scaled?",
      "The SYN bit of the segment that it stands in.",
      "One helper for all windows, which looks at the flag.",
    ],
    run: async (t) => {
      const [iss, window] = [anySeq(t.random), t.random.int(200, 0xffff)];
      const segment = arrived(SYN | ACK, { seq: seq(5000), ack: after(iss), window });
      const { tcb, verdict } = await synReceived(t, iss, segment, { sndScale: t.random.int(1, 14), windowScaling: true, passive: false });
      t.equal(verdict, "continue", "the verdict on a SYN+ACK that acknowledges our SYN");
      t.equal(tcb.sndWnd, window, `sndWnd after a SYN+ACK with window ${window}`);
    },
  },

  "largest-window": {
    title: "the largest window is remembered when it shrinks",
    kind: "table",
    covers: ["SM-7", "MUST-38"],
    look: ["completeOpen"],
    why: "maxSndWnd is the largest window that the peer ever had (RFC 9293 §3.8.6.2.1 needs it against silly windows), so it never falls.",
    hints: ["What is maxSndWnd after windows of 5000 and then 100?", "5000: it never falls.", "The larger of what it was and sndWnd."],
    run: async (t) => {
      const iss = anySeq(t.random);
      const segment = arrived(ACK, { seq: seq(5001), ack: after(iss), window: 100 });
      const { tcb } = await synReceived(t, iss, segment, { sndWnd: 5000, maxSndWnd: 5000 });
      expectFields(t, tcb, { sndWnd: 100, maxSndWnd: 5000 }, "the connection after windows of 5000 and 100");
    },
  },

  "wide-window": {
    title: "a window of 2³⁰ stays positive",
    kind: "table",
    covers: ["7323-2.3", "MUST-1"],
    look: ["completeOpen"],
    why:
      "65535 shifted by 14 is just below 2³⁰, the largest window there is (RFC 7323 §2.3). Nothing on the way may make it negative, or a fraction.",
    hints: ["What is 65535 << 14?", "1073725440: a shift is fine up to 14.", "The shift is at most 14, because agreeOptions saw to it."],
    run: async (t) => {
      const iss = anySeq(t.random);
      const segment = arrived(ACK, { seq: seq(5001), ack: after(iss), window: 0xffff });
      const { tcb } = await synReceived(t, iss, segment, { sndScale: 14, windowScaling: true });
      expectFields(t, tcb, { sndWnd: 1_073_725_440, maxSndWnd: 1_073_725_440 }, "the connection after a window of 65535 with scale 14");
    },
  },
};

/** What RFC 9293 §3.10.7.3 wants of a segment in SYN-SENT, by another hand. */
function wanted(iss: Seq, { flags, ack, seq: number }: Segment): { said: string[]; verdict: string } {
  const good = ack === after(iss);
  const nothing = { said: [], verdict: "drop" };
  if (flags & ACK && !good) return flags & RST ? nothing : { said: [`send RST seq ${ack}`], verdict: "drop" };
  if (flags & RST) return flags & ACK ? { said: ["event reset received", "fail refused"], verdict: "drop" } : nothing;
  if (!(flags & SYN)) return nothing;
  if (!(flags & ACK)) return { said: ["event syn received", `send SYN ACK seq ${iss} ack ${after(number)}`], verdict: "drop" };
  return { said: ["event syn-ack received", `acknowledged ${ack}`, "acknowledge now"], verdict: "continue" };
}

export const synsent: Readonly<Record<string, CheckSpec>> = {
  "every-flag": {
    title: "SYN-SENT is right for every combination of flags",
    kind: "table",
    weight: 3,
    covers: ["SM-3", "MUST-10"],
    look: ["synSentArrives"],
    why:
      "ACK, then RST, then SYN, in this order (RFC 9293 §3.10.7.3); PSH, URG, FIN, ECE and CWR decide nothing here. FIN and text are looked at afterwards, which is what “continue” means.",
    hints: [
      "Which flags does the failure name?",
      "Ask with `&`, one flag at a time, in the RFC's order.",
      "A SYN+ACK with FIN or text is a SYN+ACK.",
    ],
    run: async (t: Trial) => {
      for (const flags of t.random.shuffle(ALL_FLAGS).slice(0, 80)) {
        const iss = t.random.pick([seq(0xffff_ffff), anySeq(t.random)]);
        const ack = flags & ACK ? t.random.chance(0.6) ? after(iss) : after(iss, t.random.pick([0, 2, -9])) : seq(0);
        const segment = arrived(flags, { seq: anySeq(t.random), ack, textLength: t.random.int(0, 2), mss: 1460 });
        const { said, verdict } = wanted(iss, segment);
        const effect = await synSent(t, iss, segment);
        const what = `${named(segment)}, with our SYN ${iss} out`;
        expectSaid(t, effect.calls, said, what);
        t.equal(effect.verdict, verdict, `the verdict on ${what}`);
      }
    },
  },

  "with-text": {
    title: "text with a SYN+ACK is left to the next steps",
    kind: "table",
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "The verdict “continue” hands the segment on, with its text (RFC 9293 §3.10.7.3, fourth). RCV.NXT lies behind the SYN and before the text: whoever takes the text moves it on.",
    hints: ["Where is rcvNxt after a SYN+ACK with 5 bytes?", "One behind the SYN.", "Not `segment.length`."],
    run: async (t) => {
      const iss = anySeq(t.random);
      const textLength = t.random.int(1, 1000);
      const segment = arrived(SYN | ACK | PSH, { seq: anySeq(t.random), ack: after(iss), textLength });
      const { tcb, verdict } = await synSent(t, iss, segment);
      t.equal(verdict, "continue", `the verdict on ${named(segment)}`);
      expectFields(t, tcb, theirNumbers(segment.seq), `the connection after ${named(segment)}`);
    },
  },
};

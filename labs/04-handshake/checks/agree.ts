/** Checks of agreeOptions: what both sides can do, and how long a segment may be. */
import type { Segment, Tcb } from "../../../stack/contract/tcb.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { arrived, expectFields, newTcb } from "./samples.ts";

/** The connection after agreeOptions with a SYN that has these options. */
export async function agreed(t: Trial, ours: Partial<Tcb>, theirs: Partial<Segment>, now = 1000): Promise<Tcb> {
  const tcb = newTcb(t.random, ours);
  await t.handshake.agreeOptions(t.inout(tcb), arrived(2, { mss: 1460, ...theirs }), now);
  return tcb;
}

/** Each sentence names what one side offered and the other did. */
interface Meeting {
  readonly ours: Partial<Tcb>;
  readonly theirs: Partial<Segment>;
  readonly expected: Partial<Tcb>;
  readonly what: string;
}

async function meet(t: Trial, meetings: readonly Meeting[]): Promise<void> {
  for (const { ours, theirs, expected, what } of meetings) {
    expectFields(t, await agreed(t, ours, theirs), expected, `what is agreed on: ${what}`);
  }
}

export const agree: Readonly<Record<string, CheckSpec>> = {
  "scale": {
    title: "window scaling holds when both offer it, each its own",
    kind: "table",
    weight: 2,
    covers: ["7323-2.2"],
    look: ["agreeOptions"],
    why:
      "Two shifts, one for each direction: ours for what we announce, theirs for what we read (RFC 7323 §2.2). A scale of 0 is an offer too: “I can, but need not”.",
    hints: [
      "Which of the two numbers does `sndScale` come from?",
      "rcvScale is ours and stays; sndScale is the number in their SYN.",
      "An offer is any windowScale from 0 on; −1 is none.",
    ],
    run: (t) => {
      const [rcvScale, windowScale] = [t.random.int(1, 14), t.random.int(1, 14)];
      const on = { windowScaling: true };
      return meet(t, [
        {
          ours: { ...on, rcvScale },
          theirs: { windowScale },
          expected: { ...on, rcvScale, sndScale: windowScale },
          what: `ours ${rcvScale}, theirs ${windowScale}`,
        },
        {
          ours: { ...on, rcvScale },
          theirs: { windowScale: 0 },
          expected: { ...on, rcvScale, sndScale: 0 },
          what: `ours ${rcvScale}, theirs 0`,
        },
        {
          ours: { ...on, rcvScale: 0 },
          theirs: { windowScale },
          expected: { ...on, rcvScale: 0, sndScale: windowScale },
          what: `ours 0, theirs ${windowScale}`,
        },
      ]);
    },
  },

  "scale-one-sided": {
    title: "a scale that only one side offers holds for neither",
    kind: "table",
    weight: 2,
    covers: ["7323-2.2"],
    look: ["agreeOptions"],
    why:
      "Who has not sent the option may never have heard of it (RFC 7323 §2.2). Scale all the same, and a window of 64 KiB is read as 512 bytes: the connection crawls, and nobody knows why.",
    hints: [
      "What is `rcvScale` when their SYN has no scale?",
      "0, and so is `sndScale`: in both directions or in none.",
      "windowScaling: ours and theirs. When it is false, both scales are 0.",
    ],
    run: (t) => {
      const expected = { windowScaling: false, rcvScale: 0, sndScale: 0 };
      const [rcvScale, windowScale] = [t.random.int(1, 14), t.random.int(1, 14)];
      return meet(t, [
        { ours: { windowScaling: true, rcvScale }, theirs: { windowScale: -1 }, expected, what: `ours ${rcvScale}, theirs none` },
        { ours: { windowScaling: false, rcvScale }, theirs: { windowScale }, expected, what: `ours none, theirs ${windowScale}` },
        { ours: { windowScaling: false, rcvScale }, theirs: { windowScale: -1 }, expected, what: "neither" },
      ]);
    },
  },

  "scale-limit": {
    title: "a shift above 14 counts as 14",
    kind: "table",
    covers: ["7323-2.3"],
    look: ["agreeOptions"],
    why:
      "A window of more than 2³⁰ could not be told from old numbers any more, and a shift of 32 or more would leave nothing at all (RFC 7323 §2.3). The option has a whole byte; use 14 at most.",
    hints: ["What comes of a shift of 255?", "The smaller of it and 14.", "`Math.min(segment.windowScale, MAX_SCALE)`."],
    run: (t) =>
      meet(
        t,
        [13, 14, 15, 31, 32, 255].map((windowScale) => ({
          ours: {},
          theirs: { windowScale },
          expected: { windowScaling: true, sndScale: Math.min(windowScale, 14) },
          what: `their scale ${windowScale}`,
        })),
      ),
  },

  "sack": {
    title: "SACK holds when both permit it",
    kind: "table",
    covers: ["2018-2"],
    look: ["agreeOptions"],
    why: "SACK-permitted says “I understand your blocks” (RFC 2018 §2). Sent to somebody who does not, they are bytes for nothing.",
    hints: ["Four cases, of which one holds.", "Ours and theirs.", "`tcb.sackPermitted && segment.sackPermitted`."],
    run: (t) =>
      meet(
        t,
        [true, false].flatMap((ours) =>
          [true, false].map((theirs) => ({
            ours: { sackPermitted: ours },
            theirs: { sackPermitted: theirs },
            expected: { sackPermitted: ours && theirs },
            what: `SACK: ours ${ours}, theirs ${theirs}`,
          }))
        ),
      ),
  },

  "timestamps": {
    title: "timestamps hold when both send them, and theirs is kept",
    kind: "table",
    weight: 2,
    covers: ["7323-3.2a", "7323-4.3"],
    look: ["agreeOptions"],
    why:
      "Once agreed on they are in every segment (RFC 7323 §3.2). The SYN's TSval is the first that we echo; when it was noted tells later how old it is.",
    hints: [
      "What shall the SYN+ACK echo?",
      "The TSval of the SYN: it is noted here.",
      "tsRecent: segment.tsVal. tsRecentAt: now. Both only when both sides sent timestamps.",
    ],
    run: async (t) => {
      for (const [ours, theirs] of [[true, true], [true, false], [false, true], [false, false]] as const) {
        const tsVal = t.random.int(1, 0xffff_ffff);
        const now = t.random.int(1, 100_000);
        const tcb = await agreed(t, { timestamps: ours }, { timestamps: theirs, tsVal: theirs ? tsVal : 0 }, now);
        const noted = ours && theirs ? { tsRecent: tsVal, tsRecentAt: now } : {};
        expectFields(
          t,
          tcb,
          { timestamps: ours && theirs, ...noted },
          `timestamps: ours ${ours}, theirs ${theirs}, TSval ${tsVal} at ${now} ms`,
        );
      }
    },
  },

  "mss": {
    title: "a segment is as long as both ends allow",
    kind: "table",
    weight: 2,
    covers: ["MUST-14", "MUST-16"],
    look: ["agreeOptions"],
    why:
      "Their MSS is what they take, `sndMss` what our own link takes: the smaller one holds (RFC 9293 §3.7.1). What we take ourselves, `rcvMss`, is another matter and stays.",
    hints: ["What if they take 9000, and our link 1460?", "The smaller of the two.", "`Math.min(tcb.sndMss, theirs)`; rcvMss stays."],
    run: (t) => {
      const pairs = [[1460, 1000], [1460, 9000], [536, 1460], [8960, 8960], [1460, t.random.int(64, 1459)]] as const;
      return meet(
        t,
        pairs.map(([own, mss]) => ({
          ours: { sndMss: own, rcvMss: own, timestamps: false },
          theirs: { mss },
          expected: { sndMss: Math.min(own, mss), rcvMss: own },
          what: `our link takes ${own}, they take ${mss}`,
        })),
      );
    },
  },

  "mss-absent": {
    title: "who says nothing takes 536 bytes",
    kind: "table",
    weight: 2,
    covers: ["MUST-15"],
    look: ["agreeOptions"],
    why:
      "Every host takes packets of 576 bytes: 536 without two headers (RFC 9293 §3.7.1: MUST-15). An option that says 0 says nothing either.",
    hints: ["What is segment.mss when there is no option?", "0, and then 536 is meant.", "`segment.mss || DEFAULT_MSS`."],
    run: (t) =>
      meet(
        t,
        [1460, 536, 300, 9000].map((own) => ({
          ours: { sndMss: own, timestamps: false },
          theirs: { mss: 0 },
          expected: { sndMss: Math.min(own, 536) },
          what: `our link takes ${own}, they say nothing`,
        })),
      ),
  },

  "mss-tiny": {
    title: "an MSS below 64 counts as 64",
    kind: "table",
    covers: ["MUST-14"],
    look: ["agreeOptions"],
    why:
      "A peer that says “1 byte” makes a packet with 40 bytes of headers of every byte that we send: little work for him, much for us. No honest link is that narrow: IPv4 carries 68 bytes everywhere.",
    hints: ["What comes of an MSS of 1?", "The larger of it and 64.", "`Math.max(theirs, LEAST_MSS)`, before it is compared with ours."],
    run: (t) =>
      meet(
        t,
        [1, 63, 64, 65, t.random.int(2, 62)].map((mss) => ({
          ours: { timestamps: false },
          theirs: { mss },
          expected: { sndMss: Math.max(mss, 64) },
          what: `they take ${mss}`,
        })),
      ),
  },

  "mss-timestamps": {
    title: "agreed timestamps take 12 bytes off sndMss",
    kind: "table",
    weight: 2,
    covers: ["MUST-16", "7323-A"],
    look: ["agreeOptions"],
    why:
      "An MSS says how much text fits into a packet without options (RFC 6691; RFC 9293 §3.7.1: MUST-16). sndMss is how much we put into one, so whoever sends an option takes it off. Timestamps, when both sides have sent them, are in every segment: 12 bytes, padding included. Forget them, and each full segment is too long for the link.",
    hints: [
      "Both links take 1460 bytes of text, and each segment has 12 bytes of timestamps: how much text is left?",
      "1448. When only one side has sent timestamps, no segment has them: 1460.",
      "The smaller of our link's and their MSS, then less TIMESTAMPS_LENGTH if `tcb.timestamps` still holds.",
    ],
    run: (t) => {
      const both = { timestamps: true };
      return meet(t, [
        {
          ours: { ...both, sndMss: 1460 },
          theirs: { ...both, mss: 1460 },
          expected: { sndMss: 1448 },
          what: "our link takes 1460, their MSS is 1460, both send timestamps: 1460 less 12",
        },
        {
          ours: { ...both, sndMss: 1460 },
          theirs: { ...both, mss: 536 },
          expected: { sndMss: 524 },
          what: "our link takes 1460, their MSS is 536, both send timestamps: 536 less 12",
        },
        {
          ours: { ...both, sndMss: 1460 },
          theirs: { ...both, mss: 0 },
          expected: { sndMss: 524 },
          what: "our link takes 1460, they say no MSS (536), both send timestamps: 536 less 12",
        },
        {
          ours: { ...both, sndMss: 1460 },
          theirs: { mss: 1460 },
          expected: { sndMss: 1460 },
          what: "our link takes 1460, their MSS is 1460, only we send timestamps: nothing off",
        },
        {
          ours: { timestamps: false, sndMss: 1460 },
          theirs: { ...both, mss: 1460 },
          expected: { sndMss: 1460 },
          what: "our link takes 1460, their MSS is 1460, only they send timestamps: nothing off",
        },
      ]);
    },
  },
};

/** Checks of synSentArrives: the answer to our SYN, and everything that is none. */
import type { Segment, Tcb } from "../../../stack/contract/tcb.ts";
import { type Seq, seq } from "../../../stack/wire/seq.ts";
import { ACK, FIN, PSH, RST, SYN } from "../../../stack/wire/tcp_flags.ts";
import type { CheckSpec, RecordedCall, Trial } from "../../../tools/harness/suite.ts";
import { theirNumbers } from "./open.ts";
import { after, anySeq, arrived, expectFields, expectSaid, openingTcb, recordEffects, saidIn, tcbAtSend } from "./samples.ts";
import { named } from "./stray.ts";

/** What a segment has done to a connection. */
export interface Effect {
  readonly before: Tcb;
  readonly tcb: Tcb;
  readonly calls: readonly RecordedCall[];
  readonly verdict: unknown;
}

/** A segment for a connection whose SYN, number `iss`, is out. */
export async function synSent(t: Trial, iss: Seq, segment: Segment, now = 1000): Promise<Effect> {
  const tcb = openingTcb(t.random, iss);
  const before = { ...tcb };
  const effects = recordEffects(t);
  const verdict = await t.handshake.synSentArrives(t.inout(tcb), segment, now, effects.object);
  return { before, tcb, calls: effects.calls, verdict };
}

/** Fails unless the segment was dropped, nothing was said but `said`, and the connection is as it was. */
export function expectDropped(t: Trial, { before, tcb, calls, verdict }: Effect, said: readonly string[], what: string): void {
  expectSaid(t, calls, said, what);
  t.equal(verdict, "drop", `the verdict on ${what}`);
  expectFields(t, tcb, { ...before }, `the connection after ${what}, which changes nothing`);
}

/** Numbers that acknowledge no SYN of ours: its own, older ones and later ones. */
export function badAcks(t: Trial, iss: Seq): Seq[] {
  return [0, -1, 2, 100, -100, 0x7fff_0000, t.random.int(3, 0x7000_0000), -t.random.int(2, 0x7000_0000)].map((step) => after(iss, step));
}

/** The RST that is meant for us does something: whoever drops every segment has not told it from the others. */
async function expectBelieved(t: Trial): Promise<void> {
  const iss = anySeq(t.random);
  const segment = arrived(RST | ACK, { seq: anySeq(t.random), ack: after(iss) });
  const { calls } = await synSent(t, iss, segment);
  t.ok(calls.length > 0, `an event, because ${named(segment)} acknowledges our SYN ${iss}`, "nothing is said");
}

/** A SYN+ACK with drawn numbers, for a SYN with number `iss`. */
function synAck(t: Trial, iss: Seq, fields: Partial<Segment> = {}): Segment {
  return arrived(SYN | ACK, { seq: anySeq(t.random), ack: after(iss), window: t.random.int(1, 0xffff), mss: 1460, ...fields });
}

export const synsent: Readonly<Record<string, CheckSpec>> = {
  "bad-ack": {
    title: "an ACK of anything but our SYN is answered by a RST",
    kind: "table",
    weight: 3,
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "It belongs to another connection, perhaps one from before a restart, and its sender shall know (RFC 9293 §3.10.7.3, first). Only ISS + 1 acknowledges our SYN: ISS is too old, and what lies beyond SND.NXT was never sent. The RST has the number that was acknowledged.",
    hints: [
      "Which acknowledgment numbers are right while only the SYN is out?",
      "One: above sndUna, and at most sndNxt. Compare with `seqBefore` and `seqUpTo`.",
      '`effects.send(RST, segment.ack, seq(0))`, and "drop"; the connection stays as it is.',
    ],
    run: async (t) => {
      const iss = t.random.pick([seq(0xffff_ffff), seq(0), anySeq(t.random)]);
      for (const ack of badAcks(t, iss)) {
        const segment = arrived(t.random.pick([ACK, SYN | ACK, ACK | PSH]), { seq: anySeq(t.random), ack });
        const effect = await synSent(t, iss, segment);
        // A stack may also send its SYN again at once.
        const calls = effect.calls.filter((call) => saidIn([call])[0] !== `send SYN seq ${iss}`);
        expectDropped(t, { ...effect, calls }, [`send RST seq ${ack}`], `${named(segment)}, with our SYN ${iss} out`);
      }
    },
  },

  "bad-ack-rst": {
    title: "a RST with a bad ACK is dropped without an answer",
    kind: "table",
    weight: 2,
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "The same as before, with RST set: not believed, since it does not answer our SYN, and not answered, since no RST ever is (RFC 9293 §3.10.7.3, first). Two stacks that answer RST by RST never stop.",
    hints: [
      "What do you send when a RST has a wrong acknowledgment number?",
      "Nothing: “unless the segment is a RST itself”.",
      "Inside of the branch for bad ACKs: send only if RST is not set.",
    ],
    run: async (t) => {
      const iss = anySeq(t.random);
      for (const ack of badAcks(t, iss)) {
        const segment = arrived(t.random.pick([RST | ACK, RST | SYN | ACK]), { seq: anySeq(t.random), ack });
        expectDropped(t, await synSent(t, iss, segment), [], `${named(segment)}, with our SYN ${iss} out`);
      }
      await expectBelieved(t);
    },
  },

  "blind-rst": {
    title: "a RST that acknowledges nothing is not believed",
    kind: "table",
    weight: 2,
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "Anybody can send a RST in the name of the peer; only who has seen our SYN can acknowledge it (RFC 9293 §3.10.7.3, second). Without ACK there is no proof.",
    hints: [
      "What does a RST without ACK prove?",
      "Nothing: drop it.",
      "The connection ends only if RST and an acceptable ACK come together.",
    ],
    run: async (t) => {
      for (const flags of [RST, RST | SYN, RST | PSH, RST]) {
        const iss = anySeq(t.random);
        const segment = arrived(flags, { seq: anySeq(t.random) });
        expectDropped(t, await synSent(t, iss, segment), [], `${named(segment)}, with our SYN ${iss} out`);
      }
      await expectBelieved(t);
    },
  },

  "refused": {
    title: "a RST that acknowledges our SYN means refused",
    kind: "table",
    weight: 2,
    covers: ["SM-3", "MUST-12"],
    look: ["synSentArrives"],
    why:
      "That is what a closed port says (RFC 9293 §3.10.7.1), and the application hears “connection refused”: the other host is there, and nobody listens (§3.10.7.3, second).",
    hints: [
      "Which two effects end a connection that was refused?",
      "An event for the state, a reason for the application.",
      '`effects.event("reset received")`, `effects.fail("refused")`, "drop".',
    ],
    run: async (t) => {
      for (const flags of [RST | ACK, RST | ACK | SYN]) {
        const iss = t.random.pick([seq(0xffff_ffff), anySeq(t.random)]);
        const segment = arrived(flags, { seq: seq(0), ack: after(iss) });
        const { calls, verdict } = await synSent(t, iss, segment);
        const what = `${named(segment)}, with our SYN ${iss} out`;
        expectSaid(t, calls, ["event reset received", "fail refused"], what);
        t.equal(verdict, "drop", `the verdict on ${what}`);
      }
    },
  },

  "syn-ack": {
    title: "a SYN+ACK establishes the connection",
    kind: "table",
    weight: 3,
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "Their numbers begin, ours are acknowledged, and the third segment of the handshake is due (RFC 9293 §3.10.7.3, fourth). The verdict is “continue”: the same segment may bring text.",
    hints: [
      "Which effects does the contract name, and which of them are missing?",
      "An event, the acknowledgment that came, the acknowledgment that is due.",
      '"syn-ack received", `acknowledged(segment.ack)`, `acknowledge("now")`, and return "continue".',
    ],
    run: async (t) => {
      for (const iss of [seq(0xffff_ffff), anySeq(t.random)]) {
        const segment = synAck(t, iss);
        const { calls, verdict } = await synSent(t, iss, segment);
        const what = `${named(segment)}, with our SYN ${iss} out`;
        expectSaid(t, calls, ["event syn-ack received", `acknowledged ${segment.ack}`, "acknowledge now"], what);
        t.equal(verdict, "continue", `the verdict on ${what}`);
      }
    },
  },

  "numbers": {
    title: "a SYN+ACK sets their numbers and moves sndUna",
    kind: "table",
    weight: 2,
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "IRS and RCV.NXT as in a passive open; and SND.UNA moves over our SYN, which leaves nothing unacknowledged (RFC 9293 §3.10.7.3, fourth). What we announced stays: iss and sndNxt.",
    hints: [
      "Which of the numbers did passiveOpen set, and which more are there now?",
      "The same as for any SYN, and sndUna from the acknowledgment.",
      "irs: seq; rcvNxt, rcvUp, lastAckSent: one behind; sndUna: segment.ack.",
    ],
    run: async (t) => {
      for (const irs of [seq(0xffff_ffff), anySeq(t.random)]) {
        const iss = anySeq(t.random);
        const segment = synAck(t, iss, { seq: irs });
        const right = { ...theirNumbers(irs), iss, sndUna: after(iss), sndNxt: after(iss), passive: false };
        expectFields(t, (await synSent(t, iss, segment)).tcb, right, `the connection after ${named(segment)}`);
      }
    },
  },

  "window": {
    title: "a SYN+ACK's window is not scaled",
    kind: "table",
    weight: 2,
    covers: ["7323-2.2", "SM-7"],
    look: ["synSentArrives"],
    why:
      "It is a SYN: its window stands for itself, though the scale that it brings holds from now on (RFC 7323 §2.2). Shifted by 14, a window of 64 KiB would be a gigabyte, and the peer would be flooded. SND.WL2 is what it acknowledged.",
    hints: [
      "What is sndWnd after a SYN+ACK with window 1000 and scale 7?",
      "1000: the scale is noted, and used from the next segment on.",
      "sndWnd, maxSndWnd: segment.window. sndWl1: segment.seq. sndWl2: segment.ack.",
    ],
    run: async (t) => {
      for (const window of [1000, 0xffff, t.random.int(1, 0xffff)]) {
        const iss = anySeq(t.random);
        const segment = synAck(t, iss, { window, windowScale: t.random.int(1, 14) });
        const right = { sndWnd: window, maxSndWnd: window, sndWl1: segment.seq, sndWl2: segment.ack, sndScale: segment.windowScale };
        expectFields(
          t,
          (await synSent(t, iss, segment)).tcb,
          right,
          `the connection after a SYN+ACK with window ${window}, scale ${segment.windowScale}`,
        );
      }
    },
  },

  "agreed": {
    title: "the options of a SYN+ACK are settled",
    kind: "table",
    covers: ["7323-2.2", "7323-3.2a", "2018-2", "MUST-15"],
    look: ["synSentArrives", "agreeOptions"],
    why: "What we offered in our SYN holds if the SYN+ACK has it too. This is the only segment in which the peer can say so.",
    hints: [
      "Does synSentArrives call agreeOptions?",
      "As passiveOpen does, once, with `now`.",
      "One helper for all that a SYN brings: numbers, options, window.",
    ],
    run: async (t) => {
      const iss = anySeq(t.random);
      const none = { windowScaling: false, rcvScale: 0, timestamps: false, sackPermitted: false, sndMss: 536 };
      expectFields(t, (await synSent(t, iss, synAck(t, iss, { mss: 0 }))).tcb, none, "the connection after a SYN+ACK without options");
      const full = synAck(t, iss, { mss: 1400, windowScale: 4, timestamps: true, tsVal: 99, tsEcr: 1, sackPermitted: true });
      const both = { windowScaling: true, sndScale: 4, rcvScale: 7, timestamps: true, tsRecent: 99, sackPermitted: true, sndMss: 1388 };
      expectFields(t, (await synSent(t, iss, full)).tcb, both, "the connection after a SYN+ACK with all options");
    },
  },

  "crossing-syn": {
    title: "a SYN alone means that both sides have called",
    kind: "table",
    weight: 2,
    covers: ["MUST-10", "SM-3"],
    look: ["synSentArrives"],
    why:
      "Simultaneous open (RFC 9293 §3.5, figure 7: MUST-10). Their SYN is acknowledged by a SYN+ACK with our *old* number: it is the same SYN, said again. The connection is in SYN-RECEIVED then, and sndUna stays.",
    hints: [
      "Which number does the SYN+ACK have that you send?",
      "tcb.iss: our SYN is out already, and the numbers do not begin again.",
      '"syn received", `send(SYN | ACK, tcb.iss, tcb.rcvNxt)`, "drop".',
    ],
    run: async (t) => {
      for (const irs of [seq(0xffff_ffff), anySeq(t.random)]) {
        const iss = anySeq(t.random);
        const segment = arrived(SYN, { seq: irs, window: 500, mss: 1460 });
        const { calls, verdict, tcb } = await synSent(t, iss, segment);
        const what = `${named(segment)}, with our SYN ${iss} out`;
        expectSaid(t, calls, ["event syn received", `send SYN ACK seq ${iss} ack ${after(irs)}`], what);
        t.equal(verdict, "drop", `the verdict on ${what}`);
        const right = { ...theirNumbers(irs), iss, sndUna: iss, sndNxt: after(iss), sndWnd: 500, sndWl1: irs, sndWl2: iss, passive: false };
        expectFields(t, tcb, right, `the connection after ${what}`);
      }
    },
  },

  "crossing-agreed": {
    title: "options are settled before a crossing SYN is answered",
    kind: "table",
    covers: ["MUST-10", "7323-2.2", "2018-2"],
    look: ["synSentArrives", "agreeOptions"],
    why:
      "The SYN+ACK is our SYN said again, and may offer only what both can (RFC 7323 §2.2, RFC 2018 §2). The engine writes it while `effects.send` runs, from the connection as it is then.",
    hints: [
      "What does the connection say at the moment in which you call `effects.send`?",
      "What a SYN brings is noted first, options included; then come the effects.",
      "The helper for what a SYN brings, then the event, then `send(SYN | ACK, …)`.",
    ],
    run: async (t) => {
      const none = { windowScaling: false, rcvScale: 0, timestamps: false, sackPermitted: false };
      const { calls } = await synSent(t, anySeq(t.random), arrived(SYN, { seq: anySeq(t.random), mss: 1460 }));
      const what = "the connection when effects.send is called, after a SYN that offers an MSS only";
      expectFields(t, tcbAtSend(t, calls, "synSentArrives"), none, what);
    },
  },

  "neither": {
    title: "without SYN and without RST nothing happens",
    kind: "table",
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "An acknowledgment of our SYN that brings no SYN of theirs leaves us without their numbers: drop it, say nothing, wait on (RFC 9293 §3.10.7.3, fifth).",
    hints: ["What do you do with a bare ACK of our SYN?", "What is left over is dropped.", 'Neither SYN nor RST: "drop".'],
    run: async (t) => {
      const iss = anySeq(t.random);
      for (const flags of [ACK, ACK | PSH, ACK | FIN, 0, FIN, PSH]) {
        const segment = arrived(flags, { seq: anySeq(t.random), ack: flags & ACK ? after(iss) : seq(0), textLength: 3 });
        expectDropped(t, await synSent(t, iss, segment), [], `${named(segment)}, with our SYN ${iss} out`);
      }
      const { verdict } = await synSent(t, iss, synAck(t, iss));
      t.equal(verdict, "continue", "the verdict on a SYN+ACK, which is what was asked for");
    },
  },
};

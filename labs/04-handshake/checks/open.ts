/** Checks of activeOpen and passiveOpen: where the numbers of a connection begin, ours and theirs. */
import type { Segment, Tcb, TcpEvent } from "../../../stack/contract/tcb.ts";
import type { Seq } from "../../../stack/wire/seq.ts";
import { seq } from "../../../stack/wire/seq.ts";
import { SYN } from "../../../stack/wire/tcp_flags.ts";
import type { CheckSpec, RecordedCall, Trial } from "../../../tools/harness/suite.ts";
import { after, anySeq, arrived, expectFields, expectSaid, newTcb, recordEffects, tcbAtSend } from "./samples.ts";

/** A connection after activeOpen, and what was said. */
async function openedActively(t: Trial, iss: Seq): Promise<{ tcb: Tcb; calls: readonly RecordedCall[] }> {
  const tcb = newTcb(t.random);
  const effects = recordEffects(t);
  await t.handshake.activeOpen(t.inout(tcb), iss, effects.object);
  return { tcb, calls: effects.calls };
}

/** A SYN with drawn numbers: what a listening socket is sent. */
export function anySyn(t: Trial, fields: Partial<Segment> = {}): Segment {
  return arrived(SYN, { seq: anySeq(t.random), window: t.random.int(1, 0xffff), mss: 1460, ...fields });
}

/** A connection in LISTEN after passiveOpen, and what was said. */
export async function openedPassively(
  t: Trial,
  iss: Seq,
  segment: Segment,
  fields: Partial<Tcb> = {},
): Promise<{ tcb: Tcb; calls: readonly RecordedCall[] }> {
  const tcb = newTcb(t.random, { state: "LISTEN", ...fields });
  const effects = recordEffects(t);
  await t.handshake.passiveOpen(t.inout(tcb), iss, segment, 1000, effects.object);
  return { tcb, calls: effects.calls };
}

/** Where our numbers are once our SYN, with number `iss`, is out. */
export function ourNumbers(iss: Seq): Record<string, Seq> {
  return { iss, sndUna: iss, sndUp: iss, sndNxt: after(iss) };
}

/** Where theirs are once their SYN is in. */
export function theirNumbers(irs: Seq): Record<string, Seq> {
  return { irs, rcvNxt: after(irs), rcvUp: after(irs), lastAckSent: after(irs) };
}

const STATES_ARE_ASKED_FOR =
  "One place in the stack assigns the state, and asks lab 05's nextState whether it may. Whoever assigns it himself leaves every trace, test and picture without the change.";

/** Asserts that the engine was told of an event, whatever else it was told. */
export function expectEvent(t: Trial, calls: readonly RecordedCall[], event: TcpEvent): void {
  const events = calls.filter(({ name }) => name === "event").map(({ args }) => String(args[0]));
  t.ok(events.includes(event), `effects.event("${event}")`, events.length === 0 ? "no event" : events.join(", "));
}

export const active: Readonly<Record<string, CheckSpec>> = {
  "numbers": {
    title: "our numbers begin at iss, which the SYN takes",
    kind: "table",
    weight: 2,
    covers: ["SM-3"],
    look: ["activeOpen"],
    why:
      "The SYN has number ISS and counts one, so that it can be acknowledged: the next number is ISS + 1, and nothing is acknowledged yet (RFC 9293 §3.10.1, §3.3.1). Behind 4,294,967,295 comes 0.",
    hints: [
      "What is the oldest number that is sent and not acknowledged, once the SYN is out?",
      "sndUna = iss, sndNxt = iss + 1. And sndUp: no urgent data.",
      "iss, sndUna, sndUp: iss. sndNxt: `seqAdd(iss, 1)`.",
    ],
    run: async (t) => {
      for (const iss of [seq(0), seq(0xffff_ffff), seq(0x7fff_ffff), anySeq(t.random)]) {
        const { tcb } = await openedActively(t, iss);
        expectFields(t, tcb, ourNumbers(iss), `the connection after activeOpen with ${iss}`);
      }
    },
  },

  "syn": {
    title: "connecting is an event, and a SYN",
    kind: "table",
    covers: ["SM-3"],
    look: ["activeOpen"],
    why:
      "A lab decides, the engine performs: the state changes by an event, and what goes out goes by `effects.send` (RFC 9293 §3.10.1). A SYN alone, without ACK: there is nothing to acknowledge yet.",
    hints: [
      "Which two effects does the contract name?",
      "An event and a segment.",
      '`effects.event("active open")`, then `effects.send(SYN, iss, seq(0))`.',
    ],
    run: async (t) => {
      for (const iss of [anySeq(t.random), anySeq(t.random)]) {
        const { calls } = await openedActively(t, iss);
        expectSaid(t, calls, ["event active open", `send SYN seq ${iss}`], `activeOpen with ${iss}`);
      }
    },
  },

  "state": {
    title: "a state is asked for, never assigned",
    kind: "table",
    covers: ["SM-3"],
    look: ["activeOpen"],
    why: STATES_ARE_ASKED_FOR,
    hints: ["Do you write to `tcb.state`?", "`effects.event` is how a state changes.", "Remove the assignment."],
    run: async (t) => {
      const { tcb, calls } = await openedActively(t, anySeq(t.random));
      expectEvent(t, calls, "active open");
      t.equal(tcb.state, "CLOSED", "tcb.state after activeOpen, which only the engine changes");
    },
  },

  "on-the-wire": {
    title: "connecting sends a SYN with our options",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-14", "MUST-67", "SHLD-5", "SHLD-6", "7323-2.2", "2018-2", "MUST-44"],
    look: ["writeSegment", "activeOpen", "chooseIss"],
    why:
      "The first segment says all that can only be said now: MSS (the MTU less 40: RFC 9293 §3.7.1), window scale, SACK-permitted, timestamps, with TSecr 0. Its window is not scaled (RFC 7323 §2.2).",
    hints: [
      "Which option is missing, or which number is wrong?",
      "What is to be said comes from the host; writeSegment writes it.",
      "Run write/syn-options and active/syn.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const port = t.random.int(1, 0xffff);
      const peer = tcp.peer({ peerPort: port });
      const connection = await tcp.connect(port);
      await peer.expect(
        { flags: "SYN", mss: 1460, windowScale: "any", sackPermitted: true, timestamps: true, tsEcr: 0, window: 0xffff, dataLength: 0 },
        "connecting sends a SYN with all our options",
      );
      t.equal((await connection.look()).state, "SYN-SENT", "the state once the SYN is out");
    },
  },

  "fewer-options": {
    title: "an option that is switched off is not sent",
    kind: "scenario",
    covers: ["7323-2.2", "2018-2"],
    look: ["writeSegment", "activeOpen"],
    why:
      "Who sends an option says that he can do it. A host that is told to do without one must not offer it: the peer would use what we throw away.",
    hints: [
      "Which option is there although it was switched off?",
      "The fields say what is wanted: windowScale −1 is none, and so are false and an MSS of 0.",
      "Run write/one-option.",
    ],
    run: async (t) => {
      for (const off of t.random.shuffle(["timestamps", "sack", "windowScaling"] as const)) {
        t.step(`the host is set up without ${off}`);
        const tcp = await t.tcp({ tcp: { [off]: false } });
        const peer = tcp.peer({ peerPort: 80 });
        await tcp.connect(80);
        await peer.expect({
          flags: "SYN",
          timestamps: off !== "timestamps",
          sackPermitted: off !== "sack",
          windowScale: off === "windowScaling" ? false : "any",
        }, `the SYN of a host without ${off}`);
      }
    },
  },
};

export const passive: Readonly<Record<string, CheckSpec>> = {
  "ours": {
    title: "our numbers begin, as in an active open",
    kind: "table",
    covers: ["SM-2"],
    look: ["passiveOpen"],
    why:
      "The answer to a SYN is a SYN of our own, and it takes a number like any other (RFC 9293 §3.10.7.2). It is out before it is acknowledged: sndUna stays behind.",
    hints: [
      "Which four fields does activeOpen set?",
      "The same four, by a helper that both call.",
      "iss, sndUna, sndUp: iss. sndNxt: one behind.",
    ],
    run: async (t) => {
      for (const iss of [seq(0xffff_ffff), anySeq(t.random)]) {
        const { tcb } = await openedPassively(t, iss, anySyn(t));
        expectFields(t, tcb, ourNumbers(iss), `the connection after passiveOpen with ${iss}`);
      }
    },
  },

  "theirs": {
    title: "their numbers begin one behind their SYN",
    kind: "table",
    weight: 2,
    covers: ["SM-2"],
    look: ["passiveOpen"],
    why:
      "IRS is the SYN's number, and RCV.NXT the one behind it (RFC 9293 §3.10.7.2). rcvUp is there too, as no urgent data has come; and that is what our SYN+ACK acknowledges. An IRS of 4,294,967,295 makes RCV.NXT 0.",
    hints: [
      "What do you acknowledge when a SYN with number 100 has come?",
      "101: the SYN takes one.",
      "irs: segment.seq. rcvNxt, rcvUp, lastAckSent: `seqAdd(segment.seq, 1)`.",
    ],
    run: async (t) => {
      for (const irs of [seq(0xffff_ffff), seq(0), anySeq(t.random)]) {
        const { tcb } = await openedPassively(t, anySeq(t.random), anySyn(t, { seq: irs }));
        expectFields(t, tcb, theirNumbers(irs), `the connection after a SYN with number ${irs}`);
      }
    },
  },

  "window": {
    title: "the SYN's window counts as it stands, unscaled",
    kind: "table",
    weight: 2,
    covers: ["7323-2.2", "MUST-1", "SM-7"],
    look: ["passiveOpen"],
    why:
      "The window field of a SYN is never scaled: its reader may not know scaling (RFC 7323 §2.2). SND.WL1 and SND.WL2 note which segment the window is from; a SYN acknowledges nothing, so WL2 is our ISS.",
    hints: [
      "What is sndWnd after a SYN with window 1000 and scale 7?",
      "1000. The scale is for later segments.",
      "sndWnd and maxSndWnd: segment.window. sndWl1: segment.seq. sndWl2: iss.",
    ],
    run: async (t) => {
      for (const window of [1000, 0x8000, 0xffff, t.random.int(1, 0xffff)]) {
        const iss = anySeq(t.random);
        const segment = anySyn(t, { window, windowScale: t.random.int(1, 14) });
        const { tcb } = await openedPassively(t, iss, segment);
        const right = { sndWnd: window, maxSndWnd: window, sndWl1: segment.seq, sndWl2: iss };
        expectFields(t, tcb, right, `the connection after a SYN with window ${window} and scale ${segment.windowScale}`);
      }
    },
  },

  "syn-ack": {
    title: "a SYN is answered by SYN and ACK",
    kind: "table",
    weight: 2,
    covers: ["SM-2"],
    look: ["passiveOpen"],
    why:
      "One segment says both: where our numbers begin, and that theirs were heard (RFC 9293 §3.5). It acknowledges the SYN and nothing else; text that came with it will be sent again.",
    hints: [
      "Which number do you acknowledge when the SYN had text?",
      "The one behind the SYN: rcvNxt.",
      '`effects.event("syn received")` and `effects.send(SYN | ACK, iss, tcb.rcvNxt)`.',
    ],
    run: async (t) => {
      for (const textLength of [0, t.random.int(1, 500)]) {
        const [iss, irs] = [anySeq(t.random), anySeq(t.random)];
        const { tcb, calls } = await openedPassively(t, iss, anySyn(t, { seq: irs, textLength, length: textLength + 1 }));
        expectSaid(
          t,
          calls,
          ["event syn received", `send SYN ACK seq ${iss} ack ${after(irs)}`],
          `passiveOpen with ${iss} after SYN ${irs}`,
        );
        t.equal(tcb.rcvNxt, after(irs), "rcvNxt, behind the SYN and before its text");
      }
    },
  },

  "passive": {
    title: "the connection remembers that it was opened passively",
    kind: "table",
    covers: ["MUST-11"],
    look: ["passiveOpen"],
    why:
      "A RST in SYN-RECEIVED means two things: to who connected, “refused”; to who listened, nothing, and he goes on listening (RFC 9293 §3.10.7.4: MUST-11). Only this flag tells the two apart.",
    hints: ["Which field says who began?", "`tcb.passive`.", "`tcb.passive = true`."],
    run: async (t) => {
      t.equal((await openedPassively(t, anySeq(t.random), anySyn(t))).tcb.passive, true, "tcb.passive after passiveOpen");
    },
  },

  "state": {
    title: "a passive open asks for its state, too",
    kind: "table",
    covers: ["SM-2"],
    look: ["passiveOpen"],
    why: STATES_ARE_ASKED_FOR,
    hints: ["Do you write to `tcb.state`?", "`effects.event` is how a state changes.", "Remove the assignment."],
    run: async (t) => {
      const { tcb, calls } = await openedPassively(t, anySeq(t.random), anySyn(t));
      expectEvent(t, calls, "syn received");
      t.equal(tcb.state, "LISTEN", "tcb.state after passiveOpen, which only the engine changes");
    },
  },

  "agreed": {
    title: "the SYN's options are settled before the answer goes out",
    kind: "table",
    covers: ["7323-2.2", "2018-2", "MUST-15"],
    look: ["passiveOpen", "agreeOptions"],
    why:
      "The SYN+ACK offers only what the SYN has offered (RFC 7323 §2.2, RFC 2018 §2), and the engine reads from the connection what to offer. So agreeOptions comes before `effects.send`.",
    hints: [
      "What does the connection say at the moment in which you call `effects.send`?",
      "Does passiveOpen call agreeOptions, and before the effects? Notes before words.",
      "`agreeOptions(tcb, segment, now)` beside the numbers, `effects.event` and `effects.send` at the very end.",
    ],
    run: async (t) => {
      const bare = await openedPassively(t, anySeq(t.random), anySyn(t, { mss: 0 }));
      const none = { windowScaling: false, rcvScale: 0, timestamps: false, sackPermitted: false, sndMss: 536 };
      const found = tcbAtSend(t, bare.calls, "passiveOpen");
      expectFields(t, found, none, "the connection when effects.send is called, after a SYN without options");
      const full = anySyn(t, { mss: 1000, windowScale: 5, timestamps: true, tsVal: 77, sackPermitted: true });
      const both = { windowScaling: true, sndScale: 5, timestamps: true, tsRecent: 77, tsRecentAt: 1000, sackPermitted: true, sndMss: 988 };
      const { calls } = await openedPassively(t, anySeq(t.random), full);
      const what = "the connection when effects.send is called, after a SYN with all options, at 1000 ms";
      expectFields(t, tcbAtSend(t, calls, "passiveOpen"), both, what);
    },
  },

  "on-the-wire": {
    title: "the SYN+ACK offers what the SYN has offered",
    kind: "scenario",
    weight: 2,
    covers: ["SM-2", "MUST-14", "7323-2.2", "7323-3.2a", "2018-2"],
    look: ["passiveOpen", "agreeOptions", "writeSegment"],
    why:
      "MSS each side says for itself; the other options go back only to who has sent them (RFC 7323 §2.2, §3.2; RFC 2018 §2). The SYN+ACK echoes the SYN's timestamp, and its window is not scaled.",
    hints: [
      "Which option is sent to a peer that did not offer it, or not sent to one that did?",
      "Is everything settled before `effects.send`?",
      "Run the checks of the group agree.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      await tcp.listen(80);
      const tsVal = t.random.int(1, 0xffff_ffff);
      const full = tcp.peer();
      await full.send({ flags: "SYN", seq: 0, mss: 1460, sackPermitted: true, timestamps: [tsVal, 0], windowScale: 3 });
      await full.expect(
        {
          flags: "SYN ACK",
          seq: 0,
          ack: 1,
          mss: 1460,
          windowScale: "any",
          sackPermitted: true,
          timestamps: true,
          tsEcr: tsVal,
          window: 0xffff,
        },
        "a SYN with all options is answered with all of them",
      );
      const bare = tcp.peer();
      await bare.send({ flags: "SYN", seq: 0 });
      await bare.expect(
        { flags: "SYN ACK", seq: 0, ack: 1, mss: 1460, windowScale: false, sackPermitted: false, timestamps: false },
        "a SYN without options is answered with an MSS only",
      );
    },
  },
};

/** Checks of answerStray and listenArrives: what is said to a segment that belongs to no connection. */
import type { StrayAnswer } from "../../../stack/contract/handshake.ts";
import type { Segment } from "../../../stack/contract/tcb.ts";
import { seq } from "../../../stack/wire/seq.ts";
import { ACK, FIN, PSH, RST, SYN, URG } from "../../../stack/wire/tcp_flags.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { anySeq, arrived, flagsText } from "./samples.ts";

/** A segment with these flags, any numbers and so much text. */
export function anyStray(t: Trial, flags: number, textLength = 0): Segment {
  return arrived(flags, { seq: anySeq(t.random), ack: flags & ACK ? anySeq(t.random) : seq(0), textLength });
}

/** How a segment is called in a failure. */
export function named({ flags, seq, ack, textLength }: Segment): string {
  return `${flagsText(flags)} seq ${seq}${flags & ACK ? ` ack ${ack}` : ""}${textLength === 0 ? "" : ` with ${amount(textLength)}`}`;
}

/** An answer as people read it. Without ACK its acknowledgment number means nothing. */
export function answerText(answer: StrayAnswer | undefined): string {
  if (typeof answer !== "object" || answer === null) return answer === undefined ? "nothing" : String(answer);
  return `${flagsText(answer.flags)} seq ${answer.seq}${answer.flags & ACK ? ` ack ${answer.ack}` : ""}`;
}

/** What RFC 9293 §3.10.7.1 wants to be said to a segment. */
export function rightAnswer({ flags, seq: number, ack, length }: Segment): string {
  if (flags & RST) return "nothing";
  return flags & ACK ? `RST seq ${ack}` : `RST ACK seq 0 ack ${seq(number + length)}`;
}

/** Asks answerStray about each, and fails at the first wrong answer. */
export async function answersTo(t: Trial, segments: readonly Segment[]): Promise<void> {
  const outcomes = await t.many("handshake", "answerStray", segments.map((segment) => [segment]));
  for (const [index, segment] of segments.entries()) {
    const { value, threw } = outcomes[index] as { value: StrayAnswer | undefined; threw?: string };
    t.ok(threw === undefined, `answerStray to return, given ${named(segment)}`, `an exception: ${threw}`);
    t.equal(answerText(value), rightAnswer(segment), `the answer to ${named(segment)}`);
  }
}

/** Asks listenArrives about each of these flags; `legal` says what may come of it. */
export async function listenTo(t: Trial, flags: readonly number[], legal: (flags: number) => readonly string[]): Promise<void> {
  const outcomes = await t.many("handshake", "listenArrives", flags.map((each) => [anyStray(t, each)]));
  for (const [index, each] of flags.entries()) {
    t.oneOf(outcomes[index]?.value, legal(each), `what a listening socket does with ${flagsText(each)}`);
  }
}

/** Every combination of the six flags of 1981, ECE and CWR. */
export const ALL_FLAGS = Array.from({ length: 256 }, (_, flags) => flags);

export const stray: Readonly<Record<string, CheckSpec>> = {
  "to-an-ack": {
    title: "a stray that acknowledges gets a RST with that number",
    kind: "table",
    weight: 2,
    covers: ["SM-1"],
    look: ["answerStray"],
    why:
      "The sender believes a RST only if its sequence number is the one that he expects next, and that is what he acknowledged (RFC 9293 §3.10.7.1). So SEG.ACK becomes the RST's number, and the RST acknowledges nothing.",
    hints: [
      "Which number of the segment does its sender expect from us?",
      "The one that it acknowledges.",
      "flags RST, seq: segment.ack.",
    ],
    run: async (t) => {
      const flags = [ACK, ACK | PSH, ACK | FIN, ACK | SYN, ACK | SYN, ACK | URG | PSH, ACK, ACK];
      await answersTo(t, flags.map((each) => anyStray(t, each, t.random.pick([0, 1, t.random.int(2, 1460)]))));
    },
  },

  "to-a-syn": {
    title: "a SYN gets a RST that acknowledges it",
    kind: "table",
    weight: 2,
    covers: ["SM-1"],
    look: ["answerStray"],
    why:
      "It acknowledged nothing, so nothing tells which number the RST should have: it is 0, and the acknowledgment shows that the RST answers *this* segment (RFC 9293 §3.10.7.1). It covers all that was sent; a SYN counts one.",
    hints: [
      "What is SEG.SEQ + SEG.LEN of a bare SYN with number 100?",
      "`segment.length` has counted SYN and FIN already.",
      "flags RST + ACK, seq 0, ack: `seqAdd(segment.seq, segment.length)`.",
    ],
    run: async (t) => {
      await answersTo(t, [
        anyStray(t, SYN),
        anyStray(t, SYN),
        anyStray(t, SYN, t.random.int(1, 999)),
        arrived(SYN, { seq: seq(0xffff_ffff) }),
      ]);
    },
  },

  "covers-all": {
    title: "the RST acknowledges text, SYN and FIN, across the wrap",
    kind: "table",
    covers: ["SM-1"],
    look: ["answerStray"],
    why:
      "Every byte takes a number, SYN and FIN one each (RFC 9293 §3.4), and behind 4,294,967,295 comes 0. An acknowledgment that is off by one is not believed, and the other side keeps sending.",
    hints: [
      "What is the sum when the segment ends beyond 2³²?",
      "`seqAdd` in stack/wire/seq.ts wraps.",
      "Not `segment.textLength`: `segment.length`.",
    ],
    run: async (t) => {
      const segments = [FIN, SYN | FIN, 0, PSH, URG].flatMap((flags) =>
        [0, 1, t.random.int(2, 1460)].map((textLength) => arrived(flags, { seq: seq(0xffff_ffff - t.random.int(0, 3)), textLength }))
      );
      await answersTo(t, segments);
    },
  },

  "to-a-rst": {
    title: "a RST is never answered",
    kind: "table",
    weight: 2,
    covers: ["SM-1"],
    look: ["answerStray"],
    why:
      "Two hosts that answer a RST by a RST go on for ever (RFC 9293 §3.10.7.1). The RST's sender knows already that there is no connection.",
    hints: [
      "What do you return for a RST with ACK?",
      "Look at RST before you look at anything else.",
      "`undefined`.",
    ],
    run: async (t) => {
      const flags = [ACK, RST, RST | ACK, RST | SYN, RST | SYN | ACK, RST | FIN, RST | ACK | PSH | URG];
      await answersTo(t, flags.map((each) => anyStray(t, each, t.random.int(0, 5))));
    },
  },

  "closed-port": {
    title: "a closed port refuses a SYN",
    kind: "scenario",
    weight: 2,
    covers: ["SM-1", "MUST-2"],
    look: ["answerStray", "writeSegment", "parseSegment"],
    why:
      "What a port scanner sees: RST and ACK, number 0, acknowledging the SYN (RFC 9293 §3.10.7.1). The other side's connect fails at once with “connection refused”, where silence would cost it minutes.",
    hints: [
      "Does a segment leave at all? Then compare its numbers.",
      "Run stray/to-a-syn, then write/fields.",
      "The ports change places: that the host does; the numbers are yours.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      for (let i = 0; i < 3; i++) {
        const peer = tcp.peer({ port: t.random.int(1, 0xffff), iss: 0xffff_ffff - i });
        const data = t.random.bytes(i);
        await peer.send({ flags: "SYN", seq: 0, mss: 1460, data });
        await peer.expect({ flags: "RST ACK", seq: 0, ack: 1 + i, mss: false, timestamps: false }, "a SYN for a closed port is refused");
      }
    },
  },

  "rst-to-closed": {
    title: "a closed port says nothing to a RST",
    kind: "scenario",
    covers: ["SM-1"],
    look: ["answerStray"],
    why: "It is the same rule on the wire. The host counts what was not answered under “tcp: stray reset”.",
    hints: [
      "What did your stack send?",
      "answerStray returns undefined for every RST.",
      "Run stray/to-a-rst.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const peer = tcp.peer({ port: t.random.int(1, 0xffff) });
      await peer.send({ flags: "ACK", seq: 0, ack: 1 });
      await peer.expect({ flags: "RST", seq: 1 }, "what is no RST is refused");
      for (const flags of ["RST", "RST ACK", "SYN RST", "FIN RST ACK"]) {
        await peer.send({ flags, seq: t.random.int(0, 99), ack: t.random.int(0, 99) });
        await peer.expectSilence(50, `nothing is said to ${flags}`);
      }
      await t.counter(tcp, "tcp: stray reset", 4);
    },
  },
};

export const listen: Readonly<Record<string, CheckSpec>> = {
  "syn": {
    title: "a SYN for a listening socket opens a connection",
    kind: "table",
    covers: ["SM-2"],
    look: ["listenArrives"],
    why:
      "This is what it listens for (RFC 9293 §3.10.7.2, third). ECE and CWR may come along: they ask for congestion notification (RFC 3168).",
    hints: [
      "Which flags must be set, and which must not?",
      "SYN, without RST and without ACK.",
      'Behind the questions for RST and ACK: SYN → "open".',
    ],
    run: (t) => listenTo(t, [SYN, SYN | PSH, SYN | URG, SYN | 64 | 128, RST], (flags) => [flags & RST ? "drop" : "open"]),
  },

  "rst": {
    title: "a RST for a listening socket is dropped",
    kind: "table",
    covers: ["SM-2"],
    look: ["listenArrives"],
    why:
      "There is nothing that it could reset: the socket has no connection yet (RFC 9293 §3.10.7.2, first). Neither is it answered, whatever else is set.",
    hints: ["What do you do with RST and ACK together?", "RST is looked at first.", 'RST → "drop", before ACK is looked at.'],
    run: (t) => listenTo(t, [RST, RST | ACK, RST | SYN, RST | SYN | ACK, RST | FIN | ACK, SYN], (flags) => [flags & RST ? "drop" : "open"]),
  },

  "ack": {
    title: "an ACK for a listening socket is answered by a RST",
    kind: "table",
    weight: 2,
    covers: ["SM-2"],
    look: ["listenArrives"],
    why:
      "A listening socket has sent nothing, so nothing can be acknowledged (RFC 9293 §3.10.7.2, second). It is a segment of a connection that is no more, perhaps from before a restart: its sender shall know. SYN and ACK too.",
    hints: ["What do you do with SYN and ACK together?", "ACK is looked at before SYN.", 'ACK → "reset".'],
    run: (t) =>
      listenTo(t, [ACK, ACK | PSH, ACK | FIN, SYN | ACK, SYN | ACK | PSH, ACK | URG, SYN], (flags) => [flags & ACK ? "reset" : "open"]),
  },

  "neither": {
    title: "what is neither RST nor ACK nor SYN is dropped",
    kind: "table",
    covers: ["SM-2"],
    look: ["listenArrives"],
    why:
      "Text or FIN without ACK is no segment of any honest stack (RFC 9293 §3.10.7.2, fourth), and an answer would only tell a scanner that somebody listens here.",
    hints: ["What do you do with a segment that has no flag at all?", "Everything that is left over.", '"drop" at the end.'],
    run: (t) => listenTo(t, [0, FIN, PSH, URG, FIN | PSH | URG, SYN], (flags) => [flags & SYN ? "open" : "drop"]),
  },

  "on-the-wire": {
    title: "a listening port answers an ACK by a RST, a RST not at all",
    kind: "scenario",
    weight: 2,
    covers: ["SM-2", "SM-1"],
    look: ["listenArrives", "answerStray"],
    why:
      "The host asks listenArrives, and for “reset” it sends what answerStray says. Afterwards the socket listens as before: none of this was for it.",
    hints: [
      "Which of the segments got the wrong answer?",
      'The answer to "reset" has the number that was acknowledged.',
      "Run the checks listen/ack, listen/rst and stray/to-an-ack.",
    ],
    run: async (t) => {
      const { peer } = await (await t.tcp()).inState("LISTEN");
      const ack = t.random.int(1, 0x7fff_ffff);
      await peer.send({ flags: "ACK", seq: 5, ack });
      await peer.expect({ flags: "RST", seq: ack }, "an ACK for a listening socket is answered by a RST with its number");
      await peer.send({ flags: "RST ACK", seq: 5, ack });
      await peer.expectSilence(20, "a RST is not answered");
      await peer.send({ flags: "FIN", seq: 5 });
      await peer.expectSilence(20, "a FIN without ACK is not answered");
    },
  },
};

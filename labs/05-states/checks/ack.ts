/** Checks of `checkAck`: what the peer has received, and how much more it takes. Our FIN is in `ack_of_fin.ts`. */
import type { Tcb, TcpState } from "../../../stack/contract/tcb.ts";
import { seq, seqAdd } from "../../../stack/wire/seq.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectStep, type Place, places, segmentFor, SYNCHRONIZED, tcbIn, type Wanted, withNoise } from "./bench.ts";
import { opposite } from "./wire.ts";

/** A connection with `flight` bytes on their way; when it has sent its FIN, that is the last of them. */
export function sending(state: TcpState, place: Place, flight: number, overrides: Partial<Tcb> = {}): Tcb {
  return tcbIn(state, place, { sndNxt: seqAdd(place.una, flight), ...overrides });
}

/** States in which an acknowledgment says nothing about a FIN. */
export const NO_FIN_OUT: readonly TcpState[] = ["ESTABLISHED", "CLOSE-WAIT"];

/** Runs the same check wherever the numbers lie. */
export async function everywhere(t: Trial, run: (place: Place) => Promise<void>): Promise<void> {
  for (const place of places(t.random)) await run(place);
}

/** Why the two notes of the window are as they are, where a check is about something else. */
export const NOTES_OF_THE_WINDOW: Wanted["whys"] = Object.fromEntries(
  (["sndWl1", "sndWl2"] as const).map((field) => [
    field,
    "sndWl1 and sndWl2 are SEG.SEQ and SEG.ACK of the segment that the window was last taken from. They are noted whenever it is taken, also when it is as " +
    "large as before: else nobody can tell later which of two windows is the newer one (RFC 9293 §3.10.7.4, fifth step).",
  ]),
);

const PASSES = opposite("a segment with ACK goes on to the next step.", ["checkAck"]);

const NOTED = opposite("a new acknowledgment is noted and told (see ack/new).", ["checkAck"]);

/** What keeps a step that says "continue" to everything from being right about what is old. */
export async function expectNoted(t: Trial): Promise<void> {
  const [place] = places(t.random) as [Place];
  const tcb = sending("ESTABLISHED", place, 500);
  const segment = segmentFor(tcb, { flags: "ACK", acks: t.random.int(1, 500) });
  const wanted: Wanted = { effects: [`acknowledged(${segment.ack})`], free: ["sndUna", "sndWl1", "sndWl2", "sndWnd", "maxSndWnd"] };
  await t.about(NOTED, () => expectStep(t, "checkAck", tcb, segment, wanted));
}

/** The connection of the handout's examples. */
const EXAMPLE: Place = { una: seq(5000), rcv: seq(1000) };

export const ack: Readonly<Record<string, CheckSpec>> = {
  "new": {
    title: "an ACK of something new moves sndUna, and tells how far",
    kind: "table",
    weight: 2,
    covers: ["SM-4"],
    look: ["checkAck"],
    why:
      "sndUna is the oldest byte that the peer may not have. What lies before the ACK is in his hands; the send buffer lets go of it when it is told (RFC 9293 §3.10.7.4, fifth step).",
    hints: [
      "Between which two numbers does an ACK of something new lie?",
      "sndUna < SEG.ACK ≤ sndNxt, in sequence arithmetic.",
      "tcb.sndUna = segment.ack, and effects.acknowledged(segment.ack).",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const flight = t.random.int(100, 5000);
        for (const acks of [1, t.random.int(2, flight - 1), flight]) {
          const tcb = sending(t.random.pick(NO_FIN_OUT), place, flight);
          const segment = withNoise(t.random, segmentFor(tcb, { flags: "ACK", acks }));
          const changes = { sndUna: segment.ack, sndWl2: segment.ack };
          const wanted: Wanted = { verdict: "continue", effects: [`acknowledged(${segment.ack})`], changes, whys: NOTES_OF_THE_WINDOW };
          await expectStep(t, "checkAck", tcb, segment, wanted);
        }
      });
    },
  },

  "without": {
    title: "a segment without ACK is dropped",
    kind: "table",
    covers: ["SM-4"],
    look: ["checkAck"],
    why:
      "But for the first SYN, every segment of a connection acknowledges something; one that does not is forged or broken, and its text counts as little (RFC 9293 §3.10.7.4, fifth step).",
    hints: [
      "What is segment.ack worth when the ACK bit is not set?",
      'Nothing: it is 0. The whole segment is dropped: "drop".',
      "First line: `segment.flags & ACK`.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = sending(t.random.pick(SYNCHRONIZED), place, 500);
        for (const flags of ["PSH", "FIN", "URG PSH"]) {
          await expectStep(t, "checkAck", { ...tcb }, segmentFor(tcb, { flags, textLength: 9 }), { verdict: "drop" });
        }
        const good = sending("ESTABLISHED", place, 9);
        await t.about(PASSES, () => expectStep(t, "checkAck", good, segmentFor(good, { flags: "ACK" }), { verdict: "continue" }));
      });
    },
  },

  "never-sent": {
    title: "an ACK of what was never sent gets a challenge ACK",
    kind: "table",
    weight: 2,
    covers: ["SM-6", "R5961-5.2"],
    look: ["checkAck"],
    why:
      "Nobody can have received what we have not sent. Believe it, and the send buffer gives up bytes that nobody has (RFC 9293 §3.10.7.4, fifth step; RFC 5961 §5.2).",
    hints: [
      "What is the highest number that an honest peer can acknowledge?",
      'sndNxt: all that we have sent. Above it: challenge() and "drop".',
      "seqBefore(tcb.sndNxt, segment.ack).",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const flight = t.random.pick([0, t.random.int(1, 5000)]);
        for (const beyond of [1, t.random.int(2, 60_000)]) {
          const tcb = sending(t.random.pick(NO_FIN_OUT), place, flight);
          const segment = segmentFor(tcb, { flags: "ACK", acks: flight + beyond, window: 77, textLength: 5 });
          await expectStep(t, "checkAck", tcb, segment, { verdict: "drop", effects: ["challenge()"] });
        }
      });
    },
  },

  "far-behind": {
    title: "an ACK from long ago gets a challenge ACK",
    kind: "table",
    weight: 2,
    covers: ["R5961-5.2"],
    look: ["checkAck"],
    why:
      "To slip text into somebody else's connection, an attacker must guess a number to acknowledge; if all old ones will do, every second guess is right. What an honest peer sends lies at most one " +
      "window behind sndUna (RFC 5961 §5.2).",
    hints: [
      "How far behind sndUna may an honest ACK lie, if segments overtake each other?",
      'maxSndWnd: more was never in flight at once. Further behind: challenge() and "drop".',
      "seqDiff(segment.ack, tcb.sndUna) is below −tcb.maxSndWnd.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const maxSndWnd = t.random.int(2000, 60_000);
        for (const beyond of [1, t.random.int(2, 90_000)]) {
          const tcb = sending(t.random.pick(NO_FIN_OUT), place, 100, { maxSndWnd });
          const segment = segmentFor(tcb, { flags: "ACK", acks: -maxSndWnd - beyond, textLength: 5 });
          await expectStep(t, "checkAck", tcb, segment, { verdict: "drop", effects: ["challenge()"] });
        }
      });
    },
  },

  "old": {
    title: "an ACK that is only old changes nothing, and its text counts",
    kind: "table",
    weight: 2,
    covers: ["SM-6", "SM-7"],
    look: ["checkAck"],
    why:
      "A segment that was overtaken has an older ACK, and may have new text. The ACK is ignored, and so is its window, which was true some time ago; the text goes on to the next step " +
      "(RFC 9293 §3.10.7.4, fifth step).",
    hints: [
      "What happens to text that arrives with an old ACK?",
      '"continue": it may be just what is missing. Nothing else of the segment counts here.',
      'seqBefore(segment.ack, tcb.sndUna), within the limit: return "continue" before the window is looked at.',
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = sending(t.random.pick(NO_FIN_OUT), place, 100);
        for (const acks of [-1, -t.random.int(2, 8999)]) {
          const segment = segmentFor(tcb, { flags: "ACK", acks, at: 10, window: t.random.int(1, 7000), textLength: 20 });
          await expectStep(t, "checkAck", { ...tcb }, segment, { verdict: "continue" });
        }
      });
      await expectNoted(t);
    },
  },

  "example": {
    title: "the handout's examples: 5050, 5000, 4990, 5101, −4000, −4001",
    kind: "table",
    covers: ["R5961-5.2", "SM-6"],
    look: ["checkAck"],
    why:
      "The edges of the picture: sndNxt, the last number that can be acknowledged, and sndUna − maxSndWnd, the oldest that an honest peer may still send, are both inside (RFC 5961 §5.2). One further is " +
      "outside.",
    hints: [
      "Which comparisons are “less”, and which “less or equal”?",
      "Both ends are inside: −4000 and 5100 are no reason for a challenge.",
      "Challenge when seqDiff(segment.ack, tcb.sndUna) < −tcb.maxSndWnd, or when tcb.sndNxt lies before segment.ack.",
    ],
    run: async (t) => {
      const challenged: Wanted = { verdict: "drop", effects: ["challenge()"] };
      const old: Wanted = { verdict: "continue" };
      const fresh = (ack: number): Wanted => ({
        verdict: "continue",
        effects: [`acknowledged(${ack})`],
        changes: { sndUna: seq(ack), sndWl2: seq(ack) },
        whys: NOTES_OF_THE_WINDOW,
      });
      const cases: readonly (readonly [number, Wanted])[] = [
        [5050, fresh(5050)],
        [5000, old],
        [4990, old],
        [5100, fresh(5100)],
        [5101, challenged],
        [-4000, old],
        [-4001, challenged],
      ];
      for (const [number, wanted] of cases) {
        const tcb = sending("ESTABLISHED", EXAMPLE, 100);
        await expectStep(t, "checkAck", tcb, segmentFor(tcb, { flags: "ACK", acks: number - 5000 }), wanted);
      }
    },
  },

  "window": {
    title: "a newer segment's window is taken, also without new ACK",
    kind: "table",
    weight: 2,
    covers: ["SM-7"],
    look: ["checkAck"],
    why:
      "A receiver whose application has read says so with an ACK that has nothing new but the window. So the window counts from SEG.ACK = sndUna on (RFC 9293 §3.10.7.4, fifth step).",
    hints: [
      "From which ACK numbers on is the window looked at?",
      "From sndUna on, sndUna itself included. Write sndWnd, and note where it is from: sndWl1 is SEG.SEQ, sndWl2 is SEG.ACK.",
      "Three assignments, when sndWl1 < SEG.SEQ, or sndWl1 = SEG.SEQ and sndWl2 ≤ SEG.ACK.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const [at, acks] of [[0, 0], [0, 50], [30, 0], [30, 50]] as const) {
          const tcb = sending(t.random.pick(NO_FIN_OUT), place, 100);
          const segment = segmentFor(tcb, { flags: "ACK", at, acks, window: t.random.int(0, 7000) });
          const changes = { sndUna: segment.ack, sndWnd: segment.window, sndWl1: segment.seq, sndWl2: segment.ack };
          const effects = acks > 0 ? [`acknowledged(${segment.ack})`] : [];
          await expectStep(t, "checkAck", tcb, segment, { verdict: "continue", effects, changes, whys: NOTES_OF_THE_WINDOW });
        }
      });
    },
  },

  "window-overtaken": {
    title: "the window of a segment that was overtaken is not taken",
    kind: "table",
    weight: 2,
    covers: ["SM-7"],
    look: ["checkAck"],
    why:
      "Segments overtake each other, and the last to arrive need not be the last that was sent. Its place in the peer's stream tells: sndWl1 and sndWl2 say which segment the window is from " +
      "(RFC 9293 §3.10.7.4, fifth step). An old window of 0 would stop us for nothing.",
    hints: [
      "What do sndWl1 and sndWl2 hold?",
      "SEG.SEQ and SEG.ACK of the segment that the window was last taken from. An older SEG.SEQ is an older segment, whatever it acknowledges.",
      "The ACK still counts when it is new: only the window is left alone.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const [at, acks] of [[0, 0], [39, 0], [0, 90], [39, 60]] as const) {
          const tcb = sending(t.random.pick(NO_FIN_OUT), place, 100, { sndWl1: seqAdd(place.rcv, 40) });
          const segment = segmentFor(tcb, { flags: "ACK", at, acks, window: t.random.int(0, 7000), textLength: 10 });
          const effects = acks > 0 ? [`acknowledged(${segment.ack})`] : [];
          await expectStep(t, "checkAck", tcb, segment, { verdict: "continue", effects, changes: { sndUna: segment.ack } });
        }
      });
    },
  },

  "unsigned": {
    title: "windows of 32,768 and more are large, not negative",
    kind: "table",
    covers: ["MUST-1"],
    look: ["checkAck"],
    why:
      "The field has 16 bits and no sign. Early stacks took 0x8000 for −32,768, and stopped sending to everybody who offered much (MUST-1).",
    hints: [
      "What is `0xffff << 16 >> 16` in this language?",
      "−1: the bit operators have a sign. segment.window is a good number already.",
      "Take it as it is, scaled (see ack/scale).",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const window of [0x8000, 0xffff, t.random.int(0x8001, 0xfffe)]) {
          const tcb = sending("ESTABLISHED", place, 100);
          const segment = segmentFor(tcb, { flags: "ACK", window });
          await expectStep(t, "checkAck", tcb, segment, { verdict: "continue", changes: { sndWnd: window }, free: ["maxSndWnd"] });
        }
      });
    },
  },

  "scale": {
    title: "the window is shifted by the peer's scale",
    kind: "table",
    weight: 2,
    covers: ["7323-2.3"],
    look: ["checkAck"],
    why:
      "16 bits are 64 KiB, too little for fast and long ways. Since the handshake both sides know by how many bits the field is shifted, up to 14 (RFC 7323 §2.3).",
    hints: [
      "Which of the two scales is it, ours or the peer's?",
      "sndScale: the peer's windows are ours to send into. `window << sndScale`.",
      "The shifted value is compared with maxSndWnd, too.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const sndScale = t.random.pick([1, 7, 14, t.random.int(2, 13)]);
        const tcb = sending("ESTABLISHED", place, 100, { sndScale, rcvScale: 3, windowScaling: true });
        const segment = segmentFor(tcb, { flags: "ACK", window: t.random.int(40_000, 0xffff) });
        const sndWnd = segment.window * 2 ** sndScale;
        await expectStep(t, "checkAck", tcb, segment, { verdict: "continue", changes: { sndWnd }, free: ["maxSndWnd"] });
      });
    },
  },
};

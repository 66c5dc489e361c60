/** Checks of `takeText`, `checkUrgent` and `checkFin`: what a good segment brings, in the order of its bytes. */
import { seqAdd } from "../../../stack/wire/seq.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { everywhere } from "./ack.ts";
import { expectStep, FIN_SEEN, segmentFor, TAKING_TEXT, tcbIn, type Wanted } from "./bench.ts";
import { opposite } from "./wire.ts";

const DELIVERED = opposite("text in order is delivered, also in FIN-WAIT-1 and FIN-WAIT-2 (see text/in-order).", ["takeText"]);
const TOLD = opposite("a pointer that shows beyond rcvUp and rcvNxt is news, wherever the numbers wrap (see urgent/told).", [
  "checkUrgent",
]);

/** What becomes of text: `at` is its distance from rcvNxt; `take` the part that must be delivered, from and to in the text. */
export interface Cut {
  readonly at: number;
  readonly length: number;
  readonly take?: readonly [from: number, to: number];
  readonly acknowledge: "now" | "later" | "either";
}

/** Fails unless exactly this part of the text is delivered, wherever the numbers lie. */
export async function expectCut(t: Trial, rcvWnd: number, cuts: readonly Cut[]): Promise<void> {
  await everywhere(t, async (place) => {
    for (const { at, length, take, acknowledge } of cuts) {
      const tcb = tcbIn(t.random.pick(TAKING_TEXT), place, { rcvWnd });
      const segment = segmentFor(tcb, { flags: "ACK", at, textLength: length, text: t.random.int(40, 190) });
      const acknowledgment = ["now", "later"].filter((each) => each === acknowledge || acknowledge === "either")
        .map((each) => `acknowledge("${each}")`);
      const delivery = take === undefined
        ? []
        : [`deliver(${seqAdd(segment.seq, take[0])}, ${segment.text + take[0]}, ${take[1] - take[0]})`];
      await expectStep(t, "takeText", tcb, segment, { verdict: "continue", effects: [...delivery, acknowledgment] });
    }
  });
}

export const text: Readonly<Record<string, CheckSpec>> = {
  "in-order": {
    title: "text at rcvNxt is delivered, and acknowledged later",
    kind: "table",
    weight: 2,
    covers: ["SM-4", "SHLD-18"],
    look: ["takeText"],
    why:
      "The usual case, millions of times a second. The acknowledgment can wait a moment: perhaps more text comes, or an answer on which it can ride (RFC 9293 §3.8.6.3). How long is lab 06's " +
      "decision. rcvNxt is moved by the engine, which asks the buffer.",
    hints: [
      "Which three numbers does the engine need in order to copy the text?",
      "The sequence number of its first byte, where that lies in the frame (segment.text), and how many bytes.",
      'effects.deliver(seq, segment.text, segment.textLength) and effects.acknowledge("later"); then "continue", since a FIN may follow.',
    ],
    run: async (t) => {
      const length = t.random.int(2, 1400);
      await expectCut(t, 4000, [
        { at: 0, length, take: [0, length], acknowledge: "later" },
        { at: 0, length: 1, take: [0, 1], acknowledge: "later" },
      ]);
    },
  },

  "left-edge": {
    title: "what was received before is cut off at the front",
    kind: "table",
    weight: 2,
    covers: ["SM-11"],
    look: ["takeText"],
    why:
      "A peer that sends again may send more than before in one segment. The bytes before rcvNxt were delivered already, and a stream has each byte once (RFC 9293 §3.10.7.4, seventh step).",
    hints: [
      "How many bytes at the front are old?",
      "As many as rcvNxt lies behind segment.seq: seqDiff(tcb.rcvNxt, segment.seq), if that is positive.",
      "Three numbers move together: the sequence number and the place in the frame go up by it, the count goes down.",
    ],
    run: async (t) => {
      const [old, length] = [t.random.int(2, 700), t.random.int(1, 700)];
      await expectCut(t, 4000, [
        { at: -old, length: old + length, take: [old, old + length], acknowledge: "either" },
        { at: -1, length: 2, take: [1, 2], acknowledge: "either" },
      ]);
    },
  },

  "right-edge": {
    title: "what lies behind the window's right edge is cut off",
    kind: "table",
    weight: 2,
    covers: ["SM-11"],
    look: ["takeText"],
    why:
      "We have promised room for rcvWnd bytes. Whoever sends more gets what fits; the rest he will send again, when there is room (RFC 9293 §3.10.7.4, seventh step).",
    hints: [
      "What is the number of the first byte that does not fit?",
      "rcvNxt + rcvWnd. How far from it does the text begin?",
      "At most rcvWnd − (distance of the text's first byte from rcvNxt) bytes are taken.",
    ],
    run: async (t) => {
      const rcvWnd = t.random.int(100, 900);
      const gap = t.random.int(1, 90);
      await expectCut(t, rcvWnd, [
        { at: 0, length: rcvWnd + 1, take: [0, rcvWnd], acknowledge: "either" },
        { at: 0, length: rcvWnd + t.random.int(2, 400), take: [0, rcvWnd], acknowledge: "either" },
        { at: gap, length: rcvWnd, take: [0, rcvWnd - gap], acknowledge: "either" },
        { at: rcvWnd - 1, length: 5, take: [0, 1], acknowledge: "either" },
      ]);
    },
  },

  "gap": {
    title: "text behind a gap is delivered, and acknowledged at once",
    kind: "table",
    weight: 2,
    covers: ["SHLD-31", "5681-3.2a"],
    look: ["takeText"],
    why:
      "The buffer keeps what came too early (SHLD-31), and the sender should hear of the gap without delay: he counts such acknowledgments, and sends again after three (RFC 5681 §4.2).",
    hints: [
      "How do you see that something is missing before this text?",
      "It begins beyond rcvNxt. It is delivered with its own number: the buffer knows where it belongs.",
      'The same deliver as always, and acknowledge("now").',
    ],
    run: async (t) => {
      const length = t.random.int(2, 700);
      await expectCut(t, 4000, [
        { at: 1, length, take: [0, length], acknowledge: "now" },
        { at: t.random.int(2, 3000), length, take: [0, length], acknowledge: "now" },
      ]);
    },
  },

  "nothing-fits": {
    title: "text for a shut window is acknowledged at once, not taken",
    kind: "table",
    covers: ["MUST-66"],
    look: ["takeText"],
    why:
      "A byte sent into a shut window is a question: is it still shut? The answer must come at once, and the byte is not taken (RFC 9293 §3.8.6.1).",
    hints: [
      "How many bytes fit into a window of 0?",
      "None: no deliver. But something came, and nothing of it was new.",
      'When the count is 0 or less: only acknowledge("now").',
    ],
    run: async (t) => {
      await expectCut(t, 0, [{ at: 0, length: 1, acknowledge: "now" }, { at: 0, length: t.random.int(2, 900), acknowledge: "now" }]);
      await t.about(DELIVERED, () => expectCut(t, 100, [{ at: 0, length: 50, take: [0, 50], acknowledge: "later" }]));
    },
  },

  "no-text": {
    title: "a segment without text delivers nothing, asks for nothing",
    kind: "table",
    covers: ["SM-4"],
    look: ["takeText"],
    why:
      "An ACK of an ACK would be answered by an ACK, for ever. What takes no sequence number is never acknowledged (RFC 9293 §3.8.4 tells of the one exception, keep-alive).",
    hints: [
      "What has this step to do when segment.textLength is 0?",
      "Nothing at all.",
      'First line: no text → "continue".',
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const flags of ["ACK", "FIN ACK", "ACK URG"]) {
          const tcb = tcbIn(t.random.pick(TAKING_TEXT), place);
          await expectStep(t, "takeText", tcb, segmentFor(tcb, { flags, at: t.random.pick([0, 5]) }), { verdict: "continue" });
        }
        const tcb = tcbIn("ESTABLISHED", place);
        const full = segmentFor(tcb, { flags: "ACK", textLength: 3 });
        const effects = [`deliver(${full.seq}, ${full.text}, 3)`, 'acknowledge("later")'];
        await t.about(DELIVERED, () => expectStep(t, "takeText", tcb, full, { verdict: "continue", effects }));
      });
    },
  },

  "after-fin": {
    title: "text behind the peer's FIN is ignored",
    kind: "table",
    weight: 2,
    covers: ["SM-10"],
    look: ["takeText"],
    why:
      "The FIN said that nothing more comes. What comes all the same is no part of the stream (RFC 9293 §3.10.7.4, seventh step), and delivering it would put bytes behind the end.",
    hints: [
      "In which states may the peer still send text?",
      "ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2: we may have closed, he has not.",
      'takesText is in the stub. In all other states: "continue", and no effect.',
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const state of FIN_SEEN) {
          const tcb = tcbIn(state, place);
          await expectStep(t, "takeText", tcb, segmentFor(tcb, { flags: "ACK", textLength: t.random.int(1, 900) }), {
            verdict: "continue",
          });
        }
        const tcb = tcbIn("FIN-WAIT-2", place);
        const good = segmentFor(tcb, { flags: "ACK", textLength: 7 });
        const effects = [`deliver(${good.seq}, ${good.text}, 7)`, 'acknowledge("later")'];
        await t.about(DELIVERED, () => expectStep(t, "takeText", tcb, good, { effects }));
      });
    },
  },
};

export const urgent: Readonly<Record<string, CheckSpec>> = {
  "told": {
    title: "the application hears of urgent data, and how far it goes",
    kind: "table",
    covers: ["MUST-30", "MUST-31", "MUST-32", "MUST-62"],
    look: ["checkUrgent"],
    why:
      "The pointer counts from the segment's own number and shows the first byte *behind* the urgent data (MUST-62). It may point beyond the segment, as urgent data may be of any " +
      "length (MUST-31).",
    hints: [
      "Where does the urgent pointer count from?",
      "From SEG.SEQ: up = seqAdd(segment.seq, segment.urgentPointer).",
      "tcb.rcvUp = up, and effects.urgent(up).",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const [at, urgentPointer, textLength] of [[0, 1, 1], [0, t.random.int(2, 500), 9], [10, t.random.int(600, 0xffff), 5]]) {
          const tcb = tcbIn(t.random.pick(TAKING_TEXT), place);
          const segment = segmentFor(tcb, {
            flags: "ACK URG",
            at: at ?? 0,
            urgentPointer: urgentPointer ?? 0,
            textLength: textLength ?? 0,
          });
          const up = seqAdd(place.rcv, (at ?? 0) + segment.urgentPointer);
          await expectStep(t, "checkUrgent", tcb, segment, { verdict: "continue", effects: [`urgent(${up})`], changes: { rcvUp: up } });
        }
      });
    },
  },

  "told-once": {
    title: "it hears of the same urgent data once",
    kind: "table",
    covers: ["MUST-32"],
    look: ["checkUrgent"],
    why:
      "Every segment on the way to the urgent byte carries the URG bit and points to the same place. The application is told when the place is new (RFC 9293 §3.8.5).",
    hints: [
      "What do you know already when the second such segment comes?",
      "rcvUp. Only a pointer beyond it is news.",
      "seqBefore(tcb.rcvUp, up); else nothing.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const ahead = t.random.int(100, 900);
        const tcb = tcbIn(t.random.pick(TAKING_TEXT), place, { rcvUp: seqAdd(place.rcv, ahead) });
        for (const urgentPointer of [ahead, ahead - 1, 1]) {
          const segment = segmentFor(tcb, { flags: "ACK URG", urgentPointer, textLength: 20 });
          await expectStep(t, "checkUrgent", { ...tcb }, segment, { verdict: "continue" });
        }
        const segment = segmentFor(tcb, { flags: "ACK URG", urgentPointer: ahead + 1, textLength: 20 });
        const up = seqAdd(place.rcv, ahead + 1);
        const wanted: Wanted = { verdict: "continue", effects: [`urgent(${up})`], changes: { rcvUp: up } };
        await t.about(TOLD, () => expectStep(t, "checkUrgent", tcb, segment, wanted));
      });
    },
  },

  "without-the-bit": {
    title: "the pointer means nothing without URG, or after a FIN",
    kind: "table",
    covers: ["MUST-30", "SM-10"],
    look: ["checkUrgent"],
    why:
      "The field is in every header, and what stands in it counts only with the bit (RFC 9293 §3.1). After the peer's FIN nothing urgent can come (RFC 9293 §3.10.7.4, sixth step).",
    hints: [
      "What do two conditions have in common with those of takeText?",
      "The states: takesText(tcb.state). And the bit: segment.flags & URG.",
      'One of them missing: "continue", and nothing else.',
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const open = tcbIn(t.random.pick(TAKING_TEXT), place);
        const urgentPointer = t.random.int(1, 900);
        await expectStep(t, "checkUrgent", { ...open }, segmentFor(open, { flags: "ACK PSH", urgentPointer }), { verdict: "continue" });
        const over = tcbIn(t.random.pick(FIN_SEEN), place);
        await expectStep(t, "checkUrgent", over, segmentFor(over, { flags: "ACK URG", urgentPointer }), { verdict: "continue" });
        const up = seqAdd(place.rcv, urgentPointer);
        const wanted = { effects: [`urgent(${up})`], changes: { rcvUp: up } };
        await t.about(TOLD, () => expectStep(t, "checkUrgent", open, segmentFor(open, { flags: "ACK URG", urgentPointer }), wanted));
      });
    },
  },
};

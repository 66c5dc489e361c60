/** Checks of `checkFin`: the peer has said everything. RFC 9293 §3.10.7.4, eighth step. */
import type { TcpState } from "../../../stack/contract/tcb.ts";
import { seqAdd } from "../../../stack/wire/seq.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { everywhere } from "./ack.ts";
import { expectStep, FIN_SEEN, segmentFor, TAKING_TEXT, tcbIn, type Wanted } from "./bench.ts";
import { opposite } from "./wire.ts";

const TAKEN = opposite("a FIN in order is taken (see fin/in-order).", ["checkFin"]);

const TAKES_A_NUMBER =
  "In every state the FIN takes a number, as a byte of text does: rcvNxt steps over it, so that the acknowledgment covers it, and finReceived says that it has come " +
  "(RFC 9293 §3.10.7.4, eighth step). See fin/in-order.";
/** Why these two change, where a check is about something else. */
const COUNTED = { rcvNxt: TAKES_A_NUMBER, finReceived: TAKES_A_NUMBER };

/** A FIN in order in this state: what it changes, and whether the timer of TIME-WAIT starts. */
export async function expectFin(t: Trial, state: TcpState, timer: boolean, whys: Wanted["whys"] = {}): Promise<void> {
  await everywhere(t, async (place) => {
    const tcb = tcbIn(state, place);
    // The text of the segment was taken: rcvNxt stands behind it, where the FIN is.
    const textLength = t.random.pick([0, t.random.int(1, 900)]);
    const segment = segmentFor(tcb, { flags: t.random.pick(["FIN ACK", "FIN ACK PSH"]), at: -textLength, textLength });
    const effects = ['event("fin received")', 'acknowledge("now")', ...timer ? ["startTimeWait()"] : []];
    const changes = { finReceived: true, rcvNxt: seqAdd(place.rcv, 1) };
    await expectStep(t, "checkFin", tcb, segment, { verdict: "continue", effects, changes, whys });
  });
}

export const fin: Readonly<Record<string, CheckSpec>> = {
  "in-order": {
    title: "a FIN at rcvNxt is taken, and acknowledged at once",
    kind: "table",
    weight: 2,
    covers: ["SM-11", "SM-4"],
    look: ["checkFin"],
    why:
      "The FIN takes a number, so rcvNxt steps over it, and the acknowledgment covers it: SEG.ACK is one more than for the last byte (RFC 9293 §3.10.7.4, eighth step). Forget it, and the " +
      "peer sends his FIN again and again.",
    hints: [
      "What is acknowledged, once the FIN is taken?",
      "rcvNxt + 1. Two fields change: finReceived and rcvNxt; two effects follow.",
      'effects.event("fin received") and effects.acknowledge("now").',
    ],
    run: async (t) => {
      await expectFin(t, "ESTABLISHED", false);
    },
  },

  "both-closed": {
    title: "FIN-WAIT-1: the peer's FIN before the ACK of ours",
    kind: "table",
    covers: ["SM-8", "MUST-13"],
    look: ["checkFin"],
    why:
      "Both sides closed at once, and the FINs crossed. We go to CLOSING, where the ACK of our FIN is still missing; TIME-WAIT, and its timer, come after that (RFC 9293 §3.6, figure 13).",
    hints: [
      "Is the connection over for both sides at this moment?",
      "Not yet: our FIN is not acknowledged. The event is the same as ever, and nextState knows where it leads.",
      "No startTimeWait in FIN-WAIT-1.",
    ],
    run: (t) => expectFin(t, "FIN-WAIT-1", false, COUNTED),
  },

  "last": {
    title: "FIN-WAIT-2: the peer's FIN starts TIME-WAIT",
    kind: "table",
    weight: 2,
    covers: ["SM-8", "MUST-13"],
    look: ["checkFin"],
    why:
      "Our FIN was acknowledged before, and now the peer's has come: both streams have ended. Our ACK may be lost, so somebody must be there to send it again: we wait for twice the segment " +
      "lifetime (RFC 9293 §3.6.1).",
    hints: [
      "From which state does a FIN lead to TIME-WAIT?",
      "FIN-WAIT-2. Its timer starts with it: effects.startTimeWait().",
      "Remember the state *before* effects.event(): in a running stack it is another one afterwards.",
    ],
    run: (t) => expectFin(t, "FIN-WAIT-2", true, COUNTED),
  },

  "early": {
    title: "a FIN before its time waits",
    kind: "table",
    weight: 2,
    covers: ["SM-11"],
    look: ["checkFin"],
    why:
      "A FIN behind a gap says where the stream ends, and not that all of it is here. Believe it now, and the application takes a half for the whole (RFC 9293 §3.10.7.4). The engine asks " +
      "again when the gap is filled.",
    hints: [
      "Which number does the FIN have, if the segment has text?",
      "segment.seq + segment.length − 1: SEG.LEN counts the FIN.",
      'Not equal to rcvNxt: "continue", and nothing happens.',
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const [at, textLength] of [[1, 0], [0, 1], [0, t.random.int(2, 900)], [t.random.int(2, 900), 20]]) {
          const tcb = tcbIn(t.random.pick(TAKING_TEXT), place);
          const segment = segmentFor(tcb, { flags: "FIN ACK", at: at ?? 0, textLength: textLength ?? 0 });
          await expectStep(t, "checkFin", tcb, segment, { verdict: "continue" });
        }
      });
      await t.about(TAKEN, () => expectFin(t, "ESTABLISHED", false));
    },
  },

  "no-fin": {
    title: "a segment without FIN ends nothing",
    kind: "table",
    covers: ["SM-4"],
    look: ["checkFin"],
    why:
      "The last step for nearly every segment: nothing to do. One whose text was not taken may end at rcvNxt, where a FIN would be: only the bit makes it one (RFC 9293 §3.10.7.4, eighth step).",
    hints: [
      "Which bit is it?",
      "`segment.flags & FIN`.",
      'Not set: "continue".',
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const tcb = tcbIn(t.random.pick(TAKING_TEXT), place);
        // The last is a byte for a shut window, which was not taken: it has the number that a FIN would have.
        for (const [at, textLength] of [[0, 0], [-1, 1], [0, 1]] as const) {
          const segment = segmentFor(tcb, { flags: "ACK PSH", at, textLength });
          await expectStep(t, "checkFin", { ...tcb }, segment, { verdict: "continue" });
        }
      });
      await t.about(TAKEN, () => expectFin(t, "ESTABLISHED", false));
    },
  },

  "seen": {
    title: "where the FIN was seen, another one does nothing",
    kind: "table",
    covers: ["SM-10", "SM-9"],
    look: ["checkFin"],
    why:
      "A stream ends once. A second FIN, at a number behind the first, is nonsense or an attack; stepping over it would acknowledge what nobody sent (RFC 9293 §3.10.7.4).",
    hints: [
      "In which states has the FIN been seen?",
      "CLOSE-WAIT, CLOSING, LAST-ACK and TIME-WAIT; finReceived says the same.",
      "The same condition as in takeText: takesText(tcb.state).",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        for (const state of FIN_SEEN) {
          const tcb = tcbIn(state, place);
          await expectStep(t, "checkFin", tcb, segmentFor(tcb, { flags: "FIN ACK" }), { verdict: "continue" });
        }
      });
      await t.about(TAKEN, () => expectFin(t, "FIN-WAIT-2", true));
    },
  },
};

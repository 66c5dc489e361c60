/** Checks of `checkAck`, where our FIN is concerned: RFC 9293 §3.10.7.4, fifth step, state by state. */
import type { Tcb, TcpState } from "../../../stack/contract/tcb.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { everywhere, expectNoted, NOTES_OF_THE_WINDOW, sending } from "./ack.ts";
import { expectStep, segmentFor, tcbIn, type Wanted } from "./bench.ts";

/** What changes in LAST-ACK matters to nobody any more: with the ACK of our FIN the connection is gone. */
const ALL_OVER: readonly (keyof Tcb)[] = ["sndUna", "sndWnd", "maxSndWnd", "sndWl1", "sndWl2"];

/** An ACK of everything, our FIN included, in this state. */
export async function expectFinAcknowledged(t: Trial, state: TcpState, timer: boolean): Promise<void> {
  await everywhere(t, async (place) => {
    const flight = t.random.pick([1, t.random.int(2, 4000)]);
    const tcb = sending(state, place, flight);
    const segment = segmentFor(tcb, { flags: "ACK", acks: flight });
    const told = `acknowledged(${segment.ack})`;
    const event = 'event("fin acknowledged")';
    const wanted: Wanted = state === "LAST-ACK" ? { verdict: "drop", effects: [event], also: [told], free: ALL_OVER } : {
      verdict: state === "FIN-WAIT-1" ? "continue" : ["continue", "drop"],
      effects: [told, event, ...timer ? ["startTimeWait()"] : []],
      changes: { sndUna: segment.ack, sndWl2: segment.ack },
      whys: NOTES_OF_THE_WINDOW,
    };
    await expectStep(t, "checkAck", tcb, segment, wanted);
  });
}

const FIN_HINTS: CheckSpec["hints"] = [
  "How do you tell that the peer has our FIN?",
  "The FIN is the last number that we sent. finSent, and sndUna has reached sndNxt: everything is acknowledged, the FIN too.",
  'effects.event("fin acknowledged") in FIN-WAIT-1, CLOSING and LAST-ACK.',
];

export const ackOfFin: Readonly<Record<string, CheckSpec>> = {
  "fin-wait-1": {
    title: "FIN-WAIT-1: an ACK that covers our FIN is told",
    kind: "table",
    weight: 2,
    covers: ["SM-8"],
    look: ["checkAck"],
    why:
      "The peer knows that we have nothing more to say, and may go on talking himself: FIN-WAIT-2. His text may be in the same segment, so it goes on to the next step (RFC 9293 §3.10.7.4, " +
      "fifth step).",
    hints: FIN_HINTS,
    run: (t) => expectFinAcknowledged(t, "FIN-WAIT-1", false),
  },

  "closing": {
    title: "CLOSING: an ACK that covers our FIN starts TIME-WAIT",
    kind: "table",
    weight: 2,
    covers: ["SM-8", "MUST-13"],
    look: ["checkAck"],
    why:
      "Both FINs have come, and both are acknowledged: the connection is over, but for the waiting. The timer starts with the state (RFC 9293 §3.10.7.4, fifth step).",
    hints: [FIN_HINTS[0], FIN_HINTS[1], "In CLOSING two effects: the event, and startTimeWait()."],
    run: (t) => expectFinAcknowledged(t, "CLOSING", true),
  },

  "last-ack": {
    title: "LAST-ACK: an ACK that covers our FIN ends all",
    kind: "table",
    weight: 2,
    covers: ["SM-8"],
    look: ["checkAck"],
    why:
      "We closed second, so the waiting is the peer's. Nothing is left that could arrive: CLOSED at once, without a timer; and as there is no connection any more, no step has anything to look at: " +
      '"drop" (RFC 9293 §3.10.7.4, fifth step).',
    hints: [FIN_HINTS[0], FIN_HINTS[1], 'In LAST-ACK the event, and "drop".'],
    run: (t) => expectFinAcknowledged(t, "LAST-ACK", false),
  },

  "fin-missing": {
    title: "an ACK of all but our FIN does not count as the FIN's",
    kind: "table",
    weight: 2,
    covers: ["SM-8"],
    look: ["checkAck"],
    why:
      "The FIN has a number of its own, behind the last byte. A peer that has all the text and not the FIN must get it again; who forgets it here leaves him waiting for ever (RFC 9293 §3.4).",
    hints: [
      "Text from 5000 to 5099, then the FIN: which number acknowledges all of it?",
      "5101: the FIN is 5100. With SEG.ACK = 5100 the FIN is missing.",
      "Compare with sndNxt, which lies behind the FIN.",
    ],
    run: async (t) => {
      for (const state of ["FIN-WAIT-1", "CLOSING", "LAST-ACK"] as const) {
        await everywhere(t, async (place) => {
          const flight = t.random.int(50, 4000);
          const tcb = sending(state, place, flight);
          const acks = t.random.pick([flight - 1, t.random.int(1, flight - 1)]);
          const segment = segmentFor(tcb, { flags: "ACK", acks });
          const changes = { sndUna: segment.ack, sndWl2: segment.ack };
          const verdict = state === "FIN-WAIT-1" ? "continue" : ["continue", "drop"] as const;
          const wanted: Wanted = { verdict, effects: [`acknowledged(${segment.ack})`], changes, whys: NOTES_OF_THE_WINDOW };
          await expectStep(t, "checkAck", tcb, segment, wanted);
        });
      }
    },
  },

  "fin-waits": {
    title: "FIN-WAIT-1: a FIN that waits behind text is not acknowledged",
    kind: "table",
    weight: 2,
    covers: ["SM-8"],
    look: ["checkAck"],
    why:
      "The application has closed, but the peer's window is shut, and the last text and the FIN wait. Everything that was sent is acknowledged, and still the FIN is not: it was not sent " +
      "(RFC 9293 §3.10.4).",
    hints: [
      "Is sndUna = sndNxt enough to know that the FIN arrived?",
      "No: the FIN may not have gone out yet. finQueued says that it will, finSent that it did.",
      "Both conditions: tcb.finSent, and sndUna has reached sndNxt.",
    ],
    run: async (t) => {
      await everywhere(t, async (place) => {
        const flight = t.random.int(1, 4000);
        const tcb = sending("FIN-WAIT-1", place, flight, { finSent: false });
        const segment = segmentFor(tcb, { flags: "ACK", acks: flight, window: 0 });
        const changes = { sndUna: segment.ack, sndWl2: segment.ack, sndWnd: 0 };
        const effects = [`acknowledged(${segment.ack})`];
        const wanted: Wanted = { verdict: "continue", effects, changes, whys: NOTES_OF_THE_WINDOW };
        await expectStep(t, "checkAck", tcb, segment, wanted);
      });
    },
  },

  "fin-told-once": {
    title: "in FIN-WAIT-2 and TIME-WAIT our FIN is old news",
    kind: "table",
    covers: ["SM-8", "SM-9"],
    look: ["checkAck"],
    why:
      "Every segment of the peer's acknowledges our FIN from now on. It is an event only once: in FIN-WAIT-2 and TIME-WAIT it cannot happen, and the engine would stop there (figure 5).",
    hints: [
      "In which states does the ACK of our FIN change something?",
      "FIN-WAIT-1, CLOSING and LAST-ACK. In the others there is no event.",
      "A switch over tcb.state with three cases.",
    ],
    run: async (t) => {
      for (const state of ["FIN-WAIT-2", "TIME-WAIT"] as const) {
        await everywhere(t, async (place) => {
          const tcb = tcbIn(state, place);
          const verdict = state === "FIN-WAIT-2" ? "continue" : ["continue", "drop"] as const;
          await expectStep(t, "checkAck", tcb, segmentFor(tcb, { flags: "ACK", textLength: 3 }), { verdict });
        });
      }
      await expectNoted(t);
    },
  },
};

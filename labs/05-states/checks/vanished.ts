/** Peers that vanish: whatever we wait for, the wait has an end; and where we wait for nothing, it has none. RFC 9293 §3.8.3. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectEnded, expectState, expectStillHeard, expectTable, tellNewHost } from "./wire.ts";

const HOUR = 3_600_000;
const HINTS: CheckSpec["hints"] = [
  "Which event ends a connection whose peer does not answer?",
  '"timeout": the engine says so when retransmission has gone on for too long.',
  "It leads to CLOSED from every state but CLOSED: see table/any-end.",
];

export const vanished: Readonly<Record<string, CheckSpec>> = {
  "opening": {
    title: "nobody answers our SYN: timed out",
    kind: "scenario",
    covers: ["MUST-12", "MUST-22"],
    look: ["nextState"],
    why:
      "A host that is switched off sends no RST. The SYN goes out again and again, with longer pauses, for three minutes at least (MUST-23); then the application hears that the time is over.",
    hints: HINTS,
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { connection } = await tcp.inState("SYN-SENT");
      await tcp.wait(HOUR);
      const again = tcp.take().length;
      t.ok(again >= 3, "the SYN to be sent again at least three times", `${again} times`);
      await expectEnded(t, connection, "timed out", "an hour after our SYN");
    },
  },

  "text": {
    title: "nobody acknowledges our text: timed out",
    kind: "scenario",
    covers: ["MUST-12", "MUST-20"],
    look: ["nextState"],
    why:
      "After R2, 100 seconds or more without an acknowledgment, the connection is closed (MUST-20). The application must not take that for an ordinary end (MUST-12).",
    hints: HINTS,
    run: async (t) => {
      for (const state of ["ESTABLISHED", "CLOSE-WAIT"] as const) {
        tellNewHost(t, state, "ESTABLISHED");
        const tcp = await t.tcp();
        const { connection } = await tcp.inState(state);
        await connection.write(t.random.bytes(100));
        await tcp.wait(HOUR);
        tcp.take();
        await expectEnded(t, connection, "timed out", `an hour after text that was sent in ${state}`);
      }
    },
  },

  "fin": {
    title: "nobody acknowledges our FIN: it ends all the same",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-20"],
    look: ["nextState", "close"],
    why:
      "FIN-WAIT-1, CLOSING and LAST-ACK wait for the ACK of our FIN. A connection that nobody holds any more must not wait for ever (RFC 9293 §3.8.3).",
    hints: HINTS,
    run: async (t) => {
      for (const state of ["FIN-WAIT-1", "CLOSING", "LAST-ACK"] as const) {
        tellNewHost(t, state, "FIN-WAIT-1");
        const tcp = await t.tcp();
        await tcp.inState(state);
        await tcp.wait(HOUR);
        tcp.take();
        await expectTable(t, tcp, [], `an hour after our FIN, in ${state}`);
      }
    },
  },

  "idle": {
    title: "a connection on which nobody speaks stays as it is",
    kind: "scenario",
    covers: ["MUST-25"],
    look: ["nextState", "checkSequence"],
    why:
      "TCP has no heartbeat. If nothing is in flight, nothing is awaited, and the cable may be out for a night (RFC 9293 §3.8.4). ESTABLISHED and CLOSE-WAIT last until somebody does something.",
    hints: [
      "What do you wait for in ESTABLISHED, when all is acknowledged?",
      "Nothing: there is no timer.",
      "No event may come from time alone, but in TIME-WAIT.",
    ],
    run: async (t) => {
      for (const state of ["ESTABLISHED", "CLOSE-WAIT"] as const) {
        tellNewHost(t, state, "ESTABLISHED");
        const tcp = await t.tcp();
        const { peer, connection } = await tcp.inState(state);
        await tcp.expectSilence(24 * HOUR, "nobody has anything to say");
        await expectState(t, connection, state, "a day later");
        if (state === "ESTABLISHED") await expectStillHeard(t, peer, connection, 10);
      }
    },
  },
};

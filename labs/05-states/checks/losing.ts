/** RST where data would be lost, and none where all is well: RFC 9293 §3.6, RFC 2525 §2.16, §2.17. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectEnded, expectFinTaken, expectState, expectStillHeard, expectTable, tellNewHost } from "./wire.ts";

export const losing: Readonly<Record<string, CheckSpec>> = {
  "unread": {
    title: "a close with unread text sends a RST",
    kind: "scenario",
    weight: 2,
    covers: ["SHLD-3"],
    look: ["abort"],
    why:
      "The peer's text was acknowledged, and nobody will ever read it. A FIN would make him believe that all is well; a RST tells him the truth (RFC 9293 §3.6; RFC 2525 §2.17).",
    hints: [
      "Which of your functions does the engine call when text is left unread?",
      "abort: a RST at sndNxt, and the end.",
      "See abort/reset-sent.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await peer.send({ flags: "ACK PSH", data: t.random.bytes(100) });
      await peer.expect({ flags: "ACK", ack: 101 }, "text is acknowledged", 600);
      await connection.close();
      await peer.expect({ flags: ["RST ACK", "RST"], seq: 1 }, "a close with unread text sends a RST");
      await expectEnded(t, connection, "aborted", "after the close");
      await tcp.expectSilence(5000, "nothing follows a RST");
    },
  },

  "after-close": {
    title: "text for an application that has closed gets a RST",
    kind: "scenario",
    weight: 2,
    covers: ["SHLD-3"],
    look: ["takeText", "abort"],
    why:
      "The application closed for both directions, and the peer goes on sending. Nobody will read it: acknowledging it would be a lie (RFC 9293 §3.6; RFC 2525 §2.16).",
    hints: [
      "Who knows that nobody reads any more?",
      "The engine: takeText delivers as ever, and the engine calls abort instead of filling a buffer.",
      "So FIN-WAIT-2 takes text, and abort sends a RST there, at sndNxt.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await connection.close();
      await peer.expect({ flags: "FIN ACK", seq: 1, ack: 1 }, "a close with nothing unread sends a FIN");
      await peer.send({ flags: "ACK" });
      await peer.send({ flags: "ACK PSH", data: t.random.bytes(50) }, "text that nobody will read");
      await peer.expect({ flags: ["RST ACK", "RST"], seq: 2 }, "text for an application that has closed gets a RST");
      await expectTable(t, tcp, [], "after the RST");
    },
  },

  "all-read": {
    title: "a close with nothing unread sends a FIN, and no RST",
    kind: "scenario",
    covers: ["SHLD-3", "MUST-12"],
    look: ["close", "checkFin"],
    why: "The other side of the rule: where nothing is lost, the end is a good one, and the application hears “closed” (MUST-12).",
    hints: [
      "What is different from losing/unread?",
      "Everything was read. close, not abort, is called.",
      "See closing/first.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await expectStillHeard(t, peer, connection, 100);
      await connection.close();
      await peer.expect({ flags: "FIN ACK", seq: 1, ack: 101 }, "a close with nothing unread sends a FIN");
      await expectFinTaken(t, peer, { flags: "ACK", seq: 2, ack: 102 }, "the peer's FIN is acknowledged");
      await expectState(t, connection, "TIME-WAIT", "in the end");
    },
  },

  "abort": {
    title: "an abort sends a RST that the peer will believe",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-12", "R5961-3.2a"],
    look: ["abort"],
    why:
      "A peer who keeps to RFC 5961 believes only the exact number, which is the next that he expects: behind all that was sent, text and FIN included (RFC 9293 §3.10.5).",
    hints: [
      "What comes next in our stream after 40 bytes?",
      "Relative number 41: sndNxt.",
      "See abort/reset-sent.",
    ],
    run: async (t) => {
      for (const state of ["ESTABLISHED", "CLOSE-WAIT", "FIN-WAIT-2"] as const) {
        tellNewHost(t, state, "ESTABLISHED");
        const tcp = await t.tcp();
        const { peer, connection } = await tcp.inState(state);
        if (state !== "FIN-WAIT-2") {
          await connection.write(t.random.bytes(40));
          await peer.expect({ flags: "ACK", seq: 1, dataLength: 40 }, "what the application writes is sent");
        }
        await connection.abort();
        await peer.expect({ flags: ["RST ACK", "RST"], seq: peer.stackNext }, "an abort sends a RST at sndNxt");
        await expectEnded(t, connection, "aborted", `after an abort in ${state}`);
        await tcp.expectSilence(5000, "nothing follows a RST");
      }
    },
  },
};

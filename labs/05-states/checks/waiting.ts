/** TIME-WAIT on the wire: how long it lasts, what starts it again, and what ends it. RFC 9293 §3.6.1, RFC 1337. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectAccepted, expectEnded, expectState, expectTable } from "./wire.ts";

/** In milliseconds: how long this host waits in TIME-WAIT. */
const WAIT = 60_000;

const INTO_TIME_WAIT = {
  why:
    "The connection is still on its way to TIME-WAIT, where the check begins: text, our FIN, and the peer's FIN that acknowledges it, which passes all steps and is acknowledged at once (RFC 9293 §3.6, figure 12).",
  look: ["checkFin", "checkAck", "takeText"],
};

export const waiting: Readonly<Record<string, CheckSpec>> = {
  "lasts": {
    title: "TIME-WAIT lasts its time, and then the connection is gone",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-13"],
    look: ["checkFin", "nextState"],
    why:
      "Twice the longest time that a segment may live: so long an old one could still turn up, or the peer could still miss our last ACK. No longer, as each waiting connection costs memory and holds a " +
      "port (MUST-13). This host waits for a minute.",
    hints: [
      "Who starts the timer, and who ends the wait?",
      'You start it by effects.startTimeWait(). When it has run out the engine says "time-wait over".',
      "The row of TIME-WAIT: that event leads to CLOSED.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: WAIT } });
      const { connection } = await tcp.inState("TIME-WAIT");
      await tcp.expectSilence(WAIT - 1000, "whoever waits has nothing to say");
      await expectState(t, connection, "TIME-WAIT", "after 59 seconds");
      await tcp.wait(2000);
      await expectEnded(t, connection, "closed", "after 61 seconds");
      await expectTable(t, tcp, [], "in the end");
    },
  },

  "fin-again": {
    title: "a FIN again is acknowledged again, and the wait begins anew",
    kind: "scenario",
    weight: 2,
    covers: ["SM-9", "MUST-13"],
    look: ["checkSequence"],
    why:
      "Our last ACK was lost, and the peer, in LAST-ACK, sends his FIN again until he gets one. Nobody but us can help him: that is what TIME-WAIT is for (RFC 9293 §3.10.7.4).",
    hints: [
      "What does the peer lack?",
      "Our ACK of his FIN. It is sent again, and the clock starts from zero, as it may be lost again.",
      "See sequence/fin-again.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: WAIT } });
      const { peer, connection } = await tcp.inState("TIME-WAIT");
      await tcp.wait(WAIT - 10_000);
      await peer.send({ flags: "FIN ACK", seq: peer.next - 1 }, "the FIN, sent again");
      await peer.expect({ flags: "ACK", seq: 2, ack: peer.next }, "a FIN that comes again is acknowledged again");
      await tcp.wait(WAIT - 5000);
      await expectState(t, connection, "TIME-WAIT", "55 seconds after the FIN came again");
      await tcp.wait(10_000);
      await expectEnded(t, connection, "closed", "65 seconds after it");
    },
  },

  "old-text": {
    title: "old text is acknowledged, and the wait goes on as before",
    kind: "scenario",
    weight: 2,
    covers: ["SM-9", "1337"],
    look: ["checkSequence"],
    why:
      "Any segment but the FIN may come from the network's past, again and again. If it prolonged the wait, the wait would have no end (RFC 9293 §3.10.7.4: a FIN starts it again).",
    hints: [
      "When is the connection gone, if text comes after 50 of 60 seconds?",
      "After 60. Only a FIN starts the wait again.",
      "See sequence/time-wait-data.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: WAIT } });
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      const data = t.random.bytes(50);
      await t.about(INTO_TIME_WAIT, async () => {
        await peer.send({ flags: "ACK PSH", data });
        await peer.expect({ flags: "ACK", ack: 51 }, "text is acknowledged", 600);
        await connection.read();
        await connection.shutdown();
        await peer.expect({ flags: "FIN ACK", seq: 1, ack: 51 }, "shutdown sends a FIN");
        await peer.send({ flags: "FIN ACK" });
        await peer.expect({ flags: "ACK", seq: 2, ack: 52 }, "the last FIN is acknowledged", 600);
        await expectState(t, connection, "TIME-WAIT", "after both FINs");
      });
      await tcp.wait(WAIT - 10_000);
      await peer.send({ flags: "ACK PSH", seq: 1, data }, "old text, once more");
      await peer.expect({ flags: "ACK", seq: 2, ack: 52 }, "an old segment is answered by an ACK");
      await expectState(t, connection, "TIME-WAIT", "after 50 seconds");
      await tcp.wait(11_000);
      await expectEnded(t, connection, "closed", "after 61 seconds");
    },
  },

  "reset": {
    title: "a RST in TIME-WAIT is not heard",
    kind: "scenario",
    weight: 2,
    covers: ["1337"],
    look: ["checkReset"],
    why:
      "Old text arrives at the peer, who is CLOSED already: he answers by a RST, with a number that is right. If it ended our wait, a new connection could begin while old segments are still about: they " +
      "call it TIME-WAIT assassination (RFC 1337).",
    hints: [
      "What would be lost by going on waiting?",
      "Nothing. So a RST means nothing here.",
      "See reset/time-wait.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: WAIT } });
      const { peer, connection } = await tcp.inState("TIME-WAIT");
      await peer.send({ flags: "RST", seq: peer.next });
      await peer.send({ flags: "RST ACK", seq: peer.next });
      await tcp.expectSilence(1000, "a RST is not answered");
      await expectState(t, connection, "TIME-WAIT", "after the RSTs");
      await tcp.wait(WAIT);
      await expectEnded(t, connection, "closed", "when the time is over");
    },
  },

  "reopened": {
    title: "a new SYN from the same port opens a new connection",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-13", "SM-9"],
    look: ["mayReopen", "nextState"],
    why:
      "A client that uses its ports round and round should not meet the ghost of its last connection. A SYN beyond all old numbers shows that it means a new one, and the old one ends at once " +
      "(RFC 9293 §3.6.1).",
    hints: [
      "Who is asked before the SYN reaches your steps?",
      "mayReopen, by the engine. True: the old connection is over, and the SYN is for the listener.",
      "See reopen/by-number.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: WAIT } });
      const { peer, connection } = await tcp.inState("TIME-WAIT");
      await tcp.wait(20_000);
      const seq = peer.next + t.random.int(1, 2 ** 23);
      await peer.send({ flags: "SYN", seq, mss: 1460 }, "a SYN from the same port, beyond all old numbers");
      await peer.expect({ flags: "SYN ACK", ack: seq + 1 }, "the listening port answers the new SYN");
      await expectEnded(t, connection, "closed", "of the old connection");
      await peer.send({ flags: "ACK" });
      await expectState(t, await expectAccepted(t, tcp), "ESTABLISHED", "of the new connection");
    },
  },

  "old-syn": {
    title: "an old SYN does not reopen, and is answered by an ACK",
    kind: "scenario",
    covers: ["R5961-4.2", "SM-9"],
    look: ["mayReopen", "checkSequence", "checkSyn"],
    why:
      "A SYN whose number lies among the old ones may be the very SYN that opened this connection, repeated by the network. It gets an ACK, as everywhere (RFC 5961 §4.2), and TIME-WAIT goes on.",
    hints: [
      "Which SYN could it be whose number is below rcvNxt?",
      "An old one: mayReopen says false, and the segment runs through your steps.",
      "Outside the window: checkSequence answers it.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: WAIT } });
      const { peer, connection } = await tcp.inState("TIME-WAIT");
      await peer.send({ flags: "SYN", seq: 0, mss: 1460 }, "the SYN that opened the connection, repeated by the network");
      await peer.expect({ flags: "ACK", seq: 2, ack: peer.next }, "an old SYN is answered by an ACK");
      await expectState(t, connection, "TIME-WAIT", "after the old SYN");
    },
  },
};

/** The arrows of the lower half of the diagram, on the wire: how a connection ends in good order. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { ENDS_ALL, expectEnded, expectFinTaken, expectHeard, expectNotice, expectSaid, expectState, expectTable } from "./wire.ts";

const TIMER = {
  why:
    "TIME-WAIT ends because a timer ends it, and nobody starts that by itself: in CLOSING it is checkAck who has to (RFC 9293 §3.10.7.4, fifth step). This host waits for a minute.",
  look: ["checkAck"],
};

const TIMER_OF_FIN = {
  why:
    "The states are right, but TIME-WAIT has no end. A timer ends it, and here it is checkFin who has to start it: checkAck has made it FIN-WAIT-2 before, with the same segment, and a FIN in FIN-WAIT-2 is the last one " +
    "(RFC 9293 §3.10.7.4, eighth step).",
  look: ["checkFin"],
};

export const closing: Readonly<Record<string, CheckSpec>> = {
  "first": {
    title: "you close first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT",
    kind: "scenario",
    weight: 2,
    covers: ["SM-8", "MUST-13"],
    look: ["close", "checkAck", "checkFin"],
    why: "The usual end, seen from who begins it: our FIN, its ACK, the peer's FIN, our ACK, and the wait (RFC 9293 §3.6, figure 12).",
    hints: [
      "Four segments; which of your functions sees which?",
      "close queues our FIN; checkAck sees its ACK; checkFin sees the peer's FIN and starts the timer.",
      "Our last ACK is one more than the number of the peer's FIN.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await connection.shutdown();
      await peer.expect({ flags: "FIN ACK", seq: 1, ack: 1 }, "shutdown sends a FIN");
      await expectState(t, connection, "FIN-WAIT-1", "after shutdown");
      await peer.send({ flags: "ACK" });
      await expectState(t, connection, "FIN-WAIT-2", "after the ACK of our FIN");
      await expectFinTaken(t, peer, { flags: "ACK", seq: 2, ack: 2 }, "the peer's FIN is acknowledged: it takes one number");
      await expectState(t, connection, "TIME-WAIT", "after the peer's FIN");
    },
  },

  "second": {
    title: "the peer closes first: CLOSE-WAIT, LAST-ACK, CLOSED",
    kind: "scenario",
    weight: 2,
    covers: ["SM-8", "SM-11"],
    look: ["checkFin", "close", "checkAck"],
    why:
      "Who closes second does not wait: when our FIN is acknowledged, the peer has all, and he does the waiting (RFC 9293 §3.6, figure 12).",
    hints: [
      "Which function sees the last segment of all?",
      "checkAck, in LAST-ACK: the ACK covers our FIN.",
      'The event "fin acknowledged" leads to CLOSED.',
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await expectFinTaken(t, peer, { flags: "ACK", seq: 1, ack: 2 }, "a FIN is acknowledged: it takes one number");
      await expectState(t, connection, "CLOSE-WAIT", "after the peer's FIN");
      await connection.shutdown();
      await peer.expect({ flags: "FIN ACK", seq: 1, ack: 2 }, "shutdown sends a FIN");
      await expectState(t, connection, "LAST-ACK", "after shutdown");
      await peer.send({ flags: "ACK" });
      await t.about(ENDS_ALL, () => expectEnded(t, connection, "closed", "after the ACK of our FIN"));
      await expectTable(t, tcp, [], "in the end");
      await tcp.expectSilence(5000, "nothing is left to say");
    },
  },

  "both": {
    title: "both close at once: CLOSING, then TIME-WAIT",
    kind: "scenario",
    weight: 2,
    covers: ["SM-8", "MUST-13"],
    look: ["checkFin", "checkAck"],
    why:
      "The FINs cross: each side has sent its own before it sees the other's. Now the peer's FIN comes before the ACK of ours, and CLOSING waits for that (RFC 9293 §3.6, figure 13).",
    hints: [
      "What is still missing in CLOSING?",
      "The ACK of our FIN. Then both sides wait in TIME-WAIT.",
      "In CLOSING checkAck starts the timer, since no FIN will come any more.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: 60_000 } });
      const { peer, connection } = await tcp.inState("FIN-WAIT-1");
      await peer.send({ flags: "FIN ACK", ack: 1 }, "the peer's FIN, sent before he saw ours: ack 1");
      await peer.expect({ flags: ["ACK", "FIN ACK"], ack: 2 }, "a FIN is acknowledged, also when both sides close at once", 600);
      await expectState(t, connection, "CLOSING", "after a FIN that does not acknowledge ours");
      await peer.send({ flags: "ACK", seq: 2 });
      await expectState(t, connection, "TIME-WAIT", "after the ACK of our FIN");
      await tcp.wait(61_000);
      await t.about(TIMER, () => expectEnded(t, connection, "closed", "61 seconds later"));
    },
  },

  "fin-and-ack": {
    title: "a FIN that acknowledges ours: FIN-WAIT-1 to TIME-WAIT",
    kind: "scenario",
    weight: 2,
    covers: ["SM-8", "SM-4"],
    look: ["checkAck", "checkFin"],
    why:
      "A peer that closes when it sees our FIN puts the ACK and its own FIN into one segment. Two steps, two events, one after the other: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT. Figure 5 " +
      "leaves this arrow out, and says so in its note (RFC 9293 §3.3.2).",
    hints: [
      "In which order do the steps run?",
      "checkAck before checkFin: when checkFin looks, the state is FIN-WAIT-2 already.",
      "So the timer starts by itself, if both steps are right.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("FIN-WAIT-1");
      await peer.send({ flags: "FIN ACK" }, "the peer's FIN, with the ACK of ours");
      await peer.expect({ flags: "ACK", seq: 2, ack: 2 }, "the peer's FIN is acknowledged", 600);
      await expectState(t, connection, "TIME-WAIT", "after a FIN that acknowledges ours");
      await tcp.wait(300_000);
      await t.about(TIMER_OF_FIN, () => expectEnded(t, connection, "closed", "five minutes later"));
    },
  },

  "half-close": {
    title: "you have closed, and the peer goes on talking",
    kind: "scenario",
    weight: 2,
    covers: ["SM-8", "SM-4"],
    look: ["takeText", "checkFin", "checkAck"],
    why:
      "A FIN ends one direction only. `sort` reads to the end of its input, and then begins to write: over TCP that is a half-close. Text counts in FIN-WAIT-1 and FIN-WAIT-2 as in ESTABLISHED " +
      "(RFC 9293 §3.6).",
    hints: [
      "In which states does takeText take text?",
      "ESTABLISHED, FIN-WAIT-1 and FIN-WAIT-2.",
      "Its acknowledgment has our next number, which is one behind our FIN.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("FIN-WAIT-1");
      const data = t.random.bytes(30);
      await peer.send({ flags: "ACK PSH", data, ack: 1 }, "text that does not acknowledge our FIN yet");
      await peer.expect({ flags: ["ACK", "FIN ACK"], ack: 31 }, "text is acknowledged in FIN-WAIT-1", 600);
      t.equal(await connection.read(), data, "what the application reads");
      await peer.send({ flags: "ACK" });
      await expectState(t, connection, "FIN-WAIT-2", "after the ACK of our FIN");
      await expectHeard(t, peer, connection, 1000);
      await expectFinTaken(t, peer, { flags: "ACK", seq: 2, ack: peer.next + 1 }, "the peer's FIN is acknowledged");
      await expectState(t, connection, "TIME-WAIT", "in the end");
    },
  },

  "half-closed": {
    title: "the peer has closed, and you go on talking",
    kind: "scenario",
    weight: 2,
    covers: ["SM-8", "SM-4"],
    look: ["checkFin", "checkAck"],
    why:
      "CLOSE-WAIT is as good as ESTABLISHED for what we send: the peer has only said that *he* has nothing more to say. His ACKs run through your steps as before (RFC 9293 §3.6).",
    hints: [
      "What does checkAck do in CLOSE-WAIT?",
      "The same as in ESTABLISHED: sndUna moves, the window is taken.",
      "The FIN of the peer has moved rcvNxt by one: every segment of ours says so.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("CLOSE-WAIT");
      for (const length of [1, 1000, t.random.int(2, 900)]) await expectSaid(t, peer, connection, length);
      t.equal((await connection.look()).unacknowledged, 0, "bytes that are not acknowledged, after the ACKs");
      await connection.shutdown();
      await peer.expect({ flags: "FIN ACK", seq: peer.stackNext, ack: 2 }, "then our FIN, behind all the text");
      await peer.send({ flags: "ACK" });
      await expectEnded(t, connection, "closed", "in the end");
    },
  },

  "text-and-fin": {
    title: "text and FIN in one segment are both taken",
    kind: "scenario",
    weight: 2,
    covers: ["SM-11", "SM-4"],
    look: ["checkFin", "takeText"],
    why:
      "Step seven takes the text, the engine moves rcvNxt over it, and step eight finds the FIN just there (RFC 9293 §3.10.7.4). Its number is behind the text; one ACK covers both.",
    hints: [
      "What is rcvNxt when checkFin is called?",
      "It stands behind the text already. The FIN's number is seq + SEG.LEN − 1.",
      "See fin/in-order.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      const data = t.random.bytes(t.random.int(1, 1000));
      await peer.send({ flags: "FIN ACK PSH", data });
      await peer.expect({ flags: "ACK", ack: data.length + 2 }, "one ACK covers text and FIN", 600);
      await expectNotice(t, connection, "end", "after the peer's FIN");
      await expectState(t, connection, "CLOSE-WAIT", "after text and FIN");
      t.equal(await connection.read(), data, "what the application reads");
    },
  },

  "early-fin": {
    title: "a FIN that overtakes text waits for it",
    kind: "scenario",
    weight: 2,
    covers: ["SM-11", "SHLD-31"],
    look: ["checkFin", "takeText"],
    why:
      "The segment before the FIN was lost. If the FIN counted at once, the application would read an end where there is a hole (RFC 9293 §3.10.7.4). When the text has come, the FIN is next.",
    hints: [
      "What does the ACK say while text is missing?",
      "The number that is missing, and not one behind the FIN.",
      "The engine keeps the FIN and calls checkFin again: compare its number with rcvNxt, every time.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      const data = t.random.bytes(100);
      await peer.send({ flags: "FIN ACK", seq: 61, data: data.subarray(60) }, "bytes 60 to 99 and the FIN; 0 to 59 are lost");
      await peer.expect({ flags: "ACK", ack: 1 }, "the missing byte is asked for, at once");
      await expectState(t, connection, "ESTABLISHED", "while text is missing");
      await peer.send({ flags: "ACK", seq: 1, data: data.subarray(0, 60) }, "bytes 0 to 59, sent again");
      await peer.expect({ flags: "ACK", ack: 102 }, "now all is acknowledged, the FIN too", 600);
      await expectState(t, connection, "CLOSE-WAIT", "when all has come");
      t.equal(await connection.read(), data, "what the application reads");
    },
  },
};

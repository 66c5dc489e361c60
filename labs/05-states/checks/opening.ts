/** The arrows of the upper half of the diagram, on the wire: how a connection comes to be. */
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectAccepted, expectEnded, expectState, expectStillHeard, expectStillSaid, expectTable } from "./wire.ts";

export const opening: Readonly<Record<string, CheckSpec>> = {
  "passive": {
    title: "a peer connects: SYN-RECEIVED, then ESTABLISHED",
    kind: "scenario",
    weight: 2,
    covers: ["SM-2", "SM-4"],
    look: ["nextState", "checkAck"],
    why:
      "The third segment of the handshake is an ordinary ACK, which runs through all your steps: sequence, RST, SYN, ACK. It completes the opening, and checkAck moves sndUna over our SYN " +
      "(RFC 9293 §3.10.7.4).",
    hints: [
      "Which states does the connection pass through?",
      'CLOSED, LISTEN, SYN-RECEIVED, ESTABLISHED, by "passive open", "syn received", "syn acknowledged".',
      "After the ACK, sndUna and sndNxt are the same.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer } = await tcp.inState("SYN-RECEIVED");
      await expectTable(t, tcp, ["SYN-RECEIVED"], "after the SYN");
      await peer.send({ flags: "ACK" });
      const connection = await expectAccepted(t, tcp);
      await expectState(t, connection, "ESTABLISHED", "after the ACK of our SYN");
      const { sndUna, sndNxt } = await connection.look();
      await t.about({ look: ["checkAck"] }, () => t.equal(sndUna, sndNxt, "sndUna, once all is acknowledged"));
      await expectStillHeard(t, peer, connection, 10);
    },
  },

  "active": {
    title: "you connect: SYN-SENT, then ESTABLISHED",
    kind: "scenario",
    weight: 2,
    covers: ["SM-3"],
    look: ["nextState", "takeText"],
    why:
      'The other way: "active open" sends a SYN, and SYN and ACK together answer it. Lab 04 looks at that answer; the state is yours (RFC 9293 §3.10.7.3).',
    hints: [
      "Which two events lead from CLOSED to ESTABLISHED here?",
      '"active open" and "syn-ack received".',
      "See table/opening.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-SENT");
      await expectState(t, connection, "SYN-SENT", "after our SYN");
      await peer.send({ flags: "SYN ACK", seq: 0, mss: 1460 });
      await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "a SYN+ACK is acknowledged");
      await expectState(t, connection, "ESTABLISHED", "after the SYN+ACK");
      await expectStillHeard(t, peer, connection, 10);
      await expectStillSaid(t, peer, connection, 20);
    },
  },

  "refused": {
    title: "you connect to a closed port, and hear “refused”",
    kind: "scenario",
    covers: ["SM-3", "MUST-12"],
    look: ["nextState"],
    why: "A closed port answers a SYN by RST. The connection ends in CLOSED, and the application learns why (RFC 9293 §3.10.7.3).",
    hints: [
      "Which event is it?",
      '"reset received", in SYN-SENT.',
      "See table/resets.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-SENT");
      await peer.send({ flags: "RST ACK", seq: 0 });
      await tcp.expectSilence(5000, "a RST is not answered, and a refused SYN is not sent again");
      await expectEnded(t, connection, "refused", "after the RST");
    },
  },

  "crossing": {
    title: "two SYNs cross, and each side's ACK completes the opening",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-10", "SM-3"],
    look: ["nextState", "checkSequence", "checkAck"],
    why:
      "Both sides connect to each other at the same moment, and there is no server: SYN-SENT, SYN-RECEIVED, ESTABLISHED (RFC 9293 §3.5, figure 7). One connection comes of it, not two.",
    hints: [
      "Which event leads from SYN-SENT to SYN-RECEIVED?",
      '"syn received": a SYN without an ACK of ours.',
      "The ACK then comes through your steps as in opening/passive.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-RECEIVED", { active: true });
      await expectState(t, connection, "SYN-RECEIVED", "after a SYN that crosses ours");
      await peer.send({ flags: "ACK" });
      await expectState(t, connection, "ESTABLISHED", "after the ACK of our SYN");
      await expectTable(t, tcp, ["ESTABLISHED"], "in the end");
      await expectStillHeard(t, peer, connection, 10);
      await expectStillSaid(t, peer, connection, 20);
    },
  },

  "crossing-syn-ack": {
    title: "two SYNs cross, and the SYN+ACKs cross too",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-10"],
    look: ["checkSequence", "checkSyn", "checkAck"],
    why:
      "Each side answers the other's SYN by SYN and ACK. By the letter that segment is unacceptable in SYN-RECEIVED, as its SYN is old: it gets an ACK, and the ACK that comes back for ours completes " +
      "the opening. Taking its ACK at once is as good (RFC 9293 §3.5, figure 7). Silence is not: both would wait.",
    hints: [
      "What does checkSequence do with a SYN+ACK whose number is rcvNxt − 1?",
      'It is outside: acknowledge("now"), and "drop". That ACK is what the other side waits for.',
      "You may also let it pass, in SYN-RECEIVED; then see that checkSyn does, and that an ACK goes out or the state is ESTABLISHED.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-RECEIVED", { active: true });
      await peer.send({ flags: "SYN ACK", seq: 0, mss: 1460 }, "the peer's answer to our SYN, by SYN and ACK");
      const { state } = await connection.look();
      const answer = await peer.seen(500);
      if (state !== "ESTABLISHED") {
        t.ok(answer !== undefined, "an ACK for the SYN+ACK, as the state is not ESTABLISHED yet", "nothing");
        t.oneOf(answer.flags, ["ACK", "SYN ACK"], "the flags of the answer to the SYN+ACK");
        t.equal(answer.ack, 1, "its acknowledgment (relative), which covers the peer's SYN");
      }
      await peer.send({ flags: "ACK" }, "the peer, who has our SYN+ACK, acknowledges it");
      await expectState(t, connection, "ESTABLISHED", "after the peer's ACK");
      tcp.take();
      await expectStillHeard(t, peer, connection, 10);
      await expectStillSaid(t, peer, connection, 20);
    },
  },

  "reset-half-open": {
    title: "a RST in SYN-RECEIVED ends it, and the listener goes on",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-11", "SM-4"],
    look: ["checkReset", "nextState"],
    why:
      "RFC 9293 §3.5, figure 8: an old SYN turns up, the listener answers, and the other side, who knows nothing of it, sends a RST. The half-open connection goes; whoever really wants to connect can " +
      "(MUST-11).",
    hints: [
      "Which step sees the RST?",
      "checkReset, with the exact number. SYN-RECEIVED leads to CLOSED.",
      "The listener is another thing than the connection: it is not yours to end.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer } = await tcp.inState("SYN-RECEIVED");
      await peer.send({ flags: "RST", seq: 1 });
      await expectTable(t, tcp, [], "after the RST");
      const other = tcp.peer();
      await other.send({ flags: "SYN", seq: 0, mss: 1460 });
      await other.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "the port goes on listening");
      await other.send({ flags: "ACK" });
      const connection = await expectAccepted(t, tcp);
      await expectState(t, connection, "ESTABLISHED", "of the second connection");
    },
  },

  "given-up": {
    title: "the application closes in SYN-SENT: nothing is sent any more",
    kind: "scenario",
    covers: ["SM-3", "MUST-12"],
    look: ["close", "nextState"],
    why:
      "Nobody has answered yet, so nobody waits for a FIN. The SYN+ACK that comes too late meets a closed port, and a RST tells the peer (RFC 9293 §3.10.4).",
    hints: [
      "What does close do in SYN-SENT?",
      'The event "close", and nothing else: the state is CLOSED.',
      "See close/nobody-there.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-SENT");
      await connection.close();
      await expectEnded(t, connection, "closed", "after close");
      await tcp.expectSilence(5000, "who has given up sends no SYN again, and no FIN");
      await peer.send({ flags: "SYN ACK", seq: 0, mss: 1460 });
      await peer.expect({ flags: "RST", seq: 1 }, "a SYN+ACK for a connection that is gone is answered by RST");
    },
  },
};

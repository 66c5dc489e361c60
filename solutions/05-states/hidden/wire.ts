/** Hidden scenarios of openings and good endings: the arrows that are walked less often. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import {
  expectAccepted,
  expectEnded,
  expectNotice,
  expectState,
  expectStillHeard,
  expectStillSaid,
  expectTable,
} from "../../../labs/05-states/checks/wire.ts";

export const opening: Readonly<Record<string, CheckSpec>> = {
  "text-and-fin-at-once": {
    title: "the third segment brings text and FIN along",
    kind: "scenario",
    weight: 2,
    covers: ["SM-4", "SM-11"],
    look: ["checkAck", "takeText", "checkFin", "nextState"],
    why:
      "A client with one line to say may put ACK, text and FIN into its third segment. Three events in one: SYN-RECEIVED, ESTABLISHED, CLOSE-WAIT (RFC 9293 §3.10.7.4).",
    hints: [
      "In which state does checkFin find the connection?",
      'In ESTABLISHED: "syn acknowledged" came first, with the same segment.',
      "Each step asks tcb.state anew.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer } = await tcp.inState("SYN-RECEIVED");
      const data = t.random.bytes(t.random.int(1, 900));
      await peer.send({ flags: "FIN ACK PSH", data });
      await peer.expect({ flags: "ACK", seq: 1, ack: data.length + 2 }, "one ACK covers text and FIN", 600);
      const connection = await expectAccepted(t, tcp);
      await expectState(t, connection, "CLOSE-WAIT", "after ACK, text and FIN");
      t.equal(await connection.read(), data, "what the application reads");
      await connection.close();
      await peer.expect({ flags: "FIN ACK", seq: 1, ack: data.length + 2 }, "then our FIN");
      await peer.send({ flags: "ACK" });
      await expectTable(t, tcp, [], "in the end");
    },
  },

  "refused-crossing": {
    title: "a RST after the SYNs have crossed: refused",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-11", "R5961-3.2a"],
    look: ["checkReset"],
    why:
      "We are in SYN-RECEIVED, but it was we who called: the application waits in connect, and must hear that it was refused (RFC 9293 §3.10.7.4, second step; MUST-11).",
    hints: [
      "Who began this connection?",
      "We: tcb.passive is false, though the state is SYN-RECEIVED.",
      "See reset/refused.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-RECEIVED", { active: true });
      await peer.send({ flags: "RST", seq: peer.next });
      await expectEnded(t, connection, "refused", "after the RST");
      await tcp.expectSilence(5000, "a connection that was refused sends nothing");
    },
  },

  "closed-while-crossing": {
    title: "a close in SYN-RECEIVED leads to FIN-WAIT-1",
    kind: "scenario",
    weight: 2,
    covers: ["SM-8", "MUST-10"],
    look: ["close", "nextState", "checkAck"],
    why:
      "The application has changed its mind before the handshake was over. There is a peer who knows of us, so he gets a FIN, now or when our SYN is acknowledged (RFC 9293 §3.10.4).",
    hints: [
      "Where does close lead from SYN-RECEIVED?",
      "To FIN-WAIT-1, as from ESTABLISHED.",
      "The ACK of our SYN is no ACK of our FIN: that has the number behind it.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-RECEIVED", { active: true });
      await connection.shutdown();
      await expectState(t, connection, "FIN-WAIT-1", "after shutdown in SYN-RECEIVED");
      // The FIN may go out at once, or when our SYN is acknowledged.
      await peer.send({ flags: "ACK", ack: 1 }, "the peer acknowledges our SYN");
      await peer.expect({ flags: "FIN ACK", seq: 1, ack: 1 }, "our FIN, behind our SYN");
      await peer.send({ flags: "ACK", ack: 2 });
      await expectState(t, connection, "FIN-WAIT-2", "after the ACK of our FIN");
      await peer.send({ flags: "FIN ACK" });
      await peer.expect({ flags: "ACK", seq: 2, ack: 2 }, "the peer's FIN is acknowledged", 600);
      await expectState(t, connection, "TIME-WAIT", "in the end");
    },
  },

  "syn-again": {
    title: "a SYN that comes again in SYN-RECEIVED is answered",
    kind: "scenario",
    covers: ["SM-5"],
    look: ["checkSequence"],
    why:
      "Our SYN+ACK was lost, and the peer asks again. By the letter his SYN is unacceptable now, and gets an ACK; many stacks send SYN+ACK again, which is as good. Silence leaves him waiting " +
      "(RFC 9293 §3.10.7.4).",
    hints: [
      "Where does the number of the old SYN lie?",
      "At rcvNxt − 1: outside the window.",
      'acknowledge("now"), as for every unacceptable segment.',
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer } = await tcp.inState("SYN-RECEIVED");
      await peer.send({ flags: "SYN", seq: 0, mss: 1460 }, "the SYN, sent again");
      await peer.expect({ flags: ["ACK", "SYN ACK"], ack: 1 }, "a SYN that comes again is answered");
      tcp.take();
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      const connection = await expectAccepted(t, tcp);
      await expectState(t, connection, "ESTABLISHED", "after the ACK");
      await expectStillHeard(t, peer, connection, 10);
    },
  },
};

export const closing: Readonly<Record<string, CheckSpec>> = {
  "fin-again": {
    title: "a FIN that comes again is acknowledged in every state",
    kind: "scenario",
    weight: 2,
    covers: ["SM-5", "SM-9"],
    look: ["checkSequence"],
    why:
      "Our ACK of the peer's FIN was lost. In CLOSE-WAIT, CLOSING and LAST-ACK he gets it again, and nothing else changes. In CLOSING and LAST-ACK our own FIN may go out again with it " +
      "(RFC 9293 §3.10.7.4).",
    hints: [
      "What is acceptable in CLOSE-WAIT?",
      "What lies in the window. The FIN's number is rcvNxt − 1 now.",
      'acknowledge("now") and "drop".',
    ],
    run: async (t) => {
      for (const state of ["CLOSE-WAIT", "CLOSING", "LAST-ACK"] as const) {
        const tcp = await t.tcp();
        const { peer, connection } = await tcp.inState(state);
        await peer.send({ flags: "FIN ACK", seq: 1, ack: 1 }, "the FIN, sent again");
        await peer.expect({ flags: ["ACK", "FIN ACK"], ack: 2 }, `a FIN that comes again in ${state} is acknowledged again`);
        await expectState(t, connection, state, "after it");
      }
    },
  },

  "text-after-fin": {
    title: "text behind the peer's FIN never reaches the application",
    kind: "scenario",
    weight: 2,
    covers: ["SM-10"],
    look: ["takeText", "checkFin"],
    why:
      "The stream has ended. What a broken peer, or somebody else, sends behind the end is no part of it (RFC 9293 §3.10.7.4, seventh step); it may be answered or not.",
    hints: [
      "What does takeText do in CLOSE-WAIT?",
      "Nothing. A second FIN behind the first does nothing either.",
      "takesText(tcb.state) in both steps.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("CLOSE-WAIT");
      await peer.send({ flags: "ACK PSH", seq: 2, data: t.random.bytes(30) }, "text behind the FIN");
      await peer.send({ flags: "FIN ACK", seq: 2, data: t.random.bytes(30) }, "text behind the FIN, and another FIN");
      const { readable, rcvNxt, irs } = await connection.look();
      t.equal(readable, 0, "bytes that the application could read");
      t.equal(Number(rcvNxt) - Number(irs) >>> 0, 2, "rcvNxt, relative: behind the first FIN");
      tcp.take();
      await expectStillSaid(t, peer, connection, 40);
      await expectState(t, connection, "CLOSE-WAIT", "in the end");
    },
  },

  "told": {
    title: "the application hears of the peer's end, and of a good one",
    kind: "scenario",
    covers: ["MUST-12"],
    look: ["checkFin", "nextState"],
    why:
      'Two things are worth telling: “the peer has said all”, when his FIN came, and “it is over”, when the connection is. “closed” is the good end; a RST would be "reset" (MUST-12).',
    hints: [
      "Which event makes the application hear of the end of the peer's stream?",
      '"fin received", when it changes the state. So a FIN that comes again must not be an event.',
      "No effects.fail in a good ending.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await connection.look();
      await peer.send({ flags: "FIN ACK" });
      await expectNotice(t, connection, "end", "after the peer's FIN");
      await peer.send({ flags: "FIN ACK", seq: 1 }, "the FIN, sent again");
      t.equal((await connection.look()).notices.includes("end"), false, "whether it is told again, when the FIN comes again");
      tcp.take();
      await connection.shutdown();
      await peer.expect({ flags: "FIN ACK", seq: 1, ack: 2 }, "shutdown sends a FIN");
      await peer.send({ flags: "ACK" });
      const { notices } = await connection.look();
      const bad = notices.filter((notice) => ["reset", "refused", "aborted", "timed out"].includes(notice));
      t.equal(bad, [], "bad news for the application, at a good end");
      t.equal(notices.includes("closed"), true, 'whether it is told "closed"');
    },
  },

  "fin-behind-text": {
    title: "your FIN waits behind text that the window holds back",
    kind: "scenario",
    weight: 2,
    covers: ["SM-8"],
    look: ["close", "checkAck"],
    why:
      "The application wrote and closed, but the peer takes only some of it. The state is FIN-WAIT-1 at once; the FIN goes out when all text has, and only its own ACK leads to FIN-WAIT-2 " +
      "(RFC 9293 §3.10.4).",
    hints: [
      "When all that was *sent* is acknowledged, is the FIN?",
      "Not if it has not been sent: tcb.finSent.",
      "See ack/fin-waits.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED", { window: 100 });
      const data = t.random.bytes(150);
      await connection.write(data);
      await connection.shutdown();
      await peer.expect({ flags: "ACK", seq: 1, data: data.subarray(0, 100) }, "as much text as the window takes, and no FIN");
      await expectState(t, connection, "FIN-WAIT-1", "after shutdown");
      await peer.send({ flags: "ACK", window: 0 });
      await expectState(t, connection, "FIN-WAIT-1", "while the FIN waits behind the text, though all that was sent is acknowledged");
      await peer.send({ flags: "ACK", window: 5000 }, "the window opens");
      await peer.expect({ flags: "FIN ACK", seq: 101, data: data.subarray(100) }, "the rest, and the FIN", 300);
      await peer.send({ flags: "ACK", ack: 151 }, "all but the FIN is acknowledged");
      await expectState(t, connection, "FIN-WAIT-1", "while the FIN is not acknowledged");
      await peer.send({ flags: "ACK", ack: 152 });
      await expectState(t, connection, "FIN-WAIT-2", "when it is");
    },
  },
};

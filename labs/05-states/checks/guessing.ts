/** Segments from somebody who guesses, and from a peer who has forgotten: RFC 5961, on the wire. */
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { expectEnded, expectState, expectStillHeard } from "./wire.ts";

export const guessing: Readonly<Record<string, CheckSpec>> = {
  "reset": {
    title: "a RST in the window is asked back, the exact one believed",
    kind: "scenario",
    weight: 2,
    covers: ["R5961-3.2a", "R5961-3.2b", "MUST-12"],
    look: ["checkReset"],
    why:
      "The challenge ACK says: this is the number that I expect. Only who sees our segments can answer with it, and the peer himself will, if he meant it (RFC 5961 §3.2).",
    hints: [
      "Which number is right, and which is only possible?",
      "rcvNxt is right. Others in the window are possible: challenge().",
      "See reset/exact and reset/in-window.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await peer.send({ flags: "RST", seq: peer.next + t.random.int(1, 30_000) }, "a RST in the window, not at its beginning");
      await peer.expect({ flags: "ACK", seq: 1, ack: 1, dataLength: 0 }, "a guessed RST gets a challenge ACK: sndNxt and rcvNxt");
      await expectState(t, connection, "ESTABLISHED", "after a guessed RST");
      await expectStillHeard(t, peer, connection, 10);
      await peer.send({ flags: "RST", seq: peer.next }, "the peer's own RST");
      await tcp.expectSilence(1000, "a RST is not answered");
      await expectEnded(t, connection, "reset", "after the exact RST");
    },
  },

  "reset-outside": {
    title: "a RST outside the window is met with silence",
    kind: "scenario",
    weight: 2,
    covers: ["R5961-3.2c", "SM-5"],
    look: ["checkSequence"],
    why:
      "An answer would tell a guesser how far he is off. And if RSTs were answered by RSTs, two hosts that know nothing of each other would never stop (RFC 9293 §3.10.7.4).",
    hints: [
      "Which step meets it first?",
      "checkSequence: outside the window, and the RST bit is set.",
      "See sequence/outside-reset.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      for (const seq of [peer.next - 1, peer.next + 65_535 + t.random.int(1, 2 ** 30), peer.next - t.random.int(2, 2 ** 30)]) {
        await peer.send({ flags: t.random.pick(["RST", "RST ACK"]), seq });
        await tcp.expectSilence(100, "a RST outside the window is dropped in silence");
      }
      await expectStillHeard(t, peer, connection, 10);
    },
  },

  "syn": {
    title: "a SYN on an open connection is answered by an ACK",
    kind: "scenario",
    weight: 2,
    covers: ["R5961-4.2"],
    look: ["checkSyn", "checkSequence"],
    why:
      "Inside the window or outside, old or forged: the answer is the same ACK, and the connection goes on (RFC 5961 §4.2). RFC 793 reset it, so one forged SYN could end any connection.",
    hints: [
      "What did RFC 5961 change?",
      "No RST for a SYN in the window any more; a challenge ACK.",
      "See syn/challenged.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      const here = peer.next;
      for (const seq of [0, here, here + t.random.int(1, 30_000), here + 100_000 + t.random.int(0, 2 ** 29)]) {
        await peer.send({ flags: "SYN", seq });
        await peer.expect({ flags: "ACK", seq: 1, ack: here, dataLength: 0 }, "a SYN on an open connection is answered by an ACK");
      }
      await expectState(t, connection, "ESTABLISHED", "after four SYNs");
      await expectStillHeard(t, peer, connection, 10, here);
    },
  },

  "rebooted": {
    title: "a peer that was switched off and on ends the old connection",
    kind: "scenario",
    weight: 2,
    covers: ["R5961-4.2", "R5961-3.2a"],
    look: ["checkSyn", "checkReset"],
    why:
      "The peer has lost its memory and connects again from the same port. Its SYN gets our challenge ACK, for which it knows no connection: it answers by a RST with our own acknowledgment number, and " +
      "that is exactly right (RFC 9293 §3.5.1, figure 9).",
    hints: [
      "How does the peer know the number for its RST?",
      "From our ACK: RST takes its number from SEG.ACK, which is our rcvNxt.",
      "Both steps together: checkSyn asks, checkReset believes the exact answer.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      const here = peer.next;
      await peer.send({ flags: "SYN", seq: here + t.random.int(100, 60_000), mss: 1460 }, "a SYN of a peer that begins anew");
      const challenge = await peer.expect({ flags: "ACK", seq: 1, ack: here }, "a SYN on an open connection is answered by an ACK");
      await peer.send({ flags: "RST", seq: challenge.ack }, "the peer knows of no such connection");
      await expectEnded(t, connection, "reset", "after the peer's RST");
    },
  },

  "acknowledgment": {
    title: "text with an impossible ACK is not taken",
    kind: "scenario",
    weight: 2,
    covers: ["R5961-5.2", "SM-6"],
    look: ["checkAck"],
    why:
      "Somebody slips text into a connection between others. He must guess a number to acknowledge as well as one to send, and both must fit (RFC 5961 §5.2). The answer is an ACK, and no byte of his " +
      "reaches the application.",
    hints: [
      "Which two kinds of ACK cannot be from the peer?",
      "One of what was never sent, and one from long ago.",
      "See ack/never-sent and ack/far-behind.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      const data = new TextEncoder().encode("rm -rf /");
      for (const ack of [2, t.random.int(3, 2 ** 30), -70_000, -t.random.int(100_000, 2 ** 30)]) {
        await peer.send({ flags: "ACK PSH", seq: 1, ack, data });
        await peer.expect({ flags: "ACK", seq: 1, ack: 1, dataLength: 0 }, "text with an impossible ACK is answered, and not acknowledged");
      }
      t.equal((await connection.look()).readable, 0, "bytes that the application could read");
      await expectStillHeard(t, peer, connection, 10, 1);
    },
  },

  "flood": {
    title: "a flood of guesses gets so many challenge ACKs, no more",
    kind: "scenario",
    weight: 2,
    covers: ["R5961-7"],
    look: ["createChallengeLimit.allow", "checkReset", "checkSyn"],
    why:
      "A hundred forged segments must not make us send a hundred ACKs to a peer that did nothing (RFC 5961 §7). This host allows ten in five seconds, for all its connections together.",
    hints: [
      "Which effect is counted, and which is not?",
      'challenge() asks the limit; acknowledge("now") does not.',
      "See limit/burst; and call challenge() in checkReset and checkSyn.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { challengeLimit: 10, challengeInterval: 5000 } });
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      for (const flags of t.random.shuffle(["RST", "SYN"])) {
        await tcp.wait(t.random.int(5100, 20_000));
        for (let i = 0; i < 40; i++) await peer.send({ flags, seq: t.random.int(2, 60_000) }, "a guess");
        const look = [flags === "RST" ? "checkReset" : "checkSyn", "createChallengeLimit.allow"];
        await t.about({ look }, () => t.equal(tcp.take().length, 10, `challenge ACKs for 40 guesses by ${flags}`));
      }
      await expectStillHeard(t, peer, connection, 10, 1);
    },
  },

  "shut-window": {
    title: "a RST counts when the window is shut",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-66"],
    look: ["checkSequence", "checkReset"],
    why:
      "Our application does not read, and the receive window is 0: no number is inside. A peer that gives up then must still be heard, or we keep his connection for ever (MUST-66).",
    hints: [
      "What passes checkSequence when rcvWnd is 0?",
      "Whatever begins at exactly rcvNxt.",
      "See sequence/zero-empty and sequence/zero-flags.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { receiveBuffer: 1000 } });
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await peer.send({ flags: "ACK", data: t.random.bytes(1000) }, "as much as the window takes");
      await peer.expect({ flags: "ACK", ack: 1001, window: 0 }, "the window is shut", 600);
      await peer.send({ flags: "RST", seq: 1001 });
      await expectEnded(t, connection, "reset", "after a RST at rcvNxt");
    },
  },
};

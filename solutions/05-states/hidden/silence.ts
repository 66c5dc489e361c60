/** Hidden scenarios of waits, guesses, losses and silence. */
import { ethernet, icmp, ipv4 } from "../../../tools/harness/packets.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { complain, expectTrouble, withTextOut } from "../../../labs/05-states/checks/trouble.ts";
import { expectAccepted, expectEnded, expectHeard, expectState, expectTable } from "../../../labs/05-states/checks/wire.ts";

const HOUR = 3_600_000;

export const waiting: Readonly<Record<string, CheckSpec>> = {
  "after-both": {
    title: "TIME-WAIT after CLOSING ends too",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-13", "SM-8"],
    look: ["checkAck"],
    why:
      "There are two ways into TIME-WAIT, and each must start the timer. A state without one holds its port for ever (RFC 9293 §3.10.7.4, fifth step).",
    hints: [
      "Who starts the timer when the ACK of our FIN comes last?",
      "checkAck, in CLOSING.",
      "See ack/closing.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: 30_000 } });
      const { peer, connection } = await tcp.inState("CLOSING");
      await peer.send({ flags: "ACK" });
      await expectState(t, connection, "TIME-WAIT", "after the ACK of our FIN");
      await tcp.wait(29_000);
      await expectState(t, connection, "TIME-WAIT", "after 29 of 30 seconds");
      await tcp.wait(2000);
      await expectEnded(t, connection, "closed", "after 31 seconds");
    },
  },

  "fin-thrice": {
    title: "each FIN that comes again starts the wait, text never does",
    kind: "scenario",
    weight: 2,
    covers: ["SM-9", "1337"],
    look: ["checkSequence"],
    why:
      "The wait counts from the last FIN: three times here. Between them come an old ACK and a RST, which do nothing (RFC 9293 §3.10.7.4; RFC 1337).",
    hints: [
      "When is the connection gone, if FINs come after 20, 40 and 60 seconds, and the wait is 30?",
      "After 90 seconds.",
      "See sequence/fin-again and sequence/time-wait-data.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { timeWait: 30_000 } });
      const { peer, connection } = await tcp.inState("TIME-WAIT");
      for (let i = 0; i < 3; i++) {
        await tcp.wait(20_000);
        await peer.send({ flags: "FIN ACK", seq: 1 }, "the FIN, sent again");
        await peer.expect({ flags: "ACK", seq: 2, ack: 2 }, "a FIN that comes again is acknowledged again");
      }
      await tcp.wait(20_000);
      await peer.send({ flags: "ACK", seq: 0 }, "an old ACK");
      await peer.send({ flags: "RST", seq: 2 });
      tcp.take();
      await expectState(t, connection, "TIME-WAIT", "20 seconds after the last FIN");
      await tcp.wait(11_000);
      await expectEnded(t, connection, "closed", "31 seconds after the last FIN");
    },
  },

  "reopened-by-timestamp": {
    title: "a newer timestamp reopens, though the number is lower",
    kind: "scenario",
    covers: ["SHLD-4"],
    look: ["mayReopen"],
    why:
      "A client with random initial numbers hits a lower one every second time. Its timestamp shows that the SYN is new (RFC 6191 §2), and it need not wait.",
    hints: [
      "What proves that the SYN is new?",
      "Its TSval, beyond tsRecent.",
      "See reopen/by-timestamp.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED", { timestamps: [100, 0] });
      const stamp = (value: number): { timestamps: [number, number] } => ({ timestamps: [value, 1] });
      await connection.shutdown();
      await peer.expect({ flags: "FIN ACK", timestamps: true }, "shutdown sends a FIN");
      await peer.send({ flags: "FIN ACK", ...stamp(200) });
      await peer.expect({ flags: "ACK", ack: 2 }, "the last FIN is acknowledged", 600);
      await expectState(t, connection, "TIME-WAIT", "after both FINs");
      await tcp.wait(5000);
      const seq = -t.random.int(1000, 2 ** 23);
      await peer.send({ flags: "SYN", seq, mss: 1460, timestamps: [5200, 0] }, "a SYN with a lower number, and a newer timestamp");
      await peer.expect({ flags: "SYN ACK", ack: seq + 1 }, "the listening port answers the new SYN");
      await expectEnded(t, connection, "closed", "of the old connection");
    },
  },
};

export const guessing: Readonly<Record<string, CheckSpec>> = {
  "every-state": {
    title: "a guessed RST ends nothing, in no state",
    kind: "scenario",
    weight: 2,
    covers: ["R5961-3.2b", "R5961-4.2", "1337"],
    look: ["checkReset", "checkSyn"],
    why: "The rules of RFC 5961 §3.2 and §4.2 hold in every synchronized state, and not just where the text flows.",
    hints: [
      "In which state does the guess succeed?",
      "No state is an exception, but TIME-WAIT, which does not even ask.",
      "No switch in checkReset, but for TIME-WAIT and the word for the application.",
    ],
    run: async (t) => {
      for (const state of ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"] as const) {
        const tcp = await t.tcp();
        const { peer, connection } = await tcp.inState(state);
        const here = peer.next;
        for (const flags of ["RST", "SYN"]) {
          // In TIME-WAIT a SYN that lies ahead would rightly open a new connection.
          const ahead = state === "TIME-WAIT" && flags === "SYN" ? -1 : t.random.int(1, 30_000);
          await peer.send({ flags, seq: here + ahead }, `a guess in ${state}`);
          const answer = await peer.seen();
          if (answer === undefined && state === "TIME-WAIT" && flags === "RST") continue;
          t.equal(answer?.flags.replace("FIN ", ""), "ACK", `the answer to a guess by ${flags} in ${state}`);
          t.equal(answer?.ack, here, `its acknowledgment (relative)`);
        }
        await expectState(t, connection, state, "after the guesses");
      }
    },
  },

  "old-timestamp": {
    title: "an old duplicate in the window is told by its timestamp",
    kind: "scenario",
    weight: 2,
    covers: ["7323-5.3", "7323-3.2b"],
    look: ["checkTimestamps"],
    why:
      "Its number is right, as numbers come around; its timestamp is not. Without PAWS the application would read bytes of long ago (RFC 7323 §5). What has no timestamp at all is dropped in silence.",
    hints: [
      "Which step is before the sequence check?",
      "checkTimestamps: an older TSval is acknowledged and dropped; none at all is dropped.",
      "See timestamps/older and timestamps/missing.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED", { timestamps: [1000, 0] });
      const data = t.random.bytes(20);
      await peer.send({ flags: "ACK PSH", seq: 1, data, timestamps: [900, 1] }, "an old duplicate, whose number has come around");
      await peer.expect({ flags: "ACK", seq: 1, ack: 1, tsEcr: 1000 }, "an older timestamp is answered by an ACK");
      await peer.send({ flags: "ACK PSH", seq: 1, data }, "without a timestamp");
      await tcp.expectSilence(1000, "a segment without a timestamp is dropped in silence");
      t.equal((await connection.look()).readable, 0, "bytes that the application could read");
      await peer.send({ flags: "ACK PSH", seq: 1, data, timestamps: [1001, 1] });
      await peer.expect({ flags: "ACK", ack: 21 }, "the honest segment is acknowledged", 600);
    },
  },

  "shut-window-ack": {
    title: "an ACK with text counts when the window is shut",
    kind: "scenario",
    covers: ["MUST-66", "SM-4"],
    look: ["checkSequence", "checkAck", "takeText"],
    why:
      "The peer probes our shut window by one byte, and acknowledges in the same segment what we sent. Throw the whole segment away, and we send it again for nothing (MUST-66; RFC 9293 §3.8.6.1).",
    hints: [
      "Which steps should a probe of a shut window reach?",
      "checkAck, for its ACK; and takeText, which takes nothing and answers at once.",
      "See sequence/zero-flags and text/nothing-fits.",
    ],
    run: async (t) => {
      const tcp = await t.tcp({ tcp: { receiveBuffer: 1000 } });
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      const data = t.random.bytes(1001);
      await peer.send({ flags: "ACK", data: data.subarray(0, 1000) }, "as much as the window takes");
      await peer.expect({ flags: "ACK", ack: 1001, window: 0 }, "the window is shut", 600);
      await connection.write(t.random.bytes(40));
      await peer.expect({ flags: "ACK", seq: 1, dataLength: 40 }, "what the application writes is sent");
      await peer.send({ flags: "ACK", seq: 1001, ack: 41, data: data.subarray(1000) }, "a probe, with an ACK");
      await peer.expect({ flags: "ACK", seq: 41, ack: 1001, window: 0 }, "the byte does not fit: the ACK repeats where we are");
      t.equal((await connection.look()).unacknowledged, 0, "bytes that are not acknowledged");
    },
  },
};

export const losing: Readonly<Record<string, CheckSpec>> = {
  "half-close": {
    title: "after a half-close text is taken, and no RST sent",
    kind: "scenario",
    covers: ["SHLD-3", "SM-8"],
    look: ["takeText", "abort"],
    why:
      "shutdown says: I write no more. It does not say that nobody reads: the RST is for an application that has closed both ways (RFC 9293 §3.6).",
    hints: [
      "What does FIN-WAIT-2 say about the other direction?",
      "Nothing: the peer may send as much as he likes.",
      "takeText does not ask whether we have closed.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("FIN-WAIT-2");
      for (const length of [1, 500, t.random.int(2, 1400)]) await expectHeard(t, peer, connection, length);
      await tcp.expectSilence(HOUR, "FIN-WAIT-2 lasts as long as the peer likes, while somebody reads");
      await expectState(t, connection, "FIN-WAIT-2", "an hour later");
    },
  },

  "acknowledged-before": {
    title: "text that came before the close is not lost by it",
    kind: "scenario",
    covers: ["SHLD-3", "SM-8"],
    look: ["close", "abort"],
    why:
      "The application writes much and closes at once. All of it is sent, then the FIN; nothing is thrown away, and no RST sent, because it was we who had something to say (RFC 9293 §3.10.4).",
    hints: [
      "What becomes of text that was written and not sent when close is called?",
      "It goes out first. finQueued makes the FIN wait.",
      "close sends nothing by itself.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED", { window: 1000 });
      const data = t.random.bytes(2500);
      await connection.write(data);
      await connection.close();
      const received: number[] = [];
      for (let i = 0; received.length < data.length && i < 20; i++) {
        const seen = await peer.seen(500);
        if (seen === undefined) break;
        received.push(...seen.data);
        await peer.send({ flags: "ACK", window: 1000 });
      }
      t.equal(Uint8Array.from(received), data, "the bytes that reached the peer");
      await expectState(t, connection, "FIN-WAIT-2", "when text and FIN are acknowledged");
    },
  },
};

export const vanished: Readonly<Record<string, CheckSpec>> = {
  "half-open": {
    title: "a half-open connection whose peer vanishes is cleared away",
    kind: "scenario",
    covers: ["MUST-22"],
    look: ["nextState"],
    why:
      "A SYN from a forged address leaves a connection in SYN-RECEIVED that nobody will ever complete. It must not stay: a listener would be full of them (RFC 4987 §2).",
    hints: [
      "Which event ends a connection whose peer does not answer?",
      '"timeout", from every state but CLOSED.',
      "See table/any-end.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      await tcp.inState("SYN-RECEIVED");
      await tcp.wait(HOUR);
      tcp.take();
      await expectTable(t, tcp, [], "an hour after a SYN whose sender vanished");
    },
  },

  "orphan": {
    title: "a peer that vanishes in FIN-WAIT-2 does not hold us for ever",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-20"],
    look: ["nextState"],
    why:
      "The application has closed both ways, our FIN is acknowledged, and the peer's never comes. Nobody reads here any more, so after a while the engine gives up; else every such peer would cost us a " +
      "connection (RFC 9293 §3.8.3).",
    hints: [
      "Which event may come in FIN-WAIT-2 without a segment?",
      '"timeout", like in every state.',
      "See table/any-end.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED");
      await connection.close();
      await peer.expect({ flags: "FIN ACK", seq: 1 }, "a close sends a FIN");
      await peer.send({ flags: "ACK" });
      await expectState(t, connection, "FIN-WAIT-2", "after the ACK of our FIN");
      await tcp.wait(HOUR);
      tcp.take();
      await expectTable(t, tcp, [], "an hour later");
    },
  },
};

export const trouble: Readonly<Record<string, CheckSpec>> = {
  "its-own": {
    title: "an ICMP error goes to the connection that caused it",
    kind: "scenario",
    covers: ["MUST-54"],
    look: ["nextState"],
    why:
      "The error quotes the first 8 bytes of the segment: both ports and the number. By these the connection is found; another one to the same host must not hear of it (MUST-54).",
    hints: [
      "What do the first 8 bytes of a TCP header hold?",
      "Both ports and the sequence number.",
      "Finding it is the engine's work; here two connections must be open at once.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { connection, frame } = await withTextOut(t, tcp);
      const other = tcp.peer();
      await other.send({ flags: "SYN", seq: 0, mss: 1460 });
      await other.expect({ flags: "SYN ACK", ack: 1 }, "a second connection");
      await other.send({ flags: "ACK" });
      const second = await expectAccepted(t, tcp);
      await second.look();
      await complain(tcp, 3, 1, frame);
      await expectTrouble(t, connection, "ESTABLISHED", 3, 1);
      t.equal((await second.look()).notices, [], "what the other connection's application was told");
    },
  },

  "not-ours": {
    title: "an ICMP error about what is not in flight ends nothing",
    kind: "scenario",
    covers: ["MUST-54", "ICMP-9"],
    look: ["nextState"],
    why:
      "Who knows the ports and guesses can forge an error; the sequence number that it quotes must be one that is on its way (RFC 5927 §4.1). Even “port unreachable” for our SYN must quote the SYN.",
    hints: [
      "Which numbers are in flight in SYN-SENT?",
      "Only that of the SYN.",
      "The engine compares it; your table must not have lost the connection before.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const connection = await tcp.connect(80);
      const syn = await tcp.expect({ ipv4: { protocol: 6 } }, "connecting sends a SYN");
      const quote = syn.slice(14, 14 + 28);
      new DataView(quote.buffer).setUint32(24, t.random.int(0, 2 ** 31)); // the sequence number
      await tcp.send(
        ethernet({}, ipv4({ protocol: 1 }, icmp({ type: 3, code: 3 }, quote))),
        "port unreachable, about a number that was never sent",
      );
      await expectState(t, connection, "SYN-SENT", "after an ICMP error about what was never sent");
      await connection.abort();
      await expectState(t, connection, "CLOSED", "when the application gives up");
    },
  },
};

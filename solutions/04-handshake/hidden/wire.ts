/** Hidden handshakes on the virtual wire: what the RFC's figures 8 to 11 show, and what gets lost. */
import { expectState, FULL_OFFER } from "../../../labs/04-handshake/checks/wire.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const wire: Readonly<Record<string, CheckSpec>> = {
  "old-syn": {
    title: "an old SYN's connection is given up, the new one opens",
    kind: "scenario",
    weight: 2,
    covers: ["SM-2", "MUST-11"],
    look: ["passiveOpen", "listenArrives"],
    why:
      "RFC 9293 §3.5, figure 8: a SYN of yesterday reaches the listener, which answers as it must. The peer, whose SYN had another number, sends RST, and the half-open connection is gone: nobody is told. The new SYN opens.",
    hints: [
      "Is the RST believed? It has the number that your SYN+ACK has acknowledged.",
      "rcvNxt must be one behind the old SYN.",
      "`passive` says that nobody is to be told “refused”.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      await tcp.listen(80);
      const port = { peerPort: 45_000 };
      const old = tcp.peer({ ...port, iss: t.random.int(0, 0x7fff_ffff) });
      await old.send({ flags: "SYN", seq: 0, mss: 1460 }, "an old duplicate");
      await old.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "an old SYN looks like any other");
      await old.send({ flags: "RST", seq: 1 });
      await old.expectSilence(100, "a RST is not answered");
      t.equal((await tcp.connections()).length, 0, "connections after the RST");
      const peer = tcp.peer({ ...port, iss: 0xffff_fff0 });
      await peer.send({ flags: "SYN", seq: 0, mss: 1460 }, "the SYN that is meant");
      await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "the new SYN is answered");
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      await expectState(t, tcp, "ESTABLISHED", "of the new connection");
    },
  },

  "half-open": {
    title: "a peer that believes in an old connection is told",
    kind: "scenario",
    weight: 2,
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "RFC 9293 §3.5.1, figure 9: we crashed, and call again; the peer, still connected, answers our SYN by an ACK of something old. Our RST ends its old connection, and our SYN, sent again, opens a new one.",
    hints: [
      "What do you answer to an ACK that is far from our SYN?",
      "RST with the number that it acknowledges; the connection waits on.",
      "Our SYN is sent again after a second, with its old number.",
    ],
    run: async (t) => {
      const { peer, connection } = await (await t.tcp()).inState("SYN-SENT");
      const ack = t.random.int(-100_000, -2);
      await peer.send({ flags: "ACK", seq: 300, ack }, "the peer is still in its old connection");
      await peer.expect({ flags: ["RST", "RST ACK"], seq: ack }, "an ACK of something old is answered by a RST with that number");
      await peer.expect({ flags: "SYN", seq: 0 }, "our SYN again", 5000);
      await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460 });
      await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "the new connection opens");
      t.equal((await connection.look()).state, "ESTABLISHED", "the state in the end");
    },
  },

  "blind-rst": {
    title: "a RST out of nowhere does not stop an opening",
    kind: "scenario",
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "Whoever has not seen our SYN cannot acknowledge it (RFC 9293 §3.10.7.3, second): a RST without ACK, or with a wrong one, is anybody's.",
    hints: [
      "After which RST is the connection gone?",
      "Only RST and an acceptable ACK together end it.",
      "Run synsent/blind-rst and synsent/bad-ack-rst.",
    ],
    run: async (t) => {
      const { peer, connection } = await (await t.tcp()).inState("SYN-SENT");
      for (const segment of [{ flags: "RST", seq: 0 }, { flags: "RST ACK", seq: 0, ack: 0 }, { flags: "RST ACK", seq: 9, ack: 2 }]) {
        await peer.send(segment);
        await peer.expectSilence(10, "a RST is not answered");
        t.equal((await connection.look()).state, "SYN-SENT", `the state after ${segment.flags} ack ${segment.ack ?? "none"}`);
      }
      await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460 });
      await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "the SYN+ACK still opens the connection");
    },
  },

  "syn-ack-again": {
    title: "a SYN+ACK that nobody answers is sent again, the same",
    kind: "scenario",
    covers: ["SM-2", "7323-2.2"],
    look: ["passiveOpen"],
    why:
      "The second segment gets lost as easily as the first. It comes again with the same number, acknowledgment and options; a window scale that is missing then would turn scaling off for one side only.",
    hints: ["What is different the second time?", "The engine takes all of it from the connection.", "iss is set once."],
    run: async (t) => {
      const tcp = await t.tcp();
      await tcp.listen(80);
      const peer = tcp.peer();
      await peer.send({ flags: "SYN", seq: 0, ...FULL_OFFER });
      const same = {
        flags: "SYN ACK",
        seq: 0,
        ack: 1,
        mss: 1460,
        windowScale: "any",
        sackPermitted: true,
        timestamps: true,
        tsEcr: 700,
      } as const;
      for (const within of [0, 5000, 10_000]) await peer.expect(same, "the same SYN+ACK, with the same options", within);
      await peer.send({ flags: "ACK", seq: 1, ack: 1, timestamps: [900, 1] });
      await expectState(t, tcp, "ESTABLISHED", "after a late third segment");
    },
  },

  "crossing-answers": {
    title: "crossing SYNs are both answered by SYN+ACK",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-10"],
    look: ["synSentArrives", "completeOpen"],
    why:
      "In a true simultaneous open both sides send SYN+ACK (RFC 9293 §3.5, figure 7). The peer's brings its old number and acknowledges ours; after it, or after the ACK that follows, the connection is open, and text flows.",
    hints: [
      "Which state is it in after the peer's SYN+ACK?",
      "SYN-RECEIVED or ESTABLISHED; an ACK leaves no doubt.",
      "The numbers of the peer begin once: its SYN+ACK repeats them.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-SENT");
      await peer.send({ flags: "SYN", seq: 0, mss: 1460 }, "a SYN that crosses ours");
      await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "a SYN that crosses ours is answered by SYN and ACK");
      await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460 }, "the peer does the same");
      await peer.seen();
      const data = t.random.bytes(t.random.int(1, 40));
      await peer.send({ flags: "ACK PSH", seq: 1, ack: 1, data });
      await expectState(t, tcp, "ESTABLISHED", "after both SYN+ACKs, and text");
      t.equal(await connection.read(), data, "the text");
    },
  },

  "text-with-syn-ack": {
    title: "text that comes with a SYN+ACK is read",
    kind: "scenario",
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "“continue” means that the rest of the segment counts (RFC 9293 §3.10.7.3, fourth, and §3.10.7.4, from the sixth on). We are established, so its text may be handed over at once.",
    hints: ["What do you return for a SYN+ACK?", "“continue”.", "rcvNxt one behind the SYN, where the text begins."],
    run: async (t) => {
      const { peer, connection } = await (await t.tcp()).inState("SYN-SENT");
      const data = t.random.bytes(t.random.int(1, 99));
      await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460, data });
      await peer.expect({ flags: "ACK", seq: 1, ack: 1 + data.length }, `SYN and ${amount(data.length)} of text are acknowledged`, 500);
      t.equal(await connection.read(), data, "the text");
    },
  },

  "text-with-ack": {
    title: "text in the third segment is read",
    kind: "scenario",
    covers: ["SM-4"],
    look: ["completeOpen"],
    why:
      "A client that has something to say need not send a bare ACK first; if that got lost, its text is the third segment (RFC 9293 §3.10.7.4, fifth).",
    hints: ["What does completeOpen return?", "“continue”: the text is for the steps that follow.", "Run complete/opens."],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer } = await tcp.inState("SYN-RECEIVED");
      const data = t.random.bytes(t.random.int(1, 99));
      await peer.send({ flags: "ACK PSH", seq: 1, ack: 1, data });
      const connection = await tcp.accept();
      t.equal(connection === undefined, false, "whether nobody waits to be accepted");
      t.equal(await connection?.read(), data, "the text of the third segment");
    },
  },

  "wrong-third": {
    title: "a third segment with a wrong number is refused",
    kind: "scenario",
    weight: 2,
    covers: ["SM-4", "MUST-9"],
    look: ["completeOpen"],
    why:
      "Who has not seen our SYN+ACK cannot know its number: that is all that keeps a stranger from opening connections in another's name (RFC 6528 §1). He gets a RST; the half-open connection waits for the right one.",
    hints: [
      "Is the connection open after a guess?",
      "Only an acknowledgment of our SYN completes the opening.",
      "RST with the number that was acknowledged.",
    ],
    run: async (t) => {
      const tcp = await t.tcp();
      const { peer } = await tcp.inState("SYN-RECEIVED");
      for (const ack of [2, 1000, t.random.int(2000, 0x7000_0000)]) {
        await peer.send({ flags: "ACK", seq: 1, ack });
        await peer.expect({ flags: ["RST", "RST ACK"], seq: ack }, "a guessed number is answered by a RST");
        await expectState(t, tcp, "SYN-RECEIVED", "after a guess");
      }
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      await expectState(t, tcp, "ESTABLISHED", "after the right number");
    },
  },

  "not-one-host": {
    title: "there is no connection with everybody",
    kind: "scenario",
    covers: ["MUST-46"],
    look: ["activeOpen"],
    why:
      "An open to a broadcast or multicast address is an error (RFC 9293 §3.9.2.3: MUST-46): all would answer, and each with numbers of its own. The host sees to it; what it lets through gets its SYN.",
    hints: ["Does an ordinary connect work?", "This check needs activeOpen only for the ordinary one.", "Run active/on-the-wire."],
    run: async (t) => {
      const tcp = await t.tcp();
      for (const to of t.random.shuffle(["255.255.255.255", "224.0.0.1", "0.0.0.0"])) {
        const outcome = await tcp.tryConnect(80, { to });
        t.equal("error" in outcome, true, `whether a connection to ${to} is an error`);
      }
      await tcp.expectSilence(10, "nothing is sent to everybody");
      await tcp.connect(80);
      await tcp.expect({ tcp: { destinationPort: 80, flags: "SYN" } }, "a connection to one host begins with a SYN");
    },
  },

  "other-stamps": {
    title: "every segment echoes the newest timestamp",
    kind: "scenario",
    covers: ["7323-3.2a", "7323-5.4"],
    look: ["writeSegment", "parseSegment"],
    why:
      "Once agreed on, timestamps are in every segment, and TSecr is the last that came (RFC 7323 §3.2); our own clock goes up by one a millisecond (§5.4).",
    hints: ["Which segment has none, or an old one?", "tsVal and tsEcr are given; they are 32-bit numbers.", "Run write/syn-options."],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("ESTABLISHED", { ...FULL_OFFER, timestamps: [0xffff_fff0, 0] });
      const clock: number[] = [];
      for (const stamp of [0xffff_fffe, 3, 0x10_0000]) {
        await peer.send({ flags: "ACK", timestamps: [stamp, clock.at(-1) ?? 1] });
        await tcp.wait(20);
        await connection.write(t.random.bytes(3));
        const seen = await peer.expect({ timestamps: true, tsEcr: stamp }, `text that echoes the timestamp ${stamp}`);
        clock.push(seen.timestamps?.[0] ?? 0);
      }
      t.equal(clock.slice(1).map((value, index) => value - (clock[index] ?? 0)), [20, 20], "ticks of our timestamp clock in 20 ms each");
    },
  },
};

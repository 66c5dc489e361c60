/** Handshakes on the virtual wire, segment by segment: a scripted peer, numbers that wrap, a clock that only the check moves. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

type Station = Awaited<ReturnType<Trial["tcp"]>>;
type Peer = ReturnType<Station["peer"]>;

/** Everything a SYN can offer. */
export const FULL_OFFER = { mss: 1460, sackPermitted: true, windowScale: 3, timestamps: [700, 0] as const };

/** Lets the stack write so much, and fails unless its segments are `size` bytes of text each. */
export async function expectSegmentsOf(
  t: Trial,
  size: number,
  { peer, connection }: Awaited<ReturnType<Station["inState"]>>,
  what: string,
): Promise<void> {
  await connection.write(t.random.bytes(size * 3));
  for (let i = 0; i < 3; i++) {
    await peer.expect({ seq: 1 + i * size, dataLength: size }, `full segments of ${amount(size)} to ${what}`);
  }
}

/** Fails unless the connection, the only one, is in this state. */
export async function expectState(t: Trial, tcp: Station, state: string, when: string): Promise<void> {
  t.equal((await tcp.connections()).map((each) => each.state).join(", "), state, `the state ${when}`);
}

/** The peer answers our SYN, which it has seen. */
async function answered(peer: Peer, more: object = {}): Promise<void> {
  await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460, ...more });
}

export const wire: Readonly<Record<string, CheckSpec>> = {
  "incoming": {
    title: "three segments open a connection that was waited for",
    kind: "scenario",
    weight: 2,
    covers: ["SM-2", "SM-4"],
    look: ["listenArrives", "passiveOpen", "completeOpen", "agreeOptions"],
    why:
      "SYN, SYN+ACK, ACK (RFC 9293 §3.5, figure 6): each side says where its numbers begin, and hears that it was heard. Two segments would do for one side only.",
    hints: [
      "After which of the three segments does it go wrong?",
      "SYN-RECEIVED behind the first, ESTABLISHED behind the third.",
      "listenArrives says “open”, passiveOpen answers, completeOpen finishes.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      await tcp.listen(80);
      const peer = tcp.peer({ iss: 0xffff_ffff });
      await peer.send({ flags: "SYN", seq: 0, mss: 1460 });
      await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1, dataLength: 0 }, "a SYN to a listening port is answered by SYN and ACK");
      await expectState(t, tcp, "SYN-RECEIVED", "after the SYN");
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      await peer.expectSilence(300, "the third segment is not answered");
      await expectState(t, tcp, "ESTABLISHED", "after the third segment");
      t.ok(await tcp.accept() !== undefined, "a connection that the application can accept", "none");
    },
  },

  "outgoing": {
    title: "three segments open a connection that we asked for",
    kind: "scenario",
    weight: 2,
    covers: ["SM-3", "MUST-45"],
    look: ["activeOpen", "synSentArrives", "parseSegment"],
    why:
      "The mirror image (RFC 9293 §3.5, figure 6): our SYN, their SYN+ACK, our ACK. For us the connection is established one segment earlier than for them, and the ACK must go out, also when we have nothing to say.",
    hints: [
      "Is there an ACK after the SYN+ACK, and which numbers has it?",
      'seq 1, ack 1: `effects.acknowledge("now")` sends it, with the numbers in the connection.',
      "If its ack is 0: rcvNxt must be one behind the SYN before you acknowledge.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-SENT", { iss: 0xffff_ffff });
      await answered(peer);
      const ack = await peer.expect({ flags: "ACK", seq: 1, ack: 1, dataLength: 0 }, "a SYN+ACK is acknowledged at once");
      t.equal(ack.source, "10.44.0.2", "the address from which it is acknowledged: that of the SYN");
      const { state, notices } = await connection.look();
      t.equal(state, "ESTABLISHED", "the state after the SYN+ACK");
      t.ok(notices.includes("connected"), "the application to be told that it is connected", notices.join(", ") || "nothing");
      await peer.expectSilence(3000, "the SYN was acknowledged: it is not sent again");
    },
  },

  "simultaneous": {
    title: "two SYNs that cross make one connection",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-10", "SM-3"],
    look: ["synSentArrives", "completeOpen"],
    why:
      "Both called at the same moment (RFC 9293 §3.5, figure 7: MUST-10). Each gets a SYN where it waits for a SYN+ACK, and answers with its own SYN again, now with ACK. It becomes one connection, not two.",
    hints: [
      "What do you send when a bare SYN comes in SYN-SENT?",
      "SYN+ACK with seq 0: the number that our SYN has had.",
      "Then SYN-RECEIVED; the ACK of our SYN establishes, as for who listened.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { peer } = await tcp.inState("SYN-SENT");
      await peer.send({ flags: "SYN", seq: 0, mss: 1460 }, "a SYN that crosses ours");
      await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, "a SYN that crosses ours is answered by SYN and ACK, with our old number");
      await expectState(t, tcp, "SYN-RECEIVED", "after the SYN that crossed ours");
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      await expectState(t, tcp, "ESTABLISHED", "after the ACK of our SYN");
    },
  },

  "syn-again": {
    title: "a SYN that nobody answers is sent again, the same",
    kind: "scenario",
    covers: ["MUST-8", "SM-3"],
    look: ["activeOpen", "parseSegment"],
    why:
      "A SYN can get lost like any segment. It comes again after a second (RFC 6298 §2.1) with the *same* number: a new one would be a new connection, and the answer to the first would be refused.",
    hints: [
      "Is the second SYN's number another one?",
      "The engine sends `tcb.iss` again.",
      "iss is set once, in activeOpen, and stays.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-SENT");
      for (let i = 0; i < 2; i++) {
        await peer.expect({ flags: "SYN", seq: 0, mss: 1460, windowScale: "any" }, "the same SYN again, with the same options", 10_000);
      }
      await answered(peer);
      await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "a late SYN+ACK is acknowledged");
      t.equal((await connection.look()).state, "ESTABLISHED", "the state after a late SYN+ACK");
    },
  },

  "refused": {
    title: "a RST for our SYN is told to the application",
    kind: "scenario",
    weight: 2,
    covers: ["SM-3", "MUST-12"],
    look: ["synSentArrives"],
    why:
      "“Connection refused”: at once, and not after minutes of SYNs (RFC 9293 §3.10.7.3, second). The RST is believed as it acknowledges our SYN.",
    hints: [
      "Does the connection end, and with which word?",
      "Its acknowledgment number is 1, relative to our SYN: acceptable.",
      "Run synsent/refused.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-SENT");
      await peer.send({ flags: "RST ACK", seq: 0, ack: 1 });
      const { state, notices } = await connection.look();
      t.equal(
        { state, refused: notices.includes("refused") },
        { state: "CLOSED", refused: true },
        "the connection after a RST for our SYN",
      );
      await peer.expectSilence(5000, "the SYN is not sent again, and the RST is not answered");
    },
  },

  "wrong-answer": {
    title: "an old SYN+ACK is answered by RST, and the right one taken",
    kind: "scenario",
    weight: 2,
    covers: ["SM-3"],
    look: ["synSentArrives"],
    why:
      "A SYN+ACK for a SYN that we did not send (RFC 9293 §3.5, figure 8): an old duplicate has reached the peer first. Our RST has the number that it acknowledges, so the peer forgets the wrong connection; ours goes on.",
    hints: [
      "What happens to our connection when the SYN+ACK is wrong?",
      "Nothing: RST to the peer, and wait on.",
      "RST, seq: what the SYN+ACK has acknowledged.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { peer, connection } = await tcp.inState("SYN-SENT");
      for (const ack of [0, 2, t.random.int(3, 9999)]) {
        await peer.send({ flags: "SYN ACK", seq: 500, ack, mss: 1460 });
        await peer.expect(
          { flags: ["RST", "RST ACK"], seq: ack },
          `a SYN+ACK that acknowledges ${ack} is answered by a RST with that number`,
        );
        t.equal((await connection.look()).state, "SYN-SENT", "the state after a SYN+ACK that is not for our SYN");
      }
      tcp.take();
      await answered(peer);
      await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "the right SYN+ACK is acknowledged");
    },
  },

  "syn-with-text": {
    title: "text in a SYN is not lost: it is sent again",
    kind: "scenario",
    covers: ["SM-2"],
    look: ["passiveOpen"],
    why:
      "A SYN may bring text (RFC 9293 §3.4), but it may be an old duplicate: nothing is for the application before the handshake is done. We leave it, and acknowledge the SYN alone; the peer sends the text again behind it.",
    hints: [
      "Which number does your SYN+ACK acknowledge?",
      "1: the SYN. Text that was not taken must not be acknowledged.",
      "rcvNxt is `seqAdd(segment.seq, 1)`, not `segment.length` further.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      await tcp.listen(80);
      const peer = tcp.peer();
      const data = t.random.bytes(t.random.int(1, 50));
      await peer.send({ flags: "SYN", seq: 0, mss: 1460, data });
      await peer.expect({ flags: "SYN ACK", seq: 0, ack: 1 }, `a SYN with ${amount(data.length)} of text: only the SYN is acknowledged`);
      await peer.send({ flags: "ACK PSH", seq: 1, ack: 1, data });
      const connection = await tcp.accept();
      t.ok(connection !== undefined, "a connection that the application can accept", "none");
      t.equal(await connection.read(), data, "the text, read once");
    },
  },

  "syn-only": {
    title: "MSS, scale and SACK-permitted stand in SYNs only",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-65", "7323-2.2", "2018-2"],
    look: ["writeSegment"],
    why:
      "What a SYN has said holds for the whole connection; anywhere else these options are forbidden (RFC 9293 §3.7.1: MUST-65; RFC 7323 §2.2; RFC 2018 §2). Timestamps are the one option that stays. With any other a full segment is longer than was reckoned, and the link does not take it.",
    hints: [
      "Which option is in a segment without SYN?",
      "The fields that you are given say none there: mss 0, windowScale −1, sackPermitted false.",
      "Write an option only when its field asks for it.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await (await t.tcp()).inState("ESTABLISHED", { active: true, ...FULL_OFFER });
      const none = { mss: false, windowScale: false, sackPermitted: false, timestamps: true } as const;
      await connection.write(t.random.bytes(2896));
      for (const dataLength of [1448, 1448]) {
        await peer.expect({ flags: "ACK", dataLength, ...none }, "text, with timestamps and no other option");
      }
      await peer.send({ flags: "ACK", timestamps: [800, 1] });
      await connection.shutdown();
      await peer.expect({ flags: "FIN ACK", ...none }, "a FIN, with timestamps and no other option");
    },
  },

  "no-stamps": {
    title: "timestamps that the peer did not send are not used",
    kind: "scenario",
    weight: 2,
    covers: ["7323-3.2a", "MUST-16"],
    look: ["agreeOptions", "writeSegment"],
    why:
      "We offered them, the SYN+ACK says nothing of them: so they do not hold (RFC 7323 §3.2), no segment has them, and full segments have 12 bytes more.",
    hints: [
      "Is tcb.timestamps still true after the SYN+ACK?",
      "It is what *both* sent.",
      "Run agree/timestamps.",
    ],
    run: async (t: Trial) => {
      const reached = await (await t.tcp()).inState("SYN-SENT");
      await answered(reached.peer, { windowScale: 2 });
      await reached.peer.expect({ flags: "ACK", seq: 1, ack: 1, timestamps: false }, "an ACK without timestamps");
      await expectSegmentsOf(t, 1460, reached, "a peer without timestamps");
    },
  },

  "stamps": {
    title: "timestamps are echoed from the first answer on",
    kind: "scenario",
    weight: 2,
    covers: ["7323-3.2a", "7323-4.3"],
    look: ["agreeOptions", "synSentArrives", "writeSegment"],
    why:
      "The ACK of the SYN+ACK echoes its TSval (RFC 7323 §3.2): that is how the peer measures its first round trip. So the TSval is noted before anything is sent.",
    hints: [
      "What is TSecr in the third segment?",
      "tcb.tsRecent: the TSval of the SYN+ACK.",
      "agreeOptions sets tsRecent; it is called before `acknowledge`.",
    ],
    run: async (t: Trial) => {
      const { peer } = await (await t.tcp()).inState("SYN-SENT");
      const tsVal = t.random.int(0x8000_0000, 0xffff_ffff);
      await answered(peer, { timestamps: [tsVal, 1] });
      await peer.expect({ flags: "ACK", seq: 1, ack: 1, timestamps: true, tsEcr: tsVal }, "an ACK that echoes the SYN+ACK's timestamp");
    },
  },

  "scaled": {
    title: "the peer's window is scaled, but not that of its SYN",
    kind: "scenario",
    weight: 2,
    covers: ["7323-2.2", "SM-7"],
    look: ["completeOpen", "passiveOpen", "agreeOptions"],
    why:
      "The same field means 2000 bytes in the SYN, and 16 times as much afterwards (RFC 7323 §2.2). Scale the SYN's, and a new connection sends more than there is room for.",
    hints: [
      "Which of the two windows is wrong?",
      "In the SYN the field counts as it is; afterwards shifted by the scale of *their* SYN.",
      "Run passive/window and complete/window-scaled.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const { peer } = await tcp.inState("SYN-RECEIVED", { windowScale: 4, window: 2000 });
      const [opened] = await tcp.connections();
      await t.about(
        { look: ["passiveOpen"] },
        () => t.equal(opened?.sndWnd, 2000, "the send window after a SYN with window 2000 and scale 4"),
      );
      const window = t.random.int(100, 4000);
      await peer.send({ flags: "ACK", seq: 1, ack: 1, window });
      t.equal((await tcp.connections())[0]?.sndWnd, window * 16, `the send window after an ACK with window ${window}`);
    },
  },

  "default-mss": {
    title: "a peer that says no MSS gets 536 bytes at a time",
    kind: "scenario",
    covers: ["MUST-15", "MUST-16"],
    look: ["agreeOptions"],
    why: "Nothing was said, so only what every host takes may be sent (RFC 9293 §3.7.1: MUST-15).",
    hints: ["How long are your segments?", "536 when segment.mss is 0.", "Run agree/mss-absent."],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      await tcp.listen(80);
      const peer = tcp.peer();
      await peer.send({ flags: "SYN", seq: 0 });
      await peer.expect({ flags: "SYN ACK" }, "a SYN without options is answered");
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      const connection = await tcp.accept();
      t.ok(connection !== undefined, "a connection that the application can accept", "none");
      await expectSegmentsOf(t, 536, { peer, connection }, "a peer that says no MSS");
    },
  },

  "small-mtu": {
    title: "on a narrow link our MSS is its MTU less 40",
    kind: "scenario",
    covers: ["MUST-67", "SHLD-6", "MUST-14"],
    look: ["writeSegment", "agreeOptions"],
    why:
      "The MSS that we say is what our link brings in one piece: its MTU less the two headers of 20 bytes (RFC 9293 §3.7.1). And however much the peer takes, our own link takes no more from us.",
    hints: [
      "What is in the MSS option of the SYN?",
      "fields.mss, as it is given.",
      "For what we send: the smaller of theirs and `tcb.sndMss`.",
    ],
    run: async (t: Trial) => {
      const mtu = t.random.int(300, 1400);
      t.step(`the host's link has an MTU of ${mtu}`);
      const tcp = await t.tcp({ interfaces: [{ mac: "02:00:00:00:00:02", address: "10.44.0.2", mtu }] });
      const peer = tcp.peer({ peerPort: 80 });
      const connection = await tcp.connect(80);
      peer.learn(await peer.expect({ flags: "SYN", mss: mtu - 40 }, `on a link with MTU ${mtu} our MSS is ${mtu - 40}`));
      await answered(peer);
      await peer.expect({ flags: "ACK" }, "a SYN+ACK is acknowledged");
      await t.about({ look: ["agreeOptions"] }, () => expectSegmentsOf(t, mtu - 40, { peer, connection }, "a peer that takes 1460"));
    },
  },
};

/** Public checks of lab 06 on the virtual wire: segments and windows are lost, and the timer goes off. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectTexts, listener, opened, queued, write } from "./wire.ts";

const TIMER = {
  why:
    "Each segment is given a whole timeout. An acknowledgment of something new shows that the path is alive, so the timer begins again with it, for what is still in " +
    "flight (RFC 6298 §5.3).",
  look: ["createRetransmission.acknowledged"],
};

export const wireLosing: Readonly<Record<string, CheckSpec>> = {
  "back-off": {
    title: "a lost segment goes again, alone, and ever more seldom",
    kind: "scenario",
    weight: 3,
    covers: ["6298-2.1", "6298-2.4", "6298-5.4", "6298-5.5", "6298-5.6", "SHLD-16"],
    look: ["createRetransmission.fired", "createSendBuffer.pieceToResend", "createRetransmission.sent"],
    why:
      "Where one segment is lost there are too many. The earliest goes again after a timeout, one segment and not all, and each next wait is twice as long " +
      "(RFC 6298 §5.4 to §5.6; RFC 2525 §2.10, §2.14).",
    hints: [
      "When did your segments go, and how many at a time?",
      "At 1, 3, 7 and 15 seconds after the first time: the waits are 1, 2, 4 and 8 seconds.",
      "fired doubles the timeout and starts the timer with it; pieceToResend gives at most one segment.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t);
      const text = t.random.bytes(4380);
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      await expectTexts(t, hears, [[1460, 1], [1460, 1461], [1460, 2921]], "three segments, which all get lost");
      let due = tcp.now;
      for (const wait of [1000, 2000, 4000, 8000]) {
        due += wait;
        await tcp.wait(due - 10 - tcp.now);
        await expectTexts(t, hears, [], `nothing again before ${wait} ms have passed`);
        await tcp.wait(20);
        await expectTexts(t, hears, [[1460, 1]], `the earliest segment again, alone, after ${wait} ms`);
      }
    },
  },
  "only-what-is-missing": {
    title: "what is acknowledged never goes again",
    kind: "scenario",
    weight: 2,
    covers: ["6298-5.3", "6298-5.4", "SHLD-16"],
    look: ["createSendBuffer.acknowledge", "createSendBuffer.pieceToResend", "createRetransmission.acknowledged"],
    why:
      "The peer has it. Sent again it is a packet for nothing; and the timer, which began anew with the acknowledgment, gives the next segment a whole timeout " +
      "(RFC 6298 §5.3).",
    hints: [
      "Which number does your retransmission have, and when does it come?",
      "It begins at what is acknowledged, and comes one timeout after the *acknowledgment*.",
      "`start` moves with acknowledge; acknowledged(now, true) sets the deadline to now and the timeout.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t);
      const text = t.random.bytes(4380);
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      await hears.take();
      const wait = t.random.int(300, 800);
      await tcp.wait(wait);
      await peer.send({ flags: "ACK", ack: 1461 });
      await tcp.wait(990);
      await t.about(
        TIMER,
        () => expectTexts(t, hears, [], `nothing before a whole timeout has passed since the acknowledgment at ${wait} ms`),
      );
      await tcp.wait(20);
      await expectTexts(t, hears, [[1460, 1461]], "the earliest segment that is not acknowledged");
      await peer.send({ flags: "ACK", ack: 4381 });
      await tcp.wait(200_000);
      await expectTexts(t, hears, [], "all is acknowledged: nothing goes any more");
    },
  },
  "kept-until-acked": {
    title: "what is only SACKed is kept, and can go again",
    kind: "scenario",
    weight: 2,
    covers: ["2018-8", "2018-5", "6298-5.4"],
    look: ["createSendBuffer.acknowledge", "createSendBuffer.pieceToResend", "createSendBuffer.pieceToSend"],
    why:
      "A receiver may throw away what it has reported beyond a gap, when memory runs short. Only the acknowledgment number is a promise; until it comes every byte is kept " +
      "(RFC 2018 §8).",
    hints: [
      "Which bytes can you still send, after blocks 1461 to 4381 were reported?",
      "All from number 1 on. Blocks move no offset of the send buffer.",
      "start moves by acknowledge, and by nothing else.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, {}, { sackPermitted: true });
      const text = t.random.bytes(4380);
      await write(t, connection, text);
      await expectTexts(
        t,
        listener(t, peer, text),
        [[1460, 1], [1460, 1461], [1460, 2921]],
        "three segments, of which the first gets lost",
      );
      await peer.send({ flags: "ACK", ack: 1, sack: [[1461, 4381]] }, "the first segment is missing, the others have come");
      await queued(peer);
      // From here on the peer has forgotten what it reported.
      const hears = listener(t, peer, text);
      for (let turn = 0; turn < 12 && hears.next < 4381; turn++) {
        await tcp.wait(1000 * 2 ** Math.min(turn, 4));
        await hears.take();
        await peer.send({ flags: "ACK", ack: hears.next }, `the peer has all up to ${hears.next}, and nothing else`);
      }
      await hears.take();
      t.ok(hears.next === 4381, "all 4380 bytes again, for a peer that threw away what it had reported", amount(hears.next - 1));
    },
  },
  "one-lost-of-many": {
    title: "a long text arrives though every seventh segment is lost",
    kind: "scenario",
    weight: 2,
    covers: ["6298-5.4", "2018-8", "6298-5.3"],
    look: ["createSendBuffer.pieceToResend", "createSendBuffer.acknowledge", "createRetransmission.acknowledged"],
    why:
      "The peer takes what comes in order and drops the rest. However long it takes, it gets every byte, and each as it was written (RFC 9293 §2.2).",
    hints: [
      "Does it stop for good, or is a byte wrong?",
      "If it stops: does the timer run while something is in flight? If a byte is wrong: was its memory given back, or written over, before it was acknowledged?",
      "After a timeout pieceToResend is asked again and again, with rising offsets, until it says undefined.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, { r2: 10_000_000 }, { window: 8760 });
      const text = t.random.bytes(40_000);
      await write(t, connection, text);
      await connection.shutdown();
      let [next, count, turns] = [1, 0, 0];
      while (next < 1 + text.length && turns++ < 200) {
        const segments = (await queued(peer)).filter(({ data }) => data.length > 0);
        if (segments.length === 0) await tcp.wait(125_000);
        for (const { seq: at, data } of segments) {
          if (++count % 7 === 0 || at > next) continue;
          const fresh = data.subarray(next - at);
          const wrong = fresh.findIndex((byte, i) => byte !== text[next - 1 + i]);
          t.ok(wrong < 0, `the byte at ${next + wrong} as it was written`, "another");
          next += fresh.length;
        }
        if (segments.length > 0) await peer.send({ flags: "ACK", ack: next, window: 8760 }, `the peer has all up to ${next}`);
      }
      t.ok(next === 1 + text.length, `all ${amount(text.length)}, within 200 turns`, amount(next - 1));
    },
  },
  "not-measured": {
    title: "a segment that went twice measures nothing (Karn)",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-18", "6298-3"],
    look: ["createRetransmission.acknowledged", "createRetransmission.sample"],
    why:
      "Its acknowledgment may answer either of the two. So the timeout stays doubled until a segment that went only once is acknowledged (RFC 9293 §3.8.2, RFC 6298 §3). " +
      "And it counts from when the next segment is sent: when all was acknowledged, the timer was stopped (RFC 6298 §5.2).",
    hints: [
      "How long is the timeout after a retransmission was acknowledged?",
      "As long as it was: 2000. The engine calls acknowledged, and not sample.",
      "Nothing but sample makes the timeout shorter.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t);
      const text = t.random.bytes(2000);
      const hears = listener(t, peer, text);
      await write(t, connection, text.subarray(0, 1000));
      await hears.take();
      await tcp.wait(1010);
      await expectTexts(t, hears, [[1000, 1]], "the segment again");
      await tcp.wait(t.random.int(1, 300));
      await peer.send({ flags: "ACK", ack: 1001 }, "an acknowledgment, of whichever it may be");
      await write(t, connection, text.subarray(1000));
      await hears.take();
      await tcp.wait(1990);
      await expectTexts(t, hears, [], "nothing again before 2000 ms, the timeout that was doubled");
      await tcp.wait(20);
      await expectTexts(t, hears, [[1000, 1001]], "the second segment again, after 2000 ms");
    },
  },
  "gives-up": {
    title: "a peer that never answers is given up after R2",
    kind: "scenario",
    covers: ["MUST-20", "MUST-21", "SHLD-9"],
    look: ["createRetransmission.fired"],
    why:
      "The application is told of trouble after R1 retransmissions, and of the end after R2 milliseconds, which it can set (RFC 9293 §3.8.3).",
    hints: [
      "Is the connection still there, long after R2?",
      "fired must say “give up” when so much time has passed since the wait began.",
      "And “resend and advise” before that, when `r1` retransmissions were in vain.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, { r1: 3, r2: 20_000 });
      await write(t, connection, t.random.bytes(500));
      await tcp.wait(14_000);
      await queued(peer);
      const before = await connection.look();
      const told = ({ state, notices }: typeof before): object => ({ state, notices: notices.join(", ") || "none" });
      t.fields(told(before), { state: "ESTABLISHED", notices: "none" }, "state and notices after 14 s, with three retransmissions");
      await tcp.wait(2000);
      await queued(peer);
      const advised = await connection.look();
      t.fields(told(advised), { state: "ESTABLISHED", notices: "trouble" }, "state and notices after 16 s, when three were in vain");
      await tcp.wait(120_000);
      const after = await connection.look();
      const end = { state: after.state, told: after.notices.includes("timed out") };
      t.fields(end, { state: "CLOSED", told: true }, 'the state after 136 s, and whether the application was told "timed out"');
    },
  },
  "zero-window-probes": {
    title: "a shut window is asked, first after a timeout, then seldomer",
    kind: "scenario",
    weight: 3,
    covers: ["MUST-35", "MUST-36", "MUST-37", "SHLD-29", "SHLD-30", "6429"],
    look: ["probeDelay", "createSendBuffer.pieceToSend"],
    why:
      "Nobody acknowledges an acknowledgment, so the one that opens the window may be lost unseen. Whoever has text to send must ask; and as long as the peer answers, the connection stays " +
      "(RFC 9293 §3.8.6.1, RFC 6429).",
    hints: [
      "When do your probes go, and how long are they?",
      "After the retransmission timeout (here 1 s), then after 2, 4, 8 more seconds, up to 60. One byte of text.",
      "probeDelay(count, timeout, most) with count from 0.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, {}, { window: 2920 });
      const text = t.random.bytes(6000);
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      await hears.take();
      await peer.send({ flags: "ACK", window: 0 }, "the window shuts");
      await queued(peer);
      let due = tcp.now;
      for (const pause of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
        due += pause;
        await tcp.expectSilence(due - 10 - tcp.now, `no probe before ${pause} ms`);
        const probe = await peer.expect({ flags: "ACK", seq: [2920, 2921] }, `a probe after ${pause} ms`, 20);
        t.ok(probe.data.length <= 1, "a probe of one byte at most", amount(probe.data.length));
        await peer.send({ flags: "ACK", ack: 2921, window: 0 }, "still shut");
        await queued(peer);
      }
      const { state } = await connection.look();
      t.equal(state, "ESTABLISHED", "the state after three minutes of answered probes");
      for (let turn = 0; turn < 10 && hears.next < 6001; turn++) {
        await peer.send({ flags: "ACK", ack: hears.next, window: 65_535 }, "the window opens");
        await hears.take();
        await tcp.wait(100);
      }
      t.ok(hears.next === 6001, "all 6000 bytes, once the window is open", amount(hears.next - 1));
    },
  },
  "lost-window-update": {
    title: "a window that opened unheard does not stop the text for ever",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-35", "MUST-36"],
    look: ["probeDelay"],
    why:
      "The acknowledgment with the open window is lost. The reader waits for text, the writer for a window: without probes both wait for ever (RFC 9293 §3.8.6.1; the “window probe deadlock” of RFC 2525 §2.12).",
    hints: [
      "Does anything go out while the window is shut?",
      "A probe after a timeout; its answer says how wide the window is.",
      "probeDelay must be a number of milliseconds that passes.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, {}, { window: 1460 });
      const text = t.random.bytes(4380);
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      await hears.take();
      await peer.send({ flags: "ACK", window: 0 }, "the window shuts; that it opens again gets lost");
      for (let turn = 0; turn < 8 && hears.next < 4381; turn++) {
        await tcp.wait(1100);
        const segments = await queued(peer);
        t.ok(turn > 0 || segments.length > 0, "a probe within 1.1 s of a shut window", "nothing");
        await peer.send({ flags: "ACK", ack: 1461, window: 65_535 }, "the answer to the probe");
        await hears.take();
        await peer.send({ flags: "ACK", ack: hears.next, window: 65_535 });
        await hears.take();
      }
      t.ok(hears.next === 4381, "all 4380 bytes", amount(hears.next - 1));
    },
  },
};

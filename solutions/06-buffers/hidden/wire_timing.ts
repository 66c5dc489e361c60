/** Hidden checks of lab 06 on the virtual wire: how long the host waits, for what, and for how long it hopes. */
import { expectTexts, listener, type Open, opened, queued, write } from "../../../labs/06-buffers/checks/wire.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** The stack connects to a peer who lets its first `losses` SYNs go, and answers after `delay` ms. */
async function connected(t: Trial, losses: number, delay: number): Promise<Open> {
  const tcp = await t.tcp();
  const peer = tcp.peer({ port: 80, peerPort: 80 });
  const connection = await tcp.connect(80);
  for (let i = 0; i < losses; i++) {
    await peer.expect({ flags: "SYN", seq: 0 }, "a SYN, which gets lost", 60_000);
  }
  peer.learn(await peer.expect({ flags: "SYN", seq: 0 }, "a SYN", 60_000));
  await tcp.wait(delay);
  await peer.send({ flags: "SYN ACK", seq: 0, ack: 1, mss: 1460 });
  await peer.expect({ flags: "ACK", seq: 1, ack: 1 }, "a SYN+ACK is acknowledged");
  return { tcp, peer, connection };
}

/** What is written now goes again after `timeout` ms, and not before. */
async function expectTimeout(t: Trial, { tcp, peer, connection }: Open, timeout: number, why: string): Promise<void> {
  const text = t.random.bytes(700);
  const hears = listener(t, peer, text);
  await write(t, connection, text);
  await expectTexts(t, hears, [[700, 1]], "text, which gets lost");
  await tcp.wait(timeout - 10);
  await expectTexts(t, hears, [], `nothing again before ${timeout} ms: ${why}`);
  await tcp.wait(20);
  await expectTexts(t, hears, [[700, 1]], `the text again after ${timeout} ms: ${why}`);
}

export const wireTiming: Readonly<Record<string, CheckSpec>> = {
  "handshake-measures": {
    title: "the handshake is the first round trip that is measured",
    kind: "scenario",
    covers: ["6298-2.2", "MUST-18", "6298-3"],
    look: ["createRetransmission.sample"],
    why:
      "SYN and SYN+ACK are a round trip like any other, and the first: a peer far away is known to be far away before there is any text (RFC 6298 §2.2).",
    hints: [
      "The handshake took 500 ms. How long is the timeout?",
      "500 + 4 · 250 = 1500 ms.",
      "See timeout/first-sample.",
    ],
    run: async (t) => {
      const delay = t.random.int(400, 900);
      await expectTimeout(t, await connected(t, 0, delay), 3 * delay, `the handshake took ${delay} ms`);
    },
  },
  "syn-lost": {
    title: "after a lost SYN text is given three seconds",
    kind: "scenario",
    covers: ["6298-5.7", "6298-5.5"],
    look: ["createRetransmission.opened"],
    why:
      "The SYN went twice, so nothing was measured. One second may have been too short for this path, and three are safe (RFC 6298 §5.7).",
    hints: [
      "What did opened() make of the timeout that was doubled?",
      "3000, since the timer fired before anything was measured.",
      "See backoff/lost-syn.",
    ],
    run: async (t) => {
      await expectTimeout(t, await connected(t, 1, t.random.int(1, 300)), 3000, "the SYN went twice");
    },
  },
  "syn-in-vain": {
    title: "a SYN that nobody answers goes again for three minutes",
    kind: "scenario",
    covers: ["MUST-22", "MUST-23", "6298-2.1", "6298-5.5"],
    look: ["createRetransmission.fired"],
    why:
      "A SYN is repeated like any segment, with back-off, and there is an end to it; but not before three minutes, for a server may be starting (RFC 9293 §3.8.3).",
    hints: [
      "When do your SYNs go?",
      "At 0, 1, 3, 7, 15, 31, 63 … seconds.",
      "See backoff/doubles.",
    ],
    run: async (t: Trial) => {
      const tcp = await t.tcp();
      const peer = tcp.peer({ port: 80, peerPort: 80 });
      const connection = await tcp.connect(80);
      await peer.expect({ flags: "SYN", seq: 0 }, "a SYN");
      for (const pause of [1000, 2000, 4000, 8000, 16_000, 32_000]) {
        await peer.expect({ flags: "SYN", seq: 0 }, `the SYN again within ${pause} ms`, pause + 10);
      }
      await tcp.wait(178_000 - tcp.now);
      await queued(peer);
      t.equal((await connection.look()).state, "SYN-SENT", "the state after almost three minutes");
      await tcp.wait(300_000);
      const { state, notices } = await connection.look();
      t.equal(
        [state, notices.includes("timed out")],
        ["CLOSED", true],
        'the state after eight minutes, and whether the application was told "timed out"',
      );
    },
  },
  "patient": {
    title: "by default a silent peer is given 100 seconds",
    kind: "scenario",
    covers: ["SHLD-10", "SHLD-11", "MUST-20"],
    look: ["createRetransmission.fired"],
    why:
      "Cables are pulled and plugged in again. Nobody is given up before three retransmissions, and 100 seconds (RFC 9293 §3.8.3, SHLD-10, SHLD-11).",
    hints: [
      "Is the connection gone too early, or never?",
      "r2 is in milliseconds since the wait began; the comparison is in fired.",
      "See backoff/gives-up.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t);
      const text = t.random.bytes(900);
      await write(t, connection, text);
      await tcp.wait(99_000);
      const times = (await listener(t, peer, text).take()).length;
      t.ok(times >= 4, "the segment and three retransmissions at least within 99 s", amount(times, "segment"));
      const { state, notices } = await connection.look();
      t.equal(state, "ESTABLISHED", "the state after 99 s");
      t.ok(notices.includes("trouble"), 'the application to be told "trouble" within 99 s', notices.join(", ") || "nothing");
      await tcp.wait(400_000);
      t.equal((await connection.look()).state, "CLOSED", "the state after 500 s");
    },
  },
  "small-window-used": {
    title: "a small window is used in the end, or all would stand still",
    kind: "scenario",
    covers: ["MUST-38", "MUST-60"],
    look: ["createSendBuffer.pieceToSend"],
    why:
      "The peer's window stays at 300 bytes. You wait for more, and it waits for text: so after a while what fits goes (RFC 9293 §3.8.6.2.1, step 4, the override timeout).",
    hints: [
      "What do you answer when the engine asks with `maxWindow` 0?",
      "The piece that fits: everything is at least half of nothing.",
      "See piece/override.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, {}, { window: 2920 });
      const text = t.random.bytes(4000);
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      await hears.take();
      const window = t.random.int(200, 500);
      for (let turn = 0; turn < 8 && hears.next < 4001; turn++) {
        await peer.send({ flags: "ACK", ack: hears.next, window }, `a window of ${window}`);
        const before = hears.next;
        await tcp.wait(1100);
        await hears.take();
        t.ok(hears.next > before, `text within 1.1 s, into a window of ${window}`, "none");
      }
    },
  },
  "idle": {
    title: "an idle connection is silent for a day, unless it is asked",
    kind: "scenario",
    covers: ["MUST-24", "MUST-25", "MUST-26", "MUST-27", "MUST-28", "MUST-29", "SHLD-12", "6298-5.2"],
    look: ["createRetransmission.acknowledged", "createAcknowledger.sent"],
    why:
      "When nothing is in flight no timer runs, and two hosts may be silent for a day. An application may ask for keep-alive probes, without text, after two hours or whatever it says; one that is not answered proves nothing " +
      "(RFC 9293 §3.8.4).",
    hints: [
      "Which of your timers still runs?",
      "After the last acknowledgment: deadline() of the timer is Infinity; after ours was sent: that of the acknowledger.",
      "acknowledged(now, false) stops; sent() of the acknowledger clears.",
    ],
    run: async (t: Trial) => {
      const hour = 3_600_000;
      for (const keepAlive of [0, 2 * hour]) {
        const { tcp, peer, connection } = await opened(t, { keepAlive });
        await write(t, connection, t.random.bytes(100));
        await peer.expect({ flags: "ACK", dataLength: 100 }, "text");
        await peer.send({ flags: "ACK PSH", data: t.random.bytes(100) });
        await peer.expect({ flags: "ACK", ack: 101 }, "text is acknowledged", 499);
        const heard = tcp.now;
        if (keepAlive === 0) {
          await tcp.expectSilence(24 * hour, "nothing is in flight, and nobody asked for keep-alive");
          continue;
        }
        await tcp.wait(heard + keepAlive - 2000 - tcp.now);
        await tcp.expectSilence(0, "no probe before the interval is over");
        const probe = await peer.expect({ flags: "ACK", ack: 101 }, "a keep-alive probe after two idle hours", 4000);
        t.ok(probe.data.length <= 1, "a probe without text, or with one old byte", amount(probe.data.length));
        await tcp.wait(60_000);
        await queued(peer);
        t.equal((await connection.look()).state, "ESTABLISHED", "the state after a probe that was not answered");
        await peer.send({ flags: "ACK" }, "the answer, late");
        await tcp.expectSilence(keepAlive - 2000, "the peer has answered: idle again");
      }
    },
  },
};

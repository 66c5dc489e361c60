/** Public checks of lab 06 on the virtual wire: text goes, as the peer's window and good manners allow. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectTexts, listener, opened, textsOf, write } from "./wire.ts";

export const wireSending: Readonly<Record<string, CheckSpec>> = {
  "segments": {
    title: "a long text goes in full segments, the last one pushed",
    kind: "scenario",
    weight: 2,
    covers: ["SHLD-28", "MUST-61", "MUST-16"],
    look: ["createSendBuffer.pieceToSend", "createSendBuffer.copyInto"],
    why:
      "The peer said in its SYN how large a segment may be. Text that is longer goes in full ones; the one with the last byte says PSH (RFC 9293 §3.7.1, §3.9.1.2).",
    hints: [
      "How long are your segments, and where do they begin?",
      "`limits.mss` is the text of one full segment. The piece begins at `next`, and `sent` moves that.",
      "push is for the piece that ends at `end`.",
    ],
    run: async (t: Trial) => {
      const mss = t.random.int(500, 1460);
      const { peer, connection } = await opened(t, {}, { mss });
      const text = t.random.bytes(3 * mss);
      await write(t, connection, text);
      for (let i = 0; i < 3; i++) {
        const flags = i < 2 ? ["ACK"] : ["PSH ACK"];
        const segment = await peer.expect(
          { flags: "ACK", seq: 1 + i * mss, data: text.subarray(i * mss, (i + 1) * mss) },
          `a full segment of ${mss}`,
        );
        const isPushed = segment.flags.includes("PSH");
        t.ok(isPushed === (i === 2), i < 2 ? "no PSH: more text follows" : "PSH: this is the last byte", `${segment.flags} (not ${flags})`);
      }
      await peer.send({ flags: "ACK" });
      await peer.expectSilence(2000, "all of it is acknowledged");
    },
  },
  "timestamps": {
    title: "with timestamps a full segment has 12 bytes less",
    kind: "scenario",
    covers: ["MUST-16", "7323-A"],
    look: ["createSendBuffer.pieceToSend"],
    why:
      "Options take room in the packet, and the peer's MSS does not count them: 1460 bytes of text and 12 of options would be a fragment (RFC 9293 §3.7.1, RFC 6691).",
    hints: [
      "Which number tells you how long a full segment is?",
      "`limits.mss`, as it is now. No number of your own.",
      "1460 written down somewhere in your code would be such a number.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await opened(t, {}, { timestamps: [1, 0] });
      const text = t.random.bytes(2896);
      await write(t, connection, text);
      await expectTexts(t, listener(t, peer, text), [[1448, 1], [1448, 1449]], "two full segments of 1448");
    },
  },
  "nagle": {
    title: "what is written byte by byte goes in few segments",
    kind: "scenario",
    weight: 2,
    covers: ["SHLD-7"],
    look: ["createSendBuffer.pieceToSend"],
    why:
      "The first byte goes at once. While it is on its way the others gather, and go together when it is acknowledged (RFC 9293 §3.7.4).",
    hints: [
      "How many segments are there after five writes of one byte, before anything is acknowledged?",
      "One. What is short waits while `start` is less than `next`.",
      "After the acknowledgment nothing is in flight, and all that has gathered goes as one piece.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await opened(t);
      const text = t.random.bytes(40);
      const hears = listener(t, peer, text);
      for (const byte of text) await write(t, connection, Uint8Array.of(byte));
      await expectTexts(t, hears, [[1, 1]], "40 writes of one byte, of which the first is in flight");
      await peer.send({ flags: "ACK" });
      await expectTexts(t, hears, [[39, 2]], "the first byte is acknowledged");
    },
  },
  "no-delay": {
    title: "with noDelay each small write goes at once",
    kind: "scenario",
    covers: ["MUST-17"],
    look: ["createSendBuffer.pieceToSend"],
    why: "A game that tells where a player is has no use for a position that waited for a round trip (RFC 9293 §3.7.4, MUST-17).",
    hints: [
      "What does the engine tell you in `limits.noDelay`?",
      "That Nagle's question is not to be asked.",
      "`if (length < mss && in flight && !noDelay && !closing) return undefined`: one condition of four.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await opened(t, { noDelay: true });
      const text = t.random.bytes(60);
      const hears = listener(t, peer, text);
      for (let at = 0; at < 60; at += 20) {
        await write(t, connection, text.subarray(at, at + 20));
        await expectTexts(t, hears, [[20, 1 + at]], "a small write, with noDelay");
      }
    },
  },
  "close-sends-the-rest": {
    title: "after shutdown the rest waits for nothing, nor does the FIN",
    kind: "scenario",
    covers: ["SHLD-7", "MUST-60"],
    look: ["createSendBuffer.pieceToSend"],
    why:
      "The rest of a text waits by Nagle's rule, because more may come. When the application has closed nothing will: “FIN sent late” is a fault that RFC 2525 §2.15 lists.",
    hints: [
      "What keeps the last 500 bytes back?",
      "Nagle. `limits.closing` says that it must not.",
      "`!limits.noDelay && !limits.closing` belong together.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await opened(t);
      const text = t.random.bytes(1460 + t.random.int(1, 1459));
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      await expectTexts(t, hears, [[1460, 1]], "a full segment, and less than one, which waits");
      await connection.shutdown();
      const rest = text.subarray(1460);
      await peer.expect({ flags: "FIN ACK", seq: 1461, data: rest }, "shutdown: the rest goes at once, with a FIN");
    },
  },
  "window": {
    title: "no more is in flight than the peer's window allows",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-38"],
    look: ["createSendBuffer.pieceToSend"],
    why: "What lies beyond the window the peer throws away. Each acknowledgment moves its edge, by number and by window (RFC 9293 §3.8.6).",
    hints: [
      "What is the number behind your last byte, and what are ack and window of the peer's last segment?",
      "`limits.edge` is an offset: a piece ends there at the latest.",
      "length = min(end − next, edge − next, mss).",
    ],
    run: async (t: Trial) => {
      const window = t.random.int(2920, 4300);
      const { peer, connection } = await opened(t, {}, { window });
      const text = t.random.bytes(20_000);
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      let [edge, rounds] = [1 + window, 0];
      while (hears.next < 1 + text.length && rounds++ < 40) {
        const segments = await hears.take();
        const behind = Math.max(...segments.map(({ seq, data }) => seq + data.length));
        t.ok(segments.length > 0, `text, when ${edge - hears.next} bytes of window are free`, "none");
        t.ok(behind <= edge, `no byte at ${edge} or beyond: the peer's last ack and window add up to it`, textsOf(segments));
        const next = t.random.int(2920, 4300);
        edge = Math.max(edge, hears.next + next); // the peer never shrinks it
        await peer.send({ flags: "ACK", ack: hears.next, window: edge - hears.next });
      }
      t.ok(hears.next === 1 + text.length, `all ${amount(text.length)}`, amount(hears.next - 1));
    },
  },
  "large-window": {
    title: "a window of 32,768 and more has no sign",
    kind: "scenario",
    covers: ["MUST-1"],
    look: ["createSendBuffer.pieceToSend"],
    why: "The window field has 16 bits and no sign. Stacks that thought otherwise stopped, or saw a closed window (RFC 9293 §3.1, MUST-1).",
    hints: [
      "How many segments went out?",
      "44 full ones fit into 65,535 bytes.",
      "No bit operators on lengths and offsets.",
    ],
    run: async (t: Trial) => {
      const window = t.random.int(0x8000, 0xffff);
      const { peer, connection } = await opened(t, {}, { window });
      const text = t.random.bytes(70_000);
      await write(t, connection, text);
      const segments = await listener(t, peer, text).take();
      const full = Math.floor(window / 1460);
      t.ok(segments.length === full, `${full} full segments, which fit into a window of ${window}`, textsOf(segments));
    },
  },
  "scaled-window": {
    title: "a scaled window is used beyond 65,535 bytes",
    kind: "scenario",
    covers: ["7323-2.3", "MUST-1"],
    look: ["createSendBuffer.pieceToSend", "createSendBuffer.write"],
    why:
      "Over a long fast path more than 64 KiB must be in flight. The window field is then shifted by what the SYN agreed (RFC 7323 §2.3).",
    hints: [
      "How much was in flight when you stopped?",
      "`limits.edge` may lie far beyond 65,535; the engine has shifted it already.",
      "If the send buffer takes less than it has room for, look at write.",
    ],
    run: async (t: Trial) => {
      const windowScale = t.random.int(2, 5);
      const { peer, connection } = await opened(t, {}, { windowScale });
      const field = Math.ceil(130_000 / 2 ** windowScale);
      await peer.send({ flags: "ACK", window: field }, `a window of ${field} · 2^${windowScale}`);
      const full = 82; // and nothing behind them, for which Nagle would be asked
      const text = t.random.bytes(full * 1460);
      await write(t, connection, text);
      const segments = await listener(t, peer, text).take();
      t.ok(segments.length === full, `${full} full segments, which fit into a window of ${field * 2 ** windowScale}`, textsOf(segments));
    },
  },
  "silly-window": {
    title: "a window that opens by crumbs is not answered by crumbs",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-38"],
    look: ["createSendBuffer.pieceToSend"],
    why:
      "Some peers do open their windows by crumbs. If you fill each, they stay in that rut; wait until a segment fits (RFC 9293 §3.8.6.2.1, MUST-38). A tenth of a second at least, says the RFC.",
    hints: [
      "10,000 bytes wait, and 200 are allowed. Does your piece go?",
      "Less than a segment goes if it is all there is, or half of the largest window. 200 is neither.",
      "For a length below `mss`, behind Nagle's question: `if (!push && length * 2 < maxWindow) return undefined`.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, {}, { window: 5840 });
      const text = t.random.bytes(10_000);
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      await hears.take();
      let window = 0;
      await peer.send({ flags: "ACK", ack: hears.next, window });
      const before = hears.next;
      for (const more of [1, 50, t.random.int(100, 400), 500]) {
        window += more;
        await peer.send({ flags: "ACK", ack: before, window }, `a window of ${window}`);
        await tcp.wait(10);
        await expectTexts(t, hears, [], `a window of ${window}, while more than that waits`);
      }
      await peer.send({ flags: "ACK", ack: before, window: 1460 }, "a window of 1460");
      await expectTexts(t, hears, [[1460, before]], "a window of 1460: room for a full segment");
    },
  },
  "shrunken-window": {
    title: "a window that shrinks ends nothing, and sends nothing new",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-34", "SHLD-15", "SHLD-16", "SHLD-17"],
    look: ["createSendBuffer.pieceToSend", "createSendBuffer.pieceToResend"],
    why:
      "The peer takes back what it had granted. Nothing new goes past the edge; what went already is sent again within it; and the connection lives " +
      "(RFC 9293 §3.8.6).",
    hints: [
      "`edge` lies before `next` now. What is the length of your piece?",
      "Less than 0: none. What is resent comes from pieceToResend, which asks for no window.",
      "`if (length <= 0) return undefined`, before anything else is asked about the length.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, {}, { window: 7300 });
      const text = t.random.bytes(12_000);
      const hears = listener(t, peer, text);
      await write(t, connection, text);
      await expectTexts(t, hears, [0, 1, 2, 3, 4].map((i) => [1460, 1 + 1460 * i] as const), "a window of 7300");
      await peer.send({ flags: "ACK", ack: 1461, window: 2000 }, "the window shrinks: its edge moves back from 7301 to 3461");
      await tcp.wait(900);
      await expectTexts(t, hears, [], "a window whose edge lies before what was sent");
      await tcp.wait(400);
      const again = await hears.take();
      t.ok(again[0]?.seq === 1461, "text at 1461 again, after a timeout", textsOf(again));
      for (let turn = 0; turn < 60 && hears.next < 12_001; turn++) {
        await peer.send({ flags: "ACK", ack: hears.next, window: 7300 });
        await tcp.wait(1000);
        await hears.take();
      }
      t.ok(hears.next === 12_001, "all 12000 bytes, when the window is wide again", amount(hears.next - 1));
    },
  },
  "full-buffer": {
    title: "a writer who never stops is held by the send buffer",
    kind: "scenario",
    covers: ["2018-8"],
    look: ["createSendBuffer.write", "createSendBuffer.room", "createSendBuffer.acknowledge"],
    why:
      "The buffer has a size, and when it is full the application is told so: write takes nothing. When room comes back it is told again, and goes on.",
    hints: [
      "How much did write take in all, before the first acknowledgment?",
      "The buffer's capacity. After acknowledgments `room` grows, and with the first byte of it the engine wakes the application.",
      "room = capacity − (end − start).",
    ],
    run: async (t: Trial) => {
      const sendBuffer = t.random.int(4000, 9000);
      const { peer, connection } = await opened(t, { sendBuffer }, { window: 3000 });
      const text = t.random.bytes(30_000);
      const hears = listener(t, peer, text);
      let written = 0;
      for (let i = 0; i < 12; i++) written += await connection.write(text.subarray(written, written + 1000));
      t.ok(
        written === sendBuffer,
        `the buffer of ${sendBuffer} to take ${amount(sendBuffer)} before anything is acknowledged`,
        amount(written),
      );
      for (let turn = 0; turn < 200 && hears.next < text.length; turn++) {
        await hears.take();
        await peer.send({ flags: "ACK", ack: hears.next, window: 3000 });
        const { notices, room } = await connection.look();
        t.ok(
          turn > 0 || notices.includes("writable"),
          'the application to be told "writable", once bytes are acknowledged',
          notices.join(", ") || "nothing",
        );
        t.ok(room === sendBuffer - (written - (hears.next - 1)), `room for ${sendBuffer - (written - hears.next + 1)}`, `${room}`);
        written += await connection.write(text.subarray(written));
      }
      t.ok(hears.next > 25_000, "the text to go on as room comes back", `only ${amount(hears.next - 1)} of ${text.length}`);
    },
  },
};

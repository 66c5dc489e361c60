/** Hidden checks of lab 06 on the virtual wire: text, windows and reports. */
import { expectHeard, listener, opened, queued, write } from "../../../labs/06-buffers/checks/wire.ts";
import { ethernet, icmp, ipv4 } from "../../../tools/harness/packets.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

export const wire: Readonly<Record<string, CheckSpec>> = {
  "first-bytes-stay": {
    title: "text that came is not changed by text that comes",
    kind: "scenario",
    covers: ["SM-11", "SHLD-31"],
    look: ["createReceiveBuffer.insert"],
    why:
      "A segment that overlaps, with other bytes in it, is an attempt to smuggle a second text past whoever has read the first. The application gets the first.",
    hints: [
      "Which bytes does the application read where two segments differ?",
      "Those that came first, whether they could be read already or lay beyond a gap.",
      "See receive/first-bytes-stay.",
    ],
    run: async (t) => {
      const { peer, connection } = await opened(t);
      const first = t.random.bytes(900);
      const other = first.map((byte) => byte ^ 0x55);
      await peer.send({ flags: "ACK PSH", seq: 1, data: first.subarray(0, 300) });
      await peer.send({ flags: "ACK PSH", seq: 601, data: first.subarray(600) });
      await peer.send({ flags: "ACK PSH", seq: 1, data: other }, "900 other bytes for the same numbers");
      await queued(peer);
      const expected = first.slice();
      expected.set(other.subarray(300, 600), 300);
      await expectHeard(t, connection, expected);
    },
  },
  "no-sack-unasked": {
    title: "a peer that did not permit SACK is told no blocks",
    kind: "scenario",
    covers: ["2018-4a", "5681-3.2a"],
    look: ["createReceiveBuffer.beyond", "createAcknowledger.received"],
    why: "The option may be sent only where the peer's SYN permitted it (RFC 2018 §2). The acknowledgment at once is owed all the same.",
    hints: [
      "Is there an acknowledgment for each segment beyond the gap?",
      "There must be one for each, at once, with the number of what is missing.",
      "See ack/now.",
    ],
    run: async (t) => {
      const { peer } = await opened(t);
      for (let i = 1; i <= 4; i++) {
        await peer.send({ flags: "ACK", seq: 1 + 1000 * i, data: t.random.bytes(500) });
        await peer.expect({ flags: "ACK", ack: 1, sack: [] }, "an acknowledgment at once, without blocks");
      }
    },
  },
  "scaled-announcement": {
    title: "a large receive buffer is announced in scaled units",
    kind: "scenario",
    covers: ["7323-2.3", "7323-2.4", "SHLD-14"],
    look: ["createReceiveBuffer.edge", "createReceiveBuffer.announce"],
    why:
      "The field has 16 bits, the window more: it is shifted, and rounded down. What it says is never more than there is, and never less by more than the rounding (RFC 7323 §2.3).",
    hints: [
      "Shift the window of your acknowledgments, and add the number: what should come out?",
      "The capacity, less what is unread; the edge stays where it is.",
      "See window/edge.",
    ],
    run: async (t: Trial) => {
      const receiveBuffer = t.random.int(200_000, 1_000_000);
      t.step(`a receive buffer of ${receiveBuffer}`);
      const tcp = await t.tcp({ tcp: { receiveBuffer } });
      await tcp.listen(80);
      const peer = tcp.peer();
      await peer.send({ flags: "SYN", mss: 1460, windowScale: 7 });
      const opening = await peer.expect({ flags: "SYN ACK", windowScale: "any" }, "a window scale, offered by both");
      const unit = 2 ** (opening.windowScale ?? 0);
      await peer.send({ flags: "ACK", seq: 1, ack: 1 });
      let lowest = 0;
      for (let at = 1; at < 60_000; at += 2920) {
        for (const seq of [at, at + 1460]) await peer.send({ flags: "ACK", seq, data: t.random.bytes(1460) });
        const ack = (await queued(peer)).at(-1);
        const edge = (ack?.ack ?? 0) + (ack?.window ?? 0) * unit;
        const what = `ack + window · ${unit} between ${receiveBuffer + 1 - unit} and ${receiveBuffer + 1}, after ${
          at + 2919
        } bytes that nobody reads`;
        // What an older segment promised holds on, so the edge that counts is the furthest that was ever announced.
        lowest = Math.max(lowest, edge);
        t.ok(lowest <= receiveBuffer + 1 && lowest > receiveBuffer + 1 - unit, what, `${edge}`);
      }
    },
  },
  "echo-earliest": {
    title: "a delayed acknowledgment echoes the first timestamp",
    kind: "scenario",
    covers: ["7323-4.3"],
    look: ["createAcknowledger.received"],
    why:
      "The sender measures from the echo. With the later one it would not see how long its first segment waited for its acknowledgment (RFC 7323 §4.3).",
    hints: [
      "How many acknowledgments are there for the two segments?",
      "One, which echoes the first timestamp. The engine sees to that as long as nothing goes out between them.",
      "See ack/waits.",
    ],
    run: async (t) => {
      const { peer } = await opened(t, { delayedAck: 100 }, { timestamps: [1000, 0] });
      const first = t.random.int(1001, 5000);
      await peer.send({ flags: "ACK PSH", data: t.random.bytes(100), timestamps: [first, 1] });
      await peer.send({ flags: "ACK PSH", data: t.random.bytes(100), timestamps: [first + 7, 1] });
      await peer.expect({ flags: "ACK", ack: 201, tsEcr: first }, "one acknowledgment of both, with the first timestamp", 499);
      await peer.send({ flags: "ACK PSH", seq: 301, data: t.random.bytes(100), timestamps: [first + 20, 1] }, "beyond a gap");
      await peer.expect({ flags: "ACK", ack: 201, tsEcr: first }, "the timestamp of the last segment that moved the acknowledgment on");
    },
  },
  "narrower-path": {
    title: "when a router wants smaller packets, the old text obeys, too",
    kind: "scenario",
    weight: 2,
    covers: ["1191"],
    look: ["createSendBuffer.pieceToResend", "createSendBuffer.pieceToSend"],
    why:
      "A packet with “don't fragment” that is too long for a link is dropped, and the router says how long it may be. What was in flight goes again, in smaller segments (RFC 1191 §6.4).",
    hints: [
      "How long are your segments after the router's complaint?",
      "At most the new size: `mss` is an argument, each time.",
      "See resend/narrower.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t);
      const text = t.random.bytes(4380);
      await write(t, connection, text);
      const frames = tcp.take();
      const [first] = frames;
      t.ok(first !== undefined, "the text on its way before the router refuses it", "no packet");
      const packet = first.subarray(14, 14 + 28);
      const mtu = t.random.int(576, 1000);
      const complaint = ipv4({ source: "10.44.0.1" }, icmp({ type: 3, code: 4, rest: mtu }, packet));
      const hears = listener(t, peer, text);
      await tcp.send(ethernet({}, complaint), `a router: fragmentation needed, at most ${mtu} bytes`);
      for (let turn = 0; turn < 40 && hears.next < 4381; turn++) {
        for (const { data } of await hears.take()) {
          t.ok(data.length <= mtu - 40, `segments of ${mtu - 40} bytes of text at most`, `${data.length}`);
        }
        await peer.send({ flags: "ACK", ack: hears.next });
        if (turn % 5 === 4) await tcp.wait(1000);
      }
      t.ok(hears.next === 4381, "all 4380 bytes, in smaller segments", `${hears.next - 1} bytes`);
    },
  },
  "both-ways": {
    title: "text goes both ways at once, and neither disturbs the other",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-58", "5681-4.2", "SHLD-31"],
    look: ["createReceiveBuffer.insert", "createSendBuffer.pieceToSend", "createAcknowledger.sent"],
    why: "A connection is two streams. Segments of one carry the acknowledgments of the other (RFC 9293 §2.2).",
    hints: [
      "Which of the two streams stops, or is wrong?",
      "Two buffers of the same connection share nothing. Is anything of yours at the top of a file that should be in the object?",
      "Let the groups random and receive pass first.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, {}, { window: 6000 });
      const [ours, theirs] = [t.random.bytes(20_000), t.random.bytes(20_000)];
      const hears = listener(t, peer, ours);
      let [written, said, heard] = [0, 0, 0];
      for (let turn = 0; turn < 300 && (hears.next <= 20_000 || heard < 20_000); turn++) {
        written += await connection.write(ours.subarray(written, written + t.random.int(0, 2000)));
        const length = Math.min(t.random.int(0, 1460), theirs.length - said);
        await hears.take();
        const ack = { flags: "ACK", ack: hears.next, window: 6000 } as const;
        await peer.send(length > 0 ? { ...ack, seq: 1 + said, data: theirs.subarray(said, said += length) } : ack);
        if (turn % 4 === 3) await tcp.wait(50);
        const read = await connection.read(t.random.int(0, 3000));
        const wrong = read.findIndex((byte, i) => byte !== theirs[heard + i]);
        t.ok(wrong < 0, `the application to read the peer's byte at offset ${heard + wrong}`, "another");
        heard += read.length;
      }
      t.equal([hears.next - 1, heard], [20_000, 20_000], "bytes that the peer heard, and the application");
    },
  },
  "urgent": {
    title: "urgent text is text, read in its place",
    kind: "scenario",
    covers: ["MUST-30", "MUST-31", "MUST-32", "MUST-33", "MUST-62", "SHLD-13"],
    look: ["createReceiveBuffer.insert"],
    why:
      "The urgent pointer tells how far the stream is urgent, and the application is told at once. The bytes themselves stay in their place, of whatever number they are; new applications do without (RFC 9293 §3.8.5).",
    hints: [
      "What does your buffer know of urgent bytes?",
      "Nothing: they are text like any other.",
      "See receive/in-order.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await opened(t);
      const text = t.random.bytes(1200);
      await connection.look();
      await peer.send(
        { flags: "ACK URG", urgentPointer: 1200, data: text.subarray(0, 400) },
        "1200 bytes are urgent, and 400 of them here",
      );
      const { notices, rcvUp, rcvNxt } = await connection.look();
      t.ok(notices.includes("urgent"), 'the application to be told "urgent"', notices.join(", ") || "nothing");
      t.equal((rcvUp as number) - rcvNxt | 0, 800, "how much of the urgent data is yet to come: from RCV.NXT to RCV.UP");
      await peer.send({ flags: "ACK URG", seq: 401, urgentPointer: 800, data: text.subarray(400) });
      await queued(peer);
      await expectHeard(t, connection, text);
    },
  },
  "every-other-byte": {
    title: "a peer that sends every other byte gets through all the same",
    kind: "scenario",
    weight: 2,
    covers: ["SHLD-31", "SM-11", "2018-4c"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.beyond"],
    why:
      "Each of its bytes is a block of its own, until the list is full. Then the honest text comes, and must be read whole: a list that is full is no reason to be deaf.",
    hints: [
      "Does the connection stand still once 64 blocks are there?",
      "Text that begins at the gap makes no block, and is always taken.",
      "See receive/full-list: the same with few calls.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await opened(t, {}, { sackPermitted: true });
      const text = t.random.bytes(1000);
      for (let at = 1; at < 200; at += 2) await peer.send({ flags: "ACK", seq: 1 + at, data: text.subarray(at, at + 1) });
      await queued(peer);
      await peer.send({ flags: "ACK PSH", seq: 1, data: text }, "all of it, in one segment");
      await peer.expect({ flags: "ACK", ack: 1001 }, "text that begins at the gap is taken, however many blocks there are", 499);
      await expectHeard(t, connection, text);
    },
  },
};

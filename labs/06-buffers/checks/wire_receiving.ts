/** Public checks of lab 06 on the virtual wire: text comes, acknowledgments go. */
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { expectHeard, opened, queued, type TcpPeer, type TcpStation } from "./wire.ts";

const ANSWER = {
  why:
    "What the application writes goes at once when nothing of ours is in flight, however short it is; and the acknowledgment is in its header (RFC 9293 §3.8.6.3). If nothing " +
    "goes at all, `pieceToSend` gave no piece.",
  look: ["createSendBuffer.pieceToSend"],
};

/** An acknowledgment that had to come at once did not: what comes later tells whether it was only late, or text was thrown away. */
async function notAtOnce(t: Trial, tcp: TcpStation, peer: TcpPeer, ack: number): Promise<void> {
  await tcp.wait(500);
  const late = (await queued(peer)).at(-1)?.ack;
  const symbol = late === ack ? "createAcknowledger.received" : "createReceiveBuffer.insert";
  const came = late === undefined ? "none within half a second" : `none at once; later one with ack ${late}`;
  await t.about({ look: [symbol] }, () => t.ok(false, `an acknowledgment of text that fills a gap, at once, with ack ${ack}`, came));
}

export const wireReceiving: Readonly<Record<string, CheckSpec>> = {
  "text": {
    title: "text that comes is acknowledged, and read as it was sent",
    kind: "scenario",
    covers: ["MUST-40", "SHLD-18", "5681-4.2"],
    look: ["createReceiveBuffer.insert", "createAcknowledger.received", "createReceiveBuffer.announce"],
    why: "The plain case: three segments, in order. Each is acknowledged half a second later at the latest (RFC 9293 §3.8.6.3).",
    hints: [
      "Do the groups receive and ack pass?",
      "No acknowledgment: deadline() of the acknowledger is not what the engine waits for.",
      "A wrong number in it: insert returned something else than how far next() moved.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await opened(t);
      const text = t.random.bytes(2400);
      let at = 0;
      for (const length of t.random.shuffle([1, 900, 1000])) {
        await peer.send({ flags: "ACK PSH", data: text.subarray(at, at += length) });
        await peer.expect({ flags: "ACK", seq: 1, ack: 1 + at }, "text is acknowledged within half a second", 499);
      }
      await expectHeard(t, connection, text.subarray(0, at));
    },
  },
  "out-of-order": {
    title: "text that overtakes other text is kept until that comes",
    kind: "scenario",
    weight: 2,
    covers: ["SHLD-31", "5681-3.2a"],
    look: ["createReceiveBuffer.insert", "createAcknowledger.received"],
    why:
      "Whatever lies beyond the gap is acknowledged at once, with the number of what is missing: that is how the sender learns of it. The segment that fills the gap is " +
      "acknowledged at once, too, with all that was kept (RFC 5681 §4.2).",
    hints: [
      "What is the number in your acknowledgments, and how soon do they come?",
      "Beyond a gap insert returns 0, so the engine says “now”. For the last one it returns everything at once.",
      "If the last acknowledgment is too low, what was kept was not joined to what closed the gap.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t);
      const text = t.random.bytes(3500);
      const edges = [0, 500, 1500, 2500, 3500];
      for (const index of t.random.shuffle([1, 2, 3])) {
        await peer.send({ flags: "ACK", seq: 1 + (edges[index] as number), data: text.subarray(edges[index], edges[index + 1]) });
        await peer.expect(
          { flags: "ACK", ack: 1 },
          "text beyond a gap is acknowledged at once, with the number of the first byte that is missing",
        );
      }
      await peer.send({ flags: "ACK", seq: 1, data: text.subarray(0, 500) }, "the text that was missing");
      const filled = await queued(peer);
      if (filled.length === 0) await notAtOnce(t, tcp, peer, 3501);
      t.equal(filled[0]?.ack, 3501, "the acknowledgment of text that fills a gap, with all that was kept");
      await expectHeard(t, connection, text);
    },
  },
  "sack": {
    title: "acknowledgments tell what lies beyond the gap (SACK)",
    kind: "scenario",
    covers: ["2018-4a", "2018-4b", "2018-4c"],
    look: ["createReceiveBuffer.beyond"],
    why:
      "A sender that knows what has arrived sends again only what has not. The first block is the one that the last segment fell into (RFC 2018 §4).",
    hints: [
      "Does the group sack pass? The engine turns your offsets into numbers, and changes nothing else.",
      "Offset 1000 of the stream has the number 1001.",
      "beyond(4), and beyond(3) where timestamps take room, give the pairs in the right order.",
    ],
    run: async (t: Trial) => {
      const { peer } = await opened(t, {}, { sackPermitted: true });
      const told: [number, number][] = [];
      for (const from of t.random.shuffle([1001, 2001, 3001, 4001, 5001])) {
        const to = from + t.random.int(1, 900);
        await peer.send({ flags: "ACK", seq: from, data: t.random.bytes(to - from) });
        told.unshift([from, to]);
        await peer.expect({ flags: "ACK", ack: 1, sack: told.slice(0, 4) }, `the latest blocks, the one of the last segment first`);
      }
      await peer.send({ flags: "ACK", seq: 1, data: t.random.bytes(1000) }, "the text that was missing first");
      const end = told.find(([from]) => from === 1001)?.[1] as number;
      const others = told.filter(([from]) => from !== 1001);
      await peer.expect({ flags: "ACK", ack: end, sack: others.slice(0, 4) }, "what is acknowledged is in no block any more");
    },
  },
  "duplicate": {
    title: "text that comes twice is reported, and read once",
    kind: "scenario",
    covers: ["2883", "SM-11"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.beyond"],
    why:
      "A duplicate says that something was sent again in vain. The engine reports it as the first block (D-SACK, RFC 2883 §4), before those that `beyond` gives.",
    hints: [
      "Is a block too many, or one too few?",
      "The duplicate is the engine's; yours are only blocks beyond the gap.",
      "When a segment falls into a block that is there, it is still one block, and the first.",
    ],
    run: async (t: Trial) => {
      const { peer, connection } = await opened(t, {}, { sackPermitted: true });
      const text = t.random.bytes(3000);
      await peer.send({ flags: "ACK PSH", data: text.subarray(0, 1000) });
      await peer.expect({ flags: "ACK", ack: 1001 }, "text is acknowledged", 499);
      await peer.send({ flags: "ACK PSH", seq: 1, data: text.subarray(0, 1000) }, "the same again");
      await peer.expect(
        { flags: "ACK", ack: 1001, sack: [[1, 1001]] },
        "a duplicate below the acknowledgment is reported as a block of its own",
      );
      await peer.send({ flags: "ACK PSH", seq: 2001, data: text.subarray(2000) });
      await peer.expect({ flags: "ACK", ack: 1001, sack: [[2001, 3001]] }, "text beyond a gap is told as a block");
      await peer.send({ flags: "ACK PSH", seq: 2001, data: text.subarray(2000, 2400) }, "a part of it again");
      await peer.expect(
        { flags: "ACK", ack: 1001, sack: [[2001, 2401], [2001, 3001]] },
        "a duplicate beyond the gap, and the block in which it lies",
      );
      await peer.send({ flags: "ACK PSH", seq: 1001, data: text.subarray(1000, 2000) });
      await peer.expect({ flags: "ACK", ack: 3001, sack: [] }, "nothing is missing, and nothing came twice");
      await expectHeard(t, connection, text);
    },
  },
  "every-second": {
    title: "every second full segment is acknowledged at once",
    kind: "scenario",
    weight: 2,
    covers: ["SHLD-19", "5681-4.2", "MUST-58"],
    look: ["createAcknowledger.received", "createAcknowledger.sent"],
    why:
      "A sender lives on acknowledgments. Fewer than one for two full segments (“stretch ACKs”) make it send in bursts, or wait (RFC 9293 §3.8.6.3, RFC 2525 §2.13).",
    hints: [
      "How many full segments came since the last acknowledgment when yours goes out?",
      "Two are enough: `2 * mss` bytes. With timestamps a full segment has 1448 bytes, and the engine says so.",
      "Is the count set back in `sent`, and only there?",
    ],
    run: async (t: Trial) => {
      for (const full of [1460, 1448]) {
        const timestamps = full === 1448 ? { timestamps: [1, 0] as const } : {};
        const { peer } = await opened(t, {}, timestamps);
        for (let pair = 1; pair <= 5; pair++) {
          for (let i = 0; i < 2; i++) await peer.send({ flags: "ACK", data: t.random.bytes(full), ...timestamps });
          const acks = await queued(peer);
          const last = acks.at(-1)?.ack ?? 0;
          t.ok(
            last === 1 + 2 * pair * full,
            `an acknowledgment of all ${2 * pair} full segments at once, ack ${1 + 2 * pair * full}`,
            acks.length === 0 ? "none" : `the last one has ack ${last}`,
          );
          t.ok(acks.length <= 2, "no more than one acknowledgment for each segment", `${acks.length} for 2 segments`);
        }
      }
    },
  },
  "with-the-answer": {
    title: "the acknowledgment rides on the answer, and goes only once",
    kind: "scenario",
    covers: ["MUST-58", "SHLD-18"],
    look: ["createAcknowledger.sent", "createAcknowledger.received", "createSendBuffer.pieceToSend"],
    why:
      "This is what the delay is for: a question, an answer in a moment, and the acknowledgment is in the answer's header. A second one would be a packet for nothing " +
      "(RFC 9293 §3.8.6.3).",
    hints: [
      "Which packet comes that should not?",
      "Text of ours carries an acknowledgment, and the engine calls `sent` for it.",
      "After `sent` the deadline is Infinity.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, { delayedAck: 200 });
      for (let turn = 0; turn < 3; turn++) {
        const length = t.random.int(1, 300);
        await peer.send({ flags: "ACK PSH", data: t.random.bytes(length) });
        await tcp.wait(t.random.int(1, 100));
        const early = await queued(peer);
        t.ok(early.length === 0, "a small segment's acknowledgment to wait for the answer (delayedAck 200)", "an acknowledgment");
        const answer = t.random.bytes(t.random.int(1, 300));
        await connection.write(answer);
        await t.about(ANSWER, () => peer.expect({ flags: "ACK", data: answer, ack: peer.next }, "the answer carries the acknowledgment"));
        await peer.send({ flags: "ACK" });
        await tcp.expectSilence(1000, "all is acknowledged: no further packet");
      }
    },
  },
  "window-shuts": {
    title: "a reader that does not read shuts the window, honestly",
    kind: "scenario",
    weight: 2,
    covers: ["SHLD-14", "7323-2.4"],
    look: ["createReceiveBuffer.edge", "createReceiveBuffer.announce", "createReceiveBuffer.insert"],
    why:
      "Each acknowledgment tells how much may still come. Number and window together are an edge; it stays where it is while nobody reads, and is never taken back " +
      "(RFC 9293 §3.8.6, SHLD-14).",
    hints: [
      "Add ack and window of each acknowledgment. What should the sum do?",
      "It stays the same. 8000 bytes were promised, and 8000 are taken.",
      "announce returns the edge announced last; edge is `start` + capacity, and `start` moves by reading.",
    ],
    run: async (t: Trial) => {
      const receiveBuffer = t.random.int(6000, 9000);
      const { peer, connection } = await opened(t, { receiveBuffer, windowScaling: false });
      const text = t.random.bytes(receiveBuffer);
      for (let at = 0; at < receiveBuffer;) {
        const length = Math.min(t.random.int(500, 1460), receiveBuffer - at);
        await peer.send({ flags: "ACK PSH", data: text.subarray(at, at += length) });
        await peer.expect(
          { flags: "ACK", ack: 1 + at, window: receiveBuffer - at },
          `${at} of ${receiveBuffer} bytes are taken, and as many as are left are allowed`,
          499,
        );
      }
      await peer.send({ flags: "ACK PSH", data: t.random.bytes(1) }, "one byte too many");
      await peer.expect({ flags: "ACK", ack: 1 + receiveBuffer, window: 0 }, "what lies beyond the window is not taken");
      await expectHeard(t, connection, text);
    },
  },
  "window-opens": {
    title: "a shut window opens by a segment, not by crumbs",
    kind: "scenario",
    weight: 2,
    covers: ["MUST-39"],
    look: ["createReceiveBuffer.announce", "createReceiveBuffer.edge"],
    why:
      "The application reads ten bytes. Telling the peer would bring ten bytes, in a packet of fifty: the silly-window syndrome. A whole segment's room is worth a packet " +
      "(RFC 9293 §3.8.6.2.2, MUST-39).",
    hints: [
      "What does announce return after ten bytes were read?",
      "The edge announced last, until a segment's room has come together.",
      "After that the peer must hear of it without being asked: then announce gives the new edge.",
    ],
    run: async (t: Trial) => {
      const { tcp, peer, connection } = await opened(t, { receiveBuffer: 8000, windowScaling: false });
      const text = t.random.bytes(8000);
      for (let at = 0; at < 8000; at += 1000) await peer.send({ flags: "ACK PSH", data: text.subarray(at, at + 1000) });
      await tcp.wait(500);
      const shut = (await queued(peer)).at(-1);
      t.ok(
        shut?.ack === 8001 && shut.window === 0,
        "ack 8001 and window 0 after 8000 bytes",
        `ack ${shut?.ack} and window ${shut?.window}`,
      );
      let read = 0;
      for (const count of [1, 10, t.random.int(50, 300), 1000]) {
        read += (await connection.read(count)).length;
        await tcp.expectSilence(0, `${read} bytes of room are less than a segment: not worth a packet`);
      }
      await connection.read(1460 - read);
      const opening = await peer.expect({ flags: "ACK", ack: 8001 }, "a segment's room is worth telling, unasked", 499);
      t.ok(opening.window === 1460, "a window of 1460, all that was read", `${opening.window}`);
    },
  },
  "reader-never-reads": {
    title: "a peer that floods a sleeping reader fills a buffer, no more",
    kind: "scenario",
    covers: ["SM-11", "SHLD-14"],
    look: ["createReceiveBuffer.insert"],
    why: "A peer that ignores the window must not fill the memory of the host, and must not spoil what was taken before.",
    hints: [
      "How much is readable in the end?",
      "The receive buffer's capacity, and not a byte more.",
      "What lies beyond the edge is cut off before anything is copied.",
    ],
    run: async (t: Trial) => {
      const receiveBuffer = t.random.int(4000, 9000);
      const { peer, connection } = await opened(t, { receiveBuffer });
      const text = t.random.bytes(43_800);
      for (let at = 0; at < text.length; at += 1460) await peer.send({ flags: "ACK", seq: 1 + at, data: text.subarray(at, at + 1460) });
      await queued(peer);
      const { readable } = await connection.look();
      t.step(`the application could read ${amount(readable)} now`);
      t.equal(readable, receiveBuffer, `how much can be read, of 43800 bytes sent to a receive buffer of ${receiveBuffer}`);
      await expectHeard(t, connection, text.subarray(0, receiveBuffer));
    },
  },
};

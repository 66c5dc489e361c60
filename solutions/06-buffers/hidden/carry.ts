/** Hidden check of lab 06: a stream from one buffer to the other, over a wire that does its worst. */
import { receiveBench } from "../../../labs/06-buffers/checks/receive_bench.ts";
import { sendBench } from "../../../labs/06-buffers/checks/send_bench.ts";
import { expectBytes } from "../../../labs/06-buffers/checks/stream.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";

/** Carries what fits in `rounds` rounds from a send buffer to a receive buffer; each round loses, repeats, reorders and cuts segments. */
async function carry(t: Trial, rounds: number): Promise<number> {
  const sending = await sendBench(t, t.random.int(2000, 9000));
  const receiving = await receiveBench(t, t.random.int(2000, 9000));
  const largest = receiving.capacity;
  let wire: { offset: number; text: Uint8Array }[] = [];
  let [edge, next, start, read] = [largest, 0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    await sending.write(t.random.int(0, 6000));
    for (let i = t.random.int(1, 4); i > 0; i--) {
      const mss = t.random.pick([300, 1000, 1460]);
      const again = start < next && t.random.chance(0.5);
      const limits = { edge, mss, maxWindow: t.random.pick([0, largest]), noDelay: t.random.chance(0.5), closing: false };
      const piece = again
        ? await sending.buffer.pieceToResend(t.random.chance(0.6) ? start : t.random.int(start, next - 1), mss)
        : await sending.buffer.pieceToSend(limits);
      if (piece === undefined) continue;
      t.ok(
        Number.isInteger(piece?.from) && Number.isInteger(piece?.length) && piece.length <= mss,
        "a piece, or undefined",
        JSON.stringify(piece),
      );
      const text = await sending.copied(piece.from, piece.length);
      if (!again) await sending.buffer.sent(next = piece.from + piece.length);
      for (let copies = t.random.pick([0, 1, 1, 1, 2]); copies > 0; copies--) wire.push({ offset: piece.from, text });
    }
    wire = t.random.shuffle(wire);
    for (const { offset, text } of wire.splice(0, t.random.int(0, wire.length))) await receiving.insert(offset, text);
    const got = await receiving.read(t.random.int(0, 5000));
    expectBytes(t, got, sending.written.subarray(read, read + got.length), `round ${round + 1}: what was read`, read);
    read += got.length;
    edge = await receiving.buffer.announce(edge, 1460);
    start = await receiving.buffer.next();
    await sending.buffer.acknowledge(start);
  }
  return read;
}

export const randomBuffers: Readonly<Record<string, CheckSpec>> = {
  "both": {
    title: "a stream crosses a wire that loses, repeats and reorders",
    kind: "table",
    weight: 2,
    covers: ["SHLD-31", "2018-8", "7323-2.4"],
    look: ["createReceiveBuffer.insert", "createSendBuffer.pieceToResend", "createSendBuffer.copyInto"],
    why:
      "This is what TCP is for. Your two buffers, with nothing between them but a bad wire, must carry every byte, once, in order (RFC 9293 §2.2).",
    hints: [
      "Do the checks of the groups random and receive pass?",
      "A byte that is wrong for the reader: was it wrong when it was sent, or put in the wrong place?",
      "Write down for the first wrong offset every segment that held it, and what was in it.",
    ],
    run: async (t: Trial) => {
      let read = 0;
      for (let run = 0; run < 2; run++) read += await carry(t, 35);
      t.ok(read > 3000, "more than 3000 bytes to have crossed in 70 rounds", `${read}`);
    },
  },
};

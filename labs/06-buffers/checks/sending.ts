/** Public checks of lab 06: what the send buffer holds, and for how long. What goes out, and when, is in `pieces.ts`. */
import { Frame } from "../../../stack/wire/frame.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec, Trial } from "../../../tools/harness/suite.ts";
import { sendBench, standing } from "./send_bench.ts";

export const sending: Readonly<Record<string, CheckSpec>> = {
  "room": {
    title: "what is written takes room, and end moves behind it",
    kind: "table",
    covers: ["2018-8"],
    look: ["createSendBuffer.room", "createSendBuffer.write"],
    why:
      "Three offsets say what the buffer holds. Writing moves `end`, and nothing else; what has not been acknowledged takes room, sent or not " +
      "(RFC 9293 §3.8.1).",
    hints: [
      "Which of the three offsets moves when something is written?",
      "`#end` moves behind the new bytes. `room` is the capacity less what is held.",
      "`room` is one subtraction of two: capacity − (#end − #start). `write` ends with `#end += taken`, and returns `taken`.",
    ],
    run: async (t) => {
      const bench = await sendBench(t);
      t.equal(await bench.buffer.room(), bench.capacity, "room() of an empty buffer");
      const [a, b] = [t.random.int(3, 900), t.random.int(1000, 3000)];
      await bench.expectWrite(a, a, "into an empty buffer of 20000");
      await bench.expectMarks({ start: 0, next: 0, end: a }, `after a write of ${a} bytes`);
      await bench.expectWrite(b, b, `into a buffer of 20000 that holds ${a}`);
      await bench.expectMarks({ start: 0, next: 0, end: a + b }, `after writes of ${a} and ${b} bytes`);
    },
  },
  "full": {
    title: "write takes what fits, and says how much that was",
    kind: "table",
    covers: ["2018-8"],
    look: ["createSendBuffer.write", "createSendBuffer.room"],
    why:
      "An application can write faster than any network carries. The buffer is where it is told to wait: what does not fit is not taken, and the " +
      "application comes back with it (RFC 9293 §3.9.1.2).",
    hints: [
      "How much of 7 bytes fits into a buffer of 10 that holds 7?",
      "Take the smaller of `count` and what there is room for. It may be 0, which is no error.",
      "`const taken = Math.min(count, this.room())`; when that is 0, return 0 before you touch the ring.",
    ],
    run: async (t) => {
      const capacity = t.random.int(40, 3000);
      const bench = await sendBench(t, capacity);
      const first = t.random.int(20, capacity - 10);
      await bench.write(first);
      const left = capacity - first;
      await bench.expectWrite(left + t.random.int(1, 50), left, `into a buffer of ${capacity} that holds ${first}`);
      await bench.expectMarks({ start: 0, next: 0, end: capacity }, "when it is full");
      await bench.expectWrite(t.random.int(1, 50), 0, "into a buffer that is full");
    },
  },
  "copy-into": {
    title: "copyInto appends bytes to a packet, and does no more",
    kind: "table",
    covers: ["SHLD-28"],
    look: ["createSendBuffer.copyInto", "createSendBuffer.write"],
    why:
      "The frame is lent, and has been used before: the text goes behind what it holds, and headers are pushed in front later. The same bytes may be " +
      "copied again and again: once for each time that they are sent.",
    hints: [
      "`frame.append(length)` makes the room. What does it return?",
      "The ring copies to an offset in `frame.bytes`, and that is not `frame.start`: the frame may hold something.",
      "`const at = frame.append(length)`, then `#ring.getFrame(from, frame, at, length)`. For 0 bytes the ring has nothing to do.",
    ],
    run: async (t) => {
      const bench = await sendBench(t);
      const end = t.random.int(5000, 6000);
      await bench.expectWrite(end, end, "into an empty buffer of 20000");
      for (const length of [0, 1, 2, 63, 64, 255, 256, 536, 1448, 1460]) await bench.expectText(t.random.int(0, end - length), length);
      await bench.expectText(0, 1460, "the oldest bytes, once more");
      await bench.expectText(end - 1460, 1460, "the newest bytes");
      await bench.expectMarks({ start: 0, next: 0, end }, "after copies");
    },
  },
  "write": {
    title: "what is written lies behind what was written before",
    kind: "table",
    covers: ["2018-8"],
    look: ["createSendBuffer.write", "createSendBuffer.copyInto"],
    why:
      "TCP carries a stream: two writes of 3 and 5 bytes are 8 bytes, and nobody can tell later where one ended (RFC 9293 §2.2). Of a write that does not fit, the " +
      "beginning is taken.",
    hints: [
      "At which offset does the first of the new bytes lie?",
      "At `#end`, as it was before. The ring keeps what it held, if `reserve` names all of it: from `#start` on.",
      "`#ring.reserve(#start, #end + taken)`, then `#ring.put(#end, bytes, at, taken)`, then `#end += taken`, and return `taken`.",
    ],
    run: async (t) => {
      const [a, b, left] = [t.random.int(3, 900), t.random.int(1000, 3000), t.random.int(1, 900)];
      const bench = await sendBench(t, a + b + left);
      await bench.write(a);
      await bench.write(b);
      const from = t.random.int(0, a - 1);
      await bench.expectText(from, a + b - from);
      await bench.expectWrite(left + t.random.int(1, 900), left, `into a buffer of ${bench.capacity} that holds ${a + b}`);
      await bench.expectText(0, a + b + left, "everything, after a write that did not fit as a whole");
    },
  },
  "sent": {
    title: "what is sent stays: next moves, and never back",
    kind: "table",
    covers: ["2018-8"],
    look: ["createSendBuffer.sent"],
    why:
      "A segment that was sent may be lost. Until it is acknowledged the buffer is the only place where its bytes are, so sending gives back no " +
      "room (RFC 9293 §3.8.1).",
    hints: [
      "Which offset does `sent` move? What is `room` afterwards?",
      "When an old segment goes out again, `sent` is called with an offset that `next` has passed long ago.",
      "`next` becomes the greater of `next` and `upTo`. That is all.",
    ],
    run: async (t) => {
      const end = t.random.int(2000, 4000);
      const bench = await standing(t, { start: 0, next: 0, end });
      const next = t.random.int(1000, end);
      await bench.buffer.sent(next);
      await bench.expectMarks({ start: 0, next, end }, `after sent(${next})`);
      const older = t.random.int(1, next - 1);
      await bench.buffer.sent(older);
      await bench.expectMarks({ start: 0, next, end }, `after sent(${next}) and sent(${older})`);
      await bench.expectText(0, end, "what was sent, and what was not");
    },
  },
  "acknowledge": {
    title: "what is acknowledged gives its room back",
    kind: "table",
    covers: ["2018-8", "6298-5.2"],
    look: ["createSendBuffer.acknowledge"],
    why:
      "An acknowledgment covers everything before its offset (RFC 9293 §3.4). Those bytes are never wanted again, and what lies behind them is " +
      "still what it was.",
    hints: [
      "Which offset moves? Do the others?",
      "`start` becomes the offset. Offsets name bytes for ever, so nothing is copied and nothing else is counted anew.",
      "Set `#start`; if that is also `#end`, nothing is held, and the ring may go: `#ring.release()`. Only then!",
    ],
    run: async (t) => {
      const [start, next, end] = [t.random.int(100, 1000), t.random.int(1001, 2000), t.random.int(2001, 3000)];
      const bench = await standing(t, { start: 0, next, end }, 3000);
      await bench.buffer.acknowledge(start);
      await bench.expectMarks({ start, next, end }, `after acknowledge(${start})`);
      await bench.expectText(start, end - start, "what is left");
      await bench.buffer.acknowledge(next);
      await bench.expectMarks({ start: next, next, end }, `after acknowledge(${next}), all that was sent`);
      await bench.expectText(next, end - next, "what was never sent");
      await bench.write(3000);
      await bench.expectText(next, 3000, "a full buffer");
    },
  },
  "memory": {
    title: "a buffer that holds nothing takes no memory",
    kind: "table",
    covers: ["2018-8"],
    look: ["createSendBuffer.acknowledge"],
    why:
      "A host may have ten thousand connections open, of which nearly all are silent. Each that kept its memory would keep some kilobytes for nothing; what an empty ring gives " +
      "back, the next one takes.",
    hints: [
      "After which of the methods can the buffer be empty?",
      "After `acknowledge`: when `start` has reached `end`.",
      "`if (this.#start === this.#end) this.#ring.release()`, with `#end`, not `#next`.",
    ],
    run: async (t: Trial) => {
      const before = await t.ringMemory();
      const end = t.random.int(1000, 3000);
      const bench = await standing(t, { start: 0, next: end, end });
      await bench.buffer.acknowledge(t.random.int(1, end - 1));
      await bench.buffer.acknowledge(end);
      const kept = await t.ringMemory() - before;
      t.ok(kept <= 0, `no memory in the ring after acknowledge(${end}), when ${end} bytes were written in all`, amount(kept));
      await bench.expectWrite(700, 700, "into a buffer that was empty again");
      await bench.expectText(end, 700);
    },
  },
  "acknowledge-nothing": {
    title: "acknowledgments of nothing new change nothing",
    kind: "table",
    covers: ["2018-8"],
    look: ["createSendBuffer.acknowledge"],
    why:
      "Packets overtake each other, so an older acknowledgment may come behind a newer one; and one for bytes that were never sent is a mistake, " +
      "or an attack. Whoever believes it loses bytes that nobody has (RFC 9293 §3.10.7.4).",
    hints: [
      "Which offsets can an honest, new acknowledgment have?",
      "Between `start`, which is known already, and `next`, which is the most that the peer can have.",
      "Return at once when `offset <= start` or `offset > next`. Mind `next` and `end`: what is written is not sent.",
    ],
    run: async (t) => {
      const [start, next, end] = [t.random.int(100, 1000), t.random.int(1001, 2000), t.random.int(2010, 3000)];
      const bench = await standing(t, { start, next, end });
      for (
        const offset of [0, start - 1, start, next + 1, t.random.int(next + 1, end), end, end + t.random.int(1, 1000), 2 ** 32 + start + 1]
      ) {
        await bench.buffer.acknowledge(offset);
        await bench.expectMarks({ start, next, end }, `after acknowledge(${offset}), when bytes ${start} to ${next} are in flight`);
      }
      await bench.expectText(start, end - start);
    },
  },
  "not-held": {
    title: "copyInto refuses bytes that the buffer does not hold",
    kind: "table",
    covers: ["2018-8"],
    look: ["createSendBuffer.copyInto"],
    why:
      "In a ring there is always something at every place. What is acknowledged, and what was never written, would go out as text that nobody " +
      "wrote. To ask for it is a fault of the caller's, and a RangeError says so.",
    hints: [
      "What lies in the ring at an offset before `start`?",
      "Two bounds: `from` may not lie before `start`, and `from + length` not beyond `end`.",
      "`if (from < #start || from + length > #end) throw new RangeError(…)`, before the frame is touched.",
    ],
    run: async (t: Trial) => {
      const [start, next, end] = [t.random.int(10, 500), t.random.int(600, 900), t.random.int(1000, 2000)];
      const bench = await standing(t, { start, next, end });
      const asked = [[start - 1, 1], [start - 1, 100], [0, 1], [end - 1, 2], [end, 1], [end + 5, 1]] as const;
      const outcomes = await t.manyOn(bench.buffer, "copyInto", asked.map(([from, length]) => [new Frame(3000, 128), from, length]));
      for (const [i, [from, length]] of asked.entries()) {
        const { threw } = outcomes[i] ?? {};
        const what = `a RangeError from copyInto(frame, ${from}, ${length}), when bytes ${start} to ${end} are held`;
        t.ok(threw?.startsWith("RangeError") === true, what, threw ?? "no exception");
      }
      await bench.expectText(start, end - start, "all that is held");
    },
  },
};

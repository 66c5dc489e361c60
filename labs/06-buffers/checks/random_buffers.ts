/** Public checks of lab 06: random operations on a buffer, compared with a naive model; a story that goes wrong is made as short as can be. */
import type { SendLimits } from "../../../stack/contract/buffers.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { CheckSpec } from "../../../tools/harness/suite.ts";
import { ReceiveModel, SendModel } from "./models.ts";
import { receiveBench } from "./receive_bench.ts";
import { pieceText, samePiece, sendBench } from "./send_bench.ts";
import { type PlayStep, tellStories } from "./story.ts";
import { blocksText, hex } from "./stream.ts";

/** One step with a send buffer. Numbers are relative to where the buffer stands, so that other steps may be left out. */
type SendStep =
  | { readonly do: "write"; readonly count: number }
  | { readonly do: "send"; readonly limits: Omit<SendLimits, "edge">; readonly usable: number }
  | { readonly do: "acknowledge"; readonly share: number; readonly beside: number }
  | { readonly do: "resend"; readonly share: number; readonly mss: number };

function sendStory(random: Random): SendStep[] {
  return Array.from({ length: 24 }, (): SendStep => {
    switch (random.pick(["write", "write", "send", "send", "send", "acknowledge", "acknowledge", "resend"] as const)) {
      case "write":
        return { do: "write", count: random.int(0, 14) };
      case "send": {
        const flags = { noDelay: random.chance(0.4), closing: random.chance(0.2) };
        return { do: "send", limits: { mss: random.int(1, 8), maxWindow: random.pick([0, 6, 30]), ...flags }, usable: random.int(-3, 20) };
      }
      case "acknowledge":
        return { do: "acknowledge", share: random.pick([0, 0.5, 1, 1]), beside: random.pick([0, 0, 0, -1, 1]) };
      case "resend":
        return { do: "resend", share: random.pick([0, 0, 0.5, 1]), mss: random.int(1, 8) };
    }
  });
}

/** Bytes beyond a gap, or in order; `lies`: other bytes than the honest ones. */
type ReceiveStep =
  | { readonly do: "insert"; readonly distance: number; readonly length: number; readonly lies: number }
  | { readonly do: "read"; readonly count: number }
  | { readonly do: "beyond"; readonly count: number };

function receiveStory(random: Random): ReceiveStep[] {
  return Array.from({ length: 20 }, (): ReceiveStep => {
    if (random.chance(0.7)) {
      const distance = random.chance(0.3) ? 0 : random.int(-8, 30);
      return { do: "insert", distance, length: random.int(1, 9), lies: random.chance(0.4) ? random.int(1, 255) : 0 };
    }
    return random.chance(0.6) ? { do: "read", count: random.int(0, 30) } : { do: "beyond", count: random.int(0, 4) };
  });
}

export const randomBuffers: Readonly<Record<string, CheckSpec>> = {
  "send-buffer": {
    title: "a send buffer does what a plain list of bytes would do",
    kind: "table",
    weight: 2,
    covers: ["2018-8", "MUST-38", "SHLD-7", "6298-5.4"],
    look: ["createSendBuffer.pieceToSend", "createSendBuffer.write", "createSendBuffer.acknowledge"],
    why:
      "Eighteen stories of random writes, pieces, acknowledgments and resends, on a buffer so small that everything happens at once. What goes wrong is made as short as " +
      "can be: play it on paper.",
    hints: [
      "Follow the last steps of the transcript: where do start, next and end stand before the last one?",
      "The step that shows the fault need not be the one that made it: look at what each step before it changed.",
      "If the bytes are wrong: `reserve` from `#start`, `put` at `#end`, and `release` only when nothing is held.",
    ],
    run: async (t) => {
      const stories = Array.from({ length: 18 }, () => sendStory(t.random));
      await tellStories(t, stories, async (): Promise<PlayStep<SendStep>> => {
        const capacity = 32;
        const bench = await sendBench(t, capacity);
        const model = new SendModel(capacity);
        const within = (share: number): number => Math.round(model.start + share * (model.next - model.start));
        return async (step) => {
          if (step.do === "write") {
            const before = bench.written.length;
            const taken = await bench.write(step.count);
            const expected = model.write(new Uint8Array(step.count));
            if (taken !== expected) {
              return { expected: `${expected} from write of ${amount(step.count)}`, got: `${taken}`, look: "createSendBuffer.write" };
            }
            model.bytes.splice(before, expected, ...bench.written.subarray(before));
          } else if (step.do === "acknowledge") {
            const offset = within(step.share) + step.beside;
            await bench.buffer.acknowledge(offset);
            model.acknowledge(offset);
            const start = await bench.buffer.start();
            if (start !== model.start) {
              const expected = `start() to be ${model.start} after acknowledge(${offset})`;
              return { expected, got: `${start}`, look: "createSendBuffer.acknowledge" };
            }
          } else {
            const limits = step.do === "send" ? { ...step.limits, edge: model.next + step.usable } : undefined;
            const from = step.do === "resend" ? within(step.share) : 0;
            const mss = step.do === "resend" ? step.mss : 0;
            const piece = limits === undefined ? await bench.buffer.pieceToResend(from, mss) : await bench.buffer.pieceToSend(limits);
            const right = limits === undefined ? model.pieceToResend(from, mss) : model.pieceToSend(limits);
            const call = limits === undefined ? `pieceToResend(${from}, ${mss})` : "pieceToSend";
            const look = `createSendBuffer.${limits === undefined ? "pieceToResend" : "pieceToSend"}`;
            if (!samePiece(piece, right)) return { expected: `${pieceText(right)} (${call})`, got: pieceText(piece), look };
            if (right === undefined) return undefined;
            const text = await bench.copied(right.from, right.length);
            const wrong = text.findIndex((byte, i) => byte !== model.bytes[right.from + i]);
            if (wrong >= 0) {
              const at = right.from + wrong;
              const expected = `at offset ${at} the byte ${hex(model.bytes[at])} from copyInto`;
              return { expected, got: hex(text[wrong]), look: "createSendBuffer.write" };
            }
            if (limits === undefined) return undefined;
            model.next = right.from + right.length;
            await bench.buffer.sent(model.next);
          }
          return undefined;
        };
      });
    },
  },
  "receive-buffer": {
    title: "a receive buffer does what a plain list of bytes would do",
    kind: "table",
    weight: 2,
    covers: ["SHLD-31", "SM-11", "2018-4b"],
    look: ["createReceiveBuffer.insert", "createReceiveBuffer.read", "createReceiveBuffer.beyond"],
    why:
      "Two dozen stories of segments that overlap as they like, some with other bytes, with reads between them. What goes wrong is made as short as can be: draw its blocks on " +
      "paper.",
    hints: [
      "Follow the last steps of the transcript, and draw a line with offsets, and the blocks above it.",
      "The step that shows the fault need not be the one that made it: which blocks does your buffer have before it, and which should it have?",
      "If a byte is wrong, it was copied where something was already, or not copied where nothing was. If a block is wrong, look at segments that just touch it.",
    ],
    run: async (t) => {
      const truth = t.random.bytes(4000);
      const stories = Array.from({ length: 24 }, () => receiveStory(t.random));
      await tellStories(t, stories, async (): Promise<PlayStep<ReceiveStep>> => {
        const capacity = 32;
        const bench = await receiveBench(t, capacity);
        const model = new ReceiveModel(capacity);
        return async (step) => {
          if (step.do === "insert") {
            const offset = Math.max(0, model.next + step.distance);
            const text = truth.slice(offset, offset + step.length).map((byte) => byte ^ step.lies);
            const moved = await bench.insert(offset, text);
            const right = model.insert(offset, text);
            const told = `insert of ${amount(text.length)} at offset ${offset}`;
            if (moved !== right) return { expected: `${right} from ${told}`, got: `${moved}` };
          } else if (step.do === "read") {
            const from = model.start;
            const right = model.read(step.count);
            const text = await bench.read(step.count);
            const told = `read of ${amount(step.count)}`;
            const look = "createReceiveBuffer.read";
            if (text.length !== right.length) return { expected: `${amount(right.length)} from ${told}`, got: amount(text.length), look };
            const wrong = right.findIndex((byte, i) => byte !== text[i]);
            if (wrong >= 0) {
              return { expected: `at offset ${from + wrong} the byte ${hex(right[wrong])} from ${told}`, got: hex(text[wrong]) };
            }
            const edge = await bench.buffer.edge();
            if (edge !== model.start + capacity) {
              return { expected: `edge() to be ${model.start + capacity} after ${told}`, got: `${edge}`, look: "createReceiveBuffer.edge" };
            }
          } else {
            const blocks = blocksText(await bench.buffer.beyond(step.count));
            const right = blocksText(model.beyond(step.count));
            if (blocks !== right) {
              return { expected: `${right} from beyond(${step.count})`, got: blocks, look: "createReceiveBuffer.beyond" };
            }
          }
          return undefined;
        };
      });
    },
  },
};

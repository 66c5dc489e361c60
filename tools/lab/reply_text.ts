/**
 * Two answers to the same call, told by what differs: what was returned or thrown, what the function asked for through the object that
 * it was given (ARP's actions, TCP's effects), what it left in a frame or an object. A function that returns nothing says all it says in the
 * last three.
 */
import { equal } from "@std/assert";
import { resultText } from "../harness/call_text.ts";
import { showValue } from "../harness/show.ts";
import type { Reply } from "../harness/subject/protocol.ts";

/** What a call came to, as far as two pieces of code are compared by it: without places in the code. */
export interface Visible extends Pick<Reply, "returned" | "frames" | "objects" | "recorded"> {
  /** The exception's name. */
  readonly threw?: string;
  readonly all?: readonly Pick<Visible, "returned" | "threw">[];
}

/** Two texts that differ. */
export interface Texts {
  readonly expected: string;
  readonly got: string;
}

const LONGEST = 110;

/** Whether a value that was seen is what a call came to. */
export function isVisible(value: unknown): value is Visible {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "recorded");
}

/** Where two calls of `name` differ first, in words. */
export function replyTexts(name: string, right: Visible, wrong: Visible): Texts {
  const texts = (text: (each: Visible) => string): Texts => ({ expected: text(right), got: text(wrong) });
  if (right.threw !== wrong.threw || !equal(right.returned, wrong.returned)) return texts((each) => `${name}: ${outcomeText(name, each)}`);
  const call = firstThatDiffers(right.all, wrong.all);
  if (call >= 0) return texts(({ all }) => `${name}, call ${call + 1} of ${all?.length}: ${outcomeText(name, all?.[call] ?? {})}`);
  if (!equal(right.recorded, wrong.recorded)) return texts(({ recorded }) => `${name} asks for ${recordedText(recorded)}`);
  const frame = firstThatDiffers(right.frames, wrong.frames);
  if (frame >= 0) return frameTexts(name, right.frames?.[frame], wrong.frames?.[frame]);
  const object = Math.max(0, firstThatDiffers(right.objects, wrong.objects));
  return objectTexts(name, right.objects?.[object], wrong.objects?.[object]);
}

/** The first place at which two lists differ; -1 when they don't. */
function firstThatDiffers(right: readonly unknown[] = [], wrong: readonly unknown[] = []): number {
  return Array.from({ length: Math.max(right.length, wrong.length) }).findIndex((_, at) => !equal(right[at], wrong[at]));
}

function outcomeText(name: string, { returned, threw }: Pick<Visible, "returned" | "threw">): string {
  if (threw !== undefined) return `throws ${threw}`;
  return returned?.t === "value" ? resultText(name, returned.value) : showValue(returned);
}

/** "send({ operation 1 … }, ff:ff:ff:ff:ff:ff), then drop(31-byte packet, "arp queue full")". */
function recordedText(recorded: Visible["recorded"]): string {
  const value = (arg: unknown): string => arg instanceof Uint8Array ? `${arg.length}-byte packet` : showValue(arg, "", LONGEST);
  return recorded?.map(({ call }) => `${call.name}(${call.args.map(value).join(", ")})`).join(", then ") || "nothing";
}

type FrameLeft = NonNullable<Visible["frames"]>[number];

/** Where the packet lies after the call, or else the first byte that differs. */
function frameTexts(name: string, right: FrameLeft, wrong: FrameLeft): Texts {
  const place = (frame: FrameLeft): string =>
    `after ${name}: ${frame === undefined ? "no frame" : `the packet lies from ${frame.start} to ${frame.end}`}`;
  if (right === undefined || wrong === undefined || right.start !== wrong.start || right.end !== wrong.end) {
    return { expected: place(right), got: place(wrong) };
  }
  const at = firstThatDiffers([...right.bytes], [...wrong.bytes]);
  const where = at < right.start ? `byte ${right.start - at} in front of the packet` : `byte ${at - right.start} of the packet`;
  const byte = ({ bytes }: NonNullable<FrameLeft>): string =>
    `after ${name}: ${where} is 0x${(bytes[at] ?? 0).toString(16).padStart(2, "0")}`;
  return { expected: byte(right), got: byte(wrong) };
}

/** The members that differ, of an object that the call was to change. */
function objectTexts(name: string, right: unknown, wrong: unknown): Texts {
  const [a, b] = [right, wrong].map((each) => new Map(Object.entries(Object(each)))) as [Map<string, unknown>, Map<string, unknown>];
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((key) => !equal(a.get(key), b.get(key)));
  const text = (members: Map<string, unknown>): string =>
    `after ${name}: ${names.slice(0, 4).map((key) => `${key} ${showValue(members.get(key), key, LONGEST)}`).join(", ")}`;
  return { expected: text(a), got: text(b) };
}

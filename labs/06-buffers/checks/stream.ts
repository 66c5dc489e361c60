/**
 * What the checks of this lab are fed with: pieces of a stream in frames that were used before, and bytes compared so that the
 * first difference is named by its offset. All of it is drawn from a check's own random numbers, so the seed that a failure prints
 * gives the same again.
 */
import { Frame } from "../../../stack/wire/frame.ts";
import type { Random } from "../../../stack/wire/random.ts";
import { amount } from "../../../tools/harness/samples.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

/** A frame that holds `text` at `at`, somewhere; in front of it and behind it lie other bytes, as they do in a segment. */
export function framed(random: Random, text: Uint8Array): { frame: Frame; at: number } {
  const frame = new Frame(200 + text.length, 40);
  frame.bytes.fill(random.int(1, 255));
  frame.append(random.int(20, 60));
  const at = frame.append(text.length);
  frame.bytes.set(text, at);
  return { frame, at };
}

/** Fails unless the bytes are equal: first by how many they are, then by the first that is wrong. `from`: the stream's offset of the first. */
export function expectBytes(t: Trial, actual: Uint8Array, expected: Uint8Array, what: string, from = 0): void {
  t.ok(actual.length === expected.length, `${what}: ${amount(expected.length)}`, amount(actual.length));
  let wrong = 0;
  while (wrong < expected.length && expected[wrong] === actual[wrong]) wrong++;
  const same = wrong === expected.length;
  t.ok(same, `${what}: at offset ${from + wrong} the byte ${hex(expected[wrong])}`, `${hex(actual[wrong])} at offset ${from + wrong}`);
}

/** All orders of a few things. */
export function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => orders(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

/** "0x0a". */
export function hex(byte: number | undefined): string {
  return byte === undefined ? "nothing" : `0x${byte.toString(16).padStart(2, "0")}`;
}

/** Offsets from, to, from, to as people read them: "10 to 20, 30 to 40". */
export function blocksText(offsets: readonly number[]): string {
  if (!Array.isArray(offsets)) return `${offsets}`;
  if (offsets.length === 0) return "no block";
  const pairs: string[] = [];
  for (let i = 0; i < offsets.length; i += 2) pairs.push(`${offsets[i]} to ${offsets[i + 1]}`);
  return `${amount(pairs.length, "block")}: ${pairs.join(", ")}`;
}

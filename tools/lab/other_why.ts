/**
 * Why a check failed by something that it is not about. Every frame has an FCS and every packet a checksum, and where one is wrong, or is held to be
 * wrong, nothing else is ever looked at; frames are lent, and the host ends when one is given back twice. A check about the TTL has no word for either.
 */
import type { Failure } from "./failure_report.ts";

/** Where only this differs, the rest of the packet is as it was expected. */
const SUM_FIELD = /\bchecksum$/;
/** A reject, alone: as the answer of a function, or as all that a silent stack has counted. */
const REFUSED = /^(?:nothing[^(]*\(your stack counted: [a-z]+: |")bad (?:[a-z]+ )?checksum(?: ×\d+\)|")$/;

/** What the pool says of a frame too many. */
const GIVEN_BACK = "Cannot release a frame";
/** What the host counts where it was told to send no error, and the lab that tells it so. */
const FORBIDDEN = "icmp: no error allowed ×", IP_LAB = 3;
/** The functions that keep frames and give them back. */
const HOLDERS: Readonly<Record<number, string>> = { 2: "createArpCache", 3: "createReassembly" };

const WRONG_FCS =
  "Every frame on this wire ends with an FCS, and this one has a wrong one: whoever gets it drops it unseen. What this check is about comes after " +
  "that. Mend the groups crc and fcs first.";
const WRONG_SUM =
  "A packet left with a wrong checksum. Whoever gets it drops it without a word, so what this check is about counts for nothing yet. Mend the sum " +
  "first: is it made after the last change, over which bytes, and is its own field 0 meanwhile?";
const REFUSED_SUM =
  "The packet was refused for its checksum, and the checksum is right; so nobody came to what this check is about. Mend the sum first: which bytes is " +
  "it taken over, and does it come to 0 over a packet that is right?";
const GIVEN_TWICE =
  "A frame is lent, and goes back once. Whoever returns it, or hands it on, must not release it as well: it would be lent to two packets at once, " +
  "and each would write over the other. Look at every place where a frame leaves your function.";

/** In place of the check's own Why, where that has no word for what went wrong. `sealer`: a packet of the student's had a wrong checksum. */
export function otherWhy(
  { check, verdict: { expected, got, mismatches, topic } }: Failure,
  sealer: string | undefined,
): string | undefined {
  if (topic?.why !== undefined) return undefined;
  if (got.includes(GIVEN_BACK)) return GIVEN_TWICE;
  if (got.endsWith(", with a wrong FCS")) return check.why.includes("FCS") ? undefined : WRONG_FCS;
  if (`${check.why} ${check.title} ${expected}`.includes("checksum")) return undefined;
  if (REFUSED.test(got)) return REFUSED_SUM;
  return sealer !== undefined && mismatches.every(({ field }) => SUM_FIELD.test(field)) ? WRONG_SUM : undefined;
}

/** The function that a failure names without having its name: it keeps frames, and one was given back twice; or it forbids errors, and one was missed. */
export function givenAway({ check, verdict: { got } }: Failure): string | undefined {
  if (got.includes(GIVEN_BACK)) return HOLDERS[check.lab];
  return check.lab === IP_LAB && got.startsWith("nothing") && got.includes(FORBIDDEN) ? "mayReport" : undefined;
}

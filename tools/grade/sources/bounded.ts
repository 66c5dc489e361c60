/**
 * Reads what was compressed by a stranger: as far as it may go, and no further.
 */
import { printable, SubmissionError } from "../submission.ts";

/** The whole stream. Throws a SubmissionError when it has more than `most` bytes, or cannot be decompressed. */
export async function bounded(stream: ReadableStream<Uint8Array>, most: number, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of stream) {
      size += part.length;
      if (size > most) throw new SubmissionError(`${printable(name)} has more than ${most} bytes`);
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof SubmissionError) throw error;
    throw new SubmissionError(`${printable(name)} cannot be decompressed: the archive is damaged`);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Bytes for a stream, so many that nobody wants to carry them around: each follows from its place, so a piece of any
 * length can be made, or looked at, wherever it begins. They repeat only after 16 MiB; what is moved, lost or doubled is seen.
 */

/** `length` bytes of the stream, from the byte at `offset` on. */
export function streamPattern(offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = byteAt(offset + i);
  return bytes;
}

/** Whether `bytes` are those of the stream from `offset` on. */
export function isStreamPattern(offset: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== byteAt(offset + i)) return false;
  }
  return true;
}

function byteAt(place: number): number {
  return place * 7 + (place >>> 8) + (place >>> 16) * 3 + 1 & 0xff;
}

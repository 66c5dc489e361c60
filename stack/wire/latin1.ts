/**
 * Text of one byte a character: what protocols of lines of text are made of (HTTP, SMTP, FTP). Byte and character have the same number, 0 to 255, so
 * nothing is lost on the way there and back, whatever the bytes are. (`TextDecoder` knows no such thing: its "latin1" is windows-1252.)
 */

/** Characters at a time: a call takes only so many arguments. */
const PIECE = 4096;

/** The bytes from `from` up to `to` as text. */
export function latin1Text(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = "";
  for (let at = from; at < to; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, Math.min(at + PIECE, to)));
  return text;
}

/** Text as bytes. Throws a RangeError for a character above 0xff. */
export function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) throw new RangeError(`Cannot write ${JSON.stringify(text[i])} as one byte`);
    bytes[i] = code;
  }
  return bytes;
}

/**
 * The text without spaces and tabs at its ends: OWS, optional white space (RFC 9110 §5.6.3). `trim` takes much more away, 0xa0 for one. By hand, because
 * `/[ \t]+$/` looks at a long run of spaces again from each of them.
 */
export function trimOws(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isOws(text.charCodeAt(from))) from++;
  while (to > from && isOws(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isOws(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

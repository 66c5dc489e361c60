/** Saying where a file stops being a script, and what should stand there. */
import type { Malformed, Need, Place } from "./script.ts";

/** "file.pkt:3:9: expected a time, not 'foo'". */
export function formatMalformed({ place, expected, found }: Malformed): string {
  return `${formatPlace(place)}: expected ${expected}, not ${found}`;
}

/** "file.pkt:3:9". */
export function formatPlace({ file, line, column }: Place): string {
  return `${file}:${line}:${column}`;
}

/** What stands somewhere, in quotes, cut to a length that fits a line, without characters that move a cursor. */
export function quote(text: string): string {
  const cut = text.length > 30 ? `${text.slice(0, 30).toWellFormed()}…` : text;
  return `'${cut.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`)}'`;
}

/** Ends parsing. Thrown and caught inside the parser only; whoever calls it gets the value. */
export class NotInTheLanguage extends Error {
  readonly malformed: Malformed;

  constructor(place: Place, expected: string, found: string) {
    super(expected);
    this.malformed = { place, expected, found };
  }
}

/** Ends an event that is written in the language, but for more than we have. Thrown and caught inside the parser only. */
export class NotSupported extends Error {
  readonly need: Need;

  constructor(place: Place, what: string) {
    super(what);
    this.need = { place, what };
  }
}

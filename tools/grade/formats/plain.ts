/**
 * Strangers' text, made harmless once, before any format sees it. A student chooses file names, logs and the texts of exceptions,
 * and those stand in what we write; so whatever comes out of here
 *
 * - has no control characters, terminal escapes, marks that turn the direction of writing, or characters that cannot be seen;
 * - has no word that some program takes for a command wherever it stands in a line: `::notice` and `##[error]` (GitHub, Azure),
 *   `[[ATTACHMENT|/etc/passwd]]` (Jenkins, GitLab). A space comes between their two signs;
 * - is as long as its place allows, and no longer.
 *
 * What one format alone takes for its own (`<` in XML, `#` in TAP) is escaped by that format.
 */

/** Control, format, private and unassigned characters, and the separators of lines and paragraphs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;
/** More marks on one letter than any language needs: they would paint over the lines above. */
const HEAPED = /(\p{M}{3})\p{M}+/gu;

/** One line of at most `limit` characters; "…" stands for the rest. Line breaks and runs of blanks become one space. */
export function plainLine(text: string, limit: number): string {
  const line = harmless(text.slice(0, 8 * limit).replaceAll(/\s+/g, " ").trim());
  return (line.length <= limit ? line : `${line.slice(0, limit - 1)}…`).toWellFormed();
}

/** Several lines of at most 200 characters, and at most `limit` characters in all; the last line says so when there were more. */
export function plainBlock(text: string, limit: number): string {
  const kept: string[] = [];
  let room = limit;
  for (const line of text.slice(0, 8 * limit).split(/\r\n|[\n\r]/)) {
    const plain = harmless(line.slice(0, 1600).trimEnd());
    const short = (plain.length <= 200 ? plain : `${plain.slice(0, 199)}…`).toWellFormed();
    room -= short.length + 1;
    if (room < 0) return [...kept, "(the rest is left out)"].join("\n");
    kept.push(short);
  }
  return kept.join("\n").trimEnd();
}

function harmless(text: string): string {
  const seen = text.toWellFormed().replaceAll("\t", "  ").replaceAll(UNSEEN, "?").replaceAll(HEAPED, "$1");
  return seen.replaceAll(/:(?=:)|#(?=#)|\[(?=\[)/g, "$& ");
}

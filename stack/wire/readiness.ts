/**
 * What a program can wait for on a channel, as bits that are added: READ + WRITE is 3. Ask for one with `ready & READ`. The same bits say what
 * a program is interested in, and what a channel is ready for.
 */

/** Reading would give bytes, the end, or an error. */
export const READ = 1;
/** Writing would take a byte at least, or fail at once. */
export const WRITE = 2;
/** The attempt to connect is over, well or badly. */
export const CONNECT = 4;
/** A connection waits to be accepted. */
export const ACCEPT = 8;

const NAMES = [[ACCEPT, "ACCEPT"], [CONNECT, "CONNECT"], [READ, "READ"], [WRITE, "WRITE"]] as const;

/** "READ + WRITE"; "nothing" for 0. */
export function formatReadiness(bits: number): string {
  const names = NAMES.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
  return names.length === 0 ? "nothing" : names.join(" + ");
}

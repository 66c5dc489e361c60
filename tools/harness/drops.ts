/** What a stack has counted, as far as it says why something is missing: the first thing to look at where nothing came. */

/** Counters of what went well. */
const QUIET = /: (received|sent|fragment sent|error sent|forwarded|reassembled)$/;

/** " (your stack counted: udp: bad checksum ×1)"; "" when it counted nothing but what went well. */
export function dropsText(counters: Readonly<Record<string, number>>): string {
  const drops = Object.entries(counters).filter(([name]) => !QUIET.test(name)).map(([name, count]) => `${name} ×${count}`);
  return drops.length === 0 ? "" : ` (your stack counted: ${drops.join(", ")})`;
}

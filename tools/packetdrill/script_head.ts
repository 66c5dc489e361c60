/**
 * What the comments at the head of a script say of it, when it is one of the kit's own. The first line is its title; what follows has a name in
 * front, and goes on in lines that are indented:
 *
 *     // a SYN is answered by a SYN+ACK that carries an MSS
 *     // covers: MUST-14, SHLD-5
 *     // look: listenArrives, writeSegment
 *     // why: a peer that hears no MSS has to assume 536 bytes, and sends
 *     //   three segments where one would do (RFC 9293 §3.7.1).
 *     // hint: … (three of them)
 *     // ours: the kernel differs: Linux answers with a window of its own
 *
 * `ours` says that the script shows a choice of this stack where the RFC leaves one, so Linux is not asked. A title and `covers` are all that
 * the map of requirements needs; with `look`, `why` and three hints it can be a check of a suite.
 */

export interface ScriptHead {
  readonly title: string;
  readonly covers: readonly string[];
  readonly look: readonly string[];
  readonly why: string;
  readonly hints: readonly string[];
  /** Why only this stack has to do so. */
  readonly ours?: string;
}

/** Reads it. What is not there is empty. */
export function readHead(text: string): ScriptHead {
  const head: { title: string; covers: string[]; look: string[]; why: string; hints: string[]; ours?: string } = {
    title: "",
    covers: [],
    look: [],
    why: "",
    hints: [],
  };
  for (const entry of entriesOf(text)) {
    const [, name, said = ""] = /^(covers|look|why|hint|ours): *(.*)$/s.exec(entry) ?? [];
    if (name === undefined) head.title ||= entry;
    else if (name === "why") head.why = said;
    else if (name === "hint") head.hints.push(said);
    else if (name === "ours") head.ours = said;
    else head[name as "covers" | "look"].push(...said.split(/[,\s]+/).filter((word) => word !== ""));
  }
  return head;
}

/** The comments before anything else, with lines that go on joined to those before. */
function entriesOf(text: string): string[] {
  const entries: string[] = [];
  for (const line of text.split("\n")) {
    const [, space = "", said] = /^\/\/( *)(.*?)\s*$/.exec(line) ?? [];
    if (said === undefined) break;
    if (said === "") continue;
    if (space.length > 1 && entries.length > 0) entries.push(`${entries.pop()} ${said}`);
    else entries.push(said);
  }
  return entries;
}

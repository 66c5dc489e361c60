/** What differs between what two machines did, cell by cell; and what of it the RFCs let a host choose (`allowed.ts`). */
import { optionText } from "../packetdrill/compare_packet.ts";
import type { TcpOption, TcpPacket } from "../packetdrill/script.ts";
import type { Row } from "./align.ts";
import { clockText } from "./columns.ts";
import { whyAllowed } from "./allowed.ts";
import type { Recorded, Recording } from "./record.ts";

/** What kind of thing differs. */
export type Aspect =
  | "packet"
  | "flags"
  | "seq"
  | "length"
  | "ack"
  | "window"
  | "urgent"
  | "time"
  | "result"
  | "other"
  | `option ${string}`;

/** One difference between a machine and the one that it is compared with. */
export interface Difference {
  readonly aspect: Aspect;
  readonly row: number;
  /** Which machine differs. */
  readonly machine: number;
  /** What the leading machine did, and what this one; one of them may be nothing. */
  readonly base: Recorded | undefined;
  readonly own: Recorded | undefined;
  /** "window 64240 in place of 65535". */
  readonly text: string;
}

export interface Judged extends Difference {
  /** The RFC that leaves a choice, as a sentence; undefined: none is known. */
  readonly allowed: string | undefined;
}

/** What a rule may look at: all that both machines did. */
export interface Around {
  readonly base: readonly Recorded[];
  readonly own: readonly Recorded[];
}

/** All differences, row by row. `tolerance`: microseconds between two times that count as one. */
export function judgeDifferences(rows: readonly Row[], recordings: readonly Recording[], tolerance: number): Judged[] {
  const base = recordings[0]?.happenings ?? [];
  return rows.flatMap((row, index) =>
    row.slice(1).flatMap((own, at) => {
      const around = { base, own: recordings[at + 1]?.happenings ?? [] };
      // Behind where a machine stopped it does nothing: that is one difference, told elsewhere.
      if (own === undefined && recordings[at + 1]?.stopped !== undefined && isBehind(row[0], around.own)) return [];
      return differencesOf(row[0], own, tolerance).map(([aspect, text]) => {
        const difference = { aspect, row: index, machine: at + 1, base: row[0], own, text };
        return { ...difference, allowed: whyAllowed(difference, around) };
      });
    })
  );
}

function isBehind(one: Recorded | undefined, all: readonly Recorded[]): boolean {
  const last = all.at(-1);
  return one !== undefined && (last === undefined || one.behind >= last.behind);
}

function differencesOf(base: Recorded | undefined, own: Recorded | undefined, tolerance: number): [Aspect, string][] {
  if (base === undefined && own === undefined) return [];
  if (base === undefined || own === undefined) {
    const { text, kind } = (base ?? own) as Recorded;
    if (kind === "in") return [];
    return [[kind === "call" ? "result" : "packet", base === undefined ? `${text}: one more` : `${text}: not there`]];
  }
  if (base.kind === "in") return [];
  const found: [Aspect, string][] = [];
  if (base.kind === "call") {
    if (base.text !== own.text) found.push(["result", `${own.text} in place of ${base.text.slice(base.text.lastIndexOf("=") + 2)}`]);
  } else if (base.packet !== undefined && own.packet !== undefined) found.push(...segmentDifferences(base.packet, own.packet));
  else if (base.text !== own.text) found.push(["other", `${own.text} in place of ${base.text}`]);
  if (Math.abs(base.time - own.time) > tolerance) {
    found.push(["time", `${own.kind === "call" ? "over " : ""}at ${clockText(own.time)} in place of ${clockText(base.time)}`]);
  }
  return found;
}

function segmentDifferences(base: TcpPacket, own: TcpPacket): [Aspect, string][] {
  const found: [Aspect, string][] = [];
  const compare = (aspect: Aspect, name: string, one: unknown, two: unknown): void => {
    if (one !== two) found.push([aspect, `${name} ${two ?? "none"} in place of ${one ?? "none"}`]);
  };
  compare("flags", "flags", base.flags || "-", own.flags || "-");
  compare("seq", "seq", base.seq.from, own.seq.from);
  compare("length", "length", base.seq.length, own.seq.length);
  compare("ack", "ack", base.ack, own.ack);
  compare("window", "window", base.window, own.window);
  compare("urgent", "urgent pointer", base.urgent, own.urgent);
  return [...found, ...optionDifferences(base.options, own.options)];
}

function optionDifferences(base: TcpPacket["options"], own: TcpPacket["options"]): [Aspect, string][] {
  const [one, two] = [meaningful(base), meaningful(own)];
  const kinds = [...new Set([...one, ...two].map(nameOf))];
  return kinds.flatMap((kind): [Aspect, string][] => {
    const [a, b] = [one, two].map((options) => options.find((option) => nameOf(option) === kind));
    if (a === undefined) return [[`option ${kind}`, `${optionText(b as TcpOption)}: one option more`]];
    if (b === undefined) return [[`option ${kind}`, `${optionText(a)}: this option is not there`]];
    // Clocks of two machines differ; what they echo is the peer's.
    if (a.kind === "TS" && b.kind === "TS") return a.echo === b.echo ? [] : [["option TS", `echo ${b.echo} in place of ${a.echo}`]];
    return optionText(a) === optionText(b) ? [] : [[`option ${kind}`, `${optionText(b)} in place of ${optionText(a)}`]];
  });
}

/** Options without those that fill up. Their order means nothing. */
function meaningful(options: TcpPacket["options"]): readonly TcpOption[] {
  return options === "any" ? [] : options.filter(({ kind }) => kind !== "nop" && kind !== "eol");
}

function nameOf(option: TcpOption): string {
  return option.kind === "unknown" ? `${option.number}` : option.kind;
}

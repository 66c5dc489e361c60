/**
 * What happened in one check, step by step: calls, packets in both directions, virtual time, and what the student's
 * code printed meanwhile. Kept while the check runs, shown when it fails, written out as a capture on request.
 */
import { PcapngWriter } from "../../stack/link/pcapng.ts";
import type { Medium } from "../../stack/link/device.ts";
import { describe, describeProblems } from "../../stack/wire/describe.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { countedFrom, StreamNumbers } from "./stream_numbers.ts";

/** The direction of a packet, as the student sees it. */
export type PacketDirection = "to you" | "from you";

/** One step. `time` is in milliseconds of the check's own clock. */
export type Step =
  | CallStep
  /** Something that was found to be right. */
  | { readonly kind: "right"; readonly time: number; readonly text: string }
  | NoteStep
  /** A printed line, with the number of the step in which it was printed. */
  | { readonly kind: "log"; readonly time: number; readonly text: string; readonly step: number }
  | {
    readonly kind: "packet";
    readonly time: number;
    readonly direction: PacketDirection;
    /** Who is at the other end: "kernel", "peer". */
    readonly other: string;
    readonly text: string;
    readonly problems: readonly string[];
    readonly bytes: Uint8Array;
    readonly medium: Medium;
    readonly fcs: boolean;
    readonly note: string;
    readonly on: number;
  };

export type PacketStep = Step & { kind: "packet" };

/** Something that was said. */
export interface NoteStep {
  readonly kind: "note";
  readonly time: number;
  readonly text: string;
  /** How many numbered steps there were before those that it sums up, since they went well. */
  readonly since?: number;
}

/** A call of a lab function: "createRoutes.add(10.0.0.0/8 on 0)", and what came of it: "→ true". */
export interface CallStep {
  readonly kind: "call";
  readonly time: number;
  readonly name: string;
  /** Its arguments; undefined when it was called many times at once. */
  readonly args: string | undefined;
  /** What stands behind the call: "→ true", ", called 60 times", "threw RangeError"; "" when it returned nothing. */
  readonly outcome: string;
}

/** The note beside a packet of the peer's that no check has asked for. */
export const ANSWERS_BY_ITSELF = "the peer answers by itself";

const MAX_STEPS = 5000;
const MAX_LOG = 200;

export class Transcript {
  readonly steps: Step[] = [];
  /** Steps that were not kept, because there were too many. */
  lost = 0;
  /** Where the numbers in the segments begin. */
  readonly streams = new StreamNumbers();
  #numbered = 0;
  #logs = 0;

  /** Steps so far that carry a number: all but printed lines. */
  get numbered(): number {
    return this.#numbered;
  }

  call(step: Omit<CallStep, "kind">): void {
    this.#add({ kind: "call", ...step });
  }

  /** Something that a check found to be as it should be. */
  right(time: number, what: string): void {
    this.#add({ kind: "right", time, text: what });
  }

  /** `since`: it sums up all from there on, where so many numbered steps had been made. */
  note(time: number, text: string, since?: number): void {
    this.#add({ kind: "note", time, text, ...(since === undefined ? {} : { since }) });
  }

  /** Forgets all steps so far, and what was printed in them. */
  restart(): void {
    this.steps.length =
      this.lost =
      this.#numbered =
      this.#logs =
        0;
  }

  /** Lines that student code printed in step number `step`. */
  log(time: number, step: number, lines: readonly string[], lost: number): void {
    for (const text of lines) {
      if (this.#logs++ < MAX_LOG) this.steps.push({ kind: "log", time, text, step });
    }
    if (lost > 0) this.steps.push({ kind: "log", time, text: `… and ${lost} more lines`, step });
  }

  packet(step: Omit<PacketStep, "kind" | "text" | "problems">): void {
    const begins = this.streams.take(step.bytes, step.medium);
    // Most transcripts are never shown: what a packet says of itself is made out when somebody reads it.
    this.#add({
      ...step,
      kind: "packet",
      get text() {
        const line = describe(step.bytes, step.medium, step);
        return begins === undefined ? line : countedFrom(line, begins);
      },
      get problems() {
        return step.direction === "from you" ? ownProblems(step) : [];
      },
    });
  }

  /** What a packet is that has crossed the wire, in a line. */
  describe(packet: Uint8Array, medium: Medium): string {
    const begins = this.streams.take(packet, medium);
    const line = describe(packet, medium);
    return begins === undefined ? line : countedFrom(line, begins);
  }

  /** The packets as a pcapng file, with the check's clock and a comment where there is something to say. */
  toPcapng(): Uint8Array<ArrayBuffer> {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const writer = new PcapngWriter((bytes) => chunks.push(bytes.slice()));
    const interfaces = new Map<string, number>();
    const frame = new Frame(65536 + 512, 128);
    for (const step of this.steps) {
      if (step.kind !== "packet") continue;
      const key = `${step.on} ${step.medium} ${step.fcs}`;
      let id = interfaces.get(key);
      if (id === undefined) {
        id = writer.addInterface({ name: `wire${step.on}`, medium: step.medium, fcs: step.fcs });
        interfaces.set(key, id);
      }
      frame.reset();
      const bytes = step.bytes.subarray(0, frame.room); // a frame of any length may have been sent: a capture holds as much as is a packet
      frame.bytes.set(bytes, frame.append(bytes.length));
      const cut = bytes.length < step.bytes.length ? `the first ${bytes.length} of ${step.bytes.length} bytes` : "";
      const comment = [step.note, ...step.problems.map((problem) => `wrong: ${problem}`), cut].filter((text) => text !== "").join("; ");
      writer.packet(id, step.time, frame, step.direction === "to you" ? "inbound" : "outbound", comment === "" ? undefined : comment);
    }
    writer.flush();
    const file = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      file.set(chunk, at);
      at += chunk.length;
    }
    return file;
  }

  #add(step: Step): void {
    this.#numbered++;
    if (this.steps.length < MAX_STEPS) this.steps.push(step);
    else this.lost++;
  }
}

/** What is wrong with a packet, as far as it is its sender's doing: what an ICMP error quotes is somebody else's. */
function ownProblems(step: Pick<PacketStep, "bytes" | "medium" | "fcs">): string[] {
  return describeProblems(step.bytes, step.medium, step).filter((problem) => !problem.startsWith("in the quote"));
}

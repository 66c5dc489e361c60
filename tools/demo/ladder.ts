/**
 * What goes by, as people read it: a line a packet, with its time, who sends it to whom, and what it is. After each act
 * the packets go into the capture too, with the same words as their comments.
 *
 *       0.00 ms  kernel ──▶ stack   ARP who has 10.44.0.2? tell 10.44.0.1
 *       0.41 ms  kernel ◀── stack   ARP 10.44.0.2 is at 02:00:00:00:00:02
 */
import { capture, type CaptureFile } from "../../stack/link/capture.ts";
import type { Direction } from "../../stack/link/decorate.ts";
import type { Device } from "../../stack/link/device.ts";
import { describe, describeProblems, openPacket } from "../../stack/wire/describe.ts";
import { dissect, type Layer, valueOf } from "../../stack/wire/dissect.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { paint, WIDTH, wrap } from "../lab/text.ts";

/** Who is at the two ends of a wire: left in the picture, and right. The stack may be either. */
export interface Ends {
  readonly left: string;
  readonly right: string;
  /** Which of them holds the device that is watched. */
  readonly holder: "left" | "right";
}

/** What a connection of the stack's was like when a packet of it had been sent, or taken in. */
export interface Snapshot {
  readonly state: string;
  /** Bytes that its program has not read, and bytes that the other end has not acknowledged. */
  readonly unread: number;
  readonly unacknowledged: number;
}

/** A packet that went by. */
export interface Sighting {
  readonly time: number;
  readonly arrow: string;
  readonly bytes: Uint8Array;
  readonly device: Device;
  /** What it is, in a line. */
  readonly text: string;
  readonly outbound: boolean;
  readonly after: Snapshot | undefined;
}

/** A packet as it is noted while it goes by, when there is no time for more. */
interface Note {
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly direction: Direction;
  readonly device: Device;
  readonly ends: Ends;
  readonly id: number;
  after: Snapshot | undefined;
}

export class Ladder {
  readonly #file: CaptureFile;
  readonly #clock: () => number;
  /** Looks at the connection that a packet of the stack's belongs to. */
  look: (packet: Uint8Array, device: Device) => Snapshot | undefined = () => undefined;
  #notes: Note[] = [];
  /** Those whose packet is being taken in. */
  #fresh: Note[] = [];
  /** Packets in all acts so far. */
  total = 0;

  /** `clock` gives the time in milliseconds. */
  constructor(file: CaptureFile, clock: () => number) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Watches a device from now on. */
  watch(device: Device, ends: Ends): Device {
    return capture(device, {
      addInterface: (described) => this.#file.addInterface(described),
      packet: (id, time, frame, direction) => {
        const note: Note = { time, bytes: frame.toBytes(), direction, device, ends, id, after: undefined };
        this.#notes.push(note);
        if (direction === "outbound") note.after = this.look(note.bytes, device);
        else this.#fresh.push(note);
      },
    }, { clock: this.#clock });
  }

  /** To be called when the stack has taken in everything that came. */
  settle(): void {
    for (const note of this.#fresh) note.after = this.look(note.bytes, note.device);
    this.#fresh = [];
  }

  /** Ends an act: gives what was seen in it, and writes it down with its title. Throws an Error when that fails. */
  end(title: string): readonly Sighting[] {
    const seen = this.#notes.map(({ time, bytes, direction, device, ends, id, after }) => {
      const text = describe(bytes, device.medium, device);
      this.#file.packet(id, time, Frame.of(bytes), direction, `${title}: ${text}`);
      return { time, arrow: arrow(ends, direction), bytes, device, text, outbound: direction === "outbound", after };
    });
    this.#file.flush();
    this.#notes = [];
    this.total += seen.length;
    return seen;
  }
}

function arrow({ left, right, holder }: Ends, direction: Direction): string {
  const rightwards = (direction === "outbound") === (holder === "left");
  return `${left.padEnd(6)} ${rightwards ? "──▶" : "◀──"} ${right.padEnd(5)}`;
}

/** The lines of one act. Times count from its first packet; fragments behind the first of a packet are folded into one line. */
export function ladderLines(seen: readonly Sighting[]): string[] {
  const lines: string[] = [];
  const first = seen[0]?.time ?? 0;
  for (let at = 0; at < seen.length;) {
    const sighting = seen[at] as Sighting;
    const folded = seen.slice(at + 1).findIndex((other) => !continues(sighting, other));
    const more = folded < 0 ? seen.length - at - 1 : folded;
    lines.push(...packetLines(sighting, first));
    if (more === 1) lines.push(...packetLines(seen[at + 1] as Sighting, first));
    else if (more > 1) lines.push(foldedLine(seen.slice(at + 1, at + 1 + more)));
    at += 1 + more;
  }
  return lines;
}

/** Columns in front of a packet's description. */
const MARGIN = 31;

function packetLines({ time, arrow, text, bytes, device }: Sighting, first: number): string[] {
  const front = `${(time - first).toFixed(2).padStart(8)} ms  ${arrow}  `;
  const words = wrap(text, WIDTH - MARGIN).map((line, index) => (index === 0 ? front : " ".repeat(MARGIN)) + line);
  const wrongs = describeProblems(bytes, device.medium, device).flatMap((problem) => wrap(`✘ ${problem}`, WIDTH - MARGIN)).map((line) =>
    " ".repeat(MARGIN) + line
  );
  return [...words, ...wrongs];
}

function foldedLine(fragments: readonly Sighting[]): string {
  const [begin] = place(fragments[0] as Sighting);
  const [, end] = place(fragments.at(-1) as Sighting);
  return `${" ".repeat(MARGIN)}${paint("dim", `… and ${fragments.length} more fragments of it, bytes ${begin}–${end - 1}`)}`;
}

/** Whether `other` is a further fragment of the packet that `first` is the first fragment of, going the same way. */
function continues(first: Sighting, other: Sighting): boolean {
  return first.arrow === other.arrow && place(first)[0] === 0 && place(other)[0] > 0 && identification(first) === identification(other);
}

/** Which bytes of the original packet's payload a fragment carries: from, up to. */
function place(sighting: Sighting): readonly [from: number, to: number] {
  const ip = header(sighting);
  if (ip === undefined) return [-1, -1];
  const from = valueOf(ip, "fragmentOffset");
  return [from, from + valueOf(ip, "totalLength") - valueOf(ip, "headerLength")];
}

function identification(sighting: Sighting): number | undefined {
  const ip = header(sighting);
  return ip && valueOf(ip, "identification");
}

function header({ bytes, device }: Sighting): Layer | undefined {
  return dissect(bytes, device.medium, device).find((layer) => layer.name === "IPv4" && !layer.quoted);
}

/** One packet, layer by layer, with its bytes. */
export function openedLines(sighting: Sighting): string[] {
  const { bytes, device } = sighting;
  return openPacket(bytes, device.medium, { fcs: device.fcs, columns: WIDTH - 2, lines: 2 }).split("\n").map((line) => `  ${line}`);
}

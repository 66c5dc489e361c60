/** What every stage tells, shows and claims, and the capture that it leaves behind. */
import type { CaptureFile } from "../../stack/link/capture.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { paint, WIDTH, wrap } from "../lab/text.ts";
import type { Telling } from "./experiment.ts";
import type { Ladder, Sighting } from "./ladder.ts";
import type { Packet } from "./packet.ts";

/** Where the words go, and the packets. */
export interface Outlet {
  readonly seed: number;
  readonly print: (line: string) => void;
  readonly capture: CaptureFile | undefined;
  /** The reader's own rules, for an experiment that has some. */
  readonly rules?: string;
}

const INDENT = "   ";
/** Lines of one stretch of the ladder; after that it is only counted how many more there are. */
const LONGEST_LADDER = 40;

export abstract class Script implements Telling {
  readonly seed: number;
  readonly random: Random;
  /** Claims that did not hold. */
  readonly broken: string[] = [];
  /** Claims that were made. */
  claims = 0;
  /** What was shown of the wire, for the picture. */
  readonly sightings: Sighting[] = [];
  /** What was printed between the packets. */
  readonly said: string[] = [];
  /** All packets, shown or not. */
  packets = 0;
  readonly #outlet: Outlet;
  readonly #interfaces = new Map<string, number>();
  #isShown: boolean | string = true;
  #shown = 0;
  #omitted = 0;
  #hasLadder = false;
  #last = "";

  constructor(outlet: Outlet) {
    this.seed = outlet.seed;
    this.random = createRandom(outlet.seed);
    this.#outlet = outlet;
  }

  abstract now(): number;

  say(text: string): void {
    this.lines(wrap(text, WIDTH - INDENT.length));
  }

  lines(lines: readonly string[]): void {
    this.#open();
    for (const line of lines) this.#print(`${INDENT}${line}`.trimEnd());
    this.said.push(...lines);
  }

  expect(claim: string, holds: boolean): void {
    this.claims++;
    if (!holds) this.broken.push(claim);
    this.#open();
    const [first = "", ...rest] = wrap(claim, WIDTH - INDENT.length - 2);
    this.said.push(`${holds ? "✔" : "✘"} ${first}`, ...rest.map((line) => `  ${line}`));
    this.#print(`${INDENT}${paint(holds ? "green" : "red", holds ? "✔" : "✘")} ${first}`);
    for (const line of rest) this.#print(`${INDENT}  ${line}`);
  }

  get seen(): readonly Packet[] {
    return this.sightings.map(({ packet }) => packet);
  }

  ladder(shown: boolean | string): void {
    this.#isShown = shown;
  }

  /** Prints a line; of empty ones no two in a row, and none at the beginning. */
  #print(line: string): void {
    if (line === "" && this.#last === "") return;
    this.#last = line;
    this.#outlet.print(line);
  }

  /** A packet is being sent. */
  protected sight(ladder: Ladder, packet: Packet, arrives: number | undefined, decimals: number): void {
    this.packets++;
    this.#write(packet, arrives);
    if (this.#isShown === false || typeof this.#isShown === "string" && this.#isShown !== packet.wire) return ladder.note(packet);
    const sighting = ladder.see(packet, arrives);
    this.sightings.push(sighting);
    if (++this.#shown > LONGEST_LADDER) return void this.#omitted++;
    if (!this.#hasLadder) this.#print("");
    this.#hasLadder = true;
    for (const line of ladder.lines(sighting, decimals)) this.#print(`${INDENT}${line}`.trimEnd());
  }

  /** Ends a stretch of the ladder: there is an empty line on either side of it. */
  #open(): void {
    if (this.#omitted > 0) this.#print(`${INDENT}${paint("dim", `     … and ${this.#omitted} more packets, all in the capture`)}`);
    if (this.#hasLadder) this.#print("");
    [this.#shown, this.#omitted, this.#hasLadder] = [0, 0, false];
  }

  #write({ wire, medium, fcs, time, bytes, from, to }: Packet, arrives: number | undefined): void {
    const { capture } = this.#outlet;
    if (capture === undefined) return;
    const id = this.#interfaces.get(wire) ?? capture.addInterface({ name: wire, medium, fcs });
    this.#interfaces.set(wire, id);
    capture.packet(id, time, Frame.of(bytes), "outbound", `${from} → ${to}${arrives === undefined ? ", lost" : ""}`);
  }
}

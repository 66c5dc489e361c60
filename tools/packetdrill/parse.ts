/**
 * The parser of the packetdrill language, after the grammar that its project publishes (Syntax.md, July 2013) and what was added since.
 *
 *     script   := (option | command)* event+
 *     event    := time (packet | call | command | code)
 *     time     := T | +T | T~T | +T~+T | *          T: seconds, "0.1", ".1", "3"
 *
 * Packets are read in `parse_packet.ts`, calls in `parse_call.ts`. Takes time in proportion to the text and never throws: a file that is no
 * script gives a `Malformed`, a script that asks for more than we have lists it in `needs`, and leaves those events out.
 *
 * Stricter than the published grammar in a few places, where the other reading cannot be meant: lengths have to add up, numbers have to fit
 * their fields, and an absolute time cannot be before what the events in front of it have reached.
 */
import type { Token } from "./lexer.ts";
import { NotInTheLanguage, NotSupported } from "./malformed.ts";
import { parseCall } from "./parse_call.ts";
import { parsePacket } from "./parse_packet.ts";
import type { Command, EventTime, Malformed, Need, Script, ScriptEvent, ScriptOption } from "./script.ts";
import { TokenReader } from "./token_reader.ts";

export { formatMalformed } from "./malformed.ts";
export { printEvent } from "./print.ts";

export interface ParseOptions {
  /** Reads a file that a script includes, by its path from where the script's own path counts; undefined when there is none. */
  readonly read?: (path: string) => string | undefined;
  /** Names for #ifdef; by default STANDARD alone. */
  readonly defines?: ReadonlySet<string>;
}

/** Seconds that a time may be at most: about 31 years, and whole microseconds are exact up to there. */
const MAX_SECONDS = 1e9;

const STANDARD: ReadonlySet<string> = new Set(["STANDARD"]);

/** Reads a script. `file` is what its places are called. */
export function parseScript(file: string, text: string, options: ParseOptions = {}): Script | Malformed {
  try {
    const reader = new TokenReader(file, text, { defines: STANDARD, ...options });
    return new ScriptParser(reader).script(file, text);
  } catch (error) {
    if (error instanceof NotInTheLanguage) return error.malformed;
    throw error;
  }
}

class ScriptParser {
  readonly #reader: TokenReader;
  readonly #needs: Need[] = [];
  /** The earliest time that the events so far can have reached, and the line that says so. */
  #reached = 0;
  #reachedLine = 0;

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  script(file: string, text: string): Script {
    const options: ScriptOption[] = [];
    const setup: Command[] = [];
    for (let head = this.#reader.peek(); head.kind === "option" || head.kind === "command"; head = this.#reader.peek()) {
      const { place, text, value = "" } = this.#reader.next();
      if (head.kind === "option") options.push({ place, name: text, value });
      else setup.push({ place, text });
    }
    const events: ScriptEvent[] = [];
    let seen = 0;
    for (; seen === 0 || this.#reader.peek().kind !== "end"; seen++) {
      const event = this.#event();
      if (event !== undefined) events.push(event);
    }
    const needs = [...this.#reader.needs, ...this.#needs];
    return { file, options, setup, events, needs, lines: text.split("\n").map((line) => line.endsWith("\r") ? line.slice(0, -1) : line) };
  }

  /** Undefined for an event that needs what we do not have. */
  #event(): ScriptEvent | undefined {
    try {
      return this.#supportedEvent();
    } catch (error) {
      if (!(error instanceof NotSupported)) throw error;
      this.#needs.push(error.need);
      while (!beginsEvent(this.#reader.peek())) this.#reader.next();
      return undefined;
    }
  }

  #supportedEvent(): ScriptEvent {
    const reader = this.#reader;
    const { place } = reader.peek();
    const time = this.#time();
    const head = reader.peek();
    if (head.kind === "command") return { kind: "command", place, time, text: reader.next().text };
    if (head.kind === "code") {
      const { file, line, column } = head.place;
      return { kind: "code", place, time, begins: { file, line, column: column + 2 }, text: reader.next().text };
    }
    if (reader.sees("<") || reader.sees(">")) return { kind: "packet", place, time, ...parsePacket(reader) };
    if (head.kind === "word" && reader.sees("(", 1)) return { kind: "call", place, time, ...parseCall(reader) };
    if (head.kind === "ellipsis") {
      const until = this.#until(time);
      return { kind: "call", place, time, ...parseCall(reader), until };
    }
    return reader.fail("a packet, a call, a command or code");
  }

  #time(): EventTime {
    const reader = this.#reader;
    const begin = reader.peek();
    if (reader.takes("*")) return { kind: "any" };
    const relative = reader.takes("+");
    const from = this.#seconds(relative ? "a time behind '+'" : "a time");
    this.#advance(begin, relative, from);
    if (!reader.takes("~")) return { kind: relative ? "relative" : "absolute", at: from };
    if (relative) reader.expect("+", "'+', as in +.1~+.2");
    const end = reader.peek();
    const to = this.#seconds("a time behind '~'");
    if (to < from) reader.fail("a time that is not before the one in front of '~'", end);
    return { kind: relative ? "relative range" : "absolute range", from, to };
  }

  /** Time does not run backwards. */
  #advance(token: Token, relative: boolean, time: number): void {
    const reached = relative ? this.#reached + time : time;
    if (reached < this.#reached) this.#reader.fail(`a time that is not before line ${this.#reachedLine}'s`, token);
    if (reached > this.#reached || this.#reachedLine === 0) this.#reachedLine = token.place.line;
    this.#reached = reached;
  }

  /** "...0.5": when a call that waits has to be over. */
  #until(time: EventTime): number {
    const reader = this.#reader;
    const dots = reader.next();
    if (time.kind !== "relative" && time.kind !== "absolute") return reader.fail("a call, as only one time can stand before '...'", dots);
    if (time.kind === "relative") reader.takes("+");
    const token = reader.peek();
    const until = this.#seconds("a time behind '...'");
    return until < time.at ? reader.fail("a time that is not before the one in front of '...'", token) : until;
  }

  /** Seconds, as microseconds. */
  #seconds(expected: string): number {
    const token = this.#reader.peek();
    if (token.kind !== "integer" && token.kind !== "float") return this.#reader.fail(expected);
    const seconds = Number(token.raw);
    if (!(seconds >= 0)) return this.#reader.fail("a time that is not negative");
    if (!(seconds <= MAX_SECONDS)) return this.#reader.fail(`a time of ${MAX_SECONDS} seconds at most`);
    this.#reader.next();
    return Math.round(seconds * 1e6);
  }
}

/** Whether an event may begin here; for going on behind one that cannot be read. */
function beginsEvent({ kind, first, raw }: Token): boolean {
  return kind === "end" || first && (kind === "integer" || kind === "float" || raw === "+" || raw === "*");
}

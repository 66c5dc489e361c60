/**
 * Runs a script against a machine, event by event, and stops at the first that does not come true.
 *
 * An event's time is the script's: a relative one counts from the event before, as written; behind an event that may come at several times, from
 * when it came. What the machine sends waits in a queue until the script asks for it. An expected packet may come in several parts, one behind
 * the other, if their text adds up to it. Text is compared, too: what the machine sends with what was written, what it reads with what was sent.
 */
import { SubjectDied } from "../harness/subject_process.ts";
import { buildDatagram, buildMessage, buildSegment, quoteSegment } from "./build_packet.ts";
import { BadArgument, callDifferences, callOf } from "./calls.ts";
import { callText, timeText } from "./event_text.ts";
import { Expectation } from "./expectation.ts";
import { evaluate } from "./expression.ts";
import { Flows } from "./flows.ts";
import { type Machine, Missing, type Pending, type Returned, type SystemCall } from "./machine.ts";
import type { CallEvent, CodeEvent, EventTime, PacketEvent, Place, Script, ScriptEvent } from "./script.ts";
import { settingsOf } from "./sysctls.ts";
import { StackThrew } from "./stack_machine.ts";
import type { Failure, Happening, Verdict } from "./verdict.ts";

/** How a script is run. */
export interface RunSettings {
  readonly localAddress: string;
  readonly remoteAddress: string;
  /** Microseconds by which anything may be early or late. */
  readonly tolerance: number;
  /** An expected packet has to come as one. */
  readonly strict: boolean;
  /** P is not compared. */
  readonly ignorePush: boolean;
  /** The ports that "..." stands for. */
  readonly bindPort: number;
  readonly connectPort: number;
  /** What becomes of an exception or a hang of the stack: it is the verdict, or it is thrown on. */
  readonly crashes: "verdict" | "thrown";
}

/** No script is run for longer, in microseconds of its own time: a day. */
const LONGEST = 86_400_000_000;
/** How long "*" waits. */
const ANY_TIME = 3_600_000_000;

/** A call that has not been compared yet. */
interface Open {
  readonly event: CallEvent;
  readonly call: SystemCall;
  readonly pending: Pending;
  /** When it has to be over; with the tolerance on both sides. */
  readonly until: number;
}

/** Thrown inside when an event does not come true. */
class Wrong extends Error {
  readonly failure: Omit<Failure, "story">;

  constructor(failure: Omit<Failure, "story">) {
    super(failure.got);
    this.failure = failure;
  }
}

/** Runs it. The machine is the caller's to close. */
export async function runScript(script: Script, machine: Machine, settings: RunSettings): Promise<Verdict> {
  const run = new Run(machine, settings);
  const { file } = script;
  if (script.needs.length > 0) return { script: file, verdict: "needs", needs: script.needs };
  let at: Place = { file, line: 1, column: 1 };
  try {
    for (const event of script.events) {
      at = event.place;
      await run.play(event);
    }
    await run.finish();
    return { script: file, verdict: "passed", took: machine.now() };
  } catch (error) {
    if (error instanceof Missing) return { script: file, verdict: "needs", needs: [{ place: at, what: error.what }] };
    if (error instanceof BadArgument) {
      return { script: file, verdict: "malformed", malformed: { place: at, expected: error.expected, found: "something else" } };
    }
    if (error instanceof Wrong) {
      await run.drain();
      return { script: file, verdict: "failed", failure: { ...error.failure, story: run.story } };
    }
    if (settings.crashes === "thrown" || !(error instanceof SubjectDied || error instanceof StackThrew)) throw error;
    const failure = { place: at, expected: "an answer", got: error.message, differences: [], story: run.story };
    return { script: file, verdict: "failed", failure };
  }
}

class Run {
  readonly story: Happening[] = [];
  readonly #machine: Machine;
  readonly #settings: RunSettings;
  readonly #flows: Flows;
  /** When the event before was, in the script's time. */
  #before = 0;
  #open: Open[] = [];
  /** The machine's descriptors by the script's. */
  readonly #descriptors = new Map<number, number>();
  /** The one whose connection code blocks ask about. */
  #asked: number | undefined;
  /** The last packet that the machine sent. */
  #lastSent: Uint8Array | undefined;

  constructor(machine: Machine, settings: RunSettings) {
    this.#machine = machine;
    this.#settings = settings;
    this.#flows = new Flows(settings.bindPort, settings.connectPort);
  }

  async play(event: ScriptEvent): Promise<void> {
    const { from, to } = this.#window(event.time);
    if (from > LONGEST) throw new Missing("more than a day of time");
    if (event.kind === "packet" && event.direction === "out") {
      const came = await this.#expect(event, from, to);
      this.#before = event.time.kind === "absolute" || event.time.kind === "relative" ? from : came;
      return;
    }
    await this.#settle(from);
    await this.#machine.waitUntil(from);
    const before = this.#before;
    this.#before = from;
    if (event.kind === "packet") await this.#give(event);
    else if (event.kind === "call") await this.#call(event, from, before);
    else if (event.kind === "code") await this.#evaluate(event);
    else this.#command(event.place, event.text);
  }

  /** Waits for the calls that are still to return. */
  async finish(): Promise<void> {
    await this.#settle(Infinity);
  }

  /** Adds what the machine has sent and nobody asked for to the story. */
  async drain(): Promise<void> {
    for (let left = 10; left > 0; left--) {
      const sent = await this.#machine.take(this.#machine.now());
      if (sent === undefined) return;
      const text = this.#flows.read(sent.packet).text;
      this.story.push({ kind: "packet", time: sent.time, direction: "out", text });
    }
  }

  // ── Times ──────────────────────────────────────────────────────────────────────────────────────────────────

  #window(time: EventTime): { from: number; to: number } {
    switch (time.kind) {
      case "absolute":
        return { from: time.at, to: time.at };
      case "relative":
        return { from: this.#before + time.at, to: this.#before + time.at };
      case "absolute range":
        return time;
      case "relative range":
        return { from: this.#before + time.from, to: this.#before + time.to };
      case "any":
        return { from: this.#machine.now(), to: this.#machine.now() + ANY_TIME };
    }
  }

  // ── Packets ────────────────────────────────────────────────────────────────────────────────────────────────

  async #give(event: PacketEvent): Promise<void> {
    const { packet, ip } = event;
    const ends = this.#settings;
    let bytes: Uint8Array;
    if (packet.protocol === "tcp") {
      const flow = this.#flows.forGiven(packet);
      if (packet.flags.includes("U")) this.#flows.streamOf(flow)?.becomeUrgent();
      bytes = buildSegment(packet, flow, ip, ends);
    } else if (packet.protocol === "udp") {
      bytes = buildDatagram(packet, this.#flows.portsGiven(packet.ports), ip, ends);
    } else bytes = buildMessage(packet, this.#quote(event), ip, ends);
    this.#tell({ kind: "packet", direction: "in", text: this.#flows.textOf(packet) }, event.place);
    await this.#machine.inject(bytes);
  }

  /** What an ICMP error is about: the segment that the script names, or the last packet that the machine sent. */
  #quote({ packet }: PacketEvent): Uint8Array {
    if (packet.protocol !== "icmp") return new Uint8Array();
    const { about } = packet;
    if (about !== undefined && "seq" in about) return quoteSegment(about.seq.from, about.seq.length, this.#flows.current, this.#settings);
    const last = this.#lastSent;
    if (last === undefined) throw new BadArgument("a packet that the error can be about: none was sent yet");
    return last.slice(0, 28);
  }

  /** Waits for a packet, or all parts of one. Returns when the last came. */
  async #expect(event: PacketEvent, from: number, to: number): Promise<number> {
    const { tolerance } = this.#settings;
    const expectation = new Expectation(event, this.#flows, this.#settings);
    await this.#settle(from);
    for (;;) {
      const sent = await this.#machine.take(to + tolerance);
      if (sent === undefined) {
        const got = `nothing until ${timeText(to + tolerance)}`;
        throw new Wrong({ place: event.place, expected: expectation.text, got, differences: [] });
      }
      this.#lastSent = sent.packet;
      const wanted = expectation.text; // a part of it may come
      const { text, differences, isWhole } = expectation.take(sent.packet);
      this.story.push({ kind: "packet", time: sent.time, direction: "out", text, line: event.place.line });
      let [expected, got] = [wanted, text];
      if (sent.time < from - tolerance || sent.time > to + tolerance) {
        const due = from === to ? timeText(from) : `${timeText(from)} to ${timeText(to)}`;
        [expected, got] = [`${wanted} at ${due}`, `${text} at ${timeText(sent.time)}`];
        differences.unshift(`time: ${timeText(sent.time)} in place of ${due}`);
      }
      if (differences.length > 0) throw new Wrong({ place: event.place, expected, got, differences });
      if (isWhole) return sent.time;
    }
  }

  // ── Calls ──────────────────────────────────────────────────────────────────────────────────────────────────

  async #call(event: CallEvent, from: number, before: number): Promise<void> {
    const call = callOf(event, {
      descriptor: (script) => this.#descriptors.get(script) ?? script,
      local: { ip: this.#settings.localAddress, port: this.#settings.bindPort },
      remote: { ip: this.#settings.remoteAddress, port: this.#settings.connectPort },
      text: (descriptor, count) => this.#flows.stream(descriptor).next(count),
    });
    this.#flows.begins(call);
    const pending = await this.#machine.call(call);
    if (event.until !== undefined) {
      const until = event.time.kind === "absolute" ? event.until : before + event.until; // both count from the event before
      this.#open.push({ event, call, pending, until });
      if (pending.returned === undefined) this.#tell({ kind: "call", text: `${callText(event)} waits` }, event.place);
      return;
    }
    if (pending.returned === undefined) await this.#machine.waitFor(pending, from + (this.#machine.virtual ? 0 : this.#settings.tolerance));
    if (pending.returned === undefined) {
      const got = `${event.name}() has to wait`;
      throw new Wrong({ place: event.place, expected: callText(event), got, differences: [] });
    }
    this.#compare(event, call, pending.returned);
  }

  /** Compares the calls that have to be over before `time`. */
  async #settle(time: number): Promise<void> {
    const { tolerance } = this.#settings;
    for (const open of this.#open.filter(({ until, pending }) => until + tolerance < time || pending.returned !== undefined)) {
      this.#open = this.#open.filter((each) => each !== open);
      const { event, call, pending, until } = open;
      await this.#machine.waitFor(pending, until + tolerance);
      const expected = `${callText(event)} at ${timeText(until)}`;
      if (pending.returned === undefined) {
        throw new Wrong({ place: event.place, expected, got: `it still waits at ${timeText(until + tolerance)}`, differences: [] });
      }
      this.#compare(event, call, pending.returned);
      const { time: over } = pending.returned;
      if (Math.abs(over - until) > tolerance) {
        const differences = [`time: ${timeText(over)} in place of ${timeText(until)}`];
        throw new Wrong({ place: event.place, expected, got: `over at ${timeText(over)}`, differences });
      }
    }
  }

  #compare(event: CallEvent, call: SystemCall, returned: Returned): void {
    const text = callText(event, returned);
    this.story.push({ kind: "call", time: returned.time, text, line: event.place.line });
    const differences = [...callDifferences(event, call, returned), ...this.#flows.ended(call, returned)];
    if (differences.length > 0) throw new Wrong({ place: event.place, expected: callText(event), got: text, differences });
    if (returned.value < 0) return;
    const made = call.name === "socket" || call.name === "accept";
    if (made && event.returns?.kind === "number") this.#descriptors.set(event.returns.value, returned.value);
    if (made) this.#asked = returned.value;
    if (call.name === "connect") this.#asked = call.descriptor;
  }

  // ── The rest ───────────────────────────────────────────────────────────────────────────────────────────────

  async #evaluate(event: CodeEvent): Promise<void> {
    if (this.#asked === undefined) throw new BadArgument("a socket before a question about one");
    const result = evaluate(event.text, event.begins, await this.#machine.info(this.#asked));
    if (result.kind === "needs") throw new Missing(result.need.what);
    if (result.kind === "malformed") throw new BadArgument(result.malformed.expected);
    if (result.kind === "failed") throw new Wrong({ place: event.place, expected: result.expected, got: result.got, differences: [] });
    this.#tell({ kind: "note", text: event.text.trim().split("\n", 1)[0] ?? "" }, event.place);
  }

  /** A command between events: only one that changes nothing can be had. */
  #command(place: Place, text: string): void {
    const { needs, sysctls } = settingsOf([{ place, text }], []);
    const [need] = needs;
    if (need !== undefined) throw new Missing(need.what);
    if (Object.keys(sysctls).length > 0) throw new Missing("sysctls that change in the middle of a script");
  }

  #tell(
    happening: { kind: "packet"; direction: "in" | "out"; text: string } | { kind: "call" | "note"; text: string },
    { line }: Place,
  ): void {
    this.story.push({ ...happening, time: this.#machine.now(), line });
  }
}

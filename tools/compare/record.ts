/**
 * A script as a stimulus: its packets and calls are given to a machine at their times, and everything that the machine sends and returns is written
 * down, in the script's numbers. Nothing is judged. So the same script, given to several machines, shows in what they differ.
 *
 * Where a script waits for a packet without saying when (`*`, `+.1~+.5`), its clock goes on when one comes.
 */
import { SubjectDied } from "../harness/subject_process.ts";
import { buildDatagram, buildMessage, buildSegment, quoteSegment } from "../packetdrill/build_packet.ts";
import { callOf } from "../packetdrill/calls.ts";
import { inScript, packetText } from "../packetdrill/compare_packet.ts";
import { printValue } from "../packetdrill/print.ts";
import type { Flow } from "../packetdrill/flow.ts";
import { Flows } from "../packetdrill/flows.ts";
import { type Machine, Missing, type Pending, type Returned, type Sent, type SystemCall } from "../packetdrill/machine.ts";
import type { RunSettings } from "../packetdrill/run.ts";
import type { CallEvent, EventTime, PacketEvent, Script, ScriptEvent, TcpPacket } from "../packetdrill/script.ts";
import { StackThrew } from "../packetdrill/stack_machine.ts";

/** One thing that happened. */
export interface Recorded {
  readonly kind: "in" | "out" | "call";
  /** Microseconds since the script began. */
  readonly time: number;
  readonly text: string;
  /** The line of the script, for what it did itself. */
  readonly line?: number;
  /** Equal for the same step of the script on every machine; "" for what a machine sends. */
  readonly step: string;
  /** How many steps of the script had been made. */
  readonly behind: number;
  /** A segment in the script's numbers, the peer's counted from its SYN; and the connection that it is of. */
  readonly packet?: TcpPacket;
  readonly connection?: string;
  /** What a call came to; undefined: it waits. */
  readonly returned?: Returned;
}

/** What a machine did. */
export interface Recording {
  readonly happenings: readonly Recorded[];
  /** Why it ended before the script did: what the machine lacks, or what it threw. */
  readonly stopped?: string;
}

/** How long a machine is listened to behind the script's end, in microseconds: what is lost is sent again within that (RFC 6298 §2.1). */
const AFTERWARDS = 1_500_000;
/** How long "*" waits. */
const ANY_TIME = 10_000_000;
/** So much is written down of a machine that does not stop. */
const MOST = 2000;

interface Open {
  readonly event: CallEvent;
  readonly call: SystemCall;
  readonly pending: Pending;
  readonly step: string;
}

/** Makes the machine, plays the script to it and ends it. What the machine lacks or throws ends the recording; anything else is thrown. */
export async function record(script: Script, make: () => Promise<Machine>, settings: RunSettings): Promise<Recording> {
  let machine: Machine | undefined;
  let recorder: Recorder | undefined;
  try {
    machine = await make();
    recorder = new Recorder(script, machine, settings);
    for (const event of script.events) await recorder.play(event);
    await recorder.listen(AFTERWARDS);
    return { happenings: recorder.happenings };
  } catch (error) {
    const happenings = recorder?.happenings ?? [];
    if (error instanceof Missing) return { happenings, stopped: `needs ${error.what}` };
    if (!(error instanceof StackThrew || error instanceof SubjectDied || error instanceof Endless)) throw error;
    return { happenings, stopped: error.message };
  } finally {
    await machine?.close();
  }
}

class Endless extends Error {}

class Recorder {
  readonly happenings: Recorded[] = [];
  readonly #machine: Machine;
  readonly #settings: RunSettings;
  readonly #flows: Flows;
  /** The machine's first number in the script. */
  readonly #iss: number;
  /** The timestamps that the script expects, in their order. */
  readonly #timestamps: number[];
  readonly #connections: Flow[] = [];
  readonly #descriptors = new Map<number, number>();
  #open: Open[] = [];
  /** When packets came that the script has not waited for yet. */
  #unmet: number[] = [];
  #before = 0;
  #steps = 0;
  #lastSent: Uint8Array | undefined;

  constructor(script: Script, machine: Machine, settings: RunSettings) {
    this.#machine = machine;
    this.#settings = settings;
    this.#flows = new Flows(settings.bindPort, settings.connectPort);
    const expected = script.events.flatMap((event) =>
      event.kind === "packet" && event.direction === "out" && event.packet.protocol === "tcp" ? [event.packet] : []
    );
    this.#iss = expected.find(({ flags }) => flags.includes("S"))?.seq.from ?? 0;
    this.#timestamps = expected.flatMap(({ options }) =>
      options === "any" ? [] : options.flatMap((option) => option.kind === "TS" ? [option.value] : [])
    );
  }

  async play(event: ScriptEvent): Promise<void> {
    if (event.kind === "packet" && event.direction === "out") {
      this.#before = await this.#whenExpected(event.time);
      return;
    }
    const time = this.#from(event.time);
    await this.#pass(time);
    this.#before = time;
    this.#steps++;
    if (event.kind === "packet") await this.#give(event);
    else if (event.kind === "call") await this.#call(event);
  }

  async listen(time: number): Promise<void> {
    await this.#pass(this.#machine.now() + time);
  }

  /** When the script goes on behind a packet that it expects. */
  async #whenExpected(time: EventTime): Promise<number> {
    const came = this.#unmet.shift();
    if (time.kind === "absolute" || time.kind === "relative") return this.#from(time);
    if (came !== undefined) return Math.max(came, this.#from(time));
    const to = time.kind === "any" ? this.#machine.now() + ANY_TIME : time.kind === "absolute range" ? time.to : this.#before + time.to;
    const sent = await this.#machine.take(to);
    if (sent === undefined) return to;
    this.#write(sent);
    this.#unmet.shift();
    return Math.max(sent.time, this.#from(time));
  }

  #from(time: EventTime): number {
    switch (time.kind) {
      case "absolute":
        return time.at;
      case "relative":
        return this.#before + time.at;
      case "absolute range":
        return time.from;
      case "relative range":
        return this.#before + time.from;
      case "any":
        return this.#before;
    }
  }

  /** Lets time pass and writes down what happens. */
  async #pass(until: number): Promise<void> {
    for (let sent = await this.#machine.take(until); sent !== undefined; sent = await this.#machine.take(until)) {
      this.#write(sent);
      if (this.happenings.length > MOST) throw new Endless(`it did more than ${MOST} things`);
    }
    await this.#machine.waitUntil(until);
    this.#collect();
  }

  #write(sent: Sent): void {
    const { packet, time } = sent;
    this.#lastSent = packet;
    this.#unmet.push(time);
    const { body } = this.#flows.read(packet).packet;
    const item = { kind: "out", time, step: "", behind: this.#steps } as const;
    if (body.protocol !== "tcp") {
      this.happenings.push({ ...item, text: this.#flows.read(packet).text });
      return;
    }
    const flow = this.#flows.of(body);
    if (body.flags.includes("S")) flow.machineBegins(body.seq, this.#iss, body.ack);
    if (body.flags.includes(".") && !body.flags.includes("R")) flow.machineAcknowledges(body.ack);
    const segment = inScript(body, flow);
    for (const option of body.options) {
      const expected = option.kind === "TS" ? this.#timestamps.shift() : undefined;
      if (option.kind === "TS" && expected !== undefined) flow.timestampSeen(option.value, expected);
    }
    const connection = this.#nameOf(flow);
    const shown = fromPeersFirst(segment, flow);
    this.happenings.push({ ...item, text: packetText(shown), packet: shown, connection });
  }

  /** A connection by its place among all: two machines draw different ports for connect(). */
  #nameOf(flow: Flow): string {
    if (!this.#connections.includes(flow)) this.#connections.push(flow);
    return `connection ${this.#connections.indexOf(flow) + 1}`;
  }

  async #give({ packet, ip, place }: PacketEvent): Promise<void> {
    const ends = this.#settings;
    let bytes: Uint8Array;
    let connection: string | undefined;
    let text = this.#flows.textOf(packet);
    let shown: TcpPacket | undefined;
    if (packet.protocol === "tcp") {
      const flow = this.#flows.forGiven(packet);
      shown = fromPeersFirst(packet, flow, true);
      text = packetText(shown);
      connection = this.#nameOf(flow);
      bytes = buildSegment(packet, flow, ip, ends);
    } else if (packet.protocol === "udp") bytes = buildDatagram(packet, this.#flows.portsGiven(packet.ports), ip, ends);
    else {
      const { about } = packet;
      const isNamed = about !== undefined && "seq" in about;
      const quoted = isNamed ? quoteSegment(about.seq.from, about.seq.length, this.#flows.current, ends) : this.#lastSent?.slice(0, 28);
      bytes = buildMessage(packet, quoted ?? new Uint8Array(28), ip, ends);
    }
    this.happenings.push({
      kind: "in",
      time: this.#machine.now(),
      text,
      line: place.line,
      step: `step ${this.#steps}`,
      behind: this.#steps,
      ...(shown === undefined ? {} : { packet: shown, connection }),
    });
    await this.#machine.inject(bytes);
  }

  async #call(event: CallEvent): Promise<void> {
    const call = callOf(event, {
      descriptor: (script) => this.#descriptors.get(script) ?? script,
      local: { ip: this.#settings.localAddress, port: this.#settings.bindPort },
      remote: { ip: this.#settings.remoteAddress, port: this.#settings.connectPort },
      text: (descriptor, count) => this.#flows.stream(descriptor).next(count),
    });
    this.#flows.begins(call);
    const pending = await this.#machine.call(call);
    const open = { event, call, pending, step: `step ${this.#steps}` };
    this.#open.push(open);
    if (pending.returned === undefined) this.#tell(open, undefined);
    this.#collect();
  }

  /** Writes down the calls that are over. */
  #collect(): void {
    const over = this.#open.filter(({ pending }) => pending.returned !== undefined);
    this.#open = this.#open.filter((open) => !over.includes(open));
    for (const open of over) {
      const { event, call, pending } = open;
      const returned = pending.returned as Returned;
      this.#tell(open, returned);
      this.#flows.ended(call, returned);
      const made = returned.value >= 0 && (call.name === "socket" || call.name === "accept");
      if (made && event.returns?.kind === "number") this.#descriptors.set(event.returns.value, returned.value);
    }
  }

  #tell({ event, call, step }: Open, returned: Returned | undefined): void {
    const { name, args, place } = event;
    this.happenings.push({
      kind: "call",
      time: returned?.time ?? this.#machine.now(),
      text: `${name}(${args.map(printValue).join(", ")}) = ${returned === undefined ? "… waits" : resultText(event, call, returned)}`,
      line: place.line,
      step: returned === undefined ? `${step} waits` : step,
      behind: this.#steps,
      returned,
    });
  }
}

/** A segment for people: the peer's numbers counted from its SYN, wherever that is. */
function fromPeersFirst(packet: TcpPacket, { peerIss = 0 }: Flow, isPeers = false): TcpPacket {
  const count = (number: number): number => number - peerIss >>> 0;
  const { seq, ack, options } = packet;
  if (isPeers) return { ...packet, seq: { ...seq, from: count(seq.from), to: count(seq.to) } };
  const counted = options === "any"
    ? options
    : options.map((option) =>
      option.kind === "sack" ? { ...option, blocks: option.blocks.map(({ from, to }) => ({ from: count(from), to: count(to) })) } : option
    );
  return { ...packet, options: counted, ...(ack === undefined || packet.flags.includes("R") && ack === 0 ? {} : { ack: count(ack) }) };
}

/** A new descriptor has the script's number, where there is one: the machine's own means nothing. */
function resultText(event: CallEvent, call: SystemCall, { value, error, data }: Returned): string {
  if (error !== undefined) return `${value} ${error}`;
  const isDescriptor = call.name === "socket" || call.name === "accept";
  if (isDescriptor) return event.returns?.kind === "number" ? `${event.returns.value}` : "a descriptor";
  if (typeof data === "number") return `${value} [${data}]`;
  if (call.name === "poll" && Array.isArray(data)) return `${value} [${data.map((names: string[]) => names.join("|") || "0").join(", ")}]`;
  return `${value}`;
}

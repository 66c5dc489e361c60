/**
 * A check of a suite as a stimulus. The check is run on the reference, and what it did is written down as scripts, one for each host that it made: the
 * packets that it sent, in the script's numbers, and what its application did, as system calls that do not wait. Such a script can be played to any
 * machine. What the machine says changes nothing of it: the check would have looked and gone another way, the script goes on.
 *
 * Checks that call functions one by one have no wire, and live checks talk with Linux themselves: neither can be had.
 */
import { Subject } from "../harness/subject.ts";
import type { Reply, Request } from "../harness/subject/protocol.ts";
import type { Check } from "../harness/suite.ts";
import { runCheck, type Verdict } from "../harness/trial.ts";
import { UsageError } from "../lab/usage_error.ts";
import { Flow } from "../packetdrill/flow.ts";
import { ipDifferences } from "../packetdrill/compare_packet.ts";
import { printEvent } from "../packetdrill/print.ts";
import type { CallEvent, PacketEvent, Script, ScriptEvent, TcpOption, Value } from "../packetdrill/script.ts";
import { readPacket, type WireSegment } from "../packetdrill/wire_packet.ts";

/** One host of a check. */
export interface Played {
  readonly script: Script;
  /** Settings of TCP that the check gave to the host. */
  readonly tcp: Readonly<Record<string, number | boolean>>;
}

/** A subject that tells what it was asked. */
class Overheard extends Subject {
  readonly exchanges: { readonly request: Request; readonly reply: Reply }[] = [];

  override async ask(request: Request): Promise<Reply> {
    const reply = await super.ask(request);
    this.exchanges.push({ request, reply });
    return reply;
  }
}

/** Runs a check on the reference and gives its hosts as scripts, and what became of it. Throws a UsageError for one that has no wire. */
export async function playCheck(
  check: Check,
  seed: number,
  selection: ConstructorParameters<typeof Subject>[0],
): Promise<{ readonly hosts: readonly Played[]; readonly verdict: Verdict }> {
  if (check.kind === "live") {
    throw new UsageError(
      `${check.id} is a live check: it talks with Linux itself. Its twin may be compared: ${check.twin ?? "it has none"}.`,
    );
  }
  const subject = new Overheard(selection);
  try {
    const { verdict } = await runCheck(check, seed, { subject, kernel: () => Promise.resolve("a comparison has its own") });
    const hosts = hostsIn(subject.exchanges).map((writer, index, all) =>
      writer.played(all.length === 1 ? check.id : `${check.id} (host ${index + 1})`)
    );
    const talking = hosts.filter(({ script }) => script.events.length > 0);
    if (talking.length === 0) {
      throw new UsageError(`${check.id} calls functions one by one: there is no wire, and nothing that Linux could be asked.`);
    }
    return { hosts: talking, verdict };
  } finally {
    subject.close();
  }
}

function hostsIn(exchanges: Overheard["exchanges"]): Writer[] {
  const writers = new Map<number, Writer>();
  for (const { request, reply } of exchanges) {
    if (request.op === "host") {
      const number = reply.returned?.t === "value" ? Number(reply.returned.value) : 0;
      const writer = new Writer(request);
      writers.set(number, writer);
      writer.hear(reply, request.now);
    } else if (request.op === "step" || request.op === "tcp") writers.get(request.host)?.write(request, reply);
  }
  return [...writers.values()];
}

/** The descriptor of the first socket of a script. */
const FIRST = 3;

/** What a check sets for a whole host, and Linux has under other names. */
const SYSCTLS = [["sack", "net.ipv4.tcp_sack"], ["timestamps", "net.ipv4.tcp_timestamps"], [
  "windowScaling",
  "net.ipv4.tcp_window_scaling",
]] as const;
/** And what it has only for a socket. */
const OPTIONS = [["noDelay", "TCP_NODELAY"], ["cork", "TCP_CORK"]] as const;

/** Writes the script of one host. */
class Writer {
  readonly #request: Request & { readonly op: "host" };
  readonly #events: ScriptEvent[] = [];
  readonly #needs: string[] = [];
  readonly #flows = new Map<string, Flow>();
  #listeners: number[] = [];
  #held: number[] = [];
  /** Calls of connect() whose port is not known yet: where they stand. */
  #unbound: { readonly at: number; readonly descriptor: number }[] = [];
  #descriptors = FIRST;
  #remote: string | undefined;

  constructor(request: Request & { readonly op: "host" }) {
    this.#request = request;
  }

  played(file: string): Played {
    const { config } = this.#request;
    const [first] = config.interfaces ?? [];
    const place = { file, line: 1, column: 1 };
    const { tcp = {} } = config;
    const option = (name: string, value: string | number | undefined) => value === undefined ? [] : [{ place, name, value: `${value}` }];
    const options = [...option("local_ip", first?.address), ...option("remote_ip", this.#remote), ...option("mtu", first?.mtu)];
    const setup = SYSCTLS.flatMap(([name, sysctl]) =>
      typeof tcp[name] === "boolean" ? [{ place, text: `sysctl -q ${sysctl}=${tcp[name] ? 1 : 0}` }] : []
    );
    const top = [...options.map(({ name, value }) => `--${name}=${value}`), ...setup.map(({ text }) => `\`${text}\``)];
    // Nobody wrote this script: its lines are numbered as they would stand there.
    const events = this.#events.map((event, index): ScriptEvent => ({
      ...event,
      place: { file, line: top.length + index + 1, column: 1 },
    }));
    const needs = this.#needs.map((what) => ({ place, what }));
    const script: Script = { file, options, setup, events, needs, lines: [...top, ...this.#events.map(printEvent)] };
    return { script, tcp: tcp as Played["tcp"] };
  }

  write(request: Request & { readonly op: "step" | "tcp" }, reply: Reply): void {
    if (request.op === "tcp") this.#act(request, reply);
    else for (const { bytes } of request.frames) this.#give(bytes, request.now);
    this.hear(reply, request.now);
  }

  /** What the host sent: only to know its numbers, and in which order it said its timestamps. */
  hear(reply: Reply, now: number): void {
    for (const { bytes } of reply.out ?? []) {
      const packet = this.#packetIn(bytes);
      const segment = packet === undefined ? undefined : readPacket(packet).body;
      if (segment?.protocol !== "tcp") continue;
      const flow = this.#flowOf(segment.sourcePort, segment.destinationPort);
      if (segment.flags === "S") this.#bindLate(segment.sourcePort);
      if (segment.flags.includes("S")) flow.machineBegins(segment.seq, 0, segment.ack);
      if (segment.flags.includes(".") && !segment.flags.includes("R")) flow.machineAcknowledges(segment.ack);
      this.#events.push(this.#packetEvent("out", segment, flow, now, flow.toScript(segment.seq), segment.ack));
    }
  }

  /** A connection that goes out: every machine is to take the port that the reference drew, for the peer's packets go there. */
  #bindLate(port: number): void {
    const first = this.#unbound.shift();
    if (first === undefined) return;
    const { at, descriptor } = first;
    const { time } = this.#events[at] as ScriptEvent;
    const args = [num(descriptor), socketAddress("0.0.0.0", port), ANY];
    this.#events.splice(at, 0, { kind: "call", place: NOWHERE, time, name: "bind", args });
    this.#unbound = this.#unbound.map((each) => ({ ...each, at: each.at + 1 }));
  }

  #give(frame: Uint8Array, now: number): void {
    const packet = this.#packetIn(frame);
    if (packet === undefined) return;
    const { body, source } = readPacket(packet);
    const strange = this.#strangeness(packet);
    if (strange !== undefined || body.protocol !== "tcp") {
      this.#needs.push(`${strange ?? "packets that are no segments"}: a check can send that, and a script cannot`);
      return;
    }
    this.#remote ??= source;
    const flow = this.#flowOf(body.destinationPort, body.sourcePort);
    if (body.flags.includes("S")) flow.peerBegins(body.seq, body.options.some(({ kind }) => kind === "wscale"));
    this.#events.push(this.#packetEvent("in", body, flow, now, body.seq, flow.toScript(body.ack)));
  }

  /** What a packet has that a script cannot say; it would be sent without. */
  #strangeness(packet: Uint8Array): string | undefined {
    const { destination, payload } = readPacket(packet);
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    if (packet.length - payload.length !== 20) return "IP options";
    if ((view.getUint16(6) & 0x3fff) !== 0) return "fragments";
    if (destination !== this.#request.config.interfaces?.[0]?.address) return `packets to ${destination}`;
    return ipDifferences({}, readPacket(packet), packet).length > 0 ? "wrong checksums" : undefined;
  }

  #packetEvent(direction: "in" | "out", segment: WireSegment, flow: Flow, now: number, from: number, ack: number): PacketEvent {
    const { flags, window, urgent, options, text, sourcePort, destinationPort } = segment;
    const own = direction === "in" ? options.map((option) => inScriptNumbers(option, flow)) : options;
    for (const option of direction === "out" ? options : []) if (option.kind === "TS") flow.timestampSeen(option.value, option.value);
    return {
      kind: "packet",
      direction,
      place: NOWHERE,
      time: { kind: "absolute", at: Math.round(now * 1000) },
      ip: {},
      packet: {
        protocol: "tcp",
        ports: { source: sourcePort, destination: destinationPort },
        flags,
        seq: { from, to: from + text.length >>> 0, length: text.length },
        ...(flags.includes(".") ? { ack } : {}),
        window,
        ...(flags.includes("U") ? { urgent } : {}),
        options: own,
      },
    };
  }

  #flowOf(local: number, remote: number): Flow {
    const key = `${local} ${remote}`;
    let flow = this.#flows.get(key);
    if (flow === undefined) this.#flows.set(key, flow = new Flow({ local, remote }));
    return flow;
  }

  /** The IPv4 packet in a frame; what else there is on a cable is of no matter here. */
  #packetIn(frame: Uint8Array): Uint8Array | undefined {
    const isEthernet = (this.#request.wires[0]?.medium ?? "ethernet") === "ethernet";
    const packet = isEthernet ? frame.subarray(14) : frame;
    if (isEthernet && ((frame[12] ?? 0) << 8 | (frame[13] ?? 0)) !== 0x0800) return undefined;
    // Padding and FCS are behind it.
    return packet.subarray(0, (packet[2] ?? 0) << 8 | (packet[3] ?? 0));
  }

  // ── The application ────────────────────────────────────────────────────────────────────────────────────────

  #act({ act, args, now }: Request & { readonly op: "tcp" }, reply: Reply): void {
    const given = reply.returned?.t === "value" ? reply.returned.value : undefined;
    const number = args[0] as number;
    const call = (name: string, values: readonly Value[], returns?: number): void => this.#call(now, name, values, returns);
    switch (act) {
      case "listen": {
        const [address, port, backlog, reuse] = args as [string, number, number, boolean];
        const descriptor = this.#socket(now);
        if (reuse) {
          call("setsockopt", [num(descriptor), named("SOL_SOCKET"), named("SO_REUSEADDR"), { kind: "list", items: [num(1)] }, num(4)]);
        }
        call("bind", [num(descriptor), socketAddress(address, port), ANY]);
        call("listen", [num(descriptor), num(backlog)]);
        if (typeof given === "number") this.#listeners[given] = descriptor;
        return;
      }
      case "accept": {
        const descriptor = typeof given === "number" && given >= 0 ? this.#descriptors++ : undefined;
        call("accept", [num(this.#listeners[number] ?? -1), ANY, ANY], descriptor ?? -1);
        if (descriptor === undefined) return;
        this.#held[given as number] = descriptor;
        return this.#noWaiting(now, descriptor);
      }
      case "connect": {
        const [address, port, localPort] = args as [string, number, number | undefined];
        const descriptor = this.#socket(now);
        if (localPort !== undefined) call("bind", [num(descriptor), socketAddress("0.0.0.0", localPort), ANY]);
        else this.#unbound.push({ at: this.#events.length, descriptor });
        call("connect", [num(descriptor), socketAddress(address, port), ANY]);
        if (typeof given === "number") this.#held[given] = descriptor;
        this.#remote ??= address;
        return;
      }
      case "closeListener":
        return call("close", [num(this.#listeners[number] ?? -1)]);
      default:
        return this.#onConnection(act, this.#held[number] ?? -1, args[1], now);
    }
  }

  #onConnection(act: string, descriptor: number, argument: unknown, now: number): void {
    const call = (name: string, ...values: Value[]): void => this.#call(now, name, [num(descriptor), ...values]);
    if (act === "write") return call("write", ANY, num((argument as Uint8Array).length));
    if (act === "writeUrgent") return call("send", ANY, num((argument as Uint8Array).length), named("MSG_OOB"));
    if (act === "read") return call("read", ANY, num(Math.min(argument as number, 1_000_000)));
    if (act === "shutdown") return call("shutdown", named("SHUT_WR"));
    if (act === "close") return call("close");
    if (act !== "abort") return;
    call(
      "setsockopt",
      named("SOL_SOCKET"),
      named("SO_LINGER"),
      { kind: "struct", fields: [field("onoff", 1), field("linger", 0)] },
      num(8),
    );
    call("close");
  }

  #socket(now: number): number {
    const descriptor = this.#descriptors++;
    this.#call(now, "socket", [ANY, named("SOCK_STREAM"), named("IPPROTO_TCP")], descriptor);
    this.#noWaiting(now, descriptor);
    for (const [name, option] of OPTIONS) {
      if (this.#request.config.tcp?.[name] === true) {
        this.#call(now, "setsockopt", [num(descriptor), named("SOL_TCP"), named(option), { kind: "list", items: [num(1)] }, num(4)]);
      }
    }
    return descriptor;
  }

  #noWaiting(now: number, descriptor: number): void {
    this.#call(now, "fcntl", [num(descriptor), named("F_SETFL"), { kind: "or", parts: [named("O_RDWR"), named("O_NONBLOCK")] }]);
  }

  #call(now: number, name: string, args: readonly Value[], returns?: number): void {
    const event: CallEvent = {
      kind: "call",
      place: NOWHERE,
      time: { kind: "absolute", at: Math.round(now * 1000) },
      name,
      args,
      ...(returns === undefined ? {} : { returns: num(returns) }),
    };
    this.#events.push(event);
  }
}

const NOWHERE = { file: "", line: 0, column: 0 };
const ANY: Value = { kind: "any" };

function num(value: number): Value & { readonly kind: "number" } {
  return { kind: "number", value };
}

function named(name: string): Value {
  return { kind: "name", name };
}

function field(name: string, value: number): { readonly name: string; readonly value: Value } {
  return { name, value: num(value) };
}

function socketAddress(ip: string, port: number): Value {
  return {
    kind: "struct",
    fields: [
      { name: "sa_family", value: named("AF_INET") },
      { name: "sin_port", value: { kind: "function", name: "htons", args: [num(port)] } },
      { name: "sin_addr", value: { kind: "function", name: "inet_addr", args: [{ kind: "string", value: ip, more: false }] } },
    ],
  };
}

/** What the peer says of the machine's numbers: SACK blocks. What it echoes of timestamps stays as it was said. */
function inScriptNumbers(option: TcpOption, flow: Flow): TcpOption {
  if (option.kind !== "sack") return option;
  return { ...option, blocks: option.blocks.map(({ from, to }) => ({ from: flow.toScript(from), to: flow.toScript(to) })) };
}

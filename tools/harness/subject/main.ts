/**
 * The subject: the process in which student code runs. It has no permission at all; it reads requests from
 * standard input, does them, and writes replies to standard output. It holds no check and no verdict: what it
 * says is only ever what the student's functions returned and what their host sent.
 *
 * `serve` is called by an entry file that the grader writes (see `tools/harness/workspace.ts`). That file imports this
 * module first, so what is needed here was taken from the language before any student code could change it.
 */
import type { Modules } from "../../../stack/contract/modules.ts";
import type { HostEvent } from "../../../stack/events.ts";
import { Host } from "../../../stack/host.ts";
import { PipeDevice } from "../../../stack/link/pipe.ts";
import { formatIpv4Address, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { formatMac } from "../../../stack/wire/mac_address.ts";
import { Ring } from "../../../stack/wire/ring.ts";
import { encodeMessage, MessageReader } from "../message.ts";
import { Application } from "./application.ts";
import { keepConsole, takeLog } from "./console.ts";
import { dropCrumb, refuseFunctions, watchModules } from "./crumbs.ts";
import { DatagramApplication } from "./datagram_application.ts";
import { lockDown } from "./lockdown.ts";
import type { Asked, Reply, Request, Sent } from "./protocol.ts";
import { SystemCalls } from "./system_calls.ts";
import { describeThrown, Values } from "./values.ts";
import type { WebSite } from "./web_site.ts";

const stdin = Deno.stdin;
const readSync = stdin.readSync.bind(stdin);
const read = stdin.read.bind(stdin);
const writeSync = Deno.stdout.writeSync.bind(Deno.stdout);
const exit = Deno.exit.bind(Deno);

/** A host of this check, with the ends of its wires. */
interface Station {
  readonly host: Host;
  readonly wires: readonly PipeDevice[];
  readonly application: Application;
  readonly datagrams: DatagramApplication;
  /** The process that makes system calls, once there was one. */
  calls?: SystemCalls;
  events: unknown[];
}

export interface ServeOptions {
  /** The functions each module must have. */
  readonly wanted: Readonly<Record<string, readonly string[]>>;
  /** Names each function on standard error as it begins and ends, to find the one that never did. */
  readonly crumbs: boolean;
  /** Waits without blocking, so that a debugger can be attached. */
  readonly inspect: boolean;
}

keepConsole();
lockDown();
// Deep enough that the student's function is among them, wherever an exception comes from.
Error.stackTraceLimit = 40;

/** A lab file does not export what the contract asks for. Thrown where the function is called. */
class NotExported extends Error {
  override readonly name = "NotExported";
  readonly symbol: string;

  constructor(symbol: string) {
    super(`${symbol} is not there`);
    this.symbol = symbol;
  }
}

/** Serves until standard input ends. */
export async function serve(modules: Modules, options: ServeOptions): Promise<void> {
  const complete = withStandIns(modules, options.wanted);
  const subject = new Subject(options.crumbs ? watchModules(complete) : complete, options.crumbs);
  send({ hello: true });
  const reader = new MessageReader();
  const chunk = new Uint8Array(65536);
  for (;;) {
    const count = options.inspect ? await read(chunk) : readSync(chunk);
    if (count === null) exit(0);
    reader.push(chunk.subarray(0, count as number));
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      const { id, ...request } = next as Asked;
      const reply = subject.mustWait(request) ? await subject.answerLater(request) : subject.answer(request);
      send({ ...reply, id }, id);
    }
  }
}

/** The modules; where a function is missing, one that says so when it is called. */
function withStandIns(modules: Modules, wanted: ServeOptions["wanted"]): Modules {
  // Without a prototype: a setter there would be handed the labs that are somebody else's.
  const complete: Record<string, Record<string, unknown>> = Object.create(null);
  for (const [module, names] of Object.entries(wanted)) {
    const members = { ...(modules as unknown as Record<string, Record<string, unknown>>)[module] };
    for (const name of names) {
      if (typeof members[name] === "function") continue;
      members[name] = () => {
        throw new NotExported(name);
      };
    }
    complete[module] = members;
  }
  return complete as unknown as Modules;
}

function send(value: unknown, id?: number): void {
  let bytes: Uint8Array;
  try {
    bytes = encodeMessage(value);
  } catch (error) {
    const what = error instanceof Error ? error.message : "something";
    bytes = encodeMessage({ returned: { t: "strange", what }, ...takeLog(), id });
  }
  for (let at = 0; at < bytes.length;) at += writeSync(bytes.subarray(at));
}

/** What time passes with. */
type Timed = Request & { readonly op: "system call" | "step" };

/**
 * Turns of the microtasks from what happens in the stack to the outcome of a call that waited for it, and more than enough of them: the longest way
 * is some eight promises. And how often a process that was woken may give the host work that is due at once.
 */
const TURNS = 24;
const ROUNDS = 8;
/** Turns in which a server that has something to do calls the student's code at least once. */
const SITE_TURNS = 100;
/** As many of these belong to one step at most. */
const SITE_BATCHES = 500;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}

/** A step may bring dozens of requests, each with dozens of promises behind one another. With code that is wrong it may never end: then the next step goes on. */
async function untilIdle(site: WebSite): Promise<void> {
  for (let calls = -1, batches = 0; site.calls !== calls && batches < SITE_BATCHES; batches++) {
    calls = site.calls;
    await turns(SITE_TURNS);
  }
}

class Subject {
  #modules: Record<string, Record<string, (...args: unknown[]) => unknown>>;
  readonly #crumbs: boolean;
  #values = new Values();
  #stations: Station[] = [];

  constructor(modules: Modules, crumbs: boolean) {
    this.#modules = modules as never;
    this.#crumbs = crumbs;
  }

  answer(request: Request): Reply {
    let reply: Reply;
    try {
      reply = this.#do(request);
    } catch (error) {
      reply = { threw: describeThrown(error) };
    }
    return this.#complete(reply);
  }

  /** Whether promises have something to say before the answer is known. */
  mustWait(request: Request): request is Timed {
    if (request.op !== "step") return request.op === "system call";
    const station = this.#stations[request.host];
    return station?.application.site !== undefined || (station?.calls?.waiting ?? 0) > 0;
  }

  /** Like `answer`, for what is done by a process or a server: whoever waits in it has his turn. */
  async answerLater(request: Timed): Promise<Reply> {
    let reply: Reply;
    try {
      const station = this.#station(request.host);
      if (request.op === "step") { for (const { on, bytes } of request.frames) station.wires[on]?.inject(bytes); }
      station.host.poll(request.now);
      if (request.op === "system call") (station.calls ??= new SystemCalls(station.host)).begin(request.number, request.call);
      const { site } = station.application;
      for (let round = 0; round < ROUNDS; round++) {
        await (site === undefined ? turns(TURNS) : untilIdle(site));
        if (round > 0 && station.host.nextDeadline() > request.now) break;
        station.host.poll(request.now);
      }
      site?.rethrow();
      reply = { ...this.#drain(station), ...station.calls?.takeOutcomes() };
    } catch (error) {
      reply = { threw: describeThrown(error) };
    }
    return this.#complete(reply);
  }

  /** The answer, with what was recorded and printed meanwhile. */
  #complete(reply: Reply): Reply {
    const recorded = this.#values.takeRecorded();
    return { ...reply, ...(recorded.length === 0 ? {} : { recorded }), ...takeLog() };
  }

  #do(request: Request): Reply {
    switch (request.op) {
      case "reset":
        this.#values = new Values();
        this.#stations = [];
        return {};
      case "refuse":
        this.#modules = refuseFunctions(this.#modules as never, new Set(request.names)) as never;
        return {};
      case "call":
        return this.#call(this.#modules[request.module] ?? {}, request.name, request.args);
      case "method":
        return this.#call(this.#values.handle(request.handle) ?? {}, request.name, request.args);
      case "many":
        return this.#callEach(this.#modules[request.module] ?? {}, request.name, request.lists);
      case "manyOn":
        return this.#callEach(this.#values.handle(request.handle) ?? {}, request.name, request.lists);
      case "channels":
        return this.#actOnChannels(request);
      case "memory":
        return { returned: { t: "value", value: Ring.inUse } };
      case "lent":
        return { returned: { t: "value", value: this.#values.lent(request.pool) } };
      case "host":
        return this.#createHost(request);
      case "step":
        return this.#step(request);
      case "act": {
        const station = this.#station(request.host);
        station.host.poll(request.now);
        this.#act(station.host, request.act, request.args);
        return this.#drain(station);
      }
      case "tcp": {
        const station = this.#station(request.host);
        station.host.poll(request.now);
        const value = station.application.act(request.act, request.args, request.now);
        this.#poll(station, request.now);
        return { ...this.#drain(station), returned: { t: "value", value } };
      }
      case "udp": {
        const station = this.#station(request.host);
        station.host.poll(request.now);
        const value = station.datagrams.act(request.act, request.args);
        station.host.poll(request.now);
        return { ...this.#drain(station), returned: { t: "value", value } };
      }
      case "system call":
        throw new Error("a system call is answered later");
      case "tcp info":
        return { returned: { t: "value", value: this.#station(request.host).calls?.info(request.descriptor) ?? {} } };
      case "look": {
        const { host } = this.#station(request.host);
        const value = request.what === "counters" ? host.counters() : arpTable(host, request.on, request.now);
        return { returned: { t: "value", value } };
      }
    }
  }

  #step(request: Request & { op: "step" }): Reply {
    const station = this.#station(request.host);
    for (const { on, bytes } of request.frames) station.wires[on]?.inject(bytes);
    this.#poll(station, request.now);
    return this.#drain(station);
  }

  #actOnChannels({ channels, act, args, selector }: Request & { op: "channels" }): Reply {
    const handle = selector === undefined ? undefined : this.#values.handle(selector);
    return { returned: { t: "value", value: this.#values.channels(channels).act(act, args, handle) } };
  }

  /** Polls the host; a program in one loop takes its turns, and what that gives the host to do is done. */
  #poll(station: Station, now: number): void {
    station.host.poll(now);
    for (let round = 0; round < ROUNDS && station.application.selector?.takeTurns(); round++) station.host.poll(now);
  }

  /** Calls a function with arguments from outside. An exception is part of the answer, beside the frames as it left them. */
  #call(target: object, name: string, sent: readonly Sent[]): Reply {
    const args = sent.map((each) => this.#values.receive(each));
    let result: { -readonly [Member in keyof Reply]: Reply[Member] };
    try {
      const fn = (target as Record<string, unknown>)[name];
      if (typeof fn !== "function") throw new NotExported(name);
      result = { returned: this.#values.give(fn.apply(target, args)) };
    } catch (error) {
      result = { threw: describeThrown(error) };
    }
    if (sent.some(({ t }) => t === "frame")) {
      result.frames = sent.map(({ t }, index) => {
        if (t !== "frame") return undefined;
        const { bytes, start, end } = args[index] as { bytes: Uint8Array; start: number; end: number };
        return { bytes, start, end };
      });
    }
    if (sent.some(({ t }) => t === "inout")) result.objects = sent.map(({ t }, index) => t === "inout" ? args[index] : undefined);
    return result;
  }

  #callEach(target: object, name: string, lists: readonly (readonly Sent[])[]): Reply {
    return {
      all: lists.map((list, index) => {
        if (this.#crumbs) dropCrumb(`#${index}`);
        const { returned, threw } = this.#call(target, name, list);
        return { returned, threw };
      }),
    };
  }

  #createHost(request: Request & { op: "host" }): Reply {
    const wires = request.wires.map((wire) => new PipeDevice(wire));
    const events: unknown[] = [];
    const host = Host.bind(this.#modules as never, request.config, wires, {
      now: request.now,
      emit: (event) => void events.push(readable(event)),
    });
    const station: Station = {
      host,
      wires,
      events,
      application: new Application(host, this.#modules.http as never, this.#modules.selector as never),
      datagrams: new DatagramApplication(host),
    };
    this.#stations.push(station);
    return { ...this.#drain(station), returned: { t: "value", value: this.#stations.length - 1 } };
  }

  #act(host: Host, act: string, args: readonly unknown[]): void {
    const to = parseIpv4Address(`${args[0]}`);
    if (act === "ping") host.ping(to, args[1] as number, args[2] as number, args[3] as Uint8Array);
    if (act === "output") host.output(to, args[1] as number, args[2] as Uint8Array);
    if (act === "outputLink") host.outputLink(to, args[1] as Uint8Array, args[2] as number);
  }

  #drain(station: Station): Reply {
    const out = station.wires.flatMap((wire, on) => wire.take().map((bytes) => ({ on, bytes })));
    const events = station.events.splice(0);
    const deadline = station.host.nextDeadline();
    return events.length === 0 ? { out, deadline } : { out, events, deadline };
  }

  #station(index: number): Station {
    const station = this.#stations[index];
    if (station === undefined) throw new Error("there is no such host");
    return station;
  }
}

function arpTable(host: Host, on: number, now: number): unknown {
  return host.interfaces[on]?.arpEntries(now).map((entry) => ({
    address: formatIpv4Address(entry.address),
    ...(entry.mac === undefined ? {} : { mac: formatMac(entry.mac) }),
    state: entry.state,
    waiting: entry.waiting,
  }));
}

/** An event with its addresses as text. */
function readable(event: HostEvent): unknown {
  if (event.kind === "payload") return { ...event, from: formatMac(event.from) };
  if (event.kind === "address conflict" || event.kind === "address claimed") {
    return { kind: event.kind, from: formatIpv4Address(event.address) };
  }
  return { ...event, from: formatIpv4Address(event.from) };
}

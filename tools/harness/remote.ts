/**
 * The student's functions as a check calls them: arguments go out, the call is awaited, and what it returned, changed,
 * recorded or threw comes back. Everything that is wrong about *how* a function answered is decided here.
 */
import { Frame } from "../../stack/wire/frame.ts";
import { type CallText, callText, resultText } from "./call_text.ts";
import { CheckFailed } from "./failure.ts";
import { InOut, Marker } from "./marker.ts";
import type { Subject } from "./subject.ts";
import { SubjectDied } from "./subject_process.ts";
import { RemoteChannels } from "./remote_channels.ts";
import type { Reaction, RecordedCall, Reply, Request, Returned, ScriptedAct, Sent, Thrown } from "./subject/protocol.ts";
import type { Outcome, Recorder } from "./suite.ts";
import { failureOf, outcomeOf, thrownText } from "./thrown.ts";
import type { Transcript } from "./transcript.ts";

/** One check's conversation with the subject. */
export class Conversation {
  /** The check's own clock, for the transcript. */
  now: () => number = () => 0;
  readonly transcript: Transcript;
  /** Whether the subject has answered: from then on a check may hold something that no contract names. */
  answered = false;
  readonly #subject: Subject;
  readonly #recorders = new Map<number, RecordedCall[]>();
  /** The handles behind the remote objects that checks hold, and which function made them. */
  readonly #handles = new WeakMap<object, { readonly id: number; readonly maker: string }>();
  #nextId = 1;

  constructor(subject: Subject, transcript: Transcript) {
    this.#subject = subject;
    this.transcript = transcript;
  }

  /** Asks, and files what was printed and recorded. What never came back stands in the transcript too: `said` names it. */
  async ask(request: Request, said: (at: number | undefined) => CallText | undefined = () => undefined): Promise<Reply> {
    const step = this.transcript.numbered + (isListedLater(request) ? 1 : 0);
    let reply: Reply;
    try {
      reply = await this.#subject.ask(request);
    } catch (error) {
      if (error instanceof SubjectDied) this.#fileDeath(error, said(error.at));
      throw error;
    }
    this.answered = true;
    this.transcript.log(this.now(), Math.max(step, 1), reply.log ?? [], reply.lost ?? 0);
    for (const { id, call } of reply.recorded ?? []) this.#recorders.get(id)?.push(call);
    return reply;
  }

  /** All functions of a module, each called by its name. */
  module(name: string): Record<string, (...args: unknown[]) => Promise<unknown>> {
    return callable((fn, args) => this.#call(fn, args, { op: "call", module: name, name: fn, args: args.map(encode) }));
  }

  many(module: string, name: string, lists: readonly (readonly unknown[])[]): Promise<Outcome<unknown>[]> {
    return this.#callEach(name, lists, { op: "many", module, name, lists: lists.map((list) => list.map(encode)) });
  }

  /** As `many`, on an object that a factory returned. */
  manyOn(object: object, name: string, lists: readonly (readonly unknown[])[]): Promise<Outcome<unknown>[]> {
    const handle = this.#handles.get(object);
    if (handle === undefined) throw new TypeError("manyOn() takes an object that a function of the student's returned");
    const request: Request = { op: "manyOn", handle: handle.id, name, lists: lists.map((list) => list.map(encode)) };
    return this.#callEach(`${handle.maker}.${name}`, lists, request);
  }

  async #callEach(name: string, lists: readonly (readonly unknown[])[], request: Request): Promise<Outcome<unknown>[]> {
    const reply = await this.ask(request, (at) => at === undefined ? { name, args: "…", of: "" } : callText(name, lists[at] ?? []));
    if (reply.all === undefined) throw failureOf(reply.threw ?? { name: "Error", message: "no answer", at: [] }, name);
    // Fewer answers than questions would be fewer mistakes than there were.
    if (reply.all.length !== lists.length) {
      throw new CheckFailed(`${lists.length} answers of ${name}`, `${reply.all.length}: your code changed what arrays do`, {
        symbol: name,
      });
    }
    this.transcript.call({ time: this.now(), name, args: undefined, outcome: `, called ${timesText(name, lists)}` });
    return reply.all.map(({ returned, threw }) => {
      if (threw?.symbol !== undefined) throw failureOf(threw, name);
      if (threw !== undefined) return { value: undefined, threw: thrownText(threw) };
      return { value: this.#decode(name, returned ?? { t: "value", value: undefined }) };
    });
  }

  recorder<T>(options: { callback?: boolean; returns?: unknown; beside?: boolean; reactions?: readonly Reaction[] }): Recorder<T> {
    const { callback = false, beside = false, reactions = [], returns } = options;
    const id = this.#nextId++;
    const calls: RecordedCall[] = [];
    this.#recorders.set(id, calls);
    return { object: new Marker({ t: "recorder", id, callback, beside, reactions, returns }) as T, calls, take: () => calls.splice(0) };
  }

  /** Bytes of memory in all rings of the student's process. */
  async ringMemory(): Promise<number> {
    const reply = await this.ask({ op: "memory" });
    return reply.returned?.t === "value" ? Number(reply.returned.value) : 0;
  }

  pool(capacity: number, limit: number): { acquire: () => never; release: (frame: never) => void; lent(): Promise<number> } {
    const id = this.#nextId++;
    const method = (name: "acquire" | "release"): never => new Marker({ t: "pool", id, method: name, capacity, limit }) as never;
    return {
      acquire: method("acquire"),
      release: method("release"),
      lent: async () => {
        const reply = await this.ask({ op: "lent", pool: id });
        return reply.returned?.t === "value" ? Number(reply.returned.value) : 0;
      },
    };
  }

  /** Channels that do what a check says (lab 10). */
  channels(): RemoteChannels {
    const id = this.#nextId++;
    const act = async (act: ScriptedAct, args: readonly unknown[], selector?: object): Promise<unknown> => {
      const handle = selector === undefined ? {} : { selector: this.#handles.get(selector)?.id as number };
      const reply = await this.ask({ op: "channels", channels: id, act, args, ...handle });
      if (reply.threw !== undefined) throw failureOf(reply.threw, undefined);
      return reply.returned?.t === "value" ? reply.returned.value : undefined;
    };
    const part = (part: "facts" | "calls"): never => new Marker({ t: "channels", id, part }) as never;
    return new RemoteChannels(act, (text) => this.transcript.note(this.now(), text), part("facts"), part("calls"));
  }

  /** Turns an exception of the student's code into the check's end. */
  exception(threw: Thrown): Error {
    return failureOf(threw, undefined);
  }

  async #call(name: string, args: readonly unknown[], request: Request): Promise<unknown> {
    const said = callText(name, args);
    const reply = await this.ask(request, () => said);
    for (const [index, left] of (reply.frames ?? []).entries()) {
      const frame = args[index];
      if (left === undefined || !(frame instanceof Frame)) continue;
      expectBounds(name, left);
      if (left.bytes.length === frame.bytes.length) frame.bytes.set(left.bytes);
      frame.start = left.start;
      frame.end = left.end;
    }
    for (const [index, left] of (reply.objects ?? []).entries()) {
      const argument = args[index];
      if (argument instanceof InOut) argument.update(left);
    }
    if (reply.threw !== undefined) {
      this.#fileCall(said, outcomeOf(reply.threw));
      throw failureOf(reply.threw, name);
    }
    const value = this.#decode(name, reply.returned ?? { t: "value", value: undefined });
    if (isFactory(name) && reply.returned?.t === "value") {
      throw new CheckFailed(`${name} to return an object with its methods`, resultText(name, value), { symbol: name });
    }
    const silent = value === undefined || reply.returned?.t === "handle";
    this.#fileCall(said, silent ? "" : ` → ${resultText(name, value)}`);
    return value;
  }

  #fileCall({ name, args, of }: CallText, outcome: string): void {
    this.transcript.call({ time: this.now(), name, args, outcome: `${of}${outcome}` });
  }

  /** What was asked for last has no end: says so at its place. */
  #fileDeath(death: SubjectDied, said: CallText | undefined): void {
    if (said !== undefined) this.#fileCall(said, " did not return");
    else this.transcript.note(this.now(), `${death.symbol ?? "your code"} did not return`);
  }

  #decode(name: string, returned: Returned): unknown {
    switch (returned.t) {
      case "value":
        return returned.value;
      case "frame": {
        expectBounds(name, returned);
        const frame = new Frame(returned.bytes.length, 0);
        frame.bytes.set(returned.bytes);
        frame.start = returned.start;
        frame.end = returned.end;
        return frame;
      }
      case "handle": {
        if (!isFactory(name)) {
          const got = "an object with methods of its own";
          throw new CheckFailed(`${name} to return what the contract says`, got, { symbol: name });
        }
        const { id } = returned;
        const object = callable((method, args) =>
          this.#call(`${name}.${method}`, args, { op: "method", handle: id, name: method, args: args.map(encode) })
        );
        this.#handles.set(object, { id, maker: name });
        HANDLES.set(object, id);
        return object;
      }
      case "promise":
        throw new CheckFailed(`${name} to return its result`, "a promise: a lab function is never async", { symbol: name });
      case "strange":
        throw new CheckFailed(`${name} to return what the contract says`, `something that cannot be looked at: ${returned.what}`, {
          symbol: name,
        });
    }
  }
}

/** Whether what a function makes has methods, which checks then call. */
function isFactory(name: string): boolean {
  return /^create[A-Z]\w*$/.test(name);
}

/** The farthest from its buffer's beginning that a frame may be said to start or end. */
const FARTHEST = 1_000_000;

/** Checks go through frames byte by byte, and shall come to an end. What is wrong but not absurd is theirs to say. */
function expectBounds(name: string, { start, end }: { readonly start: number; readonly end: number }): void {
  if ([start, end].every((place) => Number.isNaN(place) || Number.isInteger(place) && Math.abs(place) <= FARTHEST)) return;
  throw new CheckFailed(`${name} to leave the frame's start and end within its buffer`, `start ${start}, end ${end}`, { symbol: name });
}

/** The most calls at once that are told with what the first of them were given; of more, or where frames were given, the check says what matters. */
const FEW = 20;

/** "4 times: { SYN seq 0 … }; { FIN seq 7 … }; …" */
function timesText(name: string, lists: readonly (readonly unknown[])[]): string {
  const times = lists.length === 1 ? "once" : `${lists.length} times`;
  if (lists.length > FEW || lists.flat().some((arg) => arg instanceof Frame || arg instanceof DataView)) return times;
  const first = lists.slice(0, 2).map((list) => callText(name, list).args).filter((text) => text !== "");
  return first.length === 0 ? times : `${times}: ${first.join("; ")}${lists.length > first.length ? "; …" : ""}`;
}

/** Whether what is asked for gets its line in the transcript only when it is done. A packet has its line before. */
function isListedLater({ op, ...request }: Request): boolean {
  if (op === "step") return "frames" in request && request.frames.length === 0;
  return op !== "act" && op !== "look" && op !== "lent" && op !== "memory";
}

/** An object on which every name is a function that calls `call`. */
function callable(
  call: (name: string, args: readonly unknown[]) => Promise<unknown>,
): Record<string, (...args: unknown[]) => Promise<unknown>> {
  const calling = (name: string, args: readonly unknown[]): Promise<unknown> => {
    const answer = call(name, args);
    answer.catch(() => {}); // when the check ended meanwhile, or took the object for a list: nobody waits for it
    return answer;
  };
  return new Proxy({}, {
    get: (_, name) => typeof name === "string" && name !== "then" ? (...args: unknown[]) => calling(name, args) : undefined,
  });
}

/** The handles of remote objects, for those that are passed on to a function. */
const HANDLES = new WeakMap<object, number>();

function encode(value: unknown): Sent {
  if (value instanceof Marker) return value.sent;
  const handle = typeof value === "object" && value !== null ? HANDLES.get(value) : undefined;
  if (handle !== undefined) return { t: "handle", id: handle };
  if (value instanceof Frame) return { t: "frame", bytes: value.bytes, start: value.start, end: value.end, headroom: value.headroom };
  if (value instanceof DataView) return { t: "view", bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
  if (typeof value === "object" && value !== null && Object.values(value).some((member) => member instanceof Marker)) {
    return { t: "record", members: Object.fromEntries(Object.entries(value).map(([key, member]) => [key, encode(member)])) };
  }
  return { t: "value", value };
}

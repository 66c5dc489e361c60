/**
 * The student's functions as a check calls them: arguments go out, the call is awaited, and what it returned, changed,
 * recorded or threw comes back. Everything that is wrong about *how* a function answered is decided here.
 */
import { Frame } from "../../stack/wire/frame.ts";
import { CheckFailed, NotWritten } from "./failure.ts";
import { InOut, Marker } from "./marker.ts";
import { showValue } from "./show.ts";
import type { Subject } from "./subject.ts";
import type { RecordedCall, Reply, Request, Returned, Sent, Thrown } from "./subject/protocol.ts";
import type { Outcome, Recorder } from "./suite.ts";
import type { Transcript } from "./transcript.ts";

/** One check's conversation with the subject. */
export class Conversation {
  /** The check's own clock, for the transcript. */
  now: () => number = () => 0;
  readonly transcript: Transcript;
  readonly #subject: Subject;
  readonly #recorders = new Map<number, RecordedCall[]>();
  /** The handles behind the remote objects that checks hold. */
  readonly #handles = new WeakMap<object, number>();
  #nextId = 1;

  constructor(subject: Subject, transcript: Transcript) {
    this.#subject = subject;
    this.transcript = transcript;
  }

  /** Asks, and files what was printed and recorded. */
  async ask(request: Request): Promise<Reply> {
    const reply = await this.#subject.ask(request);
    this.transcript.log(this.now(), reply.log ?? [], reply.lost ?? 0);
    for (const { id, call } of reply.recorded ?? []) this.#recorders.get(id)?.push(call);
    return reply;
  }

  /** All functions of a module, each called by its name. */
  module(name: string): Record<string, (...args: unknown[]) => Promise<unknown>> {
    return callable((fn, args) => this.#call(fn, args, { op: "call", module: name, name: fn, args: args.map(encode) }));
  }

  async many(module: string, name: string, lists: readonly (readonly unknown[])[]): Promise<Outcome<unknown>[]> {
    return this.#outcomes(name, await this.ask({ op: "many", module, name, lists: lists.map((list) => list.map(encode)) }), lists.length);
  }

  /** As `many`, on an object that a factory returned. */
  async manyOn(object: object, name: string, lists: readonly (readonly unknown[])[]): Promise<Outcome<unknown>[]> {
    const handle = this.#handles.get(object);
    if (handle === undefined) throw new TypeError("manyOn() takes an object that a function of the student's returned");
    return this.#outcomes(name, await this.ask({ op: "manyOn", handle, name, lists: lists.map((list) => list.map(encode)) }), lists.length);
  }

  #outcomes(name: string, reply: Reply, count: number): Outcome<unknown>[] {
    if (reply.all === undefined) throw this.#exception(name, reply.threw ?? { name: "Error", message: "no answer", at: [] });
    this.transcript.call(this.now(), `${name}, called ${count} times`);
    return reply.all.map(({ returned, threw }) => {
      if (threw !== undefined) {
        if (threw.symbol !== undefined) throw new NotWritten(threw.symbol);
        return { value: undefined, threw: `${threw.name}: ${threw.message}${place(threw)}` };
      }
      return { value: this.#decode(name, returned ?? { t: "value", value: undefined }) };
    });
  }

  recorder<T>(callback: boolean): Recorder<T> {
    const id = this.#nextId++;
    const calls: RecordedCall[] = [];
    this.#recorders.set(id, calls);
    return { object: new Marker({ t: "recorder", id, callback }) as T, calls, take: () => calls.splice(0) };
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

  /** Turns an exception of the student's code into the check's end. */
  exception(threw: Thrown): Error {
    return this.#exception(undefined, threw);
  }

  async #call(name: string, args: readonly unknown[], request: Request): Promise<unknown> {
    const said = `${name}(${args.filter((arg) => !(arg instanceof Marker)).map((arg) => showValue(arg, "", 60)).join(", ")})`;
    const reply = await this.ask(request);
    for (const [index, left] of (reply.frames ?? []).entries()) {
      const frame = args[index];
      if (left === undefined || !(frame instanceof Frame)) continue;
      if (left.bytes.length === frame.bytes.length) frame.bytes.set(left.bytes);
      frame.start = left.start;
      frame.end = left.end;
    }
    for (const [index, left] of (reply.objects ?? []).entries()) {
      const argument = args[index];
      if (argument instanceof InOut) argument.update(left);
    }
    if (reply.threw !== undefined) {
      this.transcript.call(this.now(), `${said} threw ${reply.threw.name}`);
      throw this.#exception(name, reply.threw);
    }
    const value = this.#decode(name, reply.returned ?? { t: "value", value: undefined });
    const shown = reply.returned?.t === "handle" ? "an object" : showValue(value, "", 100);
    this.transcript.call(this.now(), shown === "undefined" ? said : `${said} → ${shown}`);
    return value;
  }

  #decode(name: string, returned: Returned): unknown {
    switch (returned.t) {
      case "value":
        return returned.value;
      case "frame": {
        const frame = new Frame(returned.bytes.length, 0);
        frame.bytes.set(returned.bytes);
        frame.start = returned.start;
        frame.end = returned.end;
        return frame;
      }
      case "handle": {
        const { id } = returned;
        const object = callable((method, args) =>
          this.#call(`${name}.${method}`, args, { op: "method", handle: id, name: method, args: args.map(encode) })
        );
        this.#handles.set(object, id);
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

  #exception(name: string | undefined, threw: Thrown): Error {
    if (threw.symbol !== undefined) return new NotWritten(threw.symbol);
    const symbol = name ?? /^(?:Object\.|Module\.)?([A-Za-z]\w*)/.exec(threw.at[0] ?? "")?.[1];
    const details = symbol === undefined ? {} : { symbol };
    return new CheckFailed(
      `${symbol ?? "your code"} to return: it never throws because of a packet`,
      `${threw.name}: ${threw.message}${place(threw)}`,
      details,
    );
  }
}

function place(threw: Thrown): string {
  return threw.at[0] === undefined ? "" : `, at ${threw.at[0]}`;
}

/** An object on which every name is a function that calls `call`. */
function callable(
  call: (name: string, args: readonly unknown[]) => Promise<unknown>,
): Record<string, (...args: unknown[]) => Promise<unknown>> {
  return new Proxy({}, {
    get: (_, name) => typeof name === "string" && name !== "then" ? (...args: unknown[]) => call(name, args) : undefined,
  });
}

function encode(value: unknown): Sent {
  if (value instanceof Marker) return value.sent;
  if (value instanceof Frame) return { t: "frame", bytes: value.bytes, start: value.start, end: value.end, headroom: value.headroom };
  if (value instanceof DataView) return { t: "view", bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
  if (typeof value === "object" && value !== null && Object.values(value).some((member) => member instanceof Marker)) {
    return { t: "record", members: Object.fromEntries(Object.entries(value).map(([key, member]) => [key, encode(member)])) };
  }
  return { t: "value", value };
}

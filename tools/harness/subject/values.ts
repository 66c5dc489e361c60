/**
 * How values cross into the subject and out of it: frames become frames of the student's process, recorders
 * become objects whose calls are kept, objects with methods become handles.
 */
import { Frame } from "../../../stack/wire/frame.ts";
import { FramePool } from "../../../stack/wire/frame_pool.ts";
import { createRandom } from "../../../stack/wire/random.ts";
import type { RecordedCall, Returned, Sent, Thrown } from "./protocol.ts";
import { ScriptedChannels } from "./scripted_channels.ts";

/** The objects of one check. */
export class Values {
  readonly #handles = new Map<number, object>();
  /** Stocks of frames, and those of them that are lent: one that was made up and given back is no frame of theirs. */
  readonly #pools = new Map<number, { readonly pool: FramePool; readonly lent: Set<Frame> }>();
  readonly #channels = new Map<number, ScriptedChannels>();
  #nextHandle = 1;
  #recorded: { id: number; call: RecordedCall }[] = [];
  /** What was received to be changed in place, in front of the next recorder of the same call. */
  #inouts: unknown[] = [];

  /** The object behind a handle. */
  handle(id: number): Record<string, unknown> | undefined {
    return this.#handles.get(id) as Record<string, unknown> | undefined;
  }

  /** Scripted channels, made when they are first asked for. */
  channels(id: number): ScriptedChannels {
    let found = this.#channels.get(id);
    if (found === undefined) this.#channels.set(id, found = new ScriptedChannels());
    return found;
  }

  lent(pool: number): number {
    return this.#pools.get(pool)?.lent.size ?? 0;
  }

  /** The calls that recorders saw since the last time. */
  takeRecorded(): { id: number; call: RecordedCall }[] {
    const taken = this.#recorded;
    this.#recorded = [];
    this.#inouts = [];
    return taken;
  }

  /** Makes the argument that `sent` describes. */
  receive(sent: Sent): unknown {
    switch (sent.t) {
      case "value":
        return sent.value;
      case "frame":
        return frameOf(sent.bytes, sent.start, sent.end, sent.headroom);
      case "view":
        return new DataView(sent.bytes.buffer, sent.bytes.byteOffset, sent.bytes.byteLength);
      case "inout":
        this.#inouts.push(sent.value);
        return sent.value;
      case "recorder":
        return this.#recorder(sent);
      case "pool":
        return this.#pool(sent);
      case "random": {
        const random = createRandom(sent.seed);
        return () => random.next();
      }
      case "handle":
        return this.#handles.get(sent.id);
      case "channels":
        return sent.part === "facts" ? this.channels(sent.id).factsOf : this.channels(sent.id).calls;
      case "record": {
        const record: Record<string, unknown> = {};
        for (const key of Object.keys(sent.members)) record[key] = this.receive(sent.members[key] as Sent);
        return record;
      }
    }
  }

  /** Describes what a call returned. */
  give(value: unknown): Returned {
    if (value instanceof Frame) return { t: "frame", bytes: value.bytes, start: value.start, end: value.end };
    if (typeof value === "function" || typeof value === "symbol") return { t: "strange", what: `a ${typeof value}` };
    if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
      if (typeof (value as { then?: unknown }).then === "function") return { t: "promise" };
      const methods = methodsOf(value);
      if (methods.length > 0) {
        const id = this.#nextHandle++;
        this.#handles.set(id, value);
        return { t: "handle", id, methods };
      }
    }
    return { t: "value", value };
  }

  #pool({ id, method, capacity, limit }: Sent & { t: "pool" }): unknown {
    let found = this.#pools.get(id);
    if (found === undefined) this.#pools.set(id, found = { pool: new FramePool({ capacity, limit }), lent: new Set() });
    const { pool, lent } = found;
    if (method === "acquire") {
      return (): Frame | undefined => {
        const frame = pool.acquire();
        if (frame !== undefined) lent.add(frame);
        return frame;
      };
    }
    return (frame: Frame): void => {
      if (!lent.delete(frame)) throw new Error("Cannot release a frame that is not lent");
      pool.release(frame);
    };
  }

  #recorder({ id, callback, beside, reactions = [], returns }: Sent & { t: "recorder" }): unknown {
    const inouts = this.#inouts.splice(0);
    const record = (name: string, args: unknown[]): void => {
      if (this.#recorded.length >= 10_000) throw new RangeError("more than 10 000 actions in one call");
      const call = { name, args: args.map(asItIsNow) };
      this.#recorded.push({ id, call: beside ? { ...call, beside: inouts.map(copyOf) } : call });
      const reaction = reactions.find((each) => each.name === name && each.arg === args[0]);
      if (reaction !== undefined) Object.assign(inouts[0] as object, reaction.set);
    };
    if (callback) {
      return (...args: unknown[]): unknown => {
        record("", args);
        return returns;
      };
    }
    return new Proxy({}, {
      get: (_, name) => typeof name === "string" && name !== "then" ? (...args: unknown[]) => record(name, args) : undefined,
    });
  }
}

/** An argument as a recorder keeps it: what it was when the call was made, whatever is written into the buffer later. */
function asItIsNow(arg: unknown): unknown {
  if (arg instanceof Frame) return arg.toBytes();
  return arg instanceof DataView ? new Uint8Array(arg.buffer.slice(arg.byteOffset, arg.byteOffset + arg.byteLength)) : arg;
}

/** An object, or bytes, as it is now. */
function copyOf(value: unknown): unknown {
  return value instanceof Uint8Array ? value.slice() : { ...value as object };
}

/** A frame whose buffer holds exactly these bytes, so that reading past its end is an error and not luck. */
function frameOf(bytes: Uint8Array, start: number, end: number, headroom: number): Frame {
  const frame = new Frame(bytes.length, headroom);
  frame.bytes.set(bytes);
  frame.start = start;
  frame.end = end;
  return frame;
}

/** Names of the functions that an object has, its own or from a class. */
function methodsOf(value: object): string[] {
  const names: string[] = [];
  for (
    let level: object | null = value;
    level !== null && level !== Object.prototype && level !== Array.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name !== "constructor" && typeof (value as Record<string, unknown>)[name] === "function") names.push(name);
    }
  }
  return names;
}

/** What the subject itself throws: these carry the name of a lab function. */
const OURS = new Set(["NotImplemented", "NotExported", "NeverReturned"]);

/** Describes an exception, whatever was thrown. */
export function describeThrown(error: unknown): Thrown {
  if (!(error instanceof Error)) {
    return { name: "Error", message: `threw ${typeof error === "string" ? `"${error}"` : typeof error}`, at: [] };
  }
  const symbol = (error as { symbol?: unknown }).symbol;
  return {
    name: `${error.name}`,
    message: `${error.message}`.slice(0, 500),
    ...(OURS.has(error.name) && typeof symbol === "string" ? { symbol } : {}),
    ...placesIn(`${error.stack ?? ""}`),
  };
}

/** The lines of a stack trace that lie in a lab; and the first of all lines, if that is in the stack around the labs. */
export function placesIn(stack: string): Pick<Thrown, "at" | "from"> {
  const at: string[] = [];
  let from: string | undefined;
  for (const line of stack.split("\n")) {
    const found = /at (?:(?:new )?(\S+) (?:\[as \S+\] )?\()?\S*?((labs|solutions|stack)\/[^:]+:\d+):\d+\)?$/.exec(line.trim());
    if (found === null || line.includes("mod.ts")) continue;
    const [, name, place, folder] = found;
    const text = name === undefined ? `${place}` : `${name.replace(/^(?:Object|Module)\./, "")} (${place})`;
    if (folder !== "stack") at.push(text);
    else if (at.length === 0) from ??= text;
  }
  return { at: at.slice(0, 8), ...(from === undefined ? {} : { from }) };
}

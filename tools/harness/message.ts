/**
 * Messages between the grader and the processes beside it, over a pipe. A message is one value:
 * JSON, with raw bytes beside it, so that frames travel as bytes and not as text.
 *
 *     u32 length of what follows · u32 length of the JSON · JSON · the byte arrays, end to end
 *
 * In the JSON, `{"$": "bytes", "at": 0, "length": 60}` stands for a Uint8Array; undefined, NaN, ±Infinity
 * and bigint, which JSON does not know, are marked the same way. A plain object that itself has a "$" key
 * is wrapped, so nothing can pose as a mark. Everything is bounded: a message is at most 64 MiB long and
 * 64 levels deep. What comes in is not trusted: a malformed message is a MessageError, never a crash.
 */

/** The most bytes in one message. */
export const MAX_MESSAGE = 64 * 1024 * 1024;
const MAX_DEPTH = 64;

/** What arrived is not a message. */
export class MessageError extends Error {
  override readonly name = "MessageError";
}

// The subject's process also runs code that may replace these; keep what the language gave us.
const { stringify, parse } = JSON;
const { isArray } = Array;
const { isFinite } = Number;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const encode = encoder.encode.bind(encoder);
const decode = decoder.decode.bind(decoder);

/** Encodes `value` as one message, lengths included. Throws a TypeError for what cannot travel (a function, a cycle). */
export function encodeMessage(value: unknown): Uint8Array<ArrayBuffer> {
  const blobs: Uint8Array[] = [];
  let blobLength = 0;
  const json = encode(stringify(pack(value, 0)) ?? "null");
  const message = new Uint8Array(8 + json.length + blobLength);
  if (message.length > MAX_MESSAGE) throw new TypeError(`Cannot send a message of ${message.length} bytes: the limit is ${MAX_MESSAGE}`);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length - 4);
  view.setUint32(4, json.length);
  message.set(json, 8);
  let at = 8 + json.length;
  for (let i = 0; i < blobs.length; i++) {
    const blob = blobs[i] as Uint8Array;
    message.set(blob, at);
    at += blob.length;
  }
  return message;

  function pack(item: unknown, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new TypeError("Cannot send a value that is nested deeper than 64 levels, or contains itself");
    switch (typeof item) {
      case "string":
      case "boolean":
        return item;
      case "number":
        return isFinite(item) && !(item === 0 && 1 / item < 0) ? item : { $: "number", text: item === 0 ? "-0" : `${item}` };
      case "undefined":
        return { $: "undefined" };
      case "bigint":
        return { $: "bigint", text: `${item}` };
      case "object":
        break;
      default:
        throw new TypeError(`Cannot send a ${typeof item}`);
    }
    if (item === null) return null;
    if (item instanceof Uint8Array) {
      const mark = { $: "bytes", at: blobLength, length: item.length };
      blobs[blobs.length] = item;
      blobLength += item.length;
      return mark;
    }
    if (isArray(item)) {
      const list: unknown[] = [];
      for (let i = 0; i < item.length; i++) list[i] = pack(item[i], depth + 1);
      return list;
    }
    const record: Record<string, unknown> = { __proto__: null };
    let marked = false;
    for (const key in item) {
      if (!Object.prototype.hasOwnProperty.call(item, key)) continue;
      if (key === "$") marked = true;
      const member = (item as Record<string, unknown>)[key];
      if (typeof member !== "function") record[key] = pack(member, depth + 1);
    }
    return marked ? { $: "object", value: record } : record;
  }
}

/** Collects chunks from a pipe and gives back whole messages. */
export class MessageReader {
  #buffer = new Uint8Array(65536);
  #view = new DataView(this.#buffer.buffer);
  #start = 0;
  #end = 0;

  /** Takes what was read. The chunk is copied. */
  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next whole message, or undefined when there is none yet. Throws a MessageError for what is no message. */
  next(): unknown {
    const available = this.#end - this.#start;
    if (available < 4) return undefined;
    const length = this.#view.getUint32(this.#start);
    if (length < 4 || length > MAX_MESSAGE) throw new MessageError("what came over the pipe is no message");
    if (available < 4 + length) return undefined;
    const body = this.#buffer.slice(this.#start + 4, this.#start + 4 + length);
    this.#start += 4 + length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return decodeBody(body);
  }

  #makeRoom(count: number): void {
    const held = this.#end - this.#start;
    const old = this.#buffer;
    if (held + count > old.length) {
      this.#buffer = new Uint8Array(Math.max(old.length * 2, held + count));
      this.#view = new DataView(this.#buffer.buffer);
    }
    this.#buffer.set(old.subarray(this.#start, this.#end));
    this.#start = 0;
    this.#end = held;
  }
}

/** Decodes what follows the first length. Throws a MessageError. */
function decodeBody(body: Uint8Array): unknown {
  const jsonLength = new DataView(body.buffer, body.byteOffset).getUint32(0);
  if (4 + jsonLength > body.length) throw new MessageError("a message's text is longer than the message");
  const blobs = body.subarray(4 + jsonLength);
  let value: unknown;
  try {
    value = parse(decode(body.subarray(4, 4 + jsonLength)));
  } catch {
    throw new MessageError("a message's text is not JSON");
  }
  return unpack(value, 0);

  function unpack(item: unknown, depth: number): unknown {
    if (typeof item !== "object" || item === null) return item;
    if (depth > MAX_DEPTH * 2) throw new MessageError("a message is nested too deep");
    if (isArray(item)) return item.map((member) => unpack(member, depth + 1));
    const record = item as Record<string, unknown>;
    switch (record["$"]) {
      case undefined:
        break;
      case "undefined":
        return undefined;
      case "number":
        return Number(record.text);
      case "bigint":
        if (typeof record.text !== "string" || !/^-?\d+$/.test(record.text)) throw new MessageError("a message has a bad bigint");
        return BigInt(record.text);
      case "bytes": {
        const { at, length } = record as { at: number; length: number };
        if (!(Number.isInteger(at) && Number.isInteger(length) && at >= 0 && length >= 0 && at + length <= blobs.length)) {
          throw new MessageError("a message's bytes lie outside it");
        }
        return blobs.slice(at, at + length);
      }
      case "object":
        return unpackMembers(record.value as Record<string, unknown>, depth);
      default:
        throw new MessageError("a message has a mark that nobody knows");
    }
    return unpackMembers(record, depth);
  }

  function unpackMembers(record: Record<string, unknown>, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(record ?? {})) {
      Object.defineProperty(result, key, { value: unpack(record[key], depth + 1), enumerable: true, writable: true, configurable: true });
    }
    return result;
  }
}

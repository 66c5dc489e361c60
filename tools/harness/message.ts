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
/** The most bytes of JSON in it: what is made of them takes many times their room. */
const MAX_TEXT = 8 * 1024 * 1024;
const MAX_DEPTH = 64;
/** The most digits of a bigint: to read one takes longer and longer. */
const MAX_DIGITS = 1000;

/** What arrived is not a message. */
export class MessageError extends Error {
  override readonly name = "MessageError";
}

// The subject's process also runs code that may replace these; keep what the language gave us.
const { stringify, parse } = JSON;
const { isArray } = Array;
const { isFinite, isInteger } = Number;
const { hasOwn, keys, defineProperty } = Object;
const MOST = 10n ** BigInt(MAX_DIGITS);
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const encode = encoder.encode.bind(encoder);
const decode = decoder.decode.bind(decoder);

/** Encodes `value` as one message, lengths included. Throws a TypeError for what cannot travel (a function, a cycle). */
export function encodeMessage(value: unknown): Uint8Array<ArrayBuffer> {
  const blobs: Uint8Array[] = [];
  let blobLength = 0;
  const json = encode(textOf(value, 0));
  const message = new Uint8Array(8 + json.length + blobLength);
  if (message.length > MAX_MESSAGE) throw new TypeError(`Cannot send a message of ${message.length} bytes: the limit is ${MAX_MESSAGE}`);
  if (json.length > MAX_TEXT) throw new TypeError(`Cannot send ${json.length} bytes of JSON: the limit is ${MAX_TEXT}`);
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

  function textOf(item: unknown, depth: number): string {
    if (depth > MAX_DEPTH) throw new TypeError("Cannot send a value that is nested deeper than 64 levels, or contains itself");
    switch (typeof item) {
      case "string":
        return stringify(item);
      case "boolean":
        return item ? "true" : "false";
      case "number":
        if (item === 0) return 1 / item < 0 ? `{"$":"number","text":"-0"}` : "0";
        return isFinite(item) ? `${item}` : `{"$":"number","text":"${item}"}`;
      case "undefined":
        return `{"$":"undefined"}`;
      case "bigint":
        if (item >= MOST || item <= -MOST) throw new TypeError(`Cannot send a bigint of more than ${MAX_DIGITS} digits`);
        return `{"$":"bigint","text":"${item}"}`;
      case "object":
        break;
      default:
        throw new TypeError(`Cannot send a ${typeof item}`);
    }
    if (item === null) return "null";
    if (item instanceof Uint8Array) {
      const text = `{"$":"bytes","at":${blobLength},"length":${item.length}}`;
      blobs[blobs.length] = item;
      blobLength += item.length;
      return text;
    }
    return isArray(item) ? listText(item, depth) : recordText(item as Record<string, unknown>, depth);
  }

  function listText(list: readonly unknown[], depth: number): string {
    let text = "[";
    for (let i = 0; i < list.length; i++) text += (i === 0 ? "" : ",") + textOf(list[i], depth + 1);
    return `${text}]`;
  }

  function recordText(record: Record<string, unknown>, depth: number): string {
    let text = "";
    let marked = false;
    for (const key in record) {
      if (!hasOwn(record, key)) continue;
      const member = record[key];
      if (key === "$") marked = true;
      if (typeof member !== "function") text += `${text === "" ? "" : ","}${stringify(key)}:${textOf(member, depth + 1)}`;
    }
    return marked ? `{"$":"object","value":{${text}}}` : `{${text}}`;
  }
}

/** Collects chunks from a pipe and gives back whole messages. */
export class MessageReader {
  #buffer = new Uint8Array(65536);
  #view = new DataView(this.#buffer.buffer);
  #start = 0;
  #end = 0;

  /** Bytes that were pushed, and are no part of a message that was given back. */
  get rest(): number {
    return this.#end - this.#start;
  }

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
    const body = this.#buffer.subarray(this.#start + 4, this.#start + 4 + length);
    this.#start += 4 + length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return decodeBody(body); // which keeps none of these bytes
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
  if (jsonLength > MAX_TEXT) throw new MessageError("a message's text is too long");
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
    if (isArray(item)) {
      for (let i = 0; i < item.length; i++) item[i] = unpack(item[i], depth + 1);
      return item;
    }
    const record = item as Record<string, unknown>;
    const mark = hasOwn(record, "$") ? record["$"] : undefined;
    switch (mark) {
      case undefined:
        return unpackMembers(record, depth);
      case "undefined":
        return undefined;
      case "number":
        return Number(record.text);
      case "bigint":
        if (typeof record.text !== "string" || record.text.length > MAX_DIGITS + 1 || !/^-?\d+$/.test(record.text)) {
          throw new MessageError("a message has a bad bigint");
        }
        return BigInt(record.text);
      case "bytes": {
        const { at, length } = record as { at: number; length: number };
        if (!(isInteger(at) && isInteger(length) && at >= 0 && length >= 0 && at + length <= blobs.length)) {
          throw new MessageError("a message's bytes lie outside it");
        }
        return blobs.slice(at, at + length);
      }
      case "object":
        return unpackMembers(record.value, depth);
      default:
        throw new MessageError("a message has a mark that nobody knows");
    }
  }

  /** Puts values in the place of their marks. */
  function unpackMembers(record: unknown, depth: number): unknown {
    if (typeof record !== "object" || record === null || isArray(record)) throw new MessageError("a message has a bad object");
    const members = record as Record<string, unknown>;
    for (const key of keys(members)) {
      const member = members[key];
      if (typeof member !== "object" || member === null) continue;
      const value = unpack(member, depth + 1);
      // "__proto__" is a key like others here, which an assignment would not see.
      if (value !== member) defineProperty(members, key, { value, enumerable: true, writable: true, configurable: true });
    }
    return members;
  }
}

/**
 * The answer (RFC 9112 §4, §6, §7.1). What is hard about it is not the text, but that the client must know where the body ends: by its length, by chunks, or, as in the old
 * days, because the connection ends there. `planAnswer` decides, `writeHead` writes down what was decided.
 *
 *     HTTP/1.1 200 OK
 *     Content-Type: text/html
 *     Content-Length: 5
 *                                 ⏎ h e l l o
 */
import type { AnswerPlan, HttpHeader, HttpReject, HttpVersion } from "../../stack/contract/http.ts";
import { GrowingBytes } from "../../stack/wire/growing_bytes.ts";
import { latin1Bytes } from "../../stack/wire/latin1.ts";

/** What names are made of (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Headers that say where the answer ends: nobody's affair but the plan's. */
const OF_THE_PLAN: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "connection"]);

/**
 * What the client is told: 408, 413, 414, 431, 501, 505, and 400 for all that is plainly wrong.
 */
export function statusOf(reject: HttpReject): number {
  // region statusOf
  switch (reject) {
    case "timed out":
      return 408;
    case "body too large":
      return 413;
    case "request line too long":
      return 414;
    case "header too long":
    case "headers too large":
    case "too many headers":
      return 431;
    case "unknown coding":
      return 501;
    case "unknown version":
      return 505;
    default:
      return 400;
  }
  // endregion
}

/**
 * How an answer of `length` bytes (−1: nobody knows beforehand) goes out: where it ends, and what becomes of the connection (RFC 9112 §6.3, §9.3).
 */
export function planAnswer(method: string, version: HttpVersion, persists: boolean, status: number, length: number): AnswerPlan {
  // region planAnswer
  const isBare = status === 204 || status === 304;
  const isEmpty = status === 205;
  const sendsBody = !isBare && !isEmpty && method !== "HEAD";
  const isUnknown = sendsBody && length < 0;
  const closes = !persists || isUnknown && version === "1.0";
  return {
    contentLength: isBare ? -1 : isEmpty ? 0 : length,
    chunked: isUnknown && version === "1.1",
    sendsBody,
    connection: closes ? "close" : version === "1.0" ? "keep-alive" : "",
  };
  // endregion
}

/**
 * Status line and headers, up to and with the empty line (RFC 9112 §4, §5). Throws a TypeError for what would break out of its line.
 */
export function writeHead(status: number, reason: string, headers: readonly HttpHeader[], plan: AnswerPlan): Uint8Array {
  // region writeHead
  let text = `HTTP/1.1 ${status} ${ownLine(reason, "reason")}\r\n`;
  for (const { name, value } of headers) {
    if (!TOKEN.test(name)) throw new TypeError(`Cannot write a header with the name ${JSON.stringify(name)}`);
    if (!OF_THE_PLAN.has(name.toLowerCase())) text += `${name}: ${ownLine(value, name)}\r\n`;
  }
  if (plan.contentLength >= 0) text += `Content-Length: ${plan.contentLength}\r\n`;
  if (plan.chunked) text += "Transfer-Encoding: chunked\r\n";
  if (plan.connection !== "") text += `Connection: ${plan.connection}\r\n`;
  return latin1Bytes(`${text}\r\n`);
  // endregion
}

/**
 * A piece of a chunked body: its size in hexadecimal digits, and the bytes, each with its CR LF. Without bytes: the last one (RFC 9112 §7.1).
 */
export function writeChunk(bytes: Uint8Array): Uint8Array {
  // region writeChunk
  const chunk = new GrowingBytes();
  for (const part of [latin1Bytes(`${bytes.length.toString(16)}\r\n`), bytes, latin1Bytes("\r\n")]) chunk.append(part, 0, part.length);
  return chunk.take();
  // endregion
}

// region ownLine

/** The text, if it stays on its line. */
function ownLine(text: string, what: string): string {
  if (/[\r\n\0]/.test(text)) throw new TypeError(`Cannot write the ${what}: it has the end of a line in it`);
  return text;
}

// endregion

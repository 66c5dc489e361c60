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
import { todo } from "../../stack/wire/not_implemented.ts";

/** What names are made of (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Headers that say where the answer ends: nobody's affair but the plan's. */
const OF_THE_PLAN: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "connection"]);

/**
 * What the client is told: 408, 413, 414, 431, 501, 505, and 400 for all that is plainly wrong.
 */
export function statusOf(reject: HttpReject): number {
  return todo("statusOf", reject);
}

/**
 * How an answer of `length` bytes (−1: nobody knows beforehand) goes out: where it ends, and what becomes of the connection (RFC 9112 §6.3, §9.3).
 */
export function planAnswer(method: string, version: HttpVersion, persists: boolean, status: number, length: number): AnswerPlan {
  return todo("planAnswer", method, version, persists, status, length);
}

/**
 * Status line and headers, up to and with the empty line (RFC 9112 §4, §5). Throws a TypeError for what would break out of its line.
 */
export function writeHead(status: number, reason: string, headers: readonly HttpHeader[], plan: AnswerPlan): Uint8Array {
  return todo("writeHead", status, reason, headers, plan, TOKEN, OF_THE_PLAN);
}

/**
 * A piece of a chunked body: its size in hexadecimal digits, and the bytes, each with its CR LF. Without bytes: the last one (RFC 9112 §7.1).
 */
export function writeChunk(bytes: Uint8Array): Uint8Array {
  return todo("writeChunk", bytes);
}

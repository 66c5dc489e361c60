/**
 * Where a request ends, and whether another one follows (RFC 9112 §6, §7.1, §9.3).
 *
 *     Content-Length: 5        ⏎ ⏎ h e l l o                            so many bytes
 *     Transfer-Encoding: chunked ⏎ ⏎ 5 ⏎ h e l l o ⏎ 0 ⏎ ⏎              pieces that say how long they are, and a last one of 0
 *     neither                  ⏎ ⏎                                      no body
 *
 * Both at once is the classic of request smuggling: one reader goes by the length, the other by the chunks, and what is a body to the one is the next request to
 * the other. It is refused, like everything else that could be read in two ways.
 */
import type { BodyFraming, HttpHeader, HttpReject, HttpVersion } from "../../stack/contract/http.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/**
 * How long the body is, as the headers say; their names are in small letters (RFC 9112 §6.3).
 */
export function bodyOf(version: HttpVersion, headers: readonly HttpHeader[]): BodyFraming | HttpReject {
  return todo("bodyOf", version, headers);
}

/**
 * Whether the client wants to go on with the connection (RFC 9112 §9.3).
 */
export function persists(version: HttpVersion, headers: readonly HttpHeader[]): boolean {
  return todo("persists", version, headers);
}

/**
 * The size in the first line of a chunk, "1a" or "1a;name=value" (RFC 9112 §7.1).
 */
export function parseChunkSize(line: string): number | HttpReject {
  return todo("parseChunkSize", line);
}

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
import { trimOws } from "../../stack/wire/latin1.ts";

/**
 * How long the body is, as the headers say; their names are in small letters (RFC 9112 §6.3).
 */
export function bodyOf(version: HttpVersion, headers: readonly HttpHeader[]): BodyFraming | HttpReject {
  // region bodyOf
  const lengths = headers.filter(({ name }) => name === "content-length");
  const isCoded = headers.some(({ name }) => name === "transfer-encoding");
  if (isCoded) {
    if (lengths.length > 0) return "length and coding";
    if (version === "1.0") return "bad coding";
    const codings = membersOf("transfer-encoding", headers);
    const last = codings.pop();
    if (last !== "chunked" || codings.includes("chunked")) return "bad coding";
    return codings.length > 0 ? "unknown coding" : { chunked: true, length: 0 };
  }
  const [length] = lengths;
  if (length === undefined) return { chunked: false, length: 0 };
  if (lengths.length > 1 || !/^\d+$/.test(length.value)) return "bad length";
  return { chunked: false, length: Number(length.value) };
  // endregion
}

/**
 * Whether the client wants to go on with the connection (RFC 9112 §9.3).
 */
export function persists(version: HttpVersion, headers: readonly HttpHeader[]): boolean {
  // region persists
  const wishes = membersOf("connection", headers);
  if (wishes.includes("close")) return false;
  return version === "1.1" || wishes.includes("keep-alive");
  // endregion
}

/**
 * The size in the first line of a chunk, "1a" or "1a;name=value" (RFC 9112 §7.1).
 */
export function parseChunkSize(line: string): number | HttpReject {
  // region parseChunkSize
  const [, digits] = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? [];
  // Without an extension nothing may follow the size, not even a space.
  if (digits === undefined || line.length > digits.length && !line.includes(";")) return "bad chunk";
  return parseInt(digits, 16);
  // endregion
}

// region membersOf

/** The members of a header that is a list, in small letters: of all its lines, in their order (RFC 9110 §5.6.1). */
function membersOf(header: string, headers: readonly HttpHeader[]): string[] {
  const lines = headers.filter(({ name }) => name === header);
  return lines.flatMap(({ value }) => value.split(",")).map((member) => trimOws(member).toLowerCase()).filter((member) => member !== "");
}

// endregion

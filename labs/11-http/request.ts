/**
 * The lines of a request's head (RFC 9112 §2 to §5), each by itself: a string without its CR LF goes in, a record or a reject comes out.
 *
 *     GET /wires.html?all HTTP/1.1        method SP target SP version
 *     Host: 10.44.0.2                     name ":" OWS value OWS
 *     Accept: text/html
 *                                         an empty line: here the head ends
 *
 * Other readers than this one are in the way: proxies, caches, load balancers. A line that two of them read differently is a hole through
 * which somebody slips a request past the one and into the other. So there is one way to write each line, and everything else is refused.
 */
import type { HttpHeader, HttpReject, HttpVersion, RequestLine } from "../../stack/contract/http.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** What names are made of: methods, headers (RFC 9110 §5.6.2). For the middle of a regular expression. */
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

/**
 * Reads "GET /a?b HTTP/1.1" (RFC 9112 §3). What each part may be: see stack/contract/http.ts.
 */
export function parseRequestLine(line: string): RequestLine | HttpReject {
  return todo("parseRequestLine", line, TOKEN);
}

/**
 * Reads "Accept: text/html" (RFC 9112 §5). The name in small letters, the value without spaces and tabs at its ends.
 */
export function parseHeaderLine(line: string): HttpHeader | HttpReject {
  return todo("parseHeaderLine", line, TOKEN);
}

/**
 * Whether the request names its host as it must (RFC 9112 §3.2): undefined if so.
 */
export function checkHost(version: HttpVersion, headers: readonly HttpHeader[]): HttpReject | undefined {
  return todo("checkHost", version, headers);
}

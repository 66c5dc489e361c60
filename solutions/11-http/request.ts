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
import { trimOws } from "../../stack/wire/latin1.ts";

/** What names are made of: methods, headers (RFC 9110 §5.6.2). For the middle of a regular expression. */
const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

// region request-patterns
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([!-~]+) HTTP/(\\d)\\.(\\d)$`);
const HEADER_NAME = new RegExp(`^${TOKEN}$`);
/** The characters of a value: no control characters but the tab. */
const VALUE = /^[\t -~\x80-\xff]*$/;
// endregion

/**
 * Reads "GET /a?b HTTP/1.1" (RFC 9112 §3). What each part may be: see stack/contract/http.ts.
 */
export function parseRequestLine(line: string): RequestLine | HttpReject {
  // region parseRequestLine
  const [, method, target, major, minor] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || target === undefined) return "bad request line";
  if (major !== "1") return "unknown version";
  const isUsual = target.startsWith("/") || /^https?:\/\//i.test(target);
  const isSpecial = method === "CONNECT" || method === "OPTIONS" && target === "*";
  if (!isUsual && !isSpecial) return "bad request line";
  return { method, target, version: minor === "0" ? "1.0" : "1.1" };
  // endregion
}

/**
 * Reads "Accept: text/html" (RFC 9112 §5). The name in small letters, the value without spaces and tabs at its ends.
 */
export function parseHeaderLine(line: string): HttpHeader | HttpReject {
  // region parseHeaderLine
  if (line.startsWith(" ") || line.startsWith("\t")) return "folded header";
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  const value = line.slice(colon + 1);
  if (colon < 0 || !HEADER_NAME.test(name) || !VALUE.test(value)) return "bad header";
  return { name: name.toLowerCase(), value: trimOws(value) };
  // endregion
}

/**
 * Whether the request names its host as it must (RFC 9112 §3.2): undefined if so.
 */
export function checkHost(version: HttpVersion, headers: readonly HttpHeader[]): HttpReject | undefined {
  // region checkHost
  const hosts = headers.filter(({ name }) => name === "host");
  const [host] = hosts;
  if (host === undefined) return version === "1.1" ? "no host" : undefined;
  return hosts.length > 1 || /[ \t,/?#@]/.test(host.value) ? "bad host" : undefined;
  // endregion
}

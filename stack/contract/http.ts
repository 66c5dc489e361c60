/**
 * The contract of lab 11: the server's side of HTTP/1.1 (RFC 9112; what the words mean is in RFC 9110).
 *
 * TCP brings bytes, in pieces that were cut anywhere. Out of them whole requests are to be made, and nothing else: where one ends and the next begins is
 * decided by what the client has written, and a client may be mistaken, or lie. So the one rule above all others is that nothing is guessed: what can
 * be read in two ways is refused, because whoever stands between the client and us may read it in the other way (RFC 9112 §11.2, request smuggling).
 *
 * Nothing here waits or reads a clock. The reader is given bytes and the time in milliseconds, and answers what came of it. All text is one
 * character a byte (`stack/wire/latin1.ts`). Sizes are bytes.
 */

/** Of HTTP/1.0 and HTTP/1.1. Any later 1.x counts as 1.1 (RFC 9110 §2.5). */
export type HttpVersion = "1.0" | "1.1";

/** Why a request is refused. `statusOf` says what the client is told. */
export type HttpReject =
  /** Not METHOD SP TARGET SP VERSION, or one of the three has a character that does not belong there. */
  | "bad request line"
  /** HTTP, but neither 1.0 nor 1.1. */
  | "unknown version"
  /** A line of the head or the trailer that does not end with CR LF, or has a CR or NUL inside. */
  | "bad line"
  /** A header line without a name, with a space before the colon, or with a character that does not belong there. */
  | "bad header"
  /** A header line that goes on in the next one: obs-fold (RFC 9112 §5.2). */
  | "folded header"
  /** HTTP/1.1 without Host. */
  | "no host"
  /** More than one Host, or one that names no host. */
  | "bad host"
  /** Content-Length is no number, or is there more than once. */
  | "bad length"
  /** Content-Length and Transfer-Encoding. */
  | "length and coding"
  /** Transfer-Encoding in HTTP/1.0; or chunked is not the last coding, or is there twice. */
  | "bad coding"
  /** Before chunked stands a coding that we do not know. */
  | "unknown coding"
  /** A chunk's size is no number; its line, or the end behind its bytes, does not end with CR LF, has a CR or NUL inside, or is too long. */
  | "bad chunk"
  /** More than `HttpLimits.requestLine`. */
  | "request line too long"
  /** More than `HttpLimits.headerLine`. */
  | "header too long"
  /** More than `HttpLimits.headers`. */
  | "headers too large"
  /** More than `HttpLimits.headerCount`. */
  | "too many headers"
  /** More than `HttpLimits.body`. */
  | "body too large"
  /** More than `HttpLimits.headTime` or `requestTime`. */
  | "timed out";

/** The most that a request may have, or take. Exactly so much is allowed. */
export interface HttpLimits {
  /** Bytes of the request line, without CR LF. RFC 9112 §3 asks for 8000 at least. */
  readonly requestLine: number;
  /** Bytes of one header line, without CR LF. Of a line with a chunk's size, too. */
  readonly headerLine: number;
  /** Bytes of all header lines together, each with its CR LF; those of the trailer included. The empty lines that end head and trailer are none of them. */
  readonly headers: number;
  /** How many header lines, those of the trailer included. Each is counted before it is looked at. */
  readonly headerCount: number;
  /** Bytes of the body, without what chunks add to it. */
  readonly body: number;
  /** Milliseconds from a request's first byte until its head is whole. */
  readonly headTime: number;
  /** And until its body is whole. */
  readonly requestTime: number;
}

/** What a request line says. */
export interface RequestLine {
  /** "GET": case matters (RFC 9110 §9.1). */
  readonly method: string;
  /** As it was sent: "/a?b", "http://host/a", or "*". */
  readonly target: string;
  readonly version: HttpVersion;
}

/** One header field. */
export interface HttpHeader {
  /** In what a request reader gives, in small letters: names are the same in any case (RFC 9110 §5.1). */
  readonly name: string;
  /** Without spaces and tabs at its ends. */
  readonly value: string;
}

/** How long a body is, as its head says (RFC 9112 §6.3). */
export interface BodyFraming {
  readonly chunked: boolean;
  /** Bytes; 0 if there is no body, or it is chunked. */
  readonly length: number;
}

/** A whole request. */
export interface HttpRequest extends RequestLine {
  /** In the order in which they came. Those of a trailer are read, and thrown away (RFC 9112 §7.1.2). */
  readonly headers: readonly HttpHeader[];
  readonly body: Uint8Array;
  /** Whether the client wants to go on with this connection. */
  readonly persists: boolean;
}

/** Makes requests out of what comes over one connection. It holds one at a time, and never more than `HttpLimits` allow. */
export interface RequestReader {
  /**
   * Bytes came at `now`. Takes them up to the end of the request that is being read, and returns how many it took: what follows belongs to the next request,
   * and comes again when `next` has given this one. When it has a whole request, or has refused one, it takes none.
   */
  push(bytes: Uint8Array, now: number): number;
  /**
   * The request, once it is whole; then the next one begins. A reject, once it is refused or its time is up: from then on always the same one, because
   * nobody knows where another request would begin. Undefined: neither, yet.
   */
  next(now: number): HttpRequest | HttpReject | undefined;
  /**
   * When the time of the request that is being read is up: `headTime` after its first byte until its head is whole, from then on `requestTime` after its first byte.
   * Infinity while nothing of one has come, while a whole one waits to be taken, and when all is over.
   */
  deadline(): number;
  /**
   * True once for a request: its head is whole and one of its headers is `Expect: 100-continue`, in any case and with nothing else in it; its body is allowed, and nothing
   * of that has come, not even of a chunk's first line. The
   * client waits to be told to go on (RFC 9110 §10.1.1). In HTTP/1.0 that header means nothing.
   */
  wantsContinue(): boolean;
}

/** How an answer is to be sent. */
export interface AnswerPlan {
  /** The value of Content-Length; −1: there is no such line. */
  readonly contentLength: number;
  /** Transfer-Encoding: chunked. */
  readonly chunked: boolean;
  /** Whether the body is sent at all. */
  readonly sendsBody: boolean;
  /** The value of Connection; "": there is no such line. After "close" we close. */
  readonly connection: "" | "close" | "keep-alive";
}

/** What lab 11 provides. */
export interface HttpModule {
  /**
   * Reads a request line, which comes without its CR LF (RFC 9112 §3). One space between the three parts. The method is a token (RFC 9110 §5.6.2). The target has the characters "!"
   * to "~" only, and begins with "/" or with "http://" or "https://" in any case; "*" for OPTIONS alone; whatever it is for CONNECT. The version is
   * "HTTP/" digit "." digit: 1.0, 1.1 and above; any other major number is an "unknown version", whatever
   * the target is.
   */
  parseRequestLine(line: string): RequestLine | HttpReject;
  /**
   * Reads a header line, without its CR LF (RFC 9112 §5): a token, at once a colon, and a value, which is given without spaces and tabs (OWS) at its ends, and may be
   * empty. In the value are tabs, the characters " " to "~", and those from 0x80 (RFC 9110 §5.5). A line that begins with a space or a tab is a "folded header".
   */
  parseHeaderLine(line: string): HttpHeader | HttpReject;
  /**
   * Whether the request names its host as it must (RFC 9112 §3.2): undefined if so. HTTP/1.1 needs one Host, HTTP/1.0 may have none. Its value may be empty, and has no
   * space, tab, comma, "/", "?", "#" or "@".
   */
  checkHost(version: HttpVersion, headers: readonly HttpHeader[]): HttpReject | undefined;
  /**
   * How long the body is (RFC 9112 §6.3). Transfer-Encoding with Content-Length is refused, then Transfer-Encoding in HTTP/1.0. The codings of
   * all Transfer-Encoding lines are one list (RFC 9110 §5.6.1: commas, OWS, empty members don't count), in any case: chunked must be the last, and be there once; what stands before it is unknown.
   * Content-Length is digits and nothing else, and there once. Without either there is no body.
   */
  bodyOf(version: HttpVersion, headers: readonly HttpHeader[]): BodyFraming | HttpReject;
  /** Whether the client wants to go on with the connection (RFC 9112 §9.3): what the members of all Connection lines say, "close" before all; else HTTP/1.1 does, HTTP/1.0 only with "keep-alive". */
  persists(version: HttpVersion, headers: readonly HttpHeader[]): boolean;
  /**
   * The size in a chunk's first line, without its CR LF (RFC 9112 §7.1): hexadecimal digits, 1 to 12 of them; then nothing, or an extension, which is
   * passed over: it begins with ";", and OWS may stand before that.
   */
  parseChunkSize(line: string): number | HttpReject;
  /** A reader to which nothing has come. Before a request line one empty line is passed over (RFC 9112 §2.2), and counts as nothing. Of head and body, first comes first: what is wrong first is what it is refused for; at the head's end the host, the body's framing, its length. A header line that is longer than `headerLine` and than what is left of `headers` is refused for the lesser of them, for `headerLine` where they are the same. */
  createRequestReader(limits: HttpLimits): RequestReader;
  /** What the client is told: 408 (time), 413 (body), 414 (request line), 431 (headers), 501 (coding), 505 (version), else 400 (RFC 9110 §15.5, §15.6; RFC 6585 §5). */
  statusOf(reject: HttpReject): number;

  /**
   * How an answer goes out. `method`, `version` and `persists` are the request's. `length`: bytes of the body; −1: nobody knows beforehand.
   * No body with 204 and 304, and no Content-Length either; with 205 it is 0 (RFC 9110 §15.3.6). HEAD: as for GET, but without body, and without coding (RFC 9110 §9.3.2). A length that is not known: chunked in
   * HTTP/1.1; in HTTP/1.0 the end of the connection is the end of the body (RFC 9112 §6.3). Connection: "close" when we close, "keep-alive" when we don't and the request was HTTP/1.0.
   */
  planAnswer(method: string, version: HttpVersion, persists: boolean, status: number, length: number): AnswerPlan;
  /**
   * The head of an answer: "HTTP/1.1", whatever the request's version (RFC 9112 §2.3), the status in three digits, the reason, which may be empty, though not the space before it (RFC 9112 §4); the headers
   * in their order; what the plan says; the empty line. Headers that are the plan's affair (Content-Length, Transfer-Encoding, Connection) are left out. Throws a TypeError for a name that is no token, or
   * a value or reason with CR, LF or NUL in it: whoever puts a client's words into a header must not let it write lines of its own (RFC 9110 §5.5).
   */
  writeHead(status: number, reason: string, headers: readonly HttpHeader[], plan: AnswerPlan): Uint8Array;
  /** A chunk of a body, size and all (RFC 9112 §7.1). No bytes: the last chunk, and the end of the body, without trailer. */
  writeChunk(bytes: Uint8Array): Uint8Array;
}

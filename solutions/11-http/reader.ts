/**
 * Requests out of a stream (RFC 9112 §2.2). TCP cuts where it likes: one request in a hundred segments, three in one, a CR in the first and its LF in the second. So
 * the reader stands at a *stage*, and each stage says what it waits for:
 *
 *     request line ──▶ header ⟲ ──┬──────────────────────────────────▶ whole
 *                                 ├──▶ body (so many bytes) ──────────▶ whole
 *                                 └──▶ chunk size ──▶ chunk ──▶ chunk end
 *                                          │ ▲                    │
 *                                          │ └────────────────────┘
 *                                          └─ 0 ──▶ trailer ⟲ ────────▶ whole
 *
 * Body and chunk wait for bytes, which are counted; the others for a line. A line is kept until its LF has come, but never more of it than is
 * allowed: a client can send a header of a gigabyte, and it costs us a few kilobytes and one answer.
 */
import type { HttpHeader, HttpLimits, HttpReject, HttpRequest, RequestLine, RequestReader } from "../../stack/contract/http.ts";
import { GrowingBytes } from "../../stack/wire/growing_bytes.ts";
import { bodyOf, parseChunkSize, persists } from "./body.ts";
import { checkHost, parseHeaderLine, parseRequestLine } from "./request.ts";

/** What the reader waits for. */
type Stage = "request line" | "header" | "body" | "chunk size" | "chunk" | "chunk end" | "trailer" | "whole";

const LF = 0x0a;

/** Makes a reader to which nothing has come. What each method promises: stack/contract/http.ts. */
export function createRequestReader(limits: HttpLimits): RequestReader {
  return new Reader(limits);
}

/** A class, because many functions share what is known so far: yours to fill. */
class Reader implements RequestReader {
  readonly #limits: HttpLimits;
  #stage: Stage = "request line";
  /** Why the request was refused. */
  #reject: HttpReject | undefined;
  /** When its first byte came; −1: none has. */
  #began = -1;
  /** The line that is being read, as far as it has come; and the body. */
  readonly #line = new GrowingBytes();
  readonly #body = new GrowingBytes();

  constructor(limits: HttpLimits) {
    this.#limits = limits;
  }

  push(bytes: Uint8Array, now: number): number {
    // region createRequestReader.push
    let at = 0;
    while (at < bytes.length && this.#stage !== "whole" && this.#reject === undefined) {
      if (this.#began < 0) this.#began = now;
      at = this.#stage === "body" || this.#stage === "chunk" ? this.#takeBytes(bytes, at) : this.#takeLine(bytes, at);
    }
    return at;
    // endregion
  }

  next(now: number): HttpRequest | HttpReject | undefined {
    // region createRequestReader.next
    if (this.#stage === "whole" && this.#reject === undefined) return this.#handOver();
    if (now >= this.deadline()) this.#refuse("timed out");
    return this.#reject;
    // endregion
  }

  deadline(): number {
    // region createRequestReader.deadline
    if (this.#began < 0 || this.#stage === "whole" || this.#reject !== undefined) return Infinity;
    const isHead = this.#stage === "request line" || this.#stage === "header";
    return this.#began + (isHead ? this.#limits.headTime : this.#limits.requestTime);
    // endregion
  }

  wantsContinue(): boolean {
    // region createRequestReader.wantsContinue
    const isStart = this.#stage === "body" || this.#stage === "chunk size";
    const wants = this.#waits && isStart && this.#reject === undefined && this.#body.length + this.#line.length === 0;
    if (wants) this.#waits = false;
    return wants;
    // endregion
  }

  // region stages

  #requestLine: RequestLine | undefined;
  #headers: HttpHeader[] = [];
  /** Bytes and lines that headers and trailers have taken. */
  #headerBytes = 0;
  #headerCount = 0;
  /** Bytes that the body, or the chunk, still lacks. */
  #missing = 0;
  /** Whether the client waits to be told to go on. */
  #waits = false;
  /** Whether an empty line has been passed over. */
  #passed = false;

  /** Takes bytes of the body. Returns where they end. */
  #takeBytes(bytes: Uint8Array, at: number): number {
    const to = Math.min(bytes.length, at + this.#missing);
    this.#body.append(bytes, at, to);
    this.#missing -= to - at;
    if (this.#missing === 0) this.#stage = this.#stage === "body" ? "whole" : "chunk end";
    return to;
  }

  /** Takes bytes of a line; and when it is whole, what it says. Returns where they end. */
  #takeLine(bytes: Uint8Array, at: number): number {
    const found = bytes.indexOf(LF, at);
    const to = found < 0 ? bytes.length : found + 1;
    const [limit, reject] = this.#lineLimit();
    if (this.#line.length + to - at > limit + 2) return this.#refuse(reject), to;
    this.#line.append(bytes, at, to);
    if (found < 0) return to;
    const line = this.#line.text();
    this.#line.clear();
    const text = line.slice(0, -2);
    // Some end lines with LF alone. Whoever does not expect that sees another line than we do.
    if (!line.endsWith("\r\n") || /[\r\0]/.test(text)) this.#refuse(this.#stage.startsWith("chunk") ? "bad chunk" : "bad line");
    else this.#takeText(text);
    return to;
  }

  /** How long the line may be, without its end, and what it is when it is longer. */
  #lineLimit(): readonly [number, HttpReject] {
    switch (this.#stage) {
      case "request line":
        return [this.#limits.requestLine, "request line too long"];
      case "chunk size":
        return [this.#limits.headerLine, "bad chunk"];
      case "chunk end":
        return [0, "bad chunk"];
    }
    const room = Math.max(0, this.#limits.headers - this.#headerBytes - 2);
    return room < this.#limits.headerLine ? [room, "headers too large"] : [this.#limits.headerLine, "header too long"];
  }

  #takeText(text: string): void {
    switch (this.#stage) {
      case "request line":
        return this.#takeRequestLine(text);
      case "header":
        return text === "" ? this.#endHead() : this.#takeHeader(text);
      case "chunk size":
        return this.#takeChunkSize(text);
      case "chunk end":
        this.#stage = "chunk size";
        return;
      case "trailer":
        if (text === "") this.#stage = "whole";
        else this.#takeHeader(text);
    }
  }

  #takeRequestLine(text: string): void {
    if (text === "" && !this.#passed) {
      this.#passed = true;
      this.#began = -1;
      return;
    }
    const line = parseRequestLine(text);
    if (typeof line === "string") return this.#refuse(line);
    this.#requestLine = line;
    this.#stage = "header";
  }

  #takeHeader(text: string): void {
    this.#headerBytes += text.length + 2;
    this.#headerCount++;
    if (this.#headerCount > this.#limits.headerCount) return this.#refuse("too many headers");
    const header = parseHeaderLine(text);
    if (typeof header === "string") return this.#refuse(header);
    if (this.#stage === "header") this.#headers.push(header);
  }

  /** The head is whole: it says how long the rest is. */
  #endHead(): void {
    const { version } = this.#requestLine as RequestLine;
    const body = checkHost(version, this.#headers) ?? bodyOf(version, this.#headers);
    if (typeof body === "string") return this.#refuse(body);
    if (body.length > this.#limits.body) return this.#refuse("body too large");
    this.#missing = body.length;
    this.#stage = body.chunked ? "chunk size" : body.length > 0 ? "body" : "whole";
    this.#waits = version === "1.1" &&
      this.#headers.some(({ name, value }) => name === "expect" && value.toLowerCase() === "100-continue");
  }

  #takeChunkSize(text: string): void {
    const size = parseChunkSize(text);
    if (typeof size === "string") return this.#refuse(size);
    if (this.#body.length + size > this.#limits.body) return this.#refuse("body too large");
    this.#missing = size;
    this.#stage = size > 0 ? "chunk" : "trailer";
  }

  #refuse(reject: HttpReject): void {
    this.#reject = reject;
    this.#line.clear();
    this.#body.clear();
    this.#headers = [];
  }

  /** Gives the request away, and begins anew. */
  #handOver(): HttpRequest {
    const line = this.#requestLine as RequestLine;
    const headers = this.#headers;
    const request = { ...line, headers, body: this.#body.take(), persists: persists(line.version, headers) };
    this.#stage = "request line";
    this.#began = -1;
    this.#headers = [];
    this.#headerBytes = this.#headerCount = 0;
    this.#waits = this.#passed = false;
    return request;
  }

  // endregion
}

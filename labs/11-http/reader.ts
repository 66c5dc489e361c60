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
import type { HttpLimits, HttpReject, HttpRequest, RequestReader } from "../../stack/contract/http.ts";
import { GrowingBytes } from "../../stack/wire/growing_bytes.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

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
    return todo("createRequestReader.push", bytes, now, LF, this.#limits, this.#stage, this.#reject, this.#began, this.#line, this.#body);
  }

  next(now: number): HttpRequest | HttpReject | undefined {
    return todo("createRequestReader.next", now, LF, this.#limits, this.#stage, this.#reject, this.#line, this.#body);
  }

  deadline(): number {
    return todo("createRequestReader.deadline", this.#limits, this.#stage, this.#reject, this.#began);
  }

  wantsContinue(): boolean {
    return todo("createRequestReader.wantsContinue", this.#stage, this.#reject, this.#line, this.#body);
  }
}

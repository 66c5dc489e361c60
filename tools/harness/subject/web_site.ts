/**
 * A web site above the subject's TCP: the given server (`stack/http/server.ts`) with the student's lab 11 in it. What it has:
 *
 *     /tell             who asked for what, in words: method, target, version, a line for each header, the body's length
 *     /bytes/N          N bytes of the pattern (stream_pattern.ts)
 *     /pieces/N         the same, in pieces of at most 1000, and nobody says beforehand how many
 *     /echo             the request's body
 *     /status/N         this status, and the body "status N"
 *     anything else     404
 */
import type { HttpModule, HttpRequest } from "../../../stack/contract/http.ts";
import type { Host } from "../../../stack/host.ts";
import { type HttpAnswer, serveHttp } from "../../../stack/http/server.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { streamPattern } from "../stream_pattern.ts";
import type { SiteOptions } from "./protocol.ts";

/** Bytes of a piece. */
const PIECE = 1000;

export class WebSite {
  #problem: { readonly error: unknown } | undefined;

  /** Serves on `port` from now on. */
  constructor(host: Host, http: HttpModule, port: number, options: SiteOptions) {
    const report = (error: unknown): void => void (this.#problem ??= { error });
    serveHttp(host, listen(host, { port }), http, answer, { ...options, report });
  }

  /** Throws what the student's code has thrown. */
  rethrow(): void {
    const problem = this.#problem;
    this.#problem = undefined;
    if (problem !== undefined) throw problem.error;
  }
}

function answer(request: HttpRequest): HttpAnswer {
  const [, page, number] = request.target.split("/");
  const count = Number(number);
  switch (page) {
    case "tell":
      return { status: 200, headers: [{ name: "Content-Type", value: "text/plain" }], body: tell(request) };
    case "bytes":
      return { status: 200, body: streamPattern(0, count) };
    case "pieces":
      return { status: 200, body: pieces(count) };
    case "echo":
      return { status: 200, body: request.body };
    case "status":
      return { status: count, body: `status ${count}` };
    default:
      return { status: 404, body: "There is no such page.\n" };
  }
}

function tell({ method, target, version, headers, body }: HttpRequest): string {
  return [`${method} ${target} ${version}`, ...headers.map(({ name, value }) => `${name}: ${value}`), `${body.length} bytes`, ""].join(
    "\n",
  );
}

async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < count; at += PIECE) yield await Promise.resolve(streamPattern(at, Math.min(PIECE, count - at)));
}

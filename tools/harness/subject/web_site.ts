/**
 * A web site above the subject's TCP: the given server (`stack/http/server.ts`) with the student's lab 11 in it. What it has:
 *
 *     /tell             who asked for what, in words: method, target, version, a line for each header, the body's length
 *     /bytes/N          N bytes: "0 1 2 3 …", cut there
 *     /pieces/N         the same, in pieces of at most 1000, and nobody says beforehand how many
 *     /echo             the request's body
 *     /status/N         this status, and the body "status N"
 *     anything else     404
 */
import type { HttpModule, HttpRequest } from "../../../stack/contract/http.ts";
import type { Host } from "../../../stack/host.ts";
import { type HttpAnswer, serveHttp } from "../../../stack/http/server.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { latin1Bytes } from "../../../stack/wire/latin1.ts";
import type { SiteOptions } from "./protocol.ts";

/** More requests than any check makes: a reader that gives the same one again and again shall be seen, and not answered for ever. */
const MOST_REQUESTS = 500;
/** Bytes of a piece. */
const PIECE = 1000;

export class WebSite {
  /** How often the student's code was called: as long as that grows, there is something to do. */
  calls = 0;
  #problem: { readonly error: unknown } | undefined;

  /** Serves on `port` from now on. */
  constructor(host: Host, http: HttpModule, port: number, options: SiteOptions) {
    const report = (error: unknown): void => void (this.#problem ??= { error });
    let requests = 0;
    const handler = (request: HttpRequest): HttpAnswer => {
      if (++requests > MOST_REQUESTS) throw new RangeError(`next() has given ${requests} requests: that is more than anybody has made`);
      return answer(request);
    };
    serveHttp(host, listen(host, { port }), this.#counted(http), handler, { ...options, report });
  }

  #counted(http: HttpModule): HttpModule {
    return new Proxy(http, {
      get: (target, name): unknown => {
        this.calls++;
        return target[name as keyof HttpModule];
      },
    });
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
      return { status: 200, body: numbers(count) };
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
  const all = latin1Bytes(numbers(count));
  for (let at = 0; at < count; at += PIECE) yield await Promise.resolve(all.subarray(at, at + PIECE));
}

function numbers(count: number): string {
  const parts: string[] = [];
  for (let i = 0, length = 0; length < count; i++) {
    const part = `${i} `;
    parts.push(part);
    length += part.length;
  }
  return parts.join("").slice(0, count);
}

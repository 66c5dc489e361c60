/**
 * One connection of an HTTP server: requests and answers in turn, until one of both sides has had enough.
 *
 *     read ──▶ whole request ──▶ handler ──▶ answer ──▶ persists? ──▶ read …
 *       ├────▶ refused, or too slow ──────▶ answer ──▶ part
 *       └────▶ the client has ended, or is idle for too long ──────▶ close
 *
 * Every wait has an end: one alarm for each connection says when.
 */
import type { AnswerPlan, HttpHeader, HttpModule, HttpReject, HttpRequest, RequestReader } from "../contract/http.ts";
import { Alarm } from "../socket/alarm.ts";
import type { TcpConn } from "../socket/conn.ts";
import type { Tcp } from "../tcp/tcp.ts";
import { latin1Bytes } from "../wire/latin1.ts";
import { reasonOf } from "./reasons.ts";
import type { HttpAnswer, HttpHandler, HttpServerOptions } from "./server.ts";

/** Bytes that are read at a time, and written: the least that a client must take within `stallTime`. */
const PIECE = 16_384;
/** Bytes that are read and thrown away when we part, at most. */
const LEFTOVERS = 262_144;

const CONTINUE = latin1Bytes("HTTP/1.1 100 Continue\r\n\r\n");
const NONE = new Uint8Array();
const encoder = new TextEncoder();

/** The client does not take what it is sent, or we were told to end. */
class Stalled extends Error {}

export class HttpConnection {
  readonly #tcp: Tcp;
  readonly #conn: TcpConn;
  readonly #http: HttpModule;
  readonly #handler: HttpHandler;
  readonly #options: HttpServerOptions;
  readonly #alarm: Alarm;
  #ring: () => void = () => {};
  #input: Uint8Array<ArrayBuffer> | undefined;
  /** What was read and belongs to the next request. */
  #left: Uint8Array = NONE;
  /** A read that is under way: there is one at most, and who gives up waiting for it leaves it to the next. */
  #reading: Promise<number | null> | undefined;

  constructor(tcp: Tcp, conn: TcpConn, http: HttpModule, handler: HttpHandler, options: HttpServerOptions) {
    this.#tcp = tcp;
    this.#conn = conn;
    this.#http = http;
    this.#handler = handler;
    this.#options = options;
    this.#alarm = new Alarm(tcp, () => this.#ring());
  }

  /** Serves until the connection is over. Never rejects. */
  async serve(): Promise<void> {
    try {
      this.#conn.setNoDelay();
      const reader = this.#http.createRequestReader(this.#options.limits);
      while (await this.#serveOne(reader));
    } catch (error) {
      // A connection that broke, or was closed, is the client's affair, or that of whoever closed us.
      const isBroken = Object.values(Deno.errors).some((kind) => error instanceof kind);
      if (!isBroken && !(error instanceof Stalled)) this.#options.report(error);
      this.#conn.abort();
    } finally {
      this.#alarm.set(Infinity);
      this.#conn[Symbol.dispose]();
    }
  }

  /** Ends it at once. */
  abort(): void {
    this.#conn.abort();
    this.#ring();
  }

  /** One request and its answer. Whether there may be another. */
  async #serveOne(reader: RequestReader): Promise<boolean> {
    const request = await this.#read(reader);
    if (request === undefined) return false;
    const persists = typeof request === "string" ? await this.#refuse(request) : await this.#answer(request);
    if (!persists) await this.#part();
    return persists;
  }

  /** The next request, or why there is none; undefined: the client has ended, or nothing has come for too long. */
  async #read(reader: RequestReader): Promise<HttpRequest | HttpReject | undefined> {
    const idleUntil = this.#tcp.now() + this.#options.idleTime;
    for (;;) {
      if (this.#left.length > 0) this.#left = this.#left.subarray(reader.push(this.#left, this.#tcp.now()));
      const got = reader.next(this.#tcp.now());
      if (got !== undefined) return got;
      if (reader.wantsContinue()) await this.#write(CONTINUE);
      const deadline = reader.deadline();
      const isIdle = deadline === Infinity;
      const count = await this.#readSome(isIdle ? idleUntil : deadline);
      if (count === null || count === "late" && isIdle) return undefined;
    }
  }

  /** Waits for input until `deadline`: how much there is then, in `#left`. */
  async #readSome(deadline: number): Promise<number | null | "late"> {
    const input = this.#input ??= new Uint8Array(PIECE);
    this.#reading ??= this.#conn.read(input);
    const count = await this.#within(this.#reading, deadline - this.#tcp.now());
    if (count === "late") return "late";
    this.#reading = undefined;
    this.#left = input.subarray(0, count ?? 0);
    return count;
  }

  /** The answer to what is no request. Whose it is, nobody knows: so it is one to a GET, and the last. */
  async #refuse(reject: HttpReject): Promise<false> {
    const body = encoder.encode(`${reject}\n`);
    const status = this.#http.statusOf(reject);
    const headers = [{ name: "Content-Type", value: "text/plain" }];
    await this.#sendBytes({ status, headers }, body, this.#http.planAnswer("GET", "1.1", false, status, body.length));
    return false;
  }

  /** Asks the handler, and sends what it says. Whether the connection persists. */
  async #answer(request: HttpRequest): Promise<boolean> {
    const answer = await this.#ask(request);
    const { status, body = NONE } = answer;
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    const length = bytes instanceof Uint8Array ? bytes.length : answer.length ?? -1;
    const plan = this.#http.planAnswer(request.method, request.version, request.persists, status, length);
    if (bytes instanceof Uint8Array) await this.#sendBytes(answer, bytes, plan);
    else await this.#sendPieces(answer, bytes, plan, length);
    return plan.connection !== "close";
  }

  async #ask(request: HttpRequest): Promise<HttpAnswer> {
    try {
      const answer = await this.#within(Promise.resolve(this.#handler(request, this.#conn.remoteAddr)), Infinity);
      if (answer === "late") throw new Stalled();
      return answer;
    } catch (error) {
      if (error instanceof Stalled) throw error;
      this.#options.report(error);
      return { status: 500, headers: [{ name: "Content-Type", value: "text/plain" }], body: "The server has made a mistake.\n" };
    }
  }

  /** Head and body in one go: so a short answer is one segment. */
  async #sendBytes(answer: HttpAnswer, body: Uint8Array, plan: AnswerPlan): Promise<void> {
    const head = this.#headOf(answer, plan);
    if (!plan.sendsBody) return await this.#write(head);
    const first = new Uint8Array(head.length + Math.min(body.length, PIECE));
    first.set(head);
    first.set(body.subarray(0, first.length - head.length), head.length);
    await this.#write(first);
    await this.#write(body.subarray(first.length - head.length));
  }

  async #sendPieces(answer: HttpAnswer, pieces: AsyncIterable<Uint8Array>, plan: AnswerPlan, length: number): Promise<void> {
    const iterator = pieces[Symbol.asyncIterator]();
    let sent = 0;
    try {
      await this.#write(this.#headOf(answer, plan));
      while (plan.sendsBody) {
        const next = await this.#within(iterator.next(), Infinity);
        if (next === "late") throw new Stalled();
        if (next.done) break;
        const { value } = next;
        sent += value.length;
        if (length >= 0 && sent > length) break;
        if (value.length > 0) await this.#write(plan.chunked ? this.#http.writeChunk(value) : value);
      }
    } finally {
      // Not waited for: it may hang where `next` does.
      iterator.return?.().catch(this.#options.report);
    }
    if (plan.chunked) await this.#write(this.#http.writeChunk(NONE));
    // The client must not take what comes next for the rest of this one.
    else if (plan.sendsBody && length >= 0 && sent !== length) throw new TypeError(`A body of ${length} bytes had ${sent}`);
  }

  #headOf({ status, headers = [] }: HttpAnswer, plan: AnswerPlan): Uint8Array {
    const date: HttpHeader[] = this.#options.date === undefined ? [] : [{ name: "Date", value: this.#options.date() }];
    return this.#http.writeHead(status, reasonOf(status), [...date, ...headers], plan);
  }

  /** Gives bytes to TCP, piece by piece. Throws a Stalled when the client does not take a piece in time. */
  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const count = await this.#within(this.#conn.write(bytes.subarray(at, at + PIECE)), this.#options.stallTime);
      if (count === "late") throw new Stalled();
      at += count;
    }
  }

  /** We have said our last: waits for the client's end, and throws away what comes before it. */
  async #part(): Promise<void> {
    await this.#conn.closeWrite();
    const deadline = this.#tcp.now() + this.#options.lingerTime;
    for (let read = 0; read < LEFTOVERS;) {
      const count = await this.#readSome(deadline);
      if (typeof count !== "number") return;
      read += count;
    }
  }

  /** What the promise gives; "late" when it takes longer than so many milliseconds. */
  #within<T>(promise: Promise<T>, milliseconds: number): Promise<T | "late"> {
    return new Promise<T | "late">((resolve, reject) => {
      this.#ring = () => resolve("late");
      this.#alarm.set(milliseconds);
      promise.then(resolve, reject);
    });
  }
}

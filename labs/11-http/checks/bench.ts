/**
 * What the checks of this lab are fed with, and how they look at what comes back: text in pieces for the reader, and answers taken apart by a
 * reader of the checks' own, which believes nothing.
 */
import type { HttpHeader, HttpLimits, HttpReject, HttpRequest, HttpVersion } from "../../../stack/contract/http.ts";
import { latin1Bytes, latin1Text } from "../../../stack/wire/latin1.ts";
import type { Random } from "../../../stack/wire/random.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

/** Small ones, so that checks need not send much to reach them. */
export const LIMITS: HttpLimits = {
  requestLine: 200,
  headerLine: 100,
  headers: 600,
  headerCount: 12,
  body: 2000,
  headTime: 4000,
  requestTime: 9000,
};

/** A header, as the contract has it. */
export function header(name: string, value: string): HttpHeader {
  return { name, value };
}

/** Lines of a head, with their ends, and the empty one. */
export function head(...lines: readonly string[]): string {
  return [...lines, "", ""].join("\r\n");
}

/** Small letters, 3 to 9 of them: a name or a value that nobody can have expected. */
export function word(random: Random): string {
  return Array.from({ length: random.int(3, 9) }, () => String.fromCharCode(random.int(97, 122))).join("");
}

/** Text in pieces that end at these places. */
export function cutAt(text: string, places: readonly number[]): string[] {
  const ends = [...places].filter((place) => place > 0 && place < text.length).sort((a, b) => a - b);
  return [...ends, text.length].map((end, i) => text.slice(i === 0 ? 0 : ends[i - 1], end));
}

/** Text in a few pieces, cut anywhere. */
export function cutAnywhere(random: Random, text: string, count = 5): string[] {
  return cutAt(text, Array.from({ length: count }, () => random.int(1, Math.max(1, text.length - 1))));
}

export type Reader = Awaited<ReturnType<Trial["http"]["createRequestReader"]>>;
export type Result = HttpRequest | HttpReject;

/** Gives a reader one piece, and takes what comes of it, until it wants no more of it. */
export async function feed(t: Trial, reader: Reader, piece: string, now = 0): Promise<Result[]> {
  const found: Result[] = [];
  let bytes = latin1Bytes(piece);
  while (bytes.length > 0) {
    const taken = await reader.push(bytes, now);
    t.ok(
      Number.isInteger(taken) && taken >= 0 && taken <= bytes.length,
      `push() returns how many of ${bytes.length} bytes it took`,
      `${taken}`,
    );
    bytes = bytes.slice(taken);
    const got = await reader.next(now);
    if (got !== undefined) found.push(got);
    if (typeof got === "string") return found;
    if (got === undefined) t.ok(bytes.length === 0, "push() takes all bytes while no request is whole", `it left ${bytes.length}`);
  }
  return found;
}

/** What a reader makes of text in these pieces: requests, and in the end a reject if there was one. */
export async function readAll(t: Trial, pieces: readonly string[], limits: Partial<HttpLimits> = {}): Promise<Result[]> {
  const reader = await t.http.createRequestReader({ ...LIMITS, ...limits });
  const found: Result[] = [];
  for (const piece of pieces) {
    found.push(...await feed(t, reader, piece));
    if (typeof found.at(-1) === "string") break;
  }
  return found;
}

/** A reader must refuse this text, for this reason. */
export async function expectReject(
  t: Trial,
  pieces: readonly string[],
  reject: HttpReject,
  what: string,
  limits?: Partial<HttpLimits>,
): Promise<void> {
  const [first, ...more] = await readAll(t, pieces, limits);
  t.equal<unknown>(first === undefined ? "nothing yet" : resultText(first), reject, what);
  t.equal(more.length, 0, "how many results come behind the reject");
}

/** The topic of whether a request that was read asks for the connection to go on. */
const PERSISTS = {
  why:
    "The request is read. What is wrong is whether its client wants to go on with the connection: `persists` says so, by version and headers (RFC 9112 §9.3), and " +
    "`next` hands it over.",
  look: ["persists", "createRequestReader.next"],
};

/** A reader must make one request of this text, with this in it. */
export async function expectRequest(
  t: Trial,
  pieces: readonly string[],
  { persists, ...wanted }: Partial<Omit<HttpRequest, "body">> & { readonly text?: string },
  what: string,
  limits?: Partial<HttpLimits>,
): Promise<void> {
  const found = await readAll(t, pieces, limits);
  t.equal(found.length, 1, `how many results come of ${what}`);
  compareRequest(t, found[0], wanted, what);
  if (persists !== undefined) await t.about(PERSISTS, () => t.fields(found[0], { persists }, what));
}

/** Compares a request, and its body as text. */
export function compareRequest(
  t: Trial,
  got: Result | undefined,
  { text, ...wanted }: Partial<Omit<HttpRequest, "body">> & { readonly text?: string },
  what: string,
): void {
  t.ok(typeof got === "object", what, got === undefined ? "nothing yet" : JSON.stringify(got));
  t.fields(got, wanted, what);
  const body: unknown = (got as HttpRequest).body;
  t.ok(body instanceof Uint8Array, `${what}: a body, as bytes`, `${body}`);
  if (text !== undefined) t.equal(latin1Text(body), text, `the body of ${what}`);
}

/** Fails unless an answer has this status; says the text that came with another. */
export function expectStatus(t: Trial, answer: Answer | undefined, status: number, what: string): void {
  const text = answer?.body.trimEnd() ?? "";
  t.ok(
    answer?.status === status || text === "" || text.length > 40,
    `${what}: ${status}`,
    `${answer?.status}, with the text ${JSON.stringify(text)}`,
  );
  t.equal(answer?.status, status, what);
}

/** So many requests must have come of a stream, and no reject. */
export function expectCount(t: Trial, found: readonly Result[], count: number): void {
  const last = found.at(-1);
  t.ok(typeof last !== "string", `requests in the stream: ${count}`, `${found.length - 1}, and then ${JSON.stringify(last)}`);
  t.equal(found.length, count, "requests in the stream");
}

/** A result, as a failure shows it. */
export function resultText(result: Result): string {
  return typeof result === "string" ? result : `a request: ${result.method} ${result.target}, ${result.body?.length} bytes`;
}

/** One answer, taken apart. Header names are in small letters. */
export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Takes answers apart, one for each method; fails the check where they are none, and where something is left. */
export function answersIn(t: Trial, text: string, methods: readonly string[]): Answer[] {
  let rest = text;
  const answers: Answer[] = [];
  for (const [index, method] of methods.entries()) {
    const what = methods.length === 1 ? "the answer" : `answer ${index + 1} of ${methods.length}`;
    const end = rest.indexOf("\r\n\r\n");
    t.ok(end >= 0, `${what}: a head, with an empty line at its end`, rest === "" ? "nothing more" : JSON.stringify(endOf(rest)));
    const [statusLine = "", ...lines] = rest.slice(0, end).split("\r\n");
    const [, status] = /^HTTP\/1\.1 (\d{3}) [\t -~]*$/.exec(statusLine) ?? [];
    t.ok(status !== undefined, `${what}: a status line, "HTTP/1.1 200 OK"`, JSON.stringify(statusLine));
    const headers = headersIn(t, lines, what);
    rest = rest.slice(end + 4);
    const isBare = method === "HEAD" || /^(1..|204|304)$/.test(status);
    const [body, length] = isBare ? ["", 0] : bodyIn(t, headers, rest, what);
    rest = rest.slice(length);
    answers.push({ status: Number(status), headers, body });
    if (status.startsWith("1")) answers.push(...answersIn(t, rest, methods.slice(index)));
    if (status.startsWith("1")) return answers;
  }
  t.equal(rest, "", `what comes behind ${methods.length} ${methods.length === 1 ? "answer" : "answers"}`);
  return answers;
}

/** Text, or the end of it, where a head's empty line should be. */
function endOf(text: string): string {
  return text.length > 80 ? `…${text.slice(-80)}` : text;
}

function headersIn(t: Trial, lines: readonly string[], what: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*$/.exec(line) ?? [];
    t.ok(name !== undefined && value !== undefined, `${what}: header lines, "name: value"`, JSON.stringify(line));
    t.ok(!headers.has(name.toLowerCase()), `${what}: one line for each header`, `a second ${name}`);
    headers.set(name.toLowerCase(), value);
  }
  return headers;
}

/** The body of an answer, and how much of the text it takes. */
function bodyIn(t: Trial, headers: ReadonlyMap<string, string>, text: string, what: string): [string, number] {
  const length = headers.get("content-length");
  const coding = headers.get("transfer-encoding");
  t.ok(length === undefined || coding === undefined, `${what}: Content-Length or Transfer-Encoding`, "both");
  if (coding !== undefined) {
    t.equal(coding, "chunked", `${what}: Transfer-Encoding`);
    return chunksIn(t, text, what);
  }
  if (length === undefined) return [text, text.length];
  t.ok(/^\d+$/.test(length) && Number(length) <= text.length, `${what}: ${length} bytes of body`, `${text.length}`);
  return [text.slice(0, Number(length)), Number(length)];
}

function chunksIn(t: Trial, text: string, what: string): [string, number] {
  let body = "";
  for (let at = 0;;) {
    const [line, digits] = /^([0-9a-fA-F]+)\r\n/.exec(text.slice(at)) ?? [];
    t.ok(
      line !== undefined && digits !== undefined,
      `${what}: a chunk's size in hexadecimal digits`,
      JSON.stringify(text.slice(at, at + 20)),
    );
    const size = parseInt(digits, 16);
    at += line.length;
    body += text.slice(at, at + size);
    at += size;
    t.equal(text.slice(at, at + 2), "\r\n", `${what}: what stands behind a chunk whose size is "${digits}", which is ${size} bytes`);
    at += 2;
    if (size === 0) return [body, at];
  }
}

/** Calls a function that looks at one line, for many lines; each must give this. */
export async function expectEach(
  t: Trial,
  name: "parseRequestLine" | "parseHeaderLine" | "parseChunkSize",
  cases: readonly (readonly [line: string, wanted: unknown])[],
): Promise<void> {
  const outcomes = await t.many("http", name, cases.map(([line]) => [line]));
  for (const [i, [line, wanted]] of cases.entries()) {
    const { value, threw } = outcomes[i] as { value: unknown; threw?: string };
    t.equal<unknown>(threw ?? value, wanted, `${name}(${quoted(line)})`);
  }
}

/** Calls a function that looks at a version and headers, for many of them; each must give this. */
export async function expectHeaders(
  t: Trial,
  name: "checkHost" | "bodyOf" | "persists",
  cases: readonly (readonly [version: HttpVersion, headers: readonly (readonly [string, string])[], wanted: unknown])[],
): Promise<void> {
  const outcomes = await t.many(
    "http",
    name,
    cases.map(([version, headers]) => [version, headers.map(([key, value]) => header(key, value))]),
  );
  for (const [i, [version, headers, wanted]] of cases.entries()) {
    const { value, threw } = outcomes[i] as { value: unknown; threw?: string };
    const lines = headers.map(([key, value]) => visible(`${key}: ${value === "" ? '""' : value}`)).join(" ⏎ ");
    t.equal<unknown>(threw ?? value, wanted, `${name} of HTTP/${version}${lines === "" ? " without headers" : ` with ${lines}`}`);
  }
}

/** A line in quotes, cut, with nothing in it that cannot be seen. */
function quoted(line: string): string {
  return visible(JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line));
}

/** The text with "\xa0" for what would look like a space, or like nothing. */
function visible(text: string): string {
  return text.replaceAll(/[^ -~\xa1-\uffff]/g, (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

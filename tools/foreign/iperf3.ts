/**
 * The server's half of what iperf3 speaks, over our sockets: one test at a time, any number of streams, either way. Its protocol is nowhere
 * written down; this much of it can be seen on the wire:
 *
 *     control connection                                 streams
 *     ── cookie, 37 bytes ──▶
 *     ◀── PARAM_EXCHANGE ──
 *     ── parameters: length, JSON ──▶
 *     ◀── CREATE_STREAMS ──                              ── the same cookie ──▶   one connection each
 *     ◀── TEST_START, TEST_RUNNING ──                    ── bytes ──▶ or ◀── bytes ──
 *     ── TEST_END ──▶
 *     ◀── EXCHANGE_RESULTS ──
 *     ── results ──▶ ◀── results ──
 *     ◀── DISPLAY_RESULTS ──
 *     ── IPERF_DONE ──▶
 */
import type { TcpConn } from "../../stack/socket/conn.ts";
import type { TcpListener } from "../../stack/socket/listener.ts";

const TEST_START = 1, TEST_RUNNING = 2, TEST_END = 4, PARAM_EXCHANGE = 9, CREATE_STREAMS = 10, EXCHANGE_RESULTS = 13, DISPLAY_RESULTS = 14;
const IPERF_DONE = 16;

const COOKIE_LENGTH = 37;
/** Bytes of JSON, more than which nobody sends. */
const LONGEST_JSON = 65_536;

/** What a client asks for, as far as it matters here. */
interface Parameters {
  readonly parallel?: number;
  /** We send. */
  readonly reverse?: boolean;
  /** Both send, over streams of their own. */
  readonly bidirectional?: boolean;
  /** Bytes per write. */
  readonly len?: number;
}

/** What a client has counted. */
interface Results {
  readonly streams: readonly { readonly id: number; readonly bytes: number }[];
}

/** One data connection. */
interface Stream {
  readonly conn: TcpConn;
  readonly id: number;
  readonly weSend: boolean;
  bytes: number;
}

/** Serves one client after the other. Rejects when one breaks the protocol. */
export async function serveIperf3(listener: TcpListener): Promise<void> {
  for (;;) await serveTest(listener, await listener.accept());
}

async function serveTest(listener: TcpListener, control: TcpConn): Promise<void> {
  const cookie = await readExactly(control, COOKIE_LENGTH);
  await say(control, PARAM_EXCHANGE);
  const parameters = await readJson(control) as Parameters;
  await say(control, CREATE_STREAMS);
  const streams = await acceptStreams(listener, parameters, cookie);
  await say(control, TEST_START);
  await say(control, TEST_RUNNING);
  const over = new AbortController();
  const length = parameters.len ?? 131_072;
  const moving = streams.map((stream) => stream.weSend ? pour(stream, length, over.signal) : drain(stream, length));
  await expect(control, TEST_END);
  over.abort();
  await say(control, EXCHANGE_RESULTS);
  await allHave(streams, await readJson(control) as Results);
  await writeJson(control, resultsOf(streams));
  await say(control, DISPLAY_RESULTS);
  await expect(control, IPERF_DONE);
  for (const { conn, weSend } of streams) if (weSend) conn.close();
  await Promise.all(moving);
  for (const { conn, weSend } of streams) if (!weSend) conn.close();
  control.close();
}

/** The client opens them one after the other: first those that it sends on. */
async function acceptStreams(
  listener: TcpListener,
  { parallel = 1, reverse, bidirectional }: Parameters,
  cookie: Uint8Array,
): Promise<Stream[]> {
  const streams: Stream[] = [];
  const directions = bidirectional ? [false, true] : [reverse === true];
  for (const weSend of directions) {
    for (let index = 0; index < parallel; index++) {
      const conn = await listener.accept();
      const said = await readExactly(conn, COOKIE_LENGTH);
      if (said.some((byte, at) => byte !== cookie[at])) throw new Error("A stream of another test came in");
      // Numbers as the client gives them: 1, 3, 4, 5, …
      const nth = streams.length;
      streams.push({ conn, id: nth === 0 ? 1 : nth + 2, weSend, bytes: 0 });
    }
  }
  return streams;
}

/** Writes until it is told that the test is over, or the client closes. */
async function pour(stream: Stream, length: number, over: AbortSignal): Promise<void> {
  const block = new Uint8Array(length).fill(0x5a);
  try {
    while (!over.aborted) stream.bytes += await stream.conn.write(block);
  } catch (error) {
    if (!over.aborted) throw error; // it closes with our bytes unread, and resets
  }
}

async function drain(stream: Stream, length: number): Promise<void> {
  const buffer = new Uint8Array(length);
  try {
    for (let count = await stream.conn.read(buffer); count !== null; count = await stream.conn.read(buffer)) stream.bytes += count;
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
}

/** Waits until all that the client has sent is here. Its own server does not, and reports as lost what is still on the way. */
async function allHave(streams: readonly Stream[], results: Results): Promise<void> {
  const sent = (id: number): number => results.streams.find((stream) => stream.id === id)?.bytes ?? 0;
  while (streams.some(({ id, weSend, bytes }) => !weSend && bytes < sent(id))) await new Promise((resolve) => setTimeout(resolve, 1));
}

function resultsOf(streams: readonly Stream[]): unknown {
  const each = ({ id, bytes }: Stream): unknown => ({
    id,
    bytes,
    retransmits: -1,
    jitter: 0,
    errors: 0,
    packets: 0,
    start_time: 0,
    end_time: 0,
  });
  return { cpu_util_total: 0, cpu_util_user: 0, cpu_util_system: 0, sender_has_retransmits: 0, streams: streams.map(each) };
}

async function say(conn: TcpConn, state: number): Promise<void> {
  await writeAll(conn, Uint8Array.of(state));
}

async function expect(conn: TcpConn, state: number): Promise<void> {
  const [said] = await readExactly(conn, 1);
  if (said !== state) throw new Error(`The client says ${said}, and ${state} was due`);
}

async function readJson(conn: TcpConn): Promise<unknown> {
  const length = new DataView((await readExactly(conn, 4)).buffer).getUint32(0);
  if (length > LONGEST_JSON) throw new Error(`The client announces ${length} bytes of JSON`);
  return JSON.parse(new TextDecoder().decode(await readExactly(conn, length)));
}

async function writeJson(conn: TcpConn, value: unknown): Promise<void> {
  const text = new TextEncoder().encode(JSON.stringify(value));
  const message = new Uint8Array(4 + text.length);
  new DataView(message.buffer).setUint32(0, text.length);
  message.set(text, 4);
  await writeAll(conn, message);
}

async function writeAll(conn: TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readExactly(conn: TcpConn, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const got = await conn.read(bytes.subarray(at));
    if (got === null) throw new Error(`The client closes with ${count - at} bytes to come`);
    at += got;
  }
  return bytes;
}

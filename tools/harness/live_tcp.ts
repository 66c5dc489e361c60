/**
 * TCP on a live wire: an application above the student's stack, run by the grader while the kernel runs one of its own.
 *
 *     const station = await t.live({ kind: "tun" });
 *     const [client] = await Promise.all([
 *       station.kernel.tcpClient({ to: station.address, port: 80, send: { size: 5000 }, shutdown: true, receive: { untilEnd: true } }),
 *       station.tcp.echo(80),
 *     ]);
 *     t.equal(client.receivedLength, 5000, "the bytes that came back");
 *
 * Whoever waits here waits for the host to be given a frame or a moment, and looks again. When nothing has moved for a while he
 * stops waiting and gives what there is: then the check compares it, and says what was missing.
 */
import { CheckFailed } from "./failure.ts";
import type { Mismatch, RightField } from "./matchers.ts";
import { isStreamPattern, streamPattern } from "./stream_pattern.ts";
import type { SeenFrame } from "./suite.ts";
import {
  type ActingStation,
  type CallError,
  type ConnectionView,
  type ConnectOptions,
  type ListenOptions,
  type StackConnection,
  type TcpActs,
  TcpApplication,
  unusable,
} from "./tcp_application.ts";
import { compare, readSegment, relativeTo, type SeenSegment, type SegmentMatcher, textOf } from "./tcp_segment.ts";

/** A connection of the stack's whose application can wait. */
export interface LiveConnection extends StackConnection {
  /** Bytes as soon as there are some; none: the peer's FIN has come, or the connection is over, or nothing moved any more. */
  readSome(most?: number): Promise<Uint8Array>;
  /** Everything up to the peer's FIN, or so many bytes. */
  readAll(count?: number): Promise<Uint8Array>;
  /** Writes all of it, however long the buffer is full. Returns how much was taken: less when the connection is over, or nothing moved any more. */
  writeAll(bytes: Uint8Array): Promise<number>;
  /** Looks until `enough` says so, or until nothing moves any more. Returns the last look; its notices are all since the last `look`. */
  until(enough: (view: ConnectionView) => boolean): Promise<ConnectionView>;
}

/** What an application of the grader's did with a connection. */
export interface Served {
  readonly connection: LiveConnection;
  /** Bytes that it read, and whether they were the pattern (stream_pattern.ts); if not, the number of the first that was another one, from 0. */
  readonly received: number;
  readonly patternEqual: boolean;
  readonly firstWrong?: number;
  /** Bytes that the stack took from it. */
  readonly sent: number;
  /** Whether the peer's FIN came. */
  readonly end: boolean;
}

/** A TCP segment that crossed the wire. `seq` counts from its sender's SYN, `ack` and `sack` from its receiver's. */
export interface CrossedSegment extends SeenSegment {
  readonly direction: SeenFrame["direction"];
  /** Milliseconds since the check began. */
  readonly time: number;
}

/** TCP of a live station: the acts, and those who wait. */
export interface LiveTcp extends TcpActs {
  /** The next connection, as soon as there is one; fails the check when none comes. */
  accepted(listener?: number): Promise<LiveConnection>;
  /** Connects, and waits for what comes of it: look at its state. `to`: default the kernel. */
  connected(port: number, options?: ConnectOptions): Promise<LiveConnection>;
  /** Listens, accepts one connection, sends everything back until the peer's FIN, and closes. Listens at once, before it is awaited. */
  echo(port: number, options?: ListenOptions): Promise<Served>;
  /** Listens, accepts one connection, reads until the peer's FIN, and closes. */
  sink(port: number, options?: ListenOptions): Promise<Served>;
  /** Listens, accepts one connection, writes `size` bytes of the pattern, and closes. */
  source(port: number, size: number, options?: ListenOptions): Promise<Served>;
  /** Makes a connection of one that `accept` or `connect` gave into one that can wait. */
  patient(connection: StackConnection): LiveConnection;
  /** All TCP segments so far, oldest first, of every connection; of one when `port`, at either end, tells it. */
  segments(port?: number): CrossedSegment[];
  /** Some segment in this direction must match; fails with the nearest one and its wrong fields. `port`, at either end, chooses the connection. */
  expectSegment(direction: SeenFrame["direction"], matcher: SegmentMatcher, why: string, port?: number): CrossedSegment;
}

/** What it needs of its station. */
export interface MovingStation extends ActingStation {
  readonly frames: readonly SeenFrame[];
  readonly isEthernet: boolean;
  /** How often the host was given frames, or a moment. */
  readonly steps: number;
  /** Resolves to true once `steps` is another than that; to false when nothing has moved for a while. */
  moved(since: number): Promise<boolean>;
}

export class LiveApplication extends TcpApplication implements LiveTcp {
  readonly #station: MovingStation;

  constructor(station: MovingStation, kernelAddress: string) {
    super(station, kernelAddress);
    this.#station = station;
  }

  accepted(listener = 0): Promise<LiveConnection> {
    return heard(this.#accepted(listener));
  }

  async #accepted(listener: number): Promise<LiveConnection> {
    for (;;) {
      const { steps } = this.#station;
      const number = await this.#station.act("accept", [listener]);
      if (typeof number !== "number") throw unusable("accept", number as CallError); // a listener that is there refuses nobody
      if (number >= 0) {
        this.#station.note("it accepts a connection");
        return this.patient(this.held(number));
      }
      if (!await this.#station.moved(steps)) {
        const views = await this.connections();
        const states = views.length === 0 ? "the stack has no connection" : `the stack has: ${views.map((view) => view.state).join(", ")}`;
        throw new CheckFailed("a connection that the application can accept", `none came (${states})`);
      }
    }
  }

  async connected(port: number, options?: ConnectOptions): Promise<LiveConnection> {
    const connection = this.patient(await this.connect(port, options));
    await connection.until(({ state }) => state !== "SYN-SENT" && state !== "SYN-RECEIVED");
    return connection;
  }

  echo(port: number, options?: ListenOptions): Promise<Served> {
    return heard(this.#echo(port, options));
  }

  sink(port: number, options?: ListenOptions): Promise<Served> {
    return heard(this.#sink(port, options));
  }

  source(port: number, size: number, options?: ListenOptions): Promise<Served> {
    return heard(this.#source(port, size, options));
  }

  async #echo(port: number, options?: ListenOptions): Promise<Served> {
    const connection = await this.#served(port, options);
    const tally = new Tally(connection);
    for (let bytes = await connection.readSome(); bytes.length > 0; bytes = await connection.readSome()) {
      tally.read(bytes);
      const taken = await connection.writeAll(bytes);
      tally.sent += taken;
      if (taken < bytes.length) break;
    }
    return await tally.close();
  }

  async #sink(port: number, options?: ListenOptions): Promise<Served> {
    const connection = await this.#served(port, options);
    const tally = new Tally(connection);
    for (let bytes = await connection.readSome(); bytes.length > 0; bytes = await connection.readSome()) tally.read(bytes);
    return await tally.close();
  }

  async #source(port: number, size: number, options?: ListenOptions): Promise<Served> {
    const connection = await this.#served(port, options);
    const tally = new Tally(connection);
    tally.sent = await connection.writeAll(streamPattern(0, size));
    return await tally.close();
  }

  async #served(port: number, options?: ListenOptions): Promise<LiveConnection> {
    return await this.#accepted(await this.listen(port, options));
  }

  patient(connection: StackConnection): LiveConnection {
    const station = this.#station;
    const patient: LiveConnection = {
      ...connection,
      readSome: async (most = 65_536) => {
        for (;;) {
          const { steps } = station;
          const bytes = await connection.read(most);
          if (bytes.length > 0 || isOver(await connection.look()) || !await station.moved(steps)) return bytes;
        }
      },
      readAll: async (count = Infinity) => {
        const parts: Uint8Array[] = [];
        let length = 0;
        while (length < count) {
          const bytes = await patient.readSome(Math.min(65_536, count - length));
          if (bytes.length === 0) break;
          parts.push(bytes);
          length += bytes.length;
        }
        return joined(parts, length);
      },
      writeAll: (bytes) => write(station, connection, bytes),
      until: async (enough) => {
        const notices: string[] = [];
        for (;;) {
          const { steps } = station;
          const view = await connection.look();
          notices.push(...view.notices ?? []);
          if (enough(view) || !await station.moved(steps)) return { ...view, notices };
        }
      },
    };
    return patient;
  }

  segments(port?: number): CrossedSegment[] {
    /** Where each side's numbers begin, by its end of the connection and then the other's. */
    const origins = new Map<string, number>();
    const found: CrossedSegment[] = [];
    for (const { direction, time, bytes } of this.#station.frames) {
      if (!isTcp(bytes, this.#station.isEthernet)) continue;
      const raw = readSegment(bytes, this.#station.isEthernet);
      if (port !== undefined && raw.sourcePort !== port && raw.destinationPort !== port) continue;
      const [from, to] = [`${raw.source}:${raw.sourcePort}`, `${raw.destination}:${raw.destinationPort}`];
      if (raw.flags.includes("SYN")) origins.set(`${from} ${to}`, raw.seq);
      found.push({ ...relativeTo(raw, origins.get(`${from} ${to}`) ?? 0, origins.get(`${to} ${from}`) ?? 0), direction, time });
    }
    return found;
  }

  expectSegment(direction: SeenFrame["direction"], matcher: SegmentMatcher, why: string, port?: number): CrossedSegment {
    let nearest: { mismatches: Mismatch[]; right: RightField[]; text: string } | undefined;
    for (const segment of this.segments(port)) {
      if (segment.direction !== direction) continue;
      const right: RightField[] = [];
      const mismatches = compare(segment, matcher, right);
      if (mismatches.length === 0) return segment;
      if (nearest === undefined || mismatches.length < nearest.mismatches.length) nearest = { mismatches, right, text: textOf(segment) };
    }
    const who = direction === "from stack" ? "your stack" : "the kernel";
    if (nearest === undefined) throw new CheckFailed(why, `no TCP segment at all from ${who}`);
    throw new CheckFailed(why, `the nearest segment from ${who}: ${nearest.text}`, nearest);
  }
}

/** Counts what is read, and closes in the end. */
class Tally {
  sent = 0;
  readonly #connection: LiveConnection;
  #received = 0;
  #firstWrong: number | undefined;

  constructor(connection: LiveConnection) {
    this.#connection = connection;
  }

  read(bytes: Uint8Array): void {
    const from = this.#received;
    if (this.#firstWrong === undefined && !isStreamPattern(from, bytes)) {
      this.#firstWrong = from + bytes.findIndex((byte, i) => !isStreamPattern(from + i, Uint8Array.of(byte)));
    }
    this.#received += bytes.length;
  }

  async close(): Promise<Served> {
    const { finReceived } = await this.#connection.look();
    await this.#connection.close();
    const [connection, firstWrong] = [this.#connection, this.#firstWrong];
    const pattern = firstWrong === undefined ? { patternEqual: true } : { patternEqual: false, firstWrong };
    return { connection, received: this.#received, ...pattern, sent: this.sent, end: finReceived === true };
  }
}

/** A promise whose failure is not lost when the check fails before it comes to await it: nobody else hears of it then. */
export function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** Nothing more will come. */
function isOver(view: ConnectionView): boolean {
  return view.readable === 0 && (view.finReceived === true || view.state === "CLOSED");
}

async function write(station: MovingStation, connection: StackConnection, bytes: Uint8Array): Promise<number> {
  let taken = 0;
  for (;;) {
    const { steps } = station;
    if ((await connection.look()).state === "CLOSED") return taken;
    const count = await connection.write(bytes.subarray(taken));
    if (typeof count !== "number") return taken; // it was shut down meanwhile
    taken += count;
    if (taken >= bytes.length || !await station.moved(steps)) return taken;
  }
}

function isTcp(bytes: Uint8Array, isEthernet: boolean): boolean {
  const at = isEthernet ? 14 : 0;
  if (isEthernet && (bytes[12] !== 8 || bytes[13] !== 0)) return false;
  const isFragment = ((bytes[at + 6] ?? 0) & 0x1f) !== 0 || bytes[at + 7] !== 0;
  return bytes[at + 9] === 6 && !isFragment;
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * A client and a server on the kernel's TCP. Both carry out exchanges (`TcpTalk`): one loop that writes while there is something to
 * write, reads while something is wanted, and waits for whichever can go on.
 */
import { POLLIN, POLLOUT } from "../../../stack/link/libc.ts";
import { isStreamPattern, streamPattern } from "../stream_pattern.ts";
import type { Operation } from "./loop.ts";
import { DEFAULT_TIMEOUT } from "./probe_socket.ts";
import { internetAddress } from "./socket_address.ts";
import { SocketError } from "./sockets.ts";
import type { TcpClientOptions, TcpOutcome, TcpServerOptions, TcpTalk } from "./tcp_operations.ts";
import { TcpSocket } from "./tcp_socket.ts";

/** How much of what was read is kept. */
const KEPT = 0x10_0000;
/** Bytes that are written or read in one go. */
const PIECE = 0x1_0000;
/** Goes before the loop looks after others. */
const GOES = 16;

export function* tcpClient(options: TcpClientOptions): Operation<TcpOutcome> {
  const until = performance.now() + (options.timeout ?? DEFAULT_TIMEOUT);
  const run = new Run(new TcpSocket(options));
  try {
    if (options.localPort !== undefined) run.socket.bindPort("0.0.0.0", options.localPort);
    run.socket.connect(internetAddress(options.to, options.port));
    if ((yield { fd: run.socket.fd, events: POLLOUT, until }) !== "ready") return run.outcome("ETIMEDOUT");
    const error = run.socket.takeError();
    if (error !== undefined) return run.outcome(error);
    return yield* run.carryOut([options, ...(options.then ?? [])], until);
  } catch (error) {
    return run.outcome(codeOf(error));
  } finally {
    run.socket.close();
  }
}

export function* tcpServer(options: TcpServerOptions): Operation<TcpOutcome[]> {
  const until = performance.now() + (options.timeout ?? DEFAULT_TIMEOUT);
  const listener = new TcpSocket({ receiveBuffer: options.receiveBuffer, mss: options.mss });
  const outcomes: TcpOutcome[] = [];
  try {
    listener.bindPort(options.address ?? "0.0.0.0", options.port);
    listener.listen(options.backlog ?? 16);
    while (outcomes.length < (options.count ?? 1)) {
      const socket = listener.accept({ abort: options.abort, noDelay: options.noDelay });
      if (socket !== undefined) outcomes.push(yield* serve(socket, talksOf(options), until));
      else if ((yield { fd: listener.fd, events: POLLIN, until }) !== "ready") break;
    }
    return outcomes;
  } finally {
    listener.close();
  }
}

function* serve(socket: TcpSocket, talks: readonly TcpTalk[], until: number): Operation<TcpOutcome> {
  try {
    return yield* new Run(socket).carryOut(talks, until);
  } finally {
    socket.close();
  }
}

function talksOf({ mode, size, pauseBeforeReading }: TcpServerOptions): readonly TcpTalk[] {
  if (typeof mode !== "string") return mode;
  if (mode === "echo") return [{ echo: true, pauseBeforeReading }];
  if (mode === "sink") return [{ receive: { untilEnd: true }, pauseBeforeReading }];
  return [{ send: { size: size ?? 1000 }, shutdown: true, receive: { untilEnd: true }, pauseBeforeReading }];
}

function codeOf(error: unknown): string {
  if (error instanceof SocketError) return error.code;
  throw error;
}

/** One connection, and what has become of it so far. */
class Run {
  readonly socket: TcpSocket;
  #connected = false;
  #remote = { address: "0.0.0.0", port: 0 };
  #localPort = 0;
  #sent = 0;
  readonly #kept: Uint8Array[] = [];
  #keptLength = 0;
  #received = 0;
  #patternEqual = true;
  #end = false;

  constructor(socket: TcpSocket) {
    this.socket = socket;
  }

  *carryOut(talks: readonly TcpTalk[], until: number): Operation<TcpOutcome> {
    this.#connected = true;
    this.#remote = this.socket.remote;
    this.#localPort = this.socket.localPort;
    try {
      for (const talk of talks) {
        if (talk.pause !== undefined && (yield { fd: -1, events: 0, until: performance.now() + talk.pause }) === "cancelled") {
          return this.outcome("ETIMEDOUT");
        }
        if (!(yield* this.#talk(talk, until))) return this.outcome("ETIMEDOUT");
      }
      return this.outcome();
    } catch (error) {
      return this.outcome(codeOf(error));
    }
  }

  /** One exchange. False: time ran out. */
  *#talk(talk: TcpTalk, until: number): Operation<boolean> {
    const outgoing = new Outgoing(talk.send);
    const wanted = talk.receive === undefined ? 0 : "count" in talk.receive ? this.#received + talk.receive.count : Infinity;
    const readFrom = performance.now() + (talk.pauseBeforeReading ?? 0);
    let shut = !talk.shutdown;
    for (;;) {
      this.#write(outgoing);
      const paused = performance.now() < readFrom;
      // An echo that the other side does not take is not piled up here: it reads on when that is gone.
      const held = talk.echo && !outgoing.empty;
      if (!paused && !held) this.#read(talk.echo ? Infinity : wanted, talk.echo ? outgoing : undefined);
      const reading = !this.#end && (talk.echo || this.#received < wanted);
      if (!shut && outgoing.empty) {
        this.socket.shutdown();
        shut = true;
      }
      if (outgoing.empty && !reading) return true;
      const events = (outgoing.empty ? 0 : POLLOUT) | (reading && !paused && !held ? POLLIN : 0);
      const fd = events === 0 ? -1 : this.socket.fd;
      const wake = yield { fd, events, until: paused ? Math.min(until, readFrom) : until };
      if (wake === "cancelled" || performance.now() >= until) return false;
    }
  }

  #write(outgoing: Outgoing): void {
    for (let i = 0; i < GOES && !outgoing.empty; i++) {
      const count = this.socket.write(outgoing.next());
      if (count === 0) return;
      this.#sent += count;
      outgoing.took(count);
    }
  }

  #read(wanted: number, echo: Outgoing | undefined): void {
    for (let i = 0; i < GOES && !this.#end && this.#received < wanted; i++) {
      const bytes = this.socket.read(wanted - this.#received);
      if (bytes === undefined) return;
      if (bytes.length === 0) this.#end = true;
      else this.#keep(bytes);
      echo?.add(bytes);
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#patternEqual &&= isStreamPattern(this.#received, bytes);
    this.#received += bytes.length;
    const room = KEPT - this.#keptLength;
    if (room > 0) this.#kept.push(bytes.slice(0, room));
    this.#keptLength += Math.min(room, bytes.length);
  }

  outcome(error?: string): TcpOutcome {
    const received = new Uint8Array(this.#keptLength);
    let at = 0;
    for (const bytes of this.#kept) {
      received.set(bytes, at);
      at += bytes.length;
    }
    return {
      connected: this.#connected,
      ...(error === undefined ? {} : { error }),
      sent: this.#sent,
      received,
      receivedLength: this.#received,
      patternEqual: this.#patternEqual,
      end: this.#end,
      localPort: this.#localPort,
      remoteAddress: this.#remote.address,
      remotePort: this.#remote.port,
    };
  }
}

/** What is still to be written: given bytes, the pattern, or what was read. */
class Outgoing {
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  #patternAt = 0;
  readonly #patternEnd: number;

  constructor(send: TcpTalk["send"]) {
    this.#patternEnd = send === undefined || send instanceof Uint8Array ? 0 : send.size;
    if (send instanceof Uint8Array) this.add(send);
  }

  get empty(): boolean {
    return this.#pieces.length === 0 && this.#patternAt >= this.#patternEnd;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#pieces.push(bytes.slice());
  }

  next(): Uint8Array<ArrayBuffer> {
    return this.#pieces[0] ?? streamPattern(this.#patternAt, Math.min(PIECE, this.#patternEnd - this.#patternAt));
  }

  took(count: number): void {
    const piece = this.#pieces[0];
    if (piece === undefined) this.#patternAt += count;
    else if (count === piece.length) this.#pieces.shift();
    else this.#pieces[0] = piece.subarray(count);
  }
}

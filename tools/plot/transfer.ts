/**
 * One long transfer over a bottleneck, on virtual time: a stack in a subject process sends as much as it may, and everything that can be seen of
 * it is written down. Sequence numbers, flight and round trips come from the packets; cwnd and ssthresh from what the stack says of itself,
 * by the names of TCP_INFO. Nobody else could know them.
 */
import { failureOf, thrownText } from "../harness/thrown.ts";
import { CheckFailed, NotWritten } from "../harness/failure.ts";
import { SubjectDied } from "../harness/subject_process.ts";
import type { Reply, Request } from "../harness/subject/protocol.ts";
import { readSegment, type SeenSegment } from "../harness/tcp_segment.ts";
import { deadlineOf, MAX_AT_ONCE, sameDeadline } from "../harness/virtual_station.ts";
import { MTU, Path, type PathSettings } from "./path.ts";
import { offsetOf, Receiver } from "./receiver.ts";

/** What is transferred, and over what. */
export interface TransferSettings extends PathSettings {
  readonly seconds: number;
  readonly algorithm: "reno" | "cubic";
  /** Whether the far end tells what it holds beyond a gap. */
  readonly sack: boolean;
}

/** What was true from then on. Times in milliseconds, windows in segments; undefined: not known, or no number. */
export interface Sample {
  readonly time: number;
  readonly cwnd: number | undefined;
  readonly ssthresh: number | undefined;
  readonly flight: number;
}

/** Something that happened to the bytes up to `offset`. */
export interface Mark {
  readonly time: number;
  readonly offset: number;
}

/** A transfer, as it was seen. */
export interface Recording {
  /** The largest text that was sent, in bytes. */
  readonly segment: number;
  readonly samples: readonly Sample[];
  /** What was acknowledged, as the sender heard of it. */
  readonly acked: readonly Mark[];
  /** Segments that were sent again, and segments that the bottleneck lost. */
  readonly resent: readonly Mark[];
  readonly lost: readonly Mark[];
  /** How long a segment and its acknowledgment took, by when the segment was sent. */
  readonly roundTrips: readonly { readonly time: number; readonly milliseconds: number }[];
  readonly timeouts: number;
  /** When it ended. */
  readonly end: number;
  /** Why it ended before its time. */
  readonly broken?: Broken;
}

export interface Broken {
  /** A sentence without its end. */
  readonly why: string;
  /** The function that is not written yet. */
  readonly notWritten?: string;
}

/** Asks the subject. */
export type Ask = (request: Request) => Promise<Reply>;

const PORT = 80, ADDRESS = "10.44.0.2", PEER = "10.44.0.1";
/** What is written at once, and what the send buffer holds beyond what the way does. */
const CHUNK = new Uint8Array(64 * 1024), ROOM = 512 * 1024;
/** Packets in one transfer at most: one that sends more goes round in circles. */
const MOST_PACKETS = 400_000;
/** Linux's idea of a threshold that is arbitrarily high. */
const INFINITE = 0x7fff_ffff;

/** Packets that get through in that time. */
export function packetsOf({ rate, seconds }: TransferSettings): number {
  return rate * seconds / 8 / MTU;
}

/** Packets that the path holds: on their way, passing the bottleneck, and waiting for that. cwnd cannot stay above it. */
export function capacityOf({ rate, delay, queue }: PathSettings): number {
  return rate * 2 * delay / 1000 / 8 / MTU + 1 + queue;
}

/** Lets the subject's stack send for that long. Whatever its code does is in the recording; what has nothing to do with it is thrown. */
export async function recordTransfer(ask: Ask, settings: TransferSettings): Promise<Recording> {
  const transfer = new Transfer(ask, settings);
  try {
    await transfer.run();
  } catch (error) {
    const broken = whyBroken(error);
    if (broken === undefined) throw error;
    return { ...transfer.recording, broken };
  }
  return transfer.recording;
}

function whyBroken(error: unknown): Broken | undefined {
  if (error instanceof NotWritten) return { why: error.message, notWritten: error.symbol };
  if (error instanceof SubjectDied || error instanceof CheckFailed || error instanceof StackThrew) return { why: error.message };
  return undefined;
}

/** The subject's code threw an exception. */
class StackThrew extends Error {}

class Transfer {
  now = 0;
  readonly #ask: Ask;
  readonly #settings: TransferSettings;
  readonly #path: Path;
  readonly #receiver: Receiver;
  readonly #buffer: number;
  /** Acknowledgments on their way back. */
  readonly #back: { readonly due: number; readonly packet: Uint8Array; readonly acked: number; readonly sentAt: number }[] = [];
  readonly #recorded = { samples: [] as Sample[], acked: [] as Mark[], resent: [] as Mark[], lost: [] as Mark[] };
  readonly #roundTrips: { time: number; milliseconds: number }[] = [];
  #segment = 0;
  #timeouts = 0;
  #host = 0;
  #deadline = Infinity;
  #syn: SeenSegment | undefined;
  #packets = 0;
  /** Offsets: what is acknowledged, the end of what was ever sent, and of what was written. */
  #una = 0;
  #high = 0;
  #written = 0;
  #backoff = 0;

  constructor(ask: Ask, settings: TransferSettings) {
    this.#ask = ask;
    this.#settings = settings;
    this.#path = new Path(settings, () => this.now);
    this.#receiver = new Receiver(() => this.now, settings.sack);
    this.#buffer = Math.ceil(ROOM + 2 * capacityOf(settings) * MTU);
  }

  get recording(): Recording {
    return { ...this.#recorded, segment: this.#segment, roundTrips: this.#roundTrips, timeouts: this.#timeouts, end: this.now };
  }

  async run(): Promise<void> {
    await this.#connect();
    const end = this.#settings.seconds * 1000;
    for (let atOnce = 0;;) {
      const next = Math.min(this.#deadline, this.#path.nextDeadline(), this.#back[0]?.due ?? Infinity);
      if (next > end) break;
      atOnce = next > this.now ? 0 : atOnce + 1;
      if (atOnce > MAX_AT_ONCE) throw sameDeadline(next, this.now);
      this.now = Math.max(this.now, next);
      this.#deliver();
      if (this.#deadline > this.now && !((this.#back[0]?.due ?? Infinity) <= this.now)) continue;
      await this.#hear();
      await this.#write();
      await this.#look();
    }
    this.now = end;
  }

  async #connect(): Promise<void> {
    const { algorithm, seed } = this.#settings;
    const config = {
      layers: 5,
      seed,
      interfaces: [{ medium: "ip", address: ADDRESS, mtu: MTU }],
      tcp: { congestion: algorithm, sendBuffer: this.#buffer },
    } as const;
    const wires = [{ name: "wire0", medium: "ip", mtu: MTU, fcs: false, minimumFrame: 20 }] as const;
    const { returned } = this.#take(await this.#ask({ op: "host", config, wires, now: 0 }));
    this.#host = returned?.t === "value" ? Number(returned.value) : 0;
    await this.#act("connect", [PEER, PORT]);
  }

  /** What has reached the far end is acknowledged. */
  #deliver(): void {
    for (let arrived = this.#path.take(); arrived !== undefined; arrived = this.#path.take()) {
      const answer = this.#receiver.take(arrived.packet);
      if (answer !== undefined) this.#back.push({ ...answer, due: this.now + this.#settings.delay, sentAt: arrived.sentAt });
    }
  }

  /** The stack hears of what was acknowledged, and may do what is due. */
  async #hear(): Promise<void> {
    const frames: { on: number; bytes: Uint8Array }[] = [];
    const waiting = this.#back.findIndex(({ due }) => due > this.now);
    for (const { packet, acked, sentAt } of this.#back.splice(0, waiting < 0 ? this.#back.length : waiting)) {
      frames.push({ on: 0, bytes: packet });
      this.#roundTrips.push({ time: sentAt, milliseconds: this.now - sentAt });
      if (acked > this.#una) this.#recorded.acked.push({ time: this.now, offset: acked });
      this.#una = Math.max(this.#una, acked);
    }
    this.#take(await this.#ask({ op: "step", host: this.#host, now: this.now, frames }));
  }

  /** There is always more to be sent. */
  async #write(): Promise<void> {
    if (this.#syn === undefined || this.#written - this.#una + CHUNK.length > this.#buffer) return;
    this.#written += number(await this.#act("write", [0, CHUNK])) ?? 0;
  }

  /** What the stack says of itself. */
  async #look(): Promise<void> {
    const { samples } = this.#recorded;
    const info = await this.#act("info", [0]) as Readonly<Record<string, unknown>> | undefined;
    const ssthresh = number(info?.tcpi_snd_ssthresh);
    const backoff = number(info?.tcpi_backoff) ?? 0;
    if (backoff > this.#backoff) this.#timeouts++;
    this.#backoff = backoff;
    const sample: Sample = {
      time: this.now,
      cwnd: number(info?.tcpi_snd_cwnd),
      ssthresh: ssthresh === INFINITE ? undefined : ssthresh,
      flight: this.#segment === 0 ? 0 : (this.#high - this.#una) / this.#segment,
    };
    const last = samples.at(-1);
    if (last === undefined || last.cwnd !== sample.cwnd || last.ssthresh !== sample.ssthresh || last.flight !== sample.flight) {
      samples.push(sample);
    }
  }

  async #act(act: "connect" | "write" | "info", args: readonly unknown[]): Promise<unknown> {
    const { returned } = this.#take(await this.#ask({ op: "tcp", host: this.#host, now: this.now, act, args }));
    return returned?.t === "value" ? returned.value : undefined;
  }

  /** Takes what came with an answer. */
  #take(reply: Reply): Reply {
    const { threw } = reply;
    if (threw !== undefined) {
      const failure = failureOf(threw, undefined);
      throw failure instanceof NotWritten ? failure : new StackThrew(thrownText(threw));
    }
    this.#deadline = deadlineOf(reply);
    for (const { bytes } of reply.out ?? []) this.#send(bytes);
    return reply;
  }

  #send(packet: Uint8Array): void {
    if (++this.#packets > MOST_PACKETS) throw new StackThrew(`it sends again and again: ${MOST_PACKETS} packets so far`);
    const segment = readSegment(packet, false);
    if (segment.flags.includes("SYN")) this.#syn = segment;
    const isThrough = this.#path.send(packet);
    if (this.#syn === undefined || segment.data.length === 0) return;
    const mark = { time: this.now, offset: offsetOf(segment, this.#syn) + segment.data.length };
    if (mark.offset <= this.#high) this.#recorded.resent.push(mark);
    if (!isThrough) this.#recorded.lost.push(mark);
    this.#segment = Math.max(this.#segment, segment.data.length);
    this.#high = Math.max(this.#high, mark.offset);
  }
}

/** What the subject says is its own: anything that is no number is none. */
function number(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value < Infinity ? value : undefined;
}

/** What the scenarios share: a connection with much to say, in segments of 1000 bytes, and a peer that counts them. */
import type { TcpConfig } from "../../../stack/host_config.ts";
import type { Trial } from "../../../tools/harness/suite.ts";

type TcpStation = Awaited<ReturnType<Trial["tcp"]>>;
type Opened = Awaited<ReturnType<TcpStation["inState"]>>;

export const SEGMENT = 1000;

/** What the first flight is about, whatever else a check is about. */
const FIRST = {
  why:
    "Before the first acknowledgment cwnd is the initial window (RFC 5681 §3.1, RFC 6928 §2), and `sendWindow` gives just that: it adds segments for duplicates, and none has " +
    "come.",
  look: ["initialWindow", "sendWindow"],
};

/** One end that talks, and a peer that does what the check says. Segments are numbered from 0. */
export class Talk {
  readonly tcp: TcpStation;
  readonly #t: Trial;
  readonly #opened: Opened;

  constructor(t: Trial, tcp: TcpStation, opened: Opened) {
    this.#t = t;
    this.tcp = tcp;
    this.#opened = opened;
  }

  /** The application writes so many segments. */
  async write(count: number): Promise<void> {
    const taken = await this.#opened.connection.write(this.#t.random.bytes(count * SEGMENT));
    this.#t.ok(taken === count * SEGMENT, `the send buffer to take ${count * SEGMENT} bytes`, `${taken}`);
  }

  /** The peer acknowledges everything before segment `number`, and holds these, from and up to but not including. */
  async ack(number: number, ...held: readonly (readonly [number, number])[]): Promise<void> {
    const sack = held.map(([from, to]) => [1 + from * SEGMENT, 1 + to * SEGMENT] as const);
    await this.#opened.peer.send({ flags: "ACK", ack: 1 + number * SEGMENT, ...(sack.length > 0 ? { sack } : {}) });
  }

  /** The numbers of the segments with text that went out since the last call; "4.5" begins in the middle. */
  async heard(): Promise<number[]> {
    const numbers: number[] = [];
    for (let seen = await this.#opened.peer.seen(); seen !== undefined; seen = await this.#opened.peer.seen()) {
      if (seen.data.length > 0) numbers.push((seen.seq - 1) / SEGMENT);
    }
    return numbers;
  }

  /** Exactly these went out. */
  async expect(numbers: readonly number[], why: string): Promise<void> {
    const heard = await this.heard();
    const same = heard.length === numbers.length && numbers.every((number, i) => heard[i] === number);
    this.#t.ok(same, `${list(numbers)} (${why})`, list(heard));
  }

  /** The first flight: what goes before anything is acknowledged. */
  async expectFirst(count: number): Promise<void> {
    const first = `the initial window ${count === 4 ? `for segments of ${SEGMENT} bytes` : `of ${count} segments`}`;
    await this.#t.about(FIRST, () => this.expect(Array.from({ length: count }, (_, i) => i), first));
  }

  /** One round trip: the peer acknowledges, one by one, all segments from `from` up to `to`. Gives how many went out for that. */
  async round(from: number, to: number): Promise<number> {
    for (let number = from; number < to; number++) await this.ack(number + 1);
    return (await this.heard()).length;
  }
}

/** "segment 4", "segments 0 to 9, 12": what follows one upon the other is told by its ends. */
function list(numbers: readonly number[]): string {
  if (numbers.length === 0) return "no segment";
  const runs: number[][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && number === (last.at(-1) as number) + 1) last.push(number);
    else runs.push([number]);
  }
  const told = runs.flatMap((run) => run.length > 2 ? [`${run[0]} to ${run.at(-1)}`] : run.map(String));
  return `${numbers.length === 1 ? "segment" : "segments"} ${told.join(", ")}`;
}

/** Opens a connection over which so many segments are written. */
export async function talk(t: Trial, count: number, options: { readonly sack?: boolean; readonly tcp?: TcpConfig } = {}): Promise<Talk> {
  const { sack = false, tcp = {} } = options;
  const agreed = [`${sack ? "with" : "without"} SACK`, ...Object.entries(tcp).map(([name, value]) => `${name} ${value}`)].join(", ");
  t.step(`a connection with segments of ${SEGMENT} bytes, ${agreed}; ${count} of them are written, number n at seq ${SEGMENT} · n + 1`);
  const station = await t.tcp({ tcp });
  const opened = await station.inState("ESTABLISHED", { mss: SEGMENT, ...(sack ? { sackPermitted: true } : {}) });
  const made = new Talk(t, station, opened);
  await made.write(count);
  return made;
}

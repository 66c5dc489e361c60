import { Bottleneck } from "../../../stack/link/bottleneck.ts";
import { connect, type TcpConn } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { type Seq, seq, seqAdd, seqDiff } from "../../../stack/wire/seq.ts";
import type { Experiment, LiveStage } from "../experiment.ts";
import { connectedFromLinux } from "../setup.ts";

/** Milliseconds there and back, when nothing waits. */
const ROUND_TRIP = 100;
/** The narrowest place of the way: bits a second, and packets that may wait in front of it. */
const RATE = 2_000_000, QUEUE = 20;
const TEXT = 400_000;
/** Round trips that are told of. */
const ROUNDS = 14;
/** Live: milliseconds there and back, packets that the way takes in that time, and bytes. */
const LIVE_ROUND_TRIP = 150, ROOM = 64, LIVE_TEXT = 600_000;

export const slowStart: Experiment = {
  name: "slow-start",
  title: "twice as many in each round trip, until one is lost",
  chapter: "15-sharing-the-network.md#slow-start",
  before: [
    `A client has ${
      TEXT / 1000
    } kB for a server, whose window would take all of it at once. The way holds much less: 2 Mbit/s in its narrowest place, with room for ${QUEUE} packets in front of it, and ${ROUND_TRIP} ms there and back. Nobody has told the client.`,
    "Guess: how many segments does it send in the first round trip, in the second, in the sixth? And how does it find out that it is too many?",
  ],
  after: [
    "Every acknowledgment says that something has left the network, and lets two go in its place: that doubles the window in each round trip. It is called slow start, because before 1988 the whole window went at once. Nobody reports that the queue is full, either. It overflows, the acknowledgments say where the gaps are, and the window is halved.",
    'The common notes say "slow start is slow" (ten segments are a thousand after seven round trips) and "a loss means a bad line". Here nothing was damaged. The sender itself has filled the queue, and has to: it is how the rate is found.',
  ],
  async play(stage): Promise<void> {
    const { client, server, wire } = stage.twoHosts({ delay: ROUND_TRIP / 2, tcp: { initialWindow: 2, delayedAck: 0, sendBuffer: TEXT } });
    const narrow = new Bottleneck(RATE, { packets: QUEUE });
    const rounds: { sent: number; again: number; lost: number }[] = [];
    let began = Infinity;
    let next: Seq | undefined;
    wire.fate = (packet) => {
      if (packet.from !== "client") return undefined;
      const passed = narrow.enter(packet.bytes.length, packet.time);
      if (packet.data.length > 0) {
        began = Math.min(began, packet.time);
        const round = rounds[Math.floor((packet.time - began) / ROUND_TRIP)] ??= { sent: 0, again: 0, lost: 0 };
        const number = seq(packet.field("TCP", "seq"));
        round.sent++;
        if (next !== undefined && seqDiff(number, next) < 0) round.again++;
        else next = seqAdd(number, packet.data.length);
        if (passed === undefined) round.lost++;
      }
      return passed === undefined ? { lost: true } : { late: passed - packet.time };
    };

    const listener = listen(server, { port: 80 });
    const near = await stage.settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
    const far = await stage.settle(listener.accept());
    const [sender] = client.tcp.connections();
    const windows: number[] = [];
    const writing = near.write(new Uint8Array(TEXT));
    for (let round = 0; round < ROUNDS; round++) {
      stage.ladder(round < 3);
      await stage.run(ROUND_TRIP);
      windows.push(sender?.info().tcpi_snd_cwnd ?? 0);
    }
    const buffer = new Uint8Array(TEXT);
    let count = 0;
    while (count < TEXT) count += await stage.settle(far.read(buffer)) ?? 0;
    await stage.settle(writing);

    stage.say("And so on; in segments:");
    stage.lines([
      "round trip   sent   of it again   of it lost   window at its end",
      ...windows.map((window, index) => {
        const { sent = 0, again = 0, lost = 0 } = rounds[index] ?? {};
        const columns = [`${index + 1}`.padStart(6), `${sent}`.padStart(11), `${again}`.padStart(14), `${lost}`.padStart(13)];
        return `${columns.join("")}   ${`${window}`.padStart(8)}  ${"*".repeat(Math.round(window / 4))}`;
      }),
    ]);
    const largest = Math.max(...windows);
    stage.expect(
      "the first four round trips carried 2, 4, 8 and 16 segments",
      rounds.slice(0, 4).map(({ sent }) => sent).join() === "2,4,8,16",
    );
    const lost = rounds.reduce((sum, round) => sum + round.lost, 0);
    const last = windows.at(-1) ?? largest;
    stage.expect(`the queue ran over: ${lost} packets found no room in it`, lost > 0);
    stage.expect(
      `after that the window is ${last}, and not ${largest}: half of what was in flight when it was noticed`,
      last < 0.65 * largest,
    );
    stage.expect("every byte has arrived in the end", count === TEXT);
  },
  live: {
    before: [
      `A program on Linux has ${
        LIVE_TEXT / 1000
      } kB for our host, whose window would take all of it at once. The way takes ${ROOM} packets in each round trip of ${LIVE_ROUND_TRIP} ms, and loses what is more; acknowledgments come back together, so that one can count. Nobody has told Linux.`,
      "Guess: how many segments does Linux send in the first round trip, in the second, in the fourth? And how does it find out that it is too many?",
    ],
    after: [
      "Each segment that is acknowledged has left the network, and lets two go in its place: that doubles the window in each round trip. Linux begins with ten (RFC 6928 §2). Nobody reports that the way is full, either. The acknowledgments say where the gaps are, and the window is halved, as RFC 5681 has it; that is `reno`, which was chosen here. What Linux uses as is, `cubic`, takes off three tenths.",
      'The common note says "the window is in the segments". That of the receiver is; this one never leaves its host. On the wire one sees what it lets through; `ss -ti` shows what Linux itself says of it (TCP_INFO).',
    ],
    host: { tcp: { receiveBuffer: 2 * LIVE_TEXT, delayedAck: 0 } },
    play: playLive,
  },
};

/** What Linux sent from one opening of the way back to the next, and what it then said of its window and of its limit for slow start. */
interface RoundTrip {
  sent: number;
  again: number;
  lost: number;
  window: number;
  limit: number;
}

async function playLive(stage: LiveStage): Promise<void> {
  // So much fits into its send buffer that the program never waits for Linux.
  await stage.kernel.sysctl({ name: "net.ipv4.tcp_wmem", value: `4096 ${8 * LIVE_TEXT} ${8 * LIVE_TEXT}` });
  stage.wire.fate = (packet) => ({ late: packet.from === "host" ? LIVE_ROUND_TRIP : 0 });
  const { linux, near, far } = await connectedFromLinux(stage);
  const writing = linux.call({ name: "write", descriptor: near, bytes: new Uint8Array(LIVE_TEXT) });
  const reading = readAll(far);
  const rounds = await countRounds(stage, near, reading);
  await writing;

  stage.say("And so on; in segments:");
  stage.lines([
    "round trip   sent   of it again   of it lost   Linux's window at its end",
    ...rounds.map(({ sent, again, lost, window }, index) => {
      const columns = [`${index + 1}`.padStart(6), `${sent}`.padStart(11), `${again}`.padStart(14), `${lost}`.padStart(13)];
      return `${columns.join("")}   ${`${window}`.padStart(8)}  ${"*".repeat(Math.round(window / 8))}`;
    }),
  ]);
  const first = rounds.slice(0, 4);
  stage.expect("the first four round trips carried 10, 20, 40 and 80 segments", first.map(({ sent }) => sent).join() === "10,20,40,80");
  stage.expect("and that is what Linux says of its window", first.map(({ window }) => window).join() === "10,20,40,80");
  const lost = rounds.reduce((sum, round) => sum + round.lost, 0);
  stage.expect(`then the way was full: ${lost} packets were lost`, lost > 0);
  const noticed = rounds.findIndex(({ again }) => again > 0);
  const [{ window = 0 } = {}, { limit = 0 } = {}] = [rounds[noticed - 1], rounds[noticed]];
  stage.expect(
    `when Linux noticed, its window was ${window}; it went on with ${limit}, the half`,
    Math.abs(window / 2 - limit) <= window / 20,
  );
  stage.expect("every byte has arrived in the end", await reading === LIVE_TEXT);
}

/** Delays, loses and counts until the reading is over. Nothing here depends on how fast anybody is: the way back opens when all has come that Linux has sent. */
async function countRounds(stage: LiveStage, descriptor: number, reading: Promise<unknown>): Promise<RoundTrip[]> {
  const rounds: RoundTrip[] = [];
  let [isOver, came, next] = [false, 0, undefined as Seq | undefined];
  reading.then(() => isOver = true, () => isOver = true);
  while (!isOver) {
    const round = { sent: 0, again: 0, lost: 0, window: 0, limit: 0 };
    const back = Promise.withResolvers<void>();
    rounds.push(round);
    stage.ladder(rounds.length <= 2);
    stage.wire.fate = (packet) => {
      if (packet.from === "host") return { late: back.promise };
      if (packet.data.length === 0) return undefined;
      const number = seq(packet.field("TCP", "seq"));
      came++;
      round.sent++;
      if (next !== undefined && seqDiff(number, next) < 0) round.again++;
      else next = seqAdd(number, packet.data.length);
      if (round.sent <= ROOM) return undefined;
      round.lost++;
      return { lost: true };
    };
    await stage.sleep(LIVE_ROUND_TRIP);
    let info: Record<string, number> = {};
    await stage.until(async () => (info = await stage.kernel.tcpInfo({ descriptor })).tcpi_data_segs_out === came);
    [round.window, round.limit] = [info.tcpi_snd_cwnd ?? 0, info.tcpi_snd_ssthresh ?? 0];
    back.resolve();
  }
  return rounds;
}

async function readAll(conn: TcpConn): Promise<number> {
  const buffer = new Uint8Array(LIVE_TEXT);
  let count = 0;
  while (count < LIVE_TEXT) count += await conn.read(buffer) as number;
  return count;
}

import { Bottleneck } from "../../../stack/link/bottleneck.ts";
import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { type Seq, seq, seqAdd, seqDiff } from "../../../stack/wire/seq.ts";
import type { Experiment } from "../experiment.ts";

/** Milliseconds there and back, when nothing waits. */
const ROUND_TRIP = 100;
/** The narrowest place of the way: bits a second, and packets that may wait in front of it. */
const RATE = 2_000_000, QUEUE = 20;
const TEXT = 400_000;
/** Round trips that are told of. */
const ROUNDS = 14;

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
};

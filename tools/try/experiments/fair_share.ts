import { Bottleneck } from "../../../stack/link/bottleneck.ts";
import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment, FullHost } from "../experiment.ts";

/** Bits a second of the narrowest place, packets that may wait there, and milliseconds to get there. */
const RATE = 2_000_000, QUEUE = 20, DELAY = 20;
/** Seconds of a line of the table. */
const STEP = 2;
/** Lines, and those with which the second one comes, and comes with more. */
const STEPS = 8, SECOND = 2, MORE = 5;
/** Letters of a bar. */
const BAR = 40;

export const fairShare: Experiment = {
  name: "fair-share",
  title: "two transfers through one narrow place: who gets what",
  chapter: "15-sharing-the-network.md#fair-shares",
  before: [
    `Two hosts send to the same server, all that they can, through one place of 2 Mbit/s. "early" begins at once; "late" ${
      SECOND * STEP
    } seconds later, when the queue is full of the other's packets. They don't know of each other. Then late opens three connections more.`,
    "Guess: what has late after a few seconds: nothing, for it came last? The half? And what with four connections?",
  ],
  after: [
    "At a loss each halves its window, so the one that has more gives up more; in between each adds one segment in a round trip, so both grow alike. Step by step they come together, without a word between them and without anybody in the middle who deals out shares.",
    'The common notes say "TCP shares fairly between users". Between connections, at most: with four of them one host has four fifths. And only where the round trips are alike; whoever is nearer grows faster.',
  ],
  virtualOnly: `Shares settle over dozens of round trips, and only where acknowledgments keep their pace. With Linux it would really take ${
    STEPS * STEP
  } seconds, and the processor, which is everybody's, would have a part in what each connection gets.`,
  async play(stage): Promise<void> {
    const ip = (last: number) => ({ address: `10.44.0.${last}` });
    const { hosts, wires } = stage.net({
      wires: { wire: { medium: "ethernet", delay: DELAY } },
      hosts: { early: { on: { wire: ip(1) } }, late: { on: { wire: ip(2) } }, server: { on: { wire: ip(3) } } },
    });
    const narrow = new Bottleneck(RATE, { packets: QUEUE });
    wires.wire.fate = (packet) => {
      if (packet.to !== "server") return undefined;
      const passed = narrow.enter(packet.bytes.length, packet.time);
      return passed === undefined ? { lost: true } : { late: passed - packet.time };
    };
    const received = { early: 0, late: 0 };
    take();
    stage.ladder(false);
    send(hosts.early);
    const shares: { early: number; late: number }[] = [];
    for (let step = 0; step < STEPS; step++) {
      if (step === SECOND) send(hosts.late);
      if (step === MORE) { for (let more = 0; more < 3; more++) send(hosts.late); }
      await stage.run(STEP * 1000);
      const [early, late] = [received.early, received.late].map((bytes) => bytes * 8 / (RATE * STEP)) as [number, number];
      shares.push({ early, late });
      received.early = received.late = 0;
    }
    stage.lines([
      "seconds    early   late   of the rate: █ early, ▒ late, · nobody",
      ...shares.map((share, step) => {
        const [early, late] = [share.early, share.late].map((part) => Math.round(part * BAR)) as [number, number];
        const when = `${step * STEP}–${(step + 1) * STEP}`.padStart(7);
        return `${when} ${percent(share.early)} ${percent(share.late)}   ${"█".repeat(early)}${"▒".repeat(late)}`.padEnd(25 + BAR, "·");
      }),
    ]);
    const between = (from: number, to: number): { early: number; late: number } => ({
      early: mean(shares.slice(from, to).map(({ early }) => early)),
      late: mean(shares.slice(from, to).map(({ late }) => late)),
    });
    const [alone, two, more] = [between(1, SECOND), between(SECOND + 1, MORE), between(MORE + 1, STEPS)];
    stage.expect("alone, early had nine tenths and more", alone.early > 0.9);
    stage.expect("two connections: each about half of it", Math.abs(two.early - two.late) < 0.1 && two.early + two.late > 0.9);
    stage.expect("four of late's against one: late had three times as much and more", more.late > 3 * more.early);

    async function send(host: FullHost): Promise<void> {
      const conn = await connect(host, { hostname: "10.44.0.3", port: 80 });
      for (const piece = new Uint8Array(65536);;) await conn.write(piece);
    }

    async function take(): Promise<void> {
      for await (const conn of listen(hosts.server, { port: 80 })) read(conn);
    }

    async function read(conn: Awaited<ReturnType<typeof connect>>): Promise<void> {
      const sender = conn.remoteAddr.hostname === "10.44.0.1" ? "early" : "late";
      const buffer = new Uint8Array(65536);
      for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) received[sender] += count;
    }
  },
};

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`.padStart(6);
}

import { type RingDevice, rings } from "../../../stack/link/ring.ts";
import { connect } from "../../../stack/socket/conn.ts";
import { listenDatagram } from "../../../stack/socket/datagram_conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment, LiveStage } from "../experiment.ts";
import { connectedToLinux } from "../setup.ts";

/** Datagrams of a burst, and places in the small ring. */
const BURST = 20, SMALL = 8;

export const ringOverrun: Experiment = {
  name: "ring-overrun",
  title: "a card with eight places, and twenty packets at once",
  chapter: "18-the-box-in-the-middle.md#rings",
  before: [
    `A network card hands packets to its host through a ring of ${SMALL} descriptors. ${BURST} datagrams arrive in one burst, before the host looks; then 40,000 bytes over TCP.`,
    "Guess: which of the datagrams are lost, who is told, and does the TCP transfer survive?",
  ],
  after: [
    "The card has nowhere to put what comes while the ring is full, so the newest packets are lost, and nobody is told: the program sees a gap, TCP sends again, and only a counter knows (`ip -s link` calls it missed or overrun). A larger ring survives a longer burst, not a host that is too slow; and what waits in it grows old.",
    'The common note says "packets are lost in the network". Many are lost in the last centimetre, between the card and a busy host.',
  ],
  async play(stage): Promise<void> {
    const cards: RingDevice[] = [];
    const { hosts } = stage.net({
      wires: { left: {}, right: {} },
      hosts: {
        small: {
          on: { left: { address: "10.44.0.2" } },
          around: (device) => (cards[0] = rings(device, { receive: SMALL }, () => stage.now())),
        },
        sender: { on: { left: { address: "10.44.0.1" }, right: { address: "10.44.1.1" } } },
        large: {
          on: { right: { address: "10.44.1.2" } },
          around: (device) => (cards[1] = rings(device, { receive: 64 }, () => stage.now())),
        },
      },
    });
    stage.ladder(false);
    const from = listenDatagram(hosts.sender, { port: 5000 });
    const came: number[][] = [[], []];
    for (const [index, [host, hostname]] of ([[hosts.small, "10.44.0.2"], [hosts.large, "10.44.1.2"]] as const).entries()) {
      const to = listenDatagram(host, { port: 5000 });
      const receiving = (async (): Promise<void> => {
        for await (const [bytes] of to) came[index]?.push(bytes[0] ?? 0);
      })();
      for (let number = 1; number <= BURST; number++) await from.send(Uint8Array.of(number), { transport: "udp", hostname, port: 5000 });
      await stage.run(100);
      to.close();
      await receiving.catch(() => {});
    }
    const [small, large] = cards.map(({ counts }) => counts.receive);
    stage.lines([
      "ring         taken  overruns  most at once   datagrams that the program got",
      `${`${SMALL}`.padEnd(10)} ${`${small?.packets}`.padStart(7)} ${`${small?.overruns}`.padStart(9)} ${
        `${small?.highest}`.padStart(13)
      }   ${came[0]?.join(" ")}`,
      `64         ${`${large?.packets}`.padStart(7)} ${`${large?.overruns}`.padStart(9)} ${`${large?.highest}`.padStart(13)}   1 to ${
        came[1]?.at(-1)
      }`,
    ]);
    stage.expect(
      `the first ${SMALL} were kept, the ${BURST - SMALL} newest lost`,
      came[0]?.join() === "1,2,3,4,5,6,7,8" && small?.overruns === BURST - SMALL,
    );
    stage.expect("the larger ring lost none of this burst", came[1]?.length === BURST && large?.overruns === 0);

    stage.say("");
    stage.say("40,000 bytes over TCP, through the small ring:");
    const listener = listen(hosts.small, { port: 80 });
    const near = await stage.settle(connect(hosts.sender, { hostname: "10.44.0.2", port: 80 }));
    const far = await stage.settle(listener.accept());
    const before = cards[0]?.counts.receive.overruns ?? 0;
    near.write(new Uint8Array(40_000)).then(() => near.closeWrite());
    let count = 0;
    const buffer = new Uint8Array(65_536);
    for (let more = await stage.settle(far.read(buffer)); more !== null; more = await stage.settle(far.read(buffer))) count += more;
    const lost = (cards[0]?.counts.receive.overruns ?? 0) - before;
    stage.expect(`all ${count} bytes arrived, though the ring lost ${lost} segments: TCP sent them again`, count === 40_000 && lost > 0);
    from.close();
  },
  live: {
    before: [
      `In front of the TAP, too, there is a ring: there Linux puts packets until the program at the other end reads them. It has 500 places; now it gets ${SMALL}. A program on Linux sends ${BURST} datagrams before anybody reads; then the same with 64 places; then 40,000 bytes over TCP through ${SMALL}.`,
      "Guess: which of the datagrams are lost, what do the sender's calls say of it, and does the TCP transfer survive?",
    ],
    after: [
      'Linux had nowhere to put what came while the ring was full, so the newest packets were lost, before they had left the machine. Each call said that its datagram was sent. Only a counter knows, the one that `ip -s link` calls "dropped", under TX. TCP learned of it from the other end, whose acknowledgments told of gaps, and sent again.',
      'The common note says "packets are lost in the network". These were lost in the first centimetre; with a card it is mostly the last one, where a busy host has not looked into its receive ring ("missed", under RX).',
    ],
    play: playLive,
  },
};

/** The counters of the device at Linux's end, as they have grown since the last look. */
function counters({ kernel, device }: LiveStage): () => Promise<{ readonly passed: number; readonly dropped: number }> {
  let before = { sentPackets: 0, sendDropped: 0 };
  return async () => {
    await kernel.sync();
    const { sentPackets = 0, sendDropped = 0 } = (await kernel.deviceStats())[device] ?? {};
    const grown = { passed: sentPackets - before.sentPackets, dropped: sendDropped - before.sendDropped };
    before = { sentPackets, sendDropped };
    return grown;
  };
}

async function playLive(stage: LiveStage): Promise<void> {
  const { kernel, device, host } = stage;
  stage.ladder(false);
  await kernel.ping({ to: "10.44.0.2" }); // nothing waits for ARP later
  const grown = counters(stage);
  await grown();
  const send = Array.from({ length: BURST }, (_, index) => Uint8Array.of(index + 1));
  const rows: { places: number; sent: number; passed: number; dropped: number; came: number[] }[] = [];
  for (const places of [SMALL, 64]) {
    await kernel.setQueueLength({ device, packets: places });
    const to = listenDatagram(host, { port: 5000 });
    const { sent } = await kernel.udpTalk({ to: "10.44.0.2", port: 5000, send });
    const { passed, dropped } = await grown();
    const came: number[] = [];
    while (came.length < passed) came.push((await to.receive())[0][0] ?? 0);
    to.close();
    rows.push({ places, sent, passed, dropped, came });
  }
  stage.lines([
    "places   sent   read   dropped   datagrams that the program got",
    ...rows.map(({ places, sent, passed, dropped, came }) =>
      `${`${places}`.padEnd(6)} ${`${sent}`.padStart(6)} ${`${passed}`.padStart(6)} ${`${dropped}`.padStart(9)}   ${
        came.length > SMALL ? `${came[0]} to ${came.at(-1)}` : came.join(" ")
      }`
    ),
  ]);
  const [small, large] = rows;
  stage.expect(`Linux says that it has sent all ${BURST}, both times`, rows.every(({ sent }) => sent === BURST));
  stage.expect(
    `the first ${SMALL} were kept, the ${BURST - SMALL} newest lost`,
    small?.came.join() === "1,2,3,4,5,6,7,8" && small.dropped === BURST - SMALL,
  );
  stage.expect("the larger ring lost none of this burst", large?.came.length === BURST && large.dropped === 0);

  stage.say("");
  stage.say(`40,000 bytes over TCP, through ${SMALL} places:`);
  await kernel.setQueueLength({ device, packets: SMALL });
  const { linux, near, far } = await connectedToLinux(stage);
  stage.ladder(false);
  await grown();
  const writing = linux.call({ name: "write", descriptor: far, bytes: new Uint8Array(40_000) });
  const buffer = new Uint8Array(65_536);
  let count = 0;
  while (count < 40_000) count += await near.read(buffer) as number;
  await writing;
  const { dropped } = await grown();
  stage.expect(
    `all ${count} bytes arrived, though the ring lost ${dropped} segments: Linux sent them again`,
    count === 40_000 && dropped > 0,
  );
}

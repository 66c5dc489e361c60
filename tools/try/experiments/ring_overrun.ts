import { type RingDevice, rings } from "../../../stack/link/ring.ts";
import { connect } from "../../../stack/socket/conn.ts";
import { listenDatagram } from "../../../stack/socket/datagram_conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";

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
};

import { listenDatagram } from "../../../stack/socket/datagram_conn.ts";
import type { Experiment } from "../experiment.ts";

export const fragments: Experiment = {
  name: "fragments",
  title: "one datagram, three packets; one lost, all lost",
  chapter: "17-neighbours-and-routes.md#a-packet-that-does-not-fit",
  before: [
    "A program sends a datagram of 4,000 bytes over UDP; a packet on this wire has 1,500 at most. Then it sends another, and the second piece of that is lost.",
    "Guess: how often does the receiving program's receive() return, and what becomes of the pieces of the second that did arrive?",
  ],
  after: [
    "IP cuts the packet and puts it together again, and UDP never knows (RFC 791 §3.2). But IP sends nothing twice: one lost piece loses all of them, and the receiver keeps the others for a minute in vain (RFC 1122 §3.3.2; Linux: half a minute). So fragments make a loss more likely and dearer; that is why TCP cuts its segments to fit, and DNS over UDP stays small.",
    'The common notes say "a UDP datagram is a packet" and "fragments are sent again". A datagram may be many packets; and the one who could send it again, the program, was told nothing, or after a minute "time exceeded".',
  ],
  async play(stage): Promise<void> {
    const { client, server, wire } = stage.twoHosts();
    const to = listenDatagram(server, { port: 5000 });
    const from = listenDatagram(client, { port: 5000 });
    const received: number[] = [];
    const receiving = (async (): Promise<void> => {
      for await (const [bytes] of to) received.push(bytes.length);
    })();
    const address = { transport: "udp", hostname: "10.44.0.2", port: 5000 } as const;
    await from.send(new Uint8Array(4000), address);
    await stage.run(100);
    stage.expect(`receive() returned once, with ${received[0]} bytes`, received.join() === "4000");
    stage.say("The second datagram, and its second piece is lost:");
    const already = wire.count;
    wire.fate = ({ number }) => ({ lost: number === already + 2 });
    await from.send(new Uint8Array(4000), address);
    await stage.run(70_000);
    stage.expect("receive() never returned", received.length === 1);
    const last = stage.seen.at(-1);
    stage.expect(
      `after a minute the receiver gave up, and said so: "${last}"`.replace(/ about.*"/, '"'),
      last?.layer("ICMP") !== undefined,
    );
    to.close();
    from.close();
    await receiving.catch(() => {});
  },
  live: {
    before: "Linux pings our host with 4,000 bytes: cut there, put together here, cut here, put together there.",
    async play(stage): Promise<void> {
      const [echo] = await stage.kernel.ping({ to: "10.44.0.2", size: 4000 });
      const pieces = stage.seen.filter((packet) => packet.layer("IPv4") !== undefined).length;
      stage.expect(`all 4,000 bytes came back unchanged, in ${pieces} packets`, echo?.dataEqual === true && pieces === 6);
    },
  },
};

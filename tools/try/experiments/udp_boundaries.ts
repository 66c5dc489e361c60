import { listenDatagram } from "../../../stack/socket/datagram_conn.ts";
import type { Experiment } from "../experiment.ts";
import { connected } from "../setup.ts";

const WORDS = ["one", "two", "three"];

export const udpBoundaries: Experiment = {
  name: "udp-boundaries",
  title: "three messages, or eleven bytes in one piece",
  chapter: "16-datagrams.md#one-send-one-receive",
  before: [
    'A program writes "one", "two" and "three", once over TCP and once over UDP, and the other reads with a buffer of 100 bytes; over UDP then once more with a buffer of 2 bytes.',
    "Guess: how often does each read return, with what, and where do the bytes go that find no room?",
  ],
  after: [
    "TCP carries bytes, and keeps no trace of the calls that wrote them: 11 bytes are 11 bytes, in one piece or in eleven. UDP carries messages: one send, one receive, whole or not at all, even empty ones; what does not fit into the reader's buffer is gone (MSG_TRUNC says so).",
    'The common note says "recv returns what send sent". Over TCP it does so on a fast local wire, until the day when two writes share a segment, or one is cut in two.',
  ],
  async play(stage): Promise<void> {
    const { client, server, near, far } = await connected(stage);
    const text = (bytes: Uint8Array): string => `"${new TextDecoder().decode(bytes)}"`;

    stage.say("TCP: three writes");
    for (const word of WORDS) await near.write(new TextEncoder().encode(word));
    await stage.run(100);
    const reads: string[] = [];
    const buffer = new Uint8Array(100);
    while (server.tcp.connections().some(({ readable }) => readable > 0)) {
      reads.push(text(buffer.subarray(0, await stage.settle(far.read(buffer)) ?? 0)));
    }
    stage.say(`read() gave ${reads.join(" and ")}`);

    stage.say("");
    stage.say("UDP: three sends, and an empty one");
    const from = listenDatagram(client, { port: 5000 });
    const to = listenDatagram(server, { port: 5000 });
    const send = async (words: readonly string[]): Promise<string[]> => {
      for (const word of words) await from.send(new TextEncoder().encode(word), { transport: "udp", hostname: "10.44.0.2", port: 5000 });
      await stage.run(50);
      return [];
    };
    await send([...WORDS, ""]);
    const messages: string[] = [];
    for (let count = 0; count < 4; count++) messages.push(text((await stage.settle(to.receive()))[0]));
    stage.say(`receive() gave ${messages.join(", ")}`);
    stage.say("");
    stage.say('UDP: "three" into 2 bytes, then "four" into 100');
    await send(["three", "four"]);
    const [cut] = await stage.settle(to.receive(new Uint8Array(2)));
    const [next] = await stage.settle(to.receive(new Uint8Array(100)));
    stage.say(`receive() gave ${text(cut)}, and then ${text(next)}: the rest of "three" is gone`);
    from.close();
    to.close();
    stage.expect(
      "TCP kept every byte, and no boundary",
      reads.length < WORDS.length && reads.join("").replaceAll('"', "") === WORDS.join(""),
    );
    stage.expect("UDP kept every boundary, also of nothing", messages.join() === '"one","two","three",""');
    stage.expect("what did not fit is lost, and the next message is whole", text(cut) === '"th"' && text(next) === '"four"');
  },
  live: {
    before: "Linux sends three datagrams to our host, which receives them.",
    async play(stage): Promise<void> {
      const to = listenDatagram(stage.host, { port: 5000 });
      const messages: number[] = [];
      for (const size of [3, 0, 5]) {
        const receiving = to.receive();
        const sending = stage.kernel.udpProbe({ to: "10.44.0.2", port: 5000, payload: new Uint8Array(size), timeout: 20 });
        messages.push((await receiving)[0].length);
        await sending;
      }
      to.close();
      stage.expect(`three datagrams of ${messages.join(", ")} bytes, as they were sent`, messages.join() === "3,0,5");
    },
  },
};

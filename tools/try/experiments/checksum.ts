import type { Packet } from "../packet.ts";
import type { Experiment } from "../experiment.ts";
import { connected, connectedToLinux } from "../setup.ts";

export const checksum: Experiment = {
  name: "checksum",
  title: "damage that is noticed, and damage that is not",
  chapter: "03-from-write-to-the-wire.md#4-the-packet",
  before: [
    "Three messages go over TCP. In the first a bit is turned over on the way; in the second two 16-bit words change places; the third is left alone. No frame check sequence guards this wire.",
    "Guess: which of the damages does the Internet checksum notice, and what does the reading program see?",
  ],
  after: [
    "The checksum is a sum of 16-bit words (RFC 1071). A bit that turned over changes the sum: the segment is dropped without a word, and comes again a while later. Words that change places do not: a sum doesn't know in which order it was added. Ethernet's CRC would notice both, but it is made anew on each link, and what a router damages in its memory gets a right one; so whoever must be sure puts a hash into the message.",
    'The common note says "TCP guarantees that data arrives unchanged". It makes damage unlikely: one damaged segment in 65,536, roughly, has a sum that is right by chance.',
  ],
  async play(stage): Promise<void> {
    const { server, wire, near, far } = await connected(stage, { tcp: { noDelay: true } });
    const results: string[] = [];
    for (const [name, damage] of [["a bit turned over", turn], ["two words exchanged", exchange], ["no damage", undefined]] as const) {
      stage.say("");
      stage.say(`${name}:`);
      let texts = 0;
      wire.fate = (packet) =>
        packet.from === "client" && packet.data.length > 0 && ++texts === 1 && damage ? { bytes: damage(packet) } : undefined;
      const began = stage.now();
      await near.write(new TextEncoder().encode("pay 0001 to Ann."));
      const buffer = new Uint8Array(100);
      const count = await stage.settle(far.read(buffer)) ?? 0;
      const text = new TextDecoder().decode(buffer.subarray(0, count));
      await stage.run(60);
      stage.say(`read: "${text}", ${stage.now() - 60 - began} ms after it was written`);
      results.push(text);
    }
    const counted = server.counters()["tcp: bad tcp checksum"] ?? 0;
    stage.expect(
      `the first damage was noticed (bad checksums: ${counted}), and the text came again, whole`,
      counted === 1 && results[0] === results[2],
    );
    stage.expect("the second was not: the program read something that nobody wrote", results[1] === "pay 0100 to Ann.");
  },
  live: {
    before: [
      "Our host writes three messages to Linux. In the first a bit is turned over on the way; in the second two 16-bit words change places; the third is left alone.",
      "Guess: which of the damages does Linux notice, and what does the reading program see?",
    ],
    host: { tcp: { noDelay: true } },
    async play(stage): Promise<void> {
      const { linux, near, far } = await connectedToLinux(stage);
      const before = (await stage.kernel.snmp()).Tcp?.InCsumErrors ?? 0;
      const results: string[] = [];
      for (const [name, damage] of [["a bit turned over", turn], ["two words exchanged", exchange], ["no damage", undefined]] as const) {
        stage.say("");
        stage.say(`${name}:`);
        let texts = 0;
        stage.wire.fate = (packet) =>
          packet.from === "host" && packet.data.length > 0 && ++texts === 1 && damage ? { bytes: damage(packet) } : undefined;
        await near.write(new TextEncoder().encode("pay 0001 to Ann."));
        results.push(await linux.readText(far));
        stage.say(`Linux read: "${results.at(-1)}"`);
      }
      const counted = ((await stage.kernel.snmp()).Tcp?.InCsumErrors ?? 0) - before;
      stage.expect(
        `the first damage was noticed (Tcp: InCsumErrors rose by ${counted}), and the text came again, whole`,
        counted === 1 && results[0] === results[2],
      );
      stage.expect("the second was not: the program read something that nobody wrote", results[1] === "pay 0100 to Ann.");
    },
  },
};

/** One bit of the text is another. */
function turn(packet: Packet): Uint8Array {
  const bytes = packet.bytes.slice();
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  return bytes;
}

/** Two 16-bit words of the text have changed places. */
function exchange(packet: Packet): Uint8Array {
  const bytes = packet.bytes.slice();
  const text = bytes.length - packet.data.length;
  const [one, other] = [bytes.slice(text + 4, text + 6), bytes.slice(text + 6, text + 8)];
  bytes.set(other, text + 4);
  bytes.set(one, text + 6);
  return bytes;
}

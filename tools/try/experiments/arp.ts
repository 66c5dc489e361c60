import type { HostEvent } from "../../../stack/events.ts";
import { parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Experiment } from "../experiment.ts";

export const arp: Experiment = {
  name: "arp",
  title: "who has 10.44.0.2? asked once, kept, checked, forgotten",
  chapter: "17-neighbours-and-routes.md#who-has-104402",
  before: [
    "Alice pings Bob three times: at once, a second later, and two minutes later. Then she pings an address that nobody has. Carol is on the same wire and hears what is for all.",
    "Guess: how often does Alice ask for Bob's Ethernet address, and how does she find out that nobody has the other?",
  ],
  after: [
    "An IP packet needs an Ethernet address for its next hop, and nobody can compute it: so Alice asks everybody (RFC 826). The answer is kept; for a minute it is believed, after that it is still used, but checked with a question to Bob alone (RFC 1122 §2.3.2.1). Bob had no question at first: he had learned Alice's address from hers.",
    'The common note says "ARP asks the whole Internet", or "the router asks for the server\'s MAC address". It never leaves the wire: for a host elsewhere one asks for the router. And no answer is an answer, after three questions, a second apart: "host unreachable", from one\'s own host.',
  ],
  async play(stage): Promise<void> {
    const replies: number[] = [];
    const { hosts } = stage.net({
      wires: { lan: { medium: "ethernet", delay: 1 } },
      hosts: {
        alice: {
          on: { lan: { address: "10.44.0.1" } },
          emit: (event: HostEvent) => void (event.kind === "echo reply" && replies.push(event.seq)),
        },
        bob: { on: { lan: { address: "10.44.0.2" } } },
        carol: { on: { lan: { address: "10.44.0.3" } } },
      },
    });
    const bob = parseIpv4Address("10.44.0.2");
    const data = new Uint8Array(8);
    for (const [seq, wait] of [[1, 1000], [2, 119_000], [3, 1000]] as const) {
      hosts.alice.ping(bob, 7, seq, data);
      await stage.run(wait);
    }
    stage.say("And now to 10.44.0.77, which is nobody's:");
    hosts.alice.ping(parseIpv4Address("10.44.0.77"), 7, 4, data);
    await stage.run(5000);
    const requests = stage.seen.filter((packet) => packet.field("ARP", "operation") === 1);
    const about = (address: string): typeof requests => requests.filter((packet) => packet.text("ARP", "targetIp") === address);
    stage.expect("three echoes came back", replies.join() === "1,2,3");
    stage.expect(
      "Alice asked twice for Bob: first everybody, two minutes later him alone",
      about("10.44.0.2").map(({ to }) => to).join() === "all,bob",
    );
    stage.expect("three times for 10.44.0.77, a second apart, and gave up", about("10.44.0.77").length === 3);
    const bobs = requests.find(({ from }) => from === "bob")?.time ?? Infinity;
    stage.expect("Bob asked nobody for two minutes: he had learned it from her question", bobs >= 120_000);
  },
  live: {
    before: "Linux pings our host twice. Guess: how often does it ask for our Ethernet address?",
    after: [
      "Linux asked everybody on the wire, once, and kept the answer: the second ping needed no question. Our host asked nothing: it had learned Linux's address from the question (RFC 826).",
      'The common note says "ARP asks the whole Internet". It never leaves the wire: for a host elsewhere one asks for the router.',
    ],
    async play(stage): Promise<void> {
      await stage.kernel.ping({ to: "10.44.0.2", count: 2 });
      const entry = (await stage.kernel.arpTable()).find(({ address }) => address === "10.44.0.2");
      stage.lines([`Linux's table: ${entry?.address} is at ${entry?.mac} (${entry?.state})`]);
      const asked = stage.seen.filter((packet) => packet.from === "kernel" && packet.layer("ARP") !== undefined).length;
      stage.expect(`it asked ${asked} time for two pings`, asked === 1 && entry?.mac === "02:00:00:00:00:02");
    },
  },
};

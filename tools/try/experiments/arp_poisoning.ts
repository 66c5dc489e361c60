import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../../stack/wire/mac_address.ts";
import type { Segment } from "../segment.ts";
import type { Experiment, Stage } from "../experiment.ts";

const MACS = { alice: "02:00:00:00:00:01", carol: "02:00:00:00:00:02", bob: "02:00:00:00:00:03", mallory: "02:00:00:00:00:04" };

export const arpPoisoning: Experiment = {
  name: "arp-poisoning",
  title: "a liar between two hosts, and two who do not listen",
  chapter: "17-neighbours-and-routes.md#a-liar-on-the-wire",
  before: [
    "Alice and Carol both talk to Bob, who is on the same wire. Mallory is on it too, and tells Alice and Carol that Bob's address is at his place, and Bob that theirs are. He passes on what he gets. Carol and Bob have each other's Ethernet addresses written down for good; Alice has not.",
    "Guess: whose words go through Mallory's hands, and does Alice notice?",
  ],
  after: [
    'ARP believes whoever speaks: an answer that nobody asked for still changes an entry that is there (RFC 826, "Packet Reception"). Alice\'s connection went on as if nothing had happened, one hop longer. A permanent entry is the plain defence, for a few hosts that matter; switches can compare ARP with what DHCP gave out; and TLS makes reading worthless.',
    'The common notes say "on a switch nobody can listen" and "a wrong checksum would show it". Nothing was forged but one sentence of ARP, and every checksum was right.',
  ],
  async play(stage): Promise<void> {
    const { hosts, wires } = stage.net({
      wires: { lan: { medium: "ethernet", delay: 1 } },
      hosts: {
        alice: { on: { lan: { address: "10.44.0.1", mac: MACS.alice } } },
        carol: { on: { lan: { address: "10.44.0.3", mac: MACS.carol, neighbours: { "10.44.0.2": MACS.bob } } } },
        bob: { on: { lan: { address: "10.44.0.2", mac: MACS.bob, neighbours: { "10.44.0.3": MACS.carol } } } },
        mallory: { on: { lan: { address: "10.44.0.66", mac: MACS.mallory } }, forwarding: true },
      },
    });
    const listener = listen(hosts.bob, { port: 80 });
    stage.ladder(false);
    const conns = [];
    for (const host of [hosts.alice, hosts.carol]) {
      conns.push(await stage.settle(connect(host, { hostname: "10.44.0.2", port: 80 })));
      await stage.settle(listener.accept());
    }
    const [alice, carol] = conns;
    // Mallory must know where to pass things on to.
    for (const address of ["10.44.0.1", "10.44.0.2", "10.44.0.3"]) hosts.mallory.ping(parseIpv4Address(address), 1, 1, new Uint8Array(8));
    await stage.run(100);
    stage.ladder(true);
    stage.say("Before: Alice writes to Bob.");
    await alice?.write(new TextEncoder().encode("a secret"));
    await stage.run(60);

    stage.say("Mallory speaks:");
    lie(stage, wires.lan, "10.44.0.2", "alice", "10.44.0.1");
    lie(stage, wires.lan, "10.44.0.2", "carol", "10.44.0.3");
    lie(stage, wires.lan, "10.44.0.1", "bob", "10.44.0.2");
    lie(stage, wires.lan, "10.44.0.3", "bob", "10.44.0.2");
    await stage.run(10);
    const after = stage.seen.length;

    stage.say("After: Alice writes again, and then Carol.");
    await alice?.write(new TextEncoder().encode("another one"));
    await stage.run(60);
    await carol?.write(new TextEncoder().encode("my own"));
    await stage.run(60);
    const heard = stage.seen.slice(after).filter((packet) => packet.to === "mallory" && packet.data.length > 0);
    const words = heard.map((packet) => new TextDecoder().decode(packet.data));
    stage.expect(`Mallory has read: "${words.join('", "')}"`, words.join() === "another one");
    stage.expect("Bob has got all of it, unchanged", hosts.bob.tcp.connections().reduce((sum, { readable }) => sum + readable, 0) === 25);
    const { state } = hosts.alice.tcp.connections()[0]?.tcb ?? {};
    stage.expect(`Alice's connection: ${state}; nobody told her anything`, state === "ESTABLISHED");
  },
};

/** Mallory tells `to`, whose address is `target`, that `claimed` is at his place. */
function lie({ modules }: Stage, lan: Segment, claimed: string, to: keyof typeof MACS, target: string): void {
  const frame = new Frame();
  const [senderMac, targetMac] = [parseMac(MACS.mallory), parseMac(MACS[to])];
  modules.arp.writeArp(frame, {
    operation: 2,
    senderMac,
    senderIp: parseIpv4Address(claimed),
    targetMac,
    targetIp: parseIpv4Address(target),
  });
  modules.framing.writeEthernet(frame, targetMac, senderMac, 0x0806);
  modules.framing.pad(frame, 60);
  lan.put("mallory", frame.toBytes());
}

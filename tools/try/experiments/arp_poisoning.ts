import type { Modules } from "../../../stack/contract/modules.ts";
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
  live: {
    before: [
      "Linux pings our host, and so has our Ethernet address in its table. Then Mallory says, unasked, that our address is at his place. Then the same once more, after an administrator has written our entry down for good.",
      "Guess: whom does Linux believe, and does an unasked answer also make an entry that was not there?",
    ],
    after:
      "Linux believes an unasked answer if it has an entry, and makes no new one from it (arp_accept is 0). It protects an entry for a second after each change (locktime), which was switched off here; that is against two hosts that quarrel, not against a liar who waits. A permanent entry is not changed by anything that comes over the wire.",
    async play(stage): Promise<void> {
      const { kernel, device } = stage;
      const [ours, mallory] = [MACS.carol, MACS.mallory];
      const ping = async (): Promise<string> => {
        const [echo] = await kernel.ping({ to: "10.44.0.2", timeout: 300 });
        return echo?.replied === true ? "answered" : "no answer";
      };
      const entry = async (address = "10.44.0.2"): Promise<string> => {
        const found = (await kernel.arpTable()).find((each) => each.address === address);
        return found === undefined ? "none" : `${found.mac} (${found.state})`;
      };
      const lie = (claimed: string): void => stage.put(lieOf(stage.modules, claimed, MACS.alice, "10.44.0.1"));
      await kernel.sysctl({ name: `net.ipv4.neigh.${device}.locktime`, value: 0 });
      const honest = [await ping(), await entry()];
      stage.lines([`ping: ${honest[0]}; Linux's entry for 10.44.0.2: ${honest[1]}`]);
      stage.say("Mallory speaks, of 10.44.0.2 and of 10.44.0.99, for whom Linux has never asked:");
      await stage.sleep(50); // an entry is protected for the rest of its tick
      lie("10.44.0.2");
      lie("10.44.0.99");
      const fooled = [await ping(), await entry()];
      stage.lines([`ping: ${fooled[0]}; Linux's entry for 10.44.0.2: ${fooled[1]}`]);
      stage.expect("Linux has believed it: its ping went to Mallory", fooled[0] === "no answer" && fooled[1]?.startsWith(mallory) === true);
      stage.expect("and has made no entry for 10.44.0.99", await entry("10.44.0.99") === "none");
      await kernel.arpAdd({ device, address: "10.44.0.2", mac: ours });
      stage.say("Now with a permanent entry:");
      lie("10.44.0.2");
      const guarded = [await ping(), await entry()];
      stage.lines([`ping: ${guarded[0]}; Linux's entry for 10.44.0.2: ${guarded[1]}`]);
      stage.expect("the lie was not heard", guarded[0] === "answered" && guarded[1] === `${ours} (permanent)`);
    },
  },
};

/** Mallory tells `to`, whose address is `target`, that `claimed` is at his place. */
function lie({ modules }: Stage, lan: Segment, claimed: string, to: keyof typeof MACS, target: string): void {
  lan.put("mallory", lieOf(modules, claimed, MACS[to], target).toBytes());
}

function lieOf({ arp, framing }: Modules, claimed: string, toMac: string, target: string): Frame {
  const frame = new Frame();
  const [senderMac, targetMac] = [parseMac(MACS.mallory), parseMac(toMac)];
  arp.writeArp(frame, { operation: 2, senderMac, senderIp: parseIpv4Address(claimed), targetMac, targetIp: parseIpv4Address(target) });
  framing.writeEthernet(frame, targetMac, senderMac, 0x0806);
  framing.pad(frame, 60);
  return frame;
}

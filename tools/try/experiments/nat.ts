import { listConnections } from "../../../stack/filter/list_connections.ts";
import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import { formatSocketTable, socketTable } from "../../../stack/socket/table.ts";
import type { Experiment } from "../experiment.ts";
import { listening } from "../setup.ts";

const RULES = `\
chain prerouting
  in 0 tcp to port 8080 dnat to 10.44.1.1:80
chain postrouting
  out 0 from 10.44.1.0/24 masquerade`;

export const nat: Experiment = {
  name: "nat",
  title: "two hosts, one address, and a table in between",
  chapter: "18-the-box-in-the-middle.md#nat",
  before: [
    "Two hosts inside share the address of their router, 192.0.2.1. Both connect to the same server, and both from their port 5000. Then somebody outside connects to the router's port 8080, which is forwarded to one of them.",
    "Guess: what addresses and ports does the server see, and how does the router know whose the answers are?",
  ],
  after: [
    "The router changes the source of each packet on its way out and the destination on its way back, and mends the checksums (RFC 3022; incrementally, RFC 1624). Two ports 5000 cannot both be 192.0.2.1:5000, so one of them becomes another, and a table remembers it: for as long as packets come, and for two hours and four minutes after the last at least (RFC 5382 §5).",
    'The common notes say "NAT is a firewall" and "the server sees the client\'s port". It translates; that nobody gets in without an entry is a side effect. And a connection that is silent for longer than the table remembers it is gone, though both ends believe in it.',
  ],
  rules: RULES,
  async play(stage): Promise<void> {
    const { hosts } = stage.net({
      wires: { lan: { medium: "ethernet", delay: 1 }, wan: { delay: 5 } },
      hosts: {
        ann: { on: { lan: { address: "10.44.1.1" } }, routes: [{ to: "0.0.0.0/0", gateway: "10.44.1.254" }] },
        ben: { on: { lan: { address: "10.44.1.2" } }, routes: [{ to: "0.0.0.0/0", gateway: "10.44.1.254" }] },
        router: {
          on: { wan: { address: "192.0.2.1" }, lan: { address: "10.44.1.254" } },
          routes: [{ to: "0.0.0.0/0", gateway: "192.0.2.7", interface: 0 }],
          forwarding: true,
          filter: stage.rules,
        },
        server: { on: { wan: { address: "192.0.2.7" } } },
      },
    });
    stage.say('The rules ("0" is the interface outside):');
    stage.lines(stage.rules.trimEnd().split("\n"));
    const web = createProcess(hosts.server, { name: "web", privileged: true });
    const door = listening(web, parseSocketAddress("192.0.2.7:80"));
    for (const host of [hosts.ann, hosts.ben]) {
      const browser = createProcess(host, { name: "browser" });
      const near = browser.socket("inet", "stream");
      browser.bind(near, parseSocketAddress("0.0.0.0:5000"));
      await stage.settle(browser.connect(near, parseSocketAddress("192.0.2.7:80")));
      await stage.settle(web.accept(door));
    }
    await stage.run(100);
    stage.say(
      "Each segment is on both wires. On the server's both hosts are called 192.0.2.1, and Ben's port is another one. The server's table:",
    );
    const rows = socketTable(hosts.server.tcp, [web]).filter(({ state }) => state === "ESTAB");
    stage.lines(formatSocketTable(rows));
    stage.say("The router's table: how a packet comes from the caller, and how the answer comes.");
    const table = listConnections(hosts.router.filter?.connections(stage.now()) ?? [], stage.now());
    stage.lines(table.trimEnd().split("\n").map((line) => line.replace(/^tcp +\w+ +/, "")));
    const peers = rows.map(({ peer }) => peer);
    stage.expect(
      "the server sees one address with two ports",
      new Set(peers).size === 2 && peers.every((peer) => peer.startsWith("192.0.2.1:")),
    );
    stage.expect("and one of the ports is not the one that its client has", peers.filter((peer) => peer.endsWith(":5000")).length === 1);

    stage.say("");
    stage.say("From outside to the router's port 8080, where a rule waits:");
    const home = createProcess(hosts.ann, { name: "home", privileged: true });
    listening(home, parseSocketAddress("0.0.0.0:80"));
    const visitor = createProcess(hosts.server, { name: "visitor" });
    await stage.settle(visitor.connect(visitor.socket("inet", "stream"), parseSocketAddress("192.0.2.1:8080")));
    const seen = socketTable(hosts.ann.tcp, [home]).find(({ local, state }) => local === "10.44.1.1:80" && state !== "LISTEN");
    stage.expect(`it has come to Ann's port 80, from ${seen?.peer.replace(/:.*/, "")}`, seen?.peer.startsWith("192.0.2.7:") === true);
  },
};

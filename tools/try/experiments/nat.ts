import { listConnections } from "../../../stack/filter/list_connections.ts";
import { parseSocketAddress } from "../../../stack/socket/address.ts";
import { createProcess } from "../../../stack/socket/descriptors.ts";
import { formatSocketTable, socketTable } from "../../../stack/socket/table.ts";
import type { Experiment, FullHost, LiveStage } from "../experiment.ts";
import { KernelProgram } from "../kernel_program.ts";
import { listening } from "../setup.ts";

const RULES = `\
chain prerouting
  in 0 tcp to port 8080 dnat to 10.44.1.1:80
chain postrouting
  out 0 from 10.44.1.0/24 masquerade`;

const LIVE_RULES = `\
chain prerouting
  in 1 tcp to port 8080 dnat to 10.44.0.1:80
chain postrouting
  out 1 from 10.44.0.0/24 masquerade`;

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
    stage.lines(translations(hosts.router, stage.now()));
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
  live: {
    before: [
      "Linux is inside, our host is its router, and behind that is a server of ours. Linux has two addresses, 10.44.0.1 and 10.44.0.3, as if it were two hosts. From each, and both times from port 5000, a program connects to the server. Then somebody outside connects to the router's port 8080, which is forwarded to Linux.",
      "Guess: what addresses and ports does the server see, what does Linux itself say of them, and will it accept segments whose addresses somebody has changed?",
    ],
    host: { forwarding: true, filter: LIVE_RULES },
    beyond: { address: "192.0.2.1", server: "192.0.2.7" },
    play: playLive,
  },
};

/** The router's table: each connection, without protocol and state. */
function translations(router: FullHost, now: number): string[] {
  const table = listConnections(router.filter?.connections(now) ?? [], now);
  return table.trimEnd().split("\n").map((line) => line.replace(/^tcp +\w+ +/, ""));
}

async function playLive(stage: LiveStage): Promise<void> {
  const { kernel, device, host, server } = stage;
  await kernel.addAddress({ device, address: "10.44.0.3", prefixLength: 24 });
  await kernel.addRoute({ network: "192.0.2.0", prefixLength: 24, gateway: "10.44.0.2", device });
  stage.say('The rules ("1" is the interface outside):');
  stage.lines(LIVE_RULES.split("\n"));
  const linux = new KernelProgram(stage);
  const web = createProcess(server, { name: "web", privileged: true });
  const door = listening(web, parseSocketAddress("192.0.2.7:80"));
  for (const ip of ["10.44.0.1", "10.44.0.3"]) {
    const near = await linux.socket();
    await linux.call({ name: "bind", descriptor: near, address: { ip, port: 5000 } });
    await linux.call({ name: "connect", descriptor: near, address: { ip: "192.0.2.7", port: 80 } });
    await web.accept(door);
  }
  stage.say("Linux's table, the server's, and the router's:");
  const callers = await linux.table();
  linux.show(callers);
  const rows = socketTable(server.tcp, [web]).filter(({ state }) => state === "ESTAB");
  stage.lines(["", ...formatSocketTable(rows), "", ...translations(host, stage.now())]);
  stage.expect(
    "two addresses with one port, says Linux",
    callers.map(({ local }) => local).sort().join() === "10.44.0.1:5000,10.44.0.3:5000",
  );
  const ports = rows.map(({ peer }) => peer.replace("192.0.2.1:", ""));
  stage.expect(
    "one address with two ports, says the server",
    ports.length === 2 && ports[0] !== ports[1] && ports.every((port) => /^\d+$/.test(port)),
  );
  stage.expect("and one of those is not 5000", ports.filter((port) => port === "5000").length === 1);

  stage.say("");
  stage.say("From outside to the router's port 8080, where a rule waits:");
  const home = await linux.listen(80);
  const visitor = createProcess(server, { name: "visitor" });
  await visitor.connect(visitor.socket("inet", "stream"), parseSocketAddress("192.0.2.1:8080"));
  await linux.accept(home);
  const seen = (await linux.table()).find(({ local, state }) => local === "10.44.0.1:80" && state !== "LISTEN");
  stage.expect(`it has come to Linux's port 80, from ${seen?.peer.replace(/:.*/, "")}`, seen?.peer.startsWith("192.0.2.7:") === true);
  const { Tcp } = await kernel.snmp();
  stage.expect(`the checksums were mended: Linux has counted ${Tcp?.InCsumErrors} wrong ones`, Tcp?.InCsumErrors === 0);
}

import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import type { Experiment } from "../experiment.ts";

const BYTES = 5000;

export const pathMtu: Experiment = {
  name: "path-mtu",
  title: "a narrow wire behind the router, found, and hidden",
  chapter: "17-neighbours-and-routes.md#the-narrowest-wire",
  before: [
    "On the way from client to server are two routers, and the wire between them takes packets of 600 bytes only. Neither end knows. The client sends 5,000 bytes over TCP. Then another client does the same, behind a firewall that drops all ICMP.",
    "Guess: how does the client find out, and what does it look like when it can't?",
  ],
  after: [
    'TCP sends its packets with "don\'t fragment", so a router for which one is too large drops it and says what would fit (RFC 1191); the client sends less at a time from then on. When that one ICMP message is filtered, the handshake works, small messages work, and the first full segment vanishes, again and again: a black hole. It looks like a server that hangs.',
    'The common notes say "ICMP is only ping, block it" and "the MTU is a setting of my machine". It is a property of the narrowest wire on the way, which nobody can see from here.',
  ],
  async play(stage): Promise<void> {
    const byLeft = [{ to: "0.0.0.0/0", gateway: "10.44.0.254" }];
    const { hosts, wires } = stage.net({
      wires: { near: { delay: 5 }, other: { delay: 5 }, narrow: { delay: 5, mtu: 600 }, far: { delay: 5 } },
      hosts: {
        client: { on: { near: { address: "10.44.0.1" } }, routes: byLeft },
        unlucky: { on: { other: { address: "10.44.3.1" } }, routes: [{ to: "0.0.0.0/0", gateway: "10.44.3.254" }] },
        left: {
          on: { near: { address: "10.44.0.254" }, other: { address: "10.44.3.254" }, narrow: { address: "10.44.1.1" } },
          routes: [{ to: "10.44.2.0/24", gateway: "10.44.1.2", interface: 2 }],
          forwarding: true,
        },
        right: {
          on: { narrow: { address: "10.44.1.2" }, far: { address: "10.44.2.254" } },
          routes: [{ to: "0.0.0.0/0", gateway: "10.44.1.1" }],
          forwarding: true,
        },
        server: { on: { far: { address: "10.44.2.1" } }, routes: [{ to: "0.0.0.0/0", gateway: "10.44.2.254" }] },
      },
    });
    listen(hosts.server, { port: 80 });
    wires.other.fate = (packet) => ({ lost: packet.layer("ICMP") !== undefined });
    const arrived = [];
    for (const [host, wire] of [[hosts.client, "near"], [hosts.unlucky, "other"]] as const) {
      if (wire === "other") stage.say("And now a client behind a firewall that drops all ICMP:");
      stage.ladder(wire);
      const before = readable();
      const conn = await stage.settle(connect(host, { hostname: "10.44.2.1", port: 80 }));
      await conn.write(new Uint8Array(BYTES));
      await stage.run(8000);
      arrived.push(readable() - before);
      stage.say(`${arrived.at(-1)} of ${BYTES} bytes have arrived.`);
    }
    const [told] = stage.seen.filter((packet) => packet.layer("ICMP") !== undefined).map((packet) => `${packet}`.replace(/ about.*/, ""));
    stage.expect(`the router said: ${told}`, told === "ICMP fragmentation needed (mtu 600)");
    stage.expect("with that, everything arrived; without it, nothing", arrived.join() === `${BYTES},0`);

    function readable(): number {
      return hosts.server.tcp.connections().reduce((sum, connection) => sum + connection.readable, 0);
    }
  },
};

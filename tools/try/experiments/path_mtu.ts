import type { Modules } from "../../../stack/contract/modules.ts";
import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { parseMac } from "../../../stack/wire/mac_address.ts";
import type { Packet } from "../packet.ts";
import type { Experiment } from "../experiment.ts";

const BYTES = 3000;

export const pathMtu: Experiment = {
  name: "path-mtu",
  title: "a narrow wire behind the router, found, and hidden",
  chapter: "17-neighbours-and-routes.md#the-narrowest-wire",
  before: [
    "On the way from client to server are two routers, and the wire between them takes packets of 600 bytes only. Neither end knows. The client sends 3,000 bytes over TCP. Then another client does the same, behind a firewall that drops all ICMP.",
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
      stage.say("");
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
  live: {
    before: [
      "Linux sends 3,000 bytes over TCP. On the way there is a wire that takes packets of 600 bytes only (we play it). At first the router before it keeps silent; then it says what would fit.",
      "Guess: what does Linux do while it is told nothing, and what when it is told?",
    ],
    async play(stage): Promise<void> {
      await stage.kernel.sysctl({ name: "net.ipv4.tcp_mtu_probing", value: 0 });
      const listener = listen(stage.host, { port: 80 });
      let isSilent = true;
      stage.wire.fate = (packet) => {
        const isTooLong = packet.from === "kernel" && packet.bytes.length > 14 + 600;
        if (isTooLong && !isSilent) queueMicrotask(() => stage.put(tooLong(stage.modules, packet)));
        return { lost: isTooLong };
      };
      const sending = stage.kernel.tcpClient({ to: "10.44.0.2", port: 80, send: { size: BYTES }, timeout: 5000 });
      await listener.accept();
      const tries = () => stage.seen.filter((packet) => packet.from === "kernel" && packet.data.length > 600);
      const again = () => tries().filter((packet) => packet.field("TCP", "seq") === tries()[0]?.field("TCP", "seq")).length;
      const isStubborn = await stage.until(() => again() >= 2);
      stage.expect(
        `Linux has sent its first full segment ${again()} times, and ${readable()} bytes have arrived`,
        isStubborn && readable() === 0,
      );
      stage.say("Now the router may speak:");
      isSilent = false;
      const isThere = await stage.until(() => readable() === BYTES);
      await sending;
      stage.expect(`all ${readable()} bytes have arrived`, isThere);
      const told = stage.seen.findLastIndex((packet) => packet.layer("ICMP") !== undefined);
      const largest = Math.max(...stage.seen.slice(told).filter(({ from }) => from === "kernel").map(({ bytes }) => bytes.length - 14));
      stage.expect(`Linux's packets then had ${largest} bytes at most`, largest <= 600);

      function readable(): number {
        return stage.host.tcp.connections().reduce((sum, connection) => sum + connection.readable, 0);
      }
    },
  },
};

/** What a router says of a packet that its next wire doesn't take: "fragmentation needed", and how long it may be (RFC 1191 §4). */
function tooLong({ ip, framing }: Modules, packet: Packet): Frame {
  const frame = new Frame();
  ip.writeIcmpError(frame, 3, 4, 600, Frame.of(packet.bytes.subarray(14)));
  const [source, destination] = [parseIpv4Address("10.44.0.254"), parseIpv4Address("10.44.0.1")];
  ip.writeIpv4(frame, { identification: packet.number, timeToLive: 64, protocol: 1, source, destination });
  framing.writeEthernet(frame, parseMac("02:00:00:00:00:01"), parseMac("02:00:00:00:00:02"), 0x0800);
  return frame;
}

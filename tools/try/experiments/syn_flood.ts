import type { Modules } from "../../../stack/contract/modules.ts";
import { connect } from "../../../stack/socket/conn.ts";
import { listen } from "../../../stack/socket/listener.ts";
import { Frame } from "../../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import { seq } from "../../../stack/wire/seq.ts";
import { SYN } from "../../../stack/wire/tcp_flags.ts";
import { KernelProgram } from "../kernel_program.ts";
import type { Experiment, FullHost, Stage } from "../experiment.ts";

/** SYNs of the flood, and how many go at once. */
const FLOOD = 4000, BURST = 200;

export const synFlood: Experiment = {
  name: "syn-flood",
  title: "SYNs from nowhere fill the queue; cookies need none",
  chapter: "09-listening-and-connected.md#a-flood-of-syns",
  before: [
    `An attacker sends ${FLOOD} SYNs with source addresses that do not exist. The server's backlog is 100. In the middle of it somebody honest connects; the same again with SYN cookies.`,
    "Guess: how many connections does the server hold, does it run out of memory, and how long does the honest client wait?",
  ],
  after: [
    "A half-open connection costs the server a record and the attacker one packet, so the queue is bounded, and when it is full SYNs are ignored. Here the oldest half-open one gives way after a while (RFC 4987 §3.4). With SYN cookies a full queue keeps no record at all: what must be remembered is put into the sequence number of the SYN ACK, and an honest client brings it back (RFC 4987 §3.6).",
    "The common note says \"a SYN flood exhausts the server's memory\". The memory is bounded; it is the places in the queue that run out, and with them everybody else's chance.",
  ],
  async play(stage): Promise<void> {
    const { hosts } = stage.net({
      wires: { lan: { medium: "ethernet", delay: 10 } },
      hosts: {
        attacker: { on: { lan: { address: "10.44.0.66" } } },
        client: { on: { lan: { address: "10.44.0.1" } } },
        server: { on: { lan: { address: "10.44.0.2" } } },
        guarded: { on: { lan: { address: "10.44.0.3" } }, tcp: { synCookies: true } },
      },
    });
    stage.ladder(false);
    for (const [host, name] of [[hosts.server, "without cookies"], [hosts.guarded, "with cookies"]] as const) {
      listen(host, { port: 80, tcpBacklog: 100 });
      const { waited, held } = await flood(stage, hosts.attacker, hosts.client, host);
      stage.say(`${name}: the server held ${held} half-open connections at most; somebody honest waited ${waited} ms for connect()`);
      stage.expect("no more than the backlog allows", held <= 100);
      if (host === hosts.guarded) stage.expect("one round trip, and one of ARP, as if there were no flood", waited <= 40);
      else stage.expect("seconds, for the client's SYNs found the queue full", waited >= 1000);
    }
  },
  live: {
    before: [
      "Linux listens with a backlog of 4, and SYN cookies are switched off (net.ipv4.tcp_syncookies). Twenty SYNs come with source addresses that do not exist; then our host connects in earnest. When its first SYN has found no answer, the cookies are switched on.",
      "Guess: when is our host connected?",
    ],
    after:
      "A half-open connection costs the server a record and the attacker one packet, so the queue is bounded, and a SYN that finds it full is ignored. With SYN cookies (RFC 4987 §3.6) Linux answers it all the same, and keeps no record: what must be remembered is in the sequence number of its SYN ACK, and an honest client brings it back. On Linux they are on by default, and used only when the queue is full.",
    async play(stage): Promise<void> {
      const { kernel, host, device } = stage;
      const linux = new KernelProgram(stage);
      stage.ladder(false);
      await kernel.addRoute({ network: "0.0.0.0", prefixLength: 0, gateway: "10.44.0.2", device });
      await kernel.sysctl({ name: "net.ipv4.tcp_syncookies", value: 0 });
      await linux.listen(80, 4);
      await kernel.ping({ to: "10.44.0.2" });
      for (let number = 0; number < 20; number++) forge(stage.modules, host, parseIpv4Address("10.44.0.1"), 0xc633_6464, number);
      await kernel.ping({ to: "10.44.0.2" }); // what was sent before has arrived by now
      const halfOpen = (await linux.table()).filter(({ state }) => state === "SYN-RECV").length;
      stage.expect(`of 20 SYNs Linux keeps ${halfOpen}: its queue is full`, halfOpen > 0 && halfOpen < 20);
      const honest: string[] = [];
      stage.wire.fate = (packet) => {
        const [isCall, isAnswer] = [packet.from === "host" && packet.has("SYN"), packet.text("IPv4", "destination") === "10.44.0.2"];
        if (packet.layer("TCP") !== undefined && (isCall || isAnswer)) honest.push(isCall ? "SYN" : packet.text("TCP", "flags"));
        return undefined;
      };
      const connecting = connect(host, { hostname: "10.44.0.1", port: 80 });
      await stage.until(() => honest.length > 0);
      await kernel.ping({ to: "10.44.0.2" });
      stage.expect("our host's SYN is ignored, not refused", honest.every((word) => word === "SYN"));
      await kernel.sysctl({ name: "net.ipv4.tcp_syncookies", value: 1 });
      stage.say("Now with cookies:");
      await connecting;
      const { SyncookiesSent = 0 } = (await kernel.snmp()).TcpExt ?? {};
      stage.expect(`connected at the next SYN; Linux has sent ${SyncookiesSent} cookie`, honest.includes("SYN ACK") && SyncookiesSent >= 1);
    },
  },
};

/** How long connect() took in the middle of a flood, and how many connections the victim held at most. */
async function flood(stage: Stage, attacker: FullHost, client: FullHost, victim: FullHost): Promise<{ waited: number; held: number }> {
  const target = victim.interfaces[0]?.address as Ipv4Address;
  let began = 0, waited = -1, held = 0;
  let honest: Promise<unknown> = Promise.resolve();
  for (let number = 0; number < FLOOD; number++) {
    forge(stage.modules, attacker, target, 0x0a2c_0064, number);
    if (number % BURST < BURST - 1) continue;
    await stage.run(50);
    held = Math.max(held, victim.tcp.connections().filter(({ tcb }) => tcb.state === "SYN-RECEIVED").length);
    if (number !== FLOOD / 2 - 1) continue;
    began = stage.now();
    honest = connect(client, { hostname: formatIpv4Address(target), port: 80 }).then(() => waited = stage.now() - began);
  }
  await stage.settle(honest);
  return { waited, held };
}

/** A SYN with somebody else's source address: one of the hundred from `first` on. */
function forge({ handshake, ip }: Modules, from: FullHost, target: Ipv4Address, first: number, number: number): void {
  const source = first + number % 100 as Ipv4Address;
  const ports = { sourcePort: 1024 + number, destinationPort: 80 };
  const options = { mss: 0, windowScale: -1, sackPermitted: false, timestamps: false, tsVal: 0, tsEcr: 0, sack: [] };
  const fields = { ...ports, seq: seq(number), ack: seq(0), flags: SYN, window: 1000, urgentPointer: 0, ...options };
  const frame = new Frame();
  handshake.writeSegment(frame, fields, source, target, ip.internetChecksum);
  from.output(target, 6, frame.toBytes(), { source });
}

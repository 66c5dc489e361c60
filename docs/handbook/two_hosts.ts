/**
 * The stage of the handbook's programs: two hosts of this kit, joined by a wire in memory on which every packet takes ten milliseconds. Time is
 * virtual: it passes only in `run` and `settle`, so a minute of waiting takes none, and the same program prints the same lines each time.
 *
 *     const { client, server, run, settle, lose } = await twoHosts();
 *     const listener = listen(server, { port: 80 });
 *     const conn = await settle(connect(client, { hostname: "10.44.0.2", port: 80 }));
 *
 * Every segment is printed when it is sent, the client on the left: time, flags, numbers counted from each side's SYN as 0, bytes of text,
 * window in bytes, and the state in which its sender was. An arrow that ends in ✘ is a packet that is lost.
 *
 *          0 ms  ──▶  SYN         seq 0, win 65535                        SYN-SENT
 *         10 ms  ◀──  SYN ACK     seq 0 ack 1, win 65535                  SYN-RECEIVED
 *         20 ms  ──▶  ACK         seq 1 ack 1, win 524288                 ESTABLISHED
 *
 * The hosts are the reference stack; in a student's kit that is a bundle without its source.
 */
import type { TcpState } from "../../stack/contract/tcb.ts";
import { Host } from "../../stack/host.ts";
import type { TcpConfig } from "../../stack/host_config.ts";
import { decorate } from "../../stack/link/decorate.ts";
import type { Device } from "../../stack/link/device.ts";
import { impair } from "../../stack/link/impair.ts";
import { createPair } from "../../stack/link/pair.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import { PROTOCOL_TCP, type Tcp } from "../../stack/tcp/tcp.ts";
import { type Seq, seq, seqDiff } from "../../stack/wire/seq.ts";
import { SYN } from "../../stack/wire/tcp_flags.ts";
import { VirtualTime } from "../../tools/try/virtual_time.ts";

/** A host that has TCP. */
export type TcpHost = Host & { readonly tcp: Tcp };

export interface Stage {
  /** 10.44.0.1 */
  readonly client: TcpHost;
  /** 10.44.0.2 */
  readonly server: TcpHost;
  /** Milliseconds since the beginning. */
  now(): number;
  /** Lets everything happen that happens within so many milliseconds. */
  run(milliseconds: number): Promise<void>;
  /** Lets the hosts run until the promise is settled, and gives what it gives. Throws an Error when nothing will ever happen any more. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** The next `count` packets are lost, whoever sends them; Infinity cuts the wire. */
  lose(count: number): void;
  /** Whether segments are printed; they are. */
  show(on: boolean): void;
  /** Packets of the client that found the queue of the narrow place full. */
  overflowed(): number;
}

/** What is special about the way and the hosts. */
export interface WayOptions {
  /** Bits a second at the narrowest place between client and server. Default: as fast as they like. */
  readonly rate?: number;
  /** Packets that may wait there. Default 20. */
  readonly queue?: number;
  /** How much of the hosts' stack runs: 4 is TCP without congestion control. Default 5, all. */
  readonly layers?: 4 | 5;
}

/** How long a packet is on its way, in milliseconds. */
const DELAY = 10;
/** Packets that the wire holds: more than are ever on their way. */
const FRAMES = 4096;

/** Sets the stage. What is not said in `tcp` is as in `stack/tcp/options.ts`. */
export async function twoHosts(tcp: TcpConfig = {}, { rate, queue = 20, layers = 5 }: WayOptions = {}): Promise<Stage> {
  const { default: modules } = await import("../../solutions/reference.ts");
  const time = new VirtualTime();
  const now = (): number => time.now;
  let toLose = 0;
  let isShown = true;
  const narrow = rate === undefined ? {} : { rate, queue: { packets: queue } };
  const wires = createPair({ medium: "ip", queueLimit: FRAMES }).map((end, way) =>
    impair(end, { send: { delay: DELAY, ...way === 0 ? narrow : {} }, queueLimit: FRAMES }, now)
  );
  const [left, right] = wires as [typeof wires[0], typeof wires[0]];
  const firsts = new Map<number, Seq>();
  const watch = (device: Device, arrows: readonly [carried: string, lost: string], sender: () => Host): Device =>
    decorate(device, {
      send: (frame) => {
        const isLost = toLose > 0;
        if (isLost) toLose--;
        const line = lineOf(frame.toBytes(), sender(), firsts);
        if (isShown) console.log(`${now().toFixed(0).padStart(6)} ms  ${arrows[isLost ? 1 : 0]}  ${line}`);
        return isLost || device.send(frame);
      },
    });
  const host = (address: string, seed: number, device: Device): TcpHost => {
    const host = Host.bind(modules, { interfaces: [{ medium: "ip", address }], seed, tcp, layers }, [device]);
    if (host.tcp === undefined) throw new TypeError("These labs have no TCP");
    return host as TcpHost;
  };
  const client: TcpHost = host("10.44.0.1", 1, watch(left, ["──▶", "──✘"], () => client));
  const server: TcpHost = host("10.44.0.2", 2, watch(right, ["◀──", "✘──"], () => server));

  time.add(...wires, client, server);
  return {
    client,
    server,
    now,
    run: (milliseconds) => time.run(milliseconds),
    settle: (promise) => time.settle(promise),
    lose: (count) => void (toLose = count),
    show: (on) => void (isShown = on),
    overflowed: () => left.counts.send.full,
  };
}

const FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];

/** A packet that `sender` sends, as one line. `firsts`: for each port, the number of its last SYN. */
function lineOf(packet: Uint8Array<ArrayBuffer>, sender: Host, firsts: Map<number, Seq>): string {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (view.getUint8(9) !== PROTOCOL_TCP) return "no TCP";
  const at = (view.getUint8(0) & 15) * 4;
  const [from, to] = [view.getUint16(at), view.getUint16(at + 2)];
  const number = seq(view.getUint32(at + 4));
  const flags = view.getUint8(at + 13);
  if (flags & SYN) firsts.set(from, number);
  const connection = sender.tcp?.connections().find(({ tcb }) => tcb.localPort === from && tcb.remotePort === to);
  const names = FLAGS.filter((_, bit) => flags & 1 << bit);
  const length = packet.length - at - (view.getUint8(at + 12) >> 4) * 4;
  const facts = [
    `seq ${seqDiff(number, firsts.get(from) ?? number)}`,
    ...names.includes("ACK") ? [` ack ${seqDiff(seq(view.getUint32(at + 8)), firsts.get(to) ?? seq(view.getUint32(at + 8)))}`] : [],
    ...length > 0 ? [`, ${length} ${length === 1 ? "byte" : "bytes"}`] : [],
    ...names.includes("RST") ? [] : [`, win ${view.getUint16(at + 14) * 2 ** scaleOf(connection, flags)}`],
  ];
  return `${names.join(" ").padEnd(11)} ${facts.join("").padEnd(39)} ${stateOf(connection)}`.trimEnd();
}

function scaleOf(connection: Connection | undefined, flags: number): number {
  return connection === undefined || flags & SYN ? 0 : connection.tcb.rcvScale;
}

function stateOf(connection: Connection | undefined): TcpState | "" {
  return connection?.tcb.state ?? "";
}

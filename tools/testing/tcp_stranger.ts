/**
 * One reference host, and a stranger on its wire who writes his segments himself, right or wrong. For tests of what the TCP engine does with
 * a peer that no honest stack would be.
 *
 *     const stage = new Stage();
 *     const stranger = stage.stranger();
 *     const connection = stranger.establish();
 *     stranger.say({ flags: "ACK", seq: stranger.next + 5 }, pattern(10));
 *     const [answer] = stage.take();
 */
import { assert, assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import type { Segment, TcpState } from "../../stack/contract/tcb.ts";
import { Host } from "../../stack/host.ts";
import type { TcpConfig } from "../../stack/host_config.ts";
import { PipeDevice } from "../../stack/link/pipe.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import type { Listener } from "../../stack/tcp/listener.ts";
import type { ConnectionNotice } from "../../stack/tcp/options.ts";
import type { Tcp } from "../../stack/tcp/tcp.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { icmp, ipv4, type Ipv4Fields, KERNEL_IP, STACK_IP, tcp, type TcpFields } from "../harness/packets.ts";

/** A segment that the host sent. */
export interface Heard extends Segment {
  readonly at: number;
  readonly bytes: Uint8Array;
  /** SACK blocks: from, to, from, to. */
  readonly blocks: readonly number[];
  readonly packet: Uint8Array;
}

const NOTHING = new Uint8Array();

export class Stage {
  now = 0;
  readonly host: Host;
  readonly tcp: Tcp;
  readonly listener: Listener;
  readonly #wire = new PipeDevice({ name: "wire", medium: "ip", mtu: 1500, fcs: false, minimumFrame: 20, queueLimit: 200_000 });

  /** `layers`: 5 with lab 08. */
  constructor(tcp: TcpConfig = {}, { backlog = 16, seed = 1, layers = 4 as 4 | 5 } = {}) {
    const config = { interfaces: [{ medium: "ip", address: STACK_IP }], tcp, seed, layers } as const;
    this.host = Host.bind(reference, config, [this.#wire], { now: 0 });
    assert(this.host.tcp !== undefined);
    this.tcp = this.host.tcp;
    this.listener = this.tcp.listen(parseIpv4Address("0.0.0.0"), 80, backlog);
  }

  /** Puts an IP packet on the wire, without letting the host have it yet. */
  put(packet: Uint8Array): void {
    assert(this.#wire.inject(packet));
  }

  /** Lets the host do what is to be done now. */
  poll(): void {
    for (let i = 0; this.host.poll(this.now) > 0 || this.host.nextDeadline() <= this.now; i++) {
      assert(i < 100_000, "the host does not come to rest");
    }
  }

  /** Lets so many milliseconds pass. */
  wait(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (this.poll(); this.host.nextDeadline() <= end; this.poll()) this.now = Math.max(this.now, this.host.nextDeadline());
    this.now = end;
    this.poll();
  }

  /** What the host sent since the last call. */
  take(): Heard[] {
    return this.#wire.take().flatMap((packet) => {
      const frame = Frame.of(packet);
      const header = reference.ip.parseIpv4(frame);
      assert(typeof header !== "string", `the host sent a bad packet: ${header}`);
      if (header.protocol !== 6) return [];
      frame.start = header.payload;
      const segment = reference.handshake.parseSegment(frame, header.source, header.destination, reference.ip.internetChecksum);
      assert(typeof segment !== "string", `the host sent a bad segment: ${segment}`);
      const blocks = Array.from({ length: segment.sackCount * 2 }, (_, i) => frame.view.getUint32(segment.sackBlocks + i * 4));
      const bytes = frame.bytes.slice(segment.text, segment.text + segment.textLength);
      return [{ ...segment, at: this.now, bytes, blocks, packet }];
    });
  }

  stranger(fields: Partial<StrangerFields> = {}): Stranger {
    return new Stranger(this, { port: 40000, address: KERNEL_IP, iss: 0xffff_fff0, toPort: 80, window: 65_535, ...fields });
  }

  /** A connection in `state`, by the shortest honest way, and the stranger at its other end. Nothing that was sent meanwhile is left to `take`. */
  reach(state: TcpState, port = 40_000): { stranger: Stranger; connection: Connection } {
    const stranger = this.stranger({ port });
    if (state === "SYN-SENT") return { stranger, connection: stranger.beCalled() };
    if (state === "SYN-RECEIVED") {
      stranger.call();
      const connection = this.tcp.connections().find(({ tcb }) => tcb.remotePort === port);
      assert(connection !== undefined);
      stranger.hold(connection);
      return { stranger, connection };
    }
    const connection = stranger.establish();
    const hisFin = (ack = stranger.expects): void => {
      stranger.say({ flags: "FIN ACK", ack });
      stranger.next++;
    };
    if (state === "CLOSE-WAIT" || state === "LAST-ACK") hisFin();
    if (state !== "ESTABLISHED" && state !== "CLOSE-WAIT") {
      connection.shutdown();
      this.poll();
      stranger.expects++;
    }
    if (state === "FIN-WAIT-2") stranger.say({ flags: "ACK" });
    if (state === "CLOSING") hisFin(stranger.expects - 1);
    if (state === "TIME-WAIT") hisFin();
    assertEquals(connection.tcb.state, state);
    this.take();
    return { stranger, connection };
  }

  /** Nothing is left over: no connection, no frame, no timer; the listening socket's port only. */
  assertAtRest(): void {
    assertEquals([this.tcp.table.size(), this.host.framesLent, this.host.nextDeadline(), this.tcp.ports.size()], [0, 0, Infinity, 1]);
  }
}

interface StrangerFields {
  readonly port: number;
  readonly toPort: number;
  readonly address: string;
  readonly iss: number;
  readonly window: number;
}

/** What a test says of a segment; numbers that are left out are the right ones. */
export type Saying = TcpFields & { readonly ip?: Ipv4Fields };

export class Stranger {
  /** The number of his next byte, and of the next that he expects. */
  next: number;
  expects = 0;
  /** The host's port. */
  toPort: number;
  readonly notices: ConnectionNotice[] = [];
  readonly #stage: Stage;
  readonly #fields: StrangerFields;

  constructor(stage: Stage, fields: StrangerFields) {
    this.#stage = stage;
    this.#fields = fields;
    this.next = fields.iss;
    this.toPort = fields.toPort;
  }

  /** A packet of his, which he does not send. */
  packet(saying: Saying, text: Uint8Array = NOTHING): Uint8Array {
    const { port, address, window } = this.#fields;
    const { ip, ...fields } = saying;
    const from = { source: address };
    const defaults = { sourcePort: port, destinationPort: this.toPort, seq: this.next >>> 0, ack: this.expects >>> 0, window };
    return ipv4({ protocol: 6, ...from, ...ip }, tcp({ ...from, ...defaults, ...fields }, text));
  }

  /** Says it, and lets the host hear it. His numbers stay as they are. */
  say(saying: Saying, text?: Uint8Array): void {
    this.#stage.put(this.packet(saying, text));
    this.#stage.poll();
  }

  /** Says text that comes next. */
  tell(text: Uint8Array, saying: Saying = {}): void {
    this.say({ flags: "ACK PSH", ...saying }, text);
    this.next += text.length;
  }

  /** Says an ICMP error about a packet of the host's. */
  complain(type: number, code: number, rest: number, about: Uint8Array): void {
    this.#stage.put(ipv4({ protocol: 1, source: "10.44.0.77" }, icmp({ type, code, rest }, about.subarray(0, 28))));
    this.#stage.poll();
  }

  /** Calls the host's listening socket, and is accepted. */
  establish(options: Partial<TcpFields> = {}): Connection {
    this.call(options);
    this.say({ flags: "ACK", ...(options.options === undefined ? {} : timestampsOf(options)) });
    const connection = this.#stage.listener.accept();
    assert(connection !== undefined, "the stranger was not accepted");
    this.hold(connection);
    this.#stage.take();
    return connection;
  }

  /** The host calls him, and he answers. */
  answer(options: Partial<TcpFields> = {}, connectOptions: Parameters<Tcp["connect"]>[3] = {}): Connection {
    const connection = this.beCalled(connectOptions);
    this.say({ flags: "SYN ACK", ...options });
    this.next++;
    this.#stage.take();
    return connection;
  }

  /** The host calls him; he does not answer. */
  beCalled(connectOptions: Parameters<Tcp["connect"]>[3] = {}): Connection {
    const { address, port } = this.#fields;
    const remote = { address: parseIpv4Address(address), port };
    const connection = this.#stage.tcp.connect(remote, this.#stage.now, {}, connectOptions);
    this.toPort = connection.tcb.localPort;
    this.hold(connection);
    this.#stage.poll();
    const [syn] = this.#stage.take();
    assert(syn !== undefined);
    this.expects = syn.seq + 1;
    return connection;
  }

  /** Sends a SYN, and hears the answer. */
  call(options: Partial<TcpFields> = {}): Heard {
    this.say({ flags: "SYN", ack: 0, ...options });
    const [answer] = this.#stage.take();
    assert(answer !== undefined, "the stranger's SYN was not answered");
    this.next++;
    this.expects = answer.seq + 1;
    return answer;
  }

  hold(connection: Connection): void {
    connection.application = { hear: (notice) => void this.notices.push(notice) };
  }
}

function timestampsOf({ options }: Partial<TcpFields>): Partial<TcpFields> {
  if (options instanceof Uint8Array || options?.timestamps === undefined) return {};
  return { options: { timestamps: options.timestamps } };
}

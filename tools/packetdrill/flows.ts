/**
 * The connections of a script, and the streams of text through them. A packet without ports belongs to the connection that the script speaks of
 * at the moment: the last that began. A SYN of the peer's begins one when there is none yet, or when a socket was made since.
 */
import { packetText } from "./compare_packet.ts";
import { inScript } from "./compare_packet.ts";
import { byteAt, Flow, type Ports } from "./flow.ts";
import type { Returned, SocketAddress, SystemCall } from "./machine.ts";
import type { IcmpPacket, TcpPacket, UdpPacket } from "./script.ts";
import { readPacket, type WirePacket, type WireSegment } from "./wire_packet.ts";

/** The first port of the peer's that is given to a connection; more count upwards. */
const FIRST_PORT = 40_000;

/** What goes through a descriptor, in both directions. */
export class Stream {
  /** Bytes that were written, and read. */
  written = 0;
  #read = 0;
  readonly #literal = new Map<number, number>();
  #isUrgent = false;

  /** Text to be written next. */
  next(count: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: count }, (_, at) => byteAt(this.written + at));
  }

  /** This text is about to be written. */
  writes(bytes: Uint8Array): void {
    for (const [at, byte] of bytes.entries()) if (byte !== byteAt(this.written + at)) this.#literal.set(this.written + at, byte);
  }

  /** Where text of the machine's first differs from what was written, if it does; `place` counts from the stream's first byte. */
  firstWrong(place: number, text: Uint8Array): number | undefined {
    const wrong = text.findIndex((byte, at) => byte !== (this.#literal.get(place + at) ?? byteAt(place + at)));
    return wrong < 0 ? undefined : place + wrong;
  }

  /** The same for text that was read, whose sender's first byte has number `first`. */
  firstMisread(first: number, bytes: Uint8Array, isPeek: boolean): number | undefined {
    const place = this.#read;
    if (!isPeek) this.#read += bytes.length;
    const wrong = this.#isUrgent ? -1 : bytes.findIndex((byte, at) => byte !== byteAt(first + place + at));
    return wrong < 0 ? undefined : place + wrong;
  }

  /** An urgent byte is taken out of the stream by some machines, and left in it by others. */
  becomeUrgent(): void {
    this.#isUrgent = true;
  }
}

export class Flows {
  readonly #flows: Flow[] = [];
  readonly #streams = new Map<number, Stream>();
  #current: Flow | undefined;
  /** A socket was made since the current connection began. */
  #isFresh = false;
  #bindPort: number;
  #connectPort: number;
  #connecting: number | undefined;

  constructor(bindPort: number, connectPort: number) {
    this.#bindPort = bindPort;
    this.#connectPort = connectPort;
  }

  /** The connection that the script speaks of. */
  get current(): Flow {
    return this.#current ?? this.#begin({ local: this.#bindPort, remote: FIRST_PORT });
  }

  /** The connection of a segment that the script gives to the machine. */
  forGiven(packet: TcpPacket): Flow {
    const isSyn = packet.flags.includes("S") && !packet.flags.includes(".");
    let flow: Flow;
    if (packet.ports !== undefined) {
      flow = this.#find({ local: packet.ports.destination, remote: packet.ports.source });
    } else if (isSyn && (this.#current === undefined || this.#isFresh)) {
      flow = this.#begin({ local: this.#bindPort, remote: FIRST_PORT + this.#flows.length });
    } else flow = this.current;
    this.#current = flow;
    if (packet.flags.includes("S")) {
      const scales = packet.options === "any" || packet.options.some(({ kind }) => kind === "wscale");
      flow.peerBegins(packet.seq.from, scales);
    }
    return flow;
  }

  /** The ports of a datagram. */
  portsGiven(ports: UdpPacket["ports"]): Ports {
    return ports === undefined ? { local: this.#bindPort, remote: this.#connectPort } : { local: ports.destination, remote: ports.source };
  }

  /** The connection that a packet has to be of. Undefined: the script speaks of none yet, so of that which comes. */
  expected(packet: TcpPacket): Flow | undefined {
    if (packet.ports !== undefined) return this.#find({ local: packet.ports.source, remote: packet.ports.destination });
    return this.#isFresh && packet.flags === "S" ? undefined : this.#current;
  }

  /** The connection of a segment that the machine sent. */
  of(segment: WireSegment): Flow {
    const ports = { local: segment.sourcePort, remote: segment.destinationPort };
    const isNew = !this.#flows.some((flow) => isSame(flow.ports, ports));
    const flow = this.#find(ports);
    if (isNew && segment.flags.includes("S") && this.#connecting !== undefined) {
      flow.descriptor = this.#connecting;
      this.#connecting = undefined;
    }
    if (isNew) this.#current = flow;
    return flow;
  }

  /** A packet of the machine's in the script's numbers; what cannot be read is said. */
  read(bytes: Uint8Array): { readonly packet: WirePacket; readonly text: string } {
    const packet = readPacket(bytes);
    const { body } = packet;
    if (body.protocol === "tcp") return { packet, text: packetText(inScript(body, this.of(body))) };
    if (body.protocol === "udp") return { packet, text: `udp (${body.length})` };
    if (body.protocol === "icmp") return { packet, text: `icmp type ${body.type} code ${body.code}` };
    return { packet, text: body.protocol === "unreadable" ? body.why : `IP protocol ${packet.protocol}` };
  }

  textOf(packet: TcpPacket | UdpPacket | IcmpPacket): string {
    if (packet.protocol === "tcp") return packetText(packet);
    if (packet.protocol === "udp") return `udp (${packet.length})`;
    return ["icmp", packet.type, packet.code, packet.mtu === undefined ? undefined : `mtu ${packet.mtu}`].filter((word) =>
      word !== undefined
    )
      .join(" ");
  }

  // ── Streams ────────────────────────────────────────────────────────────────────────────────────────────────

  stream(descriptor: number): Stream {
    let stream = this.#streams.get(descriptor);
    if (stream === undefined) this.#streams.set(descriptor, stream = new Stream());
    return stream;
  }

  streamOf(flow: Flow): Stream | undefined {
    return flow.descriptor === undefined ? undefined : this.stream(flow.descriptor);
  }

  /** A call is about to be made. */
  begins(call: SystemCall): void {
    if (call.name === "socket") this.#isFresh = true;
    if (call.name === "bind" && call.address.port !== 0) this.#bindPort = call.address.port;
    if (call.name === "connect") {
      this.#connectPort = call.address.port;
      this.#connecting = call.descriptor;
    }
    if ("bytes" in call) this.stream(call.descriptor).writes(call.bytes);
  }

  /** A call has returned: what is wrong with the text that it read. */
  ended(call: SystemCall, { value, data }: Returned): string[] {
    if (value < 0) return [];
    if ("bytes" in call) this.stream(call.descriptor).written += value;
    if (call.name === "socket") this.#streams.delete(value);
    if (call.name === "accept") this.#accepted(value, data);
    if (call.name !== "read" && call.name !== "recv" && call.name !== "recvfrom") return [];
    const flow = this.#flows.find((each) => each.descriptor === call.descriptor);
    const bytes = data instanceof Uint8Array ? data : undefined;
    if (bytes === undefined || flow?.peerIss === undefined) return [];
    if (bytes.length !== value) return [`text: ${bytes.length} bytes where the result is ${value}`];
    const isPeek = "flags" in call && call.flags.includes("MSG_PEEK");
    const wrong = this.stream(call.descriptor).firstMisread(flow.peerIss + 1, bytes, isPeek);
    return wrong === undefined ? [] : [`text: byte ${wrong} of the stream is not what the peer sent`];
  }

  #accepted(descriptor: number, data: unknown): void {
    this.#streams.delete(descriptor);
    for (const flow of this.#flows) if (flow.descriptor === descriptor) flow.descriptor = undefined;
    const peer = data as SocketAddress | undefined;
    const flow = this.#flows.find((each) => each.descriptor === undefined && (peer === undefined || each.ports.remote === peer.port));
    if (flow !== undefined) flow.descriptor = descriptor;
  }

  #find(ports: Ports): Flow {
    return this.#flows.find((flow) => isSame(flow.ports, ports)) ?? this.#begin(ports);
  }

  #begin(ports: Ports): Flow {
    const flow = new Flow(ports);
    this.#flows.push(flow);
    this.#current = flow;
    this.#isFresh = false;
    return flow;
  }
}

function isSame(a: Ports, b: Ports): boolean {
  return a.local === b.local && a.remote === b.remote;
}

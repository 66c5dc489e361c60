/** A packet that has to come, while its parts come in. */
import {
  datagramDifferences,
  differences,
  differencesOfPart,
  inScript,
  ipDifferences,
  isPartOf,
  messageDifferences,
  restOf,
} from "./compare_packet.ts";
import type { Flows } from "./flows.ts";
import type { PacketEvent, TcpPacket } from "./script.ts";
import type { WirePacket, WireSegment } from "./wire_packet.ts";

/** What became of a packet. */
export interface Met {
  /** The packet in the script's numbers. */
  readonly text: string;
  readonly differences: string[];
  /** Nothing more has to come. */
  readonly isWhole: boolean;
}

/** An expected packet has to come as one; where text is pushed does not matter. */
export interface Comparing {
  readonly strict: boolean;
  readonly ignorePush: boolean;
}

export class Expectation {
  readonly #event: PacketEvent;
  readonly #flows: Flows;
  readonly #settings: Comparing;
  /** What is still to come of a segment. */
  #left: TcpPacket | undefined;

  constructor(event: PacketEvent, flows: Flows, settings: Comparing) {
    this.#event = event;
    this.#flows = flows;
    this.#settings = settings;
    if (event.packet.protocol === "tcp") this.#left = event.packet;
  }

  /** What has to come, for people. */
  get text(): string {
    return this.#flows.textOf(this.#left ?? this.#event.packet);
  }

  /** Compares a packet that came. */
  take(bytes: Uint8Array): Met {
    const { packet: wanted, ip } = this.#event;
    const expected = wanted.protocol === "tcp" ? this.#flows.expected(wanted) : undefined;
    const { packet, body } = this.#read(bytes);
    if (body.protocol !== wanted.protocol) {
      return {
        text: this.#flows.read(bytes).text,
        differences: [`protocol: ${body.protocol} in place of ${wanted.protocol}`],
        isWhole: true,
      };
    }
    const found = ipDifferences(ip, packet, bytes);
    if (wanted.protocol === "tcp" && body.protocol === "tcp") return this.#takeSegment(body, expected, found, bytes);
    if (wanted.protocol === "udp" && body.protocol === "udp") found.push(...datagramDifferences(wanted, body));
    if (wanted.protocol === "icmp" && body.protocol === "icmp") found.push(...messageDifferences(wanted, body));
    return { text: this.#flows.read(bytes).text, differences: found, isWhole: true };
  }

  #read(bytes: Uint8Array): { packet: WirePacket; body: WirePacket["body"] } {
    const { packet } = this.#flows.read(bytes);
    return { packet, body: packet.body };
  }

  #pushOff(packet: TcpPacket): TcpPacket {
    return this.#settings.ignorePush ? { ...packet, flags: packet.flags.replace("P", "") } : packet;
  }

  #takeSegment(body: WireSegment, expected: ReturnType<Flows["expected"]>, found: string[], bytes: Uint8Array): Met {
    const wanted = this.#pushOff(this.#left as TcpPacket);
    const flow = this.#flows.of(body);
    if (body.flags.includes("S") && wanted.flags.includes("S")) flow.machineBegins(body.seq, wanted.seq.from, body.ack);
    if (body.flags.includes(".") && !body.flags.includes("R")) flow.machineAcknowledges(body.ack);
    const seen = this.#pushOff(inScript(body, flow));
    if (expected !== undefined && flow !== expected) {
      found.push(`ports: ${body.sourcePort} → ${body.destinationPort} in place of ${expected.ports.local} → ${expected.ports.remote}`);
    }
    const isPart = !this.#settings.strict && isPartOf(seen, wanted);
    found.push(...isPart ? differencesOfPart(wanted, seen, flow) : differences(wanted, seen, flow));
    for (const option of seen.options === "any" ? [] : seen.options) {
      const said = wanted.options === "any" ? undefined : wanted.options.find(({ kind }) => kind === "TS");
      if (option.kind === "TS" && said?.kind === "TS") flow.timestampSeen(option.value, said.value);
    }
    const stream = this.#flows.streamOf(flow);
    if (stream !== undefined && flow.iss !== undefined && seen.seq.length > 0 && found.length === 0) {
      const wrong = stream.firstWrong(seen.seq.from - flow.iss - 1 >>> 0, body.text);
      if (wrong !== undefined) found.push(`text: byte ${wrong} of the stream is not what was written`);
    }
    if (isPart) this.#left = restOf(wanted, seen);
    return { text: this.#flows.read(bytes).text, differences: found, isWhole: !isPart };
  }
}

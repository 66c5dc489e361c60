/** scapy reads what we write, and we read what scapy writes: headers and options of random packets, checksums too. */
import { assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address, parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { formatMac, type MacAddress, parseMac } from "../../stack/wire/mac_address.ts";
import { createRandom, type Random } from "../../stack/wire/random.ts";
import type { Seq } from "../../stack/wire/seq.ts";
import { ACK, SYN, URG } from "../../stack/wire/tcp_flags.ts";
import { testWhen } from "../test_when.ts";
import { type Fields, readPacket } from "./reading.ts";
import { besideThis, missingScapy, PYTHON } from "./scapy.ts";

const { framing, arp, ip, handshake } = reference;
const PACKETS = 1500;
const ARP = 0x0806, IPV4 = 0x0800, ICMP_PROTOCOL = 1, TCP_PROTOCOL = 6;
/** Of real Ethernet. */
const SHORTEST = 60;

/** What random draws come to: fields that a packet is to have. */
class Draw {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = createRandom(seed);
  }

  fields(): Fields {
    const kind = this.#pick(["arp", "icmp", "tcp", "tcp", "tcp", "other", "fragment"] as const);
    const link = { "eth.dst": this.#mac(), "eth.src": this.#mac() };
    if (kind === "arp") return { ...link, "eth.type": ARP, ...this.#arp() };
    const own = { icmp: () => this.#icmp(), tcp: () => this.#tcp(), other: () => ({ "ip.proto": 253 }), fragment: () => this.#fragment() };
    return { ...link, "eth.type": IPV4, ...this.#ip(), data: this.#data(), ...own[kind]() };
  }

  #arp(): Fields {
    return {
      "arp.opcode": this.#int(1, 2),
      "arp.src.hw_mac": this.#mac(),
      "arp.src.proto_ipv4": this.#address(),
      "arp.dst.hw_mac": this.#mac(),
      "arp.dst.proto_ipv4": this.#address(),
    };
  }

  #ip(): Fields {
    return {
      "ip.dsfield": this.#int(0, 255),
      "ip.id": this.#int(0, 0xffff),
      "ip.flags.df": this.#int(0, 1),
      "ip.flags.mf": 0,
      "ip.frag_offset": 0,
      "ip.ttl": this.#int(1, 255),
      "ip.src": this.#address(),
      "ip.dst": this.#address(),
    };
  }

  #fragment(): Fields {
    const data = "5a".repeat(8 * this.#int(1, 20));
    return { "ip.flags.df": 0, "ip.flags.mf": 1, "ip.frag_offset": 8 * this.#int(0, 8000), "ip.proto": TCP_PROTOCOL, data };
  }

  #icmp(): Fields {
    const echo = { "icmp.type": this.#pick([0, 8]), "icmp.code": 0, rest: this.#word() };
    return { "ip.proto": ICMP_PROTOCOL, ...this.#pick([echo, { "icmp.type": 3, "icmp.code": 4, rest: this.#int(68, 1500) }]) };
  }

  /** Bits and options in all mixtures, as long as there is room: 40 bytes. */
  #tcp(): Fields {
    const flags = this.#int(0, 255);
    const fields: Fields = {
      "ip.proto": TCP_PROTOCOL,
      "tcp.srcport": this.#int(0, 0xffff),
      "tcp.dstport": this.#int(0, 0xffff),
      "tcp.seq_raw": this.#word(),
      "tcp.flags": flags,
      "tcp.window_size_value": this.#int(0, 0xffff),
    };
    const timestamps = this.#int(0, 1) === 1;
    if ((flags & ACK) !== 0) fields["tcp.ack_raw"] = this.#word();
    if ((flags & URG) !== 0) fields["tcp.urgent_pointer"] = this.#int(0, 0xffff);
    if (timestamps) fields["tcp.options.timestamp.tsval"] = this.#word();
    if (timestamps && (flags & ACK) !== 0) fields["tcp.options.timestamp.tsecr"] = this.#word();
    if ((flags & SYN) !== 0) {
      if (this.#int(0, 1) === 1) fields["tcp.options.mss_val"] = this.#int(1, 0xffff);
      if (this.#int(0, 1) === 1) fields["tcp.options.wscale.shift"] = this.#int(0, 14);
      if (this.#int(0, 1) === 1) fields["tcp.options.sack_perm"] = 1;
    } else if (this.#int(0, 1) === 1) {
      fields["tcp.options.sack"] = Array.from({ length: 2 * this.#int(1, 3) }, () => this.#word()).join(" ");
    }
    return fields;
  }

  /** Odd lengths are the ones that checksums go wrong for. */
  #data(): string {
    return Array.from({ length: this.#int(0, 90) }, () => this.#int(0, 255).toString(16).padStart(2, "0")).join("");
  }

  #int(min: number, max: number): number {
    return this.#random.int(min, max);
  }

  #word(): number {
    return this.#int(0, 0xffff_ffff);
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#int(0, choices.length - 1)] as T;
  }

  /** No group's. */
  #mac(): string {
    return formatMac(this.#int(0, 0xffff_ffff) * 2 as MacAddress);
  }

  #address(): string {
    return formatIpv4Address(this.#word() as Ipv4Address);
  }
}

/** A frame with these fields, by labs 01 to 04. */
function write(fields: Fields): Uint8Array {
  const number = (name: string): number => Number(fields[name] ?? 0);
  const address = (name: string): Ipv4Address => parseIpv4Address(`${fields[name]}`);
  const mac = (name: string): MacAddress => parseMac(`${fields[name]}`);
  const frame = Frame.of(Uint8Array.fromHex(`${fields.data ?? ""}`));
  if (fields["eth.type"] === ARP) {
    arp.writeArp(frame, {
      operation: number("arp.opcode"),
      senderMac: mac("arp.src.hw_mac"),
      senderIp: address("arp.src.proto_ipv4"),
      targetMac: mac("arp.dst.hw_mac"),
      targetIp: address("arp.dst.proto_ipv4"),
    });
  } else {
    const [source, destination] = [address("ip.src"), address("ip.dst")];
    if (fields["icmp.type"] !== undefined) ip.writeIcmp(frame, number("icmp.type"), number("icmp.code"), number("rest"));
    if (fields["tcp.srcport"] !== undefined) writeTcp(frame, fields, source, destination);
    ip.writeIpv4(frame, {
      typeOfService: number("ip.dsfield"),
      identification: number("ip.id"),
      dontFragment: number("ip.flags.df") === 1,
      moreFragments: number("ip.flags.mf") === 1,
      fragmentOffset: number("ip.frag_offset"),
      timeToLive: number("ip.ttl"),
      protocol: number("ip.proto"),
      source,
      destination,
    });
  }
  framing.writeEthernet(frame, mac("eth.dst"), mac("eth.src"), number("eth.type"));
  framing.pad(frame, SHORTEST);
  return frame.toBytes();
}

function writeTcp(frame: Frame, fields: Fields, source: Ipv4Address, destination: Ipv4Address): void {
  const number = (name: string, missing = 0): number => Number(fields[name] ?? missing);
  const segment = {
    sourcePort: number("tcp.srcport"),
    destinationPort: number("tcp.dstport"),
    seq: number("tcp.seq_raw") as Seq,
    ack: number("tcp.ack_raw") as Seq,
    flags: number("tcp.flags"),
    window: number("tcp.window_size_value"),
    urgentPointer: number("tcp.urgent_pointer"),
    mss: number("tcp.options.mss_val"),
    windowScale: number("tcp.options.wscale.shift", -1),
    sackPermitted: fields["tcp.options.sack_perm"] === 1,
    timestamps: fields["tcp.options.timestamp.tsval"] !== undefined,
    tsVal: number("tcp.options.timestamp.tsval"),
    tsEcr: number("tcp.options.timestamp.tsecr"),
    sack: `${fields["tcp.options.sack"] ?? ""}`.split(" ").filter((edge) => edge !== "").map(Number) as Seq[],
  };
  handshake.writeSegment(frame, segment, source, destination, ip.internetChecksum);
}

/** One line of input to codec.py, and its answer. */
interface Answer {
  readonly theirs: string;
  readonly read: Fields;
  readonly again: string;
}

async function askScapy(orders: readonly { readonly fields: Fields; readonly ours: string }[]): Promise<Answer[]> {
  const child = new Deno.Command(PYTHON, { args: [besideThis("codec.py")], stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  const writing = writer.write(new TextEncoder().encode(orders.map((order) => `${JSON.stringify(order)}\n`).join(""))).then(() =>
    writer.close()
  );
  const [{ success, stdout, stderr }] = await Promise.all([child.output(), writing.catch(() => {})]);
  assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}

testWhen(missingScapy(), `foreign: scapy reads ${PACKETS} packets of ours, and we read as many of scapy's`, async () => {
  const draw = new Draw(9293);
  const orders = Array.from({ length: PACKETS }, () => draw.fields()).map((fields) => ({ fields, ours: write(fields).toHex() }));
  const answers = await askScapy(orders);
  assertEquals(answers.length, PACKETS);
  for (const [index, { fields, ours }] of orders.entries()) {
    const { theirs, read, again } = answers[index] as Answer;
    assertEquals(read, fields, `scapy reads ${ours} otherwise`);
    assertEquals(again, ours, `scapy writes packet ${index} otherwise`);
    assertEquals(readPacket(Uint8Array.fromHex(theirs)), { fields }, `we read ${theirs} otherwise`);
  }
});

/**
 * One reference host with bare IP wires, whose other ends are the test itself: packets go in, and what the host sends comes out. Time is a number. For
 * tests only.
 */
import reference from "../../solutions/reference.ts";
import { Host } from "../../stack/host.ts";
import type { HostConfig } from "../../stack/host_config.ts";
import { createPair } from "../../stack/link/pair.ts";
import { dissect, type Layer, valueOf } from "../../stack/wire/dissect.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { formatIpv4Address, type Ipv4Address } from "../../stack/wire/ipv4_address.ts";

/** A packet that the host sent. */
export interface SentPacket {
  readonly on: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly layers: readonly Layer[];
  /** "10.44.0.1:40000 > 10.44.1.2:80 TCP"; of an ICMP message its type and code instead of ports. */
  readonly text: string;
}

export interface PacketRig {
  readonly host: Host;
  /** Gives the host a packet on interface `on`, and returns what it sends in answer, to whomever. */
  put(on: number, packet: Uint8Array): SentPacket[];
  /** Lets time pass, in milliseconds, and returns what is sent. */
  pass(milliseconds: number): SentPacket[];
  /** The time. */
  readonly now: number;
}

/** Makes the host: one interface for each address, of nets of 24 bits. On an `ethernet` interface nobody is there: ARP is not answered, nor shown. */
export function packetRig(addresses: readonly string[], config: Partial<HostConfig> = {}, ethernet: readonly number[] = []): PacketRig {
  const media = addresses.map((_, on) => ethernet.includes(on) ? "ethernet" as const : "ip" as const);
  const wires = media.map((medium) => createPair({ medium }));
  const interfaces = addresses.map((address, on) => ({ medium: media[on], address }));
  const host = Host.bind(reference, { interfaces, ...config }, wires.map(([, inner]) => inner));
  let now = 0;
  const collect = (): SentPacket[] => {
    host.poll(now);
    return wires.flatMap(([outer], on) => {
      const sent: SentPacket[] = [];
      for (const frame = new Frame(); outer.receive(frame);) if (media[on] === "ip") sent.push(describeSent(on, frame.toBytes()));
      return sent;
    });
  };
  return {
    host,
    put: (on, packet) => {
      wires[on]?.[0].send(Frame.of(packet));
      return collect();
    },
    pass: (milliseconds) => {
      now += milliseconds;
      return collect();
    },
    get now() {
      return now;
    },
  };
}

function describeSent(on: number, bytes: Uint8Array<ArrayBuffer>): SentPacket {
  const layers = dissect(bytes, "ip");
  const [ip, above] = layers as [Layer, Layer | undefined];
  const at = (name: string): string => formatIpv4Address(valueOf(ip, name) as Ipv4Address);
  const has = (name: string): boolean => above?.fields.some((field) => field.name === name) ?? false;
  const port = (name: string): string => above !== undefined && has(name) ? `:${valueOf(above, name)}` : "";
  const kind = above?.name === "ICMP" ? `ICMP ${valueOf(above, "type")}/${valueOf(above, "code")}` : above?.name ?? "";
  return { on, bytes, layers, text: `${at("source")}${port("sourcePort")} > ${at("destination")}${port("destinationPort")} ${kind}` };
}

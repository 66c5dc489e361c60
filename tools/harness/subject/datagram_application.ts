/** An application above the subject's UDP, moved by the grader: it binds, sends and receives when it is told. */
import type { Host } from "../../../stack/host.ts";
import { type Endpoint, ENDPOINT_DEFAULTS, type EndpointOptions, type Peer } from "../../../stack/udp/endpoint.ts";
import { formatIpv4Address, type Ipv4Address, parseIpv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { UdpAct } from "./protocol.ts";

export class DatagramApplication {
  readonly #host: Host;
  /** Sockets go by their number. */
  readonly #endpoints: Endpoint[] = [];

  constructor(host: Host) {
    this.#host = host;
  }

  /** Does one thing; returns plain data. A socket that cannot be bound is { error }. */
  act(act: UdpAct, args: readonly unknown[]): unknown {
    if (act === "bind") return this.#bind(args[0] as string, args[1] as number, args[2] as Partial<EndpointOptions>);
    const endpoint = this.#endpoints[args[0] as number];
    if (endpoint === undefined) throw new Error("there is no such socket");
    switch (act) {
      case "send": {
        const [bytes, to] = args.slice(1) as [Uint8Array, [string, number] | undefined];
        const peer = to === undefined ? endpoint.peer : peerOf(to);
        return peer === undefined ? "nobody to send to" : endpoint.send(bytes, 0, bytes.length, peer);
      }
      case "receive":
        return receive(endpoint, args[1] as number, args[2] as boolean);
      case "connect":
        return endpoint.connect(args[1] === undefined ? undefined : peerOf(args[1] as [string, number]));
      case "failure":
        return endpoint.takeFailure();
      case "close":
        return endpoint.close();
      case "socket":
        return { waiting: endpoint.waiting, nextLength: endpoint.nextLength, lost: endpoint.lost, localPort: endpoint.localPort };
    }
  }

  #bind(address: string, port: number, options: Partial<EndpointOptions>): unknown {
    const { udp } = this.#host;
    if (udp === undefined) throw new Error("this host has no UDP");
    const endpoint = udp.bind(parseIpv4Address(address), port, { ...ENDPOINT_DEFAULTS, ...options });
    if (typeof endpoint === "string") return { error: endpoint };
    return { socket: this.#endpoints.push(endpoint) - 1, port: endpoint.localPort };
  }
}

function peerOf([address, port]: readonly [string, number]): Peer {
  return { address: parseIpv4Address(address), port };
}

/** What a read gave, with the bytes that it wrote; beyond them, its target was zero and must be. */
function receive(endpoint: Endpoint, count: number, peek: boolean): unknown {
  const target = new Uint8Array(count);
  const received = endpoint.read(target, 0, count, peek);
  if (received === undefined) return undefined;
  const { count: copied, length, address, port, localAddress } = received;
  return { bytes: target.subarray(0, copied), count: copied, length, address: text(address), port, localAddress: text(localAddress) };
}

/** An address that a lab gave back: whatever it is. */
function text(address: Ipv4Address): string {
  return typeof address === "number" ? formatIpv4Address(address) : `${address}`;
}

/**
 * A copy of the stack that plays the kernel's part, for machines without a live wire. It does what the demo asks of a
 * kernel with what a host has to offer: it pings, and it sends datagrams with a rising time to live.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import type { HostEvent } from "../../stack/events.ts";
import { Host } from "../../stack/host.ts";
import type { Device } from "../../stack/link/device.ts";
import { createPair } from "../../stack/link/pair.ts";
import type { Pollable } from "../../stack/runner.ts";
import { formatIpv4Address, parseIpv4Address } from "../../stack/wire/ipv4_address.ts";
import { formatMac } from "../../stack/wire/mac_address.ts";
import type { Hop } from "../harness/kernel/operations.ts";
import { pattern, udp } from "../harness/packets.ts";
import type { Client } from "./client.ts";
import { type Echo, PATIENCE, type Peer, PLACES } from "./scene.ts";
import { StandInClient } from "./stand_in_client.ts";

const UDP = 17;
const UNREACHABLE = 3;
/** Where traceroutes begin: ports that nobody uses. */
const FIRST_PORT = 33434;

export class StandIn implements Peer {
  readonly name = "peer";
  readonly wire = "in memory";
  readonly device: Device;
  readonly pollables: readonly Pollable[];
  readonly client: Client;
  readonly #host: Host;
  #hear: (event: HostEvent) => void = () => {};

  constructor(modules: Modules) {
    const [own, device] = createPair();
    const routes = [{ to: "10.44.1.0/24", gateway: PLACES.stack.address }];
    const emit = (event: HostEvent) => this.#hear(event);
    this.#host = Host.bind(modules, { interfaces: [PLACES.kernel], routes, seed: 3 }, [own], { emit, now: performance.now() });
    this.device = device;
    this.client = new StandInClient(this.#host);
    this.pollables = [this.#host];
  }

  async ping(to: string, size: number): Promise<Echo> {
    const data = pattern(size);
    const began = performance.now();
    const reply = await this.#answer("echo reply", () => this.#host.ping(parseIpv4Address(to), 7, 1, data));
    if (reply === undefined) return { milliseconds: undefined, unchanged: false };
    return { milliseconds: performance.now() - began, unchanged: reply.data.every((byte, index) => byte === data[index]) };
  }

  async traceroute(to: string): Promise<readonly Hop[]> {
    const destination = parseIpv4Address(to);
    const hops: Hop[] = [];
    for (let ttl = 1; ttl <= 4; ttl++) {
      const ports = { sourcePort: 40_000, destinationPort: FIRST_PORT + ttl - 1 };
      const datagram = udp({ ...ports, source: PLACES.kernel.address, destination: to }, pattern(32));
      const began = performance.now();
      const error = await this.#answer("icmp error", () => this.#host.output(destination, UDP, datagram, { timeToLive: ttl }));
      if (error === undefined) hops.push({ ttl });
      else hops.push({ ttl, from: formatIpv4Address(error.from), type: error.type, code: error.code, rtt: performance.now() - began });
      if (error?.type === UNREACHABLE) break;
    }
    return hops;
  }

  // deno-lint-ignore require-await -- the interface is shared with the kernel, who must be asked
  async neighbour(address: string): Promise<string | undefined> {
    const wanted = parseIpv4Address(address);
    const mac = this.#host.interfaces[0]?.arpEntries(performance.now()).find((entry) => entry.address === wanted)?.mac;
    return mac === undefined ? undefined : formatMac(mac);
  }

  // deno-lint-ignore require-await -- as above
  async curl(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}

  /** Does something and waits for the first event of one kind; undefined when none comes. */
  #answer<K extends HostEvent["kind"]>(kind: K, act: () => void): Promise<Extract<HostEvent, { kind: K }> | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), PATIENCE);
      this.#hear = (event) => {
        if (event.kind !== kind) return;
        clearTimeout(timer);
        resolve(event as Extract<HostEvent, { kind: K }>);
      };
      act();
    });
  }
}

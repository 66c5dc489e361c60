/**
 * A host: the labs bound together into one stack. `Host.bind(modules, config, devices)` composes it,
 * `poll(now)` lets it receive and act, `nextDeadline()` says when it wants to be polled even if nothing arrives.
 *
 * Nothing here reads a clock, waits, or is asynchronous. Whoever owns the host brings time and calls `poll`:
 * `stack/runner.ts` with the real clock, the harness with a virtual one. That is why a minute of
 * retransmissions tests in a millisecond.
 */
import type { CongestionLab, DatagramLab, NetworkLabs, TcpLabs } from "./contract/modules.ts";
import type { EventSink } from "./events.ts";
import { Filter } from "./filter/filter.ts";
import { parseRules } from "./filter/parse_rules.ts";
import type { HostConfig } from "./host_config.ts";
import { Internet, PROTOCOL_ICMP, PROTOCOL_UDP, type SendOptions } from "./internet.ts";
import type { Device } from "./link/device.ts";
import { NetworkInterface, type Uplink } from "./network_interface.ts";
import type { Frame, Memory } from "./wire/frame.ts";
import { FramePool } from "./wire/frame_pool.ts";
import { type Ipv4Address, networkOf, parseIpv4Address } from "./wire/ipv4_address.ts";
import { createRandom } from "./wire/random.ts";
import { createKeyedHash } from "./wire/siphash.ts";
import { TCP_DEFAULTS, type TcpOptions } from "./tcp/options.ts";
import type { TcpModules } from "./tcp/parts.ts";
import { PROTOCOL_TCP, Tcp } from "./tcp/tcp.ts";
import { Udp } from "./udp/udp.ts";

/** What a host is when nothing else is said. */
export const DEFAULT_CONFIG: HostConfig = {
  interfaces: [{ mac: "02:00:00:00:00:02", address: "10.44.0.2" }],
  routes: [],
  forwarding: false,
  layers: 5,
  receiveBudget: 1024,
  echoFrames: false,
  timeToLive: 64,
  seed: 1,
  arp: {},
  reassembly: {},
  filter: "",
  tracking: {},
  tcp: {},
};

/** What a host is bound to: labs 01 to 03, and 04 to 07 together or not at all; 08, where its connections are to heed the network; 09, for UDP. */
export type HostModules = NetworkLabs & Partial<TcpLabs> & Partial<CongestionLab> & Partial<DatagramLab>;

function hasTcp(modules: HostModules): modules is NetworkLabs & TcpLabs & Partial<CongestionLab> {
  return modules.handshake !== undefined && modules.states !== undefined && modules.buffers !== undefined && modules.accept !== undefined;
}

/** TCP's settings: those of the host, and the rest, which its connections inherit. */
function tcpOptions({ tcp, timeToLive }: HostConfig): TcpOptions {
  const given = Object.entries(tcp).filter(([, value]) => value !== undefined);
  const own = Object.fromEntries(given.filter(([name]) => name in TCP_DEFAULTS));
  const inherited = Object.fromEntries(given.filter(([name]) => !(name in TCP_DEFAULTS)));
  return { ...TCP_DEFAULTS, ...own, connection: { ...TCP_DEFAULTS.connection, timeToLive, ...inherited } };
}

/** Who hears what happens; the time, in milliseconds: 0 when left out; and where frames have their bytes from, where that matters. */
export interface BindOptions {
  readonly emit?: EventSink;
  readonly now?: number;
  readonly memory?: Memory;
}

export class Host {
  readonly interfaces: readonly NetworkInterface[];
  /** The Internet layer; undefined while `layers` is below 3. */
  readonly internet: Internet | undefined;
  /** The packet filter; undefined where no rules are given, or there is no Internet layer. */
  readonly filter: Filter | undefined;
  /** TCP; undefined while `layers` is below 4, or labs 04 to 07 are not bound. */
  readonly tcp: Tcp | undefined;
  /** UDP; undefined while `layers` is below 4, or labs 07 (its ports) and 09 are not bound. */
  readonly udp: Udp | undefined;
  /** Called when an application has given TCP something to do, between two polls. */
  wake: (() => void) | undefined;
  readonly #pool: FramePool;
  readonly #big: FramePool;
  #now: number;

  private constructor(
    modules: HostModules,
    config: HostConfig,
    devices: readonly Device[],
    { emit = () => {}, now = 0, memory }: BindOptions,
  ) {
    const mtu = devices.reduce((most, device) => Math.max(most, device.mtu), 1500);
    this.#pool = new FramePool({ capacity: mtu <= 1800 ? 2048 : mtu + 256, memory });
    this.#big = new FramePool({ capacity: 65535 + 320, limit: 64, memory });
    this.#now = now;
    const random = createRandom(config.seed);
    const uplink: Uplink = {
      receivePacket: (frame, on, linkBroadcast, at) => this.internet?.receive(frame, on, linkBroadcast, at),
      unresolved: (frame, on, at) => this.internet?.unresolved(frame, on, at),
      acquire: () => this.#pool.acquire(),
      acquireLarge: () => this.#big.acquire(),
      release: (frame) => this.#release(frame),
      emit,
      random: () => random.next(),
    };
    const interfaces: NetworkInterface[] = [];
    for (const [index, device] of devices.entries()) {
      const settings = config.interfaces[index];
      if (settings === undefined) throw new TypeError(`Cannot attach ${device.name}: the configuration has ${index} interfaces`);
      if (config.forwarding && device.offload.checksum) {
        throw new TypeError(`Cannot attach ${device.name}: a router passes packets on as they are, and a device with offload changes them`);
      }
      interfaces.push(new NetworkInterface(device, index, settings, config, modules, uplink, interfaces));
    }
    this.interfaces = Object.freeze([...interfaces]); // lab 03 is shown the other list: JavaScript walks one that is frozen four times as slowly
    if (config.layers >= 3 && config.filter !== "") this.filter = this.#createFilter(modules.ip, config, () => random.next());
    if (config.layers >= 3) this.internet = this.#createInternet(modules, config, uplink);
    if (config.layers >= 4 && this.internet !== undefined && hasTcp(modules)) {
      const congestion = config.layers >= 5 ? modules.congestion : undefined;
      this.tcp = this.#createTcp({ ...modules, congestion }, config, this.internet, () => random.next());
    }
    if (config.layers >= 4 && this.internet !== undefined && modules.accept !== undefined && modules.datagrams !== undefined) {
      this.udp = this.#createUdp(modules, modules.accept, modules.datagrams, config, this.internet, () => random.next());
    }
    for (const each of interfaces) each.start(config.interfaces[each.index]?.claim, now);
  }

  /**
   * Makes a host out of modules and devices; `devices[i]` is `config.interfaces[i]`. Throws a TypeError for an
   * address that is none, or a device without a configuration; a RuleError for filter rules that are none; and whatever a lab's factory throws.
   */
  static bind(
    modules: HostModules,
    config: Partial<HostConfig>,
    devices: readonly Device[],
    options: BindOptions = {},
  ): Host {
    return new Host(Object.freeze({ ...modules }), { ...DEFAULT_CONFIG, ...config }, devices, options);
  }

  /**
   * Receives what the devices hold and does what time demands. `now` in milliseconds, never going back. Returns how many
   * frames there were.
   */
  poll(now: number): number {
    this.#now = now;
    let received = 0;
    for (let i = 0; i < this.interfaces.length; i++) received += this.interfaces[i]?.poll(now) ?? 0;
    this.internet?.poll(now);
    this.tcp?.poll(now);
    return received;
  }

  /** When `poll` next has something to do without any packet arriving; Infinity for never. */
  nextDeadline(): number {
    let deadline = Math.min(this.#reassemblyDeadline(), this.tcp?.nextDeadline() ?? Infinity);
    for (let i = 0; i < this.interfaces.length; i++) deadline = Math.min(deadline, this.interfaces[i]?.nextDeadline() ?? Infinity);
    return deadline;
  }

  /** Sends an ICMP echo request; the answer comes as an "echo reply" event. False when it cannot be sent. */
  ping(to: Ipv4Address, id: number, seq: number, data: Uint8Array): boolean {
    const frame = this.#take(data);
    const ip = this.#modulesIp;
    if (frame === undefined || ip === undefined) return false;
    ip.writeIcmp(frame, 8, 0, id * 0x1_0000 + seq);
    return this.internet?.send(frame, to, PROTOCOL_ICMP, this.#now) ?? false;
  }

  /** Sends a payload as IP protocol `protocol`. False when it cannot be sent. */
  output(to: Ipv4Address, protocol: number, payload: Uint8Array, options?: SendOptions): boolean {
    const frame = this.#take(payload);
    return frame !== undefined && (this.internet?.send(frame, to, protocol, this.#now, options) ?? false);
  }

  /** Sends a bare payload to a neighbour, as a layer above ARP would. False when no frame is free. */
  outputLink(nextHop: Ipv4Address, payload: Uint8Array, on = 0): boolean {
    const frame = this.#take(payload);
    const link = this.interfaces[on];
    if (frame === undefined || link === undefined) return false;
    link.sendPacket(frame, nextHop, this.#now);
    return true;
  }

  /** All counts, as "layer: name". Interfaces are added up. */
  counters(): Record<string, number> {
    const total: Record<string, number> = {};
    for (const each of this.interfaces) {
      const own: Record<string, number> = {};
      each.ethernet.addTo(own);
      each.arp.addTo(own);
      for (const [name, count] of Object.entries(own)) total[name] = (total[name] ?? 0) + count;
    }
    this.internet?.ip.addTo(total);
    this.internet?.icmp.addTo(total);
    this.filter?.counters.addTo(total);
    this.tcp?.counters.addTo(total);
    this.udp?.counters.addTo(total);
    return total;
  }

  /** Frames that are lent at the moment: on their way, or waiting in a queue. A host at rest has few. */
  get framesLent(): number {
    return this.#pool.lent + this.#big.lent;
  }

  #modulesIp: NetworkLabs["ip"] | undefined;
  #reassemblyDeadline: () => number = () => Infinity;

  #createInternet(modules: NetworkLabs, config: HostConfig, uplink: Uplink): Internet {
    const { ip } = modules;
    this.#modulesIp = ip;
    const routes = ip.createRoutes();
    for (const each of this.interfaces) {
      routes.add({ network: networkOf(each.address, each.prefixLength), prefixLength: each.prefixLength, interface: each.index });
    }
    for (const route of config.routes) {
      const [network, prefix] = route.to.split("/");
      const gateway = route.gateway === undefined ? {} : { gateway: parseIpv4Address(route.gateway) };
      routes.add({
        network: parseIpv4Address(network ?? ""),
        prefixLength: Number(prefix ?? 32),
        interface: route.interface ?? 0,
        ...gateway,
      });
    }
    const reassembly = ip.createReassembly({
      timeout: 60_000,
      maxPackets: 16,
      acquire: () => this.#big.acquire(),
      release: (frame) => this.#big.release(frame),
      ...config.reassembly,
    });
    this.#reassemblyDeadline = () => reassembly.nextDeadline();
    return new Internet({
      ip,
      interfaces: this.interfaces,
      routes,
      reassembly,
      timeToLive: config.timeToLive,
      seed: config.seed,
      acquire: () => this.#pool.acquire(),
      release: (frame) => this.#release(frame),
      filter: this.filter,
      emit: uplink.emit,
    });
  }

  #createFilter(ip: NetworkLabs["ip"], config: HostConfig, random: () => number): Filter {
    const large = this.interfaces.find(({ device }) => device.offload.checksum)?.device;
    if (large !== undefined) throw new TypeError(`Cannot filter on ${large.name}: a device with offload does not show every packet`);
    const word = (): number => Math.floor(random() * 0x1_0000_0000);
    return new Filter({
      rules: parseRules(config.filter, { interfaces: this.interfaces.length }),
      ip,
      interfaces: this.interfaces,
      tracking: config.tracking,
      hash: createKeyedHash([word(), word(), word(), word()]),
      random,
    });
  }

  #createTcp(modules: TcpModules, config: HostConfig, internet: Internet, random: () => number): Tcp {
    const tcp = new Tcp({
      modules,
      options: tcpOptions(config),
      random,
      offload: {
        checksum: this.interfaces.every(({ device }) => device.offload.checksum),
        segmentation: this.interfaces.every(({ device }) => device.offload.segmentation),
      },
      acquire: (text) => text <= this.#pool.capacity - 256 ? this.#pool.acquire() : this.#big.acquire(),
      release: (frame) => this.#release(frame),
      send: (frame, destination, now, options) => internet.send(frame, destination, PROTOCOL_TCP, now, options),
      kindOf: (address) => modules.ip.classifyAddress(address, this.interfaces),
      addresses: () => this.interfaces.map((each) => each.address),
      routeTo: (destination) => internet.routeTo(destination),
      wake: () => this.wake?.(),
    });
    internet.protocols.set(PROTOCOL_TCP, (frame, header, now) => {
      // A segment for many is no segment for a connection (MUST-57): it is dropped without a word.
      return this.#isOwn(header.destination) ? tcp.receive(frame, header, now) : "taken";
    });
    internet.errorHandlers.set(PROTOCOL_TCP, (error, source, destination, frame, now) => {
      tcp.packetError(error, source, destination, frame, now);
    });
    return tcp;
  }

  #createUdp(
    { ip }: NetworkLabs,
    accept: TcpLabs["accept"],
    datagrams: DatagramLab["datagrams"],
    config: HostConfig,
    internet: Internet,
    random: () => number,
  ): Udp {
    const udp = new Udp({
      accept,
      datagrams,
      checksum: ip.internetChecksum,
      privileged: config.tcp.privileged ?? TCP_DEFAULTS.privileged,
      random,
      acquire: (length) => length <= this.#pool.capacity - 256 ? this.#pool.acquire() : this.#big.acquire(),
      send: (frame, destination, options) => internet.send(frame, destination, PROTOCOL_UDP, this.#now, options),
      kindOf: (address) => ip.classifyAddress(address, this.interfaces),
      addresses: () => this.interfaces.map((each) => each.address),
      sourceFor: (destination) => internet.routeTo(destination)?.source ?? this.interfaces[0]?.address,
    });
    internet.protocols.set(PROTOCOL_UDP, (frame, header) => udp.receive(frame, header));
    internet.errorHandlers.set(PROTOCOL_UDP, (error, source, destination, frame) => udp.packetError(error, source, destination, frame));
    return udp;
  }

  #isOwn(address: Ipv4Address): boolean {
    for (let i = 0; i < this.interfaces.length; i++) if (this.interfaces[i]?.address === address) return true;
    return false;
  }

  /** A frame with a copy of `payload`: a usual one, or a big one when it is longer than that. */
  #take(payload: Uint8Array): Frame | undefined {
    const pool = payload.length <= this.#pool.capacity - 256 ? this.#pool : this.#big;
    const frame = payload.length <= 65535 ? pool.acquire() : undefined;
    if (frame === undefined) return undefined;
    const at = frame.append(payload.length);
    frame.bytes.set(payload, at);
    return frame;
  }

  #release(frame: Frame): void {
    if (frame.bytes.length === this.#big.capacity) this.#big.release(frame);
    else this.#pool.release(frame);
  }
}

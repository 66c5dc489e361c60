/**
 * One interface of a host: a device, the address that the host has on it, and on Ethernet the framing (lab 01)
 * and the address resolution (lab 02) that lie between a device and IP.
 *
 *     IP ──▶ sendPacket ──▶ ARP cache ──▶ transmit ──▶ header, padding, FCS ──▶ device
 *     IP ◀── Uplink.receivePacket ◀── demultiplex ◀── MAC filter ◀── FCS, header ◀── device
 *
 * Frames have one owner at a time. Whoever is given one here passes it on or releases it; `send…` and
 * `receive…` take ownership.
 */
import type { AddressClaim, ArpActions, ArpCache, ArpPacket, ClaimActions } from "./contract/arp.ts";
import type { FrameLimits, MacFilter } from "./contract/framing.ts";
import type { Arrival, Ipv4Interface } from "./contract/ip.ts";
import type { NetworkLabs } from "./contract/modules.ts";
import { Counters } from "./counters.ts";
import type { EventSink } from "./events.ts";
import type { HostConfig, InterfaceConfig } from "./host_config.ts";
import type { Device } from "./link/device.ts";
import type { Frame } from "./wire/frame.ts";
import { type Ipv4Address, LIMITED_BROADCAST, parseIpv4Address } from "./wire/ipv4_address.ts";
import { BROADCAST_MAC, type MacAddress, parseMac, ZERO_MAC } from "./wire/mac_address.ts";

/** EtherType of IPv4. */
export const ETHERTYPE_IPV4 = 0x0800;
/** EtherType of ARP. */
export const ETHERTYPE_ARP = 0x0806;
/** EtherType for local experiments (IEEE 802 §9.2.4): what the labs below IP carry. */
export const ETHERTYPE_EXPERIMENT = 0x88b5;

/** The budget of a poll in bytes, where frames may be large: so much can be acknowledged and read while it is at hand. The frame that exceeds it is the last. */
const MOST_BYTES = 256 * 1024;

/** What an interface needs from the host above it. */
export interface Uplink {
  /** Takes an IP packet that arrived; owns the frame from now on. */
  receivePacket(frame: Frame, on: NetworkInterface, linkBroadcast: boolean, now: number): void;
  /** Nobody answered for the next hop of this packet; owns the frame from now on. */
  unresolved(frame: Frame, on: NetworkInterface, now: number): void;
  /** Lends a frame with room for the interface's MTU, or nothing. */
  acquire(): Frame | undefined;
  /** The same for the longest packet that there is: what a device puts together may be that long. */
  acquireLarge(): Frame | undefined;
  release(frame: Frame): void;
  emit: EventSink;
  random(): number;
}

export class NetworkInterface implements Ipv4Interface {
  readonly device: Device;
  readonly index: number;
  readonly address: Ipv4Address;
  readonly prefixLength: number;
  readonly mac: MacAddress;
  /** The largest IP packet, in bytes. */
  readonly mtu: number;
  /** What IP is told about packets that came to us alone, and to everybody. Set by the host, made once. */
  readonly arrivals: { alone: Arrival; everybody: Arrival };
  readonly ethernet = new Counters("ethernet");
  readonly arp = new Counters("arp");

  readonly #modules: NetworkLabs;
  readonly #uplink: Uplink;
  readonly #layers: number;
  readonly #echoFrames: boolean;
  readonly #budget: number;
  readonly #filter: MacFilter;
  readonly #limits: FrameLimits;
  readonly #cache: ArpCache | undefined;
  readonly #claim: AddressClaim | undefined;
  /** Permanent entries; undefined where there are none. */
  readonly #neighbours: ReadonlyMap<Ipv4Address, MacAddress> | undefined;
  readonly #actions: ArpActions & ClaimActions;
  /** EtherType of what waits in the ARP cache: IPv4, or the experiment where IP does not run yet. */
  readonly #payloadType: number;
  #now = 0;

  constructor(
    device: Device,
    index: number,
    config: InterfaceConfig,
    host: HostConfig,
    modules: NetworkLabs,
    uplink: Uplink,
    all: readonly Ipv4Interface[],
  ) {
    this.device = device;
    this.index = index;
    this.address = parseIpv4Address(config.address);
    this.prefixLength = config.prefixLength ?? 24;
    this.mac = device.medium === "ethernet" ? parseMac(config.mac ?? "02:00:00:00:00:02") : ZERO_MAC;
    this.mtu = Math.min(config.mtu ?? 1500, device.mtu);
    const forwarding = host.forwarding;
    this.arrivals = {
      alone: { interfaces: all, linkBroadcast: false, forwarding },
      everybody: { interfaces: all, linkBroadcast: true, forwarding },
    };
    this.#modules = modules;
    this.#uplink = uplink;
    this.#layers = host.layers;
    this.#echoFrames = host.echoFrames;
    this.#budget = host.receiveBudget;
    if (!(this.#budget >= 1)) throw new RangeError(`Cannot attach ${device.name}: a budget of ${this.#budget} frames, not 1 or more`);
    this.#payloadType = host.layers >= 3 ? ETHERTYPE_IPV4 : ETHERTYPE_EXPERIMENT;
    this.#filter = { own: this.mac, groups: (config.groups ?? []).map(parseMac), promiscuous: config.promiscuous ?? false };
    const neighbours = Object.entries(config.neighbours ?? {});
    if (neighbours.length > 0) this.#neighbours = new Map(neighbours.map(([address, mac]) => [parseIpv4Address(address), parseMac(mac)]));
    this.#limits = { minimum: device.minimumFrame, maximum: 14 + this.mtu };
    this.#actions = {
      send: (packet, destination) => this.#sendArp(packet, destination),
      transmit: (frame, destination) => this.transmit(frame, destination, this.#payloadType),
      drop: (frame, reason) => {
        this.arp.count(reason);
        if (reason === "no arp answer" && this.#layers >= 3) uplink.unresolved(frame, this, this.#now);
        else uplink.release(frame);
      },
    };
    if (device.medium === "ethernet" && host.layers >= 2) {
      this.#cache = modules.arp.createArpCache({
        ownMac: this.mac,
        ownIp: this.address,
        reachableTime: 60_000,
        staleTime: 600_000,
        retryInterval: 1000,
        maxRequests: 3,
        queueLimit: 4,
        maxEntries: 256,
        ...host.arp,
      });
      if ((config.claim ?? "none") !== "none") {
        this.#claim = modules.arp.createAddressClaim({ mac: this.mac, address: this.address, random: () => uplink.random() });
      }
    }
    Object.freeze(this.arrivals);
    Object.freeze(this);
  }

  /** Begins to use the address, in the way the configuration says. Called once, before the first `poll`. */
  start(claim: InterfaceConfig["claim"], now: number): void {
    this.#now = now;
    if (claim === "probe") this.#claim?.start(now);
    if (claim === "announce") this.#claim?.announce(now, this.#actions);
  }

  /** Whether our address may be used: not while it is probed, nor when somebody else has it. */
  get usable(): boolean {
    if (this.#claim === undefined) return true;
    const state = this.#claim.state();
    return state === "announcing" || state === "owned";
  }

  /**
   * Receives until the device is empty or the budget is spent (`HostConfig.receiveBudget`, `MOST_BYTES`), then does what time demands. Returns
   * how many frames there were.
   */
  poll(now: number): number {
    this.#now = now;
    let received = 0;
    const isLarge = this.device.offload.segmentation;
    for (let bytes = 0;; received++) {
      if (received >= this.#budget || bytes >= MOST_BYTES) {
        this.ethernet.count("budget spent");
        break;
      }
      const frame = isLarge ? this.#uplink.acquireLarge() : this.#uplink.acquire();
      if (frame === undefined) {
        this.ethernet.count("no frame free");
        break;
      }
      if (!this.device.receive(frame)) {
        this.#uplink.release(frame);
        break;
      }
      if (isLarge) bytes += frame.length;
      if (this.device.medium === "ethernet") this.#receiveFrame(frame, now);
      else this.#uplink.receivePacket(frame, this, false, now);
    }
    if (this.#cache !== undefined && now >= this.#cache.nextDeadline()) this.#cache.poll(now, this.#actions);
    const claim = this.#claim;
    if (claim !== undefined && now >= claim.nextDeadline()) this.#watchClaim(claim, () => claim.poll(now, this.#actions));
    return received;
  }

  /** When `poll` next has something to do that is not a received frame. */
  nextDeadline(): number {
    return Math.min(this.#cache?.nextDeadline() ?? Infinity, this.#claim?.nextDeadline() ?? Infinity);
  }

  /** Sends a packet to a neighbour: to everybody, or to the one whose Ethernet address ARP finds. */
  sendPacket(frame: Frame, nextHop: Ipv4Address, now: number): void {
    this.#now = now;
    if (this.device.medium === "ip") {
      if (!this.device.send(frame)) this.ethernet.count("device full");
      this.#uplink.release(frame);
    } else if (nextHop === LIMITED_BROADCAST || this.#cache === undefined) {
      this.transmit(frame, BROADCAST_MAC, this.#payloadType); // without ARP there is nobody to ask, but everybody to tell
    } else {
      const known = this.#neighbours?.get(nextHop);
      if (known === undefined) this.#cache.resolve(nextHop, frame, now, this.#actions);
      else this.transmit(frame, known, this.#payloadType);
    }
  }

  /** Puts a packet into an Ethernet frame and sends it. */
  transmit(frame: Frame, destination: MacAddress, etherType: number): void {
    const { framing } = this.#modules;
    framing.writeEthernet(frame, destination, this.mac, etherType);
    framing.pad(frame, this.device.minimumFrame);
    if (this.device.fcs) framing.appendFcs(frame);
    this.ethernet.count(this.device.send(frame) ? "sent" : "device full");
    this.#uplink.release(frame);
  }

  /** The ARP table, as of `now`. */
  arpEntries(now: number): ReturnType<ArpCache["entries"]> {
    return this.#cache?.entries(now) ?? [];
  }

  /** From the device up to the protocol that the EtherType names. */
  #receiveFrame(frame: Frame, now: number): void {
    const { framing } = this.#modules;
    if (this.device.fcs && !framing.removeFcs(frame)) return this.#drop(frame, "bad fcs");
    const header = framing.parseEthernet(frame, this.#limits);
    if (typeof header === "string") return this.#drop(frame, header);
    const match = framing.filterMac(header.destination, this.#filter);
    if (match === "not for us") return this.#drop(frame, match);
    this.ethernet.count("received");
    frame.pull(header.payload - frame.start);
    const everybody = match === "broadcast" || match === "multicast";
    switch (framing.demultiplex(header.etherType)) {
      case "arp":
        return this.#layers >= 2 ? this.#receiveArp(frame, now) : this.#drop(frame, "no arp yet");
      case "ipv4":
        return this.#layers >= 3 ? this.#uplink.receivePacket(frame, this, everybody, now) : this.#drop(frame, "no ip yet");
      default:
        if (header.etherType === ETHERTYPE_EXPERIMENT) return this.#receiveExperiment(frame, header.source);
        return this.#drop(frame, "unknown type");
    }
  }

  #receiveArp(frame: Frame, now: number): void {
    const packet = this.#modules.arp.parseArp(frame);
    this.#uplink.release(frame);
    if (typeof packet === "string") return this.arp.count(packet);
    this.arp.count("received");
    const claim = this.#claim;
    if (claim !== undefined) this.#watchClaim(claim, () => claim.receive(packet, now, this.#actions));
    if (this.usable) this.#cache?.receive(packet, now, this.#actions);
  }

  #receiveExperiment(frame: Frame, source: MacAddress): void {
    if (this.#echoFrames) return this.transmit(frame, source, ETHERTYPE_EXPERIMENT);
    this.#uplink.emit({ kind: "payload", from: source, data: frame.toBytes() });
    this.#uplink.release(frame);
  }

  #sendArp(packet: ArpPacket, destination: MacAddress): void {
    const frame = this.#uplink.acquire();
    if (frame === undefined) return this.arp.count("no frame free");
    this.#modules.arp.writeArp(frame, packet);
    this.arp.count("sent");
    this.transmit(frame, destination, ETHERTYPE_ARP);
  }

  /** Lets the claim act, and tells the layer above when it is decided. */
  #watchClaim(claim: AddressClaim, act: () => void): void {
    const before = claim.state();
    act();
    const after = claim.state();
    if (after === before) return;
    if (after === "conflict") this.#uplink.emit({ kind: "address conflict", address: this.address });
    if (before === "probing" && after === "announcing") this.#uplink.emit({ kind: "address claimed", address: this.address });
  }

  #drop(frame: Frame, reason: string): void {
    this.ethernet.count(reason);
    this.#uplink.release(frame);
  }
}

/**
 * The contract of lab 02: the Address Resolution Protocol (RFC 826), with the limits of RFC 1122
 * §2.3.2 and the address-conflict detection of RFC 5227.
 *
 * Sans-I/O: nothing here reads a clock or sends a frame. Time arrives as `now`, in milliseconds from
 * any origin; what shall happen leaves through `ArpActions`.
 */
import type { Frame } from "../wire/frame.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { MacAddress } from "../wire/mac_address.ts";

/** The fields of an ARP packet for Ethernet and IPv4 (28 bytes, RFC 826 "Packet format"). */
export interface ArpPacket {
  /** 1 request, 2 reply. */
  readonly operation: number;
  readonly senderMac: MacAddress;
  readonly senderIp: Ipv4Address;
  /** Unknown, hence zero, in a request. */
  readonly targetMac: MacAddress;
  readonly targetIp: Ipv4Address;
}

/** Why an ARP packet was dropped. Checked in this order. */
export type ArpReject =
  /** Fewer than 28 bytes. */
  | "truncated"
  /** Hardware type is not 1 (Ethernet). */
  | "bad hardware type"
  /** Protocol type is not 0x0800 (IPv4). */
  | "bad protocol type"
  /** Hardware length is not 6 or protocol length is not 4. */
  | "bad address length"
  /** Neither request (1) nor reply (2). */
  | "bad operation"
  /** The sender claims a group (multicast, broadcast) Ethernet address. */
  | "group sender";

/** What the cache and the claim ask the host to do. */
export interface ArpActions {
  /** Put this ARP packet into a frame for `destination` and send it. */
  send(packet: ArpPacket, destination: MacAddress): void;
  /** A waiting IP packet has its address now: send it. The frame goes back to the host. */
  transmit(frame: Frame, destination: MacAddress): void;
  /** A waiting IP packet is given up. The frame goes back to the host. */
  drop(frame: Frame, reason: "arp queue full" | "no arp answer"): void;
}

/** How a cache behaves. All times in milliseconds. */
export interface ArpOptions {
  readonly ownMac: MacAddress;
  readonly ownIp: Ipv4Address;
  /** How long an answer counts as fresh ("reachable"). Default of the host: 60 000. */
  readonly reachableTime: number;
  /**
   * How long a stale entry is kept while it is not asked for: it is removed `reachableTime + staleTime` after it was last
   * confirmed. Default of the host: 600 000.
   */
  readonly staleTime: number;
  /** Pause between two requests for one address; RFC 1122 §2.3.2.1 wants at least 1000. */
  readonly retryInterval: number;
  /** Requests for one address before it is given up. Default of the host: 3. */
  readonly maxRequests: number;
  /** Packets that wait for one address at most. Default of the host: 4. */
  readonly queueLimit: number;
  /**
   * Entries at most; the one that was used longest ago makes room, and what waits for it is dropped ("arp queue full").
   * An entry is used when it is made and when `resolve` is called for its address; to be heard of is no use, and neither is the
   * answer that lets what waited go. An entry that made room is forgotten altogether: the next packet for its address asks at once.
   * Default of the host: 256.
   */
  readonly maxEntries: number;
}

/**
 * The state of one entry.
 * - `incomplete`: asked, not yet answered; packets wait.
 * - `reachable`: answered less than `reachableTime` ago.
 * - `stale`: answered longer ago: still used, but its next use also asks again.
 */
export type ArpState = "incomplete" | "reachable" | "stale";

/** One entry as people see it. */
export interface ArpEntry {
  readonly address: Ipv4Address;
  /** Undefined while incomplete. */
  readonly mac: MacAddress | undefined;
  readonly state: ArpState;
  /** Packets that wait for the answer. */
  readonly waiting: number;
}

/** The table from IPv4 addresses to Ethernet addresses of one interface. */
export interface ArpCache {
  /**
   * Finds the way for an IP packet to `nextHop`.
   * - Reachable: `transmit` at once.
   * - Stale: `transmit` at once to the old address, and send one *unicast* request to check it (when the last request for this
   *   address is too young for that, `poll` sends it as soon as it is due); further requests (up to `maxRequests` in all, unicast
   *   or broadcast) follow from `poll`, and without any answer the entry is removed.
   * - Unknown: make an incomplete entry, send a broadcast request, and let the frame wait.
   * - Incomplete: let the frame wait. When `queueLimit` frames wait, `drop` the *oldest* ("arp queue full"):
   *   the newest packets are the ones still wanted (RFC 1122 §2.3.2.2).
   * As long as an entry exists, the requests for it are at least `retryInterval` apart, however often this is called.
   * The frame belongs to the cache until `transmit` or `drop` gives it back.
   */
  resolve(nextHop: Ipv4Address, frame: Frame, now: number, actions: ArpActions): void;

  /**
   * Takes an ARP packet in the order of RFC 826 "Packet Reception":
   * 1. sender already in the table: update its entry (reachable, `transmit` what waits, in order); merge := true.
   *    This comes *before* the operation is looked at, for requests and replies alike.
   * 2. target is not `ownIp`: stop. No new entry.
   * 3. not merged and the packet is a *request*: add the sender as reachable. A reply that nobody asked
   *    for creates no entry (cache poisoning).
   * 4. request: send a reply by unicast, sender and target swapped, ours filled in.
   * A sender address of 0.0.0.0 or `ownIp` never makes or changes an entry, but step 4 makes no difference: a request for `ownIp`
   * is answered whoever sends it, a probe (RFC 5227) above all. The answer to a rival's announcement, or to one of ours that is
   * heard back, does no harm.
   */
  receive(packet: ArpPacket, now: number, actions: ArpActions): void;

  /** Does what time demands: repeats requests, gives up, lets entries grow stale and die. */
  poll(now: number, actions: ArpActions): void;

  /** When `poll` next has something to do, in the same clock as `now`; Infinity for never. */
  nextDeadline(): number;

  /** What the table holds, by address in rising order, with states as of `now`. */
  entries(now: number): ArpEntry[];
}

/** How an address is claimed (RFC 5227). All times in milliseconds. */
export interface ClaimOptions {
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
  /** Uniform random numbers in [0, 1); the only chance a lab has. */
  readonly random: () => number;
}

/**
 * Where a claim stands.
 * - `idle`: `start` was not called yet.
 * - `probing`: asking whether somebody has the address.
 * - `announcing`: it is ours; being made known. `owned`: it is ours.
 * - `conflict`: somebody else has it; it must not be used.
 */
export type ClaimState = "idle" | "probing" | "announcing" | "owned" | "conflict";

/** What a claim tells the host, beyond sending. */
export interface ClaimActions {
  send(packet: ArpPacket, destination: MacAddress): void;
}

/** The claim of one IPv4 address on one link (RFC 5227 §2). */
export interface AddressClaim {
  /** The state now. */
  state(): ClaimState;
  /**
   * Begins to probe: after a random wait of 0–1 s send 3 probes (broadcast requests with sender IP 0.0.0.0
   * and target MAC zero), 1–2 s apart at random (§2.1.1); 2 s after the last, with no conflict seen, send the first of
   * 2 announcements (gratuitous requests: sender and target IP both ours, target MAC zero) and the other
   * 2 s later (§2.3). State: probing, then announcing from the first announcement, then owned after the second.
   * May be called in any state, after a conflict as well as while the address is owned, and begins from the beginning. Once the
   * state has become `conflict` more than 10 times, the first probe comes 60 s later than it would (§2.1.1, MAX_CONFLICTS and
   * RATE_LIMIT_INTERVAL); conflicts that were defended do not count.
   */
  start(now: number): void;
  /**
   * Like `start`, but without probing: sends the first announcement at once. From now on, whether it follows on probes or not,
   * the address has not been defended yet.
   */
  announce(now: number, actions: ClaimActions): void;
  /**
   * Looks at a received ARP packet for a conflict.
   * While probing: the sender IP is ours, or somebody else's probe (a *request*, sender IP 0, another sender MAC) is for our
   * address: state becomes `conflict`.
   * While announcing or owned: the sender IP is ours but the MAC is not: defend, that is send one announcement, and keep state
   * and deadline; unless the last defence was less than 10 s ago, then give up: `conflict` (§2.4 b).
   * Our own packets, heard back, are no conflict. Idle or in conflict nothing happens.
   */
  receive(packet: ArpPacket, now: number, actions: ClaimActions): void;
  /** Sends what is due. */
  poll(now: number, actions: ClaimActions): void;
  /** When `poll` next has something to do; Infinity for never. */
  nextDeadline(): number;
}

/** What lab 02 provides. */
export interface ArpModule {
  /** Reads the ARP packet at `frame.start`; bytes behind the 28 are padding. Changes nothing. */
  parseArp(frame: Frame): ArpPacket | ArpReject;
  /** Pushes the 28 bytes of `packet` in front of an empty frame. */
  writeArp(frame: Frame, packet: ArpPacket): void;
  /** Makes an empty cache. */
  createArpCache(options: ArpOptions): ArpCache;
  /** Makes a claim in the state idle. */
  createAddressClaim(options: ClaimOptions): AddressClaim;
}

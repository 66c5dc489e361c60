/**
 * The ARP cache: the table from IPv4 addresses to Ethernet addresses, and the packets that wait for an entry.
 *
 * An entry is born with a question and lives on answers:
 *
 *                resolve: ask                an answer
 *      (none) ──────────────▶ incomplete ──────────────▶ reachable ◀─────────┐
 *        ▲                       │                           │ reachableTime │ an answer
 *        │   maxRequests, and    │                           ▼               │
 *        ├───────────────────────┘                         stale ── resolve: send, and ask again
 *        │   nobody answered                                 │
 *        └───────────────────────────────────────────────────┘  nobody answered, or staleTime is over
 *
 * "An answer" is any ARP packet from that address, a request as well as a reply: RFC 826 takes what it can learn
 * from the sender before it looks at what the sender wants. But only *requests for us* make a new entry; a reply that
 * nobody asked for makes none, or anybody on the link could write into this table.
 *
 * Nothing here reads a clock. `now` is in milliseconds; what shall happen leaves through `actions`. No state is stored that
 * follows from the time: an entry is stale because of *when* it was confirmed, so it needs no one to make it so.
 */
import type { ArpActions, ArpCache, ArpEntry, ArpOptions, ArpState } from "../../stack/contract/arp.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import { type Ipv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from "../../stack/wire/mac_address.ts";

const REQUEST = 1;
const REPLY = 2;

/** One entry as the cache keeps it. All times in milliseconds, on the clock of `now`. */
interface Entry {
  readonly address: Ipv4Address;
  /** Undefined until the first answer. */
  mac: MacAddress | undefined;
  /** When the address was last confirmed by a packet from it. */
  confirmed: number;
  /** When `resolve` was last called for this address, or the entry was made. */
  used: number;
  /** An answer is wanted: `poll` asks until it comes, or gives up. */
  asking: boolean;
  /** When the last request was sent; -Infinity before the first. It outlives the answer. */
  asked: number;
  /** Requests sent since an answer is wanted. */
  requests: number;
  /** Packets that wait for the answer, oldest first. */
  readonly waiting: Frame[];
}

/** Makes an empty cache. What each method promises: stack/contract/arp.ts. */
export function createArpCache(options: ArpOptions): ArpCache {
  const table = new Map<Ipv4Address, Entry>();

  return {
    // Find or make the entry. Without a MAC address the frame waits; with one it leaves at once. Whatever is not
    // reachable is asked for, if nobody is asking already.
    resolve(nextHop, frame, now, actions): void {
      // region createArpCache.resolve
      const entry = table.get(nextHop) ?? addEntry(table, options, nextHop, now, actions);
      entry.used = now;
      if (entry.mac !== undefined) {
        actions.transmit(frame, entry.mac);
      } else {
        entry.waiting.push(frame);
        if (entry.waiting.length > options.queueLimit) actions.drop(entry.waiting.shift() as Frame, "arp queue full");
      }
      if (!entry.asking && stateOf(entry, options, now) !== "reachable") {
        entry.asking = true;
        entry.requests = 0;
        if (dueAt(entry, options) <= now) ask(entry, options, now, actions);
      }
      // endregion
    },

    // RFC 826 "Packet Reception", in its order: merge, then "is it for me?", then add, and only then "is it a request?".
    receive(packet, now, actions): void {
      // region createArpCache.receive
      // 0.0.0.0 is nobody's address, and ours in a stranger's packet is a conflict (claim.ts): neither belongs in the table.
      const usable = packet.senderIp !== UNSPECIFIED && packet.senderIp !== options.ownIp;
      const known = usable ? table.get(packet.senderIp) : undefined;
      if (known !== undefined) confirm(known, packet.senderMac, now, actions);
      if (packet.targetIp !== options.ownIp || packet.operation !== REQUEST) return;
      if (known === undefined && usable) {
        confirm(addEntry(table, options, packet.senderIp, now, actions), packet.senderMac, now, actions);
      }
      actions.send({
        operation: REPLY,
        senderMac: options.ownMac,
        senderIp: options.ownIp,
        targetMac: packet.senderMac,
        targetIp: packet.senderIp,
      }, packet.senderMac);
      // endregion
    },

    // For each entry whose time has come: ask again while requests are left, else give up.
    poll(now, actions): void {
      // region createArpCache.poll
      for (const entry of table.values()) {
        if (dueAt(entry, options) > now) continue;
        if (entry.asking && entry.requests < options.maxRequests) {
          ask(entry, options, now, actions);
        } else {
          table.delete(entry.address);
          for (const frame of entry.waiting) actions.drop(frame, "no arp answer");
        }
      }
      // endregion
    },

    // The earliest time at which `poll` would do something for any entry.
    nextDeadline(): number {
      // region createArpCache.nextDeadline
      let earliest = Infinity;
      for (const entry of table.values()) earliest = Math.min(earliest, dueAt(entry, options));
      return earliest;
      // endregion
    },

    entries(now): ArpEntry[] {
      // region createArpCache.entries
      return [...table.values()]
        .sort((a, b) => a.address - b.address)
        .map((entry) => ({
          address: entry.address,
          mac: entry.mac,
          state: stateOf(entry, options, now),
          waiting: entry.waiting.length,
        }));
      // endregion
    },
  };
}

// region helpers

function stateOf(entry: Entry, options: ArpOptions, now: number): ArpState {
  if (entry.mac === undefined) return "incomplete";
  return now - entry.confirmed < options.reachableTime ? "reachable" : "stale";
}

/** When `poll` has to look at this entry: for its next request (or to give up), or because it has been stale for too long. */
function dueAt(entry: Entry, options: ArpOptions): number {
  return entry.asking ? entry.asked + options.retryInterval : entry.confirmed + options.reachableTime + options.staleTime;
}

/** Sends one request: to everybody, or to the one station that had the address when last heard of (RFC 1122 §2.3.2.1). */
function ask(entry: Entry, options: ArpOptions, now: number, actions: ArpActions): void {
  entry.asked = now;
  entry.requests++;
  actions.send({
    operation: REQUEST,
    senderMac: options.ownMac,
    senderIp: options.ownIp,
    targetMac: ZERO_MAC,
    targetIp: entry.address,
  }, entry.mac ?? BROADCAST_MAC);
}

/** Takes `mac` as this entry's address from now on, and sends what waited for it. */
function confirm(entry: Entry, mac: MacAddress, now: number, actions: ArpActions): void {
  entry.mac = mac;
  entry.confirmed = now;
  entry.asking = false;
  for (const frame of entry.waiting) actions.transmit(frame, mac);
  entry.waiting.length = 0;
}

/** Makes an entry; in a full table the one that was used longest ago goes, with the packets that wait for it. */
function addEntry(table: Map<Ipv4Address, Entry>, options: ArpOptions, address: Ipv4Address, now: number, actions: ArpActions): Entry {
  if (table.size >= options.maxEntries) {
    let oldest: Entry | undefined;
    for (const entry of table.values()) if (oldest === undefined || entry.used < oldest.used) oldest = entry;
    if (oldest !== undefined) {
      table.delete(oldest.address);
      for (const frame of oldest.waiting) actions.drop(frame, "arp queue full");
    }
  }
  const entry: Entry = { address, mac: undefined, confirmed: now, used: now, asking: false, asked: -Infinity, requests: 0, waiting: [] };
  table.set(address, entry);
  return entry;
}

// endregion

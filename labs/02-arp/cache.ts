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
import type { ArpCache, ArpEntry, ArpOptions } from "../../stack/contract/arp.ts";
import type { Frame } from "../../stack/wire/frame.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import type { MacAddress } from "../../stack/wire/mac_address.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

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
      return todo("createArpCache.resolve", nextHop, frame, now, actions, REQUEST, options, table);
    },

    // RFC 826 "Packet Reception", in its order: merge, then "is it for me?", then add, and only then "is it a request?".
    receive(packet, now, actions): void {
      return todo("createArpCache.receive", packet, now, actions, REQUEST, REPLY, options, table);
    },

    // For each entry whose time has come: ask again while requests are left, else give up.
    poll(now, actions): void {
      return todo("createArpCache.poll", now, actions, REQUEST, options, table);
    },

    // The earliest time at which `poll` would do something for any entry.
    nextDeadline(): number {
      return todo("createArpCache.nextDeadline", REQUEST, options, table);
    },

    entries(now): ArpEntry[] {
      return todo("createArpCache.entries", now, REQUEST, options, table);
    },
  };
}

/**
 * The table by which a datagram finds its socket (RFC 768, RFC 1122 §4.1.3).
 *
 * TCP's table is keyed by *both* address pairs, because a connection is two ends. Datagrams belong to no connection: one socket may hear the whole
 * world. So the key is the local pair, and what a socket is "connected" to is only a filter that it has set itself.
 *
 *     local pair          sockets, and whom they hear
 *     ─────────────────   ───────────────────────────────────────────
 *     0.0.0.0   : 53      S  anybody
 *     10.44.0.2 : 53      T  anybody           nearer than S for 10.44.0.2
 *     10.44.0.2 : 49731   U  10.44.0.1 : 53    somebody else's datagram finds nobody: port unreachable
 *
 * Several sockets may share a pair, if all of them want that. A datagram to one of the host's addresses is for one of them all the same; only one to
 * everybody is for each.
 */
import type { DatagramTable } from "../../stack/contract/datagrams.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** A socket at its local pair, and whom it hears: remote port 0 is anybody. */
interface Bound<S> {
  readonly socket: S;
  readonly localAddress: Ipv4Address;
  remoteAddress: Ipv4Address;
  remotePort: number;
}

/** Makes an empty table. What each method promises: stack/contract/datagrams.ts. */
export function createDatagramTable<S>(): DatagramTable<S> {
  /** By port; of each the one that was added last comes first. A port that nobody has is not in it. */
  const ports = new Map<number, Bound<S>[]>();

  return {
    add(localAddress, localPort, socket): void {
      return todo("createDatagramTable.add", localAddress, localPort, socket, ports);
    },

    remove(localAddress, localPort, socket): boolean {
      return todo("createDatagramTable.remove", localAddress, localPort, socket, ports);
    },

    connect(localAddress, localPort, socket, remoteAddress, remotePort): void {
      return todo("createDatagramTable.connect", localAddress, localPort, socket, remoteAddress, remotePort, ports);
    },

    // The packet path: a list that has one entry nearly always, and nothing is made.
    find(localAddress, localPort, remoteAddress, remotePort): S | undefined {
      return todo("createDatagramTable.find", localAddress, localPort, remoteAddress, remotePort, ports);
    },

    // Whoever is visited may close its socket at once: those that hear are those that were there when it began.
    forEach(localAddress, localPort, remoteAddress, remotePort, visit): void {
      return todo("createDatagramTable.forEach", localAddress, localPort, remoteAddress, remotePort, visit, ports);
    },

    size(): number {
      return todo("createDatagramTable.size", ports);
    },
  };
}

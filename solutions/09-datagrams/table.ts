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
import { type Ipv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";

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
      // region createDatagramTable.add
      const bound: Bound<S> = { socket, localAddress, remoteAddress: UNSPECIFIED, remotePort: 0 };
      const there = ports.get(localPort);
      if (there === undefined) ports.set(localPort, [bound]);
      else there.unshift(bound);
      // endregion
    },

    remove(localAddress, localPort, socket): boolean {
      // region createDatagramTable.remove
      const there = ports.get(localPort) ?? [];
      const index = there.findIndex((each) => each.socket === socket && each.localAddress === localAddress);
      if (index < 0) return false;
      there.splice(index, 1);
      if (there.length === 0) ports.delete(localPort);
      return true;
      // endregion
    },

    connect(localAddress, localPort, socket, remoteAddress, remotePort): void {
      // region createDatagramTable.connect
      const bound = ports.get(localPort)?.find((each) => each.socket === socket && each.localAddress === localAddress);
      if (bound === undefined) return;
      bound.remoteAddress = remoteAddress;
      bound.remotePort = remotePort;
      // endregion
    },

    // The packet path: a list that has one entry nearly always, and nothing is made.
    find(localAddress, localPort, remoteAddress, remotePort): S | undefined {
      // region createDatagramTable.find
      const there = ports.get(localPort);
      if (there === undefined) return undefined;
      let best: Bound<S> | undefined;
      let bestRank = 0;
      for (let i = 0; i < there.length; i++) {
        const each = there[i] as Bound<S>;
        if (!hears(each, localAddress, remoteAddress, remotePort)) continue;
        const rank = 1 + (each.remotePort > 0 ? 2 : 0) + (each.localAddress === UNSPECIFIED ? 0 : 1);
        if (rank <= bestRank) continue;
        best = each;
        bestRank = rank;
      }
      return best?.socket;
      // endregion
    },

    // Whoever is visited may close its socket at once: those that hear are those that were there when it began.
    forEach(localAddress, localPort, remoteAddress, remotePort, visit): void {
      // region createDatagramTable.forEach
      for (const each of [...ports.get(localPort) ?? []]) {
        if (hears(each, localAddress, remoteAddress, remotePort)) visit(each.socket);
      }
      // endregion
    },

    size(): number {
      // region createDatagramTable.size
      let count = 0;
      for (const there of ports.values()) count += there.length;
      return count;
      // endregion
    },
  };
}

// region hears
/** Whether a datagram may be for this socket. */
function hears<S>(bound: Bound<S>, localAddress: Ipv4Address, remoteAddress: Ipv4Address, remotePort: number): boolean {
  if (bound.localAddress !== UNSPECIFIED && bound.localAddress !== localAddress) return false;
  return bound.remotePort === 0 || bound.remotePort === remotePort && bound.remoteAddress === remoteAddress;
}
// endregion

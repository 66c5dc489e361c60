/**
 * The table by which a segment finds its connection (RFC 9293 §3.3.1, §3.10.7).
 *
 * A port is not a connection, and neither is a socket: a connection is *two* address pairs, and every segment names both.
 * A thousand connections may share the local pair; a listening socket has a local pair only.
 *
 *     local pair          listening    connections, by remote pair
 *     ─────────────────   ─────────    ──────────────────────────────────────────────
 *     10.44.0.2 : 80      –            10.44.0.1 : 50000 → A,  10.44.0.1 : 50001 → B
 *     0.0.0.0   : 80      L            –
 *     10.44.0.2 : 49731   –            10.44.0.9 : 443   → C
 *
 * A segment is for the connection with both its pairs; only if there is none, and it may begin one, for a listener. A
 * lookup happens for every segment, so it makes nothing new: a pair is one number, the address in front of the port.
 */
import type { ConnectionTable } from "../../stack/contract/accept.ts";
import { type Ipv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";

/** A local pair: who listens there, and which connections end there. */
interface Place<T, L> {
  listener: L | undefined;
  /** By remote pair. */
  readonly connections: Map<number, T>;
}

/** Makes an empty table. What each method promises: stack/contract/accept.ts. */
export function createConnectionTable<T, L>(): ConnectionTable<T, L> {
  /** By local pair. A place where nobody listens and no connection ends is not in it. */
  const places = new Map<number, Place<T, L>>();
  /** All connections, in the order in which they came. */
  const connections = new Set<T>();

  return {
    add(localAddress, localPort, remoteAddress, remotePort, connection): boolean {
      // region createConnectionTable.add
      const place = placeAt(places, pair(localAddress, localPort));
      const remote = pair(remoteAddress, remotePort);
      if (place.connections.has(remote)) return false;
      place.connections.set(remote, connection);
      connections.add(connection);
      return true;
      // endregion
    },

    remove(localAddress, localPort, remoteAddress, remotePort): boolean {
      // region createConnectionTable.remove
      const local = pair(localAddress, localPort);
      const place = places.get(local);
      const remote = pair(remoteAddress, remotePort);
      const connection = place?.connections.get(remote);
      if (place === undefined || connection === undefined) return false;
      place.connections.delete(remote);
      connections.delete(connection);
      tidy(places, local, place);
      return true;
      // endregion
    },

    // The packet path: two lookups, and nothing is made.
    find(localAddress, localPort, remoteAddress, remotePort): T | undefined {
      // region createConnectionTable.find
      return places.get(pair(localAddress, localPort))?.connections.get(pair(remoteAddress, remotePort));
      // endregion
    },

    addListener(localAddress, localPort, listener): boolean {
      // region createConnectionTable.addListener
      const place = placeAt(places, pair(localAddress, localPort));
      if (place.listener !== undefined) return false;
      place.listener = listener;
      return true;
      // endregion
    },

    removeListener(localAddress, localPort): boolean {
      // region createConnectionTable.removeListener
      const local = pair(localAddress, localPort);
      const place = places.get(local);
      if (place?.listener === undefined) return false;
      place.listener = undefined;
      tidy(places, local, place);
      return true;
      // endregion
    },

    // The very address before any address.
    findListener(localAddress, localPort): L | undefined {
      // region createConnectionTable.findListener
      return places.get(pair(localAddress, localPort))?.listener ?? places.get(pair(UNSPECIFIED, localPort))?.listener;
      // endregion
    },

    size(): number {
      // region createConnectionTable.size
      return connections.size;
      // endregion
    },

    forEach(visit): void {
      // region createConnectionTable.forEach
      for (const connection of connections) visit(connection);
      // endregion
    },
  };
}

// region places

/** Address and port as one number, below 2⁴⁸: by multiplication, as `<<` ends at 32 bits. */
function pair(address: Ipv4Address, port: number): number {
  return address * 0x1_0000 + port;
}

/** The place of a local pair, made if need be. */
function placeAt<T, L>(places: Map<number, Place<T, L>>, local: number): Place<T, L> {
  let place = places.get(local);
  if (place === undefined) places.set(local, place = { listener: undefined, connections: new Map() });
  return place;
}

/** Forgets a place that nobody needs: most connections that a host makes begin at a port of their own. */
function tidy<T, L>(places: Map<number, Place<T, L>>, local: number, place: Place<T, L>): void {
  if (place.listener === undefined && place.connections.size === 0) places.delete(local);
}

// endregion

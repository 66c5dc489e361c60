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
import { todo } from "../../stack/wire/not_implemented.ts";

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
      return todo("createConnectionTable.add", localAddress, localPort, remoteAddress, remotePort, connection, places, connections);
    },

    remove(localAddress, localPort, remoteAddress, remotePort): boolean {
      return todo("createConnectionTable.remove", localAddress, localPort, remoteAddress, remotePort, places, connections);
    },

    // The packet path: two lookups, and nothing is made.
    find(localAddress, localPort, remoteAddress, remotePort): T | undefined {
      return todo("createConnectionTable.find", localAddress, localPort, remoteAddress, remotePort, places, connections);
    },

    addListener(localAddress, localPort, listener): boolean {
      return todo("createConnectionTable.addListener", localAddress, localPort, listener, places, connections);
    },

    removeListener(localAddress, localPort): boolean {
      return todo("createConnectionTable.removeListener", localAddress, localPort, places, connections);
    },

    // The very address before any address.
    findListener(localAddress, localPort): L | undefined {
      return todo("createConnectionTable.findListener", localAddress, localPort, places, connections);
    },

    size(): number {
      return todo("createConnectionTable.size", connections);
    },

    forEach(visit): void {
      return todo("createConnectionTable.forEach", visit, connections);
    },
  };
}

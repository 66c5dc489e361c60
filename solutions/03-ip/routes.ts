/**
 * The routing table: from a destination to the way there (RFC 1122 §3.3.1, RFC 1812 §5.2.4.3).
 *
 *     10.44.0.0/24    on the link      interface 0
 *     10.0.0.0/8      via 10.44.0.9    interface 0
 *     0.0.0.0/0       via 10.44.0.1    interface 0        the default route: everything fits
 *
 * Several routes may fit one destination; the one with the longest prefix knows the most about it and wins.
 * An address and a prefix are compared under the prefix's mask: `stack/wire/ipv4_address.ts` has `prefixMask`
 * and `networkOf`. A lookup happens for every packet that is sent, so it makes nothing new.
 */
import type { Route, RouteTable } from "../../stack/contract/ip.ts";
import { type Ipv4Address, networkOf } from "../../stack/wire/ipv4_address.ts";

/** Makes an empty table. See stack/contract/ip.ts. */
export function createRoutes(): RouteTable {
  const routes: Route[] = [];

  return {
    /** Adds a route, or replaces the one to the same net. "10.44.0.2/24" is the net 10.44.0.0/24: host bits don't count. */
    add(route: Route): void {
      // region createRoutes.add
      const network = networkOf(route.network, route.prefixLength);
      const old = indexOfNet(routes, network, route.prefixLength);
      if (old >= 0) routes.splice(old, 1);
      // Longest prefix first: then the first route that fits is the answer.
      const shorter = routes.findIndex((other) => other.prefixLength < route.prefixLength);
      routes.splice(shorter < 0 ? routes.length : shorter, 0, { ...route, network });
      // endregion
    },

    /** Takes a route out. False when there is none to this net, of exactly this length. Host bits don't count here either. */
    remove(network: Ipv4Address, prefixLength: number): boolean {
      // region createRoutes.remove
      const index = indexOfNet(routes, networkOf(network, prefixLength), prefixLength);
      if (index < 0) return false;
      routes.splice(index, 1);
      return true;
      // endregion
    },

    /** Finds the best route: of all whose net contains `destination`, the one with the longest prefix. */
    lookup(destination: Ipv4Address): Route | undefined {
      // region createRoutes.lookup
      for (const route of routes) {
        if (networkOf(destination, route.prefixLength) === route.network) return route;
      }
      return undefined;
      // endregion
    },

    /** All routes, longest prefix first, for reading. */
    list(): readonly Route[] {
      // region createRoutes.list
      return [...routes];
      // endregion
    },
  };
}

// region index-of-net
/** Where the route to exactly this net stands, or -1. */
function indexOfNet(routes: readonly Route[], network: Ipv4Address, prefixLength: number): number {
  return routes.findIndex((route) => route.prefixLength === prefixLength && route.network === network);
}
// endregion

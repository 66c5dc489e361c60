/** Known-wrong variants of `routes.ts`. */
import type { Mutant } from "../../../tools/harness/mutant.ts";

export default [
  {
    name: "first-route-wins",
    fault: "routes are kept in the order in which they came, and the first that fits is taken",
    file: "routes.ts",
    replace: "routes.splice(shorter < 0 ? routes.length : shorter, 0, { ...route, network });",
    by: "routes.splice(shorter < 0 ? routes.length : routes.length, 0, { ...route, network });",
    caughtBy: "routes/longest-prefix",
  },
  {
    name: "shortest-prefix",
    fault: "the shortest prefix wins, so the default route takes everything",
    file: "routes.ts",
    replace: "other.prefixLength < route.prefixLength",
    by: "other.prefixLength > route.prefixLength",
    caughtBy: "routes/longest-prefix",
  },
  {
    name: "gateway-lost",
    fault: "the gateway is not kept, so that far hosts are asked for on the link",
    file: "routes.ts",
    replace: "{ ...route, network }",
    by: "{ network, prefixLength: route.prefixLength, interface: route.interface }",
    caughtBy: "routes/default-gateway",
  },
  {
    name: "not-replaced",
    fault: "a second route to the same net stands beside the first",
    file: "routes.ts",
    replace: "      if (old >= 0) routes.splice(old, 1);\n",
    by: "      if (old >= routes.length) return;\n",
    caughtBy: "routes/replaced",
  },
  {
    name: "removes-any-length",
    fault: "remove looks at the network only and takes out a route of another length",
    file: "routes.ts",
    replace: "route.prefixLength === prefixLength && route.network === network",
    by: "route.network === network && prefixLength >= 0",
    caughtBy: "routes/removed",
  },
  {
    name: "removes-with-host-bits",
    fault: "remove compares the address that it is given, host bits and all",
    file: "routes.ts",
    replace: "indexOfNet(routes, networkOf(network, prefixLength), prefixLength)",
    by: "indexOfNet(routes, network, prefixLength)",
    caughtBy: "routes/removed",
  },
  {
    name: "signed-networks",
    fault: "networks are compared as signed numbers, so that half of all addresses have no route",
    file: "routes.ts",
    replace: "if (networkOf(destination, route.prefixLength) === route.network) return route;",
    by: "if ((networkOf(destination, route.prefixLength) | 0) === route.network) return route;",
    caughtBy: "routes/upper-half",
  },
  {
    name: "host-bits-kept",
    fault: "the network is kept with its host bits, and nothing ever equals it",
    file: "routes.ts",
    replace: "const network = networkOf(route.network, route.prefixLength);",
    by: "const network = route.network;",
    caughtBy: "routes/replaced",
  },
] satisfies readonly Mutant[];

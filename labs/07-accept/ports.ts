/**
 * Who has which port (RFC 6335 §6, RFC 6056).
 *
 *         0           1023            49151           65535
 *         ├─ well-known ─┼── registered ──┼── ephemeral ──┤
 *           with the       whoever comes    given out, when no
 *           right only     first            port is asked for
 *
 * What is taken is a port *on an address*; 0.0.0.0 is every address, so it overlaps with each. Two who overlap are rivals:
 *
 *     held                     asked for          go together?
 *     10.44.0.2 : 80           10.44.0.9 : 80     yes: other addresses
 *     10.44.0.2 : 80           0.0.0.0   : 80     no
 *     10.44.0.2 : 80 reuse     0.0.0.0   : 80 reuse   yes, as long as neither listens
 *
 * The rule with `reuse` is what lets a server start again: its old connections hold the port until TIME-WAIT is over, but they
 * don't listen, so a new listener does not take anything from them. Connections are told apart by both their address pairs.
 */
import type { BindReject, PortOptions, Ports } from "../../stack/contract/accept.ts";
import type { Ipv4Address } from "../../stack/wire/ipv4_address.ts";
import { todo } from "../../stack/wire/not_implemented.ts";

/** The first port that is not well-known (RFC 6335 §6). */
const FIRST_REGISTERED = 1024;

/** Who holds one port on one address. */
interface Holding {
  readonly address: Ipv4Address;
  /** Whether one of them listens. */
  listening: boolean;
  /** How many others there are: sockets that are bound, connections that were accepted. */
  others: number;
  /** Whether all of them set it. */
  reuse: boolean;
}

/** By port: one holding for each address, of which a host has few. What nobody holds is not in it. */
type Taken = Map<number, readonly Holding[]>;

/** Makes the record of a host on which no port is taken. What each method promises: stack/contract/accept.ts. */
export function createPorts(options: PortOptions): Ports {
  const taken: Taken = new Map();

  return {
    bind(address, port, reuse, own): number | BindReject {
      return todo("createPorts.bind", address, port, reuse, own, FIRST_REGISTERED, options, taken);
    },

    listen(address, port): boolean {
      return todo("createPorts.listen", address, port, options, taken);
    },

    // Asks nobody: the connection came to this port, and the port was its listener's to share.
    share(address, port, reuse): void {
      return todo("createPorts.share", address, port, reuse, options, taken);
    },

    release(address, port, listening): void {
      return todo("createPorts.release", address, port, listening, options, taken);
    },

    size(): number {
      return todo("createPorts.size", taken);
    },
  };
}

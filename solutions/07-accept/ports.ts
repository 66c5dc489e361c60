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
import { type Ipv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";

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
      // region createPorts.bind
      if (address !== UNSPECIFIED && !own.includes(address)) return "address not available";
      if (port === 0) {
        const free = findEphemeral(taken, address, options);
        if (free !== undefined) hold(taken, address, free, reuse);
        return free ?? "no port free";
      }
      if (port < FIRST_REGISTERED && !options.privileged) return "permission denied";
      const welcome = rivalsOf(taken, address, port).every((rival) => reuse && rival.reuse && !rival.listening);
      if (!welcome) return "address in use";
      hold(taken, address, port, reuse);
      return port;
      // endregion
    },

    listen(address, port): boolean {
      // region createPorts.listen
      const holding = holdingOf(taken, address, port);
      if (holding === undefined || rivalsOf(taken, address, port).some((rival) => rival.listening)) return false;
      holding.others--;
      holding.listening = true;
      return true;
      // endregion
    },

    // Asks nobody: the connection came to this port, and the port was its listener's to share.
    share(address, port, reuse): void {
      // region createPorts.share
      hold(taken, address, port, reuse);
      // endregion
    },

    release(address, port, listening): void {
      // region createPorts.release
      const holding = holdingOf(taken, address, port);
      if (holding === undefined) return;
      if (listening) holding.listening = false;
      else if (holding.others > 0) holding.others--;
      if (holding.listening || holding.others > 0) return;
      const left = holdingsOf(taken, port).filter((each) => each !== holding);
      if (left.length > 0) taken.set(port, left);
      else taken.delete(port);
      // endregion
    },

    size(): number {
      // region createPorts.size
      let size = 0;
      for (const holdings of taken.values()) {
        for (const { others, listening } of holdings) size += others + (listening ? 1 : 0);
      }
      return size;
      // endregion
    },
  };
}

// region holdings

/** Who holds this port, on whatever address. */
function holdingsOf(taken: Taken, port: number): readonly Holding[] {
  return taken.get(port) ?? [];
}

/** Who holds this port on this very address. */
function holdingOf(taken: Taken, address: Ipv4Address, port: number): Holding | undefined {
  return holdingsOf(taken, port).find((each) => each.address === address);
}

/** Who holds this port on an address that overlaps with this one. */
function rivalsOf(taken: Taken, address: Ipv4Address, port: number): Holding[] {
  return holdingsOf(taken, port).filter((each) => each.address === address || each.address === UNSPECIFIED || address === UNSPECIFIED);
}

/** One holder more, who does not listen. */
function hold(taken: Taken, address: Ipv4Address, port: number, reuse: boolean): void {
  const holding = holdingOf(taken, address, port);
  if (holding === undefined) {
    taken.set(port, holdingsOf(taken, port).concat({ address, listening: false, others: 1, reuse }));
  } else {
    holding.others++;
    holding.reuse &&= reuse;
  }
}

/** An ephemeral port that nobody has there: the first one behind a random place, once around (RFC 6056 §3.3.1). */
function findEphemeral(taken: Taken, address: Ipv4Address, options: PortOptions): number | undefined {
  const { firstEphemeral, lastEphemeral } = options;
  const count = lastEphemeral - firstEphemeral + 1;
  const begin = Math.floor(options.random() * count);
  for (let i = 0; i < count; i++) {
    const port = firstEphemeral + (begin + i) % count;
    if (rivalsOf(taken, address, port).length === 0) return port;
  }
  return undefined;
}

// endregion

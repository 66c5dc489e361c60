/**
 * The claim of one IPv4 address: ask whether somebody has it, tell everybody that it is ours, and notice when
 * somebody disagrees (RFC 5227 §2). The whole life of a claim that nobody contests, in seconds:
 *
 *     start      probe        probe        probe           announce      announce
 *       ├─ 0…1 ───┼─── 1…2 ────┼─── 1…2 ────┼────── 2 ───────┼───── 2 ─────┤
 *       probing                                              announcing    owned
 *
 * A *probe* is a request that names no sender (0.0.0.0), so that nobody who hears it can put us into a table: we
 * might yet learn that the address is taken. An *announcement* is a request in which sender and target are both ours:
 * whoever knows the address updates its entry, and nobody has to answer. The waits are random so that a room full of machines which
 * get their power back at the same moment does not speak all at once.
 *
 * No clock, no randomness of its own: `now` in milliseconds, `options.random()` in [0, 1).
 */
import type { AddressClaim, ClaimActions, ClaimOptions, ClaimState } from "../../stack/contract/arp.ts";
import { type Ipv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { BROADCAST_MAC, ZERO_MAC } from "../../stack/wire/mac_address.ts";

const REQUEST = 1;

// The constants of RFC 5227 §1.1, in milliseconds and counts.
const PROBE_WAIT = 1000;
const PROBE_NUM = 3;
const PROBE_MIN = 1000;
const PROBE_MAX = 2000;
const ANNOUNCE_WAIT = 2000;
const ANNOUNCE_INTERVAL = 2000;
const MAX_CONFLICTS = 10;
const RATE_LIMIT_INTERVAL = 60_000;
const DEFEND_INTERVAL = 10_000;

/** Makes a claim in the state idle. What each method promises: stack/contract/arp.ts. */
export function createAddressClaim(options: ClaimOptions): AddressClaim {
  /** Where the claim stands, and what it remembers. */
  const claim = {
    state: "idle" as ClaimState,
    /** When `poll` has to act; Infinity: never. */
    due: Infinity,
    /** Probes sent since `start`. */
    probes: 0,
    /** How often the state became `conflict`, over all attempts. */
    conflicts: 0,
    /** When a conflict was last answered with an announcement; -Infinity: never since `announce`. */
    defended: -Infinity,
  };

  return {
    state(): ClaimState {
      // region createAddressClaim.state
      return claim.state;
      // endregion
    },

    // Nothing is sent yet: the first probe is due after a random wait, and a minute later once conflicts have piled up.
    start(now): void {
      // region createAddressClaim.start
      claim.state = "probing";
      claim.probes = 0;
      claim.due = now + PROBE_WAIT * options.random();
      if (claim.conflicts > MAX_CONFLICTS) claim.due += RATE_LIMIT_INTERVAL;
      // endregion
    },

    // The first of the two announcements, at once.
    announce(now, actions): void {
      // region createAddressClaim.announce
      claim.state = "announcing";
      claim.defended = -Infinity;
      claim.due = now + ANNOUNCE_INTERVAL;
      sendClaim(actions, options, options.address);
      // endregion
    },

    // A conflict is somebody else's packet that says it has the address (or, while we probe, that it wants it).
    receive(packet, now, actions): void {
      // region createAddressClaim.receive
      if (packet.senderMac === options.mac) return;
      const has = packet.senderIp === options.address;
      const wants = packet.operation === REQUEST && packet.senderIp === UNSPECIFIED && packet.targetIp === options.address;
      const inUse = claim.state === "announcing" || claim.state === "owned";
      if (inUse && has && now - claim.defended >= DEFEND_INTERVAL) {
        claim.defended = now;
        sendClaim(actions, options, options.address);
      } else if (inUse && has || claim.state === "probing" && (has || wants)) {
        claim.state = "conflict";
        claim.conflicts++;
        claim.due = Infinity;
      }
      // endregion
    },

    // One step of the picture above; the next is counted from `now`, so a late poll never makes two packets follow at once.
    poll(now, actions): void {
      // region createAddressClaim.poll
      if (now < claim.due) return;
      if (claim.state === "announcing") {
        claim.state = "owned";
        claim.due = Infinity;
        sendClaim(actions, options, options.address);
      } else if (claim.probes < PROBE_NUM) {
        claim.probes++;
        claim.due = now + (claim.probes === PROBE_NUM ? ANNOUNCE_WAIT : PROBE_MIN + (PROBE_MAX - PROBE_MIN) * options.random());
        sendClaim(actions, options, UNSPECIFIED);
      } else {
        this.announce(now, actions);
      }
      // endregion
    },

    nextDeadline(): number {
      // region createAddressClaim.nextDeadline
      return claim.due;
      // endregion
    },
  };
}

// region helpers

/** Broadcasts a request for our address: a probe when `senderIp` is 0.0.0.0, an announcement when it is our address too. */
function sendClaim(actions: ClaimActions, { mac, address }: ClaimOptions, senderIp: Ipv4Address): void {
  actions.send({ operation: REQUEST, senderMac: mac, senderIp, targetMac: ZERO_MAC, targetIp: address }, BROADCAST_MAC);
}

// endregion

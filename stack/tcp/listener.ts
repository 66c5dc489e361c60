/**
 * A listening socket: an address, a port, and two queues (lab 07). It never carries a byte and never becomes a connection; it makes
 * connections, one for each SYN that it lets in.
 */
import type { AcceptQueue } from "../contract/accept.ts";
import type { Segment, Tcb } from "../contract/tcb.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import { ACK, RST } from "../wire/tcp_flags.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./options.ts";

/** The longest backlog that a host grants, whatever is asked for: Linux has the same number (net.core.somaxconn). */
export const MAX_BACKLOG = 4096;

export class Listener {
  /** 0.0.0.0 for every address of the host. */
  readonly address: Ipv4Address;
  readonly port: number;
  /** SO_REUSEADDR, which its connections inherit. */
  readonly reuse: boolean;
  /** How many connections wait in its accept queue at most. */
  readonly backlog: number;
  readonly queue: AcceptQueue<Connection>;
  /** What its connections are like, where that differs from the host's settings. */
  options: ConnectionOptions | undefined;
  /** Called when a connection waits to be accepted. */
  ready: () => void = () => {};
  /** Before this time no half-open connection has waited long enough to give way. */
  #noneGivesWayBefore = -Infinity;

  constructor(address: Ipv4Address, port: number, reuse: boolean, backlog: number, queue: AcceptQueue<Connection>) {
    this.address = address;
    this.port = port;
    this.reuse = reuse;
    this.backlog = backlog;
    this.queue = queue;
  }

  /**
   * The ACK that would complete a handshake finds the accept queue full. It is not heard: the connection stays half-open, our SYN is sent again
   * when its time comes, and what the peer answers to that is the next attempt.
   */
  mustWait(tcb: Tcb, segment: Segment): boolean {
    return tcb.state === "SYN-RECEIVED" && (segment.flags & (ACK | RST)) === ACK && this.queue.acceptCount() >= this.backlog;
  }

  /** The half-open connection that has waited longest for the answer to its SYN+ACK, if that is more than `grace` milliseconds. */
  findGivesWay(now: number, grace: number): Connection | undefined {
    if (now < this.#noneGivesWayBefore) return undefined;
    let oldest: Connection | undefined;
    for (const each of this.queue.all()) {
      if (each.tcb.state === "SYN-RECEIVED" && (oldest === undefined || each.openedAt < oldest.openedAt)) oldest = each;
    }
    if (oldest === undefined) return undefined;
    this.#noneGivesWayBefore = oldest.openedAt + grace;
    return now > this.#noneGivesWayBefore ? oldest : undefined;
  }

  /** The oldest connection that waits, or undefined. It is the caller's from now on. */
  accept(): Connection | undefined {
    return this.queue.accept();
  }
}

/**
 * A listening socket: an address, a port, and two queues (lab 07). It never carries a byte and never becomes a connection; it makes
 * connections, one for each SYN that it lets in.
 */
import type { AcceptQueue } from "../contract/accept.ts";
import type { Ipv4Address } from "../wire/ipv4_address.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./options.ts";

export class Listener {
  /** 0.0.0.0 for every address of the host. */
  readonly address: Ipv4Address;
  readonly port: number;
  /** SO_REUSEADDR, which its connections inherit. */
  readonly reuse: boolean;
  /** How many connections wait in its accept queue at most. */
  readonly backlog: number;
  readonly queue: AcceptQueue<Connection>;
  /** What its connections inherit, where it differs from the host's settings. */
  options: Partial<ConnectionOptions> | undefined;
  /** Called when a connection waits to be accepted. */
  ready: () => void = () => {};

  constructor(address: Ipv4Address, port: number, reuse: boolean, backlog: number, queue: AcceptQueue<Connection>) {
    this.address = address;
    this.port = port;
    this.reuse = reuse;
    this.backlog = backlog;
    this.queue = queue;
  }

  /** The oldest connection that waits, or undefined. It is the caller's from now on. */
  accept(): Connection | undefined {
    return this.queue.accept();
  }
}

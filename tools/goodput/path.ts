/**
 * Two hosts with a path between them, in virtual time: what is measured here depends on the code and on the seed, and on no machine.
 *
 *     sender ──▶ loss ──▶ [ queue │ rate ] ──▶ half a round trip ──▶ receiver
 *        ▲                                                               │
 *        └────────────── half a round trip ◀── rate ◀───────────────────┘
 *
 * Acknowledgments have the same rate to themselves, and unless it is said nothing happens to them.
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import type { TcpConfig } from "../../stack/host_config.ts";
import { impair, type ImpairedDevice, type Impairments } from "../../stack/link/impair.ts";
import { createPair } from "../../stack/link/pair.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import type { Listener } from "../../stack/tcp/listener.ts";
import type { ConnectionOptions } from "../../stack/tcp/options.ts";
import { parseIpv4Address } from "../../stack/wire/ipv4_address.ts";

/** What a path is like. */
export interface PathSpec {
  /** Bits per second, of IP packets. */
  readonly rate: number;
  /** Milliseconds there and back, when nothing waits. */
  readonly roundTrip: number;
  /** What waits for the rate at most, in bytes. */
  readonly queue: number;
  /** What else happens to the packets with text. */
  readonly faults?: Faults;
  /** And to acknowledgments. Default: nothing. */
  readonly back?: Faults;
}

type Faults = Pick<Impairments, "drop" | "bursts" | "reorder" | "reorderBy" | "duplicate" | "corrupt" | "jitter">;

/** What happens to packets with text, and to acknowledgments. */
export function waysOf({ rate, roundTrip, queue, faults, back }: PathSpec): readonly [there: Impairments, back: Impairments] {
  const delay = roundTrip / 2;
  return [{ ...faults, rate, delay, queue: { bytes: queue } }, { ...back, rate, delay }];
}

/** A transfer. */
export interface Flow {
  readonly sender: Connection;
  /** Bytes that the receiving application has read. */
  received: number;
}

const PORT = 80;
const CHUNK = 64 * 1024;
const SENDER = "10.44.0.1";
const RECEIVER = "10.44.0.2";
/** Frames that the path holds: more than any of its queues. */
const FRAMES = 20_000;

export class Path {
  now = 0;
  readonly sender: Host;
  readonly receiver: Host;
  readonly wires: readonly [there: ImpairedDevice, back: ImpairedDevice];
  readonly #listener: Listener;
  readonly #chunk = new Uint8Array(CHUNK);
  readonly #target = new Uint8Array(CHUNK);

  constructor(modules: Modules, spec: PathSpec, seed: number, tcp: TcpConfig = {}) {
    const ends = createPair({ medium: "ip", queueLimit: 4096 });
    const ways = waysOf(spec);
    const [there, back] = ends.map((end, way) =>
      impair(end, { seed: seed + way, send: ways[way] as Impairments, queueLimit: FRAMES }, () => this.now)
    ) as [ImpairedDevice, ImpairedDevice];
    this.wires = [there, back];
    const host = (address: string, device: ImpairedDevice, way: number): Host =>
      Host.bind(modules, { interfaces: [{ medium: "ip", address }], seed: 2 * seed + way, tcp }, [device]);
    this.sender = host(SENDER, there, 0);
    this.receiver = host(RECEIVER, back, 1);
    this.#listener = this.#tcp(this.receiver).listen(parseIpv4Address(RECEIVER), PORT, 128);
  }

  /** A transfer begins now, of so many bytes. */
  begin(options: Partial<ConnectionOptions> = {}, bytes = Infinity): Flow {
    const sender = this.#tcp(this.sender).connect({ address: parseIpv4Address(RECEIVER), port: PORT }, this.now, {}, options);
    const flow: Flow = { sender, received: 0 };
    let left = bytes;
    sender.application = {
      hear: (notice) => {
        if (notice !== "connected" && notice !== "writable") return;
        for (let count = 1; count > 0; left -= count) count = sender.write(this.#chunk, 0, Math.min(left, CHUNK));
      },
    };
    this.#listener.ready = () => {
      const receiver = this.#listener.accept();
      if (receiver === undefined) return;
      receiver.application = {
        hear: () => {
          for (let count = receiver.read(this.#target); count > 0; count = receiver.read(this.#target)) flow.received += count;
        },
      };
    };
    return flow;
  }

  /** Lets time pass, from one event to the next, up to `until`, or until `isOver`. */
  run(until: number, isOver = (): boolean => false): void {
    const { sender, receiver, wires: [there, back] } = this;
    for (;;) {
      there.poll();
      back.poll();
      sender.poll(this.now);
      receiver.poll(this.now);
      const next = Math.min(sender.nextDeadline(), receiver.nextDeadline(), there.nextDeadline(), back.nextDeadline());
      if (isOver()) return;
      if (next > until) break;
      this.now = Math.max(this.now, next);
    }
    this.now = until;
  }

  #tcp(host: Host): NonNullable<Host["tcp"]> {
    if (host.tcp === undefined) throw new Error("The modules have no TCP");
    return host.tcp;
  }
}

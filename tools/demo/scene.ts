/**
 * Where the demo plays, and with whom. The stack is a router: one interface on the wire to the kernel, one on a wire in
 * memory, and at the end of that a second host, so that a route has two hops.
 *
 *     kernel ─────── the wire ─────── stack ─────── in memory ─────── host
 *     10.44.0.1                10.44.0.2 10.44.1.1                10.44.1.2
 *
 * Who is at the other end of the wire the script does not know: the Linux kernel (kernel.ts), or where there is no live
 * wire a copy of the stack that plays the kernel's part (stand_in.ts).
 */
import type { Modules } from "../../stack/contract/modules.ts";
import { Host } from "../../stack/host.ts";
import type { Device } from "../../stack/link/device.ts";
import { createPair } from "../../stack/link/pair.ts";
import type { Pollable } from "../../stack/runner.ts";
import type { Hop } from "../harness/kernel/operations.ts";
import type { Client } from "./client.ts";
import type { Ladder } from "./ladder.ts";

/** Everybody's addresses. */
export const PLACES = {
  kernel: { address: "10.44.0.1", mac: "02:00:00:00:00:01" },
  stack: { address: "10.44.0.2", mac: "02:00:00:00:00:02" },
  stackInside: { address: "10.44.1.1", mac: "02:00:00:00:01:01" },
  host: { address: "10.44.1.2", mac: "02:00:00:00:01:02" },
} as const;

/** What came of one echo request. */
export interface Echo {
  /** From the request to the reply; undefined when none came. */
  readonly milliseconds: number | undefined;
  /** Whether the reply brought back every byte as it was. */
  readonly unchanged: boolean;
}

/** What the script needs of the other end of the wire. */
export interface Peer {
  /** What the ladder calls it, in at most six letters. */
  readonly name: string;
  /** The name of the wire, in at most twelve letters. */
  readonly wire: string;
  /** The stack's end of it. */
  readonly device: Device;
  /** What must be polled for the peer to live: nothing, when it lives in a process of its own. */
  readonly pollables: readonly Pollable[];
  ping(to: string, size: number): Promise<Echo>;
  /** One hop after the other, until the destination answers. */
  traceroute(to: string): Promise<readonly Hop[]>;
  /** The MAC address that it has learned for a neighbour. */
  neighbour(address: string): Promise<string | undefined>;
  /** A program at that end. */
  readonly client: Client;
  /** What curl, running there, gets for a URL; undefined where there is no curl. */
  curl(url: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Milliseconds for one answer: far more than it takes, for a machine that is busy with other things. */
export const PATIENCE = 3000;

export interface Scene {
  readonly stack: Host;
  /** Everything that must be polled, and what it receives from. */
  readonly everything: Pollable;
  readonly devices: readonly Device[];
}

/** Makes the stack and the host behind it, with the ladder watching the stack's devices; `now` is the runner's time. */
export function buildScene(modules: Modules, peer: Peer, ladder: Ladder, now: number): Scene {
  const [inside, end] = createPair();
  const devices = [
    ladder.watch(peer.device, { left: peer.name, right: "stack", holder: "right" }),
    ladder.watch(inside, { left: "stack", right: "host", holder: "left" }),
  ];
  const stack = Host.bind(modules, { interfaces: [PLACES.stack, PLACES.stackInside], forwarding: true }, devices, { now });
  const routes = [{ to: "0.0.0.0/0", gateway: PLACES.stackInside.address }];
  const host = Host.bind(modules, { interfaces: [PLACES.host], routes, seed: 2 }, [end], { now });
  return { stack, everything: together([...peer.pollables, stack, host], () => ladder.settle()), devices };
}

/** Several hosts, run as one; `after` is called when all of them were polled. */
function together(all: readonly Pollable[], after: () => void): Pollable {
  const one: Pollable = {
    poll(now): number {
      const received = all.reduce((received, each) => received + each.poll(now), 0);
      after();
      return received;
    },
    nextDeadline: () => Math.min(...all.map((each) => each.nextDeadline())),
  };
  for (const each of all) each.wake = () => one.wake?.();
  return one;
}

/**
 * A router that translates, and a server beyond it; who is inside, is the caller's affair: another of our hosts, or the kernel. For tests only.
 *
 *     10.44.0.1 ── inside ── 10.44.0.2 router 192.0.2.1 ── outside ── 192.0.2.7 server
 *
 * The server has no route to 10.44.0.0/24: what it answers without translation gets nowhere. It thinks that its wire takes 1500 bytes, and the router knows that it
 * takes 1000: so the router has to tell the clients.
 */
import reference from "../../solutions/reference.ts";
import { Host } from "../../stack/host.ts";
import type { Device } from "../../stack/link/device.ts";
import { createPair } from "../../stack/link/pair.ts";
import type { Pollable } from "../../stack/runner.ts";
import { listen } from "../../stack/socket/listener.ts";
import { listenDatagram } from "../../stack/socket/datagram_conn.ts";

export const INSIDE = "10.44.0.1", ROUTER = "10.44.0.2", OUTSIDE = "192.0.2.1", SERVER = "192.0.2.7";

const RULES = `
  chain prerouting
    in 1 tcp to ${OUTSIDE} port 80 dnat to ${INSIDE}:8000
  chain forward policy drop
    state established,related allow
    in 0 out 1 state new allow
    in 1 tcp to ${INSIDE} port 8000 state new count "let in" allow
    tcp reject with reset
  chain input policy drop
    icmp echo-request allow
  chain postrouting
    out 1 from 10.44.0.0/24 masquerade
`;

/** Router and server, taken together. */
export interface BehindNat extends Pollable {
  readonly router: Host;
  readonly server: Host;
}

/** `watch` goes around the wire outside, at the router's end. */
export function behindNat(inside: Device, watch: (device: Device) => Device, now = 0): BehindNat {
  const [near, far] = createPair({ medium: "ip", queueLimit: 4096 });
  const interfaces = [{ medium: inside.medium, address: ROUTER }, { medium: "ip" as const, address: OUTSIDE, mtu: 1000 }];
  const router = Host.bind(reference, { interfaces, forwarding: true, filter: RULES, seed: 3 }, [inside, watch(near)], { now });
  const server = Host.bind(reference, { interfaces: [{ medium: "ip", address: SERVER }], seed: 4 }, [far], { now });
  const hosts = [router, server];
  const all: BehindNat = {
    router,
    server,
    poll: (at) => hosts.reduce((received, host) => received + host.poll(at), 0),
    nextDeadline: () => Math.min(...hosts.map((host) => host.nextDeadline())),
  };
  for (const host of hosts) host.wake = () => all.wake?.();
  return all;
}

/** Where a client seems to come from, for the server; and what it said, up to its end, which is said back. */
export interface Served {
  readonly from: string;
  readonly bytes: number;
}

/** The server's TCP at port 80, which says back what it hears, in capitals of a sort; and its UDP at port 53, which says who asked. */
export function serve({ server }: BehindNat, served: Served[]): void {
  const answer = async (): Promise<void> => {
    for await (const conn of listen(server, { port: 80 })) {
      const buffer = new Uint8Array(16_384);
      let bytes = 0;
      for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
        bytes += count;
        for (let at = 0; at < count;) at += await conn.write(buffer.subarray(at, count).map((byte) => byte ^ 255));
      }
      served.push({ from: (conn.remoteAddr as Deno.NetAddr).hostname, bytes });
      conn.close();
    }
  };
  const tell = async (): Promise<void> => {
    const socket = listenDatagram(server, { port: 53 });
    for await (const [, from] of socket) await socket.send(new TextEncoder().encode((from as Deno.NetAddr).hostname), from);
  };
  answer();
  tell();
}

/**
 * Opens so many connections between two reference hosts, has each carry a few bytes both ways, and prints what one end of one of them costs
 * while it is idle: bytes of heap and external memory. Needs `--v8-flags=--expose-gc`. For tests and measurements only.
 */
import reference from "../../solutions/reference.ts";
import { Host } from "../../stack/host.ts";
import type { Device } from "../../stack/link/device.ts";
import { createPair } from "../../stack/link/pair.ts";
import type { Connection } from "../../stack/tcp/connection.ts";
import type { Tcp } from "../../stack/tcp/tcp.ts";
import { parseIpv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";

const COUNT = Number(Deno.args[0] ?? 10_000);
/** Before the first measurement: what is made once is made then. */
const WARM_UP = 100;

const collectGarbage = (globalThis as unknown as { gc?: () => void }).gc;
if (collectGarbage === undefined) throw new Error("Run with --v8-flags=--expose-gc");

let now = 0;
const [near, far] = createPair({ medium: "ip", queueLimit: 64 });
const bind = (address: string, device: Device): Host => Host.bind(reference, { interfaces: [{ medium: "ip", address }] }, [device]);
const [a, b] = [bind("10.44.0.1", near), bind("10.44.0.2", far)];
const [client, server] = [a.tcp, b.tcp] as [Tcp, Tcp];
const listener = server.listen(UNSPECIFIED, 80, 16);
const message = new Uint8Array(100);
const kept: Connection[] = [];

function settle(): void {
  for (let quiet = 0; quiet < 3;) quiet = a.poll(now) + b.poll(now) === 0 ? quiet + 1 : 0;
}

function open(count: number): void {
  for (; count > 0; count--) {
    const call = client.connect({ address: parseIpv4Address("10.44.0.2"), port: 80 }, now);
    settle();
    const accepted = listener.accept();
    if (accepted === undefined) throw new Error("a connection did not open");
    for (const [from, to] of [[call, accepted], [accepted, call]] as const) {
      from.write(message);
      settle();
      to.read(message);
    }
    now += 50;
    settle();
    kept.push(call, accepted);
  }
}

function inUse(): number {
  now += 100_000; // every timer is over
  settle();
  for (let i = 0; i < 3; i++) collectGarbage?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

open(WARM_UP);
const before = inUse();
open(COUNT);
const cost = (inUse() - before) / (2 * COUNT);
if (kept.some(({ tcb }) => tcb.state !== "ESTABLISHED")) throw new Error("a connection did not stay open");
console.log(Math.round(cost));

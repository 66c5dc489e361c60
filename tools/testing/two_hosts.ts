/**
 * Two reference hosts on one wire, and a clock that only moves when everybody waits: tests of sockets need no device and no patience. A
 * minute of retransmissions takes a millisecond. For tests only.
 *
 *     const { a, b, settle } = twoHosts();
 *     const accepting = listen(b, { port: 80 }).accept();
 *     const client = await settle(connect(a, { hostname: "10.44.0.2", port: 80 }));
 */
import reference from "../../solutions/reference.ts";
import { Host } from "../../stack/host.ts";
import type { HostConfig, TcpConfig } from "../../stack/host_config.ts";
import { decorate } from "../../stack/link/decorate.ts";
import type { Device, Medium } from "../../stack/link/device.ts";
import { createPair } from "../../stack/link/pair.ts";

export interface TwoHosts {
  /** 10.44.0.1 */
  readonly a: Host;
  /** 10.44.0.2 */
  readonly b: Host;
  /** Milliseconds since the beginning. */
  now(): number;
  /** Lets the hosts run until the promise is settled, and gives what it gives. Throws when nothing will ever happen any more. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Lets everything happen that happens within so many milliseconds. Default 0. */
  pass(milliseconds?: number): Promise<void>;
  /** Cuts the wire, or mends it. */
  cut(broken: boolean): void;
}

/** Polls in which nothing changes, until it is sure that nobody acts any more: applications act in turns of the event loop. */
const QUIET_TURNS = 3;

export function twoHosts(tcp: TcpConfig = {}, { medium = "ip", arp = {} }: { medium?: Medium; arp?: HostConfig["arp"] } = {}): TwoHosts {
  let time = 0;
  let broken = false;
  const [wireA, wireB] = createPair({ medium, queueLimit: 4096 });
  const lossy = (device: Device): Device => decorate(device, { send: (frame) => broken || device.send(frame) });
  const bind = (address: string, seed: number, device: Device): Host =>
    Host.bind(reference, { interfaces: [{ medium, mac: `02:00:00:00:00:0${seed}`, address }], seed, tcp, arp }, [lossy(device)]);
  const a = bind("10.44.0.1", 1, wireA);
  const b = bind("10.44.0.2", 2, wireB);

  /** Polls both until nobody has anything to do at this time. */
  async function calm(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      const busy = a.poll(time) + b.poll(time) > 0 || a.nextDeadline() <= time || b.nextDeadline() <= time;
      quiet = busy ? 0 : quiet + 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(() => settled = true, () => settled = true);
    for (await calm(); !settled; await calm()) {
      const next = Math.min(a.nextDeadline(), b.nextDeadline());
      if (next === Infinity) throw new Error("Nothing will ever happen any more, and the promise is not settled");
      time = Math.max(time, next);
    }
    return await promise;
  }

  async function pass(milliseconds = 0): Promise<void> {
    const until = time + milliseconds;
    for (await calm(); time < until; await calm()) time = Math.min(until, Math.max(time, Math.min(a.nextDeadline(), b.nextDeadline())));
  }

  return { a, b, now: () => time, settle, pass, cut: (on) => void (broken = on) };
}

import { assert, assertEquals, assertRejects } from "@std/assert";
import reference from "../solutions/reference.ts";
import type { HostEvent } from "./events.ts";
import { Host } from "./host.ts";
import type { Device } from "./link/device.ts";
import { createPair } from "./link/pair.ts";
import { type Pollable, run } from "./runner.ts";
import { parseIpv4Address } from "./wire/ipv4_address.ts";

/** Two hosts and the wire between them; `signal` is aborted when the first hears something. */
function twoHosts(now: number): { a: Host; both: Pollable; devices: Device[]; events: HostEvent[]; signal: AbortSignal } {
  const stop = new AbortController();
  const events: HostEvent[] = [];
  const emit = (event: HostEvent) => {
    events.push(event);
    stop.abort();
  };
  const devices = createPair();
  const a = Host.bind(reference, { interfaces: [{ mac: "02:00:00:00:00:01", address: "10.44.0.1" }] }, [devices[0]], { emit, now });
  const b = Host.bind(reference, { interfaces: [{ mac: "02:00:00:00:00:02", address: "10.44.0.2" }] }, [devices[1]], { now });
  const both = {
    poll: (now: number) => a.poll(now) + b.poll(now),
    nextDeadline: () => Math.min(a.nextDeadline(), b.nextDeadline()),
  };
  return { a, both, devices, events, signal: stop.signal };
}

/** A device that is never sent anything; `waits` counts how often it was waited for, and every wait ends at once. */
function silentDevice(): Device & { waits: number } {
  const [device] = createPair();
  return {
    ...device,
    waits: 0,
    wait(): Promise<void> {
      this.waits++;
      return Promise.resolve();
    },
  };
}

Deno.test("run() lets two hosts find and ping each other, and closes nothing", async () => {
  const { a, both, devices, events, signal } = twoHosts(performance.now());
  const running = run(both, devices, { signal });
  a.ping(parseIpv4Address("10.44.0.2"), 7, 1, new Uint8Array(4000).fill(3));
  await running;
  assertEquals(events.map(({ kind }) => kind), ["echo reply"]);
  a.ping(parseIpv4Address("10.44.0.2"), 7, 2, new Uint8Array(1));
  both.poll(performance.now());
  both.poll(performance.now());
  assertEquals(events.length, 2, "the wire still carries packets");
});

Deno.test("run() polls at the host's deadlines, by the clock that it is given", async () => {
  const clock = () => performance.now() * 100; // a second in ten milliseconds
  const stop = new AbortController();
  const { a, both, devices } = twoHosts(clock());
  const silent = { poll: (now: number) => a.poll(now), nextDeadline: both.nextDeadline };
  const running = run(silent, [devices[0] as Device], { signal: stop.signal, clock });
  a.ping(parseIpv4Address("10.44.0.99"), 7, 1, new Uint8Array(1));
  while (a.counters()["arp: no arp answer"] === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  await running;
  assertEquals(a.counters()["arp: sent"], 3, "asked once a second, three times, and then given up");
});

Deno.test("run() waits for a device when nothing comes, and not while packets keep coming", async () => {
  const stop = new AbortController();
  const device = silentDevice();
  let time = 0;
  let polls = 0;
  const waitsAfter: number[] = [];
  const host = {
    poll: () => {
      waitsAfter.push(device.waits);
      if (++polls === 20) stop.abort();
      return polls <= 10 ? 1 : 0; // ten polls with a packet each, then silence
    },
    nextDeadline: () => Infinity,
  };
  await run(host, [device], { signal: stop.signal, clock: () => time++ });
  assertEquals(waitsAfter, [...Array(11).fill(0), 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("run() lets others have their turn, however busy the host is", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1);
  await run({ poll: () => 1, nextDeadline: () => 0 }, [], { signal: stop.signal });
  await run({ poll: () => 1, nextDeadline: () => 0 }, [], { signal: AbortSignal.timeout(1) });
});

Deno.test("run() polls at once when an application has given the host something to do, even out of its sleep", async () => {
  const stop = new AbortController();
  let polls = 0;
  const host: Pollable = { poll: () => (polls++, 0), nextDeadline: () => Infinity };
  const [device] = createPair();
  const asleep = Promise.withResolvers<void>();
  const sleeper = {
    ...device,
    wait: (milliseconds: number) => (asleep.resolve(), new Promise<void>((done) => setTimeout(done, milliseconds))),
  };
  const running = run(host, [sleeper], { signal: stop.signal });
  await asleep.promise;
  const before = polls;
  host.wake?.();
  await Promise.resolve();
  assertEquals(polls, before + 1);
  stop.abort();
  await running;
  assertEquals(host.wake, undefined);
});

Deno.test("run() lets others have their turn, however much applications and the host give each other to do", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 1);
  const host: Pollable = {
    poll: () => (void Promise.resolve().then(() => host.wake?.()), 1),
    nextDeadline: () => 0,
  };
  await run(host, [], { signal: stop.signal });
});

Deno.test("run() does not outlive its waits", async () => {
  const stop = new AbortController();
  let waiting = 0;
  const [pair] = createPair();
  const device = {
    ...pair,
    wait: async (milliseconds: number) => {
      waiting++;
      stop.abort();
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      waiting--;
    },
  };
  await run({ poll: () => 0, nextDeadline: () => Infinity }, [device, silentDevice()], { signal: stop.signal });
  assertEquals(waiting, 0);
});

Deno.test("run() rejects with what poll() throws", async () => {
  const broken = {
    poll: () => {
      throw new RangeError("broken");
    },
    nextDeadline: () => Infinity,
  };
  await assertRejects(() => run(broken, [], { signal: new AbortController().signal }), RangeError, "broken");
});

Deno.test("run() with a signal that is aborted already does nothing", async () => {
  let polled = false;
  await run({ poll: () => (polled = true, 0), nextDeadline: () => Infinity }, [], { signal: AbortSignal.abort() });
  assert(!polled);
});

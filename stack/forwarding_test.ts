/**
 * Hosts that are joined by routers, all of them the reference stack and in one process:
 *
 *     a ──Ethernet── north ──Ethernet── b
 *                      │
 *                      │ bare IP, MTU 576
 *                      │
 *                    south ──bare IP── c
 */
import { assert, assertEquals, assertGreater } from "@std/assert";
import reference from "../solutions/reference.ts";
import { Application } from "../tools/testing/tcp_rig.ts";
import type { HostEvent } from "./events.ts";
import { Host } from "./host.ts";
import type { InterfaceConfig, RouteConfig } from "./host_config.ts";
import { decorate } from "./link/decorate.ts";
import type { Device } from "./link/device.ts";
import { createPair } from "./link/pair.ts";
import { ENDPOINT_DEFAULTS } from "./udp/endpoint.ts";
import { formatIpv4Address, type Ipv4Address, parseIpv4Address } from "./wire/ipv4_address.ts";

const A = parseIpv4Address("10.44.1.2"), B = parseIpv4Address("10.44.2.2"), C = parseIpv4Address("10.44.3.2");
const NARROW = 576;
const TIME_EXCEEDED = 11;

/** An IP packet that reached c, or was sent to it. */
interface Seen {
  readonly protocol: number;
  readonly timeToLive: number;
  readonly length: number;
  readonly isFragment: boolean;
}

class Net {
  now = 0;
  readonly a: Host;
  readonly b: Host;
  readonly c: Host;
  readonly north: Host;
  readonly south: Host;
  /** What has come in at c, and what a was told. */
  readonly seen: Seen[] = [];
  readonly told: HostEvent[] = [];

  constructor(forwarding: { readonly forwarding?: boolean } = { forwarding: true }) {
    const [atA, fromA] = createPair();
    const [atB, fromB] = createPair();
    const [above, below] = createPair({ medium: "ip", mtu: NARROW });
    const [atC, fromC] = createPair({ medium: "ip" });
    const mac = (last: number): string => `02:00:00:00:00:0${last}`;
    const ip = (address: string): InterfaceConfig => ({ medium: "ip", address });
    const by = (gateway: string): RouteConfig => ({ to: "0.0.0.0/0", gateway });
    const bind = (interfaces: InterfaceConfig[], routes: RouteConfig[], devices: Device[], more = {}): Host =>
      Host.bind(reference, { interfaces, routes, ...more }, devices, {
        emit: (event) => void (devices[0] === atA && this.told.push(event)),
      });
    this.a = bind([{ address: "10.44.1.2", mac: mac(1) }], [by("10.44.1.1")], [atA]);
    this.b = bind([{ address: "10.44.2.2", mac: mac(2) }], [by("10.44.2.1")], [atB]);
    this.c = bind([ip("10.44.3.2")], [by("10.44.3.1")], [this.#watch(atC)]);
    this.north = bind(
      [{ address: "10.44.1.1", mac: mac(3) }, { address: "10.44.2.1", mac: mac(4) }, ip("10.44.9.1")],
      [
        { to: "10.44.3.0/24", gateway: "10.44.9.2", interface: 2 },
        { to: "10.44.7.0/24", gateway: "10.44.9.2", interface: 2 }, // the other router thinks otherwise
        { to: "10.44.8.0/24", gateway: "10.44.2.77", interface: 1 }, // where nobody is
      ],
      [fromA, fromB, above],
      forwarding,
    );
    this.south = bind([ip("10.44.9.2"), ip("10.44.3.1")], [by("10.44.9.1")], [below, fromC], forwarding);
  }

  get hosts(): readonly Host[] {
    return [this.a, this.b, this.c, this.north, this.south];
  }

  /** Lets time pass until `done`, or until nothing will happen any more. */
  run(done: () => boolean = () => false): void {
    for (let turns = 0; !done(); turns++) {
      assert(turns < 100_000, "the net does not come to rest");
      let frames = 0;
      for (const host of this.hosts) frames += host.poll(this.now);
      const next = Math.min(...this.hosts.map((host) => host.nextDeadline()));
      if (frames > 0 || done()) continue;
      if (next === Infinity) return;
      this.now = Math.max(this.now, next);
    }
  }

  /** The ICMP errors that a was told of: from whom, type and code. */
  errors(): [from: string, type: number, code: number][] {
    const told = this.told.splice(0);
    return told.flatMap((each) => each.kind === "icmp error" ? [[formatIpv4Address(each.from), each.type, each.code]] : []);
  }

  #watch(device: Device): Device {
    return decorate(device, {
      receive: (frame) => {
        if (!device.receive(frame)) return false;
        const { view, start, length } = frame;
        const isFragment = (view.getUint16(start + 6) & 0x3fff) > 0;
        this.seen.push({ protocol: view.getUint8(start + 9), timeToLive: view.getUint8(start + 8), length, isFragment });
        return true;
      },
    });
  }
}

/** a sends so many bytes to a server at `to`, and the server as many back; both close. */
function transfer(net: Net, server: Host, to: Ipv4Address, bytes: number): { client: Application; answering: Application } {
  assert(net.a.tcp !== undefined && server.tcp !== undefined);
  const listener = server.tcp.listen(to, 80, 8);
  const clock = () => net.now;
  const client = new Application(net.a.tcp.connect({ address: to, port: 80 }, net.now), clock).send(bytes, { thenShutdown: true });
  let answering: Application | undefined;
  net.run(() => {
    const connection = answering === undefined ? listener.accept() : undefined;
    if (connection !== undefined) answering = new Application(connection, clock).send(bytes, { thenShutdown: true });
    return client.received === bytes && answering?.received === bytes;
  });
  assert(answering !== undefined);
  return { client, answering };
}

Deno.test("two hosts speak TCP across a router: all bytes arrive, both ways", () => {
  const net = new Net();
  const { client, answering } = transfer(net, net.b, B, 300_000);
  assertEquals([client.connection.resent, answering.connection.resent], [0, 0]);
  assertGreater(net.north.counters()["ip: forwarded"] ?? 0, 400);
  net.run();
  assertEquals(net.hosts.map((host) => host.framesLent), [0, 0, 0, 0, 0]);
});

Deno.test("TCP across two routers and a narrow link finds the MTU of the way, by ICMP, and nothing is ever cut (RFC 1191)", () => {
  const net = new Net();
  const { client, answering } = transfer(net, net.c, C, 200_000);
  const text = net.seen.filter(({ protocol }) => protocol === 6);
  assertEquals([Math.max(...text.map(({ length }) => length)), text.some(({ isFragment }) => isFragment)], [NARROW, false]);
  assert(text.every(({ timeToLive }) => timeToLive === 62), "each router takes one from the time to live");
  assertEquals(net.errors().map(([from, type, code]) => `${from} ${type} ${code}`)[0], "10.44.1.1 3 4");
  assertGreater(net.south.counters()["icmp: error sent"] ?? 0, 0); // for c's way back the narrow link is behind the other router
  const headers = 20 + 20 + 12;
  assertEquals([client.connection.tcb.sndMss, answering.connection.tcb.sndMss], [NARROW - headers, NARROW - headers]);
});

Deno.test("UDP crosses two routers; what is too long is cut at the narrow link, and put together at its end", () => {
  const net = new Net();
  assert(net.a.udp !== undefined && net.c.udp !== undefined);
  const [from, to] = [net.a.udp.bind(A, 5000, ENDPOINT_DEFAULTS), net.c.udp.bind(C, 53, ENDPOINT_DEFAULTS)];
  assert(typeof from !== "string" && typeof to !== "string");
  for (const length of [0, 500, 1400, 4000]) {
    const data = Uint8Array.from({ length }, (_, index) => index * 7);
    assertEquals(from.send(data, 0, length, { address: C, port: 53 }), "sent");
    net.run(() => to.waiting > 0);
    const target = new Uint8Array(5000);
    const received = to.read(target, 0, target.length);
    assertEquals([received?.length, target.subarray(0, length)], [length, data]);
    assertEquals(to.send(target, 0, length, { address: A, port: 5000 }), "sent");
    net.run(() => from.waiting > 0);
    assertEquals(from.read(new Uint8Array(5000), 0, 5000)?.length, length);
  }
  assert(net.seen.some(({ isFragment }) => isFragment) && net.seen.every(({ length }) => length <= NARROW));
});

Deno.test("a packet whose time to live ends on the way is reported by the router where it ended: a traceroute", () => {
  const net = new Net();
  const way: string[] = [];
  for (let timeToLive = 1; timeToLive <= 3; timeToLive++) {
    net.a.output(C, 17, Uint8Array.of(0, 1, 0, 2, 0, 8, 0, 0), { timeToLive });
    net.run();
    way.push(net.errors().map(([from, type, code]) => `${from} ${type} ${code}`).join());
  }
  assertEquals(way, [`10.44.1.1 ${TIME_EXCEEDED} 0`, `10.44.9.2 ${TIME_EXCEEDED} 0`, "10.44.3.2 3 3"]);
});

Deno.test("a router says what it cannot do: net unreachable, host unreachable, too long and may not be cut", () => {
  const net = new Net();
  const says = (to: string, length = 8, dontFragment = false): [string, number, number][] => {
    net.a.output(parseIpv4Address(to), 253, new Uint8Array(length), { dontFragment });
    net.run();
    return net.errors();
  };
  assertEquals(says("192.0.2.1"), [["10.44.1.1", 3, 0]]);
  assertEquals(says("10.44.2.99"), [["10.44.1.1", 3, 1]]);
  assertEquals(says("10.44.8.1"), [["10.44.1.1", 3, 1]]); // the router after it is not there
  assertEquals(says("10.44.3.2", NARROW - 19, true), [["10.44.1.1", 3, 4]]);
  assertEquals(says("10.44.3.2", NARROW - 20, true), [["10.44.3.2", 3, 2]]); // it fits, and the host has no such protocol
  const counters = net.north.counters();
  assertEquals([counters["ip: no route"], counters["ip: too long and may not be cut"]], [1, 1]);
});

Deno.test("a host with two interfaces is no router unless it is told to be: it drops what is not for it, and says nothing", () => {
  const net = new Net({});
  for (const to of [B, C]) net.a.ping(to, 1, 1, new Uint8Array(8));
  net.run();
  assertEquals([net.told, net.seen], [[], []]);
  assertEquals([net.north.counters()["ip: not for us"], net.north.counters()["ip: forwarded"]], [2, undefined]);
  net.a.ping(parseIpv4Address("10.44.1.1"), 1, 2, new Uint8Array(8));
  net.run();
  assertEquals(net.told.map(({ kind }) => kind), ["echo reply"]);
});

Deno.test("a packet on which two routers disagree goes round between them until its time to live has ended, and one error comes back", () => {
  const net = new Net();
  net.a.output(parseIpv4Address("10.44.7.1"), 253, new Uint8Array(8), { timeToLive: 10 });
  net.run();
  assertEquals(net.errors(), [["10.44.9.2", TIME_EXCEEDED, 0]]);
  const [north, south] = [net.north.counters(), net.south.counters()];
  assertEquals([north["ip: forwarded"], south["ip: forwarded"], south["ip: time exceeded"]], [6, 4, 1]); // the sixth is the error
});

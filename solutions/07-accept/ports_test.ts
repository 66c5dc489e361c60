import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { BindReject, Ports } from "../../stack/contract/accept.ts";
import { type Ipv4Address, parseIpv4Address as address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createPorts } from "./ports.ts";

const ONE = address("10.44.0.2");
const TWO = address("172.16.9.9");
const OWN = [ONE, TWO];
const OPTIONS = { firstEphemeral: 49152, lastEphemeral: 65535, privileged: false, random: () => 0 };

/** Binds on a host with two addresses. */
function bind(ports: Ports, on: Ipv4Address, port: number, reuse = false): number | BindReject {
  return ports.bind(on, port, reuse, OWN);
}

Deno.test("bind() takes a port that nobody has, and returns it", () => {
  const ports = createPorts(OPTIONS);
  for (const port of [1024, 8080, 49152, 65535]) assertStrictEquals(bind(ports, ONE, port), port);
  assertStrictEquals(ports.size(), 4);
});

Deno.test("bind() refuses in the order of its contract, and takes nothing then", () => {
  const ports = createPorts(OPTIONS);
  bind(ports, ONE, 5000);
  const stranger = address("10.44.0.77");
  assertStrictEquals(bind(ports, stranger, 80), "address not available");
  assertStrictEquals(bind(ports, stranger, 5000), "address not available");
  assertStrictEquals(bind(ports, stranger, 0), "address not available");
  assertStrictEquals(ports.bind(ONE, 6000, false, []), "address not available");
  for (const port of [1, 80, 1023]) assertStrictEquals(bind(ports, ONE, port), "permission denied");
  assertStrictEquals(bind(ports, ONE, 5000), "address in use");
  assertStrictEquals(ports.size(), 1);
  assertStrictEquals(ports.bind(UNSPECIFIED, 6000, false, []), 6000);
});

Deno.test("bind() lets who may have well-known ports have them, once", () => {
  const ports = createPorts({ ...OPTIONS, privileged: true });
  assertEquals([bind(ports, ONE, 80), bind(ports, ONE, 80), bind(ports, ONE, 1)], [80, "address in use", 1]);
});

Deno.test("bind() by its table: both addresses, both reuse flags, listening or not", () => {
  const addresses = [ONE, TWO, UNSPECIFIED];
  for (const first of addresses) {
    for (const second of addresses) {
      for (const [had, wants] of [[false, false], [true, false], [false, true], [true, true]] as const) {
        for (const listening of [false, true]) {
          const ports = createPorts(OPTIONS);
          bind(ports, first, 5000, had);
          if (listening) ports.listen(first, 5000);
          const apart = first !== second && first !== UNSPECIFIED && second !== UNSPECIFIED;
          const fits = apart || had && wants && !listening;
          assertStrictEquals(bind(ports, second, 5000, wants), fits ? 5000 : "address in use");
          assertStrictEquals(ports.size(), fits ? 2 : 1);
        }
      }
    }
  }
});

Deno.test("listen() is for one of those who share a port", () => {
  const ports = createPorts(OPTIONS);
  bind(ports, ONE, 5000, true);
  bind(ports, UNSPECIFIED, 5000, true);
  bind(ports, TWO, 5000, true);
  assertStrictEquals(ports.listen(ONE, 5000), true);
  assertEquals([ports.listen(ONE, 5000), ports.listen(UNSPECIFIED, 5000), ports.listen(TWO, 5000)], [false, false, true]);
  assertStrictEquals(bind(ports, ONE, 5000, true), "address in use");
  assertStrictEquals(ports.size(), 3);
});

Deno.test("listen() is false for what is not bound", () => {
  const ports = createPorts(OPTIONS);
  bind(ports, UNSPECIFIED, 5000);
  assertEquals([ports.listen(ONE, 5000), ports.listen(UNSPECIFIED, 5001)], [false, false]);
});

Deno.test("release() gives back what was taken, and only that", () => {
  const ports = createPorts(OPTIONS);
  bind(ports, ONE, 5000);
  for (const [on, port] of [[TWO, 5000], [UNSPECIFIED, 5000], [ONE, 5001]] as const) ports.release(on, port, false);
  ports.release(ONE, 5000, true);
  assertEquals([ports.size(), bind(ports, ONE, 5000)], [1, "address in use"]);
  ports.release(ONE, 5000, false);
  assertEquals([ports.size(), bind(ports, ONE, 5000), ports.size()], [0, 5000, 1]);
  ports.listen(ONE, 5000);
  ports.release(ONE, 5000, false);
  assertEquals([ports.size(), bind(ports, ONE, 5000)], [1, "address in use"]);
  ports.release(ONE, 5000, true);
  ports.release(ONE, 5000, true);
  assertEquals([ports.size(), bind(ports, ONE, 5000)], [0, 5000]);
});

Deno.test("release() tells the listener from those who share its port", () => {
  const ports = createPorts(OPTIONS);
  bind(ports, ONE, 5000, true);
  bind(ports, ONE, 5000, true);
  ports.listen(ONE, 5000);
  ports.release(ONE, 5000, false);
  assertEquals([bind(ports, ONE, 5000, true), ports.size()], ["address in use", 1]);
  bind(ports, TWO, 5000, true);
  ports.release(ONE, 5000, true);
  assertEquals([bind(ports, ONE, 5000, true), ports.listen(ONE, 5000)], [5000, true]);
});

Deno.test("share() holds a port for as long as a connection of a listener lasts", () => {
  for (const reuse of [false, true]) {
    const ports = createPorts(OPTIONS);
    bind(ports, UNSPECIFIED, 8080, reuse);
    ports.listen(UNSPECIFIED, 8080);
    ports.share(ONE, 8080, reuse);
    ports.share(ONE, 8080, reuse);
    assertStrictEquals(ports.size(), 3);
    ports.release(UNSPECIFIED, 8080, true);
    ports.release(ONE, 8080, false);
    // The server starts again while its last connection is in TIME-WAIT.
    assertEquals([bind(ports, UNSPECIFIED, 8080, false), bind(ports, TWO, 8080, false)], ["address in use", 8080]);
    ports.release(TWO, 8080, false);
    const again = bind(ports, UNSPECIFIED, 8080, true);
    assertStrictEquals(again, reuse ? 8080 : "address in use");
    if (reuse) assertStrictEquals(ports.listen(UNSPECIFIED, 8080), true);
    else ports.release(ONE, 8080, false);
    assertStrictEquals(ports.size(), reuse ? 2 : 0);
  }
});

Deno.test("bind() to port 0 begins where chance says, and goes around", () => {
  const begin = (value: number): Ports => createPorts({ ...OPTIONS, random: () => value });
  assertEquals([0, 0.5, 0.999999].map((value) => bind(begin(value), ONE, 0)), [49152, 57344, 65535]);
  const ports = begin(0.999999);
  assertEquals([bind(ports, ONE, 0), bind(ports, ONE, 0), bind(ports, ONE, 0)], [65535, 49152, 49153]);
});

Deno.test("bind() to port 0 shares with nobody, whatever he set", () => {
  const ports = createPorts(OPTIONS);
  bind(ports, ONE, 49152, true);
  bind(ports, UNSPECIFIED, 49153, true);
  bind(ports, TWO, 49154);
  assertEquals([bind(ports, ONE, 0, true), bind(ports, UNSPECIFIED, 0, true)], [49154, 49155]);
});

Deno.test("bind() to port 0 gives every ephemeral port once, and then none; a freed one again", () => {
  const random = createRandom(6056);
  const ports = createPorts({ ...OPTIONS, random: () => random.next() });
  const given = new Set<number>();
  for (let i = 0; i < 16384; i++) {
    const port = bind(ports, random.pick([ONE, UNSPECIFIED]), 0);
    assert(typeof port === "number" && port >= 49152);
    given.add(port);
  }
  assertEquals([given.size, bind(ports, UNSPECIFIED, 0), ports.size()], [16384, "no port free", 16384]);
  ports.release(ONE, 50000, false);
  ports.release(UNSPECIFIED, 50000, false);
  assertEquals([bind(ports, ONE, 0), bind(ports, ONE, 0), bind(ports, ONE, 1024)], [50000, "no port free", 1024]);
});

Deno.test("createPorts() agrees with a plain list of holders, whatever happens", () => {
  interface Holder {
    readonly address: Ipv4Address;
    readonly port: number;
    readonly reuse: boolean;
    listening: boolean;
  }
  const overlaps = (a: Ipv4Address, b: Ipv4Address): boolean => a === b || a === UNSPECIFIED || b === UNSPECIFIED;
  for (let seed = 0; seed < 30; seed++) {
    const random = createRandom(seed);
    const ports = createPorts({ ...OPTIONS, firstEphemeral: 5000, lastEphemeral: 5002, random: () => random.next() });
    const holders: Holder[] = [];
    for (let step = 0; step < 400; step++) {
      const on = random.pick([ONE, TWO, UNSPECIFIED]);
      const [port, reuse] = [random.int(5000, 5002), random.chance(0.7)];
      const rivals = holders.filter((holder) => holder.port === port && overlaps(holder.address, on));
      const what = random.int(0, 9);
      if (what < 4) {
        const fits = rivals.every((rival) => rival.reuse && reuse && !rival.listening);
        assertStrictEquals(bind(ports, on, port, reuse), fits ? port : "address in use");
        if (fits) holders.push({ address: on, port, reuse, listening: false });
      } else if (what === 4) {
        const free = [5000, 5001, 5002].some((each) => !holders.some((held) => held.port === each && overlaps(held.address, on)));
        const given = bind(ports, on, 0, reuse);
        assertStrictEquals(typeof given, free ? "number" : "string");
        if (typeof given === "number") holders.push({ address: on, port: given, reuse, listening: false });
      } else if (what === 5) {
        const chosen = holders.find((holder) => holder.address === on && holder.port === port && !holder.listening);
        const may = chosen !== undefined && rivals.every((rival) => !rival.listening);
        assertStrictEquals(ports.listen(on, port), may);
        if (may) chosen.listening = true;
      } else if (what === 6) {
        const listener = holders.find((holder) => holder.listening);
        if (listener === undefined || listener.address === UNSPECIFIED) continue;
        ports.share(listener.address, listener.port, listener.reuse);
        holders.push({ ...listener, listening: false });
      } else {
        const listening = random.chance(0.5);
        ports.release(on, port, listening);
        const at = holders.findIndex((holder) => holder.address === on && holder.port === port && holder.listening === listening);
        if (at >= 0) holders.splice(at, 1);
      }
      assertStrictEquals(ports.size(), holders.length);
    }
  }
});

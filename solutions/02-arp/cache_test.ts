import { assert, assertEquals } from "@std/assert";
import type { ArpActions, ArpCache, ArpOptions, ArpPacket } from "../../stack/contract/arp.ts";
import { Frame } from "../../stack/wire/frame.ts";
import { type Ipv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from "../../stack/wire/mac_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createArpCache } from "./cache.ts";

const OWN_MAC = 0x02_00_00_00_00_02 as MacAddress;
const OWN_IP = 0x0a2c_0002 as Ipv4Address;
const OPTIONS: ArpOptions = {
  ownMac: OWN_MAC,
  ownIp: OWN_IP,
  reachableTime: 60_000,
  staleTime: 600_000,
  retryInterval: 1000,
  maxRequests: 3,
  queueLimit: 3,
  maxEntries: 4,
};

type Action = ["send", ArpPacket, MacAddress] | ["transmit", Frame, MacAddress] | ["drop", Frame, string];

/** A cache and what it asked for. */
function setUp(options: Partial<ArpOptions> = {}): { cache: ArpCache; actions: ArpActions; take: () => Action[] } {
  const log: Action[] = [];
  const actions: ArpActions = {
    send: (packet, destination) => void log.push(["send", packet, destination]),
    transmit: (frame, destination) => void log.push(["transmit", frame, destination]),
    drop: (frame, reason) => void log.push(["drop", frame, reason]),
  };
  return { cache: createArpCache({ ...OPTIONS, ...options }), actions, take: () => log.splice(0) };
}

/** A frame that can be told from others. */
const packet = (mark: number): Frame => Frame.of(Uint8Array.of(mark));
const ip = (last: number): Ipv4Address => 0x0a2c_0000 + last as Ipv4Address;
const mac = (last: number): MacAddress => 0x02_00_00_00_00_00 + last as MacAddress;
const request = (from: number, target = OWN_IP): ArpPacket => ({
  operation: 1,
  senderMac: mac(from),
  senderIp: ip(from),
  targetMac: ZERO_MAC,
  targetIp: target,
});
const reply = (from: number): ArpPacket => ({ ...request(from), operation: 2, targetMac: OWN_MAC });
const asking = (target: number): ArpPacket => ({
  operation: 1,
  senderMac: OWN_MAC,
  senderIp: OWN_IP,
  targetMac: ZERO_MAC,
  targetIp: ip(target),
});
const answer = (to: number): ArpPacket => ({ operation: 2, senderMac: OWN_MAC, senderIp: OWN_IP, targetMac: mac(to), targetIp: ip(to) });

Deno.test("resolve() asks once, and the answer sends what waits in order", () => {
  const { cache, actions, take } = setUp();
  const [a, b] = [packet(1), packet(2)];
  cache.resolve(ip(1), a, 0, actions);
  cache.resolve(ip(1), b, 10, actions);
  assertEquals(take(), [["send", asking(1), BROADCAST_MAC]]);
  assertEquals(cache.entries(10), [{ address: ip(1), mac: undefined, state: "incomplete", waiting: 2 }]);
  cache.receive(reply(1), 20, actions);
  assertEquals(take(), [["transmit", a, mac(1)], ["transmit", b, mac(1)]]);
  cache.receive(reply(1), 21, actions);
  assertEquals(take(), []);
  assertEquals(cache.entries(20), [{ address: ip(1), mac: mac(1), state: "reachable", waiting: 0 }]);
});

Deno.test("resolve() drops the oldest when the queue is full", () => {
  const { cache, actions, take } = setUp();
  const frames = Array.from({ length: 5 }, (_, i) => packet(i));
  for (const frame of frames) cache.resolve(ip(1), frame, 0, actions);
  assertEquals(take().slice(1).map(([, frame, reason]) => [frame, reason]), frames.slice(0, 2).map((frame) => [frame, "arp queue full"]));
  cache.receive(reply(1), 1, actions);
  assertEquals(take().map(([, frame]) => frame), frames.slice(2));
});

Deno.test("poll() asks once a second, gives up after the last and forgets", () => {
  const { cache, actions, take } = setUp();
  const frame = packet(1);
  cache.resolve(ip(1), frame, 500, actions);
  assertEquals(cache.nextDeadline(), 1500);
  cache.poll(1499, actions);
  assertEquals(take().length, 1);
  cache.poll(1500, actions);
  cache.poll(2600, actions);
  assertEquals(take(), [["send", asking(1), BROADCAST_MAC], ["send", asking(1), BROADCAST_MAC]]);
  assertEquals(cache.nextDeadline(), 3600);
  cache.poll(3600, actions);
  assertEquals(take(), [["drop", frame, "no arp answer"]]);
  assertEquals(cache.entries(3600), []);
  assertEquals(cache.nextDeadline(), Infinity);
});

Deno.test("resolve() uses a stale entry, and asks its old station", () => {
  const { cache, actions, take } = setUp();
  cache.receive(request(1), 0, actions);
  take();
  assertEquals(cache.entries(59_999)[0]?.state, "reachable");
  assertEquals(cache.entries(60_000)[0]?.state, "stale");
  const frame = packet(1);
  cache.resolve(ip(1), frame, 60_000, actions);
  cache.resolve(ip(1), frame, 60_500, actions);
  assertEquals(take(), [["transmit", frame, mac(1)], ["send", asking(1), mac(1)], ["transmit", frame, mac(1)]]);
  cache.poll(61_000, actions);
  cache.receive(reply(1), 61_001, actions);
  assertEquals(take(), [["send", asking(1), mac(1)]]);
  assertEquals(cache.entries(61_001)[0]?.state, "reachable");
  cache.poll(70_000, actions);
  assertEquals(take(), []);
});

Deno.test("poll() removes a stale entry that nobody confirms, or nobody uses", () => {
  const { cache, actions, take } = setUp();
  cache.receive(request(1), 0, actions);
  cache.receive(request(3), 0, actions);
  take();
  cache.resolve(ip(1), packet(0), 100_000, actions);
  for (let now = 101_000; now <= 103_000; now += 1000) cache.poll(now, actions);
  assertEquals(take().filter(([kind]) => kind === "send").length, 3);
  assertEquals(cache.entries(103_000).map((entry) => entry.address), [ip(3)]);
  assertEquals(cache.nextDeadline(), 660_000);
  cache.poll(659_999, actions);
  assertEquals(cache.entries(0).length, 1);
  cache.poll(660_000, actions);
  assertEquals(cache.entries(0), []);
});

Deno.test("resolve() keeps requests apart when entries grow stale sooner than that", () => {
  const { cache, actions, take } = setUp({ reachableTime: 100 });
  cache.resolve(ip(1), packet(0), 0, actions);
  cache.receive(reply(1), 1, actions);
  take();
  cache.resolve(ip(1), packet(0), 200, actions);
  assertEquals(take().map(([kind]) => kind), ["transmit"]);
  assertEquals(cache.nextDeadline(), 1000);
  cache.poll(1000, actions);
  assertEquals(take(), [["send", asking(1), mac(1)]]);
});

Deno.test("receive() answers requests for us, and learns who asks", () => {
  const { cache, actions, take } = setUp();
  cache.receive(request(7), 5, actions);
  assertEquals(take(), [["send", answer(7), mac(7)]]);
  assertEquals(cache.entries(5), [{ address: ip(7), mac: mac(7), state: "reachable", waiting: 0 }]);
});

Deno.test("receive() makes no entry for a reply, nor for what is not for us", () => {
  const { cache, actions, take } = setUp();
  cache.receive(reply(7), 0, actions);
  cache.receive(request(8, ip(9)), 0, actions);
  cache.receive(request(8, ip(8)), 0, actions);
  assertEquals([cache.entries(0), take()], [[], []]);
});

Deno.test("receive() updates a known sender whatever the packet is about", () => {
  for (const heard of [request(1, ip(9)), request(1, ip(1)), request(1), reply(1), { ...reply(1), targetIp: ip(9) }]) {
    const { cache, actions } = setUp();
    cache.receive({ ...request(1), senderMac: mac(99) }, 0, actions);
    cache.receive(heard, 70_000, actions);
    assertEquals(cache.entries(70_000), [{ address: ip(1), mac: mac(1), state: "reachable", waiting: 0 }]);
  }
});

Deno.test("receive() answers a probe without learning, and never learns our own address", () => {
  const { cache, actions, take } = setUp();
  cache.receive({ ...request(7), senderIp: UNSPECIFIED }, 0, actions);
  assertEquals(take(), [["send", { ...answer(7), targetIp: UNSPECIFIED }, mac(7)]]);
  cache.receive({ ...request(7), senderIp: OWN_IP }, 0, actions);
  assertEquals(cache.entries(0), []);
});

Deno.test("receive() makes room by the entry that was used longest ago", () => {
  const { cache, actions, take } = setUp();
  for (const last of [11, 12, 13, 14]) cache.receive(request(last), last, actions);
  cache.resolve(ip(11), packet(0), 20, actions);
  cache.receive(request(15), 21, actions);
  assertEquals(cache.entries(21).map((entry) => entry.address), [ip(11), ip(13), ip(14), ip(15)]);
  take();
  const frame = packet(1);
  cache.resolve(ip(16), frame, 22, actions);
  for (const last of [21, 22, 23, 24]) cache.receive(request(last), 30, actions);
  assertEquals(take().filter(([kind]) => kind === "drop"), [["drop", frame, "arp queue full"]]);
});

Deno.test("createArpCache() gives every frame back once and keeps its bounds, whatever happens", () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = createRandom(seed);
    const { cache, actions, take } = setUp({ maxEntries: 6, reachableTime: 1500, staleTime: 4000 });
    const out = new Set<Frame>();
    const lastAsked = new Map<Ipv4Address, number>();
    for (let step = 0, now = 0; step < 500; step++, now += random.int(0, 700)) {
      // Five addresses fit six places: nothing is evicted, so no request is forgotten.
      const last = random.int(10, 14);
      const what = random.int(0, 5);
      if (what < 3) {
        const frame = new Frame(64, 32);
        out.add(frame);
        cache.resolve(ip(last), frame, now, actions);
      } else if (what === 3) {
        cache.receive(random.chance(0.5) ? reply(last) : request(last, random.pick([OWN_IP, ip(200)])), now, actions);
      } else {
        cache.poll(now, actions);
        assert(cache.nextDeadline() > now);
      }
      for (const action of take()) {
        if (action[0] !== "send") assert(out.delete(action[1]), "a frame came back twice");
        else if (action[1].operation === 1) {
          const before = lastAsked.get(action[1].targetIp) ?? -Infinity;
          assert(now - before >= 1000, `asked again after ${now - before} ms`);
          lastAsked.set(action[1].targetIp, now);
        }
      }
      const entries = cache.entries(now);
      assert(entries.length <= 6 && entries.every((entry) => entry.waiting <= 3));
      assertEquals(out.size, entries.reduce((sum, entry) => sum + entry.waiting, 0));
    }
    for (let now = 1e6; cache.nextDeadline() < Infinity; now += 1000) cache.poll(now, actions);
    for (const action of take()) if (action[0] !== "send") out.delete(action[1]);
    assertEquals([out.size, cache.entries(2e6)], [0, []]);
  }
});

import { assert, assertEquals } from "@std/assert";
import type { AddressClaim, ArpPacket, ClaimActions } from "../../stack/contract/arp.ts";
import { type Ipv4Address, UNSPECIFIED } from "../../stack/wire/ipv4_address.ts";
import { BROADCAST_MAC, type MacAddress, ZERO_MAC } from "../../stack/wire/mac_address.ts";
import { createRandom } from "../../stack/wire/random.ts";
import { createAddressClaim } from "./claim.ts";

const MAC = 0x02_00_00_00_00_02 as MacAddress;
const OTHER = 0x02_00_00_00_00_07 as MacAddress;
const ADDRESS = 0x0a2c_0002 as Ipv4Address;
const PROBE: ArpPacket = { operation: 1, senderMac: MAC, senderIp: UNSPECIFIED, targetMac: ZERO_MAC, targetIp: ADDRESS };
const ANNOUNCEMENT: ArpPacket = { ...PROBE, senderIp: ADDRESS };
const RIVAL: ArpPacket = { ...ANNOUNCEMENT, senderMac: OTHER };

/** A claim and what it sent. */
interface Claimed {
  readonly claim: AddressClaim;
  readonly actions: ClaimActions;
  /** What was sent since the last call, each with its time. */
  take(): Sent[];
  receive(packet: ArpPacket, at: number): void;
  announce(at: number): void;
  /** Polls at every deadline up to `end`. */
  run(end: number): void;
}

interface Sent {
  readonly at: number;
  readonly packet: ArpPacket;
}

function setUp(random: () => number = () => 0.5): Claimed {
  const sent: Sent[] = [];
  let now = 0;
  const claim = createAddressClaim({ mac: MAC, address: ADDRESS, random });
  const actions = {
    send(packet: ArpPacket, destination: MacAddress): void {
      assertEquals(destination, BROADCAST_MAC);
      sent.push({ at: now, packet });
    },
  };
  return {
    claim,
    actions,
    take: () => sent.splice(0),
    receive: (packet: ArpPacket, at: number) => claim.receive(packet, now = at, actions),
    announce: (at: number) => claim.announce(now = at, actions),
    run(end: number): void {
      while (claim.nextDeadline() <= end) {
        now = claim.nextDeadline();
        claim.poll(now, actions);
      }
    },
  };
}

Deno.test("start() probes three times, announces twice and owns", () => {
  const { claim, take, run } = setUp();
  assertEquals([claim.state(), claim.nextDeadline()], ["idle", Infinity]);
  claim.start(0);
  assertEquals([claim.state(), claim.nextDeadline()], ["probing", 500]);
  run(5499);
  assertEquals(take(), [500, 2000, 3500].map((at) => ({ at, packet: PROBE })));
  assertEquals(claim.state(), "probing");
  run(5500);
  assertEquals(claim.state(), "announcing");
  run(7500);
  assertEquals(take(), [5500, 7500].map((at) => ({ at, packet: ANNOUNCEMENT })));
  assertEquals([claim.state(), claim.nextDeadline()], ["owned", Infinity]);
});

Deno.test("start() keeps the waits of RFC 5227 for any random numbers", () => {
  const random = createRandom(5227);
  const gaps = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const { claim, take, run } = setUp(random.next);
    claim.start(0);
    run(20_000);
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = take().map(({ at }) => at);
    assert(a < 1000 && b - a >= 1000 && b - a < 2000 && c - b >= 1000 && c - b < 2000, `${a} ${b} ${c}`);
    assertEquals([d - c, e - d].map(Math.round), [2000, 2000]);
    gaps.add(a).add(b - a).add(c - b);
  }
  assertEquals(gaps.size, 600);
});

Deno.test("announce() takes the address at once", () => {
  const { claim, announce, take, run } = setUp();
  announce(100);
  assertEquals(claim.state(), "announcing");
  run(9999);
  assertEquals(take(), [100, 2100].map((at) => ({ at, packet: ANNOUNCEMENT })));
  assertEquals(claim.state(), "owned");
});

Deno.test("poll() after a long sleep does one step only", () => {
  const { claim, actions, take } = setUp();
  claim.start(0);
  claim.poll(100_000, actions);
  claim.poll(100_001, actions);
  assertEquals(take().length, 1);
  assertEquals(claim.nextDeadline(), 101_500);
});

Deno.test("receive() finds a conflict while probing", () => {
  const conflicts: ArpPacket[] = [RIVAL, { ...RIVAL, operation: 2, targetIp: 9 as Ipv4Address }, { ...PROBE, senderMac: OTHER }];
  for (const packet of conflicts) {
    const { claim, receive, run, take } = setUp();
    claim.start(0);
    run(5000);
    take();
    receive(packet, 5400);
    assertEquals([claim.state(), claim.nextDeadline()], ["conflict", Infinity]);
    receive(packet, 5450);
    run(99_999);
    assertEquals(take(), []);
  }
});

Deno.test("receive() sees no conflict in our own packets, or in those of others", () => {
  const harmless: ArpPacket[] = [
    PROBE,
    ANNOUNCEMENT,
    { ...PROBE, senderMac: OTHER, targetIp: 9 as Ipv4Address },
    { ...PROBE, senderMac: OTHER, senderIp: 9 as Ipv4Address },
    { ...RIVAL, senderIp: 9 as Ipv4Address, targetIp: 9 as Ipv4Address },
  ];
  for (const [state, when] of [["probing", 5000], ["announcing", 6000], ["owned", 9000]] as const) {
    const { claim, receive, run, take } = setUp();
    claim.start(0);
    run(when);
    take();
    for (const packet of harmless) receive(packet, when);
    assertEquals([claim.state(), take()], [state, []]);
  }
});

Deno.test("receive() defends once in ten seconds, then gives up", () => {
  const { claim, receive, announce, run, take } = setUp();
  announce(0);
  receive(RIVAL, 1000);
  run(5000);
  assertEquals(take().map(({ at }) => at), [0, 1000, 2000]);
  receive(RIVAL, 12_000);
  assertEquals(take(), [{ at: 12_000, packet: ANNOUNCEMENT }]);
  receive({ ...PROBE, senderMac: OTHER }, 13_000);
  assertEquals([claim.state(), take()], ["owned", []]);
  receive(RIVAL, 21_000);
  assertEquals([claim.state(), claim.nextDeadline(), take()], ["conflict", Infinity, []]);
});

Deno.test("start() slows down after ten conflicts", () => {
  const { claim, receive } = setUp();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 12; attempt++) {
    claim.start(0);
    waits.push(claim.nextDeadline());
    receive(RIVAL, 1);
  }
  assertEquals(waits, [...new Array<number>(11).fill(500), 60_500]);
});

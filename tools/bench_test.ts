/** That the benchmark measures what it says. Its figures are nobody's business here: no test depends on time. */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import reference from "../solutions/reference.ts";
import { Host } from "../stack/host.ts";
import type { HostConfig } from "../stack/host_config.ts";
import type { Device } from "../stack/link/device.ts";
import { createPair } from "../stack/link/pair.ts";
import { parseIpv4Address } from "../stack/wire/ipv4_address.ts";
import { measureIdle, measureMade, measureSegments, measureTap, measureTcp, measureVirtual } from "./bench.ts";
import { countConstructions, heapBytes } from "./bench/allocations.ts";
import { bulkRig } from "./bench/bulk.ts";
import { contest, spreadOf } from "./bench/contest.ts";
import { echo, virtualRig } from "./bench/echo.ts";
import { type Figures, reportLines } from "./bench/report.ts";
import { measureLwip } from "./bench/beside_lwip.ts";
import { KernelSide, vethWorld } from "./bench/worlds.ts";
import { missingLwip } from "./foreign/lwip_program.ts";
import { whyNoLiveWire } from "./harness/kernel/kernel_peer.ts";
import { missingProgram, testWhen } from "./test_when.ts";

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);
const QUICK = { rounds: 1, sample: 0.1 };
const noLiveWire = await whyNoLiveWire();

Deno.test("countConstructions() sees every way to make a typed array, a view or a buffer, and leaves no trace", () => {
  const before = [Uint8Array, DataView, ArrayBuffer, Uint8Array.prototype.subarray, ArrayBuffer.prototype.slice];
  const made = countConstructions(() => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer);
    bytes.subarray(1).slice(1);
    Uint32Array.of(1, 2);
    Float64Array.from([1]);
    new ArrayBuffer(8).slice(4);
    bytes.map((byte) => byte + 1);
    new BigUint64Array(1).toReversed();
  });
  assertEquals(made, {
    "Uint8Array": 1,
    "DataView": 1,
    "Uint8Array.subarray": 1,
    "Uint8Array.slice": 1,
    "Uint32Array": 1,
    "Float64Array": 1,
    "ArrayBuffer": 1,
    "ArrayBuffer.slice": 1,
    "Uint8Array.map": 1,
    "BigUint64Array": 1,
    "BigUint64Array.toReversed": 1,
  });
  assertThrows(() =>
    countConstructions(() => {
      throw new RangeError("in between");
    }), RangeError);
  assertEquals([Uint8Array, DataView, ArrayBuffer, Uint8Array.prototype.subarray, ArrayBuffer.prototype.slice], before);
  assertEquals(countConstructions(() => {}), {});
});

for (const [what, length, withFcs] of [["short frames", 60, true], ["full frames", 1514, true], ["no FCS", 1514, false]] as const) {
  Deno.test(`the echo path makes no typed array, view or buffer once it is warm: ${what}`, () => {
    const rig = virtualRig(reference, length, withFcs);
    echo(rig, 2048); // once around the wire's ring of frames, which makes each when it is first used
    assertEquals(countConstructions(() => echo(rig, 512)), {});
  });
}

Deno.test("the path of a forwarded packet, and of an ICMP error, makes no typed array, view or buffer", () => {
  const [near, far] = createPair({ queueLimit: 8 });
  const [inside, end] = createPair({ queueLimit: 8 });
  const bind = (config: Partial<HostConfig>, ...devices: Device[]) => Host.bind(reference, config, devices);
  const interfaces = [{ mac: "02:00:00:00:00:02", address: "10.44.0.2" }, { mac: "02:00:00:00:01:01", address: "10.44.1.1" }];
  const router = bind({ interfaces, forwarding: true }, far, inside);
  const routes = (gateway: string) => [{ to: "0.0.0.0/0", gateway }];
  const sender = bind({ interfaces: [{ mac: "02:00:00:00:00:01", address: "10.44.0.1" }], routes: routes("10.44.0.2") }, near);
  const receiver = bind({ interfaces: [{ mac: "02:00:00:00:01:02", address: "10.44.1.2" }], routes: routes("10.44.1.1") }, end);
  const data = new Uint8Array(64);
  const kinds: [to: string, timeToLive: number][] = [["10.44.0.2", 64], ["10.44.1.2", 1], ["10.44.1.2", 64]];
  const carry = () => {
    for (const [to, timeToLive] of kinds) {
      for (let i = 0; i < 16; i++) {
        sender.output(parseIpv4Address(to), 253, data, { timeToLive });
        for (const host of [router, receiver, router, receiver, router, sender]) host.poll(0);
      }
    }
  };
  carry();
  assertEquals(countConstructions(carry), {});
  const counters = router.counters();
  assertEquals([counters["ip: no protocol"], counters["ip: time exceeded"], counters["ip: forwarded"]], [32, 32, 64]);
});

Deno.test("echo() throws when a reply is missing", () => {
  const rig = virtualRig(reference, 60, true);
  echo(rig, 100);
  assertThrows(() => echo({ ...rig, collect: () => rig.collect() - 1 }, 100), Error, "100 echo requests were sent, and 99 replies came");
});

Deno.test("heapBytes() sees what is made, and nothing where nothing is", () => {
  const kept: unknown[] = [];
  assert(heapBytes((count) => count) < 16);
  assert(heapBytes((count) => void (kept[0] = Array.from({ length: count }, (_, index) => ({ index, a: 1.5, b: [index] })))) > 48);
});

Deno.test("contest() lets all take turns, and spreadOf() gives median and quartiles", () => {
  const order: string[] = [];
  const slow = () => (order.push("slow"), 2);
  const fast = () => (order.push("fast"), 1);
  const result = contest({ slow, fast }, { rounds: 4, sample: 1 });
  assertEquals(order.slice(-8), ["slow", "fast", "fast", "slow", "slow", "fast", "fast", "slow"]);
  // A sample of 1 ms is as many units as took 1 ms in the warm-up: 512 and 1024.
  assertEquals([result.slow.median, result.fast.median].map(Math.round), [1953, 977]);
  assertEquals(spreadOf([5, 1, 4, 2, 3]), { median: 3, low: 2, high: 4 });
  assertEquals(spreadOf([7]), { median: 7, low: 7, high: 7 });
});

testWhen(noLiveWire, "measureTap(): the kernel finds every reply good, the stack makes nothing, and pings come back", async () => {
  const { echo, made, replies, roundTrip } = await measureTap(QUICK);
  assertEquals(echo.map(({ length }) => length), [60, 1514]);
  assertEquals(made.constructions, {});
  assert(replies.sent > 100_000);
  assertEquals(replies.good, replies.sent);
  for (const { median, low, high } of Object.values(roundTrip)) assert(low > 0 && low <= median && median <= high);
});

testWhen(
  noLiveWire,
  "measureTcp(): every byte, echo and connection arrives, over the stack, the yardstick, loopback and veth",
  async () => {
    const { plain, offload, noVeth } = await measureTcp({ rounds: 1, bytes: 1_000_000, echoes: 20, connections: 40 });
    assert(plain !== undefined);
    assert(offload !== undefined && typeof offload !== "string", `${offload}`);
    assertEquals(Object.keys(plain), ["inward", "outward", "echoes", "connections"]);
    assertEquals([plain.connections.yardstick, noVeth], [undefined, undefined]);
    for (const { stack, yardstick = stack, loopback, veth } of [...Object.values(plain), offload.inward, offload.outward]) {
      assert(veth !== undefined);
      for (const { median, own, all, waited } of [stack, yardstick, loopback, veth]) {
        assert(
          median > 0 && own > 0 && all > own && waited >= 0,
        );
      }
    }
  },
);

testWhen(noLiveWire, "measureTcp() measures one part alone, if no more is asked for", async () => {
  const size = { rounds: 1, bytes: 100_000, echoes: 2, connections: 2 };
  const { plain, offload } = await measureTcp({ ...size, parts: ["offload"] });
  assertEquals(plain, undefined);
  assert(typeof offload === "object");
});

testWhen(
  noLiveWire ?? missingLwip() ?? missingProgram("cc"),
  "measureLwip(): every byte arrives, over lwIP and over the stack",
  async () => {
    const result = await measureLwip({ rounds: 1, bytes: 300_000 });
    assert(typeof result !== "string", `${result}`);
    for (const { tap, tun, lwip } of [result.inward, result.outward]) {
      for (const { median, own, all } of [tap, tun, lwip]) assert(median > 0 && own > 0 && all > own);
    }
  },
);

testWhen(noLiveWire, "vethWorld() gives a sentence where no veth can be laid", async () => {
  const kernel = new KernelSide();
  try {
    // No process has this number, so the cable has nowhere to go.
    assertMatch(`${await vethWorld(kernel, -1)}`, /^No kernel over veth: .+\.$/);
  } finally {
    kernel.close();
  }
});

Deno.test("a segment makes no typed array, view or buffer; a call of the application's makes one at most", () => {
  const bulk = bulkRig(reference);
  const before = bulk.segments();
  const made = countConstructions(() => bulk.carry(2_000_000));
  assert(bulk.segments() - before > 1400);
  assertEquals(Object.keys(made).filter((name) => name !== "Uint8Array.subarray"), []);
  assert((made["Uint8Array.subarray"] ?? 0) <= Math.ceil(2_000_000 / 65_536) + 8); // as many as there were writes
});

Deno.test("measureIdle() counts what open connections hold, and more for those who wait to read", async () => {
  const { connections, open, waiting } = await measureIdle(300);
  assertEquals(connections, 300);
  assert(open.heap > 500 && waiting.heap > open.heap);
  assert(waiting.heap - open.heap < 1024, `${waiting.heap - open.heap} bytes for a call that waits`);
});

Deno.test("reportLines() fits 80 columns, with TAP and without", () => {
  const virtual = measureVirtual(reference, QUICK);
  const spread = { median: 1234.5, low: 1000, high: 98_765.4 };
  const reached = { ...spread, own: 123_456, all: 234_567, waited: 0.5 };
  const compared = { stack: reached, yardstick: { ...reached, median: 2469 }, loopback: reached, veth: reached };
  const { yardstick: _none, ...noYardstick } = compared;
  const tcp = {
    plain: { inward: compared, outward: compared, echoes: compared, connections: noYardstick },
    offload: { inward: compared, outward: compared },
  };
  const beside = { tap: reached, tun: { ...reached, median: 617.25 }, lwip: reached };
  const lwip = { mtu: 1500, inward: beside, outward: { ...beside, tap: { ...reached, median: 2469 } } };
  const memory = {
    connections: 10_000,
    open: { heap: 12_345.6, external: 1234.5 },
    waiting: { heap: 123_456, external: 0 },
    poll: 123.4,
    emptyPoll: 12.3,
  };
  const figures: Figures = {
    machine: "Deno 2.9.6 · linux x86_64 · 2 processors",
    tcp: "No live wire.",
    lwip: "lwIP is not installed here.",
    wire: measureSegments(reference, 3, 100_000),
    memory,
    frames: { echo: virtual, ...measureMade(reference) },
    tap: "No live wire.",
  };
  const tap = {
    echo: [60, 1514].map((length) => ({ length, stack: spread, yardstick: spread })),
    roundTrip: { stack: spread, sleeping: spread, busy: spread },
    made: { packets: 512, constructions: { "Uint8Array.subarray": 512, DataView: 256 } },
    replies: { sent: 1_000_000, good: 999_999 },
  };
  const text = reportLines({ ...figures, tap, tcp, lwip }).join("\n");
  assertMatch(text, /\n {2}kernel → stack, Gbit\/s +1 235 \(1 000–98 765\) +2 469 +50 % +1 235 +1 235\n {4}with offload/);
  assertMatch(text, /\n {2}stack → kernel, s\/GB +123 456 +234 567/);
  assertMatch(text, /\n {2}an echo, µs +123 +235/);
  assertMatch(text, /the stack is\s+level\s+from\s+the\s+kernel,\s+ahead\s+by\s+100\s+%\s+to\s+it/);
  assertMatch(text, /wait\s+for\s+a\s+processor\s+50\s+%\s+of\s+the\s+time/);
  const alone = reportLines({ machine: figures.machine, tcp: { offload: "tun0 goes without offload", noVeth: "No kernel over veth." } });
  assertStringIncludes(alone.join("\n"), "  No kernel over veth.\n  tun0 goes without offload.");
  assertMatch(text, /1514 bytes +1 620 089 +1 235 \(1 000–98 765\) +1 235 +100 %/);
  assertMatch(text, /made per packet +1\.00 Uint8Array\.subarray, 0\.50\s+DataView/);
  assertStringIncludes(text, "only 999 999 of 1 000 000 replies good");
  assertMatch(text, /made per packet +0\n/);
  for (const line of [text, ...reportLines(figures)].flatMap((part) => part.split("\n"))) assert([...line].length <= 80, line);
});

Deno.test("bench: a wrong command is one sentence and status 2, --help status 0", async () => {
  const bench = async (word: string): Promise<[number, string]> => {
    const args = ["run", "--quiet", "--no-prompt", `${ROOT}tools/bench.ts`, word];
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, stdin: "null" }).output();
    return [code, new TextDecoder().decode(code === 0 ? stdout : stderr)];
  };
  assertEquals(await bench("--fast"), [2, `Cannot make sense of "--fast". --help lists the options.\n`]);
  const parts = "tcp, offload, lwip, wire, memory, frames, tap";
  assertEquals(await bench("--only=tcp,udp"), [2, `Cannot measure "udp": there are ${parts}.\n`]);
  assertEquals((await bench("--help"))[0], 0);
});

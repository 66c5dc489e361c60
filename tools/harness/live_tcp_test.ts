/** Live TCP in checks: the reference stack and the kernel, each as client and as server. */
import { assert, assertEquals } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { ROOT } from "../lab/run.ts";
import { testWhen } from "../test_when.ts";
import { KernelPeer, whyNoLiveWire } from "./kernel/kernel_peer.ts";
import { parseTcpTable } from "./kernel/tcp_table.ts";
import { isStreamPattern, streamPattern } from "./stream_pattern.ts";
import { Subject } from "./subject.ts";
import type { Check, Trial } from "./suite.ts";
import { runCheck, type Verdict } from "./trial.ts";

const obstacle = await whyNoLiveWire();

async function verdictOf(run: (t: Trial) => Promise<void>): Promise<Verdict> {
  return (await verdictsOf([run]))[0] as Verdict;
}

/** Runs checks one after the other in one subject. */
async function verdictsOf(runs: readonly ((t: Trial) => Promise<void>)[]): Promise<Verdict[]> {
  const origins = Object.fromEntries(labs.map((lab) => [lab.module, "reference"])) as Record<ModuleName, "reference">;
  const subject = new Subject({ root: ROOT, origins });
  const kernel = await KernelPeer.start();
  const check: Omit<Check, "run"> = {
    id: "test/one",
    group: "test",
    lab: 7,
    visibility: "public",
    version: 1,
    title: "",
    kind: "live",
    covers: [],
    look: [],
    why: "",
    hints: ["", "", ""],
  };
  const verdicts: Verdict[] = [];
  try {
    for (const run of runs) {
      verdicts.push((await runCheck({ ...check, run }, 7, { subject, kernel: () => Promise.resolve(kernel) })).verdict);
    }
    return verdicts;
  } finally {
    subject.close();
    await kernel.close();
  }
}

const PASSED: Verdict = { outcome: "passed" };

for (const kind of ["tap", "tun"] as const) {
  testWhen(obstacle, `on ${kind}, tcpClient() gets back from echo() what it sent, and both end`, async () => {
    const verdict = await verdictOf(async (t) => {
      const station = await t.live({ kind });
      const talk = { send: { size: 200_000 }, shutdown: true, receive: { untilEnd: true } } as const;
      const [client, served] = await Promise.all([
        station.kernel.tcpClient({ to: station.address, port: 80, ...talk }),
        station.tcp.echo(80),
      ]);
      assertEquals([client.connected, client.error, client.sent, client.end], [true, undefined, 200_000, true]);
      assertEquals([client.receivedLength, client.patternEqual, client.received.length], [200_000, true, 200_000]);
      assertEquals([client.remoteAddress, client.remotePort], [station.address, 80]);
      assertEquals([served.received, served.patternEqual, served.sent, served.end], [200_000, true, 200_000, true]);
      await station.settle();
      assertEquals((await served.connection.look()).state, "CLOSED");
      const rows = await station.kernel.tcpTable({ address: station.address });
      assertEquals(rows.map(({ localPort, remotePort, state }) => [localPort, remotePort, state]), [[client.localPort, 80, "TIME-WAIT"]]);
    });
    assertEquals(verdict, PASSED);
  });

  testWhen(obstacle, `on ${kind}, connected() reaches tcpServer() in each of its modes`, async () => {
    const verdict = await verdictOf(async (t) => {
      const station = await t.live({ kind });
      const echo = station.kernel.tcpServer({ port: 7, mode: "echo" });
      const first = await station.tcp.connected(7);
      const text = t.random.bytes(3000);
      assertEquals(await first.writeAll(text), 3000);
      assertEquals(await first.readAll(3000), text);
      await first.close();
      const [echoed] = await echo;
      assertEquals([echoed?.receivedLength, echoed?.sent, echoed?.end, echoed?.error], [3000, 3000, true, undefined]);
      assertEquals(echoed?.received, text);

      const source = station.kernel.tcpServer({ port: 19, mode: "source", size: 100_000 });
      const second = await station.tcp.connected(19);
      assert(isStreamPattern(0, await second.readAll()));
      await second.close();
      const [served] = await source;
      assertEquals([served?.sent, served?.end], [100_000, true]);

      const sink = station.kernel.tcpServer({ port: 9, mode: "sink" });
      const third = await station.tcp.connected(9);
      await third.writeAll(streamPattern(0, 50_000));
      await third.close();
      const [sunk] = await sink;
      assertEquals([sunk?.receivedLength, sunk?.patternEqual, sunk?.end], [50_000, true, true]);
    });
    assertEquals(verdict, PASSED);
  });
}

testWhen(obstacle, "tcpClient() names what went wrong", async () => {
  const verdict = await verdictOf(async (t) => {
    const station = await t.live();
    const refused = await station.kernel.tcpClient({ to: station.address, port: 81 });
    assertEquals([refused.connected, refused.error], [false, "ECONNREFUSED"]);
    const [reset] = await Promise.all([
      station.kernel.tcpClient({ to: station.address, port: 80, receive: { untilEnd: true } }),
      station.tcp.listen(80).then(() => station.tcp.accepted()).then((connection) => connection.abort()),
    ]);
    assertEquals([reset.connected, reset.error], [true, "ECONNRESET"]);
    const silent = await station.kernel.tcpClient({ to: station.address, port: 80, receive: { count: 1 }, quiet: 50 });
    assertEquals([silent.connected, silent.error], [true, "ETIMEDOUT"]);
  });
  assertEquals(verdict, PASSED);
});

testWhen(obstacle, "tcpClient() half-closes, aborts, binds a port, and talks in turns", async () => {
  const verdict = await verdictOf(async (t) => {
    const station = await t.live({ kind: "tun" });
    await station.tcp.listen(80);
    const client = station.kernel.tcpClient({
      to: station.address,
      port: 80,
      localPort: 5000,
      send: new Uint8Array([1, 2, 3]),
      receive: { count: 2 },
      then: [{ send: new Uint8Array([4]), shutdown: true, receive: { untilEnd: true } }],
    });
    const connection = await station.tcp.accepted();
    assertEquals(await connection.readAll(3), new Uint8Array([1, 2, 3]));
    await connection.writeAll(new Uint8Array([9, 8]));
    assertEquals(await connection.readAll(), new Uint8Array([4]));
    await connection.writeAll(new Uint8Array([7]));
    await connection.close();
    assertEquals((await client).received, new Uint8Array([9, 8, 7]));
    assertEquals((await client).localPort, 5000);

    const aborted = station.kernel.tcpClient({ to: station.address, port: 80, receive: { count: 1 }, abort: true });
    const second = await station.tcp.accepted();
    await second.writeAll(new Uint8Array(1));
    await aborted;
    assert((await second.until(({ state }) => state === "CLOSED")).notices.includes("reset"));
  });
  assertEquals(verdict, PASSED);
});

testWhen(obstacle, "segments() tells of both sides in relative numbers, and expectSegment() finds one of them", async () => {
  const verdict = await verdictOf(async (t) => {
    const station = await t.live({ kind: "tun" });
    await Promise.all([
      station.kernel.tcpClient({ to: station.address, port: 80, receive: { untilEnd: true } }),
      station.tcp.source(80, 10),
    ]);
    await station.settle();
    const opening = station.tcp.segments(80).slice(0, 3).map(({ direction, flags, seq, ack }) => [direction, flags, seq, ack]);
    assertEquals(opening, [["from kernel", "SYN", 0, 0], ["from stack", "SYN ACK", 0, 1], ["from kernel", "ACK", 1, 1]]);
    station.tcp.expectSegment("from stack", { seq: 1, data: streamPattern(0, 10) }, "the text");
    station.tcp.expectSegment("from kernel", { flags: "FIN ACK", seq: 1, ack: 12 }, "the kernel's FIN");
    station.tcp.expectSegment("from stack", { flags: "RST" }, "no such segment");
  });
  assert(verdict.outcome === "failed");
  assertEquals(verdict.expected, "no such segment");
});

testWhen(obstacle, "accepted() fails the check, soon, when nobody connects", async () => {
  const verdict = await verdictOf(async (t) => {
    const station = await t.live();
    await station.tcp.listen(80);
    await station.tcp.accepted();
  });
  assert(verdict.outcome === "failed");
  assertEquals(verdict.got, "none came (the stack has no connection)");
});

testWhen(obstacle, "a check that fails while tcpServer() and accepted() are under way ends by its own failure", async () => {
  const verdict = await verdictOf(async (t) => {
    const station = await t.live();
    const server = station.kernel.tcpServer({ port: 9, mode: "sink" });
    const waiting = station.tcp.accepted(await station.tcp.listen(80));
    await station.tcp.listen(80);
    await Promise.all([server, waiting]);
  });
  assert(verdict.outcome === "failed");
  assertEquals([verdict.expected, verdict.got], [
    "an application that listens on port 80",
    "AddrInUse: Cannot bind 0.0.0.0:80: the address is in use",
  ]);
});

testWhen(obstacle, "a check that ends in the middle of a transfer leaves nothing behind for the next one", async () => {
  const busy = async (t: Trial): Promise<void> => {
    const station = await t.live({ kind: "tun" });
    station.kernel.tcpServer({ port: 9, mode: "sink" });
    const connection = await station.tcp.connected(9);
    connection.writeAll(streamPattern(0, 3_000_000)).catch(() => {});
    station.tcp.echo(80);
    station.kernel.tcpClient({ to: station.address, port: 80, send: { size: 3_000_000 }, receive: { untilEnd: true } });
    await connection.until(({ unacknowledged }) => unacknowledged > 0);
  };
  assertEquals(await verdictsOf([busy, busy, busy, busy]), [PASSED, PASSED, PASSED, PASSED]);
});

testWhen(obstacle, "tcpServer() serves several connections, and a full receive window opens again", async () => {
  const verdict = await verdictOf(async (t) => {
    const station = await t.live({ kind: "tun" });
    const server = station.kernel.tcpServer({ port: 9, mode: "sink", count: 2, receiveBuffer: 4096, pauseBeforeReading: 100 });
    for (let i = 0; i < 2; i++) {
      const connection = await station.tcp.connected(9);
      assertEquals(await connection.writeAll(streamPattern(0, 30_000)), 30_000);
      await connection.close();
    }
    assertEquals((await server).map(({ receivedLength, patternEqual, end }) => [receivedLength, patternEqual, end]), [
      [30_000, true, true],
      [30_000, true, true],
    ]);
    assert(station.tcp.segments(9).some(({ direction, window }) => direction === "from kernel" && window === 0));
  });
  assertEquals(verdict, PASSED);
});

Deno.test("parseTcpTable() reads addresses, ports, states and queues", () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 01002C0A:9C40 02002C0A:0050 01 00000010:0000ABCD 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
`;
  assertEquals(parseTcpTable(text), [
    { localAddress: "0.0.0.0", localPort: 80, remoteAddress: "0.0.0.0", remotePort: 0, state: "LISTEN", sendQueue: 0, receiveQueue: 2 },
    {
      localAddress: "10.44.0.1",
      localPort: 40000,
      remoteAddress: "10.44.0.2",
      remotePort: 80,
      state: "ESTABLISHED",
      sendQueue: 16,
      receiveQueue: 0xabcd,
    },
  ]);
});

Deno.test("isStreamPattern() sees what is moved, lost or doubled", () => {
  for (const offset of [0, 255, 256, 65_535, 1_000_000]) {
    assert(isStreamPattern(offset, streamPattern(offset, 1000)));
    for (const by of [1, 2, 255, 256, 1460, 65_536]) assert(!isStreamPattern(offset + by, streamPattern(offset, 1000)));
  }
});

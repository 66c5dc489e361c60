/** The application above UDP that checks of lab 09 move: on the virtual wire, and with the kernel. */
import { assert, assertEquals } from "@std/assert";
import { labs } from "../../labs/manifest.ts";
import type { ModuleName } from "../../stack/contract/modules.ts";
import { ROOT } from "../lab/run.ts";
import { testWhen } from "../test_when.ts";
import { KernelPeer, whyNoLiveWire } from "./kernel/kernel_peer.ts";
import { icmp, ipv4, udp } from "./packets.ts";
import { Subject } from "./subject.ts";
import type { Check, Trial } from "./suite.ts";
import { runCheck, type Verdict } from "./trial.ts";

const obstacle = await whyNoLiveWire();
const PASSED: Verdict = { outcome: "passed" };
const PEER = "10.44.0.1", STACK = "10.44.0.2";

async function verdictOf(run: (t: Trial) => Promise<void>, kernel?: KernelPeer): Promise<Verdict> {
  const origins = Object.fromEntries(labs.map((lab) => [lab.module, "reference"])) as Record<ModuleName, "reference">;
  const subject = new Subject({ root: ROOT, origins });
  const told = { title: "", covers: [], look: [], why: "", hints: ["", "", ""] } as const;
  const check: Check = { ...told, id: "test/one", group: "test", lab: 9, visibility: "public", version: 1, kind: "scenario", run };
  try {
    return (await runCheck(check, 9, { subject, kernel: () => Promise.resolve(kernel ?? "no kernel here") })).verdict;
  } finally {
    subject.close();
  }
}

/** A datagram from the peer in its packet. */
const packet = (ports: readonly [number, number], data: Uint8Array): Uint8Array =>
  ipv4({ protocol: 17 }, udp({ sourcePort: ports[0], destinationPort: ports[1] }, data));

Deno.test("UdpStation.bind() gives a socket that receives, looks, sends and hears of errors", async () => {
  const verdict = await verdictOf(async (t) => {
    const station = await t.udp({ interfaces: [{ medium: "ip", address: STACK }] });
    const socket = await station.bind(53);
    await station.send(packet([5000, 53], Uint8Array.of(1, 2, 3)));
    assertEquals(await socket.look(), { waiting: 1, nextLength: 3, lost: 0, localPort: 53 });
    const whole = { bytes: Uint8Array.of(1, 2, 3), count: 3, length: 3, address: PEER, port: 5000, localAddress: STACK };
    assertEquals(await socket.receive({ peek: true }), whole);
    assertEquals(await socket.receive({ count: 2 }), { ...whole, bytes: Uint8Array.of(1, 2), count: 2 });
    assertEquals(await socket.receive(), undefined);
    await socket.connect(5000);
    await socket.send(Uint8Array.of(9));
    const sent = await station.expect(
      { udp: { sourcePort: 53, destinationPort: 5000 }, data: Uint8Array.of(9) },
      "what it sends goes to its peer",
    );
    await station.send(ipv4({}, icmp({ type: 3, code: 3 }, sent)));
    assertEquals([await socket.failure(), await socket.failure()], ["refused", undefined]);
    await socket.disconnect();
    assertEquals(await socket.trySend(Uint8Array.of(9)), "nobody to send to");
    await socket.close();
    await station.send(packet([5000, 53], Uint8Array.of(1)));
    await station.expect({ icmp: { type: 3, code: 3 } }, "port unreachable after close");
  });
  assertEquals(verdict, PASSED);
});

Deno.test("UdpStation.tryBind() and trySend() say why not; bind() and send() fail the check", async () => {
  const verdict = await verdictOf(async (t) => {
    const station = await t.udp();
    const socket = await station.bind(0);
    assert(socket.port >= 49_152, `${socket.port}`);
    assertEquals(await station.tryBind(socket.port), { error: "address in use" });
    assertEquals(await station.tryBind(5000, { address: "10.44.0.9" }), { error: "address not available" });
    assertEquals(await socket.trySend(new Uint8Array(65_508), 5000), "too long");
    assertEquals(await socket.trySend(new Uint8Array(1), 5000, "10.44.0.255"), "no broadcast");
    assertEquals(await socket.trySend(new Uint8Array(1), 5000, "192.0.2.1"), "no route");
  });
  assertEquals(verdict, PASSED);
  const refused = await verdictOf(async (t) => {
    const station = await t.udp();
    await station.bind(53);
    await station.bind(53);
  });
  assert(refused.outcome === "failed" && refused.got === "address in use", JSON.stringify(refused));
  const unsent = await verdictOf(async (t) => {
    const station = await t.udp();
    await (await station.bind(53)).send(new Uint8Array(65_508), 5000);
  });
  assert(unsent.outcome === "failed" && unsent.got === "too long", JSON.stringify(unsent));
});

testWhen(obstacle, "LiveSocket.arrived(), echo() and failed() wait for the kernel, and stop waiting when nothing moves", async () => {
  const kernel = await KernelPeer.start();
  try {
    const verdict = await verdictOf(async (t) => {
      const station = await t.live({ kind: "tun" });
      const socket = await station.udp.bind(7);
      const [talk, echoed] = await Promise.all([
        station.kernel.udpTalk({ to: station.address, port: 7, send: [Uint8Array.of(1), Uint8Array.of(2, 3)], receive: 2 }),
        socket.echo(2),
      ]);
      assertEquals([echoed, talk.error, talk.received.map(({ data }) => data)], [2, undefined, [Uint8Array.of(1), Uint8Array.of(2, 3)]]);
      assertEquals([await socket.arrived(), await socket.arrivals(2)], [undefined, []]);
      await socket.connect(9);
      await socket.send(Uint8Array.of(4));
      assertEquals(await socket.failed(), "refused");
    }, kernel);
    assertEquals(verdict, PASSED);
  } finally {
    await kernel.close();
  }
});

/** RACK-TLP in the engine, over wires that lose and reorder. What it gains is in docs/goodput.md. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { offsetOf, type RigOptions, TcpRig } from "../../tools/testing/tcp_rig.ts";
import type { ImpairRule } from "../link/impair.ts";
import type { Frame } from "../wire/frame.ts";

const WAY = { delay: 50 };
const RACK = { rack: true, initialWindow: 10 };

/** Two hosts with lab 08 and RACK, 100 ms apart. */
function rigOf(options: RigOptions = {}): TcpRig {
  return new TcpRig({ layers: 5, fromClient: WAY, fromServer: WAY, client: RACK, server: RACK, ...options });
}

const isLong = (frame: Frame): boolean => frame.length > 500;

/** A rig on whose wire this happens to the client's long segments. */
function rigWith(rules: readonly ImpairRule[], client = {}): TcpRig {
  return rigOf({ fromClient: { ...WAY, rules: rules.map((rule) => ({ match: isLong, ...rule })) }, client: { ...RACK, ...client } });
}

/** Carries so many bytes from client to server; gives how long that took, and what went over the wire. */
function carry(rig: TcpRig, bytes: number): { took: number; offsets: number[]; resent: number; timeouts: number; ca: number | undefined } {
  const { client, server } = rig.connect();
  rig.take();
  const began = rig.now;
  let timeouts = 0;
  client.send(bytes);
  rig.run(() => {
    timeouts = Math.max(timeouts, client.connection.info().tcpi_backoff ?? 0);
    return server.received === bytes;
  });
  const took = rig.now - began;
  const offsets = rig.take("client").filter(({ textLength }) => textLength > 0).map((segment) => offsetOf(segment, client) / 1448);
  rig.run(() => client.connection.unacknowledged === 0);
  return { took, offsets, resent: client.connection.resent, timeouts, ca: client.connection.info().tcpi_ca_state };
}

const SEGMENT = 1448;

Deno.test("rack: a lost tail is found by a probe after two round trips, and not by the timer after a second (RFC 8985 §7)", () => {
  const { took, offsets, timeouts } = carry(rigWith([{ action: "drop", nth: 10 }]), 10 * SEGMENT);
  assertEquals([offsets, timeouts], [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9], 0]);
  assertLess(took, 600); // one segment in flight: its acknowledgment may be delayed, by 200 ms at most
  const counting = carry(rigWith([{ action: "drop", nth: 10 }], { rack: false }), 10 * SEGMENT);
  assertGreater(counting.took, 1000);
});

Deno.test("rack: of a lost tail of three the probe sends the last, and its answer tells of the others", () => {
  const { took, offsets, timeouts } = carry(rigWith([{ action: "drop", nth: [8, 9, 10] }]), 10 * SEGMENT);
  assertEquals([offsets, timeouts], [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 7, 8], 0]);
  assertLess(took, 700);
});

Deno.test("rack: a probe is something new where there is something that the window takes", () => {
  const rig = rigWith([{ action: "drop", nth: [3, 4] }]);
  const { client, server } = rig.connect({ initialWindow: 4 });
  rig.take();
  client.send(4 * SEGMENT);
  rig.wait(220);
  client.send(SEGMENT);
  rig.run(() => server.received === 5 * SEGMENT);
  const offsets = rig.take("client").filter(({ textLength }) => textLength > 0).map((segment) => offsetOf(segment, client) / SEGMENT);
  assertEquals(offsets, [0, 1, 2, 3, 4, 2, 3]);
});

Deno.test("rack: a small window needs no three duplicates", () => {
  const { took, offsets, timeouts } = carry(rigWith([{ action: "drop", nth: 2 }], { initialWindow: 3 }), 3 * SEGMENT);
  assertEquals([offsets, timeouts], [[0, 1, 2, 1], 0]);
  assertLess(took, 300);
});

Deno.test("rack: a retransmission that is lost, too, is sent again without the timer", () => {
  // The first of ten, and its first retransmission, which is the eleventh.
  const { timeouts, offsets } = carry(rigWith([{ action: "drop", nth: [1, 11] }]), 60 * SEGMENT);
  assertEquals([timeouts, offsets.filter((offset) => offset === 0).length], [0, 3]);
});

Deno.test("rack: what was only overtaken goes again once, and the window is taken back (RFC 3522, RFC 4015)", () => {
  const overtaken: ImpairRule = { action: "delay", nth: 2, by: 20 };
  const rig = rigWith([overtaken]);
  const { client, server } = rig.connect();
  client.send(10 * SEGMENT);
  rig.run(() => server.received === 10 * SEGMENT);
  rig.run(() => client.connection.unacknowledged === 0);
  const { tcpi_snd_cwnd: window, tcpi_snd_ssthresh: threshold, tcpi_total_retrans: resent } = client.connection.info();
  assertEquals([resent, window, threshold], [1, 11, 0x7fff_ffff]); // it was 10, and 11 after the first acknowledgment
  const counting = rigWith([overtaken], { rack: false });
  const pair = counting.connect();
  pair.client.send(10 * SEGMENT);
  counting.run(() => pair.client.connection.unacknowledged === 0);
  assertLess(pair.client.connection.info().tcpi_snd_cwnd ?? 0, 8);
});

Deno.test("rack: once something was overtaken, nothing goes again for being as late as that", () => {
  const rules: ImpairRule[] = [{ action: "delay", nth: [5, 40, 70, 100, 140], by: 20 }];
  assertEquals(carry(rigWith(rules), 200 * SEGMENT).resent, 1);
});

Deno.test("rack: with a peer without SACK lab 08 counts as ever", () => {
  const rig = rigOf({ fromClient: { ...WAY, rules: [{ action: "drop", match: isLong, nth: 3 }] }, server: { sack: false } });
  const { offsets, timeouts } = carry(rig, 10 * SEGMENT);
  assertEquals([offsets, timeouts], [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2], 0]);
});

Deno.test("rack: on a host without lab 08 it means nothing", () => {
  const of = (rack: boolean): unknown => {
    const rig = new TcpRig({ fromClient: { ...WAY, drop: 0.05 }, fromServer: WAY, client: { rack } });
    return carry(rig, 300_000);
  };
  assertEquals(of(true), of(false));
});

Deno.test("rack: every byte arrives over wires that lose, double, damage and reorder, and everything comes to rest", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const bad = { delay: 10, jitter: 8, drop: seed % 4 * 0.08, duplicate: 0.02, corrupt: 0.01, reorder: 0.05, reorderBy: seed % 7 + 1 };
    const tcp = {
      rack: true,
      pushAtEdge: seed % 2 === 0,
      congestion: seed % 3 === 0 ? "cubic" as const : "reno" as const,
      r2: 900_000,
    };
    const rig = new TcpRig({ layers: 5, seed, fromClient: bad, fromServer: bad, client: tcp, server: tcp, largeSegments: seed % 5 === 0 });
    rig.blind = true;
    const { client, server } = rig.connect();
    client.send(200_000, { thenShutdown: true });
    server.send(100_000, { thenShutdown: true });
    rig.run(() => client.end !== undefined && server.end !== undefined);
    assertEquals([server.received, client.received, client.end, server.end], [200_000, 100_000, "closed", "closed"], `seed ${seed}`);
    rig.run();
    rig.assertAtRest();
  }
});

Deno.test("pushAtEdge sets PSH where the window ends, and else nothing does in the middle of the text", () => {
  const pushed = (pushAtEdge: boolean): number[] => {
    const rig = rigOf({ client: { initialWindow: 4, pushAtEdge } });
    const { client } = rig.connect();
    rig.take();
    client.send(100_000);
    rig.wait(10);
    return rig.take("client").map(({ flags }, index) => (flags & 8) !== 0 ? index : -1).filter((index) => index >= 0);
  };
  assertEquals([pushed(true), pushed(false)], [[3], []]);
});

/** Retransmission, back-off, giving up, keep-alive; and peers that vanish in every state. */
import { assert, assertEquals } from "@std/assert";
import { byteAt, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { Stage } from "../../tools/testing/tcp_stranger.ts";
import type { TcpState } from "../contract/tcb.ts";
import { seqAdd } from "../wire/seq.ts";
import { ACK, FIN, RST } from "../wire/tcp_flags.ts";

const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));

/** When the host sent something, in whole milliseconds from `begin`, during the next `duration`. */
function times(stage: Stage, begin: number, duration: number): number[] {
  const heard: number[] = [];
  const end = stage.now + duration;
  while (stage.now < end) {
    stage.wait(Math.min(100, end - stage.now));
    heard.push(...stage.take().map(({ at }) => at - begin));
  }
  return heard;
}

Deno.test("what is not acknowledged goes again, the oldest segment alone, later and later; then the connection is given up (R1, R2)", () => {
  const stage = new Stage({ r1: 3, r2: 100_000 });
  const stranger = stage.stranger();
  const connection = stranger.establish();
  connection.write(text(5000));
  stage.poll();
  const first = stage.take();
  assertEquals(first.length > 3, true);
  const again: [number, number][] = [];
  while (connection.tcb.state !== "CLOSED") {
    stage.wait(100);
    for (const { at, seq } of stage.take()) again.push([at, seq]);
  }
  assertEquals(again, [1000, 3000, 7000, 15_000, 31_000, 63_000].map((at) => [at, first[0]?.seq ?? 0]));
  assertEquals([...new Set(stranger.notices)], ["trouble", "timed out"]);
  assert(stage.now >= 100_000);
  stage.assertAtRest();
});

Deno.test("R2 can be set for each connection (MUST-21)", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.answer({}, { r2: 5000, openR2: 180_000 });
  connection.write(text(10));
  stage.wait(20_000);
  assertEquals(stranger.notices.at(-1), "timed out");
});

Deno.test("an acknowledgment of something new starts R2 anew: slow is not dead", () => {
  const stage = new Stage({ r2: 10_000 });
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { mss: 1000 } });
  connection.write(text(60_000));
  for (let i = 0; i < 50; i++) {
    stage.wait(9000);
    stage.take();
    stranger.expects += 1000;
    stranger.say({ flags: "ACK" });
  }
  assertEquals([connection.tcb.state, stranger.notices.includes("timed out")], ["ESTABLISHED", false]);
});

Deno.test("back-off stays until a round trip is measured: the acknowledgment of what went twice measures nothing (Karn)", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish();
  const send = (): void => {
    connection.write(text(10));
    stage.poll();
    stage.take();
  };
  send();
  const begin = stage.now;
  assertEquals(times(stage, begin, 3500), [1000, 3000]);
  stranger.expects += 10;
  stranger.say({ flags: "ACK" });
  send();
  const second = stage.now;
  assertEquals(times(stage, second, 5000), [4000], "backed off twice, and still");
  stranger.expects += 10;
  stranger.say({ flags: "ACK" });
  send();
  stranger.expects += 10;
  stranger.say({ flags: "ACK" });
  send();
  const third = stage.now;
  assertEquals(times(stage, third, 2500), [1000], "measured again");
});

Deno.test("timestamps tell which transmission was acknowledged, so back-off ends at once", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { timestamps: [1, 0] } });
  connection.write(text(10));
  stage.wait(3000);
  const last = stage.take().at(-1);
  stranger.expects += 10;
  stranger.say({ flags: "ACK", options: { timestamps: [2, last?.tsVal ?? 0] } });
  connection.write(text(10));
  stage.poll();
  stage.take();
  assertEquals(times(stage, stage.now, 2000), [1000]);
});

Deno.test("an echo of a timestamp that was never sent measures nothing", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { timestamps: [1, 0] } });
  for (const echo of [0xffff_ffff, 0x8000_0000, 5_000_000, 1]) {
    connection.write(text(10));
    stage.poll();
    stage.take();
    stranger.expects += 10;
    stranger.say({ flags: "ACK", options: { timestamps: [1, echo] } });
  }
  connection.write(text(10));
  stage.poll();
  stage.take();
  assertEquals(times(stage, stage.now, 1500), [1000]);
});

Deno.test("after a timeout what was lost goes again as acknowledgments come, twice as much in each round trip", () => {
  let lost = 0;
  const rig = new TcpRig({
    fromClient: { delay: 50, rules: [{ match: (frame) => frame.length > 1000 && ++lost <= 40, action: "drop" }] },
    fromServer: { delay: 50 },
  });
  const { client, server } = rig.connect();
  rig.take();
  client.send(40 * 1448);
  rig.wait(500);
  assertEquals([server.received, rig.take("client").length], [0, 40]);
  rig.run(() => server.received === 40 * 1448, 3000);
  const rounds = new Map<number, number>();
  for (const { at, textLength } of rig.take("client")) if (textLength > 0) rounds.set(at, (rounds.get(at) ?? 0) + 1);
  const counts = [...rounds.values()];
  assertEquals(counts[0], 1);
  assert(counts.every((count, i) => i === 0 || count <= 2 * (counts[i - 1] ?? 0) + 1), `${counts}`);
  assert(counts.length < 12, `${counts}`);
});

Deno.test("a hole in the middle is filled, and what lies beyond it is not sent again", () => {
  const rig = new TcpRig({
    fromClient: { delay: 50, rules: [{ match: (frame) => frame.length > 1000, nth: 5, action: "drop" }] },
    fromServer: { delay: 50 },
  });
  const { client, server } = rig.connect();
  client.send(50_000);
  rig.run(() => server.received === 50_000, 3000);
  assertEquals(client.connection.resent, 1);
});

Deno.test("one timeout is enough for all that a window has lost", () => {
  const rig = new TcpRig({
    fromClient: { delay: 5, rules: [{ match: (frame) => frame.length > 1000, nth: [3, 40, 41, 150, 299, 300], action: "drop" }] },
    fromServer: { delay: 5 },
  });
  const { client, server } = rig.connect();
  client.send(300 * 1448);
  rig.wait(900);
  assertEquals([server.received, client.connection.resent], [2 * 1448, 0]);
  rig.run(() => server.received === 300 * 1448, 1000); // too soon for a second one
});

Deno.test("keep-alive is off unless somebody wants it (MUST-25)", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stage.wait(30 * 24 * 3_600_000);
  assertEquals([stage.take(), connection.tcb.state, stage.host.nextDeadline()], [[], "ESTABLISHED", Infinity]);
  assertEquals(stranger.notices, []);
});

Deno.test("keep-alive asks an idle peer with a segment that he must answer, and an answer is enough for two hours more", () => {
  const stage = new Stage({ keepAlive: 7_200_000 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  const begin = stage.now;
  for (let hours = 2; hours <= 10; hours += 2) {
    stage.wait(begin + hours * 3_600_000 - stage.now - 1);
    assertEquals(stage.take(), []);
    stage.wait(1);
    const [probe, ...more] = stage.take();
    assertEquals([probe?.flags, probe?.seq, probe?.textLength, more], [ACK, seqAdd(connection.tcb.sndNxt, -1), 0, []]);
    stranger.say({ flags: "ACK" });
    assertEquals(stage.take(), []);
  }
});

Deno.test("keep-alive gives up after nine probes in vain, and one is not enough (MUST-29)", () => {
  const stage = new Stage({ keepAlive: 7_200_000 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  const begin = stage.now;
  const asked = times(stage, begin, 8_000_000);
  assertEquals(asked, Array.from({ length: 9 }, (_, i) => 7_200_000 + i * 75_000));
  assertEquals([connection.tcb.state, stranger.notices], ["CLOSED", ["timed out"]]);
  stage.assertAtRest();
});

Deno.test("keep-alive counts from the last thing that was heard, and can be switched while a connection is open (MUST-24, 26, 27)", () => {
  const stage = new Stage({ keepAlive: 10_000 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stage.wait(9000);
  stranger.tell(text(1));
  stage.wait(9000);
  assertEquals(stage.take().length, 1, "the acknowledgment of the text, and no probe");
  stage.wait(1000);
  assertEquals(stage.take().length, 1);
  connection.options = { ...connection.options, keepAlive: 0 };
  stage.wait(1_000_000);
  assertEquals(stage.take(), []);
  connection.options = { ...connection.options, keepAlive: 2_000_000 };
  stage.tcp.mark(connection);
  stranger.say({ flags: "ACK" });
  stage.wait(2_000_000);
  assertEquals(stage.take().length, 1);
});

Deno.test("two hosts that both keep alive stay connected for a day", () => {
  const rig = new TcpRig({ client: { keepAlive: 60_000 }, server: { keepAlive: 60_000 } });
  const { client, server } = rig.connect();
  rig.wait(86_400_000);
  assertEquals([client.state, server.state], ["ESTABLISHED", "ESTABLISHED"]);
});

const VANISHES: readonly [TcpState, string | undefined, milliseconds: number][] = [
  ["SYN-SENT", "timed out", 300_000],
  ["SYN-RECEIVED", "timed out", 300_000],
  ["ESTABLISHED", undefined, Infinity],
  ["FIN-WAIT-1", "timed out", 300_000],
  ["FIN-WAIT-2", undefined, Infinity],
  ["CLOSE-WAIT", undefined, Infinity],
  ["CLOSING", "timed out", 300_000],
  ["LAST-ACK", "timed out", 300_000],
  ["TIME-WAIT", "closed", 60_000],
];

for (const [state, end, within] of VANISHES) {
  Deno.test(`a peer that vanishes in ${state}: ${end ?? "an idle connection waits, one with text to send times out"}`, () => {
    const stage = new Stage();
    const { stranger, connection } = stage.reach(state);
    if (end === undefined) {
      stage.wait(86_400_000);
      assertEquals([connection.tcb.state, stage.take()], [state, []]);
      if (state !== "FIN-WAIT-2") {
        connection.write(text(100_000));
        stage.wait(300_000);
        assertEquals(stranger.notices.at(-1), "timed out");
      } else {
        connection.close();
        stage.wait(60_000);
        assertEquals(connection.tcb.state, "CLOSED");
      }
    } else {
      stage.wait(within);
      assertEquals([connection.tcb.state, stranger.notices.at(-1)], ["CLOSED", end]);
    }
    assertEquals([stage.tcp.table.size(), stage.host.framesLent, stage.listener.queue.halfOpenCount()], [0, 0, 0]);
    stage.assertAtRest();
  });
}

Deno.test("a peer that vanished and comes back is told that the connection is gone", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  connection.write(text(10));
  stage.wait(300_000);
  stage.take();
  stranger.tell(text(5));
  assertEquals(stage.take().map(({ flags, seq }) => [flags, seq]), [[RST, stranger.expects >>> 0]]);
});

Deno.test("a FIN that is not acknowledged goes again, and again", () => {
  for (const state of ["FIN-WAIT-1", "LAST-ACK", "CLOSING"] as const) {
    const stage = new Stage();
    stage.reach(state);
    const begin = stage.now;
    const sent: number[][] = [];
    while (stage.now < begin + 16_000) {
      stage.wait(100);
      sent.push(...stage.take().map(({ at, flags }) => [at - begin, flags]));
    }
    assertEquals(sent, [1000, 3000, 7000, 15_000].map((at) => [at, FIN | ACK]), state);
  }
});

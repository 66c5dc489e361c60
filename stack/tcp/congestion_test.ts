/** Lab 08 in the engine: what goes out when, over wires that lose. The arithmetic has its tests beside the lab. */
import { assertEquals, assertGreater, assertLess, assertLessOrEqual, assertThrows } from "@std/assert";
import { offsetOf, type RigOptions, type Seen, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { Stage, type Stranger } from "../../tools/testing/tcp_stranger.ts";
import type { CongestionModule, CongestionState } from "../contract/congestion.ts";
import { bindCongestion } from "./congestion.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./options.ts";

const WAY = { delay: 50 };

/** Two hosts with lab 08, 100 ms apart. */
function rigOf(options: RigOptions = {}): TcpRig {
  return new TcpRig({ layers: 5, fromClient: WAY, fromServer: WAY, ...options });
}

/** Segments of text that the client sent, by the time that has passed. */
function perRound(seen: readonly Seen[], begin: number): number[] {
  const rounds: number[] = [];
  for (const { at, textLength } of seen) {
    const round = Math.floor((at - begin) / 100);
    if (textLength > 0) rounds[round] = (rounds[round] ?? 0) + 1;
  }
  return rounds;
}

/** A connection that has been told so many bytes, MSS 1000, and the peer that hears of them. */
function withPeer(sack: boolean, bytes: number, tcp = {}): { stage: Stage; stranger: Stranger; connection: Connection } {
  const stage = new Stage({ initialWindow: 10, byteCounting: false, ...tcp }, { layers: 5 });
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { mss: 1000, sackPermitted: sack } });
  connection.write(new Uint8Array(bytes));
  stage.poll();
  return { stage, stranger, connection };
}

/** The numbers of the segments that went out, in thousands: 0 is the first. */
function heard(stage: Stage, connection: Connection): number[] {
  return stage.take().filter(({ textLength }) => textLength > 0).map(({ seq }) => (((seq - connection.tcb.iss) >>> 0) - 1) / 1000);
}

Deno.test("slow start: 3 segments, and as many more in each round trip as were acknowledged, but at most 8 for each acknowledgment", () => {
  const rig = rigOf();
  const { client } = rig.connect();
  const begin = rig.now;
  rig.take();
  client.send(400_000);
  rig.wait(450);
  assertEquals(perRound(rig.take("client"), begin), [3, 6, 12, 20, 28]);
});

Deno.test("slow start without byte counting opens the window by one segment for each acknowledgment", () => {
  const rig = rigOf({ client: { byteCounting: false } });
  const { client } = rig.connect();
  const begin = rig.now;
  rig.take();
  client.send(400_000);
  rig.wait(350);
  assertEquals(perRound(rig.take("client"), begin), [3, 4, 5, 6], "everything that comes at once is acknowledged at once");
});

Deno.test("the initial window is one segment when the SYN was lost (RFC 5681 §3.1)", () => {
  const stage = new Stage({ initialWindow: 10 }, { layers: 5 });
  const stranger = stage.stranger();
  const connection = stranger.beCalled();
  stage.wait(1500);
  stage.take();
  stranger.say({ flags: "SYN ACK", options: { mss: 1000 } });
  stranger.next++;
  connection.write(new Uint8Array(5000));
  stage.poll();
  assertEquals(heard(stage, connection), [0]);
});

/** Acknowledges everything before segment `number`, and says that he holds these, from and up to but not including. */
function ack(stranger: Stranger, connection: Connection, number: number, ...held: readonly (readonly [number, number])[]): void {
  stranger.expects = connection.tcb.iss + 1 + number * 1000;
  const at = (segment: number): number => (connection.tcb.iss + 1 + segment * 1000) >>> 0;
  const sack = held.map(([from, to]) => [at(from), at(to)] as const);
  stranger.say(sack.length > 0 ? { flags: "ACK", options: { sack } } : { flags: "ACK" });
}

Deno.test("fast retransmit: two duplicates send something new, the third what is missing (RFC 5681 §3.2, RFC 3042)", () => {
  const { stage, stranger, connection } = withPeer(false, 30_000);
  assertEquals(heard(stage, connection), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const answers = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(() => {
    ack(stranger, connection, 0);
    return heard(stage, connection);
  });
  // ssthresh 5: cwnd is 8 after the third, 12 are in flight; with the eighth it is 13.
  assertEquals(answers, [[10], [11], [0], [], [], [], [], [12], [13]]);
  assertEquals([connection.info().tcpi_ca_state, connection.info().tcpi_snd_ssthresh, connection.info().tcpi_snd_cwnd], [3, 5, 14]);
  ack(stranger, connection, 12); // everything that was sent when the loss was noticed; 2 are in flight, so it deflates to 3
  assertEquals(heard(stage, connection), [14]);
  assertEquals([connection.info().tcpi_ca_state, connection.info().tcpi_snd_cwnd], [0, 3]);
});

Deno.test("NewReno: a partial acknowledgment sends the next hole at once, and the window is halved once (RFC 6582 §3.2)", () => {
  const { stage, stranger, connection } = withPeer(false, 10_000);
  stage.take();
  for (let i = 0; i < 3; i++) ack(stranger, connection, 0);
  assertEquals(heard(stage, connection), [0]);
  ack(stranger, connection, 4);
  assertEquals(heard(stage, connection), [4]);
  ack(stranger, connection, 7);
  assertEquals(heard(stage, connection), [7]);
  ack(stranger, connection, 10);
  assertEquals([connection.info().tcpi_snd_ssthresh, connection.info().tcpi_total_retrans, connection.tcb.sndUna], [
    5,
    3,
    connection.tcb.sndNxt,
  ]);
});

Deno.test("duplicates that carry text or another window are none (RFC 5681 §2)", () => {
  const { stage, stranger, connection } = withPeer(false, 30_000);
  stage.take();
  for (let i = 0; i < 4; i++) stranger.tell(new Uint8Array(10));
  for (let i = 0; i < 4; i++) stranger.say({ flags: "ACK", window: 30_000 + i });
  assertEquals(heard(stage, connection), []);
});

Deno.test("SACK: what is lost goes again, and nothing that the peer holds (RFC 6675 §5)", () => {
  const { stage, stranger, connection } = withPeer(true, 10_000);
  stage.take();
  ack(stranger, connection, 0, [1, 2]);
  ack(stranger, connection, 0, [1, 3]);
  assertEquals([heard(stage, connection), connection.info().tcpi_ca_state], [[], 1]);
  ack(stranger, connection, 0, [1, 4]);
  assertEquals([heard(stage, connection), connection.info().tcpi_ca_state], [[0], 3]);
  ack(stranger, connection, 0, [5, 8], [1, 4]); // 4 is lost too; with 0, 4, 8 and 9 on their way one more is allowed
  assertEquals(heard(stage, connection), [4, 9], "the tail is rescued: nothing was heard of it");
  ack(stranger, connection, 8);
  assertEquals(heard(stage, connection), []);
  ack(stranger, connection, 10);
  assertEquals([connection.info().tcpi_ca_state, connection.info().tcpi_snd_cwnd, connection.info().tcpi_snd_ssthresh], [0, 5, 5]);
});

Deno.test("SACK: duplicates that tell of nothing new are none", () => {
  const { stage, stranger, connection } = withPeer(true, 30_000);
  stage.take();
  for (let i = 0; i < 5; i++) ack(stranger, connection, 0, [1, 2]);
  assertEquals(heard(stage, connection), [10], "one segment more, for the first");
});

for (const sack of [false, true]) {
  Deno.test(`after a timeout everything goes again in slow start, ${sack ? "but for what the peer says again that it holds" : "whatever he holds"}`, () => {
    const { stage, stranger, connection } = withPeer(sack, 10_000);
    stage.take();
    stage.wait(1000);
    assertEquals([heard(stage, connection), connection.info().tcpi_ca_state], [[0], 4]);
    ack(stranger, connection, 1);
    assertEquals(heard(stage, connection), [1, 2]);
    ack(stranger, connection, 2, ...(sack ? [[5, 7]] as const : []));
    assertEquals(heard(stage, connection), [3, 4]);
    ack(stranger, connection, 4, ...(sack ? [[5, 7]] as const : []));
    assertEquals(heard(stage, connection), sack ? [7, 8, 9] : [5, 6, 7]);
    ack(stranger, connection, 10);
    assertEquals([connection.info().tcpi_ca_state, connection.info().tcpi_snd_ssthresh], [0, 5]);
  });
}

Deno.test("the second timeout of a segment leaves ssthresh as it was, and backs off (RFC 5681 §3.1)", () => {
  const { stage, connection } = withPeer(false, 30_000);
  stage.wait(1000);
  assertEquals(connection.info().tcpi_snd_ssthresh, 5);
  stage.wait(2000);
  assertEquals([connection.info().tcpi_snd_ssthresh, connection.info().tcpi_total_retrans], [5, 2]);
});

Deno.test("after an idle time longer than a timeout the window is the initial one again (RFC 5681 §4.1)", () => {
  const { stage, stranger, connection } = withPeer(false, 10_000, { initialWindow: 3 });
  for (let number = 1; number <= 10; number++) ack(stranger, connection, number);
  assertEquals(connection.info().tcpi_snd_cwnd, 12);
  stage.take();
  const sentAfter = (pause: number): number => {
    stage.wait(pause);
    connection.write(new Uint8Array(20_000));
    stage.poll();
    return heard(stage, connection).length;
  };
  assertEquals(sentAfter(900), 12);
  ack(stranger, connection, 22);
  ack(stranger, connection, 30);
  stage.take();
  assertEquals(sentAfter(1100), 3);
});

Deno.test("a window that the application does not use does not grow", () => {
  const { stage, stranger, connection } = withPeer(false, 0);
  for (let number = 1; number <= 20; number++) {
    connection.write(new Uint8Array(1000));
    stage.poll();
    ack(stranger, connection, number);
  }
  assertEquals(connection.info().tcpi_snd_cwnd, 10);
});

Deno.test("a peer without SACK gets a bare duplicate for each segment that comes out of order, and one when the gap is filled", () => {
  const stage = new Stage({}, { layers: 5 });
  const stranger = stage.stranger();
  stranger.establish({ options: { mss: 1000 } });
  for (const number of [2, 3, 4]) stage.put(stranger.packet({ flags: "ACK", seq: stranger.next + number * 100 }, new Uint8Array(100)));
  stage.poll();
  assertEquals(stage.take().map(({ textLength, ack }) => [textLength, ack === stranger.next >>> 0]), [[0, true], [0, true], [0, true]]);
});

const WAYS: readonly (readonly [sack: boolean, congestion: "reno" | "cubic"])[] = [[true, "reno"], [true, "cubic"], [false, "reno"], [
  false,
  "cubic",
]];
for (const [sack, congestion] of WAYS) {
  Deno.test(`a transfer arrives, ${congestion} with${sack ? "" : "out"} SACK, over wires that lose, repeat, disorder and damage`, () => {
    for (let seed = 1; seed <= 12; seed++) {
      const wire = { drop: 0.01 * seed, duplicate: 0.02, reorder: 0.05, corrupt: 0.01, delay: 5, jitter: 5 };
      const tcp = { sack, congestion, sendBuffer: 60_000, receiveBuffer: 60_000 };
      const rig = rigOf({ client: tcp, server: tcp, fromClient: wire, fromServer: wire, seed });
      rig.blind = true;
      const { client, server } = rig.connect();
      for (const each of [client, server]) each.send(200_000, { thenShutdown: true });
      rig.run(() => client.end !== undefined && server.end !== undefined, 3e6);
      assertEquals([client.received, server.received, client.end, server.end], [200_000, 200_000, "closed", "closed"], `seed ${seed}`);
      rig.wait(200_000);
      rig.assertAtRest();
    }
  });
}

Deno.test("never more is in flight than the smaller of both windows, and what limited transmit adds (RFC 5681 §2)", () => {
  const rig = rigOf({ fromClient: { ...WAY, drop: 0.02 }, server: { receiveBuffer: 100_000 } });
  const { client, server } = rig.connect();
  client.send(2_000_000);
  let highest = 0;
  rig.run(() => {
    const { tcb } = client.connection;
    const { tcpi_snd_cwnd = 0, tcpi_ca_state } = client.connection.info();
    for (const segment of rig.take("client")) {
      const end = offsetOf(segment, client) + segment.textLength;
      if (end <= highest) continue;
      highest = end;
      const una = tcb.sndUna - tcb.iss - 1;
      assertLessOrEqual(end - una, 100_000);
      if (tcpi_ca_state === 0) assertLessOrEqual(end - una, (tcpi_snd_cwnd + 3) * tcb.sndMss);
    }
    return server.received === 2_000_000;
  });
  assertGreater(client.connection.resent, 10);
});

Deno.test("one loss in a large window costs a round trip, and no timeout", () => {
  for (const sack of [true, false]) {
    const rig = rigOf({ client: { sack }, fromClient: { ...WAY, rate: 20e6, rules: [{ nth: 50, action: "drop" }] } });
    const { client, server } = rig.connect();
    let timeouts = 0;
    client.send(1_000_000);
    rig.run(() => {
      timeouts += client.connection.info().tcpi_retransmits ?? 0;
      return server.received === 1_000_000;
    });
    assertEquals([client.connection.resent, timeouts], [1, 0]);
    assertLess(rig.now, 3000);
  }
});

Deno.test("bindCongestion() names the function that leaves a window that is no number", () => {
  const options = { congestion: "reno", byteCounting: true, initialWindow: 0, idleRestart: true, rack: false } as ConnectionOptions;
  const made = (cwnd: number) => {
    const initialWindow = (): number => cwnd;
    const newAck = (state: CongestionState): string => {
      state.cwnd = NaN;
      return "wait";
    };
    const timedOut = (state: CongestionState): void => {
      state.ssthresh = NaN;
    };
    const module = { initialWindow, newAck, timedOut } as unknown as CongestionModule;
    return bindCongestion(module)(1000, { sack: false, synLost: false }, options);
  };
  assertThrows(() => made(undefined as unknown as number), TypeError, "cwnd is undefined after initialWindow");
  assertThrows(() => made(4000).timedOut(0, 1000, false), TypeError, "ssthresh is NaN after timedOut");
  assertThrows(() => made(4000).acknowledged(1000, 1000, 2000, 7, {} as never), TypeError, "cwnd is NaN after newAck");
});

/** Many connections at once: each has its bytes, nobody waits for somebody else, and nothing is left of them. Counted in segments and calls, never in time. */
import { assert, assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { byteAt } from "../../tools/testing/tcp_rig.ts";
import { Stage, type Stranger } from "../../tools/testing/tcp_stranger.ts";
import { Host } from "../host.ts";
import { createPair } from "../link/pair.ts";
import { parseIpv4Address, UNSPECIFIED } from "../wire/ipv4_address.ts";
import { Ring } from "../wire/ring.ts";
import { Connection } from "./connection.ts";
import type { Tcp } from "./tcp.ts";
import { type Timed, TimerHeap } from "./timer_heap.ts";

const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));

Deno.test("5000 connections at once: each hears what it said and nothing else, and nothing is left of them", () => {
  let now = 0;
  const [near, far] = createPair({ medium: "ip", queueLimit: 512 });
  const bind = (address: string, device: typeof near): Host => Host.bind(reference, { interfaces: [{ medium: "ip", address }] }, [device]);
  const [a, b] = [bind("10.44.0.1", near), bind("10.44.0.2", far)];
  const [client, server] = [a.tcp, b.tcp] as [Tcp, Tcp];
  const settle = (milliseconds = 0): void => {
    now += milliseconds;
    for (let quiet = 0; quiet < 3;) quiet = a.poll(now) + b.poll(now) === 0 ? quiet + 1 : 0;
  };
  const buffer = new Uint8Array(64);
  const listener = server.listen(UNSPECIFIED, 80, 128);
  listener.ready = () => {
    for (let connection = listener.accept(); connection !== undefined; connection = listener.accept()) echo(connection);
  };
  const echo = (connection: Connection): void => {
    const hear = (notice: string): void => {
      for (let count = connection.read(buffer); count > 0; count = connection.read(buffer)) connection.write(buffer, 0, count);
      if (notice === "end") connection.close();
    };
    connection.application = { hear };
  };

  const calls: Connection[] = [];
  while (calls.length < 5000) {
    for (let i = 0; i < 100; i++) calls.push(client.connect({ address: parseIpv4Address("10.44.0.2"), port: 80 }, now));
    settle(1);
  }
  assertEquals([client.table.size(), server.table.size()], [5000, 5000]);
  for (let round = 0; round < 2; round++) {
    for (const [index, call] of calls.entries()) {
      assertEquals(call.write(text(64, index + round)), 64);
      if (index % 100 === 99) settle(1);
    }
    for (const [index, call] of calls.entries()) {
      assertEquals(call.read(buffer), 64);
      assertEquals(buffer, text(64, index + round));
    }
    for (let i = 0; i < 50; i++) settle(1); // acknowledgments that were held back, as many as the wire holds
    settle(3000);
  }
  assertEquals([a.nextDeadline(), b.nextDeadline(), Ring.inUse], [Infinity, Infinity, 0], "who is idle has no timer and no buffer");
  for (const [index, call] of calls.entries()) {
    call.close();
    if (index % 100 === 99) settle(1);
  }
  for (let deadline = now; deadline < Infinity; deadline = Math.min(a.nextDeadline(), b.nextDeadline())) settle(deadline - now);
  for (const [host, ports] of [[a, 0], [b, 1]] as const) {
    assertEquals([host.tcp?.table.size(), host.tcp?.ports.size(), host.framesLent, host.nextDeadline()], [0, ports, 0, Infinity]);
  }
});

/** Three whom nobody wants, each on a connection of his own, and what each does again and again. */
function unwanted(stage: Stage): (() => void)[] {
  // He has a window of 0, and says so whenever he is asked, and without being asked.
  const shut = stage.stranger({ port: 50_001, window: 0 });
  shut.establish().write(text(100_000));
  // He never acknowledges what he is sent.
  const deaf = stage.stranger({ port: 50_002 });
  deaf.establish().write(text(100_000));
  // His bytes come one by one, and always one is missing.
  const crumbs = stage.stranger({ port: 50_003 });
  crumbs.establish();
  let at = 0;
  return [
    () => shut.say({ flags: "ACK" }),
    () => deaf.say({ flags: "ACK PSH", seq: deaf.next }, text(1)),
    () => crumbs.say({ flags: "ACK PSH", seq: crumbs.next + 2 + (at = (at + 2) % 60_000) }, text(1)),
  ];
}

/** Calls of `flush` for each connection while `act` runs. */
function countFlushes(act: () => void): Map<Connection, number> {
  const flushes = new Map<Connection, number>();
  const real = Connection.prototype.flush;
  Connection.prototype.flush = function (this: Connection, now: number): void {
    flushes.set(this, (flushes.get(this) ?? 0) + 1);
    real.call(this, now);
  };
  try {
    act();
  } finally {
    Connection.prototype.flush = real;
  }
  return flushes;
}

/** A hundred echoes; before each of them, `before` happens. What they cost: segments that came back, and calls of `flush`. */
function echoes(
  stage: Stage,
  friend: Stranger,
  connection: Connection,
  before: () => void,
): { segments: number; flushes: Map<Connection, number> } {
  let segments = 0;
  const buffer = new Uint8Array(100);
  const flushes = countFlushes(() => {
    for (let i = 0; i < 100; i++) {
      before();
      stage.take();
      friend.tell(text(64, i));
      assertEquals(connection.read(buffer), 64, "it was read in the poll in which it came");
      connection.write(buffer, 0, 64);
      stage.poll();
      const answers = stage.take().filter(({ destinationPort }) => destinationPort === 40_000);
      assertEquals(answers.flatMap(({ bytes }) => [...bytes]), [...text(64, i)]);
      segments += answers.length;
      friend.expects += 64;
    }
  });
  return { segments, flushes };
}

Deno.test("a window of 0, a peer that acknowledges nothing and one whose bytes never come in order slow down nobody else", () => {
  const alone = new Stage();
  const quiet = alone.reach("ESTABLISHED");
  const expected = echoes(alone, quiet.stranger, quiet.connection, () => {});

  const stage = new Stage();
  const { stranger: friend, connection } = stage.reach("ESTABLISHED");
  const acts = unwanted(stage);
  const idle = echoes(stage, friend, connection, () => {});
  assertEquals([...idle.flushes], [[connection, expected.flushes.get(quiet.connection)]], "who says nothing costs nothing");
  const busy = echoes(stage, friend, connection, () => acts.forEach((act) => act()));
  assertEquals([busy.segments, busy.flushes.get(connection)], [expected.segments, expected.flushes.get(quiet.connection)]);
  for (const [other, count] of busy.flushes) assert(other === connection || count <= 100, `${count} flushes for 100 segments`);
  assertEquals(busy.flushes.size, 4);
});

Deno.test("who says nothing costs nothing: an echo among 1000 idle connections calls for none of them", () => {
  const stage = new Stage({}, { backlog: 16 });
  const { stranger: friend, connection } = stage.reach("ESTABLISHED");
  for (let i = 0; i < 1000; i++) stage.stranger({ port: 1000 + i, address: "10.44.0.9" }).establish();
  stage.wait(5000);
  const { flushes } = echoes(stage, friend, connection, () => {});
  assertEquals([...flushes.keys()], [connection]);
});

Deno.test("a poll with nothing due looks at one timer, however many there are", () => {
  const stage = new Stage();
  for (let i = 0; i < 1000; i++) stage.stranger({ port: 1000 + i, address: "10.44.0.9" }).establish().write(text(10));
  stage.poll();
  let looks = 0;
  const real = TimerHeap.prototype.takeDue;
  TimerHeap.prototype.takeDue = function (this: TimerHeap<Timed>, now: number): Timed | undefined {
    looks++;
    return real.call(this, now);
  };
  try {
    for (let i = 0; i < 10; i++) stage.host.poll(stage.now);
  } finally {
    TimerHeap.prototype.takeDue = real;
  }
  assertEquals([looks, stage.host.nextDeadline() < Infinity], [10, true]);
});

/** How connections are opened, and what becomes of those that are not. */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { Application, CLIENT, SERVER, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { Stage } from "../../tools/testing/tcp_stranger.ts";
import { directedBroadcast, type Ipv4Address, parseIpv4Address } from "../wire/ipv4_address.ts";
import { seqAdd } from "../wire/seq.ts";
import { ACK, RST, SYN } from "../wire/tcp_flags.ts";

Deno.test("connect() and listen() make one connection: SYN, SYN+ACK, ACK, and both know the same", () => {
  const rig = new TcpRig();
  const { client, server } = rig.connect();
  assertEquals(rig.take().map(({ flags, from }) => [from, flags]), [["client", SYN], ["server", SYN | ACK], ["client", ACK]]);
  const [ours, theirs] = [client.connection.tcb, server.connection.tcb];
  assertEquals([ours.state, ours.passive, theirs.state, theirs.passive], ["ESTABLISHED", false, "ESTABLISHED", true]);
  assertEquals([ours.iss, ours.rcvNxt, ours.sndNxt], [theirs.irs, theirs.sndNxt, theirs.rcvNxt]);
  assertEquals([client.notices, server.notices], [["connected"], []], "the server's application accepts later");
});

Deno.test("both calling at the same moment make one connection (MUST-10)", () => {
  const rig = new TcpRig({ fromClient: { delay: 10 }, fromServer: { delay: 10 } });
  const here = rig.call({}, 5000, 6000);
  const there = new Application(rig.tcp(rig.b).connect({ address: CLIENT, port: 6000 }, 0, { address: SERVER, port: 5000 }), () => rig.now);
  rig.run(() => here.state === "ESTABLISHED" && there.state === "ESTABLISHED", 100);
  assertEquals(rig.tcp(rig.a).connections().length + rig.tcp(rig.b).connections().length, 2);
  here.send(1000, { thenShutdown: true });
  there.send(1000, { thenShutdown: true });
  rig.run(() => here.end !== undefined && there.end !== undefined);
  assertEquals([here.received, there.received, here.end, there.end], [1000, 1000, "closed", "closed"]);
});

Deno.test("a connection closed in SYN-RECEIVED still opens, sends its FIN, and closes", () => {
  const rig = new TcpRig({ fromClient: { delay: 10 }, fromServer: { delay: 10, rules: [{ nth: 2, action: "drop" }] } });
  const here = rig.call({}, 5000, 6000);
  const there = new Application(rig.tcp(rig.b).connect({ address: CLIENT, port: 6000 }, 0, { address: SERVER, port: 5000 }), () => rig.now);
  rig.run(() => there.state === "SYN-RECEIVED", 100);
  there.connection.shutdown();
  assertEquals(there.state, "FIN-WAIT-1");
  rig.run(() => here.notices.includes("end"), 10_000);
  here.send(500, { thenShutdown: true });
  rig.run(() => here.end !== undefined && there.end !== undefined);
  assertEquals([here.end, there.end, there.received], ["closed", "closed", 500]);
});

Deno.test("a port where nobody listens refuses", () => {
  const rig = new TcpRig();
  const client = rig.call({}, 81);
  rig.run(() => client.end !== undefined, 100);
  assertEquals([client.notices, client.state], [["refused"], "CLOSED"]);
  assertEquals([rig.tcp(rig.a).table.size(), rig.tcp(rig.a).ports.size()], [0, 0]);
});

Deno.test("a call that nobody answers is repeated for three minutes at least, later and later, and then times out (MUST-23)", () => {
  const rig = new TcpRig({ fromClient: { drop: 1 } });
  const client = rig.call();
  rig.run(() => client.end !== undefined);
  assertEquals(client.notices.at(-1), "timed out");
  assert(client.notices.includes("trouble"), "the application hears before it is given up (SHLD-9)");
  assertEquals(
    rig.take().map(({ at, flags }) => [at, flags]),
    [0, 1000, 3000, 7000, 15_000, 31_000, 63_000, 127_000].map((at) => [at, SYN]),
  );
  assert(rig.now >= 180_000, `${rig.now}`);
  rig.assertAtRest();
});

Deno.test("a SYN+ACK that nobody answers is repeated, and the half-open connection ends by itself", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  stranger.call();
  stage.wait(179_000);
  assertEquals(stage.take().map(({ flags }) => flags), Array(7).fill(SYN | ACK));
  assertEquals(stage.listener.queue.halfOpenCount(), 1);
  stage.wait(120_000);
  assertEquals(stage.listener.queue.halfOpenCount(), 0);
  stage.assertAtRest();
});

Deno.test("the first round trip is measured by the handshake; a SYN sent twice measures nothing, and text begins with 3 seconds (RFC 6298 §5.7)", () => {
  const timeoutAfter = (rules: { nth: number; action: "drop" }[]): number => {
    let broken = false;
    const rig = new TcpRig({
      client: { timestamps: false, leastTimeout: 200 },
      fromClient: { delay: 50, rules: [...rules, { match: () => broken, action: "drop" }] },
      fromServer: { delay: 50 },
    });
    const { client } = rig.connect();
    rig.wait(1000);
    broken = true;
    rig.take();
    client.send(10);
    rig.wait(5000);
    const [first, second] = rig.take("client");
    return (second?.at ?? 0) - (first?.at ?? 0);
  };
  assertEquals(timeoutAfter([]), 300, "SRTT 100, RTTVAR 50");
  assertEquals(timeoutAfter([{ nth: 1, action: "drop" }]), 3000);
});

Deno.test("connect() gives the port back when it fails, and says why", () => {
  const rig = new TcpRig();
  const tcp = rig.tcp(rig.a);
  const remote = { address: SERVER, port: 80 };
  tcp.connect(remote, 0, { port: 6000 });
  assertThrows(() => tcp.connect(remote, 0, { port: 6000 }), Deno.errors.AddrInUse, "the same connection exists already");
  assertEquals(tcp.ports.size(), 1);
  assertThrows(() => tcp.connect({ address: parseIpv4Address("224.0.0.1"), port: 80 }, 0), TypeError, "no address of one host");
  assertThrows(() => tcp.connect({ address: parseIpv4Address("255.255.255.255"), port: 80 }, 0), TypeError, "no address of one host");
  const everybody = directedBroadcast(CLIENT, 24) as Ipv4Address;
  assertThrows(() => tcp.connect({ address: everybody, port: 80 }, 0), TypeError, "no address of one host");
  assertThrows(() => tcp.connect({ address: SERVER, port: 0 }, 0), TypeError);
  assertThrows(() => tcp.connect({ address: parseIpv4Address("8.8.8.8"), port: 80 }, 0), Deno.errors.NetworkUnreachable, "no route");
  assertThrows(() => tcp.connect(remote, 0, { address: SERVER }), Deno.errors.AddrNotAvailable);
  assertEquals([tcp.ports.size(), tcp.table.size()], [1, 1]);
});

Deno.test("connect() stops at the host's bound, and a SYN above it is not answered", () => {
  const rig = new TcpRig({ client: { maxConnections: 2 }, server: { maxConnections: 1 } });
  rig.call();
  rig.call();
  assertThrows(() => rig.call(), Deno.errors.Busy, "no more are allowed");
  rig.wait(100);
  assertEquals([rig.tcp(rig.a).ports.size(), rig.tcp(rig.b).table.size()], [2, 1]);
});

Deno.test("connections are numbered from different beginnings, and ports are drawn at random", () => {
  const rig = new TcpRig();
  const calls = Array.from({ length: 50 }, () => rig.call().connection.tcb);
  assertEquals(new Set(calls.map(({ iss }) => iss)).size, 50);
  assertEquals(new Set(calls.map(({ localPort }) => localPort)).size, 50);
  const steps = calls.slice(1).map(({ localPort }, index) => localPort - (calls[index]?.localPort ?? 0));
  assert(new Set(steps).size > 10, `${steps}`);
});

Deno.test("a full backlog makes callers wait, not the host grow; they get in when there is room", () => {
  const stage = new Stage({}, { backlog: 2 });
  const callers = [0, 1, 2, 3].map((index) => stage.stranger({ port: 40_000 + index }));
  const [a, b, c] = callers;
  a?.call();
  b?.call();
  a?.say({ flags: "ACK" });
  b?.say({ flags: "ACK" });
  assertEquals([stage.listener.queue.halfOpenCount(), stage.listener.queue.acceptCount()], [0, 2]);
  c?.say({ flags: "SYN", ack: 0 });
  assertEquals([stage.take().length, stage.tcp.table.size()], [0, 2], "no answer, and nothing remembered");
  assertEquals(stage.listener.accept()?.tcb.remotePort, 40_000);
  c?.call();
  assertEquals(stage.tcp.table.size(), 3);
});

Deno.test("an ACK that finds the accept queue full is not heard; the connection completes when there is room", () => {
  const stage = new Stage({}, { backlog: 2 });
  const { queue } = stage.listener;
  const callers = [1, 2, 3].map((port) => stage.stranger({ port }));
  const [first, ...others] = callers;
  first?.call();
  first?.say({ flags: "ACK" });
  for (const each of others) each.call();
  for (const each of others) each.say({ flags: "ACK" });
  assertEquals([queue.halfOpenCount(), queue.acceptCount()], [1, 2]);
  stage.take();
  assertNotEquals(stage.listener.accept(), undefined);
  stage.wait(1000);
  assertEquals(stage.take().map(({ flags, destinationPort }) => [destinationPort, flags]), [[3, SYN | ACK]], "its SYN is sent again");
  others[1]?.say({ flags: "ACK" });
  assertEquals([queue.halfOpenCount(), queue.acceptCount()], [0, 2]);
});

Deno.test("half-open connections that have waited long give way when the queue is full", () => {
  const stage = new Stage({ halfOpenGrace: 3000 }, { backlog: 3 });
  for (let port = 1; port <= 3; port++) {
    stage.stranger({ port }).call();
    stage.wait(500);
  }
  const late = stage.stranger({ port: 4 });
  stage.take();
  late.say({ flags: "SYN", ack: 0 });
  assertEquals(stage.take(), [], "nobody has waited for three seconds yet");
  stage.wait(1600);
  stage.take();
  late.call();
  assertEquals(stage.tcp.connections().map(({ tcb }) => tcb.remotePort), [2, 3, 4], "the oldest went, without a RST");
  late.say({ flags: "ACK" });
  assertEquals(stage.listener.queue.acceptCount(), 1);
});

Deno.test("closeListener() resets those whom nobody accepted, and leaves the others alone", () => {
  const stage = new Stage();
  const [held, waiting, halfOpen] = [1, 2, 3].map((port) => stage.stranger({ port }));
  const connection = held?.establish();
  waiting?.call();
  waiting?.say({ flags: "ACK" });
  halfOpen?.call();
  stage.take();
  stage.tcp.closeListener(stage.listener);
  stage.poll();
  assertEquals(stage.take().map(({ flags, destinationPort }) => [destinationPort, flags]), [[3, RST | ACK], [2, RST | ACK]]);
  assertEquals([connection?.tcb.state, stage.tcp.table.size(), stage.tcp.ports.size()], ["ESTABLISHED", 1, 1]);
  stage.stranger({ port: 4 }).say({ flags: "SYN", ack: 0 });
  assertEquals(stage.take()[0]?.flags, RST | ACK, "nobody listens any more");
});

Deno.test("a listening socket answers strays by the book", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const answers = (flags: string): number[] => {
    stranger.say({ flags, ack: 77 });
    return stage.take().map((each) => each.flags);
  };
  assertEquals([answers("RST"), answers("ACK"), answers("FIN"), answers("SYN RST"), answers("")], [[], [RST], [], [], []]);
  assertEquals(stage.tcp.table.size(), 0);
});

Deno.test("text and FIN of a SYN+ACK are not lost", () => {
  const stage = new Stage();
  const stranger = stage.stranger({ toPort: 5000 });
  const connection = stranger.beCalled();
  stranger.say({ flags: "SYN ACK FIN" }, Uint8Array.from([1, 2, 3]));
  assertEquals([stranger.notices, connection.readable, connection.tcb.state], [["connected", "readable", "end"], 3, "CLOSE-WAIT"]);
  assertEquals(stage.take().map(({ flags, ack }) => [flags, ack]), [[ACK, seqAdd(connection.tcb.irs, 5)]]);
});

Deno.test("a RST that refuses must acknowledge our SYN", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.beCalled();
  stranger.say({ flags: "RST" });
  stranger.say({ flags: "RST ACK", ack: stranger.expects + 1 });
  stranger.say({ flags: "RST ACK", ack: stranger.expects - 1 });
  assertEquals([connection.tcb.state, stage.take()], ["SYN-SENT", []]);
  stranger.say({ flags: "RST ACK" });
  assertEquals([connection.tcb.state, stranger.notices], ["CLOSED", ["refused"]]);
  stage.assertAtRest();
});

Deno.test("an ACK of something else in SYN-SENT is answered by a RST that its cause believes", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  stranger.beCalled();
  stranger.say({ flags: "ACK", ack: 12_345 });
  assertEquals(stage.take().map(({ flags, seq, timestamps }) => [flags, seq, timestamps]), [[RST, 12_345, false]], "nothing is agreed yet");
});

/** How connections end: in good order, in bad order, and by whom. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { byteAt, SERVER, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { Stage } from "../../tools/testing/tcp_stranger.ts";
import type { TcpState } from "../contract/tcb.ts";
import { seqAdd } from "../wire/seq.ts";
import { ACK, FIN, RST, SYN } from "../wire/tcp_flags.ts";

const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));

const SYNCHRONIZED: readonly TcpState[] = [
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];

Deno.test("half-close: each side may go on sending when the other has closed", () => {
  for (const closer of ["client", "server"] as const) {
    const rig = new TcpRig({ fromClient: { delay: 5 }, fromServer: { delay: 5 } });
    const { client, server } = rig.connect();
    const [first, second] = closer === "client" ? [client, server] : [server, client];
    first.connection.shutdown();
    rig.wait(100);
    assertEquals([first.state, second.state, second.connection.atEnd], ["FIN-WAIT-2", "CLOSE-WAIT", true]);
    second.send(300_000);
    rig.run(() => first.received === 300_000);
    rig.wait(10 * 60_000);
    assertEquals([first.state, second.state], ["FIN-WAIT-2", "CLOSE-WAIT"], "as long as both like");
    second.connection.shutdown();
    rig.run(() => first.end !== undefined && second.end !== undefined);
    assertEquals([first.notices, second.notices], [
      ["connected", "delivered", "end", "closed"].filter((each) => each !== "connected" || first === client),
      ["connected", "end", "delivered", "closed"].filter((each) => each !== "connected" || second === client),
    ]);
    rig.assertAtRest();
  }
});

Deno.test("both closing at the same moment meet in CLOSING, and wait in TIME-WAIT", () => {
  const rig = new TcpRig({ fromClient: { delay: 5 }, fromServer: { delay: 5 } });
  const { client, server } = rig.connect();
  rig.wait(100);
  client.connection.shutdown();
  server.connection.shutdown();
  rig.wait(5);
  assertEquals([client.state, server.state], ["CLOSING", "CLOSING"]);
  rig.wait(5);
  assertEquals([client.state, server.state], ["TIME-WAIT", "TIME-WAIT"]);
  rig.run();
  assertEquals([client.end, server.end], ["closed", "closed"]);
  rig.assertAtRest();
});

Deno.test("TIME-WAIT lasts a minute, and only at the side that closed first", () => {
  const rig = new TcpRig();
  const { client, server } = rig.connect();
  client.connection.shutdown();
  rig.wait(1);
  const begin = rig.now;
  server.connection.shutdown();
  rig.wait(59_999);
  assertEquals([client.state, server.state], ["TIME-WAIT", "CLOSED"]);
  rig.run();
  assertEquals([client.state, rig.now - begin], ["CLOSED", 60_000]);
});

Deno.test("close() with text that nobody has read sends a RST: the peer must not believe that it arrived (SHLD-3)", () => {
  const stage = new Stage();
  for (const state of ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"] as const) {
    const { stranger, connection } = stage.reach(state);
    stranger.tell(text(10));
    stage.take();
    connection.close();
    stage.poll();
    assertEquals(stage.take().map(({ flags, seq }) => [flags, seq]), [[RST | ACK, connection.tcb.sndNxt]], state);
    assertEquals([connection.tcb.state, stranger.notices.at(-1)], ["CLOSED", "aborted"]);
  }
  stage.assertAtRest();
});

Deno.test("close() after everything was read sends a FIN", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.tell(text(10));
  connection.read(new Uint8Array(10));
  stage.take();
  connection.close();
  stage.poll();
  assertEquals([stage.take().map(({ flags }) => flags), connection.tcb.state], [[FIN | ACK], "FIN-WAIT-1"]);
});

Deno.test("close() where both sides have closed keeps TIME-WAIT and LAST-ACK, even with text unread", () => {
  const stage = new Stage();
  for (const [index, state] of (["LAST-ACK", "TIME-WAIT", "CLOSING"] as const).entries()) {
    const stranger = stage.stranger({ port: 50_000 + index });
    const connection = stranger.establish();
    if (state !== "LAST-ACK") connection.shutdown();
    stage.poll();
    if (state !== "LAST-ACK") stranger.expects++;
    stranger.say({ flags: "FIN ACK", ack: state === "CLOSING" ? stranger.expects - 1 : stranger.expects }, text(10));
    if (state === "LAST-ACK") connection.shutdown();
    stage.poll();
    assertEquals([connection.tcb.state, connection.readable], [state, 10]);
    stage.take();
    connection.close();
    stage.poll();
    assertEquals([connection.tcb.state, stage.take()], [state, []]);
  }
});

Deno.test("text that comes after close() is answered by a RST (RFC 2525 §2.17)", () => {
  for (const state of ["FIN-WAIT-1", "FIN-WAIT-2"] as const) {
    const stage = new Stage();
    const { stranger, connection } = stage.reach(state);
    connection.close();
    stage.poll();
    stage.take();
    stranger.say({ flags: "ACK" }, text(10));
    assertEquals([stage.take().map(({ flags }) => flags), connection.tcb.state], [[RST | ACK], "CLOSED"], state);
    stage.assertAtRest();
  }
});

Deno.test("text that is old or only acknowledges does not hurt after close()", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish();
  stranger.tell(text(10));
  connection.read(new Uint8Array(10));
  connection.close();
  stage.poll();
  stranger.say({ flags: "ACK", seq: stranger.next - 10 }, text(10));
  stranger.say({ flags: "ACK", ack: ++stranger.expects });
  assertEquals(connection.tcb.state, "FIN-WAIT-2");
  stranger.say({ flags: "FIN ACK" });
  assertEquals(connection.tcb.state, "TIME-WAIT");
});

Deno.test("close() while text is unsent delivers it all, and then the FIN", () => {
  const rig = new TcpRig({ fromClient: { delay: 20 }, fromServer: { delay: 20 } });
  const { client, server } = rig.connect();
  server.reading = false;
  client.send(500_000);
  assertEquals(client.sent, 500_000);
  client.connection.close();
  rig.wait(100);
  assertThrows(() => client.connection.write(text(1)), Deno.errors.BrokenPipe, "shut down");
  server.reading = true;
  server.pump();
  rig.run(() => server.notices.includes("end"));
  assertEquals(server.received, 500_000);
  server.connection.close();
  rig.run();
  assertEquals([client.end, server.end], ["closed", "closed"]);
});

Deno.test("FIN-WAIT-2 lasts a minute when nobody above waits, and for ever when somebody does", () => {
  const stage = new Stage();
  const orphan = stage.reach("FIN-WAIT-2", 1).connection;
  const held = stage.reach("FIN-WAIT-2", 2).connection;
  const late = stage.reach("FIN-WAIT-1", 3);
  orphan.close();
  late.connection.close();
  late.stranger.say({ flags: "ACK" });
  assertEquals(late.connection.tcb.state, "FIN-WAIT-2");
  stage.wait(59_999);
  assertEquals([orphan, held, late.connection].map(({ tcb }) => tcb.state), ["FIN-WAIT-2", "FIN-WAIT-2", "FIN-WAIT-2"]);
  stage.wait(1);
  assertEquals([orphan, held, late.connection].map(({ tcb }) => tcb.state), ["CLOSED", "FIN-WAIT-2", "CLOSED"]);
  stage.wait(86_400_000);
  assertEquals(held.tcb.state, "FIN-WAIT-2");
  held.abort();
  stage.poll();
  stage.assertAtRest();
});

Deno.test("abort() ends a connection in every state, with a RST where the peer may still send, and leaves nothing behind", () => {
  for (const state of ["SYN-SENT", "SYN-RECEIVED", ...SYNCHRONIZED] as const) {
    const stage = new Stage();
    const { stranger, connection } = stage.reach(state);
    connection.abort();
    stage.poll();
    const resets = ["SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"].includes(state);
    assertEquals(stage.take().map(({ flags }) => flags), resets ? [RST | ACK] : [], state);
    assertEquals([connection.tcb.state, stranger.notices.at(-1)], ["CLOSED", "aborted"], state);
    connection.abort();
    connection.close();
    connection.shutdown();
    assertEquals(stranger.notices.filter((notice) => notice === "aborted" || notice === "closed"), ["aborted"]);
    stage.assertAtRest();
  }
});

Deno.test("a RST at the next number ends a connection in every state but TIME-WAIT, and the application hears", () => {
  for (const state of ["SYN-RECEIVED", ...SYNCHRONIZED] as const) {
    const stage = new Stage();
    const { stranger, connection } = stage.reach(state);
    stranger.say({ flags: "RST" });
    if (state === "TIME-WAIT") {
      assertEquals([connection.tcb.state, stage.take()], ["TIME-WAIT", []], "RFC 1337");
      continue;
    }
    assertEquals([connection.tcb.state, stranger.notices.at(-1), stage.take()], ["CLOSED", "reset", []], state);
    stage.assertAtRest();
  }
});

Deno.test("what came before a RST can still be read", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.tell(text(100));
  stranger.say({ flags: "RST" });
  assertEquals([connection.readable, connection.read(new Uint8Array(200)), connection.write(text(1))], [100, 100, 0]);
});

Deno.test("shutdown() refuses to be written after, and twice is once", () => {
  const stage = new Stage();
  const { connection } = stage.reach("ESTABLISHED");
  connection.write(text(5));
  connection.shutdown();
  connection.shutdown();
  assertThrows(() => connection.write(text(5)), Deno.errors.BrokenPipe, "Cannot write: the connection was shut down");
  stage.poll();
  assertEquals(stage.take().map(({ flags, textLength }) => [flags & (FIN | ACK), textLength]), [[FIN | ACK, 5]]);
});

Deno.test("a FIN that comes again is acknowledged again, and TIME-WAIT begins anew; text does not do that", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("TIME-WAIT");
  const again = (saying: { flags: string }, bytes?: Uint8Array): number[] => {
    stage.wait(50_000);
    stranger.say({ ...saying, seq: stranger.next - 1 - (bytes?.length ?? 0) }, bytes);
    return stage.take().map(({ flags }) => flags);
  };
  assertEquals([again({ flags: "FIN ACK" }), again({ flags: "FIN ACK" })], [[ACK], [ACK]]);
  assertEquals([connection.tcb.state, again({ flags: "ACK" }, text(5)), connection.tcb.state], ["TIME-WAIT", [ACK], "TIME-WAIT"]);
  stage.wait(10_000);
  assertEquals(connection.tcb.state, "CLOSED");
  stage.assertAtRest();
});

Deno.test("a newer SYN takes the place of a connection in TIME-WAIT, and our numbers go on beyond the old ones", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("TIME-WAIT");
  const old = connection.tcb;
  stranger.say({ flags: "SYN", seq: stranger.next - 5, ack: 0 });
  assertEquals(stage.take().map(({ flags }) => flags), [ACK], "an old one does not");
  // 4 GB on, our clock would give a number that was used already.
  old.sndNxt = seqAdd(old.sndNxt, 0x4000_0000);
  const answer = (stranger.next += 1, stranger.call());
  assertEquals([answer.flags, answer.seq, stage.tcp.table.size()], [SYN | ACK, seqAdd(old.sndNxt, 1), 1]);
  stranger.say({ flags: "ACK" });
  assertEquals([old.state, stage.listener.accept()?.tcb.state], ["CLOSED", "ESTABLISHED"]);
});

Deno.test("a SYN in TIME-WAIT changes nothing where nobody listens, and where the queue is full", () => {
  const stage = new Stage({}, { backlog: 1 });
  const { stranger, connection } = stage.reach("TIME-WAIT");
  stage.stranger({ port: 7 }).call();
  stranger.say({ flags: "SYN", seq: stranger.next + 5, ack: 0 });
  assertEquals(connection.tcb.state, "TIME-WAIT");
  stage.tcp.closeListener(stage.listener);
  stranger.say({ flags: "SYN", seq: stranger.next + 5, ack: 0 });
  assertEquals(connection.tcb.state, "TIME-WAIT");
});

Deno.test("connections in TIME-WAIT have a bound: the oldest goes first", () => {
  const stage = new Stage({ maxTimeWait: 3 });
  const connections = [1, 2, 3, 4, 5].map((port) => stage.reach("TIME-WAIT", port).connection);
  assertEquals(connections.map(({ tcb }) => tcb.state), ["CLOSED", "CLOSED", "TIME-WAIT", "TIME-WAIT", "TIME-WAIT"]);
  stage.wait(60_000);
  stage.assertAtRest();
});

Deno.test("a port is held until the last of its connections is over, TIME-WAIT included", () => {
  const stage = new Stage();
  stage.reach("TIME-WAIT");
  stage.tcp.closeListener(stage.listener);
  assertEquals(stage.tcp.ports.size(), 1);
  assertThrows(() => stage.tcp.listen(stage.listener.address, 80, 1), Deno.errors.AddrInUse);
  stage.wait(60_000);
  assertEquals(stage.tcp.ports.size(), 0);
});

Deno.test("a FIN behind a gap waits until the gap is filled", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.say({ flags: "FIN ACK", seq: stranger.next + 10 }, text(10, 10));
  assertEquals([connection.tcb.state, connection.readable], ["ESTABLISHED", 0]);
  stranger.say({ flags: "ACK" }, text(10));
  assertEquals([connection.tcb.state, connection.readable, connection.atEnd], ["CLOSE-WAIT", 20, false]);
  assertEquals(stage.take().at(-1)?.ack, seqAdd(connection.tcb.irs, 22));
});

Deno.test("a FIN behind a gap is acknowledged at once, with what is missing before it (RFC 5681 §4.2)", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stage.take();
  for (let time = 0; time < 2; time++) {
    stranger.say({ flags: "FIN ACK", seq: stranger.next + 10 });
    assertEquals(stage.take().map(({ flags, ack }) => [flags, ack]), [[ACK, seqAdd(connection.tcb.irs, 1)]]);
  }
  stranger.say({ flags: "ACK" }, text(10));
  assertEquals(stage.take().map(({ ack }) => ack), [seqAdd(connection.tcb.irs, 12)]);
  assertEquals(connection.tcb.state, "CLOSE-WAIT");
});

Deno.test("an application may close, abort and shut down from inside any notice", () => {
  for (const act of ["close", "abort", "shutdown"] as const) {
    for (const when of ["connected", "readable", "writable", "end"] as const) {
      const rig = new TcpRig({ client: { sendBuffer: 2000 }, fromClient: { delay: 5 }, fromServer: { delay: 5 } });
      rig.listener.ready = () => {
        const connection = rig.listener.accept();
        connection?.write(text(5000));
        connection?.shutdown();
        if (connection !== undefined) connection.application = { hear: (notice) => void (notice === "end" && connection.close()) };
      };
      const connection = rig.tcp(rig.a).connect({ address: SERVER, port: 80 }, 0);
      const heard: string[] = [];
      const hear = (notice: string) => {
        heard.push(notice);
        if (notice === "connected" && when === "writable") connection.write(text(2000));
        if (notice === when) connection[act]();
        if (notice === "end" && act === "shutdown") connection.read(new Uint8Array(5000));
      };
      connection.application = { hear };
      rig.run();
      assert(heard.includes(when), `${heard}`);
      if (connection.tcb.state !== "CLOSED") connection.close();
      rig.run();
      rig.assertAtRest();
    }
  }
});

/** The window from both sides: shut, probed, opened, shrunk, silly. */
import { assert, assertEquals } from "@std/assert";
import { byteAt, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { Stage } from "../../tools/testing/tcp_stranger.ts";
import { seqAdd, seqDiff } from "../wire/seq.ts";
import { ACK, FIN, PSH } from "../wire/tcp_flags.ts";

const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));
const lengths = (heard: readonly { textLength: number }[]): number[] => heard.map(({ textLength }) => textLength);

Deno.test("a reader that stops shuts the window, and one that goes on opens it: nothing is lost, nothing hangs", () => {
  for (const loseUpdate of [false, true]) {
    let loses = false;
    const rig = new TcpRig({
      fromClient: { delay: 5 },
      fromServer: { delay: 5, rules: [{ match: () => loses, action: "drop" }] },
      client: { sendBuffer: 100_000 },
      server: { receiveBuffer: 20_000 },
    });
    const { client, server } = rig.connect();
    server.reading = false;
    client.send(100_000, { thenShutdown: true });
    rig.wait(30_000);
    assertEquals([server.connection.readable, client.connection.tcb.sndWnd], [20_000, 0]);
    server.reading = true;
    loses = loseUpdate;
    server.pump();
    rig.wait(10);
    loses = false;
    rig.run(() => server.notices.includes("end"), 200_000);
    assertEquals([server.received, client.end], [100_000, undefined]);
  }
});

Deno.test("a shut window is probed after one timeout, then half as often each time, with one byte, and again and again", () => {
  const stage = new Stage({ leastTimeout: 1000 });
  const stranger = stage.stranger({ window: 100 });
  const connection = stranger.establish();
  connection.write(text(101));
  stage.poll();
  assertEquals(lengths(stage.take()), [100]);
  stranger.expects += 100;
  stranger.say({ flags: "ACK", window: 0 });
  const times: number[] = [];
  const begin = stage.now;
  while (times.length < 9) {
    stage.wait(100);
    for (const probe of stage.take()) {
      assertEquals([probe.textLength, probe.seq, [...probe.bytes]], [1, stranger.expects >>> 0, [byteAt(100)]]);
      times.push(Math.round((probe.at - begin) / 1000));
      stranger.say({ flags: "ACK", window: 0 });
    }
  }
  assertEquals(times, [1, 3, 7, 15, 31, 63, 123, 183, 243], "SHLD-29, SHLD-30: a minute apart at most");
});

Deno.test("answered probes keep a connection open for an hour, and then it goes on (MUST-37)", () => {
  const rig = new TcpRig({ server: { receiveBuffer: 10_000 }, fromClient: { delay: 10 }, fromServer: { delay: 10 } });
  const { client, server } = rig.connect();
  server.reading = false;
  client.send(50_000);
  rig.wait(3_600_000);
  assertEquals([client.state, server.state, client.end], ["ESTABLISHED", "ESTABLISHED", undefined]);
  server.reading = true;
  server.pump();
  rig.run(() => server.received === 50_000, 200);
});

Deno.test("probes that nobody answers end the connection (R2), and so do answered ones when the application has closed (RFC 6429)", () => {
  for (const [answered, closed, end] of [[false, false, "timed out"], [true, true, "timed out"], [true, false, undefined]] as const) {
    const stage = new Stage();
    const stranger = stage.stranger({ window: 0 });
    const connection = stranger.establish();
    stage.wait(3_600_000); // how long it was idle before does not count
    connection.write(text(10));
    if (closed) connection.close();
    for (let second = 0; second < 300; second++) {
      stage.wait(1000);
      if (stage.take().length > 0 && answered) stranger.say({ flags: "ACK", window: 0 });
    }
    assertEquals(stranger.notices.find((notice) => notice === "timed out"), end);
  }
});

Deno.test("the byte of a probe is sent again when the window opens, and the rest behind it", () => {
  const stage = new Stage();
  const stranger = stage.stranger({ window: 0 });
  const connection = stranger.establish({ options: { mss: 1460 } });
  connection.write(text(1000));
  stage.wait(1000);
  assertEquals(lengths(stage.take()), [1]);
  stranger.say({ flags: "ACK", window: 5000 });
  assertEquals(stage.take().map(({ seq, textLength }) => [seq, textLength]), [[stranger.expects >>> 0, 1]]);
  stranger.expects++;
  stranger.say({ flags: "ACK", window: 5000 });
  assertEquals(stage.take().map(({ seq, textLength }) => [seq, textLength]), [[stranger.expects >>> 0, 999]]);
});

Deno.test("a probe whose byte was taken is one byte less to send", () => {
  const stage = new Stage();
  const stranger = stage.stranger({ window: 0 });
  const connection = stranger.establish({ options: { mss: 1460 } });
  connection.write(text(1000));
  stage.wait(1000);
  stage.take();
  stranger.expects++;
  stranger.say({ flags: "ACK", window: 5000 });
  assertEquals(stage.take().map(({ seq, textLength }) => [seq, textLength]), [[stranger.expects >>> 0, 999]]);
});

Deno.test("a FIN waits for a shut window too, and is its own probe", () => {
  const stage = new Stage();
  const stranger = stage.stranger({ window: 10 });
  const connection = stranger.establish();
  connection.write(text(10));
  connection.shutdown();
  stage.poll();
  assertEquals(
    stage.take().map(({ flags, textLength }) => [flags, textLength]),
    [[ACK | PSH, 10]],
    "the FIN has a number, and there is room for ten",
  );
  stranger.expects += 10;
  stranger.say({ flags: "ACK", window: 0 });
  stage.wait(1000);
  assertEquals(stage.take().map(({ flags, textLength }) => [flags, textLength]), [[ACK | FIN, 0]]);
  stage.wait(1000);
  stranger.say({ flags: "ACK", window: 10 });
  assertEquals(stage.take().map(({ flags, textLength }) => [flags, textLength]), [[ACK | FIN, 0]]);
  stranger.expects++;
  stranger.say({ flags: "ACK", window: 10 });
  assertEquals(connection.tcb.state, "FIN-WAIT-2");
});

Deno.test("a zero window takes ACK, RST and URG, and no text (MUST-66)", () => {
  const stage = new Stage({ receiveBuffer: 100 });
  const stranger = stage.stranger();
  const connection = stranger.establish();
  stranger.tell(text(100));
  stage.wait(100);
  assertEquals([connection.tcb.rcvWnd, stage.take().at(-1)?.window], [0, 0]);
  stranger.say({ flags: "ACK" }, text(1));
  assertEquals([connection.readable, stage.take().map(({ ack, window }) => [ack, window])], [100, [[stranger.next >>> 0, 0]]]);
  stranger.say({ flags: "ACK URG", urgentPointer: 50 }, text(1));
  assertEquals([stranger.notices.at(-1), connection.urgentRemaining], ["urgent", 150]);
  connection.write(text(5));
  stage.poll();
  stranger.expects += 5;
  stranger.say({ flags: "ACK" });
  assertEquals(connection.unacknowledged, 0);
  stranger.say({ flags: "RST" });
  assertEquals(connection.tcb.state, "CLOSED");
});

Deno.test("two shut windows do not answer each other for ever", () => {
  const rig = new TcpRig({
    client: { receiveBuffer: 5000, sendBuffer: 50_000 },
    server: { receiveBuffer: 5000, sendBuffer: 50_000 },
    fromClient: { delay: 5 },
    fromServer: { delay: 5 },
  });
  const { client, server } = rig.connect();
  client.reading = server.reading = false;
  client.send(20_000);
  server.send(20_000);
  rig.wait(10_000);
  rig.take();
  rig.wait(600_000);
  const segments = rig.take().length;
  assert(segments < 100, `${segments} segments in ten minutes`);
  client.reading = server.reading = true;
  client.pump();
  server.pump();
  rig.run(() => client.received === 20_000 && server.received === 20_000, 1000);
});

Deno.test("a window that shrinks is survived: nothing new goes beyond it, what lies inside goes again (MUST-34, SHLD-15 to 17)", () => {
  const stage = new Stage();
  const stranger = stage.stranger({ window: 10_000 });
  const connection = stranger.establish({ options: { mss: 1000 } });
  connection.write(text(20_000));
  stage.poll();
  const first = stage.take();
  assertEquals(first.reduce((sum, { textLength }) => sum + textLength, 0), 10_000);
  const una = first[0]?.seq ?? connection.tcb.sndUna;
  stranger.say({ flags: "ACK", window: 1000 });
  assertEquals(stage.take(), []);
  stage.wait(1000);
  assertEquals(stage.take().map(({ seq, textLength }) => [seqDiff(seq, una), textLength]), [[0, 1000]], "the timer sends what fits");
  stranger.expects += 1000;
  stranger.say({ flags: "ACK", window: 0 });
  stage.take();
  for (let minute = 0; minute < 60; minute++) {
    stage.wait(60_000);
    assert(stage.take().every(({ seq, textLength }) => seqDiff(seq, una) === 1000 && textLength === 1));
    stranger.say({ flags: "ACK", window: 0 });
  }
  assertEquals(connection.tcb.state, "ESTABLISHED");
});

Deno.test("what lies beyond a shrunk window is sent again when it opens, and arrives", () => {
  const stage = new Stage();
  const stranger = stage.stranger({ window: 10_000 });
  const connection = stranger.establish();
  connection.write(text(10_000));
  stage.poll();
  const una = stage.take()[0]?.seq ?? connection.tcb.sndUna;
  stranger.say({ flags: "ACK", window: 0 });
  stage.wait(1000);
  stage.take();
  const got = new Uint8Array(10_000);
  let acknowledged = 0;
  for (let i = 0; i < 50 && acknowledged < 10_000; i++) {
    stranger.say({ flags: "ACK", window: 10_000 });
    for (const { seq, bytes } of stage.take()) {
      const at = seqDiff(seq, una);
      got.set(bytes, at);
      if (at <= acknowledged) acknowledged = Math.max(acknowledged, at + bytes.length);
    }
    stranger.expects = seqAdd(una, acknowledged);
  }
  assertEquals([acknowledged, got], [10_000, text(10_000)]);
});

Deno.test("a receiver opens its window in strides, not in crumbs (MUST-39)", () => {
  const stage = new Stage({ receiveBuffer: 10_000, windowScaling: false });
  const stranger = stage.stranger();
  const connection = stranger.establish();
  for (let i = 0; i < 10; i++) stranger.tell(text(1000, i * 1000));
  stage.wait(100);
  assertEquals(stage.take().at(-1)?.window, 0);
  const windows: number[] = [];
  for (let read = 0; read < 10_000; read += 100) {
    connection.read(new Uint8Array(100));
    stage.poll();
    windows.push(...stage.take().map(({ window }) => window));
  }
  assertEquals(windows[0], 1500, "at least a segment");
  assert(windows.every((window, i) => window - (windows[i - 1] ?? 0) >= 1460), `${windows}`);
});

Deno.test("a receiver never takes back what it announced, though the field counts in units of its scale (SHLD-14, RFC 7323 §2.4)", () => {
  const stage = new Stage({ receiveBuffer: 1 << 20 });
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { mss: 1460, windowScale: 7 } });
  let edge = 0;
  const unit = 2 ** connection.tcb.rcvScale;
  assertEquals(unit, 32);
  for (let i = 0; i < 500; i++) {
    const length = 1 + i * 37 % 1460;
    stranger.tell(text(length, 0));
    if (i % 7 === 3) connection.read(new Uint8Array(5000));
    stage.wait(50);
    for (const { ack, window } of stage.take()) {
      const announced = seqDiff(ack, connection.tcb.irs) + window * unit;
      assert(announced > edge - unit, `${announced} after ${edge}`);
      edge = Math.max(edge, announced);
      assert(edge <= seqDiff(connection.tcb.rcvNxt, connection.tcb.irs) + connection.tcb.rcvWnd);
    }
  }
});

Deno.test("without window scaling a large buffer announces 65535, and takes no more than that", () => {
  const stage = new Stage({ receiveBuffer: 200_000 });
  const stranger = stage.stranger();
  const connection = stranger.establish();
  assertEquals(connection.tcb.rcvScale, 0);
  for (let i = 0; i < 50; i++) stranger.tell(text(1400, i * 1400));
  stage.wait(100);
  assertEquals([stage.take().at(-1)?.window, connection.readable], [65_535, 70_000]);
  stranger.say({ flags: "ACK", seq: stranger.next + 65_535 }, text(1));
  assertEquals(stage.take().map(({ ack, textLength }) => [ack, textLength]), [[stranger.next >>> 0, 0]], "outside the window");
});

Deno.test("windows of 0x8000 and above are numbers without a sign (MUST-1), and scaled ones are large", () => {
  for (
    const [options, window, expected] of [[{}, 0xffff, 65_535], [{}, 0x8000, 32_768], [{ windowScale: 5 }, 0x8001, 1_048_608]] as const
  ) {
    const stage = new Stage({ sendBuffer: 2_000_000 });
    const stranger = stage.stranger({ window });
    const connection = stranger.establish({ options: { mss: 1460, ...options } });
    connection.write(new Uint8Array(1_500_000));
    stage.poll();
    const sent = lengths(stage.take()).reduce((sum, length) => sum + length, 0);
    // Less than a segment of room is not worth a packet.
    assert(sent <= expected && sent > expected - 1460, `${sent} of ${expected}`);
  }
});

Deno.test("a window so small that it was never worth a packet is used after half a second", () => {
  const stage = new Stage();
  const stranger = stage.stranger({ window: 5000 });
  const connection = stranger.establish();
  stranger.say({ flags: "ACK", window: 500 });
  connection.write(text(2000));
  stage.poll();
  assertEquals(stage.take(), []);
  stage.wait(499);
  assertEquals(stage.take(), []);
  stage.wait(1);
  assertEquals(lengths(stage.take()), [500]);
  stranger.expects += 500;
  stranger.say({ flags: "ACK", window: 500 });
  stage.wait(500);
  assertEquals(lengths(stage.take()), [500], "and again");
});

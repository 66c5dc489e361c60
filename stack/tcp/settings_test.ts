/** What the settings of a host and of a connection change: what is announced, what is held back, who is asked, and when it is given up. */
import { assertEquals } from "@std/assert";
import { byteAt, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { type Heard, Stage, type Stranger } from "../../tools/testing/tcp_stranger.ts";
import { seqAdd, seqDiff } from "../wire/seq.ts";
import { ACK, SYN } from "../wire/tcp_flags.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./options.ts";

const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));
const lengths = (sent: readonly Heard[]): number[] => sent.map(({ textLength }) => textLength);

/** The times at which the host said something within so many milliseconds, counted from now. */
function times(stage: Stage, within: number): number[] {
  const begin = stage.now;
  const heard: number[] = [];
  for (stage.wait(0); stage.now < begin + within; stage.wait(1)) heard.push(...stage.take().map(({ at }) => at - begin));
  return [...heard, ...stage.take().map(({ at }) => at - begin)];
}

function change(connection: Connection, options: Partial<ConnectionOptions>): void {
  connection.change({ ...connection.options, ...options });
}

/** The peer has everything. */
function acknowledge(stranger: Stranger, connection: Connection): void {
  stranger.expects = connection.tcb.sndNxt;
  stranger.say({ flags: "ACK" });
}

Deno.test("maxSegment is what our SYN announces and the most that a segment carries, whoever calls", () => {
  const stage = new Stage({ maxSegment: 900 });
  const answer = stage.stranger({ port: 5000 }).call({ options: { mss: 1460 } });
  assertEquals(answer.mss, 900);
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { mss: 1460 } });
  connection.write(text(1000));
  stage.poll();
  assertEquals([lengths(stage.take()), connection.tcb.sndMss], [[900], 900]);
  const caller = stage.stranger({ port: 5001 });
  assertEquals(caller.answer({ options: { mss: 600 } }, { maxSegment: 700 }).tcb.sndMss, 600, "the smaller of both");
});

Deno.test("maxSegment is no more than the link takes", () => {
  assertEquals(new Stage({ maxSegment: 9000 }).stranger().call({ options: { mss: 9000 } }).mss, 1460);
});

Deno.test("initialWindow limits what is in flight, in segments", () => {
  const stage = new Stage({ initialWindow: 3 });
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { mss: 1000 } });
  connection.write(text(10_000));
  stage.poll();
  assertEquals(lengths(stage.take()), [1000, 1000, 1000]);
  assertEquals(connection.info().tcpi_snd_cwnd, 3);
  stranger.expects += 2000;
  stranger.say({ flags: "ACK" });
  assertEquals(lengths(stage.take()), [1000, 1000]);
});

Deno.test("dSack: without it a duplicate is acknowledged and not reported", () => {
  for (const dSack of [true, false]) {
    const stage = new Stage({ dSack });
    const stranger = stage.stranger();
    stranger.establish({ options: { sackPermitted: true } });
    stranger.tell(text(100));
    stage.wait(100);
    stage.take();
    stranger.say({ flags: "ACK", seq: stranger.next - 100 }, text(100));
    assertEquals(stage.take().map(({ sackCount }) => sackCount), [dSack ? 1 : 0]);
    stranger.say({ flags: "ACK", seq: stranger.next + 50 }, text(50, 150));
    stranger.say({ flags: "ACK", seq: stranger.next + 50 }, text(50, 150));
    assertEquals(stage.take().map(({ sackCount }) => sackCount), [1, dSack ? 2 : 1], "what lies beyond a gap is reported in any case");
  }
});

Deno.test("quickAck: every segment is acknowledged at once, and so is what waits when it is set", () => {
  const stage = new Stage({ delayedAck: 200 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.tell(text(10));
  assertEquals(stage.take(), []);
  change(connection, { quickAck: true });
  stage.poll();
  assertEquals(stage.take().length, 1);
  stranger.tell(text(10));
  assertEquals(stage.take().length, 1);
  change(connection, { quickAck: false });
  stranger.tell(text(10));
  assertEquals(times(stage, 1000), [200]);
});

Deno.test("cork: full segments go, the rest waits until it is taken back, and 200 ms at most", () => {
  const stage = new Stage({ noDelay: true });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  change(connection, { cork: true });
  connection.write(text(500));
  assertEquals(times(stage, 1000), [200]);
  acknowledge(stranger, connection);
  connection.write(text(600));
  stage.poll();
  assertEquals(lengths(stage.take()), [536]);
  acknowledge(stranger, connection);
  assertEquals(times(stage, 1000), [200]);
  acknowledge(stranger, connection);
  connection.write(text(100));
  stage.wait(50);
  assertEquals(stage.take(), []);
  change(connection, { cork: false });
  stage.poll();
  assertEquals(lengths(stage.take()), [100]);
});

Deno.test("cork: what is less than a segment waits for what is in flight, too, and closing waits for nothing", () => {
  const stage = new Stage({ cork: true });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  connection.write(text(1100));
  stage.poll();
  assertEquals(lengths(stage.take()), [536, 536]);
  stage.wait(300);
  assertEquals(stage.take(), []);
  acknowledge(stranger, connection);
  assertEquals(times(stage, 1000)[0], 200);
  acknowledge(stranger, connection);
  connection.write(text(10));
  connection.shutdown();
  stage.poll();
  assertEquals(lengths(stage.take()), [10]);
});

Deno.test("write() with more waits for the next write, and for 200 ms when none comes", () => {
  const stage = new Stage({ noDelay: true });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  connection.write(text(10), 0, 10, true);
  stage.wait(100);
  assertEquals(stage.take(), []);
  connection.write(text(20));
  stage.poll();
  assertEquals(lengths(stage.take()), [30]);
  acknowledge(stranger, connection);
  connection.write(text(10), 0, 10, true);
  assertEquals(times(stage, 900), [200]);
});

Deno.test("keepAliveInterval and keepAliveProbes: so many questions, so far apart, and then the end", () => {
  const stage = new Stage({ keepAlive: 10_000, keepAliveInterval: 3000, keepAliveProbes: 4 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  assertEquals(times(stage, 21_999), [10_000, 13_000, 16_000, 19_000]);
  assertEquals(connection.tcb.state, "ESTABLISHED");
  stage.wait(1);
  assertEquals([connection.tcb.state, stranger.notices], ["CLOSED", ["timed out"]]);
  stage.assertAtRest();
});

Deno.test("keep-alive asks nobody who owes an acknowledgment: retransmission asks him", () => {
  const stage = new Stage({ keepAlive: 1500, leastTimeout: 1000 });
  const { connection } = stage.reach("ESTABLISHED");
  connection.write(text(10));
  stage.wait(6900);
  const numbers = stage.take().map(({ seq }) => seqDiff(seq, connection.tcb.sndUna));
  assertEquals(numbers, [0, 0, 0], "the segment, after 1000 and after 3000 ms; no probe, whose number would be an old one");
});

Deno.test("userTimeout ends a connection when something was unacknowledged for so long, and not before", () => {
  const stage = new Stage({ userTimeout: 5000 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stage.wait(100_000);
  connection.write(text(1000));
  stage.wait(3000);
  stranger.expects += 500;
  stranger.say({ flags: "ACK" }); // some of it: the time begins anew
  stage.wait(4999);
  assertEquals(connection.tcb.state, "ESTABLISHED");
  stage.wait(1);
  assertEquals([connection.tcb.state, stranger.notices], ["CLOSED", ["timed out"]]);
  stage.assertAtRest();
});

Deno.test("userTimeout may be longer than the host's own patience, and set while the text is on its way", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  connection.write(text(10));
  stage.wait(50_000);
  change(connection, { userTimeout: 900_000 });
  stage.wait(849_999);
  assertEquals(connection.tcb.state, "ESTABLISHED");
  stage.wait(1);
  assertEquals(stranger.notices.at(-1), "timed out");
});

Deno.test("userTimeout counts behind a shut window, though the peer answers every probe (RFC 5482 §1)", () => {
  const stage = new Stage({ userTimeout: 20_000 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.say({ flags: "ACK", window: 0 });
  connection.write(text(10));
  stage.poll();
  const begin = stage.now;
  while (connection.tcb.state !== "CLOSED" && stage.now < begin + 60_000) {
    stage.wait(100);
    if (stage.take().length > 0) stranger.say({ flags: "ACK", window: 0 });
  }
  assertEquals([stage.now - begin, stranger.notices], [20_000, ["timed out"]]);
});

Deno.test("userTimeout counts for calls, and ends keep-alive in place of the number of questions", () => {
  const calling = new Stage({ userTimeout: 4000 });
  const called = calling.reach("SYN-SENT");
  calling.wait(3999);
  assertEquals(called.connection.tcb.state, "SYN-SENT");
  calling.wait(1);
  assertEquals(called.stranger.notices, ["timed out"]);

  const stage = new Stage({ userTimeout: 25_000, keepAlive: 10_000, keepAliveInterval: 5000, keepAliveProbes: 1 });
  const { stranger } = stage.reach("ESTABLISHED");
  assertEquals(times(stage, 60_000), [10_000, 15_000, 20_000]);
  assertEquals(stranger.notices, ["timed out"]);
});

Deno.test("synRetries: a call is given up after so many repetitions", () => {
  const stage = new Stage({ synRetries: 2 });
  const { stranger, connection } = stage.reach("SYN-SENT");
  assertEquals(times(stage, 6999), [1000, 3000]);
  assertEquals(connection.tcb.state, "SYN-SENT");
  stage.wait(1);
  assertEquals([connection.tcb.state, stranger.notices], ["CLOSED", ["timed out"]]);
});

Deno.test("orphanTime: how long the peer's FIN is waited for when the application has gone", () => {
  const stage = new Stage({ orphanTime: 3000 });
  const { connection } = stage.reach("FIN-WAIT-2");
  connection.close();
  stage.wait(2999);
  assertEquals(connection.tcb.state, "FIN-WAIT-2");
  stage.wait(1);
  assertEquals(connection.tcb.state, "CLOSED");
});

Deno.test("settings do not get into each other's way: a transfer with all of them arrives", () => {
  const tcp = { cork: true, quickAck: true, dSack: false, initialWindow: 4, maxSegment: 700, userTimeout: 60_000, keepAlive: 5000 };
  const rig = new TcpRig({ client: tcp, server: tcp, fromClient: { delay: 5, drop: 0.03 }, fromServer: { delay: 5, drop: 0.03 } });
  const { client, server } = rig.connect();
  client.send(100_000, { thenShutdown: true });
  server.send(100_000, { thenShutdown: true });
  rig.run(() => client.end !== undefined && server.end !== undefined);
  assertEquals([client.received, server.received], [100_000, 100_000]);
});

Deno.test("info() tells the state, what was agreed on, and how far both sides are", () => {
  const stage = new Stage({ receiveBuffer: 1 << 18 });
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { mss: 1000, windowScale: 2, sackPermitted: true, timestamps: [1, 0] } });
  const stamps = { options: { timestamps: [2, 0] } } as const;
  connection.write(text(2500));
  stage.poll();
  stranger.say({ flags: "ACK", ...stamps }, text(70));
  const { tcpi_rto: _, ...info } = connection.info();
  assertEquals(info, {
    tcpi_state: 1,
    tcpi_retransmits: 0,
    tcpi_backoff: 0,
    tcpi_probes: 0,
    tcpi_options: 7,
    tcpi_snd_wscale: 2,
    tcpi_rcv_wscale: 3,
    tcpi_ato: 40_000,
    tcpi_snd_mss: 988,
    tcpi_advmss: 1460,
    tcpi_unacked: 2,
    tcpi_total_retrans: 0,
    tcpi_bytes_acked: 0,
    tcpi_bytes_received: 70,
    tcpi_notsent_bytes: 524,
    tcpi_segs_out: 3,
    tcpi_segs_in: 3,
    tcpi_snd_wnd: 65_535 * 4,
    tcpi_rcv_wnd: connection.tcb.rcvWnd,
  });
});

Deno.test("info() counts timeouts until something new is acknowledged, and the timeout doubles with them", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  connection.write(text(10));
  stage.wait(3500);
  const { tcpi_retransmits, tcpi_backoff, tcpi_rto, tcpi_total_retrans, tcpi_unacked } = connection.info();
  assertEquals([tcpi_retransmits, tcpi_backoff, tcpi_rto, tcpi_total_retrans, tcpi_unacked], [2, 2, 4_000_000, 2, 1]);
  acknowledge(stranger, connection);
  assertEquals([connection.info().tcpi_retransmits, connection.info().tcpi_unacked], [0, 0]);
});

Deno.test("info() tells segments in flight where it knows them: full ones and one short one, a SYN, a FIN; not several short ones", () => {
  const stage = new Stage({ noDelay: true });
  const calling = stage.reach("SYN-SENT", 5000);
  assertEquals([calling.connection.info().tcpi_state, calling.connection.info().tcpi_unacked], [2, 1]);
  const { stranger, connection } = stage.reach("ESTABLISHED");
  const unacked = (count: number): number | undefined => {
    connection.write(text(count));
    stage.poll();
    return connection.info().tcpi_unacked;
  };
  assertEquals([unacked(2 * 536), unacked(10), unacked(536), unacked(536)], [2, 3, 4, 5]);
  assertEquals([unacked(1), unacked(536)], [undefined, undefined]);
  acknowledge(stranger, connection);
  assertEquals([unacked(0), unacked(7)], [0, 1]);
  acknowledge(stranger, connection);
  connection.shutdown();
  stage.poll();
  assertEquals([connection.info().tcpi_state, connection.info().tcpi_unacked], [4, 1]);
});

Deno.test("a window probe's number lies in the window, whatever keep-alive is set to", () => {
  const stage = new Stage({ keepAlive: 1000 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.say({ flags: "ACK", window: 0 });
  connection.write(text(10));
  stage.wait(1000);
  const sent = stage.take();
  assertEquals(sent.map(({ seq, textLength, flags }) => [seq, textLength, flags & (ACK | SYN)]), [[
    seqAdd(connection.tcb.sndUna, 0),
    1,
    ACK,
  ]]);
});

/** What is agreed on in the handshake, and held to afterwards: MSS, window scale, timestamps, SACK and D-SACK. */
import { assert, assertEquals } from "@std/assert";
import { byteAt, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { Stage } from "../../tools/testing/tcp_stranger.ts";
import { type Seq, seqDiff } from "../wire/seq.ts";
import { SYN } from "../wire/tcp_flags.ts";

const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));
const LESS = { timestamps: false, sack: false, windowScaling: false };

Deno.test("options hold only when both sides sent them, in every combination", () => {
  for (let bits = 0; bits < 64; bits++) {
    const flags = [1, 2, 4, 8, 16, 32].map((bit) => (bits & bit) !== 0);
    const [ct, cs, cw, st, ss, sw] = flags;
    const rig = new TcpRig({
      client: { timestamps: ct, sack: cs, windowScaling: cw },
      server: { timestamps: st, sack: ss, windowScaling: sw },
    });
    const { client, server } = rig.connect();
    client.send(10_000);
    server.send(10_000);
    rig.run(() => client.received === 10_000 && server.received === 10_000, 1000);
    for (const { connection: { tcb } } of [client, server]) {
      assertEquals([tcb.timestamps, tcb.sackPermitted, tcb.windowScaling], [ct && st, cs && ss, cw && sw], `${flags}`);
      assertEquals([tcb.sndScale, tcb.rcvScale], cw && sw ? [4, 4] : [0, 0]);
      assertEquals(tcb.sndMss, ct && st ? 1448 : 1460);
    }
    for (const each of rig.take()) {
      const isSyn = (each.flags & SYN) !== 0;
      assertEquals(each.mss > 0, isSyn, "MUST-65");
      if (!isSyn) assertEquals([each.timestamps, each.windowScale, each.sackPermitted], [ct && st, -1, false]);
      assert(each.textLength <= 1460 - (each.timestamps ? 12 : 0));
    }
  }
});

Deno.test("the MSS that a peer takes is honoured, from 64 up, and 536 when he says nothing (MUST-15, MUST-16)", () => {
  const longest = (mss: number | undefined, timestamps: boolean): number => {
    const stage = new Stage();
    const stranger = stage.stranger();
    const options = { ...(mss === undefined ? {} : { mss }), ...(timestamps ? { timestamps: [1, 0] as const } : {}) };
    const connection = stranger.establish({ options });
    connection.write(text(5000));
    stage.poll();
    return Math.max(...stage.take().map(({ textLength }) => textLength));
  };
  assertEquals([longest(undefined, false), longest(undefined, true)], [536, 524]);
  assertEquals([longest(1000, false), longest(1000, true), longest(9000, false), longest(0, false), longest(1, false)], [
    1000,
    988,
    1460,
    536,
    64,
  ]);
});

Deno.test("a segment with SACK blocks is never longer than what the way carries (MUST-16)", () => {
  const stage = new Stage({ noDelay: true });
  const stranger = stage.stranger();
  const stamps = { timestamps: [1, 0] as const };
  const connection = stranger.establish({ options: { mss: 1460, sackPermitted: true, ...stamps } });
  stranger.say({ flags: "ACK", seq: stranger.next + 100, options: stamps }, text(100, 100));
  stage.take();
  connection.write(text(5000));
  stranger.say({ flags: "ACK", seq: stranger.next + 300, options: stamps }, text(100, 300));
  const sent = stage.take();
  assert(sent.every(({ packet }) => packet.length <= 1500), `${sent.map(({ packet }) => packet.length)}`);
  assertEquals(sent.reduce((sum, { textLength }) => sum + textLength, 0), 5000);
  assertEquals(sent[0]?.textLength, 0, "what is to be reported goes by itself, first");
  assertEquals(sent[0]?.sackCount, 2);
});

Deno.test("window scaling: the scale is as large as the buffer wants, and a SYN's window is never scaled", () => {
  for (const [receiveBuffer, scale] of [[65_535, 0], [65_536, 1], [131_070, 1], [131_072, 2], [1 << 29, 14], [1 << 30, 14]] as const) {
    const stage = new Stage({ receiveBuffer });
    const stranger = stage.stranger();
    const answer = stranger.call({ options: { windowScale: 3 } });
    assertEquals([answer.windowScale, answer.window], [scale, Math.min(receiveBuffer, 65_535)]);
  }
});

Deno.test("a peer's shift above 14 counts as 14 (RFC 7323 §2.3)", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { windowScale: 200 } });
  assertEquals(connection.tcb.sndWnd, 65_535 * 2 ** 14);
});

/** Blocks as offsets from what the stranger has sent in order. */
function relative(blocks: readonly number[], next: number): number[] {
  return blocks.map((edge) => seqDiff(edge as Seq, next as Seq));
}

Deno.test("SACK: first the block that the segment fell into, then the latest others, as many as fit (RFC 2018 §4)", () => {
  for (const timestamps of [false, true]) {
    const stage = new Stage();
    const stranger = stage.stranger();
    const stamps = timestamps ? { options: { timestamps: [1, 0] as const } } : {};
    stranger.establish({ options: { sackPermitted: true, ...(timestamps ? { timestamps: [1, 0] } : {}) } });
    const blocksAfter = (from: number, count: number): number[] => {
      stranger.say({ flags: "ACK", seq: stranger.next + from, ...stamps }, text(count, from));
      return relative(stage.take().at(-1)?.blocks ?? [], stranger.next);
    };
    assertEquals(blocksAfter(100, 10), [100, 110]);
    assertEquals(blocksAfter(300, 10), [300, 310, 100, 110]);
    assertEquals(blocksAfter(200, 10), [200, 210, 300, 310, 100, 110]);
    assertEquals(blocksAfter(110, 5), [100, 115, 200, 210, 300, 310]);
    const most = [500, 510, 100, 115, 200, 210, 300, 310];
    assertEquals(blocksAfter(500, 10), timestamps ? most.slice(0, 6) : most);
  }
});

Deno.test("D-SACK: a duplicate is reported first, below the acknowledgment or inside a block (RFC 2883 §4)", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  stranger.establish({ options: { sackPermitted: true } });
  stranger.tell(text(100));
  stage.take();
  const blocksAfter = (from: number, count: number): number[] => {
    stranger.say({ flags: "ACK", seq: stranger.next + from }, text(count, 100 + from));
    return relative(stage.take().at(-1)?.blocks ?? [], stranger.next);
  };
  assertEquals(blocksAfter(-100, 100), [-100, 0], "all of it");
  assertEquals(blocksAfter(-30, 10), [-30, -20]);
  assertEquals(blocksAfter(50, 50), [50, 100], "new, beyond a gap: no duplicate any more");
  assertEquals(blocksAfter(60, 10), [60, 70, 50, 100], "a duplicate inside a block, and the block behind it");
  assertEquals(blocksAfter(90, 30), [90, 100, 50, 120], "half of it");
  assertEquals(blocksAfter(-10, 5), [-10, -5, 50, 120], "below, and the gap is still there");
});

Deno.test("no SACK where it was not agreed on", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  stranger.establish();
  stranger.say({ flags: "ACK", seq: stranger.next + 100 }, text(10, 100));
  stranger.say({ flags: "ACK", seq: stranger.next - 10 }, text(10));
  assertEquals(stage.take().map(({ sackCount }) => sackCount), [0, 0]);
});

Deno.test("SACK blocks that make no sense are survived, and bytes are kept until they are really acknowledged (RFC 2018 §8)", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { sackPermitted: true, mss: 1000 } });
  connection.write(text(5000));
  stage.poll();
  stage.take();
  const una = stranger.expects;
  const blocks: [number, number][][] = [[[una, una]], [[una + 5000, una + 9000]], [[una + 10, una]], [[una - 5000, una - 10]], [[
    una + 1000,
    una + 5000,
  ]]];
  for (const sack of blocks) stranger.say({ flags: "ACK", options: { sack } });
  assertEquals(connection.unacknowledged, 5000);
  stage.wait(1000);
  assertEquals(stage.take().map(({ seq, textLength }) => [seqDiff(seq, una as Seq), textLength]), [[0, 1000]]);
});

Deno.test("timestamps: every segment has one, the echo is the peer's of the last acknowledgment, and RST and SYN without ACK echo nothing", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { timestamps: [1000, 0] } });
  const echoAfter = (tsVal: number, from: number, count: number): number | undefined => {
    stranger.say({ flags: "ACK", seq: stranger.next + from, options: { timestamps: [tsVal, 0] } }, text(count));
    stage.wait(100);
    return stage.take().at(-1)?.tsEcr;
  };
  assertEquals(echoAfter(1001, 0, 10), 1001);
  stranger.next += 10;
  assertEquals(echoAfter(1002, 10, 10), 1001, "beyond a gap: the old echo");
  assertEquals(echoAfter(1003, 0, 10), 1003, "what fills the gap");
  stranger.next += 20;
  // With a delayed acknowledgment the earliest counts.
  stranger.say({ flags: "ACK", options: { timestamps: [1010, 0] } }, text(5));
  stranger.next += 5;
  assertEquals(echoAfter(1020, 0, 5), 1010);
  connection.abort();
  assertEquals(stage.take().map(({ timestamps }) => timestamps), [true]);
});

Deno.test("PAWS: an old duplicate from before the numbers wrapped is acknowledged and dropped", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { timestamps: [1000, 0] } });
  stranger.tell(text(10), { options: { timestamps: [2000, 0] } });
  stage.take();
  stranger.say({ flags: "ACK", options: { timestamps: [1999, 0] } }, text(10));
  assertEquals([stage.take().map(({ ack }) => ack), connection.readable], [[stranger.next >>> 0], 10]);
  stranger.say({ flags: "ACK" }, text(10));
  assertEquals([stage.take(), connection.readable], [[], 10], "none at all: dropped without a word");
  stranger.say({ flags: "RST" });
  assertEquals(connection.tcb.state, "CLOSED", "a RST needs none");
});

Deno.test("a peer without any option is served like any other", () => {
  const rig = new TcpRig({ client: LESS, fromClient: { delay: 3, drop: 0.05 }, fromServer: { delay: 3, drop: 0.05 } });
  const { client, server } = rig.connect();
  client.send(100_000, { thenShutdown: true });
  server.send(100_000, { thenShutdown: true });
  rig.run(() => client.end !== undefined && server.end !== undefined);
  assertEquals([client.received, server.received], [100_000, 100_000]);
});

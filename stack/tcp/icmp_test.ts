/** What ICMP errors do to a connection, and what they must not do; the MTU of the way (RFC 1191). */
import { assert, assertEquals } from "@std/assert";
import { byteAt } from "../../tools/testing/tcp_rig.ts";
import { type Heard, Stage, type Stranger } from "../../tools/testing/tcp_stranger.ts";
import type { ConnectionNotice } from "./options.ts";
import type { Connection } from "./connection.ts";
import { seqDiff } from "../wire/seq.ts";

const UNREACHABLE = 3, SOURCE_QUENCH = 4, REDIRECT = 5, TIME_EXCEEDED = 11, PARAMETER_PROBLEM = 12;
const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));

/** A connection with text in flight, and the first segment of it. */
function withText(stage: Stage, count = 10, options = {}): { stranger: Stranger; connection: Connection; sent: Heard } {
  const stranger = stage.stranger();
  const connection = stranger.establish(options);
  connection.write(text(count));
  stage.poll();
  const [sent] = stage.take();
  assert(sent !== undefined);
  return { stranger, connection, sent };
}

Deno.test("soft errors are passed on and never end a connection (MUST-56, SHLD-25)", () => {
  const soft: readonly [number, number][] = [
    ...[0, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((code): [number, number] => [UNREACHABLE, code]),
    [TIME_EXCEEDED, 0],
    [TIME_EXCEEDED, 1],
    [PARAMETER_PROBLEM, 0],
  ];
  for (const [type, code] of soft) {
    const stage = new Stage();
    const { stranger, connection, sent } = withText(stage);
    stranger.complain(type, code, 0, sent.packet);
    assertEquals([stranger.notices, connection.tcb.state], [["trouble"], "ESTABLISHED"], `type ${type}, code ${code}`);
  }
});

Deno.test("an application that does not want to hear of trouble does not (SHLD-20)", () => {
  const stage = new Stage({ reportTrouble: false });
  const { stranger, connection, sent } = withText(stage);
  stranger.complain(UNREACHABLE, 1, 0, sent.packet);
  stage.wait(90_000);
  assertEquals(stranger.notices, []);
  connection.options = { ...connection.options, reportTrouble: true };
  stranger.complain(UNREACHABLE, 1, 0, sent.packet);
  assertEquals(stranger.notices, ["trouble"]);
});

Deno.test("protocol and port unreachable end a call, and only a call (RFC 5927 §5.2)", () => {
  for (const code of [2, 3]) {
    const stage = new Stage();
    const stranger = stage.stranger();
    const connection = stage.tcp.connect({ address: 0x0a2c0001 as never, port: 9 }, 0);
    stranger.hold(connection);
    stage.poll();
    stranger.complain(UNREACHABLE, code, 0, stage.take()[0]?.packet ?? new Uint8Array());
    assertEquals([stranger.notices, connection.tcb.state], [["refused"], "CLOSED"]);
    stage.assertAtRest();

    const open = withText(new Stage());
    open.stranger.complain(UNREACHABLE, code, 0, open.sent.packet);
    assertEquals([open.stranger.notices, open.connection.tcb.state], [["trouble"], "ESTABLISHED"]);
  }
});

Deno.test("a call into the void ends with what ICMP said last", () => {
  const ends = (complains: boolean): ConnectionNotice | undefined => {
    const stage = new Stage();
    const stranger = stage.stranger();
    stranger.hold(stage.tcp.connect({ address: 0x0a2c0001 as never, port: 9 }, 0));
    for (let i = 0; i < 300; i++) {
      stage.wait(1000);
      for (const { packet } of stage.take()) if (complains) stranger.complain(UNREACHABLE, 1, 0, packet);
    }
    return stranger.notices.at(-1);
  };
  assertEquals([ends(true), ends(false)], ["unreachable", "timed out"]);
});

Deno.test("source quench and redirects are silently discarded (MUST-55)", () => {
  const stage = new Stage();
  const { stranger, connection, sent } = withText(stage);
  for (const type of [SOURCE_QUENCH, REDIRECT]) stranger.complain(type, 0, 0, sent.packet);
  assertEquals([stranger.notices, connection.tcb.state, stage.take()], [[], "ESTABLISHED", []]);
});

Deno.test("an error about what is not in flight is a guess, and nobody believes it (RFC 5927 §4.1)", () => {
  const stage = new Stage();
  const { stranger, connection, sent } = withText(stage);
  for (const change of [-1, 10, 100_000, 2 ** 31]) {
    const forged = sent.packet.slice();
    new DataView(forged.buffer).setUint32(24, sent.seq + change);
    stranger.complain(UNREACHABLE, 4, 576, forged);
    stranger.complain(UNREACHABLE, 3, 0, forged);
  }
  assertEquals([stranger.notices, connection.tcb.sndMss, stage.take()], [[], 536, []]);
});

Deno.test("an error is for the connection that it quotes, and for nobody else (MUST-54)", () => {
  const stage = new Stage();
  const [a, b] = [stage.stranger({ port: 1 }), stage.stranger({ port: 2 })];
  a.establish();
  const connection = b.establish();
  connection.write(text(10));
  stage.poll();
  const [sent] = stage.take();
  a.complain(TIME_EXCEEDED, 0, 0, sent?.packet ?? new Uint8Array());
  assertEquals([a.notices, b.notices], [[], ["trouble"]]);
});

Deno.test("fragmentation needed makes segments smaller, and what was in flight goes again", () => {
  for (const timestamps of [false, true]) {
    const stage = new Stage();
    const options = { mss: 1460, ...(timestamps ? { timestamps: [1, 0] as const } : {}) };
    const { stranger, connection, sent } = withText(stage, 5000, { options });
    assertEquals(sent.textLength, timestamps ? 1448 : 1460);
    stage.take();
    stranger.complain(UNREACHABLE, 4, 1000, sent.packet);
    const [again] = stage.take();
    assertEquals([again?.seq, again?.packet.length, connection.tcb.sndMss], [sent.seq, 1000, timestamps ? 948 : 960]);
    assertEquals(stranger.notices, []);
    // The rest follows as acknowledgments come.
    const got = new Uint8Array(5000);
    const una = sent.seq;
    let segments = again === undefined ? [] : [again];
    for (let i = 0; i < 20 && segments.length > 0; i++) {
      let behind = 0;
      for (const { seq, bytes } of segments) {
        got.set(bytes, seqDiff(seq, una));
        behind = Math.max(behind, seqDiff(seq, una) + bytes.length);
        assert(bytes.length <= 960);
      }
      stranger.expects = una + behind;
      stranger.say({ flags: "ACK", ...(timestamps ? { options: { timestamps: [1, 1] } } : {}) });
      segments = stage.take();
    }
    assertEquals([got, connection.unacknowledged], [text(5000), 0]);
  }
});

Deno.test("the MTU of the way never goes below 68, and ICMP never raises it", () => {
  const stage = new Stage();
  const { stranger, connection, sent } = withText(stage, 3000, { options: { mss: 1460 } });
  const complain = (mtu: number): number => {
    stranger.complain(UNREACHABLE, 4, mtu, sent.packet);
    return connection.tcb.sndMss;
  };
  assertEquals([complain(1400), complain(1450), complain(576), complain(20), complain(65_535), complain(1500)], [
    1360,
    1360,
    536,
    28,
    28,
    28,
  ]);
});

Deno.test("a router that does not say its MTU is answered by the next plateau (RFC 1191 §5)", () => {
  const stage = new Stage();
  const { stranger, connection, sent } = withText(stage, 3000, { options: { mss: 1460 } });
  const sizes: number[] = [];
  let packet = sent.packet;
  for (let i = 0; i < 6; i++) {
    stranger.complain(UNREACHABLE, 4, 0, packet);
    packet = stage.take().at(-1)?.packet ?? packet;
    sizes.push(connection.tcb.sndMss + 40);
  }
  assertEquals(sizes, [1492, 1006, 508, 296, 68, 68]);
});

Deno.test("an error that quotes too little, or nothing of ours, changes nothing", () => {
  const stage = new Stage();
  const { stranger, connection, sent } = withText(stage);
  for (let length = 0; length < 28; length++) stranger.complain(UNREACHABLE, 4, 100, sent.packet.subarray(0, length));
  const other = sent.packet.slice();
  other[23] = 1; // another port
  stranger.complain(UNREACHABLE, 4, 100, other);
  assertEquals([connection.tcb.sndMss, stranger.notices, stage.host.framesLent], [536, [], 0]);
});

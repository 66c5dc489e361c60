/** A listening socket that answers SYNs with cookies: what a flood cannot do to it, and what a stranger cannot make of it. */
import { assert, assertEquals } from "@std/assert";
import { byteAt } from "../../tools/testing/tcp_rig.ts";
import { Stage } from "../../tools/testing/tcp_stranger.ts";
import { seq } from "../wire/seq.ts";
import { ACK, RST, SYN } from "../wire/tcp_flags.ts";

const text = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(i));

/** A host whose half-open queue is full: `backlog` strangers have called and say nothing more. */
function flooded(synCookies = true, backlog = 4): Stage {
  const stage = new Stage({ synCookies, halfOpenGrace: 60_000 }, { backlog });
  for (let i = 0; i < backlog; i++) stage.stranger({ port: 1000 + i }).call();
  assertEquals([stage.listener.queue.halfOpenCount(), stage.listener.queue.admits()], [backlog, false]);
  return stage;
}

Deno.test("a full queue is silent without cookies; with them whoever answers is connected, and text goes both ways", () => {
  const silent = flooded(false);
  silent.put(silent.stranger().packet({ flags: "SYN", ack: 0 }));
  silent.poll();
  assertEquals(silent.take(), []);

  const stage = flooded();
  const honest = stage.stranger({ iss: 0xffff_fff0 });
  const answer = honest.call({ options: { mss: 1300, windowScale: 7, sackPermitted: true, timestamps: [7, 0] } });
  assertEquals([answer.flags, answer.ack, answer.mss], [SYN | ACK, seq(0xffff_fff1), 1460]);
  assertEquals([answer.windowScale, answer.sackPermitted, answer.timestamps], [-1, false, false], "a cookie has no room for them");
  assertEquals(stage.tcp.table.size(), 4, "nothing is remembered");
  honest.tell(text(100));
  const connection = stage.listener.accept();
  assert(connection !== undefined);
  assertEquals([connection.tcb.state, connection.tcb.sndMss, connection.readable, connection.resent], ["ESTABLISHED", 1220, 100, 0]);
  connection.write(text(3000));
  stage.wait(1);
  honest.say({ flags: "ACK", ack: answer.seq + 1 + 2440 });
  stage.wait(50);
  const sent = stage.take().filter(({ destinationPort, textLength }) => destinationPort === 40_000 && textLength > 0);
  assertEquals(sent.map(({ textLength }) => textLength), [1220, 1220, 560]);
  assertEquals(stage.listener.queue.halfOpenCount(), 4, "those who wait keep their places");
});

Deno.test("a cookie is good for two minutes, for its own connection, and for nothing that was made up", () => {
  const stage = flooded();
  const honest = stage.stranger();
  const answer = honest.call();
  const isRefused = (saying: { ack?: number; seq?: number }, stranger = honest): void => {
    const before = stage.tcp.table.size();
    stage.take();
    stage.put(stranger.packet({ flags: "ACK", ...saying }));
    stage.poll();
    const last = stage.take().filter(({ destinationPort }) => destinationPort >= 40_000).at(-1);
    assertEquals([last?.flags, stage.tcp.table.size()], [RST, before], "a stray is told that there is no connection");
  };
  for (let bit = 0; bit < 32; bit++) isRefused({ ack: (answer.seq ^ 1 << bit) + 1 >>> 0 });
  isRefused({ seq: honest.next + 1 });
  const other = stage.stranger({ port: 40_001 });
  other.next = honest.next;
  other.expects = honest.expects;
  isRefused({}, other);
  stage.now += 128_000;
  isRefused({});
});

Deno.test("while the accept queue is full an ACK of a cookie is not heard; when there is room again the same one is", () => {
  const stage = flooded(true, 1);
  const [first, second] = [40_000, 40_001].map((port) => stage.stranger({ port }));
  assert(first !== undefined && second !== undefined);
  first.call();
  second.call();
  first.say({ flags: "ACK" });
  second.say({ flags: "ACK" });
  assertEquals([stage.listener.queue.acceptCount(), stage.take().filter(({ flags }) => (flags & RST) !== 0)], [1, []]);
  assert(stage.listener.accept() !== undefined);
  second.tell(text(10));
  assertEquals(stage.listener.accept()?.readable, 10);
});

Deno.test("a host that has sent no cookie takes none", () => {
  const stage = new Stage({ synCookies: true });
  stage.put(stage.stranger().packet({ flags: "ACK", ack: 12345 }));
  stage.poll();
  assertEquals(stage.take().map(({ flags }) => flags), [RST]);
  stage.assertAtRest();
});

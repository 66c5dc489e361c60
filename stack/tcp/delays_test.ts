/** What is held back for a while, and what is not: Nagle, acknowledgments that wait, PSH. */
import { assert, assertEquals } from "@std/assert";
import { byteAt, offsetOf, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { type Heard, Stage } from "../../tools/testing/tcp_stranger.ts";
import { seqDiff } from "../wire/seq.ts";
import { ACK, FIN, PSH } from "../wire/tcp_flags.ts";

const text = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(i));
const lengths = (heard: readonly { textLength: number }[]): number[] => heard.map(({ textLength }) => textLength);

Deno.test("Nagle: crumbs gather while something is in flight, unless the application says otherwise", () => {
  for (const noDelay of [false, true]) {
    const rig = new TcpRig({ client: { noDelay }, fromClient: { delay: 50 }, fromServer: { delay: 50 } });
    const { client, server } = rig.connect();
    rig.take();
    for (let i = 0; i < 20; i++) {
      client.send(1);
      rig.wait(10);
    }
    rig.run(() => server.received === 20, 1000);
    const sent = lengths(rig.take("client")).filter((length) => length > 0);
    if (noDelay) assertEquals(sent, Array(20).fill(1));
    else assert(sent.length <= 4 && sent[0] === 1, `${sent}`);
  }
});

Deno.test("Nagle can be switched while a connection is in use (MUST-17), and closing does not wait", () => {
  const rig = new TcpRig({ fromClient: { delay: 50 }, fromServer: { delay: 50 } });
  const { client } = rig.connect();
  client.send(1);
  rig.wait(1);
  client.send(1);
  rig.wait(1);
  assertEquals(lengths(rig.take("client")).filter((length) => length > 0), [1]);
  client.connection.options = { ...client.connection.options, noDelay: true };
  client.send(1);
  rig.wait(1);
  assertEquals(lengths(rig.take("client")), [2]);
  client.connection.options = { ...client.connection.options, noDelay: false };
  client.send(1);
  client.connection.shutdown();
  rig.wait(1);
  assertEquals(rig.take("client").map(({ flags, textLength }) => [flags, textLength]), [[ACK | PSH | FIN, 1]]);
});

Deno.test("one small segment is acknowledged late, two full ones at once, a gap at once, a filled gap at once", () => {
  const stage = new Stage({ delayedAck: 200 });
  const stranger = stage.stranger();
  stranger.establish();
  const acks = (): number[] => stage.take().map(({ ack }) => seqDiff(ack, stranger.next as Heard["seq"]));
  stranger.tell(text(10));
  assertEquals(acks(), []);
  stage.wait(199);
  assertEquals(acks(), []);
  stage.wait(1);
  assertEquals(acks(), [0]);
  stranger.tell(text(1460));
  assertEquals(acks(), []);
  stranger.tell(text(1460));
  assertEquals(acks(), [0]);
  stranger.say({ flags: "ACK", seq: stranger.next + 10 }, text(10));
  assertEquals(acks(), [0], "a gap");
  stranger.tell(text(10));
  assertEquals(acks(), [10], "filled, and what lay beyond counts");
});

Deno.test("with timestamps a full segment is 12 bytes shorter, and two of them are still acknowledged at once", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const options = { timestamps: [1, 0] as const };
  stranger.establish({ options });
  stranger.tell(text(1448), { options });
  assertEquals(stage.take(), []);
  stranger.tell(text(1448), { options });
  assertEquals(stage.take().length, 1);
});

Deno.test("many segments in one poll are answered by one acknowledgment (MUST-58, MUST-59)", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  stranger.establish();
  for (let i = 0; i < 40; i++) {
    stage.put(stranger.packet({ flags: "ACK" }, text(1000)));
    stranger.next += 1000;
  }
  stage.poll();
  assertEquals(stage.take().map(({ ack }) => ack), [stranger.next >>> 0]);
});

Deno.test("text carries the acknowledgment that waited", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish();
  stranger.tell(text(10));
  connection.write(text(5));
  stage.poll();
  assertEquals(stage.take().map(({ ack, textLength }) => [ack, textLength]), [[stranger.next >>> 0, 5]]);
  stage.wait(500);
  assertEquals(stage.take(), []);
});

Deno.test("the last segment of what was written carries PSH, the others need not (MUST-61)", () => {
  const rig = new TcpRig({ fromClient: { delay: 1 }, fromServer: { delay: 1 } });
  const { client, server } = rig.connect();
  rig.take();
  client.send(10_000);
  rig.run(() => server.received === 10_000, 100);
  const pushed = rig.take("client").filter(({ textLength }) => textLength > 0).map((each) => [offsetOf(each, client), each.flags & PSH]);
  assertEquals(pushed.at(-1), [8688, PSH]);
  assertEquals(pushed.slice(0, -1).every(([, flag]) => flag === 0), true);
});

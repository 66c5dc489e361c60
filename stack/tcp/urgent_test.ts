/** Urgent data (RFC 9293 §3.8.5): a place in the stream that the peer should hurry to, and no more than that. */
import { assertEquals } from "@std/assert";
import { byteAt, offsetOf, TcpRig } from "../../tools/testing/tcp_rig.ts";
import { Stage } from "../../tools/testing/tcp_stranger.ts";
import { ACK, FIN, URG } from "../wire/tcp_flags.ts";

const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));

Deno.test("writeUrgent() tells the peer where the urgent data ends: behind its last byte (MUST-62)", () => {
  const rig = new TcpRig({ fromClient: { delay: 5 }, fromServer: { delay: 5 } });
  const { client, server } = rig.connect();
  server.reading = false;
  rig.take();
  client.connection.write(text(100));
  assertEquals(client.connection.writeUrgent(text(3, 100)), 3);
  rig.wait(10);
  const [segment] = rig.take("client");
  assertEquals([segment?.textLength, (segment?.flags ?? 0) & URG, segment?.urgentPointer], [103, URG, 103]);
  assertEquals([server.notices, server.connection.urgentRemaining], [["urgent"], 103]);
  server.read(50);
  assertEquals(server.connection.urgentRemaining, 53);
  server.read();
  assertEquals([server.connection.urgentRemaining, server.received], [0, 103]);
});

Deno.test("urgent data may have any length (MUST-31): the pointer says as much as it can, and is told again as the stream goes on", () => {
  const rig = new TcpRig({ fromClient: { delay: 5 }, fromServer: { delay: 5 } });
  const { client, server } = rig.connect();
  server.reading = false;
  client.send(100_000);
  assertEquals(client.connection.writeUrgent(Uint8Array.from([byteAt(100_000)])), 1);
  rig.wait(1000);
  const pointers = rig.take("client").filter(({ flags }) => flags & URG).map((each) => offsetOf(each, client) + each.urgentPointer);
  assertEquals([pointers[0], pointers.at(-1)], [65_535, 100_001]);
  assertEquals([server.connection.urgentRemaining, server.notices[0]], [100_001, "urgent"]);
  server.read();
  assertEquals([server.received, server.connection.urgentRemaining], [100_001, 0]);
});

Deno.test("a shut window does not keep urgency back", () => {
  const rig = new TcpRig({ server: { receiveBuffer: 5000 }, fromClient: { delay: 5 }, fromServer: { delay: 5 } });
  const { client, server } = rig.connect();
  server.reading = false;
  client.send(20_000);
  rig.wait(100);
  client.connection.writeUrgent(Uint8Array.from([byteAt(20_000)]));
  rig.wait(10);
  assertEquals([server.notices, server.connection.urgentRemaining], [["urgent"], 20_001]);
  server.reading = true;
  server.pump();
  rig.run(() => server.received === 20_001, 5000);
});

Deno.test("what is urgent no more is not pointed at: later segments carry no URG", () => {
  const rig = new TcpRig({ fromClient: { delay: 5 }, fromServer: { delay: 5 } });
  const { client, server } = rig.connect();
  client.connection.writeUrgent(text(10));
  rig.wait(100);
  rig.take();
  client.connection.write(text(10, 10));
  rig.wait(100);
  client.connection.shutdown();
  rig.wait(100);
  assertEquals(rig.take("client").filter(({ flags }) => flags & URG), []);
  assertEquals([server.received, server.notices], [20, ["urgent", "end"]]);
});

Deno.test("urgent data that is lost is pointed at again", () => {
  const rig = new TcpRig({ fromClient: { delay: 5, rules: [{ nth: 3, action: "drop" }] }, fromServer: { delay: 5 } });
  const { client, server } = rig.connect();
  client.connection.writeUrgent(text(10));
  rig.wait(5000);
  assertEquals([server.received, server.notices], [10, ["urgent"]]);
});

Deno.test("the application hears of each urgent place once, also of one that is yet to come", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.say({ flags: "ACK URG", urgentPointer: 200 });
  stranger.say({ flags: "ACK URG", urgentPointer: 200 });
  assertEquals([stranger.notices, connection.urgentRemaining], [["urgent"], 200]);
  stranger.tell(text(150), { flags: "ACK URG", urgentPointer: 200 });
  assertEquals([stranger.notices, connection.urgentRemaining], [["urgent", "readable"], 200]);
  connection.read(new Uint8Array(120));
  assertEquals(connection.urgentRemaining, 80);
  stranger.tell(text(100), { flags: "ACK URG", urgentPointer: 100 });
  assertEquals([stranger.notices.filter((each) => each === "urgent").length, connection.urgentRemaining], [2, 130]);
});

Deno.test("an urgent pointer means nothing without URG, behind what was received, and after a FIN", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.tell(text(50), { urgentPointer: 50 });
  stranger.say({ flags: "ACK URG", seq: stranger.next - 50, urgentPointer: 40 });
  stranger.say({ flags: "ACK URG", urgentPointer: 0 });
  assertEquals([stranger.notices, connection.urgentRemaining], [["readable"], 0]);
  stranger.say({ flags: "FIN ACK" });
  stranger.next++;
  stranger.say({ flags: "ACK URG", urgentPointer: 9 });
  assertEquals([stranger.notices, connection.urgentRemaining], [["readable", "end"], 0]);
});

Deno.test("urgency is still understood after more than 2 GB without any", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  const buffer = new Uint8Array(100_000);
  // What 2³¹ bytes would do to the numbers, without sending them: an urgent place, and a stream that went on.
  for (let i = 0; i < 50; i++) {
    stranger.tell(text(1000, 0), { flags: "ACK URG", urgentPointer: 1 });
    connection.read(buffer);
    assertEquals([connection.tcb.rcvUp, connection.urgentRemaining], [connection.tcb.rcvNxt, 0]);
  }
  assertEquals(stranger.notices.filter((each) => each === "urgent").length, 50);
});

Deno.test("writeUrgent() before the connection is open waits for it; after shutdown it is refused", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.beCalled();
  connection.writeUrgent(text(5));
  stage.poll();
  assertEquals(stage.take(), []);
  stranger.say({ flags: "SYN ACK" });
  stranger.next++;
  assertEquals(stage.take().map(({ flags, urgentPointer, textLength }) => [flags & (URG | ACK | FIN), urgentPointer, textLength]), [[
    URG | ACK,
    5,
    5,
  ]]);
});

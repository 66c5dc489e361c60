/** Peers that no honest stack would be: floods, guesses, segments wrong in every field. No throw, no growth, no byte wrong, no frame lost. */
import { assert, assertEquals } from "@std/assert";
import { byteAt } from "../../tools/testing/tcp_rig.ts";
import { Stage } from "../../tools/testing/tcp_stranger.ts";
import type { TcpState } from "../contract/tcb.ts";
import { createRandom } from "../wire/random.ts";
import { seqAdd } from "../wire/seq.ts";
import { ACK, RST, SYN } from "../wire/tcp_flags.ts";

const text = (count: number, from = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => byteAt(from + i));
const STATES: readonly TcpState[] = [
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];

Deno.test("a flood of 100 000 SYNs: memory has a bound, nobody else is disturbed, and the socket accepts afterwards", () => {
  const stage = new Stage({}, { backlog: 128 });
  const { stranger: friend, connection } = stage.reach("ESTABLISHED");
  const random = createRandom(11);
  let answered = 0;
  for (let i = 0; i < 100_000; i++) {
    const address = `10.44.0.${random.int(3, 254)}`;
    stage.put(stage.stranger({ address, port: random.int(1, 65_535), iss: random.int(0, 0xffff_ffff) }).packet({ flags: "SYN", ack: 0 }));
    if (i % 100 !== 99) continue;
    stage.wait(1); // 100 000 a second
    answered += stage.take().filter(({ flags }) => flags === (SYN | ACK)).length;
    assert(stage.tcp.table.size() <= 129, `${stage.tcp.table.size()} connections`);
  }
  assert(answered >= 128 && answered < 2000, `${answered} answers`);
  assertEquals([stage.host.framesLent, stage.tcp.ports.size()], [0, 130], "one for each connection, and the listening one");
  friend.tell(text(100));
  assertEquals([connection.readable, connection.tcb.state], [100, "ESTABLISHED"]);
  stage.wait(3100);
  stage.take();
  const late = stage.stranger({ port: 50_000 }).establish();
  assertEquals(late.tcb.state, "ESTABLISHED");
  late.abort();
  connection.abort();
  stage.wait(400_000);
  stage.assertAtRest();
});

Deno.test("a caller who is quick gets in during a flood", () => {
  const stage = new Stage({ halfOpenGrace: 3000 }, { backlog: 64 });
  const random = createRandom(12);
  const flood = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const address = `10.44.0.${random.int(3, 254)}`;
      stage.put(stage.stranger({ address, port: random.int(1, 65_535) }).packet({ flags: "SYN", ack: 0 }));
    }
    stage.wait(10);
    stage.take();
  };
  let accepted = 0;
  for (let round = 0; round < 20; round++) {
    stage.wait(3000);
    const caller = stage.stranger({ port: 1000 + round });
    stage.take();
    caller.call();
    flood(500);
    caller.say({ flags: "ACK" });
    if (stage.listener.accept() !== undefined) accepted++;
  }
  assertEquals(accepted, 20);
});

Deno.test("guesses outside the window do nothing: RST silently, SYN and text by an ACK at most", () => {
  for (const state of STATES.slice(2, -1)) { // in TIME-WAIT a newer SYN may open
    const stage = new Stage();
    const { stranger, connection } = stage.reach(state);
    for (const distance of [-20, -100_000, 600_000, 2 ** 31]) {
      const seq = stranger.next + distance;
      stranger.say({ flags: "RST", seq });
      assertEquals(stage.take(), [], `${state} ${distance}`);
      stranger.say({ flags: "SYN", seq, ack: 0 });
      stranger.say({ flags: "ACK", seq }, text(10));
      assert(stage.take().every(({ flags }) => flags === ACK), state);
      assertEquals([connection.tcb.state, connection.readable], [state, 0]);
    }
  }
});

Deno.test("guesses inside the window are challenged, so many in five seconds for the whole host (RFC 5961)", () => {
  const stage = new Stage({ challengeLimit: 10, challengeInterval: 5000 });
  const strangers = [1, 2, 3, 4].map((port) => stage.reach("ESTABLISHED", port).stranger);
  const random = createRandom(13);
  let challenges = 0;
  for (let i = 0; i < 2000; i++) {
    const stranger = random.pick(strangers);
    const seq = stranger.next + random.int(1, 65_000);
    stranger.say(
      random.pick([{ flags: "RST", seq }, { flags: "SYN", seq, ack: 0 }, { flags: "ACK", ack: stranger.expects + random.int(1, 9999) }]),
    );
    const answers = stage.take();
    assert(answers.every((each) => each.flags === ACK && each.textLength === 0));
    challenges += answers.length;
    if (i % 500 === 499) stage.wait(5000);
  }
  assertEquals(challenges, 40);
  assertEquals(stage.tcp.connections().map(({ tcb }) => tcb.state), ["ESTABLISHED", "ESTABLISHED", "ESTABLISHED", "ESTABLISHED"]);
  assertEquals(stage.host.counters()["tcp: challenge held back"], 1960);
});

Deno.test("a peer that began anew is answered by a challenge, resets us, and gets in", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.say({ flags: "SYN", seq: 12_345, ack: 0 });
  const [challenge] = stage.take();
  assertEquals([challenge?.flags, challenge?.ack], [ACK, stranger.next >>> 0]);
  stranger.say({ flags: "RST", seq: challenge?.ack ?? 0 });
  assertEquals([connection.tcb.state, stranger.notices.at(-1)], ["CLOSED", "reset"]);
  stranger.next = 12_345;
  assertEquals(stranger.call().flags, SYN | ACK);
});

Deno.test("overlapping text that differs never changes what was said first", () => {
  const random = createRandom(14);
  for (let round = 0; round < 50; round++) {
    const stage = new Stage();
    const { stranger, connection } = stage.reach("ESTABLISHED");
    const total = 3000;
    const first = new Int16Array(total).fill(-1);
    const begin = stranger.next;
    for (let i = 0; i < 63; i++) {
      const from = i < 60 ? random.int(0, total - 1) : (i - 60) * 1000; // what is still missing comes in the end
      const bytes = random.bytes(i < 60 ? random.int(1, Math.min(300, total - from)) : 1000);
      const held = connection.tcb.rcvNxt;
      stranger.say({ flags: "ACK", seq: begin + from }, bytes);
      const known = (at: number): boolean => first[at] !== -1 || (held - begin >>> 0) > at;
      for (let at = from; at < from + bytes.length; at++) if (!known(at)) first[at] = bytes[at - from] as number;
    }
    const got = new Uint8Array(total);
    assertEquals(connection.read(got), total);
    assertEquals([...got], [...first]);
  }
});

Deno.test("acknowledgments of what was never sent change nothing, in every state", () => {
  for (const state of STATES.slice(1)) {
    const stage = new Stage({ challengeLimit: 1000 });
    const { stranger, connection } = stage.reach(state);
    const before = { ...connection.tcb };
    for (const ahead of [2, 1000, 70_000, 2 ** 31 - 1, 2 ** 31 + 1, 2 ** 32 - 70_000]) {
      stranger.say({ flags: "ACK", ack: connection.tcb.sndNxt + ahead, window: 1 });
    }
    assertEquals({ ...connection.tcb, tsRecentAt: 0 }, { ...before, tsRecentAt: 0 }, state);
    assert(stage.take().every(({ flags }) => flags === (state === "SYN-RECEIVED" ? RST : ACK)), state);
  }
});

Deno.test("a segment wrong in every field in turn, in every state: no throw, no frame kept, and the connection only ends where the RFC says so", () => {
  const random = createRandom(15);
  for (const state of STATES) {
    for (let field = 0; field < 20; field++) {
      const stage = new Stage({ challengeLimit: 1000 });
      const { stranger, connection } = stage.reach(state);
      for (let i = 0; i < 40; i++) {
        const packet = stranger.packet({ flags: "ACK PSH" }, random.bytes(random.int(0, 100)));
        packet[20 + field] = random.int(0, 255);
        if (random.next() < 0.7) repairChecksum(packet);
        stage.put(packet);
        stage.poll();
      }
      assertEquals(stage.host.framesLent, 0);
      stage.take();
      // Flags may end a connection, and where the last ACK is awaited, or a SYN, so may numbers. Nothing else does.
      const harmless = field !== 13 && ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING"].includes(state);
      if (harmless) assert(connection.tcb.state !== "CLOSED", `${state}, byte ${field}`);
      for (const each of stage.tcp.connections()) each.abort();
      stage.wait(1_000_000);
      stage.take();
      assertEquals([stage.host.framesLent, stage.tcp.table.size()], [0, 0], `${state}, byte ${field}`);
    }
  }
});

Deno.test("100 000 segments with options at random: no throw, no frame kept, no growth", () => {
  const random = createRandom(16);
  const stage = new Stage({}, { backlog: 8 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  const caller = stage.stranger({ port: 7 });
  const optionKinds = [0, 1, 2, 3, 4, 5, 8, 28, 254, 255];
  for (let i = 0; i < 100_000; i++) {
    const options = random.bytes(4 * random.int(1, 10));
    if (random.next() < 0.7) options[0] = random.pick(optionKinds);
    if (random.next() < 0.5) options[1] = random.int(0, 12);
    const from = i % 4 === 0 ? caller : stranger;
    stage.put(from.packet({ flags: i % 4 === 0 ? "SYN" : "ACK", options, ...(i % 4 === 0 ? { ack: 0 } : {}) }));
    if (i % 50 !== 0) continue;
    stage.poll();
    stage.take();
    assert(stage.tcp.table.size() <= 9);
  }
  stage.poll();
  stage.take();
  assertEquals([stage.host.framesLent, connection.tcb.state], [0, "ESTABLISHED"]);
  stranger.tell(text(10));
  assertEquals(connection.readable, 10);
});

Deno.test("100 000 segments at random, near the right numbers: the engine never meets an event that cannot happen", () => {
  const random = createRandom(17);
  const flags = ["SYN", "ACK", "FIN", "RST", "PSH", "URG"];
  for (let round = 0; round < 1000; round++) {
    const stage = new Stage({ challengeLimit: 1000, receiveBuffer: 2000, sendBuffer: 2000 }, { seed: round + 1 });
    const state = random.pick(STATES);
    const { stranger, connection } = stage.reach(state);
    for (let i = 0; i < 100; i++) {
      const near = (number: number): number => number + (random.next() < 0.5 ? 0 : random.int(-3000, 3000));
      const chosen = flags.filter(() => random.next() < 0.3).join(" ");
      const saying = {
        flags: chosen,
        seq: near(connection.tcb.rcvNxt),
        ack: near(connection.tcb.sndNxt),
        window: random.pick([0, 1, 500, 65_535]),
      };
      stage.put(stranger.packet({ ...saying, urgentPointer: random.int(0, 3000) }, random.bytes(random.pick([0, 0, 1, 500]))));
      if (random.next() < 0.5) stage.poll();
      const act = random.int(0, 40);
      if (act === 0) connection.shutdown();
      if (act === 1) connection.close();
      if (act === 2) connection.abort();
      if (act === 3 && !connection.tcb.finQueued) connection.writeUrgent(text(10));
      if (act < 8 && !connection.tcb.finQueued) connection.write(text(300));
      if (act > 30) connection.read(new Uint8Array(500));
      if (act === 20) stage.wait(random.int(1, 5000));
    }
    stage.poll();
    for (const each of stage.tcp.connections()) each.abort();
    stage.wait(1_000_000);
    stage.take();
    stage.assertAtRest();
  }
});

Deno.test("the same segments a thousand times over are answered, and nothing grows", () => {
  const stage = new Stage();
  const { stranger, connection } = stage.reach("ESTABLISHED");
  stranger.say({ flags: "ACK", seq: stranger.next + 1000 }, text(100));
  stranger.tell(text(100));
  for (let i = 0; i < 1000; i++) {
    stranger.say({ flags: "ACK", seq: stranger.next - 100 }, text(100));
    stranger.say({ flags: "ACK", seq: stranger.next + 900 }, text(100));
  }
  assertEquals([stage.take().length > 1000, connection.readable, stage.host.framesLent], [true, 100, 0]);
});

Deno.test("a reader that never reads, and a writer that never stops, are held to their buffers", () => {
  const stage = new Stage({ receiveBuffer: 10_000, sendBuffer: 20_000 });
  const { stranger, connection } = stage.reach("ESTABLISHED");
  for (let i = 0; i < 200; i++) stranger.say({ flags: "ACK", seq: stranger.next + i * 1000 }, text(1000, i * 1000));
  assertEquals([connection.readable, connection.tcb.rcvWnd], [10_000, 0]);
  let taken = 0;
  for (let i = 0; i < 1000; i++) taken += connection.write(text(1000));
  assertEquals([taken, connection.room], [20_000, 0]);
});

Deno.test("a peer that sends every other byte makes only so many blocks", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  const connection = stranger.establish({ options: { sackPermitted: true } });
  for (let i = 0; i < 5000; i++) stranger.say({ flags: "ACK", seq: stranger.next + 1 + i * 2 }, text(1, 1 + i * 2));
  for (let i = 0; i < 10_001; i += 1000) stranger.say({ flags: "ACK", seq: stranger.next + i }, text(Math.min(1000, 10_001 - i), i));
  const got = new Uint8Array(20_000);
  assertEquals(connection.read(got), 10_001);
  assertEquals(got.subarray(0, 10_001), text(10_001));
});

Deno.test("a stray is answered, and a stray RST never", () => {
  const stage = new Stage();
  const stranger = stage.stranger({ toPort: 81 });
  stranger.say({ flags: "SYN", ack: 0 });
  stranger.say({ flags: "ACK", ack: 99 }, text(10));
  stranger.say({ flags: "FIN SYN", ack: 0 }, text(10));
  for (const flags of ["RST", "RST ACK", "RST SYN FIN"]) stranger.say({ flags });
  const heard = stage.take();
  assertEquals(heard.map(({ flags }) => flags), [RST | ACK, RST, RST | ACK]);
  assertEquals(heard.map(({ seq, ack }) => [seq, ack]), [[0, seqAdd(stranger.next as never, 1)], [99, 0], [
    0,
    seqAdd(stranger.next as never, 12),
  ]]);
});

Deno.test("SYNs to many, from nobody and from ourselves are not answered (MUST-57, MUST-63)", () => {
  const stage = new Stage();
  const stranger = stage.stranger();
  for (const destination of ["10.44.0.255", "255.255.255.255", "224.0.0.1"]) {
    stranger.say({ flags: "SYN", ack: 0, destination, ip: { destination } });
  }
  for (const source of ["0.0.0.0", "255.255.255.255", "224.0.0.1", "10.44.0.255", "127.0.0.1"]) {
    stranger.say({ flags: "SYN", ack: 0, source, ip: { source } });
  }
  assertEquals([stage.take(), stage.tcp.table.size()], [[], 0]);
});

/** Makes the TCP checksum of a packet right again. */
function repairChecksum(packet: Uint8Array): void {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  view.setUint16(36, 0);
  let sum = 6 + packet.length - 20;
  for (let at = 12; at < packet.length; at += 2) sum += (packet[at] as number) << 8 | (packet[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(36, ~sum & 0xffff);
}

/** Bytes both ways over wires that are bad in every way: they arrive, all of them, in order, once. */
import { assert, assertEquals } from "@std/assert";
import { type Application, type RigOptions, TcpRig } from "../../tools/testing/tcp_rig.ts";
import type { Impairments } from "../link/impair.ts";
import { createRandom } from "../wire/random.ts";

/** Both send so many bytes and close; nothing is left over. */
function transfer(options: RigOptions, bytes: number): { rig: TcpRig; client: Application; server: Application } {
  const rig = new TcpRig(options);
  rig.blind = true;
  const client = rig.call().send(bytes, { thenShutdown: true });
  let server: Application | undefined;
  rig.run(() => (server ??= rig.accept()) !== undefined || client.end !== undefined);
  assert(server !== undefined, `the call ended: ${client.end}`);
  server.send(bytes, { thenShutdown: true });
  rig.run(() => client.end !== undefined && server?.end !== undefined);
  assertEquals([client.received, server.received, client.end, server.end], [bytes, bytes, "closed", "closed"]);
  rig.run();
  rig.assertAtRest();
  return { rig, client, server };
}

Deno.test("a transfer over a good wire sends nothing twice", () => {
  const { client, server } = transfer({ fromClient: { delay: 5 }, fromServer: { delay: 5 } }, 3_000_000);
  assertEquals([client.connection.resent, server.connection.resent], [0, 0]);
});

Deno.test("a transfer survives loss, duplicates, disorder and damage: 100 seeds", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = createRandom(seed);
    const bad = (): Impairments => ({
      drop: random.next() * 0.15,
      duplicate: random.next() * 0.1,
      reorder: random.next() * 0.2,
      corrupt: random.next() * 0.05,
      delay: random.int(0, 100),
      jitter: random.int(0, 50),
    });
    const buffers = { sendBuffer: random.int(1, 60) * 1000, receiveBuffer: random.int(1, 60) * 1000 };
    const flip = (): boolean => random.next() < 0.7;
    const tcp = { ...buffers, timestamps: flip(), sack: flip(), windowScaling: flip(), noDelay: flip(), leastTimeout: 200 };
    transfer({ fromClient: bad(), fromServer: bad(), client: tcp, server: { ...tcp, timestamps: flip() }, seed }, 100_000);
  }
});

Deno.test("a transfer with a window of one byte arrives", () => {
  transfer({ client: { receiveBuffer: 1 }, server: { receiveBuffer: 1 }, fromClient: { delay: 1 }, fromServer: { delay: 1 } }, 50);
});

Deno.test("a transfer survives a way that only works every other second", () => {
  let broken = false;
  const outage: Impairments = { delay: 20, rules: [{ match: () => broken, action: "drop" }] };
  const rig = new TcpRig({ fromClient: outage, fromServer: outage });
  rig.blind = true;
  const { client, server } = rig.connect();
  client.send(2_000_000, { thenShutdown: true });
  server.send(500_000, { thenShutdown: true });
  for (let second = 0; second < 200 && (client.end === undefined || server.end === undefined); second++) {
    rig.wait(1000);
    broken = !broken;
  }
  assertEquals([client.received, server.received], [500_000, 2_000_000]);
});

Deno.test("a transfer over Ethernet-sized, tiny and huge packets arrives", () => {
  for (const mtu of [68, 576, 1500, 9000, 65_535]) {
    transfer({ mtu, fromClient: { delay: 2 }, fromServer: { delay: 2 } }, mtu < 100 ? 5000 : 500_000);
  }
});

Deno.test("numbers wrap in the middle of a transfer: SYN, text and FIN on every side of the wrap", () => {
  for (const before of [0, 1, 2, 3, 1448, 10_000, 49_999, 50_000, 50_001, 50_002]) {
    const wire = { delay: 3, drop: 0.05, reorder: 0.1 };
    transfer({ iss: 2 ** 32 - before, fromClient: wire, fromServer: wire, seed: before + 1 }, 50_000);
  }
});

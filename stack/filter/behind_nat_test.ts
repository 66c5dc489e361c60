/** Real TCP through a router that translates: two of our hosts, and the kernel behind it. tshark looks through what was on both wires. */
import { assert, assertEquals } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { whyNoLiveWire } from "../../tools/harness/kernel/kernel_peer.ts";
import { spawnInNamespace } from "../../tools/harness/namespace.ts";
import { tsharkComplaints, tsharkFields } from "../../tools/harness/tshark.ts";
import { missingProgram, testWhen } from "../../tools/test_when.ts";
import { type BehindNat, behindNat, INSIDE, OUTSIDE, serve, type Served, SERVER } from "../../tools/testing/behind_nat.ts";
import type { NatLiveResult } from "../../tools/testing/nat_live.ts";
import { Host } from "../host.ts";
import { capture, captureTo } from "../link/capture.ts";
import { createPair } from "../link/pair.ts";
import { connect, type TcpConn } from "../socket/conn.ts";
import { listenDatagram } from "../socket/datagram_conn.ts";
import { listen } from "../socket/listener.ts";
import { createRandom } from "../wire/random.ts";
import { listConnections } from "./list_connections.ts";

const BYTES = 300_000;
const noLiveWire = await whyNoLiveWire();
const noTshark = missingProgram("tshark");

/** A client of ours behind the router, and time that passes only while somebody waits. */
class World {
  readonly client: Host;
  readonly net: BehindNat;
  readonly served: Served[] = [];
  time = 0;

  constructor(folder: string) {
    const [near, far] = createPair({ medium: "ip", queueLimit: 4096 });
    const file = (name: string): ReturnType<typeof captureTo> =>
      this.#files[this.#files.push(captureTo(`${folder}/${name}.pcapng`)) - 1] as never;
    const clock = (): number => this.time;
    const routes = [{ to: "0.0.0.0/0" }];
    this.client = Host.bind(reference, { interfaces: [{ medium: "ip", address: INSIDE }], routes, seed: 5 }, [
      capture(near, file("inside"), { clock }),
    ]);
    this.net = behindNat(far, (device) => capture(device, file("outside"), { clock }));
    serve(this.net, this.served);
  }

  readonly #files: ReturnType<typeof captureTo>[] = [];

  end(): void {
    for (const file of this.#files) file.close();
  }

  async settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    promise.then(() => isSettled = true, () => isSettled = true);
    for (let quiet = 0; !isSettled;) {
      const next = Math.min(this.client.nextDeadline(), this.net.nextDeadline());
      const isBusy = this.client.poll(this.time) + this.net.poll(this.time) > 0 || next <= this.time;
      quiet = isBusy ? 0 : quiet + 1;
      if (quiet > 3) {
        assert(next < Infinity, "nothing will ever happen any more");
        this.time = Math.max(this.time, next);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await promise;
  }
}

/** What tshark complains of; not that of a segment which an ICMP error quotes the sum is wrong: it is not all there. */
async function complaints(path: string): Promise<string[]> {
  const quoting = new Set((await tsharkFields(path, ["frame.number"], ["-Y", "icmp && tcp"])).flat());
  return (await tsharkComplaints(path)).filter((complaint) => !quoting.has(complaint.split(":")[0] as string));
}

/** Sends bytes, and reads until the other has no more; gives whether it was an echo with all bits turned round. */
async function talk(conn: TcpConn): Promise<boolean> {
  const said = createRandom(1).bytes(BYTES);
  const heard = new Uint8Array(BYTES);
  const speak = async (): Promise<void> => {
    for (let at = 0; at < BYTES;) at += await conn.write(said.subarray(at, at + 5000));
    await conn.closeWrite();
  };
  const listenTo = async (): Promise<number> => {
    const buffer = new Uint8Array(16_384);
    let at = 0;
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      heard.set(buffer.subarray(0, count), at);
      at += count;
    }
    return at;
  };
  const [count] = await Promise.all([listenTo(), speak()]);
  conn.close();
  return count === BYTES && said.every((byte, at) => (byte ^ 255) === heard[at]);
}

testWhen(
  noTshark,
  "a client behind a router that translates talks to a server that could not answer it otherwise, both ways at once",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const world = new World(folder);
      const call = async (): Promise<boolean> => await talk(await connect(world.client, { hostname: SERVER, port: 80 }));
      assertEquals(await world.settle(Promise.all([call(), call(), call()])), [true, true, true]);
      assertEquals(world.served, Array(3).fill({ from: OUTSIDE, bytes: BYTES }));
      // Segments of 1500 bytes did not fit: the router said so, and was believed, though the server has never heard of the client's address.
      const { router } = world.net;
      assert((router.counters()["ip: too long and may not be cut"] ?? 0) > 0);
      assertEquals(world.net.server.counters()["ip: no route"], undefined);
      const listed = listConnections(router.filter?.connections(world.time) ?? [], world.time).trimEnd().split("\n");
      assertEquals(listed.map((line) => line.split(/ +/)[1]), ["closing", "closing", "closing"]);

      const socket = listenDatagram(world.client, {});
      await socket.send(new Uint8Array(4000), { transport: "udp", hostname: SERVER, port: 53 }); // cut on both wires, and put together in between
      const [answer] = await world.settle(socket.receive());
      assertEquals(new TextDecoder().decode(answer), OUTSIDE);

      const listener = listen(world.client, { port: 8000 });
      const [accepted, calling] = await world.settle(
        Promise.all([listener.accept(), connect(world.net.server, { hostname: OUTSIDE, port: 80 })]),
      );
      assertEquals((accepted.remoteAddr as Deno.NetAddr).hostname, SERVER);
      const echo = async (): Promise<void> => {
        const buffer = new Uint8Array(16_384);
        for (let count = await accepted.read(buffer); count !== null; count = await accepted.read(buffer)) {
          for (let at = 0; at < count;) at += await accepted.write(buffer.subarray(at, count).map((byte) => byte ^ 255));
        }
        accepted.close();
      };
      assertEquals((await world.settle(Promise.all([talk(calling), echo()])))[0], true);
      assertEquals(router.counters()["filter: let in"], 1);
      const refused = await world.settle(connect(world.net.server, { hostname: OUTSIDE, port: 81 }).catch((error) => error));
      assert(refused instanceof Deno.errors.TimedOut, `${refused}`); // the policy of input says nothing
      assertEquals([router.framesLent, world.client.framesLent, world.net.server.framesLent], [0, 0, 0]);
      world.end();
      for (const side of ["inside", "outside"]) assertEquals(await complaints(`${folder}/${side}.pcapng`), [], side);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWhen(noLiveWire, "the kernel behind the router: it calls out, is called, pings, and hears what MTU the way has", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const program = decodeURIComponent(new URL("../../tools/testing/nat_live.ts", import.meta.url).pathname);
    const command = [Deno.execPath(), "run", "--quiet", "--no-check", "--allow-all", program, folder];
    const { success, stdout, stderr } = await spawnInNamespace(command, { stdin: "null", stdout: "piped", stderr: "piped" }).output();
    assert(success, new TextDecoder().decode(stderr));
    const result: NatLiveResult = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(result, {
      echoed: [true, true],
      served: Array(2).fill({ from: OUTSIDE, bytes: result.bytes }),
      told: OUTSIDE,
      calledFrom: SERVER,
      called: true,
      bytes: result.bytes,
      ...result.pinged === undefined ? {} : { pinged: [true, true] },
      tooLong: true,
      framesLent: 0,
    });
    if (noTshark !== undefined) return;
    for (const side of ["inside", "outside"]) assertEquals(await complaints(`${folder}/${side}.pcapng`), [], side);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

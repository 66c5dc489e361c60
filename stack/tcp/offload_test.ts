/** What TCP and UDP leave to a device, where one offers to do it. The rest is in stack/link/large_segments_test.ts. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import reference from "../../solutions/reference.ts";
import { Host } from "../host.ts";
import { decorate } from "../link/decorate.ts";
import type { Device } from "../link/device.ts";
import { largeSegments } from "../link/large_segments.ts";
import { createPair } from "../link/pair.ts";
import { listenDatagram } from "../socket/datagram_conn.ts";
import { parseIpv4Address, UNSPECIFIED } from "../wire/ipv4_address.ts";
import type { Tcp } from "./tcp.ts";

const [CLIENT, SERVER] = ["10.44.0.1", "10.44.0.2"];

function bind(address: string, device: Device, seed: number): Host {
  return Host.bind(reference, { interfaces: [{ medium: "ip", address }], seed }, [device]);
}

/** Two hosts, between which every checksum of TCP and UDP is spoiled; `vouched`: the server's device says that it has checked them. */
function spoiled(vouched: boolean): { client: Host; server: Host; settle: () => void } {
  const [near, far] = createPair({ medium: "ip" });
  const spoiling = decorate(far, {
    receive: (frame) => {
      if (!far.receive(frame)) return false;
      const at = frame.start + (frame.view.getUint8(frame.start + 9) === 6 ? 36 : 26);
      frame.view.setUint16(at, frame.view.getUint16(at) ^ 0x5555);
      frame.checksumByDevice = vouched;
      return true;
    },
  });
  const [client, server] = [bind(CLIENT, near, 1), bind(SERVER, spoiling, 2)];
  const settle = (): void => {
    for (let i = 0; i < 6; i++) client.poll(i) + server.poll(i);
  };
  return { client, server, settle };
}

Deno.test("what the device has checked is not summed again, by TCP and by UDP; what it has not, is", async () => {
  for (const vouched of [true, false]) {
    const { client, server, settle } = spoiled(vouched);
    const listener = (server.tcp as Tcp).listen(UNSPECIFIED, 80, 1);
    (client.tcp as Tcp).connect({ address: parseIpv4Address(SERVER), port: 80 }, 0);
    using one = listenDatagram(client, {});
    using other = listenDatagram(server, { port: 53 });
    await one.send(Uint8Array.of(1, 2, 3), { transport: "udp", hostname: SERVER, port: 53 });
    settle();
    const counters = server.counters();
    assertEquals(listener.accept() !== undefined, vouched);
    assertEquals(counters["tcp: bad tcp checksum"] ?? 0, vouched ? 0 : 1);
    assertEquals(counters["udp: bad checksum"] ?? 0, vouched ? 0 : 1);
    if (vouched) assertEquals((await other.receive())[0], Uint8Array.of(1, 2, 3));
  }
});

Deno.test("a host that forwards refuses a device with offload, in one sentence", () => {
  const [tun] = createPair({ medium: "ip" });
  const device = largeSegments(tun, reference.ip.internetChecksum);
  const config = { interfaces: [{ medium: "ip" as const, address: CLIENT }], forwarding: true };
  const error = assertThrows(() => Host.bind(reference, config, [device]), TypeError);
  assertEquals(error.message, "Cannot attach pair:a: a router passes packets on as they are, and a device with offload changes them");
});

Deno.test("a large transfer lends few frames, and gives all of them back", () => {
  const [near, far] = createPair({ medium: "ip", queueLimit: 4096 });
  const large = (device: Device): Device => largeSegments(device, reference.ip.internetChecksum);
  const [client, server] = [bind(CLIENT, large(near), 1), bind(SERVER, large(far), 2)];
  const listener = (server.tcp as Tcp).listen(UNSPECIFIED, 80, 1);
  const from = (client.tcp as Tcp).connect({ address: parseIpv4Address(SERVER), port: 80 }, 0);
  const [chunk, target] = [new Uint8Array(100_000), new Uint8Array(100_000)];
  let [now, received] = [0, 0];
  let to = listener.accept();
  for (let i = 0; i < 1000 && received < 20_000_000; i++, now += 0.1) {
    from.write(chunk);
    client.poll(now);
    assertEquals(client.framesLent, 0);
    server.poll(now);
    to ??= listener.accept();
    received += to?.read(target) ?? 0;
    assertEquals(server.framesLent, 0);
  }
  assert(received >= 20_000_000, `${received} bytes`);
});

/** A UDP socket of the kernel's against frames that are scripted here, over TUN: whatever comes is answered by one packet. */
import { assertEquals } from "@std/assert";
import { testWhen } from "../../test_when.ts";
import { icmp, ipv4, KERNEL_IP, STACK_IP, udp } from "../packets.ts";
import { KernelPeer, whyNoLiveWire } from "./kernel_peer.ts";

const obstacle = await whyNoLiveWire();

/** A kernel, and what it has sent by UDP so far. */
async function withAnswer(
  protocol: number,
  answer: (packet: Uint8Array) => Uint8Array,
  run: (kernel: KernelPeer, heard: Uint8Array[]) => Promise<void>,
): Promise<void> {
  const kernel = await KernelPeer.start();
  try {
    const wire = await kernel.openWire({ kind: "tun", address: KERNEL_IP });
    const heard: Uint8Array[] = [];
    wire.onFrame((packet) => {
      if (packet[9] !== 17) return;
      heard.push(packet);
      wire.send(ipv4({ source: STACK_IP, destination: KERNEL_IP, protocol }, answer(packet)));
    });
    await run(kernel, heard);
  } finally {
    await kernel.close();
  }
}

testWhen(obstacle, "KernelPeer.udpTalk() sends, with a checksum or without, and gives what came with its sender", async () => {
  const answer = udp({ sourcePort: 7, destinationPort: 5353, source: STACK_IP, destination: KERNEL_IP }, Uint8Array.of(1, 2, 3));
  await withAnswer(17, () => answer, async (kernel, heard) => {
    const options = { to: STACK_IP, port: 7, localPort: 5353, send: [new Uint8Array()], receive: 1 };
    const outcome = { localPort: 5353, sent: 1, received: [{ data: Uint8Array.of(1, 2, 3), from: STACK_IP, port: 7 }] };
    assertEquals(await kernel.udpTalk(options), outcome);
    assertEquals(await kernel.udpTalk({ ...options, noChecksum: true, connected: true }), outcome);
    assertEquals(await kernel.udpTalk({ ...options, echo: true, receive: 2, send: [new Uint8Array(1)] }), {
      localPort: 5353,
      sent: 3,
      received: [...outcome.received, ...outcome.received],
    });
    await kernel.sync();
    assertEquals(heard.map((packet) => (packet[26] as number) + (packet[27] as number) === 0), [false, true, false, false, false]);
  });
});

testWhen(obstacle, "KernelPeer.udpTalk() hears of port unreachable when it is connected, and only then", async () => {
  await withAnswer(1, (packet) => icmp({ type: 3, code: 3 }, packet), async (kernel) => {
    const options = { to: STACK_IP, port: 7, send: [Uint8Array.of(1)], receive: 1, timeout: 50 };
    assertEquals((await kernel.udpTalk({ ...options, connected: true })).error, "ECONNREFUSED");
    assertEquals((await kernel.udpTalk(options)).error, undefined);
    assertEquals((await kernel.udpTalk({ ...options, send: [new Uint8Array(65_508)] })).error, "EMSGSIZE");
  });
});

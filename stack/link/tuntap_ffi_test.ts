/**
 * The devices against the kernel. A process can't move into a network namespace of its own, so each test runs this file
 * once more, in one: `main` is what happens there. It ends with status 0, or says what was wrong.
 */
import { assert, assertEquals, assertGreaterOrEqual, assertStringIncludes, assertThrows } from "@std/assert";
import { arp, ethernet, icmpEcho, ipv4, KERNEL_IP, KERNEL_MAC, STACK_IP, STACK_MAC } from "../../tools/harness/packets.ts";
import { whyNoLiveWire } from "../../tools/harness/kernel/kernel_peer.ts";
import { prepareNamespace } from "../../tools/harness/kernel/settings.ts";
import { deviceStats } from "../../tools/harness/kernel/tables.ts";
import { spawnInNamespace } from "../../tools/harness/namespace.ts";
import { testWhen } from "../../tools/test_when.ts";
import { Frame } from "../wire/frame.ts";
import { parseIpv4Address } from "../wire/ipv4_address.ts";
import { parseMac } from "../wire/mac_address.ts";
import type { Device } from "./device.ts";
import { NoLiveWire } from "./no_live_wire.ts";
import { openNode, openTunTap, type TunTap, type TunTapOptions } from "./tuntap_ffi.ts";
import { openTuntap2 } from "./tuntap_npm.ts";

const TAP: TunTapOptions = { kind: "tap", mac: parseMac(KERNEL_MAC), address: parseIpv4Address(KERNEL_IP), prefixLength: 24, mtu: 1400 };
const ASKS_KERNEL = arp({ operation: 1, senderMac: STACK_MAC, senderIp: STACK_IP, targetIp: KERNEL_IP });
const REQUEST = ethernet({ destination: "ff:ff:ff:ff:ff:ff", source: STACK_MAC, etherType: 0x0806 }, ASKS_KERNEL);
const ANSWERS_US = arp({ operation: 2, senderMac: KERNEL_MAC, senderIp: KERNEL_IP, targetMac: STACK_MAC, targetIp: STACK_IP });
const REPLY = ethernet({ destination: STACK_MAC, source: KERNEL_MAC, etherType: 0x0806 }, ANSWERS_US);

/** What happens inside the namespace, by name. */
const INSIDE: Record<string, () => Promise<void> | void> = {
  tap: () => askAndHear(openTunTap(TAP)),
  tuntap2: async () => askAndHear(await openTuntap2(TAP)),
  tun: () => pingKernel(openTunTap({ ...TAP, kind: "tun" })),
  "tuntap2 tun": async () => pingKernel(await openTuntap2({ ...TAP, kind: "tun" })),
  batch,
  waits,
  cut,
  names,
  refused,
  "tuntap2 error": refusedByTuntap2,
};

/** The kernel answers an ARP request, and what the device says of itself is so. */
async function askAndHear(device: Device): Promise<void> {
  assertEquals(device.name, "tap0");
  assertEquals([device.medium, device.mtu, device.minimumFrame, device.fcs], ["ethernet", 1400, 14, false]);
  const frame = new Frame();
  assert(!device.receive(frame));
  assert(device.send(Frame.of(REQUEST)));
  assertEquals(await next(device, frame), REPLY);
  assertEquals(deviceStats().tap0?.receivedPackets, 1);
  device.close();
  device.close();
  assert(!device.receive(frame));
  assert(!device.send(Frame.of(REQUEST)));
  await device.wait?.(1000);
}

async function pingKernel(device: Device): Promise<void> {
  assertEquals([device.name, device.medium, device.minimumFrame], ["tun0", "ip", 20]);
  const data = new Uint8Array(57).fill(3);
  device.send(Frame.of(ipv4({ source: STACK_IP, destination: KERNEL_IP }, icmpEcho({}, data))));
  const reply = await next(device, new Frame());
  assertEquals(reply.subarray(12, 20), ipv4({ source: KERNEL_IP, destination: STACK_IP }).subarray(12));
  assertEquals(reply.subarray(20), icmpEcho({ reply: true }, data));
}

/** Several frames in one go: each arrives as a frame of its own. */
async function batch(): Promise<void> {
  const device = openTunTap(TAP);
  for (let i = 0; i < 20; i++) device.send(Frame.of(REQUEST));
  assert(device.waitSync(1000));
  const frame = new Frame();
  let count = 0;
  while (device.receive(frame)) {
    assertEquals(frame.toBytes(), REPLY);
    assertEquals(frame.start, frame.headroom);
    count++;
  }
  assertEquals(count, 20);
  await device.wait(0);
}

async function waits(): Promise<void> {
  const device: TunTap = openTunTap(TAP);
  const began = performance.now();
  assert(!device.waitSync(20));
  await device.wait(20);
  assertGreaterOrEqual(performance.now() - began, 40);
  device.send(Frame.of(REQUEST));
  // Were nothing there, this would wait for ever.
  await device.wait(Infinity);
  assert(device.waitSync(Infinity));
  assert(device.receive(new Frame()));
  const forEver = device.wait(Infinity);
  device.close();
  await forEver;
  assertEquals(device.fd, -1);
}

/** A packet that does not fit into the frame is lost, and the next one is read. */
async function cut(): Promise<void> {
  const device = openTunTap({ ...TAP, kind: "tun" });
  const ping = (size: number) => Frame.of(ipv4({ source: STACK_IP, destination: KERNEL_IP }, icmpEcho({}, new Uint8Array(size))));
  device.send(ping(500));
  device.send(ping(8));
  assertEquals((await next(device, new Frame(300, 100))).length, 36);
}

function names(): void {
  const first = openTunTap({ kind: "tap" });
  const second = openTunTap({ kind: "tap", name: "wall", up: false });
  assertEquals([first.name, second.name], ["tap0", "wall"]);
  // Down: the kernel takes nothing.
  assert(!second.send(Frame.of(REQUEST)));
  assertThrows(() => openTunTap({ kind: "tap", name: "wall" }), Error, "Cannot make the interface wall: EBUSY");
  assertThrows(() => openTunTap({ kind: "tap", name: "a/b" }), TypeError, 'Not an interface name: "a/b"');
  assertThrows(() => openTunTap({ kind: "tap", mtu: 7 }), Error, "Cannot set the MTU of tap1 to 7: EINVAL");
  second.close();
  openTunTap({ kind: "tap", name: "wall" }).close();
  openTunTap({ kind: "tap", name: "wall", persist: true }).close();
  assert("wall" in deviceStats());
}

/** In a user namespace inside, whose network is not ours to administer. */
async function refused(): Promise<void> {
  const program = `import { openTunTap } from "${import.meta.resolve("./tuntap_ffi.ts")}"; openTunTap({ kind: "tap" });`;
  const args = ["--user", "--map-root-user", Deno.execPath(), "run", "--quiet", "--no-check", "--allow-ffi", "-"];
  const child = new Deno.Command("unshare", { args, stdin: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(program));
  await writer.close();
  const { stderr } = await child.output();
  assertStringIncludes(new TextDecoder().decode(stderr), "does not let this process make network interfaces (operation not permitted)");
}

/** An error inside the addon is an error here, and not the end of the process. */
async function refusedByTuntap2(): Promise<void> {
  const refused = await openTuntap2({ kind: "tap", mtu: 7 }).then(() => undefined, (error) => error as { code?: string });
  assertEquals(refused?.code, "EINVAL");
}

async function next(device: Device, frame: Frame): Promise<Uint8Array> {
  for (let i = 0; i < 100; i++) {
    if (device.receive(frame)) return frame.toBytes();
    await device.wait?.(100);
  }
  throw new Error("nothing came");
}

async function runInside(name: string, permissions: readonly string[]): Promise<void> {
  const command = [Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, import.meta.url, "inside", name];
  const { success, stderr } = await spawnInNamespace(command, { stdin: "null", stdout: "null", stderr: "piped" }).output();
  assert(success, new TextDecoder().decode(stderr));
}

const [place, task = ""] = Deno.args;
if (place === "inside") {
  prepareNamespace();
  assertThrows(() => prepareNamespace(), Error, "it is in use");
  await INSIDE[task]?.();
  // A reader of the tuntap2 driver may still be blocked in the kernel.
  Deno.exit();
}

const FFI = ["--allow-ffi"];
const ADDON = ["--allow-all", "--cached-only", "--no-lock"];
const obstacle = await whyNoLiveWire();
const noAddon = obstacle ?? await whyNoLiveWire({ driver: "tuntap2" });

testWhen(obstacle, "openTunTap() makes a TAP device that the kernel answers on", () => runInside("tap", FFI));
testWhen(obstacle, "openTunTap() makes a TUN device that the kernel answers on", () => runInside("tun", FFI));
testWhen(obstacle, "TunTap.receive() gives each frame of a batch by itself", () => runInside("batch", FFI));
testWhen(obstacle, "TunTap.wait() and waitSync() end by a packet, by time, and by close()", () => runInside("waits", FFI));
testWhen(obstacle, "TunTap.receive() loses what does not fit, and goes on", () => runInside("cut", FFI));
testWhen(obstacle, "openTunTap() names interfaces, and says what the kernel refused", () => runInside("names", FFI));
testWhen(obstacle, "openTunTap() says when it may not make interfaces", () => runInside("refused", [...FFI, "--allow-run"]));
testWhen(noAddon, "openTuntap2() makes a TAP device that the kernel answers on", () => runInside("tuntap2", ADDON));
testWhen(noAddon, "openTuntap2() makes a TUN device that the kernel answers on", () => runInside("tuntap2 tun", ADDON));
testWhen(noAddon, "openTuntap2() throws what the kernel refused", () => runInside("tuntap2 error", ADDON));

Deno.test("openNode() says that there is no device", () => {
  const error = assertThrows(() => openNode("/dev/net/no-such-thing"), NoLiveWire);
  assertEquals(error.reason, "no device");
  assertStringIncludes(error.message, "modprobe tun");
});

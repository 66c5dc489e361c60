/**
 * The kernel peer against a host that is scripted here: it answers ARP and ping as it is told, by the grader's
 * own packets, so neither the labs nor the stack are involved.
 */
import { assert, assertEquals, assertGreaterOrEqual, assertMatch, assertRejects } from "@std/assert";
import { testWhen } from "../../test_when.ts";
import { arp, ethernet, icmp, ipv4, KERNEL_IP, KERNEL_MAC, STACK_IP, STACK_MAC, udp } from "../packets.ts";
import { KernelPeer, whyNoLiveWire, type Wire } from "./kernel_peer.ts";
import { deviceStats, readKernelFile } from "./tables.ts";

const obstacle = await whyNoLiveWire();
const ARP = 0x0806;
const EXPERIMENT = 0x88b5;

const etherType = (frame: Uint8Array) => (frame[12] as number) << 8 | (frame[13] as number);
const isEchoRequest = (frame: Uint8Array) => etherType(frame) === 0x0800 && frame[23] === 1 && frame[34] === 8;
/** The ICMP message in a frame whose IP header has no options. */
const message = (frame: Uint8Array) => frame.subarray(34, 14 + ((frame[16] as number) << 8 | (frame[17] as number)));
const word = (bytes: Uint8Array, at: number) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);

/** A wire with a host on our end that answers ARP, and otherwise does what `answer` says. */
interface Scripted {
  readonly kernel: KernelPeer;
  readonly wire: Wire;
  /** All that the kernel sent. */
  readonly heard: Uint8Array[];
}

type Script = (frame: Uint8Array, wire: Wire) => void;

async function withWire(script: Script, run: (scripted: Scripted) => Promise<void>): Promise<void> {
  const kernel = await KernelPeer.start();
  try {
    const wire = await kernel.openWire({ kind: "tap", mac: KERNEL_MAC, address: KERNEL_IP });
    const heard: Uint8Array[] = [];
    wire.onFrame((frame) => {
      heard.push(frame);
      script(frame, wire);
    });
    await run({ kernel, wire, heard });
  } finally {
    await kernel.close();
  }
}

const ARP_REPLY = ethernet(
  { destination: KERNEL_MAC, source: STACK_MAC, etherType: ARP },
  arp({ operation: 2, senderMac: STACK_MAC, senderIp: STACK_IP, targetMac: KERNEL_MAC, targetIp: KERNEL_IP }),
);
const answerArp: Script = (frame, wire) => {
  if (etherType(frame) === ARP && frame[41] === 2) wire.send(ARP_REPLY);
};

/** Answers ARP, and an IP packet by an ICMP message from `source`. */
function answerBy(make: (frame: Uint8Array) => Uint8Array | undefined, source = STACK_IP): Script {
  return (frame, wire) => {
    answerArp(frame, wire);
    const reply = etherType(frame) === 0x0800 ? make(frame) : undefined;
    if (reply !== undefined) {
      wire.send(ethernet({ destination: KERNEL_MAC, source: STACK_MAC }, ipv4({ source, destination: KERNEL_IP }, reply)));
    }
  };
}

const echo = answerBy((frame) =>
  isEchoRequest(frame) ? icmp({ type: 0, rest: word(message(frame), 4) }, message(frame).subarray(8)) : undefined
);
/** An ICMP error that quotes the IP header and `quoted` bytes more. */
const error = (type: number, code: number, rest = 0) => (frame: Uint8Array) => icmp({ type, code, rest }, frame.subarray(14));

testWhen(obstacle, "KernelPeer.udpProbe() makes the kernel ask for our address, and nothing else is on the wire", async () => {
  await withWire(() => {}, async ({ kernel, heard }) => {
    assertEquals(await kernel.udpProbe({ to: STACK_IP, port: 9, timeout: 50 }), {});
    assertEquals(heard, [ethernet({ destination: "ff:ff:ff:ff:ff:ff", etherType: ARP }, arp())]);
    assertEquals((await kernel.arpTable()).map(({ state }) => state), ["incomplete"]);
  });
});

testWhen(obstacle, "KernelPeer.arpTable() shows the entry complete once an ARP reply has come", async () => {
  await withWire(echo, async ({ kernel, wire, heard }) => {
    await kernel.ping({ to: STACK_IP });
    assertEquals(await kernel.arpTable({ device: wire.device }), [
      { address: STACK_IP, mac: STACK_MAC, flags: 2, state: "complete", device: "tap0" },
    ]);
    assertEquals(heard.map(etherType), [ARP, 0x0800]);
    await kernel.arpFlush({ device: wire.device });
    assertEquals(await kernel.arpTable(), []);
    await kernel.arpAdd({ device: wire.device, address: STACK_IP, mac: "02:00:00:00:00:07" });
    const [entry] = await kernel.arpTable();
    assertEquals([entry?.mac, entry?.state], ["02:00:00:00:00:07", "permanent"]);
    await kernel.arpDelete({ device: wire.device, address: STACK_IP });
    await kernel.arpDelete({ device: wire.device, address: STACK_IP });
    assertEquals(await kernel.arpTable(), []);
  });
});

testWhen(obstacle, "KernelPeer.ping() reports the replies of a host that answers", async () => {
  await withWire(echo, async ({ kernel, heard }) => {
    const echoes = await kernel.ping({ to: STACK_IP, size: 57, count: 3, ttl: 9, tos: 16, id: 4711 });
    const seen = echoes.map(({ seq, replied, dataEqual, size, ttl }) => ({ seq, replied, dataEqual, size, ttl }));
    assertEquals(seen, [1, 2, 3].map((seq) => ({ seq, replied: true, dataEqual: true, size: 57, ttl: 64 })));
    const requests = heard.filter(isEchoRequest);
    assertEquals(
      requests.map((frame) => [frame[22], frame[15], word(message(frame), 4)]),
      [1, 2, 3].map((seq) => [9, 16, 4711 * 65536 + seq]),
    );
    assertEquals((await kernel.snmp()).Icmp?.InEchoReps, 3);
  });
});

testWhen(obstacle, "KernelPeer.ping() tells other data, a wrong checksum and silence apart", async () => {
  const answers: ((request: Uint8Array) => Uint8Array | undefined)[] = [
    (request) => icmp({ type: 0, rest: word(request, 4) }, request.subarray(8).toReversed()),
    (request) => icmp({ type: 0, rest: word(request, 4), checksum: 0 }, request.subarray(8)),
    () => undefined,
  ];
  await withWire(answerBy((frame) => isEchoRequest(frame) ? answers.shift()?.(message(frame)) : undefined), async ({ kernel }) => {
    const echoes = [];
    for (const timeout of [5000, 200, 20]) echoes.push(...await kernel.ping({ to: STACK_IP, timeout }));
    assertEquals(echoes.map(({ replied, dataEqual }) => [replied, dataEqual]), [[true, false], [false, undefined], [false, undefined]]);
    assertEquals((await kernel.snmp()).Icmp?.InCsumErrors, 1);
  });
});

testWhen(obstacle, "KernelPeer.ping() fragments, records the route, and obeys “don't fragment”", async () => {
  await withWire(echo, async ({ kernel, wire, heard }) => {
    await kernel.arpAdd({ device: wire.device, address: STACK_IP, mac: STACK_MAC });
    await kernel.ping({ to: STACK_IP, size: 4000, timeout: 20 });
    assertEquals(heard.map((frame) => word(frame, 20) >>> 16 & 0x1fff), [0, 185, 370]);
    heard.length = 0;
    await kernel.ping({ to: STACK_IP, recordRoute: true, timeout: 20 });
    const [recorded] = heard;
    assertEquals(recorded?.subarray(14, 15).toHex(), "4f");
    // The kernel has entered itself: type 7, 39 bytes, the pointer behind one address.
    assertMatch(recorded?.subarray(34, 74).toHex() ?? "", /^0727080a2c0001/);
    assertEquals(await kernel.ping({ to: STACK_IP, size: 1600, df: true }), [{ seq: 1, replied: false, error: "EMSGSIZE" }]);
  });
});

testWhen(obstacle, "KernelPeer.udpProbe() hands on the ICMP error that the kernel accepted", async () => {
  const cases = [[3, 3, "ECONNREFUSED"], [3, 1, "EHOSTUNREACH"], [3, 2, "ENOPROTOOPT"], [11, 0, "EHOSTUNREACH"]] as const;
  for (const [type, code, name] of cases) {
    await withWire(answerBy(error(type, code)), async ({ kernel }) => {
      const { error, icmp, quoted } = await kernel.udpProbe({ to: STACK_IP, port: 7, payload: new Uint8Array([1, 2, 3]) });
      assertEquals({ error, icmp, quoted }, { error: name, icmp: { type, code, from: STACK_IP }, quoted: new Uint8Array([1, 2, 3]) });
    });
  }
});

testWhen(obstacle, "KernelPeer.udpProbe() hands on the MTU, a datagram that answers, and its own kernel's refusal", async () => {
  let make: (frame: Uint8Array) => Uint8Array = error(3, 4, 700);
  const script: Script = (frame, wire) => {
    answerArp(frame, wire);
    if (etherType(frame) === 0x0800) wire.send(ethernet({ destination: KERNEL_MAC, source: STACK_MAC }, make(frame)));
  };
  const inIp = (protocol: number, payload: Uint8Array) => ipv4({ source: STACK_IP, destination: KERNEL_IP, protocol }, payload);
  await withWire(script, async ({ kernel }) => {
    make = (frame) => inIp(1, error(3, 4, 700)(frame));
    assertEquals((await kernel.udpProbe({ to: STACK_IP, port: 7, size: 1000, df: true })).icmp, {
      type: 3,
      code: 4,
      from: STACK_IP,
      mtu: 700,
    });
    make = (frame) => {
      const ports = { sourcePort: word(frame, 34) & 0xffff, destinationPort: word(frame, 34) >>> 16 };
      return inIp(17, udp({ ...ports, source: STACK_IP, destination: KERNEL_IP }, new Uint8Array([9, 8, 7])));
    };
    assertEquals((await kernel.udpProbe({ to: STACK_IP, port: 7 })).reply, new Uint8Array([9, 8, 7]));
    assertEquals(await kernel.udpProbe({ to: "192.0.2.1", port: 7 }), { error: "ENETUNREACH" });
  });
});

testWhen(obstacle, "KernelPeer.traceroute() lists who let the packet die, up to the destination", async () => {
  const router = "10.44.0.9";
  const far = "192.0.2.7";
  const script: Script = (frame, wire) => {
    if (etherType(frame) !== 0x0800) return;
    const ttl = frame[22] as number;
    const [source, type, code] = ttl === 1 ? [router, 11, 0] as const : [far, 3, 3] as const;
    // The second hop says nothing.
    if (ttl === 2) return;
    const reply = ipv4({ source, destination: KERNEL_IP }, error(type, code)(frame));
    wire.send(ethernet({ destination: KERNEL_MAC, source: STACK_MAC }, reply));
  };
  await withWire(script, async ({ kernel, wire }) => {
    await kernel.arpAdd({ device: wire.device, address: router, mac: STACK_MAC });
    const route = { network: "192.0.2.0", prefixLength: 24, gateway: router, device: wire.device };
    await kernel.addRoute(route);
    const hops = await kernel.traceroute({ to: far, timeout: 300 });
    assertEquals(hops.map(({ ttl, from, type, code }) => ({ ttl, from, type, code })), [
      { ttl: 1, from: router, type: 11, code: 0 },
      { ttl: 2, from: undefined, type: undefined, code: undefined },
      { ttl: 3, from: far, type: 3, code: 3 },
    ]);
    await kernel.deleteRoute(route);
    assertEquals(await kernel.traceroute({ to: far, maxHops: 1 }), [{ ttl: 1, error: "ENETUNREACH" }]);
  });
});

testWhen(obstacle, "KernelPeer.rawProbe() and tcpConnect() say what the kernel makes of “protocol unreachable”", async () => {
  await withWire(answerBy(error(3, 2)), async ({ kernel, heard }) => {
    const { error, icmp } = await kernel.rawProbe({ to: STACK_IP, protocol: 253, payload: new Uint8Array(9).fill(5) });
    assertEquals({ error, icmp }, { error: "ENOPROTOOPT", icmp: { type: 3, code: 2, from: STACK_IP } });
    assertEquals(heard.at(-1)?.subarray(34), new Uint8Array(9).fill(5));
    assertEquals(await kernel.tcpConnect({ to: STACK_IP, port: 80 }), { error: "ENOPROTOOPT" });
  });
  await withWire(answerArp, async ({ kernel }) => {
    assertEquals(await kernel.tcpConnect({ to: STACK_IP, port: 80, timeout: 50 }), { error: "ETIMEDOUT" });
  });
});

testWhen(
  obstacle,
  "KernelPeer.sendFrame() and receiveFrames() let a program on the kernel's side speak a protocol of its own",
  async () => {
    const frame = ethernet({ destination: STACK_MAC, source: KERNEL_MAC, etherType: EXPERIMENT }, new TextEncoder().encode("marco"));
    const reply = ethernet({ destination: KERNEL_MAC, source: STACK_MAC, etherType: EXPERIMENT }, new TextEncoder().encode("polo"));
    const script: Script = (heard, wire) => etherType(heard) === EXPERIMENT && wire.send(reply);
    await withWire(script, async ({ kernel, wire, heard }) => {
      const receiving = kernel.receiveFrames({ device: wire.device, timeout: 1000 });
      await kernel.sendFrame({ device: wire.device, bytes: frame });
      assertEquals((await receiving).map(({ bytes }) => bytes), [reply]);
      assertEquals(heard, [frame]);
      await assertRejects(() => kernel.sendFrame({ device: "tap9", bytes: frame }), Error, "Cannot find tap9: ENODEV");
    });
  },
);

testWhen(obstacle, "KernelPeer carries out operations side by side, and a signal ends one of them early", async () => {
  await withWire(echo, async ({ kernel, wire }) => {
    const stop = new AbortController();
    const receiving = kernel.receiveFrames({ device: wire.device, timeout: 60_000, signal: stop.signal });
    const endless = kernel.ping({ to: "10.44.0.77", count: 9, timeout: 60_000, signal: stop.signal });
    assertEquals((await kernel.ping({ to: STACK_IP })).map(({ replied }) => replied), [true]);
    stop.abort();
    assertEquals(await receiving, []);
    assertEquals(await endless, [{ seq: 1, replied: false }]);
    assertEquals(await kernel.ping({ to: "10.44.0.77", timeout: 60_000, signal: stop.signal }), [{ seq: 1, replied: false }]);
  });
});

testWhen(obstacle, "KernelPeer changes what the kernel's end is", async () => {
  await withWire(answerArp, async ({ kernel, wire, heard }) => {
    const device = wire.device;
    await kernel.setMac({ device, mac: "02:00:00:00:00:05" });
    await kernel.setMtu({ device, mtu: 600 });
    await kernel.addAddress({ device, address: "10.45.0.1", prefixLength: 16 });
    await kernel.udpProbe({ to: "10.45.7.7", port: 9, timeout: 20 });
    const asked = arp({ senderMac: "02:00:00:00:00:05", senderIp: "10.45.0.1", targetIp: "10.45.7.7" });
    assertEquals(heard[0], ethernet({ destination: "ff:ff:ff:ff:ff:ff", source: "02:00:00:00:00:05", etherType: ARP }, asked));
    assertEquals(await kernel.ping({ to: STACK_IP, size: 573, df: true }), [{ seq: 1, replied: false, error: "EMSGSIZE" }]);
    await kernel.setUp({ device, up: false });
    assertEquals(await kernel.udpProbe({ to: STACK_IP, port: 9 }), { error: "ENETUNREACH" });
    assertEquals(await kernel.sysctl({ name: `net.ipv4.conf.${device}.arp_accept`, value: 1 }), "0");
    assertEquals(await kernel.sysctl({ name: `net.ipv4.conf.${device}.arp_accept` }), "1");
    await assertRejects(() => kernel.sysctl({ name: "kernel.hostname", value: "x" }), Error, "Not a sysctl of the network");
    await assertRejects(() => kernel.sysctl({ name: "net.../../kernel/hostname" }), Error, "Not a sysctl of the network");
    assertGreaterOrEqual((await kernel.deviceStats())[device]?.sentPackets ?? 0, 1);
  });
});

testWhen(obstacle, "KernelPeer.setQueueLength() is how many packets of a burst are kept; the kernel counts the others", async () => {
  await withWire(answerArp, async ({ kernel, wire, heard }) => {
    const { device } = wire;
    await kernel.arpAdd({ device, address: STACK_IP, mac: STACK_MAC });
    await kernel.setQueueLength({ device, packets: 5 });
    await kernel.udpTalk({ to: STACK_IP, port: 9, send: Array.from({ length: 12 }, (_, number) => Uint8Array.of(number)) });
    await kernel.sync();
    assertEquals(heard.map((frame) => frame[42]), [0, 1, 2, 3, 4]);
    const { sentPackets, sendDropped } = (await kernel.deviceStats())[device] ?? {};
    assertEquals([sentPackets, sendDropped], [5, 7]);
    await assertRejects(() => kernel.setQueueLength({ device: "tap9", packets: 5 }), Error, "ENODEV");
  });
});

testWhen(obstacle, "KernelPeer.setMac() has the kernel announce itself, when arp_notify is on", async () => {
  await withWire(() => {}, async ({ kernel, wire, heard }) => {
    await kernel.sysctl({ name: `net.ipv4.conf.${wire.device}.arp_notify`, value: 1 });
    await kernel.setMac({ device: wire.device, mac: "02:00:00:00:00:05" });
    await kernel.sync();
    const announcement = arp({ senderMac: "02:00:00:00:00:05", targetIp: KERNEL_IP });
    assertEquals(heard, [ethernet({ destination: "ff:ff:ff:ff:ff:ff", source: "02:00:00:00:00:05", etherType: ARP }, announcement)]);
  });
});

testWhen(obstacle, "KernelPeer.openWire() opens several wires, TAP and TUN, and closes one of them", async () => {
  await withWire(answerArp, async ({ kernel }) => {
    const tun = await kernel.openWire({ kind: "tun", address: "10.46.0.1", mtu: 1400, name: "mytun" });
    assertEquals([tun.device, tun.kind], ["mytun", "tun"]);
    const arrived = Promise.withResolvers<Uint8Array>();
    tun.onFrame(arrived.resolve);
    const probe = kernel.udpProbe({ to: "10.46.0.2", port: 9 });
    const packet = await arrived.promise;
    assertEquals(packet[0], 0x45);
    tun.send(ipv4({ source: "10.46.0.2", destination: "10.46.0.1" }, icmp({ type: 3, code: 3 }, packet)));
    assertEquals((await probe).error, "ECONNREFUSED");
    tun.close();
    tun.close();
    assertEquals(await kernel.udpProbe({ to: "10.46.0.2", port: 9 }), { error: "ENETUNREACH" });
    await assertRejects(() => kernel.openWire({ kind: "tap", name: "a name that is too long" }), Error, "Not an interface name");
  });
});

testWhen(obstacle, "KernelPeer.start() twice gives two networks with the same addresses that never meet", async () => {
  await withWire(echo, async (one) => {
    await withWire(() => {}, async (other) => {
      assertEquals(one.wire.device, other.wire.device);
      const [echoes, nothing] = await Promise.all([one.kernel.ping({ to: STACK_IP }), other.kernel.ping({ to: STACK_IP, timeout: 50 })]);
      assertEquals([echoes[0]?.replied, nothing[0]?.replied], [true, false]);
      assertEquals(one.heard.filter(isEchoRequest).length, 1);
      assertEquals((await other.kernel.snmp()).Icmp?.InMsgs, 0);
    });
  });
});

testWhen(obstacle, "KernelPeer.onFrame() stamps frames in order, by this process's clock", async () => {
  const kernel = await KernelPeer.start();
  try {
    const wire = await kernel.openWire({ kind: "tap", mac: KERNEL_MAC, address: KERNEL_IP });
    const began = performance.now();
    const times: number[] = [];
    wire.onFrame((frame, time) => {
      times.push(time, performance.now());
      echo(frame, wire);
    });
    await kernel.ping({ to: STACK_IP, count: 3 });
    assertEquals(times.length, 8);
    // Each was sent before it arrived, and after the one before it had arrived: the kernel waits for its answer.
    assertEquals(times.toSorted((a, b) => a - b), times);
    assert(times.every((time) => time >= began));
  } finally {
    await kernel.close();
  }
});

testWhen(obstacle, "KernelPeer.close() leaves nothing behind, and whoever asks afterwards is told", async () => {
  const before = hostNetwork();
  const kernel = await KernelPeer.start();
  await kernel.openWire({ kind: "tap", address: KERNEL_IP });
  assertEquals(hostNetwork(), before);
  assert(isAlive(kernel.pid));
  await kernel.close();
  await kernel.close();
  assert(!isAlive(kernel.pid));
  await assertRejects(() => kernel.arpTable(), Error, "it was closed");
});

testWhen(obstacle, "KernelPeer tells those who wait when its process is killed", async () => {
  const kernel = await KernelPeer.start();
  await kernel.openWire({ kind: "tap", address: KERNEL_IP });
  const waiting = kernel.ping({ to: STACK_IP, timeout: 60_000 });
  Deno.kill(kernel.pid, "SIGKILL");
  await assertRejects(() => waiting, Error, "The kernel peer ended (SIGKILL)");
  await assertRejects(() => kernel.snmp(), Error, "The kernel peer ended (SIGKILL)");
  await kernel.close();
});

for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
  testWhen(obstacle, `KernelPeer is gone with its devices when its parent ends by ${signal}`, async () => {
    const args = ["run", "--no-check", "--allow-run", "--allow-sys", "--allow-read", new URL("try_live_wire.ts", import.meta.url).href];
    const parent = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
    const reader = parent.stdout.getReader();
    const { pid } = JSON.parse(new TextDecoder().decode((await reader.read()).value));
    assert(isAlive(pid));
    parent.kill(signal);
    await parent.status;
    for (let i = 0; i < 200 && isAlive(pid); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    assert(!isAlive(pid));
    await reader.cancel();
    await parent.stdin.close().catch(() => {});
  });
}

/** The interfaces, routes and settings of the network that this test itself is in. */
function hostNetwork(): unknown {
  const settings = ["ping_group_range", "icmp_ratelimit", "ip_forward", "conf/all/arp_notify"].map((name) => `/proc/sys/net/ipv4/${name}`);
  return [Object.keys(deviceStats()), ["/proc/net/route", ...settings].map(readKernelFile)];
}

/** Whether the process runs. One that has ended, and that nobody has asked about yet, does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readKernelFile(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}

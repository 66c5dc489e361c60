import { assert, assertEquals, assertThrows } from "@std/assert";
import { arp, ethernet, fcs, fragmentPacket, icmp, icmpEcho, ipv4, pad, pattern, udp } from "../../tools/harness/packets.ts";
import { tsharkComplaints, tsharkFields } from "../../tools/harness/tshark.ts";
import { missingProgram, testWhen } from "../../tools/test_when.ts";
import { describe } from "../wire/describe.ts";
import { Frame } from "../wire/frame.ts";
import { capture, captureTo } from "./capture.ts";
import { readCaptureFile } from "./capture_reader.ts";
import { createPair } from "./pair.ts";

const HOUR = 3_600_000;
const finished = (packet: Uint8Array): Uint8Array => fcs(pad(packet, 60));
const ping = ipv4({ identification: 7 }, icmpEcho({ id: 7, seq: 1 }, pattern(4001)));
const probe = ipv4({ protocol: 17, ttl: 1 }, udp({ destinationPort: 33434 }, pattern(32)));
const CONVERSATION = [
  finished(ethernet({ destination: "ff:ff:ff:ff:ff:ff", etherType: 0x0806 }, arp())),
  ...fragmentPacket(ping, [1480, 2960]).map((piece) => finished(ethernet({}, piece))),
  finished(ethernet({}, ipv4({ options: Uint8Array.of(7, 39, 4, ...new Array<number>(36).fill(0)) }, icmpEcho({ id: 8 }, pattern(3))))),
  finished(ethernet({}, probe)),
  finished(ethernet({}, ipv4({}, icmp({ type: 3, code: 3 }, probe.subarray(0, 28))))),
];

/** A path that is gone after the test. */
function temporary(): { path: string; [Symbol.dispose](): void } {
  const folder = Deno.makeTempDirSync();
  return { path: `${folder}/a.pcapng`, [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }) };
}

/** Sends packets over a recorded pair, one every `step` milliseconds from `start`, and answers none. */
function record(path: string, packets: readonly Uint8Array[], start: number, step: number): void {
  let now = start;
  using file = captureTo(path);
  const [left] = createPair();
  const device = capture(left, file, { clock: () => now, comment: (frame) => describe(frame.toBytes(), "ethernet", { fcs: true }) });
  for (const packet of packets) {
    assert(device.send(Frame.of(packet)));
    now += step;
  }
}

testWhen(missingProgram("tshark"), "capture() writes what tshark opens without a complaint, checksums and FCS verified", async () => {
  using file = temporary();
  record(file.path, CONVERSATION, 0.25, 1);
  assertEquals(await tsharkComplaints(file.path), []);
  const rows = await tsharkFields(file.path, ["frame.time_epoch", "eth.fcs.status"]);
  assertEquals(rows, CONVERSATION.map((_, index) => [`0.00${index}250000`, "1"]));
});

testWhen(missingProgram("tshark"), "capture() writes comments, directions and names that tshark reads back", async () => {
  using file = temporary();
  let now = 0;
  const capturing = captureTo(file.path);
  const [left, right] = createPair();
  const options = {
    clock: () => now,
    comment: (_: Frame, direction: string) => direction === "inbound" ? `step ${now}: größer als 7 ✘` : undefined,
  };
  const device = capture(left, capturing, options);
  const [bare] = createPair({ medium: "ip" });
  const tun = capture({ ...bare, name: "tun0" }, capturing, options);
  right.send(Frame.of(CONVERSATION[0] as Uint8Array));
  device.receive(new Frame());
  now = 30 * HOUR + 0.001;
  tun.send(Frame.of(probe));
  capturing.close();
  const rows = await tsharkFields(file.path, [
    "frame.time_epoch",
    "frame.comment",
    "frame.packet_flags_direction",
    "frame.interface_name",
    "ip.ttl",
  ]);
  assertEquals(rows, [
    ["0.000000000", "step 0: größer als 7 ✘", "0x00000001", "pair:a", ""],
    ["108000.000001000", "", "0x00000002", "tun0", "1"],
  ]);
});

testWhen(missingProgram("tshark"), "tsharkComplaints() hears of every wrong checksum", async () => {
  using file = temporary();
  const bad = [
    finished(ethernet({}, ipv4({ headerChecksum: 1 }, icmpEcho()))),
    finished(ethernet({}, ipv4({}, icmp({ checksum: 2 }, pattern(3))))),
    finished(ethernet({}, ipv4({ protocol: 17 }, udp({ checksum: 3 })))),
    fcs(pad(ethernet({}, ipv4({}, icmpEcho())), 60), 4),
    finished(ethernet({}, ipv4({ totalLength: 1500 }, icmpEcho()))),
  ];
  record(file.path, bad, 0, 1);
  assertEquals((await tsharkComplaints(file.path)).map((line) => line.split(":")[0]), ["1", "2", "3", "4", "5"]);
});

Deno.test("capture() records what was received and what was sent, in order, and reads back the same", () => {
  using file = temporary();
  let now = 0;
  const capturing = captureTo(file.path);
  const [left, right] = createPair();
  const device = capture(left, capturing, { clock: () => now, comment: (frame) => frame.length > 100 ? "long" : undefined });
  const frame = new Frame();
  CONVERSATION.forEach((packet, index) => {
    now = index * HOUR + 0.125;
    if (index % 2 === 0) device.send(Frame.of(packet));
    else {
      right.send(Frame.of(packet));
      device.receive(frame);
    }
  });
  assertEquals(device.receive(frame), false);
  capturing.close();
  const read = readCaptureFile(file.path);
  assertEquals(read.map((packet) => packet.bytes.slice()), CONVERSATION.map((packet) => packet.slice()));
  assertEquals(read.map((packet) => packet.time), CONVERSATION.map((_, index) => index * HOUR + 0.125));
  assertEquals(read.map((packet) => packet.direction), CONVERSATION.map((_, index) => index % 2 === 0 ? "outbound" : "inbound"));
  assertEquals(read.map((packet) => packet.comment), CONVERSATION.map((packet) => packet.length > 100 ? "long" : undefined));
  assertEquals(read[0]?.interface.name, "pair:a");
  assertEquals(read[0]?.interface.fcs, true);
});

Deno.test("capture() leaves out what the device refused to send", () => {
  using file = temporary();
  const capturing = captureTo(file.path);
  const device = capture(createPair({ queueLimit: 1 })[0], capturing, { clock: () => 0 });
  assertEquals([device.send(Frame.of(probe)), device.send(Frame.of(probe))], [true, false]);
  capturing.close();
  assertEquals(readCaptureFile(file.path).length, 1);
});

Deno.test("capture() keeps the device's own properties, and has no wait() around a device without one", () => {
  using file = temporary();
  using capturing = captureTo(file.path);
  const [plain] = createPair({ mtu: 576 });
  const device = capture(plain, capturing, { clock: () => 0 });
  assertEquals([device.name, device.medium, device.mtu, device.fcs, device.minimumFrame], ["pair:a", "ethernet", 576, true, 60]);
  assertEquals(device.wait, undefined);
  const waiting = capture({ ...plain, wait: () => Promise.resolve() }, capturing, { clock: () => 0 });
  assert(waiting.wait !== undefined);
});

Deno.test("captureTo() writes on demand and when its buffer is full, not before", () => {
  using file = temporary();
  using capturing = captureTo(file.path);
  const device = capture(createPair({ queueLimit: 5000 })[0], capturing, { clock: () => 0 });
  const packet = Frame.of(CONVERSATION[1] as Uint8Array);
  device.send(packet);
  assertEquals(Deno.statSync(file.path).size, 0);
  capturing.flush();
  assertEquals(readCaptureFile(file.path).length, 1);
  for (let count = 1; count < 1000; count++) device.send(packet);
  assert(Deno.statSync(file.path).size > packet.length * 500);
  capturing.flush();
  assertEquals(readCaptureFile(file.path).length, 1000);
});

Deno.test("captureTo() takes the longest packet with a comment that is far too long", () => {
  using file = temporary();
  const capturing = captureTo(file.path);
  const [left] = createPair({ mtu: 65535 });
  const device = capture(left, capturing, { clock: () => -5, comment: () => "ü".repeat(100_000) });
  const packet = ethernet({}, ipv4({ protocol: 99 }, pattern(65515)));
  for (let count = 0; count < 3; count++) device.send(Frame.of(packet));
  capturing.close();
  const read = readCaptureFile(file.path);
  assertEquals(read.map((each) => [each.bytes.length, each.comment?.length, each.time]), new Array(3).fill([65549, 32767, 0]));
});

Deno.test("captureTo() refuses a path that cannot be written, in one sentence", () => {
  using file = temporary();
  const folder = file.path.replace(/\/a\.pcapng$/, "");
  for (const [path, reason] of [[`${folder}/none/a.pcapng`, "no such file or directory"], [folder, "is a directory"]] as const) {
    const error = assertThrows(() => captureTo(path), Error);
    assertEquals(error.message, `Cannot write the capture ${path}: ${reason}`);
  }
});

Deno.test({
  name: "captureTo() says when this process has no permission to write",
  permissions: { write: false },
  fn: () => {
    const error = assertThrows(() => captureTo("/tmp/a.pcapng"), Error);
    assertEquals(error.message, "Cannot write the capture /tmp/a.pcapng: this process has no permission to write there");
  },
});

// Deno opens devices only for a process that may do everything: hence a process of its own.
testWhen(
  Deno.build.os === "linux" ? undefined : "/dev/full is Linux's",
  "captureTo() on a full disk carries packets on, and says so at the end",
  async () => {
    const link = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
    const program = `
    import { capture, captureTo } from ${link("./capture.ts")};
    import { createPair } from ${link("./pair.ts")};
    import { Frame } from ${link("../wire/frame.ts")};
    const file = captureTo("/dev/full");
    const device = capture(createPair({ queueLimit: 1000 })[0], file, { clock: () => 0 });
    let sent = 0;
    for (let i = 0; i < 1000; i++) sent += Number(device.send(Frame.of(new Uint8Array(1500))));
    console.log(sent);
    for (const end of [file.flush, file.close]) try { end(); } catch (error) { console.log(error.message); }
    file.close();
  `;
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", program], stdin: "null", env: { NO_COLOR: "1" } }).output();
    const full = "Cannot write the capture /dev/full: no space left on device";
    assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), ["1000", full, full]);
  },
);

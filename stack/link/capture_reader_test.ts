import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "../../tools/harness/packets.ts";
import { Frame } from "../wire/frame.ts";
import { createRandom } from "../wire/random.ts";
import { type CapturedPacket, readCapture, readCaptureFile } from "./capture_reader.ts";
import { PcapngWriter } from "./pcapng.ts";

const hex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => Number.parseInt(byte, 16));
const brief = (packets: readonly CapturedPacket[]): unknown[] =>
  packets.map(({ time, bytes, originalLength }) => [time, [...bytes], originalLength]);

/** A small capture of two packets as our own writer makes it. */
function ours(): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const writer = new PcapngWriter((bytes) => parts.push(bytes.slice()));
  const id = writer.addInterface({ name: "tap0", medium: "ethernet", fcs: true });
  writer.packet(id, 1.5, Frame.of(Uint8Array.of(1, 2, 3)), "inbound", "three bytes");
  writer.packet(id, 2, Frame.of(Uint8Array.of(4)), "outbound");
  writer.flush();
  return join(...parts);
}

// The same two packets in every other dress.
const CLASSIC = "ff ff 00 00 00 00 00 00";
const DRESSES: Readonly<Record<string, string>> = {
  "classic, little-endian, microseconds":
    `d4c3b2a1 0200 0400 ${CLASSIC} 00000400 01000000  00000000 dc050000 03000000 03000000 010203  00000000 d0070000 01000000 40000000 04`,
  "classic, big-endian, nanoseconds":
    `a1b23c4d 0002 0004 ${CLASSIC} 00040000 00000065  00000000 0016e360 00000003 00000003 010203  00000000 001e8480 00000001 00000040 04`,
  "pcapng, big-endian, in units of 2⁻¹¹ s and an unknown block": `
    0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffff ffffffff 0000001c
    00000bad 00000010 01020304 00000010
    00000001 00000020 0001 0000 00000000 0009 0001 8b000000 0000 0000 00000020
    00000006 00000024 00000000 00000000 00000003 00000003 00000003 01020300 00000024
    00000006 00000024 00000000 00000000 00000004 00000001 00000040 04000000 00000024`,
};

Deno.test("readCapture() reads what PcapngWriter wrote", () => {
  const packets = readCapture(ours());
  assertEquals(brief(packets), [[1.5, [1, 2, 3], 3], [2, [4], 1]]);
  assertEquals(packets.map((packet) => [packet.direction, packet.comment]), [["inbound", "three bytes"], ["outbound", undefined]]);
  const { name, medium, fcs } = (packets[0] as CapturedPacket).interface;
  assertEquals([name, medium, fcs], ["tap0", "ethernet", true]);
});

Deno.test("readCapture() reads both formats in both byte orders and every resolution", () => {
  for (const [dress, text] of Object.entries(DRESSES)) {
    const times = dress.startsWith("pcapng") ? [3000 / 2048, 4000 / 2048] : [1.5, 2];
    assertEquals(brief(readCapture(hex(text))), [[times[0], [1, 2, 3], 3], [times[1], [4], 64]], dress);
  }
});

Deno.test("readCapture() keeps sections apart: each has its interfaces and its byte order", () => {
  const both = readCapture(join(ours(), hex(DRESSES["pcapng, big-endian, in units of 2⁻¹¹ s and an unknown block"] as string), ours()));
  assertEquals(both.map((packet) => packet.interface.name), ["tap0", "tap0", "", "", "tap0", "tap0"]);
});

Deno.test("readCapture() refuses what is no capture, in one sentence", () => {
  const section = "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffff ffffffff 1c000000";
  const bad: [string, string][] = [
    ["", "it is too short"],
    ["48 65 6c 6c 6f", "it is neither pcapng nor pcap"],
    ["d4c3b2a1 0200", "its header is cut off"],
    [`d4c3b2a1 0200 0400 ${CLASSIC} 00000400 69000000`, "link type 105 is neither Ethernet (1) nor raw IP (101)"],
    [
      `d4c3b2a1 0200 0400 ${CLASSIC} 00000400 01000000 00000000 00000000 ffffff7f 00000000`,
      "the packet at byte 24 claims 2147483647 bytes",
    ],
    ["0a0d0d0a 1c000000 00000000 0100 0000 ffffffff ffffffff 1c000000", "the section at byte 0 has no byte order"],
    [`${section} 06000000 08000000 08000000`, "the block at byte 28 has the length 8"],
    [`${section} 06000000 f0ffffff 08000000`, "the block at byte 28 is cut off"],
    [`${section} 05000000 0c000000 10000000`, "the block at byte 28 has two different lengths"],
    [
      `${section} 06000000 20000000 00000000 00000000 00000000 00000000 00000000 20000000`,
      "the packet at byte 36 names interface 0, which is not described",
    ],
    [`${section} 01000000 18000000 01000000 00000000 02000900 18000000`, "the option at byte 44 claims 9 bytes"],
  ];
  for (const [text, reason] of bad) {
    const error = assertThrows(() => readCapture(hex(text), "x.pcapng"), Error);
    assertEquals(error.message, `Cannot read the capture x.pcapng: ${reason}`);
  }
});

Deno.test("readCapture() gives packets or one sentence for every damaged capture, and nothing else", () => {
  const random = createRandom(5);
  const good = [ours(), ...Object.values(DRESSES).map(hex)];
  for (let run = 0; run < 5000; run++) {
    const bytes = random.pick(good).slice();
    for (let flips = random.int(1, 4); flips > 0; flips--) {
      bytes[random.int(0, bytes.length - 1)] = random.pick([0, 1, 0x7f, 0xff, random.int(0, 255)]);
    }
    const cut = bytes.subarray(0, random.chance(0.5) ? bytes.length : random.int(0, bytes.length));
    try {
      for (const packet of readCapture(cut)) assert(packet.bytes.length <= cut.length && Number.isFinite(packet.time));
    } catch (error) {
      assert((error as Error).message.startsWith("Cannot read the capture from memory: "), `run ${run}: ${error}`);
    }
  }
});

Deno.test("readCaptureFile() refuses what is no file, in one sentence", () => {
  const folder = Deno.makeTempDirSync();
  assertEquals(assertThrows(() => readCaptureFile(folder), Error).message, `Cannot read the capture ${folder}: it is no file`);
  assertEquals(
    assertThrows(() => readCaptureFile(`${folder}/a`), Error).message,
    `Cannot read the capture ${folder}/a: no such file or directory`,
  );
  Deno.removeSync(folder);
});

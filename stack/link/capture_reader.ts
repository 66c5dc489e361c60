/**
 * Reads captures: pcapng in either byte order, and the classic pcap format before it, in either byte
 * order, with micro- or nanoseconds.
 *
 * A capture may come from anywhere, so every length is checked before it is used, and a file that is
 * no capture, or is cut off, gives an Error with one sentence that names the place. Packets are views
 * into the file's bytes: reading takes no more memory than the file and one small record per packet.
 * Blocks and options that are not needed are stepped over.
 */
import type { Direction } from "./decorate.ts";
import type { Medium } from "./device.ts";
import {
  BYTE_ORDER_MAGIC,
  type CaptureInterface,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  OPTION,
  SECTION_HEADER,
  SIMPLE_PACKET,
} from "./pcapng.ts";

/** One packet of a capture. */
export interface CapturedPacket {
  /** Where it was seen. */
  readonly interface: CaptureInterface;
  /** Milliseconds since the capture's origin, with fractions; 0 in a block that has no time. */
  readonly time: number;
  /** The packet, as much of it as was captured: a view into the file. */
  readonly bytes: Uint8Array;
  /** Its length on the wire; more than `bytes.length` when the capture cut it. */
  readonly originalLength: number;
  readonly direction: Direction | undefined;
  readonly comment: string | undefined;
}

/** The largest file that is read, in bytes. */
export const LARGEST_CAPTURE = 256 * 1024 * 1024;

/** Reads a capture file. Throws an Error with one sentence when there is none, or it is damaged. */
export function readCaptureFile(path: string): CapturedPacket[] {
  let bytes: Uint8Array;
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new Error("it is no file");
    if (size > LARGEST_CAPTURE) throw new Error(`it is larger than ${LARGEST_CAPTURE} bytes`);
    bytes = Deno.readFileSync(path);
  } catch (error) {
    const text = (error as Error).message.replace(/ ?\(os error.*/s, "");
    throw new Error(`Cannot read the capture ${path}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`, { cause: error });
  }
  return readCapture(bytes, path);
}

/** Reads a capture from memory; `name` is for the sentence of the Error. */
export function readCapture(bytes: Uint8Array, name = "from memory"): CapturedPacket[] {
  const reader = new Reader(bytes, name);
  if (reader.left(0) < 4) reader.fail("it is too short");
  const magic = reader.u32(0);
  if (magic === SECTION_HEADER) return readSections(reader);
  for (const littleEndian of [true, false]) {
    reader.littleEndian = littleEndian;
    if (reader.u32(0) === 0xa1b2_c3d4) return readClassic(reader, 1e3);
    if (reader.u32(0) === 0xa1b2_3c4d) return readClassic(reader, 1e6);
  }
  return reader.fail("it is neither pcapng nor pcap");
}

/** The file's bytes, in the byte order of the moment. */
class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  littleEndian = true;

  constructor(bytes: Uint8Array, name: string) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#name = name;
  }

  fail(reason: string): never {
    throw new Error(`Cannot read the capture ${this.#name}: ${reason}`);
  }

  left(at: number): number {
    return this.bytes.length - at;
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.littleEndian);
  }

  i64(at: number): number {
    return Number(this.#view.getBigInt64(at, this.littleEndian));
  }

  text(at: number, length: number): string {
    return new TextDecoder().decode(this.bytes.subarray(at, at + length));
  }

  /** The medium of a link type. 228 is raw IPv4; 12 and 14 are raw IP as some systems number it. */
  medium(linkType: number): Medium {
    if (linkType === 1) return "ethernet";
    if ([101, 228, 12, 14].includes(linkType)) return "ip";
    return this.fail(`link type ${linkType} is neither Ethernet (1) nor raw IP (101)`);
  }
}

/** An interface, and how its times are to be read. */
interface TimedInterface extends CaptureInterface {
  readonly ticksPerMillisecond: number;
  /** Milliseconds to add. */
  readonly offset: number;
}

function readSections(reader: Reader): CapturedPacket[] {
  const packets: CapturedPacket[] = [];
  let interfaces: TimedInterface[] = [];
  for (let at = 0; reader.left(at) > 0;) {
    if (reader.left(at) < 12) reader.fail(`the block at byte ${at} is cut off`);
    const isSection = reader.u32(at) === SECTION_HEADER; // the same in both byte orders
    if (isSection) {
      setByteOrder(reader, at);
      interfaces = [];
    }
    const type = reader.u32(at);
    const length = reader.u32(at + 4);
    if (length < 12 || length % 4 !== 0 || (isSection && length < 28)) reader.fail(`the block at byte ${at} has the length ${length}`);
    if (length > reader.left(at)) reader.fail(`the block at byte ${at} is cut off`);
    if (reader.u32(at + length - 4) !== length) reader.fail(`the block at byte ${at} has two different lengths`);
    const [body, end] = [at + 8, at + length - 4];
    if (type === INTERFACE_DESCRIPTION) interfaces.push(readInterface(reader, body, end));
    else if (type === ENHANCED_PACKET) packets.push(readEnhanced(reader, body, end, interfaces));
    else if (type === SIMPLE_PACKET) packets.push(readSimple(reader, body, end, interfaces));
    at += length;
  }
  return packets;
}

function setByteOrder(reader: Reader, at: number): void {
  for (const littleEndian of [true, false]) {
    reader.littleEndian = littleEndian;
    if (reader.u32(at + 8) === BYTE_ORDER_MAGIC) return;
  }
  reader.fail(`the section at byte ${at} has no byte order`);
}

function readInterface(reader: Reader, at: number, end: number): TimedInterface {
  if (end - at < 8) reader.fail(`the interface at byte ${at} is cut off`);
  let [name, fcs, ticksPerMillisecond, offset] = ["", false, 1e3, 0];
  for (const [code, value, length] of options(reader, at + 8, end)) {
    if (code === OPTION.interfaceName) name = reader.text(value, length);
    // Bits by the words of the format's description, bytes by its example; both are met.
    if (code === OPTION.fcsLength && length === 1) fcs = [4, 32].includes(reader.u8(value));
    if (code === OPTION.timeOffset && length === 8) offset = reader.i64(value) * 1000;
    if (code !== OPTION.resolution || length !== 1) continue;
    // The top bit chooses between powers of two and of ten.
    const exponent = reader.u8(value);
    ticksPerMillisecond = (exponent < 0x80 ? 10 ** exponent : 2 ** (exponent - 0x80)) / 1000;
  }
  return { name, medium: reader.medium(reader.u16(at)), fcs, ticksPerMillisecond, offset };
}

function readEnhanced(reader: Reader, at: number, end: number, interfaces: readonly TimedInterface[]): CapturedPacket {
  if (end - at < 20) reader.fail(`the packet at byte ${at} is cut off`);
  const seen = interfaces[reader.u32(at)];
  if (seen === undefined) return reader.fail(`the packet at byte ${at} names interface ${reader.u32(at)}, which is not described`);
  const ticks = reader.u32(at + 4) * 0x1_0000_0000 + reader.u32(at + 8);
  const length = reader.u32(at + 12);
  if (length > end - at - 20) reader.fail(`the packet at byte ${at} claims ${length} bytes`);
  let direction: Direction | undefined;
  let comment: string | undefined;
  for (const [code, value, size] of options(reader, at + 20 + Math.ceil(length / 4) * 4, end)) {
    if (code === OPTION.comment) comment = reader.text(value, size);
    if (code === OPTION.flags && size === 4) {
      direction = [undefined, "inbound", "outbound", undefined][reader.u32(value) & 3] as Direction | undefined;
    }
  }
  return {
    interface: seen,
    time: ticks / seen.ticksPerMillisecond + seen.offset,
    bytes: reader.bytes.subarray(at + 20, at + 20 + length),
    originalLength: reader.u32(at + 16),
    direction,
    comment,
  };
}

/** A packet without a time, of the first interface. */
function readSimple(reader: Reader, at: number, end: number, interfaces: readonly TimedInterface[]): CapturedPacket {
  const seen = interfaces[0];
  if (seen === undefined || end - at < 4) return reader.fail(`the packet at byte ${at} has no interface`);
  const originalLength = reader.u32(at);
  const bytes = reader.bytes.subarray(at + 4, Math.min(end, at + 4 + originalLength));
  return { interface: seen, time: 0, bytes, originalLength, direction: undefined, comment: undefined };
}

/** The options between `at` and `end`: code, offset of the value, its length. Ends at the first that does not fit. */
function* options(reader: Reader, at: number, end: number): Generator<[code: number, value: number, length: number]> {
  while (end - at >= 4) {
    const [code, length] = [reader.u16(at), reader.u16(at + 2)];
    if (code === 0) return;
    if (length > end - at - 4) reader.fail(`the option at byte ${at} claims ${length} bytes`);
    yield [code, at + 4, length];
    at += 4 + Math.ceil(length / 4) * 4;
  }
}

function readClassic(reader: Reader, ticksPerMillisecond: number): CapturedPacket[] {
  if (reader.left(0) < 24) reader.fail("its header is cut off");
  const link = reader.u32(20);
  // The link type has 16 bits; above them, bit 26 says whether the length of the FCS (bits 28 to 31, in words of 2) is known.
  const fcs = (link & 0x0400_0000) !== 0 && link >>> 28 === 2;
  const seen: CaptureInterface = { name: "", medium: reader.medium(link & 0xffff), fcs };
  const packets: CapturedPacket[] = [];
  for (let at = 24; reader.left(at) > 0;) {
    if (reader.left(at) < 16) reader.fail(`the packet at byte ${at} is cut off`);
    const length = reader.u32(at + 8);
    if (length > reader.left(at + 16)) reader.fail(`the packet at byte ${at} claims ${length} bytes`);
    packets.push({
      interface: seen,
      time: reader.u32(at) * 1000 + reader.u32(at + 4) / ticksPerMillisecond,
      bytes: reader.bytes.subarray(at + 16, at + 16 + length),
      originalLength: reader.u32(at + 12),
      direction: undefined,
      comment: undefined,
    });
    at += 16 + length;
  }
  return packets;
}

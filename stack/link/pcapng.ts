/**
 * Writes captures in the pcapng format (draft-ietf-opsawg-pcapng), which Wireshark and tshark open:
 * one section, one interface description per device, and one enhanced packet block per packet with
 * its time, its direction and, where there is something to say, a comment.
 *
 *     block:  type 4 · total length 4 · body, padded to 4 bytes · total length 4     all little-endian
 *     option: code 2 · length 2 · value, padded to 4 bytes
 *
 * Packets are collected in one buffer that is made once; a full buffer is handed to the sink, so
 * most packets cost one copy and no system call. Times are milliseconds of whatever clock the caller
 * has: a virtual one that begins at zero gives a capture that begins on 1 January 1970, and that is fine.
 */
import { copyBytes, Frame } from "../wire/frame.ts";
import type { Direction } from "./decorate.ts";
import type { Medium } from "./device.ts";

/** LINKTYPE_ETHERNET and LINKTYPE_RAW, from the registry of link types. */
export const LINK_TYPES: Readonly<Record<Medium, number>> = { ethernet: 1, ip: 101 };

/** Block types and option codes; the reader knows them by the same names. */
export const SECTION_HEADER = 0x0a0d_0d0a;
export const INTERFACE_DESCRIPTION = 1;
export const SIMPLE_PACKET = 3;
export const ENHANCED_PACKET = 6;
export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
export const OPTION = { comment: 1, interfaceName: 2, flags: 2, application: 4, resolution: 9, fcsLength: 13, timeOffset: 14 } as const;

/** A device as a capture describes it. */
export interface CaptureInterface {
  readonly name: string;
  readonly medium: Medium;
  /** Frames end in a frame check sequence. */
  readonly fcs: boolean;
}

/** Room for the largest packet with the longest comment, and for many of the usual size. */
const BUFFER_SIZE = 256 * 1024;
/** An option's length has 16 bits. A comment that is longer is cut. */
const LONGEST_COMMENT = 0xffff;

export class PcapngWriter {
  readonly #sink: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly #buffer = new Frame(BUFFER_SIZE, 0);
  readonly #encoder = new TextEncoder();
  /** Per interface, how many bytes at a frame's end are its FCS. */
  readonly #fcsLengths: number[] = [];

  /** `sink` gets the file's bytes piece by piece and must be done with each piece when it returns. */
  constructor(sink: (bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#sink = sink;
    const at = this.#begin(SECTION_HEADER);
    this.#u32(BYTE_ORDER_MAGIC);
    this.#u16(1); // version 1.0
    this.#u16(0);
    this.#u32(0xffff_ffff); // length of the section: not known
    this.#u32(0xffff_ffff);
    this.#text(OPTION.application, "Wallsocket");
    this.#endOfOptions();
    this.#end(at);
  }

  /** Describes a device and returns the number under which its packets are written. */
  addInterface(device: CaptureInterface): number {
    this.#reserve(1024);
    const at = this.#begin(INTERFACE_DESCRIPTION);
    this.#u16(LINK_TYPES[device.medium]);
    this.#u16(0);
    this.#u32(0); // packets are never cut
    this.#text(OPTION.interfaceName, device.name.slice(0, 200));
    this.#byte(OPTION.resolution, 6); // times are in units of 10⁻⁶ s
    if (device.fcs) this.#byte(OPTION.fcsLength, 4);
    this.#endOfOptions();
    this.#end(at);
    return this.#fcsLengths.push(device.fcs ? 4 : 0) - 1;
  }

  /** Writes one packet. `time` is in milliseconds; what lies before zero counts as zero. Throws a RangeError for an interface that was not added. */
  packet(interfaceId: number, time: number, frame: Frame, direction: Direction, comment?: string): void {
    const fcsLength = this.#fcsLengths[interfaceId];
    if (fcsLength === undefined) throw new RangeError(`Cannot write the packet: the capture has no interface ${interfaceId}`);
    this.#reserve(64 + frame.length + (comment === undefined ? 0 : 8 + Math.min(LONGEST_COMMENT, comment.length * 3)));
    const at = this.#begin(ENHANCED_PACKET);
    const microseconds = Math.max(0, Math.round(time * 1000));
    this.#u32(interfaceId);
    this.#u32(Math.floor(microseconds / 0x1_0000_0000));
    this.#u32(microseconds % 0x1_0000_0000);
    this.#u32(frame.length);
    this.#u32(frame.length);
    copyBytes(frame, frame.start, this.#buffer, this.#buffer.append(frame.length), frame.length);
    this.#align();
    this.#u16(OPTION.flags);
    this.#u16(4);
    this.#u32((direction === "inbound" ? 1 : 2) | fcsLength << 5); // direction in bits 0–1, length of the FCS in bits 5–8
    if (comment !== undefined && comment !== "") this.#text(OPTION.comment, comment);
    this.#endOfOptions();
    this.#end(at);
  }

  /** Hands over what has been collected. */
  flush(): void {
    if (this.#buffer.length === 0) return;
    const bytes = this.#buffer.bytes.subarray(0, this.#buffer.end);
    this.#buffer.reset();
    this.#sink(bytes);
  }

  #reserve(size: number): void {
    if (size > this.#buffer.room) this.flush();
  }

  #begin(type: number): number {
    const at = this.#buffer.end;
    this.#u32(type);
    this.#u32(0); // the total length, once it is known
    return at;
  }

  #end(at: number): void {
    const length = this.#buffer.end + 4 - at;
    this.#u32(length);
    this.#buffer.view.setUint32(at + 4, length, true);
  }

  #u16(value: number): void {
    this.#buffer.view.setUint16(this.#buffer.append(2), value, true);
  }

  #u32(value: number): void {
    this.#buffer.view.setUint32(this.#buffer.append(4), value, true);
  }

  #byte(code: number, value: number): void {
    this.#u16(code);
    this.#u16(1);
    this.#u32(value); // little-endian: the value comes first, three bytes of padding follow
  }

  #text(code: number, text: string): void {
    this.#u16(code);
    const at = this.#buffer.append(2);
    const { written } = this.#encoder.encodeInto(
      text.slice(0, LONGEST_COMMENT),
      this.#buffer.bytes.subarray(at + 2, at + 2 + LONGEST_COMMENT),
    );
    this.#buffer.view.setUint16(at, written, true);
    this.#buffer.append(written);
    this.#align();
  }

  #endOfOptions(): void {
    this.#u32(0);
  }

  #align(): void {
    while (this.#buffer.end % 4 !== 0) this.#buffer.bytes[this.#buffer.append(1)] = 0;
  }
}

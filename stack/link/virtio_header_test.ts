import { assertEquals } from "@std/assert";
import { Frame } from "../wire/frame.ts";
import { readVirtioHeader, VIRTIO_HEADER, writeVirtioHeader } from "./virtio_header.ts";

/** A packet with an IP header of `ip` bytes and a TCP header of `tcp` bytes. */
function packet(ip: number, tcp: number): Frame {
  const frame = new Frame(2048);
  const at = frame.append(ip + tcp + 500);
  frame.view.setUint8(at, 0x40 | ip / 4);
  frame.view.setUint8(at + ip + 12, tcp / 4 << 4);
  return frame;
}

const headerOf = ({ bytes, start }: Frame): number[] => [...bytes.subarray(start - VIRTIO_HEADER, start)];

Deno.test("writeVirtioHeader() says what the kernel has left to do", () => {
  const frame = packet(24, 32);
  frame.bytes.fill(0xff, 0, frame.start);
  writeVirtioHeader(frame);
  assertEquals(headerOf(frame), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  frame.checksumByDevice = true;
  writeVirtioHeader(frame);
  assertEquals(headerOf(frame), [1, 0, 0, 0, 0, 0, 24, 0, 16, 0]);
  frame.segmentSize = 1448;
  writeVirtioHeader(frame);
  assertEquals(headerOf(frame), [1, 1, 56, 0, 0xa8, 5, 24, 0, 16, 0]);
});

Deno.test("readVirtioHeader() believes checksums that are yet to come or were checked, and takes segments of TCP over IPv4 only", () => {
  const frame = packet(20, 20);
  const read = (header: number[]): [boolean, number] => {
    frame.bytes.set(header, frame.start - VIRTIO_HEADER);
    readVirtioHeader(frame);
    return [frame.checksumByDevice, frame.segmentSize];
  };
  assertEquals(read([0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), [false, 0]);
  assertEquals(read([2, 0, 0, 0, 0, 0, 0, 0, 0, 0]), [true, 0]);
  assertEquals(read([1, 1, 40, 0, 0xa8, 5, 20, 0, 16, 0]), [true, 1448]);
  assertEquals(read([1, 0x81, 40, 0, 0xa8, 5, 20, 0, 16, 0]), [true, 1448]);
  assertEquals(read([1, 4, 60, 0, 0xa8, 5, 40, 0, 16, 0]), [true, 0]);
});

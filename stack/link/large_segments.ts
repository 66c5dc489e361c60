/**
 * Segmentation by software, for an IP device that has none: what comes is put together before the host sees it, and what the host sends is cut
 * after it is done with it. The work above, once per segment of 64 KB and not of 1448 bytes, is most of what a packet costs; Linux does the same, as GRO and GSO.
 *
 *     packets   [ip tcp text][ip tcp text][ip tcp te]     ◀──▶     one frame   [ip tcp text text te]
 *
 * Nothing may be lost by it. Segments are put together only if one header can say all that theirs said: the same addresses, ports,
 * acknowledgment, window and options, no flag but ACK (and PSH, which ends it), numbers without a gap, and each of the same length but the last. They have
 * been checked, byte for byte. Everything else is passed on as it came. So the host can take them apart again, exactly (`Frame.segmentSize`).
 *
 * Text is copied once on its way in, and not at all on its way out: the header of each piece is written into the frame itself, over the end of the
 * piece before it, which has left by then.
 */
import type { Checksum } from "../contract/tcb.ts";
import { copyBytes, Frame, type Memory } from "../wire/frame.ts";
import { ACK, FIN, PSH } from "../wire/tcp_flags.ts";
import { decorate } from "./decorate.ts";
import type { Device } from "./device.ts";

/** Bytes of an IP header without options; and the longest packet. */
const IP_HEADER = 20;
const LONGEST = 0xffff;
const PROTOCOL_TCP = 6;
/** Version 4, five words of header. */
const PLAIN_HEADER = 0x45;
/** More fragments, and the offset: both 0 in a packet that is whole. */
const FRAGMENT = 0x3fff;

/** `inside`, with the offload of checksums and segmentation. Unchanged, if it is an Ethernet, or can do that itself. `checksum` is lab 03's. */
export function largeSegments(inside: Device, checksum: Checksum, memory?: Memory): Device {
  if (inside.medium !== "ip" || inside.offload.segmentation) return inside;
  const joiner = new Joiner(inside, checksum, memory);
  return decorate(inside, {
    offload: { checksum: true, segmentation: true },
    receive: (frame) => joiner.receive(frame),
    send: (frame) => sendPieces(inside, frame, checksum),
  });
}

/** The sum of the pseudo-header (RFC 9293 §3.1) of the segment at `at` behind the IP header at `start`. */
function pseudoHeaderSum({ view, end }: Frame, start: number, at: number): number {
  const source = view.getUint16(start + 12) + view.getUint16(start + 14);
  return source + view.getUint16(start + 16) + view.getUint16(start + 18) + PROTOCOL_TCP + end - at;
}

/** Puts together what comes. */
class Joiner {
  readonly #inside: Device;
  readonly #checksum: Checksum;
  /** The packet after the one that is being put together; and whether it came, and did not belong to it, and is plain text. */
  readonly #next: Frame;
  #isHeld = false;
  #isHeldPlain = false;
  /** Where the text of the packet looked at last lies, and how long it is. */
  #textAt = 0;
  #textLength = 0;
  /** A view of the text in `#next`, made again only when that lies elsewhere: full segments follow each other. */
  #text: Uint8Array = new Uint8Array();

  constructor(inside: Device, checksum: Checksum, memory: Memory | undefined) {
    this.#inside = inside;
    this.#checksum = checksum;
    this.#next = new Frame(Math.max(2048, inside.mtu + 256), 128, memory);
  }

  receive(frame: Frame): boolean {
    if (this.#isHeld) this.#takeHeld(frame);
    else if (this.#inside.receive(frame)) frame.checksumByDevice = this.#isPlainText(frame);
    else return false;
    if (frame.checksumByDevice && !isPushed(frame)) this.#join(frame);
    return true;
  }

  #takeHeld(frame: Frame): void {
    const next = this.#next;
    this.#isHeld = false;
    frame.reset();
    frame.bytes.set(next.tail(), frame.start); // more than the packet: a view to the end is made once, and there is room
    frame.end = frame.start + next.length;
    frame.checksumByDevice = this.#isHeldPlain;
    this.#textAt += frame.start - next.start;
  }

  /** Appends to `frame`, which holds plain text, what follows it. */
  #join(frame: Frame): void {
    const next = this.#next;
    const headers = this.#textAt - frame.start;
    const size = this.#textLength;
    let number = frame.view.getUint32(frame.start + 24) + size >>> 0;
    let [joined, isLast] = [false, false];
    while (!isLast && frame.length + size <= LONGEST && this.#inside.receive(next)) {
      this.#isHeldPlain = this.#isPlainText(next);
      this.#isHeld = !this.#isHeldPlain || this.#textLength > size || !follows(frame, next, headers, number);
      if (this.#isHeld) break;
      this.#append(frame);
      joined = true;
      number = number + this.#textLength >>> 0;
      isLast = this.#textLength < size || isPushed(next);
    }
    if (!joined) return;
    frame.segmentSize = size;
    if (isLast && isPushed(next)) frame.view.setUint8(frame.start + 33, ACK | PSH);
    writeLength(frame, this.#checksum);
  }

  /** The text of `#next`, behind what `frame` holds. */
  #append(frame: Frame): void {
    const length = this.#textLength;
    const { bytes } = this.#next;
    if (this.#text.byteOffset !== bytes.byteOffset + this.#textAt || this.#text.length !== length) {
      this.#text = bytes.subarray(this.#textAt, this.#textAt + length);
    }
    const at = frame.append(length);
    frame.bytes.set(this.#text, at);
  }

  /** Whether the packet is whole and right, and holds text and nothing else of note. Notes where that lies. */
  #isPlainText(frame: Frame): boolean {
    const { view, start, end } = frame;
    if (end - start <= 2 * IP_HEADER || view.getUint8(start) !== PLAIN_HEADER || view.getUint8(start + 9) !== PROTOCOL_TCP) return false;
    if (view.getUint16(start + 2) !== end - start || (view.getUint16(start + 6) & FRAGMENT) !== 0) return false;
    const tcp = start + IP_HEADER;
    const headerLength = (view.getUint8(tcp + 12) >>> 4) * 4;
    this.#textAt = tcp + headerLength;
    this.#textLength = end - this.#textAt;
    if (headerLength < 20 || this.#textLength <= 0 || (view.getUint8(tcp + 13) & ~PSH) !== ACK) return false;
    return this.#checksum(view, start, tcp) === 0 && this.#checksum(view, tcp, end, pseudoHeaderSum(frame, start, tcp)) === 0;
  }
}

function isPushed({ view, start }: Frame): boolean {
  return (view.getUint8(start + 33) & PSH) !== 0;
}

/** Whether `next` says what `frame` says, and its text is the one that begins with `number`. Both are plain text; `headers` bytes before it. */
function follows(frame: Frame, next: Frame, headers: number, number: number): boolean {
  const [a, b, at, to] = [frame.view, next.view, frame.start, next.start];
  if (b.getUint32(to + 24) !== number) return false;
  // Type of service, don't fragment, time to live; addresses and ports; acknowledgment; lengths, flags but PSH, window.
  if (
    a.getUint8(at + 1) !== b.getUint8(to + 1) || a.getUint16(at + 6) !== b.getUint16(to + 6) || a.getUint8(at + 8) !== b.getUint8(to + 8)
  ) {
    return false;
  }
  if (a.getUint32(at + 12) !== b.getUint32(to + 12) || a.getUint32(at + 16) !== b.getUint32(to + 16)) return false;
  if (a.getUint32(at + 20) !== b.getUint32(to + 20) || a.getUint32(at + 28) !== b.getUint32(to + 28)) return false;
  if ((a.getInt32(at + 32) ^ b.getInt32(to + 32)) & ~(PSH << 16)) return false;
  for (let i = 40; i < headers; i += 4) if (a.getUint32(at + i) !== b.getUint32(to + i)) return false;
  return true;
}

/** Sends what is in `frame`, cut into segments if need be, and with their checksums if they lack them. True when all of it went out. */
function sendPieces(inside: Device, frame: Frame, checksum: Checksum): boolean {
  if (!frame.checksumByDevice) return inside.send(frame);
  const { view, start, end, segmentSize } = frame;
  const headers = IP_HEADER + (view.getUint8(start + IP_HEADER + 12) >>> 4) * 4;
  const size = segmentSize === 0 ? end - start : segmentSize;
  const flags = view.getUint8(start + 33);
  const identification = view.getUint16(start + 4);
  const number = view.getUint32(start + 24);
  let isSent = true;
  frame.checksumByDevice = false;
  frame.segmentSize = 0;
  for (let done = 0, piece = 0; piece === 0 || start + headers + done < end; done += size, piece++) {
    const at = start + done;
    if (done > 0) copyBytes(frame, at - size, frame, at, headers);
    frame.start = at;
    frame.end = Math.min(end, at + headers + size);
    view.setUint16(at + 4, identification + piece);
    view.setUint32(at + 24, number + done);
    view.setUint8(at + 33, frame.end < end ? flags & ~(PSH | FIN) : flags);
    if (segmentSize !== 0) writeLength(frame, checksum);
    view.setUint16(at + 36, 0);
    view.setUint16(at + 36, checksum(view, at + IP_HEADER, frame.end, pseudoHeaderSum(frame, at, at + IP_HEADER)));
    if (!inside.send(frame)) isSent = false;
  }
  return isSent;
}

/** Writes the total length of the packet into its IP header, and the header's checksum. */
function writeLength({ view, start, length }: Frame, checksum: Checksum): void {
  view.setUint16(start + 2, length);
  view.setUint16(start + 10, 0);
  view.setUint16(start + 10, checksum(view, start, start + IP_HEADER));
}

/** The RST with which a filter turns a TCP segment away, as a closed port would (RFC 9293 §3.10.7.1). */
import type { IpModule, Ipv4Header } from "../contract/ip.ts";
import type { Frame } from "../wire/frame.ts";
import { ACK, FIN, RST, SYN } from "../wire/tcp_flags.ts";

const HEADER = 20;
const TCP = 6;

/**
 * Fills the empty frame `out` with the answer to the segment in `frame`, which is whole. False, and nothing is written, for a RST: nobody
 * answers one, or two hosts would never end.
 */
export function writeReset(ip: IpModule, out: Frame, frame: Frame, header: Ipv4Header): boolean {
  const { view } = frame;
  const at = header.payload;
  const flags = view.getUint8(at + 13);
  if (flags & RST) return false;
  const text = header.end - at - (view.getUint8(at + 12) >> 4) * 4;
  const length = text + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
  const to = out.append(HEADER);
  out.view.setUint16(to, view.getUint16(at + 2));
  out.view.setUint16(to + 2, view.getUint16(at));
  out.view.setUint32(to + 4, flags & ACK ? view.getUint32(at + 8) : 0);
  out.view.setUint32(to + 8, flags & ACK ? 0 : view.getUint32(at + 4) + length >>> 0);
  out.view.setUint16(to + 12, HEADER / 4 << 12 | RST | (flags & ACK ? 0 : ACK));
  out.view.setUint16(to + 14, 0);
  out.view.setUint32(to + 16, 0);
  const pseudo = pseudoSum(header.destination, header.source, TCP, HEADER);
  out.view.setUint16(to + 16, ip.internetChecksum(out.view, to, out.end, pseudo));
  return true;
}

/** The sum of the pseudo-header that TCP's and UDP's checksums cover (RFC 9293 §3.1, RFC 768). */
export function pseudoSum(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length;
}

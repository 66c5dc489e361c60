/**
 * Echo requests by a ping socket (icmp(7): SOCK_DGRAM with IPPROTO_ICMP). The kernel writes the identifier
 * and the checksum, and hands up only replies whose checksums are right and whose identifier is ours.
 */
import { SOCK_DGRAM } from "../../../stack/link/libc.ts";
import { formatIpv4Address, type Ipv4Address } from "../../../stack/wire/ipv4_address.ts";
import type { Operation } from "./loop.ts";
import type { PingEcho, PingOptions } from "./operations.ts";
import { DEFAULT_TIMEOUT, exchange, known, pattern, probeSocket } from "./probe_socket.ts";
import { internetAddress } from "./socket_address.ts";
import { IP_OPTIONS, IP_RECVOPTS, IP_RECVTTL, IPPROTO_ICMP, type Received, type Socket, SOL_IP } from "./sockets.ts";

const ECHO_REQUEST = 8;
const HEADER = 8;
const SEQUENCE_AT = 6;

/** RFC 791 §3.1: type 7, 39 bytes with room for nine addresses, the pointer at the first; then one byte "end of options". */
const RECORD_ROUTE = 7;
const EMPTY_ROUTE = new Uint8Array(40);
EMPTY_ROUTE.set([RECORD_ROUTE, 39, 4]);

export function* ping(options: PingOptions): Operation<PingEcho[]> {
  const count = options.count ?? 1;
  const socket = probeSocket(SOCK_DGRAM, IPPROTO_ICMP, options);
  const echoes: PingEcho[] = [];
  try {
    socket.set(SOL_IP, IP_RECVTTL, 1);
    if (options.id !== undefined) socket.bind(internetAddress("0.0.0.0", options.id));
    if (options.recordRoute) {
      socket.setBytes(SOL_IP, IP_OPTIONS, EMPTY_ROUTE);
      socket.set(SOL_IP, IP_RECVOPTS, 1);
    }
    for (let sent = 1; sent <= count; sent++) {
      const began = performance.now();
      const came = yield* echo(socket, sent, options);
      echoes.push(came.echo);
      if (came.cancelled) break;
      const next = began + (options.interval ?? 0);
      if (sent < count && performance.now() < next && (yield { fd: -1, events: 0, until: next }) === "cancelled") break;
    }
  } finally {
    socket.close();
  }
  return echoes;
}

function* echo(socket: Socket, seq: number, options: PingOptions): Operation<{ echo: PingEcho; cancelled?: true }> {
  const data = pattern(options.size ?? 56, seq);
  const request = new Uint8Array(HEADER + data.length);
  request[0] = ECHO_REQUEST;
  new DataView(request.buffer).setUint16(SEQUENCE_AT, seq);
  request.set(data, HEADER);
  const sent = performance.now();
  const timeout = options.timeout ?? DEFAULT_TIMEOUT;
  const { received, error, icmp, cancelled } = yield* exchange(socket, options.to, 0, request, timeout, (it) => sequenceOf(it) === seq);
  if (received === undefined) return { echo: known({ seq, replied: false, error, icmp }), cancelled };
  return { echo: { seq, replied: true, rtt: performance.now() - sent, ...describeReply(received, data) } };
}

function sequenceOf(received: Received): number {
  return received.data.length < HEADER ? -1 : new DataView(received.data.buffer).getUint16(SEQUENCE_AT);
}

function describeReply(received: Received, data: Uint8Array): Partial<PingEcho> {
  const got = received.data.subarray(HEADER);
  const dataEqual = got.length === data.length && data.every((byte, i) => byte === got[i]);
  return known({ dataEqual, size: got.length, ttl: received.ttl, route: received.options && recordedRoute(received.options) });
}

/** The addresses in a record-route option, wherever it stands among the options. */
function recordedRoute(options: Uint8Array<ArrayBuffer>): string[] | undefined {
  const view = new DataView(options.buffer);
  for (let at = 0; at < options.length;) {
    const type = options[at] as number;
    if (type === 0) return undefined;
    if (type === 1) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2 || at + length > options.length) return undefined;
    if (type === RECORD_ROUTE) {
      const route: string[] = [];
      const end = at + Math.min((options[at + 2] ?? 4) - 1, length);
      for (let entry = at + 3; entry + 4 <= end; entry += 4) route.push(formatIpv4Address(view.getUint32(entry) as Ipv4Address));
      return route;
    }
    at += length;
  }
  return undefined;
}

/**
 * Packets that ask for an error: UDP to a port, IP of an unknown protocol, a rising time to live, a TCP
 * connection. What the kernel makes of our stack's ICMP errors is read from the socket's error queue (ip(7),
 * IP_RECVERR).
 */
import { AF_INET, POLLOUT } from "../../../stack/link/libc.ts";
import type { Operation } from "./loop.ts";
import type { Hop, KernelOperations, OperationOptions, ProbeResult } from "./operations.ts";
import { type Answer, asAnswer, datagramSocket, DEFAULT_TIMEOUT, exchange, known, pattern, probeSocket } from "./probe_socket.ts";
import { internetAddress } from "./socket_address.ts";
import { SOCK_RAW, SOCK_STREAM, Socket } from "./sockets.ts";

type Options<N extends keyof KernelOperations> = OperationOptions<N>;

export function* udpProbe(options: Options<"udpProbe">): Operation<ProbeResult> {
  const socket = datagramSocket(options);
  try {
    const payload = options.payload ?? pattern(options.size ?? 32);
    return toResult(yield* exchange(socket, options.to, options.port, payload, options.timeout ?? DEFAULT_TIMEOUT));
  } finally {
    socket.close();
  }
}

export function* rawProbe(options: Options<"rawProbe">): Operation<ProbeResult> {
  const socket = probeSocket(SOCK_RAW, options.protocol, options);
  try {
    const payload = options.payload ?? pattern(options.size ?? 32);
    return toResult(yield* exchange(socket, options.to, 0, payload, options.timeout ?? DEFAULT_TIMEOUT));
  } finally {
    socket.close();
  }
}

function toResult({ error, icmp, quoted, received }: Answer): ProbeResult {
  return known({ error, icmp, quoted, reply: received?.data });
}

export function* traceroute(options: Options<"traceroute">): Operation<Hop[]> {
  const hops: Hop[] = [];
  for (let ttl = 1; ttl <= (options.maxHops ?? 8); ttl++) {
    const socket = datagramSocket({ ttl });
    try {
      const sent = performance.now();
      // A port of its own for each probe, as every traceroute does: a late error cannot be taken for another's.
      const port = (options.port ?? 33434) + ttl - 1;
      const { icmp, error, cancelled } = yield* exchange(
        socket,
        options.to,
        port,
        pattern(options.size ?? 32),
        options.timeout ?? DEFAULT_TIMEOUT,
      );
      if (icmp === undefined) hops.push(error === undefined ? { ttl } : { ttl, error });
      else hops.push({ ttl, from: icmp.from, type: icmp.type, code: icmp.code, rtt: performance.now() - sent });
      if (cancelled || icmp?.type === 3 || icmp?.from === options.to) break;
    } finally {
      socket.close();
    }
  }
  return hops;
}

export function* tcpConnect(options: Options<"tcpConnect">): Operation<{ error?: string }> {
  const socket = new Socket(AF_INET, SOCK_STREAM, 0);
  try {
    socket.connect(internetAddress(options.to, options.port));
    const wake = yield { fd: socket.fd, events: POLLOUT, until: performance.now() + (options.timeout ?? DEFAULT_TIMEOUT) };
    return wake === "ready" ? known({ error: socket.takeError() }) : { error: "ETIMEDOUT" };
  } catch (error) {
    return { error: asAnswer(error).error };
  } finally {
    socket.close();
  }
}
